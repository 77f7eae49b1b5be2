"""What a component may be asked for now: its rating, what it could do at present, and what clients have left.

Telemetry shows at most two ranges, since clients read no more: of more, the two that leave the most choice, and
commands are held to what telemetry shows. Where nothing remains, 0 does.
"""

from __future__ import annotations

from ..components.machines.steam_boiler import SteamBoiler
from ..domain.metrics import Metric, PowerType
from ..domain.ranges import NOTHING_BUT_ZERO, Bounds, Ranges, intersection, widest_two
from ..plant.plant import Plant

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
        present: Ranges = (plant.battery_limits(key),)
    elif metric is Metric.AC_POWER_ACTIVE:
        present = _with_minimum(plant, key, plant.active_power_bounds(key))
    else:
        present = (plant.reactive_power_bounds(key),)
    return _left(plant, key, metric, present)


def accepted_ranges(plant: Plant, key: str, power_type: PowerType) -> Ranges:
    """Return the power that a set-point may ask of a device [W] or [var], beside 0.

    Where a set-point is a limit, one beyond what sun, wind or car allow now is still a sensible one.
    """
    rating = plant.equipment.ratings[key]
    rated = rating.of(power_type) or Bounds(0.0, 0.0)
    if power_type is PowerType.REACTIVE or rating.is_limit:
        present: Ranges = (rated,)
    else:
        present = _with_minimum(plant, key, plant.active_power_bounds(key))
    return _left(plant, key, METRIC_OF[power_type], present)


def allowed_ranges(plant: Plant, key: str, metric: Metric) -> Ranges | None:
    """Return what clients have left allowed of a power; None for all."""
    return plant.allowed(key, metric)


def _left(plant: Plant, key: str, metric: Metric, present: Ranges) -> Ranges:
    allowed = allowed_ranges(plant, key, metric)
    if allowed is None:
        return present
    return widest_two(intersection(present, allowed)) or NOTHING_BUT_ZERO


def least_w(plant: Plant, key: str) -> float:
    """Return the magnitude below which a device shows no power but 0 [W]; 0 if it shows one range."""
    rating = plant.equipment.ratings[key]
    return 0.0 if rating.is_limit else rating.minimum_w


def begins_at_minimum(plant: Plant, key: str) -> bool:
    """Say whether a device shows one range from its minimum on, as clients expect it of boilers, and no 0 beside it."""
    return isinstance(plant.site.components[key], SteamBoiler)


def _with_minimum(plant: Plant, key: str, bounds: Bounds) -> Ranges:
    """Leave out what is below a machine's minimum load."""
    minimum_w = least_w(plant, key)
    if minimum_w == 0.0 or bounds == (0.0, 0.0):
        return (bounds,)
    if bounds.lower > -minimum_w and bounds.upper < minimum_w:
        return NOTHING_BUT_ZERO
    if begins_at_minimum(plant, key):
        return (Bounds(minimum_w, bounds.upper),)
    if bounds.upper > 0.0:
        return (Bounds(0.0, 0.0), Bounds(minimum_w, bounds.upper))
    return (Bounds(bounds.lower, -minimum_w), Bounds(0.0, 0.0))
