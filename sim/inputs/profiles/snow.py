"""Snow on an array in the weather of its place: when it falls, and how long it stays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta, tzinfo

from ....models.pv_snow import snow_left
from ..daily import Day, midnight_us
from .days import month_ranks
from .outdoors import OutdoorDays

_DULL = 0.2
"""Share of a month's days, the dullest, on which enough snow falls to cover modules if they are cold; chosen."""
_COLD_C = 0.5
"""Mean temperature of a day below which what falls is snow; chosen."""
_THAW_C = 4.0
"""Mean temperature of a day that melts all snow on modules, however flat; chosen."""
_REMEMBERED_DAYS = 366
"""For how long a last fall is looked for; snow that never thaws is older."""
_STEEPEST_DEG = 70.0
"""Tilt of modules on which snow stays at most; chosen."""
_PARTS = 24
"""Snow is followed in so many steps a day: hours, but for days on which clocks are moved."""


class SnowCover:
    """How much of an array is covered with snow, day by day and hour by hour; the same whatever is asked for first."""

    def __init__(
        self,
        outdoors: OutdoorDays,
        weather_key: str,
        tilt_deg: float,
        irradiance: Callable[[Day, Sequence[int]], Sequence[float]],
    ) -> None:
        """Choose an array.

        Args:
            outdoors: Temperature of the air.
            weather_key: Names the random stream of the weather.
            tilt_deg: Of the modules from the horizontal [°].
            irradiance: Returns what falls on their plane on a day at times [µs], without snow [W/m²].
        """
        self._outdoors = outdoors
        self._weather_key = weather_key
        self._tilt_deg = tilt_deg
        self._irradiance = irradiance
        self._followed = (date.min, 0.0)
        """A day, and what is covered at its end: days after it need not be followed from the fall on."""

    def falls(self, day: date) -> bool:
        """Say whether snow falls on a day; it covers the whole array at its beginning."""
        rank = month_ranks(self._weather_key, day.replace(day=1))[day.day - 1]
        return rank < _DULL and self._outdoors.mean_c(day) < _COLD_C

    def covered(self, day: Day) -> list[float]:
        """Return the share of the array's height that is covered at the beginning of each of 24 parts of a day."""
        fallen = None if self._tilt_deg > _STEEPEST_DEG else self._last_fall(day.date)
        if fallen is None:
            return [0.0] * _PARTS
        known, covered = self._followed
        begun = known + timedelta(days=1) if fallen <= known < day.date else fallen
        if begun == fallen:
            covered = 1.0
        parts = [0.0] * _PARTS
        for number in range((day.date - begun).days + 1):
            covered, parts = self._carried(_day(begun + timedelta(days=number), day.zone), covered)
        self._followed = day.date, covered
        return parts

    def _last_fall(self, day: date) -> date | None:
        """Return the last day on which snow fell, if it can still be there."""
        for ago in range(_REMEMBERED_DAYS):
            before = day - timedelta(days=ago)
            if self.falls(before):
                return before
            if self._outdoors.mean_c(before) > _THAW_C:
                return None
        return None

    def _carried(self, day: Day, covered: float) -> tuple[float, list[float]]:
        """Return the share covered at the end of a day, and at the beginning of each of its parts."""
        if covered == 0.0:
            return 0.0, [0.0] * _PARTS
        part_us = (day.end_us - day.begin_us) // _PARTS
        middles_us = [day.begin_us + part_us * part + part_us // 2 for part in range(_PARTS)]
        air, parts = self._outdoors.steps(day), []
        for time_us, irradiance in zip(middles_us, self._irradiance(day, middles_us), strict=True):
            parts.append(covered)
            covered = snow_left(covered, self._tilt_deg, irradiance, air.at(time_us), part_us / 1e6)
        return covered, parts


def _day(day: date, zone: tzinfo) -> Day:
    return Day(day, midnight_us(day, zone), midnight_us(day + timedelta(days=1), zone), zone)
