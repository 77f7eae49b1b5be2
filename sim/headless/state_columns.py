"""States of batteries, inverters and meters, as far as what flows tells them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..components.battery import Battery
from ..components.battery_inverter import BatteryInverter
from ..components.grid_connection_point import GridConnectionPoint
from ..components.hybrid_inverter import HybridInverter
from ..components.meter import Meter
from ..components.pv_inverter import PvInverter
from ..components.registry import Component
from ..domain.states import StateCode
from ..recording.columns import Words

_IDLE, _CHARGING, _DISCHARGING, _CUT_OFF, _OPEN = range(5)


def told_states(
    component: Component,
    power_w: npt.NDArray[np.float64],
    is_closed: npt.NDArray[np.int8],
    is_cut_off: npt.NDArray[np.int8],
) -> Words | None:
    """Return the states of a component at every sample, or None where more than power decides.

    Args:
        component: As the site file has it.
        power_w: Direct current power of batteries and of the bridges of their inverters, else active power [W].
        is_closed: Whether it is switched on and whole.
        is_cut_off: Whether the grid does not reach it.
    """
    texts = _texts(component)
    if texts is None:
        return None
    codes = np.where(power_w > 0.0, _CHARGING, np.where(power_w < 0.0, _DISCHARGING, _IDLE))
    if isinstance(component, PvInverter):
        codes[power_w > 0.0] = _IDLE
    codes[is_cut_off != 0] = _CUT_OFF
    codes[is_closed == 0] = _OPEN
    return codes.astype(np.int32), texts


def _texts(component: Component) -> list[str] | None:
    """Return what is said in each condition; relays and the like included."""
    match component:
        case Battery():
            relay = [StateCode.RELAY_CLOSED.value] * 4 + [StateCode.RELAY_OPEN.value]
            return [f"{word} {more}" for word, more in zip(_words(StateCode.READY), relay, strict=True)]
        case PvInverter():
            return _words(StateCode.STANDBY)
        case BatteryInverter() | HybridInverter():
            return _words(StateCode.READY)
        case Meter() | GridConnectionPoint():
            ready = StateCode.READY.value
            return [ready, ready, ready, StateCode.OFF.value, StateCode.ERROR.value]
        case _:
            return None


def _words(idle: StateCode) -> list[str]:
    codes = (idle, StateCode.CHARGING, StateCode.DISCHARGING, StateCode.OFF, StateCode.ERROR)
    return [code.value for code in codes]
