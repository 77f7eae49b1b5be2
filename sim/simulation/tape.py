"""A run on tape: a snapshot every so often and every command in between, so that any instant can be visited again.

What a site does depends on its state and on what is done to it; so a double that starts from a snapshot and is
given the same commands at the same instants lives through the same time, to the last bit, without the application.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import NamedTuple

from ..domain.commands import Execution, SetSpeed
from ..domain.messages import CommandError
from ..domain.onlookers import Memories
from ..engine.clock import SteppedClock
from .simulation import Simulation
from .snapshot import Snapshot


class Failure(NamedTuple):
    """The first instant at which a check did not hold."""

    time_us: int
    simulation: Simulation
    """The site at that instant, to look at or to go on from."""


class _Mark(NamedTuple):
    """A snapshot on a tape."""

    position: int
    """How many commands were given before it."""
    snapshot: Snapshot


def play(executions: Iterable[Execution], simulation: Simulation) -> None:
    """Give a simulation commands at the instants at which they were given; what was refused is refused again.

    Args:
        executions: What to give, in order of time.
        simulation: A headless one, whose time goes along, up to the last command.
    """
    for execution in executions:
        simulation.clock.move_to(execution.time_us)
        with suppress(CommandError, ValueError):
            simulation.execute(execution.command, late_us=execution.late_us)


class Tape:
    """Records a running simulation.

    When the simulation goes on from a snapshot its past is another one, and the tape begins anew.
    """

    def __init__(self, simulation: Simulation, *, every_s: float = 600.0) -> None:
        """Record from now on.

        Args:
            simulation: What to record.
            every_s: Simulated time between two snapshots [s]; less makes visits quicker and takes more memory.
        """
        self._simulation = simulation
        self._every_us = round(every_s * 1e6)
        self._executions: list[Execution] = []
        self._marks = [_Mark(0, simulation.save())]
        self._samplings = array("q", [simulation.now_us])
        """When the site was sampled [µs], and when the tape began."""
        simulation.executor.executions.subscribe(self._on_execution)
        simulation.gateway.listen_to_frames(self._on_frames)
        simulation.restored.subscribe(self._begin_anew)

    @property
    def executions(self) -> tuple[Execution, ...]:
        """All commands on the tape, those that were refused too."""
        return tuple(self._executions)

    def visit(self, time_us: int) -> Simulation:
        """Return a double of the site at an instant, after whatever was done to it then.

        Args:
            time_us: Simulated time between the beginning of the tape and the present of the site [µs].

        Raises:
            ValueError: If the tape does not reach there; says from when to when it does.
        """
        begin_us, end_us = self._samplings[0], self._simulation.now_us
        if not begin_us <= time_us <= end_us:
            raise ValueError(f"the tape has nothing at {time_us} µs; accepted: {begin_us} to {end_us} µs")
        instants = [mark.snapshot.engine.now_us for mark in self._marks]
        mark = self._marks[bisect_right(instants, time_us) - 1]
        return next(self._visits(mark, [time_us]))

    def first_failure(self, check: Callable[[Simulation], bool]) -> Failure | None:
        """Find the first sampling at which something does not hold, from the beginning of the tape on.

        Args:
            check: Looks at the site and says whether all is well.

        Returns:
            Where it first said no, or None if it never did.
        """
        for double in self._visits(self._marks[0], self._samplings):
            if not check(double):
                return Failure(double.now_us, double)
        return None

    def _visits(self, mark: _Mark, instants: Iterable[int]) -> Iterator[Simulation]:
        """Yield the double that starts from a snapshot at each of some instants [µs], in order of time."""
        double, position = self._double(mark.snapshot), mark.position
        for time_us in instants:
            while position < len(self._executions) and self._executions[position].time_us <= time_us:
                execution = self._executions[position]
                position += 1
                if isinstance(execution.command, SetSpeed) and execution.refusal is None:
                    # A double has no speed of its own; it goes on from the snapshot that was taken then.
                    double = self._double(next(m.snapshot for m in self._marks if m.position == position))
                else:
                    play([execution], double)
            double.run_to(time_us)
            yield double

    def _double(self, snapshot: Snapshot) -> Simulation:
        """Return a headless double whose clients live at the pace at which those of the site lived."""
        original = self._simulation
        clock = SteppedClock(snapshot.start_us, pace=snapshot.pace)
        double = Simulation(original.site, clock, seed=snapshot.seed, hardware=original.hardware)
        double.go_on_from(snapshot)
        # Sampled as the original is: since when a component has been in its state is known from its frames.
        double.gateway.listen_to_frames(lambda _time_us, _frames: None)
        return double

    def _on_execution(self, execution: Execution) -> None:
        self._executions.append(execution)
        if isinstance(execution.command, SetSpeed) and execution.refusal is None:
            self._mark()

    def _on_frames(self, time_us: int, _frames: object) -> None:
        self._samplings.append(time_us)
        if time_us - self._marks[-1].snapshot.engine.now_us >= self._every_us:
            self._mark()

    def _begin_anew(self, time_us: int) -> None:
        self._executions.clear()
        self._marks.clear()
        self._samplings = array("q", [time_us])
        self._mark()

    def _mark(self) -> None:
        # Time may be passing just now: the snapshot is of the instant that is being lived through.
        # Doubles go on from it, at which others look on.
        snapshot = self._simulation.save(catch_up=False)._replace(memories=Memories())
        self._marks.append(_Mark(len(self._executions), snapshot))
