"""What the Microgrid API promises, in domain terms, once for all its versions.

Clients see the site through this object alone: identity and graph, frames of telemetry, set-points with their
lifetimes. Everything here happens on one event loop and in simulated time.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import chain
from typing import NamedTuple, TypeVar

from ..domain.categories import Category
from ..domain.commands import (
    Acknowledge,
    AugmentBounds,
    ClearBounds,
    ClientCommand,
    SetPower,
    Standby,
    Start,
    Stop,
)
from ..domain.events import EventListener, FrameListener, IntervalListener, Subscribers
from ..domain.faults import Fault, FaultKind
from ..domain.messages import (
    CommandError,
    ComponentInfo,
    Frame,
    Reading,
    SensorInfo,
    UnavailableError,
    UnknownComponentError,
)
from ..domain.metrics import Metric, PowerType
from ..domain.ranges import OpenBounds
from ..domain.states import StateCode
from ..engine.agenda import Engine
from ..engine.clock import Clock
from ..engine.events import Events
from ..engine.executor import Executor
from ..faults.injector import Faults
from ..plant.plant import Plant
from ..site.graph import connections, listed_keys
from ..site.site import Site
from ..telemetry.instruments import Instruments
from ..telemetry.intervals import LEAST_INTERVAL_US, shown_windows
from ..telemetry.sensors import Sensors, SensorsState
from .augmented_bounds import AugmentedBounds, AugmentedBoundsState
from .conditions import Conditions, ConditionsState
from .identity import describe, describe_sensor
from .intervals import IntervalFrames
from .lifecycle import Lifecycle
from .line import Line, LineState, Passage
from .readiness import named
from .sequences import Sequences, SequencesState
from .set_points import SetPoints, SetPointsState
from .subscriptions import PowerRequest, Subscription

C = TypeVar("C", bound=ClientCommand)
_FRAMES_AT_ONCE = 100
"""Larger sites report in turns of at most so many components, lest the last frames wait for the first."""


class GatewayState(NamedTuple):
    """What a gateway remembers."""

    set_points: SetPointsState
    conditions: ConditionsState = ConditionsState()
    bounds: AugmentedBoundsState = AugmentedBoundsState()
    sequences: SequencesState = SequencesState()
    sensors: SensorsState = ()
    line: LineState = LineState()


class Gateway:
    """A running site as clients see it."""

    def __init__(
        self,
        plant: Plant,
        engine: Engine,
        clock: Clock,
        instruments: Instruments,
        faults: Faults,
        executor: Executor,
        events: Events,
    ) -> None:
        """Open a gateway to a plant.

        Args:
            plant: The hardware.
            engine: Whose agenda carries lifetimes and sampling.
            clock: How simulated time meets the clients' time.
            instruments: Which read the plant.
            faults: What is broken between the plant and the clients.
            executor: Passes on the clients' commands.
            events: Where to tell what happens.
        """
        self.site: Site = plant.site
        self._plant = plant
        self._engine = engine
        self._clock = clock
        self._executor = executor
        self._events = events
        self._keys = {component.id: key for key, component in self.site.components.items()}
        self._infos = {self.site.components[key].id: describe(plant, key) for key in listed_keys(self.site)}
        self._sensor_keys = {sensor.id: key for key, sensor in self.site.sensors.items()}
        self._sensors = Sensors(plant)
        self._connections = connections(self.site)
        self._instruments = instruments
        self._faults = faults
        numbers = list(self._keys)
        count = max(1, -(-len(numbers) // _FRAMES_AT_ONCE))
        self._turns = [numbers[turn::count] for turn in range(count)]
        self._subscriptions: dict[int, list[Subscription]] = {}
        self._frame_listeners: list[FrameListener] = []
        self.deliveries = Subscribers[Frame]()
        """Told of every sample that has come over the line to whoever listens to its component."""
        self._conditions = Conditions(engine, events)
        self._sequences = Sequences(plant, engine, events)
        self._set_points = SetPoints(plant, engine, clock, events, self._sequences)
        self._lifecycle = Lifecycle(plant, faults, events, self._sequences, self._set_points)
        self._bounds = AugmentedBounds(plant, engine, clock, events)
        self._line = Line(engine, faults, self._deliver, plant.seed)
        self._sensor_subscriptions: dict[int, list[Subscription]] = {}
        self._opened_us = clock.stamp_us(engine.now_us)
        engine.handle("sample", self._sample, promised=True)
        engine.handle("sample turn", self._sample_turn, promised=True)
        engine.handle("sample by timetable", self._sample)
        self._handle(SetPower, self._set_power)
        self._handle(AugmentBounds, self._augment_bounds)
        self._handle(ClearBounds, self._clear_bounds)
        self._handle(Start, lambda command: self._lifecycle.start(self._answering(command)))
        self._handle(Standby, lambda command: self._lifecycle.standby(self._answering(command)))
        self._handle(Stop, lambda command: self._lifecycle.stop(self._answering(command)))
        self._handle(Acknowledge, lambda command: self._lifecycle.acknowledge(self._answering(command)))
        faults.begun.subscribe(self._on_fault)
        self._schedule_sample()

    def components(
        self, ids: Collection[int] = (), categories: Collection[Category] | None = None
    ) -> list[ComponentInfo]:
        """List components; an empty filter lets all pass, and both must match.

        Args:
            ids: Of the components wanted; unknown ones match nothing.
            categories: Of the components wanted; None for all.
        """
        return [
            info
            for info in self._infos.values()
            if (not ids or info.id in ids) and (categories is None or info.category in categories)
        ]

    def connections(
        self, sources: Collection[int] = (), destinations: Collection[int] = ()
    ) -> list[tuple[int, int]]:
        """List connections as pairs of ids, the one nearer the grid first; filters as for `components`."""
        return [
            (source, destination)
            for source, destination in self._connections
            if (not sources or source in sources) and (not destinations or destination in destinations)
        ]

    def sensors(self, ids: Collection[int] = ()) -> list[SensorInfo]:
        """List sensors; an empty filter lets all pass, and unknown ids match nothing."""
        return [
            describe_sensor(self.site, key)
            for number, key in self._sensor_keys.items()
            if not ids or number in ids
        ]

    def subscribe_sensor(self, sensor_id: int) -> Subscription:
        """Open a stream of the frames of a sensor.

        Raises:
            UnknownComponentError: If the site has no such sensor.
        """
        self._sensor_key(sensor_id)
        return _opened(self._sensor_subscriptions, sensor_id)

    def subscribe(self, component_id: int) -> Subscription:
        """Open a stream of the frames of a component.

        Raises:
            UnknownComponentError: If the site has no such component.
            UnavailableError: If a fault keeps clients from it.
        """
        self._faults.check_reachable(self._key(component_id), stream=True)
        return _opened(self._subscriptions, component_id)

    def listen_to_frames(self, listener: FrameListener) -> Callable[[], None]:
        """Let somebody see one frame of every component at every sampling; returns how to stop it."""
        self._frame_listeners.append(listener)
        return lambda: self._frame_listeners.remove(listener)

    def holds_means(self, *, extremes: bool = False) -> bool | None:
        """Say whether powers are to be written down as means; None of a replay that does not know what it has.

        Below `LEAST_INTERVAL_US` what clients receive is written down, to the bit.

        Args:
            extremes: Whether least and greatest powers are wanted, which stand beside means only.
        """
        if self._instruments.timetable is not None:
            return self._instruments.holds_means
        return extremes or round(self.site.telemetry.interval_s * 1e6) >= LEAST_INTERVAL_US

    def shown_windows(self) -> frozenset[int]:
        """Return the ids of meters that show means of windows longer than the intervals between samplings."""
        shown = shown_windows(self.site, self._clock.span_us(self.site.telemetry.interval_s))
        return frozenset(self.site.components[key].id for key in shown)

    def listen_to_intervals(
        self, listener: IntervalListener, *, extremes: bool = False
    ) -> Callable[[], None]:
        """Let somebody see every sampling when the next one is there, powers as means of the interval between.

        Args:
            listener: Is given the frames.
            extremes: Whether it is given least and greatest powers as well.

        Returns:
            How to stop it; the last frames come then, their powers NaN.
        """
        intervals = IntervalFrames(
            self._plant,
            self._instruments,
            self._keys,
            self._faults.is_distorting,
            listener,
            extremes=extremes,
        )
        stop = self.listen_to_frames(intervals.on_frames)

        def end() -> None:
            stop()
            intervals.close()

        return end

    def listen_to_events(self, listener: EventListener) -> Callable[[], None]:
        """Let somebody see everything that happens to the site; returns how to stop it."""
        return self._events.subscribe(listener)

    def frame(self, component_id: int) -> Frame:
        """Return what a component reports now, faults aside.

        Raises:
            UnknownComponentError: If the site has no such component.
        """
        key = self._key(component_id)
        self._executor.bring_plant()
        reading = self._instruments.read(key)
        since_us = self._conditions.since_us(key, reading.told)
        return self._frame(key, reading, self._clock.stamp_us(self._engine.now_us), since_us)

    def sensor_frame(self, sensor_id: int) -> Frame:
        """Return what a sensor reports now.

        Raises:
            UnknownComponentError: If the site has no such sensor.
        """
        return Frame(
            component_id=sensor_id,
            sample_time_us=self._clock.stamp_us(self._engine.now_us),
            values=self._sensors.read(self._sensor_key(sensor_id)),
            bounds={},
            states=(StateCode.READY,),
            state_since_us=self._opened_us,
        )

    def set_power(
        self, component_id: int, power_type: PowerType, power: float, lifetime_s: int | None
    ) -> PowerRequest:
        """Give a component a set-point for a while.

        Args:
            component_id: Of a device that takes set-points, such as an inverter.
            power_type: Axis of the set-point.
            power: Active [W] or reactive [var] power, passive sign convention.
            lifetime_s: Until it lapses [s], 10 to 900; 60 if None.

        Returns:
            The request, from which its progress can be read. Nobody needs to.

        Raises:
            UnknownComponentError: If the site has no such component.
            UnsupportedError: If components of its category take no set-points.
            InvalidArgumentError: If power or lifetime make no sense.
            WrongStateError: If the component takes no commands.
            OutOfBoundsError: If the power is outside the current bounds; 0 never is.
            UnavailableError: If a fault keeps clients from the component.
        """
        command = SetPower(component_id, power_type, power, lifetime_s)
        request: PowerRequest = self._executor.execute(command)
        return request

    def augment_bounds(
        self,
        component_id: int,
        metric: Metric | None,
        bounds: Sequence[OpenBounds],
        *,
        lifetime_s: int | None = None,
        token: str | None = None,
    ) -> int:
        """Put bounds on a power of a component for a while; its power is brought back inside.

        Args:
            component_id: Of a device that takes set-points, or of a battery.
            metric: Active or reactive power of a device, DC power of a battery.
            bounds: Ranges, of which those that overlap count as one [W] or [var].
            lifetime_s: Until they lapse [s], 5 to 900; 5 if None.
            token: The contribution takes the place of an earlier one with the same token.

        Returns:
            When they lapse, on the clients' clock [µs since the Unix epoch].

        Raises:
            UnknownComponentError: If the site has no such component.
            UnsupportedError: If the component has no bounds of that kind.
            InvalidArgumentError: If metric, bounds or lifetime make no sense.
            WrongStateError: If there are too many contributions, or the component takes no commands.
            UnavailableError: If a fault keeps clients from the component.
        """
        ranges = tuple((lower, upper) for lower, upper in bounds)
        command = AugmentBounds(component_id, metric, ranges, lifetime_s, token)
        lapse_us: int = self._executor.execute(command)
        return lapse_us

    def clear_bounds(self, component_id: int, metric: Metric | None, token: str) -> None:
        """Take back the bounds that came with a token; nothing happens if there are none.

        Raises:
            UnknownComponentError: If the site has no such component.
            UnavailableError: If a fault keeps clients from the component.
        """
        self._executor.execute(ClearBounds(component_id, metric, token))

    def start(self, component_id: int) -> None:
        """Switch a component on; see `Lifecycle.start` for refusals besides those of `clear_bounds`."""
        self._executor.execute(Start(component_id))

    def standby(self, component_id: int) -> None:
        """Park an inverter; see `Lifecycle.standby` for refusals besides those of `clear_bounds`."""
        self._executor.execute(Standby(component_id))

    def stop(self, component_id: int) -> None:
        """Switch a component off; see `Lifecycle.stop` for refusals besides those of `clear_bounds`."""
        self._executor.execute(Stop(component_id))

    def acknowledge(self, component_id: int) -> None:
        """Clear what errors can be cleared; see `Lifecycle.acknowledge` for refusals beside those of `clear_bounds`."""
        self._executor.execute(Acknowledge(component_id))

    def request_on_its_way(self, component_id: int) -> Passage | None:
        """Return the way of a client's command to a component; None if it arrives at once."""
        key = self._keys.get(component_id)
        return None if key is None else self._line.request(key)

    def answer_on_its_way(self, component_id: int) -> Passage | None:
        """Return the way of a component's answer to a client; None if it arrives at once."""
        key = self._keys.get(component_id)
        return None if key is None else self._line.answer(key)

    async def read_up(self, patience_s: float) -> None:
        """Wait until clients have taken all frames, but not for long for those that do not read.

        Args:
            patience_s: Longest wait, by the event loop's clock [s].
        """
        waiting = [
            asyncio.ensure_future(subscription.taken())
            for listeners in self._subscriptions.values()
            for subscription in listeners
            if subscription.waiting
        ]
        if waiting:
            _, late = await asyncio.wait(waiting, timeout=patience_s)
            for task in late:
                task.cancel()

    def stream_count(self, component_id: int) -> int:
        """Return how many streams of a component's frames are open."""
        return len(self._subscriptions.get(component_id, ()))

    @property
    def has_subscribers(self) -> bool:
        """Whether a client receives telemetry."""
        return any(self._subscriptions.values()) or any(self._sensor_subscriptions.values())

    @property
    def has_requests(self) -> bool:
        """Whether a client waits for what becomes of its set-point."""
        return self._set_points.has_requests

    @property
    def backlog(self) -> int:
        """How many frames wait for the slowest client."""
        return max((one.waiting for some in self._subscriptions.values() for one in some), default=0)

    def close(self) -> None:
        """End all streams; the site is going down."""
        for listeners in chain(self._subscriptions.values(), self._sensor_subscriptions.values()):
            for subscription in list(listeners):
                subscription.end("the site is shutting down")
        self._set_points.close()
        self._line.close()

    def _key(self, component_id: int) -> str:
        key = self._keys.get(component_id)
        if key is None:
            known = named(sorted(self._keys))
            raise UnknownComponentError(f"no component has the id {component_id}; accepted: {known}")
        return key

    def _sensor_key(self, sensor_id: int) -> str:
        key = self._sensor_keys.get(sensor_id)
        if key is None:
            known = named(self._sensor_keys)
            raise UnknownComponentError(f"no sensor has the id {sensor_id}; accepted: {known}")
        return key

    def _handle(self, kind: type[C], carry_out: Callable[[C], object]) -> None:
        """Carry out commands of a kind, and refuse them as the component's maker does."""

        def answer(command: C) -> object:
            try:
                return carry_out(command)
            except CommandError as refused:
                key = self._keys.get(command.component_id)
                if key is not None and refused.refusal is not None and not refused.has_own_status:
                    refusals = self.site.components[key].refusals
                    refused.status = refusals.get(refused.refusal, refused.status)
                raise

        self._executor.handle(kind, answer)

    def _set_power(self, command: SetPower) -> PowerRequest:
        key = self._reached(command.component_id)
        if self._faults.is_hanging(key):
            return PowerRequest()
        return self._set_points.request(key, command, is_lost=self._faults.loses_command(key))

    def _augment_bounds(self, command: AugmentBounds) -> int:
        return self._bounds.augment(self._answering(command), command)

    def _clear_bounds(self, command: ClearBounds) -> None:
        self._bounds.clear(self._answering(command), command)

    def _on_fault(self, fault: Fault) -> None:
        if fault.kind is FaultKind.DROPPED:
            for subscription in list(self._subscriptions.get(self.site.components[fault.component].id, ())):
                subscription.end(fault.text or f"{fault.component} cannot be reached", fault.status)

    def _reached(self, component_id: int) -> str:
        """Return whom a command reaches."""
        key = self._key(component_id)
        self._faults.check_reachable(key, stream=False)
        return key

    def _answering(self, command: ClientCommand) -> str:
        """Return whom a command reaches, if it answers."""
        key = self._reached(command.component_id)
        if self._faults.is_hanging(key):
            raise UnavailableError(f"{key} does not answer; accepted: the same again once it does")
        return key

    def save(self) -> GatewayState:
        """Return what the gateway remembers, to restore later."""
        return GatewayState(
            self._set_points.save(),
            self._conditions.save(),
            self._bounds.save(),
            self._sequences.save(),
            self._sensors.save(),
            self._line.save(),
        )

    def restore(self, state: GatewayState) -> None:
        """Go on from a saved state."""
        self._set_points.restore(state.set_points)
        self._conditions.restore(state.conditions)
        self._line.restore(state.line)
        self._bounds.restore(state.bounds)
        self._sequences.restore(state.sequences)
        self._sensors.restore(state.sensors)

    def _schedule_sample(self) -> None:
        timetable = self._instruments.timetable
        if timetable is not None:
            following = bisect_right(timetable, self._engine.now_us)
            if following < len(timetable):
                self._engine.schedule(timetable[following], "sample by timetable")
            return
        interval_us = max(1, self._clock.span_us(self.site.telemetry.interval_s))
        self._engine.schedule(self._engine.now_us + interval_us, "sample")

    def _sample(self) -> None:
        """Let every component report, those of large sites in turns until the next sampling."""
        self._schedule_sample()
        self._plant.advance(self._engine.now_us)
        if self._frame_listeners or self._instruments.timetable is not None:
            frames = self._push(self._keys)
            for listener in self._frame_listeners:
                listener(self._engine.now_us, frames)
        else:
            self._push(self._turns[0])
            interval_us = self._clock.span_us(self.site.telemetry.interval_s)
            for turn in range(1, len(self._turns)):
                later_us = self._engine.now_us + interval_us * turn // len(self._turns)
                self._engine.schedule(later_us, "sample turn", turn)
        self._sensors.follow()
        for sensor_id, listeners in self._sensor_subscriptions.items():
            if listeners:
                frame = self.sensor_frame(sensor_id)
                for subscription in listeners:
                    subscription.push(frame)

    def _sample_turn(self, turn: int) -> None:
        self._plant.advance(self._engine.now_us)
        self._push(self._turns[turn])

    def _push(self, component_ids: Iterable[int]) -> list[Frame]:
        """Notice how components are, and push the frames of those to which somebody listens: of all, if to all."""
        now_us = self._clock.stamp_us(self._engine.now_us)
        frames = []
        for number in component_ids:
            key = self._keys[number]
            if self._frame_listeners or self._subscriptions.get(number) or self._faults.collects(key):
                frame = self._sampled(key, now_us)
                if frame is not None:
                    frames.append(frame)
            elif (told := self._instruments.told(key)) is not None:
                self._conditions.notice(key, told)
        for frame in frames:
            self._line.send(self._keys[frame.component_id], frame)
        return frames

    def _deliver(self, frame: Frame) -> None:
        subscriptions = self._subscriptions.get(frame.component_id)
        if subscriptions:
            for subscription in subscriptions:
                subscription.push(frame)
            self.deliveries.tell(frame)

    def _sampled(self, key: str, stamp_us: int) -> Frame | None:
        """Return the frame of what a component reports at a sampling; None if it says nothing then."""
        reading = self._instruments.sample(key)
        if reading is None:
            return None
        true = reading.told
        since_us = self._conditions.notice(key, true)
        reported = self._faults.report(key, reading, stamp_us)
        if reported is None:
            return None
        if reported[0] is reading:
            self._conditions.show_truth(key)
        else:
            since_us = self._conditions.show(key, true, reported[0].told, since_us)
        return self._frame(key, *reported, since_us)

    def _frame(self, key: str, reading: Reading, stamp_us: int, since_us: int) -> Frame:
        return Frame(
            component_id=self.site.components[key].id,
            sample_time_us=stamp_us,
            values=reading.values,
            bounds=reading.bounds,
            states=reading.states,
            state_since_us=self._clock.stamp_us(since_us),
            warnings=reading.warnings,
            errors=reading.errors,
        )


def _opened(subscriptions: dict[int, list[Subscription]], number: int) -> Subscription:
    listeners = subscriptions.setdefault(number, [])
    subscription = Subscription(on_close=listeners.remove)
    listeners.append(subscription)
    return subscription
