"""A site served without a socket, to clients on the same event loop."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import grpc
from grpc import aio

from ...sim.simulation.simulation import Simulation
from ..control import SERVICE as CONTROL
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
_NO_CONTROL = (
    "lockstep has no control service; use steps of a scenario file (doppelgrid test), or in Python the site fixture of "
    "pytest (@pytest.mark.site), which can do what this service can"
)


class _NoControl(grpc.GenericRpcHandler):
    """Answers for the control service: who lives in virtual time cannot steer it from within."""

    def service(
        self, handler_call_details: grpc.HandlerCallDetails
    ) -> grpc.RpcMethodHandler[Any, Any] | None:
        """Return what refuses a call of the control service; None for another's."""
        is_control = handler_call_details.method.startswith(CONTROL)
        return grpc.unary_unary_rpc_method_handler(_refuse_control) if is_control else None


async def _refuse_control(_request: bytes, context: aio.ServicerContext[Any, Any]) -> bytes:
    await context.abort(grpc.StatusCode.UNIMPLEMENTED, _NO_CONTROL)
    return b""


class MemoryServer:
    """Answers for a site whenever the site's server is to be there."""

    def __init__(self) -> None:
        """Be reached by clients, with no site to answer for yet."""
        self._service = MemoryService()

    def serve(self, simulation: Simulation) -> None:
        """Answer for a site from now on, in place of another; channels stay open."""
        handlers = (service.generic_handler() for service in services(simulation.gateway, OpenStreams()))
        self._service.replace_generic_rpc_handlers((*handlers, _NoControl()))
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
