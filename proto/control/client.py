"""Control of a running site by a Python program, over the control service."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Self, TypeVar, cast

import grpc
from frequenz.client.base.authentication import (
    AuthenticationInterceptorUnaryStream,
    AuthenticationInterceptorUnaryUnary,
)
from frequenz.client.base.channel import ChannelOptions, SslOptions, parse_grpc_uri
from frequenz.client.base.signing import SigningInterceptorUnaryStream, SigningInterceptorUnaryUnary
from frequenz.quantities import Current, Energy, Frequency, Percentage, Power, Temperature, Voltage
from google.protobuf.message import Message

from ...sim.domain.faults import FaultKind
from ...sim.faults.said import EACH, each_is_amount, said_amount
from . import SERVICE
from .fields import unit_field
from .readings import (
    ClockReading,
    ComponentState,
    SiteEvent,
    SiteFault,
    SiteInput,
    SiteValue,
    Waited,
    clock_reading,
    component_state,
    moment,
    site_event,
    site_fault,
    site_input,
    site_value,
)
from .v1 import control_pb2 as pb

_URL = re.compile(r"grpc://[^/?#]+:\d+/?(\?.*)?")

_PLAIN = ChannelOptions(ssl=SslOptions(enabled=False))

ResponseT = TypeVar("ResponseT", bound=Message)
Value = Power | Voltage | Frequency | Temperature | Percentage | Energy | Current | float
"""Value that an input is driven to; floats are in the unit that it has inside: W, V, Hz, °C, W/m² and the like."""


class ControlError(Exception):
    """The server did not do what it was asked to; the text says why and what it accepts."""

    def __init__(self, code: grpc.StatusCode, text: str) -> None:
        super().__init__(code, text)
        self.code = code
        """Status code of it in gRPC, such as `INVALID_ARGUMENT`."""

    def __str__(self) -> str:
        return str(self.args[1])


class ControlClient:
    """Controls a running site; an async context manager.

    ```python
    async with ControlClient("grpc://[::1]:8800") as site:
        await site.pause()
        await site.drive("house", "load", Power.from_kilowatts(40))
        await site.step(timedelta(seconds=10))
    ```

    Every method raises `ControlError` if the server refuses, or cannot be reached.
    """

    def __init__(self, url: str, *, auth_key: str | None = None, sign_secret: str | None = None) -> None:
        """Prepare to control a site.

        Args:
            url: Where the site is served, such as `grpc://[::1]:8800`; with the parameters that the published
                clients know, such as `?ssl=true`.
            auth_key: What the server asks of callers, if it does.
            sign_secret: What the server asks callers to sign with, if it does.

        Raises:
            ValueError: If the URL is none of a served site.
        """
        if not _URL.fullmatch(url):
            raise ValueError(f"the URL is {url!r}; accepted: grpc://HOST:PORT, such as grpc://[::1]:8800")
        self._url = url
        self._auth_key = auth_key
        self._sign_secret = sign_secret
        self._channel: grpc.aio.Channel | None = None

    async def __aenter__(self) -> Self:
        """Open a channel; the first call connects."""
        self._channel = parse_grpc_uri(self._url, self._interceptors(), defaults=_PLAIN)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the channel, and with it all streams of events."""
        channel, self._channel = self._open_channel, None
        await channel.close()

    async def reconnect(self) -> None:
        """Open another channel in place of this one, which takes its time to find a server that was away."""
        await self._open_channel.close()
        await self.__aenter__()

    async def clock(self) -> ClockReading:
        """Return where time stands."""
        return clock_reading((await self._call("GetClock", pb.GetClockRequest(), pb.GetClockResponse)).clock)

    async def set_speed(self, speed: float) -> ClockReading:
        """Let time pass faster or slower; promises to clients go on to hold in their time.

        Args:
            speed: Simulated seconds per second, > 0.
        """
        request = pb.SetSpeedRequest(speed=speed)
        return clock_reading((await self._call("SetSpeed", request, pb.SetSpeedResponse)).clock)

    async def pause(self) -> ClockReading:
        """Let simulated time stand still; nothing is sent until it goes on."""
        return clock_reading((await self._call("Pause", pb.PauseRequest(), pb.PauseResponse)).clock)

    async def resume(self) -> ClockReading:
        """Let simulated time go on."""
        return clock_reading((await self._call("Resume", pb.ResumeRequest(), pb.ResumeResponse)).clock)

    async def step(self, duration: timedelta) -> ClockReading:
        """Let a span of simulated time pass while paused; returns when it has, and its frames are sent.

        Args:
            duration: More than 0 s, up to 366 d.
        """
        request = pb.StepRequest(duration=duration)
        return clock_reading((await self._call("Step", request, pb.StepResponse)).clock)

    async def step_until_idle(self, at_most: timedelta) -> bool:
        """Let simulated time pass while paused until the site is at rest.

        Then every set-point has arrived and its ramp has ended, every request has got its answer, and every
        drive has reached its value.

        Args:
            at_most: Simulated time after which the step ends all the same; more than 0 s, up to 366 d.

        Returns:
            Whether the site is at rest.
        """
        request = pb.StepUntilIdleRequest(at_most=at_most)
        return (await self._call("StepUntilIdle", request, pb.StepUntilIdleResponse)).idle

    async def drive(
        self,
        component: str,
        quantity: str,
        value: Value,
        *,
        over: timedelta = timedelta(0),
        lasts: timedelta | None = None,
    ) -> None:
        """Override an input of a component, from now on.

        Args:
            component: Key of the component, or `site`.
            quantity: Which of its inputs, such as `load` of a meter or `wind_speed` of the site. The reference lists
                them by category under "Inputs", and the error about an unknown one those of the running site.
            value: A quantity, or a plain number in its unit: W, V, Hz, °C, W/m², m/s, hPa, shares as 0..1.
            over: Simulated time in which the value is reached in even steps.
            lasts: Simulated time after which it is released by itself, unless it is driven anew; until `release` if
                None.
        """
        request = pb.DriveRequest(component=component, quantity=quantity, over=over, lasts=lasts)
        field, number = _measured(quantity, value)
        setattr(request, field, number)
        await self._call("Drive", request, pb.DriveResponse)

    set = drive
    """As steps of scenario files call it."""

    async def release(self, component: str, quantity: str) -> None:
        """Give an input back to what the site file says."""
        request = pb.ReleaseRequest(component=component, quantity=quantity)
        await self._call("Release", request, pb.ReleaseResponse)

    async def unplug(self, charger: str, *, lasts: timedelta | None = None) -> None:
        """Pull the cable out of a charger, whatever its sessions say.

        Args:
            charger: Its key.
            lasts: Simulated time after which it is put back; until `plug` if None.
        """
        await self.drive(charger, "cable", 0.0, lasts=lasts)

    async def plug(self, charger: str) -> None:
        """Put the cable of a charger back where its sessions say."""
        await self.release(charger, "cable")

    async def outage(self, lasts: timedelta) -> None:
        """Let the public grid be gone for some simulated time."""
        state = await self.state()
        grid = next(key for key, each in state.items() if each.category == "grid_connection_point")
        await self.drive(grid, "presence", 0.0, lasts=lasts)

    async def command(
        self,
        component: str,
        told: str | None = None,
        *,
        lower: str | None = None,
        upper: str | None = None,
        lasts: timedelta | None = None,
    ) -> None:
        """Tell a component something, as a client of the Microgrid API would.

        Args:
            component: Key of the component.
            told: A power with its unit, such as `10 kW` or `-3 kvar`, or `start`, `stop`, `standby` or `acknowledge`;
                None with bounds.
            lower: Least power to stay above, such as `-10 kW`.
            upper: Greatest power to stay below.
            lasts: For how long a set-point or bounds live; as long as the Microgrid API says if None.
        """
        if told is not None and not (lower is None and upper is None):
            raise ControlError(
                grpc.StatusCode.INVALID_ARGUMENT, f"told is {told!r} beside bounds; accepted: one of them"
            )
        request = pb.CommandRequest(component=component, lasts=lasts)
        if told is None:
            request.bounds.CopyFrom(pb.PowerBounds(lower=lower, upper=upper))
        else:
            request.told = told
        await self._call("Command", request, pb.CommandResponse)

    async def restart(self, down: timedelta) -> None:
        """Let the server go down: streams and requests end as UNAVAILABLE, and nothing answers until it is back.

        Args:
            down: Simulated time until then, up to 1 d.
        """
        await self._call("Restart", pb.RestartRequest(down=down), pb.RestartResponse)

    async def say(self, text: str) -> None:
        """Put a line into the log and the events of the site."""
        await self._call("Say", pb.SayRequest(text=text), pb.SayResponse)

    async def strike(
        self,
        component: str,
        kind: FaultKind | str,
        *,
        diagnostic: str | None = None,
        amount: float | None = None,
        by: float | None = None,
        to: float | None = None,
        at: float | None = None,
        share: float | None = None,
        rate: float | None = None,
        metrics: Iterable[str] = (),
        lasts: timedelta | None = None,
        status: str | None = None,
        text: str | None = None,
        spread: timedelta | None = None,
        distribution: str | None = None,
        every: timedelta | None = None,
        each: timedelta | None = None,
    ) -> int:
        """Break something.

        Args:
            component: Key of the component.
            kind: How it breaks.
            diagnostic: Name of the diagnostic code that a broken device reports.
            amount: How much, in the unit of the kind, such as s or W; see the table of kinds in the reference.
            by: The same, as scenario files say it of `bias`, `scale`, `late` and others.
            to: The same, of `derate`, `slow_ramp` and others.
            at: The same, of `stuck`.
            share: The same, of `lossy`, `duplicated` and others.
            rate: The same, of `slow_consumer`.
            metrics: Names of the metrics that report wrongly; what the kind says if empty.
            lasts: Simulated time after which it mends by itself; until `mend` if None.
            status: gRPC status by which commands are `refused`, or streams `dropped`, such as `OUT_OF_RANGE`.
            text: What clients are told then.
            spread: Standard deviation of a delay.
            distribution: How a delay scatters: `normal`, `uniform`, `lognormal` or `exponential`.
            every: Of what comes and goes by chance, mean simulated time from one beginning to the next.
            each: Mean time for which it is there then; without `every`, the amount of `flapping_states`.

        Returns:
            A number by which it can be mended.

        Raises:
            FaultError: If an amount is said twice, or by the word of another kind.
        """
        amounts = {"amount": amount, "by": by, "to": to, "at": at, "share": share, "rate": rate}
        if kind in list(FaultKind):
            known = FaultKind(kind)
            if each is not None and each_is_amount(known, comes_and_goes=every is not None):
                amounts[EACH], each = each.total_seconds(), None
            if any(value is not None for word, value in amounts.items() if word != "amount"):
                said_amount(known, amounts)
        request = pb.StrikeRequest(
            component=component,
            kind=str(kind),
            diagnostic=diagnostic,
            amount=next((value for value in amounts.values() if value is not None), None),
            metrics=[str(metric) for metric in metrics],
            lasts=lasts,
            status=status,
            text=text,
            spread=spread,
            distribution=distribution,
            every=every,
            each=each,
        )
        return (await self._call("Strike", request, pb.StrikeResponse)).number

    fault = strike
    """As steps of scenario files call it."""

    async def mend(self, number: int) -> None:
        """End a fault; nothing happens if it has ended already, and one that never was is refused."""
        await self._call("Mend", pb.MendRequest(number=number), pb.MendResponse)

    async def faults(self) -> list[SiteFault]:
        """Return what is broken now, oldest first."""
        response = await self._call("GetState", pb.GetStateRequest(), pb.GetStateResponse)
        return [site_fault(fault) for fault in response.faults]

    async def take_snapshot(self, name: str) -> ClockReading:
        """Let the server keep everything that the site remembers, under a name; of those it keeps 100."""
        if not name:
            accepted = "any other name, or `export_snapshot` for its bytes"
            raise ControlError(grpc.StatusCode.INVALID_ARGUMENT, f"the name is empty; accepted: {accepted}")
        request = pb.TakeSnapshotRequest(name=name)
        return clock_reading((await self._call("TakeSnapshot", request, pb.TakeSnapshotResponse)).clock)

    async def export_snapshot(self) -> bytes:
        """Return everything that the site remembers, to keep in a file."""
        return (await self.export_snapshot_with_clock())[0]

    async def export_snapshot_with_clock(self) -> tuple[bytes, ClockReading]:
        """Return everything that the site remembers, and where its time stood then."""
        answer = await self._call("TakeSnapshot", pb.TakeSnapshotRequest(), pb.TakeSnapshotResponse)
        return answer.content, clock_reading(answer.clock)

    async def restore_snapshot(self, snapshot: str | bytes) -> ClockReading:
        """Go on from a snapshot.

        Args:
            snapshot: The name of one that the server keeps, or one as `export_snapshot` returned it.
        """
        request = pb.RestoreSnapshotRequest()
        if isinstance(snapshot, str):
            request.name = snapshot
        else:
            request.content = snapshot
        return clock_reading((await self._call("RestoreSnapshot", request, pb.RestoreSnapshotResponse)).clock)

    async def list_snapshots(self) -> dict[str, datetime]:
        """Return the simulated times of the snapshots that the server keeps, by name."""
        response = await self._call("ListSnapshots", pb.ListSnapshotsRequest(), pb.ListSnapshotsResponse)
        return {snapshot.name: moment(snapshot.simulated_time) for snapshot in response.snapshots}

    async def forget_snapshot(self, name: str) -> None:
        """Let the server forget a snapshot."""
        await self._call("ForgetSnapshot", pb.ForgetSnapshotRequest(name=name), pb.ForgetSnapshotResponse)

    async def state(self, *components: str) -> dict[str, ComponentState]:
        """Return what components are doing now, faults of their measurement aside.

        Args:
            *components: Keys of those wanted; all if there are none.

        Returns:
            States by key, in the order asked for, or that of the site file.
        """
        response = await self._call(
            "GetState", pb.GetStateRequest(components=components), pb.GetStateResponse
        )
        return {one.component: component_state(one) for one in response.components}

    async def inputs(self, *components: str) -> list[SiteInput]:
        """Return what can be driven, with its present value, and whether it is.

        Args:
            *components: Keys of those wanted, beside the site itself; all if there are none.
        """
        request = pb.GetStateRequest(components=components)
        response = await self._call("GetState", request, pb.GetStateResponse)
        return [site_input(one) for one in response.inputs]

    async def read(self, *names: str) -> dict[str, SiteValue]:
        """Return values by the names that conditions of scenario files have for them.

        Args:
            *names: Of components and sensors (`grid.power`), of the whole site by the SDK's formulas
                (`site.consumer_power`), of what clients of the Microgrid API have done (`app.commands`).
        """
        response = await self._call("ReadValues", pb.ReadValuesRequest(names=names), pb.ReadValuesResponse)
        return {one.name: site_value(one) for one in response.values}

    async def wait_until(
        self,
        condition: str,
        *,
        within: timedelta = timedelta(0),
        lasting: timedelta = timedelta(0),
    ) -> Waited:
        """Look now, and then at every sampling, whether a condition holds, and return what becomes of it.

        Args:
            condition: In the words of scenario files, such as `grid.power < 30 kW and bat-inv is READY`.
            within: Simulated time in which it has to come true; now if 0. While time is paused, somebody has to step.
            lasting: Simulated time for which it has to stay true from then on.
        """
        request = pb.WaitUntilRequest(condition=condition, within=within, lasting=lasting)
        response = await self._call("WaitUntil", request, pb.WaitUntilResponse)
        return Waited(response.holds, response.found)

    async def events(
        self, *, kinds: Iterable[str] = (), subjects: Iterable[str] = ()
    ) -> AsyncIterator[SiteEvent]:
        """Subscribe to what happens to the site from now on: every event after this returns will come.

        Args:
            kinds: What is wanted, such as `set-point accepted`; everything if empty.
            subjects: Keys of the components wanted, or `site`; all if empty.

        Returns:
            The events, in the order in which they happen. Closing the client ends them; so does a server that goes
            down, with `UNAVAILABLE`.
        """
        open_stream = self._open_channel.unary_stream(
            f"{SERVICE}ReceiveEvents",
            request_serializer=pb.ReceiveEventsRequest.SerializeToString,
            response_deserializer=pb.ReceiveEventsResponse.FromString,
        )
        call = open_stream(pb.ReceiveEventsRequest(kinds=kinds, subjects=subjects))
        await _answered(call.read())
        return _events(call)

    def _interceptors(self) -> list[Any]:
        """Return what introduces the caller to the server, in the order in which it looks at a call."""
        interceptors: list[Any] = []
        if self._auth_key is not None:
            interceptors += [
                AuthenticationInterceptorUnaryUnary(self._auth_key),
                AuthenticationInterceptorUnaryStream(self._auth_key),
            ]
        if self._sign_secret is not None:
            interceptors += [
                SigningInterceptorUnaryUnary(self._sign_secret),
                SigningInterceptorUnaryStream(self._sign_secret),
            ]
        return interceptors

    @property
    def _open_channel(self) -> grpc.aio.Channel:
        if self._channel is None:
            raise RuntimeError("the client is not connected; enter the context manager first")
        return self._channel

    async def _call(self, procedure: str, request: Message, response: type[ResponseT]) -> ResponseT:
        call = self._open_channel.unary_unary(
            f"{SERVICE}{procedure}",
            request_serializer=type(request).SerializeToString,
            response_deserializer=response.FromString,
        )
        return cast(ResponseT, await _answered(call(request)))


async def _answered(call: Awaitable[Any]) -> Any:
    try:
        return await call
    except grpc.aio.AioRpcError as error:
        code, text = error.code(), error.details() or error.code().name
        # gRPC's own words for a server that goes away while it is asked.
        gone = code is grpc.StatusCode.UNKNOWN and text == "Stream removed"
        raise ControlError(grpc.StatusCode.UNAVAILABLE if gone else code, text) from None


async def _events(call: Any) -> AsyncIterator[SiteEvent]:
    try:
        while True:
            event = (await _answered(call.read())).event
            yield site_event(event)
    finally:
        call.cancel()


_FIELDS: dict[type, tuple[str, Callable[[Any], float]]] = {
    Power: ("power_w", Power.as_watts),
    Voltage: ("voltage_v", Voltage.as_volts),
    Frequency: ("frequency_hz", Frequency.as_hertz),
    Temperature: ("temperature_c", Temperature.as_celsius),
    Percentage: ("number", Percentage.as_fraction),
    Energy: ("number", Energy.as_watt_hours),
    Current: ("number", Current.as_amperes),
}
"""By the class of a value, the field of a drive request that it belongs into, and how it becomes a number."""


def _measured(quantity: str, value: Value) -> tuple[str, float]:
    """Return the field of a drive request that a value belongs into, and the number."""
    if type(value) in _FIELDS:
        field, number = _FIELDS[type(value)]
        return field, number(value)
    return unit_field(quantity), cast(float, value)
