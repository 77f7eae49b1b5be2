"""Powers on three phases."""

from __future__ import annotations

import math
from typing import NamedTuple


class ThreePhase(NamedTuple):
    """One value per phase, in the order L1, L2, L3."""

    l1: float
    l2: float
    l3: float


def phase_shares(phases: tuple[int, ...]) -> ThreePhase:
    """Return the share of a total that each phase carries.

    Args:
        phases: The phases in use, each of 1, 2, 3 at most once, at least one.

    Returns:
        Equal shares on the phases in use, zero on the others; their sum is 1.
    """
    share = 1.0 / len(phases)
    l1, l2, l3 = 0.0, 0.0, 0.0
    for phase in phases:
        if phase == 1:
            l1 = share
        elif phase == 2:
            l2 = share
        else:
            l3 = share
    return ThreePhase(l1, l2, l3)


def reactive_limit_beside_var(
    apparent_va: float, active_power_w: float, power_factor_min: float, most_var: float
) -> float:
    """Return the greatest reactive power, either sign, beside an active power [var].

    Args:
        apparent_va: Greatest apparent power [VA].
        active_power_w: Either sign [W].
        power_factor_min: Least power factor; 0 for no such limit.
        most_var: Greatest at any active power [var]; may be infinite.
    """
    square = apparent_va * apparent_va - active_power_w * active_power_w
    limit = math.sqrt(square) if square > 0.0 else 0.0
    if power_factor_min > 0.0:
        limit = min(
            limit,
            abs(active_power_w) * math.sqrt(1.0 - power_factor_min * power_factor_min) / power_factor_min,
        )
    return min(limit, most_var)


def greatest_reactive_var(
    rated_power_w: float, apparent_va: float, power_factor_min: float, most_var: float
) -> float:
    """Return the greatest reactive power, either sign, at the active power that leaves most [var].

    Args:
        rated_power_w: Greatest active power [W].
        apparent_va: Greatest apparent power [VA].
        power_factor_min: Least power factor; 0 for no such limit.
        most_var: Greatest at any active power [var]; may be infinite.
    """
    # The circle leaves less of it the more active power there is, the power factor more.
    best_w = min(power_factor_min * apparent_va, rated_power_w)
    return reactive_limit_beside_var(apparent_va, best_w, power_factor_min, most_var)
