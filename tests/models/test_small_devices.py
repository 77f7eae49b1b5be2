"""Cars, machines, transformers and moist air."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doppelgrid.models.air import dew_point_c
from doppelgrid.models.car import CarParams, car_horizon_s, car_power_limit_w, car_soc_after
from doppelgrid.models.machine import running_power_w
from doppelgrid.models.throughput import ThroughputParams, throughput_loss_w

CAR = CarParams(capacity_wh=60e3, power_max_w=11e3, taper_soc=0.8, efficiency=0.9)


def test_a_car_takes_its_full_power_until_the_taper() -> None:
    assert car_power_limit_w(CAR, 0.8) == pytest.approx(11e3)
    assert car_power_limit_w(CAR, 0.9) == pytest.approx(5.5e3)
    assert car_power_limit_w(CAR, 1.0) == 0.0


def test_a_car_charges_by_the_energy_that_arrives() -> None:
    assert car_soc_after(CAR, 0.5, 10e3, 3600.0) == pytest.approx(0.5 + 0.9 * 10e3 / 60e3)


@given(st.floats(0.0, 1.0), st.floats(0.0, 86400.0))
def test_a_car_is_never_more_than_full(soc: float, dt_s: float) -> None:
    assert soc <= car_soc_after(CAR, soc, car_power_limit_w(CAR, soc), dt_s) <= 1.0


@given(st.floats(0.0, 0.79))
def test_the_horizon_ends_where_the_taper_begins(soc: float) -> None:
    end = car_soc_after(CAR, soc, 11e3, car_horizon_s(CAR, soc, 11e3))
    assert end == pytest.approx(0.8, abs=1e-9)


def test_a_car_that_takes_nothing_goes_on_for_ever() -> None:
    assert car_horizon_s(CAR, 1.0, 0.0) == math.inf


@pytest.mark.parametrize(
    ("wanted_w", "power_w"), [(0.0, 0.0), (4.0, 0.0), (5.0, 5.0), (-4.0, 0.0), (-9.0, -9.0)]
)
def test_a_machine_runs_at_its_minimum_or_not_at_all(wanted_w: float, power_w: float) -> None:
    assert running_power_w(wanted_w, 5.0) == power_w


def test_load_losses_go_with_the_square_of_the_apparent_power() -> None:
    params = ThroughputParams(100e3, 100.0, 1000.0)
    assert throughput_loss_w(params, 0.0, 0.0) == 100.0
    assert throughput_loss_w(params, 60e3, -80e3) == pytest.approx(1100.0)
    assert throughput_loss_w(params, -50e3, 0.0) == pytest.approx(350.0)


@given(st.floats(-40.0, 50.0))
def test_saturated_air_is_at_its_dew_point(temperature_c: float) -> None:
    assert dew_point_c(temperature_c, 1.0) == pytest.approx(temperature_c, abs=1e-9)


def test_the_dew_point_agrees_with_the_tables() -> None:
    assert dew_point_c(20.0, 0.5) == pytest.approx(9.3, abs=0.1)
    assert dew_point_c(30.0, 0.7) == pytest.approx(23.9, abs=0.1)
