"""What flowed through a running plant over the present interval."""

from __future__ import annotations

import math
from typing import Protocol

from ..kernel.intervals import PHASES, WITH_TOTALS, gather_extremes, gather_means, row_length
from ..kernel.layout import Layout
from ..kernel.memory import Memory


class FlowFollower(Protocol):
    """Whoever wants to know all that flows, for however short a time."""

    def take(self, layout: Layout, memory: Memory, end_us: int) -> None:
        """Take in what flows from the memory's time until another [µs], before time moves on."""
        ...


class Gathered:
    """Means, and if asked for least and greatest values, from the beginning of an interval to the plant's present."""

    def __init__(self, layout: Layout, begin_us: int, *, extremes: bool = False) -> None:
        """Begin an interval.

        Args:
            layout: Of the site.
            begin_us: When it begins [µs since the Unix epoch].
            extremes: Whether to find least and greatest values.
        """
        self.begin_us = begin_us
        self.means = [math.nan] * row_length(layout, PHASES)
        length = row_length(layout, WITH_TOTALS) if extremes else 0
        self.least, self.greatest = [math.nan] * length, [math.nan] * length
        self._until_us = begin_us

    def take(self, layout: Layout, memory: Memory, end_us: int) -> None:
        """Take in what flows until a time [µs], before time moves on."""
        if memory.time_us != self._until_us or end_us <= memory.time_us:
            return  # time has jumped, as to a snapshot, or stands still
        is_first = memory.time_us == self.begin_us
        gather_means(layout, memory, self.means, (end_us - memory.time_us) / (end_us - self.begin_us))
        if self.least:
            gather_extremes(layout, memory, self.least, self.greatest, is_first)
        self._until_us = end_us

    def is_whole(self, end_us: int) -> bool:
        """Say whether all that flowed from the beginning of the interval to a time [µs] was taken in."""
        return self.begin_us < end_us == self._until_us
