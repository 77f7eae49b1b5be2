"""Where the ramps of controls stand: whether they move, and what they have yet to go."""

from __future__ import annotations

from .ac_bus import is_live
from .client_limits import aim_w
from .layout import Layout
from .memory import Memory


def may_move(layout: Layout, memory: Memory, number: int) -> bool:
    """Say whether a control's device is in service, and no grid code holds it off."""
    return is_live(memory, layout.controls[number].component) and not memory.controls[number].held_off_by


def is_ramping(memory: Memory, number: int) -> bool:
    """Say whether the ramp of a control is still on its way."""
    return memory.controls[number].setting_w != aim_w(memory, number)


def ahead_w(layout: Layout, memory: Memory, number: int) -> float:
    """Return what the ramp of a control has yet to go [W]; 0 where it does not move."""
    if not may_move(layout, memory, number):
        return 0.0
    return aim_w(memory, number) - memory.controls[number].setting_w
