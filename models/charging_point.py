"""A charger for electric cars where it stands: on its phases of a site, its cable within everybody's reach.

What the charger does is `ev_charger`'s. Here its voltage is the mean of the phases that it uses, the cable may be
pulled whatever the session says, and its power falls on phases: what a car draws on the charger's first phases, as many
as both have (IEC 61851-1); everything on all phases with direct current.
A charger bounds the current, so all phases in use carry the same one, whatever their voltages are: a weak phase gives
less power, not more current. Standby is a part of it; at rest it is on the first phase with alternating current.

A set-point of just the rated power is no limit: the charger then offers all its current. A charger of whole amperes
would otherwise round 11 kW at 231 V down from 15.9 A to 15 A. Any other limits what is drawn, one above it as well
where the voltage makes more of the current than that.

Connectors of one station (direct current) share its power evenly: among those at which a car is, whatever it takes, as
stations do that switch modules of rectifiers between outlets. A connector's part is a bound like any other.

A charger that switches phases leaves a car its first one (`ev_charger`).

Left out: how the charger's own current lowers the voltage behind the impedance of the grid.
"""

from __future__ import annotations

import math
from typing import Annotated, NamedTuple

from .ev_charger import EvChargerInput, EvChargerOutput, EvChargerParams, EvChargerState, ev_phases_in_use
from .ev_charging import (
    ev_charger_horizon_s,
    ev_charger_output,
    ev_charger_power_limits,
    ev_charger_present_state,
    ev_charger_step,
)
from .ev_offer import mean_voltage_v
from .parameter import Parameter

NO_PHASE = 3
"""Place of a phase of the site that the charger is not on."""
_LEAST_V = 1.0
"""Lower voltages count as this one, by which currents can still be told [V]."""
_PULLED_BELOW = 0.5
_AS_SENT = 1e-6
"""Part of a power by which a 32-bit float may differ from it."""


class ChargingPointParams(NamedTuple):
    """A charger and how it is connected."""

    charger: EvChargerParams
    """The charger itself."""
    rated_power_w: Annotated[float, Parameter("W", 0.0, 1e6)]
    """A set-point of this is no limit [W]."""
    place_1: Annotated[int, Parameter("1", 0, NO_PHASE)]
    """Which of the charger's phases, from 0 on, is on phase 1 of the site; 3 for none."""
    place_2: Annotated[int, Parameter("1", 0, NO_PHASE)]
    """Which is on phase 2."""
    place_3: Annotated[int, Parameter("1", 0, NO_PHASE)]
    """Which is on phase 3."""
    station_power_w: Annotated[float, Parameter("W", 0.0, above=True, unbounded=True)] = math.inf
    """What its station draws at most with all of its connectors; infinite for a station of one."""
    connectors: Annotated[int, Parameter("1", 1.0, 4.0, "those that inputs tell of")] = 1
    """Of its station, itself among them; those without a car draw as much as it does without one."""


class ChargingPointInput(NamedTuple):
    """What acts on a charger: set-point, grid, cable, and the session as in `EvChargerInput`."""

    set_point_w: float
    """Greatest power to draw while a car charges [W]."""
    voltage_1_v: float
    """Of the site's phase 1, to neutral [V]; so are the next two of the others."""
    voltage_2_v: float
    voltage_3_v: float
    cable: float
    """Whether the cable is where the session says (1) or pulled out (0)."""
    session_id: int
    """As in `EvChargerInput`, like all that follows."""
    plugged_at_station: int
    """0 or 1."""
    plugged_at_car: int
    """0 or 1."""
    authorised: int
    """0 or 1."""
    car_pauses: int
    """0 or 1."""
    arrival_soc: float
    """0..1."""
    target_soc: float
    """0..1."""
    wanted_energy_wh: float
    capacity_wh: float
    ac_phases: int
    """1..3."""
    ac_current_max_a: float
    onboard_loss: float
    """As in `ElectricCarParams`."""
    electronics_w: float
    cv_time_constant_s: float
    loss_at_1c: float
    """As in `ElectricCarParams`."""
    dc_curve: int
    """Number of a curve, or -1."""
    ac_current_min_a: float = 0.0
    offer_share: float = 1.0
    """As in `ElectricCarParams`."""
    reaction_s: float = 0.0
    phases: int = 0
    """As in `EvChargerInput`."""
    bound_w: float = math.inf
    """As in `EvChargerInput` [W]."""
    other_1: int = 0
    """Number of the session at another connector of the station, 0 without a car; so are the next two."""
    other_2: int = 0
    """At a second one."""
    other_3: int = 0
    """At a third one."""
    around_lower_w: float = -math.inf
    around_upper_w: float = math.inf
    """As in `EvChargerInput` [W]."""


class ChargingPointOutput(NamedTuple):
    """What a charger shows on the phases of the site; over a step, means."""

    active_power_w: float
    """Active power of all phases, >= 0 [W]."""
    reactive_power_var: float
    """0 [var]."""
    active_1_w: float
    active_2_w: float
    active_3_w: float
    """On each phase [W]."""
    loss_w: float
    """Heat in charger and car [W]."""


def charging_point_charger_input(params: ChargingPointParams, inp: ChargingPointInput) -> EvChargerInput:
    """Return what acts on the charger itself."""
    is_in = 1 if inp.cable >= _PULLED_BELOW else 0
    count = _phases_in_use(params, inp)
    sum_v = (
        _voltage_in_use_v(params.place_1, count, inp.voltage_1_v)
        + _voltage_in_use_v(params.place_2, count, inp.voltage_2_v)
        + _voltage_in_use_v(params.place_3, count, inp.voltage_3_v)
    )
    least_v = min(
        _voltage_or_none_v(params.place_1, count, inp.voltage_1_v),
        _voltage_or_none_v(params.place_2, count, inp.voltage_2_v),
        _voltage_or_none_v(params.place_3, count, inp.voltage_3_v),
    )
    first_v = (
        _voltage_in_use_v(params.place_1, 1, inp.voltage_1_v)
        + _voltage_in_use_v(params.place_2, 1, inp.voltage_2_v)
        + _voltage_in_use_v(params.place_3, 1, inp.voltage_3_v)
    )
    set_point_w, share_w = inp.set_point_w, _share_w(params, inp)
    if abs(set_point_w - params.rated_power_w) <= _AS_SENT * params.rated_power_w:
        set_point_w = max(inp.bound_w, set_point_w)
    return EvChargerInput(
        min(set_point_w, share_w),
        sum_v / count,
        inp.session_id,
        inp.plugged_at_station * is_in,
        inp.plugged_at_car * is_in,
        inp.authorised,
        inp.car_pauses,
        inp.arrival_soc,
        inp.target_soc,
        inp.wanted_energy_wh,
        inp.capacity_wh,
        inp.ac_phases,
        inp.ac_current_max_a,
        inp.onboard_loss,
        inp.electronics_w,
        inp.cv_time_constant_s,
        inp.loss_at_1c,
        inp.dc_curve,
        inp.ac_current_min_a,
        inp.offer_share,
        inp.reaction_s,
        inp.phases,
        min(inp.bound_w, share_w),
        first_v,
        least_v,
        inp.around_lower_w,
        inp.around_upper_w,
    )


def charging_point_power_limits(
    params: ChargingPointParams, state: EvChargerState, inp: ChargingPointInput
) -> tuple[float, float]:
    """Return the least and the greatest power that may be drawn now [W]."""
    given = charging_point_charger_input(params, inp)
    lower_w, upper_w = ev_charger_power_limits(params.charger, state, given)
    return lower_w, min(upper_w, max(_share_w(params, inp), params.charger.standby_w))


def charging_point_steps_w(
    params: ChargingPointParams, state: EvChargerState, inp: ChargingPointInput
) -> tuple[float, float]:
    """Return from which power on, and in which steps of that, it follows a set-point on the phases of now [W]."""
    charger, given = params.charger, charging_point_charger_input(params, inp)
    now = ev_charger_present_state(charger, state, given)
    phases = ev_phases_in_use(charger, now.on_one, given.ac_phases)
    return 0.0, phases * charger.current_step_a * mean_voltage_v(charger, given, now.on_one)


def charging_point_output(
    params: ChargingPointParams, state: EvChargerState, inp: ChargingPointInput
) -> ChargingPointOutput:
    """Return what the charger shows at this instant."""
    shown = ev_charger_output(params.charger, state, charging_point_charger_input(params, inp))
    return _on_phases(params, inp, shown)


def charging_point_horizon_s(
    params: ChargingPointParams, state: EvChargerState, inp: ChargingPointInput
) -> float:
    """Return how long the present power holds [s]."""
    return ev_charger_horizon_s(params.charger, state, charging_point_charger_input(params, inp))


def charging_point_step(
    params: ChargingPointParams, state: EvChargerState, inp: ChargingPointInput, dt_s: float
) -> tuple[EvChargerState, ChargingPointOutput]:
    """Carry a charger and its car across `dt_s` [s]; returns the state at the end, and means over the step."""
    given = charging_point_charger_input(params, inp)
    after, shown = ev_charger_step(params.charger, state, given, dt_s)
    return after, _on_phases(params, inp, shown)


def _share_w(params: ChargingPointParams, inp: ChargingPointInput) -> float:
    """Return what the station leaves to the connector, if a car is there [W]."""
    count = 1
    for other in (inp.other_1, inp.other_2, inp.other_3):
        if other > 0:
            count += 1
    idle_w = (params.connectors - count) * params.charger.standby_w
    return max(params.station_power_w - idle_w, 0.0) / count


def _phases_in_use(params: ChargingPointParams, inp: ChargingPointInput) -> int:
    return ev_phases_in_use(params.charger, 0, inp.ac_phases)


def _voltage_in_use_v(place: int, count: int, voltage_v: float) -> float:
    """Return the voltage of a phase of the site [V], or 0 if the charger does not use it."""
    return max(voltage_v, _LEAST_V) if place < count else 0.0


def _voltage_or_none_v(place: int, count: int, voltage_v: float) -> float:
    """Return the voltage of a phase of the site [V], or an infinite one if the charger does not use it."""
    return max(voltage_v, _LEAST_V) if place < count else math.inf


def _on_phases(
    params: ChargingPointParams, inp: ChargingPointInput, shown: EvChargerOutput
) -> ChargingPointOutput:
    """Return a power on the phases in use, with the same current on each; on the first what is not for all of them."""
    charger, count = params.charger, _phases_in_use(params, inp)
    on_first_w, on_all_w = 0.0, shown.active_power_w
    if charger.is_dc == 0:
        car_w, on_all_w = shown.one_phase_w + shown.all_phases_w, shown.all_phases_w
        if car_w > 0.0:
            on_all_w += charger.standby_w * (shown.all_phases_w / car_w)
        on_first_w = shown.active_power_w - on_all_w
    one_v = _voltage_in_use_v(params.place_1, count, inp.voltage_1_v)
    two_v = _voltage_in_use_v(params.place_2, count, inp.voltage_2_v)
    three_v = _voltage_in_use_v(params.place_3, count, inp.voltage_3_v)
    current_a = on_all_w / (one_v + two_v + three_v)
    return ChargingPointOutput(
        shown.active_power_w,
        shown.reactive_power_var,
        current_a * one_v + (on_first_w if params.place_1 == 0 else 0.0),
        current_a * two_v + (on_first_w if params.place_2 == 0 else 0.0),
        current_a * three_v + (on_first_w if params.place_3 == 0 else 0.0),
        shown.loss_w,
    )
