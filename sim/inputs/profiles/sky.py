"""Irradiance on a tilted plane: clear sky by `pvlib`, and seeded passing clouds."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from itertools import accumulate
from typing import TYPE_CHECKING

from ....models.pv_snow import strings_free
from ..daily import SECOND_US, Day, midnight_us
from ..signal import Steps
from ..specs import ClearSky, Clouds
from .clear_sky import ClearMonth, clear_month
from .climate import climate_at
from .days import day_clear_sky_index, month_ranks
from .obstacles import NO_OBSTACLES, Obstacles
from .outdoors import OutdoorDays
from .snow import SnowCover

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from ..location import Location

    Floats = npt.NDArray[np.float64]

_EDGE_S = 30.0
"""Time that a cloud's edge takes to cross the array [s]."""
_THINNEST = 0.4
"""Thinnest cloud, as a share of the thickest."""
_PASSAGE_S = 240.0
"""Mean time that a cloud of the weather takes to pass [s]; chosen."""
_STRINGS_ABOVE = 4
"""Strings that lie above each other, of which snow covers one after the other; chosen."""
_MONTHS_KEPT = 2
"""Snow of today may have fallen in the month before."""
_OVERCAST = 0.4
"""Share of a clear day's irradiation below which a day is overcast; above, clouds let this much through on average."""
_CLOUD_SPREAD = 0.5
"""What a cloud lets through is drawn evenly within this share about their mean."""


class SkyDays:
    """Makes days of irradiance on the plane of an array [W/m²]."""

    def __init__(
        self,
        spec: ClearSky,
        location: Location,
        plane: tuple[float, float],
        key: str,
        weather_key: str,
        *,
        is_glazed: bool = False,
        obstacles: Obstacles = NO_OBSTACLES,
        has_snow: bool = True,
    ) -> None:
        """Look at the sky from a place.

        Args:
            spec: Clouds and step.
            location: Where the array stands.
            plane: Its tilt from the horizontal and azimuth clockwise from north [°].
            key: Names the random stream of passing clouds; each day has its own within.
            weather_key: Names the random stream of the weather, which tells what days are like.
            is_glazed: Whether to count what the glass of modules lets through, over that at right angles; not under
                given clouds, which are as if a reference cell had seen them.
            obstacles: What stands before modules.
            has_snow: Whether snow of the weather falls on modules.
        """
        self._obstacles = obstacles
        self._spec = spec
        self._location = location
        self._plane = plane
        self._key = key
        self._weather_key = weather_key
        self._is_glazed = is_glazed
        self._has_snow = has_snow
        self._months: dict[date, ClearMonth] = {}
        self._snow = SnowCover(
            OutdoorDays(location, weather_key), weather_key, plane[0], self._without_clouds_passing
        )

    def steps(self, day: Day) -> Steps:
        """Return a day's irradiance, as means over the step."""
        import numpy as np  # noqa: PLC0415 - comes with pvlib, which few sites need

        step_us = round(self._spec.step_s * SECOND_US)
        times_us = np.arange(day.begin_us, day.end_us, step_us)
        times_s, middles_us = (times_us - day.begin_us) / SECOND_US, times_us + step_us // 2
        key, step_s, month = f"{self._key}/clouds/{day.date}", self._spec.step_s, self._month_of(day)
        clouds = self._spec.clouds
        if clouds is not None:
            through = cloud_index(clouds, key, times_s, step_s=step_s)
            clear = month.irradiance(middles_us)
            if self._obstacles != NO_OBSTACLES:
                clear = month.clouded(middles_us, np.ones(len(middles_us)))
            return Steps.of_arrays(times_us, clear * through)
        index = self._day_index(day, month)
        through = max(index, 1.0) * weather_index(min(index, 1.0), key, times_s, step_s=step_s)
        values = month.clouded(middles_us, through, is_glazed=self._is_glazed)
        if self._is_glazed and self._has_snow:
            free = np.array([strings_free(share, _STRINGS_ABOVE) for share in self._snow.covered(day)])
            values = values * free[(times_us - day.begin_us) * len(free) // (day.end_us - day.begin_us)]
        return Steps.of_arrays(times_us, values)

    def _without_clouds_passing(self, day: Day, times_us: Sequence[int]) -> list[float]:
        """Return the irradiance on the plane as if the clouds of a day were spread evenly over it [W/m²]."""
        import numpy as np  # noqa: PLC0415

        month = self._month_of(day)
        index = np.full(len(times_us), self._day_index(day, month))
        values: list[float] = month.clouded(np.array(times_us), index).tolist()
        return values

    def _day_index(self, day: Day, month: ClearMonth) -> float:
        """Return the share of a clear day's irradiation that the day has."""
        first = day.date.replace(day=1)
        place = self._location
        climate = climate_at(place.latitude, place.longitude, place.known_altitude)
        if month.clearness <= 0.0:
            return 0.0  # The sun does not rise.
        mean = climate.clearness[day.date.month - 1] / month.clearness
        rank = month_ranks(self._weather_key, first)[day.date.day - 1]
        return day_clear_sky_index(mean, rank)

    def _month_of(self, day: Day) -> ClearMonth:
        """Return the clear sky over the month of a day; a month at once costs little more than a day."""
        first = day.date.replace(day=1)
        if first not in self._months:
            if len(self._months) >= _MONTHS_KEPT:
                del self._months[next(iter(self._months))]
            begin_us = midnight_us(first, day.zone)
            end_us = midnight_us((first + timedelta(days=31)).replace(day=1), day.zone)
            self._months[first] = clear_month(self._location, self._plane, begin_us, end_us, self._obstacles)
        return self._months[first]


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
    spells = _spells(clouds, random.Random(key), float(times_s[-1]) + step_s + 2.0 * _EDGE_S)
    return _means(list(spells), times_s, step_s)


def weather_index(index: float, key: str, times_s: Floats, *, step_s: float) -> Floats:
    """Return the share of clear-sky irradiance that the clouds of a day let through, as means over each step.

    Clouds and clear spells take turns as in `cloud_index`. Clouds let through 40 % on average, down to half and up to
    one and a half of it, and stand before the sun for as long as the day's mean needs; on a day darker than that they
    stand there all day, and are thicker. The numbers are chosen.

    Args:
        index: Mean of the day, within 0..1.
        key: Names the random stream.
        times_s: Beginnings of the steps, ascending from 0 [s].
        step_s: Length of a step [s].
    """
    cover = min((1.0 - index) / (1.0 - _OVERCAST), 1.0)
    mean = min(index, _OVERCAST)

    def cloud(draw: random.Random) -> float:
        return mean * draw.uniform(1.0 - _CLOUD_SPREAD, 1.0 + _CLOUD_SPREAD)

    end_s = float(times_s[-1]) + step_s + 2.0 * _EDGE_S
    return _means(list(_turns(cover, _PASSAGE_S, cloud, random.Random(key), end_s)), times_s, step_s)


def _means(spells: list[tuple[float, float]], times_s: Floats, step_s: float) -> Floats:
    """Return the mean of what spells let through over each step, edges included."""
    import numpy as np  # noqa: PLC0415

    knots = np.array([0.0, *accumulate(length for length, _ in spells)]) - _EDGE_S
    integral = np.array([0.0, *accumulate(length * through for length, through in spells)])
    begins, ends = times_s - _EDGE_S / 2, times_s + step_s + _EDGE_S / 2
    means: Floats = (np.interp(ends, knots, integral) - np.interp(begins, knots, integral)) / (ends - begins)
    return means


def _spells(clouds: Clouds, draw: random.Random, length_s: float) -> Iterator[tuple[float, float]]:
    """Yield the spells of clouds that are the same in all seasons; see `_turns`."""
    return _turns(
        clouds.cover,
        clouds.passage_s,
        lambda draw: 1.0 - clouds.depth * draw.uniform(_THINNEST, 1.0),
        draw,
        length_s,
    )


def _turns(
    cover: float,
    passage_s: float,
    cloud: Callable[[random.Random], float],
    draw: random.Random,
    length_s: float,
) -> Iterator[tuple[float, float]]:
    """Yield spells until they fill a length: each one's length [s], and the share of light let through."""
    if cover == 0.0:
        yield length_s, 1.0
        return
    clear_s = passage_s * (1.0 - cover) / cover
    cloudy = draw.random() < cover
    while length_s > 0.0:
        mean_s = passage_s if cloudy else clear_s
        spell_s = min(mean_s * draw.expovariate(1.0), length_s)
        yield spell_s, cloud(draw) if cloudy else 1.0
        length_s -= spell_s
        cloudy = not cloudy
