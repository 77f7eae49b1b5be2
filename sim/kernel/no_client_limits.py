# ruff: noqa: ARG001 - the functions take the arguments of those that they stand in for
"""What stands in for the functions of `client_limits` where no client has narrowed anything."""

from __future__ import annotations

import math

from .memory import Memory


def aim_w(memory: Memory, control: int) -> float:
    """Return where the active power of a control is going [W]."""
    return memory.controls[control].target_w


def most_w(memory: Memory, control: int) -> float:
    """Return the most active power that a control may have [W]."""
    return math.inf


def cut_w(memory: Memory, control: int, power_w: float) -> float:
    """Return an active power of a control [W]."""
    return power_w


def reactive_aim_var(memory: Memory, control: int) -> float:
    """Return the reactive target of a control [var]."""
    now = memory.controls[control]
    if now.held_off_by:
        return 0.0
    return now.reactive_target_var if now.reactive_target_var != 0.0 else now.support_var


def least_around_w(memory: Memory, control: int, power_w: float) -> float:
    """Return where what is allowed begins around an active power [W]."""
    return -math.inf


def most_around_w(memory: Memory, control: int, power_w: float) -> float:
    """Return where it ends [W]."""
    return math.inf


def least_around_var(memory: Memory, control: int, power_var: float) -> float:
    """Return where what is allowed begins around a reactive power [var]."""
    return -math.inf


def most_around_var(memory: Memory, control: int, power_var: float) -> float:
    """Return where it ends [var]."""
    return math.inf


def held_w(memory: Memory, control: int, setting_w: float) -> float:
    """Return the active power that comes of a setting [W]."""
    return setting_w


def ramped_w(memory: Memory, control: int) -> float:
    """Return where the ramp of a control has brought it within its reach [W]."""
    now = memory.controls[control]
    return min(max(now.setting_w, now.reach_lower_w), now.reach_upper_w)
