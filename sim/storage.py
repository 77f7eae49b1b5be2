"""What surrounds the cells of a battery, made from what a site file says: management system and ageing."""

from __future__ import annotations

from typing import Any, TypeVar

from ..models.ageing import AgeingParams, CalendarParams, CycleParams
from ..models.battery import BatteryParams, BatteryState
from ..models.bms import RELAYS_CLOSED, BmsParams, BmsState, bms_initial_state
from ..models.tables import table_value
from .devices import battery_params
from .presets import battery_chemistry
from .presets_bms import ageing_preset
from .site import Battery
from .site_battery import managed

Law = TypeVar("Law", CalendarParams, CycleParams)
_TABLE = 21
"""Entries of every table of ageing, so that those of different chemistries are alike in a compiled run."""


def management_params(battery: Battery) -> BmsParams:
    """Return the management system of a battery."""
    return managed(battery.preset, battery_params(battery), battery.bms)


def ageing_params(battery: Battery) -> AgeingParams | None:
    """Return how a battery ages; None if it does not."""
    if battery.ageing == 0.0:
        return None
    params = ageing_preset(battery_chemistry(battery.preset), battery.ageing)
    return params._replace(
        capacity_by_time=_even(params.capacity_by_time),
        capacity_by_use=_even(params.capacity_by_use),
        resistance_by_time=_even(params.resistance_by_time),
        resistance_by_use=_even(params.resistance_by_use),
    )


def first_management(
    battery: Battery, params: BmsParams, cells: BatteryParams, state: BatteryState
) -> BmsState:
    """Return a management system with closed relays."""
    voltage_v = table_value(cells.ocv_v, state.soc)
    return bms_initial_state(params, RELAYS_CLOSED, voltage_v, battery.initial_spread)


def _even(law: Law) -> Law:
    tables: dict[str, Any] = {
        name: tuple(table_value(values, place / (_TABLE - 1)) for place in range(_TABLE))
        for name, values in law._asdict().items()
        if isinstance(values, tuple) and len(values) != _TABLE
    }
    return law._replace(**tables)
