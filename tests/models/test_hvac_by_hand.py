"""A heat pump of round numbers in a house of round numbers, worked out by hand."""

from __future__ import annotations

import math

import pytest

from doppelgrid.models.hvac import (
    COOLING,
    HEATING,
    OFF,
    HvacInput,
    HvacOutput,
    HvacParams,
    HvacState,
    hvac_cop,
    hvac_eer,
    hvac_horizon_s,
    hvac_initial_state,
    hvac_output,
    hvac_power_limits,
    hvac_step,
)

HOUSE = HvacParams(
    rated_power_w=2000.0,
    minimum_power_w=500.0,
    standby_power_w=20.0,
    power_factor=0.8,
    heat_capacity_j_per_k=1.005e6,
    heat_loss_w_per_k=100.0,
    can_heat=True,
    can_cool=True,
    heating_set_point_c=20.0,
    cooling_set_point_c=26.0,
    hysteresis_k=1.0,
    min_run_s=300.0,
    min_pause_s=200.0,
    supply_c=35.0,
    cop_constant=6.0,
    cop_per_k=-0.1,
    cop_per_k2=0.0005,
    eer_at_35_c=3.0,
    eer_per_k=0.1,
)
"""Heats between 19.5 °C and 20.5 °C, cools between 26.5 °C and 25.5 °C."""
TAU_S = 10_050.0
WINTER = HvacInput(math.inf, 5.0, 100.0, 5.0)
SUMMER = HvacInput(math.inf, 25.0, 0.0, 25.0)


@pytest.mark.parametrize(
    ("ambient_c", "cop"), [(5.0, 3.45), (20.0, 4.6125), (30.0, 4.6125), (-25.0, 1.8), (-40.0, 1.8)]
)
def test_the_cop_falls_with_the_lift_between_15_and_60_kelvin(ambient_c: float, cop: float) -> None:
    assert hvac_cop(HOUSE, ambient_c) == pytest.approx(cop)


def test_a_heat_pump_is_never_worse_than_a_heating_rod() -> None:
    assert hvac_cop(HOUSE._replace(cop_constant=1.5), -25.0) == 1.0


@pytest.mark.parametrize(
    ("ambient_c", "eer"), [(35.0, 3.0), (25.0, 4.0), (60.0, 1.0), (50.0, 1.5), (-40.0, 10.0)]
)
def test_cooling_gains_a_tenth_for_each_kelvin_below_35_degrees(ambient_c: float, eer: float) -> None:
    assert hvac_eer(HOUSE, ambient_c) == pytest.approx(eer)


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (HvacState(OFF, 0.0, 19.5), HvacState(HEATING, 300.0, 19.5)),
        (HvacState(OFF, 0.0, 19.51), HvacState(OFF, 0.0, 19.51)),
        (HvacState(OFF, 5.0, 19.0), HvacState(OFF, 5.0, 19.0)),
        (HvacState(HEATING, 0.0, 20.5), HvacState(OFF, 200.0, 20.5)),
        (HvacState(HEATING, 0.0, 20.49), HvacState(HEATING, 0.0, 20.49)),
        (HvacState(HEATING, 10.0, 21.0), HvacState(HEATING, 10.0, 21.0)),
        (HvacState(HEATING, 0.0, 27.0), HvacState(OFF, 200.0, 27.0)),
        (HvacState(OFF, 0.0, 26.5), HvacState(COOLING, 300.0, 26.5)),
        (HvacState(OFF, 0.0, 26.49), HvacState(OFF, 0.0, 26.49)),
        (HvacState(OFF, 5.0, 27.0), HvacState(OFF, 5.0, 27.0)),
        (HvacState(COOLING, 0.0, 25.5), HvacState(OFF, 200.0, 25.5)),
        (HvacState(COOLING, 0.0, 25.51), HvacState(COOLING, 0.0, 25.51)),
        (HvacState(COOLING, 10.0, 25.0), HvacState(COOLING, 10.0, 25.0)),
    ],
)
def test_the_thermostat_switches_at_its_thresholds_and_no_sooner_than_its_times(
    state: HvacState, expected: HvacState
) -> None:
    after, _ = hvac_step(HOUSE, state, HvacInput(math.inf, 22.0, 0.0, 22.0), 1e-6)
    assert after == (expected.mode, pytest.approx(expected.timer_s, abs=1e-5), pytest.approx(expected.room_c))


def test_without_a_pause_it_turns_from_heating_to_cooling_at_once() -> None:
    eager = HOUSE._replace(min_pause_s=0.0)
    after, _ = hvac_step(eager, HvacState(HEATING, 0.0, 27.0), SUMMER, 1e-6)
    assert after.mode == COOLING


def test_it_heats_and_cools_only_where_it_can() -> None:
    for params, room_c in ((HOUSE._replace(can_heat=False), 10.0), (HOUSE._replace(can_cool=False), 40.0)):
        state = HvacState(OFF, 0.0, room_c)
        assert hvac_step(params, state, WINTER, 1e-6)[0].mode == OFF
        assert hvac_output(params, state, WINTER).active_power_w == 20.0


@pytest.mark.parametrize(
    ("limit_w", "minimum_w", "running_w"),
    [
        (math.inf, 500.0, 2000.0),
        (2020.0, 500.0, 2000.0),
        (1220.0, 500.0, 1200.0),
        (520.0, 500.0, 500.0),
        (519.9, 500.0, 0.0),
        (20.5, 0.0, 0.5),
        (20.0, 0.0, 0.0),
        (-5.0, 0.0, 0.0),
    ],
)
def test_a_limit_counts_with_standby_and_blocks_below_the_least_power(
    limit_w: float, minimum_w: float, running_w: float
) -> None:
    params, inp = HOUSE._replace(minimum_power_w=minimum_w), WINTER._replace(set_point_w=limit_w)
    for state in (HvacState(OFF, 0.0, 19.0), HvacState(HEATING, 50.0, 19.0)):
        shown = hvac_output(params, state, inp)
        assert shown.active_power_w == pytest.approx(20.0 + running_w)
        assert shown.heat_w == pytest.approx(3.45 * running_w)
    blocked, _ = hvac_step(params, HvacState(HEATING, 50.0, 19.0), inp, 1e-6)
    assert blocked.mode == (HEATING if running_w > 0.0 else OFF)
    assert blocked.timer_s == pytest.approx(50.0 if running_w > 0.0 else 200.0, abs=1e-5)


@pytest.mark.parametrize(
    ("state", "inp", "expected"),
    [
        (
            HvacState(HEATING, 9.0, 19.0),
            WINTER,
            HvacOutput(2020.0, 1500.0, 6900.0, 4900.0, 20.0, 100.0, 1400.0),
        ),
        (HvacState(COOLING, 9.0, 27.0), SUMMER, HvacOutput(2020.0, 1500.0, -8000.0, -10e3, 20.0, 0.0, 200.0)),
        (HvacState(OFF, 9.0, 22.0), WINTER, HvacOutput(20.0, 0.0, 0.0, 0.0, 20.0, 100.0, 1700.0)),
    ],
)
def test_it_shows_electricity_heat_and_where_that_is_from(
    state: HvacState, inp: HvacInput, expected: HvacOutput
) -> None:
    assert hvac_output(HOUSE, state, inp) == pytest.approx(expected)
    assert hvac_power_limits(HOUSE, state, inp) == (0.0, 2020.0)


@pytest.mark.parametrize(
    ("state", "inp", "expected_s"),
    [
        (HvacState(HEATING, 7.0, 19.0), WINTER, 7.0),
        (HvacState(OFF, 7.0, 22.0), WINTER, 7.0),
        (HvacState(HEATING, 0.0, 20.0), WINTER, TAU_S * math.log(55.0 / 54.5)),
        (HvacState(COOLING, 0.0, 26.0), SUMMER, TAU_S * math.log(81.0 / 80.5)),
        (HvacState(OFF, 0.0, 20.0), WINTER, TAU_S * math.log(14.0 / 13.5)),
        (HvacState(OFF, 0.0, 26.0), HvacInput(math.inf, 40.0, 0.0, 40.0), TAU_S * math.log(14.0 / 13.5)),
        (HvacState(OFF, 0.0, 22.0), HvacInput(math.inf, 22.0, 0.0, 22.0), math.inf),
        (HvacState(OFF, 0.0, 22.0), HvacInput(math.inf, 23.0, 0.0, 23.0), math.inf),
        (HvacState(OFF, 0.0, 20.0), WINTER._replace(set_point_w=100.0), math.inf),
        (HvacState(OFF, 0.0, 20.0), WINTER._replace(set_point_w=520.9), TAU_S * math.log(14.0 / 13.5)),
        (HvacState(OFF, 1e-5, 22.0), WINTER, 1e-3),
    ],
)
def test_it_goes_on_until_a_timer_ends_or_the_room_comes_to_a_threshold(
    state: HvacState, inp: HvacInput, expected_s: float
) -> None:
    assert hvac_horizon_s(HOUSE, state, inp) == pytest.approx(expected_s)


def test_what_it_cannot_do_is_not_waited_for() -> None:
    state, hot = HvacState(OFF, 0.0, 24.0), HvacInput(math.inf, 40.0, 0.0, 40.0)
    assert hvac_horizon_s(HOUSE._replace(can_cool=False), state, hot) == math.inf
    assert hvac_horizon_s(HOUSE._replace(can_heat=False), state, WINTER) == math.inf


def test_a_step_shows_means_of_running_and_pause() -> None:
    start = HvacState(HEATING, 100.0, 20.6)
    after, mean = hvac_step(HOUSE, start, WINTER, 250.0)
    assert (after.mode, after.timer_s) == (OFF, pytest.approx(50.0))
    assert mean[:5] == pytest.approx((820.0, 600.0, 2760.0, 1960.0, 20.0))
    stored_j = (after.room_c - 20.6) * 1.005e6
    assert (2760.0 + 100.0 - mean.room_loss_w) * 250.0 == pytest.approx(stored_j)
    assert mean.room_loss_w == pytest.approx(100.0 * (20.6 - 5.0), rel=0.03)
    assert hvac_initial_state(HOUSE, 21.0) == HvacState(OFF, 0.0, 21.0)
