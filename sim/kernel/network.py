"""Lines and transformers: what flows in them, and the voltages that this leaves at their far ends.

A site's lines form a tree whose root is the public grid, so voltages are found by sweeps: currents of what draws at
the present voltages, summed from the leaves to the root; then voltages from the root to the leaves. Both are per unit
of the voltages that are nominal where they are, so that transformers need no ratio; currents are in watts per unit of
voltage.

Nothing is drawn that the lines cannot carry: where no voltages belong to what is drawn, or they would be so low that
nothing holds its power, the node with the lowest one is switched off, as by the release of its undervoltage, and on
again after a while.

A node is where the far end of a line, or the grid, is; all that is joined to it without a line has its voltage.
"""

from __future__ import annotations

import math
from typing import Any

from .ac_bus import reconnect
from .layout import NO_SHIFT, Layout, NodeLayout
from .memory import Memory, NodeMemory

_FULL_SWEEPS = 300
"""By these, voltages settle of all that lines can carry, but for the last per cent; shorter steps would need more."""
_MOST_SWEEPS = 400
"""In the rest a voltage goes a part of its way only: what is drawn where none holds its power settles by that, too."""
_SHORT_STEP = 0.1
STILL, MOVED, COLLAPSED = 0, 1, 2
"""What voltages have done."""
RELEASED_US = 60_000_000
"""For how long a node is switched off where its voltage has collapsed; chosen [µs]."""
_SETTLED = 1e-11
"""Change of a voltage by a sweep that is none [pu]."""
_MOVED = 1e-8
"""Change of a voltage to which nothing has to answer [pu]."""
_LEAST_SHARE = 0.5
"""Part of the grid's voltage below which nothing holds its power, so there is none; chosen."""
LOADING_ALIKE = 1e-9
"""Loadings that differ by no more than this are the same, as sweeps leave that much and less."""
LOWEST_V, HIGHEST_V, MOST_LOADING, MOST_LOADED_US, OVERLOADED_S = range(5)
"""What was seen of a node: voltages to neutral while the grid reached it [V], loading [1], when [µs], how long [s]."""
_SQRT3 = math.sqrt(3.0)
_BACK = complex(-0.5, -0.5 * _SQRT3)
"""By which phase 2 follows phase 1."""
_AHEAD = complex(-0.5, 0.5 * _SQRT3)
_NOTHING = complex(0.0, 0.0)


def flow_through_lines(layout: Layout, memory: Memory) -> int:
    """Find the voltages of all nodes, and what flows through their lines; return what voltages have done.

    Powers that components draw at each node must be summed, at the component where its line ends. Where a voltage has
    collapsed, what flows must be found anew.
    """
    count = len(layout.nodes)
    if count == 0:
        return STILL
    drawn = [_NOTHING] * (3 * count)
    voltages = [_NOTHING] * (3 * count)
    currents = [_NOTHING] * (3 * count)
    for node in range(count):
        _begin(layout, memory, node, drawn, voltages)
    least_pu = _least_pu(layout, memory)
    change = math.inf
    sweeps = 0
    while change >= _SETTLED and sweeps < _MOST_SWEEPS:
        _sum_currents(layout, memory, drawn, voltages, currents, least_pu)
        change = _drop_voltages(
            layout, memory, voltages, currents, 1.0 if sweeps < _FULL_SWEEPS else _SHORT_STEP
        )
        sweeps += 1
    if _release(layout, memory, voltages, least_pu if change < _SETTLED else math.inf):
        return COLLAPSED
    _pass_on(layout, memory, voltages, currents)
    return MOVED if _keep_voltages(layout, memory, voltages) else STILL


def close_again(layout: Layout, memory: Memory) -> None:
    """Switch nodes on again whose time has come."""
    has_closed = False
    for node in range(len(layout.nodes)):
        now = memory.nodes[node]
        if 0 < now.dark_until_us <= memory.time_us:
            now.dark_until_us = 0
            has_closed = True
    if has_closed:
        reconnect(layout, memory)


def releases_ahead_us(layout: Layout, memory: Memory, change_us: int) -> int:
    """Return when a node is switched on again, or an earlier change [µs]."""
    for node in range(len(layout.nodes)):
        if memory.nodes[node].dark_until_us > 0:
            change_us = min(change_us, memory.nodes[node].dark_until_us)
    return change_us


def count_line_losses(layout: Layout, memory: Memory, dt_s: float) -> None:
    """Count what all lines lose for a while [s]."""
    hours = dt_s / 3600.0
    for node in range(len(layout.nodes)):
        memory.nodes[node].loss_wh += memory.nodes[node].loss_w * hours


def gather_lines(layout: Layout, memory: Memory, seen: Any, end_us: int) -> None:
    """Take what holds until a time [µs] at each node into what was seen of it, before time moves on.

    Args:
        layout: Of the site.
        memory: Flows must be known.
        seen: A row for each node, changed in its place: `LOWEST_V` to `OVERLOADED_S`. See `unseen`.
        end_us: Later than now.
    """
    for node in range(len(layout.nodes)):
        now, row = memory.nodes[node], seen[node]
        if now.v_1 > 0.0 and now.v_2 > 0.0 and now.v_3 > 0.0:
            row[LOWEST_V] = min(row[LOWEST_V], now.v_1, now.v_2, now.v_3)
            row[HIGHEST_V] = max(row[HIGHEST_V], now.v_1, now.v_2, now.v_3)
        if now.loading > row[MOST_LOADING] + LOADING_ALIKE:
            row[MOST_LOADING] = now.loading
            row[MOST_LOADED_US] = float(memory.time_us)
        if now.loading > 1.0 + LOADING_ALIKE:
            row[OVERLOADED_S] += (end_us - memory.time_us) / 1e6


def unseen() -> list[float]:
    """Return the row of a node of which nothing was seen yet, for `gather_lines`."""
    return [math.inf, -math.inf, 0.0, 0.0, 0.0]


def _least_pu(layout: Layout, memory: Memory) -> float:
    """Return the voltage below which nothing holds its power [pu]."""
    signals = layout.phase_voltage_signals
    least_v = min(memory.inputs[signals[0]], memory.inputs[signals[1]], memory.inputs[signals[2]])
    return _LEAST_SHARE * least_v / layout.nominal_phase_v


def _release(layout: Layout, memory: Memory, voltages: list[complex], least_pu: float) -> bool:
    """Switch off the node with the lowest voltage, if that is less than it can be; say whether it was."""
    lowest, lowest_pu = -1, math.inf
    for node in range(len(layout.nodes)):
        if not _is_dark(memory, layout.nodes[node]):
            for place in range(3 * node, 3 * node + 3):
                if _size(voltages[place]) < lowest_pu:
                    lowest, lowest_pu = node, _size(voltages[place])
    if lowest < 0 or lowest_pu >= least_pu:
        return False
    memory.nodes[lowest].dark_until_us = memory.time_us + RELEASED_US
    memory.nodes[lowest].collapses += 1
    reconnect(layout, memory)
    return True


def _is_dark(memory: Memory, own: NodeLayout) -> bool:
    flow = memory.components[own.component]
    return bool(flow.is_cut_off) or (own.has_switch == 1 and not flow.is_closed)


def _begin(layout: Layout, memory: Memory, node: int, drawn: list[complex], voltages: list[complex]) -> None:
    """Take what a node draws, and the voltages that it had last; those before its line if it had none."""
    own, now = layout.nodes[node], memory.nodes[node]
    flow = memory.components[own.component]
    if _is_dark(memory, own):
        return
    drawn[3 * node] = complex(flow.active_1, flow.reactive_1)
    drawn[3 * node + 1] = complex(flow.active_2, flow.reactive_2)
    drawn[3 * node + 2] = complex(flow.active_3, flow.reactive_3)
    if now.real_1 == 0.0 and now.imag_1 == 0.0:
        voltages[3 * node], voltages[3 * node + 1], voltages[3 * node + 2] = _before(
            layout, memory, own, voltages
        )
        return
    voltages[3 * node] = complex(now.real_1, now.imag_1)
    voltages[3 * node + 1] = complex(now.real_2, now.imag_2)
    voltages[3 * node + 2] = complex(now.real_3, now.imag_3)


def _before(
    layout: Layout, memory: Memory, own: NodeLayout, voltages: list[complex]
) -> tuple[complex, complex, complex]:
    """Return the voltages that a line would have at its far end if nothing flowed."""
    if own.parent < 0:
        signals, nominal_v = layout.phase_voltage_signals, layout.nominal_phase_v
        return (
            complex(memory.inputs[signals[0]] / nominal_v, 0.0),
            complex(memory.inputs[signals[1]] / nominal_v, 0.0) * _BACK,
            complex(memory.inputs[signals[2]] / nominal_v, 0.0) * _AHEAD,
        )
    one, two, three = voltages[3 * own.parent], voltages[3 * own.parent + 1], voltages[3 * own.parent + 2]
    if own.shift == NO_SHIFT:
        return one, two, three
    share = complex(own.sign / _SQRT3, 0.0)
    if own.shift == 1:
        return share * (one - three), share * (two - one), share * (three - two)
    return share * (one - two), share * (two - three), share * (three - one)


def _sum_currents(
    layout: Layout,
    memory: Memory,
    drawn: list[complex],
    voltages: list[complex],
    currents: list[complex],
    least_pu: float,
) -> None:
    """Find the currents at the far ends of all that leads to nodes, from the leaves to the grid."""
    for place in range(len(currents)):
        currents[place] = _drawn_current(drawn[place], voltages[place], least_pu)
    for node in range(len(layout.nodes) - 1, -1, -1):
        own = layout.nodes[node]
        if not _is_dark(memory, own):
            shunt = complex(own.far_g, own.far_b)
            for place in range(3 * node, 3 * node + 3):
                currents[place] += shunt * voltages[place]
            if own.parent >= 0:
                place = 3 * own.parent
                one, two, three = _near_currents(own, currents, voltages, 3 * node)
                currents[place] += one
                currents[place + 1] += two
                currents[place + 2] += three


def _drawn_current(drawn: complex, voltage: complex, least_pu: float) -> complex:
    square = voltage.real * voltage.real + voltage.imag * voltage.imag
    if square == 0.0:
        return _NOTHING
    # Below what it can be, voltages are not the ones that will be found: they must only not run away.
    square = max(square, least_pu * least_pu)
    # The conjugate of drawn / voltage, written out: a complex division is not the same in compiled runs.
    return complex(
        (drawn.real * voltage.real + drawn.imag * voltage.imag) / square,
        (drawn.real * voltage.imag - drawn.imag * voltage.real) / square,
    )


def _near_currents(
    own: NodeLayout, currents: list[complex], voltages: list[complex], place: int
) -> tuple[complex, complex, complex]:
    """Return the currents at the near end of what leads to a node, whose currents and voltages begin at a place."""
    one, two, three = currents[place], currents[place + 1], currents[place + 2]
    before = 3 * own.parent
    shunt = complex(own.near_g, own.near_b)
    near_1, near_2, near_3 = (
        shunt * voltages[before],
        shunt * voltages[before + 1],
        shunt * voltages[before + 2],
    )
    if own.shift == NO_SHIFT:
        return near_1 + one, near_2 + two, near_3 + three
    share = complex(own.sign / _SQRT3, 0.0)
    if own.shift == 1:
        return near_1 + share * (one - two), near_2 + share * (two - three), near_3 + share * (three - one)
    return near_1 + share * (one - three), near_2 + share * (two - one), near_3 + share * (three - two)


def _drop_voltages(
    layout: Layout, memory: Memory, voltages: list[complex], currents: list[complex], step: float
) -> float:
    """Find voltages beside currents, from the grid outwards; return the greatest change [pu]."""
    change = 0.0
    for node in range(len(layout.nodes)):
        own = layout.nodes[node]
        if _is_dark(memory, own):
            continue
        place = 3 * node
        one, two, three = _before(layout, memory, own, voltages)
        impedance = complex(own.resistance, own.reactance)
        common = complex(own.mutual_resistance, own.mutual_reactance) * (
            currents[place] + currents[place + 1] + currents[place + 2]
        )
        change = max(
            change,
            _move(voltages, place, one - impedance * currents[place] - common, step),
            _move(voltages, place + 1, two - impedance * currents[place + 1] - common, step),
            _move(voltages, place + 2, three - impedance * currents[place + 2] - common, step),
        )
    return change


def _move(voltages: list[complex], place: int, goal: complex, step: float) -> float:
    change = goal - voltages[place]
    voltages[place] = goal if step == 1.0 else voltages[place] + complex(step, 0.0) * change
    return max(abs(change.real), abs(change.imag))


def _pass_on(layout: Layout, memory: Memory, voltages: list[complex], currents: list[complex]) -> None:
    """Add what flows into each line to all that it flows through on its way from the node before."""
    for node in range(len(layout.nodes) - 1, 0, -1):
        own, now = layout.nodes[node], memory.nodes[node]
        if _is_dark(memory, own):
            now.loss_w = 0.0
            now.loading = 0.0
            continue
        one, two, three = _near_currents(own, currents, voltages, 3 * node)
        place = 3 * own.parent
        active_1, reactive_1 = _power(voltages[place], one)
        active_2, reactive_2 = _power(voltages[place + 1], two)
        active_3, reactive_3 = _power(voltages[place + 2], three)
        arriving = memory.components[own.component]
        arriving_w = arriving.active_1 + arriving.active_2 + arriving.active_3
        now.loss_w = active_1 + active_2 + active_3 - arriving_w
        far = 3 * node
        most = max(_size(one), _size(two), _size(three))
        most = max(most, _size(currents[far]), _size(currents[far + 1]), _size(currents[far + 2]))
        now.loading = most / own.rated_current
        for number in range(own.first_way, own.end_way):
            flow = memory.components[layout.ways[number]]
            flow.active_1 += active_1
            flow.active_2 += active_2
            flow.active_3 += active_3
            flow.reactive_1 += reactive_1
            flow.reactive_2 += reactive_2
            flow.reactive_3 += reactive_3


def _power(voltage: complex, current: complex) -> tuple[float, float]:
    return (
        voltage.real * current.real + voltage.imag * current.imag,
        voltage.imag * current.real - voltage.real * current.imag,
    )


def _keep_voltages(layout: Layout, memory: Memory, voltages: list[complex]) -> bool:
    has_moved = False
    for node in range(len(layout.nodes)):
        now, unit_v = memory.nodes[node], layout.nodes[node].nominal_v
        one, two, three = voltages[3 * node], voltages[3 * node + 1], voltages[3 * node + 2]
        v_1, v_2, v_3 = unit_v * _size(one), unit_v * _size(two), unit_v * _size(three)
        moved_v = max(abs(v_1 - now.v_1), abs(v_2 - now.v_2), abs(v_3 - now.v_3))
        has_moved = has_moved or moved_v > _MOVED * unit_v
        _set(now, one, two, three)
        now.v_1 = v_1
        now.v_2 = v_2
        now.v_3 = v_3
        now.v_12 = unit_v * _size(one - two)
        now.v_23 = unit_v * _size(two - three)
        now.v_31 = unit_v * _size(three - one)
    return has_moved


def _set(now: NodeMemory, one: complex, two: complex, three: complex) -> None:
    now.real_1 = one.real
    now.imag_1 = one.imag
    now.real_2 = two.real
    now.imag_2 = two.imag
    now.real_3 = three.real
    now.imag_3 = three.imag


def _size(voltage: complex) -> float:
    return math.sqrt(voltage.real * voltage.real + voltage.imag * voltage.imag)
