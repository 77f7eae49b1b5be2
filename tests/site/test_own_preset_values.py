"""Values of presets of a site's own folder: what contradicts itself or is of another kind is refused by name."""

from __future__ import annotations

import math
import tomllib
from pathlib import Path
from typing import Any

import pytest
from support.own_presets import SHIPPED, put, said_of

from doppelgrid.models.parameter import ParameterError
from doppelgrid.sim.components.machines.crypto_miner import crypto_miner_preset

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
    ("file", "of", "changes", "message"),
    [
        ("ageing", "lfp", {"turn_gap": -0.1}, "turn_gap is -0.1; accepted: 0..1"),
        ("batteries", "lfp-92kwh", {"series": 0}, "series is 0; accepted: >= 1"),
        (
            "batteries",
            "lfp-92kwh",
            {"soc_derating_width": -0.1},
            "soc_derating_width is -0.1; accepted: 0..0.5",
        ),
        ("bms", "lfp", {"switchgear.relay_s": -1.0}, "relay_s is -1 s; accepted: >= 0.001 s"),
        ("cars", "compact-58kwh", {"ac_phases": 4}, "ac_phases is 4; accepted: 1..3"),
        (
            "cells",
            "lfp",
            {"charge_rate_max_per_h": 0.0},
            "charge_rate_max_per_h is 0 1/h; accepted: > 0 1/h",
        ),
        ("chps", "ecopower-5kw", {"minimum_run_s": -1.0}, "minimum_run_s is -1 s; accepted: >= 0 s"),
        ("crypto_miners", MINER, {"power_factor": 1.1}, "power_factor is 1.1; accepted: 0.1..1"),
        (
            "electrolyzers",
            "alkaline",
            {"rectifier_efficiency": 0.4},
            "rectifier_efficiency is 0.4; accepted: 0.5..1",
        ),
        ("ev_chargers", WALLBOX, {"conversion_loss": 0.4}, "conversion_loss is 0.4; accepted: 0..0.3"),
        ("fuses", "gg-16", {"rated_current_a": 0.0}, "rated_current_a is 0 A; accepted: > 0 A"),
        ("grid_areas", "continental-europe", {"lead_s": -1.0}, "lead_s is -1 s; accepted: 0..900 s"),
        (
            "grid_areas",
            "continental-europe",
            {"slow_time_s": 0.0},
            "slow_time_s is 0 s; accepted: above 0..7200 s",
        ),
        ("hvacs", SPLIT, {"power_factor": 1.1}, "power_factor is 1.1; accepted: 0.1..1"),
        ("inverters", "battery-3kw", {"linear_loss": 0.6}, "linear_loss is 0.6; accepted: 0..0.5"),
        ("loads", "constant-power", {"power_factor": 0.0}, "power_factor is 0; accepted: above 0..1"),
        (
            "pv_arrays",
            "crystalline-silicon",
            {"series_ohm": -1.0},
            "module.series_ohm is -1 Ω; accepted: >= 0 Ω",
        ),
        ("pv_arrays", "crystalline-silicon", {"soiling": 1.5}, "soiling is 1.5; accepted: 0..1"),
        ("pv_spectra", "monosi", {"constant": 50.0}, "constant is 50; accepted: -10..10"),
        ("steam_boilers", "resistive", {"efficiency": 0.4}, "efficiency is 0.4; accepted: 0.5..1"),
        (
            "transformers",
            "oil-100kva",
            {"no_load_loss_w": -130.0},
            "no_load_loss_w is -26 W; accepted: >= 0 W",
        ),
        ("ups", "online-3kva", {"linear_loss": 0.3}, "linear_loss is 0.3; accepted: 0..0.2"),
        ("wind_turbines", MM82, {"start_up_s": -1.0}, "start_up_s is -1 s; accepted: 0..3600 s"),
    ],
)
def test_a_value_out_of_the_range_of_its_parameter_is_refused(
    tmp_path: Path, file: str, of: str, changes: dict[str, Any], message: str
) -> None:
    put(tmp_path, file, of, changes)
    (said,) = said_of(tmp_path)
    assert said.startswith(f"{file}.toml: own.{message}")


def test_a_hall_of_more_miners_than_there_can_be_is_refused() -> None:
    assert crypto_miner_preset(MINER, 10_000).base_power_w == 1e6
    with pytest.raises(ParameterError, match=r"base_power_w is 1\.0001e\+06 W; accepted: 0\.\.1e\+06 W"):
        crypto_miner_preset(MINER, 10_001)


@pytest.mark.parametrize(
    ("file", "of", "changes", "reason"),
    [
        ("bms", "lfp", {"switchgear.link_capacitance_f_per_kw": 0.0}, "float division by zero"),
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
            "bms",
            "lfp",
            {"overvoltage": None},
            "own.overvoltage is missing; accepted: a table with trip, release, warning, warning_release, delay_s",
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
