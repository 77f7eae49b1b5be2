"""An event loop in virtual time: where it would wait for the next timer, the clock jumps there instead."""

from __future__ import annotations

import asyncio
import logging
import math
import selectors
import signal
import threading
from collections import deque
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from contextvars import Context
from typing import Any, NamedTuple, TypeVar, TypeVarTuple

from .app_frames import calling_frame, own_stack
from .determinism import Collector, OrdinalLoop
from .errors import LockstepError, NeverSleepsError, RealIoError
from .jobs import Jobs, function_name, runs_in_process, runs_in_thread
from .real_io import Outside, describe_fd, describe_task, waits_for_io
from .threads import AppThread, wait_while_computing
from .wall import VirtualClock, real_monotonic_s

_log = logging.getLogger(__name__)
_T = TypeVar("_T")
_Ts = TypeVarTuple("_Ts")

_LOOKS_EVERY = 64  # turns of a busy loop between two looks at the real selector
_RESOLUTION_S = 2.5e-7  # above the spacing of floats for decades of uptime, below a microsecond


class Limits(NamedTuple):
    """How long an application may keep virtual time from passing."""

    real_io_s: float = 5.0
    """Real time that it may wait for something outside [s]."""
    blocked_s: float = 30.0
    """Real time that a single call may keep the loop from running [s]."""
    outside_s: float = 60.0
    """Real time that it may compute while no loop runs, as in imports and after `asyncio.run` [s]."""
    real_io_at_one_time_s: float = 60.0
    """Real time that it may wait for things outside at one instant of virtual time, one after another [s]."""
    asleep_s: float = math.inf
    """Virtual time that it may sleep until its loop, and with it the site, comes to what was due meanwhile [s]."""
    turns_at_one_time: int = 1_000_000
    """Turns of the loop at one instant of virtual time."""
    allow_real_io: bool = False
    """Wait up to `real_io_s` and go on, instead of failing; such runs are not reproducible."""


class VirtualTimeLoop(OrdinalLoop):
    """An asyncio event loop whose time is a `VirtualClock`."""

    def __init__(
        self,
        clock: VirtualClock,
        limits: Limits = Limits(),  # noqa: B008
        before_run: Callable[[VirtualTimeLoop], object] = lambda _loop: None,
    ) -> None:
        """Make a loop.

        Args:
            clock: Its time; several loops may use one clock after another.
            limits: How long an application may keep virtual time from passing.
            before_run: Called with the loop whenever it is to be run; what it raises keeps it from running.
        """
        self.clock = clock
        self.limits = limits
        self._before_run = before_run
        self.outside = Outside()
        self.jobs = Jobs(self, self.note)
        self.collector = Collector()
        """When garbage is collected; the interpreter decides until it is started."""
        self.failure: LockstepError | None = None
        """The first error that stopped the loop; it can be run on, to clean up."""
        self.notes: list[str] = []
        """What made the run depend on more than its inputs; empty for a reproducible run."""
        self.was_interrupted = False
        """Whether SIGINT has come to a handler of the application."""
        self.turns = 0
        """Turns of the loop so far."""
        self.is_of_application = True
        """Whether the application runs in it, and not just the site, for what was slept after the last one."""
        self.came_to_us = clock.now_us
        """Virtual time up to which all that was due has been called [µs since the Unix epoch]."""
        self.waiting = False
        """Whether the loop waits for something outside, rather than being kept from running."""
        self._ready: deque[asyncio.Handle]
        self._virtual_selector = _VirtualSelector(self)
        super().__init__(self._virtual_selector)
        self._virtual_selector.begin()
        self._clock_resolution = _RESOLUTION_S

    def run_forever(self) -> None:
        """Run until the loop is stopped, if it may."""
        self._before_run(self)
        super().run_forever()

    def run_first(self, coroutine: Coroutine[Any, Any, _T]) -> _T:
        """Run a coroutine to its end before anything that waits for the loop to run."""
        waiting, self._ready = self._ready, deque[asyncio.Handle]()
        try:
            return self.run_until_complete(coroutine)
        finally:
            self._ready.extend(waiting)

    def time(self) -> float:
        """Return the virtual time on the monotonic clock [s]."""
        return self.clock.monotonic_s

    def call_at_us(self, time_us: int, callback: Callable[..., Any], *args: Any) -> asyncio.TimerHandle:
        """Call back at a virtual time [µs since the Unix epoch]."""
        return self.call_at(self.clock.monotonic_s_at(time_us), callback, *args)

    def fail(self, error: LockstepError) -> None:
        """Stop the loop with an error at its next turn; cleaning up afterwards must be quick."""
        self.failure = self.failure or error
        self.limits = self.limits._replace(real_io_s=min(1.0, self.limits.real_io_s))
        self._virtual_selector.pending = error

    def fail_at_once(self, error: LockstepError) -> None:
        """Stop the loop with an error, from another thread; a wait for something outside ends."""
        self.fail(error)
        self._write_to_self()  # type: ignore[attr-defined]

    def clean_up(self) -> None:
        """Let the loop be run on although an error waits for its next turn; `failure` keeps it."""
        self._virtual_selector.pending = None

    def add_signal_handler(self, sig: int, callback: Callable[[*_Ts], object], *args: *_Ts) -> None:
        """Call back where a signal comes, as every loop does, and remember SIGINT."""
        if sig == signal.SIGINT:
            super().add_signal_handler(sig, self._interrupt, callback, args)
        else:
            super().add_signal_handler(sig, callback, *args)

    def _interrupt(self, callback: Callable[[*_Ts], object], args: tuple[*_Ts]) -> None:
        self.was_interrupted = True
        callback(*args)

    def add_thread(self, started: AppThread) -> None:
        """Take notice of a thread that the application has started."""
        self.outside.threads.append(started.thread)
        self.tell(str(started))

    def tell(self, what: str) -> None:
        """Say at once, and remember, why the run may not be reproducible; what was said is not said again."""
        if what not in self.notes:
            _log.warning("%s", what)
        self.note(what)

    def note(self, what: str) -> None:
        """Remember why the run may not be reproducible."""
        if what not in self.notes:
            self.notes.append(what)

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[*_Ts], _T], *args: *_Ts
    ) -> asyncio.Future[_T]:
        """Run a function in a thread; virtual time waits for it, and passes while it sleeps.

        Raises:
            RealIoError: If it is to run in another process, and real I/O is not allowed.
        """
        if runs_in_process(executor):
            self.take_process(func)
        job, function = self.jobs.add(executor, func)
        try:
            job.future = future = super().run_in_executor(executor, function, *args)
            pool = executor or self._default_executor  # type: ignore[attr-defined]
            self.jobs.place(job, pool if isinstance(pool, ThreadPoolExecutor) else None)
        except BaseException:
            self.jobs.drop(job)
            raise
        return future

    def take_process(self, function: Callable[..., object]) -> None:
        """Refuse a function that is to run in another process, or say that it does.

        Raises:
            RealIoError: If real I/O is not allowed.
        """
        if self.jobs.is_giving:
            return
        what = (
            f"function {function_name(function)} runs in another process (ProcessPoolExecutor), in real time"
        )
        if self.limits.allow_real_io:
            self.tell(what)
            return
        error = RealIoError(
            f"at {self.clock.shown()}: {what}; await asyncio.to_thread(function) or use a ThreadPoolExecutor in "
            f"its place, or allow real I/O (such a run is not reproducible). It is given at:\n"
            f"{own_stack(calling_frame())}"
        )
        self.fail(error)
        raise error

    async def shutdown_default_executor(self, *args: Any) -> None:
        """Wait for the executor's threads; virtual time waits too."""
        ended = self.create_future()
        self.jobs.await_end(ended)
        try:
            await super().shutdown_default_executor(*args)
        finally:
            ended.cancel()

    def close(self) -> None:
        """Close the loop; functions in threads that sleep on its clock end."""
        self.jobs.end_naps()
        super().close()

    async def subprocess_exec(self, *args: Any, **options: Any) -> Any:
        """Start a program; virtual time waits for it."""
        return await self._started(super().subprocess_exec(*args, **options))

    async def subprocess_shell(self, *args: Any, **options: Any) -> Any:
        """Start a shell command; virtual time waits for it."""
        return await self._started(super().subprocess_shell(*args, **options))

    async def _started(self, start: Coroutine[Any, Any, tuple[Any, Any]]) -> tuple[Any, Any]:
        """Wait for a subprocess to start; a quick one may have ended by then."""
        self.note("the application ran subprocesses")
        self.outside.starting += 1
        try:
            transport, protocol = await start
        finally:
            self.outside.starting -= 1
        self.outside.processes.append(transport)
        return transport, protocol

    def call_soon_threadsafe(
        self, callback: Callable[[*_Ts], object], *args: *_Ts, context: Context | None = None
    ) -> asyncio.Handle:
        """Call back soon; a thread that nothing waits for must not decide when."""
        is_foreign = threading.current_thread() is not self._virtual_selector.thread and self.is_running()
        # What a function in a thread found, for a future that was cancelled meanwhile, changes nothing.
        if is_foreign and not any(isinstance(each, asyncio.Future) and each.cancelled() for each in args):
            self._foreign_wake(callback)
        return super().call_soon_threadsafe(callback, *args, context=context)

    def _foreign_wake(self, callback: Callable[..., Any]) -> None:
        if (
            runs_in_thread()
            or self.outside.are_threads_awaited
            or self.outside.starting
            or self.jobs.anything_running()
            or self.outside.running_processes()
            or self._virtual_selector.awaited_fds()
        ):
            return
        thread = threading.current_thread().name
        what = (
            f"thread {thread!r} called {getattr(callback, '__qualname__', callback)!r} on the loop, at a moment "
            "that virtual time does not determine"
        )
        self.note(what)
        if not self.limits.allow_real_io:
            self.fail(RealIoError(f"at {self.clock.shown()}: {what}; {_WAY_OUT}"))


_WAY_OUT = "run it in the loop, or allow real I/O (such a run is not reproducible)"


class _Waiting(NamedTuple):
    """What is waited for, in words, and by which tasks."""

    things: list[str]
    tasks: list[asyncio.Task[Any]]


class _VirtualSelector(selectors.BaseSelector):
    """A selector that passes virtual time where another would wait."""

    def __init__(self, loop: VirtualTimeLoop) -> None:
        self._loop = loop
        self._real = selectors.DefaultSelector()
        self._own_fds: frozenset[int] = frozenset()
        self._turns_here = 0
        self._last_turn_us = loop.clock.now_us
        self.pending: LockstepError | None = None
        self.thread = threading.current_thread()

    def begin(self) -> None:
        """Take what is registered so far, the loop's own wake-up pipe, for granted."""
        self._own_fds = frozenset(self._fds())

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        key = self._real.register(fileobj, events, data)
        self._loop.outside.idle_fds.clear()
        if self._own_fds and self.awaited_fds():
            self._loop.note("the application used sockets or pipes")
        return key

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return self._real.unregister(fileobj)

    def modify(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        self._loop.outside.idle_fds.clear()
        return self._real.modify(fileobj, events, data)

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return self._real.get_map()

    def close(self) -> None:
        self._real.close()

    def awaited_fds(self) -> list[int]:
        """Return the descriptors from which something may still be expected."""
        registered = self._real.get_map()
        if len(registered) == len(self._own_fds):
            return []
        return self._loop.outside.awaited_fds(fd for fd in self._fds() if fd not in self._own_fds)

    def _fds(self) -> list[int]:
        return [key.fd for key in self._real.get_map().values()]

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Return what is ready; if nothing is, let virtual time pass until the next timer is."""
        loop = self._loop
        loop.turns += 1
        # Callbacks that are ready go before timers: what is due by now may have to wait for them until the next turn.
        loop.came_to_us, self._last_turn_us = self._last_turn_us, loop.clock.now_us
        if self.pending is not None:
            error, self.pending = self.pending, None
            raise error
        if timeout is not None and timeout <= 0.0:
            return self._busy_turn()
        ready = self._real.select(0)
        if ready or self._woken():
            return ready
        if timeout is None or self._anything_outside():
            ready = self._wait_really(timeout)
            if ready or self._woken() or timeout is None or self.pending is not None:
                return ready
        if loop.outside.threads:
            self._wait_for_threads()
            ready = self._real.select(0)
            if ready or self._woken():
                return ready
        self._advance(timeout)
        return []

    def _wait_for_threads(self) -> None:
        """Let virtual time stand still while threads of the application compute; those that wait are left alone."""
        outside = self._loop.outside
        outside.are_threads_awaited = True
        try:
            wait_while_computing(outside.threads, self._loop.limits.real_io_s)
        finally:
            outside.are_threads_awaited = False
            outside.threads = []

    def _busy_turn(self) -> list[tuple[selectors.SelectorKey, int]]:
        self._turns_here += 1
        if self._turns_here >= self._loop.limits.turns_at_one_time:
            self._loop.fail(NeverSleepsError(self._spinning()))
            self._turns_here = 0
        return self._real.select(0) if self._turns_here % _LOOKS_EVERY == 0 else []

    def _advance(self, timeout: float) -> None:
        clock = self._loop.clock
        self._turns_here = 0
        clock.advance_to(max(clock.us_at(clock.monotonic_s + timeout), clock.now_us + 1))
        self._loop.came_to_us = self._last_turn_us = clock.now_us
        self._loop.collector.look(clock.now_us)

    def _woken(self) -> bool:
        return bool(self._loop._ready)

    def _anything_outside(self) -> bool:
        outside = self._loop.outside
        return bool(
            outside.starting
            or self._loop.jobs.anything_running()
            or outside.running_processes()
            or self.awaited_fds()
        )

    def _wait_really(self, timeout: float | None) -> list[tuple[selectors.SelectorKey, int]]:
        """Let virtual time stand still until something outside happens, up to the limit on real time."""
        loop = self._loop
        outside = loop.outside
        waiting_for = self._waited_for(timeout)
        begun_s = real_monotonic_s()
        ready = self._real_events(loop.limits.real_io_s)
        loop.clock.waited_really_s += real_monotonic_s() - begun_s
        limits = loop.limits
        is_too_long = not limits.allow_real_io and loop.clock.waited_really_s >= limits.real_io_at_one_time_s
        if (ready or self._woken()) and not is_too_long:
            outside.idle_fds.clear()
            return ready
        if timeout is None or not limits.allow_real_io:
            limit_s = limits.real_io_at_one_time_s if is_too_long else limits.real_io_s
            loop.fail(RealIoError(self._waiting(waiting_for, limit_s)))
        outside.idle_fds.update(self.awaited_fds())
        return []

    def _real_events(self, longest_s: float) -> list[tuple[selectors.SelectorKey, int]]:
        self._loop.waiting = True
        try:
            return self._real.select(longest_s)
        finally:
            self._loop.waiting = False

    def _waited_for(self, timeout: float | None) -> _Waiting:
        """Return who waits for what now."""
        loop = self._loop
        jobs = loop.jobs.running()
        things = [f"function {job.name} in a thread" for job in jobs]
        things += [f"subprocess {each.get_pid()}" for each in loop.outside.running_processes()]
        things += [describe_fd(fd) for fd in self.awaited_fds()]
        if timeout is None and not things:
            things = ["something that no timer, thread or socket will bring"]
        return _Waiting(things, [job.task for job in jobs if job.task is not None])

    def _waiting(self, waiting_for: _Waiting, waited_s: float) -> str:
        """Say who has waited for what."""
        others = sorted(asyncio.all_tasks(self._loop), key=hash)
        tasks = waiting_for.tasks or [task for task in others if waits_for_io(task)] or others
        return "\n".join(
            [
                f"at {self._loop.clock.shown()} the application has waited {waited_s:g} s of real time for "
                f"{', '.join(waiting_for.things)}; virtual time stands still meanwhile: {_WAY_OUT}.\nWaiting:",
                *(describe_task(task) for task in tasks),
            ]
        )

    def _spinning(self) -> str:
        loop = self._loop
        callbacks = [handle._callback for handle in loop._ready]  # type: ignore[attr-defined]
        owners = [getattr(callback, "__self__", None) for callback in callbacks]
        stacks = [describe_task(owner) for owner in owners if isinstance(owner, asyncio.Task)]
        return "\n".join(
            [
                f"at {loop.clock.shown()} the loop has turned {self._turns_here} times without time passing; "
                "await asyncio.sleep(seconds), seconds > 0, somewhere in the circle. Running:",
                *(stacks or [repr(callback) for callback in callbacks[:10]]),
            ]
        )
