"""Irradiance on a tilted plane: clear sky by `pvlib`, and seeded passing clouds."""

from __future__ import annotations

import random
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from functools import lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

from ..daily import MINUTE_US, SECOND_US, Day, midnight_us
from ..signal import Steps
from ..specs import ClearSky, Clouds
from .kept import kept_series

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

    from ..location import Location

    Floats = npt.NDArray[np.float64]

_GEOMETRY_STEP_US = 2 * MINUTE_US
_LEAST_IRRADIANCE = 1e-3
"""What clear skies are rounded to [W/m²]; pyranometers show 0.1 or more."""
_EDGE_S = 30.0
"""Time that a cloud's edge takes to cross the array [s]."""
_THINNEST = 0.4
"""Thinnest cloud, as a share of the thickest."""


class _Month(NamedTuple):
    begins: date
    times_us: npt.NDArray[np.int64]
    clear: Floats
    """Irradiance under a clear sky [W/m²]."""


class SkyDays:
    """Makes days of irradiance on the plane of an array [W/m²]."""

    def __init__(self, spec: ClearSky, location: Location, plane: tuple[float, float], key: str) -> None:
        """Look at the sky from a place.

        Args:
            spec: Clouds and step.
            location: Where the array stands.
            plane: Its tilt from the horizontal and azimuth clockwise from north [°].
            key: Names the random stream; each day has its own within.
        """
        self._spec = spec
        self._location = location
        self._plane = plane
        self._key = key
        self._month: _Month | None = None

    def steps(self, day: Day) -> Steps:
        """Return a day's irradiance, as means over the step."""
        import numpy as np  # noqa: PLC0415 - comes with pvlib, which few sites need

        step_us = round(self._spec.step_s * SECOND_US)
        times_us = np.arange(day.begin_us, day.end_us, step_us)
        knots_us, clear = self._month_of(day)
        through = cloud_index(
            self._spec.clouds, f"{self._key}/clouds/{day.date}", (times_us - day.begin_us) / SECOND_US,
            step_s=self._spec.step_s,
        )  # fmt: skip
        values = np.interp(times_us + step_us // 2, knots_us, clear) * through
        return Steps.of_arrays(times_us, values)

    def _month_of(self, day: Day) -> tuple[npt.NDArray[np.int64], Floats]:
        """Return the clear sky over the month of a day: times [µs] and irradiance [W/m²].

        A month at once costs little more than a day.
        """
        import numpy as np  # noqa: PLC0415

        month = day.date.replace(day=1)
        if self._month is None or self._month.begins != month:
            begin_us = midnight_us(month, day.zone)
            end_us = midnight_us((month + timedelta(days=31)).replace(day=1), day.zone)
            knots_us = np.arange(begin_us, end_us + _GEOMETRY_STEP_US, _GEOMETRY_STEP_US)
            place = self._location
            clear = kept_series(
                f"clear sky {place.latitude!r} {place.longitude!r} {place.altitude!r} {self._plane!r} "
                f"{begin_us} {len(knots_us)} {_GEOMETRY_STEP_US}",
                "pvlib",
                _LEAST_IRRADIANCE,
                lambda: clear_sky_irradiance(knots_us, place, *self._plane),
            )
            self._month = _Month(month, knots_us, clear)
        return self._month.times_us, self._month.clear


def clear_sky_irradiance(
    times_us: npt.NDArray[np.int64], location: Location, tilt_deg: float, azimuth_deg: float
) -> Floats:
    """Return the irradiance on a plane under a clear sky [W/m²], one value per time.

    Solar position by the algorithm of NREL, clear sky by Ineichen and Perez with the monthly turbidity of the
    place, sky diffuse by Hay and Davies, ground albedo 0.25.

    Args:
        times_us: Ascending [µs since the Unix epoch].
        location: Where the plane stands.
        tilt_deg: From the horizontal [°].
        azimuth_deg: Clockwise from north [°].

    References: P. Ineichen, R. Perez, "A new airmass independent formulation for the Linke turbidity
    coefficient", Solar Energy 73(3), 2002, doi:10.1016/S0038-092X(02)00045-2.
    """
    import numpy as np  # noqa: PLC0415
    import pvlib  # noqa: PLC0415 - takes 0.7 s to import

    sky = _clear_sky(
        times_us.astype(np.int64).tobytes(), location.latitude, location.longitude, location.altitude
    )
    with _quiet():
        total = pvlib.irradiance.get_total_irradiance(
            tilt_deg, azimuth_deg, sky.zenith_deg, sky.azimuth_deg, sky.dni, sky.ghi, sky.dhi,
            dni_extra=sky.extra, model="haydavies",
        )  # fmt: skip
    values: Floats = total["poa_global"].fillna(0.0).clip(lower=0.0).to_numpy(dtype=float)
    return values


class _ClearSky(NamedTuple):
    """Sun and clear sky over time [°, W/m²], whatever plane they fall on."""

    zenith_deg: pd.Series
    azimuth_deg: pd.Series
    dni: pd.Series
    ghi: pd.Series
    dhi: pd.Series
    extra: pd.Series


@lru_cache(maxsize=4)
def _clear_sky(times_us: bytes, latitude: float, longitude: float, altitude: float) -> _ClearSky:
    """Return sun and sky at a place; the arrays of a site share them."""
    import numpy as np  # noqa: PLC0415
    import pandas as pd  # noqa: PLC0415
    import pvlib  # noqa: PLC0415

    times = pd.DatetimeIndex(np.frombuffer(times_us, np.int64).astype("datetime64[us]"), tz="UTC")
    place = pvlib.location.Location(latitude, longitude, "UTC", altitude)
    with _quiet():
        extra = pvlib.irradiance.get_extra_radiation(times)
        sun = place.get_solarposition(times)
        sky = place.get_clearsky(times, model="ineichen", solar_position=sun, dni_extra=extra)
    return _ClearSky(sun["apparent_zenith"], sun["azimuth"], sky["dni"], sky["ghi"], sky["dhi"], extra)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep warnings of names that pandas is about to drop, and pvlib still uses, silent."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        yield


def cloud_index(clouds: Clouds, key: str, times_s: Floats, *, step_s: float) -> Floats:
    """Return the share of clear-sky irradiance that clouds let through, as means over each step.

    A simple stationary process of two states: clouds and clear spells take turns, their lengths exponentially
    distributed with means such that clouds stand before the sun for the wanted share of time. Each cloud
    takes away a share of its own, uniform between 40 % and 100 % of the greatest, and its edges take 30 s to
    pass. The numbers are plain choices, not fitted to a climate. Left out: brightening beside clouds, and
    that direct light suffers more than diffuse.

    Args:
        clouds: Cover, depth and mean length.
        key: Names the random stream.
        times_s: Beginnings of the steps, ascending from 0 [s].
        step_s: Length of a step [s].
    """
    import numpy as np  # noqa: PLC0415

    end_s = float(times_s[-1]) + step_s + _EDGE_S
    spells = list(_spells(clouds, random.Random(key), end_s + _EDGE_S))
    knots = np.array([0.0, *accumulate(length for length, _ in spells)]) - _EDGE_S
    integral = np.array([0.0, *accumulate(length * through for length, through in spells)])
    begins, ends = times_s - _EDGE_S / 2, times_s + step_s + _EDGE_S / 2
    means: Floats = (np.interp(ends, knots, integral) - np.interp(begins, knots, integral)) / (ends - begins)
    return means


def _spells(clouds: Clouds, draw: random.Random, length_s: float) -> Iterator[tuple[float, float]]:
    """Yield spells until they fill a length: each one's length [s], and the share of light let through."""
    if clouds.cover == 0.0:
        yield length_s, 1.0
        return
    clear_s = clouds.passage_s * (1.0 - clouds.cover) / clouds.cover
    cloudy = draw.random() < clouds.cover
    while length_s > 0.0:
        mean_s = clouds.passage_s if cloudy else clear_s
        spell_s = min(mean_s * draw.expovariate(1.0), length_s)
        through = 1.0 - clouds.depth * draw.uniform(_THINNEST, 1.0) if cloudy else 1.0
        yield spell_s, through
        length_s -= spell_s
        cloudy = not cloudy
