"""Messages of the common package v1alpha8, on which the alpha versions of the Microgrid API are built.

Enum numbers come from the published package, by name. Words that the package does not know are left out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, TypeVar

from frequenz.api.common.v1alpha8.grid.delivery_area_pb2 import DeliveryArea, EnergyMarketCodeType
from frequenz.api.common.v1alpha8.metrics.bounds_pb2 import Bounds as BoundsMessage
from frequenz.api.common.v1alpha8.metrics.metrics_pb2 import Metric as MetricNumber
from frequenz.api.common.v1alpha8.microgrid.electrical_components import electrical_components_pb2 as messages
from frequenz.api.common.v1alpha8.microgrid.microgrid_pb2 import Microgrid, MicrogridStatus
from frequenz.api.common.v1alpha8.microgrid.sensors import sensors_pb2 as sensor_messages
from frequenz.api.common.v1alpha8.types.location_pb2 import Location
from google.protobuf.timestamp_pb2 import Timestamp

from ...sim.domain.categories import Category
from ...sim.domain.messages import ComponentInfo, Frame, SensorInfo
from ...sim.domain.metrics import Metric
from ...sim.domain.ranges import Bounds, OpenBounds
from ...sim.domain.states import Diagnostic
from ...sim.site import site
from .telemetry import Places, Selection

if TYPE_CHECKING:
    from frequenz.api.common.v1alpha8.metrics.metrics_pb2 import MetricSample
    from google.protobuf.internal.containers import RepeatedCompositeFieldContainer
    from google.protobuf.internal.enum_type_wrapper import _EnumTypeWrapper

NumberT = TypeVar("NumberT", bound=int)


def numbers(enum: _EnumTypeWrapper[NumberT]) -> dict[str, NumberT]:
    """Return the numbers of an API enum by name without prefix; the first is `<PREFIX>_UNSPECIFIED`."""
    prefix = enum.keys()[0].removesuffix("UNSPECIFIED")
    return {name.removeprefix(prefix): number for name, number in enum.items()}


METRICS = numbers(MetricNumber)
STATES = numbers(messages.ElectricalComponentStateCode)
DIAGNOSTICS = numbers(messages.ElectricalComponentDiagnosticCode)
CATEGORIES = numbers(messages.ElectricalComponentCategory)
MODES = numbers(messages.ElectricalComponentOperationalMode)
SENSOR_STATES = numbers(sensor_messages.SensorStateCode)
BATTERY_TYPES = numbers(messages.BatteryType)
EV_CHARGER_TYPES = numbers(messages.EvChargerType)
INVERTER_TYPES = numbers(messages.InverterType)
CODE_TYPES = {
    "eic": EnergyMarketCodeType.ENERGY_MARKET_CODE_TYPE_EUROPE_EIC,
    "nerc": EnergyMarketCodeType.ENERGY_MARKET_CODE_TYPE_US_NERC,
}


def category_number(category: Category) -> messages.ElectricalComponentCategory.ValueType:
    """Return the number of a category; the wire has one for all inverters, and their type beside it."""
    return CATEGORIES["INVERTER" if category.name.endswith("_INVERTER") else category.name]


def categories(wanted: Collection[int]) -> set[Category] | None:
    """Return what a filter by category lets pass; None, for everything, if it is empty."""
    return {category for category in Category if category_number(category) in wanted} if wanted else None


def metric(number: int) -> Metric | None:
    """Return the metric with a number; None if we do not have it."""
    return next((metric for metric in Metric if METRICS.get(metric) == number), None)


def open_bounds(ranges: Iterable[BoundsMessage]) -> list[OpenBounds]:
    """Return ranges as lower and upper edge, None where one is missing: unbounded."""
    return [
        (
            bounds.lower if bounds.HasField("lower") else None,
            bounds.upper if bounds.HasField("upper") else None,
        )
        for bounds in ranges
    ]


def selection(wanted: Iterable[int]) -> frozenset[Metric]:
    """Return the metrics that a filter asks for, as far as we have them."""
    wanted = set(wanted)
    return frozenset(metric for metric in Metric if METRICS.get(metric) in wanted)


def timestamp(time_us: int) -> Timestamp:
    """Return a time [µs since the Unix epoch] as a message."""
    seconds, microseconds = divmod(time_us, 1_000_000)
    return Timestamp(seconds=seconds, nanos=microseconds * 1000)


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
        message.delivery_area.CopyFrom(DeliveryArea(code=area.code, code_type=CODE_TYPES[area.code_type]))
    return message


def component(info: ComponentInfo, microgrid_id: int) -> messages.ElectricalComponent:
    """Return what clients are told about a component as a message.

    The model is given twice: clients still read the older field, `model_name`.
    """
    return messages.ElectricalComponent(
        id=info.id,
        microgrid_id=microgrid_id,
        name=info.name,
        category=category_number(info.category),
        category_specific_info=_specific_info(info),
        manufacturer=info.manufacturer,
        model_name=info.model,
        model=info.model,
        operational_mode=MODES[info.operational_mode.name],
        metric_config_bounds=[
            messages.MetricConfigBounds(metric=METRICS[metric], config_bounds=_bounds(bounds))
            for metric, bounds in info.rated_bounds.items()
            if metric in METRICS
        ],
    )


def sensor(info: SensorInfo, microgrid_id: int) -> sensor_messages.Sensor:
    """Return what clients are told about a sensor as a message."""
    return sensor_messages.Sensor(
        id=info.id,
        microgrid_id=microgrid_id,
        name=info.name,
        manufacturer=info.manufacturer,
        model_name=info.model,
        model=info.model,
    )


def connection(source: int, destination: int) -> messages.ElectricalComponentConnection:
    """Return a connection as a message; it points away from the grid."""
    return messages.ElectricalComponentConnection(
        source_electrical_component_id=source, destination_electrical_component_id=destination
    )


def write_telemetry(
    message: messages.ElectricalComponentTelemetry, frame: Frame, wanted: Selection
) -> Places:
    """Write a frame into an empty message, all but the numbers that change from frame to frame.

    Args:
        message: Written to.
        frame: Whose component, metrics, number of bounds, states and diagnostics are written.
        wanted: The metrics to include; None for all.

    Returns:
        Where the sample time, values and bounds belong.
    """
    message.electrical_component_id = frame.component_id
    places = _write_samples(message.metric_samples, frame, wanted)
    message.state_snapshots.add(
        origin_time=timestamp(frame.state_since_us),
        states=[STATES[state] for state in frame.states if state in STATES],
        warnings=map(_diagnostic, frame.warnings),
        errors=map(_diagnostic, frame.errors),
    )
    return places


def write_sensor_telemetry(
    message: sensor_messages.SensorTelemetry, frame: Frame, wanted: Selection
) -> Places:
    """Write a frame of a sensor into an empty message; see `write_telemetry`."""
    message.sensor_id = frame.component_id
    places = _write_samples(message.metric_samples, frame, wanted)
    state = "ERROR" if frame.errors else "OK"
    message.state_snapshots.add(origin_time=timestamp(frame.state_since_us), states=[SENSOR_STATES[state]])
    return places


def _write_samples(
    samples: RepeatedCompositeFieldContainer[MetricSample], frame: Frame, wanted: Selection
) -> Places:
    places = Places([], [], [])
    for metric in frame.values:
        if metric in METRICS and (wanted is None or metric in wanted):
            sample = samples.add(metric=METRICS[metric])
            sample.value.simple_metric.SetInParent()
            places.times.append(sample.sample_time)
            places.values.append((metric, sample.value.simple_metric))
            if metric in frame.bounds:
                places.bounds.append((metric, [sample.bounds.add() for _ in frame.bounds[metric]]))
    return places


def _specific_info(info: ComponentInfo) -> messages.ElectricalComponentCategorySpecificInfo | None:
    kind = messages.ElectricalComponentCategorySpecificInfo
    match info.category:
        case Category.GRID_CONNECTION_POINT:
            fuse = messages.GridConnectionPoint(rated_fuse_current=int(info.rated_fuse_current_a or 0.0))
            return kind(grid_connection_point=fuse)
        case Category.BATTERY:
            name = info.battery_type.name if info.battery_type else "UNSPECIFIED"
            return kind(battery=messages.Battery(type=BATTERY_TYPES[name]))
        case Category.EV_CHARGER:
            name = info.ev_charger_type.name if info.ev_charger_type else "UNSPECIFIED"
            return kind(ev_charger=messages.EvCharger(type=EV_CHARGER_TYPES[name]))
        case Category.POWER_TRANSFORMER:
            primary_v, secondary_v = info.transformer_voltages_v or (0.0, 0.0)
            return kind(power_transformer=messages.PowerTransformer(primary=primary_v, secondary=secondary_v))
        case Category.BATTERY_INVERTER | Category.PV_INVERTER | Category.HYBRID_INVERTER:
            name = info.category.name.removesuffix("_INVERTER")
            return kind(inverter=messages.Inverter(type=INVERTER_TYPES[name]))
        case _:
            return None


def _bounds(bounds: Bounds) -> BoundsMessage:
    return BoundsMessage(lower=bounds.lower, upper=bounds.upper)


def _diagnostic(diagnostic: Diagnostic) -> messages.ElectricalComponentDiagnostic:
    return messages.ElectricalComponentDiagnostic(
        diagnostic_code=DIAGNOSTICS.get(diagnostic.code, DIAGNOSTICS["UNKNOWN"]),
        vendor_diagnostic_code=diagnostic.vendor_code,
        message=diagnostic.message,
    )
