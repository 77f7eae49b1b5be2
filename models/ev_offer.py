"""What a charger offers the car of its session: a current, or none where it pauses, and the power that this makes.

The charger turns a set-point into a current by the mean of its voltages on the phases in use, and what the car draws of
this current leaves room for the standby draw. So the power is never more than the set-point, with two exceptions.
Applications that know no voltage ask for the least current at the nominal 230 V, 4140 W for 6 A on three phases, and
others at the lowest voltage that they see (frequenz-sdk); from the lesser of these powers on the charger offers its
least current, whatever its voltages are, unless that is more than it may draw at all (`bound_w`). A DC charger knows no
least current, but a power: what its `current_min_a` makes at 230 V. The other exception is a charger of steps that
bounds leave a range that begins between two (`around_lower_w`): it offers the step above, or pauses where that is not
in it.

A car need not take all of its offer (alternating current): it takes a share of it (`offer_share`), nothing below its
own least current, and follows an offer that rises, the first one too, when that has lasted for its reaction time. It
follows one that falls at once.
"""

from __future__ import annotations

import math

from .ev_charger import (
    NOMINAL_V,
    EvChargerInput,
    EvChargerParams,
    EvChargerState,
    ev_is_connected,
    ev_phases_in_use,
)

CURRENT_TOUCH = 1e-4
"""Closer than this, in steps, an offer counts as a whole number of them: clients send 32-bit floats, which are off by
6e-8 of their value, or 1e-5 of a step of 0.1 A at 20 A."""


def is_fed(params: EvChargerParams, now: EvChargerState, inp: EvChargerInput) -> bool:
    """Say whether the charger may feed a car now."""
    return ev_is_connected(params, inp) and inp.authorised == 1 and now.pause_s <= 0.0


def offers(params: EvChargerParams, now: EvChargerState, inp: EvChargerInput) -> bool:
    """Say whether the charger offers a car anything."""
    if params.is_dc == 1:
        return takeable_w(params, now, inp, inp.set_point_w) > 0.0
    phases = ev_phases_in_use(params, now.on_one, inp.ac_phases)
    offered_w = (
        phases
        * offered_current_a(params, now, inp, inp.set_point_w)
        * mean_voltage_v(params, inp, now.on_one)
    )
    return offered_w > params.standby_w


def offered_current_a(
    params: EvChargerParams, now: EvChargerState, inp: EvChargerInput, set_point_w: float
) -> float:
    """Return the current on each phase that the charger offers [A], 0 where it pauses."""
    phases, voltage_v = (
        ev_phases_in_use(params, now.on_one, inp.ac_phases),
        mean_voltage_v(params, inp, now.on_one),
    )
    current_a = min(max(set_point_w, 0.0) / (phases * voltage_v), params.current_max_a)
    if params.current_step_a > 0.0:
        step_w = phases * params.current_step_a * voltage_v
        current_a = params.current_step_a * math.floor(current_a / params.current_step_a + CURRENT_TOUCH)
        least_a = params.current_step_a * math.ceil(max(inp.around_lower_w, 0.0) / step_w - CURRENT_TOUCH)
        if current_a < least_a:
            # The range that bounds leave begins between two steps.
            most_a = params.current_step_a * (inp.around_upper_w / step_w + CURRENT_TOUCH)
            if least_a > min(most_a, params.current_max_a):
                return 0.0
            current_a = least_a
    if params.is_dc == 1:
        if current_a < least_current_a(params, voltage_v) - CURRENT_TOUCH:
            current_a = 0.0
    elif current_a < params.current_min_a:
        current_a = params.current_min_a if is_enough(params, inp, now.on_one, set_point_w) else 0.0
    return current_a


def takeable_w(
    params: EvChargerParams, now: EvChargerState, inp: EvChargerInput, set_point_w: float
) -> float:
    """Return the power through the cable that a car may take of its offer [W]: what is not the charger's standby.

    Not above 0 where the charger pauses, its losses take all, or the car takes nothing of so little.
    """
    phases, voltage_v = (
        ev_phases_in_use(params, now.on_one, inp.ac_phases),
        mean_voltage_v(params, inp, now.on_one),
    )
    current_a = offered_current_a(params, now, inp, set_point_w)
    if params.is_dc == 1:
        grid_w = phases * current_a * voltage_v - params.standby_w
        return min(grid_w * (1.0 - params.conversion_loss) - params.conversion_fixed_w, params.dc_power_max_w)
    if inp.reaction_s > 0.0:
        current_a = min(current_a, now.followed_a)
    if current_a < inp.ac_current_min_a - CURRENT_TOUCH:
        return 0.0
    grid_w = phases * current_a * voltage_v - params.standby_w
    if inp.offer_share < 1.0:
        grid_w = min(grid_w, phases * current_a * inp.offer_share * voltage_v)
    return min(grid_w, phases * inp.ac_current_max_a * voltage_v)


def is_enough(params: EvChargerParams, inp: EvChargerInput, on_one: int, set_point_w: float) -> bool:
    """Say whether a set-point is not a pause, and the bound leaves the least current."""
    phases = ev_phases_in_use(params, on_one, inp.ac_phases)
    return set_point_w >= _least_w(params, inp, phases) and keeps_to_bound(params, inp, on_one)


def keeps_to_bound(params: EvChargerParams, inp: EvChargerInput, on_one: int) -> bool:
    """Say whether the bound leaves the least current at the voltages of now."""
    phases, voltage_v = ev_phases_in_use(params, on_one, inp.ac_phases), mean_voltage_v(params, inp, on_one)
    return phases * (least_current_a(params, voltage_v) - CURRENT_TOUCH) * voltage_v <= inp.bound_w


def _least_w(params: EvChargerParams, inp: EvChargerInput, phases: int) -> float:
    """Return the least set-point that is not a pause on so many phases [W]: by the nominal voltage, or a lower one."""
    least_v = inp.voltage_v
    if phases == 1:
        least_v = first_phase_v(inp)
    elif inp.least_voltage_v > 0.0:
        least_v = inp.least_voltage_v
    return phases * (params.current_min_a - CURRENT_TOUCH) * min(least_v, NOMINAL_V)


def least_current_a(params: EvChargerParams, voltage_v: float) -> float:
    """Return the least current per phase at a voltage [A]: what converts to direct current has a least power."""
    return params.current_min_a * NOMINAL_V / voltage_v if params.is_dc == 1 else params.current_min_a


def mean_voltage_v(params: EvChargerParams, inp: EvChargerInput, on_one: int) -> float:
    """Return the mean voltage of the phases that the car has [V]."""
    return first_phase_v(inp) if on_one == 1 and params.is_dc == 0 else inp.voltage_v


def first_phase_v(inp: EvChargerInput) -> float:
    """Return the voltage of the phase that a car has alone after switching [V]."""
    return inp.first_voltage_v if inp.first_voltage_v > 0.0 else inp.voltage_v
