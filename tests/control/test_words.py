"""Messages of the control service as commands and plain values, without a server."""

from __future__ import annotations

import asyncio
import math
from datetime import UTC, datetime, timedelta

import pytest
from google.protobuf.duration_pb2 import Duration

from doppelgrid.proto.control import readings, words
from doppelgrid.proto.control.event_stream import LONGEST_QUEUE, EventStream
from doppelgrid.proto.control.v1 import control_pb2 as pb
from doppelgrid.sim.domain.commands import MendFault, OverrideInput, ReleaseInput, SetSpeed, StrikeFault
from doppelgrid.sim.domain.events import Event
from doppelgrid.sim.domain.faults import Distribution, Fault, FaultKind
from doppelgrid.sim.domain.messages import Frame, InvalidArgumentError, UnavailableError
from doppelgrid.sim.domain.metrics import Metric
from doppelgrid.sim.domain.ranges import Bounds
from doppelgrid.sim.domain.states import Diagnostic, StateCode
from doppelgrid.sim.faults.active import ActiveFault

NOON_US = 1_781_517_600_000_000
NOON = datetime(2026, 6, 15, 10, tzinfo=UTC)
YEAR_S = 366 * 86_400


@pytest.mark.parametrize(
    ("seconds", "nanos", "read"),
    [
        (0, 0, timedelta()), (1, 500_000_000, timedelta(seconds=1.5)), (0, 1999, timedelta(microseconds=1)),
        (YEAR_S, 0, timedelta(days=366)),
    ],
)  # fmt: skip
def test_spans_are_read_to_the_microsecond(seconds: int, nanos: int, read: timedelta) -> None:
    assert words.span(Duration(seconds=seconds, nanos=nanos), "over") == read


@pytest.mark.parametrize(
    ("seconds", "nanos", "written"),
    [
        (-1, 0, "-1 s"),
        (YEAR_S + 1, 0, "31622401 s"),
        (400 * 86_400, 0, "400 d"),
        (0, -1, "0 s"),
        (2**62, 0, ".*"),
    ],
)
def test_spans_below_zero_or_above_a_year_are_refused(seconds: int, nanos: int, written: str) -> None:
    with pytest.raises(InvalidArgumentError, match=f"over is {written}; accepted: 0 s to 366 d$"):
        words.span(Duration(seconds=seconds, nanos=nanos), "over")


@pytest.mark.parametrize(
    ("quantity", "field"),
    [
        ("load", "power_w"), ("power", "power_w"), ("irradiance", "irradiance_w_per_m2"), ("voltage", "voltage_v"),
        ("frequency", "frequency_hz"), ("ambient_temperature", "temperature_c"), ("presence", "number"),
        ("heat_demand", "power_w"), ("wind_speed", "number"),
    ],
)  # fmt: skip
def test_a_driven_value_comes_in_the_unit_of_its_input(quantity: str, field: str) -> None:
    request = pb.DriveRequest(component="main", quantity=quantity, over=Duration(seconds=2), **{field: 5.5})
    assert words.override(request) == OverrideInput("main", quantity, 5.5, 2.0)
    other = "temperature_c" if field != "temperature_c" else "power_w"
    wrong = pb.DriveRequest(component="main", quantity=quantity, **{other: 5.5})
    with pytest.raises(
        InvalidArgumentError, match=rf"the value of '{quantity}' is in {other}; accepted: in {field}"
    ):
        words.override(wrong)


@pytest.mark.parametrize(
    ("quantity", "field"), [("heat_demand", "number"), ("of_another_package", "power_w")]
)
def test_inputs_without_a_unit_of_old_come_as_numbers_too(quantity: str, field: str) -> None:
    request = pb.DriveRequest(component="main", quantity=quantity, **{field: 5.5})
    assert words.override(request) == OverrideInput("main", quantity, 5.5, 0.0)


def test_a_driven_value_must_be_there_and_finite() -> None:
    with pytest.raises(InvalidArgumentError, match=r"the value of 'load' is missing; accepted: in power_w"):
        words.override(pb.DriveRequest(component="main", quantity="load"))
    with pytest.raises(InvalidArgumentError, match=r"the value of 'colour' is missing; accepted: one value"):
        words.override(pb.DriveRequest(component="grid", quantity="colour"))
    for value in (math.nan, math.inf):
        with pytest.raises(InvalidArgumentError, match=r"power_w is .*; accepted: a finite number"):
            words.override(pb.DriveRequest(component="main", quantity="load", power_w=value))


def test_requests_become_commands() -> None:
    assert words.set_speed(pb.SetSpeedRequest(speed=3.0)) == SetSpeed(3.0)
    assert words.release(pb.ReleaseRequest(component="main", quantity="load")) == ReleaseInput("main", "load")
    assert words.mend(pb.MendRequest(number=7)) == MendFault(7)
    assert words.strike(pb.StrikeRequest(component="main", kind="nan")) == StrikeFault(
        Fault("main", FaultKind.NAN), None
    )
    whole = pb.StrikeRequest(
        component="inv", kind="noisy", diagnostic="OVERCURRENT", amount=0.5, metrics=["AC_FREQUENCY", "AC_CURRENT"],
        lasts=Duration(nanos=1000),
    )  # fmt: skip
    assert words.strike(whole) == StrikeFault(
        Fault("inv", FaultKind.NOISY, "OVERCURRENT", 0.5, (Metric.AC_FREQUENCY, Metric.AC_CURRENT)), 1e-6
    )
    assert words.strike(pb.StrikeRequest(component="inv", kind="noisy", amount=0.0)).fault.amount == 0.0
    slow = pb.StrikeRequest(
        component="inv", kind="latency", amount=2.0, spread=Duration(nanos=500_000_000), distribution="lognormal",
        every=Duration(seconds=60), each=Duration(seconds=5),
    )  # fmt: skip
    assert words.strike(slow).fault == Fault(
        "inv",
        FaultKind.LATENCY,
        amount=2.0,
        spread_s=0.5,
        distribution=Distribution.LOGNORMAL,
        every_s=60.0,
        each_s=5.0,
    )


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (pb.StrikeRequest(component="a", kind="flood"), "kind is 'flood'; accepted: trip, frozen, "),
        (
            pb.StrikeRequest(component="a", kind="nan", lasts=Duration()),
            "lasts is 0 s; accepted: more than 0 s",
        ),
        (
            pb.StrikeRequest(component="a", kind="nan", lasts=Duration(nanos=999)),
            "lasts is 0 s; accepted: more than 0 s",
        ),
        (
            pb.StrikeRequest(component="a", kind="nan", amount=math.inf),
            "amount is inf; accepted: a finite number",
        ),
        (
            pb.StrikeRequest(component="a", kind="nan", metrics=["AC_FREQUENCY", "X", "Y"]),
            "metrics contains 'X'; accepted: ",
        ),
    ],
)
def test_faults_that_make_no_sense_are_refused(request_: pb.StrikeRequest, message: str) -> None:
    with pytest.raises(InvalidArgumentError, match=message):
        words.strike(request_)


def test_a_component_is_told_with_all_that_it_reports() -> None:
    frame = Frame(
        11, NOON_US, {Metric.AC_POWER_ACTIVE: 5.0, Metric.AC_FREQUENCY: 50.0},
        {Metric.AC_POWER_ACTIVE: (Bounds(-3.0, -1.0), Bounds(0.0, 2.0))}, (StateCode.READY, StateCode.RELAY_CLOSED), 0,
        (Diagnostic("OVERCURRENT", ""),), (Diagnostic("PV_FAULT", "x"), Diagnostic("FAN_FAULT", "")),
    )  # fmt: skip
    told = words.component_state("inv", "battery_inverter", frame, 3)
    assert readings.component_state(told) == readings.ComponentState(
        11, {"AC_POWER_ACTIVE": 5.0, "AC_FREQUENCY": 50.0}, {"AC_POWER_ACTIVE": ((-3.0, -1.0), (0.0, 2.0))},
        ("READY", "RELAY_CLOSED"), ("OVERCURRENT",), ("PV_FAULT", "FAN_FAULT"), 3, "battery_inverter",
    )  # fmt: skip
    assert told.component == "inv"


def test_events_faults_and_clocks_keep_their_times() -> None:
    happened = Event(NOON_US + 1, "state", "inv", {"states": "READY", "power": 2.0})
    assert readings.site_event(words.event(happened)) == readings.SiteEvent(
        NOON + timedelta(microseconds=1), "state", "inv", {"states": "READY", "power": 2.0}
    )
    (fault,) = words.active_faults({5: ActiveFault(Fault("inv", FaultKind.TRIP), NOON_US, None, {})})
    assert readings.site_fault(fault) == readings.SiteFault(
        5, "inv", "trip", NOON, "switches off and reports the error HARDWARE_FAULT"
    )
    for timestamps, name in ((pb.TIMESTAMPS_WALL, "wall"), (pb.TIMESTAMPS_SIMULATED, "simulated")):
        clock = pb.Clock(simulated_time=NOON, wall_time=NOON, speed=2.0, paused=True, timestamps=timestamps)
        assert readings.clock_reading(clock) == readings.ClockReading(NOON, NOON, 2.0, True, name)  # type: ignore[arg-type]


class Source:
    """Stands in for a gateway: somebody who tells of events."""

    def listen_to_events(self, listener: object) -> object:
        self.listener = listener
        return lambda: setattr(self, "listener", None)


def opened(kinds: tuple[str, ...] = (), subjects: tuple[str, ...] = ()) -> tuple[EventStream, Source]:
    source = Source()
    return EventStream(source, kinds, subjects), source  # type: ignore[arg-type]


async def soon(stream: EventStream) -> Event:
    """Return what comes next; a stream that says nothing is an error, and no test that hangs."""
    return await asyncio.wait_for(anext(stream), 5.0)


async def test_only_events_that_match_every_filter_wait() -> None:
    happened = [Event(number, kind, subject, {}) for number, (kind, subject) in enumerate(
        [("a", "x"), ("a", "y"), ("b", "x"), ("b", "y")]
    )]  # fmt: skip
    for kinds, subjects, expected in (
        ((), (), [0, 1, 2, 3]),
        (("a",), (), [0, 1]),
        ((), ("y",), [1, 3]),
        (("a", "b"), ("x",), [0, 2]),
        (("a",), ("z",), []),
    ):
        stream, source = opened(kinds, subjects)
        for event in happened:
            source.listener(event)  # type: ignore[operator]
        assert [(await soon(stream)).time_us for _ in range(stream.waiting)] == expected
        stream.close()
        assert source.listener is None


async def test_as_many_events_wait_as_is_said_and_then_no_more_come() -> None:
    stream, source = opened()
    event = Event(0, "a", "x", {})
    for _ in range(LONGEST_QUEUE):
        source.listener(event)  # type: ignore[operator]
    assert stream.waiting == LONGEST_QUEUE
    await soon(stream)
    source.listener(event)  # type: ignore[operator]
    source.listener(event)  # type: ignore[operator]
    assert stream.waiting == LONGEST_QUEUE
    for _ in range(LONGEST_QUEUE):
        await anext(stream)
    source.listener(event)  # type: ignore[operator]
    with pytest.raises(UnavailableError, match=f"more than {LONGEST_QUEUE} events waited to be read"):
        await soon(stream)
