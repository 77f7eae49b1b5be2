"""Runs a script as `python APP.py ARGS` would, in this process and in virtual time."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import runpy
import signal
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, tzinfo
from pathlib import Path
from types import FrameType
from typing import Any, Literal

from ...sim.domain.timestamps import MICROSECONDS
from .app_frames import calling_frame, own_stack, own_traceback
from .determinism import Collector, seeded_randomness
from .errors import BlockedLoopError, LockstepError, NotStoppedError
from .one_loop import OneLoop
from .own_loops import own_loops
from .pools import followed_pools
from .real_connections import told_of_connections
from .system_timers import told_of_timers
from .threads import AppThread, told_of_threads
from .virtual_time import Limits, VirtualTimeLoop
from .wall import VirtualClock, WornClock, real_monotonic_s
from .watchdog import StoppedByWatchdog, Watchdog

Outcome = Literal["completed", "ended early", "crashed", "exited", "interrupted", "stopped"]
"""How a run ended.

completed: the application ran until the end, was interrupted, and stopped.
ended early: it returned before the end.
crashed: it raised an exception, be it a `KeyboardInterrupt` of its own.
exited: it called `sys.exit`.
interrupted: somebody pressed Ctrl-C before the end.
stopped: it did something that cannot happen in virtual time; see `RunReport.error`.
"""

_PATIENCE_US = 60 * MICROSECONDS  # from the interrupt at the end of the run to a second one, and to the last
_TOLD_HELD_US = (
    MICROSECONDS  # sleep of an application, while its event loop stood still, beyond which it is told
)
_MOST_INTERRUPTS = 2
_MOST_LOOPS_AFTER_END = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """What became of an application."""

    outcome: Outcome
    exit_code: int
    """What the process would have exited with; 130 after an interrupt that it let pass."""
    error: BaseException | None
    """What it raised, or the `LockstepError` that stopped it."""
    message: str
    """For people; the application's own traceback first."""
    start_us: int
    end_us: int
    """Virtual time at which it ended [µs since the Unix epoch]."""
    real_s: float
    """Real time that it took [s]."""
    notes: tuple[str, ...]
    """What made the run depend on more than its inputs."""
    longest_held_us: int = 0
    """Virtual time for which it slept at most while its event loop, and with it the site, stood still [µs]."""
    left: tuple[asyncio.Task[Any], ...] = ()
    """Tasks that would not end; whoever drops them lets their coroutines run once more."""

    @property
    def reproducible(self) -> bool:
        """Whether the run depends on nothing but its inputs, as far as is known."""
        return not self.notes

    @property
    def held(self) -> str:
        """What is to be told of how long it kept the site from going on; empty where that was no long time."""
        if self.longest_held_us <= _TOLD_HELD_US:
            return ""
        seconds = self.longest_held_us / MICROSECONDS
        return f"it slept for up to {seconds:g} s while its event loop stood still: what was due meanwhile came late"

    @property
    def speed(self) -> float:
        """Virtual seconds per second of real time."""
        return (self.end_us - self.start_us) / MICROSECONDS / max(self.real_s, 1e-9)


class RunOverError(SystemExit):
    """The application starts another event loop after the run has ended; it ends the process."""


class LockstepRunner:
    """Runs one application in virtual time; used once, on the main thread if it is to be interrupted."""

    def __init__(
        self,
        *,
        start_us: int,
        until_us: int | None = None,
        on_loop_start: Callable[[VirtualTimeLoop], Awaitable[Any]] | None = None,
        limits: Limits = Limits(),  # noqa: B008
        seed: int = 0,
        timezone: tzinfo = UTC,
        shown_in: tzinfo = UTC,
        on_unstoppable: Callable[[RunReport], object] = lambda _report: None,
    ) -> None:
        """Prepare a run.

        Args:
            start_us: Virtual time at which it starts [µs since the Unix epoch].
            until_us: Virtual time at which the application is interrupted, as by Ctrl-C [µs]; None to let it
                run until it returns.
            on_loop_start: Awaited in each event loop that the application runs, before any of its coroutines
                does, and again when it comes back to one after another: the simulation's place to start. What it
                leaves running lives until the loop is closed, or another one begins.
            limits: How long the application may keep virtual time from passing.
            seed: Of the `random` module as the application finds it.
            timezone: The process's local time zone during the run.
            shown_in: Time zone in which the report tells times.
            on_unstoppable: Called when the application swallows whatever is raised in it to end it. It still runs
                then, in this or another thread, and nothing but the end of the process will stop it.
        """
        self.clock = VirtualClock(start_us, timezone=timezone, shown_in=shown_in)
        self._until_us = until_us
        self._on_loop_start = on_loop_start
        self._limits = limits
        self._seed = seed
        self._loops: list[VirtualTimeLoop] = []
        """Those that have run; the site lives in the last."""
        self._made: list[VirtualTimeLoop] = []
        self._spare: VirtualTimeLoop | None = None
        self._collector = Collector()
        self._one_loop: OneLoop
        self._watchdog: Watchdog | None = None
        self._due = False
        self._interrupts = 0
        self._interrupted = False
        self._next_interrupt_us = 0
        self._loops_after_end = 0
        self._on_unstoppable = on_unstoppable
        self._worn = WornClock(
            self.clock, until_us=until_us, at_end=self._interrupt_sleep, on_sleep=self._look_at_sleep
        )
        self._longest_held_us = 0
        self._started_s = 0.0
        self._left: tuple[asyncio.Task[Any], ...] = ()

    def run_script(self, path: str | Path, arguments: Sequence[str] = ()) -> RunReport:
        """Run a script to its end.

        Args:
            path: Of the script.
            arguments: Of its command line.

        Returns:
            What became of it. What the script raises is reported, not raised.

        Raises:
            FileNotFoundError: If there is no such script.
        """
        script = Path(path)
        if not script.is_file():
            raise FileNotFoundError(
                f"no script at {script}; accepted: the path of a Python file, an installed command, or -m MODULE"
            )
        with command_line(script, arguments):
            return self.run(lambda: runpy.run_path(os.fspath(script), run_name="__main__"))

    def run_module(self, name: str, arguments: Sequence[str] = ()) -> RunReport:
        """Run a module to its end, as `python -m NAME ARGUMENTS` would; see `run_script`.

        Raises:
            ModuleNotFoundError: If there is no such module.
        """
        with command_line(Path.cwd() / name, arguments):
            try:
                spec = importlib.util.find_spec(name)
            except ModuleNotFoundError:
                spec = None
            if spec is None:
                raise ModuleNotFoundError(
                    f"no module {name!r}; accepted: one that can be imported from {Path.cwd()} or is installed"
                )
            return self.run(lambda: runpy.run_module(name, run_name="__main__", alter_sys=True))

    def run(self, program: Callable[[], object]) -> RunReport:
        """Run a function that runs event loops itself, with `asyncio.run` or otherwise.

        Args:
            program: The function.

        Returns:
            What became of it.
        """
        self._started_s = real_monotonic_s()
        self._one_loop = OneLoop(self._loops, self._interrupt_call)
        error: BaseException | None = None
        with ExitStack() as stack:
            for context in (
                self._worn,
                seeded_randomness(self._seed),
                own_loops(
                    self._new_loop, on_sigint=self._note_interrupt, before_other=self._one_loop.check_class
                ),
                self._interruptible(),
                told_of_threads(self._take_notice),
                told_of_connections(self._tell),
                followed_pools(lambda: self._loops[-1]),
            ):
                stack.enter_context(context)
            try:
                self._run_and_live_on(program)
            except BaseException as raised:
                error = raised
                # Who handles SIGINT in its own way may raise this for a Ctrl-C.
                if isinstance(raised, KeyboardInterrupt) and not _is_interrupted_as_usual():
                    self._interrupted = True
        words = last_words(error)
        if words:
            print(words, file=sys.stderr, flush=True)
        return self._report(error)

    def _run_and_live_on(self, program: Callable[[], object]) -> None:
        """Run a program, and let the site live what it has slept since its last event loop, as another one would."""
        try:
            with told_of_timers(self._tell), self._first_loop():
                try:
                    program()
                finally:
                    self._one_loop.end()
        finally:
            if self._failure() is None and self._loops[-1].came_to_us < self.clock.now_us:
                loop = VirtualTimeLoop(self.clock, self._limits)
                loop.is_of_application = False
                with closing(loop):
                    self._bring_site(loop)
                    loop.run_until_complete(asyncio.sleep(0))

    @contextmanager
    def _first_loop(self) -> Iterator[None]:
        """Start the simulation before the script is imported, in the loop that the script will get first."""
        loop = self._spare = self._make_loop()
        asyncio.set_event_loop(loop)
        self._collector.start()
        self._bring_site(loop)
        try:
            with Watchdog(self._loops, between=True, give_up=self._give_up) as self._watchdog:
                yield
        finally:
            self._collector.stop()
            asyncio.set_event_loop(None)
            self._left = tuple(task for each in self._made for task in _close(each))

    @contextmanager
    def _interruptible(self) -> Iterator[None]:
        """Let SIGINT mean what it does in a fresh process (background jobs of a shell ignore it), and note it."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        original = signal.default_int_handler

        def interrupt(number: int, frame: FrameType | None) -> None:
            self._interrupted = True
            original(number, frame)

        # asyncio puts its own handler only in the place of this one, and this one back.
        signal.default_int_handler = interrupt  # type: ignore[assignment]
        former = signal.signal(signal.SIGINT, interrupt)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, former)
            signal.default_int_handler = original

    def _note_interrupt(self) -> None:
        self._interrupted = True

    def _new_loop(self) -> VirtualTimeLoop:
        is_refused = self._failure() is not None or self._interrupts >= _MOST_INTERRUPTS
        if self._due or is_refused:
            self._loops_after_end += 1
            if self._loops_after_end > 2 * _MOST_LOOPS_AFTER_END:
                self._give_up()
            if is_refused or self._loops_after_end > _MOST_LOOPS_AFTER_END:
                raise RunOverError(1)
        self._one_loop.check_new()
        loop, self._spare = self._spare, None
        return loop if loop is not None and not loop.is_closed() else self._make_loop()

    def _make_loop(self) -> VirtualTimeLoop:
        loop = VirtualTimeLoop(self.clock, self._limits, self._before_run)
        loop.collector = self._collector
        self._made.append(loop)
        if self._until_us is not None:
            loop.call_at_us(self._until_us, self._interrupt, loop, 0)
        return loop

    def _before_run(self, loop: VirtualTimeLoop) -> None:
        self._one_loop.check_thread()
        if loop is self._loops[-1] or self._one_loop.is_over:
            return
        failure = self._failure()
        if failure is not None and loop.failure is None:
            loop.fail(failure)
        else:
            self._bring_site(loop)

    def _bring_site(self, loop: VirtualTimeLoop) -> None:
        """Let the site live in a loop from now on."""
        if loop in self._loops:
            self._loops.remove(loop)
        self._loops.append(loop)
        if self._on_loop_start is not None:
            loop.run_first(_completed(self._on_loop_start(loop)))

    def _interrupt_call(self) -> None:
        if self._watchdog is not None:
            self._watchdog.interrupt()

    def _tell(self, what: str) -> None:
        if self._loops:
            self._loops[-1].tell(what)

    def _take_notice(self, started: AppThread) -> None:
        if self._loops:
            self._loops[-1].add_thread(started)

    def _interrupt_sleep(self) -> None:
        """Interrupt an application that sleeps past the end without its loop, as Ctrl-C does."""
        if threading.current_thread() is not threading.main_thread():
            return
        self._count_interrupt(self._interrupts + 1)
        if self._interrupts > _MOST_INTERRUPTS:
            self._give_up()
        raise KeyboardInterrupt

    def _look_at_sleep(self, awake_us: int) -> None:
        """Stop an application that sleeps for too long while its loop stands still, where it sleeps."""
        if self._due or not self._loops:
            return
        since_us = max(loop.came_to_us for loop in self._loops)
        longest_us = self._limits.asleep_s * MICROSECONDS
        if awake_us - since_us <= longest_us:
            self._longest_held_us = max(self._longest_held_us, awake_us - since_us)
            return
        self.clock.advance_to(since_us + round(longest_us))
        self._loops[-1].fail(
            BlockedLoopError(
                f"at {self.clock.shown()} the application has slept for {self._limits.asleep_s:g} s while its event "
                "loop, and with it the site, stood still; await asyncio.sleep(seconds), or sleep in a thread. It "
                f"sleeps at:\n{own_stack(calling_frame())}"
            )
        )
        raise StoppedByWatchdog

    def _count_interrupt(self, number: int) -> None:
        self._due = True
        self._interrupts = number
        self._worn.until_us = self._next_interrupt_us = self.clock.now_us + _PATIENCE_US

    def _give_up(self) -> None:
        """Tell of an application that cannot be stopped."""
        if self._failure() is None:
            self._loops[-1].fail(self._not_stopped())
        self._on_unstoppable(self._report(None))

    def _not_stopped(self) -> NotStoppedError:
        return NotStoppedError(
            f"at {self.clock.shown()} the application still runs after {_MOST_INTERRUPTS} interrupts"
        )

    def _interrupt(self, loop: VirtualTimeLoop, times: int) -> None:
        """Interrupt as Ctrl-C does: once, once more after a while, and then for good."""
        if times == 0 and self._due:
            # A loop of its own to clean up in has what is left of the time from the interrupt to the next.
            loop.call_at_us(self._next_interrupt_us, self._interrupt, loop, self._interrupts)
            return
        if times >= _MOST_INTERRUPTS:
            loop.fail(self._not_stopped())
            return
        self._count_interrupt(times + 1)
        loop.call_at_us(self.clock.now_us + _PATIENCE_US, self._interrupt, loop, times + 1)
        try:
            if threading.current_thread() is threading.main_thread():
                signal.raise_signal(signal.SIGINT)
            else:
                for task in sorted(asyncio.all_tasks(loop), key=hash):
                    task.cancel()
        finally:
            loop.jobs.end_naps()

    def _report(self, error: BaseException | None) -> RunReport:
        failure = self._failure()
        outcome, code = self._judge(error, failure)
        shown = failure if failure is not None else error
        return RunReport(
            outcome=outcome,
            exit_code=code,
            error=shown,
            message=self._message(outcome, code, shown),
            start_us=self.clock.start_us,
            end_us=self.clock.now_us,
            real_s=real_monotonic_s() - self._started_s,
            notes=tuple(dict.fromkeys(note for loop in self._loops for note in loop.notes)),
            longest_held_us=self._longest_held_us,
            left=self._left,
        )

    def _failure(self) -> LockstepError | None:
        return next((loop.failure for loop in self._loops if loop.failure is not None), None)

    def _judge(self, error: BaseException | None, failure: LockstepError | None) -> tuple[Outcome, int]:
        if failure is not None:
            return "stopped", 1
        interrupted = self._interrupted or any(loop.was_interrupted for loop in self._loops)
        ended_itself = interrupted and not self._due and (error is None or isinstance(error, SystemExit))
        if ended_itself or (isinstance(error, KeyboardInterrupt) and (interrupted or self._due)):
            return ("completed" if self._due else "interrupted"), 130
        if isinstance(error, SystemExit):
            return ("completed" if self._due else "exited"), exit_code_of(error)
        if isinstance(error, asyncio.CancelledError) and self._due:
            return "completed", 130
        if error is not None:
            return "crashed", 130 if isinstance(error, KeyboardInterrupt) else 1
        return ("completed" if self._due or self._until_us is None else "ended early"), 0

    def _message(self, outcome: Outcome, code: int, error: BaseException | None) -> str:
        when = self.clock.shown()
        match outcome:
            case "completed":
                return f"the application ran until {when}"
            case "ended early":
                return f"the application returned at {when}, before the end of the run"
            case "exited":
                return f"the application exited with code {code} at {when}"
            case "interrupted":
                return f"the run was ended by Ctrl-C at {when}"
            case "crashed":
                how = f"the application crashed at {when}"
                if isinstance(error, KeyboardInterrupt):
                    how = f"the application itself raised KeyboardInterrupt at {when}; nobody pressed Ctrl-C"
                return f"{own_traceback(error) if error else ''}{how}"
            case "stopped":
                return str(error)


async def _completed(awaitable: Awaitable[Any]) -> None:
    await awaitable


@contextmanager
def command_line(script: Path, arguments: Sequence[str]) -> Iterator[None]:
    """Let the process's arguments and import path be those of a script for a while."""
    argv, path = sys.argv, list(sys.path)
    sys.argv = [os.fspath(script), *arguments]
    sys.path.insert(0, os.fspath(script.resolve().parent))
    try:
        yield
    finally:
        sys.argv = argv
        sys.path[:] = path


def _is_interrupted_as_usual() -> bool:
    """Say whether SIGINT is handled as in a fresh process."""
    return signal.getsignal(signal.SIGINT) is signal.default_int_handler


def _close(loop: VirtualTimeLoop) -> list[asyncio.Task[Any]]:
    """Close a loop that was left open, as `asyncio.run` would; return the tasks that would not end."""
    if not loop.is_closed():
        loop.clean_up()
        try:
            tasks = sorted(asyncio.all_tasks(loop), key=hash)
            for task in tasks:
                task.cancel()
            loop.run_until_complete(asyncio.wait(tasks)) if tasks else None
            loop.run_until_complete(loop.shutdown_asyncgens())
        except (LockstepError, KeyboardInterrupt):
            pass
        finally:
            loop.close()
    return sorted(asyncio.all_tasks(loop), key=hash)


def last_words(error: BaseException | None) -> str:
    """Return what the interpreter writes to standard error for what ended a program by `sys.exit`; '' for nothing."""
    if isinstance(error, SystemExit) and not isinstance(error.code, int | None):
        return str(error.code)
    return ""


def exit_code_of(error: SystemExit) -> int:
    """Return what a process of its own would exit with: 1 for a message, and of a number what fits into a byte."""
    if error.code is None:
        return 0
    if not isinstance(error.code, int):
        return 1
    return int(error.code) & 0xFF if -sys.maxsize - 1 <= error.code <= sys.maxsize else 0xFF
