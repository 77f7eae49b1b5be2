"""A battery at pack level: equivalent circuit, heat, and the limits that its management system (BMS) sets.

The circuit is an open-circuit voltage `U(soc)`, a series resistance `R0` and two RC pairs in series, a quick one
for charge transfer and a slow one for diffusion (G. L. Plett, "Battery Management Systems, Volume I: Battery
Modeling", Artech House 2015, chapter 2). With the current `i` positive when charging, the voltages `v1`, `v2` of
the pairs and the charge capacity `Q`:

    V = U(soc) + R0 i + v1 + v2        Ck dvk/dt = i - vk / Rk        Q dsoc/dt = i - i_leak

Each resistance depends on SoC by a table and on temperature by a part that follows Arrhenius' law. The capacitances
are constant, so the time constants `Rk Ck` grow in the cold as the resistances do.

Clients command power, not current. A step therefore looks for the constant current whose *mean* terminal
power over the step is the wanted one: along a constant current the charge is linear and the pairs exponential,
so energy, heat and voltages have closed forms, and the balance

    terminal energy = ∫ U dq + change of the pairs' C v² / 2 + heat

closes to rounding. The true current of a constant power drifts a little within the step; steps are cut so
that SoC moves by about 0.25 % at most, and short enough while charged RC pairs settle into heat.

Beside that heat the reaction itself sets free `T dU/dT` per charge, and takes it back when the charge returns
(D. Bernardi, E. Pawlikowski, J. Newman, "A General Energy Balance for Battery Systems", J. Electrochem. Soc. 132
(1985) 5, doi:10.1149/1.2113792). This reversible heat is no loss: `∫ U dq` counts what can be had back as work,
and the reversible heat passes between the warmth of the cells and the entropy of their charge, so it stands in
the heat balance of the cells and not in the balance above.

A cell that was charged rests above one that was discharged (`models/hysteresis.py`). Of the charging current only a
part may be kept (`charge_acceptance`); the rest, which makes gas in a lead-acid cell, is lost.

Left out: resistances that depend on the amount of the current, the change of `U` with temperature itself (some
0.1 mV per kelvin and cell), differences between cells. Ageing is another model's: it moves `capacity_share` and
`resistance_factor` of the state, which everything here respects.
"""

from __future__ import annotations

import math
from typing import Annotated, NamedTuple

from .circuit import Decay, ThermalBody, current_at_power, decay_over, rc_heat_j, temperature_after
from .diffusion import (
    NO_LAG,
    Lag,
    current_to_voltage,
    lag_of,
    levelled_over_j,
    levelling_w,
    stored_by_lead_v,
    surface_path,
)
from .hysteresis import NO_SIDES, hysteresis_s, sides_over
from .parameter import Parameter
from .tables import scaled_table, table_mean, table_value, table_value_beyond

_SOC_STEP = 0.0025
_SOC_TOUCH = 1e-9
"""Closer than this to an edge counts as having reached it."""
_SOC_DEAD_BAND = 1e-4
"""This near a limit of SoC the BMS counts it as reached: a full battery does not chase its self-discharge."""
_SOC_AHEAD = 0.02
"""How far ahead of a discharge resistances count for the power that it may have."""
_LEAD_REACH = 0.01
"""By how much the lead of the particles' surface may move before the limits change materially."""
_ROUNDS = 3
"""In which the current is found where the surface's way crosses a knot."""
_SETTLED_K = 0.01
"""RC pairs whose settling could not warm the cells by more count as settled."""
_SETTLED_SHARE = 0.001
"""In long parts they must also be nearer to where the current holds them than this of the open-circuit voltage."""
_SETTLING_LONG_S = 10.0
"""In longer parts than this, the temperature may change how quickly even cold RC pairs settle."""
_SETTLING_K = 1.0
"""By how much the cells' temperature may move in a part of a step while RC pairs settle."""
_SETTLING_LEAST_S = 0.01
"""Settling RC pairs do not make a part shorter than this."""
_SECONDS_PER_HOUR = 3600.0
_KELVIN = 273.15
_REFERENCE_K = 298.15
_COLDEST_C = -60.0

_RESISTANCE = Parameter("Ω", 0.0, 1e9, "chosen: far above any pack")
_COLDEST = Parameter("°C", -60.0, 100.0, "wider than any data sheet named in the presets")


class BatteryParams(NamedTuple):
    """A pack. Tables run over SoC 0..1 in even steps and hold values of the whole pack."""

    capacity_wh: Annotated[float, Parameter("Wh", 0.0, above=True)]
    """Nominal energy: what flows into the open-circuit voltage from empty to full."""
    charge_capacity_ah: Annotated[float, Parameter("Ah", 0.0, above=True)]
    """Charge from empty to full."""
    ocv_v: Annotated[tuple[float, ...], Parameter("V", 0.0, above=True)]
    """Open-circuit voltage over SoC, never falling."""
    ocv_slope_v_per_k: Annotated[tuple[float, ...], Parameter("V/K", -10.0, 10.0, "far above any reported")]
    """Change of the open-circuit voltage with temperature over SoC, which makes the reversible heat."""
    r0_ohm: Annotated[tuple[float, ...], _RESISTANCE]
    """Series resistance over SoC at 25 °C."""
    r1_ohm: Annotated[tuple[float, ...], _RESISTANCE]
    """Resistance of the quick RC pair over SoC at 25 °C."""
    r2_ohm: Annotated[tuple[float, ...], _RESISTANCE]
    """Resistance of the slow RC pair over SoC at 25 °C."""
    c1_f: Annotated[float, Parameter("F", 0.0)]
    """Capacitance of the quick RC pair."""
    c2_f: Annotated[float, Parameter("F", 0.0)]
    """Capacitance of the slow RC pair."""
    r0_activated_share: Annotated[float, Parameter("1", 0.0, 1.0)]
    """Part of R0 at 25 °C that follows Arrhenius' law; the rest does not change."""
    r1_activated_share: Annotated[float, Parameter("1", 0.0, 1.0)]
    """The same of R1."""
    r2_activated_share: Annotated[float, Parameter("1", 0.0, 1.0)]
    """The same of R2."""
    r0_activation_k: Annotated[float, Parameter("K", 0.0, 12_000.0, "100 kJ/mol: above any reported")]
    """Activation energy of that part of R0 over the gas constant."""
    r1_activation_k: Annotated[float, Parameter("K", 0.0, 12_000.0, "100 kJ/mol: above any reported")]
    """The same of R1."""
    r2_activation_k: Annotated[float, Parameter("K", 0.0, 12_000.0, "100 kJ/mol: above any reported")]
    """The same of R2."""
    voltage_min_v: Annotated[float, Parameter("V", 0.0, above=True)]
    """Least terminal voltage, more than half of the open-circuit voltage."""
    voltage_max_v: Annotated[float, Parameter("V", 0.0, above=True)]
    """Greatest terminal voltage."""
    charge_current_max_a: Annotated[float, Parameter("A", 0.0)]
    """Greatest charging current."""
    discharge_current_max_a: Annotated[float, Parameter("A", 0.0)]
    """Greatest discharging current."""
    charge_power_max_w: Annotated[float, Parameter("W", 0.0)]
    """Greatest charging power."""
    discharge_power_max_w: Annotated[float, Parameter("W", 0.0)]
    """Greatest discharging power."""
    soc_lower: Annotated[float, Parameter("1", 0.0, 1.0)]
    """Discharging stops here."""
    soc_upper: Annotated[float, Parameter("1", 0.0, 1.0)]
    """Charging stops here."""
    soc_derating_width: Annotated[float, Parameter("1", 0.0, 0.5)]
    """Range of SoC inside either limit over which power falls to zero."""
    charge_temperatures_c: Annotated[tuple[float, float, float, float], _COLDEST]
    """Charging is off below the first and above the last, at full power between the inner two."""
    discharge_temperatures_c: Annotated[tuple[float, float, float, float], _COLDEST]
    """The same for discharging."""
    heat_capacity_j_per_k: Annotated[float, Parameter("J/K", 0.0, above=True)]
    """Heat capacity of the cells, which have one temperature."""
    heat_loss_w_per_k: Annotated[float, Parameter("W/K", 0.0)]
    """Heat given to the air per kelvin above it."""
    self_discharge_a: Annotated[float, Parameter("A", 0.0)]
    """Leakage inside the cells."""
    charging_ohm: Annotated[tuple[float, ...], _RESISTANCE] = (0.0, 0.0)
    """Series resistance besides R0 while charging, over SoC at 25 °C; follows temperature and age as R0 does."""
    charge_acceptance: Annotated[tuple[float, ...], Parameter("1", 0.0, 1.0, above=True)] = (1.0, 1.0)
    """Part of the charging current that is kept as charge, over SoC; the rest is lost (gassing)."""
    hysteresis_v: Annotated[tuple[float, ...], Parameter("V", 0.0)] = (0.0, 0.0)
    """Half of the distance of the open-circuit voltages after charging and after discharging, over SoC."""
    hysteresis_f: Annotated[float, Parameter("F", 0.0)] = 0.0
    """Charge over that half within which 63 % of the way between the two is gone; 0 for no hysteresis."""
    diffusion_gain_h: Annotated[
        float, Parameter("h", 0.0, 1.0, "chosen: at 1C as much as the cell holds")
    ] = 0.0
    """Lead of the particles' surface over the mean SoC that a current holds, per C-rate, at 25 °C; 0 for none."""
    diffusion_time_constant_s: Annotated[float, Parameter("s", 0.0, 1e5, "chosen: a day")] = 0.0
    """With which that lead follows the current, at 25 °C; > 0 if there is one."""
    diffusion_activation_k: Annotated[
        float, Parameter("K", 0.0, 12_000.0, "100 kJ/mol: above any reported")
    ] = 0.0
    """Activation energy of both over the gas constant."""


class BatteryState(NamedTuple):
    """What a battery remembers."""

    soc: float
    """State of charge, 0..1, of what the battery can hold now."""
    rc1_voltage_v: float
    """Across the quick RC pair, positive after charging [V]."""
    rc2_voltage_v: float
    """Across the slow RC pair [V]."""
    temperature_c: float
    capacity_share: float = 1.0
    """Charge capacity over that of the new battery, > 0; falls with age."""
    resistance_factor: float = 1.0
    """Resistances over those of the new battery, >= 0; grows with age."""
    surface_lead: float = 0.0
    """SoC at the surface of the particles less the mean, positive after charging."""
    hysteresis_voltage_v: float = 0.0
    """Open-circuit voltage above the mean of those after charging and after discharging [V]."""


class BatteryInput(NamedTuple):
    """What acts on a battery during a step."""

    power_w: float
    """Wanted at the DC terminals [W], charging positive."""
    ambient_c: float


class BatteryOutput(NamedTuple):
    """What a battery shows at its terminals."""

    power_w: float
    """Power really taken up [W], charging positive."""
    voltage_v: float
    current_a: float
    """Charging positive [A]."""
    loss_w: float
    """Heat lost for good, >= 0 [W]."""
    reversible_heat_w: float
    """Heat of the reaction besides, negative where it cools the cells [W]."""


class Resistances(NamedTuple):
    """The three resistances of the circuit, or factors on them."""

    r0: float
    r1: float
    r2: float


class _Advance(NamedTuple):
    state: BatteryState
    duration_s: float
    energy_j: float
    charge_c: float
    loss_j: float
    reversible_j: float
    voltage_v: float
    """At the end [V]."""


def battery_initial_state(_params: BatteryParams, soc: float, temperature_c: float) -> BatteryState:
    """Return a new battery that has rested: SoC 0..1 (kept inside), temperature [°C]."""
    return BatteryState(min(max(soc, 0.0), 1.0), 0.0, 0.0, temperature_c, 1.0, 1.0, 0.0, 0.0)


def scaled(params: BatteryParams, capacity_wh: float) -> BatteryParams:
    """Return the same battery with more or fewer strings in parallel, to hold `capacity_wh` [Wh].

    Voltages, temperatures and SoC limits stay; currents, powers, heat and capacitance grow with the capacity,
    and resistances fall with it.
    """
    ratio = capacity_wh / params.capacity_wh
    return params._replace(
        capacity_wh=capacity_wh,
        charge_capacity_ah=params.charge_capacity_ah * ratio,
        r0_ohm=scaled_table(params.r0_ohm, 1.0 / ratio),
        r1_ohm=scaled_table(params.r1_ohm, 1.0 / ratio),
        r2_ohm=scaled_table(params.r2_ohm, 1.0 / ratio),
        c1_f=params.c1_f * ratio,
        c2_f=params.c2_f * ratio,
        charge_current_max_a=params.charge_current_max_a * ratio,
        discharge_current_max_a=params.discharge_current_max_a * ratio,
        charge_power_max_w=params.charge_power_max_w * ratio,
        discharge_power_max_w=params.discharge_power_max_w * ratio,
        heat_capacity_j_per_k=params.heat_capacity_j_per_k * ratio,
        heat_loss_w_per_k=params.heat_loss_w_per_k * ratio,
        self_discharge_a=params.self_discharge_a * ratio,
        charging_ohm=scaled_table(params.charging_ohm, 1.0 / ratio),
        hysteresis_f=params.hysteresis_f * ratio,
    )


def _kelvin(temperature_c: float) -> float:
    return max(temperature_c, _COLDEST_C) + _KELVIN


def _resistance_factors(params: BatteryParams, kelvin: float, resistance_factor: float) -> Resistances:
    """Return what temperature and age make of the resistances of the new battery at 25 °C.

    A part of each follows `exp(Ea/R (1/T - 1/T25))` (Arrhenius; charge transfer and diffusion), the rest
    (current collectors, contacts) is constant.
    """
    colder = 1.0 / kelvin - 1.0 / _REFERENCE_K
    return Resistances(
        resistance_factor
        * (1.0 + params.r0_activated_share * (math.exp(params.r0_activation_k * colder) - 1.0)),
        resistance_factor
        * (1.0 + params.r1_activated_share * (math.exp(params.r1_activation_k * colder) - 1.0)),
        resistance_factor
        * (1.0 + params.r2_activated_share * (math.exp(params.r2_activation_k * colder) - 1.0)),
    )


def battery_resistances(params: BatteryParams, state: BatteryState) -> Resistances:
    """Return R0, R1 and R2 [Ω] at the state's SoC, temperature and age."""
    factors = _resistance_factors(params, _kelvin(state.temperature_c), state.resistance_factor)
    return _resistances_at(params, factors, state.soc)


def battery_charging_ohm(params: BatteryParams, state: BatteryState, soc: float) -> float:
    """Return the resistance [Ω] that charging meets besides R0 at an SoC, at the state's temperature and age."""
    factors = _resistance_factors(params, _kelvin(state.temperature_c), state.resistance_factor)
    return factors.r0 * table_value(params.charging_ohm, soc)


def battery_stored_a(params: BatteryParams, soc: float, current_a: float) -> float:
    """Return the current that changes the charge [A]: what is kept of the one at the terminals, less the leak."""
    return _kept(params, soc, current_a) * current_a - _leak_a(params, soc)


def _kept(params: BatteryParams, soc: float, current_a: float) -> float:
    return table_value(params.charge_acceptance, soc) if current_a > 0.0 else 1.0


def _resistances_at(params: BatteryParams, factors: Resistances, soc: float) -> Resistances:
    """Return R0, R1 and R2 [Ω] at an SoC, with what temperature and age make of them."""
    return Resistances(
        factors.r0 * table_value(params.r0_ohm, soc),
        factors.r1 * table_value(params.r1_ohm, soc),
        factors.r2 * table_value(params.r2_ohm, soc),
    )


def _coulombs(params: BatteryParams, capacity_share: float) -> float:
    return params.charge_capacity_ah * _SECONDS_PER_HOUR * capacity_share


def _lag(params: BatteryParams, kelvin: float, coulombs: float) -> Lag:
    """Return how charge levels out in the particles at a temperature."""
    if params.diffusion_gain_h <= 0.0:
        return NO_LAG
    slower = math.exp(params.diffusion_activation_k * (1.0 / kelvin - 1.0 / _REFERENCE_K))
    gain_s = params.diffusion_gain_h * _SECONDS_PER_HOUR
    return lag_of(gain_s, params.diffusion_time_constant_s, slower, coulombs)


def battery_lag(params: BatteryParams, state: BatteryState) -> Lag:
    """Return how charge levels out in the particles at the state's temperature and age."""
    return _lag(params, _kelvin(state.temperature_c), _coulombs(params, state.capacity_share))


def battery_surface_soc(params: BatteryParams, state: BatteryState) -> float:
    """Return the SoC at the surface of the particles, whose open-circuit voltage the terminals feel."""
    return state.soc + state.surface_lead if params.diffusion_gain_h > 0.0 else state.soc


def battery_open_circuit_v(params: BatteryParams, state: BatteryState) -> float:
    """Return the voltage that the terminals come to after a long rest at the present SoC [V]."""
    return table_value(params.ocv_v, state.soc)


def battery_stored_energy_wh(params: BatteryParams, state: BatteryState) -> float:
    """Return the energy above an empty, rested battery [Wh]: of its charge, RC pairs, hysteresis and lead."""
    charge_ah = params.charge_capacity_ah * state.capacity_share * state.soc
    quick_j = 0.5 * params.c1_f * state.rc1_voltage_v * state.rc1_voltage_v
    slow_j = 0.5 * params.c2_f * state.rc2_voltage_v * state.rc2_voltage_v
    stored_wh = charge_ah * table_mean(params.ocv_v, 0.0, state.soc) + (quick_j + slow_j) / _SECONDS_PER_HOUR
    held_j = 0.5 * params.hysteresis_f * state.hysteresis_voltage_v * state.hysteresis_voltage_v
    stored_wh += held_j / _SECONDS_PER_HOUR
    if params.diffusion_gain_h <= 0.0:
        return stored_wh
    share = battery_lag(params, state).surface_share
    lead_v = stored_by_lead_v(params.ocv_v, state.soc, state.surface_lead, share)
    return stored_wh + params.charge_capacity_ah * state.capacity_share * lead_v


def battery_usable_capacity_wh(params: BatteryParams) -> float:
    """Return the energy of the new battery between the lower and the upper SoC limit [Wh]."""
    span = params.soc_upper - params.soc_lower
    return params.charge_capacity_ah * span * table_mean(params.ocv_v, params.soc_lower, params.soc_upper)


def battery_power_limits(params: BatteryParams, state: BatteryState) -> tuple[float, float]:
    """Return the power that the BMS allows to hold, discharging (<= 0) and charging (>= 0) [W].

    The least of: rated power; the rated current; the current that brings the terminals to a voltage limit
    once the RC pairs and hysteresis have settled, and the lead of the particles' surface as well unless it is farther
    now (so a power within the limits stays within the voltages). The result falls
    linearly to zero over the derating ranges of SoC and temperature, whichever says less; within 0.01 % of a
    limit of SoC it is zero.
    """
    ocv = table_value(params.ocv_v, state.soc)
    r0, r1, r2 = battery_resistances(params, state)
    resistance = r0 + r1 + r2
    charging_ohm = resistance + battery_charging_ohm(params, state, state.soc)
    charge_a, discharge_a = params.charge_current_max_a, params.discharge_current_max_a
    charge_v, discharge_v = ocv, ocv
    above_v, below_v = 0.0, 0.0
    if params.hysteresis_f > 0.0:
        half_v = table_value(params.hysteresis_v, state.soc)
        above_v, below_v = max(half_v, state.hysteresis_voltage_v), max(half_v, -state.hysteresis_voltage_v)
    if params.diffusion_gain_h > 0.0:
        soc, lead, per_amp = state.soc, state.surface_lead, battery_lag(params, state).per_amp
        # Towards empty, resistances grow steeply while a power is held.
        factors = _resistance_factors(params, _kelvin(state.temperature_c), state.resistance_factor)
        ahead = _resistances_at(params, factors, soc - _SOC_AHEAD)
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
    charge_factor = min(
        _soc_factor(params.soc_upper - state.soc, params.soc_derating_width),
        _temperature_factor(params.charge_temperatures_c, state.temperature_c),
    )
    discharge_factor = min(
        _soc_factor(state.soc - params.soc_lower, params.soc_derating_width),
        _temperature_factor(params.discharge_temperatures_c, state.temperature_c),
    )
    return -discharge_w * discharge_factor, charge_w * charge_factor


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


def _leak_a(params: BatteryParams, soc: float) -> float:
    return params.self_discharge_a if soc > 0.0 else 0.0


def _current_limits(params: BatteryParams, soc: float) -> tuple[float, float]:
    """Return the greatest currents that charge and discharge [A], >= 0.

    They are the rated ones inside the limits of SoC. At the upper limit only what leaks out is kept, so that a full
    battery stays full however long the step; past a limit nothing carries the battery farther.
    """
    charge_a, discharge_a = params.charge_current_max_a, params.discharge_current_max_a
    if soc >= params.soc_upper:
        floating_a = _leak_a(params, soc) / table_value(params.charge_acceptance, soc)
        charge_a = min(charge_a, floating_a) if soc == params.soc_upper else 0.0
    return charge_a, discharge_a if soc > params.soc_lower else 0.0


def _current(power_w: float, emf_v: float, resistance_ohm: float, limits_a: tuple[float, float]) -> float:
    """Return the current for a power [A], within its limits; none from a source without voltage."""
    if emf_v <= 0.0:
        return 0.0
    return current_at_power(power_w, emf_v, resistance_ohm, limits_a[0], limits_a[1])


def battery_terminal(params: BatteryParams, state: BatteryState, power_w: float) -> BatteryOutput:
    """Return what the terminals show at this instant under a power [W], charging positive.

    The power in the result is smaller than the wanted one where an SoC limit, the rated current or the most
    that the circuit can give is in the way.
    """
    r0, r1, r2 = battery_resistances(params, state)
    if power_w > 0.0:
        r0 += battery_charging_ohm(params, state, state.soc)
    surface_v = table_value_beyond(params.ocv_v, battery_surface_soc(params, state))
    emf = surface_v + state.rc1_voltage_v + state.rc2_voltage_v
    if params.hysteresis_f > 0.0:
        emf += state.hysteresis_voltage_v
    current = _current(power_w, emf, r0, _current_limits(params, state.soc))
    voltage = emf + r0 * current
    loss_w = r0 * current * current + _pairs_w(state.rc1_voltage_v, state.rc2_voltage_v, r1, r2)
    if params.hysteresis_f > 0.0:
        held_v = state.hysteresis_voltage_v
        loss_w += held_v * held_v * abs(current) / table_value(params.hysteresis_v, state.soc)
    if params.diffusion_gain_h > 0.0:
        lag, coulombs = battery_lag(params, state), _coulombs(params, state.capacity_share)
        loss_w += levelling_w(params.ocv_v, state.soc, state.surface_lead, lag, coulombs)
    loss_w += (1.0 - _kept(params, state.soc, current)) * current * surface_v
    stored = battery_stored_a(params, state.soc, current)
    heat_v = _kelvin(state.temperature_c) * table_value(params.ocv_slope_v_per_k, state.soc)
    return BatteryOutput(voltage * current, voltage, current, loss_w, stored * heat_v)


def battery_step(
    params: BatteryParams, state: BatteryState, inp: BatteryInput, dt_s: float
) -> tuple[BatteryState, BatteryOutput]:
    """Carry a battery across `dt_s` at constant terminal power.

    Args:
        params: The pack.
        state: At the start.
        inp: Power wanted at the terminals and ambient temperature. The power is not cut to
            `battery_power_limits` (the plant does that), but SoC never leaves its limits by the power drawn,
            and the current never exceeds its rating.
        dt_s: Length of the step [s]; nothing moves if it is not positive.

    Returns:
        The state at the end, and the output: power, current, loss and reversible heat are means over the step,
        the voltage is that at its end.
    """
    if dt_s <= 0.0:
        return state, battery_terminal(params, state, inp.power_w)
    left_s, energy_j, charge_c, loss_j, reversible_j, voltage = dt_s, 0.0, 0.0, 0.0, 0.0, 0.0
    while left_s > 0.0:
        part = _advance(params, state, inp, left_s)
        state = part.state
        left_s -= part.duration_s
        energy_j += part.energy_j
        charge_c += part.charge_c
        loss_j += part.loss_j
        reversible_j += part.reversible_j
        voltage = part.voltage_v
    return state, BatteryOutput(energy_j / dt_s, voltage, charge_c / dt_s, loss_j / dt_s, reversible_j / dt_s)


def _advance(  # noqa: PLR0912, PLR0915 - one derivation, read from top to bottom
    params: BatteryParams, state: BatteryState, inp: BatteryInput, left_s: float
) -> _Advance:
    """Carry a battery across a part of the time left, at constant current.

    Within one segment of the open-circuit table the current is exact at once, since the mean voltage is then
    linear in it; where the step crosses a knot, a few more rounds bring it there.
    """
    soc, quick_v, slow_v, temperature_c, capacity_share, resistance_factor, lead, held_v = state
    lags, has_sides = params.diffusion_gain_h > 0.0, params.hysteresis_f > 0.0
    power_w = inp.power_w
    coulombs = _coulombs(params, capacity_share)
    leak = _leak_a(params, soc)
    surface, ocv = soc, table_value(params.ocv_v, soc)
    if lags:
        surface = soc + lead
        ocv = table_value_beyond(params.ocv_v, surface)
    limits = _current_limits(params, soc)
    emf = ocv + quick_v + slow_v
    if has_sides:
        emf += held_v
    near = 0.0  # about the current, without resistance: good enough to cut the step and to find its middle
    if emf > 0.0:
        near = min(max(power_w / emf, -limits[1]), limits[0])
    moved = abs(near - leak) * left_s / coulombs
    dt_s = left_s if moved <= _SOC_STEP else left_s * _SOC_STEP / moved

    kelvin = _kelvin(temperature_c)
    lag = NO_LAG
    if lags:
        lag = _lag(params, kelvin, coulombs)
        off = abs(lead - lag.per_amp * (near - leak))
        if off > _SOC_STEP:
            dt_s = min(dt_s, lag.time_constant_s * _SOC_STEP / off)
    middle = soc + 0.5 * (near - leak) * dt_s / coulombs
    factors = _resistance_factors(params, kelvin, resistance_factor)
    # Spelled out, since all of a live site passes here many times a second.
    r0 = factors.r0 * table_value(params.r0_ohm, middle)
    r1 = factors.r1 * table_value(params.r1_ohm, middle)
    r2 = factors.r2 * table_value(params.r2_ohm, middle)
    if near > 0.0:
        r0 += factors.r0 * table_value(params.charging_ohm, middle)
    quick_off_v, slow_off_v = quick_v - near * r1, slow_v - near * r2
    settling_j = 0.5 * (params.c1_f * quick_off_v * quick_off_v + params.c2_f * slow_off_v * slow_off_v)
    is_warm = settling_j > _SETTLED_K * params.heat_capacity_j_per_k and dt_s > _SETTLING_LEAST_S
    if is_warm or (dt_s > _SETTLING_LONG_S and abs(quick_off_v) + abs(slow_off_v) > _SETTLED_SHARE * ocv):
        heat_w = r0 * near * near + _pairs_w(quick_v, slow_v, r1, r2)
        heat_w -= params.heat_loss_w_per_k * (temperature_c - inp.ambient_c)
        longest_s = _settling_s(params, settling_j, _pairs_w(quick_off_v, slow_off_v, r1, r2), heat_w)
        # The slow pair, with more energy, must not stretch the parts that a quick one needs while the cells cool.
        quick_s = 0.25 * r1 * params.c1_f
        if quick_s > _SETTLING_LONG_S and abs(quick_off_v) > _SETTLED_SHARE * ocv:
            longest_s = min(longest_s, quick_s)
        if longest_s < dt_s:
            dt_s = longest_s
            # Where resistances grow steeply, those of the middle of what was cut off are far from those here.
            middle = soc + 0.5 * (near - leak) * dt_s / coulombs
            r0, r1, r2 = _resistances_at(params, factors, middle)
            if near > 0.0:
                r0 += factors.r0 * table_value(params.charging_ohm, middle)
    kept = 1.0
    if near > 0.0:
        kept = table_value(params.charge_acceptance, min(middle, max(soc, params.soc_upper)))
        if kept < 1.0:
            # Resistance and what is lost grow towards full, so the middle is that of what they leave of the current.
            taken = power_w / (emf + r0 * near) if power_w < near * (emf + r0 * near) else near
            r0 -= factors.r0 * table_value(params.charging_ohm, middle)
            middle = soc + 0.5 * (kept * taken - leak) * dt_s / coulombs
            r0 += factors.r0 * table_value(params.charging_ohm, middle)
            kept = table_value(params.charge_acceptance, min(middle, max(soc, params.soc_upper)))
    per_coulomb = dt_s / coulombs
    quick = decay_over(dt_s, r1 * params.c1_f)
    slow = decay_over(dt_s, r2 * params.c2_f)

    segments = len(params.ocv_v) - 1
    index = min(max(int(surface * segments), 0), segments - 1)
    emf = ocv + quick_v * quick.mean + slow_v * slow.mean
    base_ohm = r0 + r1 * (1.0 - quick.mean) + r2 * (1.0 - slow.mean)
    sides = NO_SIDES
    if has_sides:
        conductance_s = hysteresis_s(table_value(params.hysteresis_v, middle), near, emf + held_v, base_ohm)
        sides = sides_over(conductance_s, params.hysteresis_f, dt_s)
        emf += held_v * sides.kept
        base_ohm += sides.ohm
    per_amp = 0.5 * (params.ocv_v[index + 1] - params.ocv_v[index]) * segments * per_coulomb
    fading = Decay(0.0, 0.0)
    if lags:
        fading = decay_over(dt_s, lag.time_constant_s)
        slope_v = (params.ocv_v[index + 1] - params.ocv_v[index]) * segments
        emf -= slope_v * lead * (1.0 - fading.mean)
        per_amp += slope_v * lag.per_amp * (1.0 - fading.mean)
    current = _current(power_w, emf - per_amp * leak, base_ohm + per_amp * kept, limits)
    stored = kept * current - leak
    end = _clipped(soc + stored * per_coulomb)
    if lags:
        settled = lag.per_amp * stored
        path = surface_path(params.ocv_v, index, ocv, soc, lead, end - soc, settled, fading)
        pairs_v = quick_v * quick.mean + slow_v * slow.mean
        if has_sides:
            pairs_v += held_v * sides.kept
        rounds = 0
        while not path.is_straight and rounds < _ROUNDS:
            per_amp = kept * path.slope_v * (0.5 * per_coulomb + lag.per_amp * (1.0 - fading.mean))
            emf = path.mean_v + pairs_v - per_amp * current
            current = _current(power_w, emf, base_ohm + per_amp, limits)
            stored = kept * current - leak
            end = _clipped(soc + stored * per_coulomb)
            settled = lag.per_amp * stored
            path = surface_path(params.ocv_v, index, ocv, soc, lead, end - soc, settled, fading)
            rounds += 1
    elif end * segments < index or end * segments > index + 1:
        for _ in range(2):
            if stored != 0.0:
                end = _clipped(soc + stored * per_coulomb)
                per_amp = (table_mean(params.ocv_v, soc, end) - ocv) / stored
            current = _current(power_w, emf - per_amp * leak, base_ohm + per_amp * kept, limits)
            stored = kept * current - leak

    end = soc + stored * per_coulomb
    stop = _stop(params, soc, current, stored, power_w)
    if (end - stop) * stored > 0.0:
        dt_s = (stop - soc) * coulombs / stored
        end = stop
        quick = decay_over(dt_s, r1 * params.c1_f)
        slow = decay_over(dt_s, r2 * params.c2_f)
        if has_sides:
            sides = sides_over(sides.conductance_s, params.hysteresis_f, dt_s)
        if lags:
            fading = decay_over(dt_s, lag.time_constant_s)
            settled = lag.per_amp * stored
            path = surface_path(params.ocv_v, index, ocv, soc, lead, end - soc, settled, fading)
    levelled_j = 0.0
    if lags:
        end_ocv, mean_ocv = path.voltage_v, path.mean_v
        levelled_j = levelled_over_j(params.ocv_v, soc, end, lead, path, lag.surface_share, coulombs)
        lead = path.lead
    else:
        end_ocv = table_value(params.ocv_v, end)
        mean_ocv = 0.5 * (ocv + end_ocv)
        if end * segments < index or end * segments > index + 1:
            mean_ocv = table_mean(params.ocv_v, soc, end)
    mean_quick = quick_v * quick.mean + current * r1 * (1.0 - quick.mean)
    mean_slow = slow_v * slow.mean + current * r2 * (1.0 - slow.mean)
    mean_v = mean_ocv + r0 * current + mean_quick + mean_slow
    held_mean_v = 0.0
    if has_sides:
        held_mean_v = held_v * sides.kept + current * sides.ohm
        mean_v += held_mean_v
    energy_j = current * dt_s * mean_v
    energy_j += max(-levelled_j, 0.0)  # by what the mean voltage is inexact where the surface crosses a knot
    lost = leak + (1.0 - kept) * current
    loss_j = (r0 * current * current + lost * mean_ocv) * dt_s + max(levelled_j, 0.0)
    loss_j += rc_heat_j(quick_v, current, r1, dt_s, quick) + rc_heat_j(slow_v, current, r2, dt_s, slow)
    quick_v = current * r1 + (quick_v - current * r1) * quick.end
    slow_v = current * r2 + (slow_v - current * r2) * slow.end
    end_v = end_ocv + quick_v + slow_v + r0 * current
    if has_sides:
        loss_j += held_mean_v * held_mean_v * sides.conductance_s * dt_s
        held_v = 2.0 * held_mean_v - held_v
        end_v += held_v
    slope = table_value(params.ocv_slope_v_per_k, 0.5 * (soc + end))
    reversible_j = stored * dt_s * kelvin * slope
    body = ThermalBody(params.heat_capacity_j_per_k, params.heat_loss_w_per_k)
    warmed_c = temperature_after(body, temperature_c, (loss_j + reversible_j) / dt_s, inp.ambient_c, dt_s)
    return _Advance(
        BatteryState(end, quick_v, slow_v, warmed_c, capacity_share, resistance_factor, lead, held_v),
        dt_s,
        energy_j,
        current * dt_s,
        loss_j,
        reversible_j,
        end_v,
    )


def _pairs_w(quick_v: float, slow_v: float, r1_ohm: float, r2_ohm: float) -> float:
    """Return the heat of the RC pairs [W]."""
    heat_w = 0.0
    if r1_ohm > 0.0:
        heat_w += quick_v * quick_v / r1_ohm
    if r2_ohm > 0.0:
        heat_w += slow_v * slow_v / r2_ohm
    return heat_w


def _settling_s(params: BatteryParams, settling_j: float, settling_w: float, warming_w: float) -> float:
    """Return how long heat may count as constant, and resistances as those of one temperature [s].

    That is a quarter of the time constant of the RC pair that is settling (its energy, as far as the current does
    not hold it, over the power at which it goes), and until the temperature has moved by 1 K.
    """
    longest_s = math.inf
    if settling_w > 0.0:
        longest_s = 0.5 * settling_j / settling_w
    if warming_w != 0.0:
        longest_s = min(longest_s, _SETTLING_K * params.heat_capacity_j_per_k / abs(warming_w))
    return max(longest_s, _SETTLING_LEAST_S)


def _clipped(soc: float) -> float:
    return min(max(soc, 0.0), 1.0)


def _stop(params: BatteryParams, soc: float, current_a: float, stored_a: float, power_w: float) -> float:
    """Return the SoC that a current cannot pass; outside the limits it can only bring the battery back."""
    if stored_a > 0.0:
        return max(soc, params.soc_upper)
    if power_w > 0.0 and soc > params.soc_upper:
        return params.soc_upper  # from there on charging makes up for the leak
    return min(soc, params.soc_lower) if current_a < 0.0 else 0.0


def battery_horizon_s(
    params: BatteryParams, state: BatteryState, power_w: float, ambient_c: float = 20.0
) -> float:
    """Return how long a power may be held before the power limits change materially.

    That is until SoC, or the lead of the particles' surface over it, moves by 1 %, or SoC reaches a limit or the edge
    of a derating range; inside such a range
    until SoC moves by 0.05 %, or an eighth of the way to the limit ahead; and until the temperature reaches a
    corner of its limits, or moves by 0.5 K between two corners where power falls.

    Args:
        params: The pack.
        state: Now.
        power_w: At the DC terminals, charging positive [W].
        ambient_c: Air temperature [°C].

    Returns:
        Time [s], at least 0.1 s; infinite if nothing moves.
    """
    now = battery_terminal(params, state, power_w)
    stored_a = battery_stored_a(params, state.soc, now.current_a)
    coulombs = params.charge_capacity_ah * _SECONDS_PER_HOUR * state.capacity_share
    soc_per_s = stored_a / coulombs
    horizon = math.inf
    if soc_per_s != 0.0:
        horizon = _soc_reach(params, state.soc, soc_per_s > 0.0) / abs(soc_per_s)
    if params.diffusion_gain_h > 0.0:
        lag = battery_lag(params, state)
        off = abs(state.surface_lead - lag.per_amp * stored_a)
        if off > _LEAD_REACH:
            horizon = min(horizon, -lag.time_constant_s * math.log1p(-_LEAD_REACH / off))
    heat_w = now.loss_w + now.reversible_heat_w
    return max(0.1, min(horizon, _temperature_horizon_s(params, state.temperature_c, heat_w, ambient_c)))


def _soc_reach(params: BatteryParams, soc: float, rising: bool) -> float:
    """Return how far SoC may move in one direction before the limits change materially."""
    low_edge = params.soc_lower + params.soc_derating_width
    high_edge = params.soc_upper - params.soc_derating_width
    sign = 1.0 if rising else -1.0
    reach = 0.01
    if soc < low_edge + _SOC_TOUCH or soc > high_edge - _SOC_TOUCH:
        ahead = sign * ((params.soc_upper if rising else params.soc_lower) - soc)
        reach = min(0.0005, 0.125 * ahead) if ahead > 0.0 else 0.0005
    for edge in (params.soc_lower, low_edge, high_edge, params.soc_upper):
        gap = sign * (edge - soc)
        if _SOC_TOUCH < gap < reach:
            reach = gap
    return reach


def _temperature_horizon_s(
    params: BatteryParams, temperature_c: float, heat_w: float, ambient_c: float
) -> float:
    """Return the time [s] until the temperature, drifting under constant heat, changes the power limits."""
    drift_w = heat_w - params.heat_loss_w_per_k * (temperature_c - ambient_c)
    if drift_w == 0.0:
        return math.inf
    sign = 1.0 if drift_w > 0.0 else -1.0
    reach = math.inf
    for corners in (params.charge_temperatures_c, params.discharge_temperatures_c):
        for corner in corners:
            way = sign * (corner - temperature_c)
            if 1e-9 < way < reach:
                reach = way
        if corners[0] < temperature_c < corners[1] or corners[2] < temperature_c < corners[3]:
            reach = min(reach, 0.5)
    if params.heat_loss_w_per_k <= 0.0:
        return reach * params.heat_capacity_j_per_k / abs(drift_w)
    whole = abs(drift_w) / params.heat_loss_w_per_k
    if reach >= whole:
        return math.inf
    return -params.heat_capacity_j_per_k / params.heat_loss_w_per_k * math.log1p(-reach / whole)
