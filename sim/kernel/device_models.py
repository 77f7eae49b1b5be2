"""All kinds of machines in turn. Compiled runs have these written out for the kinds of their site."""

from __future__ import annotations

from typing import Any

from .layout import Layout, Memory


def every_find_reach(layout: Layout, memory: Memory, kinds: Any) -> None:
    """Find the active power that each machine could have now."""
    for functions, machines in kinds:
        functions.find_reach(layout, memory, machines)


def every_draw(layout: Layout, memory: Memory, kinds: Any) -> None:
    """Let each machine draw what it does now."""
    for functions, machines in kinds:
        functions.draw(layout, memory, machines)


def every_horizon_s(layout: Layout, memory: Memory, kinds: Any, horizon_s: float) -> float:
    """Return how long all machines go on as they do [s], at most the time given."""
    for functions, machines in kinds:
        horizon_s = functions.shortest_horizon_s(layout, memory, machines, horizon_s)
    return horizon_s


def every_step(layout: Layout, memory: Memory, kinds: Any, dt_s: float) -> None:
    """Carry each machine along."""
    for functions, machines in kinds:
        functions.step_all(layout, memory, machines, dt_s)
