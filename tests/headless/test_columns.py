"""Columns of a compiled run: the same metrics in the same order, and the same bits, as a live site reports."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.one_program import in_one_program

from doppelgrid.sim.domain.metrics import Metric
from doppelgrid.sim.headless.columns import Columns
from doppelgrid.sim.headless.run import HeadlessRun
from doppelgrid.sim.plant.numbering import CONTROL_CYCLE_US
from doppelgrid.sim.plant.plant import Plant
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


@pytest.mark.slow
@pytest.mark.parametrize("name", ["demo", "commercial"])
def test_a_compiled_run_reports_to_the_bit_what_a_live_site_does(name: str) -> None:
    assert_same_bits(load_site(name), 300, timedelta(seconds=1))


@pytest.mark.slow
def test_so_does_one_with_something_of_every_category() -> None:
    assert_same_bits(load_site("all-categories"), 200, timedelta(seconds=30))


@pytest.mark.slow  # compiles a program
def test_so_does_one_of_meters_with_options_outages_and_converters_in_parallel() -> None:
    options = {
        "accuracy_class": "1", "noise": "1 %", "window": "5 s", "power_resolution": "1 W",
        "voltage_resolution": "0.1 V", "current_resolution": "10 mA", "register_resolution": "10 Wh",
    }  # fmt: skip
    times = {"0 s": "230 V", "200 s": "20 V", "230 s": "225 V"}
    dip = {"profile": "inline", "points": [{"at": at, "value": value} for at, value in times.items()]}
    components: dict[str, Any] = {
        "grid": {
            "id": 1, "category": "grid_connection_point", "rated_fuse_current": "200 A",
            "outages": [{"from": "2026-06-15T11:51:00+02:00", "duration": "1 min"}],
            "voltages": {"phases": ["230 V", dip, "230 V"]},
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
    site = Site.model_validate({"microgrid": {"id": 1}, "components": in_one_program(components)})
    assert_same_bits(site, 300, timedelta(seconds=1))


QUICK = {"response_delay": "0 s", "ramp_rate": "1 MW/s"}
BOUNDED: dict[str, dict[str, Any]] = {
    "grid": {"id": 1, "category": "grid_connection_point", "rated_fuse_current": "200 A"},
    "main": {"id": 2, "category": "meter", "behind": "grid", "load": "7 kW"},
    "empty-inv": {"id": 11, "category": "battery_inverter", "behind": "main", "rated_power": "30 kW", **QUICK},
    "empty": {"id": 12, "category": "battery", "behind": "empty-inv", "initial_soc": "10 %"},
    "full-inv": {"id": 13, "category": "battery_inverter", "behind": "main", "rated_power": "30 kW", **QUICK},
    "full": {"id": 14, "category": "battery", "behind": "full-inv", "initial_soc": "100 %"},
    "cold-inv": {"id": 15, "category": "battery_inverter", "behind": "main", "rated_power": "200 kW", **QUICK},
    "cold": {"id": 16, "category": "battery", "behind": "cold-inv", "initial_temperature": "3 °C"},
    "sunny": {
        "id": 17, "category": "hybrid_inverter", "behind": "main", "rated_power": "30 kW", "peak_power": "20 kW",
        "irradiance": "900 W/m²", **QUICK,
    },
    "sunny-bat": {"id": 18, "category": "battery", "behind": "sunny", "initial_soc": "100 %"},
    "roof": {"id": 21, "category": "pv_inverter", "behind": "main", "rated_power": "12 kW", "power": "9 kW"},
    "wind": {"id": 22, "category": "wind_turbine", "behind": "main", "rated_power": "100 kW", "power": "40 kW"},
    "miners": {"id": 31, "category": "crypto_miner", "behind": "main", "machines": 20},
    "rooms": {"id": 32, "category": "hvac", "behind": "main", "preset": "office-split", "rated_power": "10 kW"},
    "boiler": {"id": 41, "category": "steam_boiler", "behind": "main", "rated_power": "100 kW", "min_power": "10 kW"},
    "stack": {"id": 42, "category": "electrolyzer", "behind": "main", "rated_power": "100 kW", "min_power": "10 kW"},
    "engine": {"id": 43, "category": "chp", "behind": "main", "rated_power": "50 kW", "min_power": "20 kW"},
    "charger": {"id": 33, "category": "ev_charger", "behind": "main", "rated_power": "22 kW", "car": {}},
    "free": {"id": 34, "category": "ev_charger", "behind": "main", "rated_power": "22 kW"},
}  # fmt: skip

SUPPORTING = {"volt_var": True}


def _minima(charge: str, discharge: str) -> dict[str, str]:
    return {"min_charge_power": charge, "min_discharge_power": discharge}


@pytest.mark.usefixtures("interpreted")
@pytest.mark.parametrize("key", [key for key in BOUNDED if key not in ("grid", "main")])
def test_a_run_reports_the_bounds_that_a_live_site_does(key: str) -> None:
    assert_same_bounds(BOUNDED, key)


@pytest.mark.usefixtures("interpreted")
@pytest.mark.parametrize("minima", [("300 W", "900 W"), ("0 W", "900 W"), ("900 W", "0 W")], ids=" to ".join)
@pytest.mark.parametrize(
    "key", ["empty", "full", "cold", "sunny-bat", "empty-inv", "full-inv", "cold-inv", "sunny"]
)
def test_so_it_does_of_storages_with_a_least_power_each_way(key: str, minima: tuple[str, str]) -> None:
    assert_same_bounds({**BOUNDED, key: {**BOUNDED[key], **_minima(*minima)}}, key)


@pytest.mark.usefixtures("interpreted")
@pytest.mark.parametrize(
    "own", [{}, {"min_power": "900 W"}, _minima("0 W", "900 W")], ids=["none", "both", "one"]
)
@pytest.mark.parametrize("irradiance", ["0 W/m²", "20 W/m²", "100 W/m²", "800 W/m²"])
@pytest.mark.parametrize("soc", ["0 %", "50 %", "100 %"])
def test_so_it_does_of_hybrids_whose_batteries_have_a_least_power(
    own: dict[str, str], irradiance: str, soc: str
) -> None:
    battery = {**BOUNDED["sunny-bat"], "min_power": "1 kW", "initial_soc": soc}
    hybrid = {**BOUNDED["sunny"], "irradiance": irradiance, **own}
    assert_same_bounds({**BOUNDED, "sunny-bat": battery, "sunny": hybrid}, "sunny")


@pytest.mark.usefixtures("interpreted")
@pytest.mark.parametrize("least", [{}, {"min_power": "1 kW"}], ids=["none", "least"])
@pytest.mark.parametrize("key", ["empty", "full", "cold", "sunny"])
def test_so_it_does_of_inverters_whose_reactive_power_supports_the_voltage(
    key: str, least: dict[str, str]
) -> None:
    """Of a full and an empty battery it costs what the grid must give, and of a hybrid what the sun does not."""
    of, of_battery = ("sunny", "sunny-bat") if key == "sunny" else (f"{key}-inv", key)
    components = {
        **BOUNDED, "grid": {**BOUNDED["grid"], "voltage": "424 V"}, of: {**BOUNDED[of], "grid_code": SUPPORTING},
        of_battery: {**BOUNDED[of_battery], **least},
    }  # fmt: skip
    assert_same_bounds(components, of)


@pytest.mark.usefixtures("interpreted")
@pytest.mark.parametrize("irradiance", ["0 W/m²", "5 W/m²", "800 W/m²"])
def test_so_it_does_of_photovoltaics_that_support_the_voltage(irradiance: str) -> None:
    roof = {**BOUNDED["roof"], "irradiance": irradiance, "grid_code": SUPPORTING}
    del roof["power"]
    components = {**BOUNDED, "grid": {**BOUNDED["grid"], "voltage": "424 V"}, "roof": roof}
    assert_same_bounds(components, "roof")


@pytest.mark.usefixtures("interpreted")
@pytest.mark.parametrize("recorded_kw", [-8, -1, 0, 4])
@pytest.mark.parametrize("own", [{}, {"min_power": "100 W"}], ids=["none", "own"])
def test_so_it_does_of_a_hybrid_that_is_told_one_of_three_ranges_by_a_recording(
    own: dict[str, str], recorded_kw: int, tmp_path: Path
) -> None:
    told = recorded_at(recorded_kw, tmp_path)
    hybrid = {**BOUNDED["sunny"], "irradiance": "100 W/m²", **own, "recorded": told}
    battery = {**BOUNDED["sunny-bat"], "min_power": "3 kW", "initial_soc": "50 %"}
    assert_same_bounds({**BOUNDED, "sunny-bat": battery, "sunny": hybrid}, "sunny")


def recorded_at(power_kw: float, folder: Path) -> dict[str, str]:
    """Return a recording of one power."""
    file = folder / "day.csv"
    file.write_text(
        f"time,power\n2026-06-15T11:00:00+00:00,{power_kw}\n2026-06-15T14:00:00+00:00,{power_kw}\n"
    )
    return {"file": str(file), "column": "power", "align": "start", "unit": "kW", "positive": "consumption"}


@pytest.mark.usefixtures("interpreted")
@pytest.mark.parametrize(("key", "told_kw"), [("stack", 60.0), ("engine", -40.0), ("boiler", 40.0)])
@pytest.mark.parametrize("ramp", ["10 W/s", "1 MW/s"])
def test_so_it_does_of_machines_that_start_warm_up_and_take_on_load(
    key: str, told_kw: float, ramp: str, tmp_path: Path
) -> None:
    machine = {**BOUNDED[key], "ramp_rate": ramp, "recorded": recorded_at(told_kw, tmp_path)}
    assert_same_bounds({**BOUNDED, key: machine}, key)


@pytest.mark.usefixtures("interpreted")
@pytest.mark.parametrize("short", [0.5e-6, 0.0, -0.5e-6])
@pytest.mark.parametrize(
    ("key", "least_kw", "own"),
    [
        ("stack", 10.0, {}),
        ("engine", -20.0, {}),
        ("boiler", 10.0, {}),
        ("cold-inv", 0.9, _minima("900 W", "0 W")),
        ("cold-inv", -0.9, _minima("0 W", "900 W")),
    ],
)
def test_so_it_does_of_devices_at_their_least_power_as_it_was_sent(
    key: str, least_kw: float, own: dict[str, str], short: float, tmp_path: Path
) -> None:
    told = recorded_at(least_kw * (1.0 - short), tmp_path)
    assert_same_bounds({**BOUNDED, key: {**BOUNDED[key], **QUICK, **own, "recorded": told}}, key)


@pytest.mark.usefixtures("interpreted")
@pytest.mark.parametrize(
    "limits",
    [
        {"rated_power": "20 kW"},
        {"rated_power": "20 kW", "rated_export_power": "10 kW"},
        {"rated_power": "500 kW"},
        {"rated_power": "20 kW", "feed_in_limit": "5 kW"},
        {"rated_power": "20 kW", "feed_in_limit": "25 kW"},
        {"feed_in_limit": "5 kW"},
    ],
    ids=["agreed", "less to give", "more than the fuse", "less by a limit", "more by it", "a limit alone"],
)
def test_so_it_does_of_a_connection_point(limits: dict[str, str]) -> None:
    assert_same_bounds({**BOUNDED, "grid": {**BOUNDED["grid"], **limits}}, "grid")


@pytest.mark.usefixtures("interpreted")
@pytest.mark.parametrize("key", ["empty-inv", "full-inv", "sunny"])
@pytest.mark.parametrize("load_w", [-9000, -2500, 0, 1500, 6000])
@pytest.mark.parametrize("minimum", ["min_power", "min_charge_power", "min_discharge_power"])
def test_so_it_does_of_inverters_that_share_a_battery_with_a_least_power(
    minimum: str, load_w: int, key: str
) -> None:
    """Beside one that follows its meter, and a hybrid whose sun charges or passes through."""
    components = {
        "grid": BOUNDED["grid"], "main": {**BOUNDED["main"], "load": f"{load_w} W"},
        "empty-inv": BOUNDED["empty-inv"], "full-inv": {**BOUNDED["full-inv"], "self_consumption": "main"},
        "sunny": {**BOUNDED["sunny"], "irradiance": "60 W/m²"},
        "empty": {
            **BOUNDED["empty"], "behind": ["empty-inv", "full-inv", "sunny"], "initial_soc": "50 %", minimum: "900 W"
        },
    }  # fmt: skip
    assert_same_bounds(components, key)


def assert_same_bounds(components: dict[str, dict[str, Any]], key: str) -> None:
    site = Site.model_validate({"microgrid": {"id": 1}, "components": components})
    rows, step_us, start_us = 4, 60_000_000, site.moment_us(NOON)
    run = HeadlessRun(site, start_us=start_us, seed=3, resolution=timedelta(minutes=1))
    (chunk,) = run.chunks(timedelta(minutes=rows - 1))
    columns = {
        name.removeprefix(f"{BOUNDED[key]['id']}."): np.asarray(column).tolist()
        for name, column in Columns(run.plant).of(chunk).items()
        if name.startswith(f"{BOUNDED[key]['id']}.") and "_bound_" in name
    }
    plant = Plant(site, start_us=start_us, seed=3, cycle_us=step_us, resolution_us=step_us)
    instruments = Instruments(plant)
    for number in range(rows):
        plant.advance(start_us + number * step_us)
        expected = {
            f"{metric}_bound_{place}_{side}": getattr(bounds, side)
            for metric, ranges in instruments.read(key).bounds.items()
            if metric is not Metric.AC_POWER_REACTIVE
            for place, bounds in enumerate(ranges)
            for side in ("lower", "upper")
        }
        found = {name: column[number] for name, column in columns.items()}
        assert expected
        assert {name: value for name, value in found.items() if not math.isnan(value)} == expected
