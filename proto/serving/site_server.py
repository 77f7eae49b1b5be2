"""A site served over the Microgrid API, from start to end."""

from __future__ import annotations

import contextlib
from datetime import datetime
from functools import partial
from pathlib import Path
from types import TracebackType

from ...sim.domain.events import Subscribers
from ...sim.domain.timestamps import Timestamps, check_start
from ...sim.engine.clock import check_speed
from ...sim.simulation.hardware import Hardware
from ...sim.simulation.live import LiveSimulation
from ...sim.site.reader import load_site
from ...sim.site.site import Site
from ..control.service import control_service
from ..control.snapshots import Snapshots
from ..control.statements import Statements
from ..transport.security import Security, is_loopback
from ..transport.traffic import Traffic
from .door import Door
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
        hardware: Hardware | None = None,
        paused: bool = False,
        control: bool | None = None,
        security: Security | None = None,
        insecure: bool = False,
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
            hardware: What stands in for the devices of the site, such as a `Replay`; models of them if None.
            paused: Whether time stands still at first, until it is told to go on or to make steps.
            control: Whether clients may control the simulation itself, its time and its faults; if None, only
                where clients must be on this machine.
            security: What protects the port; if None, nothing does.
            insecure: Whether an unprotected port may be open to other machines.

        Raises:
            SiteError: If the site's file is wrong.
            ValueError: If time cannot pass at this speed, or not start then.
        """
        check_speed(speed)
        self.site = site if isinstance(site, Site) else load_site(site)
        self.address = ""
        """Address where it is served, such as `[::1]:8800`, while it is."""
        self.traffic = Traffic()
        """What passes between the site and its clients."""
        self.simulations = Subscribers[LiveSimulation]()
        """Told of each simulation that is served, before its time passes: another one once the site is exchanged."""
        self._host = host
        self._port = port
        self._speed = speed
        self._start = None if start is None else check_start(start)
        self._seed = seed
        self._timestamps: Timestamps = timestamps
        self._hardware = hardware
        self._paused = paused
        self._security = security
        self._insecure = insecure
        self._control = (host is None or is_loopback(host)) if control is None else control
        self._simulation: LiveSimulation | None = None
        self._resources = contextlib.AsyncExitStack()

    @property
    def simulation(self) -> LiveSimulation:
        """The simulation behind the port.

        Raises:
            RuntimeError: If the site is not being served.
        """
        if self._simulation is None:
            raise RuntimeError("the site is not being served; enter the context manager first")
        return self._simulation

    @property
    def url(self) -> str:
        """The URL that clients connect to, such as `grpc://[::1]:8800`."""
        tls = "?ssl=true" if self._security is not None and self._security.tls else ""
        return f"grpc://{self.address}{tls}"

    async def __aenter__(self) -> str:
        """Start the simulation and serve it.

        Raises:
            InputError: If a recorded input cannot drive the site from its start.
            PortInUseError: If something else answers on the port.
            SecurityError: If other machines could reach an unprotected port.
        """
        await self._serve(self._build(self.site), self._port)
        return self.url

    async def exchange(self, site: Site) -> None:
        """Serve another site in place of this one, on the same port; time goes on, at its speed or paused.

        Its devices begin anew: set-points, faults and drives go with the former site. Streams and requests end with
        UNAVAILABLE, as they do where a gateway starts again, and clients connect anew.

        Args:
            site: What is served from now on. If it cannot run, the former one goes on.

        Raises:
            InputError: If a recorded input cannot drive the site from now on.
            PortInUseError: If something else has taken the port in between.
            ValueError: If the site cannot be built, whatever is wrong with it.
        """
        former = self.simulation
        former.catch_up()
        try:
            simulation = self._build(site, former)
        except ValueError:
            raise
        except Exception as error:
            raise ValueError(
                f"the site cannot be built ({type(error).__name__}: {error}); accepted: one that can"
            ) from error
        await self._resources.aclose()
        self.site = site
        await self._serve(simulation, int(self.address.rpartition(":")[2]), former)

    def _build(self, site: Site, former: LiveSimulation | None = None) -> LiveSimulation:
        start_us = None if self._start is None else site.moment_us(self._start)
        return LiveSimulation(
            site,
            start_us=start_us if former is None else former.now_us,
            seed=self._seed,
            speed=self._speed if former is None else former.clock.speed,
            timestamps=self._timestamps,
            hardware=self._hardware,
            paused=self._paused if former is None else former.clock.paused,
        )

    async def _serve(
        self, simulation: LiveSimulation, port: int, former: LiveSimulation | None = None
    ) -> None:
        control = None
        if self._control:
            control = partial(control_service, simulation, Statements(simulation), Snapshots())

        def server(port: int) -> contextlib.AbstractAsyncContextManager[str]:
            return serve_gateway(
                simulation.gateway,
                host=self._host,
                port=port,
                beside=control,
                security=self._security,
                insecure=self._insecure,
                ended=simulation.wait,
                traffic=self.traffic,
            )

        async with contextlib.AsyncExitStack() as stack:
            self.address = await stack.enter_async_context(Door(simulation, server, port))
            stack.callback(simulation.stop)
            self.simulations.tell(simulation)
            simulation.start(None if former is None else former.clock.now_us())
            self._simulation = simulation
            self._resources = stack.pop_all()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End all streams and free the port."""
        self._simulation = None
        await self._resources.aclose()
