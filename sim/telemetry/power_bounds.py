"""What a component may be asked for now: its rating, what it could do at present, and what clients have left.

Telemetry shows at most two ranges, since clients read no more: of more, that of the present power and those that
leave the most choice; commands are held to what telemetry shows, and to what inverters that share batteries can leave
each other. Where nothing remains, 0 and rest do.

Bounds are about the power that telemetry reports: what a device draws while it is told 0 is among them.
"""

from __future__ import annotations

import math

from ..domain.metrics import Metric, PowerType
from ..domain.ranges import (
    AS_SENT,
    NOTHING_BUT_ZERO,
    Bounds,
    Ranges,
    intersection,
    is_allowed,
    merged,
    widest_two,
)
from ..plant.plant import Plant
from ..plant.steps import begun_at_steps
from .device_ranges import before_it_runs, beside_minima, beside_rest, chosen_w, drawn_at_rest_w, rests_at

_ROUNDING = 1e-9
METRIC_OF = {PowerType.ACTIVE: Metric.AC_POWER_ACTIVE, PowerType.REACTIVE: Metric.AC_POWER_REACTIVE}


def bounded_metrics(plant: Plant, key: str) -> tuple[Metric, ...]:
    """Return the powers of a component whose bounds clients may narrow."""
    if key in plant.equipment.batteries:
        return (Metric.DC_POWER,)
    rating = plant.equipment.ratings.get(key)
    if rating is None:
        return ()
    return tuple(metric for power_type, metric in METRIC_OF.items() if rating.of(power_type) is not None)


def shown_ranges(plant: Plant, key: str, metric: Metric) -> Ranges:
    """Return what telemetry shows as the bounds of a power [W] or [var]; see `bounded_metrics`."""
    if metric is Metric.DC_POWER:
        gap, limits = plant.equipment.systems[key].gap, plant.capability.battery_limits(key)
        present: Ranges = beside_rest(limits, gap, 0.0) if any(gap) else (limits,)
    elif metric is Metric.AC_POWER_ACTIVE:
        before = _before_it_runs(plant, key)
        if before is not None:
            return _kept_by_code(plant, key, before)
        present = _of_device(plant, key, plant.capability.active_power_bounds(key))
        present = _beside_minima(plant, key, present)
    else:
        present = (plant.capability.reactive_power_bounds(key),)
        power_var = plant.readings.reactive_power_var(key)
        if not is_allowed(power_var, present, _ROUNDING * abs(power_var)):
            # Active power gives way to what a grid code asks for, but to nothing that a client does.
            present = merged((*present, Bounds(power_var, power_var)))
    left = _left(plant, key, metric, present, _in_steps(plant, key, metric))
    if metric is Metric.AC_POWER_ACTIVE:
        return _kept_by_code(plant, key, _beside_what_clients_leave(plant, key, present, left))
    return left


def accepted_ranges(plant: Plant, key: str, power_type: PowerType) -> Ranges:
    """Return the power that a set-point may ask of a device [W] or [var], beside 0.

    Where a set-point is a limit, one beyond what sun, wind or car allow now is still a sensible one; so is one beyond
    what others leave of a shared battery, as clients tell these to leave more at the same time. What a high voltage
    makes of more than the rating is shown, so it is accepted; what is cut to the rating by the device itself is, too.
    """
    rating = plant.equipment.ratings[key]
    rated = rating.of(power_type) or Bounds(0.0, 0.0)
    if power_type is PowerType.REACTIVE:
        now = plant.capability.reactive_power_bounds(key)
        present: Ranges = (Bounds(min(rated.lower, now.lower), max(rated.upper, now.upper)),)
    elif rating.is_limit:
        most_w = max(rated.upper, rating.most_told_w, plant.capability.active_power_bounds(key).upper)
        present = (Bounds(min(rated.lower, 0.0), most_w),)
    else:
        present = _of_device(plant, key, plant.capability.bounds_as_others_give_way(key))
        if not plant.capability.shares_batteries(key):
            present = _beside_minima(plant, key, present)
        return _kept_by_code(plant, key, _left_as_told(plant, key, power_type, present))
    return _left_as_told(plant, key, power_type, present)


def ends_of(rated: Bounds | None, accepted: Ranges, slack: float = 0.0) -> Bounds:
    """Return what no set-point may go beyond [W] or [var]: the rating, 0 included, or what is accepted beyond it.

    Args:
        rated: Of the power; None if there is none of it.
        accepted: Of the device now.
        slack: By how much both move while a command is on its way [W] or [var]; an end at 0 does not.
    """
    edges = [0.0, *(rated or ()), *(edge for bounds in accepted for edge in bounds)]
    lower, upper = min(edges), max(edges)
    return Bounds(lower - slack if lower < 0.0 else lower, upper + slack if upper > 0.0 else upper)


def allowed_ranges(plant: Plant, key: str, metric: Metric) -> Ranges | None:
    """Return what clients have left allowed of a power; None for all."""
    return plant.allowed_power.ranges(key, metric)


def has_connection_limits(plant: Plant) -> bool:
    """Say whether anything limits what the site may draw and feed in, both ways."""
    supply, limits = plant.equipment.grid, plant.equipment.feed_in_limits
    is_limited = supply.active is not None or bool(limits) or "import_limit" in supply.inputs
    return is_limited and (supply.active is not None or math.isfinite(supply.fuse_w))


def connection_bounds(plant: Plant) -> Bounds:
    """Return the active power that may flow through the grid connection point now [W]; see `has_connection_limits`.

    The least of what is agreed, of what the grid's operator lets the site have now, and of what the fuse bears.
    """
    supply, key = plant.equipment.grid, plant.equipment.grid_key
    agreed = supply.active or Bounds(-supply.fuse_w, supply.fuse_w)
    fed_w = plant.inputs.value(key, "feed_in_limit") if plant.equipment.feed_in_limits else math.inf
    drawn_w = plant.inputs.value(key, "import_limit") if "import_limit" in supply.inputs else math.inf
    return Bounds(max(agreed.lower, -fed_w, -supply.fuse_w) + 0.0, min(agreed.upper, drawn_w, supply.fuse_w))


def _left_as_told(plant: Plant, key: str, power_type: PowerType, present: Ranges) -> Ranges:
    """Return what clients leave a set-point of, also between the steps in which a device takes it."""
    metric = METRIC_OF[power_type]
    return _left(plant, key, metric, present, allowed_ranges(plant, key, metric))


def _in_steps(plant: Plant, key: str, metric: Metric) -> Ranges | None:
    """Return what a device can have of what clients leave as it goes in steps; None for all."""
    allowed = allowed_ranges(plant, key, metric)
    if allowed is None or metric is Metric.DC_POWER:
        return allowed
    power_type = PowerType.ACTIVE if metric is Metric.AC_POWER_ACTIVE else PowerType.REACTIVE
    readings = plant.readings
    is_active = power_type is PowerType.ACTIVE
    power = readings.active_power_w(key) if is_active else readings.reactive_power_var(key)
    return begun_at_steps(allowed, plant.capability.steps(key, power_type), power)


def _left(plant: Plant, key: str, metric: Metric, present: Ranges, allowed: Ranges | None) -> Ranges:
    can = present if allowed is None else intersection(present, allowed)
    if len(can) <= 2:
        return can or NOTHING_BUT_ZERO
    return widest_two(can, _chosen_power(plant, key, metric), keeps_zero=metric is Metric.AC_POWER_ACTIVE)


def _kept_by_code(plant: Plant, key: str, ranges: Ranges) -> Ranges:
    """Leave of ranges of active power what frequency leaves of them, which may be without 0 [W]."""
    kept = plant.capability.kept_by_code(key)
    if kept.contains(0.0):
        return ranges
    return intersection(ranges, (kept,)) or (Bounds(*([plant.readings.active_power_w(key)] * 2)),)


def _chosen_power(plant: Plant, key: str, metric: Metric) -> float:
    """Return the power of a component of which the range is to be shown [W] or [var]; see `chosen_w`."""
    if metric is Metric.DC_POWER:
        return plant.readings.flows().battery_dc_w[key]
    if metric is Metric.AC_POWER_REACTIVE:
        return plant.readings.reactive_power_var(key)
    rating = plant.capability.rating_now(key)
    return chosen_w(plant.readings.active_power_w(key), rating.set_point_gap, rating.alone)


def _beside_what_clients_leave(plant: Plant, key: str, present: Ranges, left: Ranges) -> Ranges:
    """Add to what clients leave of a device's power what it has in any case, and 0 where they leave it that.

    In any case it has what it draws at rest or on its way to run, and what it delivers though its ramp has ended: an
    engine that warms up, takes on load, or may not stop yet.
    """
    allowed = allowed_ranges(plant, key, Metric.AC_POWER_ACTIVE)
    if allowed is None or present == NOTHING_BUT_ZERO:
        return left
    power_w, rest_w = plant.readings.active_power_w(key), plant.capability.rating_now(key).rest_w
    is_beyond = not is_allowed(power_w, left, AS_SENT * abs(power_w))
    least_w = -_ROUNDING * plant.equipment.ratings[key].size
    is_at_rest = is_beyond and least_w <= power_w <= _most_at_rest_w(plant, key) * (1.0 + _ROUNDING)
    draws_w = max(power_w, 0.0) if is_at_rest else 0.0
    is_nothing_left = left == NOTHING_BUT_ZERO
    rest = Bounds(0.0, draws_w or rest_w)
    if power_w < least_w and (is_nothing_left or (is_beyond and plant.capability.keeps_its_pace(key))):
        # With what clients leave it, that would make three ranges, which clients do not read; it can always be stopped.
        return Bounds(power_w, power_w), rest
    if is_nothing_left:
        return (rest,)
    if not is_at_rest and not any(bounds.contains(0.0) for bounds in allowed):
        return left
    with_rest = merged((*left, Bounds(0.0, draws_w)))
    is_one_way = left[0].lower > 0.0 or left[-1].upper < 0.0
    if len(with_rest) > 2 and is_at_rest and is_one_way:
        return widest_two(with_rest, power_w)
    return with_rest if len(with_rest) <= 2 else left


def _most_at_rest_w(plant: Plant, key: str) -> float:
    """Return the most that a device draws at rest, on its way to run, or for its losses alone [W]."""
    rating = plant.capability.rating_now(key)
    least_w = 0.0 if rating.active is None else rating.active.lower
    return max(rating.set_point_gap.upper, rating.rest_w, least_w, plant.capability.losses_w(key))


def _before_it_runs(plant: Plant, key: str) -> Ranges | None:
    """Return what a machine has in any case before it runs, whatever clients leave; None if it runs or rests."""
    if key not in plant.equipment.machines:
        return None
    gap = plant.equipment.ratings[key].set_point_gap
    return before_it_runs(plant.readings.active_power_w(key), gap, plant.capability.reach(key))


def _of_device(plant: Plant, key: str, bounds: Bounds) -> Ranges:
    """Return the active power that a device could have now; what it draws at rest, or on its way to run, among it.

    Args:
        plant: The device's.
        key: Of the device.
        bounds: What it could have without a gap around 0 [W].
    """
    rating = plant.capability.rating_now(key)
    gap = rating.set_point_gap
    if not any(gap):
        return (bounds,)
    rest_w = drawn_at_rest_w(plant.readings.active_power_w(key), gap)
    if _before_it_runs(plant, key) is not None:
        rest_w = max(plant.capability.reach(key).lower, 0.0)
    return beside_rest(bounds, gap, rest_w, rating.alone)


def _beside_minima(plant: Plant, key: str, ranges: Ranges) -> Ranges:
    """Leave out of what a device could have what would bring a battery below its minimum."""
    left, rating = plant.capability.ranges_beside_minima(key), plant.capability.rating_now(key)
    power_w, drawn_w = plant.readings.active_power_w(key), max(rating.rest_w, plant.capability.losses_w(key))
    return beside_minima(ranges, left, power_w, rests=rests_at(power_w, drawn_w, rating.set_point_gap))
