"""Sequences of switching over simulated time: how a component comes on, and what is under way.

An inverter has a relay on either side, a breaker has one, a precharger charges the link before it closes its own, and
every other device that takes set-points has a contactor. The relays of a battery are those of its management system,
which takes its own time. Steps that are done already are skipped, so each sequence may be begun again.
"""

from __future__ import annotations

from typing import NamedTuple

from ..components.battery import Battery
from ..components.battery_inverter import BatteryInverter
from ..components.breaker import Breaker
from ..components.hybrid_inverter import HybridInverter
from ..components.precharger import Precharger
from ..components.pv_inverter import PvInverter
from ..components.section import FlexibleDevice
from ..domain.switching import Position
from ..engine.agenda import Engine
from ..engine.events import Events
from ..plant.plant import Plant

RELAY_S = 0.5
"""To open or close a relay and see that it did; chosen: a contactor with its feedback [s]."""


class Walk(NamedTuple):
    """A sequence that is under way."""

    goal: Position
    number: int


class SequencesState(NamedTuple):
    """All sequences that are under way, by key."""

    last_number: int = 0
    walks: dict[str, Walk] = {}  # noqa: RUF012 - never changed in place


class Sequences:
    """Brings the components of a site from one position to another, whether they may or not."""

    def __init__(self, plant: Plant, engine: Engine, events: Events) -> None:
        """Start with nothing under way.

        Args:
            plant: Whose components are switched.
            engine: Whose agenda carries the sequences.
            events: Where to tell what happens.
        """
        self._plant = plant
        self._engine = engine
        self._events = events
        self._state = SequencesState()
        engine.handle("switched", self._switched)

    def close_relays(self, key: str) -> None:
        """Switch a component on, unless it is on its way there."""
        if self.goal(key) is Position.ON:
            return
        if self.is_battery(key):
            self._plant.want(key, Position.ON)
            return
        component = self._plant.site.components[key]
        if isinstance(component, Precharger):
            charged_s = component.precharge_s
            steps = [
                (Position.PRECHARGING, 0.0),
                (Position.SWITCHING_ON, charged_s),
                (Position.ON, charged_s + RELAY_S),
            ]
        else:
            steps = [(Position.SWITCHING_ON, 0.0), (Position.ON, self._moving_s(key, Position.ON))]
        self._walk(key, steps)

    def open_ac_relay(self, key: str) -> None:
        """Bring an inverter that is on to standby."""
        self._walk(key, [(Position.SWITCHING_OFF, 0.0), (Position.STANDBY, RELAY_S)])

    def open_relays(self, key: str) -> None:
        """Switch a component off that is on, in standby or under way."""
        if self.is_battery(key):
            self._plant.want(key, Position.OFF)
            return
        self._walk(key, [(Position.SWITCHING_OFF, 0.0), (Position.OFF, self._moving_s(key, Position.OFF))])

    def open_at_once(self, key: str, *, after_s: float = 0.0) -> None:
        """Leave a component switched off whose relays have opened by themselves, after simulated time [s]."""
        self._walk(key, [(Position.OFF, after_s)])

    def wake(self, key: str) -> None:
        """Switch on a component that is in standby or on its way there."""
        if self.goal(key) is Position.STANDBY:
            self.close_relays(key)

    def goal(self, key: str) -> Position:
        """Return the position that a component has, or is on its way to."""
        if self.is_battery(key):
            return self._plant.heads_for(key)
        walk = self._state.walks.get(key)
        return self._plant.position(key) if walk is None else walk.goal

    def relays(self, key: str) -> int:
        """Return how many relays a component has between power and none; none if there is nothing to switch."""
        if self.is_inverter(key):
            return 2
        component = self._plant.site.components[key]
        has_contactor = isinstance(component, Battery | Breaker | Precharger | FlexibleDevice)
        return 1 if has_contactor or key in self._plant.controlled else 0

    def is_battery(self, key: str) -> bool:
        """Say whether a component is a battery, whose relays its management system moves."""
        return isinstance(self._plant.site.components[key], Battery)

    def is_inverter(self, key: str) -> bool:
        """Say whether a component is an inverter, which has a standby."""
        component = self._plant.site.components[key]
        return isinstance(component, BatteryInverter | PvInverter | HybridInverter)

    def save(self) -> SequencesState:
        """Return what is under way."""
        return self._state

    def restore(self, state: SequencesState) -> None:
        """Go on with what a saved state has under way. Positions are the plant's to restore."""
        self._state = state

    def _moving_s(self, key: str, goal: Position) -> float:
        """Return how long the relays of a component take to close or to open, one after the other [s]."""
        component = self._plant.site.components[key]
        if isinstance(component, Breaker):
            return component.closing_time_s if goal is Position.ON else component.opening_time_s
        relays = 1 if self._plant.position(key) is Position.STANDBY else self.relays(key)
        return relays * RELAY_S

    def _walk(self, key: str, steps: list[tuple[Position, float]]) -> None:
        """Bring a component through positions, each at its time from now [s]."""
        number = self._state.last_number + 1
        self._state = SequencesState(number, {**self._state.walks, key: Walk(steps[-1][0], number)})
        for position, after_s in steps:
            if after_s == 0.0:
                self._switched(key, number, position.value)
            else:
                due_us = self._engine.now_us + round(after_s * 1e6)
                self._engine.schedule(due_us, "switched", key, number, position.value)

    def _switched(self, key: str, number: int, position: str) -> None:
        walk = self._state.walks.get(key)
        if walk is None or walk.number != number:
            return
        self._plant.advance(self._engine.now_us)
        self._plant.switch(key, Position(position))
        if walk.goal == position:
            rest = {other: walk for other, walk in self._state.walks.items() if other != key}
            self._state = self._state._replace(walks=rest)
        self._events.report("switched", key, position=position)
