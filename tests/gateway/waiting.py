"""Waits that end: whoever says nothing is an error, and no test that hangs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TypeVar

from doppelgrid.sim.domain.messages import RequestStatus
from doppelgrid.sim.gateway.subscriptions import PowerRequest

T = TypeVar("T")
PATIENCE_S = 5.0
"""Everything that is to come is there already, or comes without waiting for anything outside [s]."""


async def soon(stream: AsyncIterator[T]) -> T:
    """Return what comes next."""
    return await asyncio.wait_for(anext(stream), PATIENCE_S)


async def all_of(stream: AsyncIterator[T]) -> list[T]:
    """Return everything that comes until the end."""
    async with asyncio.timeout(PATIENCE_S):
        return [each async for each in stream]


async def statuses(request: PowerRequest) -> list[RequestStatus]:
    """Return what is said of a request until its end."""
    return [update.status for update in await all_of(request)]
