"""Sites with nothing to command but charging points, which pause below a current, or an engine, which has to start."""

from __future__ import annotations

import pytest
from support.examined_site import examined

from doppelgrid.scenarios.conformance.statements import Outcome, Verdict

MOVING = (23, 31, 33, 36, 37)
"""Statements that move a component part of the way to what its bounds show."""
CHARGER = {"category": "ev_charger", "behind": "main", "rated_power": "22 kW"}
CARS = {"one": {}, "two": {"max_power": "22 kW"}, "three": {"max_power": "7.4 kW"}}


@pytest.fixture(scope="module")
def of_chargers() -> list[Outcome]:
    chargers = {
        key: {"id": number, "car": {"initial_soc": "20 %", **car}, **CHARGER}
        for number, (key, car) in enumerate(CARS.items(), 10)
    }
    return examined(chargers, *MOVING)


@pytest.mark.parametrize("number", MOVING)
def test_chargers_are_moved_above_that(of_chargers: list[Outcome], number: int) -> None:
    (outcome,) = (each for each in of_chargers if each.statement.number == number)
    assert outcome.verdict is Verdict.PASSED, outcome.reason


@pytest.mark.slow
@pytest.mark.parametrize("number", [23, 31, 33])
def test_an_engine_need_not_have_started_within_the_time_that_inverters_have(number: int) -> None:
    engine = {"id": 10, "category": "chp", "behind": "main", "rated_power": "50 kW"}
    (outcome,) = examined({"engine": engine}, number)
    assert outcome.verdict is Verdict.NOT_APPLICABLE, outcome.reason
    assert outcome.reason == "component 10 (CHP) starts in its own time, not within 20 s"
