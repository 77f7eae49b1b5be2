"""Scripts run unchanged in virtual time, and what became of them is told."""

from __future__ import annotations

import asyncio
import signal
import sys
import textwrap
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from doppelgrid.scenarios.lockstep import watchdog
from doppelgrid.scenarios.lockstep.errors import BlockedLoopError, NotStoppedError
from doppelgrid.scenarios.lockstep.run_app import LockstepRunner, RunReport
from doppelgrid.scenarios.lockstep.virtual_time import Limits, VirtualTimeLoop

START_US = 1_780_000_000_000_000
MINUTE_US = 60_000_000
RunScript = Callable[..., RunReport]


@pytest.fixture
def run_script(tmp_path: Path) -> RunScript:
    """Return a function that runs the text of a script for a virtual minute."""

    def run(text: str, *arguments: str, **options: Any) -> RunReport:
        script = tmp_path / "app.py"
        script.write_text("import asyncio, sys, time\n" + textwrap.dedent(text))
        options.setdefault("until_us", START_US + MINUTE_US)
        runner = LockstepRunner(start_us=START_US, **options)
        return runner.run_script(script, arguments)

    return run


def seconds(report: RunReport) -> float:
    return (report.end_us - report.start_us) / 1e6


def test_a_script_has_its_own_arguments_name_and_folder(
    run_script: RunScript, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "neighbour.py").write_text("WORD = 'next door'")
    argv, path = list(sys.argv), list(sys.path)
    run_script("import neighbour; print(__name__, sys.argv[1:], neighbour.WORD)", "a", "b")
    assert capsys.readouterr().out == "__main__ ['a', 'b'] next door\n"
    assert (sys.argv, sys.path) == (argv, path)


@pytest.mark.parametrize(
    "start",
    [
        "asyncio.run(main())",
        "asyncio.run(main(), debug=False)",
        "asyncio.Runner(loop_factory=asyncio.SelectorEventLoop).run(main())",
        "loop = asyncio.new_event_loop(); loop.run_until_complete(main()); loop.close()",
        "asyncio.get_event_loop().run_until_complete(main())",
        "loop = asyncio.SelectorEventLoop(); loop.run_until_complete(main()); loop.close()",
        "loop = asyncio.get_event_loop_policy().new_event_loop(); loop.run_until_complete(main()); loop.close()",
    ],
)
def test_every_way_of_running_a_coroutine_is_in_virtual_time(run_script: RunScript, start: str) -> None:
    report = run_script(f"async def main():\n    await asyncio.sleep(50)\n{start}")
    assert (report.outcome, seconds(report)) == ("ended early", 50)
    assert report.reproducible


def test_the_simulation_starts_before_the_script_and_lives_in_its_loop(
    run_script: RunScript, capsys: pytest.CaptureFixture[str]
) -> None:
    ticks: list[int] = []

    async def start(loop: VirtualTimeLoop) -> None:
        def tick() -> None:
            ticks.append(loop.clock.now_us - START_US)
            loop.call_later(1.0, tick)

        await asyncio.sleep(0)
        tick()
        print("simulation")

    run_script("print('script')\nasyncio.run(asyncio.sleep(3.5))", on_loop_start=start)
    assert capsys.readouterr().out == "simulation\nscript\n"
    assert ticks == [0, 1_000_000, 2_000_000, 3_000_000]


def test_the_end_of_the_run_interrupts_as_ctrl_c_does(
    run_script: RunScript, capsys: pytest.CaptureFixture[str]
) -> None:
    report = run_script(
        """
        async def main():
            try:
                await asyncio.Event().wait()
            finally:
                await asyncio.sleep(2)
                print("cleaned up")
        try:
            asyncio.run(main())
        except KeyboardInterrupt:
            print("interrupted")
        """
    )
    assert capsys.readouterr().out == "cleaned up\ninterrupted\n"
    assert (report.outcome, report.exit_code, seconds(report)) == ("completed", 0, 62)


def test_a_script_cleans_up_in_a_loop_of_its_own_after_the_end(
    run_script: RunScript, capsys: pytest.CaptureFixture[str]
) -> None:
    report = run_script(
        """
        async def release():
            await asyncio.sleep(5)
            print("released")
        try:
            asyncio.run(asyncio.sleep(1000))
        except KeyboardInterrupt:
            asyncio.run(release())
            asyncio.run(release())
        """
    )
    assert capsys.readouterr().out == "released\nreleased\n"
    assert (report.outcome, report.exit_code, seconds(report)) == ("completed", 0, 70)


def test_loops_after_the_end_have_the_time_between_interrupts_together(run_script: RunScript) -> None:
    report = run_script(
        """
        while True:
            step = asyncio.sleep(7)
            try:
                asyncio.run(step)
            except KeyboardInterrupt:
                pass
            finally:
                step.close()
        """
    )
    assert seconds(report) <= 180


def test_loops_after_the_end_in_which_no_time_passes_come_to_an_end(run_script: RunScript) -> None:
    report = run_script(
        """
        try:
            asyncio.run(asyncio.sleep(1000))
        except KeyboardInterrupt:
            while True:
                step = asyncio.sleep(0)
                try:
                    asyncio.run(step)
                finally:
                    step.close()
        """
    )
    assert (report.outcome, seconds(report)) == ("completed", 60)


def test_an_interrupt_that_the_script_lets_pass_ends_it_with_130(run_script: RunScript) -> None:
    report = run_script("asyncio.run(asyncio.sleep(1000))")
    assert (report.outcome, report.exit_code, seconds(report)) == ("completed", 130, 60)


def test_a_script_that_goes_on_after_ctrl_c_runs_to_the_end(run_script: RunScript) -> None:
    report = run_script(
        """
        import os, signal
        async def main():
            loop = asyncio.get_running_loop()
            loop.add_signal_handler(signal.SIGINT, loop.remove_signal_handler, signal.SIGINT)
            os.kill(os.getpid(), signal.SIGINT)
            await asyncio.sleep(1000)
        asyncio.run(main())
        """
    )
    assert (report.outcome, report.exit_code, seconds(report)) == ("completed", 130, 60)


def test_a_handler_of_the_script_for_sigint_is_called(run_script: RunScript) -> None:
    report = run_script(
        """
        import signal
        async def main():
            stop = asyncio.Event()
            asyncio.get_running_loop().add_signal_handler(signal.SIGINT, stop.set)
            await stop.wait()
        asyncio.run(main())
        """
    )
    assert (report.outcome, report.exit_code, seconds(report)) == ("completed", 0, 60)


def test_a_script_that_ignores_interrupts_is_stopped(run_script: RunScript) -> None:
    report = run_script(
        """
        async def main():
            for _ in range(1000):
                try:
                    await asyncio.sleep(10)
                except asyncio.CancelledError:
                    pass
        while True:
            try:
                asyncio.run(main())
            except KeyboardInterrupt:
                pass
        """
    )
    assert report.outcome in ("stopped", "completed")
    assert seconds(report) <= 200


def test_a_task_that_swallows_cancellation_is_stopped(run_script: RunScript) -> None:
    report = run_script(
        """
        import signal
        async def main():
            asyncio.get_running_loop().add_signal_handler(signal.SIGINT, lambda: None)
            await asyncio.sleep(1000)
        asyncio.run(main())
        """
    )
    assert report.outcome == "stopped"
    assert isinstance(report.error, NotStoppedError)
    assert seconds(report) == 180


def test_a_crash_shows_the_script_s_own_traceback_first(run_script: RunScript) -> None:
    report = run_script(
        """
        async def main():
            await asyncio.sleep(5)
            raise ValueError("no battery")
        asyncio.run(main())
        """
    )
    assert (report.outcome, report.exit_code, seconds(report)) == ("crashed", 1, 5)
    lines = report.message.splitlines()
    assert lines[0] == "Traceback (most recent call last):"
    assert lines[1].endswith('app.py", line 6, in <module>')
    assert "ValueError: no battery" in lines
    assert lines[-1] == "the application crashed at 2026-05-28T20:26:45+00:00"


@pytest.mark.parametrize(("argument", "code"), [("3", 3), ("", 0), ("'bye'", 1)])
def test_an_exit_code_is_told(run_script: RunScript, argument: str, code: int) -> None:
    report = run_script(f"time.sleep(2)\nsys.exit({argument})")
    assert (report.outcome, report.exit_code, seconds(report)) == ("exited", code, 2)


@pytest.mark.parametrize(
    ("argument", "code"), [("True", 1), ("False", 0), ("300", 44), ("-1", 255), ("2**70", 255)]
)
def test_an_exit_code_is_the_one_that_a_process_would_have(
    run_script: RunScript, argument: str, code: int
) -> None:
    report = run_script(f"sys.exit({argument})")
    assert (report.exit_code, type(report.exit_code)) == (code, int)
    assert report.message.startswith(f"the application exited with code {code} at ")


@pytest.mark.parametrize(("argument", "said"), [("'no battery'", "no battery\n"), ("3", ""), ("None", "")])
def test_the_last_words_of_an_exit_are_written_as_python_does(
    run_script: RunScript, capsys: pytest.CaptureFixture[str], argument: str, said: str
) -> None:
    run_script(f"sys.exit({argument})")
    assert capsys.readouterr().err == said


def test_last_words_after_the_end_of_the_run_are_written_too(
    run_script: RunScript, capsys: pytest.CaptureFixture[str]
) -> None:
    report = run_script(
        "try:\n  asyncio.run(asyncio.sleep(1000))\nexcept KeyboardInterrupt:\n  sys.exit('bye')"
    )
    assert (report.outcome, capsys.readouterr().err) == ("completed", "bye\n")


@pytest.mark.parametrize("text", ["{}", "async def main():\n  {}\nasyncio.run(main())"])
def test_an_application_that_raises_keyboard_interrupt_itself_has_crashed(
    run_script: RunScript, text: str
) -> None:
    report = run_script(text.format("raise KeyboardInterrupt"))
    assert (report.outcome, report.exit_code) == ("crashed", 130)
    assert report.message.splitlines()[-2:] == [
        "KeyboardInterrupt",
        "the application itself raised KeyboardInterrupt at 2026-05-28T20:26:40+00:00; nobody pressed Ctrl-C",
    ]


def _functions(message: str) -> list[str]:
    return [line.partition(" in ")[2] for line in message.splitlines() if line.startswith("  File ")]


@pytest.mark.parametrize("error", ["KeyboardInterrupt", "ValueError('no battery')"])
@pytest.mark.parametrize(
    "start",
    ["asyncio.run(main())", "asyncio.get_event_loop().run_until_complete(main())"],
    ids=["run", "run_until_complete"],
)
def test_a_traceback_has_no_frames_of_event_loops_above_the_application_s(
    run_script: RunScript, start: str, error: str
) -> None:
    report = run_script(f"async def main():\n    raise {error}\n{start}")
    assert _functions(report.message) == ["<module>", "main"]


def test_a_traceback_of_what_an_error_was_raised_from_has_none_either(run_script: RunScript) -> None:
    report = run_script(
        """
        async def main():
            raise KeyboardInterrupt
        try:
            asyncio.run(main())
        except KeyboardInterrupt as error:
            raise ValueError("no battery") from error
        """
    )
    assert _functions(report.message) == ["<module>", "main", "<module>"]


def test_a_traceback_keeps_the_call_that_asyncio_refuses(run_script: RunScript) -> None:
    report = run_script("asyncio.run(5)")
    assert _functions(report.message)[0] == "<module>"
    assert len(_functions(report.message)) > 1


@pytest.mark.parametrize(
    "before",
    ["", "def stop(*_): raise KeyboardInterrupt\nsignal.signal(signal.SIGINT, stop)\n"],
    ids=["as usual", "by a handler of its own"],
)
@pytest.mark.parametrize(
    "run", ["main()", "asyncio.get_event_loop().run_until_complete(main())", "asyncio.run(main())"]
)
def test_ctrl_c_is_told_from_what_an_application_raises_itself(
    run_script: RunScript, run: str, before: str
) -> None:
    kind = "def" if run == "main()" else "async def"
    report = run_script(f"import signal\n{before}{kind} main(): signal.raise_signal(signal.SIGINT)\n{run}\n")
    assert (report.outcome, report.exit_code) == ("interrupted", 130)


@pytest.mark.parametrize("blocking", ["while True: pass", "os.read(os.pipe()[0], 1)"])
def test_a_call_that_blocks_the_loop_is_stopped_with_its_stack(run_script: RunScript, blocking: str) -> None:
    report = run_script(
        f"""
        import os
        async def main():
            await asyncio.sleep(1)
            try:
                {blocking}
            except Exception:
                pass
        asyncio.run(main())
        """,
        limits=Limits(blocked_s=0.2),
        shown_in=ZoneInfo("Europe/Berlin"),
    )
    assert report.outcome == "stopped"
    assert isinstance(report.error, BlockedLoopError)
    assert seconds(report) == 1
    said, *stack = report.message.splitlines()
    assert said.startswith(
        "at 2026-05-28T22:26:41+02:00 one call has kept the event loop from running for 0.2 s"
    )
    assert [line.partition(" in ")[2] for line in stack if line.startswith("  File ")] == ["<module>", "main"]
    assert stack[-1].strip() == blocking


def test_whoever_stops_blocking_calls_is_not_traced_itself(run_script: RunScript) -> None:
    seen = set()

    def trace(frame: FrameType, _event: str, _argument: object) -> None:
        if frame.f_globals["__name__"] == watchdog.__name__:
            seen.add(frame.f_code.co_name)

    former = threading.gettrace()
    threading.settrace(trace)
    try:
        report = run_script(
            """
            import os
            async def main(): os.read(os.pipe()[0], 1)
            asyncio.run(main())
            """,
            limits=Limits(blocked_s=0.2),
        )
    finally:
        threading.settrace(former)  # type: ignore[arg-type]
    assert report.outcome == "stopped"
    assert seen <= {"_watch", "_keep_awake", "_trace_no_more"}


@pytest.mark.parametrize("before", ["", "asyncio.run(asyncio.sleep(1)); asyncio.run(asyncio.sleep(1))"])
def test_a_script_that_spins_outside_of_a_loop_is_stopped_with_its_stack(
    run_script: RunScript, before: str
) -> None:
    report = run_script(
        f"""
        {before}
        try:
            while True: pass
        except Exception:
            pass
        """,
        limits=Limits(outside_s=0.2),
    )
    assert report.outcome == "stopped"
    assert isinstance(report.error, BlockedLoopError)
    assert "while True: pass" in report.message


def test_waiting_outside_of_a_loop_is_not_taken_for_spinning(run_script: RunScript) -> None:
    report = run_script(
        """
        import subprocess
        subprocess.run(["sleep", "1"], check=True)
        asyncio.run(asyncio.sleep(1e6))
        """,
        limits=Limits(outside_s=0.2),
    )
    assert report.outcome == "completed"


def test_a_call_that_blocks_a_second_loop_is_stopped(run_script: RunScript) -> None:
    report = run_script(
        """
        async def main():
            while True: pass
        asyncio.run(asyncio.sleep(1))
        asyncio.run(main())
        """,
        limits=Limits(blocked_s=0.2),
    )
    assert report.outcome == "stopped"
    assert isinstance(report.error, BlockedLoopError)


def test_a_loop_is_of_the_class_that_asyncio_names(
    run_script: RunScript, capsys: pytest.CaptureFixture[str]
) -> None:
    run_script("print(isinstance(asyncio.new_event_loop(), asyncio.SelectorEventLoop))")
    assert capsys.readouterr().out == "True\n"


def test_nothing_of_a_run_stays_behind(run_script: RunScript) -> None:
    before = (
        asyncio.SelectorEventLoop,
        asyncio.BaseEventLoop.run_forever,
        asyncio.new_event_loop,
        asyncio.Runner,
        time.time,
        time.monotonic,
        time.clock_gettime,
        signal.default_int_handler,
        signal.getsignal(signal.SIGINT),
    )
    run_script("asyncio.run(asyncio.sleep(1))")
    after = (
        asyncio.SelectorEventLoop,
        asyncio.BaseEventLoop.run_forever,
        asyncio.new_event_loop,
        asyncio.Runner,
        time.time,
        time.monotonic,
        time.clock_gettime,
        signal.default_int_handler,
        signal.getsignal(signal.SIGINT),
    )
    assert after == before
    assert time.time() > START_US / 1e6 + 3600


def test_a_missing_script_is_said_to_be_missing() -> None:
    with pytest.raises(FileNotFoundError, match=r"no script at nowhere\.py"):
        LockstepRunner(start_us=START_US).run_script("nowhere.py")


def test_a_sleep_beyond_all_clocks_is_an_error_of_the_script(run_script: RunScript) -> None:
    report = run_script("import time; time.sleep(1e18)", until_us=None)
    assert report.outcome == "crashed"
    assert isinstance(report.error, OverflowError)
    assert seconds(report) == 0
