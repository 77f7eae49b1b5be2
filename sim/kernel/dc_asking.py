"""What inverters ask their batteries for, and what a battery takes of all that it is asked for.

An inverter spreads its power over its batteries in proportion to what each can still take or give beyond its minimum.
"""

from __future__ import annotations

from ..domain.ranges import AS_SENT
from .dc_reach import dc_beside_reactive_w, least_charged_w, least_given_w
from .layout import GroupLayout, Layout
from .memory import Memory

ROUNDING = 1e-9
"""Part of a power that is no more than what rounding takes from it or adds to it."""


def ask_beside(layout: Layout, memory: Memory, inverter: int, set_w: float, set_var: float) -> None:
    """Write down what an inverter is to have on its AC side [W], [var], and what it asks its batteries for."""
    now = memory.inverters[inverter]
    bridge_w = dc_beside_reactive_w(layout.inverters[inverter].params, set_w, set_var, now.dc_voltage_pu)
    now.asked_ac_w = set_w
    now.asked_var = set_var
    now.asked_bridge_w = bridge_w
    now.wanted_dc_w = bridge_w - now.sun_w
    if abs(now.wanted_dc_w) <= ROUNDING * abs(now.sun_w):
        # What rounding leaves of all that the sun brings is no power of its batteries.
        now.wanted_dc_w = 0.0
    _spread(layout, memory, inverter, now.wanted_dc_w)


def _spread(layout: Layout, memory: Memory, inverter: int, power_w: float) -> None:
    """Write down what each battery of an inverter is asked for: its minimum, and in proportion to its room beyond.

    Where the power does not come up to the minima of all, it is shared by room alone; where none has room, evenly, for
    other inverters may bring what this one takes.
    """
    own = layout.inverters[inverter]
    conducting, total_w, minima_w = 0, 0.0, 0.0
    for number in range(own.first_pair, own.end_pair):
        if memory.pairs[number].conducts:
            conducting += 1
            total_w += room_w(layout, memory, number, power_w)
            minima_w += minimum_w(layout, memory, number, power_w)
    is_enough = abs(power_w) >= abs(minima_w) - AS_SENT * abs(memory.inverters[inverter].asked_ac_w)
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
            else:
                pair.asked_w = (power_w - minima_w) / conducting
                if total_w > 0.0:
                    pair.asked_w = (power_w - minima_w) * room_w(layout, memory, number, power_w) / total_w
                if is_enough:
                    pair.asked_w += minimum_w(layout, memory, number, power_w) * part


def part_of_more(layout: Layout, memory: Memory, inverter: int, pair: int, power_w: float) -> float:
    """Return which part of more than a power [W] a battery of an inverter is asked for."""
    own = layout.inverters[inverter]
    conducting, total_w = 0, 0.0
    for number in range(own.first_pair, own.end_pair):
        if memory.pairs[number].conducts:
            conducting += 1
            total_w += room_w(layout, memory, number, power_w)
    if conducting == 1:
        return 1.0
    return room_w(layout, memory, pair, power_w) / total_w if total_w > 0.0 else 1.0 / conducting


def _limit_w(layout: Layout, memory: Memory, pair: int, power_w: float) -> float:
    """Return the magnitude of power that a battery could have in the direction of a power [W]."""
    battery = memory.batteries[layout.pair_battery[pair]]
    return battery.upper_w if power_w > 0.0 else -battery.lower_w


def room_w(layout: Layout, memory: Memory, pair: int, power_w: float) -> float:
    """Return how much more than its minimum a battery could take or give [W]."""
    return max(_limit_w(layout, memory, pair, power_w) - _least_w(layout, pair, power_w), 0.0)


def _least_w(layout: Layout, pair: int, power_w: float) -> float:
    """Return the least magnitude of a battery's power in the direction of a power [W]."""
    battery = layout.batteries[layout.pair_battery[pair]]
    return battery.minimum_w if power_w > 0.0 else battery.minimum_delivered_w


def minimum_w(layout: Layout, memory: Memory, pair: int, power_w: float) -> float:
    """Return the least that a battery can be asked for in the direction of a power [W]."""
    if _limit_w(layout, memory, pair, power_w) <= 0.0:
        return 0.0
    least_w = _least_w(layout, pair, power_w)
    return least_w if power_w > 0.0 else -least_w


def acceptable_w(layout: Layout, memory: Memory, own: GroupLayout, battery: int, asked_w: float) -> float:
    """Return what a battery takes of all that it is asked for [W]: within its limits, and nothing below its minimum.

    Nor below what its clients have left it. What is short of that as set-points are sent is as much.
    """
    now = memory.batteries[battery]
    power_w = within(asked_w, now.lower_w, now.upper_w)
    least_w = least_charged_w(layout, memory, battery)
    least_delivered_w = least_given_w(layout, memory, battery)
    if least_w == 0.0 and least_delivered_w == 0.0:
        return power_w
    slack_w = as_sent_w(layout, memory, own, battery, -1)
    return power_w if power_w >= least_w - slack_w or power_w <= slack_w - least_delivered_w else 0.0


def asked_of_w(layout: Layout, memory: Memory, own: GroupLayout, battery: int) -> float:
    """Return what all inverters of a battery's group together ask it for [W]."""
    asked_w = 0.0
    for member in range(own.first_inverter, own.end_inverter):
        asking = layout.inverters[layout.group_inverters[member]]
        for pair in range(asking.first_pair, asking.end_pair):
            if layout.pair_battery[pair] == battery:
                asked_w += memory.pairs[pair].asked_w
    return asked_w


def as_sent_w(layout: Layout, memory: Memory, own: GroupLayout, battery: int, apart: int) -> float:
    """Return by how much what a battery is asked for may be off since inverters are told it in 32-bit floats [W].

    Args:
        layout: Of the plant.
        memory: With what inverters are set to.
        own: The battery's group.
        battery: That is asked.
        apart: Inverter that does not count, or -1.
    """
    told_w = 0.0
    for member in range(own.first_inverter, own.end_inverter):
        inverter = layout.group_inverters[member]
        asking = layout.inverters[inverter]
        if inverter != apart:
            for pair in range(asking.first_pair, asking.end_pair):
                if layout.pair_battery[pair] == battery and memory.pairs[pair].conducts:
                    told_w += abs(memory.inverters[inverter].asked_ac_w)
    return AS_SENT * told_w


def within(power_w: float, lower_w: float, upper_w: float) -> float:
    """Return a power cut to limits [W]."""
    return min(max(power_w, lower_w), upper_w)
