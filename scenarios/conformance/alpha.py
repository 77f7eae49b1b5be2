"""Versions v1alpha18 and v1alpha19 through their generated stubs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from types import ModuleType
from typing import Any

import grpc
from frequenz.api.common.v1alpha8.metrics.bounds_pb2 import Bounds
from frequenz.api.common.v1alpha8.microgrid.electrical_components import electrical_components_pb2 as common
from frequenz.api.microgrid.v1alpha18 import microgrid_pb2 as pb18
from frequenz.api.microgrid.v1alpha18 import microgrid_pb2_grpc as grpc18
from frequenz.api.microgrid.v1alpha19 import microgrid_pb2 as pb19
from frequenz.api.microgrid.v1alpha19 import microgrid_pb2_grpc as grpc19
from google.protobuf.empty_pb2 import Empty

from .access import Access
from .calls import DEADLINE_S, STREAM_DEADLINE_S, MessageStream, StreamedPowerCall, answer, seconds
from .values import Component, Identity, PowerUpdate, Range, Sample, Snapshot, Telemetry

_GENERATED: dict[str, tuple[ModuleType, ModuleType]] = {
    "v1alpha18": (pb18, grpc18),
    "v1alpha19": (pb19, grpc19),
}
_CATEGORY = "ELECTRICAL_COMPONENT_CATEGORY_"
_MODE = "ELECTRICAL_COMPONENT_OPERATIONAL_MODE_"
_STATUS = "SET_ELECTRICAL_COMPONENT_POWER_REQUEST_STATUS_"
_TYPED = {"inverter": "INVERTER_TYPE_", "battery": "BATTERY_TYPE_", "ev_charger": "EV_CHARGER_TYPE_"}


class AlphaApi:
    """One of the alpha versions."""

    streams_statuses = True

    def __init__(self, name: str, access: Access, channel: grpc.aio.Channel) -> None:
        """Call over an open channel, which stays the caller's."""
        self.name = name
        self._access = access
        self._pb: Any
        self._pb, stubs = _GENERATED[name]
        self._stub: Any = stubs.MicrogridStub(channel)

    async def microgrid(self) -> Identity:
        """Ask who it is."""
        response = await answer(self._stub.GetMicrogrid(Empty(), timeout=DEADLINE_S))
        return Identity(response.microgrid.id, response.microgrid.name)

    async def components(
        self, ids: Collection[int] = (), categories: Collection[str] = ()
    ) -> list[Component]:
        """List components."""
        request = self._pb.ListElectricalComponentsRequest(
            electrical_component_ids=ids,
            electrical_component_categories=[f"{_CATEGORY}{name}" for name in categories],
        )
        response = await answer(self._stub.ListElectricalComponents(request, timeout=DEADLINE_S))
        return [_component(message) for message in response.electrical_components]

    async def connections(
        self, sources: Collection[int] = (), destinations: Collection[int] = ()
    ) -> list[tuple[int, int]]:
        """List connections, source first."""
        request = self._pb.ListElectricalComponentConnectionsRequest(
            source_electrical_component_ids=sources, destination_electrical_component_ids=destinations
        )
        response = await answer(self._stub.ListElectricalComponentConnections(request, timeout=DEADLINE_S))
        return [
            (link.source_electrical_component_id, link.destination_electrical_component_id)
            for link in response.electrical_component_connections
        ]

    async def sensors(self, ids: Collection[int] = ()) -> list[int]:
        """List the ids of sensors."""
        request = self._pb.ListSensorRequest(sensor_ids=ids)
        response = await answer(self._stub.ListSensors(request, timeout=DEADLINE_S))
        return [sensor.id for sensor in response.sensors]

    def telemetry(self, component_id: int, metrics: Sequence[int] | None = None) -> MessageStream:
        """Open a stream; without metrics, without a filter."""
        request = self._pb.ReceiveElectricalComponentTelemetryStreamRequest(
            electrical_component_id=component_id
        )
        _set_filter(request, metrics)
        call = self._stub.ReceiveElectricalComponentTelemetryStream(request, timeout=STREAM_DEADLINE_S)
        return MessageStream(call, lambda message: _telemetry(message.telemetry))

    def sensor_telemetry(self, sensor_id: int, metrics: Sequence[int] | None = None) -> MessageStream:
        """Open a stream of a sensor; without metrics, without a filter."""
        request = self._pb.ReceiveSensorTelemetryStreamRequest(sensor_id=sensor_id)
        _set_filter(request, metrics)
        call = self._stub.ReceiveSensorTelemetryStream(request, timeout=STREAM_DEADLINE_S)
        return MessageStream(call, lambda message: _sensor_telemetry(message.telemetry))

    def set_power(
        self, component_id: int, power_type: int, power: float, lifetime_s: int | None = None
    ) -> StreamedPowerCall:
        """Send a set-point [W or var]."""
        request = self._pb.SetElectricalComponentPowerRequest(
            electrical_component_id=component_id,
            power_type=power_type,
            power=power,
            request_lifetime=lifetime_s,
        )
        call = self._stub.SetElectricalComponentPower(request, timeout=STREAM_DEADLINE_S)
        return StreamedPowerCall(call, self._power_update)

    async def augment(
        self,
        component_id: int,
        metric: int,
        bounds: Sequence[Range],
        lifetime_s: int | None = None,
        token: str | None = None,
    ) -> float | None:
        """Augment bounds; returns the expiry, since the Unix epoch [s]."""
        request = self._pb.AugmentElectricalComponentBoundsRequest(
            electrical_component_id=component_id,
            target_metric=metric,
            bounds=[Bounds(lower=lower, upper=upper) for lower, upper in bounds],
            request_lifetime=lifetime_s,
            bounds_token=token,
        )
        response = await answer(self._stub.AugmentElectricalComponentBounds(request, timeout=DEADLINE_S))
        return seconds(response.valid_until_time) if response.HasField("valid_until_time") else None

    async def clear(self, component_id: int, metric: int, token: str | None = None) -> None:
        """Clear augmented bounds."""
        request = self._pb.ClearElectricalComponentBoundsRequest(
            electrical_component_id=component_id, target_metric=metric, bounds_token=token
        )
        await answer(self._stub.ClearElectricalComponentBounds(request, timeout=DEADLINE_S))

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
    async def another(self) -> AsyncIterator[AlphaApi]:
        """Open the same way once more, on a connection of its own."""
        async with self._access.channel() as channel:
            yield AlphaApi(self.name, self._access, channel)

    async def _command(self, procedure: str, component_id: int) -> None:
        request = getattr(self._pb, f"{procedure}Request")(electrical_component_id=component_id)
        await answer(getattr(self._stub, procedure)(request, timeout=DEADLINE_S))

    def _power_update(self, message: Any) -> PowerUpdate:
        name = self._pb.SetElectricalComponentPowerRequestStatus.Name(message.status)
        valid_until_s = seconds(message.valid_until_time) if message.HasField("valid_until_time") else None
        return PowerUpdate(name.removeprefix(_STATUS), valid_until_s)


def _set_filter(request: Any, metrics: Sequence[int] | None) -> None:
    if metrics is not None:
        request.filter.SetInParent()
        request.filter.metrics.extend(metrics)


def _component(message: common.ElectricalComponent) -> Component:
    info = message.category_specific_info.WhichOneof("kind") or ""
    kind = ""
    if info in _TYPED:
        member = getattr(message.category_specific_info, info)
        field = member.DESCRIPTOR.fields_by_name["type"]
        kind = _enum_name(field.enum_type, member.type, _TYPED[info])
    category = _enum_name(common.ElectricalComponentCategory.DESCRIPTOR, message.category, _CATEGORY)
    mode = _enum_name(common.ElectricalComponentOperationalMode.DESCRIPTOR, message.operational_mode, _MODE)
    return Component(message.id, category, kind, info, mode)


def _enum_name(enum: Any, number: int, prefix: str) -> str:
    value = enum.values_by_number.get(number)
    return str(number) if value is None else value.name.removeprefix(prefix)


def _telemetry(message: Any) -> Telemetry:
    snapshots = tuple(
        Snapshot(frozenset(snapshot.states), len(snapshot.warnings), len(snapshot.errors))
        for snapshot in message.state_snapshots
    )
    return Telemetry(
        message.electrical_component_id,
        tuple(_sample(sample) for sample in message.metric_samples),
        snapshots,
    )


def _sensor_telemetry(message: Any) -> Telemetry:
    snapshots = tuple(
        Snapshot(frozenset(snapshot.states), len(snapshot.warnings), len(snapshot.errors))
        for snapshot in message.state_snapshots
    )
    return Telemetry(
        message.sensor_id, tuple(_sample(sample) for sample in message.metric_samples), snapshots
    )


def _sample(message: Any) -> Sample:
    return Sample(
        message.metric,
        sample_value(message),
        seconds(message.sample_time) if message.HasField("sample_time") else None,
        ranges(message.bounds),
    )


def sample_value(message: Any) -> float | None:
    """Return the value of a sample message, the average of an aggregated one."""
    match message.value.WhichOneof("metric_value_variant"):
        case "simple_metric":
            return float(message.value.simple_metric.value)
        case "aggregated_metric":
            return float(message.value.aggregated_metric.avg_value)
    return None


def ranges(messages: Any) -> tuple[Range, ...]:
    """Return bounds messages as ranges."""
    return tuple(
        Range(
            bounds.lower if bounds.HasField("lower") else None,
            bounds.upper if bounds.HasField("upper") else None,
        )
        for bounds in messages
    )
