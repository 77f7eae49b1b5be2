"""Equipment that power passes through, and what it loses on the way: transformers and double conversion.

A no-load loss for as long as it is energised, and a load loss with the square of the apparent power: iron and
copper in a transformer (IEC 60076-1 gives both at rated power).
"""

from __future__ import annotations

import math
from typing import NamedTuple


class ThroughputParams(NamedTuple):
    """What a piece of equipment loses."""

    rated_apparent_power_va: float
    no_load_loss_w: float
    load_loss_w: float
    """At rated apparent power [W]."""


def throughput_loss_w(params: ThroughputParams, active_w: float, reactive_var: float) -> float:
    """Return the loss at a power on the far side [W], >= 0."""
    load = math.hypot(active_w, reactive_var) / params.rated_apparent_power_va
    return params.no_load_loss_w + params.load_loss_w * load * load
