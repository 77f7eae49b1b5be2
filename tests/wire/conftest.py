"""A running site behind each transport, as clients of each API version find it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc
import pytest
from doppelgrid.proto.server import serve_gateway
from doppelgrid.sim.gateway import Gateway
from doppelgrid.sim.runtime import Simulation
from doppelgrid.sim.site import Site
from frequenz.client.microgrid import MicrogridApiClient
from wire.support import GENERATED, SITE, Api


class SocketTransport:
    """The gateway behind a real TCP port."""

    def __init__(self, address: str) -> None:
        self._address = address

    def channel(self) -> grpc.aio.Channel:
        """Open a channel of its own to the server."""
        options = [("grpc.use_local_subchannel_pool", 1)]
        return grpc.aio.insecure_channel(self._address, options=options)

    def client(self) -> MicrogridApiClient:
        """Return a published client that will connect to the server."""
        return MicrogridApiClient(f"grpc://{self._address}")


@asynccontextmanager
async def open_socket(gateway: Gateway) -> AsyncIterator[SocketTransport]:
    async with serve_gateway(gateway) as address:
        yield SocketTransport(address)


TRANSPORTS = {"socket": open_socket}


@pytest.fixture
async def simulation() -> AsyncIterator[Simulation]:
    simulation = Simulation(Site.model_validate(SITE))
    simulation.start()
    yield simulation
    simulation.stop()


@pytest.fixture(params=TRANSPORTS)
async def transport(request: pytest.FixtureRequest, simulation: Simulation) -> AsyncIterator[SocketTransport]:
    async with TRANSPORTS[request.param](simulation.gateway) as transport:
        yield transport


@pytest.fixture
async def channel(transport: SocketTransport) -> AsyncIterator[grpc.aio.Channel]:
    async with transport.channel() as channel:
        yield channel


@pytest.fixture(params=GENERATED)
def api(request: pytest.FixtureRequest, channel: grpc.aio.Channel) -> Api:
    pb, stub = GENERATED[request.param]
    return Api(pb, stub(channel))


@pytest.fixture
async def client(transport: SocketTransport) -> AsyncIterator[MicrogridApiClient]:
    async with transport.client() as client:
        yield client
