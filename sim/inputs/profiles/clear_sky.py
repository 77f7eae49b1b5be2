"""The clear sky over a place, by `pvlib`, and what is left of it under clouds."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from ....models.pv_glass import glass_kept, ground_kept, sky_kept
from ..daily import MINUTE_US
from .kept import kept_series
from .obstacles import NO_OBSTACLES, Obstacles

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

    from ..location import Location

    Floats = npt.NDArray[np.float64]

_GEOMETRY_STEP_US = 2 * MINUTE_US
_LEAST_IRRADIANCE = 1e-3
"""What clear skies are rounded to [W/m²]; pyranometers show 0.1 or more."""
_LEAST_ANGLE_DEG = 1e-4
"""What directions to the sun are rounded to [°]."""
_DECIMALS_OF_CLEARNESS = 6
_ALBEDO = 0.25
_OVERCAST = 0.4
"""Share of the clear sky's light, at and below which all of it is diffuse."""
_LOWEST_SUN = 0.01745
"""Least cosine of the zenith angle that the sky's brightness about the sun is divided by, as in `pvlib`."""
_PARTS = 7
_HIGHEST_SKY_M = (1.0 - 0.868) / 5.09e-5
"""Altitude at which the factor of Ineichen and Perez before the light above the air, which grows with it, is 1."""


class ClearMonth(NamedTuple):
    """The clear sky over a month, at times between which it is interpolated."""

    times_us: npt.NDArray[np.int64]
    total: Floats
    """Irradiance on the plane [W/m²]."""
    beam: Floats
    """Direct irradiance on the plane [W/m²]."""
    horizontal: Floats
    """Global irradiance on the horizontal [W/m²]."""
    horizontal_beam: Floats
    """Direct irradiance on the horizontal [W/m²]."""
    about_sun: Floats
    """Share of the diffuse light that comes from about the sun [1/1000]; Hay and Davies."""
    facing: Floats
    """Cosine of the angle of incidence over that of the zenith angle, within the sky of Hay and Davies [1/1000]."""
    outside: Floats
    """Irradiance on the horizontal outside of the atmosphere [W/m²]."""
    kept: Floats
    """Share of the direct light that glass on the plane lets through [1/1000]."""
    tilt_deg: float
    """Of the plane, from the horizontal [°]."""
    sky_kept: float = 1.0
    """Share of the sky's light that what stands before the plane lets through."""

    @property
    def clearness(self) -> float:
        """Clearness index of the month if it had no cloud, rounded as what it is made of is; 0 without sun."""
        outside = float(self.outside.sum())
        return round(float(self.horizontal.sum()) / outside, _DECIMALS_OF_CLEARNESS) if outside > 0.0 else 0.0

    def irradiance(self, times_us: npt.NDArray[np.int64]) -> Floats:
        """Return the irradiance on the plane under the clear sky [W/m²].

        Args:
            times_us: Ascending, within the month [µs since the Unix epoch].
        """
        import numpy as np  # noqa: PLC0415 - comes with pvlib, which few sites need

        values: Floats = np.interp(times_us, self.times_us, self.total)
        return values

    def clouded(self, times_us: npt.NDArray[np.int64], index: Floats, *, is_glazed: bool = False) -> Floats:
        """Return the irradiance on the plane under clouds [W/m²].

        Direct light suffers more than diffuse: of a sky that has 40 % of the clear one's light, or less, all is
        diffuse. In between the direct share goes with the power 1.5. Both are chosen.

        Args:
            times_us: Ascending, within the month [µs since the Unix epoch].
            index: Share of the clear sky's global irradiance on the horizontal, one for each time.
            is_glazed: Whether to count what glass on the plane lets through, over that at right angles.
        """
        import numpy as np  # noqa: PLC0415

        beam, horizontal, level, about_sun, facing = (
            np.interp(times_us, self.times_us, part)
            for part in (self.beam, self.horizontal, self.horizontal_beam, self.about_sun, self.facing)
        )
        clear = np.clip((index - _OVERCAST) / (1.0 - _OVERCAST), 0.0, 1.0)
        direct = clear * np.sqrt(clear) * np.maximum(index, 1.0)
        about_sun, facing = about_sun / 1000.0 * direct, facing / 1000.0
        diffuse = index * horizontal - direct * level
        upright = math.cos(math.radians(self.tilt_deg))
        sky, ground = self.sky_kept * (1.0 + upright) / 2.0, _ALBEDO * (1.0 - upright) / 2.0
        if is_glazed:
            kept = np.interp(times_us, self.times_us, self.kept) / 1000.0
            beam, facing = kept * beam, kept * facing
            sky, ground = sky_kept(self.tilt_deg) * sky, ground_kept(self.tilt_deg) * ground
        values: Floats = (
            direct * beam
            + diffuse * (about_sun * facing + (1.0 - about_sun) * sky)
            + index * horizontal * ground
        )
        return values


def clear_month(
    location: Location,
    plane: tuple[float, float],
    begin_us: int,
    end_us: int,
    obstacles: Obstacles = NO_OBSTACLES,
) -> ClearMonth:
    """Return the clear sky over a plane at a place.

    Args:
        location: Where it is.
        plane: Its tilt from the horizontal and azimuth clockwise from north [°].
        begin_us: When the month begins [µs since the Unix epoch].
        end_us: When it ends.
        obstacles: What stands before the plane; `total` is without it.
    """
    import numpy as np  # noqa: PLC0415

    times_us = np.arange(begin_us, end_us + _GEOMETRY_STEP_US, _GEOMETRY_STEP_US)
    where = f"{location.latitude!r} {location.longitude!r} {location.altitude!r} {plane!r}"
    when = f"{begin_us} {len(times_us)} {_GEOMETRY_STEP_US}"
    total = kept_series(
        f"clear sky {where} {when}",
        "pvlib",
        _LEAST_IRRADIANCE,
        lambda: clear_sky_irradiance(times_us, location, *plane),
    )
    parts = kept_series(
        f"parts of clear sky {where} {when}",
        "pvlib",
        _LEAST_IRRADIANCE,
        lambda: _parts(times_us, location, *plane),
    )
    beam, horizontal, level, about_sun, facing, outside, kept = parts.reshape(_PARTS, -1)
    month = ClearMonth(times_us, total, beam, horizontal, level, about_sun, facing, outside, kept, plane[0])
    if obstacles == NO_OBSTACLES:
        return month
    sun = kept_series(
        f"sun {where} {when}", "pvlib", _LEAST_ANGLE_DEG, lambda: _sun(times_us, location)
    ).reshape(2, -1)
    seen = np.array(obstacles.beam_kept(plane, *sun.tolist()))
    return month._replace(beam=seen * beam, facing=seen * facing, sky_kept=obstacles.sky_kept(plane))


def zeniths_deg(times_us: npt.NDArray[np.int64], location: Location) -> Floats:
    """Return the apparent zenith angles of the sun, with the refraction of the air [°].

    Args:
        times_us: Ascending, in even steps [µs since the Unix epoch].
        location: Where it is looked at.
    """
    where = f"{location.latitude!r} {location.longitude!r} {location.altitude!r}"
    return kept_series(
        f"zenith {where} {times_us[0]} {times_us[-1]} {len(times_us)}",
        "pvlib",
        _LEAST_ANGLE_DEG,
        lambda: _sun(times_us, location)[: len(times_us)],
    )


def _sun(times_us: npt.NDArray[np.int64], location: Location) -> Floats:
    """Return the zenith angles of the sun, then its azimuths [°]."""
    import numpy as np  # noqa: PLC0415

    sky = _clear_sky(
        times_us.astype(np.int64).tobytes(), location.latitude, location.longitude, location.altitude
    )
    together: Floats = np.concatenate([sky.zenith_deg.to_numpy(float), sky.azimuth_deg.to_numpy(float)])
    return together


def _parts(
    times_us: npt.NDArray[np.int64], location: Location, tilt_deg: float, azimuth_deg: float
) -> Floats:
    """Return what a month of clear sky is made of, one after the other; see `ClearMonth`."""
    import numpy as np  # noqa: PLC0415
    import pvlib  # noqa: PLC0415

    sky = _clear_sky(
        times_us.astype(np.int64).tobytes(), location.latitude, location.longitude, location.altitude
    )
    with _quiet():
        incidence = pvlib.irradiance.aoi_projection(tilt_deg, azimuth_deg, sky.zenith_deg, sky.azimuth_deg)
    incidence = np.maximum(np.asarray(incidence, dtype=float), 0.0)
    height = np.maximum(np.cos(np.radians(sky.zenith_deg.to_numpy(dtype=float))), 0.0)
    dni, ghi, dhi, extra = (
        each.fillna(0.0).to_numpy(dtype=float) for each in (sky.dni, sky.ghi, sky.dhi, sky.extra)
    )
    parts = (
        dni * incidence,
        ghi,
        np.clip(ghi - dhi, 0.0, None),
        1000.0 * dni / extra,
        1000.0 * incidence / np.maximum(height, _LOWEST_SUN),
        extra * height,
        np.array([1000.0 * glass_kept(cosine) for cosine in incidence.tolist()]),
    )
    together: Floats = np.concatenate(parts)
    return together


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
    place = pvlib.location.Location(latitude, longitude, "UTC", min(altitude, _HIGHEST_SKY_M))
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
