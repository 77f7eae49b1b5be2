"""Set-points on their way to devices."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from ...models.inverter import floor_to_resolution
from ..components.rating import Rating
from ..domain.metrics import PowerType
from ..domain.ranges import AS_SENT, Ranges, is_allowed
from .operating_point import OperatingPoint
from .steps import Steps, first_around


class PendingSetPoint(NamedTuple):
    """A set-point on its way to the device."""

    due_us: int
    power_type: PowerType
    power: float | None
    """[W] or [var]; None returns the axis to its default."""


def minimum_as_sent_w(rating: Rating, power_w: float) -> float:
    """Return the least magnitude, other than 0, that a device takes as a set-point of active power of this sign [W]."""
    return rating.minimum_set_point_w(power_w) * (1.0 - AS_SENT)


def as_taken(rating: Rating, power: float | None, *, default: float) -> float:
    """Return a set-point as its device takes it [W] or [var].

    Args:
        rating: Of the device.
        power: Asked for; None for the default.
        default: Of the axis.
    """
    return default if power is None else floor_to_resolution(power, rating.resolution_w)


def active_as_taken_w(rating: Rating, power_w: float | None) -> float:
    """Return a set-point of active power as its device takes it [W]; what was sent as its minimum is its minimum."""
    if power_w is not None:
        least_w = rating.least_w(power_w)
        if 0.0 < minimum_as_sent_w(rating, power_w) <= abs(power_w) < least_w:
            return math.copysign(least_w, power_w)
    return as_taken(rating, power_w, default=rating.default_w)


def may_be_next_step(rating: Rating, power: float | None, target: float) -> bool:
    """Say whether a device that was told a power may have taken it as the step above [W] or [var].

    So it does of what clients leave a range that begins between two steps.
    """
    if power is None or power * target <= 0.0 or as_taken(rating, target, default=0.0) != target:
        return False
    return 0.0 < abs(target) - abs(power) < rating.resolution_w


def may_be_taken_w(rating: Rating, power_w: float | None, target_w: float) -> bool:
    """Say whether a device that was told a power may have taken it as another one [W]: a least power that it had then.

    Or as the step above it: see `may_be_next_step`.

    Args:
        rating: Of the device, whatever its least power is now.
        power_w: What it was told; None for the default.
        target_w: What it aims at.
    """
    if target_w == as_taken(rating, power_w, default=rating.default_w):
        return True
    if may_be_next_step(rating, power_w, target_w):
        return True
    if power_w is None or rating.is_limit or power_w * target_w <= 0.0:
        return False
    return abs(target_w) * (1.0 - AS_SENT) <= abs(power_w) < abs(target_w)


class SetPointsUnderWay:
    """Carries set-points to devices, which take them in after their response delay."""

    def __init__(
        self,
        ratings: Mapping[str, Rating],
        rating_now: Callable[[str], Rating],
        point: OperatingPoint,
        seed: int,
    ) -> None:
        """Begin with none.

        Args:
            ratings: Of everything that takes set-points, by key.
            rating_now: Returns that of a key with the least power that it can have now.
            point: What flows now.
            seed: Of how much later than their delay devices respond.
        """
        self._seed = seed
        self._ratings = ratings
        self._rating_now = rating_now
        self._point = point
        self._memory = point.memory
        self._pending: dict[str, tuple[PendingSetPoint, ...]] = {}

    def send(self, key: str, power_type: PowerType, power: float | None) -> None:
        """Send a set-point to a device; it arrives after the response delay, and after all that were sent before.

        Args:
            key: Of the device.
            power_type: Axis of the set-point.
            power: In W or var; None returns the axis to its default.
        """
        due_us = self._memory.time_us + self._delay_us(key, power_type)
        set_point = PendingSetPoint(due_us, power_type, power)
        self._pending[key] = (*self._pending.get(key, ()), set_point)
        self._point.refresh()
        self.receive()

    def _delay_us(self, key: str, power_type: PowerType) -> int:
        """Return after which time a device responds to what it is told now [µs]."""
        rating, time_us = self._ratings[key], self._memory.time_us
        delay_s = rating.response_delay_s
        if rating.response_jitter_s > 0.0:
            draw = random.Random(f"{self._seed}/{key}/response/{power_type.value}/{time_us}")
            delay_s += draw.uniform(0.0, rating.response_jitter_s)
        return round(delay_s * 1e6)

    def take_again(self, key: str, power_type: PowerType, power: float) -> None:
        """Let a device that goes in steps take what it has been told beside what clients leave now [W] or [var]."""
        if self._ratings[key].resolution_w > 0.0 and not self.has_any(key):
            self._take(key, PendingSetPoint(self._memory.time_us, power_type, power))

    def receive(self) -> None:
        """Let devices take in what is due."""
        for key in list(self._pending):
            pending = self._pending[key]
            while pending and pending[0].due_us <= self._memory.time_us:
                self._take(key, pending[0])
                pending = pending[1:]
            if pending:
                self._pending[key] = pending
            else:
                del self._pending[key]

    def is_told(self, key: str) -> bool:
        """Say whether a device has a set-point of active power: one that was sent, or that of its recording."""
        return not self._memory.controls[self._point.places.controls[key]].follows_meter

    def is_released(self, key: str) -> bool:
        """Say whether no set-point of active power that somebody sent is in force at a device."""
        recorded = self._point.places.recorded.get(key)
        if recorded is not None:
            return not self._memory.recorded[recorded].is_overruled
        return not self.is_told(key)

    def has_any(self, key: str) -> bool:
        """Say whether a set-point is on its way to a device."""
        return key in self._pending

    def next_due_us(self, latest_us: int) -> int:
        """Return when the next one arrives, or a latest time [µs] if that is earlier."""
        for pending in self._pending.values():
            latest_us = min(latest_us, pending[0].due_us)
        return latest_us

    def save(self) -> dict[str, tuple[PendingSetPoint, ...]]:
        """Return what is on its way."""
        return dict(self._pending)

    def restore(self, pending: Mapping[str, tuple[PendingSetPoint, ...]]) -> None:
        """Go on with what was on its way."""
        self._pending = dict(pending)

    def _take(self, key: str, arrived: PendingSetPoint) -> None:
        control, rating = self._memory.controls[self._point.places.controls[key]], self._ratings[key]
        if arrived.power_type is PowerType.REACTIVE:
            taken_var = as_taken(rating, arrived.power, default=0.0)
            control.reactive_target_var = self._within_bounds(
                arrived, taken_var, self._memory.allowed_var, key
            )
        else:
            taken_w = active_as_taken_w(self._rating_now(key), arrived.power)
            control.target_w = self._within_bounds(arrived, taken_w, self._memory.allowed_w, key)
            recorded = self._point.places.recorded.get(key)
            if recorded is None:
                control.follows_meter = int(arrived.power is None)
            else:
                self._memory.recorded[recorded].is_overruled = int(arrived.power is not None)
        self._point.forget()

    def _within_bounds(
        self, arrived: PendingSetPoint, taken: float, allowed: Sequence[Ranges | None], key: str
    ) -> float:
        """Return what a device makes of what it is told [W] or [var]: the next step where clients left none below."""
        steps = Steps(0.0, self._ratings[key].resolution_w)
        left = allowed[self._point.places.controls[key]]
        if arrived.power is None or left is None or steps.size == 0.0 or is_allowed(taken, left, 0.0):
            return taken
        return first_around(arrived.power, left, steps) or taken
