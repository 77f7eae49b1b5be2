"""What flows from a charger into its car: of its offer what the car's battery takes, and for how long.

Power is constant within a horizon. Where the car limits it, its limit is followed in 200 stairs over the state of
charge; each stair holds the power that takes as long over it as the limit itself, falling evenly, would: at the
edges of stairs the trajectory is that of the exact exponential.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from .electric_car import (
    constant_voltage_soc,
    constant_voltage_w,
    curve_w,
    logarithmic_mean,
    stored_w,
    terminal_w,
)
from .ev_charger import EvChargerInput, EvChargerParams, EvChargerState, ev_is_finished
from .ev_offer import is_fed, takeable_w

_STAIRS = 200
_STAIR_TOUCH = 1e-9
"""Closer than this below an edge, in stairs, counts as having reached it."""
_SECONDS_PER_HOUR = 3600.0


class Flow(NamedTuple):
    """Powers between the grid and the store of the car's battery [W]."""

    grid_w: float
    """From the grid for the car."""
    cable_w: float
    stored_w: float


def flow_under(params: EvChargerParams, now: EvChargerState, inp: EvChargerInput, set_point_w: float) -> Flow:
    """Return what flows at this instant under a set-point; like all below, from the present state."""
    if not is_fed(params, now, inp) or inp.car_pauses == 1 or ev_is_finished(now, inp):
        return Flow(0.0, 0.0, 0.0)
    cable_w = takeable_w(params, now, inp, set_point_w)
    into_store_w = _storable_w(params, inp, cable_w)
    stair_w = _stair_w(params, inp, _stair(now.soc))
    if into_store_w <= 0.0 or stair_w <= 0.0:
        return Flow(0.0, 0.0, 0.0)
    if stair_w < into_store_w:
        into_store_w = stair_w
        battery_w = terminal_w(stair_w, inp.capacity_wh, inp.loss_at_1c)
        if params.is_dc == 0:
            battery_w /= 1.0 - inp.onboard_loss
        cable_w = min(inp.electronics_w + battery_w, cable_w)
    grid_w = cable_w
    if params.is_dc == 1:
        grid_w = (cable_w + params.conversion_fixed_w) / (1.0 - params.conversion_loss)
    return Flow(grid_w, cable_w, into_store_w)


def flow_holds_s(
    params: EvChargerParams, now: EvChargerState, inp: EvChargerInput, flow: Flow, enough_s: float
) -> float:
    """Return how long a flow holds [s]; any value from `enough_s` on means at least that long."""
    if flow.cable_w <= 0.0:
        return math.inf
    seconds_per_soc = inp.capacity_wh * _SECONDS_PER_HOUR / flow.stored_w
    target = min(inp.target_soc, 1.0)
    offered_w = _storable_w(params, inp, takeable_w(params, now, inp, inp.set_point_w))
    stair = _stair(now.soc) + 1
    if params.is_dc == 0:
        # The limit only falls: it is above the power until well before the stair where the two cross.
        crossing = constant_voltage_soc(flow.stored_w, inp.capacity_wh, inp.cv_time_constant_s)
        stair = max(stair, int(max(crossing, 0.0) * _STAIRS) - 2)
    last = min(int(target * _STAIRS) + 1, _STAIRS)
    while (
        stair < last
        and (stair / _STAIRS - now.soc) * seconds_per_soc < enough_s
        and min(_stair_w(params, inp, stair), offered_w) == flow.stored_w
    ):
        stair += 1
    change_s = (stair / _STAIRS - now.soc) * seconds_per_soc
    energy_s = (inp.wanted_energy_wh - now.delivered_wh) * _SECONDS_PER_HOUR / flow.cable_w
    return min(change_s, energy_s, (target - now.soc) * seconds_per_soc)


def _storable_w(params: EvChargerParams, inp: EvChargerInput, cable_w: float) -> float:
    """Return what a power through the cable brings into store [W]; negative if the car's electronics take more."""
    battery_w = cable_w - inp.electronics_w
    if battery_w <= 0.0:
        return battery_w
    if params.is_dc == 0:
        battery_w *= 1.0 - inp.onboard_loss
    return stored_w(battery_w, inp.capacity_wh, inp.loss_at_1c)


def _stair_w(params: EvChargerParams, inp: EvChargerInput, stair: int) -> float:
    """Return the power into store that the car's limit allows over a stair [W]."""
    return logarithmic_mean(
        _limit_at_w(params, inp, stair / _STAIRS), _limit_at_w(params, inp, (stair + 1) / _STAIRS)
    )


def _stair(soc: float) -> int:
    return min(int(soc * _STAIRS + _STAIR_TOUCH), _STAIRS - 1)


def _limit_at_w(params: EvChargerParams, inp: EvChargerInput, soc: float) -> float:
    """Return the greatest power that the car lets into store at a state of charge [W]."""
    limit_w = constant_voltage_w(soc, inp.capacity_wh, inp.cv_time_constant_s)
    if params.is_dc == 1:
        curve = curve_w(params.dc_curves_w, inp.dc_curve, soc)
        limit_w = min(limit_w, stored_w(curve, inp.capacity_wh, inp.loss_at_1c))
    return limit_w
