"""The spectrum of sunlight: how much of it photovoltaic cells of a kind use, over what they use of the standard's.

By absolute air mass A and precipitable water W (Lee and Panchula):

    M = c1 + c2 A + c3 W + c4 √A + c5 √W + c6 A / √W

A is Kasten's and Young's for the height of the sun, times the pressure of the air over that at sea level; W follows
from temperature and relative humidity at the ground (Gueymard). Long ways through the air redden light, water takes
infrared from it: silicon gains by both, cells that see little infrared (cadmium telluride, amorphous silicon) gain by
water and lose in the evening.

The regression is made of spectra with A in 1..5 and W in 0.5..5 cm; outside of 0.58..10 and 0.1..8 cm it diverges, and
counts as at the edge. Water from the ground is good to some 20 % for 1..3 cm, and worse beyond.

References:
- M. Lee, A. Panchula, "Spectral correction for photovoltaic module performance based on air mass and precipitable
  water", IEEE Photovoltaic Specialists Conference, 2016, doi:10.1109/PVSC.2016.7749836 (the form; ranges as in
  `pvlib.spectrum.spectral_factor_firstsolar`, which has no answer above 8 cm).
- F. Kasten, A. T. Young, "Revised optical air mass tables and approximation formula", Applied Optics 28 (1989)
  4735-4738, doi:10.1364/AO.28.004735.
- C. Gueymard, "Analysis of monthly average atmospheric precipitable water and turbidity in Canada and northern United
  States", Solar Energy 53 (1994) 57-71 (height of the vapour).
- W. M. Keogh, A. W. Blakers, "Accurate measurement, using natural sunlight, of silicon solar cells", Progress in
  Photovoltaics 12 (2004) 1-19, doi:10.1002/pip.517 (the same with the pressure of the vapour, as one equation).
- ASTM G173-03, Standard Tables for Reference Solar Spectral Irradiances (air mass 1.5, 1.42 cm of water).

Left out: clouds, which take infrared from light, haze, ozone, light of the ground, of the sky by itself, and how one
module differs from another of its kind.
"""

from __future__ import annotations

import math
from typing import Annotated, NamedTuple

from .air import SEA_LEVEL_PRESSURE_PA
from .parameter import Parameter, ParameterError, check_parameters

LEAST_AIR_MASS, GREATEST_AIR_MASS = 0.58, 10.0
LEAST_WATER_CM, GREATEST_WATER_CM = 0.1, 8.0
_STANDARD_AIR_MASS, _STANDARD_WATER_CM = 1.5, 1.42
_NEAR_ONE = 0.05
"""By so much a regression may miss the standard spectrum, of which cells use by definition 1; chosen."""
_KELVIN = 273.15
_CHOSEN = "chosen: around any cell"


class SpectrumParams(NamedTuple):
    """How cells of a kind use light, by air mass and precipitable water."""

    constant: Annotated[float, Parameter("1", -10.0, 10.0, _CHOSEN)]
    """c1."""
    per_air_mass: Annotated[float, Parameter("1", -1.0, 1.0, _CHOSEN)]
    """c2."""
    per_water: Annotated[float, Parameter("1/cm", -1.0, 1.0, _CHOSEN)]
    """c3."""
    per_root_air_mass: Annotated[float, Parameter("1", -5.0, 5.0, _CHOSEN)]
    """c4."""
    per_root_water: Annotated[float, Parameter("1/√cm", -5.0, 5.0, _CHOSEN)]
    """c5."""
    per_air_mass_over_root_water: Annotated[float, Parameter("√cm", -1.0, 1.0, _CHOSEN)]
    """c6."""


def spectral_factor(params: SpectrumParams, air_mass: float, water_cm: float) -> float:
    """Return what cells use of light over what they use of that of the standard, >= 0.

    Args:
        params: Of the cells.
        air_mass: Absolute air mass; counts as within 0.58..10.
        water_cm: Precipitable water; counts as within 0.1..8 [cm].
    """
    air_mass = min(max(air_mass, LEAST_AIR_MASS), GREATEST_AIR_MASS)
    water_cm = min(max(water_cm, LEAST_WATER_CM), GREATEST_WATER_CM)
    root_cm = math.sqrt(water_cm)
    factor = (
        params.constant
        + params.per_air_mass * air_mass
        + params.per_water * water_cm
        + params.per_root_air_mass * math.sqrt(air_mass)
        + params.per_root_water * root_cm
        + params.per_air_mass_over_root_water * air_mass / root_cm
    )
    return max(factor, 0.0)


def absolute_air_mass(zenith_deg: float, pressure_pa: float) -> float:
    """Return the way of light through the air over that straight down to the sea.

    Args:
        zenith_deg: Apparent zenith angle of the sun, refraction and all; more than 90 counts as that [°].
        pressure_pa: Of the air [Pa].
    """
    zenith_deg = min(zenith_deg, 90.0)
    thicker = 0.50572 * math.pow(96.07995 - zenith_deg, -1.6364)
    return pressure_pa / SEA_LEVEL_PRESSURE_PA / (math.cos(math.radians(zenith_deg)) + thicker)


def precipitable_water_cm(temperature_c: float, relative_humidity: float) -> float:
    """Return the water above the ground, as rain [cm]; less than 0.1 cm counts as that.

    Args:
        temperature_c: Of the air at the ground, > -100 [°C].
        relative_humidity: There, 0..1.
    """
    kelvin = temperature_c + _KELVIN
    warmth = kelvin / _KELVIN
    height_km = 0.4976 + 1.5265 * warmth + math.exp(13.6897 * warmth - 14.9188 * warmth * warmth * warmth)
    cold = 100.0 / kelvin
    saturation_hpa = math.exp(22.330 - 49.140 * cold - 10.922 * cold * cold - 0.39015 / cold)
    density_g_per_m3 = 216.7 * relative_humidity * saturation_hpa / kelvin
    return max(0.1 * height_km * density_g_per_m3, LEAST_WATER_CM)


def check_spectrum(params: SpectrumParams) -> None:
    """Refuse what is no use of light by cells.

    Raises:
        ParameterError: If a parameter is out of its range, or cells would not use of the standard spectrum what they do
            by definition; names the parameter.
    """
    check_parameters(params)
    factor = spectral_factor(params, _STANDARD_AIR_MASS, _STANDARD_WATER_CM)
    if abs(factor - 1.0) > _NEAR_ONE:
        raise ParameterError(
            "constant",
            f"{params.constant:g}, which makes {factor:.4g} of the standard spectrum",
            f"coefficients that make 1 within {_NEAR_ONE:g} there, at air mass {_STANDARD_AIR_MASS:g} and "
            f"{_STANDARD_WATER_CM:g} cm of water (ASTM G173)",
        )
