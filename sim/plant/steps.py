"""Whole steps in which devices take set-points, beside the ranges that clients leave of their powers."""

from __future__ import annotations

import math
from typing import NamedTuple

from ..domain.ranges import AS_SENT, Bounds, Ranges


class Steps(NamedTuple):
    """Powers that a device comes to, either way."""

    begin: float
    """Magnitude before the first step [W] or [var]."""
    size: float
    """Of each [W] or [var]; 0 where a device comes to any power."""

    def at_least(self, power: float) -> float:
        """Return the first step that is not nearer to 0 than a power [W] or [var], but for how that is sent."""
        beyond = abs(power) * (1.0 - AS_SENT) - self.begin
        if self.size <= 0.0 or beyond <= 0.0 or math.isinf(beyond):
            return power
        return math.copysign(self.begin + self.size * math.ceil(beyond / self.size), power)


def begun_at_steps(ranges: Ranges, steps: Steps, power: float) -> Ranges:
    """Return ranges of which those beyond 0 begin at a step, and none that has no step.

    Args:
        ranges: Ascending.
        steps: That can be had.
        power: That there is, which stays in its range [W] or [var].
    """
    begun = []
    for lower, upper in ranges:
        first_lower = steps.at_least(lower) if lower > 0.0 else lower
        first_upper = steps.at_least(upper) if upper < 0.0 else upper
        if lower <= power <= upper:
            first_lower, first_upper = min(first_lower, power), max(first_upper, power)
        if first_lower <= first_upper:
            begun.append(Bounds(first_lower, first_upper))
    return tuple(begun)


def first_around(power: float, ranges: Ranges, steps: Steps) -> float:
    """Return the step at which the range begins that a power is in [W] or [var]; 0 if it is in none, or has none."""
    slack = AS_SENT * abs(power)
    for lower, upper in ranges:
        if lower - slack <= power <= upper + slack:
            first = steps.at_least(max(lower, 0.0) if power > 0.0 else min(upper, 0.0))
            return first if lower - slack <= first <= upper + slack else 0.0
    return 0.0
