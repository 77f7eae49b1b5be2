"""Moist air, as weather stations report it."""

from __future__ import annotations

import math

_A = 17.62
_B_C = 243.12
"""Constants of the Magnus formula over water [1], [°C]: WMO-No. 8, Guide to Instruments (2018), annex 4.B."""


def dew_point_c(temperature_c: float, relative_humidity: float) -> float:
    """Return the dew point by the Magnus formula [°C].

    Args:
        temperature_c: Of the air [°C], -45 to 60.
        relative_humidity: 0..1; less than a thousandth counts as that.
    """
    through = math.log(max(relative_humidity, 1e-3)) + _A * temperature_c / (_B_C + temperature_c)
    return _B_C * through / (_A - through)
