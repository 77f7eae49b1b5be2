"""Piecewise linear tables on an even grid over 0..1, as tuples of floats."""

from __future__ import annotations

import math

MOST_STEPS = 10_000
"""Greatest size of tables that are brought to one; chosen: far finer than any measurement."""


def table_value(table: tuple[float, ...], x: float) -> float:
    """Return the value at `x`, linear between the entries.

    Args:
        table: At least two values, at x = 0, 1/n, 2/n ... 1.
        x: Position; the end values hold outside 0..1.

    Returns:
        The value, in the unit of the table.
    """
    last = len(table) - 1
    if x <= 0.0:
        return table[0]
    position = x * last
    if position >= last:
        return table[last]
    index = int(position)
    low = table[index]
    return low + (table[index + 1] - low) * (position - index)


def table_mean(table: tuple[float, ...], start: float, end: float) -> float:
    """Return the mean value over [start, end] (in any order), exact for the piecewise linear curve.

    Args:
        table: At least two values, at x = 0, 1/n, 2/n ... 1.
        start: One end, 0..1.
        end: The other end, 0..1.

    Returns:
        The integral over the range divided by its width; the value itself where the range is empty.
    """
    if start > end:
        start, end = end, start
    last = len(table) - 1
    first_knot = int(start * last) + 1
    if end * last <= first_knot:
        return 0.5 * (table_value(table, start) + table_value(table, end))
    last_knot = min(int(end * last), last)
    x, y, integral = start, table_value(table, start), 0.0
    for knot in range(first_knot, last_knot + 1):
        integral += 0.5 * (y + table[knot]) * (knot / last - x)
        x, y = knot / last, table[knot]
    integral += 0.5 * (y + table_value(table, end)) * (end - x)
    return integral / (end - start)


def table_value_beyond(table: tuple[float, ...], x: float) -> float:
    """Return the value at `x`; outside 0..1 the first and the last segment go on as straight lines."""
    last = len(table) - 1
    if x < 0.0:
        return table[0] + (table[1] - table[0]) * x * last
    if x > 1.0:
        return table[last] + (table[last] - table[last - 1]) * (x - 1.0) * last
    return table_value(table, x)


def table_mean_beyond(table: tuple[float, ...], start: float, end: float) -> float:
    """Return the mean value over [start, end] (in any order) of the curve of `table_value_beyond`."""
    if start > end:
        start, end = end, start
    low, high = min(max(start, 0.0), 1.0), min(max(end, 0.0), 1.0)
    if low == start and high == end:
        return table_mean(table, start, end)
    if low == high:
        return 0.5 * (table_value_beyond(table, start) + table_value_beyond(table, end))
    integral = 0.5 * (table_value_beyond(table, start) + table[0]) * (low - start)
    integral += table_mean(table, low, high) * (high - low)
    integral += 0.5 * (table[len(table) - 1] + table_value_beyond(table, end)) * (end - high)
    return integral / (end - start)


def scaled_table(table: tuple[float, ...], factor: float) -> tuple[float, ...]:
    """Return the table with every value times `factor`."""
    return tuple([value * factor for value in table])


def common_steps(one: int, other: int) -> int | None:
    """Return in how many steps a table has all entries of tables of two numbers of steps; None if in too many."""
    common = math.lcm(one, other)
    return common if common <= max(one, other, MOST_STEPS) else None


def finer_table(table: tuple[float, ...], length: int) -> tuple[float, ...]:
    """Return the table with more entries, which has the same values but for rounding.

    Args:
        table: At least two values, at x = 0, 1/n, 2/n ... 1.
        length: Of the result; one more than a multiple of n, so that all entries stay.
    """
    last = len(table) - 1
    if last == length - 1:
        return table
    each = (length - 1) // last
    return tuple(
        [
            table[place // each]
            + (table[min(place // each + 1, last)] - table[place // each]) * (place % each / each)
            for place in range(length)
        ]
    )
