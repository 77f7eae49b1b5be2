"""A running site behind each transport, as clients of each API version find it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Protocol
from unittest.mock import patch

import grpc
import pytest
from frequenz.client.microgrid import MicrogridApiClient
from support.live import live
from wire.support import GENERATED, SITE, Api

from doppelgrid.proto.inmemory.channel import InMemoryChannel
from doppelgrid.proto.microgrid.versions import services
from doppelgrid.proto.serving.server import serve_gateway
from doppelgrid.sim.gateway.gateway import Gateway
from doppelgrid.sim.simulation.live import LiveSimulation


class Transport(Protocol):
    """A way from clients to a gateway."""

    def channel(self) -> grpc.aio.Channel:
        """Open a channel of its own to the gateway."""

    def client(self) -> MicrogridApiClient:
        """Return a published client that will connect to the gateway."""


class SocketTransport:
    """The gateway behind a real TCP port."""

    def __init__(self, address: str) -> None:
        self._address = address

    def channel(self) -> grpc.aio.Channel:
        options = [("grpc.use_local_subchannel_pool", 1)]
        return grpc.aio.insecure_channel(self._address, options=options)

    def client(self) -> MicrogridApiClient:
        return MicrogridApiClient(f"grpc://{self._address}")


class InMemoryTransport:
    """The gateway in the same event loop, without a socket."""

    def __init__(self, gateway: Gateway) -> None:
        self._handlers = [service.generic_handler() for service in services(gateway)]

    def channel(self) -> grpc.aio.Channel:
        return InMemoryChannel(self._handlers)

    def client(self) -> MicrogridApiClient:
        with patch("frequenz.client.base.client.parse_grpc_uri", return_value=self.channel()):
            return MicrogridApiClient("grpc://in-memory:1")


@asynccontextmanager
async def open_socket(gateway: Gateway) -> AsyncIterator[SocketTransport]:
    async with serve_gateway(gateway) as address:
        yield SocketTransport(address)


@asynccontextmanager
async def open_memory(gateway: Gateway) -> AsyncIterator[InMemoryTransport]:
    yield InMemoryTransport(gateway)


TRANSPORTS: dict[str, Callable[[Gateway], AbstractAsyncContextManager[Transport]]] = {
    "socket": open_socket,
    "in-memory": open_memory,
}


@pytest.fixture
async def simulation() -> AsyncIterator[LiveSimulation]:
    async with live(SITE) as simulation:
        yield simulation


@pytest.fixture(params=[pytest.param("socket", marks=pytest.mark.lengthy), "in-memory"])
async def transport(request: pytest.FixtureRequest, simulation: LiveSimulation) -> AsyncIterator[Transport]:
    async with TRANSPORTS[request.param](simulation.gateway) as transport:
        yield transport


@pytest.fixture
async def channel(transport: Transport) -> AsyncIterator[grpc.aio.Channel]:
    async with transport.channel() as channel:
        yield channel


@pytest.fixture(params=GENERATED)
def api(request: pytest.FixtureRequest, channel: grpc.aio.Channel) -> Api:
    pb, stub = GENERATED[request.param]
    return Api(pb, stub(channel))


@pytest.fixture
async def client(transport: Transport) -> AsyncIterator[MicrogridApiClient]:
    async with transport.client() as client:
        yield client
