"""What components say that they are doing."""

from __future__ import annotations

from .plant import Plant
from .site import Battery, BatteryInverter, HybridInverter, PvInverter
from .site_devices import Breaker, EvCharger, FlexibleDevice, Precharger
from .switchgear import Position
from .vocabulary import StateCode

_SWITCHED = {
    Position.STANDBY: StateCode.STANDBY,
    Position.OFF: StateCode.OFF,
    Position.SWITCHING_ON: StateCode.SWITCHING_ON,
    Position.PRECHARGING: StateCode.SWITCHING_ON,
    Position.SWITCHING_OFF: StateCode.SWITCHING_OFF,
}


def component_states(plant: Plant, key: str) -> tuple[StateCode, ...]:
    """Return the state codes of a component: what it is doing, then its relay or cable.

    Clients judge health by these sets, and some take any further code for a fault: so no more than is needed.
    """
    return (_doing(plant, key), *_besides(plant, key))


def _doing(plant: Plant, key: str) -> StateCode:
    position = plant.position(key)
    if key in plant.state.tripped:
        return StateCode.ERROR
    if position is not Position.ON:
        return _SWITCHED[position]
    return StateCode.OFF if plant.is_cut_off(key) else _working(plant, key)


def _working(plant: Plant, key: str) -> StateCode:
    match plant.site.components[key]:
        case Battery():
            return _activity(plant.flows().battery_dc_w[key])
        case PvInverter() if plant.is_idle(key):
            # Without sun it has switched off its converter.
            return StateCode.STANDBY
        case BatteryInverter() | HybridInverter() if plant.is_idle(key):
            return StateCode.READY
        case BatteryInverter() | HybridInverter() | PvInverter() | FlexibleDevice():
            return _activity(plant.flows().ac[key].active_w)
        case _:
            return StateCode.READY


def _besides(plant: Plant, key: str) -> tuple[StateCode, ...]:
    match plant.site.components[key]:
        case Battery() | Breaker():
            return _relay(plant, key)
        case Precharger():
            return _precharger(plant.position(key))
        case EvCharger(car=car):
            if car is None or plant.input_value(key, "cable") < 0.5:
                return (StateCode.EV_CHARGING_CABLE_UNPLUGGED,)
            return (
                StateCode.EV_CHARGING_CABLE_LOCKED_AT_STATION,
                StateCode.EV_CHARGING_CABLE_LOCKED_AT_EV,
            )
        case _:
            return ()


def _relay(plant: Plant, key: str) -> tuple[StateCode, ...]:
    if key in plant.state.tripped or plant.position(key) is Position.OFF:
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
