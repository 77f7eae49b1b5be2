"""Hysteresis of the open-circuit voltage: charging rests above discharging, and it takes charge to change sides.

One state, the voltage `h` above the mean of the two branches (G. L. Plett, "Battery Management Systems, Volume I:
Battery Modeling", Artech House 2015, chapter 2). It goes to half of their distance, `M`, upwards while charging and
downwards while discharging, by as much of the way as charge flows, and stays where it is at rest:

    dh = (γ / Q) (M sgn(i) - h) |i| dt

That is an RC pair whose resistance `M / |i|` falls with the current, and whose capacitance `C = Q / (γ M)` stays: along
a constant current everything about it has the closed form that RC pairs have. The pair stores `C h² / 2`, and
`h² |i| / M` turns into heat, never below 0; around a whole loop that is its area.
"""

from __future__ import annotations

from .circuit import Decay
from .tables import table_mean

_SECONDS_PER_HOUR = 3600.0
_LEAST_SHARE = 0.5
"""Of the open-circuit voltage that counts as left at the terminals: beyond, no current gives more power."""
STAYS = Decay(1.0, 1.0)
"""Of hysteresis through which no current flows."""


def hysteresis_capacitance_f(half_v: tuple[float, ...], rate: float, charge_ah: float) -> float:
    """Return the capacitance of the pair that stands for hysteresis [F]; 0 for none.

    Args:
        half_v: Half of the distance between the branches, over SoC [V].
        rate: Plett's γ: over the charge from empty to full of which 63 % of the way is gone, >= 0; 0 for none.
        charge_ah: From empty to full [Ah].
    """
    reach_v = rate * table_mean(half_v, 0.0, 1.0)
    return charge_ah * _SECONDS_PER_HOUR / reach_v if reach_v > 0.0 else 0.0


def hysteresis_ohm(half_v: float, near_a: float, emf_v: float, series_ohm: float) -> float:
    """Return the resistance of the pair that stands for hysteresis [Ω]: the half-width over what will flow.

    Args:
        half_v: Half of the distance between the branches, > 0 [V].
        near_a: Current that would make the wanted power without any resistance, not 0 [A].
        emf_v: Voltage without current, > 0 [V].
        series_ohm: What the current passes, >= 0 [Ω].
    """
    shown_v = max(emf_v + series_ohm * near_a, _LEAST_SHARE * emf_v)
    return half_v * shown_v / (emf_v * abs(near_a))
