"""Named sets of parameters for the management and the ageing of batteries."""

from __future__ import annotations

from functools import cache
from typing import Any

from ..models.ageing import AgeingParams, CalendarParams, CycleParams, check_ageing
from ..models.battery import BatteryParams
from ..models.bms import BmsParams, check_bms
from ..models.bms_balance import BalanceParams
from ..models.bms_link import LinkParams
from ..models.bms_protection import ProtectionParams
from ..models.parameter import check_parameters
from .preset_files import find_preset, preset_names

_VOLTAGES_AND_TEMPERATURES = (
    "overvoltage",
    "undervoltage",
    "overtemperature_charging",
    "overtemperature",
    "undertemperature_charging",
)


def bms_preset_names() -> tuple[str, ...]:
    """Return the names that `bms_preset` accepts: chemistries."""
    return preset_names("bms")


def ageing_preset_names() -> tuple[str, ...]:
    """Return the names that `ageing_preset` accepts: chemistries."""
    return preset_names("ageing")


def bms_preset(name: str, battery: BatteryParams) -> BmsParams:
    """Return the management system of a battery.

    Args:
        name: Chemistry.
        battery: The pack, whose greatest voltage tells the cells in series and whose rated currents and power the
            rest is scaled to.

    Raises:
        ValueError: If there is no such preset; says which there are.
        ParameterError: If the result could not work.
    """
    values = find_preset("bms", "battery management preset", name)
    gear = values["switchgear"]
    rated_kw = max(battery.charge_power_max_w, battery.discharge_power_max_w) / 1e3
    capacitance_f = gear["link_capacitance_f_per_kw"] * rated_kw
    params = BmsParams(
        cells_in_series=float(round(battery.voltage_max_v / values["cell_voltage_max_v"])),
        **{key: ProtectionParams(**values[key]) for key in _VOLTAGES_AND_TEMPERATURES},
        overcurrent_charging=_of_current(values["overcurrent_charging"], battery.charge_current_max_a),
        overcurrent_discharging=_of_current(
            values["overcurrent_discharging"], battery.discharge_current_max_a
        ),
        link=LinkParams(
            capacitance_f,
            gear["precharge_time_constant_s"] / capacitance_f,
            gear["discharge_time_constant_s"] / capacitance_f,
            gear["charged_share"],
        ),
        precharge_timeout_s=gear["precharge_timeout_s"],
        relay_s=gear["relay_s"],
        balance=BalanceParams(charge_capacity_ah=battery.charge_capacity_ah, **values["balance"]),
    )
    check_parameters(params)
    check_bms(params)
    return params


@cache
def ageing_preset(name: str, pace: float = 1.0) -> AgeingParams:
    """Return how a chemistry ages.

    Args:
        name: Chemistry.
        pace: 1: as published; 0: not at all; more: as if time and charge went by that much faster.

    Raises:
        ValueError: If there is no such preset; says which there are.
        ParameterError: If the pace is below 0.
    """
    values = find_preset("ageing", "ageing preset", name)
    params = AgeingParams(
        pace,
        CalendarParams(**_with_tuples(values["capacity_by_time"])),
        CycleParams(**_with_tuples(values["capacity_by_use"])),
        CalendarParams(**_with_tuples(values["resistance_by_time"])),
        CycleParams(**_with_tuples(values["resistance_by_use"])),
        values["turn_gap"],
    )
    check_parameters(params)
    check_ageing(params)
    return params


def _of_current(values: dict[str, float], rated_a: float) -> ProtectionParams:
    scaled = {key: value if key == "delay_s" else value * rated_a for key, value in values.items()}
    return ProtectionParams(**scaled)


def _with_tuples(values: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in values.items()}
