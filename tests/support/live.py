"""A site that lives in the event loop of a test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from doppelgrid.sim.simulation.live import LiveSimulation
from doppelgrid.sim.site.site import Site


@asynccontextmanager
async def live(site: dict[str, Any]) -> AsyncIterator[LiveSimulation]:
    """Run a site until the context ends."""
    simulation = LiveSimulation(Site.model_validate(site))
    simulation.start()
    yield simulation
    simulation.stop()
