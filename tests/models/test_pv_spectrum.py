"""What cells use of light by its spectrum, beside pvlib."""

from __future__ import annotations

import pvlib  # type: ignore[import-untyped]
import pytest

from doppelgrid.models.parameter import ParameterError
from doppelgrid.models.pv_spectrum import (
    absolute_air_mass,
    check_spectrum,
    precipitable_water_cm,
    spectral_factor,
)
from doppelgrid.sim.components.array_spectrum import spectrum_preset
from doppelgrid.sim.files.presets import preset_names

CELLS = preset_names("pv_spectra")
SILICON = ("monosi", "multisi")
EVENING, NOON = 6.0, 1.2


def test_there_are_the_cells_that_pvlib_has() -> None:
    assert CELLS == ("monosi", "multisi", "cdte", "cigs", "asi")


@pytest.mark.parametrize("water_cm", [0.1, 0.5, 1.42, 3.0, 5.0, 8.0])
@pytest.mark.parametrize("air_mass", [0.58, 0.8, 1.0, 1.5, 3.0, 5.0, 10.0])
@pytest.mark.parametrize("cells", CELLS)
def test_cells_use_of_light_what_pvlib_says(cells: str, air_mass: float, water_cm: float) -> None:
    expected = pvlib.spectrum.spectral_factor_firstsolar(water_cm, air_mass, cells)
    assert spectral_factor(spectrum_preset(cells), air_mass, water_cm) == pytest.approx(
        float(expected[0]), abs=1e-12
    )


@pytest.mark.parametrize(
    ("air_mass", "water_cm", "edge"),
    [(0.3, 2.0, (0.58, 2.0)), (37.9, 2.0, (10.0, 2.0)), (2.0, 0.02, (2.0, 0.1)), (2.0, 11.0, (2.0, 8.0))],
)
def test_beyond_its_range_the_regression_counts_as_at_the_edge(
    air_mass: float, water_cm: float, edge: tuple[float, float]
) -> None:
    for params in map(spectrum_preset, CELLS):
        assert spectral_factor(params, air_mass, water_cm) == spectral_factor(params, *edge)


@pytest.mark.parametrize("pressure_pa", [55_000.0, 82_700.0, 101_325.0])
@pytest.mark.parametrize("zenith_deg", [0.0, 30.0, 48.2, 60.0, 75.0, 85.0, 88.0, 89.9, 90.0])
def test_the_way_through_the_air_is_that_of_pvlib(zenith_deg: float, pressure_pa: float) -> None:
    expected = pvlib.atmosphere.get_absolute_airmass(
        pvlib.atmosphere.get_relative_airmass(zenith_deg), pressure_pa
    )
    assert absolute_air_mass(zenith_deg, pressure_pa) == pytest.approx(float(expected), rel=1e-12)


def test_a_sun_that_is_down_counts_as_one_that_sets() -> None:
    assert absolute_air_mass(120.0, 101_325.0) == absolute_air_mass(90.0, 101_325.0)


@pytest.mark.parametrize("humidity", [0.0, 0.05, 0.31, 0.6, 1.0])
@pytest.mark.parametrize("temperature_c", [-60.0, -10.0, 0.0, 15.0, 25.0, 45.0, 100.0])
def test_the_water_of_the_air_is_that_of_pvlib(temperature_c: float, humidity: float) -> None:
    expected = float(pvlib.atmosphere.gueymard94_pw(temperature_c, 100.0 * humidity))
    assert precipitable_water_cm(temperature_c, humidity) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("cells", [*SILICON, "cigs"])
def test_silicon_gains_by_the_red_light_of_a_low_sun(cells: str) -> None:
    params = spectrum_preset(cells)
    assert spectral_factor(params, EVENING, 2.0) > spectral_factor(params, NOON, 2.0) + 0.02


@pytest.mark.parametrize("cells", ["cdte", "asi"])
def test_cells_that_see_no_infrared_lose_by_the_red_light_of_a_low_sun(cells: str) -> None:
    params = spectrum_preset(cells)
    assert spectral_factor(params, EVENING, 2.0) < spectral_factor(params, NOON, 2.0) - 0.02


@pytest.mark.parametrize("cells", [*SILICON, "cdte", "asi"])
def test_water_which_takes_infrared_makes_light_worth_more(cells: str) -> None:
    params = spectrum_preset(cells)
    assert spectral_factor(params, 1.5, 4.0) > spectral_factor(params, 1.5, 0.5) + 0.01


def test_cells_that_would_not_use_the_standard_spectrum_as_such_are_refused() -> None:
    params = spectrum_preset("monosi")
    with pytest.raises(ParameterError, match=r"constant is 0\.95914, which makes 1\.096 of the standard"):
        check_spectrum(params._replace(constant=params.constant + 0.1))


def test_coefficients_beyond_any_cell_are_refused() -> None:
    with pytest.raises(ParameterError, match=r"per_water is 1\.5 1/cm; accepted: -1\.\.1 1/cm"):
        check_spectrum(spectrum_preset("monosi")._replace(per_water=1.5))


def test_no_light_is_worth_less_than_nothing() -> None:
    steep = spectrum_preset("asi")._replace(per_air_mass=-1.0)
    assert spectral_factor(steep, 10.0, 1.0) == 0.0
