"""A run without clients, over the functions of `sim.kernel`: inputs come from rows, samples go into rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from ...models.bms import RELAYS_CLOSED
from ...models.soc_estimate import taken_soc
from ..kernel.auxiliary import shown_by_cells, terminal_a
from ..kernel.device_model import note_machines
from ..kernel.energies import energies
from ..kernel.grid import line_voltage_v, take_in_grid, voltage_v
from ..kernel.intervals import gather_extremes, gather_means, gather_totals
from ..kernel.layout import Layout
from ..kernel.memory import Memory
from ..kernel.metering import metering_state, shown_by
from ..kernel.network import gather_lines
from ..kernel.reach import drawn_beyond_w, reach_w
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
    counted_us: int
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
    inverter_dc_w: Any
    """Per inverter with batteries [W]."""
    battery_lower_w: Any
    battery_upper_w: Any
    """Per battery; these and what follows, to `reach_upper_w`, have no columns where nobody asks for bounds."""
    least_w: Any
    least_delivered_w: Any
    alone_w: Any
    sun_w: Any
    dc_voltage_pu: Any
    asked_ac_w: Any
    drawn_beyond_w: Any
    """Per inverter with batteries; the last is what it draws beyond what it is set to."""
    asked_w: Any
    conducts: Any
    """Per pair of an inverter and a battery: what that is asked for, and whether they are connected."""
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
    until_us: int
    """Where the interval ends that begins with the last row [µs]."""
    means: Any
    """Rows of `kernel.intervals`, of the interval that begins with each row; no rows if nobody asks for them."""
    least: Any
    greatest: Any
    """Likewise, of their own."""
    lowest_w: Any
    highest_w: Any
    """Least and greatest total active power of every step, per component `(components,)` [W]."""
    lines: Any
    """What was seen of each node of lines in every step, `(nodes, 5)`: see `kernel.network.gather_lines`."""
    line_loss_wh: Any
    """Per node, in the line that leads to it [Wh]."""
    energies: Any
    """Per component and then field of `Energies`; this and what follows has no columns where nobody asks for it."""
    heat_sink_c: Any
    """Per inverter with batteries [°C]."""
    dc_w: Any
    """Per component: on the DC side of its machine [W]."""
    besides: Any
    """Per component: what its machine reports besides its powers."""


def run(layout: Layout, memory: Memory, machines: Any, feeds: Feeds, samples: Samples) -> Stand:
    """Carry the plant along the times of samples and fill them in.

    Returns:
        The numbers of the memory that are not in arrays, and how many times what flows was solved for.
    """
    solved = 0
    for row in range(len(samples.times_us)):
        solved += advance(layout, memory, machines, feeds, samples, row - 1, samples.times_us[row])
        solved += know(layout, memory, machines, feeds)
        write_row(layout, memory, samples, row)
        if samples.reach_lower_w.shape[1] > 0:
            write_bounds(layout, memory, samples, row)
        if samples.energies.shape[1] > 0:
            write_more(layout, memory, machines, samples, row)
    solved += advance(layout, memory, machines, feeds, samples, len(samples.times_us) - 1, samples.until_us)
    return Stand(
        memory.time_us,
        memory.holds_until_us,
        memory.is_known,
        memory.next_input_us,
        memory.counted_us,
        solved,
    )


def advance(
    layout: Layout, memory: Memory, machines: Any, feeds: Feeds, samples: Samples, row: int, until_us: int
) -> int:
    """Carry the plant to a time [µs], which ends the interval of a row; returns how many times flows were found."""
    solved = 0
    while memory.time_us < until_us:
        solved += know(layout, memory, machines, feeds)
        end_us = min(until_us, memory.holds_until_us)
        gather(layout, memory, samples, row, end_us)
        integrate(layout, memory, machines, end_us)
        if needs_control(layout, memory):
            solved += know(layout, memory, machines, feeds)
            control(layout, memory)
    return solved


def gather(layout: Layout, memory: Memory, samples: Samples, row: int, end_us: int) -> None:
    """Take what flows until a time [µs] into what is asked for of the interval of a row, and into what is of all."""
    if row < 0 or end_us <= memory.time_us:
        return
    gather_totals(layout, memory, samples.lowest_w, samples.highest_w)
    gather_lines(layout, memory, samples.lines, end_us)
    begin_us = samples.times_us[row]
    if len(samples.means) > 0:
        weight = (end_us - memory.time_us) / (end_us - begin_us)
        gather_means(layout, memory, samples.means[row], weight)
    if len(samples.least) > 0:
        is_first = memory.time_us <= begin_us
        gather_extremes(layout, memory, samples.least[row], samples.greatest[row], is_first)


def know(layout: Layout, memory: Memory, machines: Any, feeds: Feeds) -> int:
    """Solve for what flows now unless it is known; returns whether that was needed."""
    if memory.is_known:
        return 0
    if memory.time_us >= memory.next_input_us:
        read_feeds(memory, feeds)
        take_in_grid(layout, memory)
    solve(layout, memory, machines)
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
    for component in range(len(layout.components)):
        flow = memory.components[component]
        samples.active_w[row, 3 * component] = flow.active_1
        samples.active_w[row, 3 * component + 1] = flow.active_2
        samples.active_w[row, 3 * component + 2] = flow.active_3
        samples.reactive_var[row, 3 * component] = flow.reactive_1
        samples.reactive_var[row, 3 * component + 1] = flow.reactive_2
        samples.reactive_var[row, 3 * component + 2] = flow.reactive_3
        samples.consumed_wh[row, component] = flow.consumed_wh
        samples.delivered_wh[row, component] = flow.delivered_wh
        samples.is_closed[row, component] = flow.is_closed
        samples.is_cut_off[row, component] = flow.is_cut_off
    for node in range(max(len(layout.nodes), 1)):
        component = layout.nodes[node].component if node < len(layout.nodes) else layout.grid
        if node < len(layout.nodes):
            samples.line_loss_wh[row, node] = memory.nodes[node].loss_wh
        for phase in range(3):
            samples.voltage_v[row, 6 * node + phase] = voltage_v(layout, memory, component, phase)
            samples.voltage_v[row, 6 * node + 3 + phase] = line_voltage_v(layout, memory, component, phase)
    write_metered(layout, memory, samples, row)
    for number in range(len(layout.batteries)):
        state, battery = memory.battery_states[number], memory.batteries[number]
        shown = shown_by_cells(layout, memory, number)
        samples.battery_dc_w[row, number] = battery.dc_w
        samples.battery_voltage_v[row, number] = shown.voltage_v
        samples.battery_current_a[row, number] = terminal_a(battery, shown)
        samples.soc[row, number] = taken_soc(state.soc, battery.soc_error)
        samples.battery_temperature_c[row, number] = state.temperature_c
        samples.capacity_share[row, number] = state.capacity_share
        if memory.bms[number].relays != RELAYS_CLOSED:
            samples.is_closed[row, layout.batteries[number].component] = 0
    for inverter in range(len(layout.inverters)):
        samples.inverter_dc_w[row, inverter] = memory.inverters[inverter].dc_w


def write_bounds(layout: Layout, memory: Memory, samples: Samples, row: int) -> None:
    """Write down what bounds are found from."""
    for number in range(len(layout.batteries)):
        samples.battery_lower_w[row, number] = memory.batteries[number].lower_w
        samples.battery_upper_w[row, number] = memory.batteries[number].upper_w
    for inverter in range(len(layout.inverters)):
        now = memory.inverters[inverter]
        samples.least_w[row, inverter] = now.least_w
        samples.least_delivered_w[row, inverter] = now.least_delivered_w
        samples.alone_w[row, inverter] = now.alone_w
        samples.sun_w[row, inverter] = now.sun_w
        samples.dc_voltage_pu[row, inverter] = now.dc_voltage_pu
        samples.asked_ac_w[row, inverter] = now.asked_ac_w
        samples.drawn_beyond_w[row, inverter] = drawn_beyond_w(layout, memory, inverter)
    for pair in range(len(layout.pair_battery)):
        samples.asked_w[row, pair] = memory.pairs[pair].asked_w
        samples.conducts[row, pair] = memory.pairs[pair].conducts
    for control_number in range(len(layout.controls)):
        lower_w, upper_w = reach_w(layout, memory, control_number)
        samples.reach_lower_w[row, control_number] = lower_w
        samples.reach_upper_w[row, control_number] = upper_w


def write_more(layout: Layout, memory: Memory, machines: Any, samples: Samples, row: int) -> None:
    """Write down what is not recorded by default."""
    for component in range(len(layout.components)):
        if layout.components[component].is_ac:
            samples.dc_w[row, component] = memory.components[component].dc_w
            counted = energies(memory, component)
            for field in range(len(counted)):
                samples.energies[row, len(counted) * component + field] = counted[field]
    for inverter in range(len(layout.inverters)):
        samples.heat_sink_c[row, inverter] = memory.inverters[inverter].heat_sink_c
    note_machines(machines, samples.besides, row)


def write_metered(layout: Layout, memory: Memory, samples: Samples, row: int) -> None:
    """Write down what meters with options of their own show."""
    for number in range(len(layout.meters)):
        measured = shown_by(layout, memory, number)
        for field in range(12):
            samples.metered[row, 12 * number + field] = measured[field]
        registers = metering_state(layout, memory, number)
        samples.registers_wh[row, 2 * number] = registers.consumed_wh
        samples.registers_wh[row, 2 * number + 1] = registers.delivered_wh
