"""Whether a condition can hold, or fail to, at all: `battery.soc >= 0 %` always does, and says nothing.

Decided by trying: between the numbers that a condition names nothing changes, so a few values of each reading stand for
all that it can be.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from itertools import pairwise, product
from typing import Protocol

from ..files.units import Unit
from .expressions import Comparison, Condition, Leaf, Quantity, Reading, holds, leaves
from .subjects import Span
from .vocabulary import ORDERS, parsed

_MOST_TRIES = 5000
"""Conditions of so many parts that more would be needed are taken to be worth looking at."""


class Words(Protocol):
    """What conditions speak of."""

    def unit(self, reading: Reading) -> Unit:
        """Return the unit of a value."""
        ...

    def span(self, reading: Reading) -> Span:
        """Return what a value can be at all."""
        ...


def truths_of(words: Words, condition: Condition) -> frozenset[bool]:
    """Return what a condition without faults can turn out to be."""

    def number(quantity: Quantity, reading: Reading) -> float:
        return parsed(words.unit(reading), quantity.text)

    return possible_truths(condition, number, words.span)


def possible_truths(
    condition: Condition, number: Callable[[Quantity, Reading], float], span: Callable[[Reading], Span]
) -> frozenset[bool]:
    """Return what a condition can turn out to be.

    Args:
        condition: Without faults.
        number: Returns a quantity in the unit of the reading that it is compared with.
        span: Returns what a reading can be at all, in its unit.
    """
    named = list(dict.fromkeys(leaves(condition)))
    comparisons = [leaf for leaf in named if isinstance(leaf, Comparison)]
    others = [leaf for leaf in named if not isinstance(leaf, Comparison)]
    quantities: dict[tuple[Reading, Quantity], float] = {}
    readings: dict[Reading, None] = {}
    for leaf in comparisons:
        for one, other in ((leaf.left, leaf.right), (leaf.right, leaf.left)):
            if isinstance(one, Reading):
                readings[one] = None
                if isinstance(other, Quantity):
                    quantities[one, other] = number(other, one)
    edges = sorted({0.0, *quantities.values()})
    values = {each: _values(edges, span(each), len(readings)) for each in readings}
    tries = math.prod(len(each) for each in values.values()) << len(others)
    if tries > _MOST_TRIES:
        return frozenset((True, False))
    found: set[bool] = set()
    for chosen in product(*values.values()):
        given = dict(zip(values, chosen, strict=True))
        for said in product((True, False), repeat=len(others)):
            found.add(_holds(condition, given, quantities, dict(zip(others, said, strict=True))))
    return frozenset(found)


def _holds(
    condition: Condition,
    given: Mapping[Reading, float],
    quantities: Mapping[tuple[Reading, Quantity], float],
    said: Mapping[Leaf, bool],
) -> bool:
    def value(one: Reading | Quantity, other: Reading | Quantity) -> float:
        if isinstance(one, Reading):
            return given[one]
        assert isinstance(other, Reading)
        return quantities[other, one]

    def truth(leaf: Leaf) -> bool:
        if isinstance(leaf, Comparison):
            return ORDERS[leaf.order](value(leaf.left, leaf.right), value(leaf.right, leaf.left))
        return said[leaf]

    return holds(condition, truth) is True


def _values(edges: list[float], span: Span, between: int) -> list[float]:
    """Return values that stand for all within a span: the edges, and some between, below and above them."""
    inside = [edge for edge in edges if span.lower <= edge <= span.upper]
    inside = sorted({*inside, *(edge for edge in span if math.isfinite(edge))}) or [0.0]
    step = max(1.0, *(abs(edge) for edge in inside))
    if math.isinf(span.lower):
        inside.insert(0, inside[0] - step)
        inside.insert(0, inside[0] - step)
    if math.isinf(span.upper):
        inside += [inside[-1] + step, inside[-1] + 2.0 * step]
    filled = {
        lower + (upper - lower) * part / (between + 1)
        for lower, upper in pairwise(inside)
        for part in range(between + 2)
    }
    return sorted(filled | set(inside))
