"""Standard load profiles of the German energy industry's association BDEW, through `demandlib`."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, tzinfo
from functools import lru_cache
from typing import TYPE_CHECKING

from ..daily import MINUTE_US, Day, WallClock, day_at, midnight_us, moves_clock
from ..signal import Steps
from .kept import kept_series

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

_QUARTER_US = 15 * MINUTE_US
_QUARTERS = range(0, 96 * _QUARTER_US, _QUARTER_US)
_LEAST_SHAPE = 1e-9
"""What shapes are rounded to, of their mean: above the last digits of a computation, below what a meter shows."""
_DYNAMISED_1999 = {"h0": "h0_dyn"}
"""The household profile of 1999 is meant to be used with its dynamisation over the year."""


class BdewDays:
    """Makes the days of a standard load profile [W].

    Each calendar year is scaled so that it consumes the annual energy to the last bit of rounding, days with
    moved clocks included. Monday to Friday count as working days: no holidays.
    """

    def __init__(self, profile: str, annual_energy_wh: float) -> None:
        """Choose a profile.

        Args:
            profile: Name as `demandlib` writes it, such as `g0` or `h25`.
            annual_energy_wh: Consumed in a calendar year [Wh].
        """
        self._profile = profile
        self._annual_energy_wh = annual_energy_wh

    def steps(self, day: Day) -> Steps:
        """Return the 92, 96 or 100 quarter hours of a day."""
        shape = _year_shape(self._profile, day.date.year)
        scale = 4.0 * self._annual_energy_wh / _year_sum(self._profile, day.date.year, day.zone)
        return WallClock(_QUARTERS, [scale * value for value in _quarters(shape, day.date)]).steps(day)


def _quarters(shape: Sequence[float], day: date) -> Sequence[float]:
    first = 96 * (day.timetuple().tm_yday - 1)
    return shape[first : first + 96]


def _days_of_moved_clocks(year: int, zone: tzinfo) -> list[Day]:
    days, time_us = [], midnight_us(date(year, 1, 1), zone)
    while (day := day_at(time_us, zone)).date.year == year:
        days.append(day)
        time_us = day.end_us
    return [day for day in days if moves_clock(day)]


def _moved_sum(quarters: Sequence[float], day: Day) -> float:
    """Return by how much a day with moved clocks exceeds an ordinary one."""
    steps = WallClock(_QUARTERS, quarters).steps(day)
    moved = (steps.at(time_us) for time_us in range(day.begin_us, day.end_us, _QUARTER_US))
    return math.fsum(moved) - math.fsum(quarters)


@lru_cache(maxsize=32)
def _year_sum(profile: str, year: int, zone: tzinfo) -> float:
    """Return the sum of the shape over the quarter hours that a year has on a zone's clock."""
    shape = _year_shape(profile, year)
    return math.fsum(shape) + math.fsum(
        _moved_sum(_quarters(shape, day.date), day) for day in _days_of_moved_clocks(year, zone)
    )


@lru_cache(maxsize=32)
def _year_shape(profile: str, year: int) -> tuple[float, ...]:
    """Return the quarter hours of a year without moved clocks, of about 1 on average."""
    recipe = f"standard load profile {profile} {year}"

    def make() -> npt.NDArray[np.float64]:
        made = _made(profile, year)
        relative: npt.NDArray[np.float64] = made / made.mean()
        return relative

    series = kept_series(recipe, "demandlib", _LEAST_SHAPE, make)
    return tuple(series.tolist())


def _made(profile: str, year: int) -> npt.NDArray[np.float64]:
    import numpy as np  # noqa: PLC0415
    import pandas as pd  # noqa: PLC0415 - takes long to import, and few sites need it
    from demandlib import bdew  # type: ignore[import-untyped]  # noqa: PLC0415

    with _quiet():
        if profile.endswith("25"):
            times = pd.date_range(f"{year}-01-01", f"{year + 1}-01-01", freq="15min", inclusive="left")
            return np.asarray(getattr(bdew, profile.upper())(times), np.float64)
        column = _DYNAMISED_1999.get(profile, profile)
        return np.asarray(bdew.ElecSlp(year).get_profiles(column)[column], np.float64)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep warnings silent, and `demandlib` from making errors of them.

    Its version 0.2.2 calls `simplefilter("error")` on its way, and then fails on what pandas 3.1 deprecates.
    """
    set_filter = warnings.simplefilter
    with warnings.catch_warnings():
        set_filter("ignore")
        warnings.simplefilter = lambda *_, **__: None
        try:
            yield
        finally:
            warnings.simplefilter = set_filter
