"""Hysteresis of the open-circuit voltage: charging rests above discharging, and it takes charge to change sides.

One state, the voltage `h` above the mean of the two branches (G. L. Plett, "Battery Management Systems, Volume I:
Battery Modeling", Artech House 2015, chapter 2). It goes to half of their distance, `M`, upwards while charging and
downwards while discharging, by as much of the way as charge flows, and stays where it is at rest:

    dh = (γ / Q) (M sgn(i) - h) |i| dt

That is an RC pair whose conductance `|i| / M` grows with the current, and whose capacitance `C = Q / (γ M)` stays. The
pair stores `C h² / 2`, and `h² |i| / M` turns into heat, never below 0; around a whole loop that is its area.

Charge moves so little in a step (0.25 % of SoC) that the midpoint of `h` stands for its exponential: the mean of start
and end drives the change, energy is stored or lost to rounding, and what is left of a way after a step is right to
`x³ / 12` with `x` the part of the way that goes in it, some 1e-5.
"""

from __future__ import annotations

from typing import NamedTuple

from .tables import table_mean

_SECONDS_PER_HOUR = 3600.0
_LEAST_SHARE = 0.5
"""Share of the open-circuit voltage that counts as left at the terminals: beyond, no current gives more power."""


class Sides(NamedTuple):
    """What a step makes of hysteresis."""

    conductance_s: float
    """Of the pair, >= 0 [S]."""
    kept: float
    """Part of the voltage at the start that is in its mean, above 0, at most 1."""
    ohm: float
    """What a current adds to that mean, over the current [Ω]."""


NO_SIDES = Sides(0.0, 1.0, 0.0)
"""Sides of cells without hysteresis."""


def hysteresis_capacitance_f(half_v: tuple[float, ...], rate: float, charge_ah: float) -> float:
    """Return the capacitance of the pair that stands for hysteresis [F]; 0 for none.

    Args:
        half_v: Half of the distance between the branches, over SoC [V].
        rate: Plett's γ: over the charge from empty to full of which 63 % of the way is gone, >= 0; 0 for none.
        charge_ah: From empty to full [Ah].
    """
    reach_v = rate * table_mean(half_v, 0.0, 1.0)
    return charge_ah * _SECONDS_PER_HOUR / reach_v if reach_v > 0.0 else 0.0


def hysteresis_s(half_v: float, near_a: float, emf_v: float, series_ohm: float) -> float:
    """Return the conductance of the pair that stands for hysteresis [S]: what will flow over the half-width.

    Args:
        half_v: Half of the distance between the branches, > 0 [V].
        near_a: Current that would make the wanted power without any resistance [A].
        emf_v: Voltage without current [V].
        series_ohm: What the current passes, >= 0 [Ω].
    """
    if emf_v <= 0.0:
        return 0.0
    return emf_v * abs(near_a) / (half_v * max(emf_v + series_ohm * near_a, _LEAST_SHARE * emf_v))


def sides_over(conductance_s: float, capacitance_f: float, dt_s: float) -> Sides:
    """Return what a step makes of hysteresis.

    Args:
        conductance_s: Of the pair [S].
        capacitance_f: Of the pair, > 0 [F].
        dt_s: Length of the step [s].
    """
    half_s = 0.5 * dt_s
    ohm = half_s / (capacitance_f + half_s * conductance_s)
    return Sides(conductance_s, 1.0 - conductance_s * ohm, ohm)
