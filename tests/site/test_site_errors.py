"""What people are told about a site file that is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest
from support.small_site import BASE, BATTERY, GRID, HEAD, HOUSE, INVERTER, MAIN, messages

from doppelgrid.sim.files.packages import BrokenPackage
from doppelgrid.sim.files.problems import Problem
from doppelgrid.sim.inputs.specs import BdewProfile
from doppelgrid.sim.site import reader
from doppelgrid.sim.site.reader import SiteError, load_site, parse_site

CATEGORIES = (
    "grid_connection_point, meter, battery_inverter, pv_inverter, hybrid_inverter, battery, ev_charger, chp, "
    "electrolyzer, steam_boiler, wind_turbine, capacitor_bank, hvac, crypto_miner, plc, power_transformer, "
    "uninterruptible_power_supply, static_transfer_switch, breaker, precharger, converter"
)
METER_KEYS = (
    "id, name, manufacturer, model, behind, operational_mode, refusals, line, parameters, category, load, "
    "power_factor, phases, zip, measurement, reporting"
)


def test_a_quantity_out_of_range() -> None:
    battery = BATTERY.replace("}", ", initial_soc: 150 %}")
    assert messages(BASE + INVERTER + battery) == [
        "berlin.yaml:6: battery.initial_soc is 150 %; accepted: 0 %..100 %"
    ]


def test_a_parent_that_does_not_exist() -> None:
    inverter = INVERTER.replace("behind: main", "behind: mian")
    assert messages(BASE + inverter + BATTERY + HOUSE) == [
        "berlin.yaml:5: bat-inv.behind is 'mian'; accepted: grid, main, house (did you mean 'main'?)"
    ]


WRONG_LINES = {
    "a quantity without its unit": (
        "  house: {id: 31, category: meter, behind: main, load: {profile: bdew-g0, annual_energy: 40}}",
        ["house.load.annual_energy is 40; accepted: a number with a unit (kWh, Wh, MWh, GWh), > 0 kWh"],
    ),
    "a list in place of a mapping": (
        "  house: {id: 31, category: meter, behind: main, refusals: []}",
        ["house.refusals is empty; accepted: a mapping"],
    ),
    "a number in place of a mode": (
        "  ev: {id: 31, category: ev_charger, behind: main, rated_power: 11 kW, phase_switching: 1}",
        ["ev.phase_switching is 1; accepted: automatic, by-command"],
    ),
    "a profile without its points": (
        "  house: {id: 31, category: meter, behind: main, load: {profile: inline}}",
        ["house.load.points is missing; accepted: a list"],
    ),
    "a quantity in the wrong unit": (
        "  pv: {id: 21, category: pv_inverter, behind: main, rated_power: 12 kWh}",
        ["pv.rated_power is 12 kWh; accepted: a number with a unit (kW, W, MW), >= 0.001 kW"],
    ),
    "a negative rating": (
        "  pv: {id: 21, category: pv_inverter, behind: main, rated_power: -12 kW}",
        ["pv.rated_power is -12 kW; accepted: >= 0.001 kW"],
    ),
    "an apparent power below the rated power": (
        "  pv: {id: 21, category: pv_inverter, behind: main, rated_power: 12 kW, rated_apparent_power: "
        "9 kVA}",
        ["pv.rated_apparent_power is 9 kVA; accepted: at least the rated power, 12 kVA"],
    ),
    "a required field that is missing": (
        "  pv: {id: 21, category: pv_inverter, behind: main}",
        ["pv.rated_power is missing; accepted: a number with a unit (kW, W, MW), >= 0.001 kW"],
    ),
    "an id that is missing": (
        "  house: {category: meter, behind: main}",
        ["house.id is missing; accepted: a whole number"],
    ),
    "an id that is text": (
        "  house: {id: seven, category: meter, behind: main}",
        ["house.id is 'seven'; accepted: a whole number"],
    ),
    "an id below one": (
        "  house: {id: 0, category: meter, behind: main}",
        ["house.id is 0; accepted: a number >= 1"],
    ),
    "an id given to another component": (
        "  house: {id: 2, category: meter, behind: main}",
        ["house.id is 2, like main.id on line 4; accepted: a number of its own"],
    ),
    "a key given twice": (
        "  house: {id: 31, id: 32, category: meter, behind: main}",
        ["house.id is given twice, first on line 5; accepted: one of them"],
    ),
    "a component given twice": (
        "  main: {id: 31, category: meter, behind: grid}",
        ["main is given twice, first on line 4; accepted: one of them"],
    ),
    "an unknown key": (
        "  house: {id: 31, category: meter, behind: main, laod: 5 kW}",
        [f"house.laod is unknown; accepted: {METER_KEYS} (did you mean 'load'?)"],
    ),
    "an input whose key is misspelt": (
        "  house: {id: 31, category: meter, behind: main, load: {profil: bdew-h0}}",
        [
            "house.load is a mapping; accepted: a quantity, or a mapping with `profile` (constant, inline, "
            f"{', '.join(get_args(BdewProfile))}) or `file` (did you mean 'profile'?)"
        ],
    ),
    "the name of an attribute in place of a key": (
        "  pv: {id: 21, category: pv_inverter, behind: main, rated_power: 1 kW, load: {}}",
        [
            "pv.load is unknown; accepted: id, name, manufacturer, model, behind, operational_mode, refusals, "
            "line, parameters, on_lapse, recorded, rated_power, "
            "rated_apparent_power, preset, standby_power, response_delay, response_jitter, response_lag, ramp_rate, "
            "resolution, min_power_factor, max_reactive_power, grid_code, phases, module, soiling, shading, "
            "start_irradiance, stop_irradiance, age, yearly_degradation, bifacial_gain, planes, horizon, rows, "
            "spectrum, category, "
            "peak_power, tilt, azimuth, irradiance, power"
        ],
    ),
    "an unknown category": (
        "  house: {id: 31, category: metre, behind: main}",
        [f"house.category is 'metre'; accepted: {CATEGORIES} (did you mean 'meter'?)"],
    ),
    "a category that is missing": (
        "  house: {id: 31, behind: main}",
        [f"house.category is missing; accepted: {CATEGORIES}"],
    ),
    "a word that is none of those accepted": (
        "  house: {id: 31, category: meter, behind: main, operational_mode: inactiv}",
        [
            "house.operational_mode is 'inactiv'; accepted: inactive, telemetry_only, control_only, "
            "control_and_telemetry (did you mean 'inactive'?)"
        ],
    ),
    "a component that is no mapping": (
        "  house: 31",
        ["house is 31; accepted: a mapping"],
    ),
    "a component without anything": (
        "  house:",
        ["house is empty; accepted: a mapping"],
    ),
    "a key that scenarios could not name": (
        "  my.house: {id: 31, category: meter, behind: main}",
        ["my.house is no key for a component; accepted: letters, digits, - and _"],
    ),
    "a phase that does not exist": (
        "  house: {id: 31, category: meter, behind: main, phases: [1, 4]}",
        ["house.phases[1] is 4; accepted: a number <= 3"],
    ),
    "a phase given twice": (
        "  house: {id: 31, category: meter, behind: main, phases: [1, 1]}",
        ["house.phases is a list; accepted: each phase once"],
    ),
    "no parent": (
        "  house: {id: 31, category: meter}",
        ["house.behind is missing; accepted: grid, main"],
    ),
    "an empty list of parents": (
        "  house: {id: 31, category: meter, behind: []}",
        ["house.behind is missing; accepted: grid, main"],
    ),
    "a parent that is a number": (
        "  house: {id: 31, category: meter, behind: 2}",
        ["house.behind is 2; accepted: the key of a component, or a list of keys"],
    ),
    "a number among the parents": (
        "  house: {id: 31, category: meter, behind: [main, 2]}",
        ["house.behind[1] is 2; accepted: the key of a component, or a list of keys"],
    ),
    "a component behind itself": (
        "  house: {id: 31, category: meter, behind: house}",
        ["house.behind is 'house', the component itself; accepted: grid, main"],
    ),
    "the same parent twice": (
        "  house: {id: 31, category: meter, behind: [main, main]}",
        ["house.behind is 'main' more than once; accepted: each component once"],
    ),
    "a second grid connection point": (
        "  grid2: {id: 31, category: grid_connection_point, rated_fuse_current: 9 A}\n"
        "  house: {id: 32, category: meter, behind: grid2}",
        [
            "grid2.category is grid_connection_point, like that of grid; accepted: one "
            "grid_connection_point per site"
        ],
    ),
    "an inverter without a battery": (
        INVERTER.rstrip(),
        ["bat-inv is without a battery behind it; accepted: at least one battery"],
    ),
    "a meter behind the grid and another meter": (
        "  house: {id: 31, category: meter, behind: [grid, main]}",
        [
            "grid is refused by the SDK's component graph (grid can't have successors with multiple "
            "predecessors. "
            "Found house); accepted: a graph that the SDK can start with"
        ],
    ),
    "an unknown profile of a battery": (
        "  bat-inv: {id: 11, category: battery_inverter, behind: main, rated_power: 9 kW}\n"
        "  battery: {id: 12, category: battery, behind: bat-inv, type: sodium}",
        ["battery.type is 'sodium'; accepted: li_ion, na_ion"],
    ),
    "irradiance together with power": (
        "  pv: {id: 21, category: pv_inverter, behind: main, rated_power: 9 kW, power: 3 kW, "
        "irradiance: 500 W/m²}",
        ["pv.power is 3 kW; accepted: either irradiance or power, not both"],
    ),
    "a point of a profile without its value": (
        "  house: {id: 31, category: meter, behind: main, load: {profile: inline, points: [{at: 0 s}]}}",
        ["house.load.points[0].value is missing; accepted: a number with a unit (kW, W, MW)"],
    ),
    "a file that lacks what it means": (
        "  house: {id: 31, category: meter, behind: main, load: {file: berlin.yaml, unit: W}}",
        ["house.load.positive is missing; accepted: consumption, production"],
    ),
    "a tag": (
        "  house: !!python/object:os.system {}",
        [
            "house is tagged tag:yaml.org,2002:python/object:os.system; accepted: text, numbers, lists and "
            "mappings"
        ],
    ),
}


@pytest.mark.parametrize(("lines", "expected"), WRONG_LINES.values(), ids=WRONG_LINES.keys())
def test_a_wrong_line_is_explained(lines: str, expected: list[str], tmp_path: Path) -> None:
    (tmp_path / "berlin.yaml").touch()
    found = messages(f"{BASE}{lines}\n", tmp_path)
    assert [message.split(": ", 1)[1] for message in found] == expected


WRONG_PARENTS = {
    "  pv: {id: 21, category: pv_inverter, behind: battery, rated_power: 1 kW}\n": (
        "pv.behind is 'battery', a battery; accepted: a grid_connection_point or a meter (grid, main)"
    ),
    "  house: {id: 21, category: meter, behind: bat-inv}\n": (
        "house.behind is 'bat-inv', a battery_inverter; accepted: a grid_connection_point or a meter "
        "(grid, main)"
    ),
    "  spare: {id: 21, category: battery, behind: main}\n": (
        "spare.behind is 'main', a meter; accepted: a battery_inverter or a hybrid_inverter (bat-inv)"
    ),
    "  spare: {id: 21, category: battery, behind: grid}\n": (
        "spare.behind is 'grid', a grid_connection_point; accepted: a battery_inverter or a hybrid_inverter (bat-inv)"
    ),
}


@pytest.mark.parametrize(("line", "expected"), WRONG_PARENTS.items())
def test_a_parent_of_the_wrong_category_is_named_with_those_that_fit(line: str, expected: str) -> None:
    assert messages(BASE + INVERTER + BATTERY + line) == [f"berlin.yaml:7: {expected}"]


def test_a_grid_behind_something() -> None:
    text = HEAD + GRID.replace("}", ", behind: main}") + MAIN
    assert messages(text) == [
        "berlin.yaml:3: grid.behind is 'main'; accepted: nothing, since all else is behind the grid"
    ]


def test_a_grid_with_nothing_behind_it() -> None:
    assert messages(HEAD + GRID) == [
        "berlin.yaml:3: grid is without anything behind it; accepted: at least one meter or inverter"
    ]


def test_a_site_without_a_grid() -> None:
    assert messages(HEAD + MAIN.replace("behind: grid", "behind: house") + HOUSE.replace("main", "gird")) == [
        "berlin.yaml:2: components is without a grid_connection_point; accepted: one of them, with "
        "everything else "
        "behind it",
        "berlin.yaml:4: house.behind is 'gird'; accepted: main",
    ]


def test_a_circle_is_drawn_once() -> None:
    circle = "".join(
        f"  {key}: {{id: {number}, category: meter, behind: {behind}}}\n"
        for key, number, behind in (("a", 5, "c"), ("b", 6, "a"), ("c", 7, "b"), ("after", 8, "b"))
    )
    assert messages(BASE + circle) == [
        "berlin.yaml:5: a.behind is 'c', which closes a circle (a behind c behind b behind a); "
        "accepted: a way to the grid"
    ]


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        (
            "min_soc: 60 %, max_soc: 40 %, initial_soc: 50 %",
            "max_soc is 40 %; accepted: more than min_soc, which is 60 %",
        ),
        (
            "min_soc: 20 %, initial_soc: 10 %",
            "initial_soc is 10 %; accepted: 20 %..100 %, from min_soc to max_soc",
        ),
        (
            "max_soc: 40 %",
            "initial_soc is 50 % by default; accepted: 0 %..40 %, from min_soc to max_soc",
        ),
    ],
)
def test_limits_of_charge_that_contradict_each_other(limits: str, expected: str) -> None:
    battery = BATTERY.replace("}", f", {limits}}}")
    assert messages(BASE + INVERTER + battery) == [f"berlin.yaml:6: battery.{expected}"]


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        (
            "bms: {overtemperature: {trip: 50 °C, release: 55 °C}}",
            "bms is a mapping; accepted: overtemperature.release below overtemperature.trip, which is 50, and not 55",
        ),
        (
            "bms: {overvoltage: {trip: 2.4 V}}",
            "bms is a mapping; accepted: undervoltage.warning_release below overvoltage.warning_release, which is "
            "2.25, and not 2.6",
        ),
        (
            "bms: {overtemperature: {trip: 50}}",
            "bms.overtemperature.trip is 50; accepted: a number with a unit (°C, degC), -60 °C..150 °C",
        ),
        (
            "ageing: fast",
            "ageing is 'fast'; accepted: off, or a number: 1 for ageing as measured, 10 for ten times as fast",
        ),
        (
            "preset: lead-acid-10kwh, ageing: 1",
            "ageing is 1; accepted: off: ageing laws are there for lfp, nmc, lto, not for lead-acid",
        ),
    ],
)
def test_management_and_ageing_of_a_battery(keys: str, expected: str) -> None:
    battery = BATTERY.replace("}", f", {keys}}}")
    assert messages(BASE + INVERTER + battery) == [f"berlin.yaml:6: battery.{expected}"]


def test_an_unknown_preset_is_answered_with_those_that_exist() -> None:
    battery = BATTERY.replace("}", ", preset: lfp-93kwh}")
    [message] = messages(BASE + INVERTER + battery)
    assert message.startswith("berlin.yaml:6: battery.preset is 'lfp-93kwh'; accepted: ")
    assert message.endswith(" (did you mean 'lfp-92kwh'?)")


def test_an_inverter_is_not_given_the_preset_of_a_battery() -> None:
    [message] = messages(BASE + INVERTER.replace("}", ", preset: lfp-92kwh}") + BATTERY)
    assert message.startswith("berlin.yaml:5: bat-inv.preset is 'lfp-92kwh'; accepted: ")


def test_an_input_file_that_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "load.csv").touch()
    house = HOUSE.replace("}", ", load: {file: laod.csv, unit: W, positive: consumption}}")
    assert messages(BASE + house, tmp_path) == [
        "berlin.yaml:5: house.load.file is 'laod.csv'; accepted: a file, its path relative to the "
        "folder of the "
        "site file (did you mean 'load.csv'?)"
    ]


def test_an_input_file_whose_name_no_file_can_have(tmp_path: Path) -> None:
    house = HOUSE.replace("}", f", load: {{file: {'a' * 5000}.csv, unit: W, positive: consumption}}}}")
    [message] = messages(BASE + house, tmp_path)
    assert message.startswith("berlin.yaml:5: house.load.file is 'aaaa")
    assert message.endswith("accepted: a file, its path relative to the folder of the site file")


def test_an_input_file_of_the_whole_site_that_is_not_there(tmp_path: Path) -> None:
    assert messages(BASE + "ambient_temperature: {file: air.csv}\n", tmp_path) == [
        "berlin.yaml:5: ambient_temperature.file is 'air.csv'; accepted: a file, its path relative to "
        "the folder "
        "of the site file"
    ]


WRONG_TOPS = {
    "": "1: the file is empty; accepted: a mapping with microgrid and components",
    "- a\n": "1: the file is a list; accepted: a mapping with microgrid and components",
    "microgrid: [1\n": (
        "2: the file is not YAML: while parsing a flow sequence expected ',' or ']', but got '<stream end>'; "
        "accepted: YAML"
    ),
    "a: 1\nb: c: d\n": "2: the file is not YAML: mapping values are not allowed here; accepted: YAML",
    "a: 1\nb: *nobody\n": "2: the file is not YAML: found undefined alias 'nobody'; accepted: YAML",
    "a: 1\nb: \x01\n": "2: the file is not YAML: a character that is not allowed; accepted: YAML",
    BASE + "telemtry: {interval: 1 s}\n": (
        "5: telemtry is unknown; accepted: microgrid, components, ambient_temperature, weather, sensors, telemetry, "
        "presets (did you mean 'telemetry'?)"
    ),
    BASE + "directory: /tmp\n": (
        "5: directory is unknown; accepted: microgrid, components, ambient_temperature, weather, sensors, telemetry, "
        "presets"
    ),
    BASE + "telemetry: {interval: 0 s}\n": "5: telemetry.interval is 0 s; accepted: > 0 s",
    BASE + "telemetry: &t [*t]\n": (
        "5: telemetry[0] is inside itself; accepted: an alias of something outside of it"
    ),
    BASE + "1: 2\n": "5: the file is with a key that is no text; accepted: keys of letters, digits, - and _",
    "microgrid: {id: 1}\ncomponents: {}\n": "2: components is empty; accepted: at least 1",
    "components:\n" + GRID + MAIN: "1: microgrid is missing; accepted: a mapping",
}


@pytest.mark.parametrize(("text", "expected"), WRONG_TOPS.items())
def test_a_wrong_file_is_explained(text: str, expected: str) -> None:
    assert messages(text)[0] == f"berlin.yaml:{expected}"


def test_bytes_that_are_no_text() -> None:
    assert messages(b"a: 1\nb: \xff\n") == ["berlin.yaml:2: the file is not text in UTF-8; accepted: YAML"]


@pytest.mark.lengthy
def test_something_nested_too_deeply() -> None:
    assert messages("[" * 1500) == ["berlin.yaml:1: the file is nested too deeply; accepted: YAML"]


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        (
            "latitude: 52, longitude: 13, timezone: Europe/Berln",
            "timezone is 'Europe/Berln'; accepted: the name of an IANA time zone such as Europe/Berlin "
            "(did you mean 'Europe/Berlin'?)",
        ),
        ("latitude: 91, longitude: 13", "latitude is 91; accepted: a number <= 90"),
        ("latitude: 52", "longitude is missing; accepted: a number"),
        ("latitude: 52 N, longitude: 13", "latitude is 52 N; accepted: a number"),
    ],
)
def test_a_wrong_location(location: str, expected: str) -> None:
    text = BASE.replace("name: Berlin", f"location: {{{location}}}")
    assert messages(text) == [f"berlin.yaml:1: microgrid.location.{expected}"]


def test_everything_wrong_is_reported_at_once_in_the_order_of_the_file() -> None:
    text = (
        "microgrid: {id: 0}\n"
        "components:\n"
        "  grid: {id: 1, category: grid_connection_point, rated_fuse_current: 200}\n"
        "  main: {id: 2, id: 2, category: meter, behind: gird}\n"
        "  bat-inv: {id: 1, category: battery_inverter, behind: main, rated_power: 30 kW}\n"
        "  battery: {id: 12, category: battery, behind: main, capacity: 9 kW}\n"
        "extra: 1\n"
    )
    subjects = [message.split(" is ")[0] for message in messages(text)]
    assert subjects == [
        "berlin.yaml:1: microgrid.id",
        "berlin.yaml:3: grid.rated_fuse_current",
        "berlin.yaml:3: grid",
        "berlin.yaml:4: main.id",
        "berlin.yaml:4: main.behind",
        "berlin.yaml:5: bat-inv.id",
        "berlin.yaml:5: bat-inv",
        "berlin.yaml:6: battery.capacity",
        "berlin.yaml:6: battery.behind",
        "berlin.yaml:7: extra",
    ]


def test_a_problem_says_its_parts() -> None:
    with pytest.raises(SiteError) as caught:
        parse_site(BASE + "  house: {id: 3, category: meter, behind: main, load: 5}\n", "berlin.yaml")
    [problem] = caught.value.problems
    assert problem._replace(accepted="") == Problem("berlin.yaml", 5, "house", "load", "5", "")


def test_a_value_on_its_own_line_is_reported_there() -> None:
    house = "  house:\n    id: 31\n    category: meter\n    behind: main\n    load:\n      - 5 kW\n"
    [message] = messages(BASE + house)
    assert message.startswith("berlin.yaml:9: house.load is a list; accepted: ")


def test_a_file_that_is_not_there_is_answered_with_the_bundled_sites() -> None:
    with pytest.raises(SiteError) as caught:
        load_site("dem")
    assert str(caught.value) == (
        "dem: the file is not there; accepted: the path of a site file, or the name of a bundled site: "
        "all-categories, commercial, demo, village (did you mean 'demo'?)"
    )


@pytest.mark.parametrize(
    ("brings", "wrong"),
    [
        ("broken_packages", "  {key}: {{id: {id}, category: mill, behind: main}}\n"),
        (
            "broken_profiles",
            "  {key}: {{id: {id}, category: meter, behind: main, load: {{profile: mill}}}}\n",
        ),
    ],
)
def test_a_broken_package_is_told_of_once_beside_the_first_thing_that_it_should_have_brought(
    monkeypatch: pytest.MonkeyPatch, brings: str, wrong: str
) -> None:
    broken = BrokenPackage("mills 1.0", "mill = mills:mill", "ValueError: wet")
    monkeypatch.setattr(reader, brings, lambda: (broken,))
    sites = BASE + wrong.format(key="old", id=5) + HOUSE.replace("31", "x") + wrong.format(key="new", id=6)
    assert [f" (not there: {broken})" in message for message in messages(sites)] == [True, False, False]


def test_messages_stay_short_however_long_what_is_wrong_is() -> None:
    wrong = "".join(f"  m{number}: {{id: {number}, category: meter, zz: 3}}\n" for number in range(2, 300))
    with pytest.raises(SiteError) as caught:
        parse_site(f"microgrid: {{id: 1}}\ncomponents:\n{wrong}", "long.yaml")
    lines = str(caught.value).splitlines()
    assert len(lines) == 101
    assert lines[-1].endswith("more like these")
    behind = f"  m: {{id: 2, category: meter, behind: {'m' * 5000}}}\n"
    with pytest.raises(SiteError, match=r"m\.behind is 'm{990,999}…; accepted: "):
        parse_site(f"microgrid: {{id: 1}}\ncomponents:\n{behind}", "long.yaml")
