"""How components introduce themselves to clients."""

from __future__ import annotations

from .exchange import ComponentInfo
from .plant import Plant
from .site import Battery, GridConnectionPoint
from .vocabulary import Bounds, Metric


def describe(plant: Plant, key: str) -> ComponentInfo:
    """Return what clients are told about a component when they list the site."""
    component = plant.site.components[key]
    return ComponentInfo(
        id=component.id,
        name=component.name or key,
        category=component.category,
        manufacturer=component.manufacturer,
        model=component.model or getattr(component, "preset", None) or component.category.value,
        operational_mode=component.operational_mode,
        rated_bounds=_rated_bounds(plant, key),
        battery_type=component.type if isinstance(component, Battery) else None,
        rated_fuse_current_a=(
            component.rated_fuse_current_a if isinstance(component, GridConnectionPoint) else None
        ),
    )


def _rated_bounds(plant: Plant, key: str) -> dict[Metric, Bounds]:
    if key in plant.battery_params:
        battery = plant.battery_params[key]
        return {
            Metric.DC_POWER: Bounds(-battery.discharge_power_max_w, battery.charge_power_max_w),
            Metric.BATTERY_SOC_PCT: Bounds(100.0 * battery.soc_lower, 100.0 * battery.soc_upper),
        }
    if key in plant.inverter_params:
        inverter = plant.inverter_params[key]
        upper_w = 0.0 if plant.is_pv(key) else inverter.rated_power_w
        apparent_va = inverter.rated_apparent_power_va
        return {
            Metric.AC_POWER_ACTIVE: Bounds(-inverter.rated_power_w, upper_w),
            Metric.AC_POWER_REACTIVE: Bounds(-apparent_va, apparent_va),
        }
    return {}
