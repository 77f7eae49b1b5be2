"""A sensor: what it reads of a quantity that moves.

Temperature, irradiance, wind, humidity and pressure alike: the sensing element follows the quantity as a first-order
system, by its exact exponential, and what is read of it has a gain error, an offset, noise and a resolution, and ends
at the range. Noise comes in from outside, as a number that is normally distributed with a spread of 1.

Left out: cosine and spectral errors of pyranometers, over-speeding of cup anemometers, drift with age.
"""

from __future__ import annotations

import math
from typing import Annotated, NamedTuple

from .circuit import decay_over
from .parameter import Parameter
from .resolution import in_steps

_MOST, _SOURCE = 1000.0, "chosen: more is a fault"


class SensorParams(NamedTuple):
    """A sensor, in the unit of what it reads."""

    time_constant_s: Annotated[float, Parameter("s", 0.0, 3600.0, "ISO 9060, IEC 60751, WMO-No. 8")]
    """To 63 % of a step; a time to 95 % is three of them."""
    gain: Annotated[float, Parameter("1", 0.5, 1.5, "physics")]
    """Reading over truth; 1 without error."""
    offset: Annotated[float, Parameter("unit of the sensor", -_MOST, _MOST, _SOURCE)]
    noise: Annotated[float, Parameter("unit of the sensor", 0.0, _MOST, _SOURCE)]
    """Standard deviation."""
    resolution: Annotated[float, Parameter("unit of the sensor", 0.0, _MOST, _SOURCE)]
    """Readings are multiples of it; 0 for any value."""
    lower: Annotated[float, Parameter("unit of the sensor", source="any", unbounded=True)]
    upper: Annotated[float, Parameter("unit of the sensor", source="any", unbounded=True)]


IDEAL_SENSOR = SensorParams(0.0, 1.0, 0.0, 0.0, 0.0, -math.inf, math.inf)


class SensorState(NamedTuple):
    """What a sensor remembers."""

    element: float
    """What its sensing element has come to, in the unit of the sensor."""


def sensor_initial_state(_params: SensorParams, truth: float) -> SensorState:
    """Return a sensor that has long been at a value."""
    return SensorState(truth)


def sensor_after(params: SensorParams, state: SensorState, truth: float, dt_s: float) -> SensorState:
    """Return the state after `dt_s` [s] at a true value that does not move meanwhile."""
    return SensorState(truth + (state.element - truth) * decay_over(dt_s, params.time_constant_s).end)


def sensor_reading(params: SensorParams, state: SensorState, noise: float) -> float:
    """Return what is read now.

    Args:
        params: The sensor.
        state: Of its element.
        noise: A draw from the standard normal distribution; 0 for none.
    """
    value = params.gain * state.element + params.offset + params.noise * noise
    if params.resolution > 0.0:
        value = in_steps(math.floor(value / params.resolution + 0.5), params.resolution)
    return min(max(value, params.lower), params.upper)
