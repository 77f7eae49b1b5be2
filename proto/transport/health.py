"""Reflection and health, as tools and orchestrators ask for them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from .reflection import add_reflection

_log = logging.getLogger(__name__)


# The stubs of the package do not know its newer messages.
_messages: Any = health_pb2


class _HealthOfAll(health.aio.HealthServicer):
    """Health that can also be asked for everything at once."""

    def __init__(self, names: Sequence[str]) -> None:
        """Know the names of all services, with an empty one for the server as a whole."""
        super().__init__()
        self._names = names

    async def List(self, _request: Any, context: grpc.aio.ServicerContext[Any, Any]) -> Any:  # noqa: N802
        """Return the status of every service."""
        asked = {name: health_pb2.HealthCheckRequest(service=name) for name in self._names}
        return _messages.HealthListResponse(
            statuses={name: await self.Check(each, context) for name, each in asked.items()}
        )


class Health:
    """Says SERVING while the site answers."""

    def __init__(self, server: grpc.aio.Server, services: Iterable[str]) -> None:
        """Offer health and reflection on a server that has not started.

        Args:
            server: That serves the services.
            services: Their full names.
        """
        self._names = ("", *services)
        self._servicer = _HealthOfAll(self._names)
        health_pb2_grpc.add_HealthServicer_to_server(self._servicer, server)
        add_reflection(server, (*self._names[1:], health.SERVICE_NAME))

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
        except ValueError as error:  # which says by itself what is wrong
            _log.error("the site no longer answers: %s", error)
        except Exception:
            _log.exception("the site no longer answers: its simulation failed")
        for name in self._names:
            await self._servicer.set(name, health_pb2.HealthCheckResponse.NOT_SERVING)
