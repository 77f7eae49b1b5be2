"""Columns of a compiled run: the same metrics in the same order, and the same bits, as a live site reports."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest

from doppelgrid.sim.headless.columns import Columns
from doppelgrid.sim.headless.run import HeadlessRun
from doppelgrid.sim.plant.plant import CONTROL_CYCLE_US, Plant
from doppelgrid.sim.site.reader import load_site
from doppelgrid.sim.site.site import Site
from doppelgrid.sim.telemetry.instruments import Instruments

NOON = datetime(2026, 6, 15, 11, 50)
Numbers = dict[str, list[float]]


def compiled(site: Site, rows: int, step: timedelta) -> Numbers:
    """Return everything that components report but for bounds and states, by column."""
    run = HeadlessRun(site, start_us=site.moment_us(NOON), seed=3, resolution=step)
    columns = Columns(run.plant, "all")
    (chunk,) = run.chunks((rows - 1) * step)
    return {
        name: np.asarray(column).tolist()
        for name, column in columns.of(chunk).items()
        if "_bound_" not in name and not isinstance(column, tuple)
    }


def live(site: Site, rows: int, step: timedelta) -> Numbers:
    step_us, start_us = round(step.total_seconds() * 1e6), site.moment_us(NOON)
    plant = Plant(
        site, start_us=start_us, seed=3, cycle_us=max(step_us, CONTROL_CYCLE_US), resolution_us=step_us
    )
    instruments = Instruments(plant)
    shown: Numbers = {}
    for number in range(rows):
        plant.advance(start_us + number * step_us)
        for key, component in site.components.items():
            for metric, value in instruments.read(key).values.items():
                shown.setdefault(f"{component.id}.{metric}", []).append(value)
    return shown


def assert_same_bits(site: Site, rows: int, step: timedelta) -> None:
    found, expected = compiled(site, rows, step), live(site, rows, step)
    assert list(found) == list(expected)
    assert {name: found[name] for name in found if found[name] != expected[name]} == {}


@pytest.mark.parametrize("name", ["demo", "commercial"])
def test_a_compiled_run_reports_to_the_bit_what_a_live_site_does(name: str) -> None:
    assert_same_bits(load_site(name), 300, timedelta(seconds=1))


@pytest.mark.slow
def test_so_does_one_with_something_of_every_category() -> None:
    assert_same_bits(load_site("all-categories"), 200, timedelta(seconds=30))


@pytest.mark.slow  # compiles a site of its own
def test_so_does_one_of_meters_with_options_outages_and_converters_in_parallel() -> None:
    options = {
        "accuracy_class": "1", "noise": "1 %", "window": "5 s", "power_resolution": "1 W",
        "voltage_resolution": "0.1 V", "current_resolution": "10 mA", "register_resolution": "10 Wh",
    }  # fmt: skip
    components: dict[str, Any] = {
        "grid": {
            "id": 1, "category": "grid_connection_point", "rated_fuse_current": "200 A",
            "outages": [{"from": "2026-06-15T11:51:00+02:00", "duration": "1 min"}],
        },
        "main": {"id": 2, "category": "meter", "behind": "grid", "measurement": options},
        "house": {
            "id": 3, "category": "meter", "behind": "main", "measurement": {"registers": "runs-backwards"},
            "load": "7 kW", "phases": [2],
        },
        "roof": {"id": 4, "category": "pv_inverter", "behind": "main", "rated_power": "60 kW"},
        "inv": {
            "id": 5, "category": "battery_inverter", "behind": "main", "rated_power": "30 kW",
            "self_consumption": "main",
        },
        "one": {"id": 6, "category": "converter", "behind": "inv"},
        "two": {"id": 7, "category": "converter", "behind": "inv"},
        "bat": {"id": 8, "category": "battery", "behind": ["one", "two"]},
    }  # fmt: skip
    site = Site.model_validate({"microgrid": {"id": 1}, "components": components})
    assert_same_bits(site, 300, timedelta(seconds=1))
