"""Requests of the control service as commands and domain values, and what the site is as messages."""

from __future__ import annotations

import math
from collections.abc import Container, Iterable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from google.protobuf.duration_pb2 import Duration
from google.protobuf.struct_pb2 import Struct

from ...sim.domain.commands import (
    ClientCommand,
    MendFault,
    OverrideInput,
    ReleaseInput,
    RestartServer,
    SetSpeed,
    StrikeFault,
)
from ...sim.domain.durations import LONGEST_S, duration_in_words
from ...sim.domain.events import Event
from ...sim.domain.faults import Distribution, Fault, FaultKind
from ...sim.domain.messages import Frame, InvalidArgumentError, RefusalStatus
from ...sim.domain.metrics import Metric
from ...sim.domain.ranges import Bounds
from ...sim.domain.timestamps import to_datetime
from ...sim.engine.clock import wall_time_us
from ...sim.faults.active import ActiveFault
from ...sim.faults.amounts import answer_in_words, fault_in_words
from ...sim.files.problems import one_of
from ...sim.gateway.told import told, told_bounds
from ...sim.inputs.driven import DRIVEN_INPUTS
from .fields import ALSO_NUMBERS, NUMBER_FIELD, unit_field
from .v1 import control_pb2 as pb

if TYPE_CHECKING:
    from ...sim.plant.plant import Plant
    from ...sim.simulation.live import LiveSimulation
    from ...sim.site.site import Site
    from .statements import NamedValue


def clock(simulation: LiveSimulation) -> pb.Clock:
    """Return where time stands in a running site."""
    wall = simulation.timestamps == "wall"
    return pb.Clock(
        simulated_time=to_datetime(simulation.now_us),
        wall_time=to_datetime(wall_time_us()),
        speed=simulation.clock.speed,
        paused=simulation.clock.paused,
        timestamps=pb.TIMESTAMPS_WALL if wall else pb.TIMESTAMPS_SIMULATED,
        timezone=simulation.site.microgrid.location.timezone,
    )


def event(happened: Event) -> pb.Event:
    """Return an event as a message."""
    plain: Mapping[str, Any] = happened.details
    details = Struct()
    details.update(plain)
    return pb.Event(
        time=to_datetime(happened.time_us), kind=happened.kind, subject=happened.subject, details=details
    )


def component_state(key: str, category: str, frame: Frame, telemetry_streams: int) -> pb.ComponentState:
    """Return what a component is doing, and how many streams tell of it, as a message."""
    return pb.ComponentState(
        component=key,
        category=category,
        id=frame.component_id,
        values={metric.value: value for metric, value in frame.values.items()},
        bounds={metric.value: _ranges(ranges) for metric, ranges in frame.bounds.items()},
        states=[state.value for state in frame.states],
        warnings=[diagnostic.code for diagnostic in frame.warnings],
        errors=[diagnostic.code for diagnostic in frame.errors],
        telemetry_streams=telemetry_streams,
    )


def inputs(plant: Plant, owners: Container[str]) -> list[pb.Input]:
    """Return what drives components, and the site, as messages.

    Args:
        plant: What is driven.
        owners: Keys of the components wanted, and `site`.
    """
    split = ((name, *name.split(".", 1)) for name in plant.inputs.signals)
    return [
        pb.Input(
            component=component,
            quantity=quantity,
            value=plant.inputs.value(component, quantity),
            driven=name in plant.inputs.overrides,
        )
        for name, component, quantity in split
        if component in owners
    ]


def active_faults(active: Mapping[int, ActiveFault]) -> list[pb.ActiveFault]:
    """Return everything that is broken as messages."""
    return [
        pb.ActiveFault(
            number=number,
            component=one.fault.component,
            kind=one.fault.kind.value,
            since=to_datetime(one.since_us),
            what=fault_in_words(one.fault) + answer_in_words(one.fault),
        )
        for number, one in active.items()
    ]


def span(duration: Duration, name: str) -> timedelta:
    """Read a span of time from a request.

    Args:
        duration: As the request has it.
        name: The name of its field, for messages.

    Raises:
        InvalidArgumentError: If it is negative or longer than a year.
    """
    # Whole seconds first: what a message may hold is more than a timedelta can.
    if not 0 <= duration.seconds <= LONGEST_S or duration.nanos < 0:
        accepted = f"0 s to {duration_in_words(LONGEST_S)}"
        raise InvalidArgumentError(f"{name} is {duration_in_words(duration.seconds)}; accepted: {accepted}")
    return timedelta(seconds=duration.seconds, microseconds=duration.nanos // 1000)


def value(each: NamedValue) -> pb.Value:
    """Return a value by its name as a message."""
    known = None if math.isnan(each.value) else each.value
    return pb.Value(name=each.name, value=known, unit=each.unit, shown=each.shown)


def set_speed(request: pb.SetSpeedRequest) -> SetSpeed:
    """Return the command of a request for another speed."""
    return SetSpeed(request.speed)


def override(request: pb.DriveRequest) -> OverrideInput:
    """Return the command of a request to drive an input.

    Raises:
        InvalidArgumentError: If its value or its span make no sense.
    """
    value = _override_value(request)
    over_s = span(request.over, "over").total_seconds()
    lasts_s = _lasts_s(request)
    return OverrideInput(request.component, request.quantity, value, over_s, lasts_s)


def release(request: pb.ReleaseRequest) -> ReleaseInput:
    """Return the command of a request to release an input."""
    return ReleaseInput(request.component, request.quantity)


def strike(request: pb.StrikeRequest) -> StrikeFault:
    """Return the command of a request to break something.

    Raises:
        InvalidArgumentError: If there is no such kind of fault or metric, the amount is not finite, or it would mend
            as soon as it strikes, or there is no such status or distribution.
    """
    lasts_s = _lasts_s(request)
    if lasts_s == 0.0:
        raise InvalidArgumentError("lasts is 0 s; accepted: more than 0 s, or none to last until Mend")
    return StrikeFault(_fault(request), lasts_s)


def told_command(request: pb.CommandRequest, site: Site) -> ClientCommand:
    """Return the command of a request that tells a component of a site something.

    Raises:
        ToldError: If it tells nothing.
        InvalidArgumentError: If it cannot last that long.
    """
    lasts_s = _lasts_s(request)
    if request.WhichOneof("command") == "bounds":
        bounds = request.bounds
        lower = bounds.lower if bounds.HasField("lower") else None
        upper = bounds.upper if bounds.HasField("upper") else None
        return told_bounds(site, request.component, lower, upper, lasts_s)
    return told(site.components[request.component].id, request.told, lasts_s)


def restart(request: pb.RestartRequest) -> RestartServer:
    """Return the command of a request to restart the server."""
    return RestartServer(span(request.down, "down").total_seconds())


def _lasts_s(request: pb.StrikeRequest | pb.DriveRequest | pb.CommandRequest) -> float | None:
    return span(request.lasts, "lasts").total_seconds() if request.HasField("lasts") else None


def mend(request: pb.MendRequest) -> MendFault:
    """Return the command of a request to end a fault."""
    return MendFault(request.number)


def _override_value(request: pb.DriveRequest) -> float:
    """Return the value that an input is to be driven to, in the unit of the input.

    Raises:
        InvalidArgumentError: If there is none, it is in another unit than the input, or it is not finite.
    """
    field = request.WhichOneof("value")
    expected = unit_field(request.quantity) if request.quantity in DRIVEN_INPUTS else None
    is_number = field == NUMBER_FIELD and request.quantity in ALSO_NUMBERS
    if field is None or (expected is not None and field != expected and not is_number):
        found = "missing" if field is None else f"in {field}"
        accepted = "one value" if expected is None else f"in {expected}"
        raise InvalidArgumentError(f"the value of {request.quantity!r} is {found}; accepted: {accepted}")
    value = float(getattr(request, field))
    if not math.isfinite(value):
        raise InvalidArgumentError(f"{field} is {value}; accepted: a finite number")
    return value


def _fault(request: pb.StrikeRequest) -> Fault:
    kinds: list[str] = [kind.value for kind in FaultKind]
    if request.kind not in kinds:
        raise InvalidArgumentError(f"kind is {request.kind!r}; accepted: {one_of(kinds, request.kind)}")
    asked = Fault(request.component, FaultKind(request.kind), metrics=_metrics(request.metrics))
    if request.HasField("diagnostic"):
        asked = asked._replace(diagnostic=request.diagnostic)
    if request.HasField("amount"):
        if not math.isfinite(request.amount):
            raise InvalidArgumentError(f"amount is {request.amount}; accepted: a finite number")
        asked = asked._replace(amount=request.amount)
    if request.HasField("status"):
        asked = asked._replace(status=_status(request.status))
    if request.HasField("spread"):
        asked = asked._replace(spread_s=span(request.spread, "spread").total_seconds())
    if request.HasField("distribution"):
        asked = asked._replace(distribution=_distribution(request.distribution))
    if request.HasField("every"):
        asked = asked._replace(every_s=span(request.every, "every").total_seconds())
    if request.HasField("each"):
        asked = asked._replace(each_s=span(request.each, "each").total_seconds())
    return asked._replace(text=request.text)


def _status(name: str) -> RefusalStatus:
    if name not in list(RefusalStatus):
        raise InvalidArgumentError(f"status is {name!r}; accepted: {one_of(list(RefusalStatus), name)}")
    return RefusalStatus(name)


def _distribution(name: str) -> Distribution:
    if name not in list(Distribution):
        raise InvalidArgumentError(f"distribution is {name!r}; accepted: {one_of(list(Distribution), name)}")
    return Distribution(name)


def _metrics(names: Iterable[str]) -> tuple[Metric, ...]:
    known = {metric.value: metric for metric in Metric}
    unknown = [name for name in names if name not in known]
    if unknown:
        accepted = one_of(known, unknown[0])
        raise InvalidArgumentError(f"metrics contains {unknown[0]!r}; accepted: {accepted}")
    return tuple(known[name] for name in names)


def _ranges(ranges: Iterable[Bounds]) -> pb.RangeList:
    return pb.RangeList(ranges=[pb.Range(lower=lower, upper=upper) for lower, upper in ranges])
