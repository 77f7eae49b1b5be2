"""What `check` tells of voltages that make something of inverters that nobody expects."""

from __future__ import annotations

from typing import Any

import pytest

from doppelgrid.sim.site.reader import load_site
from doppelgrid.sim.site.site import Site
from doppelgrid.sim.site.voltage_notes import voltage_notes


def notes(
    inverter: dict[str, Any], grid: dict[str, Any] | None = None, charger: dict[str, Any] | None = None
) -> list[str]:
    components: dict[str, Any] = {
        "grid": {"id": 1, "category": "grid_connection_point", **(grid or {})},
        "inv": {
            "id": 2,
            "category": "battery_inverter",
            "behind": "grid",
            "rated_power": "10 kW",
            **inverter,
        },
        "bat": {"id": 3, "category": "battery", "behind": "inv", "preset": "lfp-10kwh"},
    }
    if charger is not None:
        components["charger"] = {**charger, "id": 4}
    return list(voltage_notes(Site.model_validate({"microgrid": {"id": 1}, "components": components})))


def test_a_battery_outside_of_the_window_that_a_preset_names_is_told() -> None:
    (note,) = notes({"preset": "battery-100kw"})
    assert note.startswith("inv runs from 750 V to 1000 V alone, and its battery has 3")


@pytest.mark.parametrize("inverter", [{"preset": "battery-10kw"}, {}])
def test_one_within_it_is_not(inverter: dict[str, Any]) -> None:
    assert notes(inverter) == []


def test_nothing_is_told_where_several_batteries_may_have_other_voltages() -> None:
    components = {
        "grid": {"id": 1, "category": "grid_connection_point"},
        "inv": {
            "id": 2, "category": "battery_inverter", "behind": "grid", "rated_power": "10 kW", "preset": "battery-100kw"
        },
        **{
            f"bat-{number}": {"id": number, "category": "battery", "behind": "inv", "preset": "lfp-10kwh"}
            for number in (3, 4)
        },
    }  # fmt: skip
    site = Site.model_validate({"microgrid": {"id": 1}, "components": components})
    assert list(voltage_notes(site)) == []


def test_a_grid_code_behind_an_impedance_is_told() -> None:
    impedance = {"voltages": {"resistance": "200 mΩ"}}
    (note,) = notes({"grid_code": "vde-ar-n-4105"}, impedance)
    assert note.startswith("protection and Q(U) of inv go by the voltage before the grid's impedance")


@pytest.mark.parametrize(
    ("inverter", "grid"),
    [({"grid_code": "vde-ar-n-4105"}, {}), ({}, {"voltages": {"resistance": "200 mΩ"}})],
)
def test_one_of_the_two_alone_is_not(inverter: dict[str, Any], grid: dict[str, Any]) -> None:
    assert notes(inverter, grid) == []


def charging_at(voltage: str, kind: str) -> list[str]:
    charger = {"category": "ev_charger", "behind": "grid", "type": kind, "rated_power": "22 kW"}
    return notes({}, {"voltage": voltage}, charger)


def test_what_chargers_draw_at_the_least_current_where_phases_have_more_than_230_v_is_told() -> None:
    (note,) = charging_at("480 V", "ac")
    assert note.startswith("charger: powers are told by 230 V a phase")
    assert note.endswith("the site has 277 V: told 1380 W a phase, a car draws 1663 W")


@pytest.mark.parametrize(
    ("voltage", "kind"), [("400 V", "ac"), ("415 V", "ac"), ("208 V", "ac"), ("480 V", "dc")]
)
def test_at_usual_voltages_and_of_direct_current_nothing_is(voltage: str, kind: str) -> None:
    assert charging_at(voltage, kind) == []


def test_nothing_is_told_of_the_demo() -> None:
    assert list(voltage_notes(load_site("demo"))) == []
