"""How time passes in a battery: power in, and what becomes of charge, voltages and temperature.

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
"""

from __future__ import annotations

import math
from typing import NamedTuple

from .battery import (
    BatteryInput,
    BatteryOutput,
    BatteryParams,
    BatteryState,
    battery_lag,
    battery_stored_a,
    battery_surface_soc,
    coulombs_of,
    kelvin_of,
    kept_share,
    lag_at,
    leak_a,
    resistance_factors,
    resistances_at,
)
from .battery_limits import current_limits_a, soc_limits, soc_limits_at, stop_soc
from .circuit import Decay, current_at_power, decay_over, rc_heat_j, temperature_after, thermal_body
from .diffusion import NO_LAG, levelled_over_j, levelling_w, surface_path
from .hysteresis import NO_SIDES, hysteresis_s, sides_over
from .tables import table_mean, table_value, table_value_beyond

_SOC_STEP = 0.0025
_ROUNDS = 3
"""In which the current is found where the surface's way crosses a knot, at least."""
_LEAST_ROUNDS = 2
"""The same where there is no lead."""
_MOST_ROUNDS = 16
"""At most, where voltage or resistance are steep."""
_FOUND = 1e-11
"""Of a current, by which it may still be off once it is found."""
_CUT_LEAST_S = 1.0
"""What ends earlier at a limit of SoC is so short that the current of the longer part does."""
_CUT_ROUNDS = 3
"""In which the current of what ends at a limit of SoC is found anew, at most."""
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


class _Advance(NamedTuple):
    state: BatteryState
    duration_s: float
    energy_j: float
    charge_c: float
    loss_j: float
    reversible_j: float
    voltage_v: float
    """At the end [V]."""
    is_cut: bool
    """Whether it ended at a limit of SoC, before the time for which its current was found."""


def _current(power_w: float, emf_v: float, resistance_ohm: float, limits_a: tuple[float, float]) -> float:
    """Return the current for a power [A], within its limits; none from a source without voltage."""
    if emf_v <= 0.0:
        return 0.0
    return current_at_power(power_w, emf_v, resistance_ohm, limits_a[0], limits_a[1])


def battery_terminal(
    params: BatteryParams,
    state: BatteryState,
    power_w: float,
    auxiliary_w: float = 0.0,
    current_share: float = 1.0,
) -> BatteryOutput:
    """Return what the terminals show at this instant under a power, charging positive.

    The power in the result is smaller than the wanted one where an SoC limit, the rated current or the most
    that the circuit can give is in the way.

    Args:
        params: The pack.
        state: Now.
        power_w: Wanted [W].
        auxiliary_w: Of a discharge, what the pack draws itself [W].
        current_share: Greatest current over the rated one, >= 1.
    """
    power_w = _served_w(params, state, power_w, auxiliary_w)
    factors = resistance_factors(params, kelvin_of(state.temperature_c), state.resistance_factor)
    r0, r1, r2 = resistances_at(params, factors, state.soc)
    if power_w > 0.0:
        r0 += factors.r0 * table_value(params.charging_ohm, state.soc)
    surface_v = table_value_beyond(params.ocv_v, battery_surface_soc(params, state))
    emf = surface_v + state.rc1_voltage_v + state.rc2_voltage_v
    if params.hysteresis_f > 0.0:
        emf += state.hysteresis_voltage_v
    ends = soc_limits_at(params, state, power_w, auxiliary_w)
    current = _current(power_w, emf, r0, current_limits_a(params, state.soc, ends, current_share))
    voltage = emf + r0 * current
    loss_w = r0 * current * current + _pairs_w(state.rc1_voltage_v, state.rc2_voltage_v, r1, r2)
    if params.hysteresis_f > 0.0:
        held_v = state.hysteresis_voltage_v
        loss_w += held_v * held_v * abs(current) / table_value(params.hysteresis_v, state.soc)
    if params.diffusion_gain_h > 0.0:
        lag, coulombs = battery_lag(params, state), coulombs_of(params, state.capacity_share)
        loss_w += levelling_w(params.ocv_v, state.soc, state.surface_lead, lag, coulombs)
    loss_w += (1.0 - kept_share(params, state.soc, current)) * current * surface_v
    stored = battery_stored_a(params, state.soc, current)
    heat_v = kelvin_of(state.temperature_c) * table_value(params.ocv_slope_v_per_k, state.soc)
    return BatteryOutput(voltage * current, voltage, current, loss_w, stored * heat_v)


def battery_step(
    params: BatteryParams, state: BatteryState, inp: BatteryInput, dt_s: float
) -> tuple[BatteryState, BatteryOutput]:
    """Carry a battery across `dt_s` at constant terminal power.

    Args:
        params: The pack.
        state: At the start.
        inp: Power wanted at the terminals, ambient temperature and auxiliaries. The power is not cut to
            `battery_power_limits` (the plant does that), but SoC never leaves its limits by the power drawn,
            and the current never exceeds its rating, or the share of it that `inp` lets it have.
        dt_s: Length of the step [s]; nothing moves if it is not positive.

    Returns:
        The state at the end, and the output: power, current, loss and reversible heat are means over the step,
        the voltage is that at its end.
    """
    if dt_s <= 0.0:
        return state, battery_terminal(params, state, inp.power_w, inp.auxiliary_w, inp.current_share)
    left_s, energy_j, charge_c, loss_j, reversible_j, voltage = dt_s, 0.0, 0.0, 0.0, 0.0, 0.0
    while left_s > 0.0:
        part = _advance(params, state, inp, left_s)
        rounds = 0
        while part.is_cut and part.duration_s > _CUT_LEAST_S and rounds < _CUT_ROUNDS:
            part = _advance(params, state, inp, part.duration_s)
            rounds += 1
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
    (
        soc,
        quick_v,
        slow_v,
        temperature_c,
        capacity_share,
        resistance_factor,
        lead,
        held_v,
        lower_shift,
        upper_shift,
    ) = state
    lags, has_sides = params.diffusion_gain_h > 0.0, params.hysteresis_f > 0.0
    power_w = _served_w(params, state, inp.power_w, inp.auxiliary_w)
    coulombs = coulombs_of(params, capacity_share)
    leak = leak_a(params, soc)
    surface, ocv = soc, table_value(params.ocv_v, soc)
    if lags:
        surface = soc + lead
        ocv = table_value_beyond(params.ocv_v, surface)
    ends = soc_limits_at(params, state, power_w, inp.auxiliary_w)
    limits = current_limits_a(params, soc, ends, inp.current_share)
    emf = ocv + quick_v + slow_v
    if has_sides:
        emf += held_v
    near = 0.0  # about the current, without resistance: good enough to cut the step and to find its middle
    if emf > 0.0:
        near = min(max(power_w / emf, -limits[1]), limits[0])
    moved = abs(near - leak) * left_s / coulombs
    dt_s = left_s if moved <= _SOC_STEP else left_s * _SOC_STEP / moved

    kelvin = kelvin_of(temperature_c)
    lag = NO_LAG
    if lags:
        lag = lag_at(params, kelvin, coulombs)
        off = abs(lead - lag.per_amp * (near - leak))
        if off > _SOC_STEP:
            dt_s = min(dt_s, lag.time_constant_s * _SOC_STEP / off)
    middle = soc + 0.5 * (near - leak) * dt_s / coulombs
    factors = resistance_factors(params, kelvin, resistance_factor)
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
        heat_w += inp.auxiliary_heat_w - params.heat_loss_w_per_k * (temperature_c - inp.ambient_c)
        longest_s = _settling_s(params, settling_j, _pairs_w(quick_off_v, slow_off_v, r1, r2), heat_w)
        # The slow pair, with more energy, must not stretch the parts that a quick one needs while the cells cool.
        quick_s = 0.25 * r1 * params.c1_f
        if quick_s > _SETTLING_LONG_S and abs(quick_off_v) > _SETTLED_SHARE * ocv:
            longest_s = min(longest_s, quick_s)
        if longest_s < dt_s:
            dt_s = longest_s
            # Where resistances grow steeply, those of the middle of what was cut off are far from those here.
            middle = soc + 0.5 * (near - leak) * dt_s / coulombs
            r0, r1, r2 = resistances_at(params, factors, middle)
            if near > 0.0:
                r0 += factors.r0 * table_value(params.charging_ohm, middle)
    kept = 1.0
    if near > 0.0:
        kept = table_value(params.charge_acceptance, min(middle, max(soc, ends.upper)))
        if kept < 1.0:
            # Resistance and what is lost grow towards full, so the middle is that of what they leave of the current.
            taken = power_w / (emf + r0 * near) if power_w < near * (emf + r0 * near) else near
            r0 -= factors.r0 * table_value(params.charging_ohm, middle)
            middle = soc + 0.5 * (kept * taken - leak) * dt_s / coulombs
            r0 += factors.r0 * table_value(params.charging_ohm, middle)
            kept = table_value(params.charge_acceptance, min(middle, max(soc, ends.upper)))
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
        rounds, moved_a, last_moved_a = 0, 0.0, 0.0
        while not path.is_straight and (
            rounds < _ROUNDS or _still_moves(rounds, current, moved_a, last_moved_a)
        ):
            last_moved_a, before_a = moved_a, current
            per_amp = kept * path.slope_v * (0.5 * per_coulomb + lag.per_amp * (1.0 - fading.mean))
            emf = path.mean_v + pairs_v - per_amp * current
            current = _current(power_w, emf, base_ohm + per_amp, limits)
            stored = kept * current - leak
            end = _clipped(soc + stored * per_coulomb)
            settled = lag.per_amp * stored
            path = surface_path(params.ocv_v, index, ocv, soc, lead, end - soc, settled, fading)
            moved_a = abs(current - before_a)
            rounds += 1
    elif end * segments < index or end * segments > index + 1:
        rounds, moved_a, last_moved_a = 0, 0.0, 0.0
        while rounds < _LEAST_ROUNDS or _still_moves(rounds, current, moved_a, last_moved_a):
            last_moved_a, before_a = moved_a, current
            if stored != 0.0:
                end = _clipped(soc + stored * per_coulomb)
                per_amp = (table_mean(params.ocv_v, soc, end) - ocv) / stored
            current = _current(power_w, emf - per_amp * leak, base_ohm + per_amp * kept, limits)
            stored = kept * current - leak
            moved_a = abs(current - before_a)
            rounds += 1

    end = soc + stored * per_coulomb
    stop = stop_soc(ends, soc, current, stored, power_w)
    is_cut = (end - stop) * stored > 0.0
    if is_cut:
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
    heat_w = (loss_j + reversible_j) / dt_s + inp.auxiliary_heat_w
    warmed_c = temperature_after(thermal_body(params), temperature_c, heat_w, inp.ambient_c, dt_s)
    return _Advance(
        BatteryState(
            end,
            quick_v,
            slow_v,
            warmed_c,
            capacity_share,
            resistance_factor,
            lead,
            held_v,
            lower_shift,
            upper_shift,
        ),
        dt_s,
        energy_j,
        current * dt_s,
        loss_j,
        reversible_j,
        end_v,
        is_cut,
    )


def _served_w(params: BatteryParams, state: BatteryState, power_w: float, auxiliary_w: float) -> float:
    """Return what of a power [W] a battery below its lower limit of SoC has: of a discharge, what it draws itself."""
    if auxiliary_w > 0.0 and state.soc <= soc_limits(params, state).lower:
        return max(power_w, -auxiliary_w)
    return power_w


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


def _still_moves(rounds: int, current_a: float, moved_a: float, last_moved_a: float) -> bool:
    """Say whether a current is to be found more closely after so many rounds.

    Each round leaves the same part of the error: the way of the last round over that of the one before.
    """
    return rounds < _MOST_ROUNDS and moved_a * moved_a > _FOUND * abs(current_a) * last_moved_a


def _clipped(soc: float) -> float:
    return min(max(soc, 0.0), 1.0)
