"""What a device could have of active power as ranges: beside a gap around 0, its rest, and its batteries' minima.

Live sites and compiled runs make them by these rules from what they know of one moment. `beside_rest`, of which two
ranges are then shown, stands a second time in `headless.ranges_of_rows`, for all rows of a run at once.
"""

from __future__ import annotations

import math

from ..domain.ranges import AS_SENT, Bounds, Ranges, are_around, intersection, is_allowed, merged


def drawn_at_rest_w(power_w: float, gap: Bounds) -> float:
    """Return what a device draws in a gap of its power, so at rest or on its way to run [W]; 0 if it is beyond."""
    return power_w if 0.0 < power_w < gap.upper * (1.0 - AS_SENT) else 0.0


def chosen_w(power_w: float, gap: Bounds, alone: Bounds | None) -> float:
    """Return the power of which the range is to be shown [W]; no number where a hybrid rests that the sun could run.

    0 is accepted beside any two ranges, so those two are shown that leave it the most choice.
    """
    rests = alone is not None and 0.0 <= power_w < gap.upper * (1.0 - AS_SENT)
    return math.nan if rests else power_w


def beside_rest(bounds: Bounds, gap: Bounds, rest_w: float, alone: Bounds | None = None) -> Ranges:
    """Leave out what is in a gap around 0, and what is drawn at rest if that makes more than two ranges.

    Three ranges where a hybrid inverter delivers with its batteries, by the sun alone, or charges.

    Args:
        bounds: What could be without the gap.
        gap: Around 0.
        rest_w: What is drawn at rest now.
        alone: What of the gap can be nevertheless.
    """
    ways = [Bounds(bounds.lower, gap.lower or rest_w), Bounds(gap.upper, bounds.upper)]
    if alone is not None:
        ways.append(Bounds(max(bounds.lower, alone.lower), alone.upper or rest_w))
    can = merged(way for way in ways if way.lower <= way.upper)
    has_rest = any(way.contains(0.0) for way in can)
    return can if has_rest or are_around(0.0, can) else tuple(sorted((*can, Bounds(0.0, rest_w))))


def before_it_runs(power_w: float, gap: Bounds, reach_w: Bounds) -> Ranges | None:
    """Return what a machine can have that takes on its least load, or starts to draw it; None if it does neither.

    That is what it has, and 0 with what it draws then.

    Args:
        power_w: What it has.
        gap: Around 0, in which it cannot run.
        reach_w: What it could come to.
    """
    present = Bounds(power_w, power_w)
    if gap.lower * (1.0 - AS_SENT) < power_w < 0.0:
        return present, Bounds(0.0, max(reach_w.upper, 0.0))
    if reach_w.lower > 0.0 and reach_w.upper < gap.upper and 0.0 < power_w < gap.upper * (1.0 - AS_SENT):
        return merged((Bounds(0.0, reach_w.lower), present))
    return None


def beside_minima(ranges: Ranges, left: Ranges, power_w: float, *, rests: bool) -> Ranges:
    """Leave out of what an inverter could have what would bring a battery below its minimum.

    What it draws at rest is among it, unless it can have more and less than that.

    Args:
        ranges: What it could have otherwise.
        left: What brings no battery there.
        power_w: What it has now.
        rests: Whether it rests with that.
    """
    beside = intersection(ranges, left)
    if beside == ranges:
        return ranges
    # An edge alone is no choice: rounding would miss it.
    can = tuple(
        way for way in beside if way.contains(0.0) or way.upper - way.lower > AS_SENT * abs(way.upper)
    )
    slack_w = AS_SENT * abs(power_w)
    if not are_around(0.0, can):
        can = merged((*can, Bounds(0.0, power_w if rests else 0.0)))
    if not rests and is_allowed(power_w, ranges, slack_w) and not is_allowed(power_w, can, slack_w):
        can = merged((*can, Bounds(power_w, power_w)))
    return can


def rests_at(power_w: float, drawn_w: float, gap: Bounds) -> bool:
    """Say whether an inverter with a power [W] rests: at its least power it runs.

    Args:
        power_w: That it has.
        drawn_w: What it draws at rest, or for its losses alone [W].
        gap: Around 0, in which it cannot run.
    """
    return power_w >= 0.0 and (power_w <= drawn_w or power_w < gap.upper * (1.0 - AS_SENT))
