"""Ageing by laws of round numbers, worked out by hand."""

from __future__ import annotations

import math

import pytest

from doppelgrid.models.ageing import (
    AgeingInput,
    AgeingOutput,
    AgeingParams,
    AgeingState,
    CalendarParams,
    CycleParams,
    ageing_initial_state,
    ageing_output,
    ageing_step,
    check_ageing,
)
from doppelgrid.models.parameter import ParameterError

LAWS = AgeingParams(
    pace=1.0,
    capacity_by_time=CalendarParams(0.001, 0.5, 0.0, (1.0, 3.0)),
    resistance_by_time=CalendarParams(0.002, 1.0, 4000.0, (1.0, 2.0)),
    capacity_by_use=CycleParams(0.02, 0.01, 0.5, 3000.0, (0.1, 1.1), (0.2, 0.6)),
    resistance_by_use=CycleParams(0.04, -0.02, 1.0, 2000.0, (0.5, 1.5), (0.0, 0.5)),
    turn_gap=0.1,
)
USE = LAWS._replace(
    capacity_by_time=LAWS.capacity_by_time._replace(rate=0.0),
    resistance_by_time=LAWS.resistance_by_time._replace(rate=0.0),
)
NEW = ageing_initial_state(LAWS)


def arrhenius(activation_k: float, celsius: float) -> float:
    return math.exp(-activation_k * (1.0 / (celsius + 273.15) - 1.0 / 298.15))


def moved(params: AgeingParams, *parts: tuple[float, float], soc: float = 0.5) -> AgeingState:
    """Return a battery through which charge has gone: each part of the rated capacity, at a C-rate."""
    state = ageing_initial_state(params)
    for charge, rate in parts:
        state, _ = ageing_step(
            params, state, AgeingInput(soc, math.copysign(rate, charge), 25.0), abs(charge) / rate * 3600.0
        )
    return state


def test_it_begins_with_nothing() -> None:
    assert AgeingState(*[0.0] * 15) == NEW
    assert ageing_output(LAWS, NEW, AgeingInput(0.5, -2.0, 25.0)) == AgeingOutput(
        24.0, 1.0, 1.0, 0.0, 0.0, 0.0
    )


@pytest.mark.parametrize(
    ("soc", "celsius"), [(0.5, 25.0), (0.25, 40.0), (1.0, 0.0), (0.5, -60.0), (0.5, -90.0)]
)
def test_time_takes_its_root_and_gives_its_resistance(soc: float, celsius: float) -> None:
    """Colder than 60 below zero counts as that."""
    _, output = ageing_step(LAWS, NEW, AgeingInput(soc, 0.0, celsius), 4.0 * 86_400.0)
    warmth = arrhenius(4000.0, max(celsius, -60.0))
    assert output.calendar_loss == pytest.approx(0.001 * (1.0 + 2.0 * soc) * 2.0)
    assert output.capacity_share == pytest.approx(1.0 - output.calendar_loss)
    assert output.resistance_factor - 1.0 == pytest.approx(0.002 * (1.0 + soc) * 4.0 * warmth, rel=1e-9)
    assert (output.cycle_loss, output.full_cycles) == (0.0, 0.0)


@pytest.mark.parametrize(
    ("rate", "depth", "soc"), [(1.0, 0.5, 0.5), (0.5, 0.8, 0.25), (2.0, 1.0, 1.0), (1.0, 1.5, 0.5)]
)
@pytest.mark.parametrize("celsius", [25.0, 45.0])
def test_a_half_cycle_counts_its_charge_its_depth_and_its_rate_while_under_way(
    rate: float, depth: float, soc: float, celsius: float
) -> None:
    for sign in (-1.0, 1.0):
        inp = AgeingInput(soc, sign * rate, celsius)
        _, output = ageing_step(USE, NEW, inp, depth / rate * 3600.0)
        deep = min(depth, 1.0)
        capacity = (0.02 + 0.01 * rate) * arrhenius(3000.0, celsius) * (0.1 + deep + 0.2 + 0.4 * soc)
        resistance = max(0.04 - 0.02 * rate, 0.0) * arrhenius(2000.0, celsius) * (0.5 + deep + 0.5 * soc)
        assert output.cycle_loss == pytest.approx(capacity * math.sqrt(0.5 * depth))
        assert output.resistance_factor - 1.0 == pytest.approx(resistance * 0.5 * depth)
        assert output.full_cycles == pytest.approx(0.5 * depth)
        assert output.cycles_per_day == pytest.approx(12.0 * rate)
        assert output.capacity_share == pytest.approx(1.0 - output.cycle_loss)


WEIGHT, GAIN = 0.03**2, 0.02
"""What a unit of charge adds at 1C: to the sum of the capacity, and to that of the resistance."""


def half(depth: float, charge: float) -> float:
    """Return what a half cycle around half charge adds to the sum of the capacity."""
    return 0.5 * charge * WEIGHT * (0.1 + depth + 0.4) ** 2


def test_a_swing_back_within_the_gap_is_kept_apart_as_flat() -> None:
    state = moved(USE, (-0.5, 1.0), (0.1, 1.0))
    assert (state.swing, state.reach) == (pytest.approx(-0.4), pytest.approx(-0.5))
    assert (state.leg_charge, state.leg_soc) == (pytest.approx(0.5), pytest.approx(0.25))
    assert (state.leg_capacity, state.leg_resistance) == pytest.approx((0.5 * WEIGHT, 0.5 * GAIN))
    assert (state.back_charge, state.back_soc) == (pytest.approx(0.1), pytest.approx(0.05))
    assert (state.back_capacity, state.back_resistance) == pytest.approx((0.1 * WEIGHT, 0.1 * GAIN))
    assert (state.capacity_by_use, state.resistance_by_use) == (0.0, 0.0)
    output = ageing_output(USE, state, AgeingInput(0.5, 0.0, 25.0))
    assert output.cycle_loss == pytest.approx(math.sqrt(half(0.5, 0.5) + half(0.0, 0.1)))
    gained = 0.5 * GAIN * (0.5 * 1.25 + 0.1 * 0.75)
    assert output.resistance_factor - 1.0 == pytest.approx(gained)
    assert output.full_cycles == pytest.approx(0.3)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_swing_back_past_the_gap_ends_a_half_cycle_and_is_the_next(sign: float) -> None:
    state = moved(USE, (-0.5 * sign, 1.0), (0.05 * sign, 1.0), (0.06 * sign, 1.0))
    assert (state.swing, state.reach) == (pytest.approx(0.11 * sign), pytest.approx(0.11 * sign))
    assert (state.leg_charge, state.leg_soc) == pytest.approx((0.11, 0.055))
    assert (state.leg_capacity, state.leg_resistance) == pytest.approx((0.11 * WEIGHT, 0.11 * GAIN))
    assert state[10:14] == (0.0, 0.0, 0.0, 0.0)
    assert state.capacity_by_use == pytest.approx(half(0.5, 0.5))
    assert state.resistance_by_use == pytest.approx(0.5 * 0.5 * GAIN * 1.25)
    output = ageing_output(USE, state, AgeingInput(0.5, 0.0, 25.0))
    assert output.cycle_loss == pytest.approx(math.sqrt(half(0.5, 0.5) + half(0.11, 0.11)))


def test_a_swing_that_passes_its_extreme_again_takes_the_way_back_with_it() -> None:
    state = moved(USE, (-0.5, 1.0), (0.05, 1.0), (-0.1, 1.0))
    assert (state.swing, state.reach) == (pytest.approx(-0.55), pytest.approx(-0.55))
    assert (state.leg_charge, state.leg_soc) == pytest.approx((0.65, 0.325))
    assert (state.leg_capacity, state.leg_resistance) == pytest.approx((0.65 * WEIGHT, 0.65 * GAIN))
    assert state[10:14] == (0.0, 0.0, 0.0, 0.0)
    short = moved(USE, (-0.5, 1.0), (0.05, 1.0), (-0.04, 1.0))
    assert (short.reach, short.back_charge) == (pytest.approx(-0.5), pytest.approx(0.09))


def test_a_pace_counts_for_charge_and_time_and_not_for_depth() -> None:
    fast = moved(USE._replace(pace=3.0), (-0.5, 1.0))
    assert (fast.swing, fast.reach) == pytest.approx((-0.5, -0.5))
    assert (fast.leg_charge, fast.full_cycles) == pytest.approx((1.5, 0.75))
    _, output = ageing_step(LAWS._replace(pace=9.0), NEW, AgeingInput(0.5, 0.0, 25.0), 4.0 * 86_400.0)
    assert output.calendar_loss == pytest.approx(0.001 * 2.0 * 6.0)
    assert ageing_output(USE._replace(pace=3.0), NEW, AgeingInput(0.5, 1.0, 25.0)).cycles_per_day == 36.0


def test_no_more_than_everything_is_lost() -> None:
    worn = NEW._replace(capacity_by_time=1e8, capacity_by_use=0.25)
    output = ageing_output(LAWS, worn, AgeingInput(0.5, 0.0, 25.0))
    assert (output.capacity_share, output.calendar_loss, output.cycle_loss) == (0.0, 1e4, 0.5)


def test_stresses_that_add_up_to_less_than_nothing_count_as_none() -> None:
    kind = USE._replace(capacity_by_use=USE.capacity_by_use._replace(soc_stress=(-2.0, -2.0)))
    assert ageing_output(kind, moved(kind, (-0.5, 1.0)), AgeingInput(0.5, 0.0, 25.0)).cycle_loss == 0.0


@pytest.mark.parametrize(
    ("law", "table"),
    [
        ("capacity_by_time", "soc_stress"),
        ("resistance_by_time", "soc_stress"),
        ("capacity_by_use", "depth_stress"),
        ("capacity_by_use", "soc_stress"),
        ("resistance_by_use", "depth_stress"),
        ("resistance_by_use", "soc_stress"),
    ],
)
def test_every_table_has_two_entries_at_least(law: str, table: str) -> None:
    check_ageing(LAWS)
    with pytest.raises(ParameterError, match=rf"^{law}\.{table} is a table of 1; accepted: at least 2"):
        check_ageing(LAWS._replace(**{law: getattr(LAWS, law)._replace(**{table: (1.0,)})}))


@pytest.mark.parametrize("law", ["capacity_by_use", "resistance_by_use"])
def test_depth_may_stay_as_bad_and_never_get_better(law: str) -> None:
    def with_depths(*stress: float) -> AgeingParams:
        return LAWS._replace(**{law: getattr(LAWS, law)._replace(depth_stress=stress)})

    check_ageing(with_depths(1.0, 1.0, 2.0))
    with pytest.raises(ParameterError, match=rf"^{law}\.depth_stress\[2\] is 1.9; accepted: at least 2, "):
        check_ageing(with_depths(1.0, 2.0, 1.9))
