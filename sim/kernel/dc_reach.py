"""What inverters with batteries and arrays could have now: their own reach, and what their batteries leave them.

What counts at a battery is what flows through its terminals: beside an inverter that charges, others can deliver what
that brings, whatever the battery gives itself.
"""

from __future__ import annotations

import math

from ...models.battery import battery_open_circuit_v
from ...models.battery_limits import battery_power_limits
from ...models.bms import RELAYS_CLOSED
from ...models.inverter import (
    InverterParams,
    ac_beside_reactive,
    ac_from_dc,
    ceil_to_resolution,
    conversion_loss_w,
    dc_from_ac,
    inverter_apparent_limit_va,
    reactive_at_loss_var,
    reactive_limit_within_var,
)
from ..domain.ranges import AS_SENT
from .ac_bus import is_live
from .client_limits import cut_w, reactive_aim_var
from .dc_window import is_in_window, limits_by_current_w
from .inverters import heat_of
from .layout import Layout
from .memory import Memory

_CONVERGED = 1e-13
"""Part of a reactive power by which it may still differ when it is found."""


def find_direct_reach(layout: Layout, memory: Memory) -> None:
    """Find what batteries and their inverters could do now; what the sun offers must be known."""
    find_battery_limits(layout, memory)
    for inverter in range(len(layout.inverters)):
        own, now = layout.inverters[inverter], memory.inverters[inverter]
        ambient_c = memory.inputs[layout.ambient_signal]
        if own.params.by_battery_voltage and own.end_pair - own.first_pair == 1:
            battery = layout.pair_battery[own.first_pair]
            voltage_v = battery_open_circuit_v(
                layout.batteries[battery].params, memory.battery_states[battery]
            )
            now.dc_voltage_pu = voltage_v / own.params.nominal_dc_voltage_v
        heat = heat_of(memory, inverter)
        now.apparent_va = 0.0
        if is_in_window(layout, memory, inverter):
            now.apparent_va = inverter_apparent_limit_va(own.params, heat, ambient_c, now.dc_voltage_pu)
        now.sun_w = 0.0
        if own.array >= 0 and is_live(memory, own.component):
            now.sun_w = memory.arrays[own.array].power_w
    for inverter in range(len(layout.inverters)):
        _find_reach(layout, memory, inverter)


def find_battery_limits(layout: Layout, memory: Memory) -> None:
    """Find what each battery allows: its management system, its switches and its clients."""
    for battery in range(len(layout.batteries)):
        own, now = layout.batteries[battery], memory.batteries[battery]
        lower, upper = 0.0, 0.0
        if memory.components[own.component].is_closed and memory.bms[battery].relays == RELAYS_CLOSED:
            lower, upper = battery_power_limits(own.params, memory.battery_states[battery])
            lower *= now.allowed_share
            upper *= now.allowed_share
            if now.auxiliary_w > 0.0:
                lower = min(lower + now.auxiliary_w, 0.0)
                upper += now.auxiliary_w
            lower = max(lower, now.allowed_lower_w)
            upper = min(upper, now.allowed_upper_w)
            if lower > -least_given_w(layout, memory, battery):
                lower = 0.0
            if upper < least_charged_w(layout, memory, battery):
                upper = 0.0
        now.lower_w = lower
        now.upper_w = upper


def least_charged_w(layout: Layout, memory: Memory, battery: int) -> float:
    """Return the least that a battery is charged with, which may be its clients' [W]."""
    return max(layout.batteries[battery].minimum_w, memory.batteries[battery].allowed_minimum_w)


def least_given_w(layout: Layout, memory: Memory, battery: int) -> float:
    """Return the least that a battery gives, as a magnitude, which may be its clients' [W]."""
    own, now = layout.batteries[battery], memory.batteries[battery]
    return max(own.minimum_delivered_w, now.allowed_minimum_delivered_w)


def _find_reach(layout: Layout, memory: Memory, inverter: int) -> None:
    own, now, control = layout.inverters[inverter], memory.inverters[inverter], memory.controls[inverter]
    sun_w = now.sun_w
    lower_w, upper_w, least_w = 0.0, 0.0, 0.0
    for pair in range(own.first_pair, own.end_pair):
        if memory.pairs[pair].conducts:
            battery = memory.batteries[layout.pair_battery[pair]]
            lower_w += battery.lower_w
            upper_w += battery.upper_w
            if battery.upper_w > 0.0:
                least_w += layout.batteries[layout.pair_battery[pair]].minimum_w
    _find_least(layout, memory, inverter)
    now.own_lower_w = -min(own.params.rated_power_w, now.apparent_va * control.active_share)
    now.own_upper_w = min(own.params.rated_power_w, now.apparent_va * control.drawing_share)
    if own.params.keeps_dc_current:
        least_dc_w, most_dc_w = limits_by_current_w(layout, memory, inverter)
        given_ac_w = dc_as_ac_w(layout, memory, inverter, least_dc_w)
        now.own_lower_w = min(max(given_ac_w, now.own_lower_w), 0.0)
        now.own_upper_w = min(dc_as_ac_w(layout, memory, inverter, most_dc_w), now.own_upper_w)
    # What its batteries cannot take of the sun it delivers, as long as no client says otherwise.
    now.surplus_w = 0.0
    taken_w = upper_w if sun_w + least_w <= 0.0 else 0.0
    if sun_w + taken_w < 0.0:
        surplus_w = dc_as_ac_w(layout, memory, inverter, sun_w + taken_w)
        now.surplus_w = min(max(surplus_w, now.own_lower_w), 0.0)
    if own.is_sharing != 0:
        given_w, drawn_w = _passing_w(layout, memory, inverter)
        lower_w -= given_w
        upper_w -= drawn_w
    control.reach_lower_w = max(given_as_ac_w(layout, memory, inverter, lower_w + sun_w), now.own_lower_w)
    control.reach_upper_w = min(_charged_as_ac_w(layout, memory, inverter, upper_w), now.own_upper_w)


def drawn_beside_sun_w(layout: Layout, memory: Memory, inverter: int) -> float:
    """Return the most that an inverter can draw without its own sun giving way, >= 0 [W].

    Infinite where there is no sun, and where other inverters share its batteries. What flows must be known.
    """
    own, now = layout.inverters[inverter], memory.inverters[inverter]
    if now.sun_w == 0.0 or own.is_sharing != 0:
        return math.inf
    left_w = now.sun_w
    for pair in range(own.first_pair, own.end_pair):
        if memory.pairs[pair].conducts:
            left_w += memory.batteries[layout.pair_battery[pair]].upper_w
    return dc_as_ac_w(layout, memory, inverter, left_w) if left_w > 0.0 else 0.0


def _passing_w(layout: Layout, memory: Memory, inverter: int) -> tuple[float, float]:
    """Return what other inverters are set to give to the batteries of one, >= 0, and to draw from them, <= 0 [W].

    The suns must be known, and what heat sinks allow. What their batteries hold back is not, so it may be less in the
    end: see `_left_by_cut_w`.
    """
    given_w, drawn_w = 0.0, 0.0
    group = layout.groups[layout.inverters[inverter].group]
    for place in range(group.first_inverter, group.end_inverter):
        other = layout.group_inverters[place]
        component = layout.inverters[other].component
        if other != inverter and is_live(memory, component) and _meet(layout, memory, inverter, other):
            params = layout.inverters[other].params
            set_w = cut_w(memory, other, memory.controls[other].setting_w)
            set_w = min(max(set_w, -params.rated_power_w), params.rated_power_w)
            var = reactive_beside_var(layout, memory, other, set_w)
            its = memory.inverters[other]
            dc_w = dc_beside_reactive_w(params, set_w, var, its.dc_voltage_pu) - its.sun_w
            given_w += max(dc_w, 0.0)
            drawn_w += min(dc_w, 0.0)
    return given_w, drawn_w


def _meet(layout: Layout, memory: Memory, inverter: int, other: int) -> bool:
    """Say whether two inverters reach a battery both."""
    own, its = layout.inverters[inverter], layout.inverters[other]
    for pair in range(own.first_pair, own.end_pair):
        for another in range(its.first_pair, its.end_pair):
            conduct = memory.pairs[pair].conducts != 0 and memory.pairs[another].conducts != 0
            if conduct and layout.pair_battery[pair] == layout.pair_battery[another]:
                return True
    return False


def reach_beside_others_w(layout: Layout, memory: Memory, inverter: int) -> tuple[float, float]:
    """Return the least and the greatest active power that the batteries of an inverter leave it [W].

    Other inverters keep what they have of them now; what flows must be known.
    """
    return _reach_of_batteries_w(layout, memory, inverter, 1.0)


def reach_without_others_w(layout: Layout, memory: Memory, inverter: int) -> tuple[float, float]:
    """Return the same as if other inverters left its batteries alone [W]."""
    return _reach_of_batteries_w(layout, memory, inverter, 0.0)


def _reach_of_batteries_w(
    layout: Layout, memory: Memory, inverter: int, part_of_others: float
) -> tuple[float, float]:
    own, now = layout.inverters[inverter], memory.inverters[inverter]
    lower_w, upper_w = now.sun_w, 0.0
    for pair in range(own.first_pair, own.end_pair):
        if memory.pairs[pair].conducts:
            battery = memory.batteries[layout.pair_battery[pair]]
            others_w = part_of_others * _others_w(layout, memory, inverter, pair)
            lower_w += battery.lower_w - others_w
            upper_w += battery.upper_w - others_w
    return (
        max(given_as_ac_w(layout, memory, inverter, lower_w), now.own_lower_w),
        min(_charged_as_ac_w(layout, memory, inverter, upper_w), now.own_upper_w),
    )


def _others_w(layout: Layout, memory: Memory, inverter: int, pair: int) -> float:
    """Return what other inverters have of a battery of one [W]; what they ask for where that is below its minimum."""
    number = layout.pair_battery[pair]
    battery = memory.batteries[number]
    if battery.dc_w != 0.0:
        return battery.dc_w - memory.pairs[pair].taken_w
    asked_w, group = 0.0, layout.groups[layout.inverters[inverter].group]
    for place in range(group.first_inverter, group.end_inverter):
        asking = layout.inverters[layout.group_inverters[place]]
        for other in range(asking.first_pair, asking.end_pair):
            if layout.pair_battery[other] == number:
                asked_w += memory.pairs[other].asked_w
    if min(max(asked_w, battery.lower_w), battery.upper_w) == 0.0:
        return 0.0 - memory.pairs[pair].taken_w
    return asked_w - memory.pairs[pair].asked_w


def _charged_as_ac_w(layout: Layout, memory: Memory, inverter: int, dc_w: float) -> float:
    """Return the AC power that goes with what batteries take at most [W]: less than their minima they do not take."""
    own, now = layout.inverters[inverter], memory.inverters[inverter]
    if dc_w == 0.0 and reactive_aim_var(memory, inverter) == 0.0:
        # Told what running without a load costs, it is in standby.
        return 0.0
    if dc_w < own.behind_w:
        return ac_from_dc(own.params, max(dc_w + now.sun_w, min(dc_w, 0.0)), now.dc_voltage_pu)
    return dc_as_ac_w(layout, memory, inverter, dc_w)


def dc_beside_reactive_w(params: InverterParams, power_w: float, var: float, dc_voltage_pu: float) -> float:
    """Return the DC power that goes with an active and a reactive power [W], [var]; 0 in standby."""
    if var != 0.0:
        return power_w - conversion_loss_w(params, math.sqrt(power_w * power_w + var * var), dc_voltage_pu)
    return dc_from_ac(params, power_w, dc_voltage_pu) if power_w != 0.0 else 0.0


def dc_as_ac_w(layout: Layout, memory: Memory, inverter: int, dc_w: float) -> float:
    """Return the AC power that goes with a DC power of an inverter [W], beside the reactive power that it is told."""
    params, wanted_var = layout.inverters[inverter].params, reactive_aim_var(memory, inverter)
    voltage_pu = memory.inverters[inverter].dc_voltage_pu
    power_w, beside_var = ac_from_dc(params, dc_w, voltage_pu), 0.0
    # What reactive power there is goes with the active power, which it costs little of. Whoever is told what comes of
    # it has to find the same, so that batteries get the least that they take.
    for _ in range(16):
        var = reactive_within_var(layout, memory, inverter, wanted_var, power_w)
        if abs(var - beside_var) <= _CONVERGED * abs(var):
            return power_w
        power_w, beside_var = ac_beside_reactive(params, dc_w, var, voltage_pu), var
    return power_w


def given_as_ac_w(layout: Layout, memory: Memory, inverter: int, dc_w: float) -> float:
    """Return the same of what batteries give at most: reactive power gives way to an inverter's least power."""
    own, power_w = layout.inverters[inverter], dc_as_ac_w(layout, memory, inverter, dc_w)
    least_w = own.minimum_delivered_w
    if least_w == 0.0 or dc_w >= 0.0 or power_w <= -least_w:
        return power_w
    without_w = ac_from_dc(own.params, dc_w, memory.inverters[inverter].dc_voltage_pu)
    return -least_w if without_w <= -least_w else power_w


def reactive_within_var(
    layout: Layout, memory: Memory, inverter: int, wanted_var: float, active_w: float
) -> float:
    """Return how much of a reactive power an inverter can have beside an active power [var]."""
    own = layout.inverters[inverter]
    if wanted_var == 0.0 or not is_live(memory, own.component):
        return 0.0
    limit_var = reactive_limit_within_var(own.params, memory.inverters[inverter].apparent_va, active_w)
    return min(max(wanted_var, -limit_var), limit_var)


def reactive_beside_var(layout: Layout, memory: Memory, inverter: int, active_w: float) -> float:
    """Return the reactive power that an inverter is to have beside an active power [W], which goes first [var]."""
    var = reactive_within_var(layout, memory, inverter, reactive_aim_var(memory, inverter), active_w)
    if var == 0.0:
        return var
    limit_var = reactive_beside_batteries_var(layout, memory, inverter, active_w)
    return min(max(var, -limit_var), limit_var) + 0.0


def reactive_beside_batteries_var(layout: Layout, memory: Memory, inverter: int, active_w: float) -> float:
    """Return how much reactive power an inverter can lose by and still bring its batteries to their minima [var].

    Infinite where these do not depend on what it loses: at an active power [W] that brings them to none, or where the
    sun does.
    """
    own, now = layout.inverters[inverter], memory.inverters[inverter]
    beyond_w = active_w - own.behind_w - now.sun_w
    if own.behind_w + now.sun_w <= 0.0 or active_w < now.least_w * (1.0 - AS_SENT):
        return math.inf
    return reactive_at_loss_var(own.params, beyond_w, active_w, now.dc_voltage_pu)


def _find_least(layout: Layout, memory: Memory, inverter: int) -> None:
    """Find the least that an inverter can have now: its own, and what brings its batteries to theirs beside the sun."""
    own, now = layout.inverters[inverter], memory.inverters[inverter]
    params, sun_w = own.params, now.sun_w
    now.least_w = own.minimum_w
    now.least_delivered_w = own.minimum_delivered_w
    now.alone_w = 0.0
    if own.behind_w + sun_w > 0.0:
        # Its reactive power gives way to that: see `reactive_beside_batteries_var`.
        together_w = ac_from_dc(params, own.behind_w + sun_w, now.dc_voltage_pu)
        now.least_w = max(own.minimum_w, ceil_to_resolution(together_w, params.resolution_w))
    if own.behind_delivered_w > 0.0:
        # Counted as what they draw, as behind a battery inverter: a little more than it takes.
        together_w = ac_from_dc(params, own.behind_delivered_w - sun_w, now.dc_voltage_pu)
        alone_w = 0.0 - dc_as_ac_w(layout, memory, inverter, sun_w) if sun_w < 0.0 else 0.0
        if alone_w > 0.0 and alone_w >= own.minimum_delivered_w:
            now.alone_w = alone_w
            together_w = 0.0 - dc_as_ac_w(layout, memory, inverter, sun_w - own.behind_delivered_w)
        least_w = ceil_to_resolution(together_w, params.resolution_w)
        now.least_delivered_w = max(own.minimum_delivered_w, least_w)
