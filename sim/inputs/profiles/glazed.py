"""Recorded irradiance of a pyranometer, as the cells behind the glass of modules have it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from ..daily import MINUTE_US, day_at, midnight_us
from .clear_sky import clear_month

if TYPE_CHECKING:
    from ..location import Location
    from ..signal import Signal

_STEP_US = 5 * MINUTE_US
_TENTHS = 12
"""Shares are found for the clear sky's irradiance in tenths, up to one and a fifth of it."""
_DARK = 1e-9
"""No light to speak of [W/m²]."""
_DAYS_KEPT = 2
_LEAST_W_PER_M2 = 1.0
"""Of the clear sky; in less nothing is direct."""


class Glazed:
    """An irradiance on a plane less what glass reflects, by where the sun is and how much of the light is direct.

    The direct share is the default sky's where it shows as much as is recorded: all of the clear sky's in full light,
    none in four tenths of it. It holds for five minutes, counted from the epoch.
    """

    def __init__(self, inner: Signal, location: Location, plane: tuple[float, float]) -> None:
        """Put glass before a recording.

        Args:
            inner: Irradiance on the plane [W/m²].
            location: Where the plane stands.
            plane: Its tilt from the horizontal and azimuth clockwise from north [°].
        """
        self._inner = inner
        self._location = location
        self._plane = plane
        self._days: dict[date, tuple[int, list[float], list[list[float]]]] = {}
        self.ends_us = inner.ends_us

    def at(self, time_us: int) -> float:
        """Return the irradiance behind the glass, over that at right angles [W/m²]."""
        value = self._inner.at(time_us)
        if value <= 0.0:
            return value
        first, clear, shares = self._day(time_us)
        place = min(time_us // _STEP_US - first, len(clear) - 1)
        tenths = min(10.0 * value / max(clear[place], _LEAST_W_PER_M2), float(_TENTHS))
        below = min(int(tenths), _TENTHS - 1)
        low, high = shares[below][place], shares[below + 1][place]
        return value * (low + (high - low) * (tenths - below))

    def until(self, time_us: int) -> int:
        """Return when the recording changes next, or five minutes are over."""
        return min(self._inner.until(time_us), (time_us // _STEP_US + 1) * _STEP_US)

    def _day(self, time_us: int) -> tuple[int, list[float], list[list[float]]]:
        """Return a day: the number of its first five minutes, and for each the clear sky and what glass keeps.

        The clear sky's irradiance is in W/m²; the shares are by its tenths.
        """
        import numpy as np  # noqa: PLC0415 - comes with pvlib, which few sites need

        zone = self._location.zone
        day = day_at(time_us, zone)
        if day.date not in self._days:
            if len(self._days) >= _DAYS_KEPT:
                del self._days[next(iter(self._days))]
            month = day.date.replace(day=1)
            next_month = (month + timedelta(days=31)).replace(day=1)
            sky = clear_month(
                self._location, self._plane, midnight_us(month, zone), midnight_us(next_month, zone)
            )
            first = day.begin_us // _STEP_US
            middles_us = np.arange(first, -(-day.end_us // _STEP_US)) * _STEP_US + _STEP_US // 2
            shares = []
            for tenth in range(_TENTHS + 1):
                index = np.full(len(middles_us), max(tenth, 1) / 10.0)
                bare, behind = (sky.clouded(middles_us, index, is_glazed=glass) for glass in (False, True))
                shares.append(
                    np.where(bare > 0.0, behind / np.maximum(bare, _DARK), 1.0)
                    .clip(0.0, 1.0)
                    .round(6)
                    .tolist()
                )
            self._days[day.date] = first, sky.irradiance(middles_us).tolist(), shares
        return self._days[day.date]
