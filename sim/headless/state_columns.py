"""States of batteries, inverters and meters, as far as what flows tells them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..components.component_type import Way
from ..components.registry import type_of
from ..components.switchgear import Shown
from ..domain.states import StateCode
from ..plant.plant import Plant
from ..recording.columns import Words

_IDLE, _CHARGING, _DISCHARGING, _CUT_OFF, _OPEN = range(5)


def told_states(
    plant: Plant,
    key: str,
    power_w: npt.NDArray[np.float64],
    is_closed: npt.NDArray[np.int8],
    is_cut_off: npt.NDArray[np.int8],
) -> Words | None:
    """Return the states of a component at every sample, or None where more than power decides.

    Args:
        plant: That has the component.
        key: Of the component.
        power_w: Direct current power of batteries and of the bridges of their inverters, else active power [W].
        is_closed: Whether it is switched on and whole.
        is_cut_off: Whether the grid does not reach it.
    """
    texts = _texts(plant, key)
    if texts is None:
        return None
    codes = np.where(power_w > 0.0, _CHARGING, np.where(power_w < 0.0, _DISCHARGING, _IDLE))
    if key in plant.equipment.ratings and plant.equipment.ratings[key].only_produces:
        codes[power_w > 0.0] = _IDLE
    codes[is_cut_off != 0] = _CUT_OFF
    codes[is_closed == 0] = _OPEN
    return codes.astype(np.int32), texts


def _texts(plant: Plant, key: str) -> list[str] | None:
    """Return what is said in each condition; relays and the like included."""
    component = plant.site.components[key]
    kind = type_of(component)
    if kind.way is Way.NONE and not kind.is_passage:
        return [StateCode.READY.value] * 3 + [StateCode.OFF.value, StateCode.ERROR.value]
    if kind.resting_state is None:
        return None
    codes = (
        kind.resting_state,
        StateCode.CHARGING,
        StateCode.DISCHARGING,
        StateCode.OFF,
        StateCode.ERROR,
    )
    gear = kind.switchgear(component)
    if gear is None or gear.shown is not Shown.RELAY:
        return [code.value for code in codes]
    relays = [StateCode.RELAY_CLOSED] * 4 + [StateCode.RELAY_OPEN]
    return [f"{code} {relay}" for code, relay in zip(codes, relays, strict=True)]
