"""Our own server, held to all statements at once: checks that do not get in each other's way run together."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping

import pytest

from doppelgrid.proto.serving.site_server import SiteServer
from doppelgrid.scenarios.conformance.access import Access
from doppelgrid.scenarios.conformance.statements import STATEMENTS, Outcome, Stage
from doppelgrid.scenarios.conformance.suite import WAYS, examine
from doppelgrid.sim.domain.faults import Fault, FaultKind

SITE = "all-categories"

Outcomes = Mapping[tuple[int, str], Outcome]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make a test of every statement in every way; those that need real time are marked slow."""
    if {"number", "way"} <= set(metafunc.fixturenames):
        cases = [
            pytest.param(
                number, way, id=f"{number:02}-{way}", marks=[pytest.mark.slow] if statement.slow else []
            )
            for number, statement in sorted(STATEMENTS.items())
            for way in WAYS
        ]
        metafunc.parametrize(("number", "way"), cases)


@pytest.fixture(scope="package")
def outcomes(request: pytest.FixtureRequest) -> Outcomes:
    """What came of the statements that the chosen tests ask for, looked at in one go."""
    numbers = {
        item.callspec.params["number"]
        for item in request.session.items
        if isinstance(item, pytest.Function) and {"outcomes", "number"} <= set(item.fixturenames)
    }
    return asyncio.run(examine_ourselves(numbers))


async def examine_ourselves(numbers: Collection[int]) -> Outcomes:
    """Examine a server in each way, all at once: in one server, the ways wait for each other's components."""
    found = await asyncio.gather(*[examine_in_one_way(way, numbers) for way in WAYS])
    return {(outcome.statement.number, outcome.way): outcome for outcomes in found for outcome in outcomes}


async def examine_in_one_way(way: str, numbers: Collection[int]) -> list[Outcome]:
    server = SiteServer(SITE)
    async with server as url:
        return await examine(Access.to(url), [way], numbers=numbers, stage=stage_of(server))


def stage_of(server: SiteServer) -> Stage:
    """Return the hands behind the scenes of our own server."""
    keys = {component.id: key for key, component in server.site.components.items()}

    def disconnect(component_id: int) -> None:
        server.simulation.fault(Fault(keys[component_id], FaultKind.DROPPED), for_s=1.0)

    def break_down(component_id: int) -> None:
        server.simulation.fault(Fault(keys[component_id], FaultKind.TRIP))

    return Stage(disconnect, break_down)
