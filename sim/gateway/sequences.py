"""Sequences of switching over simulated time: how a component comes on, and what is under way.

What each has to switch is said by the record of its category. Steps that are done already are skipped, so each sequence
may be begun again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, NamedTuple

from ..components.registry import type_of
from ..components.switchgear import CONTACTOR, RELAY_S, Switchgear
from ..domain.states import Diagnostic
from ..domain.switching import Position
from ..engine.agenda import Engine, Entry, check_awaited, value_of
from ..engine.events import Events
from ..plant.impairment import FailedRelay
from ..plant.plant import Plant
from ..plant.state_check import check_known

PositionName = Annotated[str, value_of(Position)]


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
        self._switching = plant.switching
        self._engine = engine
        self._events = events
        self._state = SequencesState()
        self._gear = _switchgear(plant)
        longest_s = max((RELAY_S, *(gear.longest_s for gear in self._gear.values())))
        engine.handle("switched", self._switched, within_s=longest_s)
        engine.handle("relay fails", self._failed, within_s=longest_s)

    def close_relays(self, key: str) -> None:
        """Switch a component on, unless it is on its way there."""
        if self.goal(key) is Position.ON:
            return
        gear = self._gear[key]
        if self._switching.position(key) is Position.ON and not gear.is_managed:
            # Its relays were about to open.
            self._end_walk(key)
            return
        if self._plant.impairments.of(key).fails_to_close:
            closed_s = gear.moving_s(self._relays_to_move(key), is_closing=True)
            self._fail(key, self._switching.position(key), closed_s, "SWITCH_ON_FAULT", is_opening=False)
            return
        if gear.is_managed:
            self._switching.want(key, Position.ON)
            return
        steps = [] if gear.precharge_s is None else [(Position.PRECHARGING, 0.0)]
        charged_s = gear.precharge_s or 0.0
        steps.append((Position.SWITCHING_ON, charged_s))
        steps.append((Position.ON, charged_s + gear.moving_s(self._relays_to_move(key), is_closing=True)))
        self._walk(key, steps)

    def open_ac_relay(self, key: str) -> None:
        """Bring an inverter that is on to standby."""
        opened_s = self._gear[key].moving_s(1, is_closing=False)
        if self._plant.impairments.of(key).fails_to_open:
            self._fail(key, self._switching.position(key), opened_s, "HARDWARE_FAULT", is_opening=True)
            return
        self._walk(key, [(Position.SWITCHING_OFF, 0.0), (Position.STANDBY, opened_s)])

    def open_relays(self, key: str) -> None:
        """Switch a component off that is on, in standby or under way."""
        gear = self._gear[key]
        if self._plant.impairments.of(key).fails_to_open:
            self._fail(key, self._switching.position(key), gear.opening_s, "HARDWARE_FAULT", is_opening=True)
            return
        if gear.is_managed:
            self._switching.want(key, Position.OFF)
            return
        opened_s = gear.moving_s(self._relays_to_move(key), is_closing=False)
        self._walk(key, [(Position.SWITCHING_OFF, 0.0), (Position.OFF, opened_s)])

    def open_at_once(self, key: str, *, after_s: float = 0.0) -> None:
        """Leave a component switched off whose relays have opened by themselves, after simulated time [s]."""
        self._walk(key, [(Position.OFF, after_s)])

    def wake(self, key: str) -> None:
        """Switch on a component that is in standby or on its way there."""
        if self.goal(key) is Position.STANDBY:
            self.close_relays(key)

    def goal(self, key: str) -> Position:
        """Return the position that a component has, or is on its way to."""
        gear = self._gear.get(key)
        if gear is not None and gear.is_managed:
            return self._switching.heads_for(key)
        walk = self._state.walks.get(key)
        return self._switching.position(key) if walk is None else walk.goal

    def has_relays(self, key: str) -> bool:
        """Say whether a component has anything to switch."""
        return key in self._gear

    def has_standby(self, key: str) -> bool:
        """Say whether a component may rest with its AC relay open."""
        return key in self._gear and self._gear[key].has_standby

    def save(self) -> SequencesState:
        """Return what is under way."""
        return self._state

    def check(self, state: SequencesState, agenda: Mapping[int, Entry]) -> None:
        """Refuse sequences of what cannot be switched, and those without an end on an agenda.

        Raises:
            ValueError: Names the first one.
        """
        check_known("gateway.sequences", state.walks, self._gear)
        steps = {entry.arguments[1:]: entry for entry in agenda.values() if entry.kind == "switched"}
        for key, walk in state.walks.items():
            step = walk.number, Position(walk.goal).value
            check_awaited(f"gateway.sequences.{key}", steps.get(step), "switched", key, *step)

    def restore(self, state: SequencesState) -> None:
        """Go on with what a saved state has under way. Positions are the plant's to restore."""
        self._state = state

    def _fail(self, key: str, position: Position, after_s: float, code: str, *, is_opening: bool) -> None:
        """Let relays be found where they were, simulated time [s] after they were told to move."""
        due_us = self._engine.now_us + round(after_s * 1e6)
        self._engine.schedule(due_us, "relay fails", key, position.value, code, is_opening)

    def _failed(self, key: str, position: PositionName, code: str, is_opening: bool) -> None:
        self._plant.advance(self._engine.now_us)
        if not self._plant.impairments.of(key).keeps_relay(is_opening=is_opening):
            return
        if self._gear[key].is_managed:
            code = "BATTERY_RELAY_ERROR"
        message = f"{key} was told to {'open' if is_opening else 'close'} its relay, which did not move"
        self._plant.impairments.report_relay(key, FailedRelay(is_opening, Diagnostic(code, message)))
        self._events.report("relay failed", key, position=position, diagnostic=code)

    def _relays_to_move(self, key: str) -> int:
        return 1 if self._switching.position(key) is Position.STANDBY else self._gear[key].relays

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

    def _switched(self, key: str, number: int, position: PositionName) -> None:
        walk = self._state.walks.get(key)
        if walk is None or walk.number != number:
            return
        self._plant.advance(self._engine.now_us)
        self._switching.switch(key, Position(position))
        if walk.goal == position:
            self._end_walk(key)
        self._events.report("switched", key, position=position)

    def _end_walk(self, key: str) -> None:
        rest = {other: walk for other, walk in self._state.walks.items() if other != key}
        self._state = self._state._replace(walks=rest)


def _switchgear(plant: Plant) -> dict[str, Switchgear]:
    """Return what each component is switched with, of those that have something."""
    own = {key: type_of(section).switchgear(section) for key, section in plant.site.components.items()}
    usual = dict.fromkeys(plant.controlled, CONTACTOR)
    return usual | {key: gear for key, gear in own.items() if gear is not None}
