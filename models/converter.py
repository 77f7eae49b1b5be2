"""A DC/DC converter: what goes in for what comes out, in either direction.

Losses have the form `no-load + linear x + quadratic x²` with x the greater of its two powers over the rating, as for an
inverter (D. L. King et al., "Performance Model for Grid-Connected Photovoltaic Inverters", SAND2007-5036, has the
quadratic). The power given is that at the secondary, as wanted; both sides are positive towards the secondary.

Left out: voltages, ripple, standby, thermal derating.
"""

from __future__ import annotations

import math
from typing import Annotated, NamedTuple

from .parameter import Parameter


class ConverterParams(NamedTuple):
    """A converter."""

    rated_power_w: Annotated[float, Parameter("W", 0.0, 1e7, "physics", above=True)]
    no_load_loss: Annotated[float, Parameter("1", 0.0, 0.1, "physics")]
    """Loss while it runs without load, over the rated power."""
    linear_loss: Annotated[float, Parameter("1", 0.0, 0.1, "physics")]
    quadratic_loss: Annotated[float, Parameter("1", 0.0, 0.1, "physics")]


class ConverterInput(NamedTuple):
    """What acts on a converter."""

    power_w: float
    """Wanted at the secondary; back to the primary negative."""
    is_on: int
    """1 while it runs."""


class ConverterOutput(NamedTuple):
    """What a converter shows."""

    primary_power_w: float
    """Into the converter."""
    secondary_power_w: float
    """Out of the converter."""
    loss_w: float


def converter_output(params: ConverterParams, inp: ConverterInput) -> ConverterOutput:
    """Return the powers on both sides; they hold for as long as the inputs do.

    The power that goes in, on either side, is kept to the rating; a power towards the primary that does not even cover
    the losses counts as far as it goes, the rest comes from the primary.
    """
    if inp.is_on == 0:
        return ConverterOutput(0.0, 0.0, 0.0)
    rated = params.rated_power_w
    if inp.power_w < 0.0:
        secondary = max(inp.power_w, -rated)
        loss = _loss_w(params, -secondary)
        return ConverterOutput(secondary + loss, secondary, loss)
    # The input x solves x - (n + l x + q x²) = y for the output y; the stable root, free of cancellation.
    y = inp.power_w / rated + params.no_load_loss
    gain = 1.0 - params.linear_loss
    root = math.sqrt(max(gain * gain - 4.0 * params.quadratic_loss * y, 0.0))
    primary = min(2.0 * y / (gain + root), 1.0) * rated
    loss = _loss_w(params, primary)
    return ConverterOutput(primary, primary - loss, loss)


def _loss_w(params: ConverterParams, power_w: float) -> float:
    x = power_w / params.rated_power_w
    return params.rated_power_w * (params.no_load_loss + (params.linear_loss + params.quadratic_loss * x) * x)
