"""A battery at pack level: its parameters, its state, and its equivalent circuit at an instant.

The circuit is an open-circuit voltage `U(soc)`, a series resistance `R0` and two RC pairs in series, a quick one
for charge transfer and a slow one for diffusion (G. L. Plett, "Battery Management Systems, Volume I: Battery
Modeling", Artech House 2015, chapter 2). With the current `i` positive when charging, the voltages `v1`, `v2` of
the pairs and the charge capacity `Q`:

    V = U(soc) + R0 i + v1 + v2        Ck dvk/dt = i - vk / Rk        Q dsoc/dt = i - i_leak

Each resistance depends on SoC by a table and on temperature by a part that follows Arrhenius' law. The capacitances
are constant, so the time constants `Rk Ck` grow in the cold as the resistances do.

A cell that was charged rests above one that was discharged (`models/hysteresis.py`). Of the charging current only a
part may be kept (`charge_acceptance`); the rest, which makes gas in a lead-acid cell, is lost.

How time passes in it is in `models/battery_step.py`, what its management system (BMS) allows in
`models/battery_limits.py`.

Left out: resistances that depend on the amount of the current, the change of `U` with temperature itself (some
0.1 mV per kelvin and cell), differences between cells but in where SoC stops (`models/cell_spread.py`). Ageing is
another model's: it moves `capacity_share` and `resistance_factor` of the state, which everything here respects.
"""

from __future__ import annotations

import math
from typing import Annotated, NamedTuple

from .diffusion import NO_LAG, Lag, lag_of, stored_by_lead_v
from .parameter import Parameter, Under
from .tables import scaled_table, table_mean, table_value

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
    ocv_slope_v_per_k: Annotated[tuple[float, ...], Parameter("V/K", -10.0, 10.0, "far above any pack")]
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
    r0_activation_k: Annotated[
        float,
        Parameter("K", 0.0, 12_000.0, "100 kJ/mol: above any reported"),
        Under("r0_activated_share", 0.0),
    ]
    """Activation energy of that part of R0 over the gas constant."""
    r1_activation_k: Annotated[
        float,
        Parameter("K", 0.0, 12_000.0, "100 kJ/mol: above any reported"),
        Under("r1_activated_share", 0.0),
    ]
    """The same of R1."""
    r2_activation_k: Annotated[
        float,
        Parameter("K", 0.0, 12_000.0, "100 kJ/mol: above any reported"),
        Under("r2_activated_share", 0.0),
    ]
    """The same of R2."""
    voltage_min_v: Annotated[float, Parameter("V", 0.0, above=True)]
    """Least terminal voltage, more than half of the open-circuit voltage."""
    voltage_max_v: Annotated[float, Parameter("V", 0.0, above=True)]
    """Greatest terminal voltage."""
    charge_current_max_a: Annotated[float, Parameter("A", 0.0, above=True)]
    """Greatest charging current."""
    discharge_current_max_a: Annotated[float, Parameter("A", 0.0, above=True)]
    """Greatest discharging current."""
    charge_power_max_w: Annotated[float, Parameter("W", 0.0, above=True)]
    """Greatest charging power."""
    discharge_power_max_w: Annotated[float, Parameter("W", 0.0, above=True)]
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
    hysteresis_v: Annotated[tuple[float, ...], Parameter("V", 0.0), Under("hysteresis_f", 0.0)] = (0.0, 0.0)
    """Half of the distance of the open-circuit voltages after charging and after discharging, over SoC."""
    hysteresis_f: Annotated[float, Parameter("F", 0.0)] = 0.0
    """Charge over that half within which 63 % of the way between the two is gone; 0 for no hysteresis."""
    diffusion_gain_h: Annotated[
        float, Parameter("h", 0.0, 1.0, "chosen: at 1C as much as the cell holds")
    ] = 0.0
    """Lead of the particles' surface over the mean SoC that a current holds, per C-rate, at 25 °C; 0 for none."""
    diffusion_time_constant_s: Annotated[
        float, Parameter("s", 0.0, 1e5, "chosen: a day"), Under("diffusion_gain_h", 0.0)
    ] = 0.0
    """With which that lead follows the current, at 25 °C; > 0 if there is one."""
    diffusion_activation_k: Annotated[
        float,
        Parameter("K", 0.0, 12_000.0, "100 kJ/mol: above any reported"),
        Under("diffusion_gain_h", 0.0),
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
    soc_lower_shift: float = 0.0
    """By how much the SoC at which discharging stops lies above `soc_lower` [1], as its management system errs."""
    soc_upper_shift: float = 0.0
    """By how much the SoC at which charging stops lies above `soc_upper` [1], as its management system errs."""


class BatteryInput(NamedTuple):
    """What acts on a battery during a step."""

    power_w: float
    """Wanted at the terminals of the cells [W], charging positive."""
    ambient_c: float
    auxiliary_w: float = 0.0
    """Of a discharge, what the pack draws itself, which goes on below the lower limit of SoC, >= 0 [W]."""
    auxiliary_heat_w: float = 0.0
    """Set free in the cells by what heats them, negative where they are cooled [W]."""
    current_share: float = 1.0
    """Greatest current over the rated one, >= 1: more where a power was found to be within it and is held."""


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


def battery_initial_state(_params: BatteryParams, soc: float, temperature_c: float) -> BatteryState:
    """Return a new battery that has rested: SoC 0..1 (kept inside), temperature [°C]."""
    return BatteryState(min(max(soc, 0.0), 1.0), 0.0, 0.0, temperature_c, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0)


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


def kelvin_of(temperature_c: float) -> float:
    """Return an absolute temperature [K], of at least the coldest that resistances are told for."""
    return max(temperature_c, _COLDEST_C) + _KELVIN


def resistance_factors(params: BatteryParams, kelvin: float, resistance_factor: float) -> Resistances:
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
    factors = resistance_factors(params, kelvin_of(state.temperature_c), state.resistance_factor)
    return resistances_at(params, factors, state.soc)


def battery_charging_ohm(params: BatteryParams, state: BatteryState, soc: float) -> float:
    """Return the resistance [Ω] that charging meets besides R0 at an SoC, at the state's temperature and age."""
    factors = resistance_factors(params, kelvin_of(state.temperature_c), state.resistance_factor)
    return factors.r0 * table_value(params.charging_ohm, soc)


def battery_stored_a(params: BatteryParams, soc: float, current_a: float) -> float:
    """Return the current that changes the charge [A]: what is kept of the one at the terminals, less the leak."""
    return kept_share(params, soc, current_a) * current_a - leak_a(params, soc)


def leak_a(params: BatteryParams, soc: float) -> float:
    """Return what leaks inside the cells [A]; nothing from an empty battery."""
    return params.self_discharge_a if soc > 0.0 else 0.0


def kept_share(params: BatteryParams, soc: float, current_a: float) -> float:
    """Return which part of a current at the terminals changes the charge."""
    return table_value(params.charge_acceptance, soc) if current_a > 0.0 else 1.0


def resistances_at(params: BatteryParams, factors: Resistances, soc: float) -> Resistances:
    """Return R0, R1 and R2 [Ω] at an SoC, with what temperature and age make of them."""
    return Resistances(
        factors.r0 * table_value(params.r0_ohm, soc),
        factors.r1 * table_value(params.r1_ohm, soc),
        factors.r2 * table_value(params.r2_ohm, soc),
    )


def coulombs_of(params: BatteryParams, capacity_share: float) -> float:
    """Return the charge from empty to full [C], given which part of it age has left."""
    return params.charge_capacity_ah * _SECONDS_PER_HOUR * capacity_share


def lag_at(params: BatteryParams, kelvin: float, coulombs: float) -> Lag:
    """Return how charge levels out in the particles at a temperature."""
    if params.diffusion_gain_h <= 0.0:
        return NO_LAG
    slower = math.exp(params.diffusion_activation_k * (1.0 / kelvin - 1.0 / _REFERENCE_K))
    gain_s = params.diffusion_gain_h * _SECONDS_PER_HOUR
    return lag_of(gain_s, params.diffusion_time_constant_s, slower, coulombs)


def battery_lag(params: BatteryParams, state: BatteryState) -> Lag:
    """Return how charge levels out in the particles at the state's temperature and age."""
    return lag_at(params, kelvin_of(state.temperature_c), coulombs_of(params, state.capacity_share))


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
