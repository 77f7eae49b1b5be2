"""Switching of phases (`switches_phases`): when a charger leaves its car one phase, and when all of its supply.

Powers below the least on three phases, 4140 W, can be served so down to 1380 W. By itself the charger goes by its
set-point: below the least power on all phases, but not on one, it wants one phase, from there on all of them, and a
lower one changes nothing. What is wanted for `switch_delay_s` on end is done, at once if it was a command (`phases`),
yet not before `switch_dwell_s` have passed since the last time. Then no current flows for `switch_pause_s`: contactors
switch without load, and cars look at their phases when charging begins. A car on one phase gives no cause to switch.
"""

from __future__ import annotations

import math

from .ev_charger import EvChargerInput, EvChargerParams, EvChargerState, ev_is_connected
from .ev_offer import is_enough
from .timers import time_left_s


def until_switched_s(params: EvChargerParams, state: EvChargerState, inp: EvChargerInput) -> float:
    """Return when it begins to switch if all stays as it is [s]; infinite if it does not."""
    if _wants_one(params, state, inp) == state.on_one:
        return math.inf
    delay_s = 0.0 if inp.phases > 0 else params.switch_delay_s - state.wanted_s
    return max(delay_s, state.pause_s, state.dwell_s)


def phases_hold_s(params: EvChargerParams, now: EvChargerState, inp: EvChargerInput) -> float:
    """Return until when nothing is switched and no pause for that ends [s]."""
    if params.switches_phases == 0:
        return math.inf
    return now.pause_s if now.pause_s > 0.0 else until_switched_s(params, now, inp)


def phases_after(
    params: EvChargerParams, now: EvChargerState, inp: EvChargerInput, dt_s: float
) -> EvChargerState:
    """Return the state after a time in which nothing was switched."""
    is_wanted = inp.phases == 0 and _wants_one(params, now, inp) != now.on_one
    return EvChargerState(
        now.session_id,
        now.soc,
        now.delivered_wh,
        now.on_one,
        min(now.wanted_s + dt_s, params.switch_delay_s) if is_wanted else 0.0,
        time_left_s(now.pause_s, dt_s),
        time_left_s(now.dwell_s, dt_s),
        now.followed_a,
        now.behind_s,
    )


def _wants_one(params: EvChargerParams, state: EvChargerState, inp: EvChargerInput) -> int:
    """Say whether the car is to have one phase (1) or all (0)."""
    if inp.phases > 0:
        return 1 if inp.phases == 1 else 0
    phases = min(params.phases, inp.ac_phases)
    if phases == 1 or not ev_is_connected(params, inp):
        return state.on_one
    if is_enough(params, inp, 0, inp.set_point_w):
        return 0
    return 1 if is_enough(params, inp, 1, inp.set_point_w) else state.on_one
