"""Set-points: who may be told what, for how long, and what becomes of it.

A request has succeeded once its device has come to the set-point, and has failed once it is settled elsewhere, such as
held off by a grid code. Until then, and for as long as that takes, the device is on its way: it waits for its response
delay, ramps, follows a lag, or regains its power after a reconnection. A set-point that is still on its way when it
lapses has failed then.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, NamedTuple

from ..components.lapse import LapseKind
from ..components.section import Lapsing
from ..domain.commands import SetPower
from ..domain.messages import (
    CommandError,
    InvalidArgumentError,
    OutOfBoundsError,
    PowerUpdate,
    RequestStatus,
    UnsupportedError,
)
from ..domain.metrics import Metric, PowerType
from ..domain.ranges import AS_SENT, Bounds, Ranges, is_allowed, merged
from ..engine.agenda import Engine, Entry, check_awaited, value_of
from ..engine.clock import FASTEST, Clock
from ..engine.events import Events
from ..files.problems import with_article
from ..plant.plant import Plant
from ..plant.set_points import minimum_as_sent_w
from ..plant.state_check import check_known
from ..telemetry.power_bounds import METRIC_OF, accepted_ranges, allowed_ranges, ends_of, shown_ranges
from .lifetimes import OF_SET_POINTS
from .readiness import check_ready, check_takes_commands, offered
from .sequences import Sequences
from .subscriptions import PowerRequest

UNANSWERED_S = 50.0
"""After this a request has failed whose set-point did not reach its device; clients hang up after 60 s [s]."""
BOUNDS_TOLERANCE = 0.01
"""Bounds move while a command is on its way; this much beyond them, of the rating, is accepted and cut [1].

Of a battery of 10 kWh behind 30 kW they move by up to 0.8 % of the rating in a second, where it gets full or empty.
Neither the rating nor what clients have left moves, so nothing beyond these is. What capacitors give at their rating
moves by the square of the voltage, so of theirs it is twice as much, beyond the rating as well.
"""
_PROGRESS_PERIOD_S = 0.1
Axis = tuple[str, PowerType]
AxisName = Annotated[str, value_of(PowerType)]
"""What a set-point acts on: a component's key and one of its powers."""


class SetPoint(NamedTuple):
    """A set-point in force."""

    power: float
    expiry: int
    """Agenda number of its end."""
    reached: bool = False
    """Whether the device has come to it."""


class SetPointsState(NamedTuple):
    """What is remembered of set-points."""

    in_force: tuple[tuple[str, PowerType, SetPoint], ...]
    """Key, axis, set-point."""
    last_lost: int = 0
    """Number of the last one that did not reach its device."""


class SetPoints:
    """All set-points of a site that are in force, and the requests that are on their way."""

    def __init__(
        self, plant: Plant, engine: Engine, clock: Clock, events: Events, sequences: Sequences
    ) -> None:
        """Start without set-points.

        Args:
            plant: Whose devices take them.
            engine: Whose agenda carries their ends.
            clock: How simulated time meets the clients' time.
            events: Where to tell what happens.
            sequences: Wake a component that is in standby.
        """
        self._plant = plant
        self._engine = engine
        self._clock = clock
        self._events = events
        self._sequences = sequences
        self._in_force: dict[Axis, SetPoint] = {}
        self._requests: dict[Axis, PowerRequest] = {}
        self._lost: dict[int, PowerRequest] = {}
        """Requests for set-points that did not reach their devices."""
        self._last_lost = 0
        longest_s = float(OF_SET_POINTS.longest_s)
        engine.handle("lost set-point ends", self._end_lost, within_s=UNANSWERED_S * FASTEST, ends=True)
        engine.handle("set-point lapses", self._lapse, within_s=longest_s, promised=True, ends=True)
        engine.handle("set-point progress", self._check_progress, within_s=_PROGRESS_PERIOD_S, promised=True)

    def request(self, key: str, command: SetPower, *, is_lost: bool = False) -> PowerRequest:
        """Take a set-point for a component, or refuse it; see `Gateway.set_power`.

        Args:
            key: Of the component.
            command: What it is told.
            is_lost: Whether the set-point is accepted, but does not reach the device.
        """
        power_type, power, lifetime_s = command.power_type, command.power, command.lifetime_s
        try:
            self._check(key, power_type, power, lifetime_s)
        except CommandError as error:
            self._events.report(
                "set-point refused", key, axis=power_type.value, power=power, reason=str(error)
            )
            raise
        lifetime_us = self._clock.span_us(OF_SET_POINTS.or_default_s(lifetime_s))
        due_us = self._engine.promised_us(lifetime_us)
        return self._lose(key, command, due_us) if is_lost else self._accept(key, power_type, power, due_us)

    def save(self) -> SetPointsState:
        """Return all set-points in force."""
        in_force = tuple((*axis, set_point) for axis, set_point in self._in_force.items())
        return SetPointsState(in_force, self._last_lost)

    def check(self, state: SetPointsState, agenda: Mapping[int, Entry]) -> None:
        """Refuse set-points of what takes none, and those without an end on an agenda.

        Raises:
            ValueError: Names the first one.
        """
        check_known("gateway.set_points", (key for key, *_ in state.in_force), self._plant.controlled)
        for key, axis, one in state.in_force:
            place = f"gateway.set_points.{key}"
            check_awaited(place, agenda.get(one.expiry), "set-point lapses", key, PowerType(axis).value)

    def restore(self, state: SetPointsState) -> None:
        """Go on with saved set-points; requests of clients that wait for an answer end."""
        self.close()
        self._requests.clear()
        self._lost.clear()
        self._last_lost = state.last_lost
        self._in_force = {
            (key, PowerType(power_type)): set_point for key, power_type, set_point in state.in_force
        }

    @property
    def has_requests(self) -> bool:
        """Whether requests are on their way."""
        return bool(self._requests or self._lost)

    def take_again(self, key: str, metric: Metric) -> None:
        """Let a device take its set-point of a power anew, since clients leave it something else."""
        for power_type in PowerType:
            set_point = self._in_force.get((key, power_type))
            if set_point is not None and METRIC_OF[power_type] is metric:
                self._plant.set_points.take_again(key, power_type, set_point.power)

    def revoke(self, key: str) -> None:
        """Take back all set-points of a component; requests that are on their way have failed.

        What has taken the place of one that lapsed goes with them.
        """
        component = self._plant.site.components[key]
        if isinstance(component, Lapsing) and component.on_lapse.kind is not LapseKind.RELEASE:
            self._plant.set_points.send(key, PowerType.ACTIVE, None)
        for power_type in PowerType:
            self._withdraw((key, power_type), RequestStatus.FAILED)

    def close(self) -> None:
        """End all requests that are on their way; the site is going down."""
        for request in (*self._requests.values(), *self._lost.values()):
            request.end("the site is shutting down")

    def _check(self, key: str, power_type: PowerType, power: float, lifetime_s: int | None) -> None:
        component = self._plant.site.components[key]
        rating = self._plant.equipment.ratings.get(key)
        if rating is None:
            is_battery = key in self._plant.equipment.batteries
            accepted_by = (
                "the inverter in front of it" if is_battery else offered(self._plant, self._plant.controlled)
            )
            raise UnsupportedError(
                f"{key} is {with_article(component.category)} and takes no set-points; accepted: {accepted_by}"
            )
        if rating.of(power_type) is None:
            raise UnsupportedError(
                f"{key} is {with_article(component.category)} and takes no set-points of {power_type.value} power; "
                "accepted: of the other kind"
            )
        if not math.isfinite(power):
            raise InvalidArgumentError(f"power is {power}; accepted: a finite number")
        OF_SET_POINTS.check(lifetime_s)
        check_takes_commands(self._plant, key)
        check_ready(self._plant, key)
        shown = shown_ranges(self._plant, key, METRIC_OF[power_type])
        if is_allowed(power, shown, AS_SENT * abs(power)):
            return
        accepted, now = accepted_ranges(self._plant, key, power_type), self._plant.capability.rating_now(key)
        # Only edges that move with sun, cells, voltage and time deserve a tolerance: those that clients set, the
        # rating, and 0 for one way, do not.
        slack = BOUNDS_TOLERANCE * rating.size
        is_of_capacitors = power_type is PowerType.REACTIVE and rating.step_var > 0.0
        slack = 2.0 * slack if is_of_capacitors else slack
        least_w = 0.0
        if power_type is PowerType.ACTIVE:
            # What the sun alone makes moves with it, so the minimum beyond it begins only a tolerance farther.
            least_w = minimum_as_sent_w(now, power if power > 0.0 else min(power + slack, 0.0))
        ends = ends_of(rating.of(power_type), accepted, slack if is_of_capacitors else 0.0)
        left = allowed_ranges(self._plant, key, METRIC_OF[power_type])
        can_be = all(
            is_allowed(power, each, AS_SENT * abs(power)) for each in ((ends,), left) if each is not None
        )
        is_within = can_be and is_allowed(power, accepted, slack)
        if power != 0.0 and (abs(power) < least_w or not is_within):
            unit = "W" if power_type is PowerType.ACTIVE else "var"
            raise OutOfBoundsError(
                f"{power_type.value} power of {key} is {power:g} {unit}; "
                f"accepted: {_written(merged((*shown, *accepted)), unit)}"
            )

    def _accept(self, key: str, power_type: PowerType, power: float, due_us: int) -> PowerRequest:
        axis = (key, power_type)
        self._finish(axis, RequestStatus.OVERRIDDEN)
        former = self._in_force.get(axis)
        if former is not None:
            self._engine.cancel(former.expiry)
        expiry = self._engine.schedule(due_us, "set-point lapses", key, power_type.value)
        self._in_force[axis] = SetPoint(power, expiry)
        self._sequences.wake(key)
        self._plant.set_points.send(key, power_type, power)
        self._events.report("set-point accepted", key, axis=power_type.value, power=power, until_us=due_us)

        request = PowerRequest()
        request.push(PowerUpdate(RequestStatus.ACCEPTED, self._clock.stamp_us(due_us)))
        self._requests[axis] = request
        self._check_progress(key, power_type.value, expiry)
        return request

    def _lose(self, key: str, command: SetPower, due_us: int) -> PowerRequest:
        """Accept a set-point that has no effect, not even on the one before; the request fails in the end."""
        axis = command.power_type.value
        self._events.report("set-point accepted", key, axis=axis, power=command.power, until_us=due_us)
        self._events.report("command lost", key, command="set-point", axis=axis, power=command.power)
        request = PowerRequest()
        request.push(PowerUpdate(RequestStatus.ACCEPTED, self._clock.stamp_us(due_us)))
        self._last_lost += 1
        self._lost[self._last_lost] = request
        give_up_us = min(self._engine.now_us + self._clock.span_us(UNANSWERED_S), due_us)
        self._engine.schedule(give_up_us, "lost set-point ends", key, axis, self._last_lost)
        return request

    def _end_lost(self, key: str, axis: str, number: int) -> None:
        # Nobody waits any more for what a snapshot had on its way.
        request = self._lost.pop(number, None)
        if request is not None:
            status = RequestStatus.FAILED
            request.push(PowerUpdate(status))
            self._events.report("set-point ended", key, axis=axis, status=status.value)

    def _check_progress(self, key: str, axis_name: AxisName, expiry: int) -> None:
        axis = (key, PowerType(axis_name))
        set_point = self._in_force.get(axis)
        if set_point is None or set_point.expiry != expiry:
            return
        self._plant.advance_to_look(self._engine.now_us)
        if self._plant.tracking.is_settled(key):
            if self._plant.tracking.has_reached(*axis):
                self._in_force[axis] = set_point._replace(reached=True)
                self._finish(axis, RequestStatus.SUCCESS)
            else:
                self._withdraw(axis, RequestStatus.FAILED)
        else:
            later_us = self._engine.now_us + self._clock.span_us(_PROGRESS_PERIOD_S)
            self._engine.schedule(later_us, "set-point progress", key, axis_name, expiry)

    def _lapse(self, key: str, axis_name: AxisName) -> None:
        self._events.report("set-point lapsed", key, axis=axis_name)
        self._plant.advance(self._engine.now_us)
        axis = (key, PowerType(axis_name))
        self._withdraw(axis, RequestStatus.FAILED, instead=self._after_lapse(axis))

    def _after_lapse(self, axis: Axis) -> float | None:
        """Return the set-point that takes the place of one that lapses; None for what the device does by itself."""
        key, power_type = axis
        component, set_point = self._plant.site.components[key], self._in_force.get(axis)
        if power_type is PowerType.REACTIVE or set_point is None or not isinstance(component, Lapsing):
            return None
        return component.on_lapse.instead_of(set_point.power)

    def _withdraw(self, axis: Axis, status: RequestStatus, *, instead: float | None = None) -> None:
        set_point = self._in_force.pop(axis, None)
        if set_point is not None:
            self._engine.cancel(set_point.expiry)
            self._plant.set_points.send(*axis, instead)
        self._finish(axis, status)

    def _finish(self, axis: Axis, status: RequestStatus) -> None:
        request = self._requests.pop(axis, None)
        if request is None:
            return
        valid_until_us = None
        if status is RequestStatus.SUCCESS:
            due_us = self._engine.due_us(self._in_force[axis].expiry)
            valid_until_us = None if due_us is None else self._clock.stamp_us(due_us)
        request.push(PowerUpdate(status, valid_until_us))
        self._events.report("set-point ended", axis[0], axis=axis[1].value, status=status.value)


def _written(accepted: Ranges, unit: str) -> str:
    """Return what a set-point may be, of which 0 is always one, in whole units."""
    rounded = merged(Bounds(*(float(f"{edge:.0f}") + 0.0 for edge in bounds)) for bounds in accepted)
    ranges = [
        f"{lower:.0f} {unit}" if lower == upper else f"{lower:.0f} to {upper:.0f} {unit}"
        for lower, upper in rounded
    ]
    return " or ".join(ranges if is_allowed(0.0, rounded, 0.0) else ["0", *ranges])
