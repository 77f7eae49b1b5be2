"""The grid connection point: whether the public grid is there, the voltages that it offers, and its fuse links.

A site hangs on all three links: when one of them melts, the switch that holds them opens all poles, so the whole site
is cut off until it gets new ones. Where a site has no lines, voltages are those at the connection point, everywhere.
"""

from __future__ import annotations

import math

from ...models.fuse import MELTED, FuseInput, FuseState, fuse_horizon_s, fuse_initial_state, fuse_step
from ...models.grid_voltage import terminal_voltage
from .ac_bus import is_grid_gone, is_live, node_v, reconnect
from .layout import Layout
from .memory import Memory

_SQRT3 = math.sqrt(3.0)


def take_in_grid(layout: Layout, memory: Memory) -> None:
    """Take in what the inputs, just read, say of the grid.

    The line voltage moves all phases in proportion; afterwards it is the mean of what the phases offer.
    """
    line_v = memory.inputs[layout.voltage_signal]
    total = 0.0
    for phase in range(3):
        signal = layout.phase_voltage_signals[phase]
        ratio = memory.inputs[signal] / layout.nominal_phase_v
        total += ratio
        memory.inputs[signal] = line_v / _SQRT3 * ratio
    memory.inputs[layout.voltage_signal] = line_v * (total / 3.0)
    if is_grid_gone(layout, memory) != bool(memory.components[layout.grid].is_cut_off):
        reconnect(layout, memory)


def voltage_v(layout: Layout, memory: Memory, component: int, phase: int) -> float:
    """Return the voltage of a phase to neutral at a component [V]; 0 where the grid does not reach it.

    Args:
        layout: Of the site.
        memory: With what flows now.
        component: Its number.
        phase: 0, 1 or 2.
    """
    if memory.components[component].is_cut_off:
        return 0.0
    node = layout.components[component].node
    if node >= 0:
        return node_v(memory, node, phase)
    source_v = memory.inputs[layout.phase_voltage_signals[phase]]
    if len(layout.impedances) == 0:
        return source_v
    active_w, reactive_var = _through_grid(layout, memory, phase)
    return terminal_voltage(layout.impedances[0], source_v, active_w, reactive_var).voltage_v


def line_voltage_v(layout: Layout, memory: Memory, component: int, phase: int) -> float:
    """Return the voltage between a phase (0, 1 or 2) and the next one at a component [V]."""
    line_v = memory.inputs[layout.voltage_signal]
    if memory.components[component].is_cut_off or line_v <= 0.0:
        return 0.0
    node = layout.components[component].node
    if node >= 0:
        return _between_phases_v(memory, node, phase)
    unit_v = line_v / _SQRT3
    one = voltage_v(layout, memory, component, phase) / unit_v
    other = voltage_v(layout, memory, component, (phase + 1) % 3) / unit_v
    return line_v * math.sqrt((one * one + other * other + one * other) / 3.0)


def _between_phases_v(memory: Memory, node: int, phase: int) -> float:
    if phase == 0:
        return memory.nodes[node].v_12
    if phase == 1:
        return memory.nodes[node].v_23
    return memory.nodes[node].v_31


def fuses_horizon_s(layout: Layout, memory: Memory, horizon_s: float) -> float:
    """Return how long all links carry what flows now [s], at most the time given."""
    for link in range(len(layout.fuses)):
        given = FuseInput(fuse_current_a(layout, memory, link))
        horizon_s = min(horizon_s, fuse_horizon_s(layout.fuses[link], _fuse_state(memory, link), given))
    return horizon_s


def heat_fuses(layout: Layout, memory: Memory, dt_s: float) -> None:
    """Let the current heat the links for a while [s]; the site is cut off if one melts."""
    has_melted = False
    for link in range(len(layout.fuses)):
        given = FuseInput(fuse_current_a(layout, memory, link))
        state, _ = fuse_step(layout.fuses[link], _fuse_state(memory, link), given, dt_s)
        has_melted = has_melted or state.condition != memory.fuses[link].condition
        _keep(memory, link, state)
    if has_melted:
        reconnect(layout, memory)
        memory.is_known = 0


def replace_fuses(layout: Layout, memory: Memory) -> None:
    """Put in new, cold links where one has melted, and warm ones stay."""
    for link in range(len(layout.fuses)):
        if memory.fuses[link].condition == MELTED:
            _keep(memory, link, fuse_initial_state(layout.fuses[link]))
    reconnect(layout, memory)


def fuse_current_a(layout: Layout, memory: Memory, phase: int) -> float:
    """Return the current of a phase, from 0, through the grid connection point [A]."""
    if not is_live(memory, layout.grid):
        return 0.0
    active_w, reactive_var = _through_grid(layout, memory, phase)
    phase_v = voltage_v(layout, memory, layout.grid, phase)
    return math.sqrt(active_w * active_w + reactive_var * reactive_var) / phase_v if phase_v > 0.0 else 0.0


def _through_grid(layout: Layout, memory: Memory, phase: int) -> tuple[float, float]:
    flow = memory.components[layout.grid]
    if phase == 0:
        return flow.active_1, flow.reactive_1
    if phase == 1:
        return flow.active_2, flow.reactive_2
    return flow.active_3, flow.reactive_3


def _fuse_state(memory: Memory, link: int) -> FuseState:
    now = memory.fuses[link]
    return FuseState(now.notch_heat, now.strip_heat, now.body_heat, now.condition)


def _keep(memory: Memory, link: int, state: FuseState) -> None:
    now = memory.fuses[link]
    now.notch_heat = state.notch_heat
    now.strip_heat = state.strip_heat
    now.body_heat = state.body_heat
    now.condition = state.condition
