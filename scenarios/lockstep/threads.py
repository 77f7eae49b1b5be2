"""Threads that an application starts itself: who they are, and whether virtual time waits for them.

Their sleeps and timeouts are real, so they make a run depend on more than its inputs, and that is said at once. A
thread that only computes is waited for: virtual time stands still until it has ended. One that waits for something is
not, since nothing in virtual time would ever bring it.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from .wall import real_monotonic_s

_LOOK_S = 0.02
"""Real time between two looks at a thread that computes [s]."""
_BUSY = 0.2
"""Share of the time between two looks that the process must have computed for a thread to be at work."""
_AT_WORK = ("R", "D")
"""What Linux says of threads that run, could run, or wait for memory or a disk."""
_INFRASTRUCTURE = ("doppelgrid", "grpc", "asyncio", "rich", "time_machine")
"""Packages whose threads are none of the application's making; the loop knows those of its executors."""
_EXECUTORS = ("concurrent.futures", "threading", __name__, f"{__name__.rpartition('.')[0]}.pools")
"""Modules through which whoever gives a function to an executor has it start a thread."""
_PROCESSES = ("multiprocessing", "concurrent.futures.process")
"""Modules whose threads serve processes, which are told of themselves."""
_THREADS_AS_PROCESSES = "multiprocessing.dummy"


class AppThread(NamedTuple):
    """A thread that an application has started."""

    thread: threading.Thread
    maker: str
    """Module of what it runs."""

    def __str__(self) -> str:
        return (
            f"thread {self.thread.name!r} (of {self.maker}) lives in real time: its sleeps and timeouts are real; "
            "await asyncio.to_thread(function) in its place where it computes"
        )


def _maker(thread: threading.Thread) -> str:
    """Return the module of what a thread will run, when it has ended it no longer knows; of an executor who uses it."""
    maker = _module(thread)
    frame = sys._getframe(1) if _is_of(maker, _EXECUTORS[:1]) else None
    while frame is not None and _is_of(maker, _EXECUTORS):
        maker = str(frame.f_globals.get("__name__", ""))
        frame = frame.f_back
    return maker


def _module(thread: threading.Thread) -> str:
    target: Any = getattr(thread, "_target", None)
    return str(getattr(target, "__module__", None) or type(thread).__module__)


def _serves_processes(thread: threading.Thread) -> bool:
    return type(thread).__module__ != _THREADS_AS_PROCESSES and _is_of(_module(thread), _PROCESSES)


def _is_of(maker: str, packages: tuple[str, ...]) -> bool:
    return any(maker == package or maker.startswith(f"{package}.") for package in packages)


@contextmanager
def told_of_threads(tell: Callable[[AppThread], None]) -> Iterator[None]:
    """Call a function with every thread that an application starts, just after it has started."""
    original = threading.Thread.start

    def start(self: threading.Thread) -> None:
        maker, serves_processes = _maker(self), _serves_processes(self)
        original(self)
        if not (_is_of(maker, _INFRASTRUCTURE) or serves_processes):
            tell(AppThread(self, maker))

    threading.Thread.start = start  # type: ignore[method-assign]
    try:
        yield
    finally:
        threading.Thread.start = original  # type: ignore[method-assign]


def wait_while_computing(threads: list[threading.Thread], longest_s: float) -> None:
    """Wait in real time until threads have ended, as long as they compute.

    Args:
        threads: That were started and not waited for in vain before.
        longest_s: Real time after which they are left alone [s].
    """
    until_s = real_monotonic_s() + longest_s
    alive = [thread for thread in threads if thread.is_alive()]
    while alive and real_monotonic_s() < until_s:
        work_s = time.process_time()
        alive[0].join(_LOOK_S)
        alive = [thread for thread in alive if thread.is_alive()]
        if not any(_computes(thread, since_s=work_s) for thread in alive):
            break


def _computes(thread: threading.Thread, *, since_s: float) -> bool:
    """Say whether a thread is at work rather than waiting for something.

    Linux tells of each thread, whatever else the machine has to do; elsewhere the process's work must do.

    Args:
        thread: That is alive.
        since_s: What the process had computed at the last look [s].
    """
    try:
        told = Path(f"/proc/self/task/{thread.native_id}/stat").read_text()
    except OSError:
        return time.process_time() - since_s >= _BUSY * _LOOK_S
    return told.rpartition(")")[2].split(maxsplit=1)[0] in _AT_WORK
