"""What the Microgrid API promises, in domain terms, once for all its versions.

Clients see the site through this object alone: identity and graph, frames of telemetry, set-points with their
lifetimes. Everything here happens on one event loop and in simulated time.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from ..domain.categories import Category
from ..domain.commands import Acknowledge, AugmentBounds, ClearBounds, SetPower, Standby, Start, Stop
from ..domain.events import EventListener, FrameListener, IntervalListener
from ..domain.faults import Fault, FaultKind
from ..domain.messages import ComponentInfo, Frame, Reading, SensorInfo
from ..domain.metrics import Metric, PowerType, Wanted
from ..domain.ranges import OpenBounds
from ..engine.agenda import Engine, EngineState
from ..engine.clock import Clock
from ..engine.events import Events
from ..engine.executor import Executor
from ..faults.injector import Faults
from ..plant.plant import Plant
from ..plant.state_check import check_known, check_numbers
from ..site.site import Site
from ..telemetry.instruments import Instruments
from ..telemetry.sensors import Sensors
from .commands import Commands
from .component_frames import ComponentFrames
from .conditions import Conditions
from .directory import Directory
from .intervals import Intervals
from .line import Line, Passage
from .reporting import Reports
from .sampling import Sampling
from .sensor_frames import SensorFrames
from .state import GatewayState
from .streams import AllStreams
from .subscriptions import PowerRequest, Subscription


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
        self._executor = executor
        self._events = events
        self._faults = faults
        self._directory = directory = Directory(plant)
        self._streams = AllStreams()
        self.deliveries = self._streams.of_components.deliveries
        """Told of every sample that has come over the line to whoever listens to its component."""
        self._commands = Commands(plant, directory, engine, clock, faults, executor, events)
        self._reports = Reports(plant.site, engine, clock, plant.seed)
        self._line = Line(engine, faults, self._reports, self._deliver, plant.site, plant.seed)
        self._conditions = Conditions(engine, events)
        self._component_frames = ComponentFrames(
            directory,
            engine,
            clock,
            instruments,
            faults,
            self._conditions,
            self._streams.of_components,
            self._line,
            self._reports,
        )
        self._sensors = Sensors(plant)
        self._sensor_frames = SensorFrames(
            directory, engine, clock, self._sensors, self._streams.of_sensors, self._line, self._reports
        )
        self._sampling = Sampling(
            plant, directory, engine, clock, instruments, self._component_frames, self._sensor_frames
        )
        self.samplings = self._sampling.sent
        """Told of every sampling, of large sites of every turn, once its frames are sent: when it was due [µs]."""
        self._intervals = Intervals(
            plant, directory, clock, instruments, faults, self._component_frames, self._sampling
        )
        faults.begun.subscribe(self._on_fault)

    def components(
        self, ids: Collection[int] = (), categories: Collection[Category] | None = None
    ) -> list[ComponentInfo]:
        """List components; an empty filter lets all pass, and both must match.

        Args:
            ids: Of the components wanted; unknown ones match nothing.
            categories: Of the components wanted; None for all.
        """
        return self._directory.components(ids, categories)

    def connections(
        self, sources: Collection[int] = (), destinations: Collection[int] = ()
    ) -> list[tuple[int, int]]:
        """List connections as pairs of ids, the one nearer the grid first; filters as for `components`."""
        return self._directory.connections(sources, destinations)

    def sensors(self, ids: Collection[int] = ()) -> list[SensorInfo]:
        """List sensors; an empty filter lets all pass, and unknown ids match nothing."""
        return self._directory.sensors(ids)

    def follow_weather(self) -> None:
        """Let sensors that lag behind take in the weather until now, before something else drives it."""
        self._sensors.follow()

    def subscribe_sensor(self, sensor_id: int, wanted: Wanted = None) -> Subscription:
        """Open a stream of the frames of a sensor; see `subscribe`.

        Raises:
            UnknownComponentError: If the site has no such sensor.
        """
        self._directory.sensor_key(sensor_id)
        return self._streams.of_sensors.open(sensor_id, wanted)

    def subscribe(self, component_id: int, wanted: Wanted = None) -> Subscription:
        """Open a stream of the frames of a component.

        Args:
            component_id: Of the component.
            wanted: Metrics that the frames have at least: what nobody asks for need not be read.

        Raises:
            UnknownComponentError: If the site has no such component.
            UnavailableError: If a fault keeps clients from it.
        """
        self._faults.check_reachable(self._directory.key(component_id), stream=True)
        return self._streams.of_components.open(component_id, wanted)

    def listen_to_frames(self, listener: FrameListener) -> Callable[[], None]:
        """Let somebody see one frame of every component at every sampling; returns how to stop it."""
        return self._sampling.listen(listener)

    def listen_to_recorded_frames(self, listener: FrameListener) -> Callable[[], None]:
        """Show every sampling to somebody who writes it down, with times by a clock that nobody sets.

        Returns:
            How to stop it.
        """
        return self._intervals.listen_to_frames(listener)

    @property
    def is_recorded(self) -> bool:
        """Whether somebody writes down what is sampled."""
        return self._intervals.are_written

    def holds_means(self, *, extremes: bool = False) -> bool | None:
        """Say whether powers are to be written down as means; None of a replay that does not know what it has.

        Below `LEAST_INTERVAL_US` what clients receive is written down, to the bit.

        Args:
            extremes: Whether least and greatest powers are wanted, which stand beside means only.
        """
        return self._intervals.hold_means(extremes=extremes)

    def shown_windows(self) -> frozenset[int]:
        """Return the ids of meters that show means of windows longer than the intervals between samplings."""
        return self._intervals.shown_windows()

    def listen_to_intervals(
        self, listener: IntervalListener, *, extremes: bool = False
    ) -> Callable[[], None]:
        """Let somebody see every sampling when the next one is there, powers as means of the interval between.

        Times are by a clock that nobody sets, as for `listen_to_recorded_frames`.

        Args:
            listener: Is given the frames.
            extremes: Whether it is given least and greatest powers as well.

        Returns:
            How to stop it; the last frames come then, their powers NaN.
        """
        return self._intervals.listen(listener, extremes=extremes)

    def listen_to_events(self, listener: EventListener) -> Callable[[], None]:
        """Let somebody see everything that happens to the site; returns how to stop it."""
        return self._events.subscribe(listener)

    def frame(self, component_id: int) -> Frame:
        """Return what a component reports now, faults aside.

        Raises:
            UnknownComponentError: If the site has no such component.
        """
        self._directory.key(component_id)
        self._executor.bring_plant()
        return self._component_frames.now(component_id)

    def sampled_last(self, key: str) -> Reading | None:
        """Return what was read of a component at the last sampling, faults of measurement aside.

        Listeners to frames need not read it again.

        Args:
            key: Of the component.

        Returns:
            None if it was not read then, or not whole: nobody listened to all of it, or it reported nothing.
        """
        return self._component_frames.sampled_last(key)

    def sensor_frame(self, sensor_id: int) -> Frame:
        """Return what a sensor reports now.

        Raises:
            UnknownComponentError: If the site has no such sensor.
        """
        self._directory.sensor_key(sensor_id)
        self._executor.bring_plant()
        return self._sensor_frames.now(sensor_id)

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
        key = self._directory.keys.get(component_id)
        return None if key is None else self._line.request(key)

    def answer_on_its_way(self, component_id: int) -> Passage | None:
        """Return the way of a component's answer to a client; None if it arrives at once."""
        key = self._directory.keys.get(component_id)
        return None if key is None else self._line.answer(key)

    async def read_up(self, patience_s: float) -> None:
        """Wait until clients have taken all frames, but not for long for those that do not read.

        Args:
            patience_s: Longest wait, by the event loop's clock [s].
        """
        await self._streams.read_up(patience_s)

    def stream_count(self, component_id: int) -> int:
        """Return how many streams of a component's frames are open."""
        return self._streams.of_components.count(component_id)

    @property
    def has_subscribers(self) -> bool:
        """Whether a client receives telemetry."""
        return self._streams.has_any

    @property
    def has_requests(self) -> bool:
        """Whether a client waits for what becomes of its set-point."""
        return self._commands.set_points.has_requests

    @property
    def backlog(self) -> int:
        """How many frames wait for the slowest client."""
        return self._streams.backlog

    def close(self) -> None:
        """End all streams; the site is going down."""
        self._streams.close()
        self._commands.set_points.close()
        self._line.close()

    def save(self) -> GatewayState:
        """Return what the gateway remembers, to restore later."""
        return GatewayState(
            self._commands.set_points.save(),
            self._conditions.save(),
            self._commands.bounds.save(),
            self._commands.sequences.save(),
            self._sensors.save(),
            self._line.save(),
            self._reports.save(),
        )

    def check(self, state: GatewayState, engine: EngineState) -> None:
        """Refuse what the gateway of another site remembers, or none beside an agenda.

        Raises:
            ValueError: Says where, what was found and what would be accepted.
        """
        check_numbers("gateway", state)
        self._commands.set_points.check(state.set_points, engine.agenda)
        self._commands.bounds.check(state.bounds, engine.agenda)
        self._commands.sequences.check(state.sequences, engine.agenda)
        self._sensors.check(state.sensors)
        self._reports.check(state.reports)
        conditions = (*state.conditions.true, *state.conditions.shown)
        check_known("gateway.conditions", conditions, self.site.components)
        self._line.check(state.line, engine)

    def restore(self, state: GatewayState) -> None:
        """Go on from a saved state, which `check` has seen."""
        self._commands.set_points.restore(state.set_points)
        self._conditions.restore(state.conditions)
        self._line.restore(state.line)
        self._commands.bounds.restore(state.bounds)
        self._commands.sequences.restore(state.sequences)
        self._sensors.restore(state.sensors)
        self._reports.restore(state.reports)

    def _deliver(self, key: str, frame: Frame) -> None:
        streams = self._streams.of_components if key in self.site.components else self._streams.of_sensors
        streams.deliver(frame)

    def _on_fault(self, fault: Fault) -> None:
        if fault.kind is FaultKind.DROPPED:
            number = self.site.components[fault.component].id
            self._streams.of_components.end(
                number, fault.text or f"{fault.component} cannot be reached", fault.status
            )
