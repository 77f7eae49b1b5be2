"""Straight lines between the points of data sheets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Segment(NamedTuple):
    """A place on the straight line between two points that follow each other."""

    lower: int
    """Number of the point at its beginning; the next one is at its end."""
    part: float
    """Of the way to its end: 0..1, or outside on the line beyond the first or the last point."""

    def value(self, values: Sequence[float]) -> float:
        """Return what is there of values known at the points."""
        low, high = values[self.lower], values[self.lower + 1]
        return low + self.part * (high - low)


def segment_at(positions: Sequence[float], position: float) -> Segment:
    """Return where between points a position lies.

    Args:
        positions: Of two points or more, in ascending order.
        position: In their unit; beyond them it is on the line through the first two, or the last two.
    """
    last = len(positions) - 1
    upper = max(next((place for place, end in enumerate(positions) if position <= end), last), 1)
    start, end = positions[upper - 1], positions[upper]
    return Segment(upper - 1, (position - start) / (end - start))
