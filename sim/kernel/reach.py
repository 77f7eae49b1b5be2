"""What devices could have of active power now, as it is shown: all that they draw in any case among it.

Of an inverter that shares batteries, it is what these leave it while the others keep what they have. Clients add up
what inverters of a group show, and cut that to what its batteries show: so it comes to all that the group can have,
however its inverters share that now.
"""

from __future__ import annotations

from .ac_bus import active_w
from .client_limits import held_w
from .dc_reach import reach_beside_others_w, reach_without_others_w
from .feed_in import reach_within_feed_in_w
from .layout import Layout
from .memory import Memory

_BEYOND_ROUNDING = 1.0 + 1e-9
"""A device that is set to all that it can have may draw more by a rounding."""


def reach_w(layout: Layout, memory: Memory, control: int) -> tuple[float, float]:
    """Return the least and the greatest active power that a device could have now [W]; what flows must be known.

    Before it has started or warmed up, a machine can have less than it will come to.
    """
    lower_w, upper_w = _reach_w(layout, memory, control)
    now = memory.controls[control]
    return max(lower_w, now.by_now_lower_w), min(upper_w, now.by_now_upper_w)


def _reach_w(layout: Layout, memory: Memory, control: int) -> tuple[float, float]:
    """Return the same once it has started and warmed up [W]."""
    lower_w = reach_within_feed_in_w(layout, memory, control)
    if _is_sharing(layout, control):
        beside_lower_w, _ = reach_beside_others_w(layout, memory, control)
        # What is not cut by a feed-in limit can have more as others charge.
        lower_w = (
            max(lower_w, beside_lower_w) if memory.controls[control].uncut_lower_w < 0.0 else beside_lower_w
        )
    return lower_w, max(_upper_w(layout, memory, control), drawn_beyond_w(layout, memory, control))


def reach_as_others_give_way_w(layout: Layout, memory: Memory, control: int) -> tuple[float, float]:
    """Return the least and the greatest power of a device if others leave it all of its batteries [W].

    Once it has started and warmed up; what flows must be known.
    """
    lower_w, upper_w = _reach_w(layout, memory, control)
    if _is_sharing(layout, control):
        alone_lower_w, alone_upper_w = reach_without_others_w(layout, memory, control)
        lower_w, upper_w = min(lower_w, alone_lower_w), max(upper_w, alone_upper_w)
    return lower_w, upper_w


def drawn_beyond_w(layout: Layout, memory: Memory, control: int) -> float:
    """Return what a device draws now if that is more than it is set to, such as losses; else 0 [W].

    What high frequency makes storage draw it is set to as well.
    """
    now = memory.controls[control]
    held = max(held_w(memory, control, now.setting_w), now.least_by_code_w)
    set_w = min(held, _upper_w(layout, memory, control))
    drawn_w = active_w(memory, layout.controls[control].component)
    return drawn_w if drawn_w > max(set_w, 0.0) * _BEYOND_ROUNDING else 0.0


def _upper_w(layout: Layout, memory: Memory, control: int) -> float:
    """Return the greatest active power that a device could be set to now [W]."""
    upper_w = memory.controls[control].reach_upper_w
    if _is_sharing(layout, control):
        _, upper_w = reach_beside_others_w(layout, memory, control)
    return upper_w


def _is_sharing(layout: Layout, control: int) -> bool:
    return control < len(layout.inverters) and layout.inverters[control].is_sharing != 0
