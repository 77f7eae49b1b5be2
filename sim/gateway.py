"""What the Microgrid API promises, in domain terms, once for all its versions.

Clients see the site through this object alone: identity and graph, frames of telemetry, set-points with their
lifetimes. Everything here happens on one event loop and in simulated time.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import NamedTuple

from .clock import Clock
from .engine import Engine
from .exchange import (
    ComponentInfo,
    Frame,
    UnknownComponentError,
)
from .faults import Faults
from .graph import connections
from .identity import describe
from .listening import Event, EventListener, FrameListener
from .measure import Instruments, Reading
from .plant import Plant
from .set_points import SetPoints, SetPointsState
from .site import Site
from .streams import PowerRequest, Subscription
from .vocabulary import Category, Diagnostic, PowerType, StateCode


class Condition(NamedTuple):
    """States, warnings and errors of a component, and since when."""

    states: tuple[StateCode, ...]
    warnings: tuple[Diagnostic, ...]
    errors: tuple[Diagnostic, ...]
    since_us: int


class GatewayState(NamedTuple):
    """What a gateway remembers."""

    set_points: SetPointsState
    conditions: dict[str, Condition]
    """By key."""


class Gateway:
    """A running site as clients see it."""

    def __init__(
        self,
        plant: Plant,
        engine: Engine,
        clock: Clock,
        instruments: Instruments,
        faults: Faults,
        *,
        sync: Callable[[], None],
    ) -> None:
        """Open a gateway to a plant.

        Args:
            plant: The hardware.
            engine: Whose agenda carries lifetimes and sampling.
            clock: How simulated time meets the clients' time.
            instruments: Which read the plant.
            faults: What is broken between the plant and the clients.
            sync: Brings the engine to the present; called before a client's command counts.
        """
        self.site: Site = plant.site
        self._plant = plant
        self._engine = engine
        self._clock = clock
        self._sync = sync
        self._keys = {component.id: key for key, component in self.site.components.items()}
        self._infos = {component.id: describe(plant, key) for key, component in self.site.components.items()}
        self._connections = connections(self.site)
        self._instruments = instruments
        self._faults = faults
        self._subscriptions: dict[int, list[Subscription]] = {}
        self._frame_listeners: list[FrameListener] = []
        self._event_listeners: list[EventListener] = []
        self._conditions: dict[str, Condition] = {}
        self._set_points = SetPoints(plant, engine, clock, self.tell)
        faults.on_drop = self._drop_streams
        engine.handle("sample", self._sample)
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

    def subscribe(self, component_id: int) -> Subscription:
        """Open a stream of the frames of a component.

        Raises:
            UnknownComponentError: If the site has no such component.
            UnavailableError: If a fault keeps clients from it.
        """
        self._faults.check_reachable(self._key(component_id), stream=True)
        listeners = self._subscriptions.setdefault(component_id, [])
        subscription = Subscription(on_close=listeners.remove)
        listeners.append(subscription)
        return subscription

    def listen_to_frames(self, listener: FrameListener) -> Callable[[], None]:
        """Let somebody see one frame of every component at every sampling; returns how to stop it."""
        self._frame_listeners.append(listener)
        return lambda: self._frame_listeners.remove(listener)

    def listen_to_events(self, listener: EventListener) -> Callable[[], None]:
        """Let somebody see everything that happens to the site; returns how to stop it."""
        self._event_listeners.append(listener)
        return lambda: self._event_listeners.remove(listener)

    def tell(self, kind: str, subject: str, **details: object) -> None:
        """Tell all listeners that something happened.

        Args:
            kind: What happened, such as `set-point accepted`.
            subject: Key of the component that it happened to.
            **details: Plain values.
        """
        event = Event(self._engine.now_us, kind, subject, details)
        for listener in self._event_listeners:
            listener(event)

    def frame(self, component_id: int) -> Frame:
        """Return what a component reports now, faults aside.

        Raises:
            UnknownComponentError: If the site has no such component.
        """
        key = self._key(component_id)
        self._plant.advance(self._engine.now_us)
        return self._frame(key, self._instruments.read(key), self._clock.stamp_us(self._engine.now_us))

    def set_power(
        self, component_id: int, power_type: PowerType, power: float, lifetime_s: int | None
    ) -> PowerRequest:
        """Give a component a set-point for a while.

        Args:
            component_id: Of an inverter.
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
        self._sync()
        self._plant.advance(self._engine.now_us)
        key = self._key(component_id)
        self._faults.check_reachable(key, stream=False)
        if self._faults.is_hanging(key):
            return PowerRequest()
        return self._set_points.request(key, power_type, power, lifetime_s)

    def close(self) -> None:
        """End all streams; the site is going down."""
        for listeners in self._subscriptions.values():
            for subscription in list(listeners):
                subscription.end("the site is shutting down")
        self._set_points.close()

    def _key(self, component_id: int) -> str:
        key = self._keys.get(component_id)
        if key is None:
            known = ", ".join(str(number) for number in sorted(self._keys)[:20])
            more = ", …" if len(self._keys) > 20 else ""
            raise UnknownComponentError(f"no component has the id {component_id}; known ids: {known}{more}")
        return key

    def save(self) -> GatewayState:
        """Return what the gateway remembers, to restore later."""
        return GatewayState(self._set_points.save(), dict(self._conditions))

    def restore(self, state: GatewayState) -> None:
        """Go on from a saved state."""
        self._set_points.restore(state.set_points)
        self._conditions = dict(state.conditions)

    def _schedule_sample(self) -> None:
        interval_us = max(1, self._clock.span_us(self.site.telemetry.interval_s))
        self._engine.schedule(self._engine.now_us + interval_us, "sample")

    def _sample(self) -> None:
        self._schedule_sample()
        self._plant.advance(self._engine.now_us)
        everybody = {number: listeners for number, listeners in self._subscriptions.items() if listeners}
        frames = self._frames(self._keys if self._frame_listeners else everybody)
        for frame in frames:
            for subscription in everybody.get(frame.component_id, ()):
                subscription.push(frame)
        for listener in self._frame_listeners:
            listener(self._engine.now_us, frames)

    def _frames(self, component_ids: Iterable[int]) -> list[Frame]:
        now_us = self._clock.stamp_us(self._engine.now_us)
        frames = []
        for component_id in component_ids:
            key = self._keys[component_id]
            reported = self._faults.report(key, self._instruments.read(key), now_us)
            if reported is not None:
                frames.append(self._frame(key, *reported))
        return frames

    def _frame(self, key: str, reading: Reading, stamp_us: int) -> Frame:
        condition = self._conditions.get(key)
        reported = (reading.states, reading.warnings, reading.errors)
        if condition is None or condition[:3] != reported:
            condition = Condition(*reported, self._engine.now_us)
            self._conditions[key] = condition
            self.tell("state", key, states=" ".join(reading.states))
        return Frame(
            component_id=self.site.components[key].id,
            sample_time_us=stamp_us,
            values=reading.values,
            bounds=reading.bounds,
            states=reading.states,
            state_since_us=self._clock.stamp_us(condition.since_us),
            warnings=reading.warnings,
            errors=reading.errors,
        )

    def _drop_streams(self, key: str) -> None:
        for subscription in list(self._subscriptions.get(self.site.components[key].id, ())):
            subscription.end(f"{key} cannot be reached")
