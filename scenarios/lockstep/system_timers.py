"""Timers of the system that an application sets: their signals come by real time, whatever virtual time does."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def told_of_timers(tell: Callable[[str], None]) -> Iterator[None]:
    """Call a function with every timer that an application sets; at the end all are as they were before.

    One that is still set when nobody waits for it any more would end the process by its signal.
    """
    if not hasattr(signal, "setitimer"):
        yield
        return
    alarm, setitimer = signal.alarm, signal.setitimer
    names = {getattr(signal, name): name for name in ("ITIMER_REAL", "ITIMER_VIRTUAL", "ITIMER_PROF")}
    former_s: dict[int, tuple[float, float]] = {}

    def take_notice(timer: int, call: str, before_s: tuple[float, float]) -> None:
        former_s.setdefault(timer, before_s)
        tell(
            f"the application has set a timer of the system by {call}, whose signal comes in real time; "
            "asyncio.timeout(seconds) and loop.call_later(seconds, function) are virtual"
        )

    def own_alarm(seconds: int, /) -> int:
        before_s = signal.getitimer(signal.ITIMER_REAL)
        shown_s = alarm(seconds)
        if seconds:
            take_notice(signal.ITIMER_REAL, "signal.alarm", before_s)
        return shown_s

    def own_setitimer(which: int, seconds: float, interval: float = 0.0, /) -> tuple[float, float]:
        before_s = setitimer(which, seconds, interval)
        if seconds:
            take_notice(which, f"signal.setitimer({names[which]})", before_s)
        return before_s

    signal.alarm, signal.setitimer = own_alarm, own_setitimer
    try:
        yield
    finally:
        signal.alarm, signal.setitimer = alarm, setitimer
        for timer, before_s in former_s.items():
            setitimer(timer, *before_s)
