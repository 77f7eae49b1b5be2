"""Sessions drawn from statistics: when cars come, how long they stay, and what they want.

Cars come to a free charger as a Poisson process whose rate depends on weekday and hour. How long a car stays and the
energy it wants follow empirical distributions by the hour of its arrival, coupled by a Gaussian copula (R. B. Nelsen,
"An Introduction to Copulas", Springer 2006, section 2.3). All that a day needs is drawn from a random stream of its
own, whether or not the charger is free, so a run is the same however long it is.
"""

from __future__ import annotations

import math
import random
from bisect import bisect_right
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta, tzinfo
from statistics import NormalDist
from typing import NamedTuple

from ....models.electric_car import ElectricCarParams
from ...domain.timestamps import to_datetime, to_us
from .daily import LEAD_IN_DAYS, DayByDay
from .session import SECOND_US, Session, fitting_car, unknown_arrival_soc

PROBABILITIES = (0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)
"""Where the distributions of a profile are known; between, they are linear, and cut at the ends."""
_HOUR_US = 3600 * SECOND_US
_NORMAL = NormalDist()


class StayBand(NamedTuple):
    """Cars that come in some hours of a day."""

    from_hour: int
    """From this hour on, until the next band or midnight."""
    stay_h: tuple[float, ...]
    """Quantiles at `PROBABILITIES` [h]."""
    energy_kwh: tuple[float, ...]
    """Quantiles at `PROBABILITIES`, through the cable [kWh]."""
    correlation: float
    """Correlation of the normal deviates behind the two."""


class ArrivalProfile(NamedTuple):
    """When cars come to a charger, how long they stay, and what they want."""

    source: str
    rates_per_h: tuple[tuple[float, ...], ...]
    """Kinds of days: in each hour of the clock, cars per hour that come to a free charger."""
    kind_of_weekday: tuple[int, ...]
    """Which kind Monday … Sunday are."""
    bands: tuple[tuple[StayBand, ...], ...]
    """Bands of each kind of day, in order; the first from hour 0 on."""


class _Draws(NamedTuple):
    profile: ArrivalProfile
    cars: tuple[ElectricCarParams, ...]
    key: str
    zone: tzinfo

    def arriving(self, day: date) -> list[Session]:
        """Return who comes on a day if the charger is free, by arrival."""
        stream = random.Random(f"{self.key}/{day.isoformat()}")
        kind = self.profile.kind_of_weekday[day.weekday()]
        sessions = []
        for hour, rate_per_h in enumerate(self.profile.rates_per_h[kind]):
            begin_us = to_us(datetime.combine(day, time(hour), self.zone))
            shares = [stream.random() for _ in range(_poisson(stream, rate_per_h))]
            sessions += [
                self._session(stream, kind, hour, begin_us + round(share * _HOUR_US)) for share in shares
            ]
        return sorted(sessions)

    def _session(self, stream: random.Random, kind: int, hour: int, arrival_us: int) -> Session:
        bands = self.profile.bands[kind]
        band = bands[bisect_right([each.from_hour for each in bands], hour) - 1]
        one, other = _deviate(stream), _deviate(stream)
        coupled = band.correlation * one + math.sqrt(1.0 - band.correlation * band.correlation) * other
        stay_us = round(quantile(band.stay_h, _NORMAL.cdf(one)) * _HOUR_US)
        energy_wh = 1e3 * quantile(band.energy_kwh, _NORMAL.cdf(coupled))
        car = fitting_car(self.cars[int(stream.random() * len(self.cars))], energy_wh)
        return Session(arrival_us, arrival_us + stay_us, car, energy_wh, unknown_arrival_soc(car, energy_wh))


def statistical_sessions(
    profile: ArrivalProfile,
    cars: Sequence[ElectricCarParams],
    *,
    key: str,
    start_us: int,
    zone: tzinfo,
) -> DayByDay:
    """Return sessions drawn from a profile.

    Args:
        profile: When cars come, how long they stay, and what they want.
        cars: That come, each as often as the others; one with a larger battery in its place where the energy drawn
            would not fit.
        key: Names the random stream, such as `seed/component/sessions`.
        start_us: Start of the run [µs]; a car may have come up to a week before it.
        zone: Of the profile's days and hours.
    """
    first_day = to_datetime(start_us).astimezone(zone).date() - timedelta(days=LEAD_IN_DAYS)
    return DayByDay(
        _Draws(profile, tuple(cars), key, zone).arriving, first_day=first_day, zone=zone, cars=cars
    )


def quantile(values: Sequence[float], probability: float) -> float:
    """Return the value at a probability of a distribution that is known at `PROBABILITIES`."""
    index = min(max(bisect_right(PROBABILITIES, probability), 1), len(PROBABILITIES) - 1)
    low, high = PROBABILITIES[index - 1], PROBABILITIES[index]
    share = min(max((probability - low) / (high - low), 0.0), 1.0)
    return values[index - 1] + share * (values[index] - values[index - 1])


def _deviate(stream: random.Random) -> float:
    return _NORMAL.inv_cdf(min(max(stream.random(), 1e-12), 1.0 - 1e-12))


def _poisson(stream: random.Random, mean: float) -> int:
    """Return a number of events, by counting exponential waiting times."""
    count, left = 0, math.exp(-mean)
    product = stream.random()
    while product > left:
        count += 1
        product *= stream.random()
    return count
