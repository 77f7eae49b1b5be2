"""Bounds that go with what the rest of the site does, while a server is examined."""

from __future__ import annotations

import asyncio

import pytest

from doppelgrid.proto.serving.site_server import SiteServer
from doppelgrid.scenarios.conformance.access import Access
from doppelgrid.scenarios.conformance.statements import Outcome, Verdict
from doppelgrid.scenarios.conformance.suite import examine
from doppelgrid.sim.domain.events import Event
from doppelgrid.sim.gateway.augmented_bounds import AugmentedBounds
from doppelgrid.sim.site.site import Site

LIMITED = Site.model_validate({
    "microgrid": {"id": 1},
    "components": {
        "grid": {"id": 1, "category": "grid_connection_point", "feed_in_limit": "2 kW"},
        "main": {"id": 2, "category": "meter", "behind": "grid"},
        "house": {"id": 3, "category": "meter", "behind": "main", "load": "3 kW"},
        "roof": {"id": 4, "category": "pv_inverter", "behind": "main", "rated_power": "10 kW", "power": "9 kW"},
    },
})  # fmt: skip


def examined(load_w: float) -> Outcome:
    """Return what comes of statement 37 at a roof under a feed-in limit, which shows what the load leaves it."""

    async def outcomes() -> list[Outcome]:
        server = SiteServer(LIMITED)

        def move(event: Event) -> None:
            if event.kind == "bounds augmented":
                server.simulation.drive("house", "load", load_w)

        async with server as url:
            server.simulation.gateway.listen_to_events(move)
            return await examine(Access.to(url), ["v1alpha18"], numbers=[37])

    (outcome,) = asyncio.run(outcomes())
    return outcome


@pytest.mark.parametrize("load_w", [3000.0, 6000.0])
def test_bounds_that_are_cleared_need_not_be_what_they_were(load_w: float) -> None:
    outcome = examined(load_w)
    assert outcome.verdict is Verdict.PASSED, outcome.reason


def test_bounds_that_are_not_cleared_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(AugmentedBounds, "clear", lambda *_: None)
    outcome = examined(3000.0)
    assert outcome.verdict is Verdict.FAILED
    assert "after clearing the token: the bounds are without -3750" in outcome.reason
