"""A server that restarts, over a socket: the port refuses, comes back, and the site has lived on."""

from __future__ import annotations

import asyncio
import socket
from datetime import UTC, datetime, timedelta

import pytest
from frequenz.client.base.retry import LinearBackoff
from frequenz.client.common.microgrid.components import ComponentId
from frequenz.client.microgrid import ApiClientError, MicrogridApiClient
from frequenz.client.microgrid.metrics import Metric

import doppelgrid

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
INVERTER = ComponentId(11)
SPEED = 20.0
DOWN_S = 10.0
"""In simulated time."""


async def until_port_is(address: str, *, is_open: bool) -> None:
    host, _, port = address.rpartition(":")
    async with asyncio.timeout(5.0):
        while True:
            with socket.socket(socket.AF_INET6 if "[" in host else socket.AF_INET) as probe:
                if (probe.connect_ex((host.strip("[]"), int(port))) == 0) is is_open:
                    return
            await asyncio.sleep(0.02)


async def test_the_port_refuses_for_a_while_and_clients_find_it_again() -> None:
    server = doppelgrid.serve("demo", speed=SPEED)
    async with (
        server as url,
        MicrogridApiClient(url, retry_strategy=LinearBackoff(interval=0.1, jitter=0.0)) as client,
    ):
        await client.set_component_power_active(INVERTER, -5e3)
        samples = client.receive_component_data_samples_stream(INVERTER, [Metric.AC_POWER_ACTIVE])
        await samples.receive()
        server.simulation.restart_server(DOWN_S)
        await until_port_is(server.address, is_open=False)
        with pytest.raises(ApiClientError):
            await client.get_microgrid_info()
        await until_port_is(server.address, is_open=True)
        assert server.simulation.plant.readings.active_power_w("bat-inv") < -4e3
        back = datetime.now(UTC)
        async with asyncio.timeout(5.0):
            while (await samples.receive()).metric_samples[0].sampled_at < back:
                pass


async def test_a_server_whose_port_was_taken_meanwhile_comes_back_once_it_is_free() -> None:
    server = doppelgrid.serve("demo", speed=SPEED)
    async with server as url:
        server.simulation.restart_server(DOWN_S)
        await until_port_is(server.address, is_open=False)
        host, _, port = server.address.rpartition(":")
        with socket.socket(socket.AF_INET6 if "[" in host else socket.AF_INET) as other:
            other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            other.bind((host.strip("[]"), int(port)))
            other.listen()
            back = asyncio.Event()
            server.simulation.served.subscribe(lambda is_there: back.set() if is_there else None)
            async with asyncio.timeout(5.0):
                await back.wait()
            await asyncio.sleep(0.1)
        await until_port_is(server.address, is_open=True)
        async with MicrogridApiClient(url) as client:
            assert int((await client.get_microgrid_info()).id) == server.site.microgrid.id


async def test_a_site_can_be_left_while_its_server_goes_down() -> None:
    """A client that is just being answered holds the server up for a while."""
    async with (
        asyncio.timeout(10.0),
        doppelgrid.serve("demo") as url,
        doppelgrid.ControlClient(url) as client,
    ):
        waiting = asyncio.create_task(client.wait_until("battery.soc > 99 %", within=timedelta(days=1)))
        await asyncio.sleep(0.1)
        await client.restart(timedelta(seconds=1))
        with pytest.raises(doppelgrid.ControlError):
            await waiting
