"""Meters with options of their own: what they have measured, window by window, and what their registers show.

The state of a meter is a row of numbers: how far into a window it is, the sums over it, the means of the last whole
one, and the registers. Windows are counted from the epoch, so a meter's follow from the time.
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
from .layout import Layout, Memory

WIDTH = 27
"""Numbers of a meter's state."""
_MEASURED = 12
_SUMS = 1
_SHOWN = _SUMS + _MEASURED
_REGISTERS = _SHOWN + _MEASURED


def meter_input(layout: Layout, memory: Memory, component: int) -> MeterInput:
    """Return what flows through a meter now."""
    return MeterInput(
        ThreePhase(memory.active_1[component], memory.active_2[component], memory.active_3[component]),
        ThreePhase(memory.reactive_1[component], memory.reactive_2[component], memory.reactive_3[component]),
        ThreePhase(
            voltage_v(layout, memory, component, 0),
            voltage_v(layout, memory, component, 1),
            voltage_v(layout, memory, component, 2),
        ),
    )


def begin_metering(layout: Layout, memory: Memory) -> None:
    """Let all meters begin, with empty registers, as if what flows now had flowed for a window."""
    for number in range(len(layout.meterings)):
        params = layout.meterings[number]
        given = meter_input(layout, memory, layout.metering_component[number])
        _keep(memory, number, meter_initial_state(params, given, _into_window_s(params, memory.time_us)))


def run_meters(layout: Layout, memory: Memory, dt_s: float) -> None:
    """Let all meters measure what flows for a while [s], before time moves on."""
    for number in range(len(layout.meterings)):
        params = layout.meterings[number]
        given = meter_input(layout, memory, layout.metering_component[number])
        state, _ = meter_step(params, metering_state(layout, memory, number), given, dt_s)
        _keep(memory, number, state)


def metering_state(layout: Layout, memory: Memory, number: int) -> MeterState:
    """Return what a meter remembers."""
    first = WIDTH * number
    return MeterState(
        _into_window_s(layout.meterings[number], memory.time_us),
        _measured(memory, first + _SUMS),
        _measured(memory, first + _SHOWN),
        memory.metering[first + _REGISTERS],
        memory.metering[first + _REGISTERS + 1],
    )


def shown_by(layout: Layout, memory: Memory, number: int) -> Measured:
    """Return what a meter would show, but for noise and resolution: the last means, or what is now."""
    params = layout.meterings[number]
    if params.window_s > 0.0:
        return _measured(memory, WIDTH * number + _SHOWN)
    return meter_measured(params, meter_input(layout, memory, layout.metering_component[number]))


def _into_window_s(params: MeterParams, time_us: int) -> float:
    length_us = meter_window_us(params)
    return (time_us % length_us) / 1e6 if length_us > 0 else 0.0


def _measured(memory: Memory, first: int) -> Measured:
    row = memory.metering
    return Measured(
        row[first], row[first + 1], row[first + 2], row[first + 3], row[first + 4], row[first + 5],
        row[first + 6], row[first + 7], row[first + 8], row[first + 9], row[first + 10], row[first + 11],
    )  # fmt: skip


def _keep(memory: Memory, number: int, state: MeterState) -> None:
    first = WIDTH * number
    memory.metering[first] = state.into_window_s
    for field in range(_MEASURED):
        memory.metering[first + _SUMS + field] = state.sums[field]
        memory.metering[first + _SHOWN + field] = state.shown[field]
    memory.metering[first + _REGISTERS] = state.consumed_wh
    memory.metering[first + _REGISTERS + 1] = state.delivered_wh
