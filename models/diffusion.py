"""Solid diffusion in a cell: charge near the surface of the particles runs ahead of the mean.

The terminals feel the open-circuit voltage `U` at the surface. Of all the charge `Q` a part `Q / (1 + k)` is near the
surface, the rest lies in the bulk, and charge levels out between the two with one time constant `τ`. With the mean
state of charge `z` and the lead `d` of the surface over it, and the current `i` positive when charging:

    zs = z + d        zb = z - d / k        Q dz/dt = i        dd/dt = k i / Q - d / τ

A constant current brings the lead to `d = g i / Q` with the gain `g = k τ`, exponentially. Both `τ` and `g` grow in
the cold as the diffusivity falls, by Arrhenius' law, so that `k` is constant.

Two stores that exchange charge are a plain thermodynamic system: they hold `Q / (1 + k) (G(zs) + k G(zb))` with `G`
the integral of `U`, which exceeds `Q G(z)` by what the lead stores, never below 0; and what levels out,
`Q d / (τ (1 + k))`, turns into heat at `U(zs) - U(zb)`, never below 0 either, since `U` does not fall.

Beyond empty and full the table of `U` goes on as a straight line: there the surface is empty, or full, before the bulk.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from .circuit import Decay
from .tables import table_mean_beyond, table_value_beyond


class Lag(NamedTuple):
    """How charge levels out at one temperature and age."""

    time_constant_s: float
    """> 0 [s]."""
    per_amp: float
    """Lead of the surface that a constant current comes to, over the current [1/A]."""
    surface_share: float
    """Part of the charge near the surface, above 0, at most 1."""


_SAME = 1e-9
"""Closer states of charge count as one."""
LEAST_BULK = 1e-6
"""Least gain over the time constant, which is the charge in the bulk over that near the surface; chosen.

With less, what the bulk holds is lost to rounding.
"""
MOST_BULK = 100.0
"""Greatest such ratio; chosen: a hundred times that of a fitted cell.

With more, the surface is full or empty at once and a step has to be cut ever finer.
"""
NO_LAG = Lag(1.0, 0.0, 1.0)
"""Lag of cells whose charge levels out at once."""


def lag_of(gain_s: float, time_constant_s: float, slower: float, coulombs: float) -> Lag:
    """Return how charge levels out.

    Args:
        gain_s: Lead of the surface over the current per charge that holds it, at 25 °C, > 0 [s].
        time_constant_s: At 25 °C, > 0 [s].
        slower: Factor on both that temperature makes.
        coulombs: Charge from empty to full [C].
    """
    return Lag(
        time_constant_s * slower, gain_s * slower / coulombs, time_constant_s / (time_constant_s + gain_s)
    )


def stored_by_lead_v(ocv_v: tuple[float, ...], soc: float, lead: float, surface_share: float) -> float:
    """Return the energy that a lead stores over the charge from empty to full, >= 0 [J/C].

    Args:
        ocv_v: Open-circuit voltage over state of charge [V].
        soc: Mean state of charge.
        lead: Of the surface over it.
        surface_share: Part of the charge near the surface.
    """
    if lead == 0.0:
        return 0.0
    above = table_mean_beyond(ocv_v, soc, soc + lead)
    below = table_mean_beyond(ocv_v, soc, bulk_soc(soc, lead, surface_share))
    return max(surface_share * lead * (above - below), 0.0)


def bulk_soc(soc: float, lead: float, surface_share: float) -> float:
    """Return the state of charge of the bulk, which with that of the surface makes the mean."""
    return soc - lead * surface_share / (1.0 - surface_share)


def levelling_w(ocv_v: tuple[float, ...], soc: float, lead: float, lag: Lag, coulombs: float) -> float:
    """Return the heat of the charge that levels out at this instant, >= 0 [W]."""
    if lead == 0.0:
        return 0.0
    fall_v = table_value_beyond(ocv_v, soc + lead)
    fall_v -= table_value_beyond(ocv_v, bulk_soc(soc, lead, lag.surface_share))
    return max(lag.surface_share * coulombs * lead / lag.time_constant_s * fall_v, 0.0)


class SurfacePath(NamedTuple):
    """What the surface goes through over a step at constant current."""

    lead: float
    """At the end, over the mean state of charge."""
    voltage_v: float
    """Open-circuit voltage at the end [V]."""
    mean_v: float
    """The same on average over time [V]."""
    passed_v: float
    """The same on average over the charge of the surface that came or went [V]."""
    slope_v: float
    """Rise of the voltage over state of charge along the way [V]."""
    is_straight: bool
    """Whether the way is within one segment of the table, where all of this is exact."""


def surface_path(
    ocv_v: tuple[float, ...], segment: int, start_v: float, soc: float, lead: float, moved: float, settled: float,
    decay: Decay,
) -> SurfacePath:  # fmt: skip
    """Return what the surface goes through.

    Where the way crosses a knot, the mean voltage is that of an even pace, put right by how far the mean of the way is
    from its middle.

    Args:
        ocv_v: Open-circuit voltage over state of charge [V].
        segment: Of that table, in which the surface starts.
        start_v: The voltage there [V].
        soc: Mean state of charge at the start.
        lead: Of the surface over it at the start.
        moved: By how much the mean state of charge grows.
        settled: Lead that the current comes to.
        decay: Of the difference from that.
    """
    end_lead = lead + (settled - lead) * (1.0 - decay.end)
    start, end = soc + lead, soc + moved + end_lead
    way = moved + (end_lead - lead)
    mean_way = 0.5 * moved + (settled - lead) * (1.0 - decay.mean)
    segments = len(ocv_v) - 1
    slope_v = (ocv_v[segment + 1] - ocv_v[segment]) * segments
    if segment <= end * segments <= segment + 1:
        end_v = start_v + slope_v * way
        return SurfacePath(
            end_lead, end_v, start_v + slope_v * mean_way, 0.5 * (start_v + end_v), slope_v, True
        )
    end_v = table_value_beyond(ocv_v, end)
    if abs(way) > _SAME:
        slope_v = (end_v - start_v) / way
    passed_v = table_mean_beyond(ocv_v, start, end)
    mean_v = passed_v + slope_v * (mean_way - 0.5 * way)
    return SurfacePath(end_lead, end_v, mean_v, passed_v, slope_v, False)


def levelled_over_j(
    ocv_v: tuple[float, ...], soc: float, end: float, lead: float, path: SurfacePath, surface_share: float,
    coulombs: float,
) -> float:  # fmt: skip
    """Return the heat of what levelled out over a step [J].

    It is what the charge that flowed brought along less what surface and bulk hold more. Below 0 only by what the mean
    voltage is inexact.

    Args:
        ocv_v: Open-circuit voltage over state of charge [V].
        soc: Mean state of charge at the start.
        end: The same at the end.
        lead: Of the surface at the start.
        path: What the surface went through.
        surface_share: Part of the charge near the surface.
        coulombs: Charge from empty to full [C].
    """
    moved, led = end - soc, surface_share * (path.lead - lead)
    ratio = surface_share / (1.0 - surface_share)
    bulk_v = table_mean_beyond(ocv_v, soc - lead * ratio, end - path.lead * ratio)
    surface_j = (surface_share * moved + led) * (path.mean_v - path.passed_v)
    bulk_j = ((1.0 - surface_share) * moved - led) * (path.mean_v - bulk_v)
    return coulombs * (surface_j + bulk_j)


def current_to_voltage(
    ocv_v: tuple[float, ...], soc: float, lead: float, per_amp: float, resistance_ohm: float, limit_v: float,
    most_a: float, sign: float,
) -> float:  # fmt: skip
    """Return the greatest current that keeps the terminals within a limit of voltage however long it is held [A], >= 0.

    The lead counts as what it is or as what the current brings it to, whichever is worse. Along a current the surface
    passes the segments of the table one by one, and within each the voltage is linear in the current.

    Args:
        ocv_v: Open-circuit voltage over state of charge [V].
        soc: Mean state of charge.
        lead: Of the surface over it now.
        per_amp: Lead that a current brings, over the current [1/A].
        resistance_ohm: Of the circuit once it has settled, >= 0 [Ω].
        limit_v: Greatest voltage for a current that charges, least for one that discharges [V].
        most_a: Greatest current that counts [A].
        sign: 1.0 for charging, -1.0 for discharging.
    """
    held = max(sign * lead, 0.0)
    at, current_a = soc + sign * held, held / per_amp
    room_v = sign * (limit_v - table_value_beyond(ocv_v, at))
    if room_v <= resistance_ohm * current_a:
        return min(max(room_v, 0.0) / resistance_ohm, most_a) if resistance_ohm > 0.0 else 0.0
    room_v -= resistance_ohm * current_a
    segments = len(ocv_v) - 1
    knot = math.floor(at * segments) + 1 if sign > 0.0 else math.ceil(at * segments) - 1
    while current_a < most_a:
        segment = min(max(knot - 1 if sign > 0.0 else knot, 0), segments - 1)
        rise_v = (ocv_v[segment + 1] - ocv_v[segment]) * segments
        per_amp_v = resistance_ohm + rise_v * per_amp
        reach_a = math.inf
        if 0 <= knot <= segments:
            reach_a = abs(knot / segments - at) / per_amp
        if per_amp_v * min(reach_a, most_a) >= room_v:
            return min(current_a + room_v / per_amp_v, most_a)
        room_v -= per_amp_v * min(reach_a, most_a)
        current_a += reach_a
        at = knot / segments
        knot += 1 if sign > 0.0 else -1
    return most_a
