"""Conditions that cannot fail, or cannot hold, are known as such; and no other is taken for one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doppelgrid.sim.language.expressions import (
    Comparison,
    Condition,
    Leaf,
    holds,
    parse_condition,
)
from doppelgrid.sim.language.possible import possible_truths
from doppelgrid.sim.language.subjects import Span
from doppelgrid.sim.language.vocabulary import ORDERS

NAMES = ("a.x", "b.x", "c.x")


def truths(condition: Condition) -> frozenset[bool]:
    return possible_truths(condition, lambda quantity, _: float(quantity.text), lambda _: Span(0.0, 10.0))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a.x >= 0", {True}),
        ("a.x > 0", {True, False}),
        ("a.x > 10", {False}),
        ("a.x > 5 and a.x < 5.1", {True, False}),
        ("a.x > b.x and b.x > c.x and c.x > a.x", {False}),
        ("a.x > 5 and b.x < 5.1 and a.x < b.x", {True, False}),
        ("not (a is ERROR and b reports X) or a is ERROR", {True}),
    ],
)
def test_what_can_be_is_known(text: str, expected: set[bool]) -> None:
    assert truths(parse_condition(text)) == expected


PARTS = st.tuples(
    st.sampled_from(NAMES), st.sampled_from(list(ORDERS)), st.sampled_from((*NAMES, "3", "7", "10"))
)
TEXTS = st.recursive(
    PARTS.map(" ".join),
    lambda inner: st.tuples(inner, st.sampled_from(("and", "or")), inner).map(lambda each: f"({' '.join(each)})")
    | inner.map(lambda each: f"not {each}"),
    max_leaves=4,
)  # fmt: skip


@given(TEXTS, st.lists(st.sampled_from((0.0, 1.5, 3.0, 6.9, 7.0, 10.0)), min_size=3, max_size=3))
def test_nothing_that_can_be_is_left_out(text: str, values: list[float]) -> None:
    known = dict(zip(NAMES, values, strict=True))

    def truth(leaf: Leaf) -> bool:
        assert isinstance(leaf, Comparison)
        one, other = (known.get(str(each)) for each in (leaf.left, leaf.right))
        return ORDERS[leaf.order](
            float(str(leaf.left)) if one is None else one, float(str(leaf.right)) if other is None else other
        )

    condition = parse_condition(text)
    assert holds(condition, truth) in truths(condition)
