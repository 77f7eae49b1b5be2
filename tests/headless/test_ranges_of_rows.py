"""Ranges beside a gap are the same for many rows at once as for one moment at a time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from doppelgrid.sim.domain.ranges import AS_SENT, Bounds, Ranges, widest_two
from doppelgrid.sim.headless.ranges_of_rows import Edges, beside_rest_of_rows
from doppelgrid.sim.telemetry.device_ranges import beside_rest, chosen_w, drawn_at_rest_w


class Row(NamedTuple):
    """What is known of a device at a moment [W]."""

    within: Bounds
    gap: Bounds
    power: float
    alone: Bounds
    """What the sun alone makes of the gap; 0 to 0 if nothing."""


def magnitudes(most: float = 20.0) -> st.SearchStrategy[float]:
    """Return powers [W], often whole ones so that edges meet, 0 among them, and some of any value."""
    return st.integers(0, math.floor(most)).map(float) | st.floats(0.0, most)


@st.composite
def rows(draw: st.DrawFn) -> Row:
    within = Bounds(0.0 - draw(magnitudes()), draw(magnitudes()))
    gap = Bounds(0.0 - draw(magnitudes(8.0)), draw(magnitudes(8.0)))
    alone = Bounds(0.0, 0.0)
    if gap.lower <= -2.0 and draw(st.booleans()):
        # Less than with its batteries, and more than the inverter itself needs.
        lower = draw(st.just(math.floor(gap.lower) + 1.0) | st.floats(0.95 * gap.lower, -0.05))
        alone = Bounds(lower, 0.0 + lower * draw(st.sampled_from([0.0, 0.5, 1.0]) | st.floats(0.0, 1.0)))
    edges = [*within, *gap, *alone, 0.0]
    beside = draw(st.sampled_from([0.0, 0.5 * AS_SENT, -0.5 * AS_SENT, 2.0 * AS_SENT, -2.0 * AS_SENT]))
    power = draw(st.sampled_from(edges).map(lambda edge: edge * (1.0 + beside)) | st.floats(-20.0, 20.0))
    return Row(within, gap, power, alone)


def at_one_moment(row: Row) -> Ranges:
    alone = row.alone if row.alone.lower < 0.0 else None
    can = beside_rest(row.within, row.gap, drawn_at_rest_w(row.power, row.gap), alone)
    return widest_two(can, chosen_w(row.power, row.gap, alone), keeps_zero=True)


def at_once(rows: Sequence[Row]) -> list[Ranges]:
    def edges(bounds: Sequence[Bounds]) -> Edges:
        return np.array([each.lower for each in bounds]), np.array([each.upper for each in bounds])

    power = np.array([row.power for row in rows])
    rest = np.array([drawn_at_rest_w(row.power, row.gap) for row in rows])
    alone = edges([row.alone for row in rows]) if any(row.alone.lower for row in rows) else None
    both = beside_rest_of_rows(
        edges([row.within for row in rows]), edges([row.gap for row in rows]), power, rest, alone
    )
    shown = [
        [Bounds(float(least[row]), float(most[row])) for least, most in both] for row in range(len(rows))
    ]
    return [tuple(each for each in ranges if not math.isnan(each.lower)) for ranges in shown]


@settings(max_examples=1000, deadline=None)
@given(st.lists(rows(), min_size=1, max_size=8))
def test_rows_have_the_ranges_of_each_moment(many: list[Row]) -> None:
    assert at_once(many) == [at_one_moment(row) for row in many]
