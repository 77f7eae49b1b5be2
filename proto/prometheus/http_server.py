"""An HTTP server of figures that no visitor can hold up, fill or make complain.

The one that the client library brings waits for ever for who connects and asks nothing, has a thread for each of them,
and prints a traceback when one breaks off.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from io import BufferedReader
from socketserver import ThreadingMixIn
from threading import BoundedSemaphore
from typing import TYPE_CHECKING, Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from ...sim.engine.clock import stopwatch_s

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

MOST_AT_ONCE = 32
"""Connections that are served at once; others are closed."""
_PATIENCE_S = 10.0
"""Time that a visitor has to ask, and to take the answer [s]."""


class _InTime(socket.SocketIO):
    """What a socket sends until a time of the stopwatch [s]."""

    def __init__(self, connection: socket.socket, end_s: float) -> None:
        super().__init__(connection, "r")
        self._connection = connection
        self._end_s = end_s

    def readinto(self, buffer: WriteableBuffer) -> int | None:
        """Read what there is, or break off."""
        left_s = self._end_s - stopwatch_s()
        if left_s <= 0.0:
            raise TimeoutError
        self._connection.settimeout(left_s)
        return super().readinto(buffer)


class _Handler(WSGIRequestHandler):
    """Answers one visitor."""

    timeout = _PATIENCE_S

    def setup(self) -> None:
        """Read from the visitor only until the time for all of the asking is over, however slowly it comes."""
        super().setup()
        self.rfile = BufferedReader(_InTime(self.connection, stopwatch_s() + self.timeout))

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name that it has
        """Say nothing of who comes: Prometheus does every few seconds."""


class FiguresServer(ThreadingMixIn, WSGIServer):
    """Answers each visitor in a thread of its own."""

    daemon_threads = True

    def __init__(self, host: str, port: int, application: Callable[..., Any]) -> None:
        """Listen; nobody is answered yet.

        Args:
            host: Name or address.
            port: To listen on; any free one if 0.
            application: Gives the answers, by the interface WSGI.

        Raises:
            OSError: If it is not possible to listen there.
        """
        self.address_family, _, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        self._places = BoundedSemaphore(MOST_AT_ONCE)
        super().__init__((str(address[0]), int(address[1])), _Handler)
        self.set_app(application)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer a visitor, if there is a place."""
        if self._places.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Answer a visitor, in its thread."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._places.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of who breaks off."""
