"""Density, pressure and moisture of air."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from windpowerlib.density import ideal_gas

from doppelgrid.models.air import (
    SEA_LEVEL_PRESSURE_PA,
    air_density_kg_per_m3,
    dew_point_c,
    pressure_at_altitude_pa,
)


def test_dry_air_at_sea_level_and_15_degrees_has_the_standard_density() -> None:
    density = air_density_kg_per_m3(15.0, SEA_LEVEL_PRESSURE_PA, 0.0)
    assert density == pytest.approx(1.225, rel=1e-4)


@pytest.mark.parametrize(
    ("altitude_m", "pressure_pa"), [(0.0, 101325.0), (1000.0, 89875.0), (5000.0, 54020.0)]
)
def test_pressure_falls_with_altitude_as_in_the_standard_atmosphere(
    altitude_m: float, pressure_pa: float
) -> None:
    assert pressure_at_altitude_pa(altitude_m) == pytest.approx(pressure_pa, rel=1e-3)


def test_moist_air_is_lighter() -> None:
    dry, moist = (air_density_kg_per_m3(30.0, SEA_LEVEL_PRESSURE_PA, phi) for phi in (0.0, 1.0))
    assert moist == pytest.approx(dry * (1.0 - 0.378 * 4247.0 / SEA_LEVEL_PRESSURE_PA), rel=2e-3)


@given(st.floats(-40.0, 50.0), st.floats(60e3, 105e3), st.floats(0.0, 1.0))
def test_density_agrees_with_the_ideal_gas_of_windpowerlib(
    celsius: float, pascal: float, humidity: float
) -> None:
    theirs = ideal_gas(pascal, 0.0, 0.0, celsius + 273.15)
    ours = air_density_kg_per_m3(celsius, pascal, 0.0)
    assert ours == pytest.approx(theirs, rel=1e-4)
    assert air_density_kg_per_m3(celsius, pascal, humidity) <= ours


@given(st.floats(-40.0, 50.0))
def test_saturated_air_is_at_its_dew_point(temperature_c: float) -> None:
    assert dew_point_c(temperature_c, 1.0) == pytest.approx(temperature_c, abs=1e-9)
