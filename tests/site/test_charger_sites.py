"""Chargers in site files: what is accepted, what is made of it, and what people are told where it is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from doppelgrid.models.ev_charger import EvChargerParams
from doppelgrid.sim.components.ev_charger import (
    Car,
    EvCharger,
    charger_params,
    ev_charger_preset_names,
    plugged_car,
)
from doppelgrid.sim.inputs.sessions.cars import car_preset_names
from doppelgrid.sim.site.reader import SiteError, parse_site

BASE = """microgrid: {id: 1}
components:
  grid: {id: 1, category: grid_connection_point, rated_fuse_current: 200 A}
  ev: {id: 2, category: ev_charger, behind: grid, %s}
"""
CARS = ", ".join(car_preset_names())
PRESETS = ", ".join(ev_charger_preset_names())


def messages(keys: str, directory: Path = Path()) -> list[str]:
    with pytest.raises(SiteError) as caught:
        parse_site(BASE % keys, "berlin.yaml", directory=directory)
    return str(caught.value).splitlines()


def charger(keys: str) -> EvChargerParams:
    section = parse_site(BASE % keys, "berlin.yaml").components["ev"]
    assert isinstance(section, EvCharger)
    return charger_params(section, ())


WRONG = {
    "a car that nobody knows": (
        "rated_power: 11 kW, sessions: [{arrive: '08:00', stay: 2 h, car: compact}]",
        f"ev.sessions[0].car is 'compact'; accepted: {CARS}",
    ),
    "cars of which one is unknown": (
        "rated_power: 11 kW, sessions: {profile: home, cars: [small-52kwh, tractor]}",
        f"ev.sessions.cars[1] is 'tractor'; accepted: {CARS}",
    ),
    "a profile that nobody knows": (
        "rated_power: 11 kW, sessions: {profile: depot}",
        "ev.sessions.profile is 'depot'; accepted: workplace, home, public",
    ),
    "sessions without their stay": (
        "rated_power: 11 kW, sessions: [{arrive: '08:00'}]",
        "ev.sessions[0].stay is missing; accepted: a number with a unit (s, ms, min, h, d), > 0 s and <= 604800 s",
    ),
    "sessions that are neither": (
        "rated_power: 11 kW, sessions: often",
        "ev.sessions is 'often'; accepted: a mapping with `profile` (workplace, home, public) or `file`, "
        "or a list of cars with `arrive` and `stay`",
    ),
    "sessions that name neither": (
        "rated_power: 11 kW, sessions: {cars: [compact-58kwh]}",
        "ev.sessions is a mapping; accepted: a mapping with `profile` (workplace, home, public) or `file`, "
        "or a list of cars with `arrive` and `stay`",
    ),
    "a recording that is missing": (
        "rated_power: 11 kW, sessions: {file: cars.csv}",
        "ev.sessions.file is 'cars.csv'; accepted: a file, its path relative to the folder of the site file",
    ),
    "a car beside sessions": (
        "rated_power: 11 kW, car: {}, sessions: {profile: home}",
        "ev.sessions is a mapping; accepted: either car or sessions, not both",
    ),
    "a preset that nobody knows": (
        "rated_power: 11 kW, preset: wallbox",
        f"ev.preset is 'wallbox'; accepted: {PRESETS}",
    ),
    "a preset of the other kind of current": (
        "rated_power: 11 kW, preset: dc-50kw",
        "ev.preset is 'dc-50kw'; accepted: with type ac: wallbox-3680w, wallbox-11kw, wallbox-22kw",
    ),
    "a rating below six amperes": (
        "rated_power: 3.7 kW",
        "ev.rated_power is 3.7 kW; accepted: at least 4.14 kW on 3 phases (6 A at 230 V on each of `phases`)",
    ),
    "a minimum below six amperes": (
        "rated_power: 11 kW, min_power: 2 kW",
        "ev.min_power is 2 kW; accepted: at least 4.14 kW (6 A on each of `phases`)",
    ),
    "a rating beyond all chargers": (
        "type: dc, rated_power: 2 MW",
        "ev.rated_power is 2 MW; accepted: at most 1000 kW on 3 phases",
    ),
}


@pytest.mark.parametrize(("keys", "expected"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_said(keys: str, expected: str) -> None:
    (message,) = messages(keys)
    assert message.startswith(f"berlin.yaml:4: {expected}"), message


def test_a_recording_that_is_there_is_accepted(tmp_path: Path) -> None:
    (tmp_path / "cars.csv").touch()
    text = BASE % "rated_power: 11 kW, sessions: {file: cars.csv}"
    assert parse_site(text, "berlin.yaml", directory=tmp_path)


@pytest.mark.parametrize(
    ("keys", "current_a", "step_a"),
    [
        ("rated_power: 11 kW", 16.0, 1.0),
        ("rated_power: 22 kW", 32.0, 0.1),
        ("rated_power: 3.7 kW, phases: [2]", 16.0, 1.0),
        ("rated_power: 7.4 kW, phases: [1]", 32.0, 1.0),
        ("rated_power: 22 kW, preset: wallbox-11kw", 32.0, 1.0),
        ("rated_power: 4.3 kW", 4300.0 / 690.0, 1.0),
    ],
)
def test_the_rating_gives_the_current_that_is_meant(keys: str, current_a: float, step_a: float) -> None:
    params = charger(keys)
    assert params.current_max_a == pytest.approx(current_a)
    assert params.current_min_a == 6.0
    assert params.current_step_a == step_a


def test_the_rating_of_a_dc_charger_is_what_it_draws() -> None:
    params = charger("type: dc, rated_power: 60 kW")
    drawn_w = (params.dc_power_max_w + params.conversion_fixed_w) / (1.0 - params.conversion_loss)
    assert drawn_w == pytest.approx(60e3)


def test_a_minimum_raises_the_least_current() -> None:
    assert charger("rated_power: 22 kW, min_power: 6.9 kW").current_min_a == pytest.approx(10.0)


def test_a_car_by_a_few_figures_takes_its_power_until_its_taper() -> None:
    car = plugged_car(Car.model_validate({"capacity": "20 kWh", "max_power": "7 kW", "taper_soc": "70 %"}), 3)
    assert car.ac_phases * car.ac_current_max_a * 230.0 == pytest.approx(7e3)
    limit_w = car.capacity_wh * (0.3 * 3600.0 / car.cv_time_constant_s + 0.05)
    assert limit_w == pytest.approx(0.9 * 7e3)


@pytest.mark.parametrize(
    ("written", "charger_phases", "phases", "current_a"),
    [
        ({"max_power": "2.3 kW"}, 3, 1, 10.0),
        ({"max_power": "7.4 kW"}, 3, 1, 7.4e3 / 230.0),
        ({"max_power": "11 kW"}, 3, 3, 11e3 / 690.0),
        ({"max_power": "22 kW"}, 3, 3, 22e3 / 690.0),
        ({"max_power": "11 kW"}, 1, 1, 11e3 / 690.0),
        ({"max_power": "6.9 kW", "phases": 2}, 3, 2, 15.0),
        ({"max_power": "6.9 kW", "phases": 3}, 3, 3, 10.0),
    ],
)
def test_a_car_charges_on_the_phases_of_its_onboard_charger(
    written: dict[str, object], charger_phases: int, phases: int, current_a: float
) -> None:
    car = plugged_car(Car.model_validate(written), charger_phases)
    assert (car.ac_phases, car.ac_current_max_a) == (phases, pytest.approx(current_a))
