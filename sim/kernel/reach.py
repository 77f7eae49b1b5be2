"""What devices could have of active power now, as it is shown: all that they draw in any case among it."""

from __future__ import annotations

from .ac_bus import active_w
from .client_limits import held_w
from .feed_in import reach_within_feed_in_w
from .layout import Layout, Memory

_BEYOND_ROUNDING = 1.0 + 1e-9
"""A device that is set to all that it can have may draw more by a rounding."""


def reach_w(layout: Layout, memory: Memory, control: int) -> tuple[float, float]:
    """Return the least and the greatest active power that a device could have now [W]; what flows must be known."""
    lower_w = reach_within_feed_in_w(layout, memory, control)
    return lower_w, max(memory.controls[control].reach_upper_w, drawn_beyond_w(layout, memory, control))


def drawn_beyond_w(layout: Layout, memory: Memory, control: int) -> float:
    """Return what a device draws now if that is more than it is set to, such as losses; else 0 [W]."""
    now = memory.controls[control]
    set_w = min(held_w(memory, control, now.setting_w), now.reach_upper_w)
    drawn_w = active_w(memory, layout.controls[control].component)
    return drawn_w if drawn_w > max(set_w, 0.0) * _BEYOND_ROUNDING else 0.0
