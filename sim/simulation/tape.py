"""A run on tape: a snapshot every so often and every command in between, so that any instant can be visited again.

What a site does depends on its state and on what is done to it; so a double that starts from a snapshot and is
given the same commands at the same instants lives through the same time, to the last bit, without the application.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from typing import NamedTuple

from ..domain.events import Event
from ..domain.metrics import Metric, PowerType
from ..faults.kinds import Fault, FaultKind
from .simulation import Simulation
from .snapshot import Snapshot

_COMMANDS = frozenset({"set-point accepted", "driven", "released", "fault", "mended"})
"""Kinds of events that come from outside. A fault that mended by itself does so again; mending it then does nothing."""


class Failure(NamedTuple):
    """The first instant at which a check did not hold."""

    time_us: int
    simulation: Simulation
    """The site at that instant, to look at or to go on from."""


class Tape:
    """Records a running simulation."""

    def __init__(self, simulation: Simulation, *, every_s: float = 600.0) -> None:
        """Record from now on.

        Args:
            simulation: What to record.
            every_s: Simulated time between two snapshots [s]; less makes visits quicker and takes more memory.
        """
        self._simulation = simulation
        self._every_us = round(every_s * 1e6)
        self._snapshots: list[Snapshot] = [simulation.save()]
        self._commands: list[Event] = []
        simulation.gateway.listen_to_events(self._on_event)
        simulation.gateway.listen_to_frames(self._on_frames)

    def visit(self, time_us: int) -> Simulation:
        """Return a double of the site at an instant.

        Args:
            time_us: Simulated time between the beginning of the tape and the present of the site [µs].

        Raises:
            ValueError: If the tape does not reach there; says from when to when it does.
        """
        begin_us, end_us = self._snapshots[0].engine.now_us, self._simulation.now_us
        if not begin_us <= time_us <= end_us:
            raise ValueError(f"the tape has nothing at {time_us} µs; accepted: {begin_us} to {end_us} µs")
        instants = [snapshot.engine.now_us for snapshot in self._snapshots]
        double = self._double(bisect_right(instants, time_us) - 1)
        self._live_to(double, time_us)
        return double

    def first_failure(self, check: Callable[[Simulation], bool]) -> Failure | None:
        """Find the first sampling at which something does not hold.

        Args:
            check: Looks at the site and says whether all is well.

        Returns:
            Where it first said no, or None if it never did.
        """
        double = self._double(0)
        for time_us in self._samplings():
            self._live_to(double, time_us)
            if not check(double):
                return Failure(time_us, double)
        return None

    def _samplings(self) -> Iterator[int]:
        step_us = round(self._simulation.site.telemetry.interval_s * 1e6)
        yield from range(self._snapshots[0].engine.now_us, self._simulation.now_us + 1, step_us)

    def _double(self, index: int) -> Simulation:
        return Simulation.from_snapshot(self._simulation.site, self._snapshots[index])

    def _live_to(self, double: Simulation, time_us: int) -> None:
        """Let a double live through the commands of a stretch of time."""
        since_us = double.now_us
        for command in self._commands:
            if since_us < command.time_us <= time_us:
                double.run_to(command.time_us)
                _repeat(command, double)
        double.run_to(time_us)

    def _on_event(self, event: Event) -> None:
        if event.kind in _COMMANDS:
            self._commands.append(event)

    def _on_frames(self, time_us: int, _frames: object) -> None:
        if time_us - self._snapshots[-1].engine.now_us >= self._every_us:
            self._snapshots.append(self._simulation.save())


def _repeat(command: Event, simulation: Simulation) -> None:
    component, details = command.subject, command.details
    match command.kind:
        case "set-point accepted":
            number = simulation.site.components[component].id
            lifetime_s = round((_number(details["until_us"]) - command.time_us) / 1e6)
            axis = PowerType(str(details["axis"]))
            simulation.gateway.set_power(number, axis, _number(details["power"]), lifetime_s)
        case "driven":
            value, over_s = _number(details["value"]), _number(details["over_s"])
            simulation.drive(component, str(details["quantity"]), value, over_s=over_s)
        case "released":
            simulation.release(component, str(details["quantity"]))
        case "fault":
            fault = Fault(
                component,
                FaultKind(str(details["fault"])),
                diagnostic=str(details["diagnostic"]),
                amount=_number(details["amount"]),
                metrics=tuple(Metric(metric) for metric in str(details["metrics"]).split()),
            )
            lasting = details["for_s"]
            simulation.fault(fault, for_s=None if lasting is None else _number(lasting))
        case "mended":
            simulation.mend(round(_number(details["number"])))


def _number(value: object) -> float:
    if not isinstance(value, int | float):
        raise TypeError(f"{value!r} in an event is no number")
    return value
