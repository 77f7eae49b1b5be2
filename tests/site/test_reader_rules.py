"""Rules of the reader: whose number is whose, what is above what, which line is named, and what is said once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest
import yaml
from pydantic import ValidationError, field_validator

from doppelgrid.sim.components.registry import component_types
from doppelgrid.sim.components.section import RatedMachine
from doppelgrid.sim.files.sections import refuse
from doppelgrid.sim.site import reader
from doppelgrid.sim.site.reader import SiteError, bundled_sites, load_site, parse_site
from doppelgrid.sim.site.site import Site

HEAD = """microgrid: {id: 1}
components:
  grid: {id: 1, category: grid_connection_point, rated_fuse_current: 100 A}
  main: {id: 2, category: meter, behind: grid}
"""
HALL = "  %s: {id: %s, category: meter, behind: main}\n"


def messages(text: str, directory: Path = Path()) -> list[str]:
    try:
        parse_site(text, "a.yaml", directory=directory)
    except SiteError as error:
        return [message.removeprefix("a.yaml:") for message in str(error).splitlines()]
    return []


class TestNumbers:
    def test_each_later_one_is_told_of_the_first(self) -> None:
        text = HEAD + HALL % ("a", 7) + HALL % ("b", 7) + HALL % ("c", 7) + HALL % ("d", 8)
        assert messages(text) == [
            "6: b.id is 7, like a.id on line 5; accepted: a number of its own",
            "7: c.id is 7, like a.id on line 5; accepted: a number of its own",
        ]

    @pytest.mark.parametrize("number", ["true", "0", "-3", "9223372036854775808", "seven", "1.5"])
    def test_what_is_no_number_is_told_by_itself_and_like_no_other(self, number: str) -> None:
        found = messages(HEAD + HALL % ("a", number) + HALL % ("b", number))
        assert len(found) == 2
        assert not any("like" in message for message in found)
        assert all(".id is " in message for message in found)

    @pytest.mark.parametrize("number", ["3", "9223372036854775807"])
    def test_the_least_and_the_greatest_are_accepted(self, number: str) -> None:
        assert messages(HEAD + HALL % ("a", number)) == []

    def test_sensors_are_counted_by_themselves(self) -> None:
        sensors = "sensors:\n" + "".join(
            f"  {key}: {{id: {number}, metrics: [temperature]}}\n"
            for key, number in (("a", 2), ("b", 3), ("c", 3), ("d", 3))
        )
        assert messages(HEAD + sensors) == [
            "8: sensors.c.id is 3, like b.id on line 7; accepted: a number of its own",
            "9: sensors.d.id is 3, like b.id on line 7; accepted: a number of its own",
        ]

    def test_a_sensor_without_one_is_like_no_other(self) -> None:
        sensors = "sensors:\n  a: {metrics: [temperature]}\n  b: {metrics: [temperature]}\n"
        assert [message.split(";")[0] for message in messages(HEAD + sensors)] == [
            "6: sensors.a.id is missing",
            "7: sensors.b.id is missing",
        ]


class TestSelfConsumption:
    SITE = HEAD + (
        "  sub: {id: 3, category: meter, behind: main}\n"
        "  side: {id: 4, category: meter, behind: main}\n"
        "  inv: {id: 5, category: battery_inverter, behind: sub, rated_power: 9 kW, self_consumption: %s}\n"
        "  bat: {id: 6, category: battery, behind: inv}\n"
        "  more: {id: 7, category: meter, behind: side, load: 1 kW}\n"
    )

    @pytest.mark.parametrize("key", ["sub", "main", "grid"])
    def test_an_inverter_may_keep_to_anything_above_it(self, key: str) -> None:
        assert messages(self.SITE % key) == []

    @pytest.mark.parametrize("key", ["side", "inv", "bat", "nobody"])
    def test_and_to_nothing_else(self, key: str) -> None:
        found = f"7: inv.self_consumption is '{key}'; accepted: a component it is behind: sub, main, grid"
        assert messages(self.SITE % key) == [found]

    @pytest.mark.parametrize("key", ["side", "inv", "nobody"])
    def test_nor_may_one_of_a_site_that_is_made_without_a_file(self, key: str) -> None:
        content = yaml.safe_load(self.SITE % key)
        with pytest.raises(ValidationError, match="a component it is behind: sub, main, grid") as caught:
            Site.model_validate(content)
        assert caught.value.errors()[0]["loc"] == ("components", "inv", "self_consumption")

    def test_it_is_said_with_everything_else(self) -> None:
        text = (self.SITE % "side").replace("behind: inv}", "behind: inv, min_soc: 99 %, max_soc: 98 %}")
        assert [message.partition(" is ")[0] for message in messages(text)] == [
            "7: inv.self_consumption",
            "8: bat.max_soc",
        ]

    @pytest.mark.parametrize("between", ["grid", "sub"])
    def test_nobody_undoes_what_another_does(self, between: str) -> None:
        other = (
            "  second: {id: 8, category: battery_inverter, behind: %s, rated_power: 9 kW, self_consumption: grid}\n"
            "  store: {id: 9, category: battery, behind: second}\n"
        )
        found = "second.self_consumption is grid, which inv would undo: both are behind sub, which that keeps"
        told = messages(self.SITE % "sub" + other % between)
        assert [message.partition(": ")[2].split(";")[0] for message in told] == [found][: between == "sub"]

    def test_meters_of_the_same_power_may_be_kept_by_different_names(self) -> None:
        other = (
            "  second: {id: 8, category: battery_inverter, behind: sub, rated_power: 9 kW, self_consumption: main}\n"
            "  store: {id: 9, category: battery, behind: second}\n"
        )
        assert messages(self.SITE % "grid" + other) == []

    def test_circles_above_it_are_walked_once(self) -> None:
        text = self.SITE.replace("behind: grid}", "behind: sub}") % "nobody"
        (found,) = [message for message in messages(text) if "self_consumption" in message]
        assert found.endswith("a component it is behind: sub, main")


class TestFiles:
    def test_a_missing_recording_is_named_where_it_stands(self) -> None:
        column = "{file: none.csv, column: p, unit: W, positive: consumption}"
        text = (
            "microgrid: {id: 1}\nambient_temperature: {file: air.csv, column: t, unit: °C}\n"
            "weather: {wind_speed: {file: wind.csv, column: w, unit: m/s}}\ncomponents:\n"
            "  grid: {id: 1, category: grid_connection_point, rated_fuse_current: 100 A,\n"
            "         voltages: {phases: [231 V, {file: u.csv, column: u}, {file: v.csv, column: v}]}}\n"
            f"  main: {{id: 2, category: meter, behind: grid, load: {column}}}\n"
        )
        accepted = "accepted: a file, its path relative to the folder of the site file"
        assert messages(text) == [
            f"2: ambient_temperature.file is 'air.csv'; {accepted}",
            f"3: weather.wind_speed.file is 'wind.csv'; {accepted}",
            f"6: grid.voltages.phases[1].file is 'u.csv'; {accepted}",
            f"6: grid.voltages.phases[2].file is 'v.csv'; {accepted}",
            f"7: main.load.file is 'none.csv'; {accepted}",
        ]

    def test_a_neighbour_with_nearly_its_name_is_offered(self, tmp_path: Path) -> None:
        (tmp_path / "load.csv").touch()
        column = "{file: lord.csv, column: p, unit: W, positive: consumption}"
        (found,) = messages(HEAD.replace("behind: grid}", f"behind: grid, load: {column}}}"), tmp_path)
        assert found.endswith("the folder of the site file (did you mean 'load.csv'?)")
        assert messages(HEAD.replace("behind: grid}", f"behind: grid, load: {column}}}"), tmp_path) == [found]

    def test_a_folder_is_no_file(self, tmp_path: Path) -> None:
        (tmp_path / "load.csv").mkdir()
        column = "{file: load.csv, column: p, unit: W, positive: consumption}"
        (found,) = messages(HEAD.replace("behind: grid}", f"behind: grid, load: {column}}}"), tmp_path)
        assert found.startswith("4: main.load.file is 'load.csv', a folder; accepted: a file")


class TestWholes:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("[3]", "1: the file is a list; accepted: a mapping with microgrid and components"),
            ("3", "1: the file is a number; accepted: a mapping with microgrid and components"),
            ("", "1: the file is empty; accepted: a mapping with microgrid and components"),
        ],
    )
    def test_a_file_is_a_mapping(self, text: str, expected: str) -> None:
        assert messages(text) == [expected]

    @pytest.mark.parametrize("key", ["directory", "own_presets"])
    def test_what_is_set_on_loading_is_no_key_of_the_file(self, key: str) -> None:
        (found,) = messages(f"{HEAD}{key}: here\n")
        assert found.startswith(
            f"5: {key} is unknown; accepted: microgrid, components, ambient_temperature, "
        )
        assert "directory" not in found.split("accepted")[1]
        assert "own_presets" not in found.split("accepted")[1]

    @pytest.mark.parametrize("key", ["a", "A-1_b", "été", "9"])
    def test_a_key_is_letters_digits_dashes_and_underscores(self, key: str) -> None:
        quoted = f'"{key}"'
        assert messages(HEAD + HALL % (quoted, 7)) == []

    @pytest.mark.parametrize("key", ["-a", "a.b", "a b", "ä/b"])
    def test_and_begins_with_one_of_the_first_two(self, key: str) -> None:
        (found,) = messages(HEAD + HALL % (f'"{key}"', 7))
        assert found.endswith("is no key for a component; accepted: letters, digits, - and _")

    def test_faults_come_in_the_order_of_the_file(self) -> None:
        text = HEAD.replace("100 A", "-1 A") + HALL % ("a", "x") + "telemetry: {interval: 3}\n"
        lines = [int(message.split(":")[0]) for message in messages(text)]
        assert lines == sorted(lines) == [3, 5, 6]

    def test_a_fault_of_a_whole_component_leaves_its_parts_alone(self) -> None:
        assert messages(HEAD + "  house: 31\n  hall: {id: 5, category: meter, behind: house}\n") == [
            "5: house is 31; accepted: a mapping"
        ]


class Wilful(RatedMachine):
    """A section whose validator may do what it likes."""

    category: Literal["wilful"]
    does: str = "nothing"

    @field_validator("does")
    @classmethod
    def _as_it_likes(cls, does: str) -> str:
        if does == "refuses":
            raise refuse("nothing of the kind")
        if does == "raises":
            raise RuntimeError("boo\nand more")
        if does == "leaves":
            raise SystemExit("gone")
        return does


class TestPackages:
    """Component types of packages are beside ours while a site is read."""

    @pytest.fixture(autouse=True)
    def wilful(self, monkeypatch: pytest.MonkeyPatch) -> None:
        kind = replace(
            component_types()["chp"],
            name="wilful",
            section=Wilful,
            params=None,
            package="wilful 1.0",
            inputs={},
        )
        types = {**component_types(), "wilful": kind}
        monkeypatch.setattr(reader, "component_types", lambda: types)

    def said(self, *does: str) -> list[str]:
        components = "".join(
            f"  it-{number}: {{id: {number}, category: wilful, behind: main, rated_power: 5 kW, does: {what}}}\n"
            for number, what in enumerate(does, 10)
        )
        return messages(HEAD + components)

    @pytest.mark.parametrize(
        ("does", "what"), [("raises", "RuntimeError: boo"), ("leaves", "SystemExit: gone")]
    )
    def test_a_section_that_raises_is_told_with_its_package_before_anything_else(
        self, does: str, what: str
    ) -> None:
        assert self.said("nothing", does, "refuses") == [
            f"6: it-11 is of component type 'wilful' of package wilful 1.0, whose section raises {what};"
            " accepted: a section that takes or refuses what is said"
        ]

    def test_one_that_refuses_is_left_to_the_site(self) -> None:
        # The site does not know it here, as the packages are not installed.
        assert not any("raises" in message for message in self.said("nothing", "refuses"))


class TestLoading:
    def test_a_bundled_site_is_found_by_its_name(self) -> None:
        assert bundled_sites() == ("all-categories", "commercial", "demo", "village")
        for name in bundled_sites():
            assert load_site(name).components

    def test_another_by_its_path_and_its_files_beside_it(self, tmp_path: Path) -> None:
        path = tmp_path / "house.yaml"
        path.write_text(HEAD, encoding="utf-8")
        assert load_site(path).directory == load_site(str(path)).directory == tmp_path

    def test_what_is_not_there_or_no_file_is_said_to_be(self, tmp_path: Path) -> None:
        for source, reason in ((tmp_path / "none.yaml", "not there"), (tmp_path, "unreadable (")):
            with pytest.raises(SiteError) as refused:
                load_site(source)
            (problem,) = refused.value.problems
            assert str(problem).startswith(f"{source}: the file is {reason}")
        with pytest.raises(SiteError, match="unreadable"):
            load_site("a\0b")
