"""The procedures of the API versions that speak of electrical components, over a gateway.

Versions v1alpha18 and v1alpha19 have the same messages on the wire, down to the bytes; those of the newer one
are used here for both.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import closing
from typing import NoReturn

from frequenz.api.microgrid.v1alpha19 import microgrid_pb2 as pb
from google.protobuf.empty_pb2 import Empty
from google.protobuf.message import Message

from ..sim.exchange import (
    Frame,
    InvalidArgumentError,
    PowerUpdate,
    UnavailableError,
    UnknownComponentError,
    UnsupportedError,
)
from ..sim.gateway import Gateway
from ..sim.vocabulary import Metric, PowerType
from . import alpha8
from .line import Line
from .service import Method, stream, unary
from .telemetry import Encoders, Places, Selection

POWER_TYPES = {
    pb.POWER_TYPE_ACTIVE: PowerType.ACTIVE,
    pb.POWER_TYPE_REACTIVE: PowerType.REACTIVE,
}
STATUSES = alpha8.numbers(pb.SetElectricalComponentPowerRequestStatus)

BoundsRequest = pb.AugmentElectricalComponentBoundsRequest | pb.ClearElectricalComponentBoundsRequest
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
        power, bounds, state = self.set_power, self.refuse_to_change_bounds, self.refuse_to_change_state
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
            unary("AugmentElectricalComponentBounds", pb.AugmentElectricalComponentBoundsRequest, bounds),
            unary("ClearElectricalComponentBounds", pb.ClearElectricalComponentBoundsRequest, bounds),
            unary("StartElectricalComponent", pb.StartElectricalComponentRequest, state),
            unary("PutElectricalComponentInStandby", pb.PutElectricalComponentInStandbyRequest, state),
            unary("StopElectricalComponent", pb.StopElectricalComponentRequest, state),
            unary("AckElectricalComponentError", pb.AckElectricalComponentErrorRequest, state),
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

    async def list_sensors(self, _request: pb.ListSensorRequest) -> bytes:
        """List sensors, of which sites have none."""
        return pb.ListSensorsResponse().SerializeToString()

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

    def receive_sensor_telemetry(self, request: pb.ReceiveSensorTelemetryStreamRequest) -> NoReturn:
        """Refuse: there is no such sensor."""
        raise UnknownComponentError(f"no sensor has the id {request.sensor_id}; this site has no sensors")

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

    async def refuse_to_change_bounds(self, request: BoundsRequest) -> NoReturn:
        """Refuse: bounds cannot be augmented or cleared."""
        self._require(request.electrical_component_id)
        raise UnsupportedError(
            "augmenting and clearing bounds is not available: they are those of the device"
        )

    async def refuse_to_change_state(self, request: LifecycleRequest) -> NoReturn:
        """Refuse: components cannot be started, stopped, put in standby or acknowledged."""
        self._require(request.electrical_component_id)
        raise UnsupportedError(
            "start, standby, stop and acknowledge are not available: components are always on"
        )

    def _require(self, component_id: int) -> None:
        if not self._gateway.components(ids=(component_id,)):
            raise UnknownComponentError(f"no component has the id {component_id}")


def _lay_out(frame: Frame, selection: Selection) -> tuple[Message, Places]:
    message = pb.ReceiveElectricalComponentTelemetryStreamResponse()
    return message, alpha8.write_telemetry(message.telemetry, frame, selection)


def _selection(request: pb.ReceiveElectricalComponentTelemetryStreamRequest) -> frozenset[Metric] | None:
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
