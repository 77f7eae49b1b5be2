"""Threads that an application starts itself: who they are, and whether virtual time waits for them.

Their sleeps and timeouts are real, so they make a run depend on more than its inputs, and that is said at once. A
thread that only computes is waited for: virtual time stands still until it has ended. One that waits for something is
not, since nothing in virtual time would ever bring it.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from .wall import real_monotonic_s

_LOOK_S = 0.02
"""Real time between two looks at a thread that computes [s]."""
_BUSY = 0.2
"""Share of the time between two looks that the process must have computed for a thread to be at work."""
_INFRASTRUCTURE = ("doppelgrid", "grpc", "concurrent.futures", "asyncio", "rich", "time_machine")
"""Packages whose threads are none of the application's making; the loop knows those of executors."""

_log = logging.getLogger(__name__)


def _maker(thread: threading.Thread) -> str:
    target: Any = getattr(thread, "_target", None)
    return str(getattr(target, "__module__", None) or type(thread).__module__)


def _is_of_application(thread: threading.Thread) -> bool:
    maker = _maker(thread)
    return not any(maker == package or maker.startswith(f"{package}.") for package in _INFRASTRUCTURE)


@contextmanager
def told_of_threads(tell: Callable[[threading.Thread], None]) -> Iterator[None]:
    """Call a function with every thread that an application starts, just after it has started."""
    original = threading.Thread.start

    def start(thread: threading.Thread) -> None:
        original(thread)
        if _is_of_application(thread):
            tell(thread)

    threading.Thread.start = start  # type: ignore[method-assign]
    try:
        yield
    finally:
        threading.Thread.start = original  # type: ignore[method-assign]


def describe(thread: threading.Thread) -> str:
    """Say which thread lives in real time, and what to do about it."""
    return (
        f"thread {thread.name!r} (of {_maker(thread)}) lives in real time: its sleeps and timeouts are real; "
        "await asyncio.to_thread(function) in its place where it computes"
    )


def warn(thread: threading.Thread) -> None:
    """Say so at once."""
    _log.warning("%s", describe(thread))


def wait_while_computing(threads: list[threading.Thread], longest_s: float) -> list[threading.Thread]:
    """Wait in real time until threads have ended, as long as they compute; returns those that did not end.

    Args:
        threads: That were started and not waited for in vain before.
        longest_s: Real time after which they are left alone [s].
    """
    until_s = real_monotonic_s() + longest_s
    alive = [thread for thread in threads if thread.is_alive()]
    while alive and real_monotonic_s() < until_s:
        begin_s, work_s = real_monotonic_s(), time.process_time()
        alive[0].join(_LOOK_S)
        alive = [thread for thread in alive if thread.is_alive()]
        if time.process_time() - work_s < _BUSY * (real_monotonic_s() - begin_s):
            break
    return alive
