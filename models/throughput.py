"""Equipment that power passes through, and what it loses on the way: transformers and double conversion.

A no-load loss for as long as it is energised, and a load loss with the square of the apparent power: iron and
copper in a transformer (IEC 60076-1 gives both at rated power). `models/transformer.py` and `models/ups.py` say
more of either.
"""

from __future__ import annotations

from typing import Annotated, NamedTuple

from .parameter import Parameter


class ThroughputParams(NamedTuple):
    """What a piece of equipment loses."""

    rated_apparent_power_va: Annotated[float, Parameter("VA", 0.0, source="physics", above=True)]
    no_load_loss_w: Annotated[float, Parameter("W", 0.0, source="physics")]
    load_loss_w: Annotated[float, Parameter("W", 0.0, source="physics")]
    """At rated apparent power [W]."""


def throughput_loss_w(params: ThroughputParams, active_w: float, reactive_var: float) -> float:
    """Return the loss at a power on the far side [W], >= 0."""
    rated_va = params.rated_apparent_power_va
    load_squared = (active_w * active_w + reactive_var * reactive_var) / (rated_va * rated_va)
    return params.no_load_loss_w + params.load_loss_w * load_squared
