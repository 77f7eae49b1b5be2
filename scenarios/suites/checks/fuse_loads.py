"""What becomes of the fuse at the grid connection point by its currents, between samplings as well."""

from __future__ import annotations

import math
from collections.abc import Callable

from ....models.fuse import MELTED
from ....sim.kernel.grid import fuse_current_a
from ....sim.kernel.layout import Layout
from ....sim.kernel.memory import Memory
from ....sim.plant.plant import Plant

PATIENCE_US = 60_000_000
"""For how long a fuse may carry more than its rated current, which it bears for longer [µs]."""
_LINKS = 3
_SHARE = 1e-3
"""Excess over the rated current that is no overload yet, as a share of it."""


class FuseLoads:
    """Follows all that flows through the fuse links of a site, for however short a time."""

    def __init__(self, plant: Plant, rated_a: float, tell: Callable[[str, int], object]) -> None:
        """Follow the currents of a plant from now on.

        Args:
            plant: Whose currents flow.
            rated_a: Rated current of the fuse [A].
            tell: Called when a link has melted or an overload has lasted for too long, with the first of that in words
                and when it was so [µs since the Unix epoch], before anything else happens.
        """
        self._rated_a = rated_a
        self._tell = tell
        self._is_told = False
        self._over: dict[int, tuple[int, float]] = {}
        """Since when links are overloaded without a break [µs since the Unix epoch], by what current at least [A]."""
        self._until_us = plant.time_us
        plant.follow(self)

    def take(self, layout: Layout, memory: Memory, end_us: int) -> None:
        """Take in what flows from the memory's time until another [µs]."""
        if memory.time_us != self._until_us:
            self._over.clear()  # Time has jumped, as to a snapshot.
        self._until_us = end_us
        if any(link.condition == MELTED for link in memory.fuses):
            self._tell_once("its fuse has melted", memory.time_us)
        for link in range(_LINKS):
            current_a = fuse_current_a(layout, memory, link)
            if current_a <= self._rated_a + _SHARE * self._rated_a:
                self._over.pop(link, None)
                continue
            since_us, least_a = self._over.get(link, (memory.time_us, math.inf))
            least_a = min(least_a, current_a)
            self._over[link] = since_us, least_a
            if end_us - since_us >= PATIENCE_US:
                lasted = f"{PATIENCE_US / 1e6:g} s, through a fuse of {self._rated_a:g} A"
                self._tell_once(f"at least {least_a:.5g} A for {lasted}", since_us + PATIENCE_US)

    def _tell_once(self, words: str, time_us: int) -> None:
        if not self._is_told:
            self._is_told = True
            self._tell(words, time_us)
