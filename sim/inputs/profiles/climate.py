"""The climate of a place: what its months are like, between reference places whose typical years are known.

`climate.csv` holds, by place and month, the clearness index (global irradiation on the horizontal over that outside of
the atmosphere) and the mean temperature of the air, and for the year the mean range of the temperature within a day and
the standard deviation of its daily means within a month. Its head says where the numbers come from.
"""

from __future__ import annotations

import csv
import math
from functools import lru_cache
from importlib.resources import files
from typing import NamedTuple

_NEIGHBOURS = 3
_NEAR_KM = 30.0
"""Within this, a reference place is as good as the place itself."""
_EARTH_RADIUS_KM = 6371.0
_LAPSE_K_PER_M = 0.0065
"""Lapse rate of the standard atmosphere (ISO 2533)."""


class Climate(NamedTuple):
    """What the weather of a place is like over the years."""

    clearness: tuple[float, ...]
    """Monthly mean clearness index, January first."""
    temperature_c: tuple[float, ...]
    """Monthly mean temperature of the air, January first [°C]."""
    daily_range_k: float
    """Mean difference between the highest and the lowest temperature of a day [K]."""
    spread_k: float
    """Standard deviation of daily mean temperatures within a month [K]."""


class ReferencePlace(NamedTuple):
    """A place of the table."""

    name: str
    latitude: float
    """Degrees north [°]."""
    longitude: float
    """Degrees east [°]."""
    altitude: float
    """Metres above sea level [m]."""
    source: str
    climate: Climate


@lru_cache(maxsize=1)
def reference_places() -> tuple[ReferencePlace, ...]:
    """Return the places of the table."""
    text = (files(__package__) / "climate.csv").read_text("utf-8")
    rows = csv.reader(line for line in text.splitlines() if not line.startswith("#"))
    next(rows)
    return tuple(_place(row) for row in rows)


def _place(row: list[str]) -> ReferencePlace:
    numbers = [float(cell) for cell in row[2:5] + row[6:]]
    monthly = numbers[3:]
    climate = Climate(tuple(monthly[:12]), tuple(monthly[12:24]), monthly[24], monthly[25])
    return ReferencePlace(row[0], numbers[0], numbers[1], numbers[2], row[5], climate)


@lru_cache(maxsize=64)
def climate_at(latitude: float, longitude: float, altitude: float | None) -> Climate:
    """Return the climate of a place: that of the nearest reference places, by the inverse square of the distance.

    Args:
        latitude: Degrees north [°].
        longitude: Degrees east [°].
        altitude: Metres above sea level, for the temperature; None if not known, which is as high as they are [m].
    """
    near = sorted((_distance_km(latitude, longitude, place), place) for place in reference_places())
    near = near[:_NEIGHBOURS]
    weights = [1.0 / max(distance_km, _NEAR_KM) ** 2 for distance_km, _ in near]
    total = math.fsum(weights)
    shares = [(weight / total, place) for weight, (_, place) in zip(weights, near, strict=True)]
    above_m = 0.0
    if altitude is not None:
        above_m = altitude - math.fsum(share * place.altitude for share, place in shares)
    return Climate(
        tuple(
            math.fsum(share * place.climate.clearness[month] for share, place in shares)
            for month in range(12)
        ),
        tuple(
            math.fsum(share * place.climate.temperature_c[month] for share, place in shares)
            - _LAPSE_K_PER_M * above_m
            for month in range(12)
        ),
        math.fsum(share * place.climate.daily_range_k for share, place in shares),
        math.fsum(share * place.climate.spread_k for share, place in shares),
    )


def _distance_km(latitude: float, longitude: float, place: ReferencePlace) -> float:
    """Return the distance to a place along a great circle [km]."""
    here, there = math.radians(latitude), math.radians(place.latitude)
    across = math.radians(place.longitude - longitude)
    half = (
        math.sin((there - here) / 2.0) ** 2 + math.cos(here) * math.cos(there) * math.sin(across / 2.0) ** 2
    )
    return 2.0 * _EARTH_RADIUS_KM * math.asin(min(math.sqrt(half), 1.0))
