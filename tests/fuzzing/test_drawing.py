"""What is drawn: valid scenarios, the same for the same seed, of everything that a site can have."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from suites.benches import SITE

from doppelgrid.scenarios.fuzzing.drawing import drawn_case
from doppelgrid.scenarios.fuzzing.drawn import Drawn, Setup, flow, read_drawn
from doppelgrid.scenarios.fuzzing.ground import Ground, ground_of
from doppelgrid.scenarios.suites.file.scenario_file import ScenarioFile
from doppelgrid.sim.files.yaml_text import read_yaml
from doppelgrid.sim.site.reader import load_site, parse_site

CHECK = {"never": "grid.power > 138 kW", "for": "1 min"}


@cache
def ground(name: str) -> Ground:
    return ground_of(load_site(name))


@pytest.mark.parametrize("name", ["demo", "commercial", "all-categories"])
def test_whatever_is_drawn_is_a_valid_step_of_a_scenario(name: str, tmp_path: Path) -> None:
    (tmp_path / "app.py").touch()
    kept = list[Drawn]()
    for number in range(20):
        kept.append(drawn_case(ground(name), 300.0, Random(number), kept))
    # All in one file, as most of a file's time goes into its site.
    steps = tuple(step for case in kept for step in case.steps)
    path = tmp_path / "drawn.yaml"
    path.write_text(
        Drawn(kept[0].start, 300.0, 7, steps).text(Setup(name, "app.py", (CHECK,)), "all", tmp_path)
    )
    assert len(ScenarioFile(path).scenario().steps) == len(steps) > 50


@given(st.integers(), st.sampled_from(["demo", "commercial", "all-categories"]))
@settings(deadline=None)
def test_the_same_seed_gives_the_same_case_and_its_file_gives_it_back(seed: int, name: str) -> None:
    case = drawn_case(ground(name), 300.0, Random(seed))
    assert case == drawn_case(ground(name), 300.0, Random(seed))
    assert all(map(ground(name).has, case.steps))
    assert read_drawn(case.text(Setup(name, "app.py", (CHECK,)), "it", Path())) == case


def test_everything_that_can_break_or_be_driven_is_drawn_in_the_end() -> None:
    where = ground("all-categories")
    steps = [step for number in range(1500) for step in drawn_case(where, 300.0, Random(number)).steps]
    faults = [words for step in steps for words in step.get("fault", {}).values()]
    kinds = {words if isinstance(words, str) else words["kind"] for words in faults}
    assert kinds == {kind.value for _, kind in where.faults}
    assert {name for step in steps for name in step.get("set", {})} == {each.name for each in where.inputs}
    assert all(any(word in step for step in steps) for word in ("outage", "restart"))
    told = {key: words for step in steps for key, words in step.get("command", {}).items()}
    assert set(told) == {*where.bounded, *where.acknowledged}
    assert {step["unplug"] for step in steps if "unplug" in step} == set(where.chargers)


def test_a_site_without_chargers_and_fuse_has_cases_of_what_it_has() -> None:
    text = SITE.replace(", rated_fuse_current: 100 A", "")
    where = ground_of(parse_site(text, "small.yaml"))
    assert where.whole_w == 100e3
    steps = [step for number in range(100) for step in drawn_case(where, 60.0, Random(number)).steps]
    assert not any("unplug" in step for step in steps)


TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=10) | st.text(
    "09az .:{}[],'#-&*>", max_size=10
)


@given(TEXT | st.integers() | st.booleans() | st.none() | st.lists(TEXT, max_size=3))
def test_values_are_written_so_that_yaml_reads_them(value: object) -> None:
    read = read_yaml(f"it: {flow({'key': value})}\n")
    assert (read.data, read.faults) == ({"it": {"key": value}}, [])


@pytest.mark.parametrize(
    "text", ["", "[1]", "duration: 5 min\nsteps: 3\n", "steps: []\n", "duration: [1]\n", "{"]
)
def test_a_file_that_is_no_case_is_none(text: str) -> None:
    assert read_drawn(text) is None
