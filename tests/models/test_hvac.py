"""A heat pump that keeps a room within its thermostat's band."""

from __future__ import annotations

import itertools
import math

import pytest
from scipy.integrate import solve_ivp

from doppelgrid.models.hvac import (
    COOLING,
    HEATING,
    OFF,
    HvacInput,
    HvacParams,
    HvacState,
    hvac_cop,
    hvac_eer,
    hvac_horizon_s,
    hvac_initial_state,
    hvac_output,
    hvac_step,
)
from doppelgrid.models.parameter import ParameterError
from doppelgrid.sim.components.machines.hvac import check_hvac, hvac_preset

HOUSE = hvac_preset("house-heat-pump")
OFFICE = hvac_preset("office-split")
COLD_DAY = HvacInput(math.inf, -5.0, 300.0, -5.0)
HOT_DAY = HvacInput(math.inf, 33.0, 6000.0, 33.0)


@pytest.mark.parametrize(("lift_k", "cop"), [(15.0, 5.14), (35.0, 3.35), (60.0, 1.82)])
def test_the_cop_is_that_of_the_regression(lift_k: float, cop: float) -> None:
    assert hvac_cop(HOUSE, HOUSE.supply_c - lift_k) == pytest.approx(cop, abs=0.01)


def test_the_cop_stays_within_the_data_of_the_regression() -> None:
    assert hvac_cop(HOUSE, 34.0) == hvac_cop(HOUSE, HOUSE.supply_c - 15.0)
    assert hvac_cop(HOUSE, -60.0) == hvac_cop(HOUSE, HOUSE.supply_c - 60.0)


def test_cooling_is_harder_in_the_heat() -> None:
    assert hvac_eer(OFFICE, 40.0) < hvac_eer(OFFICE, 35.0) == OFFICE.eer_at_35_c < hvac_eer(OFFICE, 25.0)


def run(
    params: HvacParams, state: HvacState, inp: HvacInput, hours: float, dt_s: float = 60.0
) -> list[tuple[HvacState, float]]:
    points = []
    for _ in range(round(hours * 3600.0 / dt_s)):
        state, output = hvac_step(params, state, inp, dt_s)
        points.append((state, output.active_power_w))
    return points


@pytest.mark.parametrize(
    ("params", "inp", "middle_c", "mode"),
    [(HOUSE, COLD_DAY, 20.5, HEATING), (OFFICE, HOT_DAY, 25.0, COOLING)],
)
def test_the_room_stays_in_its_band(params: HvacParams, inp: HvacInput, middle_c: float, mode: int) -> None:
    points = run(params, hvac_initial_state(params, middle_c), inp, 48.0)
    room = [state.room_c for state, _ in points[600:]]
    # Least times of running and of pause may carry it a little beyond.
    assert min(room) == pytest.approx(middle_c - 0.5 * params.hysteresis_k, abs=0.2)
    assert max(room) == pytest.approx(middle_c + 0.5 * params.hysteresis_k, abs=0.2)
    assert {state.mode for state, _ in points} == {OFF, mode}


def test_it_runs_and_pauses_for_its_least_times() -> None:
    params = HOUSE._replace(hysteresis_k=0.05)
    points = run(params, hvac_initial_state(params, 20.5), COLD_DAY, 12.0, 10.0)
    changes = [i for i in range(1, len(points)) if points[i][0].mode != points[i - 1][0].mode]
    spans_s = [10.0 * (b - a) for a, b in itertools.pairwise(changes)]
    assert len(spans_s) > 10
    assert min(spans_s) >= 600.0 - 10.0


def test_a_limit_slows_it_down_and_blocks_it_below_its_least_power() -> None:
    cold = HvacState(OFF, 0.0, 18.0)
    full = hvac_output(HOUSE, cold, COLD_DAY)
    assert full.active_power_w == HOUSE.rated_power_w + HOUSE.standby_power_w
    slow = hvac_output(HOUSE, cold, COLD_DAY._replace(set_point_w=1500.0))
    assert slow.active_power_w == 1500.0
    assert slow.heat_w == pytest.approx(full.heat_w * (1500.0 - 15.0) / 3000.0)
    blocked = hvac_output(HOUSE, cold, COLD_DAY._replace(set_point_w=500.0))
    assert (blocked.active_power_w, blocked.heat_w) == (HOUSE.standby_power_w, 0.0)


def test_a_block_is_followed_by_a_pause() -> None:
    running = HvacState(HEATING, 300.0, 19.0)
    state, _ = hvac_step(HOUSE, running, COLD_DAY._replace(set_point_w=0.0), 10.0)
    assert state.mode == OFF
    state, output = hvac_step(HOUSE, state, COLD_DAY, 580.0)
    assert output.active_power_w == HOUSE.standby_power_w
    assert hvac_step(HOUSE, state, COLD_DAY, 20.0)[0].mode == HEATING


def test_the_horizon_is_where_the_thermostat_switches() -> None:
    running = HvacState(HEATING, 0.0, 20.0)
    horizon_s = hvac_horizon_s(HOUSE, running, COLD_DAY)
    before, _ = hvac_step(HOUSE, running, COLD_DAY, horizon_s - 1.0)
    after, _ = hvac_step(HOUSE, running, COLD_DAY, horizon_s + 1.0)
    assert (before.mode, after.mode) == (HEATING, OFF)
    assert before.room_c == pytest.approx(21.0, abs=1e-3)


def test_the_room_follows_its_differential_equation() -> None:
    state, dt_s = HvacState(HEATING, 1e5, 15.0), 7200.0
    heat_w = COLD_DAY.gains_w + hvac_cop(HOUSE, -5.0) * HOUSE.rated_power_w

    def slope(_time: float, room: list[float]) -> list[float]:
        return [(heat_w - HOUSE.heat_loss_w_per_k * (room[0] + 5.0)) / HOUSE.heat_capacity_j_per_k]

    reference = solve_ivp(slope, (0.0, dt_s), [15.0], rtol=1e-10, atol=1e-10).y[0, -1]
    assert hvac_step(HOUSE, state, COLD_DAY, dt_s)[0].room_c == pytest.approx(reference, abs=1e-7)


def test_energy_over_a_week_is_the_loss_of_the_house_over_the_cop() -> None:
    state, used_wh = hvac_initial_state(HOUSE, 20.5), 0.0
    for _ in range(7 * 24):
        state, output = hvac_step(HOUSE, state, COLD_DAY, 3600.0)
        used_wh += output.active_power_w - HOUSE.standby_power_w
    loss_wh = 7 * 24 * (HOUSE.heat_loss_w_per_k * 25.5 - COLD_DAY.gains_w)
    assert used_wh == pytest.approx(loss_wh / hvac_cop(HOUSE, -5.0), rel=0.02)


def test_set_points_too_near_each_other_are_refused() -> None:
    with pytest.raises(ParameterError, match="hysteresis_k is 1 K"):
        check_hvac(OFFICE._replace(cooling_set_point_c=20.5))


def test_the_source_and_not_the_air_decides_how_much_heat_comes_of_a_kilowatt_hour() -> None:
    """At -5 °C outdoors, ground of 8 °C is 27 K below the floor's 35 °C."""
    ground = COLD_DAY._replace(source_c=8.0)
    output = hvac_output(HOUSE, HvacState(HEATING, 0.0, 20.0), ground)
    cop = 6.81 - 0.121 * 27.0 + 0.000630 * 27.0**2
    assert output.heat_w == pytest.approx(cop * HOUSE.rated_power_w)
    assert output.room_loss_w == pytest.approx(HOUSE.heat_loss_w_per_k * 25.0)
