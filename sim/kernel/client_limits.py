"""What clients have left allowed to a control, and whether it listens to them at all.

Compiled runs have no clients and nothing that breaks: see `no_client_limits`.
"""

from __future__ import annotations

import math

from ..domain.ranges import Ranges, cut
from .memory import Memory


def aim_w(memory: Memory, control: int) -> float:
    """Return where the active power of a control is going: its target, inside what is allowed [W].

    It is beyond the device's reach as long as what reach leaves of it is allowed.
    """
    allowed = memory.allowed_w[control]
    now = memory.controls[control]
    if allowed is None:
        return now.target_w
    goal_w = cut(now.target_w, allowed)
    within_w = min(max(goal_w, now.reach_lower_w), now.reach_upper_w)
    left_w = cut(within_w, allowed)
    return goal_w if left_w == within_w else left_w


def most_w(memory: Memory, control: int) -> float:
    """Return the most active power that a control may have [W]."""
    allowed = memory.allowed_w[control]
    return math.inf if allowed is None else max(allowed[-1].upper, 0.0) if allowed else 0.0


def cut_w(memory: Memory, control: int, power_w: float) -> float:
    """Return an active power of a control inside what is allowed [W]; that at which it is stuck."""
    if memory.controls[control].is_stuck:
        return memory.controls[control].stuck_w
    allowed = memory.allowed_w[control]
    return power_w if allowed is None else cut(power_w, allowed)


def reactive_aim_var(memory: Memory, control: int) -> float:
    """Return the reactive target of a control, inside what is allowed [var].

    Without a target it is what the grid code asks for at this voltage; nothing while that holds the device off.
    """
    now = memory.controls[control]
    if now.held_off_by:
        return 0.0
    allowed = memory.allowed_var[control]
    target_var = now.reactive_target_var
    if target_var == 0.0:
        target_var = now.support_var
    return target_var if allowed is None else cut(target_var, allowed)


def least_around_w(memory: Memory, control: int, power_w: float) -> float:
    """Return where the range begins that clients have left around an active power [W]; 0 if that is in none."""
    return _range_around(memory.allowed_w[control], power_w)[0]


def most_around_w(memory: Memory, control: int, power_w: float) -> float:
    """Return where it ends [W]; 0 if that is in none."""
    return _range_around(memory.allowed_w[control], power_w)[1]


def least_around_var(memory: Memory, control: int, power_var: float) -> float:
    """Return where the range begins that clients have left around a reactive power [var]; 0 if that is in none."""
    return _range_around(memory.allowed_var[control], power_var)[0]


def most_around_var(memory: Memory, control: int, power_var: float) -> float:
    """Return where it ends [var]; 0 if that is in none."""
    return _range_around(memory.allowed_var[control], power_var)[1]


def _range_around(allowed: Ranges | None, power: float) -> tuple[float, float]:
    if allowed is None:
        return -math.inf, math.inf
    return next(((lower, upper) for lower, upper in allowed if lower <= power <= upper), (0.0, 0.0))


def held_w(memory: Memory, control: int, setting_w: float) -> float:
    """Return the active power that comes of a setting [W] within what is allowed.

    What reach holds back into a gap between allowed ranges is cut further. What is stuck stays.
    """
    now = memory.controls[control]
    if now.is_stuck:
        return now.stuck_w
    allowed = memory.allowed_w[control]
    if allowed is None:
        return setting_w
    power_w = min(max(setting_w, now.reach_lower_w), now.reach_upper_w)
    return cut(power_w, allowed) if power_w != setting_w else power_w


def ramped_w(memory: Memory, control: int) -> float:
    """Return where the ramp of a control has brought it within its reach [W].

    What reach holds back into a gap between allowed ranges is cut further, unless it is on its way from what is not
    allowed itself.
    """
    now = memory.controls[control]
    power_w = min(max(now.setting_w, now.reach_lower_w), now.reach_upper_w)
    allowed = memory.allowed_w[control]
    if allowed is None or power_w == now.setting_w or cut(now.setting_w, allowed) != now.setting_w:
        return power_w
    return cut(power_w, allowed)
