"""Versions of the common package of the API: how one is described, and the translation that works over all.

The common package holds what the versions of the Microgrid API speak of: components, sensors, metrics, states. Its
own versions differ in numbers, in names and in where a field lies, and a description says no more than that.

What a version has no number for is left out, or UNSPECIFIED where the message needs one, and logged once: neither
an older package nor a newer component type brings a server down. Numbers from clients that we do not know match
nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from ...sim.domain.categories import BatteryType, Category, EvChargerType
from ...sim.domain.messages import ComponentInfo, Frame, SensorInfo
from ...sim.domain.metrics import Metric, Wanted
from ...sim.domain.ranges import OpenBounds
from ...sim.domain.states import Diagnostic
from ...sim.site import site
from .telemetry import Places

if TYPE_CHECKING:
    from google.protobuf.internal.enum_type_wrapper import _EnumTypeWrapper

UNSPECIFIED = 0
"""Number of the first value of every enum of the API."""

_log = logging.getLogger(__name__)


class Numbers(dict[str, int]):
    """Numbers of an enum by our names. What it lacks is logged the first time that it is looked for."""

    def __init__(self, enum_name: str, numbers: Mapping[str, int]) -> None:
        """Take the numbers of an enum; its full name is for the log."""
        super().__init__(numbers)
        self._enum_name = enum_name
        self._missed: set[str] = set()

    def find(self, name: str) -> int | None:
        """Return the number of a name; None if the enum lacks it."""
        number = self.get(name)
        if number is None and name not in self._missed:
            self._missed.add(name)
            _log.warning(
                "%s has no %s: clients of that version see UNSPECIFIED, or nothing", self._enum_name, name
            )
        return number

    def number(self, name: str, otherwise: str = "UNSPECIFIED") -> int:
        """Return the number of a name; if the enum lacks it, that of another name or UNSPECIFIED."""
        number = self.find(name)
        return self.get(otherwise, UNSPECIFIED) if number is None else number


def numbers(enum: _EnumTypeWrapper[Any], ours: Callable[[str], str] = str) -> Numbers:
    """Return the numbers of an API enum by name without prefix; the first is `<PREFIX>_UNSPECIFIED`.

    Args:
        enum: As generated.
        ours: Turns its names, without their prefix, into ours.
    """
    prefix = enum.keys()[0].removesuffix("UNSPECIFIED")
    named = {ours(name.removeprefix(prefix)): number for name, number in enum.items()}
    return Numbers(enum.DESCRIPTOR.full_name, named)


def timestamp(time_us: int) -> Timestamp:
    """Return a time [µs since the Unix epoch] as a message."""
    seconds, microseconds = divmod(time_us, 1_000_000)
    return Timestamp(seconds=seconds, nanos=microseconds * 1000)


def category_name(category: Category) -> str:
    """Return the name of a category on the wire, which has one for all inverters and their type beside it."""
    return "INVERTER" if category.name.endswith("_INVERTER") else category.name


@dataclass(frozen=True, kw_only=True, eq=False)
class CommonVersion:
    """One version of the common package, and our values in its messages."""

    metrics: Numbers
    categories: Numbers
    """Numbers by `category_name`."""
    inverter_types: Numbers
    battery_types: Numbers
    ev_charger_types: Numbers
    states: Numbers
    diagnostics: Numbers
    market_code_types: Numbers
    sensor_states: Numbers
    """OK and ERROR among them."""

    microgrid_message: type[Message]
    component_message: type[Message]
    sensor_message: type[Message]
    connection_message: type[Message]

    specific_info_field: str
    """Field of a component with what only components of its category have."""
    specific_info_members: Mapping[str, str] = field(default_factory=dict)
    """Members of it by `category_name`, where they are not called like the category."""
    connection_ends: tuple[str, str]
    """Fields of a connection: source and destination."""
    component_id_field: str
    """Field of telemetry; that of a sensor is `sensor_id` in all versions."""
    sample_time_field: str
    snapshots_field: str
    snapshot_time_field: str

    diagnostic: Callable[[int, Diagnostic], object]
    """`(number, diagnostic)`: a warning or error as a snapshot has it."""
    more_of_component: Callable[[ComponentInfo], Mapping[str, object]]
    """Fields of a component that not all versions have."""
    more_of_sensor: Callable[[SensorInfo], Mapping[str, object]]
    """Fields of a sensor that not all versions have."""

    def category_number(self, category: Category) -> int:
        """Return the number of a category; UNSPECIFIED if this version lacks it."""
        return self.categories.get(category_name(category), UNSPECIFIED)

    def wanted_categories(self, wanted: Collection[int]) -> set[Category] | None:
        """Return what a filter by category lets pass; None, for everything, if it is empty."""
        passing = set(wanted)
        return {each for each in Category if self.category_number(each) in passing} if passing else None

    def metric(self, number: int) -> Metric | None:
        """Return the metric with a number; None if we do not have it."""
        return next((metric for metric in Metric if self.metrics.get(metric) == number), None)

    def selection(self, wanted: Iterable[int]) -> frozenset[Metric]:
        """Return the metrics that a filter asks for, as far as we have them."""
        wanted = set(wanted)
        return frozenset(metric for metric in Metric if self.metrics.get(metric) in wanted)

    def microgrid(self, identity: site.Microgrid) -> Any:
        """Return the identity of a site as a message."""
        area, location = identity.delivery_area, identity.location
        message: Any = self.microgrid_message(
            id=identity.id,
            enterprise_id=identity.enterprise_id,
            name=identity.name,
            location={
                "latitude": location.latitude,
                "longitude": location.longitude,
                "country_code": location.country_code or "",
            },
            status="MICROGRID_STATUS_ACTIVE",
        )
        message.create_timestamp.FromDatetime(identity.created)
        if area is not None:
            message.delivery_area.code = area.code
            message.delivery_area.code_type = self.market_code_types.number(_CODE_TYPES[area.code_type])
        return message

    def component(self, info: ComponentInfo, microgrid_id: int) -> Message:
        """Return what clients are told about a component as a message."""
        rated = [
            {"metric": number, "config_bounds": {"lower": bounds.lower, "upper": bounds.upper}}
            for metric, bounds in info.rated_bounds.items()
            if (number := self.metrics.find(metric)) is not None
        ]
        return self.component_message(
            id=info.id,
            microgrid_id=microgrid_id,
            name=info.name,
            category=self.categories.number(category_name(info.category)),
            manufacturer=info.manufacturer,
            model_name=info.model,
            metric_config_bounds=rated,
            **{self.specific_info_field: self._specific_info(info)},
            **self.more_of_component(info),
        )

    def sensor(self, info: SensorInfo, microgrid_id: int) -> Message:
        """Return what clients are told about a sensor as a message."""
        return self.sensor_message(
            id=info.id,
            microgrid_id=microgrid_id,
            name=info.name,
            manufacturer=info.manufacturer,
            model_name=info.model,
            **self.more_of_sensor(info),
        )

    def connection(self, source: int, destination: int) -> Message:
        """Return a connection as a message; it points away from the grid."""
        return self.connection_message(**dict(zip(self.connection_ends, (source, destination), strict=True)))

    def write_telemetry(self, message: Any, frame: Frame, wanted: Wanted) -> Places:
        """Write a frame into an empty message, all but the numbers that change from frame to frame.

        Args:
            message: Telemetry of a component, written to.
            frame: Whose component, metrics, number of bounds, states and diagnostics are written.
            wanted: The metrics to include; None for all.

        Returns:
            Where the sample time, values and bounds belong.
        """
        setattr(message, self.component_id_field, frame.component_id)
        states = [number for state in frame.states if (number := self.states.find(state)) is not None]
        self._add_snapshot(
            message,
            frame,
            states=states,
            warnings=map(self._diagnostic, frame.warnings),
            errors=map(self._diagnostic, frame.errors),
        )
        return self._write_samples(message.metric_samples, frame, wanted)

    def write_sensor_telemetry(self, message: Any, frame: Frame, wanted: Wanted) -> Places:
        """Write a frame of a sensor into an empty message; see `write_telemetry`."""
        message.sensor_id = frame.component_id
        state = self.sensor_states.number("ERROR" if frame.errors else "OK")
        self._add_snapshot(message, frame, states=[state])
        return self._write_samples(message.metric_samples, frame, wanted)

    def _add_snapshot(self, message: Any, frame: Frame, **fields: object) -> None:
        time = {self.snapshot_time_field: timestamp(frame.state_since_us)}
        getattr(message, self.snapshots_field).add(**time, **fields)

    def _write_samples(self, samples: Any, frame: Frame, wanted: Wanted) -> Places:
        places = Places([], [], [])
        bounds, time_field = frame.bounds, self.sample_time_field
        for metric in frame.values:
            if wanted is not None and metric not in wanted:
                continue
            number = self.metrics.find(metric)
            if number is None:
                continue
            sample = samples.add(metric=number)
            value = sample.value.simple_metric
            places.times.append(getattr(sample, time_field))
            places.values.append((metric, value))
            if metric in bounds:
                places.bounds.append((metric, [sample.bounds.add() for _ in bounds[metric]]))
        return places

    def _diagnostic(self, diagnostic: Diagnostic) -> object:
        return self.diagnostic(self.diagnostics.number(diagnostic.code, "UNKNOWN"), diagnostic)

    def _specific_info(self, info: ComponentInfo) -> dict[str, dict[str, object]] | None:
        name = category_name(info.category)
        facts: dict[str, object]
        match name:
            case "GRID_CONNECTION_POINT":
                if info.rated_fuse_current_a is None:
                    return None
                facts = {"rated_fuse_current": int(info.rated_fuse_current_a)}
            case "BATTERY":
                facts = {"type": _type_number(self.battery_types, info.battery_type)}
            case "EV_CHARGER":
                facts = {"type": _type_number(self.ev_charger_types, info.ev_charger_type)}
            case "INVERTER":
                facts = {"type": self.inverter_types.number(info.category.name.removesuffix("_INVERTER"))}
            case "POWER_TRANSFORMER":
                primary_v, secondary_v = info.transformer_voltages_v or (0.0, 0.0)
                facts = {"primary": primary_v, "secondary": secondary_v}
            case _:
                return None
        return {self.specific_info_members.get(name, name.lower()): facts}


def open_bounds(ranges: Iterable[Any]) -> list[OpenBounds]:
    """Return messages of ranges as lower and upper edge, None where one is missing: unbounded."""
    return [
        (
            bounds.lower if bounds.HasField("lower") else None,
            bounds.upper if bounds.HasField("upper") else None,
        )
        for bounds in ranges
    ]


_CODE_TYPES = {"eic": "EUROPE_EIC", "nerc": "US_NERC"}
"""Names on the wire of what a site file says as the type of a delivery area's code."""


def _type_number(types: Numbers, kind: BatteryType | EvChargerType | None) -> int:
    return UNSPECIFIED if kind is None else types.number(kind.name)
