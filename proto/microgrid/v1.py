"""Version v1 of the Microgrid API: other words and messages than the alpha versions, over the same gateway.

A set-point is answered once, when it has been accepted.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import closing

from frequenz.api.microgrid.v1 import microgrid_pb2 as pb
from google.protobuf.empty_pb2 import Empty
from google.protobuf.message import Message

from ...sim.domain.messages import Frame, InvalidArgumentError, UnavailableError
from ...sim.domain.metrics import PowerType
from ...sim.gateway.gateway import Gateway
from ..transport.open_streams import Line
from ..transport.service import Method, Service, stream, unary
from . import common_v1 as common1
from .common_v1alpha8 import timestamp
from .telemetry import Encoders, Places, Selection

NAME = pb.DESCRIPTOR.services_by_name["Microgrid"].full_name
"""Of the service, as clients call it."""

LIFETIMES_S = {
    pb.COMPONENT_BOUNDS_VALIDITY_DURATION_UNSPECIFIED: None,
    pb.COMPONENT_BOUNDS_VALIDITY_DURATION_5_SECONDS: 5,
    pb.COMPONENT_BOUNDS_VALIDITY_DURATION_1_MINUTE: 60,
    pb.COMPONENT_BOUNDS_VALIDITY_DURATION_5_MINUTES: 300,
    pb.COMPONENT_BOUNDS_VALIDITY_DURATION_15_MINUTES: 900,
}
"""How long bounds may be asked to last [s]."""

LifecycleRequest = (
    pb.StartComponentRequest
    | pb.PutComponentInStandbyRequest
    | pb.StopComponentRequest
    | pb.AckComponentErrorRequest
)
StreamRequest = pb.ReceiveComponentDataStreamRequest | pb.ReceiveSensorDataStreamRequest


def service(gateway: Gateway, line: Line, encoders: Encoders) -> Service:
    """Return this version's service for a gateway; encoders are shared between versions."""
    return Service(NAME, Procedures(gateway, line, encoders).methods())


class Procedures:
    """What each procedure does, from request message to answer bytes."""

    def __init__(self, gateway: Gateway, line: Line, encoders: Encoders) -> None:
        """Answer for a gateway over a line; encoders are shared with whoever does the same."""
        self._gateway = gateway
        self._line = line
        self._encoders = encoders

    def methods(self) -> tuple[Method, ...]:
        """Return the procedures under the names by which clients call them."""
        gateway = self._gateway
        return (
            unary("GetMicrogridMetadata", Empty, self.get_microgrid),
            unary("ListComponents", pb.ListComponentsRequest, self.list_components),
            unary("ListSensors", pb.ListSensorRequest, self.list_sensors),
            unary("ListConnections", pb.ListConnectionsRequest, self.list_connections),
            stream("ReceiveComponentDataStream", pb.ReceiveComponentDataStreamRequest, self.component_data),
            stream("ReceiveSensorDataStream", pb.ReceiveSensorDataStreamRequest, self.sensor_data),
            unary("AddComponentBounds", pb.AddComponentBoundsRequest, self.add_bounds),
            unary("SetComponentPowerActive", pb.SetComponentPowerActiveRequest, self.set_active_power),
            unary("SetComponentPowerReactive", pb.SetComponentPowerReactiveRequest, self.set_reactive_power),
            unary("StartComponent", pb.StartComponentRequest, _told(gateway.start)),
            unary("PutComponentInStandby", pb.PutComponentInStandbyRequest, _told(gateway.standby)),
            unary("StopComponent", pb.StopComponentRequest, _told(gateway.stop)),
            unary("AckComponentError", pb.AckComponentErrorRequest, _told(gateway.acknowledge)),
        )

    async def get_microgrid(self, _request: Empty) -> bytes:
        """Say which site this is."""
        microgrid = common1.microgrid(self._gateway.site.microgrid)
        return pb.GetMicrogridMetadataResponse(microgrid=microgrid).SerializeToString()

    async def list_components(self, request: pb.ListComponentsRequest) -> bytes:
        """List components; an empty list in the request lets all pass."""
        infos = self._gateway.components(
            ids=set(request.component_ids), categories=common1.categories(set(request.categories))
        )
        microgrid_id = self._gateway.site.microgrid.id
        components = [common1.component(info, microgrid_id) for info in infos]
        return pb.ListComponentsResponse(components=components).SerializeToString()

    async def list_sensors(self, request: pb.ListSensorRequest) -> bytes:
        """List sensors; an empty list in the request lets all pass."""
        wanted, microgrid_id = set(request.categories), self._gateway.site.microgrid.id
        sensors = [
            common1.sensor(info, microgrid_id)
            for info in self._gateway.sensors(set(request.sensor_ids))
            if not wanted or common1.sensor_category(info) in wanted
        ]
        return pb.ListSensorsResponse(sensors=sensors).SerializeToString()

    async def list_connections(self, request: pb.ListConnectionsRequest) -> bytes:
        """List connections; an empty list in the request lets all pass."""
        pairs = self._gateway.connections(sources=set(request.starts), destinations=set(request.ends))
        connections = [common1.connection(source, destination) for source, destination in pairs]
        return pb.ListConnectionsResponse(connections=connections).SerializeToString()

    async def component_data(
        self, request: pb.ReceiveComponentDataStreamRequest
    ) -> AsyncGenerator[bytes, None]:
        """Stream the frames of a component until it cannot be reached; never ends by itself."""
        encoder = self._encoders.encoder(_lay_out, request.component_id, _selection(request))
        with closing(self._gateway.subscribe(request.component_id)) as frames, self._line.carry(frames):
            async for frame in frames:
                yield encoder.encode(frame)
        raise UnavailableError(f"the telemetry of component {request.component_id} was cut; try again")

    async def sensor_data(self, request: pb.ReceiveSensorDataStreamRequest) -> AsyncGenerator[bytes, None]:
        """Stream the frames of a sensor; never ends by itself."""
        encoder = self._encoders.encoder(_lay_out_sensor, request.sensor_id, _selection(request))
        with closing(self._gateway.subscribe_sensor(request.sensor_id)) as frames, self._line.carry(frames):
            async for frame in frames:
                yield encoder.encode(frame)
        raise UnavailableError(f"the telemetry of sensor {request.sensor_id} was cut; try again")

    async def add_bounds(self, request: pb.AddComponentBoundsRequest) -> bytes:
        """Put bounds on a power of a component for a while."""
        if request.validity_duration not in LIFETIMES_S:
            raise InvalidArgumentError(
                f"validity_duration is {request.validity_duration}; accepted: "
                f"{', '.join(str(number) for number in LIFETIMES_S)}"
            )
        valid_until_us = self._gateway.augment_bounds(
            request.component_id,
            common1.metric(request.target_metric),
            common1.open_bounds(request.bounds),
            lifetime_s=LIFETIMES_S[request.validity_duration],
        )
        return pb.AddComponentBoundsResponse(ts=timestamp(valid_until_us)).SerializeToString()

    async def set_active_power(self, request: pb.SetComponentPowerActiveRequest) -> bytes:
        """Give a component a set-point of active power."""
        valid_until_us = await self._set_power(request, PowerType.ACTIVE)
        return pb.SetComponentPowerActiveResponse(valid_until=timestamp(valid_until_us)).SerializeToString()

    async def set_reactive_power(self, request: pb.SetComponentPowerReactiveRequest) -> bytes:
        """Give a component a set-point of reactive power."""
        valid_until_us = await self._set_power(request, PowerType.REACTIVE)
        return pb.SetComponentPowerReactiveResponse(valid_until=timestamp(valid_until_us)).SerializeToString()

    async def _set_power(
        self,
        request: pb.SetComponentPowerActiveRequest | pb.SetComponentPowerReactiveRequest,
        power_type: PowerType,
    ) -> int:
        lifetime_s = request.request_lifetime if request.HasField("request_lifetime") else None
        updates = self._gateway.set_power(request.component_id, power_type, request.power, lifetime_s)
        with self._line.carry(updates):
            accepted = await anext(updates)
        return accepted.valid_until_us or 0


def _told(command: Callable[[int], None]) -> Callable[[LifecycleRequest], Awaitable[bytes]]:
    """Return a procedure that tells a component something and answers with nothing."""

    async def tell(request: LifecycleRequest) -> bytes:
        command(request.component_id)
        return b""

    return tell


def _lay_out(frame: Frame, selection: Selection) -> tuple[Message, Places]:
    message = pb.ReceiveComponentDataStreamResponse()
    return message, common1.write_component_data(message.data, frame, selection)


def _lay_out_sensor(frame: Frame, selection: Selection) -> tuple[Message, Places]:
    message = pb.ReceiveSensorDataStreamResponse()
    return message, common1.write_sensor_data(message.data, frame, selection)


def _selection(request: StreamRequest) -> Selection:
    if not request.HasField("filter"):
        return None
    metrics = set(request.filter.metrics)
    if not metrics:
        raise InvalidArgumentError(
            "filter.metrics is empty; accepted: at least one metric, or no filter for all"
        )
    if 0 in metrics:
        raise InvalidArgumentError("filter.metrics contains METRIC_UNSPECIFIED; accepted: metrics by name")
    return common1.selection(metrics)
