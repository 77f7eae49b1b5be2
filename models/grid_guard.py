"""All that a grid code asks of one inverter: protection (`grid_code`), and support of the grid (`grid_support`).

Reactive power that the code asks for goes before active power if `reactive_first`: active power keeps so far within the
circle of apparent power that it has room. That is how KACO has it, "blueplanet 3.0 TL3 M2", manual: reactive
power first in each procedure, active power first to choose as "priority mode" of Q(U). Reactive power that follows
active power (Q(P), cos φ(P)) counts what is delivered; charging has none.

Left out: what the parts leave out.
"""

from __future__ import annotations

import math
from typing import Annotated, NamedTuple

from .grid_code import GridCodeParams
from .grid_support import (
    FreqWattParams,
    VoltVarParams,
    WattPfParams,
    WattVarParams,
    watt_pf_tangent,
    watt_var_share,
)
from .parameter import Parameter

_HALVINGS = 60


class GridGuardParams(NamedTuple):
    """How an inverter behaves towards the grid."""

    code: GridCodeParams
    volt_var: VoltVarParams
    freq_watt: FreqWattParams
    rated_power_w: Annotated[float, Parameter("W", 0.0, above=True)]
    """Rated power of the inverter; the gradient after a reconnection counts in it."""
    rated_apparent_power_va: Annotated[float, Parameter("VA", 0.0, above=True)]
    """Rated apparent power of the inverter; Q(U) and Q(P) count in it."""
    follows_production: bool
    """Whether P(f) leaves a part of what was delivered when frequency rose, as of photovoltaics.

    Storage moves from the active power that it had then, by a part of its rating.
    """
    watt_var: WattVarParams
    watt_pf: WattPfParams
    reactive_first: bool
    """Whether active power gives way to the reactive power that the code asks for, rather than the other way round."""


def follows_power(params: GridGuardParams) -> bool:
    """Say whether reactive power follows active power."""
    return params.watt_var.enabled or params.watt_pf.enabled


def reactive_by_power_var(params: GridGuardParams, active_w: float) -> float:
    """Return the reactive power that Q(P) or cos φ(P) asks for beside an active power [var]."""
    if active_w >= 0.0:
        return 0.0
    delivered = 0.0 - active_w / params.rated_power_w
    by_share = watt_var_share(params.watt_var, delivered) * params.rated_apparent_power_va
    return by_share - active_w * watt_pf_tangent(params.watt_pf, delivered)


def room_by_power_var(params: GridGuardParams) -> float:
    """Return what the rated apparent power keeps for the same beside the greatest active power that has room [var]."""
    least_w, most_w = 0.0, params.rated_apparent_power_va
    if reactive_by_power_var(params, 0.0 - most_w) == 0.0:
        return 0.0
    for _ in range(_HALVINGS):
        middle_w = 0.5 * (least_w + most_w)
        beside_var = reactive_by_power_var(params, 0.0 - middle_w)
        if middle_w * middle_w + beside_var * beside_var <= params.rated_apparent_power_va**2:
            least_w = middle_w
        else:
            most_w = middle_w
    return math.sqrt(params.rated_apparent_power_va**2 - least_w * least_w)


def active_share(params: GridGuardParams, reactive_var: float) -> float:
    """Return the part of its apparent power that a reactive power [var] leaves active power, 0..1."""
    if not params.reactive_first:
        return 1.0
    part = min(abs(reactive_var) / params.rated_apparent_power_va, 1.0)
    return math.sqrt(1.0 - part * part)
