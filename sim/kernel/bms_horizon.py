"""How long, and within what, nothing near a battery's thresholds can happen.

All on the safe side: the greatest current that a power can mean, resistances above the present ones, the fastest
warming and the fastest cooling.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from ...models.battery import (
    BatteryParams,
    BatteryState,
    Resistances,
    battery_charging_ohm,
    battery_lag,
    battery_resistances,
)
from ...models.bms import RELAYS_OPEN, BmsParams, BmsState
from ...models.bms_balance import spread_event_s
from ...models.diffusion import bulk_soc, current_to_voltage
from ...models.tables import table_value, table_value_beyond

SOC_ROOM = 0.02
WARMTH_ROOM_K = 2.0
AMBIENT_ROOM_K = 5.0
"""How far SoC, temperature and ambient temperature may move before a system looks again."""
_SOC_BEYOND = 0.03
"""That of SoC, and as far as a battery goes in a step."""
_COLDER_OHM = 1.3
"""On resistances: more than what 2 K and 3 % SoC change."""
_WIDER = 2.0
"""On the heat of hysteresis: over that of the widest loop near, which may be narrower where the battery is."""
_BELOW = 0.999
_KELVIN = 273.15
LONGEST_HORIZON_S = 86_400.0
"""After this a system looks again anyway."""


class SafePower(NamedTuple):
    """Power and current that bring a battery to no threshold, for the voltages that it may come to."""

    lower_w: float
    """Least power, <= 0 [W]."""
    upper_w: float
    """Greatest power, >= 0 [W]."""
    most_a: float
    """Greatest current that flows within them [A]."""
    heat_w: float
    """Most heat that is lost then [W]."""
    is_there: bool
    """False if a threshold is near whatever the power."""


class HeatRange(NamedTuple):
    """What a pack's auxiliaries may set free in its cells and take out of them at most [W], >= 0."""

    most_w: float
    most_cold_w: float


NO_HEAT = HeatRange(0.0, 0.0)


def may_charge(params: BmsParams, temperature_c: float) -> bool:
    """Say whether no threshold of temperature that counts while charging is passed."""
    return (
        params.undertemperature_charging.warning
        < temperature_c
        < params.overtemperature_charging.warning
    )  # fmt: skip


def safe_power(params: BmsParams, cells: BatteryParams, own: BatteryState, relays: int) -> SafePower:
    """Return which power is far from all thresholds of voltage and current, and of temperature while charging.

    Args:
        params: The management system.
        cells: The battery.
        own: Its state.
        relays: Open, or closed.
    """
    found = battery_resistances(cells, own)
    resistance = _COLDER_OHM * (found.r0 + found.r1 + found.r2)
    lead, per_amp = _lead(cells, own)
    least_soc, most_soc = max(own.soc - _SOC_BEYOND, 0.0), min(own.soc + _SOC_BEYOND, 1.0)
    charging_ohm = resistance + _COLDER_OHM * max(
        battery_charging_ohm(cells, own, least_soc), battery_charging_ohm(cells, own, most_soc)
    )
    half_v = _half_v(cells, least_soc, own.soc, most_soc)
    below_v = (
        min(own.rc1_voltage_v, 0.0)
        + min(own.rc2_voltage_v, 0.0)
        + min(own.hysteresis_voltage_v, 0.0 - half_v)
    )
    above_v = (
        max(own.rc1_voltage_v, 0.0) + max(own.rc2_voltage_v, 0.0) + max(own.hysteresis_voltage_v, half_v)
    )
    least_v = table_value_beyond(cells.ocv_v, least_soc + min(lead, 0.0)) + below_v
    most_v = table_value_beyond(cells.ocv_v, most_soc + max(lead, 0.0)) + above_v
    over_v = params.cells_in_series * params.overvoltage.warning
    under_v = params.cells_in_series * params.undervoltage.warning
    rise_v, fall_v = over_v - most_v, least_v - under_v
    if rise_v <= 0.0 or fall_v <= 0.0 or least_v <= 0.0:
        return SafePower(0.0, 0.0, 0.0, 0.0, False)
    charge_a = _BELOW * params.overcurrent_charging.warning
    discharge_a = _BELOW * params.overcurrent_discharging.warning
    if per_amp > 0.0:
        ocv, over_v, under_v = cells.ocv_v, over_v - above_v, under_v - below_v
        charge_a = current_to_voltage(ocv, most_soc, lead, per_amp, charging_ohm, over_v, charge_a, 1.0)
        discharge_a = current_to_voltage(
            ocv, least_soc, lead, per_amp, resistance, under_v, discharge_a, -1.0
        )
    else:
        if charging_ohm > 0.0:
            charge_a = min(charge_a, rise_v / charging_ohm)
        if resistance > 0.0:
            discharge_a = min(discharge_a, fall_v / resistance)
    if not may_charge(params, own.temperature_c) or relays == RELAYS_OPEN:
        charge_a = 0.0
    if relays == RELAYS_OPEN:
        discharge_a = 0.0
    drawn_a = min(discharge_a, cells.discharge_current_max_a)
    most_a = max(min(charge_a, cells.charge_current_max_a), drawn_a)
    least_v = table_value_beyond(cells.ocv_v, least_soc + min(lead, 0.0 - per_amp * discharge_a)) + below_v
    most_v = table_value_beyond(cells.ocv_v, most_soc + max(lead, per_amp * most_a)) + above_v
    heat_w = charging_ohm * most_a * most_a + cells.self_discharge_a * most_v + _settling_w(found, own)
    heat_w += (1.0 - _least_kept(cells, least_soc, most_soc)) * most_a * most_v
    if cells.hysteresis_f > 0.0:
        held_v = max(half_v, abs(own.hysteresis_voltage_v))
        heat_w += _WIDER * held_v * held_v / half_v * most_a
    heat_w += _levelling_w(cells, own, max(abs(lead), per_amp * most_a))
    lower_w = 0.0 - discharge_a * (least_v - resistance * discharge_a)
    # After a long discharge the RC pairs hold the voltage down, and a power means more current.
    lowest_v = least_v - _COLDER_OHM * (found.r1 + found.r2) * drawn_a
    return SafePower(lower_w, charge_a * lowest_v, most_a, heat_w, True)


def safe_time_s(
    params: BmsParams,
    state: BmsState,
    cells: BatteryParams,
    own: BatteryState,
    ambient_c: float,
    power: SafePower,
    auxiliaries: HeatRange = NO_HEAT,
) -> float:
    """Return for how long no threshold of temperature, or of the spread of cells, can be reached [s].

    Args:
        params: The management system.
        state: Its state.
        cells: The battery.
        own: Its state.
        ambient_c: Of the air [°C].
        power: What flows stays within this.
        auxiliaries: What they may do to the cells.
    """
    temperature_c, slope = own.temperature_c, cells.ocv_slope_v_per_k
    above_c, below_c = params.overtemperature.warning, -math.inf
    if may_charge(params, temperature_c):
        above_c = min(above_c, params.overtemperature_charging.warning)
        below_c = params.undertemperature_charging.warning
    if temperature_c >= above_c:
        return 0.0
    steepest = max(
        abs(table_value(slope, max(own.soc - _SOC_BEYOND, 0.0))),
        abs(table_value(slope, own.soc)),
        abs(table_value(slope, min(own.soc + _SOC_BEYOND, 1.0))),
    )
    reaction_w = (
        (temperature_c + WARMTH_ROOM_K + _KELVIN) * steepest * (power.most_a + cells.self_discharge_a)
    )
    room_k = AMBIENT_ROOM_K + WARMTH_ROOM_K
    warming_w = power.heat_w + reaction_w + auxiliaries.most_w
    warming_w += cells.heat_loss_w_per_k * max(ambient_c - temperature_c + room_k, 0.0)
    cooling_w = reaction_w + cells.heat_loss_w_per_k * max(temperature_c - ambient_c + room_k, 0.0)
    cooling_w += auxiliaries.most_cold_w
    is_balancing = state.balancing == 1
    time_s = min(
        spread_event_s(params.balance, state.spread, 0.0, is_balancing),
        spread_event_s(params.balance, state.spread, power.most_a, is_balancing),
        LONGEST_HORIZON_S,
    )
    if warming_w > 0.0:
        time_s = min(time_s, (above_c - temperature_c) * cells.heat_capacity_j_per_k / warming_w)
    if cooling_w > 0.0:
        time_s = min(time_s, (temperature_c - below_c) * cells.heat_capacity_j_per_k / cooling_w)
    return time_s


def safe_soc(params: BmsParams, state: BmsState, soc: float) -> tuple[float, float]:
    """Return within which SoC a look would find the same, balancing included."""
    lower_soc, upper_soc = soc - SOC_ROOM, soc + SOC_ROOM
    if state.balancing == 1 or state.spread >= params.balance.start - 1e-9:
        if soc >= params.balance.soc:
            lower_soc = max(lower_soc, params.balance.soc)
        else:
            upper_soc = min(upper_soc, params.balance.soc)
    return lower_soc, upper_soc


def _half_v(cells: BatteryParams, least_soc: float, soc: float, most_soc: float) -> float:
    """Return the greatest half-width of hysteresis that a battery may come to [V]; 0 if it has none."""
    if cells.hysteresis_f <= 0.0:
        return 0.0
    half_v = cells.hysteresis_v
    return max(table_value(half_v, least_soc), table_value(half_v, soc), table_value(half_v, most_soc))


def _least_kept(cells: BatteryParams, least_soc: float, most_soc: float) -> float:
    accepted = cells.charge_acceptance
    return min(table_value(accepted, least_soc), table_value(accepted, most_soc))


def _settling_w(found: Resistances, own: BatteryState) -> float:
    """Return the heat of RC pairs that settle [W]."""
    heat_w = 0.0
    if found.r1 > 0.0:
        heat_w += own.rc1_voltage_v * own.rc1_voltage_v / found.r1
    if found.r2 > 0.0:
        heat_w += own.rc2_voltage_v * own.rc2_voltage_v / found.r2
    return heat_w


def _lead(cells: BatteryParams, own: BatteryState) -> tuple[float, float]:
    """Return the lead of the particles' surface, and the most that a current holds of it [1/A]; 0 if there is none."""
    if cells.diffusion_gain_h <= 0.0:
        return 0.0, 0.0
    return own.surface_lead, _COLDER_OHM * battery_lag(cells, own).per_amp


def _levelling_w(cells: BatteryParams, own: BatteryState, lead: float) -> float:
    """Return the most heat of charge that levels out [W]."""
    if cells.diffusion_gain_h <= 0.0:
        return 0.0
    lag = battery_lag(cells, own)
    fall_v = table_value_beyond(cells.ocv_v, own.soc + _SOC_BEYOND + lead)
    fall_v -= table_value_beyond(cells.ocv_v, bulk_soc(own.soc - _SOC_BEYOND, lead, lag.surface_share))
    coulombs = cells.charge_capacity_ah * 3600.0 * own.capacity_share
    return _COLDER_OHM * lag.surface_share * coulombs * lead / lag.time_constant_s * fall_v
