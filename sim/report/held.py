"""How long recorded values hold: up to the next one, but not through gaps."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Instants = npt.NDArray[np.int64]

_LONGEST_HOLD = 1.5


class Held(NamedTuple):
    """Values that hold from their times on, NaN where nothing is known; the last one is NaN, or at the very end."""

    times_us: Instants
    values: Floats

    def at(self, times_us: Instants) -> Floats:
        """Return what holds at times [µs]."""
        places = np.searchsorted(self.times_us, times_us, side="right") - 1
        return np.where(places >= 0, self.values[np.maximum(places, 0)], np.nan)

    def span_us(self) -> tuple[int, int] | None:
        """Return from when to when anything is known [µs]; None if nothing is."""
        places = np.flatnonzero(~np.isnan(self.values[:-1]))
        return (int(self.times_us[places[0]]), int(self.times_us[places[-1] + 1])) if len(places) else None

    def gaps(self, begin_us: int, end_us: int) -> list[tuple[int, int]]:
        """Return from when to when nothing is known [µs]; at the beginning and the end, if it is longer than usual.

        Args:
            begin_us: From when on anything could be known [µs].
            end_us: Until when [µs].
        """
        span_us = self.span_us()
        if span_us is None:
            return [(begin_us, end_us)]
        usual_us = usual_distance_us(self.times_us)
        found = [(begin_us, span_us[0])] if span_us[0] - begin_us > usual_us else []
        is_inside = (self.times_us >= span_us[0]) & (self.times_us < span_us[1])
        for place in np.flatnonzero(is_inside & np.isnan(self.values)):
            since_us, until_us = int(self.times_us[place]), int(self.times_us[place + 1])
            if found and found[-1][1] == since_us:
                since_us = found.pop()[0]
            found.append((since_us, until_us))
        return [*found, (span_us[1], end_us)] if end_us - span_us[1] > usual_us else found


def usual_distance_us(times_us: Instants) -> float:
    """Return the median distance of times [µs]; infinite for a single one."""
    return float(np.median(np.diff(times_us))) if len(times_us) > 1 else np.inf


def held(times_us: Instants, values: Floats, end_us: int) -> Held:
    """Return values as they hold: up to the next one or, if that is further than usual, for the usual distance.

    Args:
        times_us: Ascending [µs]; further than usual is beyond 1.5 times their median distance.
        values: One at each time; NaN is what is not known.
        end_us: Behind which nothing is known [µs].
    """
    usual_us = usual_distance_us(times_us)
    followers_us = np.append(times_us[1:], np.iinfo(np.int64).max)
    before = np.flatnonzero(followers_us - times_us >= _LONGEST_HOLD * usual_us)
    ends_us = np.minimum(times_us[before].astype(np.float64) + usual_us, end_us).astype(np.int64)
    return Held(np.insert(times_us, before + 1, ends_us), np.insert(values, before + 1, np.nan))
