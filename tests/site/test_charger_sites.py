"""Chargers in site files: what is accepted, what is made of it, and what people are told where it is wrong."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doppelgrid.models.charging_point import NO_PHASE
from doppelgrid.models.electric_car import CURVE_LENGTH, constant_voltage_soc, constant_voltage_w
from doppelgrid.models.ev_charger import EvChargerParams
from doppelgrid.models.parameter import ParameterError
from doppelgrid.sim.components.ev_charger import (
    Car,
    EvCharger,
    charger_params,
    charging_point_params,
    check_charger,
    ev_charger_preset,
    ev_charger_preset_names,
    plugged_car,
)
from doppelgrid.sim.components.registry import type_of
from doppelgrid.sim.inputs.sessions.behaviour import resistance_factor
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


@pytest.mark.parametrize(
    ("keys", "name"),
    [
        ("rated_power: 3.7 kW, phases: [1]", "wallbox-3680w"),
        ("rated_power: 3.71 kW, phases: [1]", "wallbox-11kw"),
        ("rated_power: 11.1 kW", "wallbox-11kw"),
        ("rated_power: 11.2 kW", "wallbox-22kw"),
        ("type: dc, rated_power: 30 kW", "dc-25kw"),
        ("type: dc, rated_power: 31 kW", "dc-50kw"),
        ("type: dc, rated_power: 75 kW", "dc-50kw"),
        ("type: dc, rated_power: 76 kW", "dc-150kw"),
        ("type: ac, rated_power: 76 kW", "wallbox-22kw"),
    ],
)
def test_the_preset_is_that_of_the_smallest_class_that_holds_the_rating(keys: str, name: str) -> None:
    made, usual = charger(keys), ev_charger_preset(name)
    assert (made.current_step_a, made.is_tethered, made.is_dc) == (
        usual.current_step_a, usual.is_tethered, usual.is_dc
    )  # fmt: skip
    scale = made.dc_power_max_w / usual.dc_power_max_w if usual.is_dc else 1.0
    assert made.standby_w == pytest.approx(usual.standby_w * scale)


@pytest.mark.parametrize(
    ("watts", "current_a"),
    [(3753.6, 16.0), (3758.2, 3758.2 / 230.0), (3608.0, 16.0), (3606.9, 3606.9 / 230.0)],
)
def test_a_whole_current_is_meant_within_two_per_cent(watts: float, current_a: float) -> None:
    made = charger(f"rated_power: {watts} W, phases: [1]")
    assert made.current_max_a == pytest.approx(current_a)


def test_a_minimum_is_never_above_the_greatest_current() -> None:
    assert charger("rated_power: 3753.6 W, phases: [1], min_power: 3753.6 W").current_min_a == 16.0


@pytest.mark.parametrize(("phases", "count"), [("[1, 2, 3]", 3), ("[1, 3]", 2), ("[2]", 1)])
def test_all_of_a_dc_charger_grows_with_its_rating(phases: str, count: int) -> None:
    usual = ev_charger_preset("dc-50kw")
    made = charger(f"type: dc, rated_power: 60 kW, phases: {phases}")
    scale = 60e3 / (50_500.0 / 0.96)
    assert (made.dc_power_max_w, made.conversion_fixed_w, made.standby_w) == pytest.approx(
        (50e3 * scale, 500.0 * scale, 80.0 * scale)
    )
    assert (made.current_max_a, made.current_min_a) == pytest.approx(
        (80.0 * scale * 3 / count, 3.0 * scale * 3 / count)
    )
    assert (made.phases, made.conversion_loss) == (count, usual.conversion_loss)


def test_a_charger_has_room_for_the_curve_of_every_car() -> None:
    section = parse_site(BASE % "type: dc, rated_power: 60 kW", "berlin.yaml").components["ev"]
    assert isinstance(section, EvCharger)
    curve = tuple(float(1000 + place) for place in range(CURVE_LENGTH))
    curves_w = charger_params(section, curve).dc_curves_w
    assert curves_w[:CURVE_LENGTH] == curve
    assert set(curves_w[CURVE_LENGTH:]) == {0.0}
    assert len(curves_w) == CURVE_LENGTH * len(car_preset_names())


@pytest.mark.parametrize(
    ("phases", "places"),
    [("[1, 2, 3]", (0, 1, 2)), ("[2, 3]", (NO_PHASE, 0, 1)), ("[3]", (NO_PHASE, NO_PHASE, 0))],
)
def test_cars_load_the_phases_of_their_charger_in_its_order(phases: str, places: tuple[int, ...]) -> None:
    text = BASE % f"type: dc, rated_power: 60 kW, phases: {phases}"
    section = parse_site(text, "berlin.yaml").components["ev"]
    assert isinstance(section, EvCharger)
    point = charging_point_params(section)
    assert tuple(point[2:5]) == places
    assert point[1] == 60e3


def test_currents_of_a_charger_are_held_to_one_another_and_to_six_amperes() -> None:
    usual, direct = ev_charger_preset("wallbox-11kw"), ev_charger_preset("dc-25kw")
    check_charger(usual._replace(current_min_a=16.0))
    check_charger(usual._replace(current_min_a=6.0))
    check_charger(direct._replace(current_min_a=5.9))
    for wrong in (usual._replace(current_min_a=16.1), usual._replace(current_min_a=5.9)):
        with pytest.raises(ParameterError) as refused:
            check_charger(wrong, "charger.")
        assert refused.value.parameter == "charger.current_min_a"


@pytest.mark.parametrize(
    "keys",
    [
        "type: dc, rated_power: 1 kW",
        "type: dc, rated_power: 345 kW, phases: [1]",
        "type: dc, rated_power: 1 MW",
        "rated_power: 4.14 kW",
        "rated_power: 1.38 kW, phases: [3]",
        "rated_power: 11 kW, min_power: 4.14 kW",
        "type: dc, rated_power: 11 kW, min_power: 10 W",
        "rated_power: 11 kW, preset: wallbox-22kw",
        "type: dc, rated_power: 11 kW, preset: dc-150kw",
        "rated_power: 11 kW, sessions: {profile: home}",
    ],
)
def test_what_is_exactly_at_a_limit_is_accepted(keys: str) -> None:
    assert parse_site(BASE % keys, "berlin.yaml")


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ("type: dc, rated_power: 346 kW, phases: [1]", "ev.rated_power is 346 kW; accepted: at most 345 kW on 1 phase"),
        (
            "rated_power: 1.37 kW, phases: [1]",
            "ev.rated_power is 1.37 kW; accepted: at least 1.38 kW on 1 phase (6 A at 230 V on each of `phases`)",
        ),
        ("rated_power: 2 kW, phases: [1, 2]", "ev.rated_power is 2 kW; accepted: at least 2.76 kW on 2 phases (6 A"),
        ("rated_power: 11 kW, min_power: 4.13 kW", "ev.min_power is 4.13 kW; accepted: at least 4.14 kW (6 A on"),
        ("type: often, rated_power: 1 kW, min_power: 10 W", "ev.type is 'often'; accepted: "),
        ("rated_power: 1 kW, min_power: 10 W, phases: [4]", "ev.phases"),
    ],
)  # fmt: skip
def test_one_mistake_is_said_once(keys: str, expected: str) -> None:
    (message,) = messages(keys)
    assert message.startswith(f"berlin.yaml:4: {expected}"), message


@pytest.mark.parametrize(
    ("watts", "phases", "current_a"),
    [
        (1380, 1, 6.0), (4140, 1, 18.0), (7400, 1, 7400 / 230), (7475, 1, 32.5),
        (7476, 3, 7476 / 690), (43_470, 3, 63.0), (50_000, 3, 63.0),
    ],
)  # fmt: skip
def test_a_car_has_one_phase_up_to_what_is_common_on_one(watts: int, phases: int, current_a: float) -> None:
    car = plugged_car(Car.model_validate({"max_power": f"{watts} W"}), 3)
    assert (car.ac_phases, car.ac_current_max_a) == (phases, pytest.approx(current_a))


@pytest.mark.parametrize(
    ("figures", "seconds"),
    [
        # 0.165 of the capacity in an hour; it falls to 0.05.
        ({"capacity": "60 kWh", "max_power": "11 kW", "taper_soc": "80 %"}, 0.2 * 3600.0 / (0.165 - 0.05)),
        ({"capacity": "80 kWh", "max_power": "11 kW", "taper_soc": "60 %"}, 0.4 * 3600.0 / (0.12375 - 0.05)),
        ({"capacity": "60 kWh", "max_power": "3.68 kW", "taper_soc": "80 %"}, 0.2 * 3600.0 / (0.0552 - 0.05)),
        ({"capacity": "1 kWh", "max_power": "10 kW", "taper_soc": "99 %"}, 0.01 * 3600.0 / (9.0 - 0.05)),
        # Never above 0.05 of the capacity in an hour; no more than three times 63 A.
        ({"capacity": "1000 kWh", "max_power": "11 kW", "taper_soc": "80 %"}, 1e6),
        (
            {"capacity": "1 kWh", "max_power": "250 kW", "taper_soc": "80 %"},
            0.2 * 3600.0 / (0.9 * 43.47 - 0.05),
        ),
    ],
)
def test_a_car_tapers_from_its_full_power_down(figures: dict[str, str], seconds: float) -> None:
    car = plugged_car(Car.model_validate({"efficiency": "90 %", **figures}), 3)
    assert car.cv_time_constant_s == pytest.approx(seconds)
    assert car.onboard_loss == pytest.approx(0.1)
    assert (car.electronics_w, car.loss_at_1c) == (0.0, 0.0)
    assert car.dc_curve_w == (1e3 * float(figures["max_power"].split()[0]),) * CURVE_LENGTH


@pytest.mark.parametrize("is_dc", [False, True])
@given(capacity_kwh=st.floats(25.0, 200.0), rate_per_h=st.floats(0.07, 5.0), taper_soc=st.floats(0.0, 0.95))
def test_a_car_takes_its_full_power_up_to_its_taper_and_not_beyond(
    is_dc: bool, capacity_kwh: float, rate_per_h: float, taper_soc: float
) -> None:
    power_kw = rate_per_h * capacity_kwh
    written = {
        "capacity": f"{capacity_kwh} kWh",
        "max_power": f"{power_kw} kW",
        "phases": 1,
        "taper_soc": f"{100 * taper_soc} %",
    }
    car = plugged_car(Car.model_validate(written), 3, is_dc=is_dc)
    # No more than 63 A pass its plug on alternating current.
    full_w = 1e3 * power_kw if is_dc else 0.9 * min(1e3 * power_kw, 63.0 * 230.0)
    begins_soc = constant_voltage_soc(full_w, car.capacity_wh, car.cv_time_constant_s)
    assert begins_soc == pytest.approx(taper_soc, abs=1e-9)


def test_a_car_that_takes_no_more_than_a_full_one_does_not_taper() -> None:
    car = plugged_car(Car.model_validate({"capacity": "300 kWh", "max_power": "11 kW"}), 3)
    assert constant_voltage_w(1.0, car.capacity_wh, car.cv_time_constant_s) > 0.9 * 11e3


@pytest.mark.parametrize(
    ("temperature", "factor"), [("2 °C", 1.0), ("25 °C", 0.0), ("40 °C", -1.0)], ids=["cold", "mild", "hot"]
)
@pytest.mark.parametrize("taper", ["60 %", "80 %"])
def test_cold_lengthens_and_heat_shortens_any_taper(temperature: str, factor: float, taper: str) -> None:
    written = {"capacity": "80 kWh", "taper_soc": taper}
    usual = plugged_car(Car.model_validate(written), 3).cv_time_constant_s
    now = plugged_car(Car.model_validate({**written, "battery_temperature": temperature}), 3)
    assert math.copysign(1.0, factor) * (now.cv_time_constant_s - usual) >= 0.0
    more = resistance_factor("nmc", float(temperature.removesuffix(" °C"))) - 1.0
    assert now.cv_time_constant_s - usual == pytest.approx(300.0 * more)


@pytest.mark.parametrize(("temperature_c", "measured_mohm"), [(1.0, 52.0), (11.0, 40.0), (45.0, 31.0)])
def test_cells_near_full_resist_as_pulses_measured_on_them_say(
    temperature_c: float, measured_mohm: float
) -> None:
    # Pulses of 10 s hardly show the slow pair, which goes by temperature more than the rest.
    factor = resistance_factor("nmc", temperature_c) / resistance_factor("nmc", 27.0)
    assert factor == pytest.approx(measured_mohm / 34.0, rel=0.2)


@pytest.mark.parametrize("chemistry", ["nmc", "lfp", "lto", "lmo", "sodium-ion"])
def test_no_cold_in_which_cells_are_charged_makes_a_multiple_of_their_resistance_near_full(
    chemistry: str,
) -> None:
    assert 1.0 < resistance_factor(chemistry, 1.0) < 2.5


@pytest.mark.parametrize(
    ("keys", "caption"),
    [
        ("", "no car"),
        (", car: {initial_soc: 35 %}", "car at 35 %"),
        (", sessions: {profile: home}", "cars by the profile home"),
        (", sessions: []", "0 cars by the site file"),
        (", sessions: [{arrive: '08:00', stay: 2 h}]", "1 car by the site file"),
        (", sessions: {file: cars.csv}", "cars from cars.csv"),
        (
            ", sessions: [{arrive: '08:00', stay: 2 h}, {arrive: '12:00', stay: 2 h}]",
            "2 cars by the site file",
        ),
    ],
)
def test_a_caption_says_which_cars_come(keys: str, caption: str, tmp_path: Path) -> None:
    (tmp_path / "cars.csv").touch()
    text = BASE % f"rated_power: 11 kW{keys}"
    section = parse_site(text, "berlin.yaml", directory=tmp_path).components["ev"]
    assert type_of(section).caption(section) == ["ac", "11 kW", caption]
