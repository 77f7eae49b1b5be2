"""A site served without a socket, to clients on the same event loop."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import grpc
from grpc import aio

from ...sim.simulation.simulation import Simulation
from ..microgrid.versions import services
from ..transport.open_streams import OpenStreams
from .channel import InMemoryChannel
from .rpc import Status
from .service import MemoryService

_GONE = Status(grpc.StatusCode.UNAVAILABLE, "Socket closed")
_REFUSED = Status(
    grpc.StatusCode.UNAVAILABLE,
    "failed to connect to all addresses; last error: UNKNOWN: Failed to connect to remote host: "
    "connect: Connection refused (111)",
)
"""What a client of grpc sees of a server that has gone, and of one that is not there."""


class MemoryServer:
    """Answers for a site whenever the site's server is to be there."""

    def __init__(self, simulation: Simulation) -> None:
        """Serve a site from now on."""
        handlers = (service.generic_handler() for service in services(simulation.gateway, OpenStreams()))
        self._service = MemoryService(tuple(handlers))
        simulation.served.subscribe(self._follow)

    def open_channel(self, interceptors: Sequence[aio.ClientInterceptor]) -> aio.Channel:
        """Return a channel to the site, with the interceptors that its client wants on it."""
        # The stubs of grpc do not know that the class it extends is an `aio.Channel`.
        return cast(aio.Channel, InMemoryChannel(self._service, interceptors=interceptors))

    def _follow(self, is_there: bool) -> None:
        if is_there:
            self._service.bring_up()
        else:
            self._service.take_down(_GONE, _REFUSED)
