"""A site that has nothing to command but charging points, which pause below their least current."""

from __future__ import annotations

import asyncio

import pytest

from doppelgrid.proto.serving.site_server import SiteServer
from doppelgrid.scenarios.conformance.access import Access
from doppelgrid.scenarios.conformance.statements import Outcome, Verdict
from doppelgrid.scenarios.conformance.suite import examine
from doppelgrid.sim.site.site import Site

MOVING = (23, 31, 33, 36, 37)
"""Statements that move a component part of the way to what its bounds show."""
CHARGER = {"category": "ev_charger", "behind": "main", "rated_power": "22 kW"}
CARS = {"one": {}, "two": {"max_power": "22 kW"}, "three": {"max_power": "7.4 kW"}}


@pytest.fixture(scope="module")
def outcomes() -> list[Outcome]:
    site = Site.model_validate({
        "microgrid": {"id": 1},
        "components": {
            "grid": {"id": 1, "category": "grid_connection_point"},
            "main": {"id": 2, "category": "meter", "behind": "grid"},
            **{
                key: {"id": number, "car": {"initial_soc": "20 %", **car}, **CHARGER}
                for number, (key, car) in enumerate(CARS.items(), 10)
            },
        },
    })  # fmt: skip

    async def examined() -> list[Outcome]:
        async with SiteServer(site) as url:
            return await examine(Access.to(url), ["v1alpha18"], numbers=MOVING)

    return asyncio.run(examined())


@pytest.mark.parametrize("number", MOVING)
def test_it_is_moved_above_that(outcomes: list[Outcome], number: int) -> None:
    (outcome,) = (each for each in outcomes if each.statement.number == number)
    assert outcome.verdict is Verdict.PASSED, outcome.reason
