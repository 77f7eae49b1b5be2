"""What there is to be told of a site that is served, over all simulations that it has had."""

from __future__ import annotations

import asyncio
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ...sim.domain.events import Event
from ...sim.domain.metrics import Metric
from ...sim.domain.timestamps import MICROSECONDS
from ...sim.simulation.live import LiveSimulation
from ..serving.site_server import SiteServer
from .histogram import Distribution, Histogram

LATENESS_BOUNDS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds of the buckets in which lateness is counted [s]."""
_READ_AT_ONCE = 50
"""Components that are read before the loop has its turn."""


class ComponentReading(NamedTuple):
    """What a component shows."""

    id: int
    key: str
    category: str
    power_w: float
    """Active power, DC power of what has no AC side, passive sign convention [W]; NaN if there is none."""
    soc: float
    """State of charge [1]; NaN if there is none."""


class SiteReading(NamedTuple):
    """All figures of a site at one instant, as plain values that any thread may look at."""

    microgrid: int
    name: str
    clients: int
    open_calls: Mapping[str, int]
    """By the full name of the procedure."""
    sent: Mapping[str, int]
    """Answers, by the full name of the procedure."""
    backlog: int
    lateness: Distribution
    outcomes: Mapping[tuple[str, str], int]
    """Commands, by the full name of the procedure and the status that clients were told."""
    set_points_ended: Mapping[str, int]
    """By how they ended."""
    events: Mapping[str, int]
    """By kind."""
    passed_s: float
    """Simulated time that has passed [s]."""
    time_s: float
    """Where simulated time stands [s since the Unix epoch]."""
    speed: float
    reached_speed: float
    """Simulated seconds a second: as asked for, and as they pass."""
    components: Sequence[ComponentReading]
    """Those that are wanted."""


class SiteObserver:
    """Counts what a served site does not count itself. Built and read on the event loop of the site."""

    def __init__(self, server: SiteServer, *, components: bool) -> None:
        """Follow a server that has not started.

        Args:
            server: Of the site.
            components: Whether each component is read, too.
        """
        self._server = server
        self._reads_components = components
        self._loop = asyncio.get_running_loop()
        self._simulation: LiveSimulation | None = None
        self._lateness = Histogram(LATENESS_BOUNDS_S)
        self._events = Counter[str]()
        self._set_points_ended = Counter[str]()
        self._passed_us = 0
        self._stands_at_us = 0
        """Up to where simulated time has been added to what has passed [µs]."""
        self._jumps = 0
        """How often it has jumped, by which nothing is late that was sampled before."""
        server.simulations.subscribe(self._follow)

    async def read(self) -> SiteReading | None:
        """Return all figures now; None if the site has not been served yet."""
        simulation, traffic = self._simulation, self._server.traffic
        if simulation is None:
            return None
        components = await read_components(simulation) if self._reads_components else ()
        self._pass_to(simulation.now_us)
        microgrid, clock = simulation.site.microgrid, simulation.clock
        return SiteReading(
            microgrid=microgrid.id,
            name=microgrid.name,
            clients=traffic.clients,
            open_calls=traffic.open_calls,
            sent=traffic.sent,
            backlog=simulation.gateway.backlog,
            lateness=self._lateness.read(),
            outcomes=traffic.outcomes.copy(),
            set_points_ended=self._set_points_ended.copy(),
            events=self._events.copy(),
            passed_s=self._passed_us / MICROSECONDS,
            time_s=simulation.now_us / MICROSECONDS,
            speed=clock.speed,
            reached_speed=0.0 if clock.paused else clock.reached_speed,
            components=components,
        )

    def _follow(self, simulation: LiveSimulation) -> None:
        self._simulation = simulation
        self._stands_at_us = simulation.now_us
        simulation.gateway.samplings.subscribe(self._on_sampling)
        simulation.gateway.listen_to_events(self._on_event)
        simulation.restored.subscribe(self._on_restored)

    def _on_sampling(self, due_us: int) -> None:
        self._pass_to(due_us)
        # Comes after whoever was woken by the frames and hands them over to the transport.
        self._loop.call_soon(self._measure, due_us, self._jumps)

    def _measure(self, due_us: int, jumps: int) -> None:
        assert self._simulation is not None
        if jumps != self._jumps:
            return
        clock = self._simulation.clock
        late_s = (clock.now_us() - due_us) / MICROSECONDS / clock.reached_speed
        self._lateness.observe(max(late_s, 0.0))

    def _on_event(self, event: Event) -> None:
        self._events[event.kind] += 1
        if event.kind == "set-point ended":
            self._set_points_ended[str(event.details["status"])] += 1

    def _on_restored(self, now_us: int) -> None:
        # A jump is no time that passes.
        self._stands_at_us = now_us
        self._jumps += 1

    def _pass_to(self, now_us: int) -> None:
        self._passed_us += max(now_us - self._stands_at_us, 0)
        self._stands_at_us = now_us


async def read_components(simulation: LiveSimulation) -> list[ComponentReading]:
    """Return what components show, as of the last instant at which anything was due: looking changes nothing."""
    found = []
    for number, (key, component) in enumerate(simulation.site.components.items(), start=1):
        values = simulation.instruments.read(key).values
        power_w = values.get(Metric.AC_POWER_ACTIVE, values.get(Metric.DC_POWER, math.nan))
        soc = values.get(Metric.BATTERY_SOC_PCT, math.nan) / 100.0
        found.append(ComponentReading(component.id, key, str(component.category), power_w, soc))
        if number % _READ_AT_ONCE == 0:
            await asyncio.sleep(0)
    return found
