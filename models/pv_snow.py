"""Snow on photovoltaic modules: it covers them when it falls, and slides off when the air and the sun are warm enough.

Snow slides while the air is warmer than G / -80 (°C and W/m²): sun melts it from below although the air is cold. It
then uncovers 0.197 sin(tilt) of the modules' height an hour, from the upper edge. A string of which any part is covered
gives nothing, so power goes down in steps with as many strings as lie above each other.

References:
- B. Marion, R. Schaefer, H. Caine, G. Sanchez, "Measured and modeled photovoltaic system energy losses from snow for
  Colorado and Wisconsin locations", Solar Energy 97 (2013) 112-121, doi:10.1016/j.solener.2013.07.029.
- D. Ryberg, J. Freeman, "Integration, Validation, and Application of a PV Snow Coverage Model in SAM",
  NREL/TP-6A20-68705, 2017 (coefficients; power by covered strings).

Left out: depth of the snow, thin snow that lets light through, snow that meets the ground and cannot slide, wind.
"""

from __future__ import annotations

import math

_MELTING_W_PER_M2_K = -80.0
"""Irradiance over the temperature of the air at which snow begins to slide."""
_SLIDING_PER_H = 0.197
"""Height uncovered an hour over the sine of the tilt, of the modules' height."""
_SECONDS_PER_H = 3600.0


def snow_slides(irradiance_w_per_m2: float, ambient_c: float) -> bool:
    """Say whether snow on modules slides.

    Args:
        irradiance_w_per_m2: On their plane, as if there were no snow [W/m²].
        ambient_c: Temperature of the air [°C].
    """
    return ambient_c > max(irradiance_w_per_m2, 0.0) / _MELTING_W_PER_M2_K


def snow_left(
    covered: float, tilt_deg: float, irradiance_w_per_m2: float, ambient_c: float, dt_s: float
) -> float:
    """Return the share of the modules' height that is still covered after some time, within 0..1.

    Args:
        covered: The share before it, within 0..1.
        tilt_deg: Of the modules from the horizontal, 0..90 [°].
        irradiance_w_per_m2: On their plane, as if there were no snow [W/m²].
        ambient_c: Temperature of the air [°C].
        dt_s: How long both hold, >= 0 [s].
    """
    if not snow_slides(irradiance_w_per_m2, ambient_c):
        return covered
    slid = _SLIDING_PER_H * math.sin(math.radians(tilt_deg)) * dt_s / _SECONDS_PER_H
    return max(covered - slid, 0.0)


def strings_free(covered: float, strings: int) -> float:
    """Return the share of strings above each other that no snow covers, within 0..1.

    Args:
        covered: Share of the height that snow covers from below, within 0..1.
        strings: How many lie above each other, >= 1.
    """
    return math.floor((1.0 - covered) * strings + 1e-9) / strings
