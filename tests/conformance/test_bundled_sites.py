"""Every bundled site, at night and at noon, held to the statements as `doppelgrid conformance` does."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import pytest

from doppelgrid.proto.serving.site_server import SiteServer
from doppelgrid.scenarios.conformance.access import Access
from doppelgrid.scenarios.conformance.statements import STATEMENTS, Outcome, Verdict
from doppelgrid.scenarios.conformance.suite import examine
from doppelgrid.sim.site.reader import bundled_sites

HOURS = {
    "night": datetime.fromisoformat("2026-06-15T00:30:00+02:00"),
    "noon": datetime.fromisoformat("2026-06-15T13:00:00+02:00"),
}
PLACES = [(site, hour) for site in sorted(bundled_sites()) for hour in HOURS]
FEW_PLACES = [place for place in PLACES if place[0] in ("all-categories", "demo")]
SHORT = (20, 26, 33)
"""Statements that differ with the hour (what bounds leave, what a set-point comes to), and are quick to see."""
AT_ONCE = 3
"""Places that are examined at once: all in one event loop, they wait for one another's answers on a busy machine."""

Place = tuple[str, str]

Outcomes = Mapping[Place, Sequence[Outcome]]


async def examine_all(places: Sequence[Place], numbers: Collection[int], *, speed: float) -> Outcomes:
    """Return the outcomes of places, some of which are examined at once, in the way of the SDK."""
    places_left = asyncio.Semaphore(AT_ONCE)

    async def examine_one(site: str, hour: str) -> Sequence[Outcome]:
        async with places_left, SiteServer(site, start=HOURS[hour], speed=speed) as url:
            return await examine(Access.to(url), ("v1alpha18",), numbers=numbers)

    found = await asyncio.gather(*[examine_one(*place) for place in places])
    return dict(zip(places, found, strict=True))


@pytest.fixture(scope="module")
def briefly() -> Outcomes:
    """What came of some statements, with devices that are quick."""
    return asyncio.run(examine_all(FEW_PLACES, SHORT, speed=20.0))


@pytest.fixture(scope="module")
def thoroughly() -> Outcomes:
    """What came of all statements; one site is held to them in all ways elsewhere."""
    return asyncio.run(examine_all(PLACES, (), speed=1.0))


def failures(outcomes: Sequence[Outcome]) -> list[str]:
    return [
        f"{outcome.statement.number} in {outcome.way}: {outcome.reason}"
        for outcome in outcomes
        if outcome.verdict is Verdict.FAILED
    ]


@pytest.mark.parametrize(("site", "hour"), FEW_PLACES)
def test_what_differs_with_the_hour_is_kept(briefly: Outcomes, site: str, hour: str) -> None:
    assert {outcome.statement.number for outcome in briefly[site, hour]} == set(SHORT)
    assert failures(briefly[site, hour]) == []


@pytest.mark.slow
@pytest.mark.parametrize(("site", "hour"), PLACES)
def test_all_statements_are_kept(thoroughly: Outcomes, site: str, hour: str) -> None:
    assert len(thoroughly[site, hour]) == len(STATEMENTS)
    assert failures(thoroughly[site, hour]) == []
