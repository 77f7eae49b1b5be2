"""The procedures of the Microgrid API over a gateway, whatever a version calls them and their fields.

A version says which fields of its requests hold what, and in which messages answers go out; the rest is here.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Collection, Iterable
from contextlib import closing
from typing import Any, NamedTuple

from google.protobuf.descriptor import FileDescriptor
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from ...sim.domain.messages import InvalidArgumentError, PowerUpdate
from ...sim.domain.metrics import PowerType, Wanted
from ...sim.gateway.gateway import Gateway
from ...sim.gateway.line import Passage
from ...sim.gateway.subscriptions import Subscription
from ..transport.open_streams import OpenStreams
from ..transport.service import Method, RequestT, Service, unary
from .common_version import CommonVersion, open_bounds, timestamp
from .telemetry import Encoders, MakeTemplate


class Procedures:
    """Answers of all procedures, from the values of a request to messages of a common version."""

    def __init__(
        self, common: CommonVersion, gateway: Gateway, open_streams: OpenStreams, encoders: Encoders
    ) -> None:
        """Answer for a gateway; encoders are shared with whoever does the same."""
        self._common = common
        self._gateway = gateway
        self._open_streams = open_streams
        self._encoders = encoders

    def microgrid(self) -> Any:
        """Say which site this is."""
        return self._common.microgrid(self._gateway.site.microgrid)

    def components(self, ids: Iterable[int], categories: Collection[int]) -> list[Any]:
        """List components; an empty filter lets all pass."""
        infos = self._gateway.components(set(ids), self._common.wanted_categories(categories))
        microgrid_id = self._gateway.site.microgrid.id
        return [self._common.component(info, microgrid_id) for info in infos]

    def sensors(self, ids: Iterable[int]) -> list[Any]:
        """List sensors; an empty filter lets all pass."""
        microgrid_id = self._gateway.site.microgrid.id
        return [self._common.sensor(info, microgrid_id) for info in self._gateway.sensors(set(ids))]

    def connections(self, sources: Iterable[int], destinations: Iterable[int]) -> list[Any]:
        """List connections; an empty filter lets all pass."""
        pairs = self._gateway.connections(sources=set(sources), destinations=set(destinations))
        return [self._common.connection(*pair) for pair in pairs]

    def telemetry(
        self, make_template: MakeTemplate, component_id: int, request: Any
    ) -> AsyncGenerator[bytes, None]:
        """Stream the frames of a component until it cannot be reached; never ends by itself.

        Clients take a clean end for "nothing more, ever" and would not come back.
        """
        return self._frames(self._gateway.subscribe, make_template, component_id, request)

    def sensor_telemetry(
        self, make_template: MakeTemplate, sensor_id: int, request: Any
    ) -> AsyncGenerator[bytes, None]:
        """Stream the frames of a sensor; never ends by itself, as for components."""
        return self._frames(self._gateway.subscribe_sensor, make_template, sensor_id, request)

    async def set_power(
        self,
        component_id: int,
        power_type: PowerType,
        request: Any,
        answer: Callable[[PowerUpdate], Message],
    ) -> AsyncGenerator[bytes, None]:
        """Give a component a set-point and stream how it fares; who stops reading revokes nothing."""
        await self._carried(self._gateway.request_on_its_way(component_id))
        lifetime_s = optional(request, "request_lifetime")
        updates = self._gateway.set_power(component_id, power_type, request.power, lifetime_s)
        with self._open_streams.carry(updates):
            async for update in updates:
                await self._carried(self._gateway.answer_on_its_way(component_id))
                yield answer(update).SerializeToString()

    def augment_bounds(
        self,
        component_id: int,
        metric: int,
        bounds: Iterable[Any],
        lifetime_s: int | None,
        token: str | None = None,
    ) -> Timestamp:
        """Put bounds on a power of a component for a while, and say until when."""
        valid_until_us = self._gateway.augment_bounds(
            component_id,
            self._common.metric(metric),
            open_bounds(bounds),
            lifetime_s=lifetime_s,
            token=token,
        )
        return timestamp(valid_until_us)

    def clear_bounds(self, component_id: int, metric: int, token: str) -> None:
        """Take back the bounds that came with a token."""
        self._gateway.clear_bounds(component_id, self._common.metric(metric), token)

    def start(self, component_id: int) -> None:
        """Switch a component on."""
        self._gateway.start(component_id)

    def standby(self, component_id: int) -> None:
        """Park a component."""
        self._gateway.standby(component_id)

    def stop(self, component_id: int) -> None:
        """Switch a component off."""
        self._gateway.stop(component_id)

    def acknowledge(self, component_id: int) -> None:
        """Clear the errors of a component that can be cleared."""
        self._gateway.acknowledge(component_id)

    def command(
        self, name: str, request: type[RequestT], answer: Callable[[RequestT], Message | None]
    ) -> Method:
        """Make a procedure that tells a component something, over a line that may be slow or broken.

        Args:
            name: As the service calls it.
            request: Class of the message it takes, which names the component.
            answer: Gives the answer, None for an empty one; may raise a `CommandError`.

        Returns:
            The procedure.
        """

        async def serve(message: RequestT) -> bytes:
            component_id = getattr(message, self._common.component_id_field)
            await self._carried(self._gateway.request_on_its_way(component_id))
            answered = answer(message)
            await self._carried(self._gateway.answer_on_its_way(component_id))
            return b"" if answered is None else answered.SerializeToString()

        return unary(name, request, serve)

    async def _carried(self, passage: Passage | None) -> None:
        """Wait until a message that is on its way has arrived."""
        if passage is not None:
            with self._open_streams.carry(passage):
                await passage.passed()

    async def _frames(
        self,
        subscribe: Callable[[int, Wanted], Subscription],
        make_template: MakeTemplate,
        number: int,
        request: Any,
    ) -> AsyncGenerator[bytes, None]:
        wanted = self._selection(request)
        encoder = self._encoders.encoder(make_template, number, wanted)
        with closing(subscribe(number, wanted)) as frames, self._open_streams.carry(frames):
            async for frame in frames:
                yield encoder.encode(frame)

    def _selection(self, request: Any) -> Wanted:
        if not request.HasField("filter"):
            return None
        metrics = request.filter.metrics
        if not metrics:
            raise InvalidArgumentError(
                "filter.metrics is empty; accepted: at least one metric, or no filter for all"
            )
        if 0 in metrics:
            raise InvalidArgumentError(
                "filter.metrics contains METRIC_UNSPECIFIED; accepted: metrics by name"
            )
        return self._common.selection(metrics)


class ApiVersion(NamedTuple):
    """One version of the API: its name, the common version that it is built on, and its procedures."""

    name: str
    """Full name of the service, as clients call it."""
    common: CommonVersion
    methods: Callable[[Procedures], tuple[Method, ...]]

    def service(self, gateway: Gateway, open_streams: OpenStreams, encoders: Encoders) -> Service:
        """Return this version's service for a gateway; encoders are shared between versions."""
        procedures = Procedures(self.common, gateway, open_streams, encoders)
        return Service(self.name, self.methods(procedures))


def service_name(file: FileDescriptor) -> str:
    """Return the full name of the Microgrid service that a version's file describes."""
    return str(file.services_by_name["Microgrid"].full_name)


def immediate(name: str, request: type[RequestT], answer: Callable[[RequestT], Message | None]) -> Method:
    """Make a procedure that is answered without waiting for anything.

    Args:
        name: As the service calls it.
        request: Class of the message it takes.
        answer: Gives the answer, None for an empty one; may raise a `CommandError`.

    Returns:
        The procedure.
    """

    async def serve(message: RequestT) -> bytes:
        answered = answer(message)
        return b"" if answered is None else answered.SerializeToString()

    return unary(name, request, serve)


def optional(request: Any, name: str) -> Any:
    """Return a field of a request; None if the client left it out."""
    return getattr(request, name) if request.HasField(name) else None
