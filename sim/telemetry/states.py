"""What components say that they are doing."""

from __future__ import annotations

from ..components.battery import Battery
from ..components.battery_inverter import BatteryInverter
from ..components.breaker import Breaker
from ..components.device import Activity
from ..components.ev_charger import EvCharger
from ..components.hybrid_inverter import HybridInverter
from ..components.precharger import Precharger
from ..components.pv_inverter import PvInverter
from ..domain.states import StateCode
from ..domain.switching import Position
from ..plant.plant import Plant
from .charger_status import charger_status

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


def component_states(plant: Plant, key: str) -> tuple[StateCode, ...]:
    """Return the state codes of a component: what it is doing, then its relay or cable.

    Clients judge health by these sets, and some take any further code for a fault: so no more than is needed.
    """
    return (_doing(plant, key), *_besides(plant, key))


def _doing(plant: Plant, key: str) -> StateCode:
    position = plant.position(key)
    if plant.error(key) is not None:
        return StateCode.ERROR
    if position is not Position.ON:
        return _SWITCHED[position]
    if plant.is_cut_off(key):
        return StateCode.OFF
    if plant.held_off_by(key):
        return StateCode.STANDBY
    return _BY_ITSELF.get(plant.activity(key)) or _working(plant, key)


def _working(plant: Plant, key: str) -> StateCode:
    match plant.site.components[key]:
        case Battery():
            return _activity(plant.flows().battery_dc_w[key])
        case PvInverter() if plant.is_idle(key):
            # Without sun it has switched off its converter.
            return StateCode.STANDBY
        case EvCharger():
            return StateCode.CHARGING if charger_status(plant, key).is_charging else StateCode.READY
        case BatteryInverter() | HybridInverter() if plant.is_idle(key):
            return StateCode.READY
        case _ if key in plant.equipment.ratings:
            return (
                StateCode.READY if _draws_its_least(plant, key) else _activity(plant.flows().ac[key].active_w)
            )
        case _:
            return StateCode.READY


def _draws_its_least(plant: Plant, key: str) -> bool:
    """Say whether a device draws no more than what it needs to be ready."""
    rating, active_w = plant.equipment.ratings[key], plant.flows().ac[key].active_w
    if rating.active is None:
        return True
    return abs(active_w) < rating.minimum_w or 0.0 < active_w <= rating.active.lower


def _besides(plant: Plant, key: str) -> tuple[StateCode, ...]:
    match plant.site.components[key]:
        case Battery() | Breaker():
            return _relay(plant, key)
        case Precharger():
            return _precharger(plant.position(key))
        case EvCharger():
            return charger_status(plant, key).cable
        case _:
            return ()


def _relay(plant: Plant, key: str) -> tuple[StateCode, ...]:
    if key in plant.tripped or plant.position(key) is Position.OFF:
        return (StateCode.RELAY_OPEN,)
    return (StateCode.RELAY_CLOSED,) if plant.position(key) is Position.ON else ()


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
