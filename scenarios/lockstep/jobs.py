"""Functions that executors run in threads for an event loop in virtual time, and how they sleep there.

Virtual time stands still while such a function is at work. When it sleeps, it lies down on the loop's clock instead,
and time goes on for everybody until it is its turn again.
"""

from __future__ import annotations

import asyncio
import concurrent.futures.process
import contextvars
import functools
import threading
from collections.abc import Callable
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from typing import Any, NamedTuple, TypeVar, TypeVarTuple

from .wall import THIS_THREAD

_T = TypeVar("_T")
_Ts = TypeVarTuple("_Ts")


class Job:
    """A function that was given to an executor."""

    def __init__(self, name: str, task: asyncio.Task[Any] | None) -> None:
        """Note a function by its name, and which task gave it."""
        self.name = name
        self.task = task
        self.future: asyncio.Future[Any] | None = None
        self.pool: ThreadPoolExecutor | None = None
        """Whose threads run it; None until that is known, and of other executors."""
        self.is_in_thread = False
        """Whether a thread runs it; its future can be done before, by being cancelled."""

    @property
    def is_over(self) -> bool:
        """Whether nothing more comes of it."""
        return self.future is not None and self.future.done() and not self.is_in_thread


class _Nap(NamedTuple):
    ended: threading.Event
    cut_short: threading.Event


class Jobs:
    """Keeps account of the functions that executors run for one loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop, note: Callable[[str], None]) -> None:
        """Begin with none.

        Args:
            loop: Whose they are.
            note: Told of why a run may not be reproducible.
        """
        self._loop = loop
        self._note = note
        self._jobs: list[Job] = []
        self._naps: dict[Job, _Nap] = {}
        self._ending: asyncio.Future[Any] | None = None

    def add(
        self, executor: Executor | None, function: Callable[[*_Ts], _T]
    ) -> tuple[Job, Callable[[*_Ts], _T]]:
        """Note a function given to an executor; returns what to give in its place."""
        job = self._begin(function_name(function))
        # Another process has neither this clock nor this loop, and gets the function as it is.
        if executor is not None and not isinstance(executor, ThreadPoolExecutor):
            return job, function

        def run(*args: *_Ts) -> _T:
            return self._run(job, function, *args)

        return job, run

    def follow(self, name: str, future: asyncio.Future[Any]) -> None:
        """Let virtual time wait for a function that the application gave to a pool by itself and awaits.

        Args:
            name: Of the function.
            future: That its result comes to.
        """
        if not self.is_giving:
            job = self._begin(name)
            job.future = future
            self.place(job, None)

    @property
    def is_giving(self) -> bool:
        """Whether the loop itself is giving a function to a pool."""
        return any(job.future is None for job in self._jobs)

    def drop(self, job: Job) -> None:
        """Forget a function that its executor has not taken."""
        self._jobs.remove(job)

    def _begin(self, name: str) -> Job:
        job = Job(name, asyncio.current_task(self._loop))
        self._jobs.append(job)
        return job

    def place(self, job: Job, pool: ThreadPoolExecutor | None) -> None:
        """Take in whose threads run a function that an executor has taken; None of other executors."""
        job.pool = pool
        if len(self.running()) > 1:
            self._note_race()

    def await_end(self, ended: asyncio.Future[Any]) -> None:
        """Let virtual time wait until all threads of the loop's executor have ended; those that sleep wake up first."""
        self._ending = ended

    def running(self) -> list[Job]:
        """Return those that are at work."""
        if self._jobs:
            self._jobs = [job for job in self._jobs if not job.is_over]
        return [job for job in self._jobs if job not in self._naps and not self._is_queued(job)]

    def _is_queued(self, job: Job) -> bool:
        """Say whether a function waits for a thread of its pool, and all of these sleep: one of them has to wake up."""
        if job.is_in_thread or job.pool is None:
            return False
        return sum(napping.pool is job.pool for napping in self._naps) >= job.pool._max_workers

    def anything_running(self) -> bool:
        """Say whether virtual time has to wait for any of them."""
        if self.running():
            return True
        return self._ending is not None and not self._ending.done() and not self._naps

    def end_naps(self) -> None:
        """Let those that sleep end, with `CancelledError` where they slept."""
        naps = list(self._naps.values())
        self._naps.clear()
        for nap in naps:
            nap.cut_short.set()
            nap.ended.set()

    def _run(self, job: Job, function: Callable[[*_Ts], _T], *args: *_Ts) -> _T:
        """Run a function, in its thread."""
        job.is_in_thread = True
        THIS_THREAD.sleep = functools.partial(self._sleep, job)
        try:
            return function(*args)
        finally:
            job.is_in_thread = False
            if job.future is not None and job.future.cancelled() and not self._loop.is_closed():
                self._loop.call_soon_threadsafe(_look_again)
            THIS_THREAD.sleep = None

    def _sleep(self, job: Job, seconds: float) -> None:
        nap = _Nap(threading.Event(), threading.Event())
        try:
            self._loop.call_soon_threadsafe(self._lie_down, job, seconds, nap)
        except RuntimeError:  # the loop is closed: nothing will ever wake it
            raise asyncio.CancelledError from None
        nap.ended.wait()
        if nap.cut_short.is_set():
            raise asyncio.CancelledError

    def _lie_down(self, job: Job, seconds: float, nap: _Nap) -> None:
        self._naps[job] = nap
        self._loop.call_later(seconds, self._wake, job, nap)

    def _wake(self, job: Job, nap: _Nap) -> None:
        if self._naps.get(job) is not nap:
            return
        if self.running():
            self._note_race()
        del self._naps[job]
        nap.ended.set()

    def _note_race(self) -> None:
        self._note("several functions ran in threads at once, and their order of completion is chance")


def runs_in_thread() -> bool:
    """Say whether the present thread runs a function for a loop in virtual time."""
    return THIS_THREAD.sleep is not None


def runs_in_process(executor: Executor | None) -> bool:
    """Say whether an executor runs functions in other processes."""
    return isinstance(executor, ProcessPoolExecutor)


def _look_again() -> None:
    """Let a loop that waits for a thread see that it has ended."""


def function_name(function: Any) -> str:
    """Return the name of a function, without what `asyncio.to_thread` or the `map` of a pool wraps it in."""
    while isinstance(function, functools.partial):
        runs_in_context = isinstance(getattr(function.func, "__self__", None), contextvars.Context)
        is_wrapped = runs_in_context or function.func is concurrent.futures.process._process_chunk
        function = function.args[0] if is_wrapped else function.func
    return getattr(function, "__qualname__", None) or repr(function)
