"""The schema of site files has every parameter that `parameters:` accepts, with its range and unit."""

from __future__ import annotations

from typing import Any

import pytest

from doppelgrid.sim.site.schema import site_schema


@pytest.fixture(scope="module")
def sections() -> dict[str, Any]:
    found: dict[str, Any] = site_schema()["$defs"]
    return found


@pytest.mark.parametrize(
    ("section", "name", "described"),
    [
        ("Battery", "heat_loss_w_per_k", {"type": "number", "minimum": 0.0, "description": ">= 0 W/K"}),
        ("Battery", "bms.overtemperature.trip", {"type": "number", "description": "any °C"}),
        (
            "PvInverter",
            "array.soiling",
            {"type": "number", "minimum": 0.0, "maximum": 1.0, "description": "0..1"},
        ),
        (
            "GridConnectionPoint",
            "impedance.resistance_ohm",
            {"type": "number", "minimum": 0.0, "description": ">= 0 Ω"},
        ),
        (
            "PvInverter",
            "grid_code.volt_var.enabled",
            {"type": "boolean", "description": "true or false"},
        ),
        (
            "Meter",
            "meter.directions",
            {
                "type": "array",
                "items": {"type": "number", "enum": [1.0, -1.0]},
                "minItems": 3,
                "maxItems": 3,
                "description": "1 or -1",
            },
        ),
    ],
)
def test_a_parameter_is_there_with_range_and_unit(
    sections: dict[str, Any], section: str, name: str, described: dict[str, Any]
) -> None:
    assert sections[section]["properties"]["parameters"]["properties"][name] == described


def test_a_table_is_a_list_of_numbers_in_range(sections: dict[str, Any]) -> None:
    table = sections["Battery"]["properties"]["parameters"]["properties"]["r0_ohm"]
    assert table["type"] == "array"
    assert table["items"]["type"] == "number"


def test_what_has_a_key_of_its_own_is_not_among_them(sections: dict[str, Any]) -> None:
    for section in sections.values():
        names = section.get("properties", {}).get("parameters", {}).get("properties", {})
        assert "rated_power_w" not in names
