"""How components and sensors introduce themselves to clients."""

from __future__ import annotations

from ..components.registry import type_of
from ..domain.messages import ComponentInfo, SensorInfo
from ..domain.metrics import Metric
from ..domain.ranges import Bounds
from ..plant.plant import Plant
from ..site.site import Site
from ..telemetry.sensors import METRICS


def describe(plant: Plant, key: str) -> ComponentInfo:
    """Return what clients are told about a component when they list the site."""
    component = plant.site.components[key]
    kind = type_of(component)
    return ComponentInfo(
        id=component.id,
        name=component.name or key,
        category=kind.category,
        manufacturer=component.manufacturer,
        model=component.model or getattr(component, "preset", None) or kind.name,
        operational_mode=component.operational_mode,
        rated_bounds=_rated_bounds(plant, key),
        **kind.identity(component),
    )


def describe_sensor(site: Site, key: str) -> SensorInfo:
    """Return what clients are told about a sensor when they list the site."""
    sensor = site.sensors[key]
    metrics = tuple(METRICS[metric] for metric in sensor.metrics)
    return SensorInfo(sensor.id, sensor.name or key, sensor.manufacturer, sensor.model, metrics)


def _rated_bounds(plant: Plant, key: str) -> dict[Metric, Bounds]:
    if key in plant.equipment.batteries:
        battery = plant.equipment.batteries[key]
        return {
            Metric.DC_POWER: Bounds(-battery.discharge_power_max_w, battery.charge_power_max_w),
            Metric.BATTERY_SOC_PCT: Bounds(100.0 * battery.soc_lower, 100.0 * battery.soc_upper),
        }
    if key == plant.equipment.grid_key:
        agreed = plant.equipment.grid.active
        return {} if agreed is None else {Metric.AC_POWER_ACTIVE: agreed}
    rating = plant.equipment.ratings.get(key)
    if rating is None:
        return {}
    bounds = {Metric.AC_POWER_ACTIVE: rating.active, Metric.AC_POWER_REACTIVE: rating.reactive}
    return {metric: rated for metric, rated in bounds.items() if rated is not None}
