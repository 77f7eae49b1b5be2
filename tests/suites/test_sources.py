"""What a scenario file takes in: other files, and a site in its own text; slips are told where they stand."""

from __future__ import annotations

import json
import os
import re
import textwrap
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from suites.benches import SITE, scenario, told

from doppelgrid.scenarios.suites.file.scenario_file import ScenarioError, ScenarioFile
from doppelgrid.scenarios.suites.running.collection import collect
from doppelgrid.sim.files.problems import Problem
from doppelgrid.sim.files.regular import MOST_BYTES

CHECKS = "checks: [{always: grid.power < 99 kW}]\n"


class TestIncludes:
    """`include` takes in the keys of other files."""

    def test_steps_and_checks_of_the_included_come_first_and_own_keys_win(self, tmp_path: Path) -> None:
        (tmp_path / "common.yaml").write_text(
            "seed: 3\ninterval: 2 s\nsteps: [{at: 1 s, say: first}]\n"
            "checks: [{never: inv is ERROR}]\nwithout: [commands]\nparameters: {limit: [9 kW, 8 kW]}\n"
        )
        text = (
            "include: common.yaml\nseed: 4\nsteps: [{at: 2 s, say: second}]\nwithout: [ratings]\n"
            "checks: [{always: grid.power < $limit}]\n"
        )
        read = ScenarioFile(scenario(tmp_path, text))
        section = read.scenario(read.combinations[1]).section
        assert [step.say for step in section.steps] == ["first", "second"]
        assert [str(check) for check in section.checks] == ["never inv is ERROR", "always grid.power < 8 kW"]
        assert (section.seed, section.interval_s, section.without) == (4, 2.0, ("commands", "ratings"))

    def test_paths_begin_where_they_stand(self, tmp_path: Path) -> None:
        (tmp_path / "more").mkdir()
        (tmp_path / "more" / "app.py").write_text("")
        (tmp_path / "more" / "here.yaml").write_text(SITE)
        (tmp_path / "more" / "common.yaml").write_text("site: here.yaml\napp: app.py\n")
        path = scenario(
            tmp_path, f"include: [more/common.yaml]\n{CHECKS}", head="scenario: x\nduration: 9 s\n"
        )
        assert ScenarioFile(path).scenario().site.microgrid.name == "Small"

    def test_a_slip_is_told_in_its_own_file(self, tmp_path: Path) -> None:
        (tmp_path / "common.yaml").write_text(
            "steps:\n  - {at: 1 s, say: x}\n  - {at: 1 s, fault: {iv: trip}}\n"
        )
        text = "include: [common.yaml]\nsteps:\n  - {at: 9 min, say: x}\n"
        own, other = told(scenario(tmp_path, text + CHECKS))
        assert own.startswith("try.yaml:6: steps[0].at is 9 min, after which the run has ended")
        assert other.startswith("common.yaml:3: steps[1].fault.iv is of 'iv', which is no component")

    def test_a_circle_is_told_with_its_chain(self, tmp_path: Path) -> None:
        (tmp_path / "a.yaml").write_text("include: [b.yaml]\n")
        (tmp_path / "b.yaml").write_text("include: [try.yaml]\n")
        (line,) = told(scenario(tmp_path, f"include: [a.yaml]\n{CHECKS}"))
        chain = "try.yaml includes a.yaml includes b.yaml includes try.yaml"
        assert line.startswith(f"b.yaml:1: include[0] is in a circle: {chain}; accepted: ")

    def test_a_long_chain_is_told_as_such(self, tmp_path: Path) -> None:
        for number in range(40):
            (tmp_path / f"f{number}.yaml").write_text(f"include: f{number + 1}.yaml\n")
        (line,) = told(scenario(tmp_path, f"include: f0.yaml\n{CHECKS}"))
        found = "include is 'f20.yaml', in file 21 of those that include one another"
        assert line == f"f19.yaml:1: {found}; accepted: includes of at most 20 files in a row"

    @pytest.mark.parametrize("name", ["pipe", "/dev/zero"])
    def test_a_site_or_a_scenario_that_is_no_regular_file_is_told(self, tmp_path: Path, name: str) -> None:
        os.mkfifo(tmp_path / "pipe")
        (line,) = told(scenario(tmp_path, CHECKS, head=f"scenario: x\nsite: {name}\nduration: 9 s\n"))
        assert "no regular file" in line
        (line,) = told(tmp_path / name)
        assert re.fullmatch(r"[^:]*: the file is a .*, no regular file; accepted: the path of a .*", line)

    def test_a_file_that_two_include_is_taken_in_once(self, tmp_path: Path) -> None:
        (tmp_path / "base.yaml").write_text("steps: [{at: 1 s, say: x}]\n")
        for name in ("a", "b"):
            (tmp_path / f"{name}.yaml").write_text("include: base.yaml\n")
        found = ScenarioFile(scenario(tmp_path, f"include: [a.yaml, b.yaml]\n{CHECKS}")).scenario()
        assert len(found.section.steps) == 1

    @pytest.mark.parametrize("own", ["", "seed: 5\n"])
    def test_two_that_say_different_things_leave_it_to_the_file_itself(
        self, tmp_path: Path, own: str
    ) -> None:
        (tmp_path / "a.yaml").write_text("interval: 2 s\nseed: 3\n")
        (tmp_path / "b.yaml").write_text("interval: 2 s\nseed: 4\n")
        path = scenario(tmp_path, f"include: [a.yaml, b.yaml]\n{own}{CHECKS}")
        if own:
            assert ScenarioFile(path).scenario().section.seed == 5
            return
        (line,) = told(path)
        accepted = "one of them, or seed in try.yaml itself"
        assert line == f"b.yaml:2: seed is another one than at a.yaml:2; accepted: {accepted}"

    def test_two_that_name_different_values_of_a_parameter_are_told(self, tmp_path: Path) -> None:
        for name, limit in (("a", 3), ("b", 4)):
            (tmp_path / f"{name}.yaml").write_text(f"parameters: {{limit: [{limit}], {name}: [1]}}\n")
        used = "steps: [{at: 1 s, say: $limit $a $b}]\n"
        (line,) = told(scenario(tmp_path, f"include: [a.yaml, b.yaml]\n{used}{CHECKS}"))
        assert line.startswith("b.yaml:1: parameters.limit is another one than at a.yaml:1; accepted: ")

    def test_slips_in_keys_of_several_files_are_told_as_such(self, tmp_path: Path) -> None:
        (tmp_path / "a.yaml").write_text("parameters: {x: [1]}\n3: x\n")
        (tmp_path / "b.yaml").write_text("include: a.yaml\nparameters: 3\n")
        (tmp_path / "c.yaml").write_text("steps: []\n")
        lines = told(scenario(tmp_path, f"include: [b.yaml, c.yaml]\n{CHECKS}"))
        assert any(line.startswith("b.yaml:2: parameters is 3") for line in lines)

    def test_a_file_decides_for_what_it_includes_but_not_for_others(self, tmp_path: Path) -> None:
        for name, text in (("a", "include: c.yaml\nseed: 1\n"), ("b", "seed: 1\n"), ("c", "seed: 2\n")):
            (tmp_path / f"{name}.yaml").write_text(text)
        path = scenario(tmp_path, f"include: [a.yaml, b.yaml]\n{CHECKS}")
        assert ScenarioFile(path).scenario().section.seed == 1
        (tmp_path / "b.yaml").write_text("seed: 2\n")
        assert len(told(path)) == 1

    @pytest.mark.parametrize(
        ("text", "found"),
        [
            ("include: nope.yaml\n", "try.yaml:4: include is 'nope.yaml' (not there)"),
            ("include: [3]\n", "try.yaml:4: include[0] is 3"),
            ("include: {a: b}\n", "try.yaml:4: include is a mapping"),
            ("include: 3\n", "try.yaml:4: include is 3"),
            ("include: small.yaml\n", "small.yaml:2: microgrid is unknown"),
            ("include: list.yaml\n", "list.yaml:1: the file is a list"),
            ("include: bad.yaml\n", "bad.yaml:2: the file is not YAML"),
            ("include: secret\n", "secret:1: the file is text; accepted: "),
            ("include: pipe\n", "try.yaml:4: include is 'pipe' (a named pipe, no regular file); accepted: "),
            ("include: huge\n", "try.yaml:4: include is 'huge' (larger than 10 MB); accepted: "),
            ("tariff: pipe\n", "try.yaml:4: tariff is wrong: pipe: the file is a named pipe, no regular"),
            ("tariff: secret\n", "try.yaml:4: tariff is wrong: secret:1: the file is text"),
            ("include: /dev/zero\n", "try.yaml:4: include is '/dev/zero' (a device, no regular file)"),
        ],
    )
    def test_what_cannot_be_taken_in_is_told(self, tmp_path: Path, text: str, found: str) -> None:
        (tmp_path / "list.yaml").write_text("- 1\n")
        (tmp_path / "bad.yaml").write_text("a: [\n")
        (tmp_path / "secret").write_text("root:x:0\n")
        os.mkfifo(tmp_path / "pipe")
        with (tmp_path / "huge").open("wb") as file:
            file.truncate(MOST_BYTES + 1)
        assert any(line.startswith(found) for line in told(scenario(tmp_path, text + CHECKS)))

    def test_what_others_include_is_no_case_of_a_folder(self, tmp_path: Path) -> None:
        (tmp_path / "common.yaml").write_text("steps: [{at: 1 s, say: x}]\n")
        scenario(tmp_path, f"include: [common.yaml]\n{CHECKS}")
        assert [case.name for case in collect([tmp_path])] == ["try"]


class TestInlineSites:
    """A site can stand in the scenario file itself."""

    HEAD = "scenario: x\nduration: 9 s\nsite:\n" + textwrap.indent(SITE, "  ")

    def test_it_is_read_as_from_a_file_of_its_own(self, tmp_path: Path) -> None:
        found = ScenarioFile(scenario(tmp_path, CHECKS, head=self.HEAD)).scenario()
        assert list(found.site.components) == ["grid", "main", "inv", "battery"]

    def test_a_slip_is_told_with_its_line(self, tmp_path: Path) -> None:
        head = self.HEAD.replace("category: meter", "category: metre").replace("10 kW", "10 V")
        lines = told(scenario(tmp_path, CHECKS, head=head))
        assert [line.partition(" is ")[0] for line in lines] == [
            "try.yaml:9: site.components.main.category",
            "try.yaml:10: site.components.inv.rated_power",
        ]

    def test_parameters_stand_in_it(self, tmp_path: Path) -> None:
        head = "parameters: {size: [10 kW, 20 kW]}\n" + self.HEAD.replace(
            "rated_power: 10 kW", "rated_power: $size"
        )
        read = ScenarioFile(scenario(tmp_path, CHECKS, head=head))
        sizes = [read.scenario(values).site.components["inv"].rated_power_w for values in read.combinations]  # type: ignore[attr-defined]
        assert sizes == [10e3, 20e3]

    def test_what_is_neither_is_refused(self, tmp_path: Path) -> None:
        (line,) = told(scenario(tmp_path, CHECKS, head="scenario: x\nduration: 9 s\nsite: [demo]\n"))
        assert line.startswith("try.yaml:3: site is a list; accepted: the path of a site file, the name of")


KEYS = st.sampled_from(
    ("scenario", "site", "duration", "steps", "checks", "at", "when", "set", "fault", "command", "include", "always",
     "parameters", "from", "to", "step", "pairwise", "without", "bounds", "kpi", "after", "expect", "restart", "for")
)  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 10**30) | st.floats() | st.text(max_size=9)
    | st.sampled_from(("demo", "5 s", "grid.power > 3 kW", "$limit", "try.yaml", "bat-inv trip", "-3 kW")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS | st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@given(st.dictionaries(KEYS, VALUES, max_size=8))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_garbage_is_refused_in_words(tmp_path: Path, content: dict[str, object]) -> None:
    path = tmp_path / "try.yaml"
    path.write_text(json.dumps(content), encoding="utf-8")
    problems: list[Problem] = []
    try:
        read = ScenarioFile(path)
        for values in read.combinations[:3]:
            read.scenario(values)
    except ScenarioError as error:
        problems += error.problems
    assert all(problem.line and problem.line >= 1 and problem.accepted for problem in problems)
