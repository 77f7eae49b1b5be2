"""What clients have left allowed of the power of devices."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from ..domain.metrics import Metric
from ..domain.ranges import Ranges
from .operating_point import OperatingPoint


class AllowedPowerState(NamedTuple):
    """What is allowed where it has been narrowed, by key."""

    active_w: dict[str, Ranges]
    reactive_var: dict[str, Ranges]
    dc_w: dict[str, Ranges]


class AllowedPower:
    """Ranges that clients have narrowed powers to."""

    def __init__(self, point: OperatingPoint) -> None:
        """Begin with all that devices can."""
        self._point = point
        self._memory = point.memory
        self._places = point.places
        self._dc_w: dict[str, Ranges] = {}

    def ranges(self, key: str, metric: Metric) -> Ranges | None:
        """Return what clients have left allowed of a power; None for all. See `allow`."""
        if metric is Metric.DC_POWER:
            return self._dc_w.get(key)
        number = self._places.controls[key]
        of_active = metric is Metric.AC_POWER_ACTIVE
        allowed: Ranges | None = (self._memory.allowed_w if of_active else self._memory.allowed_var)[number]
        return allowed

    def allow(self, key: str, metric: Metric, ranges: Ranges | None) -> None:
        """Keep the power of a component within ranges; None for all that it can.

        Args:
            key: Of the component.
            metric: `AC_POWER_ACTIVE` [W] or `AC_POWER_REACTIVE` [var] of a device that takes set-points,
                `DC_POWER` [W] of a battery.
            ranges: Ascending. A battery is at 0 W or in one of them, of which those on each side of 0 count as one.
        """
        memory = self._memory
        if metric is Metric.DC_POWER:
            self._allow_dc(key, ranges)
        elif metric is Metric.AC_POWER_ACTIVE:
            memory.allowed_w[self._places.controls[key]] = ranges
        else:
            memory.allowed_var[self._places.controls[key]] = ranges
        self._point.forget()

    def save(self) -> AllowedPowerState:
        """Return what is allowed."""
        keys, memory = self._places.controls, self._memory
        return AllowedPowerState(
            _given(keys, memory.allowed_w), _given(keys, memory.allowed_var), dict(self._dc_w)
        )

    def restore(self, state: AllowedPowerState) -> None:
        """Go on with what was allowed; numbers of batteries are the plant's to restore."""
        self._memory.allowed_w[:] = [state.active_w.get(key) for key in self._places.controls]
        self._memory.allowed_var[:] = [state.reactive_var.get(key) for key in self._places.controls]
        self._dc_w = dict(state.dc_w)

    def _allow_dc(self, key: str, ranges: Ranges | None) -> None:
        battery = self._memory.batteries[self._places.batteries[key]]
        self._dc_w.pop(key, None)
        battery.allowed_lower_w, battery.allowed_upper_w = -math.inf, math.inf
        battery.allowed_minimum_w = battery.allowed_minimum_delivered_w = 0.0
        if ranges is not None:
            self._dc_w[key] = ranges
            battery.allowed_lower_w = min(ranges[0].lower, 0.0)
            battery.allowed_upper_w = max(ranges[-1].upper, 0.0)
            battery.allowed_minimum_w = _least_w(each.lower for each in ranges if each.upper > 0.0)
            battery.allowed_minimum_delivered_w = _least_w(
                0.0 - each.upper for each in ranges if each.lower < 0.0
            )


def _least_w(edges_w: Iterable[float]) -> float:
    """Return the least of some edges of ranges as a magnitude; 0 if there are none, or 0 is in a range [W]."""
    return max(min(edges_w, default=0.0), 0.0)


def _given(keys: Mapping[str, int], ranges: Sequence[Ranges | None]) -> dict[str, Ranges]:
    return {key: given for key, given in zip(keys, ranges, strict=True) if given is not None}
