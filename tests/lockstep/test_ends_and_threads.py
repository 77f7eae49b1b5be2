"""The end of a run is its end, modules run as scripts do, and threads of an application are told of."""

from __future__ import annotations

import logging
import signal
import socket
import textwrap
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support.small_site import BASE

from doppelgrid.scenarios.lockstep.run_app import LockstepRunner, RunReport
from doppelgrid.scenarios.lockstep.session import LockstepResult, LockstepSession
from doppelgrid.scenarios.lockstep.virtual_time import Limits
from doppelgrid.sim.site.reader import parse_site

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


@pytest.mark.parametrize(
    ("text", "held_s"),
    [
        ("async def main(): time.sleep(300)\nasyncio.run(main())", 60),
        (
            "async def main():\n  time.sleep(7); time.sleep(8)\n  await asyncio.sleep(9)\nasyncio.run(main())",
            15,
        ),
        (
            "async def main():\n  for _ in '1234': time.sleep(7); await asyncio.sleep(0)\nasyncio.run(main())",
            14,
        ),
        (
            "async def main():\n  for _ in '1234': time.sleep(7); await asyncio.sleep(1)\nasyncio.run(main())",
            7,
        ),
        ("async def main(): await asyncio.to_thread(time.sleep, 20)\nasyncio.run(main())", 0),
    ],
    ids=["to the end", "twice in a row", "before timers get their turn", "again and again", "in a thread"],
)
def test_it_is_told_for_how_long_a_sleep_kept_the_loop_from_running(run: Run, text: str, held_s: int) -> None:
    report = run(text)
    assert report.longest_held_us == held_s * 1_000_000
    words = str(LockstepResult(report, "", 0, 0, connected=True)).splitlines()
    told = [line for line in words if line.startswith(f"it slept for up to {held_s} s while its event loop")]
    assert len(told) == (held_s > 0)


def test_a_sleep_at_the_end_is_interrupted_as_by_ctrl_c(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    report = run(
        "try:\n  time.sleep(300)\nexcept KeyboardInterrupt:\n  print('cleaning up')\n  time.sleep(2)"
    )
    assert capsys.readouterr().out == "cleaning up\n"
    assert (report.outcome, report.exit_code, seconds(report)) == ("completed", 0, 62)


@pytest.mark.parametrize("last", ["pass", "raise SystemExit(0)"])
@pytest.mark.parametrize(
    "wait",
    [
        "await asyncio.sleep(100)",
        "stop = asyncio.Event()\n"
        "    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, stop.set)\n"
        "    await stop.wait()",
    ],
)
def test_an_application_that_ends_itself_on_ctrl_c_has_not_returned_early(
    run: Run, wait: str, last: str
) -> None:
    report = run(
        "import os, signal\n"
        "async def main():\n"
        "    asyncio.get_running_loop().call_later(10, os.kill, os.getpid(), signal.SIGINT)\n"
        f"    {wait}\n"
        "try:\n"
        "    asyncio.run(main())\n"
        "except KeyboardInterrupt:\n"
        "    pass\n"
        f"{last}\n"
    )
    assert (report.outcome, report.exit_code, seconds(report)) == ("interrupted", 130, 10)


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

    def test_those_of_an_executor_that_the_loop_uses_are_none_of_them(self, run: Run) -> None:
        report = run(
            """
            from concurrent.futures import ThreadPoolExecutor
            async def main():
                with ThreadPoolExecutor() as pool:
                    await asyncio.get_running_loop().run_in_executor(pool, sum, range(1000))
            asyncio.run(main())
            """
        )
        assert report.notes == ()

    def test_one_of_an_executor_that_is_used_without_the_loop_is_told_of(self, run: Run) -> None:
        report = run(
            """
            from concurrent.futures import ThreadPoolExecutor
            async def main():
                with ThreadPoolExecutor(1, "own") as pool:
                    pool.submit(time.sleep, 0.1).result()
            asyncio.run(main())
            """
        )
        (note,) = report.notes
        assert note.startswith("thread 'own_0' (of __main__) lives in real time: ")


class TestSleepingInThreads:
    def test_a_function_in_a_thread_sleeps_in_virtual_time(
        self, run: Run, capsys: pytest.CaptureFixture[str]
    ) -> None:
        report = run(
            """
            async def main():
                begun = time.time()
                await asyncio.gather(asyncio.to_thread(time.sleep, 30), asyncio.sleep(40))
                await asyncio.to_thread(time.sleep, 2.5)
                print(time.time() - begun)
            asyncio.run(main())
            """
        )
        assert capsys.readouterr().out == "42.5\n"
        assert (report.outcome, report.notes) == ("ended early", ())

    def test_one_that_still_sleeps_at_the_end_holds_nothing_up(
        self, run: Run, capsys: pytest.CaptureFixture[str]
    ) -> None:
        report = run(
            """
            def poll():
                for number in range(1000):
                    time.sleep(25)
                    print(number)
            async def main():
                polling = asyncio.create_task(asyncio.to_thread(poll))
                await asyncio.to_thread(time.sleep, 300)
            asyncio.run(main())
            """
        )
        assert capsys.readouterr().out == "0\n1\n"
        assert (report.outcome, seconds(report)) == ("completed", 60)
        assert not [each for each in threading.enumerate() if each.name.startswith("asyncio_")]

    def test_one_that_sleeps_on_after_its_task_was_cancelled_is_still_in_step(
        self, run: Run, capsys: pytest.CaptureFixture[str]
    ) -> None:
        report = run(
            """
            def poll():
                for number in range(3):
                    time.sleep(10)
                    print(number)
            async def main():
                try:
                    await asyncio.wait_for(asyncio.to_thread(poll), 15)
                except TimeoutError:
                    print("given up")
                await asyncio.sleep(30)
            asyncio.run(main())
            """
        )
        assert capsys.readouterr().out == "0\ngiven up\n1\n2\n"
        assert (report.outcome, seconds(report), report.notes) == ("ended early", 45, ())

    def test_two_that_wake_up_at_once_are_told_of(self, run: Run) -> None:
        report = run(
            """
            async def main():
                await asyncio.gather(*[asyncio.to_thread(time.sleep, 30) for _ in range(2)])
            asyncio.run(main())
            """
        )
        (note,) = report.notes
        assert note.startswith("several functions ran in threads at once")


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")  # Python 3.12 is wary of forks
class TestOtherProcesses:
    ASKS = """
        from concurrent.futures import ProcessPoolExecutor
        from multiprocessing import get_context
        def work(number):
            time.sleep(0.1)
            return number * number, time.time()
        async def main():
            loop = asyncio.get_running_loop()
            with ProcessPoolExecutor(1, get_context("fork")) as pool:
                squared, at_s = await loop.run_in_executor(pool, work, 3)
            print(squared, at_s > 1_780_000_000 + 60)
        asyncio.run(main())
        """

    def test_a_function_for_one_is_refused_by_name(self, run: Run) -> None:
        report = run(self.ASKS)
        assert report.outcome == "stopped"
        assert "function work runs in another process (ProcessPoolExecutor), in real time" in report.message
        assert report.message.rstrip().endswith("await loop.run_in_executor(pool, work, 3)")

    def test_one_comes_back_where_real_io_is_allowed(
        self, run: Run, capsys: pytest.CaptureFixture[str]
    ) -> None:
        report = run(self.ASKS, limits=Limits(allow_real_io=True))
        assert (capsys.readouterr().out[:2], report.outcome) == ("9 ", "ended early")
        assert "function work runs in another process (ProcessPoolExecutor), in real time" in report.notes

    def test_one_lives_in_real_time(self, run: Run, capsys: pytest.CaptureFixture[str]) -> None:
        run(self.ASKS, limits=Limits(allow_real_io=True))
        assert capsys.readouterr().out == "9 True\n"

    def test_timeouts_of_its_pipes_are_real(self, run: Run, capsys: pytest.CaptureFixture[str]) -> None:
        run("import multiprocessing\nours, theirs = multiprocessing.Pipe()\nprint(ours.poll(0.05))")
        assert capsys.readouterr().out == "False\n"

    def test_timeouts_of_futures_are_real(self, run: Run, capsys: pytest.CaptureFixture[str]) -> None:
        run(
            """
            from concurrent.futures import Future, as_completed
            try:
                next(as_completed([Future()], timeout=0.05))
            except TimeoutError:
                print("over")
            """
        )
        assert capsys.readouterr().out == "over\n"


class TestWhatCannotBeStopped:
    @pytest.mark.parametrize(
        "text",
        [
            "while going:\n  try:\n    time.sleep(7)\n  except BaseException:\n    pass",
            "while going:\n  try:\n    asyncio.new_event_loop().run_until_complete(asyncio.sleep(7))\n"
            "  except BaseException:\n    pass",
        ],
        ids=["sleeps", "new loops"],
    )
    def test_whoever_runs_it_is_asked_to_end_it(self, tmp_path: Path, text: str) -> None:
        told: list[RunReport] = []
        script = tmp_path / "app.py"

        def give_up(report: RunReport) -> None:
            told.append(report)
            script.with_suffix(".end").touch()

        script.write_text(
            "import asyncio, pathlib, time\n"
            "class Going:\n"
            "  def __bool__(self): return not pathlib.Path(__file__).with_suffix('.end').exists()\n"
            f"going = Going()\n{text}\n"
        )
        end_us = START_US + MINUTE_US
        runner = LockstepRunner(start_us=START_US, until_us=end_us, on_unstoppable=give_up)
        runner.run_script(script)
        assert told[0].outcome == "stopped"
        assert "the application still runs after 2 interrupts" in told[0].message
        assert seconds(told[0]) <= 200

    def test_tasks_that_would_run_on_are_kept(self, run: Run) -> None:
        report = run(
            """
            async def main():
                for _ in range(30):
                    try:
                        await asyncio.sleep(10)
                    except BaseException:
                        pass
            asyncio.run(main())
            """
        )
        assert report.outcome == "stopped"
        (left,) = report.left
        assert not left.done()
        left.get_coro().close()  # type: ignore[union-attr]
        left._log_destroy_pending = False  # type: ignore[attr-defined] # asyncio would say so at the end of all tests


class TestTimersOfTheSystem:
    CALLS = {  # noqa: RUF012
        "signal.alarm": "signal.alarm(100)",
        "signal.setitimer(ITIMER_REAL)": "signal.setitimer(signal.ITIMER_REAL, 100)",
        "signal.setitimer(ITIMER_PROF)": "signal.setitimer(signal.ITIMER_PROF, 100, 1.0)",
    }

    @pytest.fixture(autouse=True)
    def none_set(self) -> Iterator[None]:
        """Clear those that what runs the tests has set, for a while."""
        former_s = signal.setitimer(signal.ITIMER_REAL, 0)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, *former_s)

    @pytest.mark.parametrize(("name", "call"), CALLS.items(), ids=CALLS)
    def test_one_is_told_of_at_once_and_in_the_report(
        self, run: Run, caplog: pytest.LogCaptureFixture, name: str, call: str
    ) -> None:
        with caplog.at_level(logging.WARNING):
            report = run(f"import signal\n{call}\n{call}")
        (note,) = report.notes
        assert note.startswith(
            f"the application has set a timer of the system by {name}, whose signal comes in "
        )
        assert note in caplog.text

    @pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
    def test_one_that_is_still_set_at_the_end_is_cleared(self, run: Run, call: str) -> None:
        run(f"import signal\n{call}")
        assert [signal.getitimer(which) for which in range(3)] == [(0.0, 0.0)] * 3

    @pytest.mark.parametrize("call", ["", "signal.alarm(100)"])
    def test_one_that_was_set_before_goes_on(self, run: Run, call: str) -> None:
        signal.setitimer(signal.ITIMER_REAL, 5000)
        run(f"import signal\n{call}")
        assert signal.getitimer(signal.ITIMER_REAL)[0] > 4000

    def test_to_clear_one_is_no_reason_to_mark_a_run(self, run: Run) -> None:
        assert run("import signal\nsignal.alarm(0)\nsignal.setitimer(signal.ITIMER_REAL, 0)").notes == ()


class TestRealConnections:
    @pytest.fixture
    def peer(self) -> Iterator[tuple[str, int]]:
        """Return the address of somebody who takes connections and never says anything."""
        with socket.create_server(("127.0.0.1", 0)) as listening:
            yield listening.getsockname()

    def test_one_is_told_of_at_once_and_in_the_report(
        self, run: Run, peer: tuple[str, int], caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level(logging.WARNING):
            report = run(
                f"""
                import socket
                for _ in range(3):
                    socket.create_connection(('127.0.0.1', {peer[1]})).close()
                    time.sleep(10)
                """
            )
        (note,) = report.notes
        assert f"a real connection to 127.0.0.1:{peer[1]}; what comes of it is not the same" in note
        assert caplog.text.count(note) == 1
        assert not report.reproducible

    def test_a_program_is_told_of(self, run: Run) -> None:
        report = run("import subprocess\nsubprocess.run(['true', 'indeed'], check=True)")
        (note,) = report.notes
        assert "a program of its own, 'true indeed'" in note

    def test_what_python_asks_of_the_machine_is_none(self, run: Run) -> None:
        assert run("import platform\nplatform.processor()").notes == ()

    def test_the_library_that_connects_is_named(
        self, run: Run, tmp_path: Path, peer: tuple[str, int]
    ) -> None:
        (tmp_path / "tariffs.py").write_text(
            f"import socket\ndef ask():\n    socket.create_connection(('127.0.0.1', {peer[1]})).close()\n"
        )
        (note,) = run("import tariffs\ntariffs.ask()").notes
        assert "(of tariffs)" in note

    @pytest.mark.parametrize("aio", ["", "aio."])
    def test_a_grpc_channel_to_another_address_is_told_of(
        self, aio: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        text = (
            "import asyncio, grpc\nasync def main():\n"
            f"    grpc.{aio}insecure_channel('localhost:1')\nasyncio.run(main())"
        )
        session = LockstepSession(
            parse_site(BASE, "site.yaml"),
            start_us=START_US,
            duration_us=MINUTE_US,
            limits=Limits(allow_real_io=True),
        )
        with caplog.at_level(logging.WARNING):
            result = session.run(lambda: exec(text, {"__name__": "__main__"}))
        (note,) = [note for note in result.report.notes if "a real connection to localhost:1;" in note]
        assert note in caplog.text
