"""A battery at pack level: equivalent circuit, heat, and the limits that its management system (BMS) sets.

The circuit is an open-circuit voltage `U(soc)`, a series resistance `R0` and one RC pair in series (G. L.
Plett, "Battery Management Systems, Volume I: Battery Modeling", Artech House 2015, chapter 2). With the
current `i` positive when charging, the voltage `v` of the pair and the charge capacity `Q`:

    V = U(soc) + R0 i + v        C dv/dt = i - v / R1        Q dsoc/dt = i - i_leak

Clients command power, not current. A step therefore looks for the constant current whose *mean* terminal
power over the step is the wanted one: along a constant current the charge is linear and the pair exponential,
so energy, heat and voltages have closed forms, and the balance

    terminal energy = ∫ U dq + change of C v² / 2 + heat

closes to rounding. The true current of a constant power drifts a little within the step; steps are cut so
that SoC moves by 0.5 % at most, which keeps SoC after an hour within 1e-5 of a run in steps of 0.2 s.

Left out: hysteresis, entropic heat, differences between cells, ageing.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from .circuit import ThermalBody, current_at_power, decay_over, rc_heat_j, temperature_after
from .tables import scaled_table, table_mean, table_value

_SOC_STEP = 0.005
_SOC_TOUCH = 1e-9
"""Closer than this to an edge counts as having reached it."""
_SOC_DEAD_BAND = 1e-4
"""This near a limit of SoC the BMS counts it as reached: a full battery does not chase its self-discharge."""
_SECONDS_PER_HOUR = 3600.0
_KELVIN = 273.15
_REFERENCE_K = 298.15
_COLDEST_C = -60.0


class BatteryParams(NamedTuple):
    """A pack. Tables run over SoC 0..1 in even steps and hold values of the whole pack."""

    capacity_wh: float
    """Nominal energy: what flows into the open-circuit voltage from empty to full [Wh]."""
    charge_capacity_ah: float
    """Charge from empty to full [Ah]."""
    ocv_v: tuple[float, ...]
    """Open-circuit voltage, rising with SoC [V]."""
    r0_ohm: tuple[float, ...]
    """Series resistance at 25 °C [Ω]."""
    r1_ohm: tuple[float, ...]
    """Resistance of the RC pair at 25 °C [Ω]."""
    c1_f: float
    """Capacitance of the RC pair [F]."""
    activated_share: float
    """Part of the resistances at 25 °C that follows Arrhenius' law, 0..1; the rest does not change."""
    activation_k: float
    """Activation energy of that part over the gas constant [K]."""
    voltage_min_v: float
    """Least terminal voltage, more than half of the open-circuit voltage [V]."""
    voltage_max_v: float
    charge_current_max_a: float
    """Greatest charging current, >= 0 [A]."""
    discharge_current_max_a: float
    """Greatest discharging current, >= 0 [A]."""
    charge_power_max_w: float
    """Greatest charging power, >= 0 [W]."""
    discharge_power_max_w: float
    """Greatest discharging power, >= 0 [W]."""
    soc_lower: float
    """Discharging stops here, 0..1."""
    soc_upper: float
    """Charging stops here, 0..1."""
    soc_derating_width: float
    """Range of SoC inside either limit over which power falls to zero."""
    charge_temperatures_c: tuple[float, float, float, float]
    """Charging is off below the first and above the last, at full power between the inner two [°C]."""
    discharge_temperatures_c: tuple[float, float, float, float]
    """The same for discharging [°C]."""
    heat_capacity_j_per_k: float
    heat_loss_w_per_k: float
    """Heat given to the air per kelvin above it [W/K]."""
    self_discharge_a: float
    """Leakage inside the cells [A], >= 0."""


class BatteryState(NamedTuple):
    """What a battery remembers."""

    soc: float
    """State of charge, 0..1."""
    rc_voltage_v: float
    """Across the RC pair, positive after charging [V]."""
    temperature_c: float


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
    """Heat, >= 0 [W]."""


class _Advance(NamedTuple):
    state: BatteryState
    duration_s: float
    energy_j: float
    charge_c: float
    loss_j: float


def battery_initial_state(_params: BatteryParams, soc: float, temperature_c: float) -> BatteryState:
    """Return a battery that has rested: SoC 0..1 (kept inside), temperature [°C]."""
    return BatteryState(min(max(soc, 0.0), 1.0), 0.0, temperature_c)


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
        c1_f=params.c1_f * ratio,
        charge_current_max_a=params.charge_current_max_a * ratio,
        discharge_current_max_a=params.discharge_current_max_a * ratio,
        charge_power_max_w=params.charge_power_max_w * ratio,
        discharge_power_max_w=params.discharge_power_max_w * ratio,
        heat_capacity_j_per_k=params.heat_capacity_j_per_k * ratio,
        heat_loss_w_per_k=params.heat_loss_w_per_k * ratio,
        self_discharge_a=params.self_discharge_a * ratio,
    )


def battery_resistances(params: BatteryParams, state: BatteryState) -> tuple[float, float]:
    """Return R0 and R1 [Ω] at the state's SoC and temperature.

    A part of each follows `exp(Ea/R (1/T - 1/T25))` (Arrhenius; charge transfer and electrolyte), the rest
    (current collectors, contacts) is constant.
    """
    kelvin = max(state.temperature_c, _COLDEST_C) + _KELVIN
    activated = math.exp(params.activation_k * (1.0 / kelvin - 1.0 / _REFERENCE_K))
    factor = 1.0 + params.activated_share * (activated - 1.0)
    return factor * table_value(params.r0_ohm, state.soc), factor * table_value(params.r1_ohm, state.soc)


def battery_stored_energy_wh(params: BatteryParams, state: BatteryState) -> float:
    """Return the energy above an empty, rested battery [Wh]: that of its charge and of the RC pair."""
    chemical = params.charge_capacity_ah * state.soc * table_mean(params.ocv_v, 0.0, state.soc)
    return chemical + 0.5 * params.c1_f * state.rc_voltage_v**2 / _SECONDS_PER_HOUR


def battery_usable_capacity_wh(params: BatteryParams) -> float:
    """Return the energy between the lower and the upper SoC limit [Wh]."""
    span = params.soc_upper - params.soc_lower
    return params.charge_capacity_ah * span * table_mean(params.ocv_v, params.soc_lower, params.soc_upper)


def battery_power_limits(params: BatteryParams, state: BatteryState) -> tuple[float, float]:
    """Return the power that the BMS allows to hold, discharging (<= 0) and charging (>= 0) [W].

    The least of: rated power; the rated current; the current that brings the terminals to a voltage limit
    once the RC pair has settled (so a power within the limits stays within the voltages). The result falls
    linearly to zero over the derating ranges of SoC and temperature, whichever says less; within 0.01 % of a
    limit of SoC it is zero.
    """
    ocv = table_value(params.ocv_v, state.soc)
    r0, r1 = battery_resistances(params, state)
    resistance = r0 + r1
    charge_a, discharge_a = params.charge_current_max_a, params.discharge_current_max_a
    if resistance > 0.0:
        charge_a = min(charge_a, max(params.voltage_max_v - ocv, 0.0) / resistance)
        discharge_a = min(discharge_a, max(ocv - params.voltage_min_v, 0.0) / resistance)
    charge_w = min(charge_a * ocv, params.charge_power_max_w)
    discharge_w = min(discharge_a * (ocv - discharge_a * resistance), params.discharge_power_max_w)
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


def _current(params: BatteryParams, soc: float, power_w: float, emf_v: float, resistance_ohm: float) -> float:
    """Return the current for a power [A]: none past an SoC limit, and never more than the rated current."""
    if (power_w > 0.0 and soc >= params.soc_upper) or (power_w < 0.0 and soc <= params.soc_lower):
        return 0.0
    return current_at_power(
        power_w, emf_v, resistance_ohm, params.charge_current_max_a, params.discharge_current_max_a
    )


def battery_terminal(params: BatteryParams, state: BatteryState, power_w: float) -> BatteryOutput:
    """Return what the terminals show at this instant under a power [W], charging positive.

    The power in the result is smaller than the wanted one where an SoC limit, the rated current or the most
    that the circuit can give is in the way.
    """
    r0, r1 = battery_resistances(params, state)
    emf = table_value(params.ocv_v, state.soc) + state.rc_voltage_v
    current = _current(params, state.soc, power_w, emf, r0)
    voltage = emf + r0 * current
    pair_loss = state.rc_voltage_v**2 / r1 if r1 > 0.0 else 0.0
    return BatteryOutput(voltage * current, voltage, current, r0 * current * current + pair_loss)


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
        The state at the end, and the output: power, current and loss are means over the step, the voltage is
        that at its end.
    """
    if dt_s <= 0.0:
        return state, battery_terminal(params, state, inp.power_w)
    left_s, energy_j, charge_c, loss_j, end_current_a = dt_s, 0.0, 0.0, 0.0, 0.0
    while left_s > 0.0:
        part = _advance(params, state, inp, left_s)
        state = part.state
        left_s -= part.duration_s
        energy_j += part.energy_j
        charge_c += part.charge_c
        loss_j += part.loss_j
        end_current_a = part.charge_c / part.duration_s
    r0, _ = battery_resistances(params, state)
    voltage = table_value(params.ocv_v, state.soc) + state.rc_voltage_v + r0 * end_current_a
    return state, BatteryOutput(energy_j / dt_s, voltage, charge_c / dt_s, loss_j / dt_s)


def _advance(params: BatteryParams, state: BatteryState, inp: BatteryInput, left_s: float) -> _Advance:
    """Carry a battery across a part of the time left, at constant current."""
    soc, pair_v, temperature_c = state
    coulombs = params.charge_capacity_ah * _SECONDS_PER_HOUR
    r0, _ = battery_resistances(params, state)
    ocv = table_value(params.ocv_v, soc)
    leak = params.self_discharge_a if soc > 0.0 else 0.0
    current = _current(params, soc, inp.power_w, ocv + pair_v, r0)
    moved = abs(current - leak) * left_s / coulombs
    dt_s = left_s if moved <= _SOC_STEP else left_s * _SOC_STEP / moved

    middle = _clipped(soc + 0.5 * (current - leak) * dt_s / coulombs)
    r0, r1 = battery_resistances(params, BatteryState(middle, pair_v, temperature_c))
    decay = decay_over(dt_s, r1 * params.c1_f)
    base_ohm = r0 + r1 * (1.0 - decay.mean)
    for _ in range(2):  # the second round counts only where the step crosses a knot of the table
        shift = (current - leak) * dt_s / coulombs
        rise = table_mean(params.ocv_v, soc, _clipped(soc + shift)) - ocv
        per_amp = rise / (current - leak) if current != leak else 0.0
        emf = ocv + pair_v * decay.mean - per_amp * leak
        current = _current(params, soc, inp.power_w, emf, base_ohm + per_amp)

    end = soc + (current - leak) * dt_s / coulombs
    stop = _stop(params, soc, current, leak)
    if (end - stop) * (current - leak) > 0.0:
        dt_s = (stop - soc) * coulombs / (current - leak)
        end = stop
        decay = decay_over(dt_s, r1 * params.c1_f)
    mean_ocv = table_mean(params.ocv_v, soc, end)
    mean_pair = pair_v * decay.mean + current * r1 * (1.0 - decay.mean)
    energy_j = current * dt_s * (mean_ocv + r0 * current + mean_pair)
    loss_j = (r0 * current * current + leak * mean_ocv) * dt_s
    loss_j += rc_heat_j(pair_v, current, r1, dt_s, decay)
    pair_end = current * r1 + (pair_v - current * r1) * decay.end
    body = ThermalBody(params.heat_capacity_j_per_k, params.heat_loss_w_per_k)
    warmed_c = temperature_after(body, temperature_c, loss_j / dt_s, inp.ambient_c, dt_s)
    return _Advance(BatteryState(end, pair_end, warmed_c), dt_s, energy_j, current * dt_s, loss_j)


def _clipped(soc: float) -> float:
    return min(max(soc, 0.0), 1.0)


def _stop(params: BatteryParams, soc: float, current_a: float, leak_a: float) -> float:
    """Return the SoC that a current cannot pass; outside the limits it can only bring the battery back."""
    if current_a > leak_a:
        return max(soc, params.soc_upper)
    return min(soc, params.soc_lower) if current_a < 0.0 else 0.0


def battery_horizon_s(
    params: BatteryParams, state: BatteryState, power_w: float, ambient_c: float = 20.0
) -> float:
    """Return how long a power may be held before the power limits change materially.

    That is until SoC moves by 1 %, or reaches a limit or the edge of a derating range; inside such a range
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
    leak = params.self_discharge_a if state.soc > 0.0 else 0.0
    soc_per_s = (now.current_a - leak) / (params.charge_capacity_ah * _SECONDS_PER_HOUR)
    horizon = math.inf
    if soc_per_s != 0.0:
        horizon = _soc_reach(params, state.soc, soc_per_s > 0.0) / abs(soc_per_s)
    return max(0.1, min(horizon, _temperature_horizon_s(params, state.temperature_c, now.loss_w, ambient_c)))


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
        if gap > _SOC_TOUCH:
            reach = min(reach, gap)
    return reach


def _temperature_horizon_s(
    params: BatteryParams, temperature_c: float, loss_w: float, ambient_c: float
) -> float:
    """Return the time [s] until the temperature, drifting under constant loss, changes the power limits."""
    horizon = math.inf
    for corners in (params.charge_temperatures_c, params.discharge_temperatures_c):
        for corner in corners:
            horizon = min(horizon, _time_to_c(params, temperature_c, corner, loss_w, ambient_c))
        if corners[0] < temperature_c < corners[1] or corners[2] < temperature_c < corners[3]:
            for target in (temperature_c - 0.5, temperature_c + 0.5):
                horizon = min(horizon, _time_to_c(params, temperature_c, target, loss_w, ambient_c))
    return horizon


def _time_to_c(
    params: BatteryParams, temperature_c: float, target_c: float, loss_w: float, ambient_c: float
) -> float:
    """Return the time [s] until a temperature is reached under constant loss; infinite if it never is."""
    way = target_c - temperature_c
    if params.heat_loss_w_per_k <= 0.0:
        return way * params.heat_capacity_j_per_k / loss_w if way > 1e-9 and loss_w > 0.0 else math.inf
    whole = ambient_c + loss_w / params.heat_loss_w_per_k - temperature_c
    if way * whole <= 0.0 or abs(way) < 1e-9 or abs(way) >= abs(whole):
        return math.inf
    return -params.heat_capacity_j_per_k / params.heat_loss_w_per_k * math.log1p(-way / whole)
