"""Version v1 of the Microgrid API: other words and messages than the alpha versions, over the same gateway.

A set-point is answered once, when it has been accepted.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from frequenz.api.microgrid.v1 import microgrid_pb2 as pb
from google.protobuf.empty_pb2 import Empty

from ...sim.domain.messages import InvalidArgumentError, PowerUpdate
from ...sim.domain.metrics import PowerType
from ..transport.service import Method, stream, unary
from .common_v1 import COMMON
from .common_version import timestamp
from .procedures import ApiVersion, Procedures, immediate, service_name
from .telemetry import template_in

LIFETIMES_S = {
    pb.COMPONENT_BOUNDS_VALIDITY_DURATION_UNSPECIFIED: None,
    pb.COMPONENT_BOUNDS_VALIDITY_DURATION_5_SECONDS: 5,
    pb.COMPONENT_BOUNDS_VALIDITY_DURATION_1_MINUTE: 60,
    pb.COMPONENT_BOUNDS_VALIDITY_DURATION_5_MINUTES: 300,
    pb.COMPONENT_BOUNDS_VALIDITY_DURATION_15_MINUTES: 900,
}
"""Times that bounds may be asked to last [s]."""

_DATA = template_in("data", pb.ReceiveComponentDataStreamResponse, COMMON.write_telemetry)
_SENSOR_DATA = template_in("data", pb.ReceiveSensorDataStreamResponse, COMMON.write_sensor_telemetry)


def methods(procedures: Procedures) -> tuple[Method, ...]:
    """Return the procedures under the names by which clients call them."""
    return (
        immediate(
            "GetMicrogridMetadata",
            Empty,
            lambda _: pb.GetMicrogridMetadataResponse(microgrid=procedures.microgrid()),
        ),
        immediate(
            "ListComponents",
            pb.ListComponentsRequest,
            lambda request: pb.ListComponentsResponse(
                components=procedures.components(request.component_ids, request.categories)
            ),
        ),
        immediate(
            "ListSensors",
            pb.ListSensorRequest,
            lambda request: pb.ListSensorsResponse(
                sensors=[
                    sensor
                    for sensor in procedures.sensors(request.sensor_ids)
                    if not request.categories or sensor.category in request.categories
                ]
            ),
        ),
        immediate(
            "ListConnections",
            pb.ListConnectionsRequest,
            lambda request: pb.ListConnectionsResponse(
                connections=procedures.connections(request.starts, request.ends)
            ),
        ),
        stream(
            "ReceiveComponentDataStream",
            pb.ReceiveComponentDataStreamRequest,
            lambda request: procedures.telemetry(_DATA, request.component_id, request),
        ),
        stream(
            "ReceiveSensorDataStream",
            pb.ReceiveSensorDataStreamRequest,
            lambda request: procedures.sensor_telemetry(_SENSOR_DATA, request.sensor_id, request),
        ),
        procedures.command(
            "AddComponentBounds",
            pb.AddComponentBoundsRequest,
            lambda request: pb.AddComponentBoundsResponse(
                ts=procedures.augment_bounds(
                    request.component_id,
                    request.target_metric,
                    request.bounds,
                    _lifetime_s(request.validity_duration),
                )
            ),
        ),
        unary(
            "SetComponentPowerActive",
            pb.SetComponentPowerActiveRequest,
            lambda request: _first(
                procedures.set_power(request.component_id, PowerType.ACTIVE, request, _active_power)
            ),
        ),
        unary(
            "SetComponentPowerReactive",
            pb.SetComponentPowerReactiveRequest,
            lambda request: _first(
                procedures.set_power(request.component_id, PowerType.REACTIVE, request, _reactive_power)
            ),
        ),
        procedures.command(
            "StartComponent",
            pb.StartComponentRequest,
            lambda request: procedures.start(request.component_id),
        ),
        procedures.command(
            "PutComponentInStandby",
            pb.PutComponentInStandbyRequest,
            lambda request: procedures.standby(request.component_id),
        ),
        procedures.command(
            "StopComponent", pb.StopComponentRequest, lambda request: procedures.stop(request.component_id)
        ),
        procedures.command(
            "AckComponentError",
            pb.AckComponentErrorRequest,
            lambda request: procedures.acknowledge(request.component_id),
        ),
    )


def _lifetime_s(validity: pb.ComponentBoundsValidityDuration.ValueType) -> int | None:
    if validity not in LIFETIMES_S:
        accepted = ", ".join(str(number) for number in LIFETIMES_S)
        raise InvalidArgumentError(f"validity_duration is {validity}; accepted: {accepted}")
    return LIFETIMES_S[validity]


async def _first(answers: AsyncGenerator[bytes, None]) -> bytes:
    """Return what a set-point is answered first: that it has been accepted."""
    async with aclosing(answers):
        return await anext(answers)


def _active_power(update: PowerUpdate) -> pb.SetComponentPowerActiveResponse:
    return pb.SetComponentPowerActiveResponse(valid_until=timestamp(update.valid_until_us or 0))


def _reactive_power(update: PowerUpdate) -> pb.SetComponentPowerReactiveResponse:
    return pb.SetComponentPowerReactiveResponse(valid_until=timestamp(update.valid_until_us or 0))


VERSION = ApiVersion(service_name(pb.DESCRIPTOR), COMMON, methods)
