"""An electric car's battery as a charger sees it: what it takes at a state of charge, and what of it arrives.

Two limits bound what goes into the battery. Near full the voltage is held and the current falls (CC-CV). With an
open-circuit voltage that rises evenly, `U = U1 - k (1 - s)`, a resistance `R` and the charge capacity `Q`, the
current at the voltage limit is

    i = (1 - s) k / R + i1        d(1 - s)/dt = -(1 - s) / τ - i1 / Q        τ = R Q / k

with `i1` the current at which charging ends and `s` counted to 1 there: the power falls evenly with the state of
charge (G. L. Plett, "Battery Management Systems, Volume I: Battery Modeling", Artech House 2015, chapter 2, for the
circuit). On direct current the car's own curve of power over state of charge bounds it besides.

The battery's heat goes with the square of the power: of a terminal power `P = S + r S² / C`, `S` is stored, with `C`
the capacity [W for one hour] and `r` the share lost at 1C.

Left out: temperature, but for that of a whole session (`sim/inputs/sessions/behaviour.py` scales curve and time
constant), discharging into the site, ageing, the difference between charge and energy in the state of charge.
"""

from __future__ import annotations

import math
from typing import Annotated, NamedTuple

from .parameter import Parameter

CURVE_LENGTH = 21
"""Entries of a curve of power over state of charge: every 5 %."""
FINAL_RATE_PER_H = 0.05
"""Power over capacity at which charging ends: C/20, as cell makers define a full charge [1/h]."""
SHORTEST_TAPER_S, LONGEST_TAPER_S = 1.0, 1e6
"""Ends of the range of time constants [s]; far beyond those of cells, as a car may begin its taper at any power."""
_SECONDS_PER_HOUR = 3600.0


class ElectricCarParams(NamedTuple):
    """A car: its battery, and what it can take on alternating and on direct current."""

    capacity_wh: Annotated[float, Parameter("Wh", 1e3, 1e6, "vehicles from quadricycles to lorries")]
    """Usable energy from 0 to 1 state of charge."""
    ac_phases: Annotated[int, Parameter("1", 1, 3)]
    """Phases that its onboard charger uses."""
    ac_current_max_a: Annotated[float, Parameter("A", 6.0, 63.0, "IEC 61851-1 and IEC 62196-2")]
    """Greatest current on each of these phases."""
    onboard_loss: Annotated[float, Parameter("1", 0.0, 0.3)]
    """Part that the onboard charger loses of what flows through it; alternating current only."""
    electronics_w: Annotated[float, Parameter("W", 0.0, 1000.0, "ADAC 2022 names 100 W to 300 W")]
    """Drawn by the car's 12 V system and controls while it charges."""
    cv_time_constant_s: Annotated[
        float,
        Parameter("s", SHORTEST_TAPER_S, LONGEST_TAPER_S, "chosen: far beyond those of cells"),
    ]
    """With which the current falls at constant voltage."""
    loss_at_1c: Annotated[float, Parameter("1", 0.0, 0.3)]
    """Heat of the battery over the energy stored, at the power that fills it in an hour."""
    dc_curve_w: Annotated[tuple[float, ...], Parameter("W", 0.0, 1e6, "IEC 62196-3, with room")]
    """Greatest direct current power at states of charge 0, 5 % … 100 %; nothing but zeros if it takes none."""
    ac_current_min_a: Annotated[float, Parameter("A", 0.0, 63.0, "IEC 61851-1 and IEC 62196-2")] = 0.0
    """Least offer on each phase of which it takes anything, alternating current only."""
    offer_share: Annotated[float, Parameter("1", 0.5, 1.0, "chosen")] = 1.0
    """Part of the offered current that it takes at most; alternating current only."""
    reaction_s: Annotated[float, Parameter("s", 0.0, 60.0, "chosen")] = 0.0
    """After which it follows an offer that has risen; alternating current only."""


def stored_w(terminal_w: float, capacity_wh: float, loss_at_1c: float) -> float:
    """Return what is stored of a power at the battery's terminals [W]; the rest is heat.

    Args:
        terminal_w: Into the battery, >= 0 [W].
        capacity_wh: > 0 [Wh].
        loss_at_1c: Heat over the energy stored at 1C, >= 0.
    """
    return 2.0 * terminal_w / (1.0 + math.sqrt(1.0 + 4.0 * loss_at_1c * terminal_w / capacity_wh))


def terminal_w(stored: float, capacity_wh: float, loss_at_1c: float) -> float:
    """Return the power at the battery's terminals that stores `stored` [W]; the inverse of `stored_w`."""
    return stored + loss_at_1c * stored * stored / capacity_wh


def constant_voltage_w(soc: float, capacity_wh: float, cv_time_constant_s: float) -> float:
    """Return the greatest power that the voltage limit lets into store at a state of charge [W], > 0."""
    missing = max(1.0 - soc, 0.0)
    return capacity_wh * (missing * _SECONDS_PER_HOUR / cv_time_constant_s + FINAL_RATE_PER_H)


def constant_voltage_soc(power_w: float, capacity_wh: float, cv_time_constant_s: float) -> float:
    """Return the state of charge up to which a power may be stored; the inverse of `constant_voltage_w`.

    Below 0 for a power that is never allowed, and at most 1.
    """
    rate_per_h = max(power_w / capacity_wh - FINAL_RATE_PER_H, 0.0)
    return 1.0 - rate_per_h * cv_time_constant_s / _SECONDS_PER_HOUR


def curve_w(curves_w: tuple[float, ...], curve: int, soc: float) -> float:
    """Return the greatest power of one of several curves laid end to end [W].

    Args:
        curves_w: Curves of `CURVE_LENGTH` entries each [W].
        curve: Number of the curve, from 0 on; none, and so no power, outside.
        soc: State of charge; the end values hold outside 0..1.
    """
    first = curve * CURVE_LENGTH
    if first < 0 or first + CURVE_LENGTH > len(curves_w):
        return 0.0
    last = CURVE_LENGTH - 1
    position = min(max(soc, 0.0), 1.0) * last
    index = min(int(position), last - 1)
    low = curves_w[first + index]
    return low + (curves_w[first + index + 1] - low) * (position - index)


def logarithmic_mean(one: float, other: float) -> float:
    """Return the constant power that takes as long over a range of energy as one falling evenly between two [W].

    The time over the range is `∫ dE / P(E)`, hence `(a - b) / ln(a / b)`.

    Args:
        one: At one end of the range, >= 0 [W].
        other: At the other end, >= 0 [W].
    """
    low, high = min(one, other), max(one, other)
    if low <= 0.0:
        return 0.0
    rise = (high - low) / low
    return low if rise < 1e-9 else low * rise / math.log1p(rise)
