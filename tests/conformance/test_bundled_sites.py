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
SHORT = (20, 26, 33)
"""Statements that differ with the hour (what bounds leave, what a set-point comes to), and are quick to see."""

Outcomes = Mapping[tuple[str, str], Sequence[Outcome]]


async def examine_all(ways: Sequence[str], numbers: Collection[int], *, speed: float) -> Outcomes:
    """Return the outcomes of all places, which are examined at once."""

    async def examine_one(site: str, hour: str) -> Sequence[Outcome]:
        async with SiteServer(site, start=HOURS[hour], speed=speed) as url:
            return await examine(Access.to(url), ways, numbers=numbers)

    found = await asyncio.gather(*[examine_one(*place) for place in PLACES])
    return dict(zip(PLACES, found, strict=True))


@pytest.fixture(scope="module")
def briefly() -> Outcomes:
    """What came of some statements in one way, with devices that are quick."""
    return asyncio.run(examine_all(("v1alpha18",), SHORT, speed=20.0))


@pytest.fixture(scope="module")
def thoroughly() -> Outcomes:
    """What came of all statements, in the way of the SDK; one site is held to them in all ways elsewhere."""
    return asyncio.run(examine_all(("v1alpha18",), (), speed=1.0))


def failures(outcomes: Sequence[Outcome]) -> list[str]:
    return [
        f"{outcome.statement.number} in {outcome.way}: {outcome.reason}"
        for outcome in outcomes
        if outcome.verdict is Verdict.FAILED
    ]


@pytest.mark.parametrize(("site", "hour"), PLACES)
def test_what_differs_with_the_hour_is_kept(briefly: Outcomes, site: str, hour: str) -> None:
    assert {outcome.statement.number for outcome in briefly[site, hour]} == set(SHORT)
    assert failures(briefly[site, hour]) == []


@pytest.mark.slow
@pytest.mark.parametrize(("site", "hour"), PLACES)
def test_all_statements_are_kept(thoroughly: Outcomes, site: str, hour: str) -> None:
    assert len(thoroughly[site, hour]) == len(STATEMENTS)
    assert failures(thoroughly[site, hour]) == []
