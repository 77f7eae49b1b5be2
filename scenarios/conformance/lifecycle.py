"""Statements 39 to 42: how components are started and stopped, fail and recover, and when clients use them."""

from __future__ import annotations

import asyncio

import grpc

from .observations import eventually, observe, refused, require, room, send_power
from .site import battery_inverters
from .statements import Subject, statement
from .values import Metric, NotApplicable, NotOffered, PowerType, Refusal, State, Telemetry

_SWITCHING_S = 60.0
"""Time for relays, precharge and start-up of a device [s]."""
_BATTERY_AT_WORK = frozenset({State.READY, State.CHARGING, State.DISCHARGING})
_INVERTER_AT_WORK = _BATTERY_AT_WORK | {State.STANDBY}
_AT_STATION = frozenset({State.PLUGGED_AT_STATION, State.LOCKED_AT_STATION})
_AT_EV = frozenset({State.PLUGGED_AT_EV, State.LOCKED_AT_EV})
_P = Metric.AC_POWER_ACTIVE


@statement(39, on=battery_inverters, limit_s=240.0, slow=True)
async def starts_and_stops_idempotently(subject: Subject, component_id: int) -> None:
    """Run Start/Standby/Stop idempotently with relay checks, failing with FAILED_PRECONDITION."""
    api = subject.api
    # What the server does not implement, it says before anything has moved.
    await api.start(component_id)
    await _reach(subject, component_id, _INVERTER_AT_WORK, "started")
    try:
        for _ in range(2):
            await api.standby(component_id)
            await _reach(subject, component_id, {State.STANDBY}, "in standby")
        for _ in range(2):
            await api.stop(component_id)
            await _reach(subject, component_id, {State.OFF}, "stopped")
        refusal = await refused(api.standby(component_id), "standby with open relays")
        require(
            refusal.code is grpc.StatusCode.FAILED_PRECONDITION,
            f"standby with open relays is answered by {refusal}; accepted: FAILED_PRECONDITION",
        )
    finally:
        for _ in range(2):
            await api.start(component_id)
            await _reach(subject, component_id, _INVERTER_AT_WORK, "started")
    await _refuses_to_stop_a_working_battery(subject, component_id)


async def _refuses_to_stop_a_working_battery(subject: Subject, component_id: int) -> None:
    batteries = subject.site.batteries(component_id)
    try:
        target_w = (await room(subject.api, subject.site.components[component_id])).target(0.3)
    except NotApplicable:
        return
    await send_power(subject.api, component_id, PowerType.ACTIVE, target_w, 60)
    await eventually(
        subject.api,
        component_id,
        [_P],
        lambda telemetry: abs(telemetry.value(_P)) > 0.5 * abs(target_w),
        f"not on its way to {target_w:g} W",
    )
    working = batteries[0].id
    refusal = await refused(subject.api.stop(working), f"stopping battery {working} while it works")
    require(
        refusal.code is grpc.StatusCode.FAILED_PRECONDITION,
        f"stopping a working battery is answered by {refusal}; accepted: FAILED_PRECONDITION",
    )


@statement(40, on=battery_inverters, limit_s=150.0)
async def reports_and_clears_errors(subject: Subject, component_id: int) -> None:
    """Report `errors` exactly when the ERROR state is set; Ack clears recoverable ones and leaves it stopped."""
    components = list(subject.site.components.values())[:60]
    await asyncio.gather(*(_check_errors(subject, component.id) for component in components))
    if subject.stage.break_down is None:
        return
    try:
        await subject.api.acknowledge(component_id)
    except NotOffered:
        return
    except Refusal as refusal:
        if refusal.code is grpc.StatusCode.UNIMPLEMENTED:
            raise
    subject.stage.break_down(component_id)
    await _reach(subject, component_id, {State.ERROR}, "in error")
    await _check_errors(subject, component_id)
    try:
        await subject.api.acknowledge(component_id)
        await _reach(subject, component_id, {State.OFF, State.STANDBY}, "stopped or in standby after Ack")
        await _check_errors(subject, component_id)
    finally:
        await subject.api.start(component_id)
        await _reach(subject, component_id, _INVERTER_AT_WORK, "started")


@statement(41, on=battery_inverters, limit_s=90.0)
async def makes_batteries_work(subject: Subject, component_id: int) -> None:
    """Make a battery + inverter WORKING for both clients, by the states that both take for health."""
    await send_power(subject.api, component_id, PowerType.ACTIVE, 0.0, 10)

    def inverter_works(telemetry: Telemetry) -> bool:
        return len(telemetry.states) == 1 and telemetry.states <= _INVERTER_AT_WORK

    def battery_works(telemetry: Telemetry) -> bool:
        states = telemetry.states
        return State.RELAY_CLOSED in states and len(states) == 2 and bool(states & _BATTERY_AT_WORK)

    await eventually(subject.api, component_id, [_P], inverter_works, "the inverter does not work", 30.0)
    for battery in subject.site.batteries(component_id):
        metrics = [Metric.DC_POWER]
        await eventually(subject.api, battery.id, metrics, battery_works, "the battery does not work", 30.0)


@statement(42)
async def makes_ev_chargers_work(subject: Subject, _: int) -> None:
    """Make an EV charger WORKING only with cable codes for both ends."""
    chargers = subject.site.of("EV_CHARGER")
    if not chargers:
        raise NotApplicable("the site lists no EV charger")
    plugged = 0
    for charger in chargers[:20]:
        states = (await observe(subject.api, charger.id, [_P])).states
        unplugged = State.CABLE_UNPLUGGED in states
        both = bool(states & _AT_STATION) and bool(states & _AT_EV)
        cables = states & (_AT_STATION | _AT_EV)
        require(
            not (unplugged and cables),
            f"charger {charger.id} is unplugged and plugged: states {sorted(states)}",
        )
        charging = states & {State.CHARGING, State.DISCHARGING}
        require(
            both or not charging,
            f"charger {charger.id} charges without a cable at both ends: {sorted(states)}",
        )
        plugged += both
    if not plugged:
        raise NotApplicable("no car is plugged in")


async def _check_errors(subject: Subject, component_id: int) -> None:
    telemetry = await observe(subject.api, component_id, None if subject.api.name != "client" else [_P, 3])
    for snapshot in telemetry.snapshots:
        failed = State.ERROR in snapshot.states
        require(
            failed == (snapshot.errors > 0),
            f"component {component_id} {'is' if failed else 'is not'} in ERROR and reports "
            f"{snapshot.errors} errors",
        )


async def _reach(
    subject: Subject, component_id: int, states: set[State] | frozenset[State], what: str
) -> None:
    await eventually(
        subject.api,
        component_id,
        [_P],
        lambda telemetry: bool(telemetry.states & states),
        f"component {component_id} is not {what}",
        _SWITCHING_S,
    )
