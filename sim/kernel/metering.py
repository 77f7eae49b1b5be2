"""Meters with options of their own: what they have measured, window by window, and what their registers show.

Windows are counted from the epoch, so how far a meter is into one follows from the time.
"""

from __future__ import annotations

from ...models.ac import ThreePhase
from ...models.meter import (
    Measured,
    MeterInput,
    MeterParams,
    MeterState,
    meter_initial_state,
    meter_measured,
    meter_step,
    meter_window_us,
)
from .grid import voltage_v
from .layout import Layout
from .memory import MeasuredMemory, Memory


def meter_input(layout: Layout, memory: Memory, component: int) -> MeterInput:
    """Return what flows through a meter now."""
    flow = memory.components[component]
    return MeterInput(
        ThreePhase(flow.active_1, flow.active_2, flow.active_3),
        ThreePhase(flow.reactive_1, flow.reactive_2, flow.reactive_3),
        ThreePhase(
            voltage_v(layout, memory, component, 0),
            voltage_v(layout, memory, component, 1),
            voltage_v(layout, memory, component, 2),
        ),
    )


def begin_metering(layout: Layout, memory: Memory) -> None:
    """Let all meters begin, with empty registers, as if what flows now had flowed for a window."""
    for number in range(len(layout.meters)):
        params = layout.meters[number].params
        given = meter_input(layout, memory, layout.meters[number].component)
        _keep(memory, number, meter_initial_state(params, given, _into_window_s(params, memory.time_us)))


def run_meters(layout: Layout, memory: Memory, dt_s: float) -> None:
    """Let all meters measure what flows for a while [s], before time moves on."""
    for number in range(len(layout.meters)):
        params = layout.meters[number].params
        given = meter_input(layout, memory, layout.meters[number].component)
        state, _ = meter_step(params, metering_state(layout, memory, number), given, dt_s)
        _keep(memory, number, state)


def metering_state(layout: Layout, memory: Memory, number: int) -> MeterState:
    """Return what a meter remembers."""
    now = memory.meters[number]
    into_window_s = _into_window_s(layout.meters[number].params, memory.time_us)
    return MeterState(
        into_window_s, _measured(now.sums), _measured(now.shown), now.consumed_wh, now.delivered_wh
    )


def shown_by(layout: Layout, memory: Memory, number: int) -> Measured:
    """Return what a meter would show, but for noise and resolution: the last means, or what is now."""
    meter = layout.meters[number]
    if meter.params.window_s > 0.0:
        return _measured(memory.meters[number].shown)
    return meter_measured(meter.params, meter_input(layout, memory, meter.component))


def _into_window_s(params: MeterParams, time_us: int) -> float:
    length_us = meter_window_us(params)
    return (time_us % length_us) / 1e6 if length_us > 0 else 0.0


def _keep(memory: Memory, number: int, state: MeterState) -> None:
    now = memory.meters[number]
    _write(now.sums, state.sums)
    _write(now.shown, state.shown)
    now.consumed_wh = state.consumed_wh
    now.delivered_wh = state.delivered_wh


def _measured(row: MeasuredMemory) -> Measured:
    return Measured(
        row.p1_w, row.p2_w, row.p3_w, row.q1_var, row.q2_var, row.q3_var,
        row.v1_v, row.v2_v, row.v3_v, row.i1_a2, row.i2_a2, row.i3_a2,
    )  # fmt: skip


def _write(row: MeasuredMemory, measured: Measured) -> None:
    row.p1_w, row.p2_w, row.p3_w = measured.p1_w, measured.p2_w, measured.p3_w
    row.q1_var, row.q2_var, row.q3_var = measured.q1_var, measured.q2_var, measured.q3_var
    row.v1_v, row.v2_v, row.v3_v = measured.v1_v, measured.v2_v, measured.v3_v
    row.i1_a2, row.i2_a2, row.i3_a2 = measured.i1_a2, measured.i2_a2, measured.i3_a2
