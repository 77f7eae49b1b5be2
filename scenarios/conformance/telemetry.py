"""Statements 9 to 21: what clients see of components."""

from __future__ import annotations

import asyncio
import math
import time
from contextlib import AsyncExitStack

import grpc

from .liveness import tolerates_pings
from .observations import (
    FIRST_MESSAGE_S,
    LARGEST_CLOCK_SKEW_S,
    finite_ranges,
    messages,
    observe,
    refused,
    require,
)
from .site import CONTROLLABLE, WITH_AC_FRAME, takes_commands
from .statements import Subject, statement
from .values import (
    AC_METRICS,
    ALL_METRICS,
    BATTERY_METRICS,
    Component,
    Metric,
    NotApplicable,
    NotOffered,
    Refusal,
    State,
    Telemetry,
    Violation,
)

_LONGEST_GAP_S = 2.0
_WATCH_S = 6.0
_SUBSCRIBERS = 10
_AUXILIARY_W = 2000.0
"""What a producer may draw for itself while it stands or starts, pumps and controls of a small plant [W]."""
_MOST_WATCHED = 60
"""Components of large sites that are looked at in each check."""
_RECONNECT_S = 3.5


def _watched(subject: Subject) -> list[Component]:
    """Return components with telemetry, no more than can be watched at once."""
    silent = ("INACTIVE", "CONTROL_ONLY")
    watched = [found for found in subject.site.of(*WITH_AC_FRAME, "BATTERY") if found.mode not in silent]
    if not watched:
        raise NotApplicable("the site lists no component whose telemetry clients ask for")
    return watched[:_MOST_WATCHED]


def _frame(component: Component) -> tuple[int, ...]:
    return BATTERY_METRICS if component.category == "BATTERY" else AC_METRICS


@statement(9)
async def sends_everything_without_a_filter(subject: Subject, _: int) -> None:
    """Treat an absent filter as "all metrics"."""
    for component in _watched(subject)[:8]:
        unfiltered = await observe(subject.api, component.id)
        named = await observe(subject.api, component.id, ALL_METRICS)
        missing = set(named.values) - set(unfiltered.values)
        require(
            not missing, f"component {component.id} has metrics {sorted(missing)} but only when asked for"
        )
        require(unfiltered.values, f"component {component.id} sends no metrics without a filter")


@statement(10)
async def refuses_an_empty_filter(subject: Subject, _: int) -> None:
    """Fail a present-but-empty filter with INVALID_ARGUMENT."""
    component = _watched(subject)[0]

    async def first() -> None:
        async with asyncio.timeout(FIRST_MESSAGE_S):
            async for _ in subject.api.telemetry(component.id, []):
                return

    refusal = await refused(first(), "an empty filter")
    require(refusal.code is grpc.StatusCode.INVALID_ARGUMENT, f"an empty filter is answered by {refusal}")


@statement(11)
async def sends_only_what_is_asked_for(subject: Subject, _: int) -> None:
    """Send only requested metrics, and omit unsupported ones without failing."""
    for component in _watched(subject)[:8]:
        known, strange = (
            (Metric.BATTERY_SOC_PCT, Metric.AC_POWER_ACTIVE)
            if component.category == "BATTERY"
            else (Metric.AC_POWER_ACTIVE, Metric.BATTERY_SOC_PCT)
        )
        telemetry = await observe(subject.api, component.id, [known, strange])
        require(
            set(telemetry.values) == {known},
            f"component {component.id} was asked for metrics {[known.value, strange.value]}, the latter of "
            f"which it cannot have, and sent {sorted(telemetry.values)}",
        )


@statement(12)
async def sends_whole_frames(subject: Subject, _: int) -> None:
    """Put every requested supported metric and one state snapshot into every message."""

    async def check(component: Component) -> None:
        found = await messages(subject.api, component.id, _frame(component), 4)
        supported = set().union(*(message.values for message in found))
        for message in found:
            missing = supported - set(message.values)
            require(not missing, f"component {component.id} left metrics {sorted(missing)} out of a message")
            require(
                len(message.snapshots) == 1,
                f"component {component.id} sent {len(message.snapshots)} state snapshots in a message",
            )
            require(
                len(message.samples) == len(message.values),
                f"component {component.id} sent a metric twice in one message",
            )

    await asyncio.gather(*(check(component) for component in _watched(subject)))


@statement(13)
async def stamps_messages_with_the_present(subject: Subject, _: int) -> None:
    """Use one `sample_time` per message, UTC wall clock, non-decreasing, < 10 s old."""

    async def check(component: Component) -> None:
        latest = 0.0
        for message in await messages(subject.api, component.id, _frame(component), 4):
            times = {sample.time_s for sample in message.samples}
            require(len(times) == 1, f"component {component.id} sent sample times {times} in one message")
            age_s = time.time() - message.time_s
            require(
                abs(age_s) < LARGEST_CLOCK_SKEW_S, f"component {component.id} sent a sample {age_s:.1f} s old"
            )
            require(message.time_s >= latest, f"the sample times of component {component.id} go back")
            latest = message.time_s

    await asyncio.gather(*(check(component) for component in _watched(subject)))


@statement(14)
async def never_falls_silent(subject: Subject, _: int) -> None:
    """Send at least one message every 2 s per stream by default."""

    async def check(component: Component) -> None:
        stream = subject.api.telemetry(component.id, _frame(component)).__aiter__()
        last = await asyncio.wait_for(anext(stream), FIRST_MESSAGE_S)
        until = time.monotonic() + _WATCH_S
        while time.monotonic() < until:
            try:
                last = await asyncio.wait_for(anext(stream), _LONGEST_GAP_S + 0.5)
            except TimeoutError:
                raise Violation(f"component {component.id} fell silent after {last.time_s:.3f} s") from None

    await asyncio.gather(*(check(component) for component in _watched(subject)))


@statement(15)
async def sends_what_the_sdk_reads(subject: Subject, _: int) -> None:
    """Send 15-metric AC frames and 4-metric battery frames with finite values; use NaN for "unavailable"."""

    async def check(component: Component) -> None:
        telemetry = await observe(subject.api, component.id, _frame(component))
        missing = set(_frame(component)) - set(telemetry.values)
        require(
            not missing, f"component {component.id} ({component.category}) lacks metrics {sorted(missing)}"
        )
        troubled = telemetry.states & {State.ERROR, State.UNAVAILABLE, State.UNKNOWN, State.OFF}
        for metric, value in telemetry.values.items():
            require(value is not None, f"component {component.id} sent metric {metric} without a value")
            usable = value is not None and (math.isfinite(value) or (troubled and math.isnan(value)))
            require(usable, f"component {component.id} sent {value} as metric {metric} though it is well")

    await asyncio.gather(*(check(component) for component in _watched(subject)))


@statement(16)
async def attaches_bounds(subject: Subject, _: int) -> None:
    """Attach two-sided finite bounds to AC active power of controllable components, DC power and SoC of batteries."""
    wanted = [
        (component, Metric.AC_POWER_ACTIVE)
        for component in _watched(subject)
        if component.category in CONTROLLABLE and takes_commands(component)
    ]
    wanted += [
        (component, metric)
        for component in _watched(subject)
        if component.category == "BATTERY"
        for metric in (Metric.DC_POWER, Metric.BATTERY_SOC_PCT)
    ]
    if not wanted:
        raise NotApplicable("the site lists nothing that can be controlled")
    for component, metric in wanted:
        telemetry = await observe(subject.api, component.id, [metric])
        ranges = telemetry.bounds(metric)
        what = f"component {component.id}, metric {metric.value}"
        require(ranges, f"{what}: no bounds")
        edges = [edge for pair in finite_ranges(ranges) for edge in pair]
        require(len(edges) == 2 * len(ranges), f"{what}: bounds {ranges} are not two-sided and finite")
        require(len(ranges) <= 2, f"{what}: {len(ranges)} ranges; accepted: at most 2")
        require(edges == sorted(edges), f"{what}: bounds {ranges} are not ascending")


@statement(17)
async def never_ends_streams_with_ok(subject: Subject, _: int) -> None:
    """Never end a telemetry stream with OK while the component exists, nor on shutdown."""

    async def check(component: Component) -> None:
        try:
            async with asyncio.timeout(_WATCH_S):
                async for _ in subject.api.telemetry(component.id, _frame(component)):
                    pass
        except TimeoutError:
            return
        except Refusal:
            return
        raise Violation(f"the stream of component {component.id} ended with OK")

    await asyncio.gather(*(check(component) for component in _watched(subject)))


@statement(18, limit_s=60.0, slow=True, alone=True)
async def lets_clients_come_back(subject: Subject, _: int) -> None:
    """End streams with a non-OK status when injecting a disconnect, and accept the reconnect 3–4 s later."""
    component = _watched(subject)[0]
    frame = _frame(component)
    if subject.stage.disconnect is not None and subject.api.name != "client":
        ended = asyncio.create_task(_end(subject, component.id))
        await observe(subject.api, component.id, frame)
        subject.stage.disconnect(component.id)
        await asyncio.wait_for(ended, FIRST_MESSAGE_S)
    else:
        async with subject.api.another() as other:
            await observe(other, component.id, frame)
    await asyncio.sleep(_RECONNECT_S)
    await observe(subject.api, component.id, frame)


async def _end(subject: Subject, component_id: int) -> None:
    try:
        async for _ in subject.api.telemetry(component_id, [Metric.AC_POWER_ACTIVE]):
            pass
    except Refusal:
        return
    raise Violation(f"the cut stream of component {component_id} ended with OK")


@statement(19, limit_s=300.0)
async def tolerates_keepalive(subject: Subject, _: int) -> None:
    """Tolerate keepalive pings every 60 s on silent connections."""
    if subject.api.name == "client":
        raise NotOffered("the connection is the same for all versions and clients")
    quick = await tolerates_pings(subject.access.url, interval_s=0.3, count=8)
    if not quick and not await tolerates_pings(subject.access.url, interval_s=60.0, count=4):
        raise Violation("the server ends a silent connection whose client pings it every 60 s")


@statement(20)
async def serves_many_subscribers(subject: Subject, _: int) -> None:
    """Give any number of subscribers the same data, and survive slow or vanished ones without unbounded memory."""
    component = _watched(subject)[0]
    frame = _frame(component)
    async with AsyncExitStack() as connections:
        apis = [await connections.enter_async_context(subject.api.another()) for _ in range(_SUBSCRIBERS)]
        never_read = apis.pop().telemetry(component.id, frame)
        gone = apis.pop()
        await observe(gone, component.id, frame)
        seen = await asyncio.gather(*(messages(api, component.id, frame, 8) for api in apis))
        never_read.cancel()
    by_time: dict[float, Telemetry] = {}
    shared = 0
    for found in seen:
        for message in found:
            first = by_time.setdefault(message.time_s, message)
            shared += first is not message
            same = str(first.values) == str(message.values) and first.states == message.states
            require(same, f"subscribers of component {component.id} saw different data at {message.time_s}")
    require(shared, f"no two subscribers of component {component.id} saw the same moment")


@statement(21)
async def keeps_signs(subject: Subject, _: int) -> None:
    """Keep connection signs: meter = Σ children (+ own load), consumption positive."""
    site = subject.site
    meters = [meter for meter in site.of("METER") if site.successors(meter.id)]
    if not meters:
        raise NotApplicable("no meter has anything behind it")
    for meter in meters[:_MOST_WATCHED]:
        await _check_sum(subject, meter)
    for category, kind, sign in (("INVERTER", "PV", -1), ("CHP", None, -1), ("WIND_TURBINE", None, -1)):
        for component in site.of(category, kind=kind)[:8]:
            power_w = (await observe(subject.api, component.id, [Metric.AC_POWER_ACTIVE])).value(
                Metric.AC_POWER_ACTIVE
            )
            # What is off draws a little for itself.
            require(
                sign * power_w > -_AUXILIARY_W, f"component {component.id} ({category}) reports {power_w:g} W"
            )


async def _check_sum(subject: Subject, meter: Component) -> None:
    """Compare a meter with what is behind it at common moments; its own load may only add to the sum."""
    children = subject.site.successors(meter.id)
    if any(child.category not in WITH_AC_FRAME for child in children):
        return
    if any(len(subject.site.predecessors(child.id)) > 1 for child in children):
        return
    sought = [meter, *children]
    seen = await asyncio.gather(
        *(messages(subject.api, one.id, [Metric.AC_POWER_ACTIVE], 6) for one in sought)
    )
    powers = [
        {round(message.time_s, 3): message.value(Metric.AC_POWER_ACTIVE) for message in found}
        for found in seen
    ]
    moments = set.intersection(*(set(found) for found in powers))
    if not moments:
        return
    at = max(moments)
    total, parts = powers[0][at], [found[at] for found in powers[1:]]
    tolerance = 0.02 * sum(abs(part) for part in parts) + 50.0
    require(
        total >= sum(parts) - tolerance,
        f"meter {meter.id} reads {total:g} W but what is behind it draws {sum(parts):g} W",
    )
