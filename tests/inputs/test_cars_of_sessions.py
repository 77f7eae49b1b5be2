"""What the car of a session can take: by its recording, by the site file, by its preset."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from doppelgrid.models.electric_car import ElectricCarParams
from doppelgrid.sim.inputs.build import InputSetting
from doppelgrid.sim.inputs.location import Location
from doppelgrid.sim.inputs.sessions.build import session_plan
from doppelgrid.sim.inputs.sessions.cars import car_preset
from doppelgrid.sim.inputs.sessions.sections import Sessions
from doppelgrid.sim.inputs.sessions.session import recorded_car

CAR = car_preset("compact-58kwh")
HEAD = "arrival,departure,delivered_energy (kWh),station_id,max_power (kW)\n"
BEGIN_US = 1_780_000_000_000_000


def car_of(written: Any, directory: Path = Path(), phases: int = 3) -> ElectricCarParams:
    """Return the car of the first session."""
    where = InputSetting(
        location=Location(latitude=52.5, longitude=13.4), directory=directory, start_us=BEGIN_US, seed=0,
        owner="ev", purpose="sessions",
    )  # fmt: skip
    plan = session_plan(TypeAdapter(Sessions).validate_python(written), where, phases)
    session = plan.session(BEGIN_US)
    assert session is not None
    return session.car


def from_file(directory: Path, energy_kwh: float, hours: int, max_kw: str = "", phases: int = 1) -> Any:
    """Return the car of a session of some hours in a file."""
    line = f"2026-06-15T08:00Z,2026-06-15T{8 + hours:02}:00Z,{energy_kwh},A,{max_kw}\n"
    (directory / "s.csv").write_text(HEAD + line)
    return car_of({"file": "s.csv", "align": "start"}, directory, phases)


def test_a_car_could_take_what_it_took_within_its_stay(tmp_path: Path) -> None:
    """7.2 kW on one phase are 31.3 A at 230 V, more than the 16 A of the preset, and 34.8 A at 0.9 of that."""
    assert from_file(tmp_path, 28.8, 4).ac_current_max_a == pytest.approx(7200.0 / 0.9 / 230.0)


def test_a_car_that_had_time_is_as_its_preset(tmp_path: Path) -> None:
    assert from_file(tmp_path, 8.0, 4) == CAR


def test_more_phases_carry_the_same_energy_with_less_current(tmp_path: Path) -> None:
    assert from_file(tmp_path, 28.8, 4, phases=3).ac_current_max_a == CAR.ac_current_max_a


@pytest.mark.parametrize(("kilowatts", "ampere"), [("2.3", 10.0), ("7.36", 32.0), ("30", 63.0), ("1", 6.0)])
def test_a_recorded_power_takes_the_place_of_the_presets(
    kilowatts: str, ampere: float, tmp_path: Path
) -> None:
    assert from_file(tmp_path, 2.0, 8, kilowatts).ac_current_max_a == pytest.approx(ampere)


def test_on_direct_current_the_curve_is_raised_to_what_was_taken() -> None:
    curve_w = recorded_car(CAR, phases=3, mean_power_w=41e3).dc_curve_w
    assert min(curve_w) == 45e3
    assert max(curve_w) == max(CAR.dc_curve_w)


def test_a_raised_curve_keeps_to_the_recorded_power() -> None:
    assert set(recorded_car(CAR, phases=3, mean_power_w=41e3, max_power_w=42e3).dc_curve_w) == {42e3}


def test_a_car_without_direct_current_gets_none() -> None:
    without = CAR._replace(dc_curve_w=(0.0,) * len(CAR.dc_curve_w))
    assert max(recorded_car(without, phases=3, mean_power_w=41e3).dc_curve_w) == 0.0


def test_a_listed_car_has_the_power_and_phases_of_the_site_file() -> None:
    car = car_of([{"arrive": "0 s", "stay": "1 h", "max_power": "7.36 kW", "phases": 1}])
    assert (car.ac_phases, car.ac_current_max_a, max(car.dc_curve_w)) == (1, 32.0, 7360.0)


@pytest.mark.parametrize(
    ("key", "value", "accepted"),
    [
        ("max_power", "1.3 kW", "1.38 kW"),
        ("max_power", "3 kW", "at least 4.14 kW"),
        ("phases", 4, "1, 2 or 3"),
    ],
)
def test_a_car_that_cannot_be_is_refused(key: str, value: object, accepted: str) -> None:
    with pytest.raises(ValidationError, match=accepted):
        car_of([{"arrive": "0 s", "stay": "1 h", key: value}])


LISTED = {"arrive": "0 s", "stay": "1 h"}


def test_cars_behave_as_the_site_file_says() -> None:
    car = car_of([{**LISTED, "reaction": "5 s", "offer_share": "75 %", "min_current": "8 A"}])
    assert (car.reaction_s, car.offer_share, car.ac_current_min_a) == (5.0, 0.75, 8.0)


def test_cars_of_a_recording_behave_so_too(tmp_path: Path) -> None:
    (tmp_path / "s.csv").write_text(HEAD + "2026-06-15T08:00Z,2026-06-15T12:00Z,8,A,\n")
    car = car_of({"file": "s.csv", "align": "start", "reaction": "5 s"}, tmp_path)
    assert car == CAR._replace(reaction_s=5.0)


@pytest.mark.parametrize(
    ("temperature", "chemistry", "share"),
    [("5 °C", "nmc", 0.5), ("10 °C", "nmc", 1.0), ("41.5 °C", "nmc", 0.5), ("-20 °C", "lto", 0.5)],
)
def test_a_cold_or_hot_battery_takes_what_cells_of_its_chemistry_take(
    temperature: str, chemistry: str, share: float
) -> None:
    car = car_of([{**LISTED, "battery_temperature": temperature, "chemistry": chemistry}])
    assert car.dc_curve_w == pytest.approx([share * power_w for power_w in CAR.dc_curve_w])


def test_a_cold_battery_tapers_longer_by_its_resistance() -> None:
    """Of cells of iron phosphate, a part of all resistances has an activation of 5400 K."""
    car = car_of([{**LISTED, "battery_temperature": "5 °C", "chemistry": "lfp"}])
    slower = 1.0 + 0.13 * (math.exp(5400.0 * (1.0 / 278.15 - 1.0 / 298.15)) - 1.0)
    assert car.cv_time_constant_s == pytest.approx(slower * CAR.cv_time_constant_s)


def test_at_25_degrees_nothing_changes() -> None:
    assert car_of([{**LISTED, "battery_temperature": "25 °C"}]) == CAR


def test_a_preconditioned_battery_takes_all() -> None:
    car = car_of([{**LISTED, "battery_temperature": "-15 °C", "preconditioned": True}])
    assert car.dc_curve_w == CAR.dc_curve_w


@pytest.mark.parametrize(
    ("key", "value", "accepted"),
    [
        ("battery_temperature", "-5 °C", "above 0 °C and below 45 °C, where cells of nmc take charge"),
        ("battery_temperature", "50 °C", "above 0 °C and below 45 °C"),
        ("offer_share", "40 %", "50 %"),
        ("reaction", "2 min", "60 s|1 min"),
        ("min_current", "64 A", "63 A"),
        ("chemistry", "lead", "nmc"),
    ],
)
def test_behaviour_that_cannot_be_is_refused(key: str, value: str, accepted: str) -> None:
    with pytest.raises(ValidationError, match=accepted):
        car_of([{**LISTED, key: value}])
