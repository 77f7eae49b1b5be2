"""Snow on modules, beside pvlib."""

from __future__ import annotations

import warnings

import pandas as pd
import pvlib  # type: ignore[import-untyped]
import pytest
from hypothesis import given
from hypothesis import strategies as st

from doppelgrid.models.pv_snow import snow_left, snow_slides, strings_free

SHARES = st.floats(0.0, 1.0)
HOUR_S = 3600.0


@pytest.mark.parametrize(
    ("irradiance", "ambient_c", "slides"),
    [(0.0, 0.1, True), (0.0, 0.0, False), (400.0, -4.9, True), (400.0, -5.1, False), (-2.0, 0.1, True)],
)
def test_snow_slides_above_a_temperature_that_falls_with_the_sun(
    irradiance: float, ambient_c: float, slides: bool
) -> None:
    assert snow_slides(irradiance, ambient_c) is slides


def test_snow_goes_as_in_pvlib() -> None:
    hours = pd.date_range("2026-01-05", periods=72, freq="h")
    sun = pd.Series([300.0 if 9 <= hour.hour <= 15 else 0.0 for hour in hours], hours)
    air = pd.Series([-8.0 + 6.0 * (hour.hour in range(9, 16)) for hour in hours], hours)
    fall = pd.Series([20.0 if number == 3 else 0.0 for number in range(72)], hours)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = pvlib.snow.coverage_nrel(fall, sun, air, 35.0)
    covered, ours = 0.0, []
    for number in range(72):
        covered = 1.0 if number == 3 else snow_left(covered, 35.0, sun.iloc[number], air.iloc[number], HOUR_S)
        ours.append(covered)
    assert ours == pytest.approx(expected.tolist(), abs=1e-9)


@given(SHARES, st.floats(0.0, 90.0), st.floats(0.0, 1200.0), st.floats(-40.0, 40.0), st.floats(0.0, 1e6))
def test_snow_gets_less_and_never_negative(
    covered: float, tilt_deg: float, irradiance: float, ambient_c: float, dt_s: float
) -> None:
    assert 0.0 <= snow_left(covered, tilt_deg, irradiance, ambient_c, dt_s) <= covered


@given(SHARES, st.floats(5.0, 90.0), st.floats(0.0, 1e5), st.floats(0.0, 1e5))
def test_two_steps_are_one(covered: float, tilt_deg: float, one_s: float, other_s: float) -> None:
    halfway = snow_left(covered, tilt_deg, 0.0, 5.0, one_s)
    assert snow_left(halfway, tilt_deg, 0.0, 5.0, other_s) == pytest.approx(
        snow_left(covered, tilt_deg, 0.0, 5.0, one_s + other_s), abs=1e-9
    )


def test_snow_on_flat_modules_does_not_slide() -> None:
    assert snow_left(1.0, 0.0, 0.0, 10.0, 1e6) == 1.0


@pytest.mark.parametrize("covered", [0.0, 0.2, 0.25, 0.6, 1.0])
def test_strings_go_off_as_in_pvlib(covered: float) -> None:
    assert strings_free(covered, 4) == pytest.approx(1.0 - float(pvlib.snow.dc_loss_nrel(covered, 4)))


def test_no_snow_leaves_all_strings_free() -> None:
    assert strings_free(0.0, 3) == 1.0
