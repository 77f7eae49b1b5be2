"""Time on a virtual loop: it jumps to the next timer, and the process's clocks go with it."""

from __future__ import annotations

import asyncio
import socket
import sys
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doppelgrid.scenarios.lockstep.errors import NeverSleepsError, RealIoError
from doppelgrid.scenarios.lockstep.virtual_time import Limits, VirtualTimeLoop
from doppelgrid.scenarios.lockstep.wall import VirtualClock, WornClock

START = datetime(2026, 6, 15, 11, 0, tzinfo=UTC)
START_US = int(START.timestamp()) * 1_000_000
SOON = Limits(real_io_s=0.2)
Run = Callable[[Coroutine[Any, Any, Any]], Any]


def run_in_virtual_time(
    main: Coroutine[Any, Any, Any], clock: VirtualClock, limits: Limits = SOON
) -> tuple[Any, VirtualTimeLoop]:
    loop = VirtualTimeLoop(clock, limits)
    with WornClock(clock), asyncio.Runner(loop_factory=lambda: loop) as runner:
        return runner.run(main), loop


@pytest.fixture
def silent_peer() -> Iterator[tuple[str, int]]:
    """Return the address of somebody who takes connections and never says anything."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(START_US)


@pytest.fixture
def run(clock: VirtualClock) -> Run:
    return lambda main: run_in_virtual_time(main, clock)[0]


LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="a clock of Linux")


@pytest.mark.parametrize(
    "number",
    [
        time.CLOCK_MONOTONIC,
        getattr(time, "CLOCK_MONOTONIC_RAW", time.CLOCK_MONOTONIC),
        getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC),
        pytest.param(6, id="CLOCK_MONOTONIC_COARSE", marks=LINUX),
        pytest.param(9, id="CLOCK_BOOTTIME_ALARM", marks=LINUX),
    ],
)
def test_a_monotonic_clock_of_the_system_shows_what_time_monotonic_does(run: Run, number: int) -> None:
    async def main() -> None:
        await asyncio.sleep(86_400.25)
        assert time.clock_gettime(number) == time.monotonic()
        assert time.clock_gettime_ns(number) == time.monotonic_ns()

    run(main())


@pytest.mark.parametrize(
    "number",
    [
        time.CLOCK_REALTIME,
        pytest.param(5, id="CLOCK_REALTIME_COARSE", marks=LINUX),
        pytest.param(8, id="CLOCK_REALTIME_ALARM", marks=LINUX),
    ],
)
def test_the_wall_clock_of_the_system_shows_what_time_time_does(run: Run, number: int) -> None:
    async def main() -> None:
        await asyncio.sleep(86_400.25)
        assert time.clock_gettime(number) == time.time()
        assert time.clock_gettime_ns(number) == time.time_ns()

    run(main())


def test_a_year_of_sleep_moves_every_clock_alike(run: Run, clock: VirtualClock) -> None:
    year_s = 365 * 86_400

    async def main() -> None:
        loop_s, monotonic_s = asyncio.get_running_loop().time(), time.monotonic()
        await asyncio.sleep(year_s)
        assert asyncio.get_running_loop().time() - loop_s == year_s
        assert time.monotonic() - monotonic_s == year_s
        assert time.time() == START.timestamp() + year_s
        assert datetime.now(UTC) == datetime(2027, 6, 15, 11, 0, tzinfo=UTC)

    run(main())
    assert clock.now() == datetime(2027, 6, 15, 11, 0, tzinfo=UTC)


def test_time_stands_still_while_code_runs(run: Run) -> None:
    async def main() -> set[float]:
        return {time.time() + 0 * sum(range(10_000)) for _ in range(100)}

    assert run(main()) == {START.timestamp()}


def test_the_real_clocks_come_back(run: Run) -> None:
    async def main() -> None:
        await asyncio.sleep(1)

    originals = (time.monotonic, time.perf_counter, time.sleep)
    run(main())
    assert (time.monotonic, time.perf_counter, time.sleep) == originals
    assert datetime.now(UTC) != START


def test_local_time_is_that_of_the_time_zone_asked_for() -> None:
    with WornClock(VirtualClock(START_US, timezone=ZoneInfo("Asia/Tokyo"))):
        assert datetime.now().hour == 20
    with WornClock(VirtualClock(START_US)):
        assert datetime.now().hour == 11


def test_a_blocking_sleep_passes_virtual_time(run: Run) -> None:
    async def main() -> datetime:
        time.sleep(90)  # noqa: ASYNC251
        return datetime.now(UTC)

    assert run(main()) == datetime(2026, 6, 15, 11, 1, 30, tzinfo=UTC)


@given(st.lists(st.integers(min_value=1, max_value=10**12), min_size=1, max_size=20))
def test_timers_fire_in_order_and_on_their_microsecond(delays_us: list[int]) -> None:
    clock = VirtualClock(START_US)
    fired: list[tuple[int, int]] = []

    async def main() -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualTimeLoop)
        for delay_us in delays_us:
            due_us = START_US + delay_us
            loop.call_at_us(due_us, lambda due_us=due_us: fired.append((due_us, clock.now_us)))
        await asyncio.sleep(2_000_000)

    run_in_virtual_time(main(), clock)
    assert fired == [(START_US + delay, START_US + delay) for delay in sorted(delays_us)]


def test_timeouts_expire_in_virtual_time(run: Run) -> None:
    async def main() -> float:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.Event().wait(), 3600)
        return time.time() - START.timestamp()

    assert run(main()) == 3600


def test_time_waits_for_a_function_in_a_thread(run: Run) -> None:
    async def main() -> tuple[int, datetime]:
        ticking = asyncio.create_task(asyncio.sleep(0.001))
        result = await asyncio.to_thread(sum, range(100_000))
        now = datetime.now(UTC)
        await ticking
        return result, now

    assert run(main()) == (sum(range(100_000)), START)


def test_waiting_for_a_socket_names_task_and_peer(clock: VirtualClock, silent_peer: tuple[str, int]) -> None:
    async def client() -> None:
        reader, writer = await asyncio.open_connection(*silent_peer)
        try:
            await reader.read(1)
        finally:
            writer.transport.abort()

    async def main() -> None:
        await asyncio.create_task(client(), name="price-feed")

    with pytest.raises(
        RealIoError, match=r"connected to 127\.0\.0\.1:\d+(.|\n)*task 'price-feed'(.|\n)*read"
    ):
        run_in_virtual_time(main(), clock)
    assert clock.now() == START


def test_waiting_for_a_slow_thread_names_function_and_task(clock: VirtualClock) -> None:
    release = threading.Event()

    async def main() -> None:
        try:
            await asyncio.to_thread(release.wait)
        finally:
            release.set()

    with pytest.raises(
        RealIoError, match=r"function Event\.wait in a thread(.|\n)*task 'Task-\d+' \(.*main\)"
    ):
        run_in_virtual_time(main(), clock)


def test_waiting_for_nothing_at_all_is_an_error(clock: VirtualClock) -> None:
    async def main() -> None:
        await asyncio.Event().wait()

    with pytest.raises(RealIoError, match=r"no timer, thread or socket(.|\n)*Event\.wait"):
        run_in_virtual_time(main(), clock)


def test_a_subprocess_is_waited_for_and_noted(clock: VirtualClock) -> None:
    async def main() -> tuple[int | None, datetime]:
        ticking = asyncio.create_task(asyncio.sleep(60))
        process = await asyncio.create_subprocess_exec("true")
        code = await process.wait()
        now = datetime.now(UTC)
        ticking.cancel()
        return code, now

    result, loop = run_in_virtual_time(main(), clock, Limits(real_io_s=10))
    assert result == (0, START)
    assert "the application ran subprocesses" in loop.notes


def test_allowed_real_io_is_waited_for_no_longer_than_the_limit(
    clock: VirtualClock, silent_peer: tuple[str, int]
) -> None:
    async def main() -> datetime:
        _, writer = await asyncio.open_connection(*silent_peer)
        await asyncio.sleep(60)
        writer.close()
        await writer.wait_closed()
        return datetime.now(UTC)

    allowed = Limits(real_io_s=0.1, allow_real_io=True)
    now, loop = run_in_virtual_time(main(), clock, allowed)
    assert now == datetime(2026, 6, 15, 11, 1, tzinfo=UTC)
    assert loop.notes == ["the application used sockets or pipes"]


def test_a_listening_socket_alone_does_not_hold_time_up(run: Run) -> None:
    async def main() -> datetime:
        async with await asyncio.start_server(lambda *_: None, "127.0.0.1", 0):
            await asyncio.sleep(60)
        return datetime.now(UTC)

    assert run(main()) == datetime(2026, 6, 15, 11, 1, tzinfo=UTC)


def test_a_thread_of_its_own_must_not_decide_when_something_happens(clock: VirtualClock) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        thread = threading.Thread(target=lambda: loop.call_soon_threadsafe(print), name="poller")
        thread.start()
        thread.join()
        await asyncio.sleep(1)

    with pytest.raises(RealIoError, match="thread 'poller' called 'print'"):
        run_in_virtual_time(main(), clock)


def test_a_task_that_never_lets_time_pass_is_stopped_with_its_stack(clock: VirtualClock) -> None:
    async def spin() -> None:
        while True:  # noqa: ASYNC110
            await asyncio.sleep(0)

    async def main() -> None:
        await asyncio.create_task(spin(), name="spinner")

    with pytest.raises(NeverSleepsError, match=r"turned 1000 times(.|\n)*task 'spinner'(.|\n)*spin"):
        run_in_virtual_time(main(), clock, Limits(turns_at_one_time=1000))
