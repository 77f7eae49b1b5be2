"""Connectors of a station of direct current share its power among the cars that are there."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

import doppelgrid
from doppelgrid import Simulation
from doppelgrid.models.charging_point import charging_point_power_limits
from doppelgrid.sim.components.ev_charger import EvCharger
from doppelgrid.sim.site.relations import relation_findings
from doppelgrid.sim.site.site import Site

NOON = datetime(2026, 6, 15, 12)
CAR = {"car": "crossover-73kwh", "soc": "10 %"}
LEFT = {
    "id": 3, "category": "ev_charger", "type": "dc", "behind": "main", "rated_power": "150 kW",
    "station_power": "150 kW", "shares_power_with": ["right"],
    "sessions": [{"arrive": "0 s", "stay": "1 h", **CAR}],
}  # fmt: skip
RIGHT = {
    **LEFT, "id": 4, "shares_power_with": ["left"], "sessions": [{"arrive": "5 min", "stay": "10 min", **CAR}],
}  # fmt: skip


def site(left: dict[str, Any] = LEFT, right: dict[str, Any] = RIGHT, **further: dict[str, Any]) -> Site:
    components = {
        "grid": {"id": 1, "category": "grid_connection_point"},
        "main": {"id": 2, "category": "meter", "behind": "grid"},
        "left": left,
        "right": right,
        **further,
    }
    return Site.model_validate({"microgrid": {"id": 7}, "components": components}).with_telemetry_interval(
        10.0
    )


@pytest.mark.parametrize(
    ("minutes", "left_w", "right_w"), [(4.0, 150e3, 142.6), (8.0, 75e3, 75e3), (16.0, 150e3, 142.6)]
)
def test_a_station_divides_its_power_while_two_cars_are_there(
    minutes: float, left_w: float, right_w: float
) -> None:
    """Alone, a car has all of it; standby of a connector without a car is 142.6 W."""
    where = site()
    simulation = Simulation.headless(where, start_us=where.moment_us(NOON))
    simulation.run_for(timedelta(minutes=minutes))
    readings = simulation.plant.readings
    assert readings.active_power_w("left") == pytest.approx(left_w, rel=2e-3)
    assert readings.active_power_w("right") == pytest.approx(right_w, rel=2e-3)


@pytest.mark.parametrize("minutes", [4.0, 8.0])
def test_a_station_draws_no_more_than_its_power_with_connectors_that_have_no_car(minutes: float) -> None:
    where = site()
    simulation = Simulation.headless(where, start_us=where.moment_us(NOON))
    simulation.run_for(timedelta(minutes=minutes))
    readings = simulation.plant.readings
    drawn_w = readings.active_power_w("left") + readings.active_power_w("right")
    assert drawn_w == pytest.approx(150e3, abs=1e-6)


def test_bounds_show_a_connectors_part() -> None:
    where = site()
    simulation = Simulation.headless(where, start_us=where.moment_us(NOON))
    simulation.run_for(timedelta(minutes=8))
    machines, params = simulation.plant.machines, simulation.plant.equipment.machines["left"].params
    _, upper_w = charging_point_power_limits(params, machines.state("left"), machines.input("left"))
    assert upper_w == pytest.approx(75e3)


@pytest.mark.usefixtures("interpreted")
def test_a_run_without_clients_shares_as_a_running_site_does() -> None:
    where, span = site(), timedelta(minutes=20)
    simulation = Simulation.headless(where, start_us=where.moment_us(NOON))
    simulation.run_for(span)
    summary = doppelgrid.simulate(where, span, start=NOON)
    energies_wh = {flow.key: flow.consumed_wh for flow in summary.flows}
    for key in ("left", "right"):
        assert energies_wh[key] == pytest.approx(
            simulation.plant.readings.registers(key).consumed_wh, rel=1e-9
        )


@pytest.mark.parametrize(
    ("left", "right", "accepted"),
    [
        ({"shares_power_with": ["main"]}, {}, "the key of another charger of direct current"),
        ({"shares_power_with": ["left"]}, {}, "the key of another charger of direct current"),
        ({}, {"shares_power_with": []}, "that has left in its shares_power_with"),
        ({}, {"station_power": "100 kW"}, "a connector with the same station_power"),
    ],
)
def test_connectors_have_to_know_each_other(left: Any, right: Any, accepted: str) -> None:
    found = list(relation_findings(site({**LEFT, **left}, {**RIGHT, **right})))
    assert any(accepted in finding.accepted for finding in found)


def test_all_connectors_of_a_station_are_named() -> None:
    third = {**RIGHT, "id": 5, "shares_power_with": ["left", "right"]}
    found = list(
        relation_findings(site({**LEFT, "shares_power_with": ["right", "third"]}, {**RIGHT}, third=third))
    )
    assert any("all connectors of the station" in finding.accepted for finding in found)


@pytest.mark.parametrize(
    ("changed", "accepted"),
    [
        ({"type": "ac", "rated_power": "22 kW"}, "connectors of `type: dc` share power"),
        ({"station_power": None}, "`station_power` beside it"),
        ({"shares_power_with": ["a", "a"]}, "each connector once"),
        ({"shares_power_with": ["a", "b", "c", "d"]}, "at most 3"),
    ],
)
def test_a_station_that_cannot_be_is_refused(changed: dict[str, Any], accepted: str) -> None:
    with pytest.raises(ValidationError, match=accepted):
        EvCharger.model_validate({**LEFT, **changed})
