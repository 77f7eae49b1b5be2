"""The versions of the API through their generated stubs, written in the names of the newest.

What a version calls a procedure, a field or a value is looked up in its own list of names, where it departs from
v1alpha19 and its common package v1alpha8.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from types import ModuleType
from typing import Any, ClassVar, Self

import grpc
from google.protobuf.message_factory import GetMessageClass

from .access import Access
from .api import PowerCall
from .calls import DEADLINE_S, STREAM_DEADLINE_S, MessageStream, answer, seconds
from .values import Component, Identity, NotOffered, Range, Sample, Snapshot, Telemetry


class GeneratedApi(ABC):
    """A version of the API; one that departs from v1alpha19 says how."""

    streams_statuses = True
    names: ClassVar[Mapping[str, str]] = {}
    """Its names of procedures and fields, by those of v1alpha19."""
    values: ClassVar[Mapping[str, str]] = {}
    """Its names of categories, types and members with details, by those of v1alpha8."""
    metrics: ClassVar[Mapping[int, int]] = {}
    """Its numbers of metrics, by those of v1alpha8."""

    def __init__(
        self, name: str, generated: tuple[ModuleType, ModuleType], access: Access, channel: grpc.aio.Channel
    ) -> None:
        """Call over an open channel, which stays the caller's.

        Args:
            name: Of the version.
            generated: Its modules of messages and of stubs.
            access: The way to the server.
            channel: Leads there.
        """
        self.name = name
        self._generated = generated
        self._access = access
        messages, stubs = generated
        self._procedures = messages.DESCRIPTOR.services_by_name["Microgrid"].methods_by_name
        self._stub: Any = stubs.MicrogridStub(channel)
        self._our_values = {theirs: ours for ours, theirs in self.values.items()}
        self._our_metrics = {theirs: ours for ours, theirs in self.metrics.items()}

    async def microgrid(self) -> Identity:
        """Ask who it is."""
        response = await answer(self._call("GetMicrogrid"))
        return Identity(response.microgrid.id, response.microgrid.name)

    async def components(
        self, ids: Collection[int] = (), categories: Collection[str] = ()
    ) -> list[Component]:
        """List components."""
        call = self._call(
            "ListElectricalComponents",
            electrical_component_ids=ids,
            electrical_component_categories=[self._category_number(name) for name in categories],
        )
        return [self._component(message) for message in self._of(await answer(call), "electrical_components")]

    async def connections(
        self, sources: Collection[int] = (), destinations: Collection[int] = ()
    ) -> list[tuple[int, int]]:
        """List connections, source first."""
        response = await answer(
            self._call(
                "ListElectricalComponentConnections",
                source_electrical_component_ids=sources,
                destination_electrical_component_ids=destinations,
            )
        )
        return [
            (
                self._of(link, "source_electrical_component_id"),
                self._of(link, "destination_electrical_component_id"),
            )
            for link in self._of(response, "electrical_component_connections")
        ]

    async def sensors(self, ids: Collection[int] = ()) -> list[int]:
        """List the ids of sensors."""
        response = await answer(self._call("ListSensors", sensor_ids=ids))
        return [sensor.id for sensor in response.sensors]

    def telemetry(self, component_id: int, metrics: Sequence[int] | None = None) -> MessageStream[Telemetry]:
        """Open a stream; without metrics, without a filter."""
        procedure = "ReceiveElectricalComponentTelemetryStream"
        return self._stream(procedure, "electrical_component_id", component_id, metrics)

    def sensor_telemetry(
        self, sensor_id: int, metrics: Sequence[int] | None = None
    ) -> MessageStream[Telemetry]:
        """Open a stream of a sensor; without metrics, without a filter."""
        return self._stream("ReceiveSensorTelemetryStream", "sensor_id", sensor_id, metrics)

    @abstractmethod
    def set_power(
        self, component_id: int, power_type: int, power: float, lifetime_s: int | None = None
    ) -> PowerCall:
        """Send a set-point [W or var]."""

    async def augment(
        self,
        component_id: int,
        metric: int,
        bounds: Sequence[Range],
        lifetime_s: int | None = None,
        token: str | None = None,
    ) -> float | None:
        """Augment bounds; returns the expiry, since the Unix epoch [s]."""
        call = self._call(
            "AugmentElectricalComponentBounds",
            electrical_component_id=component_id,
            target_metric=self.metrics.get(metric, metric),
            bounds=[{"lower": lower, "upper": upper} for lower, upper in bounds],
            **self._lasting(lifetime_s, token),
        )
        return self._time(await answer(call), "valid_until_time")

    async def clear(self, component_id: int, metric: int, token: str | None = None) -> None:
        """Clear augmented bounds."""
        procedure = "ClearElectricalComponentBounds"
        if procedure not in self._procedures:
            raise NotOffered(f"{self.name} cannot clear bounds ({component_id}, {metric}, {token})")
        fields = {"electrical_component_id": component_id, "target_metric": metric, "bounds_token": token}
        await answer(self._call(procedure, **fields))

    async def start(self, component_id: int) -> None:
        """Start a component."""
        await self._command("StartElectricalComponent", component_id)

    async def standby(self, component_id: int) -> None:
        """Put a component in standby."""
        await self._command("PutElectricalComponentInStandby", component_id)

    async def stop(self, component_id: int) -> None:
        """Stop a component."""
        await self._command("StopElectricalComponent", component_id)

    async def acknowledge(self, component_id: int) -> None:
        """Acknowledge the errors of a component."""
        await self._command("AckElectricalComponentError", component_id)

    @asynccontextmanager
    async def another(self) -> AsyncIterator[Self]:
        """Open the same way once more, on a connection of its own."""
        async with self._access.channel() as channel:
            yield type(self)(self.name, self._generated, self._access, channel)

    def _call(self, procedure: str, **fields: Any) -> Any:
        """Start a call, by the names of v1alpha19."""
        name = self.names.get(procedure, procedure)
        described = self._procedures[name]
        request = GetMessageClass(described.input_type)(
            **{self.names.get(field, field): value for field, value in fields.items()}
        )
        deadline_s = STREAM_DEADLINE_S if described.server_streaming else DEADLINE_S
        return getattr(self._stub, name)(request, timeout=deadline_s)

    def _of(self, message: Any, field: str) -> Any:
        """Return a field of a message, by its name in v1alpha19."""
        return getattr(message, self.names.get(field, field))

    def _time(self, message: Any, field: str) -> float | None:
        """Return a time in a message, since the Unix epoch [s]; None if it has none."""
        return seconds(self._of(message, field)) if message.HasField(self.names.get(field, field)) else None

    async def _command(self, procedure: str, component_id: int) -> None:
        await answer(self._call(procedure, electrical_component_id=component_id))

    def _lasting(self, lifetime_s: int | None, token: str | None) -> dict[str, Any]:
        """Return how long bounds last, and under which token, as fields of a request."""
        return {"request_lifetime": lifetime_s, "bounds_token": token}

    def _stream(
        self, procedure: str, id_field: str, number: int, metrics: Sequence[int] | None
    ) -> MessageStream[Telemetry]:
        wanted = None if metrics is None else {"metrics": [self.metrics.get(each, each) for each in metrics]}
        call = self._call(procedure, **{id_field: number}, filter=wanted)
        return MessageStream(call, lambda message: self._telemetry(self._of(message, "telemetry"), id_field))

    def _category_number(self, name: str) -> int:
        enum = self._component_message.fields_by_name["category"].enum_type
        wanted = _prefix(enum) + self.values.get(name, name)
        if wanted not in enum.values_by_name:
            raise NotOffered(f"{self.name} has no {wanted}")
        return int(enum.values_by_name[wanted].number)

    @property
    def _component_message(self) -> Any:
        listing = self._procedures[self.names.get("ListElectricalComponents", "ListElectricalComponents")]
        return listing.output_type.fields[0].message_type

    def _component(self, message: Any) -> Component:
        details = self._of(message, "category_specific_info")
        member = details.WhichOneof(details.DESCRIPTOR.oneofs[0].name) or ""
        kind = self._value(getattr(details, member), "type") if member else ""
        category = self._value(message, "category")
        mode = self._value(message, "operational_mode") or "UNSPECIFIED"
        return Component(message.id, category, kind, self._our_values.get(member, member), mode)

    def _value(self, message: Any, field: str) -> str:
        """Return the v1alpha8 name of a value: its number if it has none, empty if the message lacks the field."""
        described = message.DESCRIPTOR.fields_by_name.get(field)
        if described is None:
            return ""
        number = getattr(message, field)
        value = described.enum_type.values_by_number.get(number)
        if value is None:
            return str(number)
        name = str(value.name).removeprefix(_prefix(described.enum_type))
        return self._our_values.get(name, name)

    def _telemetry(self, message: Any, id_field: str) -> Telemetry:
        samples = tuple(
            Sample(
                self._our_metrics.get(sample.metric, sample.metric),
                _sample_value(sample),
                self._time(sample, "sample_time"),
                _ranges(getattr(sample, "bounds", ())),
            )
            for sample in message.metric_samples
        )
        snapshots = tuple(
            Snapshot(frozenset(state.states), len(getattr(state, "warnings", ())), len(state.errors))
            for state in self._of(message, "state_snapshots")
        )
        return Telemetry(self._of(message, id_field), samples, snapshots)


def _prefix(enum: Any) -> str:
    """Return what the names of an enum begin with; the first is `<PREFIX>_UNSPECIFIED`."""
    return str(enum.values[0].name).removesuffix("UNSPECIFIED")


def _sample_value(message: Any) -> float | None:
    """Return the value of a sample message, the average of an aggregated one."""
    match message.value.WhichOneof("metric_value_variant"):
        case "simple_metric":
            return float(message.value.simple_metric.value)
        case "aggregated_metric":
            return float(message.value.aggregated_metric.avg_value)
    return None


def _ranges(messages: Any) -> tuple[Range, ...]:
    return tuple(
        Range(
            bounds.lower if bounds.HasField("lower") else None,
            bounds.upper if bounds.HasField("upper") else None,
        )
        for bounds in messages
    )
