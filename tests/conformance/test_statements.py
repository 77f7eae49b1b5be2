"""The statements about a conforming server, each in every way that leads to ours."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest

from doppelgrid.proto.serving.site_server import SiteServer
from doppelgrid.scenarios.conformance.access import Access
from doppelgrid.scenarios.conformance.statements import STATEMENTS, Outcome, Verdict
from doppelgrid.scenarios.conformance.suite import UnreachableError, examine

WITHOUT_THE_CALL = {
    "client": {9, 10, 19, 27, 28, 37, 39},
    "v1": {27, 28, 37},
}
"""Statements about what the published client, or v1, cannot ask for."""


def test_all_statements_have_a_check() -> None:
    assert sorted(STATEMENTS) == list(range(1, 43))


def test_our_server_keeps_to_the_statement(
    outcomes: Mapping[tuple[int, str], Outcome], number: int, way: str
) -> None:
    outcome = outcomes.get((number, way))
    if outcome is None:
        pytest.skip(f"{way} is not served")
    expected = Verdict.NOT_APPLICABLE if number in WITHOUT_THE_CALL.get(way, ()) else Verdict.PASSED

    assert outcome.verdict is expected, outcome.reason


@pytest.mark.parametrize("way", ["v1alpha18", "client"])
def test_a_server_that_goes_away_meanwhile_ends_the_examination(
    way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("doppelgrid.scenarios.conformance.suite._PROBE_S", 0.1)
    monkeypatch.setattr("doppelgrid.scenarios.conformance.suite._GONE_S", 0.5)

    async def examine_until_it_is_gone() -> None:
        server = SiteServer("demo")
        url = await server.__aenter__()
        commanded = asyncio.Event()
        server.simulation.gateway.listen_to_events(lambda _event: commanded.set())
        examination = asyncio.create_task(examine(Access.to(url), [way], numbers=[32]))
        await commanded.wait()
        await server.__aexit__(None, None, None)
        await examination

    with pytest.raises(UnreachableError, match="has not answered for"):
        asyncio.run(examine_until_it_is_gone())
