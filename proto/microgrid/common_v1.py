"""Messages of the common package v1, on which version v1 of the Microgrid API is built.

Its words differ from ours and from those of v1alpha8 in name and number; they are found by name here. What the
package has no word for is UNSPECIFIED (a category) or UNKNOWN (an error).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping

from frequenz.api.common.v1.grid.delivery_area_pb2 import DeliveryArea, EnergyMarketCodeType
from frequenz.api.common.v1.location_pb2 import Location
from frequenz.api.common.v1.metrics.bounds_pb2 import Bounds as BoundsMessage
from frequenz.api.common.v1.metrics.metric_sample_pb2 import Metric as MetricNumber
from frequenz.api.common.v1.microgrid.components import (
    battery_pb2,
    ev_charger_pb2,
    grid_pb2,
    inverter_pb2,
    transformer_pb2,
)
from frequenz.api.common.v1.microgrid.components import components_pb2 as messages
from frequenz.api.common.v1.microgrid.microgrid_pb2 import Microgrid, MicrogridStatus
from frequenz.api.common.v1.microgrid.sensors import sensors_pb2 as sensor_messages

from ...sim.domain.categories import Category, OperationalMode
from ...sim.domain.messages import ComponentInfo, Frame, SensorInfo
from ...sim.domain.metrics import Metric
from ...sim.domain.ranges import OpenBounds
from ...sim.site import site
from .common_v1alpha8 import numbers, timestamp
from .telemetry import Places, Selection

_POWER_OR_ENERGY = re.compile(r"^AC_(POWER|ENERGY)_(ACTIVE|REACTIVE|APPARENT)")


def _number_of(metric: Metric) -> MetricNumber.ValueType | None:
    """Return the number of a metric: v1 says AC_ACTIVE_POWER where we say AC_POWER_ACTIVE."""
    return _METRIC_NUMBERS.get(_POWER_OR_ENERGY.sub(r"AC_\2_\1", metric.value))


_METRIC_NUMBERS = numbers(MetricNumber)
METRICS = {metric: number for metric in Metric if (number := _number_of(metric)) is not None}
STATES = numbers(messages.ComponentStateCode)
ERRORS = numbers(messages.ComponentErrorCode)
CATEGORIES = numbers(messages.ComponentCategory)
SENSOR_CATEGORIES = numbers(sensor_messages.SensorCategory)
_RENAMED = {
    Category.GRID_CONNECTION_POINT: "GRID",
    Category.BREAKER: "RELAY",
    Category.POWER_TRANSFORMER: "VOLTAGE_TRANSFORMER",
    Category.BATTERY_INVERTER: "INVERTER",
    Category.PV_INVERTER: "INVERTER",
    Category.HYBRID_INVERTER: "INVERTER",
}
_INVERTER_TYPES = {
    Category.BATTERY_INVERTER: inverter_pb2.INVERTER_TYPE_BATTERY,
    Category.PV_INVERTER: inverter_pb2.INVERTER_TYPE_SOLAR,
    Category.HYBRID_INVERTER: inverter_pb2.INVERTER_TYPE_HYBRID,
}
_EV_CHARGER_TYPES = numbers(ev_charger_pb2.EvChargerType)
_BATTERY_TYPES = numbers(battery_pb2.BatteryType)
_CODE_TYPES = {
    "eic": EnergyMarketCodeType.ENERGY_MARKET_CODE_TYPE_EUROPE_EIC,
    "nerc": EnergyMarketCodeType.ENERGY_MARKET_CODE_TYPE_US_NERC,
}
_INSTRUMENTS: Mapping[str, frozenset[Metric]] = {
    "THERMOMETER": frozenset({Metric.SENSOR_TEMPERATURE}),
    "HYGROMETER": frozenset({Metric.SENSOR_RELATIVE_HUMIDITY, Metric.SENSOR_DEW_POINT}),
    "BAROMETER": frozenset({Metric.SENSOR_AIR_PRESSURE}),
    "PYRANOMETER": frozenset({Metric.SENSOR_IRRADIANCE}),
    "ANEMOMETER": frozenset({Metric.SENSOR_WIND_SPEED, Metric.SENSOR_WIND_DIRECTION}),
}
"""Sensor categories by what they measure; what measures more than one of them is GENERAL."""


def category_number(category: Category) -> messages.ComponentCategory.ValueType:
    """Return the number of a category, UNSPECIFIED for those that v1 does not have."""
    return CATEGORIES.get(_RENAMED.get(category, category.name), CATEGORIES["UNSPECIFIED"])


def categories(wanted: Collection[int]) -> set[Category] | None:
    """Return what a filter by category lets pass; None, for everything, if it is empty."""
    return {category for category in Category if category_number(category) in wanted} if wanted else None


def metric(number: int) -> Metric | None:
    """Return the metric with a number; None if we do not have it."""
    return next((metric for metric, own in METRICS.items() if own == number), None)


def selection(wanted: Collection[int]) -> frozenset[Metric]:
    """Return the metrics that a filter asks for, as far as we have them."""
    return frozenset(metric for metric, number in METRICS.items() if number in wanted)


def open_bounds(ranges: Iterable[BoundsMessage]) -> list[OpenBounds]:
    """Return ranges as lower and upper edge, None where one is missing: unbounded."""
    return [
        (
            bounds.lower if bounds.HasField("lower") else None,
            bounds.upper if bounds.HasField("upper") else None,
        )
        for bounds in ranges
    ]


def microgrid(identity: site.Microgrid) -> Microgrid:
    """Return the identity of a site as a message."""
    area, location = identity.delivery_area, identity.location
    message = Microgrid(
        id=identity.id,
        enterprise_id=identity.enterprise_id,
        name=identity.name,
        location=Location(
            latitude=location.latitude, longitude=location.longitude, country_code=location.country_code or ""
        ),
        status=MicrogridStatus.MICROGRID_STATUS_ACTIVE,
    )
    message.create_timestamp.FromDatetime(identity.created)
    if area is not None:
        message.delivery_area.CopyFrom(DeliveryArea(code=area.code, code_type=_CODE_TYPES[area.code_type]))
    return message


def component(info: ComponentInfo, microgrid_id: int) -> messages.Component:
    """Return what clients are told about a component as a message."""
    inactive = info.operational_mode is OperationalMode.INACTIVE
    return messages.Component(
        id=info.id,
        microgrid_id=microgrid_id,
        name=info.name,
        category=category_number(info.category),
        category_type=_category_type(info),
        manufacturer=info.manufacturer,
        model_name=info.model,
        status=messages.COMPONENT_STATUS_INACTIVE if inactive else messages.COMPONENT_STATUS_ACTIVE,
        metric_config_bounds=[
            messages.MetricConfigBounds(
                metric=METRICS[metric], config_bounds=BoundsMessage(lower=bounds.lower, upper=bounds.upper)
            )
            for metric, bounds in info.rated_bounds.items()
        ],
    )


def sensor(info: SensorInfo, microgrid_id: int) -> sensor_messages.Sensor:
    """Return what clients are told about a sensor as a message."""
    return sensor_messages.Sensor(
        id=info.id,
        microgrid_id=microgrid_id,
        name=info.name,
        category=sensor_category(info),
        manufacturer=info.manufacturer,
        model_name=info.model,
    )


def sensor_category(info: SensorInfo) -> sensor_messages.SensorCategory.ValueType:
    """Return what kind of instrument a sensor is."""
    measured = set(info.metrics)
    fitting = (name for name, metrics in _INSTRUMENTS.items() if measured <= metrics)
    return SENSOR_CATEGORIES[next(fitting, "GENERAL")]


def connection(source: int, destination: int) -> messages.ComponentConnection:
    """Return a connection as a message; it points away from the grid."""
    return messages.ComponentConnection(source_component_id=source, destination_component_id=destination)


def write_component_data(message: messages.ComponentData, frame: Frame, wanted: Selection) -> Places:
    """Write a frame into an empty message, all but the numbers that change from frame to frame.

    Args:
        message: Written to.
        frame: Whose component, metrics, number of bounds, states and diagnostics are written.
        wanted: The metrics to include; None for all.

    Returns:
        Where the sample time, values and bounds belong.
    """
    places = Places([], [], [])
    message.component_id = frame.component_id
    for metric in _sent(frame, wanted):
        sample = message.metric_samples.add(metric=METRICS[metric])
        sample.value.simple_metric.SetInParent()
        places.times.append(sample.sampled_at)
        places.values.append((metric, sample.value.simple_metric))
        if metric in frame.bounds:
            places.bounds.append((metric, [sample.bounds.add() for _ in frame.bounds[metric]]))
    message.states.add(
        sampled_at=timestamp(frame.state_since_us),
        states=[STATES[state] for state in frame.states if state in STATES],
        warnings=[ERRORS.get(warning.code, ERRORS["UNKNOWN"]) for warning in frame.warnings],
        errors=[ERRORS.get(error.code, ERRORS["UNKNOWN"]) for error in frame.errors],
    )
    return places


def write_sensor_data(message: sensor_messages.SensorData, frame: Frame, wanted: Selection) -> Places:
    """Write a frame of a sensor into an empty message; see `write_component_data`."""
    places = Places([], [], [])
    message.sensor_id = frame.component_id
    for metric in _sent(frame, wanted):
        sample = message.metric_samples.add(metric=METRICS[metric])
        sample.value.simple_metric.SetInParent()
        places.times.append(sample.sampled_at)
        places.values.append((metric, sample.value.simple_metric))
    state = sensor_messages.SENSOR_STATE_CODE_ERROR if frame.errors else sensor_messages.SENSOR_STATE_CODE_ON
    message.states.add(sampled_at=timestamp(frame.state_since_us), states=[state])
    return places


def _sent(frame: Frame, wanted: Selection) -> list[Metric]:
    return [metric for metric in frame.values if metric in METRICS and (wanted is None or metric in wanted)]


def _category_type(info: ComponentInfo) -> messages.ComponentCategoryMetadataVariant | None:
    kind = messages.ComponentCategoryMetadataVariant
    match info.category:
        case Category.GRID_CONNECTION_POINT:
            fuse_a = int(info.rated_fuse_current_a or 0.0)
            return kind(grid=grid_pb2.GridConnectionPoint(rated_fuse_current=fuse_a))
        case Category.BATTERY:
            name = info.battery_type.name if info.battery_type else "UNSPECIFIED"
            return kind(battery=battery_pb2.Battery(type=_BATTERY_TYPES[name]))
        case Category.EV_CHARGER:
            name = info.ev_charger_type.name if info.ev_charger_type else "UNSPECIFIED"
            return kind(ev_charger=ev_charger_pb2.EvCharger(type=_EV_CHARGER_TYPES[name]))
        case Category.POWER_TRANSFORMER:
            primary_v, secondary_v = info.transformer_voltages_v or (0.0, 0.0)
            voltages = transformer_pb2.VoltageTransformer(primary=primary_v, secondary=secondary_v)
            return kind(voltage_transformer=voltages)
        case category if category in _INVERTER_TYPES:
            return kind(inverter=inverter_pb2.Inverter(type=_INVERTER_TYPES[category]))
        case _:
            return None
