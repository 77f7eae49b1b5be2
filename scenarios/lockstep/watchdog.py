"""Stops a call that keeps the event loop from running, and keeps the stack at which it was stopped."""

from __future__ import annotations

import ctypes
import signal
import sys
import threading
import traceback
from types import TracebackType
from typing import Self

from .errors import BlockedLoopError
from .virtual_time import VirtualTimeLoop

_LOOKS_PER_LIMIT = 4
_WAKE_SIGNAL = signal.SIGVTALRM  # programs hardly ever use it, and Python handles it like any other


class StoppedByWatchdog(BaseException):
    """Raised inside a blocking call to end it; not an `Exception`, so that applications let it pass."""


class Watchdog:
    """Watches one loop from a thread of its own while it runs, as a context manager."""

    def __init__(self, loop: VirtualTimeLoop) -> None:
        """Prepare to watch a loop that runs on the present thread."""
        self._loop = loop
        self._limit_s = loop.limits.blocked_s
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="lockstep-watchdog", daemon=True)
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
        if self._signals:
            signal.signal(_WAKE_SIGNAL, self._former)

    def _watch(self) -> None:
        loop = self._loop
        seen, standing = -1, 0
        while not self._ended.wait(self._limit_s / _LOOKS_PER_LIMIT):
            standing = standing + 1 if loop.turns == seen and loop.is_running() and not loop.waiting else 0
            seen = loop.turns
            if standing >= _LOOKS_PER_LIMIT:
                self._stop_call()

    def _stop_call(self) -> None:
        """Note the stack, and raise in the watched thread, waking it if a system call holds it."""
        frame = sys._current_frames().get(self._watched)
        stack = "".join(traceback.format_stack(frame)) if frame is not None else "  (no stack)\n"
        self._loop.fail(
            BlockedLoopError(
                f"at {self._loop.clock.now()} one call has kept the event loop from running for "
                f"{self._limit_s:g} s of real time; move it to a thread, or make it shorter. It stands at:\n{stack}"
            )
        )
        ctypes.pythonapi.PyThreadState_SetAsyncExc(
            ctypes.c_ulong(self._watched), ctypes.py_object(StoppedByWatchdog)
        )
        if self._signals:
            signal.pthread_kill(self._watched, _WAKE_SIGNAL)
