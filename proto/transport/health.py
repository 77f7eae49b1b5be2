"""Reflection and health, as tools and orchestrators ask for them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

_log = logging.getLogger(__name__)


class Health:
    """Says SERVING while the site answers."""

    def __init__(self, server: grpc.aio.Server, services: Iterable[str]) -> None:
        """Offer health and reflection on a server that has not started.

        Args:
            server: That serves the services.
            services: Their full names.
        """
        self._names = ("", *services)
        self._servicer = health.aio.HealthServicer()
        health_pb2_grpc.add_HealthServicer_to_server(self._servicer, server)
        described = (*self._names[1:], health.SERVICE_NAME, reflection.SERVICE_NAME)
        reflection.enable_server_reflection(described, server)

    @asynccontextmanager
    async def serving(self, ended: Callable[[], Awaitable[None]] | None = None) -> AsyncIterator[None]:
        """Say SERVING while the context lasts, and something has not ended.

        Args:
            ended: Waits until the site no longer answers, by whatever cause.
        """
        for name in self._names:
            await self._servicer.set(name, health_pb2.HealthCheckResponse.SERVING)
        watch = asyncio.create_task(self._watch(ended))
        try:
            yield
        finally:
            watch.cancel()
            await asyncio.gather(watch, return_exceptions=True)
            await self._servicer.enter_graceful_shutdown()

    async def _watch(self, ended: Callable[[], Awaitable[None]] | None) -> None:
        if ended is None:
            return
        try:
            await ended()
        except Exception:
            _log.exception("the site no longer answers: its simulation failed")
        for name in self._names:
            await self._servicer.set(name, health_pb2.HealthCheckResponse.NOT_SERVING)
