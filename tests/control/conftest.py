"""A served site and a client that controls it, over a real socket."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime

import grpc
import pytest
from control.support import NOON, serve

from doppelgrid import ControlClient, SiteServer


@pytest.fixture
async def server() -> AsyncIterator[SiteServer]:
    """A site whose time stands still at noon."""
    server = serve()
    async with server:
        yield server


@pytest.fixture
async def control(server: SiteServer) -> AsyncIterator[ControlClient]:
    async with ControlClient(server.url) as client:
        yield client


@pytest.fixture
async def channel(server: SiteServer) -> AsyncIterator[grpc.aio.Channel]:
    async with grpc.aio.insecure_channel(server.address) as channel:
        yield channel


@pytest.fixture
def noon() -> datetime:
    return NOON
