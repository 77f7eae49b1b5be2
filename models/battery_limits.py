"""What the management system (BMS) of a battery lets through its terminals: power, current, and where SoC stops."""

from __future__ import annotations

from typing import NamedTuple

from .battery import (
    BatteryParams,
    BatteryState,
    battery_lag,
    battery_resistances,
    kelvin_of,
    leak_a,
    resistance_factors,
    resistances_at,
)
from .diffusion import current_to_voltage
from .tables import table_value, table_value_beyond

_SOC_DEAD_BAND = 1e-4
"""This near a limit of SoC the BMS counts it as reached: a full battery does not chase its self-discharge."""
_SOC_AHEAD = 0.02
"""How far ahead of a discharge resistances count for the power that it may have."""


class SocLimits(NamedTuple):
    """Where SoC stops."""

    lower: float
    """Discharging."""
    upper: float
    """Charging."""


def soc_limits(params: BatteryParams, state: BatteryState) -> SocLimits:
    """Return the limits of SoC that hold now, or where the cells end before those."""
    return SocLimits(
        max(params.soc_lower + state.soc_lower_shift, 0.0),
        min(params.soc_upper + state.soc_upper_shift, 1.0),
    )


def soc_limits_at(
    params: BatteryParams, state: BatteryState, power_w: float, auxiliary_w: float
) -> SocLimits:
    """Return the limits of SoC for a power [W]: none below for what the pack draws itself, and no more than that."""
    ends = soc_limits(params, state)
    return SocLimits(0.0, ends.upper) if power_w >= -auxiliary_w and auxiliary_w > 0.0 else ends


def battery_power_limits(params: BatteryParams, state: BatteryState) -> tuple[float, float]:
    """Return the power that the BMS allows to hold, discharging (<= 0) and charging (>= 0) [W].

    The least of: rated power; the rated current; the current that brings the terminals to a voltage limit
    once the RC pairs and hysteresis have settled, and the lead of the particles' surface as well unless it is farther
    now (so a power within the limits stays within the voltages). The result falls
    linearly to zero over the derating ranges of SoC and temperature, whichever says less; within 0.01 % of a
    limit of SoC it is zero.
    """
    discharge_w, charge_w = _full_power_w(params, state)
    ends = soc_limits(params, state)
    charge_factor = min(
        _soc_factor(ends.upper - state.soc, params.soc_derating_width),
        _temperature_factor(params.charge_temperatures_c, state.temperature_c),
    )
    discharge_factor = min(
        _soc_factor(state.soc - ends.lower, params.soc_derating_width),
        _temperature_factor(params.discharge_temperatures_c, state.temperature_c),
    )
    return -discharge_w * discharge_factor, charge_w * charge_factor


def battery_most_given_w(params: BatteryParams, state: BatteryState) -> float:
    """Return the power that the cells can give to what is part of their pack, >= 0 [W].

    Currents and voltages limit it as they do `battery_power_limits`; SoC and temperature do not.
    """
    return max(_full_power_w(params, state)[0], 0.0)


def _full_power_w(params: BatteryParams, state: BatteryState) -> tuple[float, float]:
    """Return the powers that discharge and charge within ratings and voltages, before they are derated [W]."""
    ocv = table_value(params.ocv_v, state.soc)
    factors = resistance_factors(params, kelvin_of(state.temperature_c), state.resistance_factor)
    r0, r1, r2 = resistances_at(params, factors, state.soc)
    resistance = r0 + r1 + r2
    charging_ohm = resistance + factors.r0 * table_value(params.charging_ohm, state.soc)
    charge_a, discharge_a = params.charge_current_max_a, params.discharge_current_max_a
    charge_v, discharge_v = ocv, ocv
    above_v, below_v = 0.0, 0.0
    if params.hysteresis_f > 0.0:
        half_v = table_value(params.hysteresis_v, state.soc)
        above_v, below_v = max(half_v, state.hysteresis_voltage_v), max(half_v, -state.hysteresis_voltage_v)
    if params.diffusion_gain_h > 0.0:
        soc, lead, per_amp = state.soc, state.surface_lead, battery_lag(params, state).per_amp
        # Towards empty, resistances grow steeply while a power is held.
        ahead = resistances_at(params, factors, soc - _SOC_AHEAD)
        falling_ohm = max(resistance, ahead.r0 + ahead.r1 + ahead.r2)
        charge_a = current_to_voltage(
            params.ocv_v, soc, lead, per_amp, charging_ohm, params.voltage_max_v - above_v, charge_a, 1.0
        )
        discharge_a = current_to_voltage(
            params.ocv_v, soc, lead, per_amp, falling_ohm, params.voltage_min_v + below_v, discharge_a, -1.0
        )
        charge_v = table_value_beyond(params.ocv_v, soc + min(lead, 0.0))
        discharge_v = table_value_beyond(params.ocv_v, soc + min(lead, -per_amp * discharge_a))
        resistance = falling_ohm
    else:
        if charging_ohm > 0.0:
            charge_a = min(charge_a, max(params.voltage_max_v - above_v - ocv, 0.0) / charging_ohm)
        if resistance > 0.0:
            discharge_a = min(discharge_a, max(ocv - below_v - params.voltage_min_v, 0.0) / resistance)
    charge_v += min(state.hysteresis_voltage_v, 0.0) if params.hysteresis_f > 0.0 else 0.0
    charge_w = min(charge_a * charge_v, params.charge_power_max_w)
    discharge_v -= below_v
    discharge_w = min(discharge_a * (discharge_v - discharge_a * resistance), params.discharge_power_max_w)
    return discharge_w, charge_w


def battery_sagged_v(params: BatteryParams, state: BatteryState, discharge_a: float) -> float:
    """Return the least voltage to which the terminals sag while a current discharges, at the present SoC [V].

    That is once RC pairs, hysteresis and the surface of the particles have settled.

    Args:
        params: Of the battery.
        state: Of the battery.
        discharge_a: The current, >= 0 [A].
    """
    r0, r1, r2 = battery_resistances(params, state)
    rest_v = table_value(params.ocv_v, state.soc)
    if params.diffusion_gain_h > 0.0:
        lead = min(state.surface_lead, -battery_lag(params, state).per_amp * discharge_a)
        rest_v = min(rest_v, table_value_beyond(params.ocv_v, state.soc + lead))
    if params.hysteresis_f > 0.0:
        rest_v -= max(table_value(params.hysteresis_v, state.soc), -state.hysteresis_voltage_v)
    return rest_v - discharge_a * (r0 + r1 + r2)


def _soc_factor(distance: float, width: float) -> float:
    return 0.0 if distance <= _SOC_DEAD_BAND else _ramp(distance, width)


def _ramp(distance: float, width: float) -> float:
    if distance <= 0.0:
        return 0.0
    return 1.0 if distance >= width else distance / width


def _temperature_factor(corners_c: tuple[float, float, float, float], temperature_c: float) -> float:
    cold = _ramp(temperature_c - corners_c[0], corners_c[1] - corners_c[0])
    hot = _ramp(corners_c[3] - temperature_c, corners_c[3] - corners_c[2])
    return min(cold, hot)


def current_limits_a(
    params: BatteryParams, soc: float, ends: SocLimits, share: float = 1.0
) -> tuple[float, float]:
    """Return the greatest currents that charge and discharge [A], >= 0.

    They are the rated ones, or a share of them, inside the limits of SoC. At the upper limit only what leaks out is
    kept, so that a full battery stays full however long the step; past a limit nothing carries the battery farther.
    """
    charge_a, discharge_a = share * params.charge_current_max_a, share * params.discharge_current_max_a
    if soc >= ends.upper:
        floating_a = leak_a(params, soc) / table_value(params.charge_acceptance, soc)
        charge_a = min(charge_a, floating_a) if soc == ends.upper else 0.0
    return charge_a, discharge_a if soc > ends.lower else 0.0


def stop_soc(ends: SocLimits, soc: float, current_a: float, stored_a: float, power_w: float) -> float:
    """Return the SoC that a current cannot pass; outside the limits it can only bring the battery back."""
    if stored_a > 0.0:
        return max(soc, ends.upper)
    if power_w > 0.0 and soc > ends.upper:
        return ends.upper  # from there on charging makes up for the leak
    return min(soc, ends.lower) if current_a < 0.0 else 0.0
