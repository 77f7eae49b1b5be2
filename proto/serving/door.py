"""The port of a site, which a server that restarts closes for a while."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from types import TracebackType

from ...sim.simulation.simulation import Simulation
from .server import BindError

_AGAIN_S = 0.5
"""After which time a port that another program has taken meanwhile is tried again [s]."""
_log = logging.getLogger(__name__)


class Door:
    """Serves a site whenever its server is to be there; an async context manager that gives the address."""

    def __init__(
        self,
        simulation: Simulation,
        server: Callable[[int], contextlib.AbstractAsyncContextManager[str]],
        port: int,
    ) -> None:
        """Prepare to serve.

        Args:
            simulation: Says when the server is to be there.
            server: Makes one that listens on a port, while its context lasts.
            port: To listen on; any free one if 0.
        """
        self._simulation, self._server, self._port = simulation, server, port
        self._open: contextlib.AsyncExitStack | None = None
        self._is_wanted, self._is_left = True, False
        self._changed = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None
        self._stop_following: Callable[[], None] = lambda: None

    async def __aenter__(self) -> str:
        """Open the port.

        Raises:
            BindError: If it is not possible to listen there.
            SecurityError: If other machines could reach an unprotected port.
        """
        address = await self._open_port()
        self._port = int(address.rpartition(":")[2])
        self._stop_following = self._simulation.served.subscribe(self._follow)
        self._keeper = asyncio.create_task(self._keep())
        return address

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the port for good."""
        self._stop_following()
        if self._keeper is not None:
            # A cancellation alone may get lost in a server that is just going down.
            self._is_left = True
            self._changed.set()
            self._keeper.cancel()
            await asyncio.wait({self._keeper})
        await self._close_port()

    def _follow(self, is_there: bool) -> None:
        self._is_wanted = is_there
        self._changed.set()

    async def _keep(self) -> None:
        while not self._is_left:
            await self._changed.wait()
            self._changed.clear()
            while not self._is_left and self._is_wanted is not (self._open is not None):
                if not self._is_wanted:
                    await self._close_port()
                    continue
                try:
                    await self._open_port()
                except BindError as error:
                    _log.warning("the server cannot come back yet: %s", error)
                    await asyncio.sleep(_AGAIN_S)

    async def _open_port(self) -> str:
        async with contextlib.AsyncExitStack() as stack:
            address = await stack.enter_async_context(self._server(self._port))
            self._open = stack.pop_all()
        return address

    async def _close_port(self) -> None:
        if self._open is not None:
            closing, self._open = self._open, None
            await closing.aclose()
