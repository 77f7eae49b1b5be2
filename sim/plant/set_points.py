"""Set-points on their way to devices."""

from __future__ import annotations

import math
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


AS_SENT = 1e-6
"""By which part more or less than it is a power may arrive that was sent as a 32-bit float."""


def minimum_as_sent_w(rating: Rating) -> float:
    """Return the least magnitude of active power, other than 0, that a device runs at when it is told [W].

    0 for devices whose set-point is a limit: a lower one lets them pause.
    """
    return 0.0 if rating.is_limit else rating.minimum_w * (1.0 - AS_SENT)


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
    if power_w is not None and 0.0 < minimum_as_sent_w(rating) <= abs(power_w) < rating.minimum_w:
        return math.copysign(rating.minimum_w, power_w)
    return as_taken(rating, power_w, default=rating.default_w)
