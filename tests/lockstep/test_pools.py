"""What an application gives to pools of threads or processes by itself is in step, or told of by name."""

from __future__ import annotations

import asyncio
import textwrap
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from doppelgrid.scenarios.lockstep.run_app import LockstepRunner, RunReport
from doppelgrid.scenarios.lockstep.virtual_time import Limits

# Python 3.12 is wary of forks
pytestmark = pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
START_US = 1_780_000_000_000_000
Run = Callable[..., RunReport]
PREFACE = """
import asyncio, multiprocessing, threading, time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing.pool import ThreadPool
forks = multiprocessing.get_context("fork")
def work(number):
    time.sleep(0.1)
    return number * number
"""


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Return a function that runs the text of a script for a virtual minute."""

    def run(text: str, **options: Any) -> RunReport:
        script = tmp_path / "app.py"
        script.write_text(PREFACE + textwrap.dedent(text))
        return LockstepRunner(start_us=START_US, until_us=START_US + 60_000_000, **options).run_script(script)

    return run


def seconds(report: RunReport) -> float:
    return (report.end_us - report.start_us) / 1e6


@pytest.mark.parametrize("pool", ["ThreadPoolExecutor(2)", "None"], ids=["its own", "the loop's"])
def test_more_sleepers_than_threads_wait_for_one_that_wakes_up(
    run: Run, capsys: pytest.CaptureFixture[str], pool: str
) -> None:
    report = run(
        f"""
        async def main():
            loop = asyncio.get_running_loop()
            loop.set_default_executor(ThreadPoolExecutor(2))
            pool, begun = {pool}, time.monotonic()
            await asyncio.gather(*(loop.run_in_executor(pool, time.sleep, 1.0) for _ in range(5)))
            print(time.monotonic() - begun)
        asyncio.run(main())
        """
    )
    assert report.outcome == "ended early"
    assert capsys.readouterr().out == "3.0\n"


def test_short_waits_of_threads_one_after_another_come_to_an_end_and_the_function_is_named(run: Run) -> None:
    report = run(
        """
        import queue
        async def consumer():
            while True:
                try:
                    await asyncio.to_thread(queue.Queue().get, True, 0.02)
                except queue.Empty:
                    pass
        async def main():
            polling = asyncio.create_task(consumer())
            await asyncio.sleep(5)
        asyncio.run(main())
        """,
        limits=Limits(real_io_at_one_time_s=0.2),
    )
    assert report.outcome == "stopped"
    assert "has waited 0.2 s of real time for function Queue.get in a thread" in report.message


def test_time_that_passes_in_between_is_no_waiting_at_one_instant(run: Run) -> None:
    report = run(
        """
        async def main():
            for _ in range(10):
                time.sleep(1.0)
                await asyncio.to_thread(threading.Event().wait, 0.05)
        asyncio.run(main())
        """,
        limits=Limits(real_io_at_one_time_s=0.3),
    )
    assert report.outcome == "ended early"


def test_waits_of_loops_one_after_another_count_together(run: Run) -> None:
    report = run(
        """
        while True:
            asyncio.run(asyncio.to_thread(threading.Event().wait, 0.05))
        """,
        limits=Limits(real_io_at_one_time_s=0.3),
    )
    assert report.outcome == "stopped"
    assert "of real time for function Event.wait in a thread" in report.message


class TestThreads:
    AWAITS = """
        async def main():
            with ThreadPoolExecutor(2, "own") as pool:
                ticking = asyncio.create_task(asyncio.sleep(10))
                print(await asyncio.wrap_future(pool.submit(work, 3)), time.time() - 1_780_000_000)
                await ticking
        asyncio.run(main())
        """

    def test_virtual_time_stands_still_until_an_awaited_one_is_done(
        self, run: Run, capsys: pytest.CaptureFixture[str]
    ) -> None:
        report = run(self.AWAITS)
        assert capsys.readouterr().out == "9 0.0\n"
        assert (report.outcome, seconds(report)) == ("ended early", 10)

    def test_the_thread_of_an_awaited_one_is_told_of(self, run: Run) -> None:
        (note,) = run(self.AWAITS).notes
        assert note.startswith("thread 'own_0' (of __main__) lives in real time: ")

    def test_an_awaited_one_that_does_not_end_is_named(self, run: Run) -> None:
        report = run(self.AWAITS, limits=Limits(real_io_s=0.05))
        assert report.outcome == "stopped"
        assert "has waited 0.05 s of real time for function work in a thread" in report.message

    def test_one_that_is_given_up_is_not_waited_for(
        self, run: Run, capsys: pytest.CaptureFixture[str]
    ) -> None:
        report = run(
            """
            async def main():
                with ThreadPoolExecutor(2) as pool:
                    awaited = asyncio.wrap_future(pool.submit(work, 3))
                    await asyncio.sleep(0)
                    awaited.cancel()
                    await asyncio.sleep(10)
                print("went on")
            asyncio.run(main())
            """
        )
        assert (report.outcome, capsys.readouterr().out) == ("ended early", "went on\n")

    def test_what_the_loop_itself_brings_is_not_waited_for(self, run: Run) -> None:
        report = run(
            """
            async def main():
                loop = asyncio.get_running_loop()
                await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(asyncio.sleep(20), loop))
            asyncio.run(main())
            """,
            limits=Limits(real_io_s=0.05),
        )
        assert (report.outcome, seconds(report), report.notes) == ("ended early", 20, ())

    def test_several_at_once_are_told_of(self, run: Run) -> None:
        notes = run(
            """
            async def main():
                with ThreadPoolExecutor(2) as pool:
                    await asyncio.gather(*[asyncio.wrap_future(pool.submit(work, each)) for each in (1, 2)])
            asyncio.run(main())
            """
        ).notes
        assert any(note.startswith("several functions ran in threads at once") for note in notes)

    def test_virtual_time_does_not_wait_for_one_that_a_pool_has_not_taken(self, run: Run) -> None:
        report = run(
            """
            async def main():
                pool = ThreadPoolExecutor()
                pool.shutdown()
                try:
                    await asyncio.get_running_loop().run_in_executor(pool, work, 3)
                except RuntimeError:
                    await asyncio.sleep(20)
            asyncio.run(main())
            """,
            limits=Limits(real_io_s=0.05),
        )
        assert (report.outcome, seconds(report), report.notes) == ("ended early", 20, ())

    def test_those_of_a_pool_of_multiprocessing_are_told_of_as_threads(self, run: Run) -> None:
        (note,) = run("with ThreadPool(1) as pool:\n    pool.map(work, [1, 2])").notes
        assert note.startswith("thread ")
        assert "(of multiprocessing.pool) lives in real time" in note


class TestProcesses:
    GIVEN = {  # noqa: RUF012
        "run_in_executor": "await asyncio.get_running_loop().run_in_executor(pool, work, 3)",
        "wrap_future": "await asyncio.wrap_future(pool.submit(work, 3))",
        "submit": "pool.submit(work, 3).result()",
        "map": "max(pool.map(work, [3, 2]))",
    }

    @pytest.fixture
    def text(self, call: str) -> str:
        """Return a script that gives a function to a pool of processes."""
        return f"""
            async def main():
                with ProcessPoolExecutor(1, forks) as pool:
                    print({call})
            asyncio.run(main())
            """

    @pytest.mark.parametrize("call", GIVEN.values(), ids=GIVEN)
    def test_a_function_for_one_is_refused_by_name(self, run: Run, text: str, call: str) -> None:
        report = run(text)
        assert report.outcome == "stopped"
        assert "function work runs in another process (ProcessPoolExecutor), in real time" in report.message
        assert report.message.rstrip().endswith(f"print({call})")

    def test_it_is_told_of_once_however_often_it_is_given(
        self, run: Run, caplog: pytest.LogCaptureFixture
    ) -> None:
        run(
            "with ProcessPoolExecutor(1, forks) as pool:\n    list(pool.map(work, [1, 2, 3]))",
            limits=Limits(allow_real_io=True),
        )
        assert caplog.text.count("function work runs in another process") == 1

    @pytest.mark.parametrize("call", GIVEN.values(), ids=GIVEN)
    def test_one_runs_and_is_all_that_is_told_where_real_io_is_allowed(
        self, run: Run, text: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        report = run(text, limits=Limits(allow_real_io=True))
        assert (capsys.readouterr().out, report.outcome) == ("9\n", "ended early")
        assert report.notes == ("function work runs in another process (ProcessPoolExecutor), in real time",)

    def test_one_of_a_process_is_told_of(self, run: Run) -> None:
        (note,) = run(
            "process = forks.Process(target=work, args=(3,))\nprocess.start()\nprocess.join()"
        ).notes
        assert note.startswith("the application has a process of its own, work, in real time; ")

    def test_those_of_a_pool_of_multiprocessing_are_told_of_once(self, run: Run) -> None:
        (note,) = run("with forks.Pool(2) as pool:\n    pool.map(work, [1, 2])").notes
        assert note.startswith(
            "the application has a process of its own, multiprocessing.pool, in real time; "
        )


def test_nothing_of_a_run_stays_behind(run: Run) -> None:
    before = (ThreadPoolExecutor.submit, ProcessPoolExecutor.submit, asyncio.wrap_future)
    run("asyncio.run(asyncio.sleep(1))")
    assert (ThreadPoolExecutor.submit, ProcessPoolExecutor.submit, asyncio.wrap_future) == before
