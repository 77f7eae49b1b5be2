"""How far a component can be moved, by what it shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from doppelgrid.scenarios.conformance.observations import Room
from doppelgrid.scenarios.conformance.values import Metric, NotApplicable, Range, Sample, Telemetry

_NOW_S = 1.8e9
_PHASE_POWERS = (27, 28, 29)


def room(
    active: Sequence[tuple[float, float]],
    *,
    reactive: Sequence[tuple[float, float]] = (),
    category: str = "INVERTER",
    phases_w: Sequence[float] = (),
) -> Room:
    bounds: Mapping[int, Sequence[tuple[float, float]]] = {
        Metric.AC_POWER_ACTIVE: active,
        Metric.AC_POWER_REACTIVE: reactive,
    }
    samples = [
        Sample(metric, 0.0, _NOW_S, tuple(Range(*each) for each in ranges))
        for metric, ranges in bounds.items()
    ]
    samples += [
        Sample(metric, power_w, _NOW_S) for metric, power_w in zip(_PHASE_POWERS, phases_w, strict=False)
    ]
    return Room(Telemetry(7, tuple(samples), ()), category)


@pytest.mark.parametrize(
    ("ranges", "targets_w"),
    [
        ([(-10e3, 10e3)], [-2e3, 2e3]),
        ([(-3e3, -1e3), (0.0, 10e3)], [-1.4e3, 2e3]),
        ([(-10e3, 0.0), (1e3, 6e3)], [-2e3, 2e3]),
        ([(-6e3, -1e3), (1e3, 6e3)], [-2e3, 2e3]),
        ([(0.0, 0.0), (1e3, 6e3)], [2e3]),
        ([(-6e3, -1e3), (0.0, 0.0)], [-2e3]),
        ([(-300.0, 10e3)], [2e3]),
        ([(-3e3, -2.6e3), (0.0, 10e3)], [2e3]),
    ],
)
def test_each_side_of_zero_with_room_is_tried_within_its_own_range(
    ranges: list[tuple[float, float]], targets_w: list[float]
) -> None:
    assert room(ranges).targets(0.2) == pytest.approx(targets_w)


def test_without_room_on_either_side_nothing_can_be_tried() -> None:
    with pytest.raises(NotApplicable, match="leave no power to move"):
        room([(-100.0, 100.0)]).targets(0.2)


@pytest.mark.parametrize(
    ("reactive", "target_var"),
    [
        ([], 1.5e3),
        ([(-10e3, 10e3)], 1.5e3),
        ([(-1e3, 1e3)], 800.0),
        ([(-1e3, 0.0)], -800.0),
        ([(0.0, 0.0), (500.0, 1e3)], 800.0),
    ],
)
def test_reactive_power_is_asked_for_within_the_bounds_shown(
    reactive: list[tuple[float, float]], target_var: float
) -> None:
    assert room([(-10e3, 10e3)], reactive=reactive).reactive_target(0.15) == pytest.approx(target_var)


@pytest.mark.parametrize("reactive", [[(0.0, 0.0)], [(-50.0, 50.0)], [(0.0, 0.0), (950.0, 1e3)]])
def test_next_to_no_reactive_power_is_not_asked_for(reactive: list[tuple[float, float]]) -> None:
    with pytest.raises(NotApplicable, match="leave no reactive power"):
        room([(-10e3, 10e3)], reactive=reactive).reactive_target(0.15)


def test_what_is_near_a_small_reactive_power_is_not_near_none() -> None:
    assert room([(-30e3, 30e3)]).reactive_tolerance(300.0) == 100.0


@pytest.mark.parametrize(
    ("upper_w", "phases_w", "least_w"),
    [
        (11e3, (3.6e3, 3.6e3, 3.6e3), 4.4e3),
        (3.7e3, (3.7e3, 0.0, 0.0), 1480.0),
        (5.1e3, (1.7e3, 1.7e3, 1.7e3), 4140.0),
    ],
)
def test_a_charger_is_moved_above_what_it_draws_at_least_on_the_phases_in_use(
    upper_w: float, phases_w: tuple[float, ...], least_w: float
) -> None:
    charging = room([(0.0, upper_w)], category="EV_CHARGER", phases_w=phases_w)
    assert charging.target(0.0) == pytest.approx(least_w)


@pytest.mark.parametrize("phases_w", [(1.4e3, 1.4e3, 1.4e3), (), (0.0, 0.0, 0.0)])
def test_a_charger_that_charges_in_full_or_not_at_all_cannot_be_moved(phases_w: tuple[float, ...]) -> None:
    with pytest.raises(NotApplicable, match="leave no power to move"):
        room([(0.0, 4.2e3)], category="EV_CHARGER", phases_w=phases_w).target(0.5)
