"""A hybrid inverter that keeps to its meter by itself charges its battery with its own sun first."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest

from doppelgrid.sim.domain.metrics import PowerType
from doppelgrid.sim.plant.plant import Plant
from doppelgrid.sim.site.site import Site

START_US = round(datetime(2026, 6, 15, 9, tzinfo=UTC).timestamp()) * 1_000_000
SECOND_US = 1_000_000
SUN_W = 5108.0
"""Of 600 W/m² on 10 kWp."""
STEPS = (None, 60)
"""Control cycles of a live site, and of a run in minutes [s]."""


def house(
    max_charge_kw: float,
    *,
    limit: str | None = None,
    load: str = "1 kW",
    step_s: int | None = None,
    **hybrid: Any,
) -> Plant:
    """Return a house of a hybrid inverter beside 15 kW of other photovoltaics, after ten minutes."""
    grid: dict[str, Any] = {"id": 1, "category": "grid_connection_point", "rated_fuse_current": "200 A"}
    components = {
        "grid": grid if limit is None else {**grid, "feed_in_limit": limit},
        "main": {"id": 2, "category": "meter", "behind": "grid", "load": load},
        "roof": {
            "id": 3, "category": "pv_inverter", "behind": "main", "rated_power": "20 kW", "power": "15 kW",
        },
        "hybrid": {
            "id": 4, "category": "hybrid_inverter", "behind": "main", "rated_power": "10 kW",
            "peak_power": "10 kW", "irradiance": "600 W/m²", "self_consumption": "main", **hybrid,
        },
        "bat": {
            "id": 5, "category": "battery", "behind": "hybrid", "preset": "lfp-10kwh", "initial_soc": "50 %",
            "max_charge_power": f"{max_charge_kw} kW",
        },
    }  # fmt: skip
    site = Site.model_validate({"microgrid": {"id": 1}, "components": components})
    cycle = {} if step_s is None else {"cycle_us": step_s * SECOND_US, "resolution_us": step_s * SECOND_US}
    plant = Plant(site, start_us=START_US, seed=0, **cycle)
    plant.advance(START_US + 600 * SECOND_US)
    return plant


def drawn_w(plant: Plant) -> float:
    return plant.readings.active_power_w("hybrid")


def sun_wh(plant: Plant) -> float:
    return float(plant.operating_point.memory.inverters[0].sun_wh)


@pytest.mark.parametrize("step_s", STEPS)
@pytest.mark.parametrize("max_charge_kw", [3.0, 5.0, 5.2, 6.0, 8.0, 10.0])
def test_all_of_its_sun_is_taken_whatever_else_could_charge_its_battery(
    max_charge_kw: float, step_s: int | None
) -> None:
    assert sun_wh(house(max_charge_kw, step_s=step_s)) == pytest.approx(SUN_W / 6.0, rel=1e-3)


@pytest.mark.parametrize("max_charge_kw", [5.2, 6.0, 8.0, 10.0])
def test_others_fill_what_it_leaves_of_what_its_battery_takes(max_charge_kw: float) -> None:
    plant = house(max_charge_kw)
    assert plant.readings.flows().battery_dc_w["bat"] == pytest.approx(1e3 * max_charge_kw, rel=1e-4)
    assert drawn_w(plant) == pytest.approx(1e3 * max_charge_kw - SUN_W, abs=150.0)


def test_a_little_more_that_its_battery_takes_changes_a_little() -> None:
    powers_w = [drawn_w(house(power_kw)) for power_kw in (5.0, 5.05, 5.1, 5.15, 5.2)]
    assert max(abs(after - before) for before, after in pairwise(powers_w)) < 150.0


def test_without_others_it_draws_nothing() -> None:
    assert drawn_w(house(10.0, load="16 kW")) < 100.0


def test_a_client_that_asks_for_power_gets_it_and_the_sun_gives_way() -> None:
    plant = house(5.2)
    plant.set_points.send("hybrid", PowerType.ACTIVE, 5000.0)
    plant.advance(plant.time_us + 30 * SECOND_US)
    assert drawn_w(plant) == pytest.approx(5000.0)


@pytest.mark.parametrize("limit", ["10 kW", "20 kW"])
def test_a_feed_in_limit_that_is_far_off_changes_nothing(limit: str) -> None:
    plant = house(8.0, limit=limit, load="10 kW")
    assert drawn_w(plant) == pytest.approx(8000.0 - SUN_W, abs=150.0)


@pytest.mark.parametrize("max_charge_kw", [5.2, 8.0])
def test_what_would_go_into_the_grid_beyond_a_limit_is_drawn(max_charge_kw: float) -> None:
    plant = house(max_charge_kw, limit="10 kW")
    assert plant.readings.active_power_w("grid") >= -10e3 * (1.0 + 1e-6)
    assert plant.readings.flows().battery_dc_w["bat"] == pytest.approx(1e3 * max_charge_kw, rel=1e-4)
