"""What flowed over an interval: means, and least and greatest values, of powers that hold from event to event.

A row has six numbers for each component (active power of L1, L2 and L3, then reactive), one for each battery (DC
power), and six for each meter with options of its own, as for components. Rows of least and greatest values have
eight in place of six: total and phases.
"""

from __future__ import annotations

from typing import Any

from ...models.meter import Measured, meter_measured
from .layout import Layout
from .memory import Memory
from .metering import meter_input

PHASES = 6
"""Numbers of a component, or of a meter, in a row of means."""
WITH_TOTALS = 8
"""The same in a row of least or greatest values."""


def row_length(layout: Layout, each: int) -> int:
    """Return how many numbers there are in a row, given those of a component."""
    return each * (len(layout.components) + len(layout.meters)) + len(layout.batteries)


def battery_place(layout: Layout, number: int, each: int) -> int:
    """Return where the power of a battery is in a row."""
    return each * len(layout.components) + number


def meter_place(layout: Layout, number: int, each: int) -> int:
    """Return where the powers of a meter with options of its own begin in a row."""
    return each * (len(layout.components) + number) + len(layout.batteries)


def gather_means(layout: Layout, memory: Memory, means: Any, weight: float) -> None:
    """Bring means to what they are with a step behind them, before time moves on.

    Args:
        layout: Of the site.
        memory: Flows must be known.
        means: A row, changed in its place [W], [var].
        weight: The step's part of the interval so far, with it; 1 for the first one. What does not change stays so
            to the bit.
    """
    for component in range(len(layout.components)):
        flow, first = memory.components[component], PHASES * component
        means[first] = _moved(means[first], flow.active_1, weight)
        means[first + 1] = _moved(means[first + 1], flow.active_2, weight)
        means[first + 2] = _moved(means[first + 2], flow.active_3, weight)
        means[first + 3] = _moved(means[first + 3], flow.reactive_1, weight)
        means[first + 4] = _moved(means[first + 4], flow.reactive_2, weight)
        means[first + 5] = _moved(means[first + 5], flow.reactive_3, weight)
    for number in range(len(layout.batteries)):
        place = battery_place(layout, number, PHASES)
        means[place] = _moved(means[place], memory.batteries[number].dc_w, weight)
    for number in range(len(layout.meters)):
        shown, first = _measured(layout, memory, number), meter_place(layout, number, PHASES)
        for field in range(PHASES):
            means[first + field] = _moved(means[first + field], shown[field], weight)


def gather_extremes(layout: Layout, memory: Memory, least: Any, greatest: Any, is_first: bool) -> None:
    """Bring least and greatest values to what they are with a step.

    Args:
        layout: Of the site.
        memory: Flows must be known.
        least: A row, changed in its place [W], [var].
        greatest: The same.
        is_first: Whether the interval begins with the step.
    """
    for component in range(len(layout.components)):
        flow = memory.components[component]
        _widen_phases(
            least, greatest, WITH_TOTALS * component, is_first,
            flow.active_1, flow.active_2, flow.active_3, flow.reactive_1, flow.reactive_2, flow.reactive_3,
        )  # fmt: skip
    for number in range(len(layout.batteries)):
        place = battery_place(layout, number, WITH_TOTALS)
        _widen(least, greatest, place, is_first, memory.batteries[number].dc_w)
    for number in range(len(layout.meters)):
        shown, first = _measured(layout, memory, number), meter_place(layout, number, WITH_TOTALS)
        _widen_phases(
            least, greatest, first, is_first,
            shown.p1_w, shown.p2_w, shown.p3_w, shown.q1_var, shown.q2_var, shown.q3_var,
        )  # fmt: skip


def gather_totals(layout: Layout, memory: Memory, least: Any, greatest: Any) -> None:
    """Bring least and greatest active powers to what they are with a step.

    Args:
        layout: Of the site.
        memory: Flows must be known.
        least: One number for each component, changed in its place [W]; infinite before the first step.
        greatest: The same.
    """
    for component in range(len(layout.components)):
        flow = memory.components[component]
        now = flow.active_1 + flow.active_2 + flow.active_3
        least[component] = min(least[component], now)
        greatest[component] = max(greatest[component], now)


def _measured(layout: Layout, memory: Memory, number: int) -> Measured:
    """Return what the elements of a meter measure, which is also what its registers count."""
    meter = layout.meters[number]
    return meter_measured(meter.params, meter_input(layout, memory, meter.component))


def _moved(mean: float, now: float, weight: float) -> float:
    return now if weight >= 1.0 else mean + (now - mean) * weight


def _widen_phases(
    least: Any,
    greatest: Any,
    first: int,
    is_first: bool,
    p1_w: float,
    p2_w: float,
    p3_w: float,
    q1_var: float,
    q2_var: float,
    q3_var: float,
) -> None:
    _widen(least, greatest, first, is_first, p1_w + p2_w + p3_w)
    _widen(least, greatest, first + 1, is_first, p1_w)
    _widen(least, greatest, first + 2, is_first, p2_w)
    _widen(least, greatest, first + 3, is_first, p3_w)
    _widen(least, greatest, first + 4, is_first, q1_var + q2_var + q3_var)
    _widen(least, greatest, first + 5, is_first, q1_var)
    _widen(least, greatest, first + 6, is_first, q2_var)
    _widen(least, greatest, first + 7, is_first, q3_var)


def _widen(least: Any, greatest: Any, place: int, is_first: bool, now: float) -> None:
    if is_first or now < least[place]:
        least[place] = now
    if is_first or now > greatest[place]:
        greatest[place] = now
