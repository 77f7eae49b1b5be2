"""The direct current side: inverters with their batteries and arrays, solved together.

An inverter spreads its power over its batteries in proportion to what each can still take or give; a battery that is
asked for more than its limits cuts the shares of all who asked. Batteries take what an array gives beyond the
inverter's setting, as far as they can; the rest of the sun is left unused. Every watt that leaves an inverter or an
array arrives somewhere.
"""

from __future__ import annotations

import math

from ...models.battery import battery_power_limits
from ...models.bms import RELAYS_CLOSED
from ...models.inverter import (
    ac_beside_reactive,
    ac_from_dc,
    ceil_to_resolution,
    conversion_loss_w,
    dc_from_ac,
    inverter_apparent_limit_va,
    reactive_limit_within_var,
)
from .ac_bus import is_live
from .client_limits import cut_w, held_w, reactive_aim_var
from .inverters import heat_of
from .layout import Layout, Memory

_ROUNDING = 1e-9
"""Part of a power that is no more than what rounding takes from it or adds to it."""
_CONVERGED = 1e-13
"""Part of a reactive power by which it may still differ when it is found."""
_AS_CONVERTED = 1.0 - _ROUNDING
"""Part of a battery's minimum that is left of it by rounding, where its inverter is told what that comes to."""


def find_direct_reach(layout: Layout, memory: Memory) -> None:
    """Find what batteries and their inverters could do now; what the sun offers must be known."""
    find_battery_limits(layout, memory)
    for inverter in range(len(layout.inverters)):
        _find_reach(layout, memory, inverter)


def share_directly(layout: Layout, memory: Memory) -> None:
    """Share what inverters are set to among their batteries, within what both could do, which must be known."""
    for inverter in range(len(layout.inverters)):
        _ask(layout, memory, inverter)
    for group in range(len(layout.groups)):
        _share(layout, memory, group)


def find_battery_limits(layout: Layout, memory: Memory) -> None:
    """Find what each battery allows: its management system, its switches and its clients."""
    for battery in range(len(layout.batteries)):
        own, now = layout.batteries[battery], memory.batteries[battery]
        lower, upper = 0.0, 0.0
        if memory.components[own.component].is_closed and memory.bms[battery].relays == RELAYS_CLOSED:
            lower, upper = battery_power_limits(own.params, memory.battery_states[battery])
            lower *= now.allowed_share
            upper *= now.allowed_share
            lower = max(lower, now.allowed_lower_w)
            upper = min(upper, now.allowed_upper_w)
            if lower > -max(own.minimum_delivered_w, now.allowed_minimum_delivered_w):
                lower = 0.0
            if upper < max(own.minimum_w, now.allowed_minimum_w):
                upper = 0.0
        now.lower_w = lower
        now.upper_w = upper


def _find_reach(layout: Layout, memory: Memory, inverter: int) -> None:
    own, now, control = layout.inverters[inverter], memory.inverters[inverter], memory.controls[inverter]
    sun_w = 0.0
    if own.array >= 0 and is_live(memory, own.component):
        sun_w = memory.arrays[own.array].power_w
    lower_w, upper_w, least_w = 0.0, 0.0, 0.0
    for pair in range(own.first_pair, own.end_pair):
        if memory.pairs[pair].conducts:
            battery = memory.batteries[layout.pair_battery[pair]]
            lower_w += battery.lower_w
            upper_w += battery.upper_w
            if battery.upper_w > 0.0:
                least_w += layout.batteries[layout.pair_battery[pair]].minimum_w
    params = own.params
    now.sun_w = sun_w
    ambient_c = memory.inputs[layout.ambient_signal]
    apparent_va = inverter_apparent_limit_va(params, heat_of(memory, inverter), ambient_c)
    most_w = min(params.rated_power_w, apparent_va)
    now.apparent_va = apparent_va
    _find_least(layout, memory, inverter)
    now.own_lower_w = -most_w
    now.own_upper_w = most_w
    # What its batteries cannot take of the sun it delivers, as long as no client says otherwise.
    now.surplus_w = 0.0
    taken_w = upper_w if sun_w + least_w <= 0.0 else 0.0
    if sun_w + taken_w < 0.0:
        now.surplus_w = min(max(_ac_w(layout, memory, inverter, sun_w + taken_w), -most_w), 0.0)
    control.reach_lower_w = max(_ac_w(layout, memory, inverter, lower_w + sun_w), -most_w)
    control.reach_upper_w = min(_ac_w(layout, memory, inverter, upper_w), most_w)


def reach_beside_others_w(layout: Layout, memory: Memory, inverter: int) -> tuple[float, float]:
    """Return the least and the greatest active power that the batteries of an inverter leave it [W].

    Other inverters keep what they have of them now; what flows must be known.
    """
    own, now = layout.inverters[inverter], memory.inverters[inverter]
    lower_w, upper_w = now.sun_w, 0.0
    for pair in range(own.first_pair, own.end_pair):
        if memory.pairs[pair].conducts:
            battery = memory.batteries[layout.pair_battery[pair]]
            others_w = battery.dc_w - _granted_by_w(layout, memory, pair)
            lower_w += battery.lower_w - others_w
            upper_w += battery.upper_w - others_w
    return (
        max(_ac_w(layout, memory, inverter, lower_w), now.own_lower_w),
        min(_ac_w(layout, memory, inverter, upper_w), now.own_upper_w),
    )


def _granted_by_w(layout: Layout, memory: Memory, pair: int) -> float:
    """Return what a battery takes of what one inverter asks it for [W]."""
    number, asked_w = layout.pair_battery[pair], 0.0
    for other in range(len(layout.pair_battery)):
        if layout.pair_battery[other] == number:
            asked_w += memory.pairs[other].asked_w
    taken_w = memory.batteries[number].dc_w
    cut = taken_w / asked_w if asked_w != taken_w else 1.0
    return memory.pairs[pair].asked_w * cut


def _ac_w(layout: Layout, memory: Memory, inverter: int, dc_w: float) -> float:
    """Return the AC power that goes with a DC power of an inverter [W], beside the reactive power that it is told."""
    params, wanted_var = layout.inverters[inverter].params, reactive_aim_var(memory, inverter)
    power_w, beside_var = ac_from_dc(params, dc_w), 0.0
    # What reactive power there is goes with the active power, which it costs little of. Whoever is told what comes of
    # it has to find the same, so that batteries get the least that they take.
    for _ in range(16):
        var = _reactive_var(layout, memory, inverter, wanted_var, power_w)
        if abs(var - beside_var) <= _CONVERGED * abs(var):
            return power_w
        power_w, beside_var = ac_beside_reactive(params, dc_w, var), var
    return power_w


def _find_least(layout: Layout, memory: Memory, inverter: int) -> None:
    """Find the least that an inverter can have now: its own, and what brings its batteries to theirs beside the sun."""
    own, now = layout.inverters[inverter], memory.inverters[inverter]
    params, sun_w = own.params, now.sun_w
    now.least_w = own.minimum_w
    now.least_delivered_w = own.minimum_delivered_w
    now.alone_w = 0.0
    if own.behind_w + sun_w > 0.0:
        together_w = _ac_w(layout, memory, inverter, own.behind_w + sun_w)
        now.least_w = max(own.minimum_w, ceil_to_resolution(together_w, params.resolution_w))
    if own.behind_delivered_w > 0.0:
        # Counted as what they draw, as behind a battery inverter: a little more than it takes.
        together_w = ac_from_dc(params, own.behind_delivered_w - sun_w)
        alone_w = 0.0 - _ac_w(layout, memory, inverter, sun_w) if sun_w < 0.0 else 0.0
        if alone_w > 0.0 and alone_w >= own.minimum_delivered_w:
            now.alone_w = alone_w
            together_w = 0.0 - _ac_w(layout, memory, inverter, sun_w - own.behind_delivered_w)
        least_w = ceil_to_resolution(together_w, params.resolution_w)
        now.least_delivered_w = max(own.minimum_delivered_w, least_w)


def setting_w(layout: Layout, memory: Memory, inverter: int) -> float:
    """Return what an inverter is set to, within what it could do itself [W]."""
    if not is_live(memory, layout.inverters[inverter].component):
        return 0.0
    now = memory.inverters[inverter]
    control = memory.controls[inverter]
    held = held_w(memory, inverter, control.setting_w)
    if now.surplus_w < 0.0 and now.surplus_w < held and control.follows_meter:
        held = cut_w(memory, inverter, now.surplus_w)
    within_w = min(max(held, now.own_lower_w), now.own_upper_w)
    # What its batteries hold back below its minimum it does not do at all.
    if min(within_w, control.reach_upper_w) >= now.least_w:
        return within_w
    able_w = max(within_w, control.reach_lower_w)
    if (
        now.alone_w > 0.0
        and -now.least_delivered_w < able_w <= -layout.inverters[inverter].minimum_delivered_w
    ):
        # Of its batteries none gives a part of what all that have a minimum would make more of.
        return max(within_w, -now.alone_w)
    return within_w if able_w <= -now.least_delivered_w else 0.0


def _ask(layout: Layout, memory: Memory, inverter: int) -> None:
    """Write down what an inverter is to have on its AC side, and what its bridge would carry then."""
    params, now, control = (
        layout.inverters[inverter].params,
        memory.inverters[inverter],
        memory.controls[inverter],
    )
    set_w = setting_w(layout, memory, inverter)
    # What its batteries hold back leaves room for reactive power.
    flows_w = min(max(set_w, control.reach_lower_w), control.reach_upper_w)
    set_var = _reactive_var(layout, memory, inverter, reactive_aim_var(memory, inverter), flows_w)
    bridge_w = 0.0
    if set_var != 0.0:
        bridge_w = set_w - conversion_loss_w(params, math.sqrt(set_w * set_w + set_var * set_var))
    elif set_w != 0.0:
        bridge_w = dc_from_ac(params, set_w)
    now.asked_ac_w = set_w
    now.asked_var = set_var
    now.asked_bridge_w = bridge_w


def _reactive_var(layout: Layout, memory: Memory, inverter: int, wanted_var: float, active_w: float) -> float:
    own = layout.inverters[inverter]
    if wanted_var == 0.0 or not is_live(memory, own.component):
        return 0.0
    limit_var = reactive_limit_within_var(own.params, memory.inverters[inverter].apparent_va, active_w)
    return min(max(wanted_var, -limit_var), limit_var)


def _share(layout: Layout, memory: Memory, group: int) -> None:
    own = layout.groups[group]
    for place in range(own.first_inverter, own.end_inverter):
        inverter = layout.group_inverters[place]
        now = memory.inverters[inverter]
        now.wanted_dc_w = now.asked_bridge_w - now.sun_w
        _spread(layout, memory, inverter, now.wanted_dc_w)
    for place in range(own.first_battery, own.end_battery):
        memory.batteries[layout.group_batteries[place]].dc_w = 0.0
    for place in range(own.first_inverter, own.end_inverter):
        asking = layout.inverters[layout.group_inverters[place]]
        for pair in range(asking.first_pair, asking.end_pair):
            memory.batteries[layout.pair_battery[pair]].dc_w += memory.pairs[pair].asked_w
    for place in range(own.first_inverter, own.end_inverter):
        inverter = layout.group_inverters[place]
        memory.inverters[inverter].taken_dc_w = _granted(layout, memory, inverter)
    for place in range(own.first_battery, own.end_battery):
        battery = layout.group_batteries[place]
        memory.batteries[battery].dc_w = _taken_w(layout, memory, battery)
    for place in range(own.first_inverter, own.end_inverter):
        _convert(layout, memory, layout.group_inverters[place])


def _spread(layout: Layout, memory: Memory, inverter: int, power_w: float) -> None:
    """Write down what each battery of an inverter is asked for: its minimum, and in proportion to its room beyond.

    Where the power does not come up to the minima of all, it is shared by room alone.
    """
    own = layout.inverters[inverter]
    conducting, total_w, minima_w = 0, 0.0, 0.0
    for number in range(own.first_pair, own.end_pair):
        if memory.pairs[number].conducts:
            conducting += 1
            total_w += _room_w(layout, memory, number, power_w)
            minima_w += _minimum_w(layout, memory, number, power_w)
    is_enough = abs(power_w) >= abs(minima_w) * _AS_CONVERTED
    part = 1.0
    if not is_enough:
        minima_w = 0.0
    elif abs(power_w) < abs(minima_w):
        part = power_w / minima_w
        minima_w = power_w
    for number in range(own.first_pair, own.end_pair):
        pair = memory.pairs[number]
        pair.asked_w = 0.0
        if pair.conducts:
            if conducting == 1:
                pair.asked_w = power_w
            elif total_w > 0.0:
                pair.asked_w = (power_w - minima_w) * _room_w(layout, memory, number, power_w) / total_w
                if is_enough:
                    pair.asked_w += _minimum_w(layout, memory, number, power_w) * part


def _limit_w(layout: Layout, memory: Memory, pair: int, power_w: float) -> float:
    """Return the magnitude of power that a battery could have in the direction of a power [W]."""
    battery = memory.batteries[layout.pair_battery[pair]]
    return battery.upper_w if power_w > 0.0 else -battery.lower_w


def _room_w(layout: Layout, memory: Memory, pair: int, power_w: float) -> float:
    """Return how much more than its minimum a battery could take or give [W]."""
    return max(_limit_w(layout, memory, pair, power_w) - _own_minimum_w(layout, pair, power_w), 0.0)


def _own_minimum_w(layout: Layout, pair: int, power_w: float) -> float:
    """Return the least magnitude of a battery's power in the direction of a power [W]."""
    battery = layout.batteries[layout.pair_battery[pair]]
    return battery.minimum_w if power_w > 0.0 else battery.minimum_delivered_w


def _minimum_w(layout: Layout, memory: Memory, pair: int, power_w: float) -> float:
    """Return the least that a battery can be asked for in the direction of a power [W]."""
    if _limit_w(layout, memory, pair, power_w) <= 0.0:
        return 0.0
    minimum_w = _own_minimum_w(layout, pair, power_w)
    return minimum_w if power_w > 0.0 else -minimum_w


def _granted(layout: Layout, memory: Memory, inverter: int) -> float:
    """Return what the batteries of an inverter really take, while what they are asked for is known [W]."""
    own = layout.inverters[inverter]
    taken_w = 0.0
    for pair in range(own.first_pair, own.end_pair):
        battery = memory.batteries[layout.pair_battery[pair]]
        granted_w = _taken_w(layout, memory, layout.pair_battery[pair])
        cut = granted_w / battery.dc_w if granted_w != battery.dc_w else 1.0
        taken_w += memory.pairs[pair].asked_w * cut
    return taken_w


def _taken_w(layout: Layout, memory: Memory, battery: int) -> float:
    """Return what a battery takes of all that it is asked for: within its limits, and nothing below its minimum [W].

    Nor below what its clients have left it.
    """
    now = memory.batteries[battery]
    power_w = _within(now.dc_w, now.lower_w, now.upper_w)
    own = layout.batteries[battery]
    least_w = max(own.minimum_w, now.allowed_minimum_w)
    least_delivered_w = max(own.minimum_delivered_w, now.allowed_minimum_delivered_w)
    is_enough = power_w >= least_w * _AS_CONVERTED or power_w <= -least_delivered_w * _AS_CONVERTED
    return power_w if is_enough else 0.0


def _within(power_w: float, lower_w: float, upper_w: float) -> float:
    return min(max(power_w, lower_w), upper_w)


def _convert(layout: Layout, memory: Memory, inverter: int) -> None:
    """Write down what the bridge of an inverter carries, given what the batteries take, and its AC side."""
    now = memory.inverters[inverter]
    bridge_w = now.taken_dc_w
    wanted_w = now.asked_bridge_w
    if now.sun_w != 0.0:
        bridge_w += max(now.sun_w, min(0.0, wanted_w - bridge_w))
        if wanted_w == 0.0 and abs(bridge_w) <= _ROUNDING * abs(now.sun_w):
            # Its batteries take all of the sun, but for the rounding of their shares.
            bridge_w = 0.0
    now.dc_w = bridge_w
    params, var = layout.inverters[inverter].params, now.asked_var
    if bridge_w == 0.0 and var == 0.0:
        now.ac_w = params.standby_power_w
    elif bridge_w == wanted_w:
        # Unless a battery held it back, the setting holds to the last bit.
        now.ac_w = now.asked_ac_w
    elif var == 0.0:
        now.ac_w = ac_from_dc(params, bridge_w)
    else:
        active_w = ac_beside_reactive(params, bridge_w, var)
        now.ac_w = active_w
        now.asked_var = _reactive_var(layout, memory, inverter, var, active_w)
