"""Steps in which devices take set-points: the first beyond a power, and what they leave of ranges."""

from __future__ import annotations

import math

import pytest

from doppelgrid.sim.domain.ranges import Bounds
from doppelgrid.sim.plant.steps import Steps, begun_at_steps, first_around

EVEN = Steps(0.0, 100.0)
AFTER_A_BEGINNING = Steps(150.0, 100.0)


@pytest.mark.parametrize(
    ("steps", "power", "first"),
    [
        (EVEN, 230.0, 300.0),
        (EVEN, -230.0, -300.0),
        (EVEN, 300.0, 300.0),
        (EVEN, 300.0002, 300.0),
        (EVEN, 300.001, 400.0),
        (AFTER_A_BEGINNING, 151.0, 250.0),
        (AFTER_A_BEGINNING, -260.0, -350.0),
        (AFTER_A_BEGINNING, 350.0, 350.0),
    ],
)
def test_a_power_between_steps_comes_to_the_one_that_is_farther_from_0(
    steps: Steps, power: float, first: float
) -> None:
    assert steps.at_least(power) == first


@pytest.mark.parametrize("power", [100.0, -100.0, 150.0, 0.0])
def test_a_power_up_to_where_steps_begin_stays(power: float) -> None:
    assert AFTER_A_BEGINNING.at_least(power) == power


@pytest.mark.parametrize("power", [math.inf, -math.inf])
def test_a_power_without_an_end_stays(power: float) -> None:
    assert EVEN.at_least(power) == power


@pytest.mark.parametrize("power", [0.25, -1234.5])
def test_what_takes_any_power_has_no_steps(power: float) -> None:
    assert Steps(100.0, 0.0).at_least(power) == power


@pytest.mark.parametrize(
    ("ranges", "begun"),
    [
        ((Bounds(-230.0, 230.0),), (Bounds(-230.0, 230.0),)),
        ((Bounds(230.0, 500.0),), (Bounds(300.0, 500.0),)),
        ((Bounds(-500.0, -230.0),), (Bounds(-500.0, -300.0),)),
        ((Bounds(230.0, 300.0),), (Bounds(300.0, 300.0),)),
        ((Bounds(-490.0, -430.0), Bounds(0.0, 40.0), Bounds(230.0, 290.0)), (Bounds(0.0, 40.0),)),
    ],
)
def test_a_range_begins_at_its_first_step_and_one_without_any_is_left_out(
    ranges: tuple[Bounds, ...], begun: tuple[Bounds, ...]
) -> None:
    assert begun_at_steps(ranges, EVEN, 0.0) == begun


@pytest.mark.parametrize(
    ("left", "power", "begun"),
    [
        (Bounds(230.0, 500.0), 260.0, Bounds(260.0, 500.0)),
        (Bounds(-500.0, -230.0), -260.0, Bounds(-500.0, -260.0)),
        (Bounds(230.0, 500.0), 230.0, Bounds(230.0, 500.0)),
        (Bounds(230.0, 290.0), 290.0, Bounds(290.0, 290.0)),
        (Bounds(230.0, 500.0), 400.0, Bounds(300.0, 500.0)),
    ],
)
def test_the_power_that_there_is_stays_in_its_range(left: Bounds, power: float, begun: Bounds) -> None:
    assert begun_at_steps((left,), EVEN, power) == (begun,)


@pytest.mark.parametrize(
    ("power", "first"),
    [
        (250.0, 300.0),
        (230.0, 300.0),
        (229.9999, 300.0),
        (229.0, 0.0),
        (500.0004, 300.0),
        (501.0, 0.0),
        (-430.0, -400.0),
        (-349.0, 0.0),
        (-610.0, 0.0),
        (-650.0, 0.0),
    ],
)
def test_a_power_is_in_the_range_that_begins_at_a_step_unless_in_none(power: float, first: float) -> None:
    left = (Bounds(-660.0, -610.0), Bounds(-500.0, -350.0), Bounds(230.0, 500.0))
    assert first_around(power, left, EVEN) == first
