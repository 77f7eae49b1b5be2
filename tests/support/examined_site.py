"""What the conformance suite says of a site with nothing but a few components behind its main meter."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any

from doppelgrid.proto.serving.site_server import SiteServer
from doppelgrid.scenarios.conformance.access import Access
from doppelgrid.scenarios.conformance.statements import Outcome
from doppelgrid.scenarios.conformance.suite import examine
from doppelgrid.sim.site.site import Site

NOON = datetime.fromisoformat("2026-06-15T12:00:00+02:00")


def examined(components: dict[str, Any], *numbers: int) -> list[Outcome]:
    """Return what comes of statements about a site at noon.

    Args:
        components: Behind `main`; ids 1 and 2 are taken.
        numbers: Of the statements.
    """
    site = Site.model_validate({
        "microgrid": {"id": 1},
        "components": {
            "grid": {"id": 1, "category": "grid_connection_point"},
            "main": {"id": 2, "category": "meter", "behind": "grid"},
            **components,
        },
    })  # fmt: skip

    async def outcomes() -> list[Outcome]:
        async with SiteServer(site, start=NOON) as url:
            return await examine(Access.to(url), ["v1alpha18"], numbers=numbers)

    return asyncio.run(outcomes())
