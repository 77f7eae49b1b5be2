"""How a charger and its car show themselves at an instant, and how time passes in them."""

from __future__ import annotations

import math

from .ev_charger import (
    EvChargerInput,
    EvChargerOutput,
    EvChargerParams,
    EvChargerState,
    ev_is_connected,
    ev_phases_in_use,
    in_session,
)
from .ev_flow import Flow, flow_holds_s, flow_under
from .ev_offer import (
    CURRENT_TOUCH,
    first_phase_v,
    is_fed,
    keeps_to_bound,
    least_current_a,
    mean_voltage_v,
    offered_current_a,
    offers,
)
from .ev_phases import phases_after, phases_hold_s, until_switched_s
from .timers import SHORTEST_HORIZON_S, TOUCH_S

PILOT_A, PILOT_B1, PILOT_B2, PILOT_C = 0, 1, 2, 3
"""States of the control pilot: no car; car without an offer; offer that the car does not take; charging."""

_SECONDS_PER_HOUR = 3600.0


def ev_charger_present_state(
    params: EvChargerParams, state: EvChargerState, inp: EvChargerInput
) -> EvChargerState:
    """Return the state that counts: of this session, with phases switched that are due, and what its car follows."""
    now = in_session(state, inp)
    if params.switches_phases == 1 and until_switched_s(params, now, inp) <= TOUCH_S:
        now = EvChargerState(
            now.session_id,
            now.soc,
            now.delivered_wh,
            1 - now.on_one,
            0.0,
            params.switch_pause_s,
            params.switch_dwell_s,
            now.followed_a,
            now.behind_s,
        )
    if inp.reaction_s <= 0.0 or params.is_dc == 1:
        return now
    return _following(params, now, inp, 0.0)


def ev_control_pilot(params: EvChargerParams, state: EvChargerState, inp: EvChargerInput) -> int:
    """Return the state of the control pilot by IEC 61851-1, annex A: `PILOT_A` … `PILOT_C`."""
    if not ev_is_connected(params, inp):
        return PILOT_A
    now = ev_charger_present_state(params, state, inp)
    if inp.authorised != 1 or now.pause_s > 0.0 or not offers(params, now, inp):
        return PILOT_B1
    return PILOT_C if flow_under(params, now, inp, inp.set_point_w).cable_w > 0.0 else PILOT_B2


def ev_charger_power_limits(
    params: EvChargerParams, state: EvChargerState, inp: EvChargerInput
) -> tuple[float, float]:
    """Return the least and the greatest power that may be drawn now [W], standby included.

    The greatest is the smallest offer that lets the car take all it can: as offers come in steps and not below their
    minimum, a car near full takes less. Standby alone where nothing can charge, nor the least offer keeps to the bound.
    A charger that switches phases counts those that a command has left the car, or all where the set-point decides.
    """
    present = ev_charger_present_state(params, state, inp)
    on_one = present.on_one if inp.phases > 0 else 0
    now = EvChargerState(
        present.session_id, present.soc, present.delivered_wh, on_one, 0.0, 0.0, 0.0, math.inf, 0.0
    )
    grid_w = flow_under(params, now, inp, math.inf).grid_w
    is_left = keeps_to_bound(params, inp, on_one)
    if inp.phases == 0 and params.switches_phases == 1:
        is_left = is_left or keeps_to_bound(params, inp, 1)
    if grid_w <= 0.0 or not is_left:
        return 0.0, params.standby_w
    phases = ev_phases_in_use(params, on_one, inp.ac_phases)
    voltage_v = mean_voltage_v(params, inp, on_one)
    current_a = (params.standby_w + grid_w) / (phases * voltage_v)
    if params.is_dc == 0:
        current_a = max(current_a, grid_w / (phases * voltage_v * inp.offer_share), inp.ac_current_min_a)
    if params.current_step_a > 0.0:
        current_a = params.current_step_a * math.ceil(current_a / params.current_step_a - CURRENT_TOUCH)
    current_a = min(max(current_a, least_current_a(params, voltage_v)), params.current_max_a)
    return 0.0, phases * current_a * voltage_v


def ev_charger_output(params: EvChargerParams, state: EvChargerState, inp: EvChargerInput) -> EvChargerOutput:
    """Return what the charger shows at this instant."""
    now = ev_charger_present_state(params, state, inp)
    flow = flow_under(params, now, inp, inp.set_point_w)
    return _shown(params, inp, flow, flow.grid_w if now.on_one == 1 else 0.0)


def ev_charger_horizon_s(params: EvChargerParams, state: EvChargerState, inp: EvChargerInput) -> float:
    """Return how long the present power holds [s]; infinite while none flows to a car."""
    now = ev_charger_present_state(params, state, inp)
    flow = flow_under(params, now, inp, inp.set_point_w)
    holds_s = min(flow_holds_s(params, now, inp, flow, math.inf), phases_hold_s(params, now, inp))
    return max(min(holds_s, _offer_holds_s(params, now, inp)), SHORTEST_HORIZON_S)


def ev_charger_step(
    params: EvChargerParams, state: EvChargerState, inp: EvChargerInput, dt_s: float
) -> tuple[EvChargerState, EvChargerOutput]:
    """Carry a charger and its car across `dt_s`.

    Args:
        params: The charger.
        state: At the start; of another session than the input's, it starts anew.
        inp: Held during the step.
        dt_s: Length of the step [s]; nothing moves if it is not positive.

    Returns:
        The state at the end, and means over the step.
    """
    if dt_s <= 0.0:
        return state, ev_charger_output(params, state, inp)
    now = ev_charger_present_state(params, state, inp)
    left_s, grid_j, one_phase_j, cable_j, stored_j = dt_s, 0.0, 0.0, 0.0, 0.0
    while left_s > 0.0:
        flow = flow_under(params, now, inp, inp.set_point_w)
        part_s = min(left_s, flow_holds_s(params, now, inp, flow, left_s), phases_hold_s(params, now, inp))
        part_s = min(part_s, _offer_holds_s(params, now, inp))
        if flow.cable_w > 0.0:
            hours = part_s / _SECONDS_PER_HOUR
            now = EvChargerState(
                now.session_id,
                min(now.soc + flow.stored_w * hours / inp.capacity_wh, 1.0),
                now.delivered_wh + flow.cable_w * hours,
                now.on_one,
                now.wanted_s,
                now.pause_s,
                now.dwell_s,
                now.followed_a,
                now.behind_s,
            )
            grid_j += flow.grid_w * part_s
            cable_j += flow.cable_w * part_s
            stored_j += flow.stored_w * part_s
            if now.on_one == 1:
                one_phase_j += flow.grid_w * part_s
        if params.is_dc == 0 and inp.reaction_s > 0.0:
            now = _following(params, now, inp, part_s)
        if params.switches_phases == 1:
            now = ev_charger_present_state(params, phases_after(params, now, inp, part_s), inp)
        left_s -= part_s
    flow = Flow(grid_j / dt_s, cable_j / dt_s, stored_j / dt_s)
    return now, _shown(params, inp, flow, one_phase_j / dt_s)


def _following(
    params: EvChargerParams, now: EvChargerState, inp: EvChargerInput, dt_s: float
) -> EvChargerState:
    """Return the state of a car that takes its time, after a time in which its offer stayed as it is."""
    offered_a = offered_current_a(params, now, inp, inp.set_point_w) if is_fed(params, now, inp) else 0.0
    followed_a, behind_s = min(now.followed_a, offered_a), 0.0
    if offered_a > followed_a:
        behind_s = now.behind_s + dt_s
        if behind_s >= inp.reaction_s - TOUCH_S:
            followed_a, behind_s = offered_a, 0.0
    return EvChargerState(
        now.session_id,
        now.soc,
        now.delivered_wh,
        now.on_one,
        now.wanted_s,
        now.pause_s,
        now.dwell_s,
        followed_a,
        behind_s,
    )


def _offer_holds_s(params: EvChargerParams, now: EvChargerState, inp: EvChargerInput) -> float:
    """Return until when a car that takes its time follows a greater offer [s]."""
    if params.is_dc == 1 or inp.reaction_s <= 0.0 or not is_fed(params, now, inp):
        return math.inf
    if offered_current_a(params, now, inp, inp.set_point_w) <= now.followed_a:
        return math.inf
    return inp.reaction_s - now.behind_s


def _shown(params: EvChargerParams, inp: EvChargerInput, flow: Flow, one_phase_w: float) -> EvChargerOutput:
    all_phases_w = flow.grid_w - one_phase_w
    count = ev_phases_in_use(params, 0, inp.ac_phases)
    current_a = 0.0
    if flow.grid_w > 0.0:
        current_a = one_phase_w / first_phase_v(inp) + all_phases_w / (count * inp.voltage_v)
    return EvChargerOutput(
        params.standby_w + flow.grid_w,
        0.0,
        current_a,
        flow.cable_w,
        flow.stored_w,
        params.standby_w + flow.grid_w - flow.stored_w,
        one_phase_w,
        all_phases_w,
    )
