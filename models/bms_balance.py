"""How the cells of a battery drift apart, and how passive balancing brings them together.

The spread of SoC between the fullest and the emptiest cell grows with the charge moved and with time (unequal
efficiency and self-discharge). Near full, resistors take charge from the fullest cells. J. Zhang et al. find a
balancing current of 0.001 C enough for packs with small differences between cells ("Decoupling Analysis of
Parameter Inconsistencies in Lithium-Ion Battery Packs Guiding Balancing System Design", Energies 18 (2025) 3439,
doi:10.3390/en18133439).
"""

from __future__ import annotations

import math
from typing import Annotated, NamedTuple

from .parameter import Parameter, ParameterError

_TOUCH = 1e-12
_SECONDS_PER_HOUR = 3600.0
_SECONDS_PER_DAY = 86400.0


class BalanceParams(NamedTuple):
    """Cells that differ, and the balancing of them."""

    charge_capacity_ah: Annotated[float, Parameter("Ah", lower=0.0, above=True)]
    """Charge capacity of the pack, and so of each cell with those parallel to it."""
    spread_per_cycle: Annotated[float, Parameter("1", lower=0.0, upper=0.1, source="above: a broken cell")]
    """By which cells drift apart per full cycle, in SoC."""
    spread_per_day: Annotated[float, Parameter("1/d", lower=0.0, upper=0.1, source="above: a broken cell")]
    """By which cells drift apart per day, in SoC."""
    soc: Annotated[float, Parameter("1", lower=0.0, upper=1.0)]
    """Cells are balanced at this SoC and above."""
    rate_per_h: Annotated[float, Parameter("1/h", lower=0.0)]
    """Balancing current over the capacity of a cell."""
    start: Annotated[float, Parameter("1", lower=0.0, upper=1.0)]
    """Balancing begins at this spread; a warning ends here."""
    stop: Annotated[float, Parameter("1", lower=0.0, upper=1.0)]
    """Balancing ends at this spread."""
    warning: Annotated[float, Parameter("1", lower=0.0, upper=1.0)]
    """A warning from this spread on."""


def balances(params: BalanceParams, spread: float, did: bool, soc: float) -> bool:
    """Say whether cells are being balanced, given whether they were."""
    if soc < params.soc:
        return False
    return spread >= params.start - _TOUCH or (did and spread > params.stop + _TOUCH)


def warns_of_imbalance(params: BalanceParams, spread: float, did: bool) -> bool:
    """Say whether the spread needs a warning, given whether there was one."""
    return spread >= params.warning - _TOUCH or (did and spread > params.start + _TOUCH)


def spread_after(
    params: BalanceParams, spread: float, current_a: float, balancing: bool, dt_s: float
) -> float:
    """Return the spread of SoC after a time without event, 0..1."""
    return min(max(spread + _spread_per_s(params, current_a, balancing) * dt_s, 0.0), 1.0)


def spread_event_s(params: BalanceParams, spread: float, current_a: float, balancing: bool) -> float:
    """Return the time until the spread may begin or end the balancing or its warning [s]."""
    per_s, event_s = _spread_per_s(params, current_a, balancing), math.inf
    for goal in (params.stop, params.start, params.warning):
        if (goal - spread) * per_s > 0.0 and abs(goal - spread) > _TOUCH:
            event_s = min(event_s, (goal - spread) / per_s)
    return event_s


def _spread_per_s(params: BalanceParams, current_a: float, balancing: bool) -> float:
    cycles_per_s = abs(current_a) / (2.0 * params.charge_capacity_ah * _SECONDS_PER_HOUR)
    growth = params.spread_per_cycle * cycles_per_s + params.spread_per_day / _SECONDS_PER_DAY
    return growth - params.rate_per_h / _SECONDS_PER_HOUR if balancing else growth


def check_balance(params: BalanceParams) -> None:
    """Refuse thresholds in an order that cannot work.

    Raises:
        ParameterError: Unless `stop < start < warning`.
    """
    for inner, outer in (("stop", "start"), ("start", "warning")):
        found, limit = getattr(params, inner), getattr(params, outer)
        if not found < limit:
            raise ParameterError(
                f"balance.{inner}", f"{found:g}", f"below balance.{outer}, which is {limit:g}"
            )
