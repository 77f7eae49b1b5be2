"""The feed-in limit: what photovoltaics hold back by themselves so that no more flows into the grid than is allowed.

All of them deliver the same share of what they could, found at control cycles from what flows through the connection
point. Batteries come first: what their inverters are on the way to counts as if it flowed already.
"""

from __future__ import annotations

from .ac_bus import active_w, is_live
from .client_limits import aim_w
from .layout import Layout, Memory

_SLACK = 1e-9
"""Change of the share that is not worth a step."""


def hold_back(layout: Layout, memory: Memory) -> None:
    """Cut what photovoltaics could have to the present share; their reach must be known."""
    for limit in range(len(layout.feed_in)):
        share, offered_w = memory.feed_in[limit].share, 0.0
        for place in range(len(layout.limited)):
            control = layout.limited[place]
            now = memory.controls[control]
            if control < len(layout.inverters) and now.follows_meter:
                inverter = memory.inverters[control]
                offered_w -= inverter.surplus_w
                inverter.surplus_w *= share
            elif now.reach_lower_w < 0.0:
                offered_w -= now.reach_lower_w
                now.reach_lower_w *= share
                if control < len(layout.inverters):
                    inverter = memory.inverters[control]
                    inverter.own_lower_w = max(inverter.own_lower_w, now.reach_lower_w)
        memory.feed_in[limit].offered_w = offered_w


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
    delivered_w = 0.0
    for place in range(len(layout.limited)):
        delivered_w -= active_w(memory, layout.controls[layout.limited[place]].component)
    into_grid_w = 0.0 - active_w(memory, layout.grid) - _on_its_way_w(layout, memory)
    allowed_w = max(delivered_w, 0.0) + layout.feed_in[limit].limit_w - into_grid_w
    return min(max(allowed_w / offered_w, 0.0), 1.0)


def _on_its_way_w(layout: Layout, memory: Memory) -> float:
    """Return how much more inverters of batteries alone will draw when their ramps have ended [W]."""
    change_w = 0.0
    for inverter in range(len(layout.inverters)):
        own, now = layout.inverters[inverter], memory.controls[inverter]
        if own.array < 0 and is_live(memory, own.component):
            goal_w = min(max(aim_w(memory, inverter), now.reach_lower_w), now.reach_upper_w)
            setting_w = min(max(now.setting_w, now.reach_lower_w), now.reach_upper_w)
            change_w += goal_w - setting_w
    return change_w
