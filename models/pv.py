"""A photovoltaic array: irradiance on its plane to cell temperature, DC power, and the AC power it offers.

Cells follow the single-diode equation with the five parameters of De Soto et al., in the form of the CEC
library (six parameters, Dobos), at the maximum power point (MPP):

    I = IL - I0 (exp(vd / a) - 1) - vd / Rsh        V = vd - I Rs

    IL = G / 1000 (IL,ref + α (T - Tref))           a = a,ref T / Tref
    I0 = I0,ref (T / Tref)³ exp(Eg,ref / (k Tref) - Eg / (k T))
    Eg = Eg,ref (1 - 0.0002677 (T - Tref))          Rsh = Rsh,ref 1000 / G

Both current and voltage are explicit in the voltage `vd` across the diode (Bishop), so the MPP is the root of
one smooth function of it: Newton's method within a bracket finds it for any irradiance and temperature.

Current counts as in a generator inside `pv_maximum_power_point`; elsewhere production is negative, as the
passive sign convention has it, where the docstring does not say otherwise.

References:
- D. Faiman, "Assessing the outdoor operating temperature of photovoltaic modules", Progress in Photovoltaics
  16 (2008) 307-315, doi:10.1002/pip.813.
- W. De Soto, S. A. Klein, W. A. Beckman, "Improvement and validation of a model for photovoltaic array
  performance", Solar Energy 80 (2006) 78-88, doi:10.1016/j.solener.2005.06.010.
- A. P. Dobos, "An Improved Coefficient Calculator for the California Energy Commission 6 Parameter
  Photovoltaic Module Model", Journal of Solar Energy Engineering 134 (2012) 021011, doi:10.1115/1.4005759.
- J. W. Bishop, "Computer simulation of the effects of electrical mismatches in photovoltaic cell
  interconnection circuits", Solar Cells 25 (1988) 73-89, doi:10.1016/0379-6787(88)90059-2.
- A. P. Dobos, "PVWatts Version 5 Manual", NREL/TP-6A20-62641, 2014, doi:10.2172/1158421 (shares of loss).

Left out: heat stored in the modules (their temperature is the steady one; they lag by some minutes), spectrum,
partial shading (it is one share of the light), bypass diodes, tracking error, the operating point off the MPP when
the inverter holds power back. What glass reflects (`pv_glass`) and snow covers (`pv_snow`) is taken off before. Low
light is in: the shunt resistance and the logarithm of the diode make it.
"""

from __future__ import annotations

import math
from typing import Annotated, NamedTuple

from .inverter import InverterParams, ac_from_dc
from .parameter import Parameter

_KELVIN = 273.15
_REFERENCE_K = 298.15
_COLDEST_C = -100.0
_BOLTZMANN_EV_PER_K = 8.617333262e-5
_BAND_GAP_EV = 1.121
"""Of silicon at 25 °C; De Soto et al. found the result to depend little on it, and the CEC library uses it for all."""
_BAND_GAP_SLOPE_PER_K = -0.0002677
_STANDARD_W_PER_M2 = 1000.0
_MOST_ROUNDS = 60
"""Of the search; about five are needed, and bisection alone would end within this many."""


class ModuleParams(NamedTuple):
    """A module: the single diode at standard test conditions (1000 W/m², 25 °C)."""

    light_current_a: Annotated[float, Parameter("A", lower=0.0, above=True)]
    """IL,ref."""
    saturation_current_a: Annotated[float, Parameter("A", lower=0.0, above=True)]
    """I0,ref."""
    ideality_v: Annotated[float, Parameter("V", lower=0.0, above=True)]
    """a,ref: ideality factor times cells in series times thermal voltage."""
    series_ohm: Annotated[float, Parameter("Ω", lower=0.0)]
    """Rs."""
    shunt_ohm: Annotated[float, Parameter("Ω", lower=0.0, above=True)]
    """Rsh,ref."""
    current_a_per_k: Annotated[float, Parameter("A/K", lower=-0.1, upper=0.1)]
    """α: change of the light current, at 1000 W/m²."""
    power_stc_w: Annotated[float, Parameter("W", lower=0.0, above=True)]
    """Power of this model at its MPP under standard test conditions."""


class PvArrayParams(NamedTuple):
    """An array of modules."""

    dc_power_stc_w: Annotated[float, Parameter("W", lower=0.0)]
    """At 1000 W/m² and a cell temperature of 25 °C, before losses."""
    module: ModuleParams
    modules_in_series: Annotated[float, Parameter("1", lower=0.0, above=True)]
    """Modules in a string; their parallel number follows from the power, and need not be whole."""
    soiling: Annotated[float, Parameter("1", lower=0.0, upper=1.0)]
    """Share of the light lost to dirt."""
    shading: Annotated[float, Parameter("1", lower=0.0, upper=1.0)]
    """Share of the light lost to shade."""
    mismatch: Annotated[float, Parameter("1", lower=0.0, upper=1.0)]
    """Share of the current lost to differences between modules."""
    wiring: Annotated[float, Parameter("1", lower=0.0, upper=1.0)]
    """Share of the voltage lost in cables and connections."""
    degradation: Annotated[float, Parameter("1", lower=0.0, upper=1.0)]
    """Share of the current lost to light-induced degradation, ageing and optimistic name plates."""
    heat_loss_constant: Annotated[float, Parameter("W/(m² K)", lower=0.0, above=True)]
    """Faiman's U0."""
    heat_loss_per_wind: Annotated[float, Parameter("W/(m² K) per m/s", lower=0.0)]
    """Faiman's U1."""


class PvState(NamedTuple):
    """What an array remembers; nothing of it acts on the future."""

    cell_temperature_c: float
    """Cell temperature of the last step [°C]."""


class PvInput(NamedTuple):
    """What acts on an array during a step."""

    irradiance_w_per_m2: float
    """On its plane [W/m²]; less than 0 counts as 0."""
    ambient_c: float
    wind_m_per_s: float
    """At the modules, >= 0 [m/s]."""


class PvOutput(NamedTuple):
    """What an array shows at its terminals, at its maximum power point."""

    dc_power_w: float
    """Production negative [W]."""
    voltage_v: float
    """Voltage of a string [V]."""
    current_a: float
    """Production negative [A]."""
    cell_temperature_c: float
    cell_power_w: float
    """What the cells give before mismatch, degradation and wiring, >= 0 [W]."""
    loss_w: float
    """Lost to mismatch, degradation and wiring, >= 0 [W]."""


class MaximumPower(NamedTuple):
    """The maximum power point of a module; production is positive here."""

    power_w: float
    voltage_v: float
    current_a: float


def pv_cell_temperature_c(
    params: PvArrayParams, irradiance_w_per_m2: float, ambient_c: float, wind_m_per_s: float
) -> float:
    """Return the cell temperature [°C] by Faiman's model: air plus `G / (U0 + U1 wind)`.

    Args:
        params: The array.
        irradiance_w_per_m2: On the plane of the array [W/m²]; less than 0 counts as 0.
        ambient_c: Air temperature [°C].
        wind_m_per_s: Wind speed at the modules, >= 0 [m/s].
    """
    cooling = params.heat_loss_constant + params.heat_loss_per_wind * max(wind_m_per_s, 0.0)
    return ambient_c + max(irradiance_w_per_m2, 0.0) / cooling


def pv_maximum_power_point(
    module: ModuleParams, irradiance_w_per_m2: float, cell_temperature_c: float
) -> MaximumPower:
    """Return the maximum power point of a module.

    Args:
        module: The module.
        irradiance_w_per_m2: Reaching the cells [W/m²]; less than 0 counts as 0.
        cell_temperature_c: Cell temperature [°C]; less than -100 counts as that.
    """
    kelvin = max(cell_temperature_c, _COLDEST_C) + _KELVIN
    warmer = kelvin - _REFERENCE_K
    suns = irradiance_w_per_m2 / _STANDARD_W_PER_M2
    light_a = suns * (module.light_current_a + module.current_a_per_k * warmer)
    if light_a <= 0.0:
        return MaximumPower(0.0, 0.0, 0.0)
    ratio = kelvin / _REFERENCE_K
    gap = _BAND_GAP_EV * (1.0 + _BAND_GAP_SLOPE_PER_K * warmer)
    exponent = (_BAND_GAP_EV / _REFERENCE_K - gap / kelvin) / _BOLTZMANN_EV_PER_K
    saturation_a = module.saturation_current_a * ratio * ratio * ratio * math.exp(exponent)
    ideality_v = module.ideality_v * ratio
    shunt_s = suns / module.shunt_ohm
    return _search(light_a, saturation_a, ideality_v, module.series_ohm, shunt_s)


def _search(
    light_a: float, saturation_a: float, ideality_v: float, series_ohm: float, shunt_s: float
) -> MaximumPower:
    """Return the maximum power point of `I(vd)`, `V(vd)`.

    Newton on dP/dvd, which falls from positive at short circuit to negative at open circuit; a step that
    leaves the bracket is replaced by its middle. It starts at the MPP of the bare diode with the voltage over
    the series resistance added, from `(1 + x) exp(x) = 1 + IL / I0` with the two first terms of its expansion.
    """
    lower_v, upper_v = 0.0, ideality_v * math.log1p(light_a / saturation_a)
    logarithm = 1.0 + upper_v / ideality_v
    bare_v = ideality_v * (logarithm - 1.0 - math.log(logarithm) * (1.0 - 1.0 / logarithm))
    diode_v = min(bare_v + 0.5 * light_a * series_ohm, 0.5 * (bare_v + upper_v))
    close_v = 1e-10 * upper_v
    for _ in range(_MOST_ROUNDS):
        grown_a = saturation_a * math.exp(diode_v / ideality_v)
        current_a = light_a - (grown_a - saturation_a) - diode_v * shunt_s
        curvature = -grown_a / (ideality_v * ideality_v)
        slope = curvature * ideality_v - shunt_s
        voltage_v = diode_v - current_a * series_ohm
        voltage_slope = 1.0 - slope * series_ohm
        gain = voltage_slope * current_a + voltage_v * slope
        bend = 2.0 * voltage_slope * slope + curvature * (voltage_v - series_ohm * current_a)
        if gain > 0.0:
            lower_v = diode_v
        else:
            upper_v = diode_v
        next_v = diode_v - gain / bend if bend < 0.0 else upper_v
        if not lower_v < next_v < upper_v:
            next_v = 0.5 * (lower_v + upper_v)
        moved_v = abs(next_v - diode_v)
        diode_v = next_v
        if moved_v <= close_v:
            break
    current_a = light_a - saturation_a * math.expm1(diode_v / ideality_v) - diode_v * shunt_s
    voltage_v = diode_v - current_a * series_ohm
    return MaximumPower(voltage_v * current_a, voltage_v, current_a)


def pv_dc_power_w(params: PvArrayParams, irradiance_w_per_m2: float, cell_temperature_c: float) -> float:
    """Return the DC power of the array at its MPP [W]: production is positive here, and never negative.

    Args:
        params: The array.
        irradiance_w_per_m2: On the plane of the array [W/m²]; less than 0 counts as 0.
        cell_temperature_c: Cell temperature [°C].
    """
    point = pv_maximum_power_point(params.module, _useful(params, irradiance_w_per_m2), cell_temperature_c)
    return point.power_w * _modules(params) * _kept(params)


def _useful(params: PvArrayParams, irradiance_w_per_m2: float) -> float:
    """Return the irradiance that reaches the cells [W/m²]."""
    return irradiance_w_per_m2 * (1.0 - params.soiling) * (1.0 - params.shading)


def _modules(params: PvArrayParams) -> float:
    return params.dc_power_stc_w / params.module.power_stc_w


def _kept(params: PvArrayParams) -> float:
    """Return the share of the cells' power that reaches the terminals."""
    return (1.0 - params.mismatch) * (1.0 - params.degradation) * (1.0 - params.wiring)


def pv_output(params: PvArrayParams, _state: PvState, inp: PvInput) -> PvOutput:
    """Return what the array offers at this instant, which holds as long as its input."""
    cell_c = pv_cell_temperature_c(params, inp.irradiance_w_per_m2, inp.ambient_c, inp.wind_m_per_s)
    point = pv_maximum_power_point(params.module, _useful(params, inp.irradiance_w_per_m2), cell_c)
    cell_w = point.power_w * _modules(params)
    terminal_w = cell_w * _kept(params)
    voltage_v = point.voltage_v * params.modules_in_series * (1.0 - params.wiring)
    current_a = 0.0
    if voltage_v > 0.0:
        current_a = -terminal_w / voltage_v
    return PvOutput(0.0 - terminal_w, voltage_v, current_a, cell_c, cell_w, cell_w - terminal_w)


def pv_horizon_s(_params: PvArrayParams, _state: PvState, _inp: PvInput) -> float:
    """Return how long the output holds [s]: for ever, as it has no memory."""
    return math.inf


def pv_step(params: PvArrayParams, state: PvState, inp: PvInput, dt_s: float) -> tuple[PvState, PvOutput]:
    """Carry an array across a step of any length and return its state and what it offered."""
    output = pv_output(params, state, inp)
    return (PvState(output.cell_temperature_c) if dt_s > 0.0 else state), output


def pv_ac_power_available(
    array: PvArrayParams,
    inverter: InverterParams,
    irradiance_w_per_m2: float,
    ambient_c: float,
    wind_m_per_s: float = 1.0,
) -> float:
    """Return the AC power that array and inverter could give now [W], <= 0 (production is negative).

    Losses follow the inverter's curve at the array's voltage; its rating clips. Zero where the sun does not
    cover the no-load loss: a running inverter then goes to standby.
    """
    offered = pv_output(array, PvState(ambient_c), PvInput(irradiance_w_per_m2, ambient_c, wind_m_per_s))
    voltage_pu = offered.voltage_v / inverter.nominal_dc_voltage_v
    ac_power = ac_from_dc(inverter, offered.dc_power_w, voltage_pu)
    return min(max(ac_power, -inverter.rated_power_w), 0.0)
