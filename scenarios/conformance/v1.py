"""Version v1 through its generated stubs, translated to the words of v1alpha8."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from typing import Any

import grpc
from frequenz.api.common.v1.metrics.bounds_pb2 import Bounds
from frequenz.api.common.v1.microgrid.components import components_pb2 as common
from frequenz.api.microgrid.v1 import microgrid_pb2 as pb
from frequenz.api.microgrid.v1 import microgrid_pb2_grpc as stubs
from google.protobuf.empty_pb2 import Empty

from .access import Access
from .alpha import ranges, sample_value
from .calls import DEADLINE_S, STREAM_DEADLINE_S, MessageStream, SinglePowerCall, answer, seconds
from .values import (
    Component,
    Identity,
    NotOffered,
    PowerType,
    PowerUpdate,
    Range,
    Sample,
    Snapshot,
    Telemetry,
)

_CATEGORY = "COMPONENT_CATEGORY_"
_FROM_V1 = {"GRID": "GRID_CONNECTION_POINT", "RELAY": "BREAKER", "VOLTAGE_TRANSFORMER": "POWER_TRANSFORMER"}
_TO_V1 = {name: ours for ours, name in _FROM_V1.items()}
_INFO = {"grid": "grid_connection_point", "voltage_transformer": "power_transformer"}
_SHIFTED = {
    100: 101,
    101: 102,
    102: 103,
    68: 69,
    69: 70,
    **{number: number + 1 for number in range(161, 167)},
}
"""Metrics whose numbers differ: in v1alpha8, in v1."""
_UNSHIFTED = {theirs: ours for ours, theirs in _SHIFTED.items()}
_VALIDITY = {None: 0, 5: 1, 60: 2, 300: 3, 900: 4}
"""The lifetimes of augmented bounds that v1 can name [s], with their numbers."""


class V1Api:
    """Version v1."""

    name = "v1"
    streams_statuses = False

    def __init__(self, access: Access, channel: grpc.aio.Channel) -> None:
        """Call over an open channel, which stays the caller's."""
        self._access = access
        self._stub: Any = stubs.MicrogridStub(channel)

    async def microgrid(self) -> Identity:
        """Ask who it is."""
        response = await answer(self._stub.GetMicrogridMetadata(Empty(), timeout=DEADLINE_S))
        return Identity(response.microgrid.id, response.microgrid.name)

    async def components(
        self, ids: Collection[int] = (), categories: Collection[str] = ()
    ) -> list[Component]:
        """List components."""
        names = [f"{_CATEGORY}{_TO_V1.get(name, name)}" for name in categories]
        known = dict(common.ComponentCategory.items())
        if missing := [name for name in names if name not in known]:
            raise NotOffered(f"v1 has no {', '.join(missing)}")
        request = pb.ListComponentsRequest(component_ids=ids, categories=[known[name] for name in names])
        response = await answer(self._stub.ListComponents(request, timeout=DEADLINE_S))
        return [_component(message) for message in response.components]

    async def connections(
        self, sources: Collection[int] = (), destinations: Collection[int] = ()
    ) -> list[tuple[int, int]]:
        """List connections, source first."""
        request = pb.ListConnectionsRequest(starts=sources, ends=destinations)
        response = await answer(self._stub.ListConnections(request, timeout=DEADLINE_S))
        return [(link.source_component_id, link.destination_component_id) for link in response.connections]

    async def sensors(self, ids: Collection[int] = ()) -> list[int]:
        """List the ids of sensors."""
        response = await answer(
            self._stub.ListSensors(pb.ListSensorRequest(sensor_ids=ids), timeout=DEADLINE_S)
        )
        return [sensor.id for sensor in response.sensors]

    def telemetry(self, component_id: int, metrics: Sequence[int] | None = None) -> MessageStream:
        """Open a stream; without metrics, without a filter."""
        request = pb.ReceiveComponentDataStreamRequest(component_id=component_id)
        _set_filter(request, metrics)
        call = self._stub.ReceiveComponentDataStream(request, timeout=STREAM_DEADLINE_S)
        return MessageStream(call, lambda message: _telemetry(message.data))

    def sensor_telemetry(self, sensor_id: int, metrics: Sequence[int] | None = None) -> MessageStream:
        """Open a stream of a sensor; without metrics, without a filter."""
        request = pb.ReceiveSensorDataStreamRequest(sensor_id=sensor_id)
        _set_filter(request, metrics)
        call = self._stub.ReceiveSensorDataStream(request, timeout=STREAM_DEADLINE_S)
        return MessageStream(call, lambda message: _sensor_telemetry(message.data))

    def set_power(
        self, component_id: int, power_type: int, power: float, lifetime_s: int | None = None
    ) -> SinglePowerCall:
        """Send a set-point [W or var]; v1 answers once."""
        fields: dict[str, Any] = {
            "component_id": component_id,
            "power": power,
            "request_lifetime": lifetime_s,
        }
        match power_type:
            case PowerType.ACTIVE:
                call = self._stub.SetComponentPowerActive(
                    pb.SetComponentPowerActiveRequest(**fields), timeout=DEADLINE_S
                )
            case PowerType.REACTIVE:
                call = self._stub.SetComponentPowerReactive(
                    pb.SetComponentPowerReactiveRequest(**fields), timeout=DEADLINE_S
                )
            case _:
                raise NotOffered("v1 has a procedure for each power type, and no other")
        return SinglePowerCall(_power_update(call), call.cancel)

    async def augment(
        self,
        component_id: int,
        metric: int,
        bounds: Sequence[Range],
        lifetime_s: int | None = None,
        token: str | None = None,
    ) -> float | None:
        """Augment bounds; returns the expiry, since the Unix epoch [s]."""
        if token is not None or lifetime_s not in _VALIDITY:
            raise NotOffered("v1 has no tokens, and lifetimes of 5 s, 1 min, 5 min and 15 min only")
        request = pb.AddComponentBoundsRequest(
            component_id=component_id,
            target_metric=_SHIFTED.get(metric, metric),  # type: ignore[arg-type]
            bounds=[Bounds(lower=lower, upper=upper) for lower, upper in bounds],
            validity_duration=_VALIDITY[lifetime_s],  # type: ignore[arg-type]
        )
        response = await answer(self._stub.AddComponentBounds(request, timeout=DEADLINE_S))
        return seconds(response.ts) if response.HasField("ts") else None

    async def clear(self, component_id: int, metric: int, token: str | None = None) -> None:
        """Say that v1 has no such procedure."""
        raise NotOffered(f"v1 cannot clear bounds ({component_id}, {metric}, {token})")

    async def start(self, component_id: int) -> None:
        """Start a component."""
        await self._command("StartComponent", component_id)

    async def standby(self, component_id: int) -> None:
        """Put a component in standby."""
        await self._command("PutComponentInStandby", component_id)

    async def stop(self, component_id: int) -> None:
        """Stop a component."""
        await self._command("StopComponent", component_id)

    async def acknowledge(self, component_id: int) -> None:
        """Acknowledge the errors of a component."""
        await self._command("AckComponentError", component_id)

    @asynccontextmanager
    async def another(self) -> AsyncIterator[V1Api]:
        """Open the same way once more, on a connection of its own."""
        async with self._access.channel() as channel:
            yield V1Api(self._access, channel)

    async def _command(self, procedure: str, component_id: int) -> None:
        request = getattr(pb, f"{procedure}Request")(component_id=component_id)
        await answer(getattr(self._stub, procedure)(request, timeout=DEADLINE_S))


def _set_filter(request: Any, metrics: Sequence[int] | None) -> None:
    if metrics is not None:
        request.filter.SetInParent()
        request.filter.metrics.extend(_SHIFTED.get(metric, metric) for metric in metrics)


async def _power_update(call: Any) -> PowerUpdate:
    response = await answer(call)
    return PowerUpdate("", seconds(response.valid_until) if response.HasField("valid_until") else None)


def _component(message: common.Component) -> Component:
    info = message.category_type.WhichOneof("metadata") or ""
    kind = ""
    if info in ("inverter", "battery", "ev_charger"):
        member = getattr(message.category_type, info)
        enum = member.DESCRIPTOR.fields_by_name["type"].enum_type
        name = enum.values_by_number[member.type].name
        kind = name.partition("_TYPE_")[2].replace("SOLAR", "PV")
    category = common.ComponentCategory.Name(message.category).removeprefix(_CATEGORY)
    return Component(message.id, _FROM_V1.get(category, category), kind, _INFO.get(info, info))


def _telemetry(message: Any) -> Telemetry:
    return Telemetry(message.component_id, _samples(message), _snapshots(message))


def _sensor_telemetry(message: Any) -> Telemetry:
    samples = tuple(
        Sample(_UNSHIFTED.get(sample.metric, sample.metric), sample_value(sample), seconds(sample.sampled_at))
        for sample in message.metric_samples
    )
    return Telemetry(message.sensor_id, samples, _snapshots(message))


def _samples(message: Any) -> tuple[Sample, ...]:
    return tuple(
        Sample(
            _UNSHIFTED.get(sample.metric, sample.metric),
            sample_value(sample),
            seconds(sample.sampled_at) if sample.HasField("sampled_at") else None,
            ranges(sample.bounds),
        )
        for sample in message.metric_samples
    )


def _snapshots(message: Any) -> tuple[Snapshot, ...]:
    return tuple(
        Snapshot(frozenset(state.states), len(state.warnings), len(state.errors)) for state in message.states
    )
