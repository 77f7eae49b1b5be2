"""Compiled runs: the same bits as the interpreted plant, however they are cut and looked at."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
import yaml
from support.one_program import in_one_program

from doppelgrid.sim.headless.run import HeadlessRun
from doppelgrid.sim.headless.simulate import with_self_consumption
from doppelgrid.sim.kernel import dc_reactive
from doppelgrid.sim.plant.numbering import CONTROL_CYCLE_US
from doppelgrid.sim.plant.plant import Plant
from doppelgrid.sim.site.reader import load_site, parse_site
from doppelgrid.sim.site.site import Site

NOON = datetime(2026, 6, 15, 11, 50)
BOOKKEEPING = {"is_known", "next_input_us", "holds_until_us"}
"""What only says how far the plant has looked ahead."""


def compiled(
    site: Site, span: timedelta, resolution: timedelta, start: datetime = NOON
) -> tuple[np.ndarray, Plant]:
    """Return what flows per component and phase and what could at least at every sample, and the plant at the end."""
    run = HeadlessRun(site, start_us=site.moment_us(start), seed=3, resolution=resolution)
    rows = np.concatenate(
        [np.hstack([chunk.samples.active_w, chunk.samples.reach_lower_w]) for chunk in run.chunks(span)]
    )
    return rows, run.plant


def interpreted(
    site: Site, span: timedelta, resolution: timedelta, start: datetime = NOON
) -> tuple[np.ndarray, Plant]:
    step_us, start_us = round(resolution.total_seconds() * 1e6), site.moment_us(start)
    plant = Plant(
        site, start_us=start_us, seed=3, cycle_us=max(step_us, CONTROL_CYCLE_US), resolution_us=step_us
    )
    rows = []
    for number in range(span // resolution + 1):
        plant.advance(start_us + number * step_us)
        flows = plant.readings.flows()
        powers_w = [power for flow in flows.ac.values() for power in (flow.p1, flow.p2, flow.p3)]
        rows.append([*powers_w, *(reach.lower for reach in flows.reach.values())])
    return np.array(rows), plant


def remembered(plant: Plant) -> object:
    state = plant.save()
    numbers = {name: value for name, value in state.numbers.items() if name not in BOOKKEEPING}
    return state._replace(numbers=numbers)


def assert_same_bits(site: Site, span: timedelta, resolution: timedelta, start: datetime = NOON) -> None:
    rows, plant = compiled(site, span, resolution, start)
    expected_rows, expected_plant = interpreted(site, span, resolution, start)
    assert np.array_equal(rows, expected_rows)
    assert remembered(plant) == remembered(expected_plant)


@pytest.mark.parametrize("name", ["demo", "commercial"])
def test_a_compiled_run_ends_on_the_bits_of_the_interpreted_one(name: str) -> None:
    assert_same_bits(load_site(name), timedelta(minutes=20), timedelta(seconds=1))


@pytest.mark.slow  # compiles a program
@pytest.mark.parametrize("feed_in_limit", [None, "2 kW"])
def test_so_does_a_day_of_a_hybrid_that_charges_with_its_own_sun_first(feed_in_limit: str | None) -> None:
    site = Site.model_validate({
        "microgrid": {"id": 1, "location": {"latitude": 52.5, "longitude": 13.4}},
        "components": in_one_program({
            "grid": {
                "id": 1, "category": "grid_connection_point",
                **({} if feed_in_limit is None else {"feed_in_limit": feed_in_limit}),
            },
            "main": {"id": 2, "category": "meter", "behind": "grid", "load": "1 kW"},
            "roof": {"id": 3, "category": "pv_inverter", "behind": "main", "rated_power": "8 kW"},
            "hybrid": {
                "id": 4, "category": "hybrid_inverter", "behind": "main", "rated_power": "10 kW",
                "peak_power": "8 kW", "self_consumption": "main",
            },
            "bat": {
                "id": 5, "category": "battery", "behind": "hybrid", "preset": "lfp-92kwh", "initial_soc": "10 %",
                "max_charge_power": "6 kW",
            },
        }),
    })  # fmt: skip
    assert_same_bits(site, timedelta(hours=18), timedelta(minutes=1), datetime(2026, 6, 15, 5))


@pytest.mark.slow  # compiles a program
def test_so_does_a_winter_day_of_sun_and_wind_with_all_that_takes_their_power() -> None:
    wind = [("00:00", "9 m/s"), ("04:00", "27 m/s"), ("05:00", "7 m/s")]
    site = Site.model_validate({
        "microgrid": {"id": 1, "location": {"latitude": 60.0, "longitude": 10.0}},
        "weather": {"relative_humidity": "97 %"},
        "components": in_one_program({
            "grid": {"id": 1, "category": "grid_connection_point", "rated_fuse_current": "4 kA"},
            "main": {"id": 2, "category": "meter", "behind": "grid"},
            "roof": {
                "id": 3, "category": "pv_inverter", "behind": "main", "rated_power": "60 kW",
                "planes": [
                    {"tilt": "30 °", "azimuth": "90 °", "share": "60 %"},
                    {"tilt": "30 °", "azimuth": "270 °", "share": "40 %"},
                ],
                "horizon": [{"azimuth": "90 °", "elevation": "8 °"}, {"azimuth": "200 °", "elevation": "0 °"}],
                "rows": {"pitch": "5 m", "height": "3 m"}, "age": "7 years",
            },
            "mill": {
                "id": 4, "category": "wind_turbine", "behind": "main", "rated_power": "100 kW",
                "iced_power": "40 %", "yaw_error": "8 °", "restart_wait": "10 min", "availability": "80 %",
                "outage_duration": "1 h", "parameters": {"turbine.ice_build_s": 3600},
                "wind_speed": {"profile": "inline", "points": [{"at": at, "value": speed} for at, speed in wind]},
            },
        }),
    })  # fmt: skip
    assert_same_bits(site, timedelta(hours=16), timedelta(minutes=1), datetime(2026, 1, 19, 1, 0))


SPECTRUM = """
microgrid: {id: 1}
ambient_temperature: {profile: climate}
weather: {relative_humidity: {profile: inline, points: [{at: "00:00", value: 90 %}, {at: "10:30", value: 45 %}]}}
components:
  grid: {id: 1, category: grid_connection_point, rated_fuse_current: 4 kA}
  roof:
    id: 2
    category: pv_inverter
    behind: grid
    rated_power: 60 kW
    planes: [{tilt: 30 °, azimuth: 90 °, share: 60 %}, {tilt: 30 °, azimuth: 270 °, share: 40 %}]
    spectrum: cdte
  hybrid: {id: 3, category: hybrid_inverter, behind: grid, rated_power: 10 kW, peak_power: 12 kW, spectrum: monosi}
  battery: {id: 4, category: battery, behind: hybrid, preset: lfp-92kwh}
"""


@pytest.mark.parametrize("resolution", [timedelta(seconds=1), timedelta(minutes=1)])
def test_so_does_a_day_whose_light_has_a_spectrum(resolution: timedelta) -> None:
    site = parse_site(SPECTRUM, "site.yaml")
    assert_same_bits(site, 240 * resolution, resolution, datetime(2026, 9, 15, 10, 29))


def test_so_does_one_in_which_batteries_follow_a_meter() -> None:
    site = with_self_consumption(load_site("commercial"))
    assert_same_bits(site, timedelta(minutes=20), timedelta(seconds=1))


def test_so_does_one_at_a_coarse_resolution() -> None:
    site = with_self_consumption(load_site("commercial"))
    assert_same_bits(site, timedelta(hours=12), timedelta(minutes=1))


def test_so_does_one_whose_intervals_begin_at_any_time() -> None:
    site = with_self_consumption(load_site("commercial"))
    start = datetime(2026, 6, 15, 11, 52, 17, 300_001)
    assert_same_bits(site, 105 * timedelta(minutes=7), timedelta(minutes=7), start)


@pytest.mark.slow  # compiles a program
@pytest.mark.parametrize(
    ("barn", "outages"), [("48 MWh", ""), ("900 MWh", ", outages: [{from: 1 h, duration: 7 min}]")]
)
def test_so_does_an_evening_of_a_feeder_with_lines_be_its_voltages_held_or_not(
    barn: str, outages: str
) -> None:
    text = (files("doppelgrid.sim.site") / "bundled" / "village.yaml").read_text(encoding="utf-8")
    text = text.replace("48 MWh", barn).replace("rated_power: 250 kW", f"rated_power: 250 kW{outages}")
    site, start = parse_site(text, "village.yaml"), datetime(2026, 6, 15, 17)
    _, plant = compiled(site, timedelta(hours=3), timedelta(minutes=1), start)
    assert any(node.collapses for node in plant.numbers[1].nodes) == bool(outages)
    assert_same_bits(site, timedelta(hours=3), timedelta(minutes=1), start)


@pytest.mark.slow
def test_so_does_one_with_something_of_every_category() -> None:
    assert_same_bits(load_site("all-categories"), timedelta(hours=2), timedelta(seconds=10))


@pytest.mark.slow  # compiles a program
def test_so_does_one_with_a_feed_in_limit_and_minimum_powers() -> None:
    storage = {"category": "battery_inverter", "behind": "main", "rated_power": "10 kW", "min_power": "500 W"}
    sun = {"behind": "main", "rated_power": "10 kW", "peak_power": "10 kW"}
    cells = {"category": "battery", "preset": "lfp-10kwh", "initial_soc": "85 %", "max_soc": "90 %"}
    site = Site.model_validate({
        "microgrid": {"id": 1, "location": {"latitude": 52.5, "longitude": 13.4}},
        "components": in_one_program({
            "grid": {"id": 1, "category": "grid_connection_point", "feed_in_limit": "20 %"},
            "main": {"id": 2, "category": "meter", "behind": "grid", "load": "1 kW"},
            "store": {"id": 3, **storage, "min_discharge_power": "700 W", "self_consumption": "main"},
            "one": {"id": 4, **cells, "behind": "store", "min_power": "200 W"},
            "other": {"id": 5, **cells, "behind": "store", "min_charge_power": "100 W"},
            "pv": {"id": 6, "category": "pv_inverter", **sun},
            "hybrid": {
                "id": 7, "category": "hybrid_inverter", **sun, "min_power": "300 W", "self_consumption": "main",
            },
            "its": {"id": 8, **cells, "behind": "hybrid"},
        }),
    })  # fmt: skip
    assert_same_bits(site, timedelta(hours=6), timedelta(seconds=10))


@pytest.mark.slow  # compiles a program
def test_so_does_one_in_which_grid_codes_move_storage_through_zero_and_reactive_power_follows() -> None:
    def code(**support: object) -> dict[str, object]:
        return {"preset": "vde-ar-n-4105", "freq_watt": True, "reconnect_wait": "30 s", **support}

    storage = {
        "category": "battery_inverter",
        "behind": "main",
        "rated_power": "10 kW",
        "self_consumption": "main",
    }
    sun = {"behind": "main", "rated_power": "10 kW", "peak_power": "14 kW"}
    cells = {"category": "battery", "preset": "lfp-10kwh", "initial_soc": "60 %"}
    wander = [
        {
            "at": f"{hour:02d}:{minute:02d}",
            "value": f"{50.0 + 1.4 * ((7 * hour + minute) % 11 - 5) / 5.0:.3f} Hz",
        }
        for hour in range(24)
        for minute in range(0, 60, 5)
    ]
    site = Site.model_validate({
        "microgrid": {"id": 1, "location": {"latitude": 52.5, "longitude": 13.4}},
        "components": in_one_program({
            "grid": {
                "id": 1, "category": "grid_connection_point", "feed_in_limit": "60 %",
                "frequency": {"profile": "inline", "points": wander},
                "voltages": {"fluctuation": "4 %", "unbalance": "2 %", "interval": "20 s"},
            },
            "main": {"id": 2, "category": "meter", "behind": "grid", "load": "3 kW"},
            "one": {"id": 3, **storage, "phases": [2], "grid_code": code(volt_var=True)},
            "its": {"id": 4, **cells, "behind": "one"},
            "other": {
                "id": 5, **storage, "min_power": "500 W", "grid_code": code(watt_pf=True), "response_lag": "15 s",
                "dc_voltage": "battery",
            },
            "theirs": {"id": 6, **cells, "behind": "other"},
            "pv": {"id": 7, "category": "pv_inverter", **sun, "grid_code": code(watt_pf=True)},
            "roof": {"id": 8, "category": "pv_inverter", **sun, "grid_code": code(volt_var={"response_time": "30 s"})},
            "hybrid": {
                "id": 9, "category": "hybrid_inverter", **sun, "grid_code": code(watt_var=True),
                "parameters": {"dc_current_max_a": 12.0, "dc_voltage_min_v": 408.0},
            },
            "last": {"id": 10, **cells, "behind": "hybrid"},
        }),
    })  # fmt: skip
    assert_same_bits(site, timedelta(hours=3), timedelta(seconds=10))


@pytest.mark.slow  # compiles a program
def test_so_does_one_in_which_inverters_share_batteries_and_sun_passes_through_empty_ones() -> None:
    inverter = {"behind": "main", "rated_power": "10 kW"}
    storage = {"category": "battery_inverter", **inverter, "self_consumption": "main"}
    cells = {"category": "battery", "preset": "lfp-10kwh"}
    site = Site.model_validate({
        "microgrid": {"id": 1, "location": {"latitude": 52.5, "longitude": 13.4}},
        "components": in_one_program({
            "grid": {"id": 1, "category": "grid_connection_point"},
            "main": {"id": 2, "category": "meter", "behind": "grid", "load": "9 kW"},
            "hybrid": {"id": 3, "category": "hybrid_inverter", **inverter, "peak_power": "10 kW"},
            "beside": {"id": 4, **storage},
            "its": {"id": 5, **cells, "behind": ["hybrid", "beside"], "initial_soc": "5 %", "min_soc": "5 %"},
            "one": {"id": 6, **storage, "min_power": "2 kW"},
            "other": {"id": 7, **storage, "min_power": "500 W"},
            "theirs": {"id": 8, **cells, "behind": ["one", "other"], "max_discharge_power": "2.5 kW"},
        }),
    })  # fmt: skip
    start = datetime(2026, 6, 15, 7)
    assert_same_bits(site, timedelta(hours=3), timedelta(seconds=10), start)
    rows, _ = interpreted(site, timedelta(hours=3), timedelta(seconds=10), start)
    place = list(Plant(site, start_us=0, seed=3).readings.flows().ac).index
    beside_w, one_w = (rows[:, 3 * place(key) : 3 * place(key) + 3].sum(axis=1) for key in ("beside", "one"))
    assert beside_w.min() < -1000.0
    assert one_w.max() < 100.0
    assert one_w[-1] >= 0.0


@pytest.mark.slow  # compiles a program
def test_so_does_one_in_which_another_battery_gives_what_a_shared_one_cannot() -> None:
    storage = {
        "category": "battery_inverter", "behind": "main", "rated_power": "10 kW", "self_consumption": "main",
    }  # fmt: skip
    cells = {"category": "battery", "preset": "lfp-10kwh"}
    site = Site.model_validate({
        "microgrid": {"id": 1},
        "components": {
            "grid": {"id": 1, "category": "grid_connection_point"},
            "main": {"id": 2, "category": "meter", "behind": "grid", "load": "6 kW"},
            "wide": {"id": 3, **storage},
            "narrow": {"id": 4, **storage},
            "small": {"id": 5, **cells, "behind": ["wide", "narrow"], "max_discharge_power": "1 kW"},
            "large": {"id": 6, **cells, "behind": "wide"},
        },
    })  # fmt: skip
    start = datetime(2026, 6, 15, 7)
    assert_same_bits(site, timedelta(minutes=20), timedelta(seconds=10), start)
    _, plant = interpreted(site, timedelta(minutes=20), timedelta(seconds=10), start)
    given_w = plant.readings.flows().battery_dc_w
    assert (given_w["small"], given_w["large"] < -5000.0) == (-1000.0, True)


@pytest.mark.slow  # compiles a program
def test_so_does_one_in_which_reactive_power_gives_way_to_what_batteries_take_at_least(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    code = {"preset": "vde-ar-n-4105", "volt_var": True}
    inverter = {"behind": "main", "rated_power": "10 kW", "grid_code": code}
    storage = {"category": "battery_inverter", **inverter}
    cells = {"category": "battery", "preset": "lfp-10kwh", "min_power": "900 W"}
    site = Site.model_validate({
        "microgrid": {"id": 1, "location": {"latitude": 52.5, "longitude": 13.4}},
        "components": in_one_program({
            "grid": {"id": 1, "category": "grid_connection_point", "voltages": {"phases": ["250 V"] * 3}},
            "main": {"id": 2, "category": "meter", "behind": "grid", "load": "2.5 kW"},
            "pv": {"id": 3, "category": "pv_inverter", "behind": "main", "rated_power": "10 kW"},
            "hybrid": {"id": 4, "category": "hybrid_inverter", **inverter, "peak_power": "2 kW"},
            "beside": {"id": 5, **storage, "self_consumption": "main"},
            "resting": {"id": 6, **storage},
            "its": {"id": 7, **cells, "behind": ["hybrid", "beside", "resting"]},
            "alone": {"id": 8, **storage, "self_consumption": "main"},
            "one": {"id": 9, **cells, "behind": "alone"},
        }),
    })  # fmt: skip
    start = datetime(2026, 6, 15, 7)
    assert_same_bits(site, timedelta(hours=3), timedelta(seconds=10), start)
    cut: list[float] = []
    lose_less = dc_reactive._lose_less
    monkeypatch.setattr(dc_reactive, "_lose_less", lambda *given: (cut.append(given[-1]), lose_less(*given)))
    interpreted(site, timedelta(hours=3), timedelta(seconds=10), start)
    assert len(cut) > 10


@pytest.mark.slow  # its program is that of docs/how-to/recorded.md, which is typed
def test_so_does_one_that_a_recording_drives_beyond_what_devices_can(tmp_path: Path) -> None:
    begin = NOON.replace(tzinfo=UTC)
    rows = [
        f"{(begin + timedelta(minutes=10 * n)).isoformat()},{(-1) ** n * 7 * n},{3 * n}" for n in range(12)
    ]
    (tmp_path / "day.csv").write_text("\n".join(["time,kw,a", *rows]))
    recorded = {"file": "day.csv", "column": "kw", "unit": "kW", "positive": "consumption"}
    site = Site.from_content({
        "microgrid": {"id": 1, "location": {"latitude": 52.5, "longitude": 13.4}},
        "components": {
            "grid": {"id": 1, "category": "grid_connection_point"},
            "main": {"id": 2, "category": "meter", "behind": "grid", "load": "1 kW"},
            "inv": {
                "id": 3, "category": "battery_inverter", "behind": "main", "rated_power": "30 kW", "min_power": "2 kW",
                "ramp_rate": "50 W/s", "recorded": recorded,
            },
            "bat": {"id": 4, "category": "battery", "behind": "inv", "preset": "lfp-10kwh"},
            "car": {
                "id": 5, "category": "ev_charger", "behind": "main", "rated_power": "11 kW", "car": {"phases": 2},
                "response_delay": "70 s", "recorded": {**recorded, "column": "a", "unit": "A"},
            },
        },
    }, tmp_path)  # fmt: skip
    for resolution in (timedelta(seconds=1), timedelta(minutes=1)):
        assert_same_bits(site, timedelta(hours=2), resolution)


@pytest.mark.slow  # compiles a program
def test_so_does_one_whose_engine_takes_on_load_in_steps(tmp_path: Path) -> None:
    begin = NOON.replace(tzinfo=UTC)
    rows = [f"{(begin + timedelta(minutes=5 * n)).isoformat()},{(26, 50, 30)[n % 3]}" for n in range(12)]
    (tmp_path / "day.csv").write_text("\n".join(["time,kw", *rows]))
    recorded = {"file": "day.csv", "column": "kw", "unit": "kW", "positive": "production"}
    site = Site.from_content({
        "microgrid": {"id": 1, "location": {"latitude": 52.52, "longitude": 13.4, "timezone": "UTC"}},
        "components": in_one_program({
            "grid": {"id": 1, "category": "grid_connection_point"},
            "main": {"id": 2, "category": "meter", "behind": "grid", "load": "60 kW"},
            "engine": {
                "id": 3, "category": "chp", "behind": "main", "rated_power": "50 kW", "recorded": recorded,
                "load_acceptance": {"step": "10 %", "recovery": "7 s"},
            },
        }),
    }, tmp_path)  # fmt: skip
    assert_same_bits(site, timedelta(hours=1), timedelta(seconds=1))


EVERYTHING = """
main:
  id: 2
  category: meter
  behind: grid
  measurement: {accuracy_class: 1, window: 1 min, noise: 1 %, register_resolution: 1 kWh}
  reporting: {changes: {power: 500 W}, delay: 300 ms, jitter: 200 ms}
house:
  id: 3
  category: meter
  behind: main
  load: {profile: bdew-g0, annual_energy: 150 MWh, noise: {amplitude: 10 %, step: 20 s}}
roof:
  id: 4
  category: pv_inverter
  behind: main
  rated_power: 60 kW
  rated_apparent_power: 66 kVA
  grid_code: {preset: vde-ar-n-4105, volt_var: {response_time: true, dead_low: 99 %, dead_high: 101 %}}
inv:
  id: 11
  category: battery_inverter
  behind: main
  rated_power: 30 kW
  self_consumption: main
  grid_code: {preset: vde-ar-n-4105, volt_var: {response_time: 60 s, dead_low: 99 %, dead_high: 101 %}}
other-inv: {id: 13, category: battery_inverter, behind: main, rated_power: 50 kW, self_consumption: main}
bat:
  id: 12
  category: battery
  behind: inv
  preset: lfp-10kwh
  min_power: 800 W
  min_soc: 10 %
  initial_soc: 12 %
  initial_spread: 3 %
  ageing: 20
  auxiliary: {electronics: 120 W, heating: 2 kW, cooling: 2 kW}
  soc_estimate: {initial_error: 4 %, current_offset: 0.6 A, current_gain_error: -1 %}
  cells: {capacity_spread: 5 %}
other:
  id: 14
  category: battery
  behind: other-inv
  preset: nmc-100kwh
  initial_soc: 90 %
  initial_spread: 6 %
  ageing: 50
  soc_estimate: {initial_error: -6 %, current_offset: -1.2 A, current_gain_error: 3 %}
  cells: {capacity_spread: 10 %}
  parameters: {soc_estimate.rest_s: 600, cells.balanced_soc: 0.5}
engine:
  id: 21
  category: chp
  behind: main
  rated_power: 50 kW
  load_acceptance: {step: 20 %, recovery: 7 s}
  recorded: {file: day.csv, column: kw, unit: kW, positive: production, align: start}
"""


@pytest.mark.slow  # compiles a program
@pytest.mark.parametrize(("span", "resolution"), [(timedelta(hours=3), 60), (timedelta(hours=10), 900)])
def test_so_does_one_with_much_at_once(span: timedelta, resolution: int, tmp_path: Path) -> None:
    begin = datetime(2026, 6, 15, tzinfo=UTC)
    rows = [f"{(begin + timedelta(minutes=20 * n)).isoformat()},{(0, 26, 50, 30)[n % 4]}" for n in range(40)]
    (tmp_path / "day.csv").write_text("\n".join(["time,kw", *rows]))
    air = [("00:00", "-12 °C"), ("06:00", "0 °C"), ("11:00", "36 °C"), ("20:00", "5 °C")]
    grid = {
        "id": 1, "category": "grid_connection_point", "rated_fuse_current": "1000 A",
        "voltages": {"fluctuation": "4 %", "unbalance": "1 %"},
    }  # fmt: skip
    site = Site.from_content({
        "microgrid": {"id": 1, "location": {"latitude": 52.5, "longitude": 13.4}},
        "ambient_temperature": {"profile": "inline", "points": [{"at": at, "value": value} for at, value in air]},
        "weather": {"wind_speed": "8 m/s"},
        "components": in_one_program({"grid": grid, **yaml.safe_load(EVERYTHING)}),
    }, tmp_path)  # fmt: skip
    assert_same_bits(site, span, timedelta(seconds=resolution), datetime(2026, 6, 15))


@pytest.mark.usefixtures("interpreted")
def test_a_quiet_hour_costs_a_few_events() -> None:
    site = Site.model_validate({
        "microgrid": {"id": 1},
        "components": {
            "grid": {"id": 1, "category": "grid_connection_point", "rated_fuse_current": "100 A"},
            "main": {"id": 2, "category": "meter", "behind": "grid", "load": "3 kW"},
            "inv": {"id": 3, "category": "battery_inverter", "behind": "main", "rated_power": "30 kW"},
            "bat": {"id": 4, "category": "battery", "behind": "inv"},
        },
    })  # fmt: skip
    run = HeadlessRun(site, start_us=site.moment_us(NOON), resolution=timedelta(hours=1))
    assert 0 < sum(chunk.solved for chunk in run.chunks(timedelta(hours=1))) <= 12


def test_a_run_in_parts_is_the_run_in_one() -> None:
    site, step = load_site("demo"), timedelta(seconds=10)
    whole = HeadlessRun(site, start_us=site.moment_us(NOON), resolution=step)
    parts = HeadlessRun(site, start_us=site.moment_us(NOON), resolution=step)
    rows = np.concatenate([chunk.samples.active_w for chunk in whole.chunks(timedelta(minutes=30))])
    first = [chunk.samples.active_w for chunk in parts.chunks(timedelta(minutes=10))]
    second = [chunk.samples.active_w for chunk in parts.chunks(timedelta(minutes=20))]
    assert np.array_equal(rows, np.concatenate([*first, second[0][1:], *second[1:]]))
