"""The end of a run is its end, modules run as scripts do, and threads of an application are told of."""

from __future__ import annotations

import logging
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from doppelgrid.scenarios.lockstep.run_app import LockstepRunner, RunReport

START_US = 1_780_000_000_000_000
MINUTE_US = 60_000_000
Run = Callable[..., RunReport]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Return a function that runs the text of a script for a virtual minute."""

    def run(text: str, **options: Any) -> RunReport:
        script = tmp_path / "app.py"
        script.write_text("import asyncio, sys, threading, time\n" + textwrap.dedent(text))
        options.setdefault("until_us", START_US + MINUTE_US)
        return LockstepRunner(start_us=START_US, **options).run_script(script)

    return run


def seconds(report: RunReport) -> float:
    return (report.end_us - report.start_us) / 1e6


@pytest.mark.parametrize(
    "text",
    [
        "time.sleep(300)",
        "async def main(): time.sleep(300)\nasyncio.run(main())",
        "async def main():\n  while True:\n    time.sleep(7)\n    await asyncio.sleep(1)\nasyncio.run(main())",
    ],
    ids=["without a loop", "in a loop", "again and again"],
)
def test_no_sleep_passes_the_end(run: Run, text: str) -> None:
    report = run(text)
    assert (report.outcome, seconds(report)) == ("completed", 60)


def test_a_sleep_at_the_end_is_interrupted_as_by_ctrl_c(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    report = run(
        "try:\n  time.sleep(300)\nexcept KeyboardInterrupt:\n  print('cleaning up')\n  time.sleep(2)"
    )
    assert capsys.readouterr().out == "cleaning up\n"
    assert (report.outcome, report.exit_code, seconds(report)) == ("completed", 0, 62)


def test_ctrl_c_is_not_a_crash(run: Run) -> None:
    report = run(
        """
        import signal
        async def main():
            await asyncio.sleep(10)
            signal.raise_signal(signal.SIGINT)
            await asyncio.sleep(100)
        asyncio.run(main())
        """
    )
    assert (report.outcome, report.exit_code, seconds(report)) == ("interrupted", 130, 10)
    assert report.message.startswith("the run was ended by Ctrl-C at ")


def test_a_module_runs_as_a_script_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    package = tmp_path / "keeper"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "night.py").write_text("import sys, time\ntime.sleep(5)\nprint(__name__, sys.argv[1:])")
    monkeypatch.chdir(tmp_path)
    report = LockstepRunner(start_us=START_US).run_module("keeper.night", ["--limit", "30"])
    assert capsys.readouterr().out == "__main__ ['--limit', '30']\n"
    assert seconds(report) == 5


def test_a_module_that_is_not_there_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(
        ModuleNotFoundError, match=r"no module 'no\.such'; accepted: one that can be imported from"
    ):
        LockstepRunner(start_us=START_US).run_module("no.such")


class TestThreads:
    COMPUTES = """
        done = []
        def work():
            total = 0
            for number in range(3_000_000):
                total += number
            done.append(total)
        async def main():
            threading.Thread(target=work, name="worker").start()
            waited = 0
            while not done:
                await asyncio.sleep(1)
                waited += 1
            print(waited)
        asyncio.run(main())
        """

    def test_virtual_time_stands_still_while_one_computes(
        self, run: Run, capsys: pytest.CaptureFixture[str]
    ) -> None:
        report = run(self.COMPUTES)
        assert (capsys.readouterr().out, report.outcome) == ("1\n", "ended early")

    def test_one_is_told_of_at_once_and_in_the_report(
        self, run: Run, caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level(logging.WARNING):
            report = run(self.COMPUTES)
        (note,) = report.notes
        assert note.startswith("thread 'worker' (of __main__) lives in real time: ")
        assert note in caplog.text
        assert not report.reproducible

    def test_one_that_waits_holds_nothing_up(self, run: Run) -> None:
        report = run(
            """
            threading.Thread(target=threading.Event().wait, daemon=True).start()
            async def main():
                await asyncio.sleep(50)
            asyncio.run(main())
            """
        )
        assert (report.outcome, seconds(report)) == ("ended early", 50)

    def test_functions_in_threads_of_asyncio_are_none_of_them(self, run: Run) -> None:
        report = run("async def main():\n  await asyncio.to_thread(sum, range(1000))\nasyncio.run(main())")
        assert report.notes == ()
