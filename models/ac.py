"""Powers and currents on three phases."""

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


def split(total: float, shares: ThreePhase) -> ThreePhase:
    """Return a total in the parts that fall on each phase, in the total's unit."""
    return ThreePhase(total * shares.l1, total * shares.l2, total * shares.l3)


def phase_currents(active_w: ThreePhase, reactive_var: ThreePhase, voltage_v: ThreePhase) -> ThreePhase:
    """Return the current of each phase [A], root mean square, >= 0.

    Args:
        active_w: Active power per phase [W].
        reactive_var: Reactive power per phase [var].
        voltage_v: Line to neutral [V]; a dead phase (0 V) carries no current.
    """
    return ThreePhase(
        _current(active_w.l1, reactive_var.l1, voltage_v.l1),
        _current(active_w.l2, reactive_var.l2, voltage_v.l2),
        _current(active_w.l3, reactive_var.l3, voltage_v.l3),
    )


def _current(active_w: float, reactive_var: float, voltage_v: float) -> float:
    return apparent_power_va(active_w, reactive_var) / voltage_v if voltage_v > 0.0 else 0.0


def apparent_power_va(active_w: float, reactive_var: float) -> float:
    """Return the apparent power [VA], >= 0, of a set of phases that are loaded alike."""
    return math.sqrt(active_w * active_w + reactive_var * reactive_var)


def power_factor(active_w: float, reactive_var: float) -> float:
    """Return active over apparent power, with the sign of the active power; 1 where no power flows."""
    apparent = apparent_power_va(active_w, reactive_var)
    return active_w / apparent if apparent > 0.0 else 1.0
