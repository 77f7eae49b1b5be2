"""Says what an application could not know: what has only just changed, and what a fault keeps from it."""

from __future__ import annotations

from collections import deque

from ....sim.domain.events import Event
from ....sim.domain.faults import Family, FaultKind
from ....sim.simulation.simulation import Simulation
from .delivered import REACTION_US

_CHANGES = ("fault", "fault comes", "fault goes", "mended", "state", "driven", "released", "bounds augmented",
            "bounds cleared", "bounds lapsed", "server comes back")  # fmt: skip
"""Events after which a device may take other set-points than before, or clients have not seen what it takes."""
_OF_THE_GRID = ("presence", "voltage", "voltage_1", "voltage_2", "voltage_3")
"""Inputs that decide whether there is a grid by which devices can run."""
_ENDS = ("mended", "fault goes")
_UNSEEN = (Family.MEASUREMENT, Family.LINK)
_KEPT = 200
_LONGEST_WAY = 5.0
"""How much longer than mean and spread of a slow line a command is hardly ever on its way [1]."""


class Attribution:
    """Tells what is an application's own doing from what it could not know."""

    def __init__(self, simulation: Simulation) -> None:
        """Watch a site from its start."""
        self._simulation = simulation
        self._wiring = simulation.plant.wiring
        self._changes: deque[Event] = deque(maxlen=_KEPT)
        sampling_us = round(simulation.site.telemetry.interval_s * 1e6)
        self._unseen_us = sampling_us + REACTION_US
        """How old a change can be that an application has not seen on a line that is whole [µs]."""
        self._longest_us: dict[object, int] = {}
        """How long commands may be on their way because of a fault, by its number [µs]."""
        self._delayed_until_us: dict[str, int] = {}

    def happened(self, event: Event) -> None:
        """Take in an event of the site."""
        if event.kind in _CHANGES:
            self._changes.append(event)
        number = event.details.get("number")
        if event.kind == "fault" and event.details.get("fault") == FaultKind.LATENCY:
            mean_s, spread_s = (event.details.get(name) or 0.0 for name in ("amount", "spread_s"))
            if isinstance(mean_s, float) and isinstance(spread_s, float):
                self._longest_us[number] = round(1e6 * _LONGEST_WAY * (mean_s + spread_s))
        elif event.kind in _ENDS and number in self._longest_us:
            self._delayed_until_us[event.subject] = event.time_us + self._longest_us[number]

    def could_not_know(self, key: str, time_us: int, seen_us: int | None) -> bool:
        """Say whether what a device takes has only just changed, or a fault is between it and its clients.

        Args:
            key: Of a device; what is behind it counts as well.
            time_us: The present.
            seen_us: When what its clients have seen last was taken [µs]; None if they do not listen.
        """
        since_us = time_us - self._unseen_us
        if seen_us is not None:
            since_us = min(since_us, seen_us)
        return self._has_changed(key, since_us) or self._is_broken(key)

    def may_be_old(self, key: str, time_us: int) -> bool:
        """Say whether a command that arrives at a device may have been given long ago."""
        is_slow = any(fault.kind is FaultKind.LATENCY for fault in self._simulation.faults.present(key))
        return is_slow or time_us <= self._delayed_until_us.get(key, 0)

    def _has_changed(self, key: str, since_us: int) -> bool:
        near = self._wiring.behind(key)
        return any(
            event.subject in near or event.kind == "server comes back" or self._cuts_off(event, key)
            for event in self._changes
            if event.time_us >= since_us
        )

    def _cuts_off(self, event: Event, key: str) -> bool:
        """Say whether an event on the way to the grid may cut a device off, rather than be about a load there."""
        on_the_way = event.subject in self._wiring.order and key in self._wiring.behind(event.subject)
        return on_the_way and event.details.get("quantity", "presence") in _OF_THE_GRID

    def _is_broken(self, key: str) -> bool:
        return any(
            fault.kind.family in _UNSEEN
            for each in self._wiring.behind(key)
            for fault in self._simulation.faults.present(each)
        )
