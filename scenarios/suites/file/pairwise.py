"""Few combinations in which each pair of values of any two parameters stands somewhere.

Most failures take no more than two parameters to show (Kuhn, Wallace, Gallo, "Software fault interactions", 2004), so a
few cases find nearly what all combinations would. Greedy, as AETG is: each case takes as many new pairs as it can.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from itertools import combinations

_Pair = tuple[tuple[int, int], tuple[int, int]]
"""Two parameters, and a value of each, by their places."""


def pairwise_cases(sizes: Sequence[int]) -> list[tuple[int, ...]]:
    """Return cases, each with the place of a value for each parameter.

    Args:
        sizes: How many values each parameter has, at least 1; at least two parameters.
    """
    left = {
        ((one, value), (other, another))
        for one, other in combinations(range(len(sizes)), 2)
        for value in range(sizes[one])
        for another in range(sizes[other])
    }
    cases = []
    for first in sorted(left):
        if first not in left:
            continue
        case = dict(first)
        for parameter in range(len(sizes)):
            if parameter not in case:
                case[parameter] = _best(parameter, sizes[parameter], case, left)
        left -= {_pair(one, other) for one, other in combinations(case.items(), 2)}
        cases.append(tuple(case[parameter] for parameter in range(len(sizes))))
    return sorted(cases)


def _best(parameter: int, size: int, case: Mapping[int, int], left: Set[_Pair]) -> int:
    """Return the value of a parameter that makes the most new pairs with those that a case has."""

    def new_pairs(value: int) -> int:
        return sum(_pair((parameter, value), each) in left for each in case.items())

    return max(range(size), key=new_pairs)


def _pair(one: tuple[int, int], other: tuple[int, int]) -> _Pair:
    return (one, other) if one < other else (other, one)
