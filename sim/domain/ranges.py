"""Sets of allowed values, as ascending ranges without overlap. No range at all allows nothing."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import NamedTuple


class Bounds(NamedTuple):
    """A closed range of allowed values, in the unit of the metric it belongs to."""

    lower: float
    upper: float

    def contains(self, value: float) -> bool:
        """Say whether a value is allowed."""
        return self.lower <= value <= self.upper


Ranges = tuple[Bounds, ...]

OpenBounds = tuple[float | None, float | None]
"""Lower and upper edge of a range; None where it has none."""
AS_SENT = 1e-6
"""Part of a power by which it may be beyond an edge that it is at: both are 32-bit floats on their way."""
NOTHING_BUT_ZERO: Ranges = (Bounds(0.0, 0.0),)


def merged(ranges: Iterable[Bounds]) -> Ranges:
    """Return ranges in ascending order, with those that overlap or touch made one."""
    result: list[Bounds] = []
    for lower, upper in sorted(ranges):
        if result and lower <= result[-1].upper:
            result[-1] = Bounds(result[-1].lower, max(result[-1].upper, upper))
        else:
            result.append(Bounds(lower, upper))
    return tuple(result)


def intersection(one: Sequence[Bounds], other: Sequence[Bounds]) -> Ranges:
    """Return what lies in a range of each; both must be ascending and without overlap."""
    common: list[Bounds] = []
    at = at_other = 0
    while at < len(one) and at_other < len(other):
        first, second = one[at], other[at_other]
        lower, upper = max(first.lower, second.lower), min(first.upper, second.upper)
        if lower <= upper:
            common.append(Bounds(lower, upper))
        if first.upper < second.upper:
            at += 1
        else:
            at_other += 1
    return merged(common)


def widest_two(ranges: Ranges, power: float = math.nan, *, keeps_zero: bool = False) -> Ranges:
    """Return at most two of the ranges: that of a power, if any, and those that leave the most choice.

    Args:
        ranges: Ascending; the lower ones count first if they are alike.
        power: That there is.
        keeps_zero: Whether 0 is to be in or between them if it can: clients take what is between for what is around it.
    """
    if len(ranges) <= 2:
        return ranges
    slack = AS_SENT * abs(power)

    def rank(two: tuple[Bounds, Bounds]) -> tuple[bool, bool, float]:
        has_zero = keeps_zero and (are_around(0.0, two) or is_allowed(0.0, two, 0.0))
        return is_allowed(power, two, slack), has_zero, sum(bounds.upper - bounds.lower for bounds in two)

    return max(combinations(ranges, 2), key=rank)


def are_around(value: float, ranges: Ranges) -> bool:
    """Say whether ranges are on both sides of a value, which is in none of them."""
    is_between = ranges[0].upper < value < ranges[-1].lower if ranges else False
    return is_between and not is_allowed(value, ranges, 0.0)


def cut(power: float, allowed: Ranges) -> float:
    """Return the allowed power nearest to one on its way to 0; power is cut, never raised, and 0 may always be.

    What is short of an edge by no more than `AS_SENT` is that edge.

    Args:
        power: Of either sign.
        allowed: Ascending ranges.
    """
    if power > 0.0:
        return max(
            (
                min(max(power, lower), upper)
                for lower, upper in allowed
                if lower <= power * (1.0 + AS_SENT) and upper > 0.0
            ),
            default=0.0,
        )
    return min(
        (
            max(min(power, upper), lower)
            for lower, upper in allowed
            if upper >= power * (1.0 + AS_SENT) and lower < 0.0
        ),
        default=0.0,
    )


def is_allowed(value: float, allowed: Ranges, slack: float) -> bool:
    """Say whether a value is in one of the ranges, or beyond its edge by no more than the slack."""
    return any(lower - slack <= value <= upper + slack for lower, upper in allowed)
