"""How far the components of a plant are switched on, what has tripped, and whom the grid reaches."""

from __future__ import annotations

from collections.abc import Mapping

from ...models.bms import RELAYS_CLOSED, RELAYS_OPEN
from ..domain.states import Diagnostic
from ..domain.switching import Position
from ..kernel.ac_bus import is_live, reconnect
from ..kernel.bms import open_relays_at_once, want_relays
from ..network.wiring import Wiring
from .bms import position_of
from .inputs import Inputs
from .operating_point import OperatingPoint


class Switching:
    """The relays of a plant, by key."""

    def __init__(self, wiring: Wiring, point: OperatingPoint, inputs: Inputs) -> None:
        """Begin with everything switched on.

        Args:
            wiring: How components are connected.
            point: What flows now.
            inputs: Say whether there is a grid.
        """
        self.tripped: dict[str, Diagnostic] = {}
        """Devices that have switched off by themselves, and why."""
        self.positions: dict[str, Position] = {}
        """Components that are not switched on, or not for certain."""
        self._wiring = wiring
        self._point = point
        self._memory = point.memory
        self._components = point.places.components
        self._batteries = point.places.batteries
        self._inputs = inputs

    def position(self, key: str) -> Position:
        """Return how far a component is switched on."""
        battery = self._batteries.get(key)
        if battery is not None:
            self._point.solve()
            return position_of(self._memory.bms[battery].relays)
        return self.positions.get(key, Position.ON)

    def heads_for(self, key: str) -> Position:
        """Return whether the management system of a battery wants its relays closed, `ON`, or open, `OFF`."""
        return position_of(self._memory.bms[self._batteries[key]].wanted)

    def want(self, key: str, position: Position) -> None:
        """Let the management system of a battery close (`ON`) or open (`OFF`) its relays in its own time."""
        wanted = RELAYS_CLOSED if position is Position.ON else RELAYS_OPEN
        want_relays(self._point.layout, self._memory, self._batteries[key], wanted)
        self._point.forget()

    def switch(self, key: str, position: Position) -> None:
        """Bring the relays of a component into a position; those of a battery are open at once, or see `want`."""
        if key in self._batteries:
            assert position is Position.OFF
            open_relays_at_once(self._point.layout, self._memory, self._batteries[key])
            self._point.forget()
            return
        self.positions.pop(key, None)
        if position is not Position.ON:
            self.positions[key] = position
        self._reconnect(key)

    def trip(self, key: str, why: Diagnostic | None) -> None:
        """Switch a device off, or on again with None."""
        self.tripped.pop(key, None)
        if why is not None:
            self.tripped[key] = why
        self._reconnect(key)

    def is_cut_off(self, key: str) -> bool:
        """Say whether a component is on the AC side and the grid does not reach it."""
        self._inputs.take_in()
        return bool(self._memory.components[self._components[key]].is_cut_off)

    def in_service(self, key: str) -> bool:
        """Say whether a component is switched on, whole, and reached by the grid if it is on the AC side."""
        self._inputs.take_in()
        is_on = key not in self._batteries or self.position(key) is Position.ON
        return is_on and is_live(self._memory, self._components[key])

    def closed_ways(self) -> dict[str, tuple[str, ...]]:
        """Return for each component those on the grid's side of it that conduct; all of them if none does."""
        return {key: self._closed_parents(key) for key in self._wiring.order}

    def restore(self, positions: Mapping[str, Position], tripped: Mapping[str, Diagnostic]) -> None:
        """Go on with what was switched; numbers are the plant's to restore."""
        self.positions, self.tripped = dict(positions), dict(tripped)

    def _reconnect(self, key: str) -> None:
        """Take in what has been switched; what is out of service begins at no power when it comes back."""
        is_open = key in self.positions or key in self.tripped
        self._memory.components[self._components[key]].is_closed = int(not is_open)
        reconnect(self._point.layout, self._memory)
        self._point.forget()

    def _closed_parents(self, key: str) -> tuple[str, ...]:
        parents = self._wiring.parents[key]
        return tuple(parent for parent in parents if self.in_service(parent)) or parents
