"""A site on a real port, with hands behind the scenes."""

from __future__ import annotations

from collections.abc import AsyncIterator

import grpc
import pytest
from robustness.support import SITE
from support.live import live

from doppelgrid.proto.serving.server import serve_gateway
from doppelgrid.sim.simulation.live import LiveSimulation


@pytest.fixture
async def simulation() -> AsyncIterator[LiveSimulation]:
    async with live(SITE) as simulation:
        yield simulation


@pytest.fixture
async def address(simulation: LiveSimulation) -> AsyncIterator[str]:
    async with serve_gateway(simulation.gateway, ended=simulation.wait) as address:
        yield address


@pytest.fixture
async def channel(address: str) -> AsyncIterator[grpc.aio.Channel]:
    async with grpc.aio.insecure_channel(address, [("grpc.use_local_subchannel_pool", 1)]) as channel:
        yield channel
