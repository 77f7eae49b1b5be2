"""Inverters that keep meters at nothing by themselves, of different names or one within another."""

from __future__ import annotations

from typing import Any

import pytest

from doppelgrid.sim.headless.simulate import with_self_consumption
from doppelgrid.sim.plant.plant import Plant
from doppelgrid.sim.site.self_consumption import kept_by
from doppelgrid.sim.site.site import Site

SECOND_US = 1_000_000
LOAD = {"profile": "inline", "points": [{"at": "00:00", "value": "1 kW"}, {"at": "00:30", "value": "8 kW"}]}


def site(first: str | None, second: str | None, **more: dict[str, Any]) -> Site:
    """Return a site with two battery inverters behind a main meter, and what each keeps at nothing."""
    inverters = {
        key: {
            "category": "battery_inverter",
            "behind": "main",
            "rated_power": "10 kW",
            "self_consumption": kept,
        }
        for key, kept in (("a", first), ("b", second))
    }
    return Site.model_validate({
        "microgrid": {"id": 1},
        "components": {
            "grid": {"id": 1, "category": "grid_connection_point"},
            "main": {"id": 2, "category": "meter", "behind": "grid", "load": LOAD},
            "a": {"id": 3, **inverters["a"]},
            "at-a": {"id": 4, "category": "battery", "behind": "a", "preset": "lfp-92kwh"},
            "b": {"id": 5, **inverters["b"]},
            "at-b": {"id": 6, "category": "battery", "behind": "b", "preset": "lfp-92kwh"},
            **more,
        },
    })  # fmt: skip


@pytest.mark.parametrize("cycle_s", [0.1, 1, 10, 60])
def test_meters_of_the_same_power_are_kept_like_one(cycle_s: float) -> None:
    cycle_us = round(cycle_s * SECOND_US)
    powers_w = []
    for meters in (("grid", "main"), ("main", "main")):
        plant = Plant(site(*meters), start_us=0, seed=0, cycle_us=cycle_us, resolution_us=cycle_us)
        plant.advance(3600 * SECOND_US)
        powers_w.append([plant.readings.active_power_w(key) for key in ("grid", "a", "b")])
    assert powers_w[0] == powers_w[1]
    assert powers_w[0][0] == pytest.approx(0.0, abs=20.0)


def test_who_joins_those_that_keep_a_meter_undoes_nothing() -> None:
    beside = {"id": 7, "category": "meter", "behind": "grid", "load": "2 kW"}
    joined = with_self_consumption(site(None, "main", beside=beside))
    assert kept_by(joined.components["a"]) == "main"


def test_who_is_not_behind_it_keeps_the_grid() -> None:
    beside = {"id": 7, "category": "battery_inverter", "behind": "grid", "rated_power": "10 kW"}
    battery = {"id": 8, "category": "battery", "behind": "beside"}
    joined = with_self_consumption(site("main", "main", beside=beside, battery=battery))
    assert kept_by(joined.components["beside"]) == "grid"
