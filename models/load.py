"""A load of given active power: its reactive power, and both on the phases it uses."""

from __future__ import annotations

import math

from .ac import ThreePhase, split


def load_reactive_power_var(active_power_w: float, power_factor: float) -> float:
    """Return the reactive power of a load [var], inductive and so positive.

    Args:
        active_power_w: Active power [W]; of either sign, the reactive power follows its magnitude.
        power_factor: Displacement power factor (cos φ), above 0 and up to 1.
    """
    tangent = math.sqrt(max(1.0 - power_factor * power_factor, 0.0)) / power_factor
    return abs(active_power_w) * tangent


def load_phase_powers(
    active_power_w: float, power_factor: float, shares: ThreePhase
) -> tuple[ThreePhase, ThreePhase]:
    """Return a load's active [W] and reactive [var] power per phase.

    Args:
        active_power_w: Of all phases together [W].
        power_factor: Displacement power factor (cos φ), above 0 and up to 1, inductive.
        shares: Part of the total on each phase, from `ac.phase_shares`.
    """
    reactive_power_var = load_reactive_power_var(active_power_w, power_factor)
    return split(active_power_w, shares), split(reactive_power_var, shares)
