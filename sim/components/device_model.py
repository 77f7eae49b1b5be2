"""Models of devices on the AC side, after the contract of `models`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from ...models.timers import SHORTEST_HORIZON_S

LEAST_HORIZON_S = SHORTEST_HORIZON_S
"""Time that a model of another package goes on at least [s]; chosen, as the shortest horizons of ours."""


class DeviceModel(NamedTuple):
    """A model of a machine: its types and functions, after the contract of `models`."""

    name: str
    input: type
    output: Callable[[Any, Any, Any], Any]
    horizon_s: Callable[[Any, Any, Any], float]
    step: Callable[[Any, Any, Any, float], tuple[Any, Any]]
    power_limits: Callable[[Any, Any, Any], tuple[float, float]] | None = None
    """None for what takes no set-points."""
    by_phase: bool = False
    """Whether it shows its power phase by phase, rather than in the parts that the component has."""
    has_dc_side: bool = False
    """Whether it shows a power on a DC side."""
    besides: Callable[[Any, Any], float] | None = None
    """`(params, state)`: a number that it reports besides its powers; None if it reports nothing else."""
    limits_by_now: Callable[[Any, Any, Any], tuple[float, float]] | None = None
    """`(params, state, input)`: what of its power limits it could come to before it has started or warmed up [W]: from
    what it draws told 0; infinite where that is all of them. None if there is no such time."""
