"""Observations of telemetry, and set-points sent, as most checks need them."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

import grpc

from .api import Api, PowerCall
from .site import TAKING_THEIR_TIME, gives_what_is_offered
from .values import (
    Component,
    Metric,
    NotApplicable,
    PowerType,
    PowerUpdate,
    Range,
    Refusal,
    State,
    Telemetry,
    Violation,
)

FIRST_MESSAGE_S = 10.0
"""Time for the first message of a stream [s]."""
SETTLING_S = 20.0
"""Time for a device to come to a set-point that is not far away [s]."""
_LEAST_ROOM_W = 700.0
"""Least power of which the parts that are tried can be told from rest in spite of steps [W]."""
_STEP_W = 100.0
"""Devices floor what they are told to steps that nothing shows, of up to this [W]."""
_LEAST_REACTIVE_VAR = 100.0
_REACTIVE_MARGIN = 0.8
"""Part of a bound of reactive power that is asked for: the bound moves along with active power [1]."""
_LEAST_PART_OF_A_CHARGER = 0.4
"""Share of what an EV charger could draw, from which on it draws: 6 of 16 A; it pauses at less [1]."""
_LEAST_CURRENT_OF_A_CHARGER_A = 6.0
"""On each phase; cars cannot be told less by the pilot signal, IEC 61851-1 [A]."""
_NOMINAL_VOLTAGE_V = 230.0
_STEP_OF_A_CHARGER_W = 700.0
"""Many take whole amperes, on three phases [W]."""
_AT_REST_W = 100.0
_REST_TOLERANCE = 0.05
"""Part of a default power that sun and cars may take from it [1]."""
_REST_S = 8.0
"""Time for a device to come to rest after a check [s]."""
_P, _Q = Metric.AC_POWER_ACTIVE, Metric.AC_POWER_REACTIVE
_PHASE_POWERS, _PHASE_VOLTAGES = (27, 28, 29), (12, 13, 14)
_CLOCKS_S = 3.0
"""How far the clocks of server and client may differ when lifetimes are looked at [s]."""
LARGEST_CLOCK_SKEW_S = 10.0
"""Beyond which clients take telemetry for stale [s]."""
REFUSED_POWER = frozenset(
    {
        grpc.StatusCode.OUT_OF_RANGE,
        grpc.StatusCode.FAILED_PRECONDITION,
        grpc.StatusCode.INVALID_ARGUMENT,
    }
)
"""The codes that real servers are known to refuse a power with."""


def require(condition: object, complaint: str) -> None:
    """Complain unless a condition holds.

    Raises:
        Violation: If it does not.
    """
    if not condition:
        raise Violation(complaint)


def require_lifetime(expiry_s: float, lifetime_s: float, *, sent_s: float) -> None:
    """Complain unless a lifetime began between a request and its answer, which has just come; both may take long.

    Args:
        expiry_s: When it ends [s since the Unix epoch], by the server's clock.
        lifetime_s: As asked for [s].
        sent_s: When it was asked for [s since the Unix epoch].

    Raises:
        Violation: If it ends sooner or later.
    """
    answered_s = time.time()
    require(
        sent_s - _CLOCKS_S < expiry_s - lifetime_s < answered_s + _CLOCKS_S,
        f"a lifetime of {lifetime_s:g} s ends {expiry_s - sent_s:.1f} s after the request, "
        f"which was answered after {answered_s - sent_s:.1f} s",
    )


async def messages(api: Api, component_id: int, metrics: Sequence[int] | None, count: int) -> list[Telemetry]:
    """Return the first messages of a new stream.

    Raises:
        Violation: If it ends or falls silent before.
    """
    stream = api.telemetry(component_id, metrics)
    found: list[Telemetry] = []
    try:
        async with asyncio.timeout(FIRST_MESSAGE_S + 2.0 * count):
            async for message in stream:
                found.append(message)
                if len(found) == count:
                    return found
    except TimeoutError:
        raise Violation(f"component {component_id} sent {len(found)} of {count} messages in time") from None
    finally:
        stream.cancel()
    raise Violation(f"the telemetry stream of component {component_id} ended with OK")


async def observe(api: Api, component_id: int, metrics: Sequence[int] | None = None) -> Telemetry:
    """Return the first message of a new stream."""
    return (await messages(api, component_id, metrics, 1))[0]


async def eventually(
    api: Api,
    component_id: int,
    metrics: Sequence[int],
    holds: Callable[[Telemetry], bool],
    complaint: str,
    within_s: float = SETTLING_S,
) -> Telemetry:
    """Watch a component until something holds.

    Raises:
        Violation: If it does not in time.
    """
    stream = api.telemetry(component_id, metrics)
    last: Telemetry | None = None
    try:
        async with asyncio.timeout(within_s):
            async for last in stream:
                if holds(last):
                    return last
    except TimeoutError:
        pass
    finally:
        stream.cancel()
    raise Violation(f"{complaint} within {within_s:g} s (last seen: {_described(last)})")


async def arrives(
    api: Api, component: Component, metrics: Sequence[int], holds: Callable[[Telemetry], bool], complaint: str
) -> Telemetry:
    """Watch a component until it has come to what it was told.

    Raises:
        Violation: If it has not in time.
        NotApplicable: The same of an engine or the like, which has to start and to warm up.
    """
    try:
        return await eventually(api, component.id, metrics, holds, complaint)
    except Violation:
        if component.category in TAKING_THEIR_TIME:
            raise NotApplicable(
                f"component {component.id} ({component.category}) starts in its own time, not within {SETTLING_S:g} s"
            ) from None
        raise


async def throughout(
    api: Api,
    component_id: int,
    metrics: Sequence[int],
    holds: Callable[[Telemetry], bool],
    complaint: str,
    for_s: float,
) -> None:
    """Watch a component for a while, during which something must hold.

    Raises:
        Violation: If it once does not.
    """
    stream = api.telemetry(component_id, metrics)
    try:
        async with asyncio.timeout(for_s):
            async for message in stream:
                require(holds(message), f"{complaint} (seen: {_described(message)})")
    except TimeoutError:
        pass
    finally:
        stream.cancel()


async def refused(call: Awaitable[object], what: str) -> Refusal:
    """Return the refusal of a call.

    Raises:
        Violation: If it is not refused.
    """
    try:
        await call
    except Refusal as refusal:
        return refusal
    raise Violation(f"{what} was not refused")


async def power_answer(call: PowerCall) -> PowerUpdate:
    """Return the first answer to a set-power request; a rejection in the stream is a refusal too.

    Raises:
        Refusal: If it was refused.
        Violation: If there was none.
    """
    update = await call.read()
    if update is None:
        raise Violation("the answer to set-power ended with OK and without a message")
    if update.status == "REJECTED":
        raise Refusal(grpc.StatusCode.OK, "REJECTED in the stream")
    return update


async def power_refused(
    api: Api, component_id: int, power_type: int, power: float, lifetime_s: int | None = None
) -> Refusal:
    """Return the refusal of a set-point.

    Raises:
        Violation: If it is accepted.
    """
    what = f"{power:g} for component {component_id} with power type {power_type} and lifetime {lifetime_s} s"
    call = api.set_power(component_id, power_type, power, lifetime_s)
    try:
        return await refused(power_answer(call), what)
    finally:
        call.cancel()


async def send_power(
    api: Api, component_id: int, power_type: int, power: float, lifetime_s: int | None = None
) -> PowerUpdate:
    """Send a set-point, return the first answer and cancel the call.

    Raises:
        Refusal: If it is refused.
    """
    call = api.set_power(component_id, power_type, power, lifetime_s)
    try:
        return await power_answer(call)
    finally:
        call.cancel()


def finite_ranges(ranges: Sequence[Range]) -> list[tuple[float, float]]:
    """Return ranges that have both sides, finite, as pairs."""
    return [
        (lower, upper)
        for lower, upper in ranges
        if lower is not None and upper is not None and math.isfinite(lower) and math.isfinite(upper)
    ]


class Room:
    """Range in which the power of a component can be moved now, by what it shows."""

    def __init__(self, telemetry: Telemetry, category: str = "") -> None:
        self._is_charger = category == "EV_CHARGER"
        self._telemetry = telemetry
        self.ranges = finite_ranges(telemetry.bounds(_P))
        if not self.ranges:
            raise NotApplicable(f"component {telemetry.component_id} has no bounds of active power now")
        self.lower = self.ranges[0][0]
        self.upper = self.ranges[-1][1]

    @property
    def far_end(self) -> float:
        """The bound further from zero."""
        return max(self.lower, self.upper, key=abs)

    @property
    def tolerance(self) -> float:
        """How near is near enough: the accuracy of the device's control [W]."""
        return max(0.02 * (self.upper - self.lower), _STEP_OF_A_CHARGER_W if self._is_charger else _STEP_W)

    def target(self, part: float) -> float:
        """Return a power that is some part of the way through the range of the far end [W].

        Raises:
            NotApplicable: If there is no room to move.
        """
        near, far = self._side(math.copysign(1.0, self.far_end))
        if abs(far - near) < _LEAST_ROOM_W:
            raise NotApplicable("the component's bounds leave no power to move now")
        return near + part * (far - near)

    def targets(self, part: float) -> list[float]:
        """Return a power on each side of zero that has room, some part of the way through its range [W].

        Raises:
            NotApplicable: If neither has.
        """
        sides = [self._side(sign) for sign in (-1.0, 1.0)]
        return [near + part * (far - near) for near, far in sides if abs(far - near) >= _LEAST_ROOM_W] or [
            self.target(part)
        ]

    def reactive_target(self, part: float) -> float:
        """Return a reactive power of some part of the far end of active power, or what there is of it now [var].

        Raises:
            NotApplicable: If the bounds of reactive power leave next to none.
        """
        wanted_var = part * abs(self.far_end)
        shown = self._telemetry.bounds(_Q)
        if not shown:
            return wanted_var
        ranges = finite_ranges(shown)
        far_var = max(
            (edge for pair in ranges for edge in pair), key=lambda edge: (abs(edge), edge), default=0.0
        )
        target_var = math.copysign(min(wanted_var, _REACTIVE_MARGIN * abs(far_var)), far_var)
        if abs(target_var) < _LEAST_REACTIVE_VAR or not allows(ranges, target_var):
            raise NotApplicable("the component's bounds leave no reactive power now")
        return target_var

    def reactive_tolerance(self, target_var: float) -> float:
        """Return how near is near enough for a reactive power, which is then not near zero [var]."""
        return min(self.tolerance, abs(target_var) / 3.0)

    def _side(self, sign: float) -> tuple[float, float]:
        """Return where the outermost range on one side of zero begins and ends, seen from zero [W]."""
        inner, far = (self.ranges[-1][0], self.upper) if sign > 0.0 else (self.ranges[0][1], self.lower)
        if far * sign <= 0.0:
            return 0.0, 0.0
        return (inner if inner * sign > 0.0 else min(self._least_w(abs(far)), abs(far)) * sign), far

    def _least_w(self, far_w: float) -> float:
        """Return the least power within a range that reaches to zero; chargers pause at less."""
        if not self._is_charger:
            return 0.0
        values = self._telemetry.values
        drawing = sum((values.get(metric) or 0.0) > _AT_REST_W for metric in _PHASE_POWERS)
        voltages = [value for metric in _PHASE_VOLTAGES if (value := values.get(metric) or 0.0) > 0.0]
        voltage_v = max(voltages, default=_NOMINAL_VOLTAGE_V)
        # One that rests now might use every phase.
        least_w = (drawing or len(_PHASE_POWERS)) * _LEAST_CURRENT_OF_A_CHARGER_A * voltage_v
        return max(_LEAST_PART_OF_A_CHARGER * far_w, least_w)


def allows(ranges: Sequence[tuple[float, float]], value: float) -> bool:
    """Say whether a value lies within one of some ranges."""
    return any(lower <= value <= upper for lower, upper in ranges)


async def room(api: Api, component: Component) -> Room:
    """Return how far a component can be moved now."""
    metrics = [_P, _Q, *_PHASE_POWERS, *_PHASE_VOLTAGES]
    return Room(await observe(api, component.id, metrics), component.category)


def near(metric: int, target: float, tolerance: float) -> Callable[[Telemetry], bool]:
    """Return a condition: a metric is near a value."""
    return lambda telemetry: abs(telemetry.value(metric) - target) <= tolerance


async def settle(api: Api, component: Component) -> None:
    """Leave a component at its default, with set-points that lapse soon, and wait until it is there."""
    default = 0.0
    if component.category == "EV_CHARGER" or gives_what_is_offered(component):
        try:
            limits = await room(api, component)
        except (NotApplicable, Violation):
            return
        default = limits.lower if gives_what_is_offered(component) else limits.upper
    for power_type, power in ((PowerType.ACTIVE, default), (PowerType.REACTIVE, 0.0)):
        with suppress(Refusal, NotApplicable, Violation):
            await send_power(api, component.id, power_type, power, 10)
    at_rest = near(_P, default, max(_AT_REST_W, _REST_TOLERANCE * abs(default)))
    with suppress(Refusal, NotApplicable, Violation):
        await eventually(api, component.id, [_P], at_rest, "not at rest", _REST_S)


def _described(telemetry: Telemetry | None) -> str:
    if telemetry is None:
        return "nothing"
    values = ", ".join(
        f"metric {metric}: {value:g}" for metric, value in telemetry.values.items() if value is not None
    )
    known = {state.value: state.name for state in State}
    states = " ".join(known.get(state, str(state)) for state in sorted(telemetry.states))
    bounds = " ".join(f"[{lower}, {upper}]" for sample in telemetry.samples for lower, upper in sample.bounds)
    return "; ".join(part for part in (values, states, bounds) if part)
