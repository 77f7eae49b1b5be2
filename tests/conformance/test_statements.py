"""The statements about a conforming server, each in every way that leads to ours."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from doppelgrid.scenarios.conformance.statements import STATEMENTS, Outcome, Verdict

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
