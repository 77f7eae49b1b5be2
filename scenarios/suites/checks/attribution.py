"""Says what an application could not know: what has only just changed, and what a fault keeps from it."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection

from ....sim.domain.events import Event
from ....sim.domain.faults import Family
from ....sim.simulation.simulation import Simulation

REACTION_US = 500_000
"""What was shown less long ago than this may not have been looked at yet [µs]."""
_CHANGES = ("fault", "fault comes", "fault goes", "mended", "state", "driven", "released", "bounds augmented",
            "bounds cleared", "bounds lapsed")  # fmt: skip
"""Events after which a device may take other set-points than before."""
_ENDS = ("mended", "fault goes")
_UNSEEN = (Family.MEASUREMENT, Family.LINK)
_KEPT = 200


class Attribution:
    """Tells what is an application's own doing from what it could not know."""

    def __init__(self, simulation: Simulation) -> None:
        """Watch a site from its start."""
        self._simulation = simulation
        self._wiring = simulation.plant.wiring
        self._changes: deque[Event] = deque(maxlen=_KEPT)
        sampling_us = round(simulation.site.telemetry.interval_s * 1e6)
        self._unseen_us = sampling_us + REACTION_US
        """How old a change can be that an application has not seen [µs]."""

    def happened(self, event: Event) -> None:
        """Take in an event of the site."""
        if event.kind in _CHANGES:
            self._changes.append(event)

    def could_not_know(self, key: str, time_us: int) -> bool:
        """Say whether what a device takes has only just changed, or a fault is between it and its clients.

        Args:
            key: Of a device; what is behind it counts as well.
            time_us: The present.
        """
        return self._has_changed(key, time_us, _CHANGES) or self._is_broken(key, _UNSEEN)

    def was_shown_otherwise(self, key: str, time_us: int) -> bool:
        """Say whether the line to a device is broken, or was a moment ago: clients see what was before."""
        return self._has_changed(key, time_us, _ENDS) or self._is_broken(key, (Family.LINK,))

    def _has_changed(self, key: str, time_us: int, kinds: Collection[str]) -> bool:
        near = self._wiring.behind(key)
        return any(
            event.kind in kinds and (event.subject in near or self._cuts_off(event, key))
            for event in self._changes
            if time_us - event.time_us <= self._unseen_us
        )

    def _cuts_off(self, event: Event, key: str) -> bool:
        """Say whether an event on the way to the grid may cut a device off, rather than be about a load there."""
        on_the_way = event.subject in self._wiring.order and key in self._wiring.behind(event.subject)
        return on_the_way and event.details.get("quantity", "presence") == "presence"

    def _is_broken(self, key: str, families: Collection[Family]) -> bool:
        return any(
            fault.kind.family in families
            for each in self._wiring.behind(key)
            for fault in self._simulation.faults.present(each)
        )
