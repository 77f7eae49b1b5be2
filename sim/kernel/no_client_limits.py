# ruff: noqa: ARG001 - the hooks all take the same arguments
"""The hooks of `hooks` where no client has narrowed anything."""

from __future__ import annotations

from .layout import Memory


def aim_w(memory: Memory, control: int) -> float:
    """Return where the active power of a control is going [W]."""
    return memory.target_w[control]


def reactive_aim_var(memory: Memory, control: int) -> float:
    """Return the reactive target of a control [var]."""
    if memory.held_off_by[control]:
        return 0.0
    target_var = memory.reactive_target_var[control]
    return target_var if target_var != 0.0 else memory.support_var[control]


def held_w(memory: Memory, control: int, setting_w: float) -> float:
    """Return the active power that comes of a setting [W]."""
    return setting_w
