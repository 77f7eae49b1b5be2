"""How inverters with several batteries share their power among them anew where one that is shared cannot have its part.

They ask in proportion to room: see `dc_asking`. Another battery is asked for what a shared one cannot take beside what
other inverters ask of it, and for what would leave that below its minimum.
"""

from __future__ import annotations

from .dc_asking import ROUNDING, acceptable_w, asked_of_w, within
from .dc_reach import least_charged_w, least_given_w
from .layout import Layout
from .memory import Memory


def ask_out_of_gap(layout: Layout, memory: Memory, group: int, battery: int) -> None:
    """Ask other batteries for more or less where one that is shared would be below its minimum, so that it is not."""
    if least_charged_w(layout, memory, battery) + least_given_w(layout, memory, battery) == 0.0:
        return
    own, now = layout.groups[group], memory.batteries[battery]
    asked_w = asked_of_w(layout, memory, own, battery)
    if asked_w == 0.0 or not now.lower_w <= asked_w <= now.upper_w:
        return
    for place in range(own.first_inverter, own.end_inverter):
        asking = layout.inverters[layout.group_inverters[place]]
        if asking.is_sharing != 0 and memory.inverters[layout.group_inverters[place]].asked_ac_w != 0.0:
            for pair in range(asking.first_pair, asking.end_pair):
                if layout.pair_battery[pair] == battery and memory.pairs[pair].asked_w != 0.0:
                    for other in range(asking.first_pair, asking.end_pair):
                        for towards_w in (-1.0, 1.0):
                            if acceptable_w(layout, memory, own, battery, asked_w) == asked_w:
                                return
                            aim_w = _out_of_gap_w(layout, memory, battery, asked_w, towards_w)
                            if _passes_on(layout, memory, group, pair, other, aim_w - asked_w):
                                asked_w = aim_w


def _passes_on(layout: Layout, memory: Memory, group: int, pair: int, other: int, more_w: float) -> bool:
    """Ask one battery of an inverter for more [W] and another one for as much less; say whether both can have that.

    None is asked to take what the other one gives.
    """
    own, first, beside = layout.groups[group], memory.pairs[pair], memory.pairs[other]
    first_w, beside_w = first.asked_w + more_w, beside.asked_w - more_w
    is_one_way = first_w * first.asked_w >= 0.0 and beside_w * first.asked_w >= 0.0
    if pair == other or not beside.conducts or not is_one_way:
        return False
    first_now = memory.batteries[layout.pair_battery[pair]]
    in_all_w = asked_of_w(layout, memory, own, layout.pair_battery[pair]) + more_w
    left_w = asked_of_w(layout, memory, own, layout.pair_battery[other]) - more_w
    is_possible = acceptable_w(layout, memory, own, layout.pair_battery[other], left_w) == left_w
    if not is_possible or not first_now.lower_w <= in_all_w <= first_now.upper_w:
        return False
    first.asked_w, beside.asked_w = first_w, beside_w
    return True


def spread_anew(layout: Layout, memory: Memory, group: int, battery: int) -> None:
    """Ask other batteries with room for what one that is shared cannot take, before anybody is cut."""
    own, now = layout.groups[group], memory.batteries[battery]
    for place in range(own.first_inverter, own.end_inverter):
        asking = layout.inverters[layout.group_inverters[place]]
        if asking.is_sharing != 0:
            for pair in range(asking.first_pair, asking.end_pair):
                if layout.pair_battery[pair] == battery:
                    for other in range(asking.first_pair, asking.end_pair):
                        excess_w = now.dc_w - within(now.dc_w, now.lower_w, now.upper_w)
                        moved_w = _movable_w(layout, memory, group, pair, other, excess_w)
                        memory.pairs[pair].taken_w -= moved_w
                        memory.pairs[other].taken_w += moved_w
                        now.dc_w -= moved_w
                        memory.batteries[layout.pair_battery[other]].dc_w += moved_w


def _movable_w(layout: Layout, memory: Memory, group: int, pair: int, other: int, excess_w: float) -> float:
    """Return what of an excess at one battery of an inverter another one of it takes beside all that it does [W].

    That is more than the excess where the other one would be left below its minimum by that, and the first is not by
    more. What others bring beyond what the other one takes or gives need not be made up for.
    """
    own, number = layout.groups[group], layout.pair_battery[other]
    from_w, beside = memory.pairs[pair].taken_w, memory.batteries[number]
    if pair == other or not memory.pairs[other].conducts or from_w * excess_w <= 0.0:
        return 0.0
    if excess_w > 0.0:
        moved_w = max(min(excess_w, from_w, beside.upper_w - beside.dc_w), 0.0)
        is_made_up_for = beside.dc_w + moved_w < beside.lower_w
    else:
        moved_w = min(max(excess_w, from_w, beside.lower_w - beside.dc_w), 0.0)
        is_made_up_for = beside.dc_w + moved_w > beside.upper_w
    slack_w = ROUNDING * abs(moved_w)
    after_w = beside.dc_w + moved_w
    if is_made_up_for or abs(acceptable_w(layout, memory, own, number, after_w) - after_w) <= slack_w:
        return moved_w
    more_w = _out_of_gap_w(layout, memory, number, after_w, moved_w) - beside.dc_w
    if abs(more_w) > abs(from_w) or not beside.lower_w <= beside.dc_w + more_w <= beside.upper_w:
        return 0.0
    left_w = memory.batteries[layout.pair_battery[pair]].dc_w - more_w
    return more_w if acceptable_w(layout, memory, own, layout.pair_battery[pair], left_w) == left_w else 0.0


def _out_of_gap_w(layout: Layout, memory: Memory, battery: int, power_w: float, towards_w: float) -> float:
    """Return the next power of a battery, from one below its minimum on in a direction, that it has [W]."""
    if towards_w > 0.0:
        return least_charged_w(layout, memory, battery) if power_w > 0.0 else 0.0
    return 0.0 - least_given_w(layout, memory, battery) if power_w < 0.0 else 0.0
