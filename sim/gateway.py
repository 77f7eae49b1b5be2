"""What the Microgrid API promises, in domain terms, once for all its versions.

Clients see the site through this object alone: identity and graph, frames of telemetry, set-points with their
lifetimes. Everything here happens on one event loop and in simulated time.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from typing import NamedTuple

from .clock import Clock
from .engine import Engine
from .exchange import (
    CommandError,
    ComponentInfo,
    Frame,
    InvalidArgumentError,
    OutOfBoundsError,
    PowerUpdate,
    RequestStatus,
    UnknownComponentError,
    UnsupportedError,
    WrongStateError,
)
from .graph import connections
from .identity import describe
from .listening import Event, EventListener, FrameListener
from .measure import Instruments, Reading
from .plant import Plant
from .site import Battery, BatteryInverter, PvInverter, Site
from .streams import PowerRequest, Subscription
from .vocabulary import Bounds, Category, OperationalMode, PowerType

DEFAULT_LIFETIME_S = 60
SHORTEST_LIFETIME_S = 10
LONGEST_LIFETIME_S = 900
"""Lifetimes of set-points that the API text names [s]."""
PATIENCE_S = 50.0
"""A request that has not reached its target by then has failed; clients hang up after 60 s [s]."""
BOUNDS_TOLERANCE = 0.01
"""Bounds move while a command is on its way; this much beyond them, of the rating, is accepted and cut [1]."""
_PROGRESS_PERIOD_S = 0.1


class SetPoint(NamedTuple):
    """A set-point in force."""

    power: float
    expiry: int
    """Agenda number of its end."""
    due_us: int


class Gateway:
    """A running site as clients see it."""

    def __init__(self, plant: Plant, engine: Engine, clock: Clock, *, sync: Callable[[], None]) -> None:
        """Open a gateway to a plant.

        Args:
            plant: The hardware.
            engine: Whose agenda carries lifetimes and sampling.
            clock: How simulated time meets the clients' time.
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
        self._instruments = Instruments(plant)
        self._subscriptions: dict[int, list[Subscription]] = {}
        self._frame_listeners: list[FrameListener] = []
        self._event_listeners: list[EventListener] = []
        self._last_states: dict[int, tuple[object, int]] = {}
        self._set_points: dict[tuple[str, PowerType], SetPoint] = {}
        self._requests: dict[tuple[str, PowerType], PowerRequest] = {}
        self._interval_us = max(1, clock.span_us(self.site.telemetry.interval_s))
        engine.handle("sample", self._sample)
        engine.handle("set-point lapses", self._lapse)
        engine.handle("set-point progress", self._check_progress)
        engine.schedule(engine.now_us + self._interval_us, "sample")

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
        """
        self._key(component_id)
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
        """Return what a component reports now.

        Raises:
            UnknownComponentError: If the site has no such component.
        """
        key = self._key(component_id)
        self._plant.advance(self._engine.now_us)
        return self._frame(component_id, self._instruments.read(key))

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
        """
        self._sync()
        self._plant.advance(self._engine.now_us)
        key = self._key(component_id)
        try:
            self._check_command(key, power_type, power, lifetime_s)
        except CommandError as error:
            self.tell("set-point refused", key, axis=power_type.value, power=power, reason=str(error))
            raise
        lifetime_us = self._clock.span_us(DEFAULT_LIFETIME_S if lifetime_s is None else lifetime_s)
        return self._accept(key, power_type, power, self._engine.now_us + lifetime_us)

    def close(self) -> None:
        """End all streams; the site is going down."""
        for listeners in self._subscriptions.values():
            for subscription in list(listeners):
                subscription.end("the site is shutting down")
        for request in self._requests.values():
            request.end("the site is shutting down")

    def _key(self, component_id: int) -> str:
        key = self._keys.get(component_id)
        if key is None:
            known = ", ".join(str(number) for number in sorted(self._keys)[:20])
            more = ", …" if len(self._keys) > 20 else ""
            raise UnknownComponentError(f"no component has the id {component_id}; known ids: {known}{more}")
        return key

    # Telemetry

    def _sample(self) -> None:
        self._engine.schedule(self._engine.now_us + self._interval_us, "sample")
        self._plant.advance(self._engine.now_us)
        everybody = {
            component_id: listeners for component_id, listeners in self._subscriptions.items() if listeners
        }
        wanted = self._keys if self._frame_listeners else everybody
        frames = [self._frame(number, self._instruments.read(self._keys[number])) for number in wanted]
        for frame in frames:
            for subscription in everybody.get(frame.component_id, ()):
                subscription.push(frame)
        for listener in self._frame_listeners:
            listener(self._engine.now_us, frames)

    def _frame(self, component_id: int, reading: Reading) -> Frame:
        stamp_us = self._clock.stamp_us(self._engine.now_us)
        condition = (reading.states, reading.warnings, reading.errors)
        last, since_us = self._last_states.get(component_id, (None, stamp_us))
        if condition != last:
            since_us = stamp_us
            self._last_states[component_id] = (condition, since_us)
        return Frame(
            component_id=component_id,
            sample_time_us=stamp_us,
            values=reading.values,
            bounds=reading.bounds,
            states=reading.states,
            state_since_us=since_us,
            warnings=reading.warnings,
            errors=reading.errors,
        )

    # Set-points

    def _check_command(self, key: str, power_type: PowerType, power: float, lifetime_s: int | None) -> None:
        component = self.site.components[key]
        if not isinstance(component, BatteryInverter | PvInverter):
            hint = "; send it to the inverter in front of it" if isinstance(component, Battery) else ""
            raise UnsupportedError(f"{key} is a {component.category.value} and takes no set-points{hint}")
        if not math.isfinite(power):
            raise InvalidArgumentError(f"power is {power}; accepted: a finite number")
        if lifetime_s is not None and not SHORTEST_LIFETIME_S <= lifetime_s <= LONGEST_LIFETIME_S:
            raise InvalidArgumentError(
                f"request_lifetime is {lifetime_s} s; "
                f"accepted: {SHORTEST_LIFETIME_S} s to {LONGEST_LIFETIME_S} s, or none for {DEFAULT_LIFETIME_S} s"
            )
        if component.operational_mode in (OperationalMode.INACTIVE, OperationalMode.TELEMETRY_ONLY):
            raise WrongStateError(
                f"{key} takes no commands: its operational mode is {component.operational_mode}"
            )
        bounds = self._command_bounds(key, power_type)
        slack = BOUNDS_TOLERANCE * self._plant.inverter_params[key].rated_power_w
        if power != 0.0 and not Bounds(bounds.lower - slack, bounds.upper + slack).contains(power):
            unit = "W" if power_type is PowerType.ACTIVE else "var"
            raise OutOfBoundsError(
                f"{power_type.value} power of {key} is {power:g} {unit}; "
                f"accepted: 0 or {bounds.lower:.0f} to {bounds.upper:.0f} {unit}"
            )

    def _command_bounds(self, key: str, power_type: PowerType) -> Bounds:
        params = self._plant.inverter_params[key]
        if power_type is PowerType.REACTIVE:
            return Bounds(-params.rated_apparent_power_va, params.rated_apparent_power_va)
        if isinstance(self.site.components[key], PvInverter):
            # A curtailment beyond what the sun offers now is still a sensible limit.
            return Bounds(-params.rated_power_w, 0.0)
        return self._plant.active_power_bounds(key)

    def _accept(self, key: str, power_type: PowerType, power: float, due_us: int) -> PowerRequest:
        axis = (key, power_type)
        self._finish(axis, RequestStatus.OVERRIDDEN)
        former = self._set_points.get(axis)
        if former is not None:
            self._engine.cancel(former.expiry)
        expiry = self._engine.schedule(due_us, "set-point lapses", key, power_type)
        self._set_points[axis] = SetPoint(power, expiry, due_us)
        self._plant.send_set_point(key, power_type, power)
        self.tell("set-point accepted", key, axis=power_type.value, power=power, until_us=due_us)

        request = PowerRequest()
        request.push(PowerUpdate(RequestStatus.ACCEPTED, self._clock.stamp_us(due_us)))
        self._requests[axis] = request
        give_up_us = self._engine.now_us + self._clock.span_us(PATIENCE_S)
        self._check_progress(key, power_type, expiry, give_up_us)
        return request

    def _check_progress(self, key: str, power_type: PowerType, expiry: int, give_up_us: int) -> None:
        axis = (key, power_type)
        if axis not in self._requests or self._set_points[axis].expiry != expiry:
            return
        self._plant.advance(self._engine.now_us)
        if not self._plant.is_settled(key):
            if self._engine.now_us >= give_up_us:
                self._withdraw(axis, RequestStatus.FAILED)
                return
            later_us = self._engine.now_us + self._clock.span_us(_PROGRESS_PERIOD_S)
            self._engine.schedule(later_us, "set-point progress", key, power_type, expiry, give_up_us)
        elif self._plant.has_reached(key, power_type):
            self._finish(axis, RequestStatus.SUCCESS)
        else:
            self._withdraw(axis, RequestStatus.FAILED)

    def _lapse(self, key: str, power_type: PowerType) -> None:
        self.tell("set-point lapsed", key, axis=power_type.value)
        self._plant.advance(self._engine.now_us)
        self._withdraw((key, power_type), RequestStatus.FAILED)

    def _withdraw(self, axis: tuple[str, PowerType], status: RequestStatus) -> None:
        set_point = self._set_points.pop(axis, None)
        if set_point is not None:
            self._engine.cancel(set_point.expiry)
            self._plant.send_set_point(*axis, None)
        self._finish(axis, status)

    def _finish(self, axis: tuple[str, PowerType], status: RequestStatus) -> None:
        request = self._requests.pop(axis, None)
        if request is None:
            return
        valid_until_us = None
        if status is RequestStatus.SUCCESS:
            valid_until_us = self._clock.stamp_us(self._set_points[axis].due_us)
        request.push(PowerUpdate(status, valid_until_us))
        self.tell("set-point ended", axis[0], axis=axis[1].value, status=status.value)
