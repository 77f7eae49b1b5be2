"""Virtual time is lived by one event loop at a time: whoever begins another one beside it is stopped by name."""

from __future__ import annotations

import asyncio
import gc
import signal
import textwrap
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from doppelgrid.scenarios.lockstep.errors import SecondLoopError
from doppelgrid.scenarios.lockstep.run_app import LockstepRunner, RunReport
from doppelgrid.scenarios.lockstep.virtual_time import VirtualTimeLoop

pytestmark = [
    # Threads that begin a loop end in the error that tells of it, and what they would have run is left.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning"),
    pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning"),
]
START_US = 1_780_000_000_000_000
Run = Callable[[str], RunReport]


@pytest.fixture(autouse=True)
def collected() -> Iterator[None]:
    """Let what an application leaves behind go, with its warnings, in the test whose it is."""
    yield
    gc.collect()


@pytest.fixture
def ticks() -> list[int]:
    """Return the virtual seconds at which the site has reported, every second."""
    return []


@pytest.fixture
def run(tmp_path: Path, ticks: list[int]) -> Run:
    """Return a function that runs the text of a script for a virtual minute, beside a site."""

    async def start_site(loop: VirtualTimeLoop) -> None:
        def tick() -> None:
            ticks.append((loop.clock.now_us - START_US) // 1_000_000)
            loop.call_later(1.0, tick)

        tick()

    def run(text: str) -> RunReport:
        script = tmp_path / "app.py"
        script.write_text("import asyncio, contextlib, threading, time\n" + textwrap.dedent(text))
        until_us = START_US + 60_000_000
        return LockstepRunner(start_us=START_US, until_us=until_us, on_loop_start=start_site).run_script(
            script
        )

    return run


def seconds(report: RunReport) -> float:
    return (report.end_us - report.start_us) / 1e6


IN_TO_THREAD = """
    def begin():
        asyncio.run(asyncio.sleep(5))
    async def main():
        await asyncio.sleep(20)
        await asyncio.to_thread(begin)
        await asyncio.sleep(20)
    asyncio.run(main())
    """
IN_A_THREAD_OF_ITS_OWN = """
    def begin():
        asyncio.run(asyncio.sleep(5))
    async def main():
        await asyncio.sleep(20)
        own = threading.Thread(target=begin, name="own")
        own.start()
        own.join()
        await asyncio.sleep(20)
    asyncio.run(main())
    """
SWALLOWED = """
    def begin():
        try:
            asyncio.run(asyncio.sleep(5))
        except BaseException:
            pass
    async def main():
        await asyncio.sleep(20)
        await asyncio.to_thread(begin)
        await asyncio.sleep(20)
        print("went on")
    asyncio.run(main())
    """
WHILE_ONE_RUNS = """
    async def main():
        await asyncio.sleep(20)
        try:
            asyncio.new_event_loop()
        except Exception:
            pass
        await asyncio.sleep(20)
        print("went on")
    asyncio.run(main())
    """
MADE_BEFORE = """
    loop = asyncio.new_event_loop()
    loop.run_until_complete(asyncio.sleep(20))
    threading.Thread(target=loop.run_forever, name="own").start()
    threading.Event().wait(60)
    print("went on")
    """
OF_ITS_CLASS = """
    def begin():
        loop = asyncio.SelectorEventLoop()
        loop.run_until_complete(asyncio.sleep(1))
    async def main():
        await asyncio.sleep(20)
        threading.Thread(target=begin, name="own").start()
        await asyncio.sleep(20)
        print("went on")
    asyncio.run(main())
    """
OF_A_CLASS_OF_ITS_OWN = """
    class Loop(asyncio.SelectorEventLoop):
        pass
    asyncio.run(asyncio.sleep(20))
    with contextlib.suppress(Exception), contextlib.closing(Loop()) as loop:
        loop.run_until_complete(asyncio.sleep(1))
    asyncio.run(asyncio.sleep(20))
    print("went on")
    """
OF_SUCH_A_CLASS_IN_A_THREAD = """
    class Loop(asyncio.SelectorEventLoop):
        pass
    def begin():
        with contextlib.closing(Loop()) as loop:
            loop.run_until_complete(asyncio.sleep(1))
    async def main():
        await asyncio.sleep(20)
        threading.Thread(target=begin, name="own").start()
        await asyncio.sleep(20)
        print("went on")
    asyncio.run(main())
    """


SCRIPTS = {
    "to_thread": (IN_TO_THREAD, "in thread 'asyncio_0'"),
    "own thread": (IN_A_THREAD_OF_ITS_OWN, "in thread 'own'"),
    "swallowed": (SWALLOWED, "in thread 'asyncio_0'"),
    "while one runs": (WHILE_ONE_RUNS, "while one runs"),
    "made before": (MADE_BEFORE, "in thread 'own'"),
    "of its class": (OF_ITS_CLASS, "in thread 'own'"),
    "of a class of its own": (OF_A_CLASS_OF_ITS_OWN, "of its own class 'Loop'"),
    "of such a class in a thread": (OF_SUCH_A_CLASS_IN_A_THREAD, "in thread 'own'"),
}


@pytest.mark.parametrize(("text", "where"), SCRIPTS.values(), ids=SCRIPTS)
def test_a_second_loop_stops_the_application_by_name(run: Run, text: str, where: str) -> None:
    report = run(text)
    assert (report.outcome, type(report.error)) == ("stopped", SecondLoopError)
    assert f"begins an event loop {where}, where virtual time does not reach; accepted: " in report.message


@pytest.mark.parametrize("text", [text for text, _ in SCRIPTS.values()], ids=SCRIPTS)
def test_a_second_loop_takes_the_site_from_none(
    run: Run, text: str, ticks: list[int], capsys: pytest.CaptureFixture[str]
) -> None:
    report = run(text)
    assert (seconds(report), ticks) == (20, list(range(21)))
    assert "went on" not in capsys.readouterr().out


def test_an_application_that_waits_for_another_thread_is_stopped_at_once(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    report = run(
        """
        ready = threading.Event()
        def begin():
            asyncio.run(asyncio.sleep(5))
            ready.set()
        threading.Thread(target=begin, name="own").start()
        print("waited", ready.wait(60))
        """
    )
    assert (type(report.error), capsys.readouterr().out) == (SecondLoopError, "")


def test_a_signal_that_ends_no_wait_is_given_again(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    give, given = signal.pthread_kill, []

    def lose_the_first(thread: int, number: int) -> None:
        given.append(number)
        if len(given) > 1:
            give(thread, number)

    monkeypatch.setattr(signal, "pthread_kill", lose_the_first)
    report = run(
        "loop = asyncio.new_event_loop()\n"
        "threading.Thread(target=loop.run_forever).start()\n"
        "threading.Event().wait(60)"
    )
    assert report.real_s < 30


def test_threads_hand_coroutines_to_the_one_loop(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    report = run(
        """
        async def answer():
            return 42
        def ask(loop):
            print(asyncio.run_coroutine_threadsafe(answer(), loop).result())
        async def main():
            await asyncio.to_thread(ask, asyncio.get_running_loop())
            await asyncio.sleep(5)
        asyncio.run(main())
        """
    )
    assert capsys.readouterr().out == "42\n"
    assert (report.outcome, seconds(report), report.notes) == ("ended early", 5, ())


def test_threads_have_loops_again_after_the_run(run: Run) -> None:
    run("asyncio.run(asyncio.sleep(5))")
    with ThreadPoolExecutor() as pool:
        assert pool.submit(lambda: asyncio.run(asyncio.sleep(0, "real"))).result() == "real"
