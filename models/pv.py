"""A photovoltaic array: irradiance on its plane to cell temperature, DC power, and the AC power it offers.

Cells follow the single-diode equation with the five parameters of De Soto et al., in the form of the CEC
library (six parameters, Dobos), at the maximum power point (MPP):

    I = IL - I0 (exp(vd / a) - 1) - vd / Rsh        V = vd - I Rs

    IL = G / 1000 (IL,ref + α (T - Tref))           a = a,ref T / Tref
    I0 = I0,ref (T / Tref)³ exp(Eg,ref / (k Tref) - Eg / (k T))
    Eg = Eg,ref (1 - 0.0002677 (T - Tref))          Rsh = Rsh,ref 1000 / G

Both current and voltage are explicit in the voltage `vd` across the diode (Bishop), so the MPP is the root of
one smooth function of it: Newton's method within a bracket finds it for any irradiance and temperature.

The tracker keeps the strings within a window of voltages. Where the MPP lies outside, they work at the edge, which
costs what the current there falls short: the same diode at a given voltage (`pv_point_at`). In the dusk the tracker
sleeps: it wakes in light of `start_w_per_m2` and falls asleep again in less than `stop_w_per_m2`.

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

Left out: heat stored in the modules (their temperature is the steady one; they lag by some minutes), partial
shading (it is one share of the light), bypass diodes, tracking error, the operating point off the MPP when the inverter
holds power back. What glass reflects (`pv_glass`), what snow covers (`pv_snow`) and, where it counts, the spectrum
(`pv_spectrum`) is in the irradiance. Low light is in: the shunt resistance and the logarithm of the diode make it.
"""

from __future__ import annotations

import math
from typing import Annotated, NamedTuple

from .parameter import Parameter

_KELVIN = 273.15
_REFERENCE_K = 298.15
_COLDEST_C = -100.0
_BOLTZMANN_EV_PER_K = 8.617333262e-5
_BAND_GAP_EV = 1.121
"""Of silicon at 25 °C; De Soto et al. found the result to depend little on it, and the CEC library uses it for all."""
_BAND_GAP_SLOPE_PER_K = -0.0002677
_STANDARD_W_PER_M2 = 1000.0
_COOLED = "chosen: around modules on insulated roofs, on racks and on water"
_MOST_ROUNDS = 60
"""Rounds of the search; about five are needed, and bisection alone would end within this many."""


class ModuleParams(NamedTuple):
    """A module: the single diode at standard test conditions (1000 W/m², 25 °C)."""

    light_current_a: Annotated[float, Parameter("A", 0.0, 100.0, "chosen: above any module", above=True)]
    """IL,ref."""
    saturation_current_a: Annotated[float, Parameter("A", 1e-50, 1.0, "chosen: around any module")]
    """I0,ref; the light current is exp(15) to exp(40) times as much, in the CEC library exp(18.7) to exp(34.7)."""
    ideality_v: Annotated[float, Parameter("V", 0.01, 100.0, "chosen: one cell to more than a thousand")]
    """a,ref: ideality factor times cells in series times thermal voltage."""
    series_ohm: Annotated[float, Parameter("Ω", lower=0.0)]
    """Rs; at the light current up to 0.4 of the open-circuit voltage, in the CEC library up to 0.35."""
    shunt_ohm: Annotated[float, Parameter("Ω", lower=0.0, above=True)]
    """Rsh,ref; at the open-circuit voltage up to 0.35 of the light current, in the CEC library up to 0.30."""
    current_a_per_k: Annotated[float, Parameter("A/K", lower=-0.1, upper=0.1)]
    """α: change of the light current, at 1000 W/m²; of that -0.15 to 0.55 %/K, the range of the CEC library."""
    power_stc_w: Annotated[float, Parameter("W", lower=0.0, above=True)]
    """Power of this model at its MPP under standard test conditions."""


class PvArrayParams(NamedTuple):
    """An array of modules."""

    dc_power_stc_w: Annotated[float, Parameter("W", lower=0.0)]
    """At 1000 W/m² and a cell temperature of 25 °C, before losses."""
    module: ModuleParams
    modules_in_series: Annotated[float, Parameter("1", lower=1.0)]
    """Modules in a string, a whole number; their parallel number follows from the power, and need not be whole."""
    soiling: Annotated[float, Parameter("1", lower=0.0, upper=1.0)]
    """Share of the light lost to dirt."""
    shading: Annotated[float, Parameter("1", lower=0.0, upper=1.0)]
    """Share of the light lost to shade."""
    mismatch: Annotated[float, Parameter("1", 0.0, 0.5, "chosen: more is a fault")]
    """Share of the current lost to differences between modules."""
    wiring: Annotated[float, Parameter("1", 0.0, 0.5, "chosen: more is a fault")]
    """Share of the voltage lost in cables and connections."""
    degradation: Annotated[float, Parameter("1", lower=0.0, upper=1.0)]
    """Share of the current lost to light-induced degradation, ageing and optimistic name plates."""
    heat_loss_constant: Annotated[float, Parameter("W/(m² K)", 10.0, 80.0, _COOLED)]
    """Faiman's U0."""
    heat_loss_per_wind: Annotated[float, Parameter("W/(m² K) per m/s", 0.0, 20.0, _COOLED)]
    """Faiman's U1."""
    start_w_per_m2: Annotated[float, Parameter("W/m²", 0.0, 300.0, "chosen: a dull day")] = 0.0
    """In light as strong as this, behind dirt and shade, the tracker wakes."""
    stop_w_per_m2: Annotated[float, Parameter("W/m²", 0.0, 300.0, "at most that at which it wakes")] = 0.0
    """In light weaker than this it falls asleep."""
    voltage_min_v: Annotated[float, Parameter("V", lower=0.0)] = 0.0
    """Least voltage of strings at which the tracker works."""
    voltage_max_v: Annotated[float, Parameter("V", lower=0.0, above=True, unbounded=True)] = math.inf
    """Greatest voltage of strings at which the tracker works."""
    bifacial_gain: Annotated[float, Parameter("1", 0.0, 0.4, "chosen: snow below modules on high racks")] = (
        0.0
    )
    """Light on the back of the modules, times how well they use it, over that on the front."""


class PvState(NamedTuple):
    """What an array remembers."""

    cell_temperature_c: float
    """Cell temperature of the last step [°C]; it does not act on the future."""
    is_awake: int = 1
    """1 while the tracker works, 0 while it sleeps."""


class PvInput(NamedTuple):
    """What acts on an array during a step."""

    irradiance_w_per_m2: float
    """On its plane [W/m²]; less than 0 counts as 0."""
    ambient_c: float
    wind_m_per_s: float
    """At the modules, >= 0 [m/s]."""


class PvOutput(NamedTuple):
    """What an array shows at its terminals, at its maximum power point or the edge of the tracker's window."""

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
    """The maximum power point of a module, or another one on its curve; production is positive here."""

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
    diode = _diode(module, irradiance_w_per_m2, cell_temperature_c)
    if diode.light_a <= 0.0:
        return MaximumPower(0.0, 0.0, 0.0)
    return _search(diode.light_a, diode.saturation_a, diode.ideality_v, module.series_ohm, diode.shunt_s)


def pv_point_at(
    module: ModuleParams, irradiance_w_per_m2: float, cell_temperature_c: float, voltage_v: float
) -> MaximumPower:
    """Return what a module gives at a voltage: nothing at its open-circuit voltage and above.

    Newton from above: the voltage is a convex, rising function of that across the diode.

    Args:
        module: The module.
        irradiance_w_per_m2: Reaching the cells [W/m²]; less than 0 counts as 0.
        cell_temperature_c: Cell temperature [°C]; less than -100 counts as that.
        voltage_v: At its terminals, >= 0 [V].
    """
    diode = _diode(module, irradiance_w_per_m2, cell_temperature_c)
    if diode.light_a <= 0.0:
        return MaximumPower(0.0, voltage_v, 0.0)
    open_v = diode.ideality_v * math.log1p(diode.light_a / diode.saturation_a)
    if voltage_v >= open_v:
        return MaximumPower(0.0, voltage_v, 0.0)
    diode_v = min(voltage_v + diode.light_a * module.series_ohm, open_v)
    for _ in range(_MOST_ROUNDS):
        grown_a = diode.saturation_a * math.exp(diode_v / diode.ideality_v)
        current_a = diode.light_a - (grown_a - diode.saturation_a) - diode_v * diode.shunt_s
        slope = 1.0 + module.series_ohm * (grown_a / diode.ideality_v + diode.shunt_s)
        moved_v = (diode_v - current_a * module.series_ohm - voltage_v) / slope
        diode_v -= moved_v
        if moved_v <= 1e-12 * open_v:
            break
    current_a = diode.light_a - diode.saturation_a * math.expm1(diode_v / diode.ideality_v)
    current_a = max(current_a - diode_v * diode.shunt_s, 0.0)
    return MaximumPower(voltage_v * current_a, voltage_v, current_a)


class _Diode(NamedTuple):
    """The single diode in some light and at some temperature."""

    light_a: float
    saturation_a: float
    ideality_v: float
    shunt_s: float


def _diode(module: ModuleParams, irradiance_w_per_m2: float, cell_temperature_c: float) -> _Diode:
    kelvin = max(cell_temperature_c, _COLDEST_C) + _KELVIN
    warmer = kelvin - _REFERENCE_K
    suns = irradiance_w_per_m2 / _STANDARD_W_PER_M2
    light_a = suns * (module.light_current_a + module.current_a_per_k * warmer)
    ratio = kelvin / _REFERENCE_K
    gap = _BAND_GAP_EV * (1.0 + _BAND_GAP_SLOPE_PER_K * warmer)
    exponent = (_BAND_GAP_EV / _REFERENCE_K - gap / kelvin) / _BOLTZMANN_EV_PER_K
    saturation_a = module.saturation_current_a * ratio * ratio * ratio * math.exp(exponent)
    return _Diode(light_a, saturation_a, module.ideality_v * ratio, suns / module.shunt_ohm)


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


def _useful(params: PvArrayParams, irradiance_w_per_m2: float) -> float:
    """Return the irradiance that reaches the cells [W/m²]."""
    front = irradiance_w_per_m2 * (1.0 - params.soiling) * (1.0 - params.shading)
    return front * (1.0 + params.bifacial_gain)


def _modules(params: PvArrayParams) -> float:
    return params.dc_power_stc_w / params.module.power_stc_w


def _kept(params: PvArrayParams) -> float:
    """Return the share of the cells' power that reaches the terminals."""
    return (1.0 - params.mismatch) * (1.0 - params.degradation) * (1.0 - params.wiring)


def _is_awake(params: PvArrayParams, state: PvState, useful_w_per_m2: float) -> bool:
    least = params.start_w_per_m2 if state.is_awake == 0 else params.stop_w_per_m2
    return useful_w_per_m2 >= least


def pv_output(params: PvArrayParams, state: PvState, inp: PvInput) -> PvOutput:
    """Return what the array offers at this instant, which holds as long as its input."""
    cell_c = pv_cell_temperature_c(params, inp.irradiance_w_per_m2, inp.ambient_c, inp.wind_m_per_s)
    useful = _useful(params, inp.irradiance_w_per_m2)
    if not _is_awake(params, state, useful):
        return PvOutput(0.0, 0.0, 0.0, cell_c, 0.0, 0.0)
    point = pv_maximum_power_point(params.module, useful, cell_c)
    per_module = params.modules_in_series * (1.0 - params.wiring)
    string_v = point.voltage_v * per_module
    if point.power_w > 0.0 and (string_v < params.voltage_min_v or string_v > params.voltage_max_v):
        edge_v = min(max(string_v, params.voltage_min_v), params.voltage_max_v)
        point = pv_point_at(params.module, useful, cell_c, edge_v / per_module)
    cell_w = point.power_w * _modules(params)
    terminal_w = cell_w * _kept(params)
    voltage_v = point.voltage_v * params.modules_in_series * (1.0 - params.wiring)
    current_a = 0.0
    if voltage_v > 0.0:
        current_a = -terminal_w / voltage_v
    return PvOutput(0.0 - terminal_w, voltage_v, current_a, cell_c, cell_w, cell_w - terminal_w)


def pv_horizon_s(_params: PvArrayParams, _state: PvState, _inp: PvInput) -> float:
    """Return how long the output holds [s]: for ever, as only its input moves it."""
    return math.inf


def pv_step(params: PvArrayParams, state: PvState, inp: PvInput, dt_s: float) -> tuple[PvState, PvOutput]:
    """Carry an array across a step of any length and return its state and what it offered."""
    output = pv_output(params, state, inp)
    if dt_s <= 0.0:
        return state, output
    is_awake = 1 if _is_awake(params, state, _useful(params, inp.irradiance_w_per_m2)) else 0
    return PvState(output.cell_temperature_c, is_awake), output
