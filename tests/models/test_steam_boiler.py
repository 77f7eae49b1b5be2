"""A steam boiler keeps its pressure, and its saturation line the published values."""

from __future__ import annotations

import math

import pytest

from doppelgrid.models.steam_boiler import (
    SteamBoilerInput,
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

BOILER = steam_boiler_preset("resistive", 100e3)


@pytest.mark.parametrize(
    ("kelvin", "pressure_mpa"), [(300.0, 0.353658941e-2), (500.0, 0.263889776e1), (600.0, 0.123443146e2)]
)
def test_saturation_pressure_is_that_of_iapws_if97(kelvin: float, pressure_mpa: float) -> None:
    assert saturation_pressure_pa(kelvin - 273.15) == pytest.approx(1e6 * pressure_mpa, rel=1e-8)  # table 35


@pytest.mark.parametrize(
    ("pressure_mpa", "kelvin"), [(0.1, 0.372755919e3), (1.0, 0.453035632e3), (10.0, 0.584149488e3)]
)
def test_saturation_temperature_is_that_of_iapws_if97(pressure_mpa: float, kelvin: float) -> None:
    assert saturation_temperature_c(1e6 * pressure_mpa) == pytest.approx(
        kelvin - 273.15, abs=1e-6
    )  # table 36


def test_a_cold_boiler_raises_pressure_before_it_gives_steam() -> None:
    inp = SteamBoilerInput(100e3, 50e3, 20.0)
    state, _ = steam_boiler_step(BOILER, steam_boiler_initial_state(BOILER, 20.0), inp, 5.0)
    useful_s = steam_boiler_horizon_s(BOILER, state, inp)
    while state.drum_c < BOILER.drum.useful_c - 1e-6:
        state, output = steam_boiler_step(BOILER, state, inp, steam_boiler_horizon_s(BOILER, state, inp))
        assert output.steam_w == 0.0
    assert useful_s > 600.0
    assert steam_boiler_step(BOILER, state, inp, 60.0)[1].steam_w == pytest.approx(50e3)


def test_at_full_pressure_the_power_falls_to_what_is_drawn() -> None:
    state, inp = SteamBoilerState(1, BOILER.full_c), SteamBoilerInput(100e3, 40e3, 20.0)
    after, output = steam_boiler_step(BOILER, state, inp, 3600.0)
    loss_w = BOILER.drum.heat_loss_w_per_k * (BOILER.full_c - 20.0)
    needed_w = (40e3 + loss_w) / BOILER.efficiency + BOILER.auxiliary_power_w
    assert output.active_power_w == pytest.approx(needed_w)
    assert output.pressure_bar == pytest.approx(11.0, rel=1e-6)
    assert after.drum_takes == 1
    assert steam_boiler_power_limits(BOILER, state, inp)[1] == pytest.approx(needed_w)


def test_full_with_little_demand_it_switches_off_until_the_pressure_has_fallen() -> None:
    inp = SteamBoilerInput(100e3, 2e3, 20.0)
    state, _ = steam_boiler_step(BOILER, SteamBoilerState(1, BOILER.full_c), inp, 60.0)
    assert state.drum_takes == 0
    off_s = steam_boiler_horizon_s(BOILER, state, inp)
    assert off_s > 60.0
    _, output = steam_boiler_step(BOILER, state, inp, off_s)
    assert output.active_power_w == pytest.approx(BOILER.auxiliary_power_w)
    restarted, _ = steam_boiler_step(BOILER, state, inp, off_s + 1e-3)
    assert restarted.drum_takes == 1
    for after_s, power_w in ((0.0, 30e3), (1.0, 50e3), (2.0, 70e3), (4.0, 100e3)):
        loaded, _ = steam_boiler_step(BOILER, restarted, inp, after_s)
        assert steam_boiler_output(BOILER, loaded, inp).active_power_w == pytest.approx(power_w)


@pytest.mark.parametrize(
    ("set_point_w", "power_w"), [(100e3, 100e3), (60e3, 60e3), (10e3, 10e3), (150e3, 100e3)]
)
def test_below_full_pressure_it_follows_its_set_point(set_point_w: float, power_w: float) -> None:
    state = SteamBoilerState(1, 175.0)
    output = steam_boiler_output(BOILER, state, SteamBoilerInput(set_point_w, 50e3, 20.0))
    assert output.active_power_w == pytest.approx(power_w)


def test_too_much_demand_holds_the_least_useful_pressure() -> None:
    inp = SteamBoilerInput(50e3, 90e3, 20.0)
    after, output = steam_boiler_step(BOILER, SteamBoilerState(1, BOILER.drum.useful_c), inp, 3600.0)
    assert after.drum_c == pytest.approx(BOILER.drum.useful_c, abs=1e-6)
    assert output.pressure_bar == pytest.approx(7.0, rel=1e-6)
    loss_w = BOILER.drum.heat_loss_w_per_k * (after.drum_c - 20.0)
    heating_w = 50e3 - BOILER.auxiliary_power_w
    assert output.steam_w == pytest.approx(BOILER.efficiency * heating_w - loss_w)


def test_without_a_set_point_it_is_kept_warm() -> None:
    inp = SteamBoilerInput(0.0, 0.0, 20.0)
    after, output = steam_boiler_step(BOILER, SteamBoilerState(1, BOILER.keep_warm_c), inp, 86_400.0)
    assert after.drum_c == pytest.approx(BOILER.keep_warm_c, abs=1e-6)
    loss_w = BOILER.drum.heat_loss_w_per_k * (BOILER.keep_warm_c - 20.0)
    assert output.active_power_w == pytest.approx(BOILER.auxiliary_power_w + loss_w / BOILER.efficiency)
    assert steam_boiler_horizon_s(BOILER, after, inp) == math.inf


def test_standby_loses_what_the_drum_gives_to_the_room() -> None:
    params = BOILER._replace(keep_warm_power_w=0.0)
    inp = SteamBoilerInput(0.0, 0.0, 20.0)
    after, output = steam_boiler_step(params, SteamBoilerState(1, 180.0), inp, 3600.0)
    tau_s = params.drum.heat_capacity_j_per_k / params.drum.heat_loss_w_per_k
    assert after.drum_c == pytest.approx(20.0 + 160.0 * math.exp(-3600.0 / tau_s))
    assert output.active_power_w == params.auxiliary_power_w
