"""The virtual clock, and the process's own clocks made to show it.

Moved: `datetime.now` and friends, `time.time`, `time.gmtime`, `time.localtime`, `time.strftime` and
`time.clock_gettime(CLOCK_REALTIME)` by time-machine, at 0.6 µs a move; `time.monotonic`, `time.perf_counter` and
`time.clock_gettime` of monotonic clocks (and their `_ns` forms) here, because time-machine leaves them alone and a
program may act on any; `time.sleep`, which passes virtual time on the loop's thread, and waits for it in functions that
the loop runs in threads.

Not moved: `time.process_time` and `time.thread_time` (they measure work), `time.clock_gettime` of these and of
`CLOCK_TAI`, what C extensions read by themselves (`numpy.datetime64('now')`, file times), other processes, and names
taken by `from time import monotonic` before the clock was started. `threading` and `queue` did that, so their timeouts
stay real; modules of Python that wait for what is real by way of `time.monotonic` are given the real time as well.
"""

from __future__ import annotations

import concurrent.futures
import math
import multiprocessing.connection
import os
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from types import ModuleType, TracebackType
from typing import Any, Self

import time_machine

from ...sim.domain.timestamps import MICROSECONDS, to_datetime

real_monotonic_s = time.monotonic
"""The real monotonic clock [s], for limits on real time only."""


class _ThisThread(threading.local):
    """What holds in one thread."""

    sleep: Callable[[float], None] | None = None
    """How it sleeps in virtual time; None where its time is real."""


THIS_THREAD = _ThisThread()

_MONOTONIC_CLOCKS = [
    getattr(time, name)
    for name in (
        "CLOCK_MONOTONIC",
        "CLOCK_MONOTONIC_RAW",
        "CLOCK_BOOTTIME",
        "CLOCK_UPTIME",
        "CLOCK_UPTIME_RAW",
    )
    if hasattr(time, name)
]
"""Those that count from when the machine was started, each of which shows what `time.monotonic` does."""

_WALL_CLOCKS: list[int] = []
"""Those that show what `CLOCK_REALTIME` does, besides it."""

if sys.platform.startswith(
    "linux"
):  # Python has no names for these: the coarse ones, and those that wake a machine
    _WALL_CLOCKS += [5, 8]
    _MONOTONIC_CLOCKS += [6, 9]


def _fine(clock: int) -> int:
    """Return the clock of the system that shows what one does, and that is moved if either is."""
    return time.CLOCK_REALTIME if clock in _WALL_CLOCKS else clock


_WAIT_REALLY = (multiprocessing.connection, concurrent.futures._base)
"""Modules that look at `time.monotonic` to end a wait for what is real: where it stands still, they never would."""

_UPTIME_AT_START_US = 86_400 * MICROSECONDS
"""What monotonic clocks show at the start: as on a machine that has been up for a day."""


class VirtualClock:
    """Time that passes only when told to [µs since the Unix epoch]."""

    def __init__(self, start_us: int, *, timezone: tzinfo = UTC, shown_in: tzinfo = UTC) -> None:
        """Set the clock.

        Args:
            start_us: Time at which it starts [µs since the Unix epoch].
            timezone: What the process takes for its local time zone while the clock is worn: UTC, or a
                `ZoneInfo`.
            shown_in: Time zone in which people are told the time.
        """
        self.start_us = start_us
        self.now_us = start_us
        self.monotonic_s = _UPTIME_AT_START_US / MICROSECONDS
        """What monotonic clocks show [s]."""
        self.waited_really_s = 0.0
        """Real time for which the application has waited at the present instant [s]."""
        self._timezone = timezone
        self._shown_in = shown_in
        self._traveller: time_machine.Traveller | None = None

    def advance_to(self, time_us: int) -> None:
        """Let time pass up to a time [µs]; nothing happens if that is not in the future.

        Raises:
            OverflowError: If it is after all that a wall clock can show; nothing has changed then.
        """
        passed_us = time_us - self.now_us
        if passed_us <= 0:
            return
        # First, as the wall clock has an end, where this raises an OverflowError.
        if self._traveller is not None:
            self._traveller.shift(timedelta(microseconds=passed_us))
        self.now_us = time_us
        self.monotonic_s = self._uptime_us() / MICROSECONDS
        self.waited_really_s = 0.0

    def us_at(self, monotonic_s: float) -> int:
        """Return the first microsecond at which monotonic clocks show a time [s], forgiving a tenth of one."""
        return self.start_us + math.ceil(monotonic_s * MICROSECONDS - 0.1) - _UPTIME_AT_START_US

    def monotonic_s_at(self, time_us: int) -> float:
        """Return what monotonic clocks show at a time [s]."""
        return (time_us - self.start_us + _UPTIME_AT_START_US) / MICROSECONDS

    def now(self) -> datetime:
        """Return the time as a datetime in UTC."""
        return to_datetime(self.now_us)

    def shown(self) -> str:
        """Return the time as people are told it."""
        return self.now().astimezone(self._shown_in).isoformat()

    def _uptime_us(self) -> int:
        return self.now_us - self.start_us + _UPTIME_AT_START_US


_worn: list[WornClock] = []


def _take_off() -> None:
    """Show the real time in a process that was forked: nobody would move another clock there."""
    while _worn:
        _worn[-1].__exit__(None, None, None)


os.register_at_fork(after_in_child=_take_off)


class WornClock:
    """Makes the process's clocks show a virtual clock, as a context manager; not reentrant."""

    def __init__(
        self,
        clock: VirtualClock,
        *,
        until_us: int | None = None,
        at_end: Callable[[], None] = lambda: None,
        on_sleep: Callable[[int], None] = lambda _awake_us: None,
    ) -> None:
        """Prepare to show a clock.

        Args:
            clock: To show.
            until_us: Time that no sleep passes before `at_end` was called [µs since the Unix epoch]; None for no end.
            at_end: Called in a sleep that comes to the end; what it raises ends the sleep. Whoever is to be called
                again sets `until_us` anew.
            on_sleep: Told until when a sleep lasts, if nothing ends it [µs since the Unix epoch], before time passes;
                what it raises ends the sleep.
        """
        self._clock = clock
        self.until_us = until_us
        self._at_end = at_end
        self._on_sleep = on_sleep
        self._travel = time_machine.travel(
            datetime.fromtimestamp(0, clock._timezone) + timedelta(microseconds=clock.now_us), tick=False
        )
        self._originals: dict[str, Callable[..., Any]] = {}
        self._thread = 0

    def __enter__(self) -> Self:
        """Show the virtual clock."""
        real = ModuleType(time.__name__)
        vars(real).update(vars(time))
        for module in _WAIT_REALLY:
            vars(module)["time"] = real
        self._clock._traveller = self._travel.start()
        self._thread = threading.get_ident()
        clock, read, read_ns = self._clock, time.clock_gettime, time.clock_gettime_ns
        replacements: dict[str, Callable[..., Any]] = {
            "monotonic": lambda: clock.monotonic_s,
            "perf_counter": lambda: clock.monotonic_s,
            "monotonic_ns": lambda: clock._uptime_us() * 1000,
            "perf_counter_ns": lambda: clock._uptime_us() * 1000,
            "clock_gettime": lambda clk_id: (
                clock.monotonic_s if clk_id in _MONOTONIC_CLOCKS else read(_fine(clk_id))
            ),
            "clock_gettime_ns": lambda clk_id: (
                clock._uptime_us() * 1000 if clk_id in _MONOTONIC_CLOCKS else read_ns(_fine(clk_id))
            ),
            "sleep": self._as_sleep(),
        }
        for name, replacement in replacements.items():
            self._originals[name] = getattr(time, name)
            setattr(time, name, replacement)
        _worn.append(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Show the real time again."""
        _worn.remove(self)
        for module in _WAIT_REALLY:
            vars(module)["time"] = time
        for name, original in self._originals.items():
            setattr(time, name, original)
        self._originals.clear()
        self._clock._traveller = None
        self._travel.stop()

    def _as_sleep(self) -> Callable[[float], None]:
        """Return what takes the place of `time.sleep`, by its name in messages."""

        def sleep(seconds: float) -> None:
            self._sleep(seconds)

        sleep.__qualname__ = "sleep"
        return sleep

    def _sleep(self, seconds: float) -> None:
        if threading.get_ident() != self._thread and THIS_THREAD.sleep is None:
            self._originals["sleep"](seconds)
            return
        if seconds < 0:
            raise ValueError("sleep length must be non-negative")
        if THIS_THREAD.sleep is not None:
            THIS_THREAD.sleep(seconds)
            return
        awake_us, end_us = self._clock.now_us + round(seconds * MICROSECONDS), self.until_us
        self._on_sleep(awake_us if end_us is None else min(awake_us, end_us))
        if end_us is not None and awake_us > end_us:
            self._clock.advance_to(end_us)
            self.until_us = None
            self._at_end()
        self._clock.advance_to(awake_us)
