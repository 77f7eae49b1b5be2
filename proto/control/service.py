"""The control service over a live simulation."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import closing, contextmanager

from google.protobuf.message import Message

from ...sim.domain.events import EVENT_KINDS
from ...sim.domain.messages import InvalidArgumentError, UnknownComponentError, WrongStateError
from ...sim.domain.timestamps import to_datetime
from ...sim.files.problems import one_of
from ...sim.simulation.live import LiveSimulation
from ..transport.open_streams import OpenStreams
from ..transport.service import (
    LARGEST_MESSAGE_BYTES,
    LARGEST_REQUEST_BYTES,
    Method,
    RequestT,
    Service,
    stream,
    unary,
)
from . import words
from .event_stream import EventStream
from .snapshots import Snapshots
from .statements import Statements
from .v1 import control_pb2 as pb

NAME = pb.DESCRIPTOR.services_by_name["Control"].full_name
"""Name of the service, as clients call it."""


def control_service(
    simulation: LiveSimulation, statements: Statements, snapshots: Snapshots, open_streams: OpenStreams
) -> Service:
    """Return the control service of a running site.

    Args:
        simulation: What is controlled.
        statements: What is said of it; like snapshots they outlive a server that goes down.
        snapshots: That are kept of it.
        open_streams: Counts the open streams, so that they can be ended when the transport goes down.
    """
    return Service(NAME, Procedures(simulation, statements, snapshots, open_streams).methods())


class Procedures:
    """What each procedure does, from request message to answer."""

    def __init__(
        self,
        simulation: LiveSimulation,
        statements: Statements,
        snapshots: Snapshots,
        open_streams: OpenStreams,
    ) -> None:
        """Answer for a running site, what is said and kept of it included, and count the streams of its clients."""
        self._simulation = simulation
        self._open_streams = open_streams
        self._snapshots = snapshots
        self._statements = statements

    def methods(self) -> tuple[Method, ...]:
        """Return the procedures under the names by which clients call them."""
        return (
            _method("GetClock", pb.GetClockRequest, self.get_clock),
            _method("SetSpeed", pb.SetSpeedRequest, self.set_speed),
            _method("Pause", pb.PauseRequest, self.pause),
            _method("Resume", pb.ResumeRequest, self.resume),
            _method("Step", pb.StepRequest, self.step),
            _method("StepUntilIdle", pb.StepUntilIdleRequest, self.step_until_idle),
            _method("Drive", pb.DriveRequest, self.drive),
            _method("Release", pb.ReleaseRequest, self.release),
            _method("Command", pb.CommandRequest, self.command),
            _method("Restart", pb.RestartRequest, self.restart),
            _method("Say", pb.SayRequest, self.say),
            _method("Strike", pb.StrikeRequest, self.strike),
            _method("Mend", pb.MendRequest, self.mend),
            _method("TakeSnapshot", pb.TakeSnapshotRequest, self.take_snapshot),
            _method(
                "RestoreSnapshot",
                pb.RestoreSnapshotRequest,
                self.restore_snapshot,
                largest_bytes=LARGEST_MESSAGE_BYTES,
            ),
            _method("ListSnapshots", pb.ListSnapshotsRequest, self.list_snapshots),
            _method("ForgetSnapshot", pb.ForgetSnapshotRequest, self.forget_snapshot),
            _method("GetState", pb.GetStateRequest, self.get_state),
            _method("ReadValues", pb.ReadValuesRequest, self.read_values),
            _method("WaitUntil", pb.WaitUntilRequest, self.wait_until),
            stream("ReceiveEvents", pb.ReceiveEventsRequest, self.receive_events),
        )

    async def get_clock(self, _request: pb.GetClockRequest) -> pb.GetClockResponse:
        """Say where time stands."""
        self._simulation.catch_up()
        return pb.GetClockResponse(clock=self._clock())

    async def set_speed(self, request: pb.SetSpeedRequest) -> pb.SetSpeedResponse:
        """Let time pass faster or slower."""
        self._simulation.execute(words.set_speed(request))
        return pb.SetSpeedResponse(clock=self._clock())

    async def pause(self, _request: pb.PauseRequest) -> pb.PauseResponse:
        """Let time stand still."""
        self._simulation.pause()
        return pb.PauseResponse(clock=self._clock())

    async def resume(self, _request: pb.ResumeRequest) -> pb.ResumeResponse:
        """Let time go on."""
        self._simulation.resume()
        return pb.ResumeResponse(clock=self._clock())

    async def step(self, request: pb.StepRequest) -> pb.StepResponse:
        """Let a span of time pass while paused."""
        await self._simulation.step(words.span(request.duration, "duration"))
        return pb.StepResponse(clock=self._clock())

    async def step_until_idle(self, request: pb.StepUntilIdleRequest) -> pb.StepUntilIdleResponse:
        """Let time pass while paused until the site is at rest."""
        idle = await self._simulation.step_until_idle(words.span(request.at_most, "at_most"))
        return pb.StepUntilIdleResponse(clock=self._clock(), idle=idle)

    async def drive(self, request: pb.DriveRequest) -> pb.DriveResponse:
        """Override an input."""
        self._require_subject(request.component)
        self._simulation.execute(words.override(request))
        return pb.DriveResponse(clock=self._clock())

    async def release(self, request: pb.ReleaseRequest) -> pb.ReleaseResponse:
        """Give an input back to the site file."""
        self._require_subject(request.component)
        self._simulation.execute(words.release(request))
        return pb.ReleaseResponse(clock=self._clock())

    async def command(self, request: pb.CommandRequest) -> pb.CommandResponse:
        """Tell a component something; answers as soon as it has taken it."""
        self._require(request.component)
        command = words.told_command(request, self._simulation.site)
        with self._statements.commanding():
            self._simulation.execute(command)
        return pb.CommandResponse(clock=self._clock())

    async def restart(self, request: pb.RestartRequest) -> pb.RestartResponse:
        """Let the server go down for a while."""
        if self._simulation.clock.paused:
            raise WrongStateError(
                "time is paused, so the server would not come back; accepted: while time passes"
            )
        command = words.restart(request)
        answer = pb.RestartResponse(clock=self._clock())
        self._simulation.execute(command)
        return answer

    async def say(self, request: pb.SayRequest) -> pb.SayResponse:
        """Put a line into the log and the events of the site."""
        self._simulation.say(request.text)
        return pb.SayResponse(clock=self._clock())

    async def strike(self, request: pb.StrikeRequest) -> pb.StrikeResponse:
        """Break something."""
        self._require(request.component)
        number = self._simulation.execute(words.strike(request))
        return pb.StrikeResponse(clock=self._clock(), number=number)

    async def mend(self, request: pb.MendRequest) -> pb.MendResponse:
        """End a fault."""
        self._simulation.execute(words.mend(request))
        return pb.MendResponse(clock=self._clock())

    async def take_snapshot(self, request: pb.TakeSnapshotRequest) -> pb.TakeSnapshotResponse:
        """Keep everything that the site remembers, or give it back."""
        if request.name:
            self._snapshots.check_room(request.name)
        snapshot = self._simulation.save()
        clock = self._clock()
        clock.simulated_time.FromDatetime(to_datetime(snapshot.engine.now_us))
        if not request.name:
            return pb.TakeSnapshotResponse(clock=clock, content=self._snapshots.written(snapshot))
        self._snapshots.keep(request.name, snapshot)
        return pb.TakeSnapshotResponse(clock=clock)

    async def restore_snapshot(self, request: pb.RestoreSnapshotRequest) -> pb.RestoreSnapshotResponse:
        """Go on from a snapshot."""
        if request.HasField("content"):
            snapshot = await self._snapshots.read(request.content, self._simulation)
        elif request.HasField("name"):
            snapshot = self._snapshots.find(request.name)
        else:
            raise InvalidArgumentError("there is no snapshot; accepted: a name, or content")
        self._simulation.go_on_from(snapshot)
        return pb.RestoreSnapshotResponse(clock=self._clock())

    async def list_snapshots(self, _request: pb.ListSnapshotsRequest) -> pb.ListSnapshotsResponse:
        """List the snapshots that are kept here."""
        snapshots = [
            pb.SnapshotInfo(name=name, simulated_time=to_datetime(snapshot.engine.now_us))
            for name, snapshot in self._snapshots
        ]
        return pb.ListSnapshotsResponse(snapshots=snapshots)

    async def forget_snapshot(self, request: pb.ForgetSnapshotRequest) -> pb.ForgetSnapshotResponse:
        """Forget a snapshot that is kept here."""
        self._snapshots.forget(request.name)
        return pb.ForgetSnapshotResponse()

    async def get_state(self, request: pb.GetStateRequest) -> pb.GetStateResponse:
        """Say what components are doing, and what is broken."""
        keys = tuple(dict.fromkeys(request.components)) or tuple(self._simulation.site.components)
        for key in keys:
            self._require(key)
        self._simulation.catch_up()
        return pb.GetStateResponse(
            clock=self._clock(),
            components=[self._component_state(key) for key in keys],
            faults=words.active_faults(self._simulation.faults.save().active),
            inputs=words.inputs(self._simulation.plant, {*keys, "site"}),
        )

    async def read_values(self, request: pb.ReadValuesRequest) -> pb.ReadValuesResponse:
        """Say what values are, by the names that conditions have for them."""
        values = [words.value(each) for each in self._statements.read(request.names)]
        return pb.ReadValuesResponse(clock=self._clock(), values=values)

    async def wait_until(self, request: pb.WaitUntilRequest) -> pb.WaitUntilResponse:
        """Say what becomes of a condition."""
        outcome = await self._statements.wait(
            request.condition,
            words.span(request.within, "within"),
            words.span(request.lasting, "lasting"),
            self._open_streams,
        )
        return pb.WaitUntilResponse(clock=self._clock(), holds=outcome.has_passed, found=outcome.said)

    async def receive_events(self, request: pb.ReceiveEventsRequest) -> AsyncGenerator[bytes, None]:
        """Tell everything that happens from now on; ends with an error when the site goes down."""
        for kind in request.kinds:
            if kind not in EVENT_KINDS:
                raise InvalidArgumentError(
                    f"no kind of event {kind!r}; accepted: {one_of(EVENT_KINDS, kind)}"
                )
        for subject in request.subjects:
            self._require_subject(subject)
        events = EventStream(self._simulation.gateway, request.kinds, request.subjects)
        with closing(events), self._open_streams.carry(events):
            yield pb.ReceiveEventsResponse(listening=self._clock()).SerializeToString()
            async for event in events:
                yield pb.ReceiveEventsResponse(event=words.event(event)).SerializeToString()

    def _component_state(self, key: str) -> pb.ComponentState:
        component, gateway = self._simulation.site.components[key], self._simulation.gateway
        frame, streams = gateway.frame(component.id), gateway.stream_count(component.id)
        return words.component_state(key, str(component.category), frame, streams)

    def _clock(self) -> pb.Clock:
        return words.clock(self._simulation)

    def _require(self, key: str) -> None:
        components = self._simulation.site.components
        if key not in components:
            raise UnknownComponentError(f"no component {key!r}; accepted: {one_of(components, key)}")

    def _require_subject(self, key: str) -> None:
        """See that there is a component of this key, or that it is the site, which has inputs and events as well."""
        if key != "site":
            self._require(key)


def _method(
    name: str,
    request: type[RequestT],
    answer: Callable[[RequestT], Awaitable[Message]],
    *,
    largest_bytes: int = LARGEST_REQUEST_BYTES,
) -> Method:
    async def serve(message: RequestT) -> bytes:
        with _refusing():
            return (await answer(message)).SerializeToString()

    return unary(name, request, serve, largest_bytes=largest_bytes)


@contextmanager
def _refusing() -> Iterator[None]:
    """Tell clients what the simulation says of bad values."""
    try:
        yield
    except ValueError as error:
        raise InvalidArgumentError(str(error)) from error
