"""Prices over time."""

from __future__ import annotations

from datetime import date, tzinfo
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..domain.timestamps import to_datetime
from ..inputs.daily import midnight_us
from ..inputs.segments import segments_of
from ..inputs.signal import Signal

Floats = npt.NDArray[np.float64]
Instants = npt.NDArray[np.int64]
_US_PER_HOUR = 3.6e9


class PriceSteps(NamedTuple):
    """Values per kWh over time."""

    signal: Signal
    plus: float = 0.0
    """Added to each of its values."""

    def between(self, begin_us: int, end_us: int) -> tuple[Instants, Floats]:
        """Return values over a stretch of time, and when each begins, the first one at its beginning [µs]."""
        times_us, values = segments_of(self.signal, begin_us, end_us)
        return times_us[: len(values)], values + self.plus

    def total(self, times_us: Instants, powers_w: Floats) -> float:
        """Return what energy comes to.

        Args:
            times_us: Ascending; each power holds from its time to the next, so there is one time more [µs].
            powers_w: >= 0, or NaN where it is not known: that comes to nothing [W].
        """
        if not len(powers_w):
            return 0.0
        begins_us, per_kwh = self.between(int(times_us[0]), int(times_us[-1]))
        edges = np.union1d(times_us, begins_us)
        held_w = powers_w[np.searchsorted(times_us, edges[:-1], side="right") - 1]
        held = per_kwh[np.searchsorted(begins_us, edges[:-1], side="right") - 1]
        return float(np.nansum(held_w * held * np.diff(edges))) / (1e3 * _US_PER_HOUR)


class PeakPrices(NamedTuple):
    """What the highest quarter of an hour of each month, each year or the whole run costs."""

    per_kw: float
    per: str
    """`month`, `year` or `run`."""
    begin_us: int
    """When the first of them begins, or the run [µs since the Unix epoch]."""
    zone: tzinfo
    """By whose clock months and years begin."""
    already_w: float
    """Peak that the first of them had before [W]."""

    def total(self, begins_us: Instants, means_w: Floats) -> float | None:
        """Return what quarters of an hour cost; None if there is none.

        Args:
            begins_us: When each of them begins, ascending [µs since the Unix epoch].
            means_w: Mean power from the grid in each [W].
        """
        if not len(begins_us):
            return None
        stretches_us = np.array(self._stretches_us(int(begins_us[-1])), np.int64)
        stretch = np.maximum(np.searchsorted(stretches_us, begins_us, side="right") - 1, 0)
        highest_w = np.zeros(len(stretches_us))
        np.maximum.at(highest_w, stretch, means_w)
        highest_w[0] = max(highest_w[0] - self.already_w, 0.0)
        return float(highest_w.sum()) / 1e3 * self.per_kw

    def _stretches_us(self, last_us: int) -> list[int]:
        """Return when each stretch begins up to a time, of which each but the first costs on its own [µs]."""
        found = [self.begin_us]
        if self.per != "run":
            day = to_datetime(self.begin_us).astimezone(self.zone).date()
            while (next_us := midnight_us(day := _next(day, self.per), self.zone)) <= last_us:
                found.append(next_us)
        return found


class Prices(NamedTuple):
    """What a tariff asks; None of what it does not speak of."""

    currency: str | None
    """Code of the currency; None of a tariff without prices."""
    imported: PriceSteps | None
    exported: PriceSteps | None
    """Paid to the site."""
    peak: PeakPrices | None
    co2_g: PriceSteps | None
    """[g/kWh]."""


def _next(day: date, per: str) -> date:
    """Return the first day of the next month or year."""
    if per == "year" or day.month == 12:
        return date(day.year + 1, 1, 1)
    return date(day.year, day.month + 1, 1)
