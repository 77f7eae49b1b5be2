"""Set-points on their way to devices."""

from __future__ import annotations

from typing import NamedTuple

from ...models.inverter import floor_to_resolution
from ..components.rating import Rating
from ..domain.metrics import PowerType


class PendingSetPoint(NamedTuple):
    """A set-point on its way to the device."""

    due_us: int
    power_type: PowerType
    power: float | None
    """[W] or [var]; None returns the axis to its default."""


def as_taken(rating: Rating, power: float | None, *, default: float) -> float:
    """Return a set-point as its device takes it [W] or [var].

    Args:
        rating: Of the device.
        power: Asked for; None for the default.
        default: Of the axis.
    """
    return default if power is None else floor_to_resolution(power, rating.resolution_w)
