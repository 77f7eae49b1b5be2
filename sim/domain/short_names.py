"""Metrics by the names that people use: in scenario files, in tests."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from .metrics import Metric

SHORT_NAMES: Mapping[str, tuple[Metric, ...]] = {
    "power": (Metric.AC_POWER_ACTIVE, Metric.DC_POWER),
    "active_power": (Metric.AC_POWER_ACTIVE,),
    "reactive_power": (Metric.AC_POWER_REACTIVE,),
    "apparent_power": (Metric.AC_POWER_APPARENT,),
    "dc_power": (Metric.DC_POWER,),
    "frequency": (Metric.AC_FREQUENCY,),
    "voltage": (Metric.AC_VOLTAGE_PHASE_1_N, Metric.DC_VOLTAGE),
    "soc": (Metric.BATTERY_SOC_PCT,),
    "capacity": (Metric.BATTERY_CAPACITY,),
    "temperature": (Metric.INVERTER_TEMPERATURE, Metric.BATTERY_TEMPERATURE, Metric.SENSOR_TEMPERATURE),
    "consumed": (Metric.AC_ENERGY_ACTIVE_CONSUMED,),
    "delivered": (Metric.AC_ENERGY_ACTIVE_DELIVERED,),
    "irradiance": (Metric.SENSOR_IRRADIANCE,),
    "wind_speed": (Metric.SENSOR_WIND_SPEED,),
    "wind_direction": (Metric.SENSOR_WIND_DIRECTION,),
    "relative_humidity": (Metric.SENSOR_RELATIVE_HUMIDITY,),
    "dew_point": (Metric.SENSOR_DEW_POINT,),
    "air_pressure": (Metric.SENSOR_AIR_PRESSURE,),
}
"""Of the metrics that something has, the first is meant."""


def metric_named(name: str | None, had: Collection[Metric]) -> Metric | None:
    """Return which metric a name means, a short one or that of the API, of those that something has; None if none."""
    if name is None:
        return None
    meant = SHORT_NAMES.get(name) or tuple(metric for metric in Metric if metric.value == name)
    return next((metric for metric in meant if metric in had), None)


def names_of(had: Collection[Metric]) -> list[str]:
    """Return the names by which metrics can be called, the short ones first."""
    short = [name for name, metrics in SHORT_NAMES.items() if any(metric in had for metric in metrics)]
    return [*short, *(metric.value for metric in had)]
