"""Durations, counted by how long they are."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple


class Distribution(NamedTuple):
    """How many durations there were of which length."""

    bounds_s: Sequence[float]
    """Up to which the buckets hold durations, the last one left out: it has no bound [s]."""
    up_to: Sequence[int]
    """How many durations were up to each bound, and how many there were at all."""
    sum_s: float
    """Of all durations [s]."""


class Histogram:
    """Counts durations at the cost of a look-up each."""

    def __init__(self, bounds_s: Sequence[float]) -> None:
        """Begin with none.

        Args:
            bounds_s: Of the buckets, ascending [s].
        """
        self._bounds_s = tuple(bounds_s)
        self._counts = [0] * (len(self._bounds_s) + 1)
        self._sum_s = 0.0

    def observe(self, duration_s: float) -> None:
        """Count a duration [s]."""
        self._counts[bisect_left(self._bounds_s, duration_s)] += 1
        self._sum_s += duration_s

    def read(self) -> Distribution:
        """Return how many there were so far."""
        return Distribution(self._bounds_s, tuple(accumulate(self._counts)), self._sum_s)
