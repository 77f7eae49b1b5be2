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
    conversion_loss_w,
    dc_from_ac,
    inverter_apparent_limit_va,
    reactive_limit_within_var,
)
from .client_limits import held_w, reactive_aim_var
from .inverters import heat_of
from .layout import Layout, Memory


def find_direct_reach(layout: Layout, memory: Memory) -> None:
    """Find what batteries and their inverters could do now; what the sun offers must be known."""
    find_battery_limits(layout, memory)
    for inverter in range(len(layout.inverters)):
        _find_reach(layout, memory, inverter)


def share_directly(layout: Layout, memory: Memory) -> None:
    """Share what inverters are set to among their batteries, within what both could do, which must be known."""
    for inverter in range(len(layout.inverters)):
        _ask(layout, memory, inverter)
    for group in range(len(layout.group_inverter_begins) - 1):
        _share(layout, memory, group)


def find_battery_limits(layout: Layout, memory: Memory) -> None:
    """Find what each battery allows: its management system, its switches and its clients."""
    for battery in range(len(layout.batteries)):
        lower, upper = 0.0, 0.0
        is_closed = memory.is_closed[layout.battery_component[battery]]
        if is_closed and memory.bms_relays[battery] == RELAYS_CLOSED:
            lower, upper = battery_power_limits(layout.batteries[battery], memory.battery_states[battery])
            lower = max(lower, memory.allowed_dc_lower_w[battery])
            upper = min(upper, memory.allowed_dc_upper_w[battery])
        memory.battery_lower_w[battery] = lower
        memory.battery_upper_w[battery] = upper


def _find_reach(layout: Layout, memory: Memory, inverter: int) -> None:
    component = layout.inverter_component[inverter]
    sun_w = 0.0
    array = layout.array_of[inverter]
    if array >= 0 and memory.is_closed[component] and not memory.is_cut_off[component]:
        sun_w = memory.array_w[array]
    lower_w, upper_w = 0.0, 0.0
    for pair in range(layout.pair_begins[inverter], layout.pair_begins[inverter + 1]):
        if memory.pair_conducts[pair]:
            lower_w += memory.battery_lower_w[layout.pair_battery[pair]]
            upper_w += memory.battery_upper_w[layout.pair_battery[pair]]
    params = layout.inverters[inverter]
    memory.inverter_sun_w[inverter] = sun_w
    ambient_c = memory.inputs[layout.ambient_signal]
    apparent_va = inverter_apparent_limit_va(params, heat_of(memory, inverter), ambient_c)
    most_w = min(params.rated_power_w, apparent_va)
    memory.apparent_va[inverter] = apparent_va
    memory.own_lower_w[inverter] = -most_w
    memory.own_upper_w[inverter] = most_w
    memory.reach_lower_w[inverter] = max(ac_from_dc(params, lower_w + sun_w), -most_w)
    memory.reach_upper_w[inverter] = min(ac_from_dc(params, upper_w), most_w)


def setting_w(layout: Layout, memory: Memory, inverter: int) -> float:
    """Return what an inverter is set to, within what it could do itself [W]."""
    component = layout.inverter_component[inverter]
    if not memory.is_closed[component] or memory.is_cut_off[component]:
        return 0.0
    held = held_w(memory, inverter, memory.setting_w[inverter])
    return min(max(held, memory.own_lower_w[inverter]), memory.own_upper_w[inverter])


def _ask(layout: Layout, memory: Memory, inverter: int) -> None:
    """Write down what an inverter is to have on its AC side, and what its bridge would carry then."""
    params = layout.inverters[inverter]
    set_w = setting_w(layout, memory, inverter)
    set_var = _reactive_var(layout, memory, inverter, reactive_aim_var(memory, inverter), set_w)
    bridge_w = 0.0
    if set_var != 0.0:
        bridge_w = set_w - conversion_loss_w(params, math.sqrt(set_w * set_w + set_var * set_var))
    elif set_w != 0.0:
        bridge_w = dc_from_ac(params, set_w)
    memory.asked_ac_w[inverter] = set_w
    memory.asked_var[inverter] = set_var
    memory.asked_bridge_w[inverter] = bridge_w


def _reactive_var(layout: Layout, memory: Memory, inverter: int, wanted_var: float, active_w: float) -> float:
    component = layout.inverter_component[inverter]
    if wanted_var == 0.0 or not memory.is_closed[component] or memory.is_cut_off[component]:
        return 0.0
    limit_var = reactive_limit_within_var(layout.inverters[inverter], memory.apparent_va[inverter], active_w)
    return min(max(wanted_var, -limit_var), limit_var)


def _share(layout: Layout, memory: Memory, group: int) -> None:
    first, last = layout.group_inverter_begins[group], layout.group_inverter_begins[group + 1]
    for place in range(first, last):
        inverter = layout.group_inverters[place]
        wanted_w = memory.asked_bridge_w[inverter] - memory.inverter_sun_w[inverter]
        memory.wanted_dc_w[inverter] = wanted_w
        _spread(layout, memory, inverter, wanted_w)
    for place in range(layout.group_battery_begins[group], layout.group_battery_begins[group + 1]):
        memory.battery_dc_w[layout.group_batteries[place]] = 0.0
    for place in range(first, last):
        inverter = layout.group_inverters[place]
        for pair in range(layout.pair_begins[inverter], layout.pair_begins[inverter + 1]):
            memory.battery_dc_w[layout.pair_battery[pair]] += memory.pair_w[pair]
    for place in range(first, last):
        inverter = layout.group_inverters[place]
        memory.taken_dc_w[inverter] = _granted(layout, memory, inverter)
    for place in range(layout.group_battery_begins[group], layout.group_battery_begins[group + 1]):
        battery = layout.group_batteries[place]
        memory.battery_dc_w[battery] = _within(
            memory.battery_dc_w[battery], memory.battery_lower_w[battery], memory.battery_upper_w[battery]
        )
    for place in range(first, last):
        _convert(layout, memory, layout.group_inverters[place])


def _spread(layout: Layout, memory: Memory, inverter: int, power_w: float) -> None:
    """Write down what each battery of an inverter is asked for: in proportion to the room that it has."""
    first, last = layout.pair_begins[inverter], layout.pair_begins[inverter + 1]
    conducting, total_w = 0, 0.0
    for pair in range(first, last):
        if memory.pair_conducts[pair]:
            conducting += 1
            total_w += _room_w(layout, memory, pair, power_w)
    for pair in range(first, last):
        memory.pair_w[pair] = 0.0
        if memory.pair_conducts[pair]:
            if conducting == 1:
                memory.pair_w[pair] = power_w
            elif total_w > 0.0:
                memory.pair_w[pair] = power_w * _room_w(layout, memory, pair, power_w) / total_w


def _room_w(layout: Layout, memory: Memory, pair: int, power_w: float) -> float:
    battery = layout.pair_battery[pair]
    return memory.battery_upper_w[battery] if power_w > 0.0 else -memory.battery_lower_w[battery]


def _granted(layout: Layout, memory: Memory, inverter: int) -> float:
    """Return what the batteries of an inverter really take, while what they are asked for is known [W]."""
    taken_w = 0.0
    for pair in range(layout.pair_begins[inverter], layout.pair_begins[inverter + 1]):
        battery = layout.pair_battery[pair]
        asked_w = memory.battery_dc_w[battery]
        granted_w = _within(asked_w, memory.battery_lower_w[battery], memory.battery_upper_w[battery])
        cut = granted_w / asked_w if granted_w != asked_w else 1.0
        taken_w += memory.pair_w[pair] * cut
    return taken_w


def _within(power_w: float, lower_w: float, upper_w: float) -> float:
    return min(max(power_w, lower_w), upper_w)


def _convert(layout: Layout, memory: Memory, inverter: int) -> None:
    """Write down what the bridge of an inverter carries, given what the batteries take, and its AC side."""
    bridge_w = memory.taken_dc_w[inverter]
    wanted_w = memory.asked_bridge_w[inverter]
    sun_w = memory.inverter_sun_w[inverter]
    if sun_w != 0.0:
        bridge_w += max(sun_w, min(0.0, wanted_w - bridge_w))
    memory.inverter_dc_w[inverter] = bridge_w
    params, var = layout.inverters[inverter], memory.asked_var[inverter]
    if bridge_w == 0.0 and var == 0.0:
        memory.inverter_ac_w[inverter] = params.standby_power_w
    elif bridge_w == wanted_w:
        # Unless a battery held it back, the setting holds to the last bit.
        memory.inverter_ac_w[inverter] = memory.asked_ac_w[inverter]
    elif var == 0.0:
        memory.inverter_ac_w[inverter] = ac_from_dc(params, bridge_w)
    else:
        active_w = ac_beside_reactive(params, bridge_w, var)
        memory.inverter_ac_w[inverter] = active_w
        memory.asked_var[inverter] = _reactive_var(layout, memory, inverter, var, active_w)
