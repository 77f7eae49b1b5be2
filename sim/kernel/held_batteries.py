"""Batteries while what flows is held: wherever somebody looks, they have come from where it was found in one go.

The current that makes a power over a step depends a little on how long the step is, so a battery that was carried from
look to look would end elsewhere than one that nobody looked at. Carried from the beginning each time, it does not.
"""

from __future__ import annotations

from ...models.battery import BatteryInput, BatteryState
from ...models.battery_step import battery_step
from .auxiliary import HELD_SHARE, cells_w, drawn_w
from .layout import Layout
from .memory import Memory


def begin_batteries(layout: Layout, memory: Memory) -> None:
    """Take down where batteries stand as what flows has been found."""
    for battery in range(len(layout.batteries)):
        now, state = memory.batteries[battery], memory.battery_states[battery]
        now.begin_us = memory.time_us
        now.begin_soc = state.soc
        now.begin_rc1_v = state.rc1_voltage_v
        now.begin_rc2_v = state.rc2_voltage_v
        now.begin_temperature_c = state.temperature_c
        now.begin_lead = state.surface_lead
        now.begin_hysteresis_v = state.hysteresis_voltage_v
        now.begin_loss_wh = now.loss_wh
        now.begin_throughput_ah = now.throughput_ah


def carry_batteries(layout: Layout, memory: Memory, end_us: int) -> None:
    """Carry batteries to a time up to which what flows holds [µs]."""
    for battery in range(len(layout.batteries)):
        memory.battery_states[battery] = carried(
            layout, memory, battery, memory.battery_states[battery], end_us
        )


def carried(layout: Layout, memory: Memory, battery: int, last: BatteryState, end_us: int) -> BatteryState:
    """Carry one battery, given its state at any time since what flows was found, to one up to which that holds [µs]."""
    now = memory.batteries[battery]
    dt_s = (end_us - now.begin_us) / 1e6
    hours = dt_s / 3600.0
    begin = BatteryState(
        now.begin_soc,
        now.begin_rc1_v,
        now.begin_rc2_v,
        now.begin_temperature_c,
        last.capacity_share,
        last.resistance_factor,
        now.begin_lead,
        now.begin_hysteresis_v,
        last.soc_lower_shift,
        last.soc_upper_shift,
    )
    ambient_c = memory.inputs[layout.ambient_signal]
    given = BatteryInput(cells_w(now), ambient_c, now.auxiliary_w, now.auxiliary_heat_w, HELD_SHARE)
    state, shown = battery_step(layout.batteries[battery].params, begin, given, dt_s)
    now.loss_wh = now.begin_loss_wh + (shown.loss_w + drawn_w(now, shown.power_w)) * hours
    now.throughput_ah = now.begin_throughput_ah + abs(shown.current_a) * hours
    now.mean_a = shown.current_a
    return state
