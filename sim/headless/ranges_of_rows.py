"""Ranges of power at many times at once: the rule of `telemetry.device_ranges` for one time, written for arrays.

One text for both would cost a compiled run a call of Python for each of its rows. A property test holds the two
together: `tests/headless/test_ranges_of_rows.py`.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
import numpy.typing as npt

from ..domain.ranges import AS_SENT

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Edges = tuple[Floats, Floats]
"""Lower and upper ones."""


def beside_rest_of_rows(
    within: Edges, gap: Edges, power: Floats, rest: Floats, alone: Edges | None = None
) -> tuple[Edges, Edges]:
    """Return what is drawn at rest and what is beyond a gap, either way, in ascending order; see `beside_rest`.

    Where there is but one range, the second has no numbers.

    Args:
        within: What could be without the gap.
        gap: Around 0.
        power: That there is.
        rest: What is drawn at rest.
        alone: What of the gap can be nevertheless, where its lower edge is below 0.
    """
    lower, upper = within
    nothing = np.zeros(len(lower))
    alone_lower, alone_upper = (nothing, nothing) if alone is None else alone
    lowers = np.stack([lower, np.maximum(lower, alone_lower), nothing, gap[1]])
    uppers = np.stack([
        np.where(gap[0] == 0.0, rest, gap[0]), np.where(alone_upper == 0.0, rest, alone_upper), rest, upper
    ])  # fmt: skip
    can = lowers <= uppers
    can[1] &= alone_lower < 0.0
    can[2] = False
    for way in (0, 1):
        touches = can[way] & can[3] & (uppers[way] >= lowers[3])
        lowers[3] = np.where(touches, lowers[way], lowers[3])
        can[way] &= ~touches
    has_zero = can & (lowers <= 0.0) & (uppers >= 0.0)
    is_around = (can & (uppers < 0.0)).any(axis=0) & (can & (lowers > 0.0)).any(axis=0)
    can[2] = ~has_zero.any(axis=0) & ~is_around
    has_zero[2] = can[2]
    rests = (alone_lower < 0.0) & (power >= 0.0) & (power < gap[1] * (1.0 - AS_SENT))
    slack = AS_SENT * np.abs(power)
    has_power = (lowers - slack <= power) & (power <= uppers + slack) & ~rests
    can = _widest_two(can, lowers, uppers, has_power, has_zero)
    order = np.argsort(~can, axis=0, kind="stable")
    numbers = can.sum(axis=0)

    def edges(place: int) -> Edges:
        least, most = (np.take_along_axis(each, order, axis=0)[place] for each in (lowers, uppers))
        return np.where(numbers > place, least, np.nan), np.where(numbers > place, most, np.nan)

    return edges(0), edges(1)


def _widest_two(can: Flags, lowers: Floats, uppers: Floats, has_power: Flags, has_zero: Flags) -> Flags:
    """Return which two of the ranges remain of three or more; see `widest_two`."""
    best, rank = can, np.full(can.shape[1], -np.inf)
    width = np.full(can.shape[1], -np.inf)
    for one, other in combinations(range(len(can)), 2):
        is_around = (uppers[one] < 0.0) & (lowers[other] > 0.0)
        its_rank = 2.0 * (has_power[one] | has_power[other]) + (has_zero[one] | has_zero[other] | is_around)
        its_width = (uppers[one] - lowers[one]) + (uppers[other] - lowers[other])
        is_better = (its_rank > rank) | ((its_rank == rank) & (its_width > width))
        is_better &= can[one] & can[other] & (can.sum(axis=0) > 2)
        rank, width = np.where(is_better, its_rank, rank), np.where(is_better, its_width, width)
        pair = np.zeros_like(can)
        pair[[one, other]] = True
        best = np.where(is_better, pair, best)
    return best
