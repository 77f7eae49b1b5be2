"""The procedures of the API versions that speak of electrical components, by their names and fields.

Versions v1alpha18 and v1alpha19 have the same messages on the wire, down to the bytes; those of the newer one
are used here for both, so that a frame is encoded once for clients of both.
"""

from __future__ import annotations

from frequenz.api.microgrid.v1alpha19 import microgrid_pb2 as pb
from google.protobuf.descriptor import FileDescriptor
from google.protobuf.empty_pb2 import Empty

from ...sim.domain.messages import InvalidArgumentError, PowerUpdate
from ...sim.domain.metrics import PowerType
from ..transport.service import Method, stream
from .common_v1alpha8 import COMMON
from .common_version import numbers, timestamp
from .procedures import ApiVersion, Procedures, immediate, optional, service_name
from .telemetry import template_in

POWER_TYPES = {
    pb.POWER_TYPE_ACTIVE: PowerType.ACTIVE,
    pb.POWER_TYPE_REACTIVE: PowerType.REACTIVE,
}
STATUSES = numbers(pb.SetElectricalComponentPowerRequestStatus)

_TELEMETRY = template_in(
    "telemetry", pb.ReceiveElectricalComponentTelemetryStreamResponse, COMMON.write_telemetry
)
_SENSOR_TELEMETRY = template_in(
    "telemetry", pb.ReceiveSensorTelemetryStreamResponse, COMMON.write_sensor_telemetry
)


def version(file: FileDescriptor) -> ApiVersion:
    """Return the version that a file describes, whose messages equal those of v1alpha19 on the wire."""
    return ApiVersion(service_name(file), COMMON, methods)


def methods(procedures: Procedures) -> tuple[Method, ...]:
    """Return the procedures under the names by which clients call them."""
    return (
        immediate("GetMicrogrid", Empty, lambda _: pb.GetMicrogridResponse(microgrid=procedures.microgrid())),
        immediate(
            "ListElectricalComponents",
            pb.ListElectricalComponentsRequest,
            lambda request: pb.ListElectricalComponentsResponse(
                electrical_components=procedures.components(
                    request.electrical_component_ids, request.electrical_component_categories
                )
            ),
        ),
        immediate(
            "ListSensors",
            pb.ListSensorRequest,
            lambda request: pb.ListSensorsResponse(sensors=procedures.sensors(request.sensor_ids)),
        ),
        immediate(
            "ListElectricalComponentConnections",
            pb.ListElectricalComponentConnectionsRequest,
            lambda request: pb.ListElectricalComponentConnectionsResponse(
                electrical_component_connections=procedures.connections(
                    request.source_electrical_component_ids, request.destination_electrical_component_ids
                )
            ),
        ),
        stream(
            "ReceiveElectricalComponentTelemetryStream",
            pb.ReceiveElectricalComponentTelemetryStreamRequest,
            lambda request: procedures.telemetry(_TELEMETRY, request.electrical_component_id, request),
        ),
        stream(
            "ReceiveSensorTelemetryStream",
            pb.ReceiveSensorTelemetryStreamRequest,
            lambda request: procedures.sensor_telemetry(_SENSOR_TELEMETRY, request.sensor_id, request),
        ),
        stream(
            "SetElectricalComponentPower",
            pb.SetElectricalComponentPowerRequest,
            lambda request: procedures.set_power(
                request.electrical_component_id, _power_type(request.power_type), request, power_response
            ),
        ),
        procedures.command(
            "AugmentElectricalComponentBounds",
            pb.AugmentElectricalComponentBoundsRequest,
            lambda request: pb.AugmentElectricalComponentBoundsResponse(
                valid_until_time=procedures.augment_bounds(
                    request.electrical_component_id,
                    request.target_metric,
                    request.bounds,
                    optional(request, "request_lifetime"),
                    optional(request, "bounds_token"),
                )
            ),
        ),
        procedures.command(
            "ClearElectricalComponentBounds",
            pb.ClearElectricalComponentBoundsRequest,
            lambda request: procedures.clear_bounds(
                request.electrical_component_id, request.target_metric, request.bounds_token
            ),
        ),
        procedures.command(
            "StartElectricalComponent",
            pb.StartElectricalComponentRequest,
            lambda request: procedures.start(request.electrical_component_id),
        ),
        procedures.command(
            "PutElectricalComponentInStandby",
            pb.PutElectricalComponentInStandbyRequest,
            lambda request: procedures.standby(request.electrical_component_id),
        ),
        procedures.command(
            "StopElectricalComponent",
            pb.StopElectricalComponentRequest,
            lambda request: procedures.stop(request.electrical_component_id),
        ),
        procedures.command(
            "AckElectricalComponentError",
            pb.AckElectricalComponentErrorRequest,
            lambda request: procedures.acknowledge(request.electrical_component_id),
        ),
    )


def _power_type(number: pb.PowerType.ValueType) -> PowerType:
    power_type = POWER_TYPES.get(number)
    if power_type is None:
        raise InvalidArgumentError(
            f"power_type is {number}; accepted: POWER_TYPE_ACTIVE (1), POWER_TYPE_REACTIVE (2)"
        )
    return power_type


def power_response(update: PowerUpdate) -> pb.SetElectricalComponentPowerResponse:
    """Return how far a set-power request has come, as a message."""
    valid_until_us = update.valid_until_us
    return pb.SetElectricalComponentPowerResponse(
        valid_until_time=None if valid_until_us is None else timestamp(valid_until_us),
        status=STATUSES.number(update.status.name),  # type: ignore[arg-type] # the number of a known name
    )
