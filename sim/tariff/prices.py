"""Prices over a stretch of time."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..inputs.segments import segments_of
from ..inputs.signal import Signal

Floats = npt.NDArray[np.float64]
Instants = npt.NDArray[np.int64]
_US_PER_HOUR = 3.6e9


class PriceSteps(NamedTuple):
    """Values per kWh, each of which holds until the next."""

    times_us: Instants
    """Ascending; the first one at the beginning of the stretch [µs since the Unix epoch]."""
    per_kwh: Floats

    def total(self, times_us: Instants, powers_w: Floats) -> float:
        """Return what energy comes to.

        Args:
            times_us: Ascending; each power holds from its time to the next, so there is one time more [µs].
            powers_w: >= 0, or NaN where it is not known: that comes to nothing [W].
        """
        if not len(powers_w):
            return 0.0
        is_inside = (self.times_us > times_us[0]) & (self.times_us < times_us[-1])
        edges = np.union1d(times_us, self.times_us[is_inside])
        held_w = powers_w[np.searchsorted(times_us, edges[:-1], side="right") - 1]
        held = self.per_kwh[np.maximum(np.searchsorted(self.times_us, edges[:-1], side="right") - 1, 0)]
        return float(np.nansum(held_w * held * np.diff(edges))) / (1e3 * _US_PER_HOUR)


class PeakPrices(NamedTuple):
    """What the highest quarter of an hour of each of some stretches of time costs."""

    per_kw: float
    begins_us: Instants
    """When each stretch begins, ascending; it ends where the next one begins [µs since the Unix epoch]."""
    already_w: float
    """Peak that the first of them had before [W]."""

    def total(self, begins_us: Instants, means_w: Floats) -> float | None:
        """Return what quarters of an hour cost; None if there is none.

        Args:
            begins_us: When each of them begins [µs since the Unix epoch].
            means_w: Mean power from the grid in each [W].
        """
        if not len(begins_us):
            return None
        stretch = np.maximum(np.searchsorted(self.begins_us, begins_us, side="right") - 1, 0)
        highest_w = np.zeros(len(self.begins_us))
        np.maximum.at(highest_w, stretch, means_w)
        highest_w[0] = max(highest_w[0] - self.already_w, 0.0)
        return float(highest_w.sum()) / 1e3 * self.per_kw


class Prices(NamedTuple):
    """What a tariff asks over a stretch of time; None of what it does not speak of."""

    currency: str | None
    """Code of the currency; None of a tariff without prices."""
    imported: PriceSteps | None
    exported: PriceSteps | None
    """Paid to the site."""
    peak: PeakPrices | None
    co2_g: PriceSteps | None
    """[g/kWh]."""


def steps_of(signal: Signal, begin_us: int, end_us: int, *, plus: float = 0.0) -> PriceSteps:
    """Return the values of a signal over a stretch of time [µs], with something added to each."""
    times_us, values = segments_of(signal, begin_us, end_us)
    return PriceSteps(times_us[: len(values)], values + plus)
