"""The time for which a power of a battery may be held before its limits change materially."""

from __future__ import annotations

import math

from .battery import BatteryParams, BatteryState, battery_lag, battery_stored_a, coulombs_of
from .battery_limits import SocLimits, soc_limits
from .battery_step import battery_terminal

_SOC_TOUCH = 1e-9
"""Closer than this to an edge counts as having reached it."""
_LIMIT_SHARE = 0.875
"""Of the time to a limit of SoC at the present pace, after which power is found anew."""
_LEAST_S, _LEAST_LIMIT_S = 0.1, 1e-3
_LEAD_REACH = 0.01
"""By how much the lead of the particles' surface may move before the limits change materially."""


def battery_horizon_s(
    params: BatteryParams,
    state: BatteryState,
    power_w: float,
    ambient_c: float = 20.0,
    auxiliary_w: float = 0.0,
    auxiliary_heat_w: float = 0.0,
    current_share: float = 1.0,
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
        auxiliary_w: Of a discharge, what the pack draws itself [W].
        auxiliary_heat_w: Set free in the cells by that [W].
        current_share: Greatest current over the rated one, >= 1.

    Returns:
        Time [s], at least 0.1 s, less only just before a limit of SoC; infinite if nothing moves.
    """
    now = battery_terminal(params, state, power_w, auxiliary_w, current_share)
    stored_a = battery_stored_a(params, state.soc, now.current_a)
    coulombs = coulombs_of(params, state.capacity_share)
    soc_per_s = stored_a / coulombs
    horizon, least_s = math.inf, _LEAST_S
    if soc_per_s != 0.0:
        ends, pace = soc_limits(params, state), abs(soc_per_s)
        horizon = _soc_reach(params, ends, state.soc, soc_per_s > 0.0) / pace
        limit_s = ((ends.upper - state.soc) if soc_per_s > 0.0 else (state.soc - ends.lower)) / pace
        if limit_s > 0.0:
            # The pace grows on the way to empty, and a limit is reached by what is left of the power there.
            horizon = min(horizon, _LIMIT_SHARE * limit_s)
            least_s = min(least_s, max(_LIMIT_SHARE * limit_s, _LEAST_LIMIT_S))
    if params.diffusion_gain_h > 0.0:
        lag = battery_lag(params, state)
        off = abs(state.surface_lead - lag.per_amp * stored_a)
        if off > _LEAD_REACH:
            horizon = min(horizon, -lag.time_constant_s * math.log1p(-_LEAD_REACH / off))
    heat_w = now.loss_w + now.reversible_heat_w + auxiliary_heat_w
    return max(least_s, min(horizon, _temperature_horizon_s(params, state.temperature_c, heat_w, ambient_c)))


def _soc_reach(params: BatteryParams, ends: SocLimits, soc: float, rising: bool) -> float:
    """Return how far SoC may move in one direction before the limits change materially."""
    low_edge = ends.lower + params.soc_derating_width
    high_edge = ends.upper - params.soc_derating_width
    sign = 1.0 if rising else -1.0
    reach = 0.01
    if soc < low_edge + _SOC_TOUCH or soc > high_edge - _SOC_TOUCH:
        ahead = sign * ((ends.upper if rising else ends.lower) - soc)
        reach = min(0.0005, 0.125 * ahead) if ahead > 0.0 else 0.0005
    for edge in (ends.lower, low_edge, high_edge, ends.upper):
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
    return drift_s(params, drift_w, reach)


def drift_s(params: BatteryParams, drift_w: float, reach_k: float) -> float:
    """Return the time in which the temperature of the cells moves by so much under constant heat [s].

    Args:
        params: The pack.
        drift_w: Heat set free less what goes to the air now, not 0 [W].
        reach_k: How far it is to move [K], > 0.

    Returns:
        Time [s]; infinite if it never does.
    """
    if params.heat_loss_w_per_k <= 0.0:
        return reach_k * params.heat_capacity_j_per_k / abs(drift_w)
    whole = abs(drift_w) / params.heat_loss_w_per_k
    if reach_k >= whole:
        return math.inf
    return -params.heat_capacity_j_per_k / params.heat_loss_w_per_k * math.log1p(-reach_k / whole)
