"""Readings of a running site that a client is told, from message to plain values."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from google.protobuf.timestamp_pb2 import Timestamp

from ...sim.domain.timestamps import Timestamps
from .v1 import control_pb2 as pb


class ClockReading(NamedTuple):
    """Time of a running site, and how it passes."""

    simulated_time: datetime
    wall_time: datetime
    """The server's system clock."""
    speed: float
    """Simulated seconds per second, while time is not paused."""
    paused: bool
    timestamps: Timestamps
    """Whose time telemetry carries."""
    timezone: str = "UTC"
    """Name of the site's time zone."""

    @property
    def local_time(self) -> datetime:
        """Simulated time by the clock of the site."""
        return self.simulated_time.astimezone(ZoneInfo(self.timezone))


class SiteEvent(NamedTuple):
    """Something that happened to the site."""

    time: datetime
    """Simulated time."""
    kind: str
    subject: str
    """Key of the component that it happened to, or `site`."""
    details: Mapping[str, Any]
    """Plain values by name; numbers are floats."""


class ComponentState(NamedTuple):
    """State of a component, and what it measures."""

    id: int
    values: Mapping[str, float]
    """Values by the name of the metric [W, var, VA, V, A, Hz, Wh, %, °C]."""
    bounds: Mapping[str, tuple[tuple[float, float], ...]]
    """Ranges that are allowed now, by the name of the metric, in its unit."""
    states: tuple[str, ...]
    warnings: tuple[str, ...]
    errors: tuple[str, ...]
    telemetry_streams: int
    """Number of open streams of its telemetry: a way to wait for an application before a step."""
    category: str = ""
    """As in site files, such as `battery_inverter`."""


class SiteInput(NamedTuple):
    """What drives a component, or the site."""

    component: str
    """Key of the component, or `site`."""
    quantity: str
    value: float
    """In the unit that `ControlClient.drive` takes as a plain number."""
    driven: bool
    """Whether it has been driven and not released: it does not follow the site file."""


class SiteFault(NamedTuple):
    """Something that is broken."""

    number: int
    """Number by which it can be mended."""
    component: str
    kind: str
    since: datetime
    """Simulated time."""
    what: str = ""
    """What it does, in words."""


class SiteValue(NamedTuple):
    """A value by the name that conditions have for it."""

    value: float | None
    """In the unit; None if it is not known."""
    unit: str
    """Such as `W`; empty of counts and parts of a whole."""
    shown: str
    """In words, such as `12.3 kW`."""


class Waited(NamedTuple):
    """What became of a condition."""

    holds: bool
    """Whether it came true in time and stayed so."""
    found: str
    """What was found, such as `is not true: grid.power = 31 kW`."""


def moment(timestamp: Timestamp) -> datetime:
    """Return a time as an aware datetime."""
    return timestamp.ToDatetime(tzinfo=UTC)


def clock_reading(clock: pb.Clock) -> ClockReading:
    """Return where time stands."""
    return ClockReading(
        simulated_time=moment(clock.simulated_time),
        wall_time=moment(clock.wall_time),
        speed=clock.speed,
        paused=clock.paused,
        timestamps="wall" if clock.timestamps == pb.TIMESTAMPS_WALL else "simulated",
        timezone=clock.timezone or "UTC",
    )


def component_state(state: pb.ComponentState) -> ComponentState:
    """Return what a component is doing."""
    return ComponentState(
        id=state.id,
        values=dict(state.values),
        bounds={
            name: tuple((bounds.lower, bounds.upper) for bounds in ranges.ranges)
            for name, ranges in state.bounds.items()
        },
        states=tuple(state.states),
        warnings=tuple(state.warnings),
        errors=tuple(state.errors),
        telemetry_streams=state.telemetry_streams,
        category=state.category,
    )


def site_event(event: pb.Event) -> SiteEvent:
    """Return something that happened."""
    return SiteEvent(moment(event.time), event.kind, event.subject, dict(event.details.items()))


def site_input(message: pb.Input) -> SiteInput:
    """Return what drives a component."""
    return SiteInput(message.component, message.quantity, message.value, message.driven)


def site_fault(fault: pb.ActiveFault) -> SiteFault:
    """Return something that is broken."""
    return SiteFault(fault.number, fault.component, fault.kind, moment(fault.since), fault.what)


def site_value(message: pb.Value) -> SiteValue:
    """Return a value."""
    value = message.value if message.HasField("value") else None
    return SiteValue(value, message.unit, message.shown)
