"""A running site is asked in the words of scenario files: what values are, and when a condition comes true."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta

import grpc
import pytest
from control.support import INVERTER, seconds, serve, set_power
from control.test_control_command import Shell
from frequenz.quantities import Power

from doppelgrid import ControlClient, ControlError, SiteServer
from doppelgrid.proto.control.statements import MOST_WAITS


class TestValues:
    async def test_values_of_components_site_and_clients_go_by_their_names(
        self, control: ControlClient
    ) -> None:
        await control.drive("house", "load", Power.from_kilowatts(8))
        found = await control.read("site.consumer_power", "battery.soc", "app.commands")
        assert list(found) == ["site.consumer_power", "battery.soc", "app.commands"]
        assert found["site.consumer_power"] == (8_000.0, "W", "8 kW")
        assert found["battery.soc"] == (pytest.approx(0.5, abs=1e-3), "", "50 %")
        assert found["app.commands"] == (0.0, "", "0")

    async def test_commands_of_clients_count_and_those_of_the_service_do_not(
        self, server: SiteServer, control: ControlClient
    ) -> None:
        await control.command("bat-inv", "2 kW")
        async with grpc.aio.insecure_channel(server.address) as channel:
            call = set_power(channel, INVERTER, 3_000.0)
            await call.read()
            assert (await control.read("app.commands"))["app.commands"].value == 1.0

    async def test_a_value_that_is_not_there_is_refused(self, control: ControlClient) -> None:
        with pytest.raises(
            ControlError, match=r"'house.soc', which is no value of it; accepted: power"
        ) as error:
            await control.read("house.soc")
        assert error.value.code is grpc.StatusCode.INVALID_ARGUMENT


class TestWaiting:
    async def test_without_a_time_it_is_told_what_is_now(self, control: ControlClient) -> None:
        await control.drive("house", "load", Power.from_kilowatts(8))
        assert await control.wait_until("house.power == 8 kW and bat-inv is READY") == (
            True,
            "true after 0 s",
        )
        assert await control.wait_until("house.power > 9 kW") == (False, "is not true: house.power = 8 kW")

    async def test_a_condition_comes_true_at_a_sampling_and_has_to_stay_so(
        self, control: ControlClient
    ) -> None:
        await control.drive("house", "load", Power.zero())
        await control.drive("house", "load", Power.from_kilowatts(10), over=seconds(10))
        wanted = control.wait_until("house.power >= 5 kW", within=seconds(20), lasting=seconds(4))
        waiting = asyncio.create_task(wanted)
        await asyncio.sleep(0.1)
        await control.step(seconds(8))
        assert not waiting.done()
        await control.step(seconds(2))
        assert await waiting == (True, "true after 5 s")

    async def test_one_that_does_not_come_true_in_time_is_told(self, control: ControlClient) -> None:
        waiting = asyncio.create_task(control.wait_until("battery.soc > 90 %", within=seconds(3)))
        await asyncio.sleep(0.1)
        await control.step(seconds(4))
        holds, found = await waiting
        assert not holds
        assert found.startswith("is not true: battery.soc = ")

    async def test_the_time_for_it_counts_anew_where_the_site_goes_back(self, control: ControlClient) -> None:
        await control.take_snapshot("noon")
        await control.step(seconds(100))
        waiting = asyncio.create_task(control.wait_until("battery.soc > 90 %", within=seconds(3)))
        await asyncio.sleep(0.1)
        await control.restore_snapshot("noon")
        await control.step(seconds(2))
        assert not waiting.done()
        await control.step(seconds(2))
        assert not (await waiting).holds

    async def test_all_who_wait_at_once_hear_of_a_command(
        self, server: SiteServer, control: ControlClient
    ) -> None:
        waits = [
            asyncio.create_task(control.wait_until("app commands bat-inv", within=seconds(2))) for _ in "ab"
        ]
        await asyncio.sleep(0.1)
        await control.step(seconds(0.3))
        async with grpc.aio.insecure_channel(server.address) as channel:
            await set_power(channel, INVERTER, 3_000.0).read()
        await control.step(seconds(3))
        assert [(await wait).holds for wait in waits] == [True, True]

    @pytest.mark.parametrize(
        ("condition", "text"),
        [
            ("hose.power > 1 kW", r"'hose', which is no component; accepted: .*\(did you mean 'house'\?\)"),
            ("house.power >", "which breaks off"),
            ("battery.soc >= 0 %", "what is always true; accepted: a condition that can hold and can fail"),
        ],
    )
    async def test_what_is_no_condition_is_refused(
        self, control: ControlClient, condition: str, text: str
    ) -> None:
        with pytest.raises(ControlError, match=text) as error:
            await control.wait_until(condition)
        assert error.value.code is grpc.StatusCode.INVALID_ARGUMENT

    @pytest.mark.lengthy
    async def test_only_so_many_conditions_are_waited_for_at_once(self) -> None:
        async with serve(paused=False) as url, ControlClient(url) as control:
            waits = [
                asyncio.create_task(control.wait_until("battery.soc > 90 %", within=timedelta(days=1)))
                for _ in range(MOST_WAITS)
            ]
            await asyncio.sleep(1.0)
            with pytest.raises(
                ControlError, match="100 conditions are waited for already; accepted: "
            ) as error:
                await control.wait_until("battery.soc > 90 %", within=timedelta(days=1))
            assert error.value.code is grpc.StatusCode.RESOURCE_EXHAUSTED
            assert (await control.wait_until("battery.soc > 0 %")).holds
            for wait in waits:
                wait.cancel()
            await asyncio.wait(waits)
            await asyncio.sleep(0.5)
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(
                    control.wait_until("battery.soc > 90 %", within=timedelta(days=1)), 1.0
                )

    async def test_a_server_that_goes_down_ends_the_wait(self) -> None:
        async with serve(paused=False) as url, ControlClient(url) as control:
            waiting = asyncio.create_task(control.wait_until("battery.soc > 90 %", within=timedelta(days=1)))
            await asyncio.sleep(0.1)
            async with ControlClient(url) as other:
                await other.restart(seconds(1))
            with pytest.raises(ControlError) as error:
                await asyncio.wait_for(waiting, 10.0)
        assert error.value.code is grpc.StatusCode.UNAVAILABLE


@pytest.fixture
def shell(server: SiteServer) -> Shell:
    return Shell(server.url)


@pytest.fixture
async def alive() -> AsyncIterator[Shell]:
    """A shell beside a site whose time passes, ten seconds a second."""
    async with serve(paused=False, speed=10.0) as url:
        yield Shell(url)


class TestCommands:
    async def test_values_are_printed_in_words_and_as_json(self, shell: Shell) -> None:
        await shell.type("drive", "house.load", "8 kW")
        ended = await shell.type("read", "site.consumer_power", "app.commands")
        assert ended.output.splitlines() == ["site.consumer_power  8 kW", "app.commands         0"]
        ended = await shell.type("read", "house.power", "--json")
        assert json.loads(ended.output) == {"house.power": {"value": 8000.0, "unit": "W", "shown": "8 kW"}}

    async def test_the_exit_code_says_whether_a_condition_holds(self, shell: Shell) -> None:
        await shell.type("drive", "house.load", "8 kW")
        assert await shell.type("wait", "house.power < 9 kW") == (0, "true after 0 s", "")
        assert await shell.type("wait", "house.power > 9 kW") == (1, "is not true: house.power = 8 kW", "")
        ended = await shell.type("wait", "hose.power > 9 kW")
        assert ended.code == 2
        assert "'hose', which is no component" in ended.errors

    async def test_it_tells_that_it_waits_for_somebody_where_time_is_paused(self, shell: Shell) -> None:
        ended = await shell.type("wait", "house.power < 99 kW", "--within", "2 min")
        assert ended == (0, "true after 0 s", "time is paused: this waits until somebody steps or resumes it")

    @pytest.mark.lengthy
    async def test_it_waits(self, alive: Shell) -> None:
        await alive.type("drive", "house.load", "0 kW")
        await alive.type("drive", "house.load", "10 kW", "--over", "20 s")
        ended = await alive.type("wait", "house.power > 9 kW", "--within", "2 min", "--for", "2 s")
        assert ended.code == 0
