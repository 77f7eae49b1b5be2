"""A charger for electric cars: an AC wallbox or a DC charger, and the car that is plugged into it.

Alternating current (IEC 61851-1:2017, mode 3): the charger offers a current per phase, never below 6 A, and the car
draws up to that on the phases that both have; a set-point below the minimum pauses. Conversion happens in the car.
Direct current (mode 4): the charger converts, and the car bounds the power over its state of charge.

    AC:  P = P0 + P_cable                      P_cable = P_el + P_battery / (1 - a)
    DC:  P = P0 + (P_cable + P_c) / (1 - c)     P_cable = P_el + P_battery

with the charger's standby draw `P0` and conversion losses `P_c`, `c`, the car's electronics `P_el` and onboard losses
`a`; `electric_car` says what of `P_battery` is stored. The set-point bounds the whole of `P`: the charger measures its
voltages and the phases in use, turns a set-point into a current by their mean, and what the car draws of this current
leaves room for `P0`. So `P` is never more than the set-point, with one exception. Applications that know no voltage
ask for the least current at the nominal 230 V, 4140 W for 6 A on three phases, and others at the lowest voltage that
they see (frequenz-sdk); from the lesser of these powers on the charger offers its least current, whatever its voltages
are, unless that is more than it may draw at all (`bound_w`). A DC charger knows no least current, but a power: what its
`current_min_a` makes at 230 V.

Power is constant within a horizon. Where the car limits it, its limit is followed in 200 stairs over the state of
charge; each stair holds the power that takes as long over it as the limit itself, falling evenly, would: at the
edges of stairs the trajectory is that of the exact exponential.

Switching of phases (`switches_phases`): a contactor leaves the car one phase or all of the supply, so that powers
below the least on three phases, 4140 W, can be served down to 1380 W. By itself the charger goes by its set-point:
below the least power on all phases, but not on one, it wants one phase, from there on all of them, and a lower one
changes nothing. What is wanted for `switch_delay_s` on end is done, at once if it was a command (`phases`), yet not
before `switch_dwell_s` have passed since the last time. Then no current flows for `switch_pause_s`: contactors switch
without load, and cars look at their phases when charging begins. A car on one phase gives no cause to switch.

A car need not take all of its offer (alternating current): it takes a share of it (`offer_share`), nothing below its
own least current, and follows an offer that rises, the first one too, when that has lasted for its reaction time. It
follows one that falls at once.

The model gets a car by its input: all figures of a session stand there, and the state starts anew whenever
`session_id` changes. Session 0 is no car.

Left out: the seconds of the handshake (ISO 15118, DIN 70121), a car that is late to draw less, reactive power and
harmonics of the rectifiers, the heat of charger and cable, discharging into the site.
"""

from __future__ import annotations

import math
from typing import Annotated, NamedTuple

from .electric_car import (
    constant_voltage_soc,
    constant_voltage_w,
    curve_w,
    logarithmic_mean,
    stored_w,
    terminal_w,
)
from .parameter import Parameter

PILOT_A, PILOT_B1, PILOT_B2, PILOT_C = 0, 1, 2, 3
"""States of the control pilot: no car; car without an offer; offer that the car does not take; charging."""
UNPLUGGED, PLUGGED, LOCKED = 0, 1, 2
"""What an end of the cable is."""

_STAIRS = 200
_STAIR_TOUCH = 1e-9
"""Closer than this below an edge, in stairs, counts as having reached it."""
_SOC_TOUCH = 1e-12
_ENERGY_TOUCH_WH = 1e-6
"""Closer than this counts as delivered."""
_CURRENT_TOUCH = 1e-4
"""Closer than this, in steps, an offer counts as a whole number of them: clients send 32-bit floats, which are off by
6e-8 of their value, or 1e-5 of a step of 0.1 A at 20 A."""
NOMINAL_V = 230.0
"""By which rated powers are turned into currents, between phase and neutral [V]."""
_SHORTEST_S = 1e-3
_TIME_TOUCH_S = 1e-9
"""Less than this left of a delay is none [s]."""
_SECONDS_PER_HOUR = 3600.0


class EvChargerParams(NamedTuple):
    """A charger with one outlet."""

    is_dc: Annotated[int, Parameter("1", 0, 1)]
    """Whether it gives direct current (1) or alternating current (0)."""
    phases: Annotated[int, Parameter("1", 1, 3)]
    """Phases of its supply."""
    current_max_a: Annotated[float, Parameter("A", 0.0, 1500.0)]
    """Greatest current per phase."""
    current_min_a: Annotated[float, Parameter("A", 0.0, 500.0, "IEC 61851-1: 6 A for alternating current")]
    """Least current per phase that it offers; below, it pauses. Of direct current, its least power at 230 V."""
    current_step_a: Annotated[float, Parameter("A", 0.0, 16.0)]
    """Steps in which it offers current, rounded down; 0 for none."""
    dc_power_max_w: Annotated[float, Parameter("W", 0.0, 1e6)]
    """Greatest power into the cable of a DC charger."""
    conversion_fixed_w: Annotated[float, Parameter("W", 0.0, 1e4)]
    """Lost by a DC charger while it converts, whatever the power."""
    conversion_loss: Annotated[float, Parameter("1", 0.0, 0.3)]
    """Part that a DC charger loses of what it draws."""
    standby_w: Annotated[float, Parameter("W", 0.0, 2000.0)]
    """Drawn at all times."""
    is_tethered: Annotated[int, Parameter("1", 0, 1)]
    """Whether the cable is fixed to the charger (1) or has a plug at both ends (0)."""
    dc_curves_w: Annotated[tuple[float, ...], Parameter("W", 0.0, 1e6)]
    """Power over state of charge of the cars that come here, as `electric_car` lays them end to end."""
    switches_phases: Annotated[int, Parameter("1", 0, 1)] = 0
    """Whether it can leave a car one phase of several (1) or not (0)."""
    switch_delay_s: Annotated[float, Parameter("s", 0.0, 3600.0)] = 120.0
    """For how long its set-point must want other phases before it switches."""
    switch_pause_s: Annotated[float, Parameter("s", 0.0, 600.0)] = 30.0
    """For how long no current flows when it switches."""
    switch_dwell_s: Annotated[float, Parameter("s", 0.0, 7200.0)] = 600.0
    """Least time from one switching to the next."""


class EvChargerState(NamedTuple):
    """What a charger and its car remember."""

    session_id: int
    """Whose figures these are; 0 for none."""
    soc: float
    """State of charge of the car, 0..1; 0 without one."""
    delivered_wh: float
    """Through the cable in this session [Wh]."""
    on_one: int = 0
    """Whether the car has one phase (1) or all of the supply (0)."""
    wanted_s: float = 0.0
    """For how long the other of these has been wanted [s]."""
    pause_s: float = 0.0
    """Until current may flow again after switching [s]."""
    dwell_s: float = 0.0
    """Until it may switch again [s]."""
    followed_a: float = 0.0
    """Offer on each phase that a car follows that takes its time [A]."""
    behind_s: float = 0.0
    """For how long more than that has been offered [s]."""


class EvChargerInput(NamedTuple):
    """What acts on a charger during a step: the set-point, the grid, and the session."""

    set_point_w: float
    """Greatest power to draw while a car charges, standby included [W]; may be infinite."""
    voltage_v: float
    """Between phase and neutral, mean of the phases in use, > 0 [V]."""
    session_id: int
    """Number of the session, from 1 on; 0 without a car."""
    plugged_at_station: int
    """Whether the cable is in the charger's socket (1) or not (0); a tethered one always is."""
    plugged_at_car: int
    """Whether the cable is in the car's inlet (1) or not (0)."""
    authorised: int
    """Whether the charger may feed this car (1) or not (0)."""
    car_pauses: int
    """Whether the car pauses by itself (1), as on a timer of its own, or not (0)."""
    arrival_soc: float
    """State of charge when the session began, 0..1."""
    target_soc: float
    """State of charge at which the car stops, 0..1."""
    wanted_energy_wh: float
    """Through the cable, at which the car stops, >= 0 [Wh]; may be infinite."""
    capacity_wh: float
    """Capacity of the car's battery, > 0 [Wh]."""
    ac_phases: int
    """Phases of the car's onboard charger, 1..3."""
    ac_current_max_a: float
    """Greatest current of the car on each of them [A]."""
    onboard_loss: float
    """As in `ElectricCarParams`."""
    electronics_w: float
    """As in `ElectricCarParams` [W]."""
    cv_time_constant_s: float
    """As in `ElectricCarParams` [s]."""
    loss_at_1c: float
    """As in `ElectricCarParams`."""
    dc_curve: int
    """Number of the car's curve among the charger's; -1 if the car takes no direct current."""
    ac_current_min_a: float = 0.0
    """As in `ElectricCarParams` [A]."""
    offer_share: float = 1.0
    """As in `ElectricCarParams`, > 0."""
    reaction_s: float = 0.0
    """As in `ElectricCarParams` [s]."""
    phases: int = 0
    """Phases that a command leaves the car: 1, or more for all; 0 where the set-point says."""
    bound_w: float = math.inf
    """What it never draws more than, whatever the set-point [W]."""
    first_voltage_v: float = 0.0
    """Of the phase that a car has alone after switching [V]; 0 for the mean."""
    least_voltage_v: float = 0.0
    """Lowest of the phases in use [V]; 0 for the mean."""


class EvChargerOutput(NamedTuple):
    """What a charger shows; over a step, means."""

    active_power_w: float
    """From the grid, standby included, >= 0 [W]."""
    reactive_power_var: float
    """0 [var]."""
    current_a: float
    """On the first phase, for the car [A]; as much on each of the others in use."""
    cable_power_w: float
    """Through the cable [W]."""
    stored_power_w: float
    """Into the store of the car's battery [W]."""
    loss_w: float
    """Heat in charger and car [W]."""
    one_phase_w: float
    """From the grid for the car while it has one phase of several [W]."""
    all_phases_w: float
    """The same while it has all that both have [W]."""


class _Flow(NamedTuple):
    grid_w: float
    """From the grid for the car."""
    cable_w: float
    stored_w: float


def ev_charger_initial_state(_params: EvChargerParams) -> EvChargerState:
    """Return a charger without a car, which would have all phases."""
    return EvChargerState(0, 0.0, 0.0, 0, 0.0, 0.0, 0.0)


def ev_charger_present_state(
    params: EvChargerParams, state: EvChargerState, inp: EvChargerInput
) -> EvChargerState:
    """Return the state that counts: of this session, with phases switched that are due, and what its car follows."""
    now = _in_session(state, inp)
    if params.switches_phases == 1 and _until_switched_s(params, now, inp) <= _TIME_TOUCH_S:
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


def _following(
    params: EvChargerParams, now: EvChargerState, inp: EvChargerInput, dt_s: float
) -> EvChargerState:
    """Return the state of a car that takes its time, after a time in which its offer stayed as it is."""
    offered_a = _offered_a(params, now, inp, inp.set_point_w) if _is_fed(params, now, inp) else 0.0
    followed_a, behind_s = min(now.followed_a, offered_a), 0.0
    if offered_a > followed_a:
        behind_s = now.behind_s + dt_s
        if behind_s >= inp.reaction_s - _TIME_TOUCH_S:
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


def _in_session(state: EvChargerState, inp: EvChargerInput) -> EvChargerState:
    if inp.session_id > 0 and state.session_id == inp.session_id:
        return state
    session_id, soc = 0, 0.0
    if inp.session_id > 0:
        session_id, soc = inp.session_id, min(max(inp.arrival_soc, 0.0), 1.0)
    return EvChargerState(
        session_id, soc, 0.0, state.on_one, state.wanted_s, state.pause_s, state.dwell_s, 0.0, 0.0
    )


def _wants_one(params: EvChargerParams, state: EvChargerState, inp: EvChargerInput) -> int:
    """Say whether the car is to have one phase (1) or all (0)."""
    if inp.phases > 0:
        return 1 if inp.phases == 1 else 0
    phases = min(params.phases, inp.ac_phases)
    if phases == 1 or not ev_is_connected(params, inp):
        return state.on_one
    if _is_enough(params, inp, 0, inp.set_point_w):
        return 0
    return 1 if _is_enough(params, inp, 1, inp.set_point_w) else state.on_one


def _until_switched_s(params: EvChargerParams, state: EvChargerState, inp: EvChargerInput) -> float:
    """Return when it begins to switch if all stays as it is [s]; infinite if it does not."""
    if _wants_one(params, state, inp) == state.on_one:
        return math.inf
    delay_s = 0.0 if inp.phases > 0 else params.switch_delay_s - state.wanted_s
    return max(delay_s, state.pause_s, state.dwell_s)


def ev_is_connected(params: EvChargerParams, inp: EvChargerInput) -> bool:
    """Say whether a car is connected at both ends of the cable."""
    return (
        inp.session_id > 0 and inp.plugged_at_car == 1 and (inp.plugged_at_station + params.is_tethered) > 0
    )


def ev_is_finished(state: EvChargerState, inp: EvChargerInput) -> bool:
    """Say whether the car of the session has what it wants: its energy or its state of charge."""
    now = _in_session(state, inp)
    full = now.soc >= min(inp.target_soc, 1.0) - _SOC_TOUCH
    return full or inp.wanted_energy_wh - now.delivered_wh <= _ENERGY_TOUCH_WH


def ev_phases_in_use(params: EvChargerParams, on_one: int, ac_phases: int) -> int:
    """Return on how many phases the charger draws for the car of the session.

    Args:
        params: The charger.
        on_one: Whether it leaves the car one phase (1) or all of its supply (0).
        ac_phases: Of the car.
    """
    if params.is_dc == 1:
        return params.phases
    return min(1 if on_one == 1 else params.phases, ac_phases)


def ev_cable_at_station(params: EvChargerParams, inp: EvChargerInput) -> int:
    """Return `UNPLUGGED`, `PLUGGED` or `LOCKED` for the charger's end of the cable.

    A plug is locked while an authorised car is connected (a charger lets no current flow before), a tethered cable
    always (so report for example the plug states of KEBA's P30 by its UDP Programmers Guide V2.01, section 3).
    """
    if params.is_tethered == 1:
        return LOCKED
    if inp.plugged_at_station != 1:
        return UNPLUGGED
    return LOCKED if ev_is_connected(params, inp) and inp.authorised == 1 else PLUGGED


def ev_cable_at_car(params: EvChargerParams, inp: EvChargerInput) -> int:
    """Return `UNPLUGGED`, `PLUGGED` or `LOCKED` for the car's end of the cable."""
    if inp.session_id <= 0 or inp.plugged_at_car != 1:
        return UNPLUGGED
    return LOCKED if ev_is_connected(params, inp) and inp.authorised == 1 else PLUGGED


def ev_control_pilot(params: EvChargerParams, state: EvChargerState, inp: EvChargerInput) -> int:
    """Return the state of the control pilot by IEC 61851-1, annex A: `PILOT_A` … `PILOT_C`."""
    if not ev_is_connected(params, inp):
        return PILOT_A
    now = ev_charger_present_state(params, state, inp)
    if inp.authorised != 1 or now.pause_s > 0.0 or not _offers(params, now, inp):
        return PILOT_B1
    return PILOT_C if _flow(params, now, inp, inp.set_point_w).cable_w > 0.0 else PILOT_B2


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
    grid_w = _flow(params, now, inp, math.inf).grid_w
    is_left = _keeps_to_bound(params, inp, on_one)
    if inp.phases == 0 and params.switches_phases == 1:
        is_left = is_left or _keeps_to_bound(params, inp, 1)
    if grid_w <= 0.0 or not is_left:
        return 0.0, params.standby_w
    phases = ev_phases_in_use(params, on_one, inp.ac_phases)
    voltage_v = _voltage_v(params, inp, on_one)
    current_a = (params.standby_w + grid_w) / (phases * voltage_v)
    if params.is_dc == 0:
        current_a = max(current_a, grid_w / (phases * voltage_v * inp.offer_share), inp.ac_current_min_a)
    if params.current_step_a > 0.0:
        current_a = params.current_step_a * math.ceil(current_a / params.current_step_a - _CURRENT_TOUCH)
    current_a = min(max(current_a, _least_current_a(params, voltage_v)), params.current_max_a)
    return 0.0, phases * current_a * voltage_v


def ev_charger_output(params: EvChargerParams, state: EvChargerState, inp: EvChargerInput) -> EvChargerOutput:
    """Return what the charger shows at this instant."""
    now = ev_charger_present_state(params, state, inp)
    flow = _flow(params, now, inp, inp.set_point_w)
    return _shown(params, inp, flow, flow.grid_w if now.on_one == 1 else 0.0)


def ev_charger_horizon_s(params: EvChargerParams, state: EvChargerState, inp: EvChargerInput) -> float:
    """Return how long the present power holds [s]; infinite while none flows to a car."""
    now = ev_charger_present_state(params, state, inp)
    flow = _flow(params, now, inp, inp.set_point_w)
    holds_s = min(_horizon_s(params, now, inp, flow, math.inf), _phases_hold_s(params, now, inp))
    return max(min(holds_s, _offer_holds_s(params, now, inp)), _SHORTEST_S)


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
        flow = _flow(params, now, inp, inp.set_point_w)
        part_s = min(left_s, _horizon_s(params, now, inp, flow, left_s), _phases_hold_s(params, now, inp))
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
            now = ev_charger_present_state(params, _phases_after(params, now, inp, part_s), inp)
        left_s -= part_s
    flow = _Flow(grid_j / dt_s, cable_j / dt_s, stored_j / dt_s)
    return now, _shown(params, inp, flow, one_phase_j / dt_s)


def _phases_hold_s(params: EvChargerParams, now: EvChargerState, inp: EvChargerInput) -> float:
    """Return until when nothing is switched and no pause for that ends [s]."""
    if params.switches_phases == 0:
        return math.inf
    return now.pause_s if now.pause_s > 0.0 else _until_switched_s(params, now, inp)


def _offer_holds_s(params: EvChargerParams, now: EvChargerState, inp: EvChargerInput) -> float:
    """Return until when a car that takes its time follows a greater offer [s]."""
    if params.is_dc == 1 or inp.reaction_s <= 0.0 or not _is_fed(params, now, inp):
        return math.inf
    if _offered_a(params, now, inp, inp.set_point_w) <= now.followed_a:
        return math.inf
    return inp.reaction_s - now.behind_s


def _phases_after(
    params: EvChargerParams, now: EvChargerState, inp: EvChargerInput, dt_s: float
) -> EvChargerState:
    """Return the state after a time in which nothing was switched."""
    is_wanted = inp.phases == 0 and _wants_one(params, now, inp) != now.on_one
    pause_s, dwell_s = now.pause_s - dt_s, now.dwell_s - dt_s
    return EvChargerState(
        now.session_id,
        now.soc,
        now.delivered_wh,
        now.on_one,
        min(now.wanted_s + dt_s, params.switch_delay_s) if is_wanted else 0.0,
        pause_s if pause_s > _TIME_TOUCH_S else 0.0,
        dwell_s if dwell_s > _TIME_TOUCH_S else 0.0,
        now.followed_a,
        now.behind_s,
    )


def _shown(params: EvChargerParams, inp: EvChargerInput, flow: _Flow, one_phase_w: float) -> EvChargerOutput:
    all_phases_w = flow.grid_w - one_phase_w
    count = ev_phases_in_use(params, 0, inp.ac_phases)
    current_a = 0.0
    if flow.grid_w > 0.0:
        current_a = one_phase_w / _first_voltage_v(inp) + all_phases_w / (count * inp.voltage_v)
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


def _first_voltage_v(inp: EvChargerInput) -> float:
    return inp.first_voltage_v if inp.first_voltage_v > 0.0 else inp.voltage_v


def _voltage_v(params: EvChargerParams, inp: EvChargerInput, on_one: int) -> float:
    """Return the mean voltage of the phases that the car has [V]."""
    return _first_voltage_v(inp) if on_one == 1 and params.is_dc == 0 else inp.voltage_v


def _least_current_a(params: EvChargerParams, voltage_v: float) -> float:
    """Return the least current per phase at a voltage [A]: what converts to direct current has a least power."""
    return params.current_min_a * NOMINAL_V / voltage_v if params.is_dc == 1 else params.current_min_a


def _least_w(params: EvChargerParams, inp: EvChargerInput, phases: int) -> float:
    """Return the least set-point that is not a pause on so many phases [W]: by the nominal voltage, or a lower one."""
    least_v = inp.voltage_v
    if phases == 1:
        least_v = _first_voltage_v(inp)
    elif inp.least_voltage_v > 0.0:
        least_v = inp.least_voltage_v
    return phases * (params.current_min_a - _CURRENT_TOUCH) * min(least_v, NOMINAL_V)


def _is_enough(params: EvChargerParams, inp: EvChargerInput, on_one: int, set_point_w: float) -> bool:
    """Say whether a set-point is not a pause, and the bound leaves the least current."""
    phases = ev_phases_in_use(params, on_one, inp.ac_phases)
    return set_point_w >= _least_w(params, inp, phases) and _keeps_to_bound(params, inp, on_one)


def _keeps_to_bound(params: EvChargerParams, inp: EvChargerInput, on_one: int) -> bool:
    """Say whether the bound leaves the least current at the voltages of now."""
    phases, voltage_v = ev_phases_in_use(params, on_one, inp.ac_phases), _voltage_v(params, inp, on_one)
    return phases * (_least_current_a(params, voltage_v) - _CURRENT_TOUCH) * voltage_v <= inp.bound_w


def _offered_a(
    params: EvChargerParams, now: EvChargerState, inp: EvChargerInput, set_point_w: float
) -> float:
    """Return the current on each phase that the charger offers [A], 0 where it pauses."""
    phases, voltage_v = (
        ev_phases_in_use(params, now.on_one, inp.ac_phases),
        _voltage_v(params, inp, now.on_one),
    )
    current_a = min(max(set_point_w, 0.0) / (phases * voltage_v), params.current_max_a)
    if params.current_step_a > 0.0:
        current_a = params.current_step_a * math.floor(current_a / params.current_step_a + _CURRENT_TOUCH)
    if params.is_dc == 1:
        if current_a < _least_current_a(params, voltage_v) - _CURRENT_TOUCH:
            current_a = 0.0
    elif current_a < params.current_min_a:
        current_a = params.current_min_a if _is_enough(params, inp, now.on_one, set_point_w) else 0.0
    return current_a


def _takeable_w(
    params: EvChargerParams, now: EvChargerState, inp: EvChargerInput, set_point_w: float
) -> float:
    """Return the power through the cable that a car may take of its offer [W]: what is not the charger's standby.

    Not above 0 where the charger pauses, its losses take all, or the car takes nothing of so little.
    """
    phases, voltage_v = (
        ev_phases_in_use(params, now.on_one, inp.ac_phases),
        _voltage_v(params, inp, now.on_one),
    )
    current_a = _offered_a(params, now, inp, set_point_w)
    if params.is_dc == 1:
        grid_w = phases * current_a * voltage_v - params.standby_w
        return min(grid_w * (1.0 - params.conversion_loss) - params.conversion_fixed_w, params.dc_power_max_w)
    if inp.reaction_s > 0.0:
        current_a = min(current_a, now.followed_a)
    if current_a < inp.ac_current_min_a - _CURRENT_TOUCH:
        return 0.0
    grid_w = phases * current_a * voltage_v - params.standby_w
    if inp.offer_share < 1.0:
        grid_w = min(grid_w, phases * current_a * inp.offer_share * voltage_v)
    return min(grid_w, phases * inp.ac_current_max_a * voltage_v)


def _limit_at_w(params: EvChargerParams, inp: EvChargerInput, soc: float) -> float:
    """Return the greatest power that the car lets into store at a state of charge [W]."""
    limit_w = constant_voltage_w(soc, inp.capacity_wh, inp.cv_time_constant_s)
    if params.is_dc == 1:
        curve = curve_w(params.dc_curves_w, inp.dc_curve, soc)
        limit_w = min(limit_w, stored_w(curve, inp.capacity_wh, inp.loss_at_1c))
    return limit_w


def _stair_w(params: EvChargerParams, inp: EvChargerInput, stair: int) -> float:
    """Return the power into store that the car's limit allows over a stair [W]."""
    return logarithmic_mean(
        _limit_at_w(params, inp, stair / _STAIRS), _limit_at_w(params, inp, (stair + 1) / _STAIRS)
    )


def _stair(soc: float) -> int:
    return min(int(soc * _STAIRS + _STAIR_TOUCH), _STAIRS - 1)


def _is_fed(params: EvChargerParams, now: EvChargerState, inp: EvChargerInput) -> bool:
    """Say whether the charger may feed a car now."""
    return ev_is_connected(params, inp) and inp.authorised == 1 and now.pause_s <= 0.0


def _offers(params: EvChargerParams, now: EvChargerState, inp: EvChargerInput) -> bool:
    """Say whether the charger offers a car anything."""
    if params.is_dc == 1:
        return _takeable_w(params, now, inp, inp.set_point_w) > 0.0
    phases = ev_phases_in_use(params, now.on_one, inp.ac_phases)
    offered_w = phases * _offered_a(params, now, inp, inp.set_point_w) * _voltage_v(params, inp, now.on_one)
    return offered_w > params.standby_w


def _storable_w(params: EvChargerParams, inp: EvChargerInput, cable_w: float) -> float:
    """Return what a power through the cable brings into store [W]; negative if the car's electronics take more."""
    battery_w = cable_w - inp.electronics_w
    if battery_w <= 0.0:
        return battery_w
    if params.is_dc == 0:
        battery_w *= 1.0 - inp.onboard_loss
    return stored_w(battery_w, inp.capacity_wh, inp.loss_at_1c)


def _flow(params: EvChargerParams, now: EvChargerState, inp: EvChargerInput, set_point_w: float) -> _Flow:
    """Return what flows at this instant under a set-point; like all below, from the present state."""
    if not _is_fed(params, now, inp) or inp.car_pauses == 1 or ev_is_finished(now, inp):
        return _Flow(0.0, 0.0, 0.0)
    cable_w = _takeable_w(params, now, inp, set_point_w)
    into_store_w = _storable_w(params, inp, cable_w)
    stair_w = _stair_w(params, inp, _stair(now.soc))
    if into_store_w <= 0.0 or stair_w <= 0.0:
        return _Flow(0.0, 0.0, 0.0)
    if stair_w < into_store_w:
        into_store_w = stair_w
        battery_w = terminal_w(stair_w, inp.capacity_wh, inp.loss_at_1c)
        if params.is_dc == 0:
            battery_w /= 1.0 - inp.onboard_loss
        cable_w = min(inp.electronics_w + battery_w, cable_w)
    grid_w = cable_w
    if params.is_dc == 1:
        grid_w = (cable_w + params.conversion_fixed_w) / (1.0 - params.conversion_loss)
    return _Flow(grid_w, cable_w, into_store_w)


def _horizon_s(
    params: EvChargerParams, now: EvChargerState, inp: EvChargerInput, flow: _Flow, enough_s: float
) -> float:
    """Return how long a flow holds [s]; any value from `enough_s` on means at least that long."""
    if flow.cable_w <= 0.0:
        return math.inf
    seconds_per_soc = inp.capacity_wh * _SECONDS_PER_HOUR / flow.stored_w
    target = min(inp.target_soc, 1.0)
    offered_w = _storable_w(params, inp, _takeable_w(params, now, inp, inp.set_point_w))
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
