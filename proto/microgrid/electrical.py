"""The procedures of the API versions that speak of electrical components, over a gateway.

Versions v1alpha18 and v1alpha19 have the same messages on the wire, down to the bytes; those of the newer one
are used here for both.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import closing

from frequenz.api.microgrid.v1alpha19 import microgrid_pb2 as pb
from google.protobuf.empty_pb2 import Empty
from google.protobuf.message import Message

from ...sim.domain.messages import Frame, InvalidArgumentError, PowerUpdate, UnavailableError
from ...sim.domain.metrics import Metric, PowerType
from ...sim.gateway.gateway import Gateway
from ..transport.open_streams import Line
from ..transport.service import Method, stream, unary
from . import common_v1alpha8 as alpha8
from .telemetry import Encoders, Places, Selection

POWER_TYPES = {
    pb.POWER_TYPE_ACTIVE: PowerType.ACTIVE,
    pb.POWER_TYPE_REACTIVE: PowerType.REACTIVE,
}
STATUSES = alpha8.numbers(pb.SetElectricalComponentPowerRequestStatus)

LifecycleRequest = (
    pb.StartElectricalComponentRequest
    | pb.PutElectricalComponentInStandbyRequest
    | pb.StopElectricalComponentRequest
    | pb.AckElectricalComponentErrorRequest
)


class Procedures:
    """What each procedure does, from request message to answer bytes."""

    def __init__(self, gateway: Gateway, line: Line, encoders: Encoders) -> None:
        """Answer for a gateway over a line; encoders are shared with whoever does the same."""
        self._gateway = gateway
        self._line = line
        self._encoders = encoders

    def methods(self) -> tuple[Method, ...]:
        """Return the procedures under the names by which clients call them."""
        power, gateway = self.set_power, self._gateway
        telemetry, sensor_telemetry = self.receive_component_telemetry, self.receive_sensor_telemetry
        return (
            unary("GetMicrogrid", Empty, self.get_microgrid),
            unary("ListElectricalComponents", pb.ListElectricalComponentsRequest, self.list_components),
            unary("ListSensors", pb.ListSensorRequest, self.list_sensors),
            unary(
                "ListElectricalComponentConnections",
                pb.ListElectricalComponentConnectionsRequest,
                self.list_connections,
            ),
            stream(
                "ReceiveElectricalComponentTelemetryStream",
                pb.ReceiveElectricalComponentTelemetryStreamRequest,
                telemetry,
            ),
            stream("ReceiveSensorTelemetryStream", pb.ReceiveSensorTelemetryStreamRequest, sensor_telemetry),
            stream("SetElectricalComponentPower", pb.SetElectricalComponentPowerRequest, power),
            unary(
                "AugmentElectricalComponentBounds",
                pb.AugmentElectricalComponentBoundsRequest,
                self.augment_bounds,
            ),
            unary(
                "ClearElectricalComponentBounds", pb.ClearElectricalComponentBoundsRequest, self.clear_bounds
            ),
            unary("StartElectricalComponent", pb.StartElectricalComponentRequest, _told(gateway.start)),
            unary(
                "PutElectricalComponentInStandby",
                pb.PutElectricalComponentInStandbyRequest,
                _told(gateway.standby),
            ),
            unary("StopElectricalComponent", pb.StopElectricalComponentRequest, _told(gateway.stop)),
            unary(
                "AckElectricalComponentError",
                pb.AckElectricalComponentErrorRequest,
                _told(gateway.acknowledge),
            ),
        )

    async def get_microgrid(self, _request: Empty) -> bytes:
        """Say which site this is."""
        microgrid = alpha8.microgrid(self._gateway.site.microgrid)
        return pb.GetMicrogridResponse(microgrid=microgrid).SerializeToString()

    async def list_components(self, request: pb.ListElectricalComponentsRequest) -> bytes:
        """List components; an empty list in the request lets all pass."""
        infos = self._gateway.components(
            ids=set(request.electrical_component_ids),
            categories=alpha8.categories(set(request.electrical_component_categories)),
        )
        microgrid_id = self._gateway.site.microgrid.id
        components = [alpha8.component(info, microgrid_id) for info in infos]
        return pb.ListElectricalComponentsResponse(electrical_components=components).SerializeToString()

    async def list_sensors(self, request: pb.ListSensorRequest) -> bytes:
        """List sensors; an empty list in the request lets all pass."""
        microgrid_id = self._gateway.site.microgrid.id
        sensors = [
            alpha8.sensor(info, microgrid_id) for info in self._gateway.sensors(set(request.sensor_ids))
        ]
        return pb.ListSensorsResponse(sensors=sensors).SerializeToString()

    async def list_connections(self, request: pb.ListElectricalComponentConnectionsRequest) -> bytes:
        """List connections; an empty list in the request lets all pass."""
        pairs = self._gateway.connections(
            sources=set(request.source_electrical_component_ids),
            destinations=set(request.destination_electrical_component_ids),
        )
        connections = [alpha8.connection(source, destination) for source, destination in pairs]
        return pb.ListElectricalComponentConnectionsResponse(
            electrical_component_connections=connections
        ).SerializeToString()

    async def receive_component_telemetry(
        self, request: pb.ReceiveElectricalComponentTelemetryStreamRequest
    ) -> AsyncGenerator[bytes, None]:
        """Stream the frames of a component until it cannot be reached; never ends by itself.

        Clients take a clean end for "nothing more, ever" and would not come back.
        """
        component_id = request.electrical_component_id
        encoder = self._encoders.encoder(_lay_out, component_id, _selection(request))
        with closing(self._gateway.subscribe(component_id)) as frames, self._line.carry(frames):
            async for frame in frames:
                yield encoder.encode(frame)
        raise UnavailableError(f"the telemetry of component {component_id} was cut; try again")

    async def receive_sensor_telemetry(
        self, request: pb.ReceiveSensorTelemetryStreamRequest
    ) -> AsyncGenerator[bytes, None]:
        """Stream the frames of a sensor; never ends by itself, as for components."""
        encoder = self._encoders.encoder(_lay_out_sensor, request.sensor_id, _selection(request))
        with (
            closing(self._gateway.subscribe_sensor(request.sensor_id)) as frames,
            self._line.carry(frames),
        ):
            async for frame in frames:
                yield encoder.encode(frame)
        raise UnavailableError(f"the telemetry of sensor {request.sensor_id} was cut; try again")

    async def set_power(self, request: pb.SetElectricalComponentPowerRequest) -> AsyncGenerator[bytes, None]:
        """Give a component a set-point and stream how it fares; who stops listening revokes nothing."""
        updates = self._gateway.set_power(
            request.electrical_component_id,
            _power_type(request.power_type),
            request.power,
            request.request_lifetime if request.HasField("request_lifetime") else None,
        )
        with self._line.carry(updates):
            async for update in updates:
                yield _power_response(update).SerializeToString()

    async def augment_bounds(self, request: pb.AugmentElectricalComponentBoundsRequest) -> bytes:
        """Put bounds on a power of a component for a while."""
        valid_until_us = self._gateway.augment_bounds(
            request.electrical_component_id,
            alpha8.metric(request.target_metric),
            alpha8.open_bounds(request.bounds),
            lifetime_s=request.request_lifetime if request.HasField("request_lifetime") else None,
            token=request.bounds_token if request.HasField("bounds_token") else None,
        )
        return pb.AugmentElectricalComponentBoundsResponse(
            valid_until_time=alpha8.timestamp(valid_until_us)
        ).SerializeToString()

    async def clear_bounds(self, request: pb.ClearElectricalComponentBoundsRequest) -> bytes:
        """Take back the bounds that came with a token."""
        self._gateway.clear_bounds(
            request.electrical_component_id, alpha8.metric(request.target_metric), request.bounds_token
        )
        return b""


def _told(command: Callable[[int], None]) -> Callable[[LifecycleRequest], Awaitable[bytes]]:
    """Return a procedure that tells a component something and answers with nothing."""

    async def tell(request: LifecycleRequest) -> bytes:
        command(request.electrical_component_id)
        return b""

    return tell


def _lay_out_sensor(frame: Frame, selection: Selection) -> tuple[Message, Places]:
    message = pb.ReceiveSensorTelemetryStreamResponse()
    return message, alpha8.write_sensor_telemetry(message.telemetry, frame, selection)


def _lay_out(frame: Frame, selection: Selection) -> tuple[Message, Places]:
    message = pb.ReceiveElectricalComponentTelemetryStreamResponse()
    return message, alpha8.write_telemetry(message.telemetry, frame, selection)


def _selection(
    request: pb.ReceiveElectricalComponentTelemetryStreamRequest | pb.ReceiveSensorTelemetryStreamRequest,
) -> frozenset[Metric] | None:
    if not request.HasField("filter"):
        return None
    metrics = request.filter.metrics
    if not metrics:
        raise InvalidArgumentError(
            "filter.metrics is empty; accepted: at least one metric, or no filter for all"
        )
    if 0 in metrics:
        raise InvalidArgumentError("filter.metrics contains METRIC_UNSPECIFIED; accepted: metrics by name")
    return alpha8.selection(metrics)


def _power_type(number: pb.PowerType.ValueType) -> PowerType:
    power_type = POWER_TYPES.get(number)
    if power_type is None:
        raise InvalidArgumentError(
            f"power_type is {number}; accepted: POWER_TYPE_ACTIVE (1), POWER_TYPE_REACTIVE (2)"
        )
    return power_type


def _power_response(update: PowerUpdate) -> pb.SetElectricalComponentPowerResponse:
    valid_until_us = update.valid_until_us
    return pb.SetElectricalComponentPowerResponse(
        valid_until_time=None if valid_until_us is None else alpha8.timestamp(valid_until_us),
        status=STATUSES[update.status.name],
    )
