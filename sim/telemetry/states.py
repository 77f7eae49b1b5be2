"""What components say that they are doing."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from ..components.device import Activity
from ..components.rating import Rating
from ..components.registry import type_of
from ..components.switchgear import Shown
from ..domain.states import Diagnostic, StateCode
from ..domain.switching import Position
from ..plant.plant import Plant
from .charger_status import ChargerStatus, is_charging_point

_SWITCHED = {
    Position.STANDBY: StateCode.STANDBY,
    Position.OFF: StateCode.OFF,
    Position.SWITCHING_ON: StateCode.SWITCHING_ON,
    Position.PRECHARGING: StateCode.SWITCHING_ON,
    Position.SWITCHING_OFF: StateCode.SWITCHING_OFF,
}
_BY_ITSELF: dict[Activity | None, StateCode] = {
    Activity.RESTING: StateCode.READY,
    Activity.WAITING: StateCode.STANDBY,
    Activity.TOO_HOT: StateCode.STANDBY,
    Activity.STARTING: StateCode.SWITCHING_ON,
    Activity.STOPPING: StateCode.SWITCHING_OFF,
}
"""What a machine says of itself; in any other activity its power tells."""


_BY_POWER = (StateCode.CHARGING, StateCode.DISCHARGING, StateCode.READY)
_RELAY = (StateCode.RELAY_OPEN, StateCode.RELAY_CLOSED)
_PRECHARGER = (StateCode.PRECHARGER_OPEN, StateCode.PRECHARGER_PRECHARGING, StateCode.PRECHARGER_CLOSED)
_CABLE = tuple(code for code in StateCode if code.startswith("EV_CHARGING_CABLE"))


class StateCauses(NamedTuple):
    """What a component's states go by besides its power."""

    error: Diagnostic | None
    position: Position
    is_cut_off: int
    held_off_by: int
    """Departure of the grid that holds it off; 0 for none."""
    activity: Activity | None
    charger: ChargerStatus | None
    """None of what is no charging point."""


class StateReader(NamedTuple):
    """What reads the state codes of a component."""

    read: Callable[[StateCauses], tuple[StateCode, ...]]
    """Returns what it is doing, then its relay or cable."""
    possible: frozenset[StateCode]
    """All codes that it may have, whatever happens."""


def state_reader(plant: Plant, key: str) -> StateReader:
    """Return what reads the state codes of a component.

    Clients judge health by these sets, and some take any further code for a fault: so no more than is needed.
    """
    working, by_working = _working(plant, key)
    besides, by_besides = _besides(plant, key)

    def read(now: StateCauses) -> tuple[StateCode, ...]:
        if now.error is not None:
            doing = StateCode.ERROR
        elif now.position is not Position.ON:
            doing = _SWITCHED[now.position]
        elif now.is_cut_off:
            doing = StateCode.OFF
        elif now.held_off_by:
            doing = StateCode.STANDBY
        else:
            doing = _BY_ITSELF.get(now.activity) or working(now)
        return (doing,) if besides is None else (doing, *besides(now))

    machine = plant.equipment.machines.get(key)
    has_activity = machine is not None and machine.activity is not None
    possible = {StateCode.OFF, *by_working, *by_besides}
    if plant.can_trip(key) or has_activity or key == plant.equipment.grid_key:
        possible.add(StateCode.ERROR)
    if plant.can_trip(key) or type_of(plant.site.components[key]).switchgear(plant.site.components[key]):
        possible |= set(_SWITCHED.values())
    if has_activity:
        possible |= set(_BY_ITSELF.values())
    return StateReader(read, frozenset(possible))


def _working(plant: Plant, key: str) -> tuple[Callable[[StateCauses], StateCode], tuple[StateCode, ...]]:
    """Return what tells what a component does whose activity says nothing, and all that it may tell."""
    if is_charging_point(plant, key):
        return _charging, (StateCode.CHARGING, StateCode.READY)
    if key in plant.equipment.batteries:
        memory = plant.operating_point.memory
        number = plant.places.batteries[key]
        return lambda _now: _activity(memory.batteries[number].dc_w), _BY_POWER
    if key not in plant.equipment.ratings:
        return lambda _now: StateCode.READY, (StateCode.READY,)
    idle = type_of(plant.site.components[key]).resting_state
    rating, readings = plant.equipment.ratings[key], plant.readings

    def by_power(_now: StateCauses) -> StateCode:
        if idle is not None and readings.is_idle(key):
            return idle
        power_w = readings.active_power_w(key)
        return StateCode.READY if _is_least(rating, power_w) else _activity(power_w)

    return by_power, _BY_POWER if idle is None else (idle, *_BY_POWER)


def _charging(now: StateCauses) -> StateCode:
    assert now.charger is not None
    return StateCode.CHARGING if now.charger.is_charging else StateCode.READY


def _is_least(rating: Rating, power_w: float) -> bool:
    """Say whether a device draws no more than what it needs to be ready."""
    if rating.active is None:
        return True
    return abs(power_w) < rating.least_w(power_w) or 0.0 < power_w <= rating.active.lower


def _besides(
    plant: Plant, key: str
) -> tuple[Callable[[StateCauses], tuple[StateCode, ...]] | None, tuple[StateCode, ...]]:
    if is_charging_point(plant, key):
        return lambda now: () if now.charger is None else now.charger.cable, _CABLE
    component = plant.site.components[key]
    gear, switching = type_of(component).switchgear(component), plant.switching
    match None if gear is None else gear.shown:
        case Shown.RELAY:
            return lambda now: _relay(key in switching.tripped, now.position), _RELAY
        case Shown.PRECHARGER:
            return lambda now: _precharger(now.position), _PRECHARGER
        case _:
            return None, ()


def _relay(has_tripped: bool, position: Position) -> tuple[StateCode, ...]:
    if has_tripped or position is Position.OFF:
        return (StateCode.RELAY_OPEN,)
    return (StateCode.RELAY_CLOSED,) if position is Position.ON else ()


def _precharger(position: Position) -> tuple[StateCode, ...]:
    match position:
        case Position.OFF:
            return (StateCode.PRECHARGER_OPEN,)
        case Position.PRECHARGING | Position.SWITCHING_ON:
            return (StateCode.PRECHARGER_PRECHARGING,)
        case Position.ON:
            return (StateCode.PRECHARGER_CLOSED,)
        case _:
            return ()


def _activity(power_w: float) -> StateCode:
    if power_w > 0.0:
        return StateCode.CHARGING
    return StateCode.DISCHARGING if power_w < 0.0 else StateCode.READY
