"""A boiler of round numbers at each of its thresholds."""

from __future__ import annotations

import math

import pytest
from model_cases.heat_buffer import (
    HeatBufferOutput,
    heat_buffer_horizon_s,
    heat_buffer_output,
    heat_buffer_step,
)

from doppelgrid.models.heat_buffer import (
    HeatBufferInput,
    HeatBufferParams,
    HeatBufferState,
    Warming,
    delivered_w,
    has_reached,
    tank_after,
    time_constant_s,
    time_to_temperature_s,
    warming_over,
    warming_rate_k_per_s,
)
from doppelgrid.models.steam_boiler import (
    SteamBoilerInput,
    SteamBoilerOutput,
    SteamBoilerState,
    saturation_pressure_pa,
    saturation_temperature_c,
    steam_boiler_horizon_s,
    steam_boiler_initial_state,
    steam_boiler_output,
    steam_boiler_power_limits,
    steam_boiler_step,
)
from doppelgrid.sim.components.machines.steam_boiler import steam_boiler_preset

BOILER = steam_boiler_preset("resistive", 100e3)._replace(
    rated_power_w=1000.0, minimum_power_w=200.0, auxiliary_power_w=50.0, efficiency=0.8,
    drum=HeatBufferParams(2010.0, 0.5, 150.0), full_c=180.0, restart_c=170.0,
    keep_warm_c=140.0, keep_warm_power_w=120.0, steam_enthalpy_j_per_kg=2.5e6,
)  # fmt: skip
"""Holding 180 °C takes 80 W and so 100 W of the heating, and 150 W with the pumps."""
TAU_S = 4020.0


def told(set_point_w: float, steam_w: float = 0.0) -> SteamBoilerInput:
    return SteamBoilerInput(set_point_w, steam_w, 20.0)


def test_a_full_drum_switches_off_unless_enough_is_drawn() -> None:
    for takes, drum_c, steam_w, expected in (
        (1, 179.9, 0.0, 1),
        (1, 180.0, 0.0, 0),  # 150 W are less than the least power
        (1, 180.0, 39.0, 0),
        (1, 180.0, 41.0, 1),
        (0, 180.0, 500.0, 0),
        (1, 180.1, 500.0, 0),
        (0, 170.1, 500.0, 0),
        (0, 170.0, 0.0, 1),
        (0, 150.0, 0.0, 1),
    ):
        after, _ = steam_boiler_step(BOILER, SteamBoilerState(takes, drum_c), told(1000.0, steam_w), 1e-9)
        assert after.drum_takes == expected


def test_it_draws_and_gives_by_set_point_drum_and_demand() -> None:
    for state, inp, active_w, steam_w in (
        (SteamBoilerState(1, 160.0), told(600.0, 300.0), 600.0, 300.0),
        (SteamBoilerState(1, 160.0), told(2000.0), 1000.0, 0.0),
        (SteamBoilerState(1, 160.0), told(200.0), 200.0, 0.0),
        (SteamBoilerState(1, 160.0), told(199.9), 50.0, 0.0),
        (SteamBoilerState(0, 175.0), told(1000.0, 300.0), 50.0, 300.0),
        (SteamBoilerState(1, 180.0), told(1000.0, 400.0), 650.0, 400.0),
        (SteamBoilerState(1, 180.0), told(500.0, 400.0), 500.0, 400.0),
        (SteamBoilerState(1, 139.9), told(0.0, 300.0), 170.0, 0.0),
        (SteamBoilerState(1, 140.0), told(0.0), 125.0, 0.0),
        (SteamBoilerState(1, 140.1), told(0.0), 50.0, 0.0),
        (SteamBoilerState(1, 150.0), told(600.0, 500.0), 600.0, 0.8 * 550.0 - 65.0),
        (SteamBoilerState(1, 150.0), told(600.0, 300.0), 600.0, 300.0),
        (SteamBoilerState(1, 149.9), told(600.0, 300.0), 600.0, 0.0),
        (SteamBoilerState(1, 150.0), told(0.0, 300.0), 50.0, 0.0),
    ):
        loss_w = active_w - 0.8 * (active_w - 50.0) + 0.5 * (state.drum_c - 20.0)
        pressure_bar = saturation_pressure_pa(state.drum_c) / 1e5
        expected = SteamBoilerOutput(
            active_w, 0.0, steam_w, steam_w / 2.5e6, loss_w, state.drum_c, pressure_bar
        )
        assert steam_boiler_output(BOILER, state, inp) == pytest.approx(expected)


def test_keeping_warm_draws_no_more_than_it_may_and_nothing_in_a_warm_room() -> None:
    weak = BOILER._replace(keep_warm_power_w=60.0)
    assert steam_boiler_output(weak, SteamBoilerState(1, 140.0), told(0.0)).active_power_w == 110.0
    warm = SteamBoilerInput(0.0, 0.0, 200.0)
    assert steam_boiler_output(BOILER, SteamBoilerState(1, 140.0), warm).active_power_w == 50.0


def test_it_could_have_what_the_drum_takes() -> None:
    for state, steam_w, upper_w in (
        (SteamBoilerState(1, 160.0), 0.0, 1000.0),
        (SteamBoilerState(1, 180.0), 400.0, 650.0),
        (SteamBoilerState(1, 180.0), 5000.0, 1000.0),
        (SteamBoilerState(0, 175.0), 400.0, 50.0),
    ):
        assert steam_boiler_power_limits(BOILER, state, told(0.0, steam_w)) == (0.0, pytest.approx(upper_w))


def test_power_and_steam_hold_until_the_drum_comes_to_a_threshold() -> None:
    """600 W heat a drum that would settle 880 K above the room."""
    for state, inp, expected_s in (
        (SteamBoilerState(1, 160.0), told(600.0), TAU_S * math.log((880.0 - 140.0) / (880.0 - 150.0))),
        (SteamBoilerState(1, 160.0), told(50.0), TAU_S * math.log(140.0 / 130.0)),
        (SteamBoilerState(0, 175.0), told(600.0), TAU_S * math.log(155.0 / 150.0)),
        (SteamBoilerState(1, 145.0), told(0.0), TAU_S * math.log(125.0 / 120.0)),
        (SteamBoilerState(1, 130.0), told(0.0), TAU_S * math.log((192.0 - 110.0) / (192.0 - 120.0))),
        (SteamBoilerState(1, 140.0), told(0.0), math.inf),
        (SteamBoilerState(1, 150.0), told(600.0, 500.0), math.inf),
        (SteamBoilerState(1, 179.999_999_5), told(1000.0), 1e-3),
    ):
        assert steam_boiler_horizon_s(BOILER, state, inp) == pytest.approx(expected_s)


def test_a_step_shows_means_and_the_drum_at_its_end() -> None:
    state = SteamBoilerState(0, 172.0)
    falls_s = TAU_S * math.log(152.0 / 150.0)
    after, mean = steam_boiler_step(BOILER, state, told(1000.0), falls_s + 20.0)
    assert after.drum_takes == 1
    assert mean.active_power_w * (falls_s + 20.0) == pytest.approx(50.0 * falls_s + 20_000.0)
    stored_w = (after.drum_c - 172.0) * 2010.0 / (falls_s + 20.0)
    assert mean.active_power_w == pytest.approx(mean.loss_w + stored_w)
    assert mean.drum_c == after.drum_c
    _, steaming = steam_boiler_step(BOILER, SteamBoilerState(1, 160.0), told(600.0, 300.0), 5.0)
    assert (steaming.steam_w, steaming.steam_kg_per_s) == (pytest.approx(300.0), pytest.approx(1.2e-4))
    assert steam_boiler_initial_state(BOILER, 99.0) == SteamBoilerState(1, 99.0, 0.0)


def test_pressure_and_temperature_of_saturation_are_inverse() -> None:
    for celsius in (
        1.0,
        99.0,
        180.0,
        300.0,
    ):
        assert saturation_temperature_c(saturation_pressure_pa(celsius)) == pytest.approx(celsius, abs=1e-5)


def test_frozen_water_has_the_pressure_of_its_melting_point() -> None:
    cold = steam_boiler_output(BOILER, SteamBoilerState(1, -10.0), told(0.0))
    assert cold.pressure_bar == pytest.approx(saturation_pressure_pa(0.0) / 1e5)
    assert cold.pressure_bar == pytest.approx(0.006_112, rel=1e-3)


TANK = HeatBufferParams(2010.0, 0.5, 50.0)


def test_a_tank_at_its_least_useful_temperature_gives_what_comes_in() -> None:
    for celsius, heat_w, demand_w, drawn_w in (
        (50.1, 0.0, 300.0, 300.0),
        (49.9, 900.0, 300.0, 0.0),
        (50.0, 100.0, 300.0, 85.0),
        (50.0, 500.0, 300.0, 300.0),
        (50.0, 10.0, 300.0, 0.0),
    ):
        inp = HeatBufferInput(heat_w, demand_w, 20.0)
        assert delivered_w(TANK, celsius, inp) == pytest.approx(drawn_w)
        shown = heat_buffer_output(TANK, HeatBufferState(celsius), inp)
        assert shown == pytest.approx(HeatBufferOutput(heat_w, drawn_w, 0.5 * (celsius - 20.0)))


def test_warming_over_a_step_has_its_end_and_its_mean() -> None:
    assert warming_rate_k_per_s(2010.0, 0.5, 50.0, 418.0, 20.0) == pytest.approx(403.0 / 2010.0)
    assert time_constant_s(2010.0, 0.5) == TAU_S
    assert time_constant_s(2010.0, 0.0) == math.inf
    line = warming_over(0.2, math.inf, 50.0, 100.0)
    assert line == pytest.approx(Warming(70.0, 60.0))
    curve = warming_over(0.2, 200.0, 50.0, 100.0)
    end_c = 90.0 - 40.0 * math.exp(-0.5)
    mean_c = 90.0 - 40.0 * (1.0 - math.exp(-0.5)) / 0.5
    assert curve == pytest.approx(Warming(end_c, mean_c))
    assert [has_reached(celsius, 50.0) for celsius in (49.9, 50.0, 50.1)] == [False, True, True]
    assert time_to_temperature_s(0.2, math.inf, 50.0, 53.0) == pytest.approx(15.0)
    assert time_to_temperature_s(-0.2, math.inf, 50.0, 47.0) == pytest.approx(15.0)
    assert time_to_temperature_s(0.2, math.inf, 50.0, 50.0) == math.inf
    assert time_to_temperature_s(0.0, math.inf, 50.0, 53.0) == math.inf
    assert time_to_temperature_s(0.2, 200.0, 50.0, 91.0) == math.inf


def test_a_tank_after_a_step_and_its_loss_balance() -> None:
    after, lost_j = tank_after(TANK, HeatBufferState(60.0), -200.0, 20.0, 300.0)
    settled_c = 20.0 - 400.0
    assert after.temperature_c == pytest.approx(settled_c + (60.0 - settled_c) * math.exp(-300.0 / TAU_S))
    assert (60.0 - after.temperature_c) * 2010.0 == pytest.approx(lost_j + 200.0 * 300.0)
    inp = HeatBufferInput(0.0, 200.0, 20.0)
    reaches_s = TAU_S * math.log(440.0 / 430.0)
    assert heat_buffer_horizon_s(TANK, HeatBufferState(60.0), inp) == pytest.approx(reaches_s)
    assert heat_buffer_horizon_s(TANK, HeatBufferState(50.000_001), inp) == 1e-3
    state, mean = heat_buffer_step(TANK, HeatBufferState(60.0), inp, 2.0 * reaches_s)
    assert mean.delivered_w == pytest.approx(100.0)
    assert (60.0 - state.temperature_c) * 2010.0 == pytest.approx(2.0 * reaches_s * (mean.loss_w + 100.0))
