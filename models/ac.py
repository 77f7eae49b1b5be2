"""Powers on three phases."""

from __future__ import annotations

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


def split(total: float, shares: ThreePhase) -> ThreePhase:
    """Return a total in the parts that fall on each phase, in the total's unit."""
    return ThreePhase(total * shares.l1, total * shares.l2, total * shares.l3)
