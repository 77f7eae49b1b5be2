"""Times of power at the connection point beyond what it may be: agreed, limited, or what the fuse bears."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from ..components.grid_connection_point import GridConnectionPoint
from ..components.grid_limits import Limit
from ..components.section import given
from ..domain.ranges import Bounds
from ..kernel.ac_bus import active_w
from ..kernel.grid import voltage_v
from ..kernel.layout import Layout
from ..kernel.memory import Memory
from ..plant.plant import Plant
from ..site.graph import grid_key
from ..site.site import Site
from .held import Floats, Instants

_ROUNDING = 1.0 + 1e-6
"""What keeps to a limit is found by sums, which round: times a limit."""


class FixedLimits(NamedTuple):
    """What a site file says of its connection point."""

    power_w: Bounds
    """Infinite where there is no limit."""
    fuse_a: float
    """Per phase; infinite if it is not known."""
    fuse_w: float
    """Active power that makes, at the nominal voltage."""
    varies: bool
    """Whether there are limits beside these that vary, or depend on the photovoltaics."""

    @property
    def is_any(self) -> bool:
        """Whether there is a limit."""
        return self.varies or any(map(math.isfinite, (*self.power_w, self.fuse_a)))


def fixed_limits(site: Site) -> FixedLimits:
    """Return what the site file says of its connection point."""
    grid = site.components[grid_key(site)]
    assert isinstance(grid, GridConnectionPoint)
    drawn_w = given(grid.rated_power_w, math.inf)
    fed_w = given(grid.rated_export_power_w, drawn_w)
    varies = False
    match grid.import_limit:
        case None:
            pass
        case float() as limit_w:
            drawn_w = min(drawn_w, limit_w)
        case _:
            varies = True
    match grid.feed_in_limit:
        case None:
            pass
        case Limit(amount=limit_w, is_share=False):
            fed_w = min(fed_w, limit_w)
        case _:
            varies = True
    fuse_a = given(grid.rated_fuse_current_a, math.inf)
    return FixedLimits(Bounds(-fed_w, drawn_w), fuse_a, math.sqrt(3.0) * grid.voltage_v * fuse_a, varies)


class LimitsWatch:
    """Counts for how long the connection point of a running site is beyond its limits."""

    def __init__(self, plant: Plant) -> None:
        """Begin with nothing."""
        self._plant = plant
        self._fixed = fixed_limits(plant.site)
        self._key = grid_key(plant.site)
        self._limited = [
            name
            for name in ("import_limit", "feed_in_limit")
            if f"{self._key}.{name}" in plant.inputs.signals
        ]
        self._is_beyond = False
        self._outside_us = 0

    @property
    def outside_s(self) -> float | None:
        """Time outside of limits so far [s]; None without any limit."""
        return self._outside_us / 1e6 if self._fixed.is_any else None

    def look(self, layout: Layout, memory: Memory) -> None:
        """Take in what flows now."""
        self._is_beyond = self._fixed.is_any and self._is_outside(layout, memory)

    def carry(self, span_us: int) -> None:
        """Let that go on for a while [µs]."""
        if self._is_beyond:
            self._outside_us += span_us

    def _is_outside(self, layout: Layout, memory: Memory) -> bool:
        lower_w, upper_w = self._fixed.power_w
        for name in self._limited:
            limit_w = self._plant.inputs.value(self._key, name)
            lower_w, upper_w = (
                (lower_w, min(upper_w, limit_w))
                if name == "import_limit"
                else (max(lower_w, -limit_w), upper_w)
            )
        power_w = active_w(memory, layout.grid)
        if power_w > _ROUNDING * upper_w or power_w < _ROUNDING * lower_w:
            return True
        if math.isinf(self._fixed.fuse_a):
            return False
        flow = memory.components[layout.grid]
        phases = (
            (flow.active_1, flow.reactive_1), (flow.active_2, flow.reactive_2), (flow.active_3, flow.reactive_3)
        )  # fmt: skip
        return any(
            math.hypot(*power)
            > _ROUNDING * self._fixed.fuse_a * voltage_v(layout, memory, layout.grid, phase)
            for phase, power in enumerate(phases)
        )


def outside_s(
    limits: FixedLimits,
    times_us: Instants,
    power_w: Floats,
    shown: tuple[Floats, Floats] | None,
    currents_a: list[Floats],
) -> float | None:
    """Return for how long a recorded connection point was beyond its limits [s]; None if they are not known.

    Args:
        limits: Of the site.
        times_us: Ascending; what is recorded holds from each to the next, so there is one time more [µs].
        power_w: At the connection point, NaN where it is not known [W].
        shown: Bounds of it that were recorded, lower and upper; NaN where they were not [W].
        currents_a: Of its phases, as far as recorded [A].
    """
    lower_w, upper_w = (np.full(len(power_w), limit) for limit in limits.power_w)
    if shown is not None:
        lower_w, upper_w = np.fmax(lower_w, shown[0]), np.fmin(upper_w, shown[1])
    elif limits.varies:
        return None
    if not currents_a:
        lower_w, upper_w = np.maximum(lower_w, -limits.fuse_w), np.minimum(upper_w, limits.fuse_w)
    if shown is None and not limits.is_any:
        return None
    is_outside = (power_w > _ROUNDING * upper_w) | (power_w < _ROUNDING * lower_w)
    for current_a in currents_a:
        is_outside |= current_a > _ROUNDING * limits.fuse_a
    return float(np.diff(times_us)[is_outside].sum()) / 1e6
