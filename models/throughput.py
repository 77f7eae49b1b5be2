"""Equipment that power passes through, and what it takes on the way: transformers and double conversion.

With the apparent power `s` on the far side over the rating, the active power is greater on the near side by

    P0 + l S s + Pk s²

in either direction. In a transformer `P0` is the iron's and `Pk` the copper's (IEC 60076-1 gives both at rated power);
in a converter of two stages `l` is that of its switches. The reactive power is greater by `Q0 + Qk s²`: the
magnetising current and the leakage reactance of a transformer, at rated voltage,

    Q0 = sqrt((i0 S)² - P0²)        Qk = sqrt((uk S)² - Pk²)

A rectifier that corrects its power factor lets none of the reactive power on the far side through.

Left out: voltage drop, tap changers, saturation and inrush, temperature; bypass, battery and overload of a supply.
"""

from __future__ import annotations

import math
from typing import Annotated, NamedTuple

from .parameter import Parameter


class ThroughputParams(NamedTuple):
    """What a piece of equipment takes of the power that passes through it."""

    rated_apparent_power_va: Annotated[float, Parameter("VA", 0.0, source="physics", above=True)]
    no_load_loss_w: Annotated[float, Parameter("W", 0.0, source="physics")]
    """For as long as it is energised."""
    load_loss_w: Annotated[float, Parameter("W", 0.0, source="physics")]
    """That goes with the square of the load, at rated apparent power."""
    linear_loss: Annotated[float, Parameter("1", 0.0, 0.2, "IEC 62040-3")] = 0.0
    """Over the apparent power that passes through."""
    no_load_var: Annotated[float, Parameter("var", 0.0, source="physics")] = 0.0
    """Reactive power for as long as it is energised."""
    load_var: Annotated[float, Parameter("var", 0.0, source="physics")] = 0.0
    """Reactive power that goes with the square of the load, at rated apparent power."""
    reactive_share: Annotated[float, Parameter("1", 0.0, 1.0, "physics")] = 1.0
    """Part of the far side's reactive power that is seen on the near side: 1 through copper, 0 through a rectifier."""


def throughput_loss_w(params: ThroughputParams, active_w: float, reactive_var: float) -> float:
    """Return the loss at a power on the far side [W], >= 0."""
    load_squared = _load_squared(params, active_w, reactive_var)
    linear_w = params.linear_loss * params.rated_apparent_power_va * math.sqrt(load_squared)
    return params.no_load_loss_w + linear_w + params.load_loss_w * load_squared


def throughput_reactive_var(params: ThroughputParams, active_w: float, reactive_var: float) -> float:
    """Return the reactive power that it draws itself at a power on the far side [var], >= 0."""
    return params.no_load_var + params.load_var * _load_squared(params, active_w, reactive_var)


def _load_squared(params: ThroughputParams, active_w: float, reactive_var: float) -> float:
    rated_va = params.rated_apparent_power_va
    return (active_w * active_w + reactive_var * reactive_var) / (rated_va * rated_va)
