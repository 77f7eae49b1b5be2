"""Starting, parking, stopping and acknowledging components: sequences of switching over simulated time.

An inverter has a relay on either side, a breaker has one, a precharger charges the link before it closes its own, and
every other device that takes set-points has a contactor. The relays of a battery are those of its management system,
which takes its own time. Steps that are done already are
skipped, so each command may be repeated.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from ..components.battery import Battery
from ..components.battery_inverter import BatteryInverter
from ..components.breaker import Breaker
from ..components.device import Activity
from ..components.grid_connection_point import GridConnectionPoint
from ..components.hybrid_inverter import HybridInverter
from ..components.precharger import Precharger
from ..components.pv_inverter import PvInverter
from ..components.section import FlexibleDevice
from ..domain.events import Tell
from ..domain.messages import CommandError, UnsupportedError, WrongStateError
from ..domain.switching import Position
from ..engine.agenda import Engine
from ..faults.injector import Faults
from ..plant.plant import Plant

RELAY_S = 0.5
"""To open or close a relay and see that it did; chosen: a contactor with its feedback [s]."""


class Walk(NamedTuple):
    """A sequence that is under way."""

    goal: Position
    number: int


class LifecycleState(NamedTuple):
    """All sequences that are under way, by key."""

    last_number: int = 0
    walks: dict[str, Walk] = {}  # noqa: RUF012 - never changed in place


def check_takes_commands(plant: Plant, key: str) -> None:
    """Refuse what a component that takes no commands is told.

    Raises:
        WrongStateError: If it is for telemetry only, or a mere recording.
    """
    reason = plant.refusal(key)
    if reason is not None:
        raise WrongStateError(f"{key} takes no commands: {reason}")


def check_ready(plant: Plant, key: str) -> None:
    """Refuse a set-point that a component could not follow; from standby it wakes.

    Raises:
        WrongStateError: If it has tripped, is switched off, or the grid does not reach it.
    """
    tripped = plant.error(key)
    if tripped is not None:
        raise WrongStateError(f"{key} takes no commands: {tripped.message}")
    if plant.position(key) in (Position.OFF, Position.SWITCHING_OFF):
        raise WrongStateError(f"{key} takes no commands: it is switched off; start it first")
    if plant.is_cut_off(key):
        raise WrongStateError(f"{key} takes no commands: it is cut off from the grid")


class Lifecycle:
    """Switches the components of a site on and off as clients say."""

    def __init__(self, plant: Plant, engine: Engine, faults: Faults, tell: Tell) -> None:
        """Start with nothing under way.

        Args:
            plant: Whose components are switched.
            engine: Whose agenda carries the sequences.
            faults: Whose trips can be acknowledged.
            tell: Passes on what happens.
        """
        self._plant = plant
        self._engine = engine
        self._faults = faults
        self._tell = tell
        self._state = LifecycleState()
        self.revoke_set_points: Callable[[str], None] = lambda _key: None
        """Called with the key of a component that is to be at no power."""
        engine.handle("switched", self._switched)

    def start(self, key: str) -> None:
        """Switch a component on: close its relays and begin at no power.

        Raises:
            UnsupportedError: If there is nothing to switch.
            WrongStateError: If it has tripped, or takes no commands.
        """
        self._command("start", key, self._start)

    def standby(self, key: str) -> None:
        """Park an inverter: at no power, with its AC relay open.

        Raises:
            UnsupportedError: If it is no inverter.
            WrongStateError: If one of its relays is open, for another reason than standby, or it has tripped.
        """
        self._command("standby", key, self._standby)

    def stop(self, key: str) -> None:
        """Switch a component off: open its relays. An inverter stops at any power, a battery at none only.

        Raises:
            UnsupportedError: If there is nothing to switch.
            WrongStateError: If it is a battery through which power flows, or it takes no commands.
        """
        self._command("stop", key, self._stop)

    def acknowledge(self, key: str) -> None:
        """Clear the errors of a component that can be cleared, and leave it switched off.

        The grid connection point gets new links where its fuse has melted, and supplies the site again.

        Raises:
            WrongStateError: If an error cannot be cleared, or not yet, or the component takes no commands.
        """
        self._command("acknowledge", key, self._acknowledge)

    def wake(self, key: str) -> None:
        """Start a component that is in standby or on its way there."""
        if self._heads_for(key) is Position.STANDBY:
            self._start(key)

    def save(self) -> LifecycleState:
        """Return what is under way."""
        return self._state

    def restore(self, state: LifecycleState) -> None:
        """Go on with what a saved state has under way. Positions are the plant's to restore."""
        self._state = state

    def _command(self, name: str, key: str, carry_out: Callable[[str], None]) -> None:
        try:
            check_takes_commands(self._plant, key)
            carry_out(key)
        except CommandError as error:
            self._tell(f"{name} refused", key, reason=str(error))
            raise
        self._tell(f"{name} accepted", key)

    def _start(self, key: str) -> None:
        self._require_relays(key)
        self._require_whole(key)
        if self._heads_for(key) is Position.ON:
            return
        if self._is_battery(key):
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

    def _standby(self, key: str) -> None:
        if not self._is_inverter(key):
            raise UnsupportedError(f"{self._named(key)} and has no standby; accepted: inverters")
        self._require_whole(key)
        heading = self._heads_for(key)
        if heading is Position.STANDBY:
            return
        if heading is Position.OFF or self._plant.position(key) is not Position.ON:
            raise WrongStateError(
                f"{key} cannot go to standby: its relays are not both closed; start it first"
            )
        self.revoke_set_points(key)
        self._walk(key, [(Position.SWITCHING_OFF, 0.0), (Position.STANDBY, RELAY_S)])

    def _stop(self, key: str) -> None:
        self._require_relays(key)
        if self._heads_for(key) is Position.OFF:
            return
        power_w = self._plant.flows().battery_dc_w.get(key, 0.0)
        if power_w != 0.0:
            raise WrongStateError(
                f"{key} cannot stop: {power_w:.0f} W flow through it; set the inverters before it to 0 W first"
            )
        if self._is_battery(key):
            self._plant.want(key, Position.OFF)
            return
        self.revoke_set_points(key)
        self._walk(key, [(Position.SWITCHING_OFF, 0.0), (Position.OFF, self._moving_s(key, Position.OFF))])

    def _acknowledge(self, key: str) -> None:
        cleared = self._faults.clearable(key)
        lasting = self._plant.acknowledge(key)
        if lasting is not None:
            raise WrongStateError(f"{key} cannot be acknowledged yet: {lasting}")
        if self._plant.activity(key) is Activity.FAULT:
            self.revoke_set_points(key)
            self._plant.clear_fault(key)
            self._walk(key, [(Position.OFF, RELAY_S)])
        if cleared:
            self._walk(key, [(Position.OFF, 0.0)])
            for number in cleared:
                self._faults.mend(number)
        if isinstance(self._plant.site.components[key], GridConnectionPoint):
            self._plant.replace_fuses()

    def _walk(self, key: str, steps: list[tuple[Position, float]]) -> None:
        """Bring a component through positions, each at its time from now [s]."""
        number = self._state.last_number + 1
        self._state = LifecycleState(number, {**self._state.walks, key: Walk(steps[-1][0], number)})
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
        self._tell("switched", key, position=position)

    def _heads_for(self, key: str) -> Position:
        if self._is_battery(key):
            return self._plant.heads_for(key)
        walk = self._state.walks.get(key)
        return self._plant.position(key) if walk is None else walk.goal

    def _is_battery(self, key: str) -> bool:
        return isinstance(self._plant.site.components[key], Battery)

    def _is_inverter(self, key: str) -> bool:
        component = self._plant.site.components[key]
        return isinstance(component, BatteryInverter | PvInverter | HybridInverter)

    def _relays(self, key: str) -> int:
        if self._is_inverter(key):
            return 2
        component = self._plant.site.components[key]
        has_contactor = isinstance(component, Battery | Breaker | Precharger | FlexibleDevice)
        return 1 if has_contactor or key in self._plant.controlled else 0

    def _moving_s(self, key: str, goal: Position) -> float:
        """Return how long the relays of a component take to close or to open, one after the other [s]."""
        component = self._plant.site.components[key]
        if isinstance(component, Breaker):
            return component.closing_time_s if goal is Position.ON else component.opening_time_s
        relays = 1 if self._plant.position(key) is Position.STANDBY else self._relays(key)
        return relays * RELAY_S

    def _require_relays(self, key: str) -> None:
        if not self._relays(key):
            raise UnsupportedError(f"{self._named(key)} and has nothing to switch")

    def _require_whole(self, key: str) -> None:
        tripped = self._plant.error(key)
        if tripped is not None:
            raise WrongStateError(f"{tripped.message}; acknowledge the error first")

    def _named(self, key: str) -> str:
        return f"{key} is a {self._plant.site.components[key].category}"
