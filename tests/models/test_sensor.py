"""Sensors: lag, errors and resolution."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doppelgrid.models.parameter import check_parameters
from doppelgrid.models.sensor import (
    IDEAL_SENSOR,
    SensorParams,
    sensor_after,
    sensor_initial_state,
    sensor_reading,
)

THERMOMETER = SensorParams(30.0, 1.0, 0.2, 0.05, 0.1, -40.0, 60.0)


def test_it_follows_a_step_with_its_time_constant() -> None:
    state = sensor_after(THERMOMETER, sensor_initial_state(THERMOMETER, 10.0), 20.0, 30.0)
    assert state.element == pytest.approx(20.0 - 10.0 * math.exp(-1.0))


@given(st.floats(0.0, 100.0), st.floats(0.0, 100.0))
def test_one_long_step_is_two_short_ones(first_s: float, second_s: float) -> None:
    start = sensor_initial_state(THERMOMETER, 10.0)
    parts = sensor_after(THERMOMETER, sensor_after(THERMOMETER, start, 20.0, first_s), 20.0, second_s)
    assert parts.element == pytest.approx(sensor_after(THERMOMETER, start, 20.0, first_s + second_s).element)


def test_readings_have_offset_noise_resolution_and_range() -> None:
    state = sensor_initial_state(THERMOMETER, 20.0)
    assert sensor_reading(THERMOMETER, state, 0.0) == pytest.approx(20.2)
    assert sensor_reading(THERMOMETER, state, 2.0) == pytest.approx(20.3)
    assert sensor_reading(THERMOMETER, state, 1.5) == pytest.approx(20.3)
    assert sensor_reading(THERMOMETER, sensor_initial_state(THERMOMETER, 99.0), 0.0) == 60.0


@given(st.floats(-1e3, 1e3))
def test_an_ideal_sensor_reads_the_truth_at_once(truth: float) -> None:
    check_parameters(IDEAL_SENSOR)
    state = sensor_after(IDEAL_SENSOR, sensor_initial_state(IDEAL_SENSOR, 0.0), truth, 1e-3)
    assert sensor_reading(IDEAL_SENSOR, state, 1.0) == truth
