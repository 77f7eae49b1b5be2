"""A run without clients, over the functions of `sim.kernel`: inputs come from rows, samples go into rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from ...models.battery import battery_terminal
from ...models.bms import RELAYS_CLOSED
from ..kernel.grid import line_voltage_v, take_in_grid, voltage_v
from ..kernel.layout import Layout, Memory
from ..kernel.metering import metering_state, shown_by
from ..kernel.steps import control, integrate, needs_control, solve


@dataclass(slots=True)
class Feeds:
    """Values of all signals over a stretch of time, one signal after the other, in arrays."""

    times_us: Any
    """From when each value holds; behind the last of each signal, until when [µs]."""
    values: Any
    begins: Any
    """Where each signal begins."""
    cursors: Any
    """Where each signal stands."""


class Stand(NamedTuple):
    """Where a run has come."""

    time_us: int
    holds_until_us: int
    is_known: int
    next_input_us: int
    solved: int
    """How many times what flows was solved for."""


@dataclass(slots=True)
class Samples:
    """Times and what is seen at them: arrays with a row for each time."""

    times_us: Any
    active_w: Any
    """Per component and then phase, `(rows, 3 components)` [W]."""
    reactive_var: Any
    consumed_wh: Any
    delivered_wh: Any
    """Per component [Wh]."""
    battery_dc_w: Any
    battery_voltage_v: Any
    battery_current_a: Any
    soc: Any
    battery_temperature_c: Any
    capacity_share: Any
    """Per battery."""
    battery_lower_w: Any
    battery_upper_w: Any
    inverter_dc_w: Any
    """Per inverter with batteries."""
    reach_lower_w: Any
    reach_upper_w: Any
    """Per control."""
    is_closed: Any
    is_cut_off: Any
    """Per component: 0 or 1."""
    voltage_v: Any
    """At the grid connection point: three phases to neutral, then L1-L2, L2-L3 and L3-L1 [V]."""
    metered: Any
    """Per meter with options of its own and then field of `Measured`, without noise and resolution."""
    registers_wh: Any
    """Per such meter, twice: consumed and delivered, with all digits [Wh]."""


def run(layout: Layout, memory: Memory, kinds: Any, feeds: Feeds, samples: Samples) -> Stand:
    """Carry the plant along the times of samples and fill them in.

    Returns:
        The numbers of the memory that are not in arrays, and how many times what flows was solved for.
    """
    solved = 0
    for row in range(len(samples.times_us)):
        solved += advance(layout, memory, kinds, feeds, samples.times_us[row])
        solved += know(layout, memory, kinds, feeds)
        write_row(layout, memory, samples, row)
    return Stand(memory.time_us, memory.holds_until_us, memory.is_known, memory.next_input_us, solved)


def advance(layout: Layout, memory: Memory, kinds: Any, feeds: Feeds, until_us: int) -> int:
    """Carry the plant to a time [µs]; returns how many times what flows was solved for."""
    solved = 0
    while memory.time_us < until_us:
        solved += know(layout, memory, kinds, feeds)
        integrate(layout, memory, kinds, min(until_us, memory.holds_until_us))
        if needs_control(layout, memory):
            solved += know(layout, memory, kinds, feeds)
            control(layout, memory)
    return solved


def know(layout: Layout, memory: Memory, kinds: Any, feeds: Feeds) -> int:
    """Solve for what flows now unless it is known; returns whether that was needed."""
    if memory.is_known:
        return 0
    if memory.time_us >= memory.next_input_us:
        read_feeds(memory, feeds)
        take_in_grid(layout, memory)
    solve(layout, memory, kinds)
    return 1


def read_feeds(memory: Memory, feeds: Feeds) -> None:
    """Bring all inputs to the present, and find when the next one changes."""
    next_us = feeds.times_us[feeds.cursors[0] + 1]
    for signal in range(len(feeds.cursors)):
        place = feeds.cursors[signal]
        while feeds.times_us[place + 1] <= memory.time_us:
            place += 1
        feeds.cursors[signal] = place
        memory.inputs[signal] = feeds.values[place]
        next_us = min(next_us, feeds.times_us[place + 1])
    memory.next_input_us = next_us


def write_row(layout: Layout, memory: Memory, samples: Samples, row: int) -> None:
    """Write down what there is to see now."""
    for component in range(len(layout.is_ac)):
        samples.active_w[row, 3 * component] = memory.active_1[component]
        samples.active_w[row, 3 * component + 1] = memory.active_2[component]
        samples.active_w[row, 3 * component + 2] = memory.active_3[component]
        samples.reactive_var[row, 3 * component] = memory.reactive_1[component]
        samples.reactive_var[row, 3 * component + 1] = memory.reactive_2[component]
        samples.reactive_var[row, 3 * component + 2] = memory.reactive_3[component]
        samples.consumed_wh[row, component] = memory.consumed_wh[component]
        samples.delivered_wh[row, component] = memory.delivered_wh[component]
        samples.is_closed[row, component] = memory.is_closed[component]
        samples.is_cut_off[row, component] = memory.is_cut_off[component]
    for phase in range(3):
        samples.voltage_v[row, phase] = voltage_v(layout, memory, layout.grid, phase)
        samples.voltage_v[row, 3 + phase] = line_voltage_v(layout, memory, layout.grid, phase)
    write_metered(layout, memory, samples, row)
    for battery in range(len(layout.batteries)):
        state = memory.battery_states[battery]
        power_w = memory.battery_dc_w[battery]
        shown = battery_terminal(layout.batteries[battery], state, power_w)
        samples.battery_dc_w[row, battery] = power_w
        samples.battery_voltage_v[row, battery] = shown.voltage_v
        samples.battery_current_a[row, battery] = shown.current_a
        samples.soc[row, battery] = state.soc
        samples.battery_temperature_c[row, battery] = state.temperature_c
        samples.capacity_share[row, battery] = state.capacity_share
        if memory.bms_relays[battery] != RELAYS_CLOSED:
            samples.is_closed[row, layout.battery_component[battery]] = 0
        samples.battery_lower_w[row, battery] = memory.battery_lower_w[battery]
        samples.battery_upper_w[row, battery] = memory.battery_upper_w[battery]
    for inverter in range(len(layout.inverters)):
        samples.inverter_dc_w[row, inverter] = memory.inverter_dc_w[inverter]
    for number in range(len(layout.control_component)):
        samples.reach_lower_w[row, number] = memory.reach_lower_w[number]
        samples.reach_upper_w[row, number] = memory.reach_upper_w[number]


def write_metered(layout: Layout, memory: Memory, samples: Samples, row: int) -> None:
    """Write down what meters with options of their own show."""
    for number in range(len(layout.meterings)):
        measured = shown_by(layout, memory, number)
        for field in range(12):
            samples.metered[row, 12 * number + field] = measured[field]
        registers = metering_state(layout, memory, number)
        samples.registers_wh[row, 2 * number] = registers.consumed_wh
        samples.registers_wh[row, 2 * number + 1] = registers.delivered_wh
