"""One event loop at a time, in the thread where an application began: no other one is in step with the site."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence

from .errors import SecondLoopError
from .virtual_time import VirtualTimeLoop


class OneLoop:
    """Refuses event loops beside the one that lives in virtual time, and stops an application that begins one."""

    def __init__(self, loops: Sequence[VirtualTimeLoop], interrupt: Callable[[], object]) -> None:
        """Keep to the present thread.

        Args:
            loops: Those that the application has run; the site lives in the last.
            interrupt: Ends what the application does in the present thread, where none of them runs.
        """
        self._loops = loops
        self._interrupt = interrupt
        self._thread = threading.current_thread()
        self._lock = threading.Lock()
        self.is_over = False
        """Whether the application has ended."""

    def end(self) -> None:
        """Interrupt nothing from now on: the application is over."""
        with self._lock:
            self.is_over = True

    def check_new(self) -> None:
        """Let an event loop be made.

        Raises:
            SecondLoopError: If another one runs, or if it is made in another thread.
        """
        self.check_thread()
        if asyncio._get_running_loop() is not None:
            raise self._refuse("while one runs")

    def check_thread(self) -> None:
        """Let an event loop be run.

        Raises:
            SecondLoopError: If that is in another thread.
        """
        thread = threading.current_thread()
        if thread is not self._thread:
            raise self._refuse(f"in thread {thread.name!r}")

    def check_class(self, loop: asyncio.BaseEventLoop) -> None:
        """Refuse a loop that is to be run and is none in virtual time.

        Raises:
            SecondLoopError: Always.
        """
        self.check_thread()
        raise self._refuse(f"of its own class {type(loop).__qualname__!r}")

    def _refuse(self, where: str) -> SecondLoopError:
        """Stop the application, whatever becomes of the error where it is raised."""
        running = next((loop for loop in self._loops if loop.is_running()), None)
        stopped = running or self._loops[-1]
        what = (
            f"at {stopped.clock.shown()} the application begins an event loop {where}, where virtual time does not "
            f"reach; accepted: one event loop at a time, as of asyncio.new_event_loop(), in thread "
            f"{self._thread.name!r}, where the application began. Await there what this one is for; functions in "
            "asyncio.to_thread can hand it coroutines that do not sleep by "
            "asyncio.run_coroutine_threadsafe(coroutine, loop)"
        )
        with self._lock:
            if not self.is_over and not any(loop.failure for loop in self._loops):
                # Not the one that is raised: each thread adds its own frames to an error.
                stopped.fail_at_once(SecondLoopError(what))
                if running is None:
                    self._interrupt()
        return SecondLoopError(what)
