"""A producer of which only the AC power on offer is known, such as a recorded plant: all of it, unless held back.

Left out: everything that makes the offer; models of photovoltaics and wind turbines have that.
"""

from __future__ import annotations

import math
from typing import Annotated, NamedTuple

from .ac import reactive_limit_beside_var
from .parameter import Parameter


class SupplyParams(NamedTuple):
    """How a producer is connected."""

    rated_power_w: Annotated[float, Parameter("W", 0.0)]
    """Greatest active power that it delivers [W]."""
    rated_apparent_power_va: Annotated[float, Parameter("VA", 0.0)]
    """Greatest apparent power [VA]."""
    standby_power_w: Annotated[float, Parameter("W", 0.0)]
    """Drawn while it delivers nothing, as nothing is on offer or it is held back from all of it [W]."""
    reactive_power_max_var: Annotated[float, Parameter("var", 0.0, unbounded=True)] = math.inf
    """Greatest reactive power, either sign; infinite if only the apparent power limits it [var]."""
    power_factor_min: Annotated[float, Parameter("1", 0.0, 1.0)] = 0.0
    """Least power factor at which it gives reactive power; 0 for no such limit."""


class SupplyState(NamedTuple):
    """Nothing is remembered."""

    nothing: float


class SupplyInput(NamedTuple):
    """What acts on a producer."""

    set_point_w: float
    """Most that it may deliver, <= 0 [W]."""
    set_point_var: float
    offered_w: float
    """Active power on offer, <= 0 [W]."""
    active_share: float = 1.0
    """Part of the apparent power that active power may have, 0..1."""


class SupplyOutput(NamedTuple):
    """What a producer shows."""

    active_power_w: float
    reactive_power_var: float


def supply_power_limits(params: SupplyParams, _state: SupplyState, inp: SupplyInput) -> tuple[float, float]:
    """Return what is on offer, and 0 [W]; the standby draw where nothing is."""
    most_w = min(params.rated_power_w, params.rated_apparent_power_va * inp.active_share)
    offered_w = max(inp.offered_w, -most_w)
    if offered_w < 0.0:
        return offered_w, 0.0
    return params.standby_power_w, params.standby_power_w


def supply_output(params: SupplyParams, state: SupplyState, inp: SupplyInput) -> SupplyOutput:
    """Return what the producer delivers at this instant, or draws; reactive power within its apparent power."""
    lower_w, upper_w = supply_power_limits(params, state, inp)
    active_w = min(max(inp.set_point_w, lower_w), upper_w)
    if active_w >= 0.0:
        active_w = params.standby_power_w
    limit_var = supply_reactive_limit_var(params, active_w)
    return SupplyOutput(active_w, min(max(inp.set_point_var, -limit_var), limit_var))


def supply_reactive_limit_var(params: SupplyParams, active_w: float) -> float:
    """Return the greatest reactive power, either sign, beside an active power [var].

    With a least power factor, what is drawn at rest makes no room for it.
    """
    factor = params.power_factor_min
    if active_w > 0.0 and factor > 0.0:
        return 0.0
    return reactive_limit_beside_var(
        params.rated_apparent_power_va, active_w, factor, params.reactive_power_max_var
    )


def supply_horizon_s(_params: SupplyParams, _state: SupplyState, _inp: SupplyInput) -> float:
    """Return how long the output holds [s]: until the input changes."""
    return math.inf


def supply_step(
    params: SupplyParams, state: SupplyState, inp: SupplyInput, _dt_s: float
) -> tuple[SupplyState, SupplyOutput]:
    """Carry a producer along; only its input moves it."""
    return state, supply_output(params, state, inp)
