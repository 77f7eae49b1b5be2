"""A gateway on a TCP port, as real applications reach it."""

from __future__ import annotations

import errno
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc

from ..sim.gateway import Gateway
from .line import Line
from .versions import services

_OPTIONS = (
    # A second server on the same port would take every other client without a word.
    ("grpc.so_reuseport", 0),
    # Clients ping every 60 s, calls or not; by default the third ping on a silent connection ends it.
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
    ("grpc.http2.max_ping_strikes", 0),
    # One telemetry stream per component and client shares one connection.
    ("grpc.max_concurrent_streams", 1_000_000),
    ("grpc.max_receive_message_length", 1 << 20),
)
_HIGHEST_PORT = 65535
_GRACE_S = 0.5
"""For clients to take the end of their streams [s]; those that do not read are cut off after it."""


class BindError(OSError):
    """The server cannot listen where it was asked to."""


class PortInUseError(BindError):
    """Another program listens there already."""


@asynccontextmanager
async def serve_gateway(gateway: Gateway, *, host: str | None = None, port: int = 0) -> AsyncIterator[str]:
    """Serve all versions of the API on one port while the context lasts.

    On leaving, calls that are still open end with UNAVAILABLE.

    Args:
        gateway: What clients get to see.
        host: Name or address to listen on; if None, the loopback interface: [::1], or 127.0.0.1 on machines
            without IPv6.
        port: Number of the port; 0 for any free one.

    Yields:
        Where the server listens, such as `[::1]:8800`, once it does.

    Raises:
        PortInUseError: If another program listens there.
        BindError: If it is not possible to listen there for another reason.
    """
    host = _loopback() if host is None else _bracketed(host)
    _probe(host, port)
    line = Line()
    server = grpc.aio.server(options=_OPTIONS)
    server.add_generic_rpc_handlers(tuple(service.generic_handler() for service in services(gateway, line)))
    try:
        bound_port = server.add_insecure_port(f"{host}:{port}")
    except RuntimeError as error:
        raise BindError(f"cannot listen on {host}:{port}: {error}") from error
    await server.start()
    try:
        yield f"{host}:{bound_port}"
    finally:
        line.cut("the server is shutting down")
        await server.stop(_GRACE_S)


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
    where = f"cannot listen on {host}:{port}"
    if not 0 <= port <= _HIGHEST_PORT:
        raise BindError(f"{where}: the port is out of range; accepted: 0 to {_HIGHEST_PORT}")
    try:
        _bind(host, port)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            message = f"{where}: the port is in use; accepted: a free one, or 0 for any"
            raise PortInUseError(message) from None
        raise BindError(f"{where}: {error.strerror}") from error


def _bind(host: str, port: int) -> None:
    family, kind, protocol, _, address = socket.getaddrinfo(
        host.strip("[]"), port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    with socket.socket(family, kind, protocol) as probe:
        # As gRPC does, so that connections of a former server that linger do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(address)
        probe.listen()
