"""Devices that a recording drives: they do what a client's set-points would have them do, and say where they cannot."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from doppelgrid.sim.domain.events import Event
from doppelgrid.sim.domain.metrics import PowerType
from doppelgrid.sim.inputs.errors import InputError
from doppelgrid.sim.plant.plant import Plant
from doppelgrid.sim.simulation.simulation import Simulation
from doppelgrid.sim.site.input_files import read_checked
from doppelgrid.sim.site.recordings import recording_notes
from doppelgrid.sim.site.site import Site
from doppelgrid.sim.site.weather import Weather

START = datetime(2026, 6, 15, 10, tzinfo=UTC)
MINUTE, SECOND_US = timedelta(minutes=1), 1_000_000
POWERS_KW = (0.0, 12.0, 12.0, 3.0, 0.0, 20.0, 7.5, 7.5, 0.0, 0.0)
"""Magnitudes, minute by minute."""
INVERTER = {"category": "battery_inverter", "rated_power": "30 kW"}
BATTERY = {"id": 4, "category": "battery", "behind": "device", "preset": "lfp-92kwh", "initial_soc": "50 %"}
DEVICES: dict[str, tuple[dict[str, Any], float]] = {
    "battery that is charged": (INVERTER, 1.0),
    "battery that is discharged": (INVERTER, -1.0),
    "inverter in steps": ({**INVERTER, "resolution": "700 W"}, 1.0),
    "photovoltaics": ({"category": "pv_inverter", "rated_power": "30 kW", "irradiance": "900 W/m²"}, -1.0),
    "a plant of known power": ({"category": "pv_inverter", "rated_power": "30 kW", "power": "25 kW"}, -1.0),
    "wind": ({"category": "wind_turbine", "rated_power": "100 kW", "wind_speed": "12 m/s"}, -1.0),
    "charger": ({"category": "ev_charger", "rated_power": "22 kW", "car": {"max_power": "22 kW"}}, 1.0),
    "unit of heat and power": ({"category": "chp", "rated_power": "20 kW"}, -1.0),
    "electrolyser": ({"category": "electrolyzer", "rated_power": "30 kW"}, 1.0),
    "boiler": ({"category": "steam_boiler", "rated_power": "30 kW"}, 1.0),
    "heat pump": ({"category": "hvac", "preset": "office-split", "initial_temperature": "32 °C"}, 1.0),
    "miners": ({"category": "crypto_miner", "machines": 8}, 1.0),
}
"""With the sign of their powers."""


def rows(folder: Path, powers_kw: tuple[float, ...] = POWERS_KW, column: str = "power") -> Path:
    """Write a recording from the start on."""
    path = folder / "day.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("time", column))
        writer.writerows(
            ((START + number * MINUTE).isoformat(), power) for number, power in enumerate(powers_kw)
        )
    return path


def site(folder: Path, device: Mapping[str, Any], recorded: Mapping[str, Any] | None) -> Site:
    driven = {} if recorded is None else {"recorded": {"file": "day.csv", "column": "power", **recorded}}
    components: dict[str, Any] = {
        "grid": {"id": 1, "category": "grid_connection_point", "rated_fuse_current": "400 A"},
        "main": {"id": 2, "category": "meter", "behind": "grid", "load": "4 kW"},
        "device": {"id": 3, "behind": "main", **device, **driven},
    }
    if "inverter" in device["category"] and "pv" not in device["category"]:
        components["battery"] = BATTERY
    return Site.from_content({"microgrid": {"id": 1}, "components": components}, folder)


def way(sign: float) -> dict[str, str]:
    return {"unit": "kW", "positive": "consumption" if sign > 0.0 else "production"}


def plant(of: Site) -> Plant:
    return Plant(of, start_us=of.moment_us(START), seed=0)


def powers(of: Plant, seconds: int, told_w: Mapping[int, float] | None = None) -> list[float]:
    """Return the power of the device second by second, to which somebody sends set-points at some of them."""
    found, begin_us = [], of.time_us
    for second in range(seconds):
        of.advance(begin_us + second * SECOND_US)
        if second in (told_w or {}):
            of.set_points.send("device", PowerType.ACTIVE, (told_w or {})[second])
        found.append(of.readings.active_power_w("device"))
    return found


@pytest.mark.parametrize("name", DEVICES)
def test_a_recorded_schedule_is_what_a_client_would_have_made_of_it(name: str, tmp_path: Path) -> None:
    device, sign = DEVICES[name]
    rows(tmp_path)
    told_w = {60 * number: sign * 1e3 * power for number, power in enumerate(POWERS_KW)}
    by_client = powers(plant(site(tmp_path, device, None)), 600, told_w)
    assert powers(plant(site(tmp_path, device, way(sign))), 600) == by_client
    assert len(set(by_client)) > 1


def test_a_battery_has_the_recorded_energy(tmp_path: Path) -> None:
    rows(tmp_path)
    running = plant(site(tmp_path, {**INVERTER, "response_delay": "0 s", "ramp_rate": "1 MW/s"}, way(1.0)))
    running.advance(running.time_us + 600 * SECOND_US)
    energy_wh = running.readings.registers("device").consumed_wh
    assert energy_wh == pytest.approx(sum(POWERS_KW) * 1e3 / 60.0, rel=0.005)


def test_a_recorded_current_is_a_power_on_each_phase_of_a_charger(tmp_path: Path) -> None:
    rows(tmp_path, (16.0, 10.0))
    charger, _ = DEVICES["charger"]
    running = plant(site(tmp_path, {**charger, "phases": [1, 2]}, {"unit": "A"}))
    running.advance(running.time_us + 30 * SECOND_US)
    assert running.readings.active_power_w("device") == pytest.approx(2 * 16 * 230, rel=0.01)


@pytest.mark.parametrize("phases", [1, 2, 3])
@pytest.mark.parametrize("preset", ["wallbox-11kw", "wallbox-22kw"])
def test_a_car_draws_the_recorded_current_on_each_phase_that_it_has(
    preset: str, phases: int, tmp_path: Path
) -> None:
    rows(tmp_path, (10.0, 10.0))
    car = {"capacity": "80 kWh", "initial_soc": "20 %", "phases": phases, "max_power": f"{7.4 * phases} kW"}
    charger = {"category": "ev_charger", "rated_power": "11 kW", "preset": preset, "car": car}
    running = plant(site(tmp_path, charger, {"unit": "A"}))
    running.advance(running.time_us + 30 * SECOND_US)
    voltage_v = running.readings.phase_voltages("device").l1
    assert running.readings.active_power_w("device") / (phases * voltage_v) == pytest.approx(10.0)
    assert running.readings.astray() == ()


def test_a_recorded_current_below_the_least_pauses_a_car_on_one_phase(tmp_path: Path) -> None:
    rows(tmp_path, (5.0, 5.0))
    car = {"capacity": "80 kWh", "initial_soc": "20 %", "phases": 1, "max_power": "7.4 kW"}
    running = plant(site(tmp_path, {**DEVICES["charger"][0], "car": car}, {"unit": "A"}))
    running.advance(running.time_us + 30 * SECOND_US)
    assert running.readings.active_power_w("device") < 10.0


def test_a_set_point_of_a_client_goes_before_the_recording_until_it_lapses(tmp_path: Path) -> None:
    rows(tmp_path, (12.0,) * 10)
    simulation = Simulation.headless(
        site(tmp_path, INVERTER, way(1.0)), start_us=round(START.timestamp() * 1e6)
    )
    simulation.run_for(MINUTE)
    simulation.gateway.set_power(3, PowerType.ACTIVE, -5e3, 60)
    simulation.run_for(MINUTE / 2)
    assert simulation.plant.readings.active_power_w("device") == pytest.approx(-5e3)
    simulation.run_for(MINUTE)
    assert simulation.plant.readings.active_power_w("device") == pytest.approx(12e3)
    assert simulation.plant.readings.astray() == ()


def test_what_a_client_asks_for_does_not_count_against_the_recording(tmp_path: Path) -> None:
    rows(tmp_path, (12.0,) * 10)
    simulation = Simulation.headless(
        site(tmp_path, INVERTER, way(1.0)), start_us=round(START.timestamp() * 1e6)
    )
    simulation.gateway.set_power(3, PowerType.ACTIVE, -5e3, 300)
    simulation.run_for(4 * MINUTE)
    assert simulation.plant.readings.astray() == ()


def test_a_device_says_for_how_long_and_by_how_much_it_could_not_follow(tmp_path: Path) -> None:
    rows(tmp_path, (10.0, 10.0, 40.0, 40.0, 40.0, 10.0))
    running = plant(site(tmp_path, INVERTER, way(1.0)))
    running.advance(running.time_us + 360 * SECOND_US)
    (astray,) = running.readings.astray()
    assert astray.key == "device"
    # Its ramp explains the way from 10 to 30 kW, in whole control cycles.
    assert astray.time_s == pytest.approx(180.0 - 1.3)
    assert astray.energy_wh == pytest.approx(10e3 * astray.time_s / 3600.0, rel=1e-3)
    assert astray.most_w == pytest.approx(10e3)
    assert astray.first_us == pytest.approx(running.time_us - 240 * SECOND_US, abs=2 * SECOND_US)


def test_a_ramp_that_takes_its_time_is_no_failure_to_follow(tmp_path: Path) -> None:
    rows(tmp_path, (0.0, 20.0, 0.0, -20.0, 20.0))
    running = plant(site(tmp_path, {**INVERTER, "ramp_rate": "1 kW/s"}, way(1.0)))
    running.advance(running.time_us + 300 * SECOND_US)
    assert running.readings.astray() == ()


def test_the_log_tells_when_a_device_cannot_follow_and_when_it_can_again(tmp_path: Path) -> None:
    rows(tmp_path, (10.0, 40.0, 10.0))
    simulation = Simulation.headless(
        site(tmp_path, INVERTER, way(1.0)), start_us=round(START.timestamp() * 1e6)
    )
    told: list[Event] = []
    simulation.gateway.listen_to_events(told.append)
    simulation.run_for(3 * MINUTE)
    assert [str(event) for event in told if event.kind.startswith("recording")] == [
        "device: recording not followed (recorded 40 kW, has 30 kW)",
        "device: recording followed (recorded 10 kW, has 10 kW)",
    ]


def test_a_fork_goes_on_with_the_recording(tmp_path: Path) -> None:
    rows(tmp_path, (10.0, 40.0, 40.0, 10.0))
    simulation = Simulation.headless(
        site(tmp_path, INVERTER, way(1.0)), start_us=round(START.timestamp() * 1e6)
    )
    simulation.run_for(1.5 * MINUTE)
    fork = simulation.fork()
    told: list[Event] = []
    fork.gateway.listen_to_events(told.append)
    for each in (simulation, fork):
        each.run_for(2 * MINUTE)
    assert fork.plant.save() == simulation.plant.save()
    assert [event.kind for event in told if event.kind.startswith("recording")] == ["recording followed"]


def test_check_tells_what_is_beyond_the_rating(tmp_path: Path) -> None:
    rows(tmp_path, (10.0, 40.0, -35.0, 10.0))
    of = site(tmp_path, INVERTER, way(1.0))
    assert list(recording_notes(of, start_us=of.moment_us(START))) == [
        "device cannot have all that is recorded in day.csv: up to 40 kW, beyond its -30 kW to 30 kW, in 2 of 4 rows"
    ]


def test_check_tells_it_of_a_device_that_another_recording_drives_on_another_day(tmp_path: Path) -> None:
    rows(tmp_path, (-10.0, -40.0))
    (tmp_path / "heat.csv").write_text(
        "time,heat\n2020-01-01T00:00:00Z,5\n2020-01-01T01:00:00Z,5\n", encoding="utf-8"
    )
    demand = {"file": "heat.csv", "unit": "kW", "positive": "consumption"}
    of = site(tmp_path, {"category": "chp", "rated_power": "20 kW", "heat_demand": demand}, way(1.0))
    assert list(recording_notes(of, start_us=of.moment_us(START))) == [
        "device cannot have all that is recorded in day.csv: up to -40 kW, beyond its -20 kW to 0 W, in 1 of 2 rows"
    ]


@pytest.mark.parametrize(
    ("charger", "most_a"),
    [
        ({"rated_power": "11 kW"}, 16.0),
        ({"rated_power": "22 kW"}, 32.0),
        ({"rated_power": "3.7 kW", "phases": [1]}, 16.0),
    ],
    ids=["16 A", "32 A", "one phase"],
)
def test_a_recorded_current_is_held_to_the_greatest_current_of_its_charger(
    charger: dict[str, Any], most_a: float, tmp_path: Path
) -> None:
    of = site(tmp_path, {"category": "ev_charger", "car": {}, **charger}, {"unit": "A"})
    rows(tmp_path, (0.0, most_a))
    assert list(recording_notes(of, start_us=of.moment_us(START))) == []
    rows(tmp_path, (most_a + 1.0, most_a))
    assert list(recording_notes(of, start_us=of.moment_us(START))) == [
        f"device cannot have all that is recorded in day.csv: up to {most_a + 1.0:g} A, "
        f"beyond its 0 A to {most_a:g} A, in 1 of 2 rows"
    ]


def test_nothing_is_told_of_a_device_that_the_weather_of_another_day_drives(tmp_path: Path) -> None:
    rows(tmp_path, (-10.0, -140.0))
    (tmp_path / "wind.csv").write_text("time,wind\n2020-01-01T00:00:00Z,5\n2020-01-01T01:00:00Z,5\n")
    turbine = {key: value for key, value in DEVICES["wind"][0].items() if key != "wind_speed"}
    of = site(tmp_path, turbine, way(1.0))
    (note,) = recording_notes(of, start_us=of.moment_us(START))
    assert note.startswith("device cannot have all that is recorded")
    weather = Weather.model_validate({"wind_speed": {"file": "wind.csv", "unit": "m/s"}})
    of = of.model_copy(update={"weather": weather})
    assert list(recording_notes(of, start_us=of.moment_us(START))) == []


def test_nothing_is_told_of_what_is_within_the_rating(tmp_path: Path) -> None:
    rows(tmp_path)
    of = site(tmp_path, INVERTER, way(1.0))
    assert list(recording_notes(of, start_us=of.moment_us(START))) == []


def test_a_number_that_no_site_has_is_refused_with_its_row(tmp_path: Path) -> None:
    for number in (1e300, -1e300, 2e6):
        rows(tmp_path, (5.0, number))
        of = site(tmp_path, INVERTER, way(-1.0))
        with pytest.raises(InputError, match=r"day\.csv:3: power .*-1e\+06 to 1e\+06"):
            plant(of)


def test_a_current_that_no_site_has_is_refused(tmp_path: Path) -> None:
    rows(tmp_path, (16.0, 2e6))
    with pytest.raises(InputError, match=r"power .*-1e\+06 to 1e\+06"):
        plant(site(tmp_path, DEVICES["charger"][0], {"unit": "A"}))


@pytest.mark.parametrize(
    ("device", "recorded", "error"),
    [
        (INVERTER, {"column": "powr"}, "column is 'powr'; accepted: one of time, power (did you mean 'power'?)"),
        (INVERTER, {"unit": "A"}, "recorded.unit is 'A'; accepted: kW, W, MW"),
        (INVERTER, {"positive": "charging"}, "recorded.positive is 'charging'; accepted: consumption, production"),
        (
            {**INVERTER, "self_consumption": "main"}, {},
            "either self_consumption or recorded, not both",
        ),
        ({"category": "chp", "rated_power": "20 kW", "heat_led": True}, {}, "either heat_led or recorded, not both"),
        ({"category": "hvac", "load": "3 kW"}, {}, "either load or recorded, not both"),
        (
            {"category": "ev_charger", "type": "dc", "rated_power": "50 kW"}, {"unit": "A"},
            "device.type is 'dc'; accepted: ac or hybrid beside a recorded current",
        ),
        (
            {"category": "ev_charger", "rated_power": "22 kW", "phase_switching": "automatic"}, {"unit": "A"},
            "phase_switching is 'automatic'; accepted: nothing beside a recorded current of each phase",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(
    device: dict[str, Any], recorded: dict[str, Any], error: str, tmp_path: Path
) -> None:
    rows(tmp_path)
    path = tmp_path / "site.yaml"
    said = {"file": "day.csv", "column": "power", **way(1.0), **recorded}
    battery = "\n  battery: {id: 4, category: battery, behind: device}" * (
        "battery_inverter" in device["category"]
    )
    path.write_text(
        "microgrid: {id: 1}\ncomponents:\n"
        "  grid: {id: 1, category: grid_connection_point}\n"
        "  main: {id: 2, category: meter, behind: grid}\n"
        f"  device: { ({'id': 3, 'behind': 'main', **device, 'recorded': said}) }{battery}\n"
    )
    with pytest.raises(ValueError, match=r"site\.yaml:5: device") as raised:
        read_checked(str(path))
    assert error in str(raised.value)


def test_a_recording_that_does_not_cover_the_start_is_refused(tmp_path: Path) -> None:
    rows(tmp_path)
    of = site(tmp_path, INVERTER, way(1.0))
    with pytest.raises(InputError, match="start of the run is 2026-06-16T") as raised:
        Plant(of, start_us=of.moment_us(START + timedelta(days=1)), seed=0)
    assert raised.value.place == ("device", "recorded")
