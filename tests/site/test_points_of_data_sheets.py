"""What lies between the points of data sheets, and beyond them."""

from __future__ import annotations

import pytest

from doppelgrid.sim.components.machines.points import segment_at

POSITIONS = (1.0, 2.0, 4.0)
VALUES = (10.0, 30.0, 20.0)


@pytest.mark.parametrize(
    ("position", "value"),
    [(1.0, 10.0), (1.25, 15.0), (2.0, 30.0), (3.0, 25.0), (4.0, 20.0), (0.5, 0.0), (6.0, 10.0)],
    ids=["first", "between", "inner", "between later ones", "last", "before", "beyond"],
)
def test_straight_lines_go_through_the_points_and_on_beyond_them(position: float, value: float) -> None:
    assert segment_at(POSITIONS, position).value(VALUES) == value


def test_of_two_segments_at_a_point_the_one_that_ends_there_is_meant() -> None:
    assert segment_at(POSITIONS, 2.0) == (0, 1.0)
