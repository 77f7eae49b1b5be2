"""Air: its density and pressure, and its moisture as weather stations report it.

References:
- IEC 61400-12-1:2017, Wind energy generation systems, part 12-1: Power performance measurements (density of moist
  air).
- ISO 2533:1975, Standard Atmosphere (pressure over altitude in the troposphere).
- WMO-No. 8, Guide to Instruments and Methods of Observation (2018), annex 4.B (Magnus formula).

Left out: real-gas effects, ice below 0 °C in the dew point.
"""

from __future__ import annotations

import math

SEA_LEVEL_PRESSURE_PA = 101325.0

_A = 17.62
_B_C = 243.12
"""Constants of the Magnus formula over water [1], [°C]."""
_KELVIN = 273.15
_DRY_AIR_J_PER_KG_K = 287.05
_WATER_VAPOUR_J_PER_KG_K = 461.5
"""Gas constants of IEC 61400-12-1."""


def dew_point_c(temperature_c: float, relative_humidity: float) -> float:
    """Return the dew point by the Magnus formula [°C].

    Args:
        temperature_c: Of the air [°C], -45 to 60.
        relative_humidity: 0..1; less than a thousandth counts as that.
    """
    through = math.log(max(relative_humidity, 1e-3)) + _A * temperature_c / (_B_C + temperature_c)
    return _B_C * through / (_A - through)


def air_density_kg_per_m3(temperature_c: float, pressure_pa: float, relative_humidity: float) -> float:
    """Return the density of moist air by IEC 61400-12-1 [kg/m³].

    Args:
        temperature_c: Of the air [°C].
        pressure_pa: Of the air [Pa].
        relative_humidity: 0..1; 0 for dry air.
    """
    kelvin = temperature_c + _KELVIN
    vapour_pa = 0.0000205 * math.exp(0.0631846 * kelvin)
    lighter = 1.0 / _DRY_AIR_J_PER_KG_K - 1.0 / _WATER_VAPOUR_J_PER_KG_K
    return (pressure_pa / _DRY_AIR_J_PER_KG_K - relative_humidity * vapour_pa * lighter) / kelvin


def pressure_at_altitude_pa(altitude_m: float) -> float:
    """Return the pressure of the standard atmosphere [Pa] at an altitude above the sea [m], up to 11,000."""
    return SEA_LEVEL_PRESSURE_PA * math.pow(1.0 - 2.25577e-5 * altitude_m, 5.25588)
