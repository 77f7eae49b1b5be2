"""How reactive power gives way where what it loses would bring a battery below its minimum.

Active power goes first: no inverter that charges a battery with its minimum, or that delivers its own least power of
what a battery gives at most, rests because reactive power is asked for, of it or of another one at that battery.
"""

from __future__ import annotations

import math

from ...models.inverter import reactive_at_loss_var
from ..domain.ranges import AS_SENT
from .dc_asking import acceptable_w, as_sent_w, ask_beside, asked_of_w, part_of_more
from .dc_reach import (
    dc_as_ac_w,
    dc_beside_reactive_w,
    least_charged_w,
    least_given_w,
    reactive_beside_batteries_var,
)
from .layout import GroupLayout, Layout
from .memory import Memory


def reactive_power_gives_way(layout: Layout, memory: Memory, group: int) -> bool:
    """Cut reactive power that brings the first battery of a group below its minimum, and say whether there is one.

    So it does of a battery that has to give more than it can, so that an inverter would come below its own minimum.

    It is cut by no more than brings the battery there, that of inverters listed first before that of others.
    """
    own = layout.groups[group]
    if not _has_reactive_power(layout, memory, own):
        return False
    for place in range(own.first_battery, own.end_battery):
        battery = layout.group_batteries[place]
        asked_w, slack_w = _asked_w(layout, memory, own, battery)
        saved_w = _saved_w(layout, memory, own, battery)
        short_w = _short_w(layout, memory, own, battery, asked_w)
        if short_w == 0.0:
            short_w = min(_beyond_w(layout, memory, own, battery, asked_w), saved_w)
        if slack_w < short_w <= saved_w + slack_w:
            for member in range(own.first_inverter, own.end_inverter):
                inverter = layout.group_inverters[member]
                part = _part(layout, memory, inverter, battery)
                if part > 0.0 and short_w > 0.0:
                    saved_w = min(_lost_w(layout, memory, inverter), short_w / part)
                    _lose_less(layout, memory, inverter, saved_w)
                    short_w -= part * saved_w
            return True
    return False


def reactive_limit_of_batteries_var(layout: Layout, memory: Memory, inverter: int, active_w: float) -> float:
    """Return how much reactive power an inverter has before it gives way to what its batteries are charged with [var].

    What flows must be known. Infinite where none is charged with so little that it matters.

    Args:
        layout: Of the plant.
        memory: With what inverters ask their batteries for.
        inverter: Of which the reactive power is.
        active_w: What it has beside that [W].
    """
    own, now = layout.inverters[inverter], memory.inverters[inverter]
    # What it draws at rest charges nothing.
    charges_w = active_w if now.asked_ac_w != 0.0 else 0.0
    limit_var = reactive_beside_batteries_var(layout, memory, inverter, charges_w)
    limit_var = min(limit_var, _left_to_give_var(layout, memory, inverter))
    group = layout.groups[own.group]
    for pair in range(own.first_pair, own.end_pair):
        battery = layout.pair_battery[pair]
        least_w = least_charged_w(layout, memory, battery)
        if least_w == 0.0 and least_given_w(layout, memory, battery) == 0.0:
            continue
        part = _part(layout, memory, inverter, battery)
        asked_w, slack_w = _asked_w(layout, memory, group, battery)
        is_enough = part > 0.0 and acceptable_w(layout, memory, group, battery, asked_w) >= least_w - slack_w
        if is_enough and _stops_active_power(layout, memory, group, battery):
            loss_w = now.asked_ac_w - now.asked_bridge_w + max(asked_w - least_w, 0.0) / part
            left_var = reactive_at_loss_var(own.params, loss_w, now.asked_ac_w, now.dc_voltage_pu)
            limit_var = min(limit_var, left_var)
    return limit_var


def _left_to_give_var(layout: Layout, memory: Memory, inverter: int) -> float:
    """Return how much reactive power leaves those that deliver their least power what batteries can give [var]."""
    own, now = layout.inverters[inverter], memory.inverters[inverter]
    group, limit_var = layout.groups[own.group], math.inf
    power_w = now.ac_w if now.dc_w != 0.0 else 0.0
    for pair in range(own.first_pair, own.end_pair):
        battery = layout.pair_battery[pair]
        part, spare_w = _part(layout, memory, inverter, battery), _spare_w(layout, memory, group, battery)
        if part > 0.0 and spare_w < math.inf:
            asked_w, _ = _asked_w(layout, memory, group, battery)
            more_w = max(asked_w - memory.batteries[battery].lower_w, 0.0) + spare_w
            left_var = reactive_at_loss_var(
                own.params, power_w - now.dc_w + more_w / part, power_w, now.dc_voltage_pu
            )
            limit_var = min(limit_var, left_var)
    return limit_var


def _spare_w(layout: Layout, memory: Memory, own: GroupLayout, battery: int) -> float:
    """Return how much less than they have all could deliver that a battery gives to and that have a minimum [W].

    Infinite if there are none.
    """
    spare_w = math.inf
    for member in range(own.first_inverter, own.end_inverter):
        inverter = layout.group_inverters[member]
        least_w, now = layout.inverters[inverter].minimum_delivered_w, memory.inverters[inverter]
        if least_w > 0.0 and now.asked_ac_w < 0.0 and _asks_to_give(layout, memory, inverter, battery):
            spare_w = min(spare_w, max(0.0 - now.ac_w - least_w, 0.0))
    return spare_w


def _asks_to_give(layout: Layout, memory: Memory, inverter: int, battery: int) -> bool:
    for pair in range(layout.inverters[inverter].first_pair, layout.inverters[inverter].end_pair):
        if layout.pair_battery[pair] == battery and memory.pairs[pair].asked_w < 0.0:
            return True
    return False


def _beyond_w(layout: Layout, memory: Memory, own: GroupLayout, battery: int, asked_w: float) -> float:
    """Return what a battery is asked to give beyond what it can where an inverter would rest by that, else 0 [W]."""
    beyond_w, given_w = memory.batteries[battery].lower_w - asked_w, 0.0
    if beyond_w <= 0.0:
        return 0.0
    for member in range(own.first_inverter, own.end_inverter):
        asking = layout.inverters[layout.group_inverters[member]]
        for pair in range(asking.first_pair, asking.end_pair):
            if layout.pair_battery[pair] == battery:
                given_w += min(memory.pairs[pair].asked_w, 0.0)
    for member in range(own.first_inverter, own.end_inverter):
        inverter = layout.group_inverters[member]
        asking, now = layout.inverters[inverter], memory.inverters[inverter]
        if asking.minimum_delivered_w > 0.0 and now.asked_ac_w < 0.0:
            for pair in range(asking.first_pair, asking.end_pair):
                its_w = memory.pairs[pair].asked_w
                if layout.pair_battery[pair] == battery and its_w < 0.0:
                    left_w = now.asked_bridge_w + beyond_w * its_w / given_w
                    able_w = dc_as_ac_w(layout, memory, inverter, left_w)
                    if able_w > -asking.minimum_delivered_w * (1.0 - AS_SENT):
                        return beyond_w
    return 0.0


def _has_reactive_power(layout: Layout, memory: Memory, own: GroupLayout) -> bool:
    for member in range(own.first_inverter, own.end_inverter):
        if memory.inverters[layout.group_inverters[member]].asked_var != 0.0:
            return True
    return False


def _saved_w(layout: Layout, memory: Memory, own: GroupLayout, battery: int) -> float:
    """Return by how much more a battery would be charged if no inverter had reactive power [W]."""
    saved_w = 0.0
    for member in range(own.first_inverter, own.end_inverter):
        inverter = layout.group_inverters[member]
        saved_w += _part(layout, memory, inverter, battery) * _lost_w(layout, memory, inverter)
    return saved_w


def _short_w(layout: Layout, memory: Memory, own: GroupLayout, battery: int, asked_w: float) -> float:
    """Return what a battery lacks of its minimum of what all inverters together would charge it with [W]."""
    now, least_w = memory.batteries[battery], least_charged_w(layout, memory, battery)
    is_possible = now.lower_w <= asked_w <= now.upper_w and least_w <= now.upper_w
    if not is_possible or acceptable_w(layout, memory, own, battery, asked_w) == asked_w:
        return 0.0
    return least_w - asked_w if _stops_active_power(layout, memory, own, battery) else 0.0


def _asked_w(layout: Layout, memory: Memory, own: GroupLayout, battery: int) -> tuple[float, float]:
    """Return what all inverters together ask a battery for, and by how much that may be off as it is sent [W]."""
    return asked_of_w(layout, memory, own, battery), as_sent_w(layout, memory, own, battery, -1)


def _stops_active_power(layout: Layout, memory: Memory, own: GroupLayout, battery: int) -> bool:
    """Say whether an inverter with active power rests if a battery takes nothing of what it is asked for.

    One that charges it from the grid or delivers what it gives, or that is to pass its power on to another one that
    delivers.
    """
    given_w, drawn_w = 0.0, 0.0
    for member in range(own.first_inverter, own.end_inverter):
        inverter = layout.group_inverters[member]
        set_w = memory.inverters[inverter].asked_ac_w
        for pair in range(layout.inverters[inverter].first_pair, layout.inverters[inverter].end_pair):
            if layout.pair_battery[pair] == battery:
                asked_w = memory.pairs[pair].asked_w
                if asked_w * set_w > 0.0:
                    return True
                drawn_w += max(asked_w, 0.0)
                if set_w != 0.0:
                    given_w += min(asked_w, 0.0)
    return given_w < 0.0 and drawn_w > 0.0


def _part(layout: Layout, memory: Memory, inverter: int, battery: int) -> float:
    """Return which part of what an inverter loses less a battery is asked for less; 0 if it does not reach it."""
    own, wanted_w = layout.inverters[inverter], memory.inverters[inverter].wanted_dc_w
    for pair in range(own.first_pair, own.end_pair):
        if layout.pair_battery[pair] == battery and memory.pairs[pair].conducts:
            return part_of_more(layout, memory, inverter, pair, wanted_w)
    return 0.0


def _lost_w(layout: Layout, memory: Memory, inverter: int) -> float:
    """Return what an inverter loses by the reactive power that it is to have [W]."""
    now = memory.inverters[inverter]
    params = layout.inverters[inverter].params
    return dc_beside_reactive_w(params, now.asked_ac_w, 0.0, now.dc_voltage_pu) - now.asked_bridge_w


def _lose_less(layout: Layout, memory: Memory, inverter: int, saved_w: float) -> None:
    """Let an inverter ask for less reactive power, so that it loses less by so much [W]."""
    now, set_w = memory.inverters[inverter], memory.inverters[inverter].asked_ac_w
    loss_w = set_w - now.asked_bridge_w - saved_w
    limit_var = reactive_at_loss_var(layout.inverters[inverter].params, loss_w, set_w, now.dc_voltage_pu)
    ask_beside(layout, memory, inverter, set_w, min(max(now.asked_var, -limit_var), limit_var) + 0.0)
