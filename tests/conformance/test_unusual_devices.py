"""Devices that can do less than most, or more, as their bounds show: that is no fault of theirs."""

from __future__ import annotations

import pytest
from support.examined_site import examined

from doppelgrid.scenarios.conformance.statements import Verdict

INVERTER = {"id": 11, "category": "battery_inverter", "behind": "main", "rated_power": "30 kW"}
BATTERY = {"id": 12, "category": "battery", "behind": "inverter", "initial_soc": "50 %"}
INVERTERS = {
    "one that has no reactive power at rest": {"min_power_factor": 0.9},
    "one with little reactive power": {"max_reactive_power": "3 kvar"},
    "one with a least power": {"min_power": "900 W", "max_reactive_power": "3 kvar"},
    "one without reactive power": {"max_reactive_power": "100 var"},
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", INVERTERS)
def test_reactive_set_points_are_tried_as_far_as_bounds_go(kind: str) -> None:
    of_both_axes, of_lifetimes = examined(
        {"inverter": {**INVERTER, **INVERTERS[kind]}, "battery": BATTERY}, 22, 32
    )
    leaves_none = "without" in kind
    assert of_both_axes.verdict is (Verdict.NOT_APPLICABLE if leaves_none else Verdict.PASSED), (
        of_both_axes.reason
    )
    assert of_lifetimes.verdict is Verdict.PASSED, of_lifetimes.reason


@pytest.mark.parametrize("number", [23, 31, 33])
def test_a_small_inverter_may_take_whole_hundreds_of_watts(number: int) -> None:
    small = {**INVERTER, "rated_power": "1 kW", "resolution": "100 W"}
    (outcome,) = examined({"inverter": small, "battery": BATTERY}, number)
    assert outcome.verdict is Verdict.PASSED, outcome.reason


def test_a_least_power_in_one_direction_is_kept_to() -> None:
    (outcome,) = examined(
        {
            "inverter": {**INVERTER, "min_discharge_power": "900 W"},
            "battery": {**BATTERY, "max_discharge_power": "3 kW"},
        },
        33,
    )
    assert outcome.verdict is Verdict.PASSED, outcome.reason


def test_the_sun_behind_a_hybrid_inverter_comes_on_top_of_its_battery() -> None:
    hybrid = {**INVERTER, "category": "hybrid_inverter", "rated_power": "100 kW", "peak_power": "120 kW"}
    (outcome,) = examined({"inverter": hybrid, "battery": {**BATTERY, "max_discharge_power": "20 kW"}}, 26)
    assert outcome.verdict is Verdict.PASSED, outcome.reason


def test_a_limit_beyond_what_the_wind_offers_now_need_not_be_refused() -> None:
    turbine = {
        "id": 11,
        "category": "wind_turbine",
        "behind": "main",
        "rated_power": "30 kW",
        "power": "9 kW",
    }
    (outcome,) = examined({"turbine": turbine}, 26)
    assert outcome.verdict is Verdict.PASSED, outcome.reason


@pytest.mark.slow
def test_what_the_sun_gives_may_follow_a_set_point_of_a_hybrid_inverter() -> None:
    hybrid = {**INVERTER, "category": "hybrid_inverter", "peak_power": "20 kW"}
    (outcome,) = examined({"inverter": hybrid, "battery": {**BATTERY, "initial_soc": "100 %"}}, 32)
    assert outcome.verdict is Verdict.PASSED, outcome.reason


@pytest.mark.parametrize("number", [23, 31, 33, 36])
def test_a_charger_of_its_least_current_alone_cannot_be_moved(number: int) -> None:
    charger = {"id": 11, "category": "ev_charger", "behind": "main", "rated_power": "4.2 kW", "car": {}}
    (outcome,) = examined({"charger": charger}, number)
    assert outcome.verdict is Verdict.NOT_APPLICABLE, outcome.reason
