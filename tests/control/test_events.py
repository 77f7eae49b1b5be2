"""The stream of what happens to a site."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import grpc
import pytest
from control.support import INVERTER, NOON, SITE, seconds, serve, set_power
from frequenz.quantities import Power, Temperature

import doppelgrid
import doppelgrid.sim
from doppelgrid import ControlClient, ControlError
from doppelgrid.proto.control.event_stream import LONGEST_QUEUE, EventStream
from doppelgrid.proto.control.readings import SiteEvent
from doppelgrid.sim.domain.events import EVENT_KINDS
from doppelgrid.sim.domain.messages import UnavailableError
from doppelgrid.sim.domain.timestamps import to_us
from doppelgrid.sim.simulation.simulation import Simulation


async def first(events: AsyncIterator[SiteEvent], count: int) -> list[SiteEvent]:
    return [await anext(events) for _ in range(count)]


async def test_events_come_in_the_order_in_which_they_happen(
    control: ControlClient, channel: grpc.aio.Channel
) -> None:
    events = await control.events(kinds=["set-point accepted", "set-point ended", "set-point lapsed"])
    await set_power(channel, INVERTER, 5_000.0, request_lifetime=10).read()
    await control.step(seconds(12))
    assert [event.kind for event in await first(events, 3)] == [
        "set-point accepted",
        "set-point ended",
        "set-point lapsed",
    ]


async def test_an_event_says_when_to_whom_and_what(control: ControlClient, noon: datetime) -> None:
    events = await control.events(kinds=["driven"])
    await control.step(seconds(1.5))
    await control.drive("house", "load", Power.from_kilowatts(2), over=seconds(3))
    details = {"quantity": "load", "value": 2000.0, "over_s": 3.0}
    assert await anext(events) == SiteEvent(noon + seconds(1.5), "driven", "house", details)


async def test_events_can_be_limited_to_components(control: ControlClient) -> None:
    events = await control.events(subjects=["house"])
    await control.drive("site", "ambient_temperature", Temperature.from_celsius(30.0))
    await control.strike("main", "nan")
    await control.strike("house", "nan")
    event = await anext(events)
    assert (event.kind, event.subject) == ("fault", "house")


async def test_events_of_what_is_not_there_are_not_found(control: ControlClient) -> None:
    with pytest.raises(ControlError, match=r"no component 'hose'; accepted: grid, main, .*house") as error:
        await control.events(subjects=["house", "hose"])
    assert error.value.code is grpc.StatusCode.NOT_FOUND


async def test_events_of_a_kind_that_there_is_not_are_refused_with_those_that_there_are(
    control: ControlClient,
) -> None:
    with pytest.raises(
        ControlError,
        match=r"no kind of event 'set-point accept'; accepted: .*driven.* \(did you mean 'set-point accepted'\?\)",
    ) as error:
        await control.events(kinds=["driven", "set-point accept"])
    assert error.value.code is grpc.StatusCode.INVALID_ARGUMENT


def test_every_kind_of_event_that_the_program_reports_is_known() -> None:
    program = Path(doppelgrid.sim.__file__).parent
    told = [
        found
        for file in program.rglob("*.py")
        for found in re.findall(r"vents\.report\(\s*(f?)\"([^\"]+)\"", file.read_text(encoding="utf-8"))
    ]
    patterns = {
        re.sub(r"\\{\w+\\}", r"\\w+", re.escape(text)) if made else re.escape(text) for made, text in told
    }
    assert len(patterns) > 20
    for pattern in patterns:
        assert any(re.fullmatch(pattern, kind) for kind in EVENT_KINDS), pattern


async def test_what_is_done_to_time_is_told(control: ControlClient) -> None:
    events = await control.events(subjects=["site"])
    await control.set_speed(2.0)
    await control.resume()
    await control.pause()
    assert [event.kind for event in await first(events, 3)] == ["speed set", "resumed", "paused"]


async def test_all_who_listen_hear_the_same(control: ControlClient) -> None:
    streams = [await control.events() for _ in range(2)]
    await control.strike("bat-inv", "trip")
    await control.strike("house", "nan")
    assert await first(streams[0], 2) == await first(streams[1], 2)


async def test_who_does_not_read_is_cut_off_rather_than_left_with_a_gap() -> None:
    simulation = Simulation.headless(doppelgrid.Site.model_validate(SITE), start_us=to_us(NOON))
    events = EventStream(simulation.gateway, (), ())
    for number in range(LONGEST_QUEUE + 10):
        simulation.events.report("noise", "house", number=number)
    heard = [(await anext(events)).details["number"] for _ in range(LONGEST_QUEUE)]
    assert heard == list(range(LONGEST_QUEUE))
    with pytest.raises(UnavailableError, match="more than 10000 events waited to be read"):
        await anext(events)


async def test_the_stream_ends_with_an_error_when_the_site_goes_down() -> None:
    server = serve()
    async with ControlClient(await server.__aenter__()) as control:
        events = await control.events()
        await server.__aexit__(None, None, None)
        with pytest.raises(ControlError, match="shutting down") as error:
            await anext(events)
    assert error.value.code is grpc.StatusCode.UNAVAILABLE
