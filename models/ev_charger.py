"""A charger for electric cars: an AC wallbox or a DC charger, and the car that is plugged into it.

Alternating current (IEC 61851-1:2017, mode 3): the charger offers a current per phase, never below 6 A, and the car
draws up to that on the phases that both have; a set-point below the minimum pauses. Conversion happens in the car.
Direct current (mode 4): the charger converts, and the car bounds the power over its state of charge.

    AC:  P = P0 + P_cable                      P_cable = P_el + P_battery / (1 - a)
    DC:  P = P0 + (P_cable + P_c) / (1 - c)     P_cable = P_el + P_battery

with the charger's standby draw `P0` and conversion losses `P_c`, `c`, the car's electronics `P_el` and onboard losses
`a`; `electric_car` says what of `P_battery` is stored. The set-point bounds the whole of `P`: the charger measures its
voltage and the phases in use, turns a set-point into a current by them, and what the car draws of this current leaves
room for `P0`. So `P` is never more than the set-point, with one exception. Applications that know no voltage ask for
the least current at the nominal 230 V, 4140 W for 6 A on three phases; from that power on the charger offers its least
current, whatever its voltage is.

Power is constant within a horizon. Where the car limits it, its limit is followed in 200 stairs over the state of
charge; each stair holds the power that takes as long over it as the limit itself, falling evenly, would: at the
edges of stairs the trajectory is that of the exact exponential.

The model gets a car by its input: all figures of a session stand there, and the state starts anew whenever
`session_id` changes. Session 0 is no car.

Left out: the seconds of the handshake (ISO 15118, DIN 70121), reactive power and harmonics of the rectifiers, the
heat of charger and cable, power shared between outlets, discharging into the site.
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
    """Least current per phase that it offers; below, it pauses."""
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


class EvChargerState(NamedTuple):
    """What a charger and its car remember."""

    session_id: int
    """Whose figures these are; 0 for none."""
    soc: float
    """State of charge of the car, 0..1; 0 without one."""
    delivered_wh: float
    """Through the cable in this session [Wh]."""


class EvChargerInput(NamedTuple):
    """What acts on a charger during a step: the set-point, the grid, and the session."""

    set_point_w: float
    """Greatest power to draw while a car charges, standby included [W]; may be infinite."""
    voltage_v: float
    """Between phase and neutral, > 0 [V]."""
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


class EvChargerOutput(NamedTuple):
    """What a charger shows; over a step, means."""

    active_power_w: float
    """From the grid, standby included, >= 0 [W]."""
    reactive_power_var: float
    """0 [var]."""
    current_a: float
    """On each phase in use, for the car [A]."""
    cable_power_w: float
    """Through the cable [W]."""
    stored_power_w: float
    """Into the store of the car's battery [W]."""
    loss_w: float
    """Heat in charger and car [W]."""


class _Flow(NamedTuple):
    grid_w: float
    """From the grid for the car."""
    cable_w: float
    stored_w: float


def ev_charger_initial_state(_params: EvChargerParams) -> EvChargerState:
    """Return a charger without a car."""
    return EvChargerState(0, 0.0, 0.0)


def ev_charger_present_state(state: EvChargerState, inp: EvChargerInput) -> EvChargerState:
    """Return the state that counts: anew at the beginning of a session, empty without one."""
    if inp.session_id <= 0:
        return EvChargerState(0, 0.0, 0.0)
    if state.session_id == inp.session_id:
        return state
    return EvChargerState(inp.session_id, min(max(inp.arrival_soc, 0.0), 1.0), 0.0)


def ev_is_connected(params: EvChargerParams, inp: EvChargerInput) -> bool:
    """Say whether a car is connected at both ends of the cable."""
    return (
        inp.session_id > 0 and inp.plugged_at_car == 1 and (inp.plugged_at_station + params.is_tethered) > 0
    )


def ev_is_finished(state: EvChargerState, inp: EvChargerInput) -> bool:
    """Say whether the car of the session has what it wants: its energy or its state of charge."""
    now = ev_charger_present_state(state, inp)
    full = now.soc >= min(inp.target_soc, 1.0) - _SOC_TOUCH
    return full or inp.wanted_energy_wh - now.delivered_wh <= _ENERGY_TOUCH_WH


def ev_phases_in_use(params: EvChargerParams, inp: EvChargerInput) -> int:
    """Return on how many phases the charger draws for the car of the session."""
    return params.phases if params.is_dc == 1 else min(params.phases, inp.ac_phases)


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
    if inp.authorised != 1 or _offered_w(params, inp, inp.set_point_w) <= 0.0:
        return PILOT_B1
    return PILOT_C if _flow(params, state, inp, inp.set_point_w).cable_w > 0.0 else PILOT_B2


def ev_charger_power_limits(
    params: EvChargerParams, state: EvChargerState, inp: EvChargerInput
) -> tuple[float, float]:
    """Return the least and the greatest power that may be drawn now [W], standby included.

    The greatest is the smallest offer that lets the car take all it can: as offers come in steps and not below their
    minimum, a car near full takes less. Standby alone where nothing can charge.
    """
    grid_w = _flow(params, state, inp, math.inf).grid_w
    if grid_w <= 0.0:
        return 0.0, params.standby_w
    phases = ev_phases_in_use(params, inp)
    current_a = (params.standby_w + grid_w) / (phases * inp.voltage_v)
    if params.current_step_a > 0.0:
        current_a = params.current_step_a * math.ceil(current_a / params.current_step_a - _CURRENT_TOUCH)
    current_a = min(max(current_a, params.current_min_a), params.current_max_a)
    return 0.0, phases * current_a * inp.voltage_v


def ev_charger_output(params: EvChargerParams, state: EvChargerState, inp: EvChargerInput) -> EvChargerOutput:
    """Return what the charger shows at this instant."""
    return _shown(params, inp, _flow(params, state, inp, inp.set_point_w))


def ev_charger_horizon_s(params: EvChargerParams, state: EvChargerState, inp: EvChargerInput) -> float:
    """Return how long the present power holds [s]; infinite while none flows to a car."""
    flow = _flow(params, state, inp, inp.set_point_w)
    return max(_horizon_s(params, state, inp, flow, math.inf), _SHORTEST_S)


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
    now = ev_charger_present_state(state, inp)
    if dt_s <= 0.0:
        return state, ev_charger_output(params, now, inp)
    left_s, grid_j, cable_j, stored_j = dt_s, 0.0, 0.0, 0.0
    while left_s > 0.0:
        flow = _flow(params, now, inp, inp.set_point_w)
        part_s = min(left_s, _horizon_s(params, now, inp, flow, left_s))
        if flow.cable_w > 0.0:
            hours = part_s / _SECONDS_PER_HOUR
            now = EvChargerState(
                now.session_id,
                min(now.soc + flow.stored_w * hours / inp.capacity_wh, 1.0),
                now.delivered_wh + flow.cable_w * hours,
            )
            grid_j += flow.grid_w * part_s
            cable_j += flow.cable_w * part_s
            stored_j += flow.stored_w * part_s
        left_s -= part_s
    return now, _shown(params, inp, _Flow(grid_j / dt_s, cable_j / dt_s, stored_j / dt_s))


def _shown(params: EvChargerParams, inp: EvChargerInput, flow: _Flow) -> EvChargerOutput:
    current_a = flow.grid_w / (ev_phases_in_use(params, inp) * inp.voltage_v) if flow.grid_w > 0.0 else 0.0
    return EvChargerOutput(
        params.standby_w + flow.grid_w,
        0.0,
        current_a,
        flow.cable_w,
        flow.stored_w,
        params.standby_w + flow.grid_w - flow.stored_w,
    )


def _offered_w(params: EvChargerParams, inp: EvChargerInput, set_point_w: float) -> float:
    """Return the power that the charger offers through the cable [W]: what of its current is not its own standby.

    Not above 0 where it pauses, or its losses take all.
    """
    phases = ev_phases_in_use(params, inp)
    current_a = min(max(set_point_w, 0.0) / (phases * inp.voltage_v), params.current_max_a)
    if params.current_step_a > 0.0:
        current_a = params.current_step_a * math.floor(current_a / params.current_step_a + _CURRENT_TOUCH)
    if current_a < params.current_min_a:
        least_w = phases * (params.current_min_a - _CURRENT_TOUCH) * min(inp.voltage_v, NOMINAL_V)
        current_a = params.current_min_a if set_point_w >= least_w else 0.0
    grid_w = phases * current_a * inp.voltage_v - params.standby_w
    if params.is_dc == 1:
        return min(grid_w * (1.0 - params.conversion_loss) - params.conversion_fixed_w, params.dc_power_max_w)
    return min(grid_w, phases * inp.ac_current_max_a * inp.voltage_v)


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


def _storable_w(params: EvChargerParams, inp: EvChargerInput, cable_w: float) -> float:
    """Return what a power through the cable brings into store [W]; negative if the car's electronics take more."""
    battery_w = cable_w - inp.electronics_w
    if battery_w <= 0.0:
        return battery_w
    if params.is_dc == 0:
        battery_w *= 1.0 - inp.onboard_loss
    return stored_w(battery_w, inp.capacity_wh, inp.loss_at_1c)


def _flow(params: EvChargerParams, state: EvChargerState, inp: EvChargerInput, set_point_w: float) -> _Flow:
    """Return what flows at this instant under a set-point."""
    if (
        not ev_is_connected(params, inp)
        or inp.authorised != 1
        or inp.car_pauses == 1
        or ev_is_finished(state, inp)
    ):
        return _Flow(0.0, 0.0, 0.0)
    cable_w = _offered_w(params, inp, set_point_w)
    into_store_w = _storable_w(params, inp, cable_w)
    stair_w = _stair_w(params, inp, _stair(ev_charger_present_state(state, inp).soc))
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
    params: EvChargerParams, state: EvChargerState, inp: EvChargerInput, flow: _Flow, enough_s: float
) -> float:
    """Return how long a flow holds [s]; any value from `enough_s` on means at least that long."""
    if flow.cable_w <= 0.0:
        return math.inf
    now = ev_charger_present_state(state, inp)
    seconds_per_soc = inp.capacity_wh * _SECONDS_PER_HOUR / flow.stored_w
    target = min(inp.target_soc, 1.0)
    offered_w = _storable_w(params, inp, _offered_w(params, inp, inp.set_point_w))
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
