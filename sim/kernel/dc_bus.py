"""The direct current side: inverters with their batteries and arrays, solved together.

Inverters ask their batteries for what they are set to: see `dc_asking`. What one that several inverters use cannot take
of that, another of the same inverter is asked for as far as it has room, and for what would leave the shared one less
than its minimum: see `dc_spread`. A battery through whose terminals more would flow than it allows cuts the shares of
all who ask for too much that way; an inverter that comes below its minimum by that rests, and leaves its share to the
others. So does the last to come of inverters that would bring a battery below its minimum by what passes between them,
where not even reactive power that gives way helps: see `dc_reactive`.
Batteries take what an array gives beyond the inverter's setting, as far as they can beside all settings; the rest of
the sun is left unused. Every watt that leaves an inverter or an array arrives somewhere.
"""

from __future__ import annotations

import math

from ...models.inverter import reactive_at_loss_var
from ..domain.ranges import AS_SENT
from .ac_bus import is_live
from .client_limits import cut_w, held_w, reactive_aim_var
from .dc_asking import ROUNDING, acceptable_w, as_sent_w, ask_beside, within
from .dc_reach import given_as_ac_w, reactive_beside_var, reactive_within_var
from .dc_reactive import reactive_power_gives_way
from .dc_spread import ask_out_of_gap, spread_anew
from .layout import GroupLayout, Layout
from .memory import Memory

_AT_LEAST = 1.0 - AS_SENT
"""Part of its least power that an inverter at that is told."""


def share_directly(layout: Layout, memory: Memory) -> None:
    """Share what inverters are set to among their batteries, within what both could do, which must be known."""
    for inverter in range(len(layout.inverters)):
        _ask(layout, memory, inverter, setting_w(layout, memory, inverter))
    for group in range(len(layout.groups)):
        _share(layout, memory, group)


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
    return _done_w(layout, memory, inverter, within_w, control.reach_lower_w, control.reach_upper_w)


def _done_w(
    layout: Layout, memory: Memory, inverter: int, within_w: float, lower_w: float, upper_w: float
) -> float:
    """Return what is left of a setting within what an inverter could do itself [W].

    What its batteries hold back below its minimum it does not do at all.

    Args:
        layout: Of the plant.
        memory: With what the sun offers, and the least that the inverter can have.
        inverter: That is set.
        within_w: To what [W].
        lower_w: Least that its batteries allow [W].
        upper_w: Greatest that they allow [W].
    """
    now = memory.inverters[inverter]
    if min(within_w, upper_w) >= now.least_w * _AT_LEAST:
        return within_w
    able_w = max(within_w, lower_w)
    if (
        now.alone_w > 0.0
        and -now.least_delivered_w * _AT_LEAST
        < able_w
        <= -layout.inverters[inverter].minimum_delivered_w * _AT_LEAST
    ):
        # Of its batteries none gives a part of what all that have a minimum would make more of.
        return max(within_w, -now.alone_w)
    return within_w if able_w <= -now.least_delivered_w * _AT_LEAST else 0.0


def _left_by_cut_w(layout: Layout, memory: Memory, inverter: int) -> float:
    """Return what an inverter that shares batteries is to have, given what they grant it [W].

    That is what it asked for, whatever they cut of it, unless the cut brings it below its minimum, or where its clients
    allow nothing: then it rests, or does what of less it can.
    """
    set_w = memory.inverters[inverter].asked_ac_w
    if layout.inverters[inverter].is_sharing == 0 or set_w == 0.0:
        return set_w
    bridge_w = _bridge_w(memory, inverter)
    if _is_as_sent(layout, memory, inverter, bridge_w):
        return set_w
    able_w = given_as_ac_w(layout, memory, inverter, bridge_w)
    if abs(able_w - set_w) <= AS_SENT * abs(set_w):
        return set_w
    allowed_w = cut_w(memory, inverter, able_w)
    within_w = allowed_w if abs(allowed_w) < abs(able_w) else set_w
    return _done_w(layout, memory, inverter, within_w, able_w, able_w)


def _ask(layout: Layout, memory: Memory, inverter: int, set_w: float) -> None:
    """Write down what an inverter is to have on its AC side, and what its bridge and batteries would carry then."""
    control = memory.controls[inverter]
    # What its batteries hold back leaves room for reactive power.
    flows_w = min(max(set_w, control.reach_lower_w), control.reach_upper_w)
    ask_beside(layout, memory, inverter, set_w, reactive_beside_var(layout, memory, inverter, flows_w))


def _share(layout: Layout, memory: Memory, group: int) -> None:
    own = layout.groups[group]
    inverters, batteries = own.end_inverter - own.first_inverter, own.end_battery - own.first_battery
    # Who rests takes part no more, so each round leaves fewer who might; less than it asked for one may do once before,
    # and at each battery with less reactive power.
    for _ in range((3 + batteries) * inverters + 1):
        for place in range(own.first_battery, own.end_battery):
            ask_out_of_gap(layout, memory, group, layout.group_batteries[place])
        if reactive_power_gives_way(layout, memory, group) or _one_gives_way(layout, memory, group):
            continue
        _grant(layout, memory, group)
        if not _one_asks_for_less(layout, memory, group):
            break
    for place in range(own.first_inverter, own.end_inverter):
        _convert(layout, memory, layout.group_inverters[place])


def _one_gives_way(layout: Layout, memory: Memory, group: int) -> bool:
    """Let the first inverter rest that has to give way to others at a battery, and say whether there is one."""
    own = layout.groups[group]
    for place in range(own.first_battery, own.end_battery):
        inverter = _giving_way(layout, memory, group, layout.group_batteries[place])
        if inverter >= 0:
            _ask(layout, memory, inverter, 0.0)
            return True
    return False


def _giving_way(layout: Layout, memory: Memory, group: int, battery: int) -> int:
    """Return which inverter rests where what others charge leaves a battery less than its minimum of what some deliver.

    What one loses at rest by reactive power is not delivered: the grid gives it where the battery does not. Of those
    whose rest leaves the others what they ask for, it is the one that had nothing before, or else the one whose power
    changes most; -1 if there is none.
    """
    own, all_w, given_w, drawn_w = layout.groups[group], 0.0, 0.0, 0.0
    for place in range(own.first_inverter, own.end_inverter):
        inverter = layout.group_inverters[place]
        asking = layout.inverters[inverter]
        for pair in range(asking.first_pair, asking.end_pair):
            if layout.pair_battery[pair] == battery:
                asked_w = memory.pairs[pair].asked_w
                all_w += asked_w
                drawn_w += max(asked_w, 0.0)
                if memory.inverters[inverter].asked_ac_w != 0.0:
                    given_w += min(asked_w, 0.0)
    chosen, slack_w = -1, ROUNDING * min(drawn_w, 0.0 - given_w)
    if slack_w == 0.0 or not _is_short(layout, memory, own, battery, all_w, slack_w):
        return chosen
    for place in range(own.first_inverter, own.end_inverter):
        inverter = layout.group_inverters[place]
        now, asking = memory.inverters[inverter], layout.inverters[inverter]
        for pair in range(asking.first_pair, asking.end_pair):
            asked_w = memory.pairs[pair].asked_w
            if layout.pair_battery[pair] == battery and asked_w != 0.0 and now.asked_ac_w != 0.0:
                # At rest it leaves its batteries what the sun gives.
                others_w = all_w - asked_w * (1.0 + now.sun_w / now.wanted_dc_w)
                is_enough = not _is_short(layout, memory, own, battery, others_w, slack_w)
                if is_enough and (chosen < 0 or _change_w(memory, inverter) >= _change_w(memory, chosen)):
                    chosen = inverter
    return chosen


def _is_short(
    layout: Layout, memory: Memory, own: GroupLayout, battery: int, asked_w: float, slack_w: float
) -> bool:
    """Say whether a battery takes nothing of what it is asked for [W], since that is below its minimum."""
    now = memory.batteries[battery]
    is_some = abs(within(asked_w, now.lower_w, now.upper_w)) > slack_w
    return is_some and acceptable_w(layout, memory, own, battery, asked_w) == 0.0


def _change_w(memory: Memory, inverter: int) -> float:
    """Return by how much what an inverter asks for differs from what it had before [W]; infinite if it had nothing."""
    now = memory.inverters[inverter]
    return abs(now.asked_bridge_w - now.dc_w) if now.dc_w != 0.0 else math.inf


def _one_asks_for_less(layout: Layout, memory: Memory, group: int) -> bool:
    """Let the first inverter of a group that cannot do what it asks for ask for less, and say whether there is one.

    The others may come to theirs by that.
    """
    own = layout.groups[group]
    for place in range(own.first_inverter, own.end_inverter):
        inverter = layout.group_inverters[place]
        left_w = _left_by_cut_w(layout, memory, inverter)
        if left_w != memory.inverters[inverter].asked_ac_w:
            _ask(layout, memory, inverter, left_w)
            return True
    return False


def _grant(layout: Layout, memory: Memory, group: int) -> None:
    """Write down what batteries take of all that inverters ask them for, and what each of these gets of that."""
    own = layout.groups[group]
    for place in range(own.first_battery, own.end_battery):
        memory.batteries[layout.group_batteries[place]].dc_w = 0.0
    for place in range(own.first_inverter, own.end_inverter):
        asking = layout.inverters[layout.group_inverters[place]]
        for pair in range(asking.first_pair, asking.end_pair):
            memory.pairs[pair].taken_w = memory.pairs[pair].asked_w
            memory.batteries[layout.pair_battery[pair]].dc_w += memory.pairs[pair].asked_w
    for _ in range(own.first_battery, own.end_battery):
        # What one battery is asked for less leaves room for what another one cannot take.
        for place in range(own.first_battery, own.end_battery):
            spread_anew(layout, memory, group, layout.group_batteries[place])
    for place in range(own.first_battery, own.end_battery):
        battery = layout.group_batteries[place]
        taken_w = acceptable_w(layout, memory, own, battery, memory.batteries[battery].dc_w)
        if taken_w != memory.batteries[battery].dc_w:
            _cut(layout, memory, group, battery, taken_w)
    for place in range(own.first_inverter, own.end_inverter):
        inverter = layout.group_inverters[place]
        taken_w = 0.0
        for pair in range(layout.inverters[inverter].first_pair, layout.inverters[inverter].end_pair):
            taken_w += memory.pairs[pair].taken_w
        memory.inverters[inverter].taken_dc_w = taken_w


def _cut(layout: Layout, memory: Memory, group: int, battery: int, taken_w: float) -> None:
    """Cut what a battery is asked for to what it takes [W]: the shares of all who ask for too much that way.

    What the sun would bring beside what inverters are set to goes first, as they have that power without it.
    """
    own = layout.groups[group]
    excess_w = memory.batteries[battery].dc_w - taken_w
    if excess_w > 0.0 and own.end_inverter - own.first_inverter > 1:
        excess_w = _cut_sun(layout, memory, group, battery, excess_w)
    too_much_w, against_w = 0.0, 0.0
    for place in range(own.first_inverter, own.end_inverter):
        asking = layout.inverters[layout.group_inverters[place]]
        for pair in range(asking.first_pair, asking.end_pair):
            if layout.pair_battery[pair] == battery:
                if memory.pairs[pair].taken_w * excess_w > 0.0:
                    too_much_w += memory.pairs[pair].taken_w
                else:
                    against_w += memory.pairs[pair].taken_w
    for place in range(own.first_inverter, own.end_inverter):
        asking = layout.inverters[layout.group_inverters[place]]
        for pair in range(asking.first_pair, asking.end_pair):
            if layout.pair_battery[pair] == battery and memory.pairs[pair].taken_w * excess_w > 0.0:
                memory.pairs[pair].taken_w *= (taken_w - against_w) / too_much_w
    memory.batteries[battery].dc_w = taken_w


def _cut_sun(layout: Layout, memory: Memory, group: int, battery: int, excess_w: float) -> float:
    """Cut what a battery would take of the sun, and return what is left of an excess [W]."""
    own, sun_w = layout.groups[group], 0.0
    for place in range(own.first_inverter, own.end_inverter):
        inverter = layout.group_inverters[place]
        for pair in range(layout.inverters[inverter].first_pair, layout.inverters[inverter].end_pair):
            if layout.pair_battery[pair] == battery:
                sun_w += _of_sun_w(memory, inverter, pair)
    if sun_w == 0.0:
        return excess_w
    part = min(excess_w / sun_w, 1.0)
    for place in range(own.first_inverter, own.end_inverter):
        inverter = layout.group_inverters[place]
        for pair in range(layout.inverters[inverter].first_pair, layout.inverters[inverter].end_pair):
            if layout.pair_battery[pair] == battery:
                memory.pairs[pair].taken_w -= part * _of_sun_w(memory, inverter, pair)
    return excess_w - sun_w if sun_w < excess_w else 0.0


def _of_sun_w(memory: Memory, inverter: int, pair: int) -> float:
    """Return what of a battery's share of an inverter's power the sun brings beside what that is set to, >= 0 [W]."""
    now, asked_w = memory.inverters[inverter], memory.pairs[pair].asked_w
    if now.sun_w == 0.0 or asked_w <= 0.0:
        return 0.0
    return asked_w * (now.wanted_dc_w - max(now.asked_bridge_w, 0.0)) / now.wanted_dc_w


def _bridge_w(memory: Memory, inverter: int) -> float:
    """Return what the bridge of an inverter carries, given what its batteries take [W]; 0 in standby."""
    now = memory.inverters[inverter]
    bridge_w = now.taken_dc_w
    if now.sun_w != 0.0:
        bridge_w += max(now.sun_w, min(0.0, now.asked_bridge_w - bridge_w))
        if now.asked_bridge_w == 0.0 and abs(bridge_w) <= ROUNDING * abs(now.sun_w):
            # Its batteries take all of the sun, but for the rounding of their shares.
            bridge_w = 0.0
    return bridge_w


def _is_as_asked(memory: Memory, inverter: int, bridge_w: float) -> bool:
    """Say whether a bridge carries what its inverter asked for [W], but for rounding."""
    asked_w = memory.inverters[inverter].asked_bridge_w
    return abs(bridge_w - asked_w) <= ROUNDING * abs(asked_w)


def _is_as_sent(layout: Layout, memory: Memory, inverter: int, bridge_w: float) -> bool:
    """Say whether batteries cut no more of what an inverter asked for than all were told in 32-bit floats beyond."""
    own, slack_w = layout.inverters[inverter], 0.0
    for pair in range(own.first_pair, own.end_pair):
        group = layout.groups[own.group]
        slack_w += as_sent_w(layout, memory, group, layout.pair_battery[pair], -1)
    return abs(bridge_w - memory.inverters[inverter].asked_bridge_w) <= slack_w


def _convert(layout: Layout, memory: Memory, inverter: int) -> None:
    """Write down what the bridge of an inverter carries, given what the batteries take, and its AC side."""
    now = memory.inverters[inverter]
    bridge_w = _bridge_w(memory, inverter)
    now.dc_w = bridge_w
    if bridge_w == 0.0 and now.asked_var == 0.0:
        now.ac_w = layout.inverters[inverter].params.standby_power_w
    elif _is_as_asked(memory, inverter, bridge_w):
        # Unless a battery held it back, the setting holds to the last bit.
        now.ac_w = now.asked_ac_w + (bridge_w - now.asked_bridge_w)
    else:
        wanted_var = reactive_aim_var(memory, inverter)
        now.ac_w = given_as_ac_w(layout, memory, inverter, bridge_w)
        now.asked_var = reactive_within_var(layout, memory, inverter, wanted_var, now.ac_w)
        if bridge_w < 0.0 and now.ac_w == -layout.inverters[inverter].minimum_delivered_w != 0.0:
            params, loss_w = layout.inverters[inverter].params, now.ac_w - bridge_w
            most_var = reactive_at_loss_var(params, loss_w, now.ac_w, now.dc_voltage_pu)
            now.asked_var = min(max(now.asked_var, -most_var), most_var) + 0.0
