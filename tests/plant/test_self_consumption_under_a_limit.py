"""What a hybrid inverter that keeps to a meter by itself does where nothing, or little, may be fed in."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from doppelgrid.sim.plant.plant import Plant
from doppelgrid.sim.site.site import Site

START_US = round(datetime(2026, 6, 15, 9, tzinfo=UTC).timestamp()) * 1_000_000
WIND = {"id": 20, "category": "wind_turbine", "behind": "main", "rated_power": "10 kW", "power": "2 kW"}
CHP = {
    "id": 20, "category": "chp", "behind": "main", "rated_power": "5 kW",
    "heat_demand": "10 kW", "heat_led": True,
}  # fmt: skip


def hybrid(number: int, irradiance: str) -> dict[str, dict[str, Any]]:
    """Return a hybrid inverter that keeps to the main meter, and its battery, which takes 3 kW at most."""
    return {
        f"hy-{number}": {
            "id": 30 + number, "category": "hybrid_inverter", "behind": "main", "rated_power": "10 kW",
            "peak_power": "10 kW", "irradiance": irradiance, "self_consumption": "main",
        },
        f"bat-{number}": {
            "id": 40 + number, "category": "battery", "behind": f"hy-{number}", "preset": "lfp-10kwh",
            "initial_soc": "50 %", "max_charge_power": "3 kW",
        },
    }  # fmt: skip


def house(load: str, **components: dict[str, Any]) -> Plant:
    """Return a house that may feed in nothing, after ten minutes."""
    plant = Plant(
        Site.model_validate({
            "microgrid": {"id": 1, "location": {"latitude": 52.5, "longitude": 13.4, "timezone": "UTC"}},
            "components": {
                "grid": {"id": 1, "category": "grid_connection_point", "feed_in_limit": "0 W"},
                "main": {"id": 2, "category": "meter", "behind": "grid", "load": load},
                **components,
            },
        }),
        start_us=START_US,
        seed=0,
    )  # fmt: skip
    plant.advance(START_US + 600_000_000)
    return plant


@pytest.mark.parametrize("count", [1, 2, 3])
def test_without_a_load_it_draws_no_more_than_at_rest(count: int) -> None:
    hybrids = [hybrid(number, "800 W/m²") for number in range(count)]
    plant = house("0 W", **{key: component for each in hybrids for key, component in each.items()})
    assert -0.01 <= plant.readings.active_power_w("grid") <= count * 50.0


def test_without_a_load_the_sun_charges_the_battery() -> None:
    plant = house("0 W", **hybrid(0, "800 W/m²"))
    assert plant.readings.flows().battery_dc_w["bat-0"] == pytest.approx(3000.0)


@pytest.mark.parametrize("irradiance", ["300 W/m²", "800 W/m²"])
@pytest.mark.parametrize("other", [WIND, CHP], ids=["wind", "chp"])
def test_what_others_deliver_beyond_the_load_goes_into_the_battery(
    other: dict[str, Any], irradiance: str
) -> None:
    plant = house("1 kW", other=other, **hybrid(0, irradiance))
    assert plant.readings.active_power_w("grid") == pytest.approx(0.0, abs=15.0)


def test_another_delivers_its_share_beside_a_battery_that_the_sun_fills() -> None:
    roof = {
        "id": 20,
        "category": "pv_inverter",
        "behind": "main",
        "rated_power": "10 kW",
        "irradiance": "400 W/m²",
    }
    plant = house("1 kW", roof={**roof, "peak_power": "10 kW"}, **hybrid(0, "800 W/m²"))
    assert plant.readings.active_power_w("grid") == pytest.approx(0.0, abs=0.01)
    assert plant.readings.active_power_w("roof") < -250.0
