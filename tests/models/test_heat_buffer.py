"""A tank warms, cools and delivers as the closed forms say."""

from __future__ import annotations

import math

import pytest
from model_cases.heat_buffer import heat_buffer_horizon_s, heat_buffer_step
from scipy.integrate import solve_ivp

from doppelgrid.models.heat_buffer import (
    HeatBufferInput,
    HeatBufferParams,
    HeatBufferState,
    time_to_temperature_s,
    warming_over,
)
from doppelgrid.sim.components.machines.chp import hot_water_buffer

TANK = HeatBufferParams(heat_capacity_j_per_k=4e6, heat_loss_w_per_k=10.0, useful_c=50.0)


def test_a_tank_cools_as_an_independent_solver_says() -> None:
    inp = HeatBufferInput(heat_w=3e3, demand_w=5e3, room_c=15.0)
    solved = solve_ivp(lambda _t, t_c: (-2e3 - 10.0 * (t_c - 15.0)) / 4e6, (0.0, 20e3), [75.0], rtol=1e-11)
    state, _ = heat_buffer_step(TANK, HeatBufferState(75.0), inp, 20e3)
    assert state.temperature_c == pytest.approx(solved.y[0, -1], abs=1e-6)


def test_the_horizon_ends_at_the_least_useful_temperature() -> None:
    state, inp = HeatBufferState(60.0), HeatBufferInput(0.0, 8e3, 20.0)
    horizon_s = heat_buffer_horizon_s(TANK, state, inp)
    after, output = heat_buffer_step(TANK, state, inp, horizon_s)
    assert after.temperature_c == pytest.approx(50.0, abs=1e-9)
    assert output.delivered_w == pytest.approx(8e3)


def test_a_tank_that_cannot_keep_up_passes_on_what_comes_in() -> None:
    after, output = heat_buffer_step(TANK, HeatBufferState(50.0), HeatBufferInput(3e3, 8e3, 20.0), 86_400.0)
    assert after.temperature_c == pytest.approx(50.0, abs=1e-9)
    assert output.delivered_w == pytest.approx(3e3 - 10.0 * 30.0)


def test_a_tank_below_its_useful_temperature_delivers_nothing() -> None:
    _, output = heat_buffer_step(TANK, HeatBufferState(40.0), HeatBufferInput(0.0, 8e3, 20.0), 3600.0)
    assert output.delivered_w == 0.0


def test_a_tank_without_loss_warms_in_a_straight_line() -> None:
    after, output = heat_buffer_step(
        HeatBufferParams(4e6, 0.0, 50.0), HeatBufferState(20.0), HeatBufferInput(4e3, 0.0, 0.0), 5e3
    )
    assert after.temperature_c == pytest.approx(25.0)
    assert output.loss_w == 0.0


def test_a_temperature_that_is_not_approached_is_never_reached() -> None:
    assert time_to_temperature_s(-1e-3, math.inf, 50.0, 60.0) == math.inf
    assert time_to_temperature_s(1e-3, 1000.0, 50.0, 51.0) == math.inf  # settles at 51 °C


@pytest.mark.parametrize("target_c", [50.5, 50.9, 50.999])
def test_the_time_to_a_temperature_leads_there(target_c: float) -> None:
    time_s = time_to_temperature_s(1e-3, 1000.0, 50.0, target_c)
    assert warming_over(1e-3, 1000.0, 50.0, time_s).end_c == pytest.approx(target_c, abs=1e-12)


def test_a_small_tank_loses_as_much_as_the_regulation_allows() -> None:
    tank = hot_water_buffer(500.0)
    assert tank.heat_loss_w_per_k * 45.0 == pytest.approx(116.7, abs=0.1)  # 16.66 + 8.33 * 500**0.4
