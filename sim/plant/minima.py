"""Which active powers of an inverter leave its batteries their minima, beside what others have of these.

An inverter with several batteries asks each for its part of its power: see `dc_asking`. A battery is left its minimum
by ranges of that power, so by those that are in such a range of each.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

from ...models.inverter import ac_from_dc, ceil_to_resolution
from ..domain.ranges import AS_SENT, Bounds, Ranges, intersection, merged
from ..kernel.dc_asking import as_sent_w, minimum_w, part_of_more
from ..kernel.dc_reach import least_charged_w, least_given_w
from ..kernel.layout import Layout
from ..kernel.memory import Memory

EVERYTHING: Ranges = (Bounds(-math.inf, math.inf),)


class _Others(NamedTuple):
    """What other inverters ask a battery for."""

    asked_w: float = 0.0
    """All of it [W]."""
    moved_w: float = 0.0
    """What those ask for that do not rest, either way, as magnitudes [W]."""
    slack_w: float = 0.0
    """By how much all of it may be off as it is sent [W]."""


class _Part(NamedTuple):
    """What an inverter asks a battery for: a line over its DC power, and what others have."""

    battery: int
    others: _Others
    slope: float
    """Part of its DC power [1]."""
    offset_w: float
    """Beside that [W]."""


def ranges_beside_minima(layout: Layout, memory: Memory, inverter: int) -> Ranges:
    """Return the active powers of an inverter that bring no battery below what it is left at least [W].

    That is what its clients leave it, and its own minimum where others use it as well, who keep what they ask of it
    now; what flows must be known. Rest need not be among them.
    """
    others = {layout.pair_battery[pair]: _Others() for pair in _pairs(layout, memory, inverter)}
    _add_others(layout, memory, inverter, others)
    if not any(_is_beside(layout, memory, battery, each.asked_w) for battery, each in others.items()):
        return EVERYTHING
    sun_w = memory.inverters[inverter].sun_w
    left: list[Bounds] = []
    for sign in (-1.0, 1.0):
        for piece, parts in _pieces(layout, memory, inverter, others, sign):
            can: Ranges = (piece,)
            for part in parts:
                can = intersection(can, _left_by_battery(layout, memory, part, is_by_sun=False))
            if sign > 0.0 and sun_w < 0.0:
                # What the sun alone brings, batteries that others leave alone need not take.
                by_sun: Ranges = (Bounds(piece.lower, min(piece.upper, 0.0 - sun_w)),)
                for part in parts:
                    by_sun = intersection(by_sun, _left_by_battery(layout, memory, part, is_by_sun=True))
                can = merged((*can, *by_sun))
            left += can
    on_ac_side = (_on_ac_side(layout, memory, inverter, bounds) for bounds in merged(left))
    return merged(bounds for bounds in on_ac_side if bounds.lower <= bounds.upper)


def _pairs(layout: Layout, memory: Memory, inverter: int) -> list[int]:
    own = layout.inverters[inverter]
    return [pair for pair in range(own.first_pair, own.end_pair) if memory.pairs[pair].conducts]


def _is_beside(layout: Layout, memory: Memory, battery: int, others_w: float) -> bool:
    """Say whether a battery has a minimum that is not that of its inverter alone."""
    now = memory.batteries[battery]
    if now.allowed_minimum_w > 0.0 or now.allowed_minimum_delivered_w > 0.0:
        return True
    own = layout.batteries[battery]
    return others_w != 0.0 and (own.minimum_w > 0.0 or own.minimum_delivered_w > 0.0)


def _add_others(layout: Layout, memory: Memory, inverter: int, others: dict[int, _Others]) -> None:
    """Add up what other inverters ask batteries for [W]."""
    group = layout.groups[layout.inverters[inverter].group]
    for place in range(group.first_inverter, group.end_inverter):
        other = layout.group_inverters[place]
        if other != inverter:
            for pair in range(layout.inverters[other].first_pair, layout.inverters[other].end_pair):
                battery = layout.pair_battery[pair]
                if battery in others:
                    asked_w, moved_w, _ = others[battery]
                    more_w = memory.pairs[pair].asked_w
                    rests = memory.inverters[other].asked_ac_w == 0.0
                    others[battery] = _Others(
                        asked_w + more_w,
                        moved_w + (0.0 if rests else abs(more_w)),
                        as_sent_w(layout, memory, group, battery, inverter),
                    )


def _pieces(
    layout: Layout, memory: Memory, inverter: int, others: dict[int, _Others], sign: float
) -> Iterator[tuple[Bounds, list[_Part]]]:
    """Yield ranges of DC power of one direction [W] with what an inverter asks its batteries for in them."""
    pairs = _pairs(layout, memory, inverter)
    slopes = [part_of_more(layout, memory, inverter, pair, sign) for pair in pairs]
    minima_w = [minimum_w(layout, memory, pair, sign) for pair in pairs]
    minimum = math.fsum(minima_w)

    def parts(offsets_w: list[float]) -> list[_Part]:
        batteries = [layout.pair_battery[pair] for pair in pairs]
        return [
            _Part(battery, others[battery], slope, offset_w)
            for battery, slope, offset_w in zip(batteries, slopes, offsets_w, strict=True)
        ]

    def towards(near_w: float, far_w: float) -> Bounds:
        return Bounds(*sorted((near_w, far_w)))

    far_w = sign * math.inf
    if len(pairs) == 1:
        yield towards(0.0, far_w), parts([0.0])
        return
    sun_w = 0.0 - memory.inverters[inverter].sun_w
    if minimum > 0.0 and sun_w > 0.0:
        # Of less than all minima together an inverter asks its batteries for what the sun brings alone.
        yield Bounds(0.0, min(minimum, sun_w)), parts([0.0] * len(pairs))
    yield (
        towards(minimum, far_w),
        parts([each_w - slope * minimum for each_w, slope in zip(minima_w, slopes, strict=True)]),
    )


def _left_by_battery(layout: Layout, memory: Memory, part: _Part, *, is_by_sun: bool) -> Ranges:
    """Return the DC powers of an inverter that leave a battery its minimum [W].

    Args:
        layout: Of the plant.
        memory: With what the battery allows.
        part: What it is asked for.
        is_by_sun: Whether it need not take what it is asked for, unless others use it.
    """
    now = memory.batteries[part.battery]
    least_w = least_charged_w(layout, memory, part.battery)
    least_given = least_given_w(layout, memory, part.battery)
    if least_w + least_given == 0.0 or (is_by_sun and part.others.moved_w == 0.0):
        return EVERYTHING
    lower_w = -least_given if now.lower_w < 0.0 or least_given == 0.0 else -math.inf
    upper_w = least_w if now.upper_w > 0.0 or least_w == 0.0 else math.inf
    # What it is asked for beyond what others have of it.
    others_w, slack_w = part.others.asked_w + part.offset_w, part.others.slack_w
    lower_w, upper_w = (_but_for(edge_w - others_w, slack_w) for edge_w in (lower_w, upper_w))
    if part.slope == 0.0:
        is_left = part.offset_w == 0.0 or lower_w >= 0.0 or upper_w <= 0.0
        return EVERYTHING if is_left else ()
    ways = (Bounds(-math.inf, lower_w / part.slope), Bounds(upper_w / part.slope, math.inf))
    return tuple(way for way in ways if way.lower < way.upper)


def _but_for(power_w: float, slack_w: float) -> float:
    """Return a power, or 0 if it is no more than a slack [W]."""
    return 0.0 if abs(power_w) <= slack_w else power_w


def _on_ac_side(layout: Layout, memory: Memory, inverter: int, bounds: Bounds) -> Bounds:
    """Return the active powers that bring DC powers [W], as whole steps of the resolution; none if it ends below.

    Reactive power gives way to them, so they are those without.
    """
    params, now = layout.inverters[inverter].params, memory.inverters[inverter]
    sun_w, voltage_pu = now.sun_w, now.dc_voltage_pu
    lower_w, upper_w = (
        edge_w if math.isinf(edge_w) else ac_from_dc(params, edge_w + sun_w, voltage_pu) + 0.0
        for edge_w in bounds
    )
    if lower_w > 0.0:
        # What it would draw for its losses alone, it draws at rest.
        rests = bounds.lower + sun_w <= AS_SENT * abs(bounds.lower)
        lower_w = 0.0 if rests else ceil_to_resolution(lower_w, params.resolution_w)
    if -math.inf < upper_w < 0.0:
        upper_w = 0.0 - ceil_to_resolution(0.0 - upper_w, params.resolution_w)
    return Bounds(lower_w, upper_w)
