"""The feed-in limit: what photovoltaics hold back by themselves so that no more flows into the grid than is allowed.

None of them delivers more than one share of what it could without it; who is told less than that delivers what it is
told, and leaves the others more. So what the bounds of one show it gets, whatever the others ask for. The share is
found with what flows whenever that changes: found at control cycles alone, it let watt-hours through in runs whose
cycles are minutes. Batteries come first: built-in controls aim at what their meter would show if nothing were held
back, and as they take it, it is delivered; but not those of hybrids whose own sun gives their batteries all they take.
The limit goes before what a low frequency asks of hybrids.
"""

from __future__ import annotations

import math

from .ac_bus import active_w, is_live
from .client_limits import held_w
from .layout import Layout
from .memory import Memory

NOBODY = -1
_SLACK = 1e-9
"""Change of the share that is not worth a step."""


def hold_back(layout: Layout, memory: Memory) -> None:
    """Cut what photovoltaics would deliver to the present share; their reach must be known."""
    for limit in range(len(layout.feed_in)):
        share, offered_w, kept_w = memory.feed_in[limit].share, 0.0, 0.0
        for place in range(len(layout.limited)):
            control = layout.limited[place]
            now = memory.controls[control]
            now.uncut_lower_w = now.reach_lower_w
            now.offered_w = 0.0
            now.able_w = 0.0
            if is_live(memory, layout.controls[control].component):
                if control < len(layout.inverters) and _gives_surplus(layout, memory, control):
                    inverter = memory.inverters[control]
                    now.offered_w = 0.0 - inverter.surplus_w
                    now.able_w = now.offered_w
                    inverter.surplus_w *= share
                    if now.setting_w >= 0.0 - now.offered_w:
                        # What it was set to before its batteries were full is sun as well.
                        inverter.own_lower_w = max(inverter.own_lower_w, inverter.surplus_w)
                        inverter.own_upper_w = max(inverter.own_upper_w, inverter.own_lower_w)
                else:
                    would_w = max(held_w(memory, control, now.setting_w), now.reach_lower_w)
                    would_w = min(would_w, now.reach_upper_w)
                    if would_w < 0.0:
                        now.offered_w = 0.0 - would_w
                        now.able_w = 0.0 - now.uncut_lower_w
                        now.reach_lower_w = max(now.reach_lower_w, share * now.uncut_lower_w)
                        now.reach_upper_w = max(now.reach_upper_w, now.reach_lower_w)
                        if control < len(layout.inverters):
                            inverter = memory.inverters[control]
                            inverter.own_lower_w = max(inverter.own_lower_w, now.reach_lower_w)
                            inverter.own_upper_w = max(inverter.own_upper_w, inverter.own_lower_w)
                offered_w += now.offered_w
                kept_w += max(now.offered_w - share * now.able_w, 0.0)
        memory.feed_in[limit].offered_w = offered_w
        memory.feed_in[limit].held_w = kept_w


def _gives_surplus(layout: Layout, memory: Memory, control: int) -> bool:
    """Say whether a hybrid inverter delivers no more than what its batteries leave of the sun.

    Released from a set-point, it still ramps down from what its batteries gave.
    """
    now = memory.controls[control]
    if not now.follows_meter:
        return False
    return layout.controls[control].meter >= 0 or now.setting_w >= memory.inverters[control].surplus_w


def reach_within_feed_in_w(layout: Layout, memory: Memory, control: int) -> float:
    """Return the least active power that a device could have now if it asked for all it can [W].

    What the others ask for stays as it is; what flows must be known.
    """
    now = memory.controls[control]
    least = now.reach_lower_w
    for limit in range(len(layout.feed_in)):
        if now.uncut_lower_w < 0.0 and is_live(memory, layout.grid):
            own_w = active_w(memory, layout.controls[control].component)
            allowed_w = _allowed_w(layout, memory, limit)
            if now.offered_w == 0.0:
                # What it draws now it would not draw while it delivers.
                allowed_w -= max(own_w, 0.0)
            allowed_w = max(allowed_w, 0.0)
            share = _fair_share(layout, memory, allowed_w, control)
            least = now.uncut_lower_w
            if share < 1.0:
                least = min(now.uncut_lower_w * share + 0.0, own_w)
    return least


def is_held_back(memory: Memory, control: int) -> bool:
    """Say whether a device delivers less than it would because of a limit; what flows must be known."""
    now = memory.controls[control]
    return any(now.offered_w > limit.share * now.able_w for limit in memory.feed_in)


def held_back_w(layout: Layout, memory: Memory) -> float:
    """Return what photovoltaics hold back now, >= 0 [W]."""
    kept_w = 0.0
    for limit in range(len(layout.feed_in)):
        kept_w += memory.feed_in[limit].held_w
    return kept_w


def beyond_limit_w(layout: Layout, memory: Memory) -> float:
    """Return by how much more than is allowed would go into the grid if nothing were held back [W].

    Negative where more may; what flows must be known.
    """
    beyond_w = -math.inf
    for limit in range(len(layout.feed_in)):
        given_w = memory.feed_in[limit].held_w - active_w(memory, layout.grid)
        beyond_w = max(beyond_w, given_w - memory.inputs[layout.feed_in[limit].signal])
    return beyond_w


def is_limited(layout: Layout) -> bool:
    """Say whether there is a limit."""
    return len(layout.feed_in) > 0


def needs_new_share(layout: Layout, memory: Memory) -> bool:
    """Say whether photovoltaics would hold back more or less than they do; what flows must be known."""
    for limit in range(len(layout.feed_in)):
        if abs(_share(layout, memory, limit) - memory.feed_in[limit].share) > _SLACK:
            return True
    return False


def find_share(layout: Layout, memory: Memory) -> None:
    """Find what share photovoltaics may deliver from now on; what flows must be known."""
    for limit in range(len(layout.feed_in)):
        share = _share(layout, memory, limit)
        if abs(share - memory.feed_in[limit].share) > _SLACK:
            memory.feed_in[limit].share = share
            memory.is_known = 0


def _share(layout: Layout, memory: Memory, limit: int) -> float:
    offered_w = memory.feed_in[limit].offered_w
    if offered_w <= 0.0 or not is_live(memory, layout.grid):
        return 1.0
    share = _fair_share(layout, memory, max(_allowed_w(layout, memory, limit), 0.0), NOBODY)
    # Rounding leaves next to nothing of nothing, and any surplus would keep a hybrid from taking what others deliver.
    return share if share > _SLACK else 0.0


def _fair_share(layout: Layout, memory: Memory, allowed_w: float, eager: int) -> float:
    """Return the share of what each could deliver at which all deliver what is allowed together, 0..1.

    Args:
        layout: Of the plant.
        memory: With what each asks for, and could deliver.
        allowed_w: Of all together, >= 0 [W].
        eager: Control that would ask for all it can; `NOBODY` for none.
    """
    share = -1.0
    for _ in range(len(layout.limited) + 1):
        left_w, able_w = allowed_w, 0.0
        for place in range(len(layout.limited)):
            control = layout.limited[place]
            now = memory.controls[control]
            asked_w, could_w = now.offered_w, now.able_w
            if control == eager:
                asked_w = could_w = 0.0 - now.uncut_lower_w
            if asked_w <= share * could_w:
                left_w -= asked_w
            else:
                able_w += could_w
        if able_w <= 0.0 or left_w >= able_w:
            return 1.0
        found = max(left_w / able_w, 0.0)
        if found <= share:
            return share
        share = found
    return share


def _allowed_w(layout: Layout, memory: Memory, limit: int) -> float:
    """Return what all that keep to the limit may deliver together beside what else flows now [W]."""
    delivered_w = 0.0
    for place in range(len(layout.limited)):
        control = layout.limited[place]
        own_w = 0.0 - active_w(memory, layout.controls[control].component)
        if own_w < 0.0:
            # What it draws at rest it would not draw while it delivers, so it makes no room for that.
            own_w = own_w if memory.controls[control].offered_w > 0.0 else 0.0
        elif control < len(layout.inverters) and _gives_surplus(layout, memory, control):
            # What its batteries give beside is as much whatever the share is, so it makes no room.
            own_w = min(own_w, memory.controls[control].offered_w * memory.feed_in[limit].share)
        delivered_w += own_w
    return delivered_w + memory.inputs[layout.feed_in[limit].signal] + active_w(memory, layout.grid)
