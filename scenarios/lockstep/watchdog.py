"""Stops a call that keeps event loops from running, and keeps the stack at which it was stopped."""

from __future__ import annotations

import ctypes
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

from .app_frames import own_stack
from .errors import BlockedLoopError
from .virtual_time import VirtualTimeLoop
from .wall import real_monotonic_s

_LOOKS_PER_LIMIT = 4
_MOST_STOPS = 3
"""Calls of an application that are stopped before it is taken for one that cannot be."""
_WAKE_S = 0.05
"""Real time between two signals that wake a thread until it ends [s]."""
_WAKE_SIGNAL = signal.SIGVTALRM  # programs hardly ever use it, and Python handles it like any other


def _trace_no_more() -> None:
    """Keep debuggers and measurements of coverage out of the present thread.

    While a signal waits for the main thread, Python 3.11 enters a function that is traced in another thread again and
    again, so whoever is to wake the main thread would never come to it.
    """
    sys.settrace(None)


class StoppedByWatchdog(BaseException):
    """Raised inside a blocking call to end it; not an `Exception`, so that applications let it pass."""


class Watchdog:
    """Watches loops from a thread of its own while they run, as a context manager."""

    def __init__(
        self,
        loops: Sequence[VirtualTimeLoop],
        *,
        between: bool = False,
        give_up: Callable[[], object] = lambda: None,
    ) -> None:
        """Prepare to watch loops that run on the present thread.

        Args:
            loops: At least one; those that are added later are watched too.
            between: Whether to watch also while none of them runs. Only computing counts then: what waits for
                a disk or a peer is no worse off than in real time.
            give_up: Called, in the watching thread, once calls go on although several were stopped.
        """
        self._loops = loops
        self._between = between
        self._limits = loops[0].limits
        self._give_up = give_up
        self._stops = 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="lockstep-watchdog", daemon=True)
        self._waker = threading.Thread(target=self._keep_awake, name="lockstep-waker", daemon=True)
        self._watched = threading.get_ident()
        self._signals = threading.current_thread() is threading.main_thread()

    def __enter__(self) -> Self:
        """Start to watch."""
        if self._signals:
            self._former = signal.signal(_WAKE_SIGNAL, lambda _number, _frame: None)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Watch no longer."""
        self._ended.set()
        self._thread.join()
        if self._waker.ident is not None:
            self._waker.join()
        if self._signals:
            signal.signal(_WAKE_SIGNAL, self._former)

    def _watch(self) -> None:
        _trace_no_more()
        period_s = min(self._limits.blocked_s, self._limits.outside_s) / _LOOKS_PER_LIMIT
        seen, standing_s, computed_s = -1, 0.0, 0.0
        now_s, work_s = real_monotonic_s(), time.process_time()
        while not self._ended.wait(period_s):
            last_s, last_work_s = now_s, work_s
            now_s, work_s = real_monotonic_s(), time.process_time()
            turns = sum(loop.turns for loop in self._loops)
            stands, seen = turns == seen, turns
            running = next((loop for loop in self._loops if loop.is_running()), None)
            is_kept = running is not None and stands and not running.waiting
            standing_s = standing_s + period_s if is_kept else 0.0
            # The lesser of both measures: neither a slow disk nor many cores make a hang.
            step_s = min(now_s - last_s, work_s - last_work_s)
            computed_s = computed_s + step_s if self._between and running is None and stands else 0.0
            if running is not None and standing_s >= self._limits.blocked_s:
                self._stop_call(running, self._blocked(running))
            elif computed_s >= self._limits.outside_s:
                self._stop_call(self._loops[-1], self._busy())

    def _blocked(self, loop: VirtualTimeLoop) -> str:
        return (
            f"at {loop.clock.shown()} one call has kept the event loop from running for "
            f"{self._limits.blocked_s:g} s of real time; move it to a thread, or make it shorter"
        )

    def _busy(self) -> str:
        return (
            f"at {self._loops[-1].clock.shown()} the application has computed for {self._limits.outside_s:g} s of "
            "real time while no event loop ran; run what it does in one, or make it shorter"
        )

    def _stop_call(self, loop: VirtualTimeLoop, why: str) -> None:
        """Note the stack, and stop the call that stands there."""
        self._stops += 1
        if self._stops > _MOST_STOPS:
            self._give_up()
        frame = sys._current_frames().get(self._watched)
        stack = own_stack(frame) if frame is not None else "  (no stack)\n"
        loop.fail(BlockedLoopError(f"{why}. It stands at:\n{stack}"))
        self._raise()
        if self._signals:
            self._wake()

    def interrupt(self) -> None:
        """Raise in the watched thread, from another one; once at most, and while it is watched."""
        self._raise()
        if self._signals:
            self._waker.start()

    def _keep_awake(self) -> None:
        """Wake the watched thread again and again: a signal just before a system call does not end that."""
        _trace_no_more()
        while not self._ended.is_set():
            self._wake()
            self._ended.wait(_WAKE_S)

    def _wake(self) -> None:
        signal.pthread_kill(self._watched, _WAKE_SIGNAL)

    def _raise(self) -> None:
        ctypes.pythonapi.PyThreadState_SetAsyncExc(
            ctypes.c_ulong(self._watched), ctypes.py_object(StoppedByWatchdog)
        )
