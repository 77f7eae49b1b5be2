"""A gateway on a TCP port, as real applications reach it."""

from __future__ import annotations

import errno
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

import grpc

from ...sim.gateway.gateway import Gateway
from ..microgrid.versions import services
from ..transport.health import Health
from ..transport.open_streams import OpenStreams
from ..transport.security import Security
from ..transport.service import LARGEST_MESSAGE_BYTES, Service
from ..transport.traffic import Traffic

_OPTIONS = (
    # A second server on the same port would take every other client without a word.
    ("grpc.so_reuseport", 0),
    # Clients ping every 60 s, calls or not; by default the third ping on a silent connection ends it.
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
    ("grpc.http2.max_ping_strikes", 0),
    # One telemetry stream per component and client shares one connection.
    ("grpc.max_concurrent_streams", 1_000_000),
    # Many clients that come at once, as after a restart, wait their turn; by default some are turned away.
    ("grpc.server.max_pending_requests", 100_000),
    ("grpc.server.max_pending_requests_hard_limit", 100_000),
    ("grpc.max_receive_message_length", LARGEST_MESSAGE_BYTES),
)
_HIGHEST_PORT = 65535
_GRACE_S = 0.5
"""Time for clients to take the end of their streams [s]; those that do not read are cut off after it."""


class BindError(OSError):
    """The server cannot listen where it was asked to."""


class PortInUseError(BindError):
    """Another program listens there already."""


@asynccontextmanager
async def serve_gateway(
    gateway: Gateway,
    *,
    host: str | None = None,
    port: int = 0,
    beside: Callable[[OpenStreams], Service] | None = None,
    security: Security | None = None,
    insecure: bool = False,
    ended: Callable[[], Awaitable[None]] | None = None,
    traffic: Traffic | None = None,
) -> AsyncIterator[str]:
    """Serve all versions of the API, reflection and health on one port while the context lasts.

    On leaving, calls that are still open end with UNAVAILABLE.

    Args:
        gateway: What clients get to see.
        host: Name or address to listen on; if None, the loopback interface: [::1], or 127.0.0.1 on machines
            without IPv6.
        port: Number of the port; 0 for any free one.
        beside: Makes another service for the same port, which counts its streams among the open ones.
        security: What protects the port; if None, nothing does.
        insecure: Whether an unprotected port may be open to other machines.
        ended: Waits until the site no longer answers, of which health tells.
        traffic: Counts the calls of clients.

    Yields:
        Where the server listens, such as `[::1]:8800`, once it does.

    Raises:
        PortInUseError: If another program listens there.
        BindError: If it is not possible to listen there for another reason.
        SecurityError: If other machines could reach an unprotected port.
    """
    host = _loopback() if host is None else _bracketed(host)
    _probe(host, port)
    security = security or Security()
    if not insecure:
        security.require_for(host)
    open_streams = OpenStreams()
    server = grpc.aio.server(interceptors=security.interceptors(), options=_OPTIONS)
    served = (*services(gateway, open_streams), *(() if beside is None else (beside(open_streams),)))
    server.add_generic_rpc_handlers(tuple(service.generic_handler(traffic) for service in served))
    health = Health(server, (service.name for service in served))
    bound_port = _open_port(server, f"{host}:{port}", security.credentials())
    await server.start()
    try:
        async with health.serving(ended):
            yield f"{host}:{bound_port}"
    finally:
        open_streams.cut("the server is shutting down")
        await server.stop(_GRACE_S)


def _open_port(server: grpc.aio.Server, where: str, credentials: grpc.ServerCredentials | None) -> int:
    try:
        if credentials is None:
            return server.add_insecure_port(where)
        return server.add_secure_port(where, credentials)
    except RuntimeError as error:
        raise BindError(f"cannot listen on {where}: {error}") from error


def _loopback() -> str:
    try:
        _bind("[::1]", 0)
    except OSError:
        return "127.0.0.1"
    return "[::1]"


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host and not host.startswith("[") else host


def _probe(host: str, port: int) -> None:
    """Try with an ordinary socket; gRPC itself would log the reason and raise an error without it."""
    if not 0 <= port <= _HIGHEST_PORT:
        raise BindError(
            f"cannot listen on {host}:{port}: the port is out of range; accepted: 0 to {_HIGHEST_PORT}"
        )
    with binding(f"{host}:{port}"):
        _bind(host, port)


@contextmanager
def binding(where: str) -> Iterator[None]:
    """Say in words why it is not possible to listen.

    Args:
        where: Host and port.

    Raises:
        PortInUseError: If another program listens there.
        BindError: If it is not possible for another reason.
    """
    try:
        yield
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise PortInUseError(
                f"cannot listen on {where}: the port is in use; accepted: a free one, or 0 for any"
            ) from None
        raise BindError(f"cannot listen on {where}: {error.strerror}") from error
    except UnicodeError:
        raise BindError(
            f"cannot listen on {where}: no host has such a name; accepted: a name or an address of this machine"
        ) from None


def _bind(host: str, port: int) -> None:
    family, kind, protocol, _, address = socket.getaddrinfo(
        host.strip("[]"), port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    with socket.socket(family, kind, protocol) as probe:
        # As gRPC does, so that connections of a former server that linger do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(address)
        probe.listen()
