"""The site lives in whichever event loop of an application runs, and lives what is slept after the last one too."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest
from support.small_site import BASE

from doppelgrid.scenarios.lockstep.session import LockstepResult, LockstepSession
from doppelgrid.sim.site.reader import parse_site

START_US = 1_780_000_000_000_000
MINUTE_US = 60_000_000
IMPORTS = (
    "import asyncio, os, time\n"
    "from concurrent.futures import ProcessPoolExecutor\n"
    "from frequenz.client.microgrid import MicrogridApiClient\n"
    "a, b = asyncio.new_event_loop(), asyncio.new_event_loop()\n"
)

Lived = Callable[[str], LockstepResult]


@pytest.fixture
def seen_s() -> list[float]:
    """Return the virtual seconds since the start at which the site has sampled."""
    return []


@pytest.fixture
def live(tmp_path: Path, seen_s: list[float]) -> Lived:
    """Return a function that runs the text of a script for a virtual minute, at a site that samples every second."""

    def live(text: str) -> LockstepResult:
        script = tmp_path / "app.py"
        script.write_text(IMPORTS + textwrap.dedent(text))
        session = LockstepSession(
            parse_site(BASE + "telemetry: {interval: 1 s}\n", "site.yaml"),
            start_us=START_US,
            duration_us=MINUTE_US,
            on_start=lambda simulation, _loop: simulation.gateway.listen_to_frames(
                lambda time_us, _frames: seen_s.append((time_us - START_US) / 1e6)
            ),
        )
        return session.run_script(script)

    return live


@pytest.mark.parametrize(
    ("text", "lived_s"),
    [
        ("a.run_until_complete(asyncio.sleep(5.5))\nb.run_until_complete(asyncio.sleep(5))", 10),
        ("b.run_until_complete(asyncio.sleep(5.5))\na.run_until_complete(asyncio.sleep(5))", 10),
        ("asyncio.run(asyncio.sleep(5.5))\na.run_until_complete(asyncio.sleep(5))", 10),
        ("for loop in (a, b, a, b): loop.run_until_complete(asyncio.sleep(5.1))", 20),
    ],
    ids=["in order", "the other way round", "after another", "in turns"],
)
def test_loops_that_were_made_before_one_ran_live_beside_the_site(
    live: Lived, seen_s: list[float], text: str, lived_s: int
) -> None:
    result = live(text)
    assert (result.report.outcome, result.report.error) == ("ended early", None)
    assert [second for second in seen_s if second > 0.0] == list(range(1, lived_s + 1))


def test_what_is_asked_in_one_loop_is_the_site_that_the_other_has_lived_beside(
    live: Lived, capsys: pytest.CaptureFixture[str]
) -> None:
    result = live(
        """
        client = MicrogridApiClient(os.environ["MICROGRID_API_URL"] + "?ssl=false")
        async def ask():
            print(len(list(await client.list_components())))
        for loop in (a, b, a):
            loop.run_until_complete(ask() if loop is a else asyncio.sleep(9))
        """
    )
    assert result.report.error is None
    assert capsys.readouterr().out == "2\n2\n"


def test_a_loop_goes_on_at_the_present_of_the_other(live: Lived, capsys: pytest.CaptureFixture[str]) -> None:
    live(
        """
        began_s = a.time()
        async def look():
            a.call_later(3, lambda: print("called after", a.time() - began_s))
        a.run_until_complete(look())
        b.run_until_complete(asyncio.sleep(10))
        a.run_until_complete(asyncio.sleep(1))
        """
    )
    assert capsys.readouterr().out == "called after 10.0\n"


def test_what_stops_one_loop_stops_the_other(live: Lived, capsys: pytest.CaptureFixture[str]) -> None:
    result = live(
        """
        async def give():
            await a.run_in_executor(ProcessPoolExecutor(), int)
        try:
            a.run_until_complete(give())
        except BaseException:
            pass
        b.run_until_complete(asyncio.sleep(10))
        print("went on")
        """
    )
    assert (result.report.outcome, capsys.readouterr().out) == ("stopped", "")


@pytest.mark.parametrize(
    ("text", "lived_s"),
    [
        ("a.run_until_complete(asyncio.sleep(5))\ntime.sleep(20)", 25),
        ("asyncio.run(asyncio.sleep(5))\ntime.sleep(20)", 25),
        ("asyncio.run(asyncio.sleep(5))\ntime.sleep(20)\nraise SystemExit(3)", 25),
        ("asyncio.run(asyncio.sleep(5))\ntime.sleep(20)\nraise ValueError", 25),
        ("asyncio.run(asyncio.sleep(5))\ntime.sleep(200)", 60),
        ("time.sleep(20)", 20),
        ("async def main(): time.sleep(20)\na.run_until_complete(main())", 20),
    ],
    ids=["loop left open", "loop closed", "exit", "crash", "to the end", "without a loop", "in the loop"],
)
def test_what_is_slept_after_the_last_loop_is_lived(
    live: Lived, seen_s: list[float], text: str, lived_s: int
) -> None:
    live(text)
    assert [second for second in seen_s if second > 0.0] == list(range(1, lived_s + 1))
