"""Where Prometheus scrapes the figures of served sites: an HTTP server with a thread of its own, while they run."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from concurrent.futures import CancelledError
from contextlib import asynccontextmanager
from threading import Thread

from prometheus_client import CollectorRegistry, PlatformCollector, ProcessCollector, make_wsgi_app
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from ..serving.server import binding
from ..serving.site_server import SiteServer
from .families import OF_COMPONENTS, OF_SITES, Family
from .http_server import FiguresServer
from .observer import SiteObserver, SiteReading

_PATIENCE_S = 5.0
"""Real time for which a scrape waits for sites that are busy [s]; Prometheus gives up after 10 s by default."""


@asynccontextmanager
async def serve_metrics(
    servers: Sequence[SiteServer], *, host: str, port: int, components: bool = False
) -> AsyncIterator[str]:
    """Let Prometheus scrape the figures of sites while the context lasts.

    Args:
        servers: Of the sites, not yet started.
        host: Name or address to listen on.
        port: To listen on; any free one if 0.
        components: Whether power and state of charge of each component are told, too.

    Yields:
        The URL of the figures.

    Raises:
        PortInUseError: If another program listens there.
        BindError: If it is not possible to listen there for another reason.
    """
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    registry.register(SiteCollector(servers, components=components))
    with binding(f"{host}:{port}"):
        server = FiguresServer(host.strip("[]"), port, make_wsgi_app(registry))
    thread = Thread(target=server.serve_forever, name="figures for Prometheus", daemon=True)
    thread.start()
    try:
        yield f"http://{host}:{server.server_port}/metrics"
    finally:
        # In another thread: a scrape may be waiting for this one.
        await asyncio.to_thread(server.shutdown)
        server.server_close()
        thread.join()


class SiteCollector(Collector):
    """Collects the figures of sites whenever somebody scrapes them; built on the event loop of the sites."""

    def __init__(self, servers: Iterable[SiteServer], *, components: bool = False) -> None:
        """Follow servers that have not started.

        Args:
            servers: Of the sites.
            components: Whether each component is told, too.
        """
        self._loop = asyncio.get_running_loop()
        self._observers = [SiteObserver(server, components=components) for server in servers]
        self._families: tuple[Family, ...] = OF_SITES + (OF_COMPONENTS if components else ())

    def collect(self) -> Iterable[Metric]:
        """Return all figures; none while the sites are too busy to tell them, or no longer there.

        Called in another thread than that of the sites, which tell plain values.
        """
        reading = self._read()
        try:
            asked = asyncio.run_coroutine_threadsafe(reading, self._loop)
        except RuntimeError:  # the loop is closed
            reading.close()
            return []
        try:
            sites = asked.result(_PATIENCE_S)
        except (TimeoutError, CancelledError):
            asked.cancel()
            return []
        return [family.collect(sites) for family in self._families]

    async def _read(self) -> list[SiteReading]:
        readings = [await observer.read() for observer in self._observers]
        return [reading for reading in readings if reading is not None]
