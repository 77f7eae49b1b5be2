"""Applications beside a test: coroutines and unmodified scripts, in the same virtual time."""

from __future__ import annotations

import asyncio
import sys
import textwrap
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from frequenz.quantities import Power

from doppelgrid.scenarios.testing import SiteHandle

PEAK_SHAVING = Path(__file__).parents[2] / "examples" / "peak_shaving.py"

pytestmark = pytest.mark.site("demo", start="2026-06-15T12:00:00+02:00", seed=42, interval="1 s")

Write = Callable[[str], Path]


@pytest.fixture
def script(tmp_path: Path) -> Write:
    def write(text: str) -> Path:
        path = tmp_path / "app.py"
        path.write_text("import asyncio, sys\n" + textwrap.dedent(text))
        return path

    return write


async def test_a_coroutine_runs_beside_the_test_until_it_returns(site: SiteHandle) -> None:
    async def nap() -> str:
        await asyncio.sleep(90.0)
        return "rested"

    app = await site.start_app(nap())
    await site.run_for("1 min")
    assert app.running
    assert await app.wait() == "rested"
    assert site.now - site.start == timedelta(seconds=90)


async def test_a_crash_reaches_the_test_at_its_next_wait(site: SiteHandle) -> None:
    async def crash() -> None:
        await asyncio.sleep(5.0)
        raise ValueError("no battery")

    await site.start_app(crash())
    with pytest.raises(
        AssertionError, match=r"crash crashed at 2026-06-15T12:00:05\+02:00: ValueError: no battery"
    ):
        await site.run_for("1 h")
    assert site.now - site.start == timedelta(seconds=5)


async def test_a_script_runs_as_python_would_run_it(
    site: SiteHandle, script: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    path = script(
        """
        async def main():
            await asyncio.sleep(100)
            return __name__
        print(asyncio.run(main()), sys.argv[1:])
        with asyncio.Runner() as runner:
            runner.run(asyncio.sleep(20))
        """
    )
    app = await site.run_app(path, "--limit", "30")
    assert app.result == 0
    assert capsys.readouterr().out == "__main__ ['--limit', '30']\n"
    assert site.now - site.start == timedelta(seconds=120)


async def test_a_script_is_interrupted_as_by_ctrl_c(
    site: SiteHandle, script: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    path = script(
        """
        async def main():
            try:
                await asyncio.Event().wait()
            finally:
                await asyncio.sleep(2)
        try:
            asyncio.run(main())
        except KeyboardInterrupt:
            print("interrupted")
        """
    )
    app = await site.start_app(path)
    await site.run_for("10 s")
    await app.stop()
    assert capsys.readouterr().out == "interrupted\n"
    assert site.now - site.start == timedelta(seconds=12)
    assert not any("app.py" in thread.name for thread in threading.enumerate())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("sys.exit(3)", "app.py crashed at .*: app.py exited with code 3"),
        ("asyncio.run(asyncio.sleep(1)); 1 / 0", "ZeroDivisionError"),
        ("asyncio.new_event_loop()", "the script makes an event loop; accepted in a test: asyncio.run"),
    ],
)
async def test_what_goes_wrong_in_a_script_is_told(
    site: SiteHandle, script: Write, text: str, message: str
) -> None:
    with pytest.raises(AssertionError, match=message):
        await site.run_app(script(text))


async def test_a_script_finds_the_address_in_its_environment(site: SiteHandle, script: Write) -> None:
    await site.run_app(script("import os; assert os.environ['MICROGRID_API_URL'] == sys.argv[1]"), site.url)


async def test_a_missing_script_is_said_to_be_missing(site: SiteHandle) -> None:
    with pytest.raises(FileNotFoundError, match=r"no script at nowhere\.py; accepted"):
        await site.start_app("nowhere.py")


async def test_nothing_but_coroutines_and_scripts_is_an_application(site: SiteHandle) -> None:
    with pytest.raises(TypeError, match="3 is no application; accepted: a coroutine"):
        await site.start_app(3)  # type: ignore[arg-type]


@pytest.mark.parametrize("time", ["first", "second"])
async def test_an_unmodified_sdk_script_shaves_the_peak_every_time(site: SiteHandle, time: str) -> None:
    await site.start_app(PEAK_SHAVING, site.url, "--limit", "30")
    await site.run_for("1 min")
    await site["main"].active_power.eventually(at_most=Power.from_kilowatts(31.0), within="2 min")
    manager = sys.modules["frequenz.sdk.microgrid.connection_manager"]
    assert manager._CONNECTION_MANAGER is not None


async def test_the_sdk_is_as_new_in_the_next_test(site: SiteHandle) -> None:
    for module, name in (
        ("frequenz.sdk.microgrid.connection_manager", "_CONNECTION_MANAGER"),
        ("frequenz.sdk.microgrid._data_pipeline", "_DATA_PIPELINE"),
        ("frequenz.sdk.timeseries.grid", "_GRID"),
    ):
        assert getattr(sys.modules.get(module), name, None) is None
