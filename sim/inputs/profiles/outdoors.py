"""The temperature of the air outdoors, by the climate of a place."""

from __future__ import annotations

import math
from datetime import date, timedelta
from typing import TYPE_CHECKING

from ..daily import MINUTE_US, Day
from ..signal import Steps
from .climate import climate_at
from .days import day_weather

if TYPE_CHECKING:
    from ..location import Location

_STEP_US = 10 * MINUTE_US
_HOUR_US = 60 * MINUTE_US
_WARMEST_H = 15.0
"""Solar time at which a day is warmest; chosen."""
_MONTH_DAYS = 365.25 / 12.0
_DECIMALS = 2


class OutdoorDays:
    """Makes days of the temperature of the air [°C].

    The monthly means are joined by straight lines from the middle of a month to that of the next; each day is warmer or
    colder by what its weather is like; within it the temperature goes with the cosine of the time since three in the
    afternoon by the sun. Left out: that clear days are warmer in summer, colder in winter, and wider in range.
    """

    def __init__(self, location: Location, weather_key: str) -> None:
        """Choose a place.

        Args:
            location: Where it is.
            weather_key: Names the random stream of the weather.
        """
        self._climate = climate_at(location.latitude, location.longitude, location.known_altitude)
        self._key = f"{weather_key}/temperature"
        self._ahead_h = location.longitude / 15.0

    def mean_c(self, day: date) -> float:
        """Return the mean temperature of a day [°C]."""
        return self._monthly_c(day, 0.5) + self._anomaly_k(day)

    def steps(self, day: Day) -> Steps:
        """Return a day's temperature in steps of ten minutes."""
        times_us = range(day.begin_us, day.end_us, _STEP_US)
        anomalies_k = [self._anomaly_k(day.date + timedelta(days=offset)) for offset in (-1, 0, 1)]
        length_us = day.end_us - day.begin_us
        return Steps(
            times_us,
            [
                self._temperature_c(day.date, (time_us - day.begin_us) / length_us, time_us, anomalies_k)
                for time_us in times_us
            ],
        )

    def _anomaly_k(self, day: date) -> float:
        return self._climate.spread_k * day_weather(self._key, day)

    def _temperature_c(self, day: date, passed: float, time_us: int, anomalies_k: list[float]) -> float:
        """Return the temperature at a share of a day, between the middles of this day and of one beside it [°C]."""
        beside = anomalies_k[0] if passed < 0.5 else anomalies_k[2]
        share = abs(passed - 0.5)
        solar_h = (time_us / _HOUR_US + self._ahead_h) % 24.0
        swing = math.cos((solar_h - _WARMEST_H) / 24.0 * math.tau)
        return round(
            self._monthly_c(day, passed)
            + (1.0 - share) * anomalies_k[1]
            + share * beside
            + 0.5 * self._climate.daily_range_k * swing,
            _DECIMALS,
        )

    def _monthly_c(self, day: date, passed: float) -> float:
        months = (day.timetuple().tm_yday - 1.0 + passed) / _MONTH_DAYS - 0.5
        before = math.floor(months)
        share = months - before
        means = self._climate.temperature_c
        return (1.0 - share) * means[before % 12] + share * means[(before + 1) % 12]
