"""`doppelgrid check`: what it prints, where, and its exit codes."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from doppelgrid.cli.check import check
from doppelgrid.sim.site.schema import site_schema

APP = typer.Typer()
APP.command()(check)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(APP, list(arguments))


@pytest.fixture(scope="module")
def drawing() -> str:
    result = run("commercial")
    assert result.exit_code == 0
    return result.stdout


def test_a_site_is_drawn_from_the_grid_on(drawing: str) -> None:
    lines = drawing.splitlines()
    assert lines[0] == "Commercial site (microgrid 2300, Europe/Berlin)"
    assert lines[1] == "grid #1 grid_connection_point  630 A, 400 V, 50 Hz"
    assert lines[2] == "└── main #2 meter"


def test_ratings_and_inputs_stand_beside_their_component(drawing: str) -> None:
    assert "pv-south #33 pv_inverter  25 kW, 25 kWp, 30° towards 180°, irradiance clear-sky\n" in drawing
    assert "cold-store #41 meter  load bdew-g3 400 MWh a year at power factor 0.92\n" in drawing


def test_a_battery_behind_two_inverters_is_marked_behind_each(drawing: str) -> None:
    battery = "battery-2 #23 battery  lfp-92kwh, 50 %, also behind"
    assert drawing.count(battery) == 2
    assert f"{battery} bat-inv-2a\n" in drawing
    assert f"{battery} bat-inv-2b\n" in drawing


def test_the_formulas_of_an_sdk_app_are_said(drawing: str) -> None:
    assert "  grid     = #2\n" in drawing
    assert "  battery  = COALESCE(#11, #10, 0.0) + " in drawing


def test_a_fixed_load_and_a_recorded_one_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "pv.csv").write_text("time,power\n2026-06-15T00:00Z,0\n2026-06-15T01:00Z,900\n")
    (tmp_path / "a.yaml").write_text(
        "microgrid: {id: 1}\n"
        "components:\n"
        "  grid: {id: 1, category: grid_connection_point, rated_fuse_current: 63 A}\n"
        "  house: {id: 2, category: meter, behind: grid, load: 1.5 kW}\n"
        "  pv: {id: 3, category: pv_inverter, behind: grid, rated_power: 5 kW,"
        " power: {file: pv.csv, unit: W, positive: production}}\n"
    )
    drawing = run(str(tmp_path / "a.yaml")).stdout
    assert "house #2 meter  load +1.5 kW\n" in drawing
    assert "power from pv.csv\n" in drawing


def test_all_problems_go_to_stderr_with_exit_code_2(tmp_path: Path) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text("microgrid: {id: 0}\ncomponents: {grid: 1}\n")
    result = run(str(path))
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.splitlines() == [
        f"{path}:1: microgrid.id is 0; accepted: a number >= 1",
        f"{path}:2: grid is 1; accepted: a mapping",
    ]


@pytest.mark.lengthy
def test_the_schema_is_printed_as_json() -> None:
    result = run("--schema")
    assert result.exit_code == 0
    assert json.loads(result.stdout) == site_schema()


def test_what_the_water_of_the_air_is_made_of_is_said(tmp_path: Path) -> None:
    (tmp_path / "site.yaml").write_text(
        "microgrid: {id: 1}\nweather: {relative_humidity: 70 %}\ncomponents:\n"
        "  grid: {id: 1, category: grid_connection_point, rated_fuse_current: 63 A}\n"
        "  roof: {id: 2, category: pv_inverter, behind: grid, rated_power: 5 kW, spectrum: monosi}\n"
    )
    told = run(str(tmp_path / "site.yaml"))
    assert told.exit_code == 0
    assert "roof: spectrum by water of the air as warm as place and season are" in told.stdout


def test_components_that_sdk_apps_do_not_know_are_named(tmp_path: Path) -> None:
    text = (
        "microgrid: {id: 1, list_unsupported: false}\n"
        "components:\n"
        "  grid: {id: 1, category: grid_connection_point, rated_fuse_current: 63 A}\n"
        "  house: {id: 2, category: meter, behind: grid, load: 1.5 kW}\n"
        "  brain: {id: 3, category: plc, behind: house, load: 50 W}\n"
    )
    path = tmp_path / "a.yaml"
    path.write_text(text)
    assert "Left out of lists, since SDK apps do not know them and would not start: brain (plc)" in (
        run(str(path)).stdout
    )
    path.write_text(text.replace("false", "true"))
    assert "An SDK app does not start here" in run(str(path)).stdout


LIMITED = """
microgrid: {id: 1}
components:
  grid: {id: 1, category: grid_connection_point, feed_in_limit: %s}
  main: {id: 2, category: meter, behind: grid, load: 1 kW}
"""
WIND = "  wind: {id: 3, category: wind_turbine, behind: main, rated_power: 50 kW}\n"
ENGINE = "  chp: {id: 4, category: chp, behind: main, rated_power: 20 kW}\n"
ROOF = "  roof: {id: 5, category: pv_inverter, behind: main, rated_power: 5 kW}\n"
HYBRID = (
    "  hy: {id: 6, category: hybrid_inverter, behind: main, rated_power: 5 kW%s}\n"
    "  bat: {id: 7, category: battery, behind: hy}\n"
)
SOME_LIMITS = ("0 W", "{profile: inline, points: [{at: 0 s, value: 5 kW}]}")
SHARES = ("60 %", "{profile: inline, points: [{at: 0 s, value: 60 %}]}")


class TestFeedInLimit:
    @pytest.mark.parametrize("limit", SOME_LIMITS)
    @pytest.mark.parametrize(
        ("components", "said"),
        [
            ("", "Nothing keeps to feed_in_limit, since there are no photovoltaics\n"),
            (
                HYBRID % "",
                "Nothing keeps to feed_in_limit, since there are no photovoltaics; "
                "hy (hybrid_inverter without modules) will not\n",
            ),
            (
                ROOF + HYBRID % "",
                "Only photovoltaics keep to feed_in_limit, not hy (hybrid_inverter without modules)\n",
            ),
            (
                WIND + ENGINE,
                "Nothing keeps to feed_in_limit, since there are no photovoltaics; "
                "wind (wind_turbine), chp (chp) will not\n",
            ),
            (ROOF + WIND, "Only photovoltaics keep to feed_in_limit, not wind (wind_turbine)\n"),
            (
                HYBRID % ", peak_power: 5 kW" + ENGINE,
                "Only photovoltaics keep to feed_in_limit, not chp (chp)\n",
            ),
        ],
    )
    def test_what_does_not_keep_to_it_is_named(
        self, tmp_path: Path, limit: str, components: str, said: str
    ) -> None:
        (tmp_path / "site.yaml").write_text(LIMITED % limit + components)
        result = run(str(tmp_path / "site.yaml"))
        assert result.exit_code == 0, result.stderr
        assert said in result.stdout

    @pytest.mark.parametrize(
        ("limit", "components"), [("0 W", ROOF), ("60 %", ROOF), ("60 %", HYBRID % ", tilt: 9 °")]
    )
    def test_nothing_is_said_where_all_keep_to_it(self, tmp_path: Path, limit: str, components: str) -> None:
        (tmp_path / "site.yaml").write_text(LIMITED % limit + components)
        result = run(str(tmp_path / "site.yaml"))
        assert result.exit_code == 0, result.stderr
        assert "feed_in_limit" not in result.stdout

    @pytest.mark.parametrize("limit", SHARES)
    @pytest.mark.parametrize("components", ["", WIND, HYBRID % ""])
    def test_a_part_of_no_photovoltaics_is_refused(self, tmp_path: Path, limit: str, components: str) -> None:
        path = tmp_path / "site.yaml"
        path.write_text(LIMITED % limit + components)
        result = run(str(path))
        assert result.exit_code == 2
        assert result.stderr == (
            f"{path}:4: grid.feed_in_limit is 60 %; accepted: a power, such as 0 W: "
            "there are no photovoltaics of whose peak power it would be a part\n"
        )


FILES = """
microgrid: {id: 1}
components:
  grid: {id: 1, category: grid_connection_point, rated_fuse_current: 63 A}
  main: {id: 2, category: meter, behind: grid, load: {file: load.csv, column: powr, unit: W, positive: consumption}}
  cars: {id: 3, category: ev_charger, behind: main, rated_power: 11 kW, sessions: {file: cars.csv}}
  sun:  {id: 4, category: pv_inverter, behind: main, rated_power: 5 kW, irradiance: {file: sun.csv}}
weather:
  relative_humidity: {file: air.csv, column: humidity, unit: "1"}
  wind_direction: {file: air.csv, column: wind}
"""


def test_everything_that_is_wrong_with_input_files_is_said_at_once(tmp_path: Path) -> None:
    (tmp_path / "site.yaml").write_text(FILES)
    (tmp_path / "load.csv").write_text("time,power\n2026-06-15T00:00Z,1\n2026-06-15T01:00Z,2\n")
    (tmp_path / "cars.csv").write_text("arrival,departure,delivered_energy,station_id\n1,2,3,4\n")
    (tmp_path / "sun.csv").write_text("time,sun\n2026-06-15T00:00Z,1\n2026-06-15T01:00Z,x\n")
    (tmp_path / "air.csv").write_text(
        "time,humidity,wind\n2026-06-15T00:00Z,55,10\n2026-06-15T01:00Z,56,361\n"
    )
    result = run(str(tmp_path / "site.yaml"))
    assert result.exit_code == 2
    assert result.stdout == ""
    said = [line.removeprefix(f"{tmp_path / 'site.yaml'}:") for line in result.stderr.splitlines()]
    assert said == [
        "5: main.load: load.csv: column is 'powr'; accepted: one of time, power (did you mean 'power'?)",
        "6: cars.sessions: cars.csv:2: arrival is 1; accepted: a time such as 2019-05-01T06:33:14-07:00",
        "7: sun.irradiance: sun.csv:3: sun is 'x'; accepted: a number, with a point before decimals",
        "9: weather.relative_humidity: air.csv:2: humidity is 55; accepted: 0 to 1 (are `unit` and `factor` right?)",
        "10: weather.wind_direction: air.csv:3: wind is 361; accepted: 0 to 360 ° (are `unit` and `factor` right?)",
    ]


WRONG_HERE_AND_THERE = """
microgrid: {id: %s}
components:
  grid: {id: 1, category: grid_connection_point, rated_fuse_current: 63,
    outages: {file: outages.csv}, voltages: {phases: [{file: load.csv}, 230 V, 230 V]}}
  main:
    id: 2
    category: meter
    behind: grit
    load:
      file: load.csv
      column: powr
      unit: W
      positive: consumption
  cars: {id: 3, category: ev_charger, behind: main, rated_power: 11, sessions: {file: cars.csv}}
  sun:  {id: 4, category: pv_inverter, behind: main, rated_power: 5 kW, irradiance: {file: gone.csv}}
  more: {id: 5, category: meter, behind: grid, load: {file: load.csv, unit: kilos, column: powr, positive: production}}
  odd:  {id: 6, category: mter, behind: grid, load: {file: load.csv, column: powr}}
ambient_temperature: {file: air.csv, column: humidity}
weather: {relative_humidity: {file: air.csv, column: humidity, unit: "1"}, wind_direction: [1]}
"""


def problems_here_and_there(tmp_path: Path, number: str) -> list[str]:
    (tmp_path / "load.csv").write_text("time,power\n2026-06-15T00:00Z,1\n2026-06-15T01:00Z,2\n")
    (tmp_path / "cars.csv").write_text("arrival,departure,delivered_energy,station_id\n1,2,3,4\n")
    (tmp_path / "air.csv").write_text("time,humidity\n2026-06-15T00:00Z,0.5\n2026-06-15T01:00Z,x\n")
    (tmp_path / "outages.csv").write_text("Date,Duration\n")
    path = tmp_path / "site.yaml"
    path.write_text(WRONG_HERE_AND_THERE % number)
    result = run(str(path))
    assert result.exit_code == 2
    return [line.removeprefix(f"{path}:").partition("; accepted")[0] for line in result.stderr.splitlines()]


def test_what_is_wrong_inside_of_files_is_said_beside_what_is_wrong_with_the_site(tmp_path: Path) -> None:
    assert problems_here_and_there(tmp_path, "0") == [
        "2: microgrid.id is 0",
        "4: grid.rated_fuse_current is 63",
        "5: grid.outages: outages.csv: content is empty",
        "9: main.behind is 'grit'",
        "11: main.load: load.csv: column is 'powr'",
        "15: cars.rated_power is 11",
        "15: cars.sessions: cars.csv:2: arrival is 1",
        "16: sun.irradiance.file is 'gone.csv'",
        "17: more.load.unit is 'kilos'",
        "18: odd.category is 'mter'",
        "19: ambient_temperature: air.csv:3: humidity is 'x'",
        "20: weather.wind_direction is a list",
        "20: weather.relative_humidity: air.csv:3: humidity is 'x'",
    ]


def test_files_are_left_alone_where_the_zone_of_their_times_is_not_known(tmp_path: Path) -> None:
    said = problems_here_and_there(tmp_path, "1, location: {timezone: Europe/Berlim}")
    assert not [line for line in said if ".csv:" in line]
    assert any("timezone" in line for line in said)


GRID = (
    "microgrid: {{id: 1}}\ncomponents:\n"
    "  grid: {{id: 1, category: grid_connection_point, rated_fuse_current: 63 A, {more}}}\n"
)
METER = (
    "  house: {{id: 2, category: meter, behind: grid,"
    " load: {{file: {name}, column: kw, unit: kW, positive: consumption}}}}\n"
)


@pytest.mark.parametrize(
    "name", ["folder", "empty.csv", "binary.csv", "binary.parquet", "binary.csv.gz", "head.csv"]
)
def test_every_file_that_holds_no_column_is_refused_beside_the_others(name: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "empty.csv").write_text("")
    (tmp_path / "head.csv").write_text("Date,Duration\n")
    for binary in ("binary.csv", "binary.parquet", "binary.csv.gz"):
        (tmp_path / binary).write_bytes(bytes(range(256)))
    site = tmp_path / "a.yaml"
    site.write_text(GRID.format(more="outages: {file: head.csv}") + METER.format(name=name))
    result = run(str(site))
    assert (result.exit_code, result.stdout) == (2, "")
    lines = result.stderr.splitlines()
    assert all("; accepted: " in line for line in lines)
    assert any("house.load" in line and name in line for line in lines)
    assert any("grid.outages: head.csv: content is empty" in line for line in lines)
    if name == "folder":
        assert any("house.load.file is 'folder', a folder; accepted: a file" in line for line in lines)


@pytest.mark.parametrize("content", [None, b"", b"\xff\xfe\x00binary", b"\x00"])
def test_a_site_file_that_is_none_is_refused_in_words(content: bytes | None, tmp_path: Path) -> None:
    site = tmp_path / "a.yaml"
    if content is None:
        site.mkdir()
    else:
        site.write_bytes(content)
    result = run(str(site))
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"{site}{'' if content is None else ':1'}: the file is ")
    assert "; accepted: " in result.stderr


class TestExplain:
    """`--explain COMPONENT` says what its models are made of."""

    def test_every_parameter_is_a_line_of_value_unit_origin_range_and_source(self) -> None:
        lines = run("demo", "--explain", "battery").stdout.splitlines()
        assert lines[0] == "battery #12 battery"
        assert "  preset lfp-92kwh of batteries" in lines
        told = next(line for line in lines if line.startswith("charge_power_max_w"))
        assert re.split(r" {2,}", told) == [
            "charge_power_max_w",
            "46000",
            "W",
            "preset",
            "> 0",
            "chosen: C/2",
        ]
        assert not any(line.endswith(" ") for line in lines)

    def test_tables_are_told_by_their_ends_and_their_length(self) -> None:
        lines = run("demo", "--explain", "battery").stdout.splitlines()
        told = next(line for line in lines if line.startswith("ocv_v "))
        assert " … " in told
        assert "(81 values)" in told

    def test_a_component_without_a_model_says_so(self) -> None:
        assert run("demo", "--explain", "main").stdout.splitlines()[1:] == [
            "  no model of its own has parameters here"
        ]

    def test_a_sensor_is_explained_by_metric(self, tmp_path: Path) -> None:
        site = tmp_path / "site.yaml"
        site.write_text(
            "microgrid: {id: 7}\ncomponents:\n  grid: {id: 1, category: grid_connection_point}\n"
            "  main: {id: 2, category: meter, behind: grid, load: 5 kW}\n"
            "sensors:\n  mast: {id: 9, metrics: [wind_speed], parameters: {wind_speed: {noise: 0.1}}}\n"
        )
        lines = run(str(site), "--explain", "mast").stdout.splitlines()
        assert lines[0] == "mast #9 sensor"
        told = next(line for line in lines if line.startswith("wind_speed.noise"))
        assert re.split(r" {2,}", told)[1:4] == ["0.1", "unit of the sensor", "file"]

    def test_an_unknown_component_is_refused_with_those_that_there_are(self) -> None:
        result = run("demo", "--explain", "batery")
        assert result.exit_code == 2
        assert "--explain is 'batery'; accepted: grid, main" in result.output
        assert "did you mean 'battery'?" in result.output
