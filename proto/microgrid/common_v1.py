"""Version v1 of the common package, on which version v1 of the Microgrid API is built.

It calls some categories and metrics otherwise than we do, and has no word for others.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from frequenz.api.common.v1.grid.delivery_area_pb2 import EnergyMarketCodeType
from frequenz.api.common.v1.metrics.metric_sample_pb2 import Metric as MetricNumber
from frequenz.api.common.v1.microgrid.components import battery_pb2, ev_charger_pb2, inverter_pb2
from frequenz.api.common.v1.microgrid.components import components_pb2 as messages
from frequenz.api.common.v1.microgrid.microgrid_pb2 import Microgrid
from frequenz.api.common.v1.microgrid.sensors import sensors_pb2 as sensor_messages

from ...sim.domain.categories import OperationalMode
from ...sim.domain.messages import ComponentInfo, SensorInfo
from ...sim.domain.metrics import Metric
from .common_version import CommonVersion, numbers

SENSOR_CATEGORIES = numbers(sensor_messages.SensorCategory)
_POWER_OR_ENERGY = re.compile(r"^AC_(ACTIVE|REACTIVE|APPARENT)_(POWER|ENERGY)")
_OURS = {
    "GRID": "GRID_CONNECTION_POINT",
    "RELAY": "BREAKER",
    "VOLTAGE_TRANSFORMER": "POWER_TRANSFORMER",
    "SOLAR": "PV",
    "ON": "OK",
}
"""Our names of what v1 calls otherwise: categories, types of inverters, states of sensors."""
_INSTRUMENTS: Mapping[str, frozenset[Metric]] = {
    "THERMOMETER": frozenset({Metric.SENSOR_TEMPERATURE}),
    "HYGROMETER": frozenset({Metric.SENSOR_RELATIVE_HUMIDITY, Metric.SENSOR_DEW_POINT}),
    "BAROMETER": frozenset({Metric.SENSOR_AIR_PRESSURE}),
    "PYRANOMETER": frozenset({Metric.SENSOR_IRRADIANCE}),
    "ANEMOMETER": frozenset({Metric.SENSOR_WIND_SPEED, Metric.SENSOR_WIND_DIRECTION}),
}
"""Sensor categories by what they measure; what measures more than one of them is GENERAL."""


def sensor_category(info: SensorInfo) -> int:
    """Return what kind of instrument a sensor is."""
    measured = set(info.metrics)
    fitting = (name for name, metrics in _INSTRUMENTS.items() if measured <= metrics)
    return SENSOR_CATEGORIES.number(next(fitting, "GENERAL"))


def _our_name(name: str) -> str:
    return _OURS.get(name, name)


def _our_metric(name: str) -> str:
    """Return our name of a metric: v1 says AC_ACTIVE_POWER where we say AC_POWER_ACTIVE."""
    return _POWER_OR_ENERGY.sub(r"AC_\2_\1", name)


def _more_of_component(info: ComponentInfo) -> dict[str, object]:
    inactive = info.operational_mode is OperationalMode.INACTIVE
    return {"status": messages.COMPONENT_STATUS_INACTIVE if inactive else messages.COMPONENT_STATUS_ACTIVE}


COMMON = CommonVersion(
    metrics=numbers(MetricNumber, _our_metric),
    categories=numbers(messages.ComponentCategory, _our_name),
    inverter_types=numbers(inverter_pb2.InverterType, _our_name),
    battery_types=numbers(battery_pb2.BatteryType),
    ev_charger_types=numbers(ev_charger_pb2.EvChargerType),
    states=numbers(messages.ComponentStateCode),
    diagnostics=numbers(messages.ComponentErrorCode),
    market_code_types=numbers(EnergyMarketCodeType),
    sensor_states=numbers(sensor_messages.SensorStateCode, _our_name),
    microgrid_message=Microgrid,
    component_message=messages.Component,
    sensor_message=sensor_messages.Sensor,
    connection_message=messages.ComponentConnection,
    specific_info_field="category_type",
    specific_info_members={"GRID_CONNECTION_POINT": "grid", "POWER_TRANSFORMER": "voltage_transformer"},
    connection_ends=("source_component_id", "destination_component_id"),
    component_id_field="component_id",
    sample_time_field="sampled_at",
    snapshots_field="states",
    snapshot_time_field="sampled_at",
    diagnostic=lambda number, _: number,
    more_of_component=_more_of_component,
    more_of_sensor=lambda info: {"category": sensor_category(info)},
)
