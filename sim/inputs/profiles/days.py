"""The days of a typical month: some clear, some dull, as many of each as the climate of the place has them.

Numbers are drawn by day and seed, so that any day can be asked for first. Days are ranked within their month, and the
rank says how clear a day is: each month has the mean of the climate, and years differ in the order of their days, not
in their sums.
"""

from __future__ import annotations

import math
import random
from calendar import monthrange
from datetime import date, timedelta
from functools import lru_cache

_MEMORY = (1.0, 0.45, 0.2)
"""How much of a day's weather is still there on the next days; chosen: a correlation of 0.43 after one."""
_CLEAREST = 1.03
"""Share of the clear sky's irradiation on the clearest day, when turbidity is less than the month's mean; chosen."""
_DULLEST = 0.1
"""The same on the dullest day; chosen."""


@lru_cache(maxsize=4096)
def _impulse(key: str, day: date) -> float:
    return random.Random(f"{key}/{day}").gauss(0.0, 1.0)


def day_weather(key: str, day: date) -> float:
    """Return a number that says what a day is like, of mean 0 and variance 1; days after each other are alike.

    Args:
        key: Names the random stream.
        day: The date.
    """
    total = math.fsum(weight * _impulse(key, day - timedelta(days=ago)) for ago, weight in enumerate(_MEMORY))
    return total / math.sqrt(math.fsum(weight * weight for weight in _MEMORY))


@lru_cache(maxsize=64)
def month_ranks(key: str, month: date) -> tuple[float, ...]:
    """Return where each day of a month stands among its days, from dull to clear, within 0..1.

    Args:
        key: Names the random stream.
        month: Its first day.
    """
    days = monthrange(month.year, month.month)[1]
    weather = [day_weather(key, month + timedelta(days=number)) for number in range(days)]
    ranked = sorted(range(days), key=weather.__getitem__)
    ranks = [0.0] * days
    for place, number in enumerate(ranked):
        ranks[number] = (place + 0.5) / days
    return tuple(ranks)


def day_clear_sky_index(mean: float, rank: float) -> float:
    """Return the share of a clear sky's irradiation that a day has.

    A power of the rank between the dullest and the clearest day, which has the wanted mean: days are mostly clear
    where the mean is high, mostly dull where it is low.

    Args:
        mean: Of the month; above 1, as a climate may have it of a sun that hardly rises, it counts as 1.
        rank: Of the day, within 0..1.
    """
    mean = min(mean, 1.0)
    dullest = min(_DULLEST, 0.5 * mean)
    if mean <= dullest:
        return mean
    return dullest + (_CLEAREST - dullest) * math.pow(rank, (_CLEAREST - mean) / (mean - dullest))
