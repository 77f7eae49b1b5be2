"""A site served over the Microgrid API, from start to end."""

from __future__ import annotations

import contextlib
from datetime import datetime
from pathlib import Path
from types import TracebackType

from ..sim.live import LiveSimulation, Timestamps
from ..sim.site import Site
from ..sim.sitefile import load_site
from .server import serve_gateway


class SiteServer:
    """A site that answers on a port; an async context manager that gives the URL for clients."""

    def __init__(
        self,
        site: Site | str | Path,
        *,
        host: str | None = None,
        port: int = 0,
        speed: float = 1.0,
        start: datetime | None = None,
        seed: int = 0,
        timestamps: Timestamps = "wall",
    ) -> None:
        """Prepare to serve a site.

        Args:
            site: A site, the path of its file, or the name of a bundled one.
            host: Name or address to listen on; the loopback interface if None.
            port: To listen on; any free one if 0.
            speed: Simulated seconds per second.
            start: Simulated time to start at, by the site's clock if naive; now if None.
            seed: Of all noise.
            timestamps: Whether telemetry carries the wall's time, by which clients judge freshness, or the
                simulation's.

        Raises:
            SiteError: If the site's file is wrong.
            ValueError: If the speed is not positive.
        """
        if not 0.0 < speed < float("inf"):
            raise ValueError(f"speed is {speed:g}; accepted: a number greater than 0")
        self.site = site if isinstance(site, Site) else load_site(site)
        self.address = ""
        """Where it is served, such as `[::1]:8800`, while it is."""
        self._host = host
        self._port = port
        self._speed = speed
        self._start = start
        self._seed = seed
        self._timestamps: Timestamps = timestamps
        self._simulation: LiveSimulation | None = None
        self._resources = contextlib.AsyncExitStack()

    @property
    def simulation(self) -> LiveSimulation:
        """What runs behind the port.

        Raises:
            RuntimeError: If the site is not being served.
        """
        if self._simulation is None:
            raise RuntimeError("the site is not being served; enter the context manager first")
        return self._simulation

    @property
    def url(self) -> str:
        """What clients connect to, such as `grpc://[::1]:8800`."""
        return f"grpc://{self.address}"

    async def __aenter__(self) -> str:
        """Start the simulation and serve it.

        Raises:
            InputError: If a recorded input cannot drive the site from its start.
            PortInUseError: If something else answers on the port.
        """
        simulation = LiveSimulation(
            self.site,
            start_us=None if self._start is None else self.site.moment_us(self._start),
            seed=self._seed,
            speed=self._speed,
            timestamps=self._timestamps,
        )
        async with contextlib.AsyncExitStack() as stack:
            server = serve_gateway(simulation.gateway, host=self._host, port=self._port)
            self.address = str(await stack.enter_async_context(server))
            stack.callback(simulation.stop)
            simulation.start()
            self._simulation = simulation
            self._resources = stack.pop_all()
        return self.url

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End all streams and free the port."""
        self._simulation = None
        await self._resources.aclose()
