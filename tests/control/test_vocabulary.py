"""Whatever a step of a scenario file does, the control service, its command line and the fixture `site` do as well."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial

import grpc
import pytest
from control.support import seconds, serve
from frequenz.quantities import Power
from typer.testing import CliRunner

from doppelgrid import ControlClient, ControlError, SiteServer
from doppelgrid.cli.main import app
from doppelgrid.scenarios.suites.file.keys import ACTS
from doppelgrid.scenarios.testing import ComponentHandle, SiteHandle


@pytest.mark.parametrize("act", ACTS)
def test_every_act_of_a_scenario_goes_by_its_name_everywhere(act: str) -> None:
    assert callable(getattr(ControlClient, act, None))
    assert any(callable(getattr(handle, act, None)) for handle in (SiteHandle, ComponentHandle))
    assert CliRunner().invoke(app, ["control", act, "--help"]).exit_code == 0


NAMES = (
    "grid.power",
    "battery.soc",
    "site.consumer_power",
    "app.commands",
    "app.silence",
    "bat-inv.AC_CURRENT",
)
"""Of values in conditions of scenario files."""


@pytest.mark.parametrize("name", NAMES)
async def test_every_value_of_a_condition_goes_by_its_name_in_the_fixture(
    site: SiteHandle, name: str
) -> None:
    assert site.reading(name).value is not None


@pytest.mark.parametrize("name", NAMES)
async def test_every_value_of_a_condition_goes_by_its_name_in_the_control_service(
    control: ControlClient, server: SiteServer, name: str
) -> None:
    assert (await control.read(name))[name].value is not None
    run = partial(CliRunner().invoke, app, ["control", "read", name, "--url", server.url])
    assert (await asyncio.to_thread(run)).exit_code == 0


@pytest.fixture
async def alive() -> AsyncIterator[SiteServer]:
    """A site whose time passes, ten seconds a second."""
    async with (server := serve(paused=False, speed=10.0)):
        yield server


class TestCommands:
    async def test_a_component_is_told_a_power(self, control: ControlClient) -> None:
        events = await control.events(kinds=["set-point accepted", "set-point lapsed"])
        await control.command("bat-inv", "5 kW", lasts=seconds(20))
        await control.step(seconds(15))
        power_w = (await control.state("bat-inv"))["bat-inv"].values["AC_POWER_ACTIVE"]
        assert power_w == pytest.approx(5_000.0, rel=0.01)
        await control.step(seconds(6))
        assert [(await anext(events)).kind for _ in range(2)] == ["set-point accepted", "set-point lapsed"]

    async def test_its_power_is_bounded(self, control: ControlClient) -> None:
        await control.command("bat-inv", lower="-2 kW", upper="3 kW", lasts=seconds(60))
        (bounds,) = (await control.state("bat-inv"))["bat-inv"].bounds["AC_POWER_ACTIVE"]
        assert bounds == (-2_000.0, 3_000.0)

    async def test_it_is_switched_off_and_on(self, control: ControlClient) -> None:
        await control.command("bat-inv", "stop")
        await control.step(seconds(10))
        assert "OFF" in (await control.state("bat-inv"))["bat-inv"].states
        await control.command("bat-inv", "start")
        await control.step(seconds(60))
        assert "OFF" not in (await control.state("bat-inv"))["bat-inv"].states

    @pytest.mark.parametrize(
        ("key", "told", "others", "code", "text"),
        [
            ("bat-inv", "5 kg", {}, grpc.StatusCode.INVALID_ARGUMENT, "told is 5 kg; accepted: a power"),
            ("bat-inv", None, {}, grpc.StatusCode.INVALID_ARGUMENT, "bounds is without an edge; accepted: lower"),
            (
                "bat-inv", None, {"lower": "1 kW", "upper": "1 kvar"}, grpc.StatusCode.INVALID_ARGUMENT,
                "bounds is from 1 kW to 1 kvar; accepted: two powers of one kind",
            ),
            (
                "bat-inv", "5 kW", {"lasts": seconds(3)}, grpc.StatusCode.INVALID_ARGUMENT,
                "for is 3 s; accepted: 10 s to 900 s",
            ),
            ("bat-inv", "start", {"lower": "1 kW"}, grpc.StatusCode.INVALID_ARGUMENT, "beside bounds; accepted"),
            ("house", "5 kW", {}, grpc.StatusCode.UNIMPLEMENTED, "house"),
            ("hose", "5 kW", {}, grpc.StatusCode.NOT_FOUND, "no component 'hose'"),
            ("bat-inv", "500 kW", {}, grpc.StatusCode.OUT_OF_RANGE, "500000"),
        ],
    )  # fmt: skip
    async def test_what_it_cannot_be_told_is_refused(
        self,
        control: ControlClient,
        key: str,
        told: str | None,
        others: dict[str, str | timedelta],
        code: grpc.StatusCode,
        text: str,
    ) -> None:
        with pytest.raises(ControlError, match=text) as error:
            await control.command(key, told, **others)  # type: ignore[arg-type]
        assert error.value.code is code


class TestWhatEndsByItself:
    async def test_a_driven_input_is_released(self, control: ControlClient) -> None:
        before = await control.state("house")
        await control.drive("house", "load", Power.from_kilowatts(50), lasts=seconds(10))
        await control.step(seconds(9))
        assert (await control.state("house"))["house"].values["AC_POWER_ACTIVE"] == pytest.approx(50_000.0)
        await control.step(seconds(2))
        released = (await control.state("house"))["house"].values["AC_POWER_ACTIVE"]
        assert released == pytest.approx(before["house"].values["AC_POWER_ACTIVE"], rel=0.3)

    async def test_one_that_was_driven_anew_stays(self, control: ControlClient) -> None:
        await control.drive("house", "load", Power.from_kilowatts(50), lasts=seconds(10))
        await control.step(seconds(5))
        await control.drive("house", "load", Power.from_kilowatts(50))
        await control.step(seconds(10))
        assert (await control.state("house"))["house"].values["AC_POWER_ACTIVE"] == pytest.approx(50_000.0)

    async def test_it_ends_also_after_a_snapshot(self, control: ControlClient) -> None:
        await control.drive("house", "load", Power.from_kilowatts(50), lasts=seconds(10))
        await control.take_snapshot("driven")
        await control.step(seconds(20))
        await control.restore_snapshot("driven")
        await control.step(seconds(9))
        assert [each.driven for each in await control.inputs("house") if each.component == "house"] == [True]
        await control.step(seconds(2))
        assert [each.driven for each in await control.inputs("house") if each.component == "house"] == [False]

    async def test_it_does_not_end_before_its_value_is_reached(self, control: ControlClient) -> None:
        with pytest.raises(
            ControlError, match=r"house\.load is driven for 3 s; accepted: .* the 5 s over which"
        ):
            await control.drive("house", "load", Power.zero(), over=seconds(5), lasts=seconds(3))

    async def test_the_public_grid_comes_back(self, control: ControlClient) -> None:
        await control.outage(seconds(30))
        await control.step(seconds(10))
        assert "OFF" in (await control.state("grid"))["grid"].states
        await control.step(seconds(30))
        assert "READY" in (await control.state("grid"))["grid"].states


class TestRestarts:
    async def test_the_server_is_gone_and_comes_back(self, alive: SiteServer) -> None:
        async with ControlClient(alive.url) as control:
            events = await control.events()
            await control.restart(seconds(10))
            told = []
            with pytest.raises(ControlError) as ended:
                told.extend([event.kind async for event in events])
            assert set(told) <= {"server goes down", "state"}
            assert ended.value.code is grpc.StatusCode.UNAVAILABLE
            with pytest.raises(ControlError):
                await control.clock()
            for _ in range(100):
                await asyncio.sleep(0.1)
                try:
                    await control.clock()
                    break
                except ControlError:
                    continue
            else:
                pytest.fail("the server did not come back")

    async def test_snapshots_that_are_kept_outlive_a_server_that_goes_down(self, alive: SiteServer) -> None:
        async with ControlClient(alive.url) as control:
            await control.take_snapshot("before")
            await control.restart(seconds(1))
            async with asyncio.timeout(30):
                kept = None
                while kept is None:
                    await asyncio.sleep(0.1)
                    with contextlib.suppress(ControlError):
                        kept = await control.list_snapshots()
            assert list(kept) == ["before"]
            await control.restore_snapshot("before")

    async def test_it_would_not_come_back_while_time_is_paused(self, control: ControlClient) -> None:
        with pytest.raises(ControlError, match="time is paused, so the server would not come back") as error:
            await control.restart(seconds(10))
        assert error.value.code is grpc.StatusCode.FAILED_PRECONDITION

    async def test_how_long_it_can_be_gone_is_told(self, alive: SiteServer) -> None:
        async with ControlClient(alive.url) as control:
            with pytest.raises(ControlError, match="restart is 0 s; accepted: more than 0 s, up to 1 d"):
                await control.restart(seconds(0))


async def test_what_is_said_is_an_event(control: ControlClient) -> None:
    events = await control.events(kinds=["said"])
    await control.say("the evening begins")
    event = await anext(events)
    assert (event.subject, event.details) == ("site", {"text": "the evening begins"})
    with pytest.raises(ControlError, match="a line of 0 characters; accepted: 1 to 1000 characters"):
        await control.say("")


async def test_acts_are_typed(server: SiteServer) -> None:
    async def typed(*words: str) -> str:
        done = await asyncio.to_thread(
            CliRunner(env={"MICROGRID_API_URL": server.url}).invoke, app, ["control", *words]
        )
        assert done.exit_code == 0, done.output
        return done.output

    assert (
        await typed("set", "house.load", "45 kW", "--for", "30 s")
        == "house.load is driven to 45 kW for 30 s\n"
    )
    assert await typed("command", "bat-inv", "-5kW", "--for", "10 s") == "bat-inv is told -5kW for 10 s\n"
    assert "to stay within … to 5 kW" in await typed("command", "bat-inv", "--upper", "5 kW")
    assert await typed("outage", "30 s") == "the public grid is gone for 30 s\n"
    assert "fault 1: main nan" in await typed("fault", "main", "nan")
    assert await typed("say", "hello") == "said: hello\n"
