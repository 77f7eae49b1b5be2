"""What a heat pump takes its heat from, and at which temperature it gives it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from pydantic import ValidationError

from doppelgrid import Simulation
from doppelgrid.models.hvac import HvacInput
from doppelgrid.sim.components.machines.hvac import Hvac, hvac_params
from doppelgrid.sim.site.site import Site

PUMP = {"id": 3, "category": "hvac", "behind": "main", "preset": "house-heat-pump"}


def input_of(**pump: Any) -> HvacInput:
    """Return what acts on a heat pump at noon, with -3 °C outdoors."""
    components = {
        "grid": {"id": 1, "category": "grid_connection_point"},
        "main": {"id": 2, "category": "meter", "behind": "grid"},
        "pump": {**PUMP, **pump},
    }
    where = Site.model_validate(
        {"microgrid": {"id": 7}, "ambient_temperature": "-3 °C", "components": components}
    )
    simulation = Simulation.headless(where, start_us=where.moment_us(datetime(2026, 1, 15, 12)))
    found: HvacInput = simulation.plant.machines.input("pump")
    return found


def test_a_heat_pump_takes_heat_from_the_air_unless_the_site_file_says_otherwise() -> None:
    assert input_of().source_c == -3.0


def test_ground_has_a_temperature_of_its_own() -> None:
    given = input_of(source_temperature="8 °C")
    assert (given.source_c, given.ambient_c) == (8.0, -3.0)


def test_heat_is_given_at_the_temperature_of_the_site_file() -> None:
    assert hvac_params(Hvac.model_validate({**PUMP, "supply_temperature": "55 °C"})).supply_c == 55.0


@pytest.mark.parametrize(
    ("changed", "accepted"),
    [
        ({"supply_temperature": "80 °C"}, "75 °C"),
        (
            {"preset": None, "load": "2 kW", "source_temperature": "8 °C"},
            "either load or what the model needs",
        ),
    ],
)
def test_what_cannot_be_is_refused(changed: dict[str, Any], accepted: str) -> None:
    with pytest.raises(ValidationError, match=accepted):
        Hvac.model_validate({**PUMP, **changed})
