"""Presets from a folder that a site file names."""

from __future__ import annotations

import copy
import json
import math
import pickle
import re
import shutil
import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import doppelgrid
from doppelgrid.sim.components.battery import battery_preset_names
from doppelgrid.sim.components.presets import read_own_presets
from doppelgrid.sim.ensemble.ensemble import jobs_of, site_of_job
from doppelgrid.sim.files.presets import PresetError
from doppelgrid.sim.plant.plant import Plant

SHIPPED = Path(__file__).parents[2] / "models" / "presets"
EXAMPLE = Path(__file__).parents[2] / "examples" / "own_hardware"
SITE = """
presets: presets
microgrid: {id: 1}
components:
  grid:    {id: 1,  category: grid_connection_point, rated_fuse_current: 63 A}
  bat-inv: {id: 11, category: battery_inverter, behind: grid, rated_power: 15 kW}
  battery: {id: 12, category: battery, behind: bat-inv, preset: workshop-30kwh, initial_soc: 60 %}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(EXAMPLE / "presets", tmp_path / "presets")
    (tmp_path / "site.yaml").write_text(SITE)
    return tmp_path


def change(folder: Path, file: str, old: str, new: str) -> None:
    path = folder / "presets" / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def refusal(folder: Path) -> str:
    with pytest.raises(doppelgrid.SiteError) as refused:
        doppelgrid.load_site(folder / "site.yaml")
    return str(refused.value)


def test_a_battery_has_the_voltage_of_its_own_cells(folder: Path) -> None:
    plant = Plant(doppelgrid.load_site(folder / "site.yaml"), start_us=0, seed=0)
    params = plant.equipment.batteries["battery"]
    assert params.capacity_wh == 30_000.0
    assert params.ocv_v[0] == pytest.approx(80 * 3.0)
    assert len(set(params.r0_ohm)) > 1


def test_ours_stay_ours_outside_of_that_site(folder: Path) -> None:
    doppelgrid.load_site(folder / "site.yaml")
    assert "workshop-30kwh" not in battery_preset_names()
    assert "lfp-92kwh" in battery_preset_names()


def test_two_sites_may_mean_different_things_by_one_name(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(folder / "presets", other / "presets")
    shutil.copy(folder / "site.yaml", other)
    change(other, "batteries.toml", "capacity_wh = 30000.0", "capacity_wh = 20000.0")
    sites = [doppelgrid.load_site(place / "site.yaml") for place in (folder, other, folder)]
    capacities = [
        Plant(site, start_us=0, seed=0).equipment.batteries["battery"].capacity_wh for site in sites
    ]
    assert capacities == [30_000.0, 20_000.0, 30_000.0]


def test_a_file_that_was_changed_is_read_anew(folder: Path) -> None:
    doppelgrid.load_site(folder / "site.yaml")
    change(folder, "batteries.toml", "capacity_wh = 30000.0", "capacity_wh = 25000.0")
    plant = Plant(doppelgrid.load_site(folder / "site.yaml"), start_us=0, seed=0)
    assert plant.equipment.batteries["battery"].capacity_wh == 25_000.0


def test_they_go_with_the_site_to_other_processes(folder: Path) -> None:
    site = doppelgrid.load_site(folder / "site.yaml")
    (job,) = jobs_of(site, timedelta(minutes=1))
    shutil.rmtree(folder / "presets")
    again = site_of_job(pickle.loads(pickle.dumps(job)))
    assert Plant(again, start_us=0, seed=0).equipment.batteries["battery"].capacity_wh == 30_000.0


def test_a_site_of_its_content_reads_them_anew_where_they_do_not_come_along(folder: Path) -> None:
    site = doppelgrid.load_site(folder / "site.yaml")
    content = site.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    change(folder, "batteries.toml", "capacity_wh = 30000.0", "capacity_wh = 25000.0")
    for presets, capacity_wh in ((None, 25_000.0), (site.own_presets, 30_000.0)):
        again = doppelgrid.Site.from_content(content, folder, presets)
        assert again.directory == folder
        assert Plant(again, start_us=0, seed=0).equipment.batteries["battery"].capacity_wh == capacity_wh
    change(folder, "batteries.toml", "capacity_wh = 25000.0", "capacity_wh = -1.0")
    with pytest.raises(PresetError) as refused:
        doppelgrid.Site.from_content(content, folder)
    assert str(refused.value).startswith("batteries.toml")


def test_the_management_system_has_as_many_cells_as_the_pack(folder: Path) -> None:
    change(folder, "cells.toml", "voltage_max_v = 4.2", "voltage_max_v = 4.35")
    plant = Plant(doppelgrid.load_site(folder / "site.yaml"), start_us=0, seed=0)
    assert plant.equipment.managements["battery"].cells_in_series == 80.0


def test_a_folder_whose_name_no_system_takes_is_refused(folder: Path) -> None:
    (folder / "site.yaml").write_text(SITE.replace("presets: presets", f"presets: {'p' * 5000}"))
    said = refusal(folder)
    assert "is unreadable (File name too long); accepted: a folder" in said
    assert len(said) < 1000


def test_a_missing_folder_is_named(folder: Path) -> None:
    shutil.rmtree(folder / "presets")
    text = refusal(folder)
    assert "site.yaml:2: presets is wrong" in text
    assert "not there; accepted: a folder" in text


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("cells.toml", "charge_capacity_ah =", "charge_capacty_ah =", "did you mean 'charge_capacity_ah'?"),
        ("cells.toml", "heat_loss_w_per_k = 0.8\n", "", "workshop.heat_loss_w_per_k is missing"),
        ("cells.toml", "charge_capacity_ah = 100.0", "charge_capacity_ah = -1.0", "charge_capacity_ah is -1"),
        ("cells.toml", "[workshop]", "[lfp]", "lfp is the name of a preset of ours"),
        ("cells.toml", 'managed_as = "nmc"', 'managed_as = "nmx"', "'nmx'; accepted: lfp, nmc"),
        ("cells.toml", "[workshop]", "[workshop", "is no TOML"),
        (
            "cells.toml",
            "voltage_max_v = 4.2",
            "voltage_max_v = 8.0",
            "workshop.voltage_max_v is 8 V; accepted: 4.2 V",
        ),
        ("cells.toml", "r1_ohm = 0.0005", "r1_ohm = inf", "workshop.r1_ohm is inf; accepted: a finite value"),
        (
            "cells.toml",
            "r1_ohm = 0.0005",
            "r1_ohm = true",
            "workshop.r1_ohm is true; accepted: a finite value",
        ),
        (
            "cells.toml",
            "r1_ohm = 0.0005",
            f"r1_ohm = {[0.1] * 501}",
            "is a list of 501; accepted: at most 500",
        ),
        (
            "cells.toml",
            "charge_temperatures_c = [0.0, 10.0, 40.0, 50.0]",
            "charge_temperatures_c = [0.0]",
            "cells.toml",
        ),
        (
            "batteries.toml",
            "series = 80",
            "series = 80.5",
            "workshop-30kwh.series is 80.5; accepted: a whole number",
        ),
        ("batteries.toml", "series = 80", 'series = "many"', "batteries.toml, workshop-30kwh"),
        ("batteries.toml", "[workshop-30kwh]", "soc = 1\n[workshop-30kwh]", "soc is no table"),
    ],
)
def test_what_is_wrong_with_a_preset_is_said_with_its_file_and_name(
    folder: Path, file: str, old: str, new: str, said: str
) -> None:
    change(folder, file, old, new)
    text = refusal(folder)
    assert file in text
    assert said in text
    assert "; accepted: " in text


def said_of(folder: Path) -> list[str]:
    """Return all that is said of the presets of a folder."""
    return [str(error) for error in read_own_presets(folder)[1]]


def written(value: Any) -> str:
    """Return a value as TOML, tables in line."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{json.dumps(key)} = {written(each)}' for key, each in value.items())}}}"
    return str(value) if isinstance(value, float) else json.dumps(value)


def put(folder: Path, file: str, of: str, changes: dict[str, Any]) -> None:
    """Write a file with one preset, `own`: one of ours with values changed, or left out if None."""
    own: dict[str, Any] = copy.deepcopy(tomllib.loads((SHIPPED / f"{file}.toml").read_text("utf-8"))[of])
    if file == "cells":
        own["managed_as"] = of
    for name, value in changes.items():
        *tables, key = name.split(".")
        table = own
        for each in tables:
            table = table[each]
        table[key] = value
        if value is None:
            del table[key]
    (folder / f"{file}.toml").write_text(f"own = {written(own)}\n", encoding="utf-8")


MM82, SPLIT, MINER, WALLBOX = "senvion-mm82-2050kw", "office-split", "antminer-s19-pro", "wallbox-11kw"


@pytest.mark.parametrize(
    ("file", "of", "changes", "message"),
    [
        (
            "wind_turbines",
            MM82,
            {"stop_m_per_s": 4.0},
            "stop_m_per_s is 4 m/s; accepted: at most cut_in_m_per_s, 3.5 m/s",
        ),
        (
            "wind_turbines",
            MM82,
            {"restart_m_per_s": 26.0},
            "restart_m_per_s is 26 m/s; accepted: at most cut_out_m_per_s, 25 m/s",
        ),
        (
            "wind_turbines",
            MM82,
            {"cut_in_m_per_s": 6.0, "restart_m_per_s": 5.0},
            "cut_in_m_per_s is 6 m/s; accepted: at most restart_m_per_s, 5 m/s",
        ),
        (
            "wind_turbines",
            MM82,
            {"apparent_power_va": 2e6},
            "rated_power_w is 2.05e+06 VA; accepted: at most apparent_power_va, 2e+06 VA",
        ),
        (
            "hvacs",
            SPLIT,
            {"minimum_power_w": 8001.0},
            "minimum_power_w is 8001 W; accepted: at most rated_power_w, 8000 W",
        ),
        (
            "hvacs",
            SPLIT,
            {"hysteresis_k": 5.5},
            "hysteresis_k is 5.5 K; accepted: at most cooling_set_point_c less heating_set_point_c, 5 K",
        ),
        (
            "crypto_miners",
            MINER,
            {"throttled_boards": 4},
            "throttled_boards is 4 boards; accepted: at most boards, 3 boards",
        ),
        (
            "crypto_miners",
            MINER,
            {"throttle_c": 96.0},
            "throttle_c is 96 °C; accepted: at most trip_c, 95 °C",
        ),
        (
            "crypto_miners",
            MINER,
            {"resume_c": 85.0},
            "resume_c is 85 °C; accepted: at most throttle_c - 0.1, 84.9 °C",
        ),
        (
            "ev_chargers",
            WALLBOX,
            {"current_min_a": 17.0},
            "current_min_a is 17 A; accepted: at most current_max_a, 16 A",
        ),
        (
            "ev_chargers",
            WALLBOX,
            {"current_min_a": 5.9},
            "current_min_a is 5.9 A; accepted: >= 6 A on alternating current",
        ),
        (
            "transformers",
            "oil-100kva",
            {"no_load_loss_w": 600.0},
            "no_load_loss_w / rated_apparent_power_va is 0.006; accepted: at most no_load_current_pu, 0.005",
        ),
        (
            "transformers",
            "oil-100kva",
            {"load_loss_w": 4001.0},
            "load_loss_w / rated_apparent_power_va is 0.04001; accepted: "
            "at most short_circuit_voltage_pu, 0.04",
        ),
        (
            "cars",
            "compact-58kwh",
            {"dc_curve_w": [1e5] * 20},
            "dc_curve_w is a table of 20; accepted: 21, one every 5 % of state of charge",
        ),
        ("cells", "lfp", {"voltage_max_v": 3.9}, "voltage_max_v is 3.9 V; accepted: 3.65 V within 5%"),
        ("cells", "lfp", {"ocv_v": [2.5, 3.3, 3.2]}, "ocv_v[2] is 3.2 V; accepted: >= 3.3 V"),
        (
            "batteries",
            "lfp-92kwh",
            {"soc_derating_width": 0.43},
            "soc_derating_width is 0.43; accepted: <= 0.425, half of soc_upper - soc_lower",
        ),
        (
            "ageing",
            "lfp",
            {"capacity_by_use.depth_stress": [1.0, 0.5]},
            "capacity_by_use.depth_stress[1] is 0.5; accepted: at least 1, the entry before",
        ),
        (
            "ageing",
            "lfp",
            {"resistance_by_use.depth_stress": [0.5, 1.0, 0.9]},
            "resistance_by_use.depth_stress[2] is 0.9; accepted: at least 1, the entry before",
        ),
        (
            "cells",
            "lfp",
            {"r0_ohm": 2e3},
            "r0_ohm[0] is 2000 Ω; accepted: 0..1000 Ω (chosen: far above any cell of a pack)",
        ),
        (
            "grid_outages",
            "weak-grid",
            {"per_year": -5.0},
            "per_year is -5; accepted: 0..100000 (chosen: one every five minutes)",
        ),
        (
            "grid_outages",
            "weak-grid",
            {"longest_s": 1e12},
            "longest_s is 1e+12 s; accepted: above 0..2.592e+06 s",
        ),
        ("grid_areas", "continental-europe", {"peak_hour": 25.0}, "peak_hour is 25 h; accepted: 0..24 h"),
        (
            "bms",
            "lfp",
            {"overvoltage.release": 3.75},
            "overvoltage.release is 3.75; accepted: below overvoltage.trip, which is 3.75",
        ),
        (
            "bms",
            "lfp",
            {"overvoltage.warning": 3.76},
            "overvoltage.warning is 3.76; accepted: below overvoltage.trip, which is 3.75",
        ),
        (
            "bms",
            "lfp",
            {"overvoltage.warning_release": 3.71},
            "overvoltage.warning_release is 3.71; accepted: below overvoltage.warning, which is 3.7",
        ),
        (
            "bms",
            "lfp",
            {"undervoltage.release": 2.2},
            "undervoltage.release is 2.2; accepted: above undervoltage.trip, which is 2.2",
        ),
        ("bms", "lfp", {"overcurrent_charging.release": 1.2}, "overcurrent_charging.release is "),
        ("bms", "lfp", {"overcurrent_discharging.release": 1.2}, "overcurrent_discharging.release is "),
        (
            "bms",
            "lfp",
            {"overtemperature_charging.release": 62.0},
            "overtemperature_charging.release is 62; accepted: "
            "below overtemperature_charging.trip, which is 61",
        ),
        (
            "bms",
            "lfp",
            {"overtemperature.release": 66.0},
            "overtemperature.release is 66; accepted: below overtemperature.trip, which is 65",
        ),
        (
            "bms",
            "lfp",
            {"undertemperature_charging.release": -6.0},
            "undertemperature_charging.release is -6; accepted: "
            "above undertemperature_charging.trip, which is -5",
        ),
        (
            "bms",
            "lfp",
            {"undervoltage.warning_release": 3.61},
            "undervoltage.warning_release is 3.61; accepted: below overvoltage.warning_release, which is 3.6",
        ),
        (
            "bms",
            "lfp",
            {"undertemperature_charging.warning_release": 55.0},
            "undertemperature_charging.warning_release is 55; accepted: "
            "below overtemperature_charging.warning_release, which is 55",
        ),
        (
            "bms",
            "lfp",
            {"balance.stop": 0.01},
            "balance.stop is 0.01; accepted: below balance.start, which is 0.01",
        ),
        (
            "bms",
            "lfp",
            {"balance.start": 0.05},
            "balance.start is 0.05; accepted: below balance.warning, which is 0.05",
        ),
        (
            "bms",
            "lfp",
            {"switchgear.precharge_timeout_s": 1.5},
            "precharge_timeout_s is 1.5 s; accepted: "
            "more than the 1.90482 s that an empty link without load takes",
        ),
    ],
)
def test_a_preset_that_contradicts_itself_is_refused(
    tmp_path: Path, file: str, of: str, changes: dict[str, Any], message: str
) -> None:
    put(tmp_path, file, of, changes)
    (said,) = said_of(tmp_path)
    assert said.startswith(f"{file}.toml: own.{message}")


@pytest.mark.parametrize(
    ("file", "of", "changes", "reason"),
    [
        ("batteries", "lfp-92kwh", {"capacity_wh": 5e-324}, "float division by zero"),
        ("grid_areas", "continental-europe", {"timezone": "Europe"}, ""),
    ],
)
def test_a_preset_of_which_no_parameters_come_is_refused(
    tmp_path: Path, file: str, of: str, changes: dict[str, Any], reason: str
) -> None:
    put(tmp_path, file, of, changes)
    (said,) = said_of(tmp_path)
    assert said.startswith(f"{file}.toml: own is not usable ({reason}")


@pytest.mark.parametrize(
    ("file", "of", "changes"),
    [
        ("wind_turbines", MM82, {"stop_m_per_s": 3.5, "restart_m_per_s": 25.0, "apparent_power_va": 2050e3}),
        ("wind_turbines", MM82, {"cut_in_m_per_s": 5.0, "restart_m_per_s": 5.0}),
        ("hvacs", SPLIT, {"minimum_power_w": 8000.0, "hysteresis_k": 5.0}),
        ("crypto_miners", MINER, {"throttled_boards": 3, "throttle_c": 95.0, "resume_c": 94.9}),
        ("crypto_miners", MINER, {"boards": 4.0}),
        ("ev_chargers", WALLBOX, {"current_min_a": 16.0}),
        ("transformers", "oil-100kva", {"no_load_loss_w": 500.0, "load_loss_w": 4000.0}),
        ("cells", "lfp", {"ocv_v": [2.5, 3.3, 3.3]}),
        ("cells", "lfp", {"ocv_slope_v_per_k": 1e-4, "r0_ohm": [1e-3] * 500}),
        ("ageing", "lfp", {"capacity_by_use.depth_stress": [1.0, 1.0]}),
        ("bms", "lfp", {"switchgear.precharge_timeout_s": 1.91}),
    ],
)  # fmt: skip
def test_a_preset_whose_values_just_meet_is_accepted(
    tmp_path: Path, file: str, of: str, changes: dict[str, Any]
) -> None:
    put(tmp_path, file, of, changes)
    assert said_of(tmp_path) == []


@pytest.mark.parametrize(
    ("file", "of", "changes", "message"),
    [
        (
            "bms",
            "lfp",
            {"balance": 3},
            "own.balance is 3; accepted: "
            "a table with spread_per_cycle, spread_per_day, soc, rate_per_h, start, stop, warning",
        ),
        (
            "bms",
            "lfp",
            {"overvoltage": [3.6]},
            "own.overvoltage is [3.6]; accepted: "
            "a table with trip, release, warning, warning_release, delay_s",
        ),
        (
            "bms",
            "lfp",
            {"overvoltage.tripp": 3.6},
            "own.overvoltage.tripp is unknown; accepted: "
            "trip, release, warning, warning_release, delay_s (did you mean 'trip'?)",
        ),
        (
            "bms",
            "lfp",
            {"balance.warning": None},
            "own.balance.warning is missing; accepted: a value such as 0.05",
        ),
        (
            "hvacs",
            SPLIT,
            {"standby_power_w": None},
            "own.standby_power_w is missing; accepted: a value such as 15.0",
        ),
        ("hvacs", SPLIT, {"can_heat": "no"}, "own.can_heat is 'no'; accepted: true or false"),
        ("hvacs", SPLIT, {"can_heat": 1}, "own.can_heat is 1; accepted: true or false"),
        (
            "hvacs",
            SPLIT,
            {"standby_power_w": True},
            "own.standby_power_w is true; accepted: a finite value such as 15.0",
        ),
        ("hvacs", SPLIT, {"supply_c": "40"}, "own.supply_c is '40'; accepted: a number"),
        ("hvacs", SPLIT, {"supply_c": {}}, "own.supply_c is a table; accepted: a number"),
        ("hvacs", SPLIT, {"supply_c": [40.0, 41.0]}, "own.supply_c is a list of 2; accepted: a number"),
        ("crypto_miners", MINER, {"boards": 2.5}, "own.boards is 2.5; accepted: a whole number"),
        ("grid_areas", "continental-europe", {"timezone": 1}, "own.timezone is 1; accepted: a text"),
        (
            "wind_turbines",
            MM82,
            {"power_curve_w": 2e6},
            "own.power_curve_w is 2000000.0; accepted: a list of numbers",
        ),
        (
            "wind_turbines",
            MM82,
            {"power_curve_w": [2e6]},
            "own.power_curve_w is a list of 1; accepted: at least 2 entries",
        ),
        (
            "wind_turbines",
            MM82,
            {"power_curve_w": [0.0] * 501},
            "own.power_curve_w is a list of 501; accepted: at most 500 entries",
        ),
        (
            "wind_turbines",
            MM82,
            {"power_curve_w": [0.0, "x"]},
            "own.power_curve_w is a list with 'x'; accepted: a list of numbers",
        ),
        (
            "cells",
            "lfp",
            {"r0_ohm": "small"},
            "own.r0_ohm is 'small'; accepted: a number or a list of numbers",
        ),
        ("batteries", "lfp-92kwh", {"cell": []}, "own.cell is a list of 0; accepted: a text"),
        ("cells", "lfp", {"managed_as": 1}, "own.managed_as is 1; accepted: a text"),
        (
            "cells",
            "lfp",
            {"managed_as": math.inf},
            "own.managed_as is inf; accepted: a finite value such as 'lfp'",
        ),
        (
            "cells",
            "lfp",
            {"r0_activated_share": []},
            "own.r0_activated_share is a list of 0; accepted: a number",
        ),
        ("hvacs", SPLIT, {"standby_power_w": []}, "own.standby_power_w is a list of 0; accepted: a number"),
        (
            "fuses",
            "gg-16",
            {"rated_current_a": [1]},
            "own.rated_current_a is a list of 1; accepted: a number",
        ),
        (
            "bms",
            "lfp",
            {"cell_voltage_max_v": [1]},
            "own.cell_voltage_max_v is a list of 1; accepted: a number",
        ),
        ("cells", "lfp", {"r0_ohm": 1e308}, "own.r0_ohm is 1e+308; accepted: a magnitude of at most 1e+15"),
        (
            "hvacs",
            SPLIT,
            {"supply_c": 10**400},
            "own.supply_c is a very large whole number; accepted: a magnitude of at most 1e+15",
        ),
        ("fuses", "gg-16", {"weights": [0.5, 0.5]}, "own.weights is a list of 2; accepted: one of 3"),
        (
            "fuses",
            "gg-16",
            {"weights": [0.3, 0.3, 0.2, 0.2]},
            "own.weights is a list of 4; accepted: one of 3",
        ),
        (
            "cells",
            "lfp",
            {"charge_temperatures_c": [0.0]},
            "own.charge_temperatures_c is a list of 1; accepted: one of 4",
        ),
    ],
)
def test_a_value_of_another_kind_is_refused(
    tmp_path: Path, file: str, of: str, changes: dict[str, Any], message: str
) -> None:
    put(tmp_path, file, of, changes)
    assert said_of(tmp_path) == [f"{file}.toml: {message}"]


def test_tables_within_presets_of_ours_have_the_same_keys() -> None:
    for path in SHIPPED.glob("*.toml"):
        presets = tomllib.loads(path.read_text("utf-8")).values()
        tables = [
            (key, [*value]) for preset in presets for key, value in preset.items() if isinstance(value, dict)
        ]
        assert all(dict(tables)[key] == keys for key, keys in tables)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"#" * 200_001, "cars.toml is of 200001 bytes; accepted: at most 200000 bytes"),
        (b"own = 1", "cars.toml: own is no table; accepted: a table: [own]"),
        (b'"a\\nb" = 1', "cars.toml: 'a\\nb' is no table; accepted: a table: ['a\\nb']"),
    ],
)  # fmt: skip
def test_a_file_of_no_form_is_refused_in_words(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "cars.toml").write_bytes(content)
    assert said_of(tmp_path) == [message]


@pytest.mark.parametrize(
    "content",
    [
        b"a" + b".a" * 40_000 + b" = 1",
        b"[a" + b' . "a\\"b"' * 10_000 + b"]",
        b"own = {" + b"'a'." * 20_000 + b"a = 1}",
    ],
)
def test_a_key_of_many_parts_is_refused_before_it_is_read(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "cars.toml").write_bytes(content)
    assert said_of(tmp_path) == [
        "cars.toml is no TOML (a key of more than 16 dotted parts); accepted: TOML, a table for each preset"
    ]


def test_of_very_many_problems_the_first_are_told_and_the_others_counted(tmp_path: Path) -> None:
    (tmp_path / "cars.toml").write_text("".join(f"[c{number}]\n" for number in range(10_000)))
    said = said_of(tmp_path)
    assert len(said) == 51
    assert said[0].startswith("cars.toml: c0.")
    assert re.search(r" is wrong in \d+ more places; accepted: presets of the form of ours$", said[-1])


@pytest.mark.parametrize(
    "content", [b"own = " + b"1" * 5000, b"own", b"\xff", b"[own", b"own = {a = 1}\nown = {}"]
)
def test_what_is_no_toml_is_refused_with_the_reason(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "cars.toml").write_bytes(content)
    (said,) = said_of(tmp_path)
    assert re.fullmatch(r"cars\.toml is no TOML \(.+\); accepted: TOML, a table for each preset", said)


def test_a_file_may_be_as_large_as_is_said(tmp_path: Path) -> None:
    (tmp_path / "cars.toml").write_bytes(b"#" * 200_000)
    assert said_of(tmp_path) == []


def test_a_folder_of_that_name_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "cars.toml").mkdir()
    assert said_of(tmp_path) == ["cars.toml is no file; accepted: a file of presets"]


def test_a_name_of_ours_is_refused(tmp_path: Path) -> None:
    ours = tomllib.loads((SHIPPED / "fuses.toml").read_text("utf-8"))["gg-16"]
    (tmp_path / "fuses.toml").write_text(f"gg-16 = {written(ours)}", encoding="utf-8")
    assert said_of(tmp_path) == [
        "fuses.toml: gg-16 is the name of a preset of ours; accepted: a name of its own"
    ]


def test_what_an_unknown_key_of_a_cell_could_be_includes_what_ours_do_not_need(tmp_path: Path) -> None:
    put(tmp_path, "cells", "lfp", {"managed": "lfp"})
    (said,) = said_of(tmp_path)
    assert said.startswith("cells.toml: own.managed is unknown; accepted: charge_capacity_ah, ")
    assert said.endswith(", managed_as (did you mean 'managed_as'?)")


def test_a_file_of_another_name_is_refused_with_those_that_there_are(folder: Path) -> None:
    (folder / "presets" / "batteris.toml").write_text("")
    assert "did you mean 'batteries.toml'?" in refusal(folder)


def test_a_link_to_elsewhere_that_is_no_file_is_refused(folder: Path) -> None:
    (folder / "presets" / "cars.toml").symlink_to("/dev/zero")
    assert "cars.toml is no file" in refusal(folder)


def test_a_folder_without_files_of_presets_is_refused(folder: Path) -> None:
    for path in (folder / "presets").iterdir():
        path.unlink()
    assert "without files of presets; accepted: ageing.toml, batteries.toml" in refusal(folder)


def test_everything_wrong_is_said_at_once(folder: Path) -> None:
    change(folder, "cells.toml", "r0_ohm", "r0_ohms")
    (folder / "presets" / "cars.toml").write_text("no toml")
    site = SITE.replace("15 kW", "15 kX").replace("63 A", "63 V")
    (folder / "site.yaml").write_text(site)
    lines = refusal(folder).splitlines()
    assert [line.split(" is ")[0] for line in lines if line.startswith(str(folder))] == [
        f"{folder / 'site.yaml'}:2: presets",
        f"{folder / 'site.yaml'}:2: presets",
        f"{folder / 'site.yaml'}:2: presets",
        f"{folder / 'site.yaml'}:5: grid.rated_fuse_current",
        f"{folder / 'site.yaml'}:6: bat-inv.rated_power",
    ]
