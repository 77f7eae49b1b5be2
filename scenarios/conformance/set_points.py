"""Statements 22 to 34: what becomes of set-points."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Collection

import grpc

from .api import PowerCall
from .lapse import instead_of
from .observations import (
    REFUSED_POWER,
    SETTLING_S,
    Room,
    allows,
    arrives,
    eventually,
    finite_ranges,
    near,
    observe,
    power_answer,
    power_refused,
    require,
    require_lifetime,
    room,
    send_power,
    throughout,
)
from .site import controllables, gives_what_is_offered, movable_battery_inverters, movables
from .statements import Subject, statement
from .values import (
    Component,
    Metric,
    NotApplicable,
    NotOffered,
    PowerType,
    PowerUpdate,
    Refusal,
    Telemetry,
    Violation,
)

_P, _Q = Metric.AC_POWER_ACTIVE, Metric.AC_POWER_REACTIVE
_ANSWER_S = 5.0
"""Time after which the SDK gives a command up [s]."""
_LAPSING_S = 1.0
"""Time after which a set-point certainly has lapsed [s]."""
_LAST_ANSWER_S = 60.0
"""The clients' deadline for the whole call [s]."""


@statement(22, on=movables)
async def takes_both_axes(subject: Subject, component_id: int) -> None:
    """Accept ACTIVE and REACTIVE independently; refuse UNSPECIFIED."""
    component = subject.site.components[component_id]
    limits = await room(subject.api, component)
    target_w = limits.target(0.3)
    await send_power(subject.api, component_id, PowerType.ACTIVE, target_w, 60)
    at_power = near(_P, target_w, limits.tolerance)
    await arrives(subject.api, component, [_P], at_power, f"not at {target_w:g} W")
    target_var = (await room(subject.api, component)).reactive_target(0.1)
    at_reactive = near(_Q, target_var, limits.reactive_tolerance(target_var))
    try:
        await send_power(subject.api, component_id, PowerType.REACTIVE, target_var, 60)
    except Refusal as refusal:
        raise _without_reactive(refusal) from None

    def both(telemetry: Telemetry) -> bool:
        return at_power(telemetry) and at_reactive(telemetry)

    await arrives(subject.api, component, [_P, _Q], both, f"not both {target_w:g} W and {target_var:g} var")
    try:
        await power_refused(subject.api, component_id, PowerType.UNSPECIFIED, 0.0)
    except NotOffered:
        return


@statement(23, on=movables)
async def keeps_to_lifetimes(subject: Subject, component_id: int) -> None:
    """Default the lifetime to 60 s; accept 10 and 900 s; refuse 9 and 901 s without touching the component."""
    limits = await room(subject.api, subject.site.components[component_id])
    target_w = limits.target(0.3)
    for lifetime_s in (None, 10, 900):
        sent_s = time.time()
        update = await send_power(subject.api, component_id, PowerType.ACTIVE, target_w, lifetime_s)
        require(update.valid_until_s, f"no valid_until_time for a lifetime of {lifetime_s} s")
        require_lifetime(update.valid_until_s or 0.0, lifetime_s or 60, sent_s=sent_s)
    for lifetime_s in (0, 9, 901, 1_000_000):
        refusal = await power_refused(subject.api, component_id, PowerType.ACTIVE, -target_w / 2, lifetime_s)
        _require_code(refusal, {grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.OUT_OF_RANGE})
    at_power, component = near(_P, target_w, limits.tolerance), subject.site.components[component_id]
    await arrives(subject.api, component, [_P], at_power, f"not at {target_w:g} W")
    moved = "a refused set-point moved the component"
    await throughout(subject.api, component_id, [_P], at_power, moved, 2.0)


@statement(24, on=controllables)
async def refuses_what_is_no_number(subject: Subject, component_id: int) -> None:
    """Refuse NaN and ±inf."""
    for power_type in (PowerType.ACTIVE, PowerType.REACTIVE):
        for power in (math.nan, math.inf, -math.inf):
            refusal = await power_refused(subject.api, component_id, power_type, power)
            if refusal.code is grpc.StatusCode.UNIMPLEMENTED and power_type is PowerType.REACTIVE:
                continue
            _require_code(refusal, REFUSED_POWER)


@statement(25, on=controllables)
async def always_takes_zero(subject: Subject, component_id: int) -> None:
    """Always accept 0 W, whatever the bounds (state permitting)."""
    candidates = controllables(subject.site)
    await send_power(subject.api, component_id, PowerType.ACTIVE, 0.0)
    for other in candidates[:8]:
        if other in subject.site.neighbourhood(component_id):
            await send_power(subject.api, other, PowerType.ACTIVE, 0.0)


@statement(26, on=movables)
async def refuses_power_outside_the_envelope(subject: Subject, component_id: int) -> None:
    """Refuse power outside the effective envelope (inverter ∩ attached batteries)."""
    telemetry = await observe(subject.api, component_id, [_P])
    limits = Room(telemetry)
    lower, upper = limits.lower, limits.upper
    component, batteries = subject.site.components[component_id], subject.site.batteries(component_id)
    inverters = {found.id for battery in batteries for found in subject.site.predecessors(battery.id)}
    if batteries and inverters == {component_id}:
        behind = [await observe(subject.api, battery.id, [Metric.DC_POWER]) for battery in batteries]
        ranges = [finite_ranges(found.bounds(Metric.DC_POWER)) for found in behind]
        if component.kind != "HYBRID":  # what the sun gives comes on top of what batteries give
            lower = max(lower, sum(found[0][0] for found in ranges if found))
        upper = min(upper, sum(found[-1][1] for found in ranges if found))
    span = max(limits.upper - limits.lower, 1000.0)
    # A limit beyond what sun, wind or the car offer now is still a sensible one.
    moving = component.category == "EV_CHARGER" or gives_what_is_offered(component)
    near_by = () if moving else (upper + 0.3 * span, lower - 0.3 * span)
    for power in (*near_by, 1e9, -1e9):
        refusal = await power_refused(subject.api, component_id, PowerType.ACTIVE, power)
        _require_code(refusal, REFUSED_POWER)


@statement(27, on=movables, limit_s=70.0)
async def follows_requests_up(subject: Subject, component_id: int) -> None:
    """Send ACCEPTED (with `valid_until_time`) at once, then exactly one of SUCCESS / FAILED / OVERRIDDEN."""
    _require_statuses(subject)
    target_w = (await room(subject.api, subject.site.components[component_id])).target(0.2)
    call = subject.api.set_power(component_id, PowerType.ACTIVE, target_w, 60)
    async with asyncio.timeout(_LAST_ANSWER_S):
        updates = await _all(call)
    names = [update.status for update in updates]
    require(names[:1] == ["ACCEPTED"], f"the first status is {names[:1]}; accepted: ACCEPTED")
    require(
        len(names) == 2 and names[1] in ("SUCCESS", "FAILED", "OVERRIDDEN"),
        f"the statuses were {names}; accepted: ACCEPTED and one of SUCCESS, FAILED, OVERRIDDEN",
    )
    for update in updates:
        timed = update.status in ("ACCEPTED", "SUCCESS")
        require(
            (update.valid_until_s is not None) == timed,
            f"{update.status} came {'without' if timed else 'with'} valid_until_time",
        )


@statement(28, on=movables)
async def overrides_unfinished_requests(subject: Subject, component_id: int) -> None:
    """Mark the older unfinished request OVERRIDDEN when a newer one of the same type arrives."""
    _require_statuses(subject)
    limits = await room(subject.api, subject.site.components[component_id])
    finished = []
    for part in (0.9, 0.1, 0.9):
        call = subject.api.set_power(component_id, PowerType.ACTIVE, limits.target(part), 30)
        await power_answer(call)
        await send_power(subject.api, component_id, PowerType.ACTIVE, 0.0, 30)
        update = await call.read()
        if update is not None and update.status == "OVERRIDDEN":
            require(update.valid_until_s is None, "OVERRIDDEN came with valid_until_time")
            require(await call.read() is None, "there was another message after OVERRIDDEN")
            return
        finished.append("none" if update is None else update.status)
    raise NotApplicable(f"the device is faster than its next command: the requests ended as {finished}")


@statement(29, on=controllables)
async def rejects_where_clients_look(subject: Subject, component_id: int) -> None:
    """Offer a mode in which rejections are gRPC errors, because in-stream statuses are invisible to the SDK."""
    refusal = await power_refused(subject.api, component_id, PowerType.ACTIVE, 1e9)
    require(
        refusal.code is not grpc.StatusCode.OK,
        "a power out of bounds is rejected in the stream; start the server in its other mode",
    )


@statement(30, on=controllables)
async def answers_in_time(subject: Subject, component_id: int) -> None:
    """Answer or fail within 5 s unless a hang is being simulated."""
    for power_type in (PowerType.ACTIVE, PowerType.REACTIVE):
        for power in (0.0, 1e9):
            try:
                async with asyncio.timeout(_ANSWER_S):
                    await send_power(subject.api, component_id, power_type, power)
            except Refusal:
                continue
            except TimeoutError:
                raise Violation(
                    f"no answer to {power:g} ({power_type.name}) within {_ANSWER_S:g} s"
                ) from None


@statement(31, on=movables)
async def outlives_its_caller(subject: Subject, component_id: int) -> None:
    """Keep an accepted set-point when the caller cancels, disconnects or ignores the rest of the stream."""
    limits = await room(subject.api, subject.site.components[component_id])
    for part, leave in ((0.35, "cancel"), (0.15, "disconnect")):
        target_w = limits.target(part)
        async with subject.api.another() as caller:
            call = caller.set_power(component_id, PowerType.ACTIVE, target_w, 60)
            await power_answer(call)
            if leave == "cancel":
                call.cancel()
        arrived = near(_P, target_w, limits.tolerance)
        gone = f"after the caller's {leave} the component is not at {target_w:g} W"
        await arrives(subject.api, subject.site.components[component_id], [_P], arrived, gone)
        await throughout(subject.api, component_id, [_P], arrived, gone, 1.0)


@statement(32, on=movable_battery_inverters, limit_s=70.0, slow=True)
async def returns_to_the_default_on_time(subject: Subject, component_id: int) -> None:
    """Return to the category default when the lifetime ends, not before; each power type on its own clock."""
    component = subject.site.components[component_id]
    limits = await room(subject.api, component)
    target_w = limits.target(0.3)
    await send_power(subject.api, component_id, PowerType.ACTIVE, target_w, 10)
    ends_s = time.monotonic() + 10.0
    at_power = near(_P, target_w, limits.tolerance)
    await eventually(subject.api, component_id, [_P], at_power, f"not at {target_w:g} W", 8.0)
    target_var = await _try_reactive(subject, component)
    await throughout(
        subject.api,
        component_id,
        [_P],
        at_power,
        "the set-point ended before its time",
        ends_s - time.monotonic() - 0.7,
    )

    await asyncio.sleep(max(ends_s + _LAPSING_S - time.monotonic(), 0.0))
    instead_w = [instead_of(target_w, lapse) for lapse in subject.on_lapse]
    names = " or ".join(
        "whatever it does by itself" if power is None else f"{power:g} W" for power in instead_w
    )

    if component.kind == "HYBRID":
        names += " or what the sun gives"

    def at_default(telemetry: Telemetry) -> bool:
        gives_sun = component.kind == "HYBRID" and telemetry.value(_P) < 0.0 and not at_power(telemetry)
        return gives_sun or any(
            power is None or near(_P, power, limits.tolerance)(telemetry) for power in instead_w
        )

    gone = f"not back at the default of {names} (--on-lapse names another one that its maker chose)"
    seen = await eventually(subject.api, component_id, [_P, _Q], at_default, gone, SETTLING_S)
    if target_var is None:
        return
    tolerance_var = limits.reactive_tolerance(target_var)
    shown = seen.bounds(_Q)
    # What a device can do may depend on its active power, as a power factor does.
    if not shown or allows(finite_ranges(shown), target_var):
        at_reactive = near(_Q, target_var, tolerance_var)
        require(at_reactive(seen), "the reactive set-point ended along with the active one")
    await eventually(
        subject.api, component_id, [_Q], near(_Q, 0.0, tolerance_var), "no reactive default", 30.0
    )


@statement(33, on=movables)
async def floors_to_the_resolution(subject: Subject, component_id: int) -> None:
    """Floor the magnitude to the device resolution, keeping the sign."""
    limits = await room(subject.api, subject.site.components[component_id])
    for target_w in limits.targets(0.2137):
        await send_power(subject.api, component_id, PowerType.ACTIVE, target_w, 60)
        await arrives(
            subject.api,
            subject.site.components[component_id],
            [_P],
            _floored_to(target_w, max(limits.tolerance, 0.1 * abs(target_w))),
            f"{target_w:g} W came to something else; accepted: near it, the same sign, and no greater magnitude",
        )


def _floored_to(target_w: float, tolerance_w: float) -> Callable[[Telemetry], bool]:
    """Return a condition: a power is near a target, and no farther from 0; a ramp may come to it from there."""
    is_near, slack_w = near(_P, target_w, tolerance_w), 0.02 * abs(target_w) + 20.0

    def holds(telemetry: Telemetry) -> bool:
        power_w = telemetry.value(_P)
        return is_near(telemetry) and power_w * target_w > 0.0 and abs(power_w) <= abs(target_w) + slack_w

    return holds


@statement(34)
async def commands_the_right_categories(subject: Subject, _: int) -> None:
    """Accept set-points for steam boilers; refuse them for meters, the grid point and batteries."""
    for component in subject.site.of("METER", "GRID_CONNECTION_POINT", "BATTERY")[:12]:
        refusal = await power_refused(subject.api, component.id, PowerType.ACTIVE, 0.0)
        require(
            refusal.code is not grpc.StatusCode.INTERNAL and refusal.code is not grpc.StatusCode.UNKNOWN,
            f"a set-point for component {component.id} ({component.category}) is answered by {refusal}",
        )
    for boiler in subject.site.of("STEAM_BOILER"):
        await send_power(subject.api, boiler.id, PowerType.ACTIVE, 0.0, 10)


def _require_statuses(subject: Subject) -> None:
    if not subject.api.streams_statuses:
        raise NotOffered("this way to the server does not tell statuses")


def _require_code(refusal: Refusal, accepted: Collection[grpc.StatusCode]) -> None:
    """Require one of some codes; OK stands for a rejection in the stream, which statement 29 judges."""
    names = ", ".join(sorted(code.name for code in accepted))
    require(refusal.code in {*accepted, grpc.StatusCode.OK}, f"refused by {refusal}; accepted: {names}")


def _without_reactive(refusal: Refusal) -> Exception:
    if refusal.code is grpc.StatusCode.UNIMPLEMENTED:
        return NotApplicable(f"the component takes no reactive set-points: {refusal}")
    return Violation(f"the reactive set-point is refused: {refusal}")


async def _try_reactive(subject: Subject, component: Component) -> float | None:
    """Send what there is of reactive power [var]; return it, or None if there is none."""
    try:
        power_var = (await room(subject.api, component)).reactive_target(0.15)
        await send_power(subject.api, component.id, PowerType.REACTIVE, power_var, 15)
    except NotApplicable:
        return None
    except Refusal as refusal:
        if refusal.code is grpc.StatusCode.UNIMPLEMENTED:
            return None
        raise
    return power_var


async def _all(call: PowerCall) -> list[PowerUpdate]:
    updates = []
    while (update := await call.read()) is not None:
        updates.append(update)
    return updates
