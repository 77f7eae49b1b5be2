"""The library that ships: what can be asked for, and that every file in it is valid and says why it is there."""

from __future__ import annotations

from pathlib import Path

import pytest

from doppelgrid.scenarios.suites.file.library import LIBRARY, groups, name_of, scenarios
from doppelgrid.scenarios.suites.file.scenario_file import ScenarioError
from doppelgrid.scenarios.suites.running.case import Case, Verdict
from doppelgrid.scenarios.suites.running.collection import collect, with_apps
from doppelgrid.scenarios.suites.running.runner import run_cases
from doppelgrid.sim.files.yaml_text import read_yaml

SOURCE = Path(__file__).parents[2] / "scenarios" / "library"


def test_all_of_it_is_valid_and_has_a_name_of_its_own() -> None:
    cases = collect([Path("library:")])
    assert len(scenarios()) >= 65
    assert {case.path for case in cases} == set(scenarios().values())


def test_every_file_says_why_it_is_there() -> None:
    silent = [name for name, path in scenarios().items() if "why" not in read_yaml(path.read_bytes()).data]
    assert not silent


def test_all_of_it_travels_in_the_package() -> None:
    kinds = ("*/*.yaml", "*/*.csv", "controllers/*.py")
    assert {path.relative_to(LIBRARY) for kind in kinds for path in LIBRARY.glob(kind)} == {
        path.relative_to(SOURCE) for kind in kinds for path in SOURCE.glob(kind)
    }


@pytest.mark.parametrize("text", ["library:dispatch/load_step", "library:load_step", "library:dispatch"])
def test_a_scenario_is_called_by_its_name_or_its_group(text: str) -> None:
    found = {case.name: case for case in collect([Path(text)])}
    assert name_of(found["dispatch.load_step"].path) == "library:dispatch/load_step"
    assert all(name.startswith("dispatch.") for name in found)


def test_what_is_not_there_is_refused_with_what_is() -> None:
    with pytest.raises(
        ScenarioError, match=r"library:dispach.* accepted: .*\(did you mean 'library:dispatch'\?\)"
    ):
        collect([Path("library:dispach")])
    assert set(groups()) >= {"consumers", "data", "dispatch", "line", "producers", "storage", "tariff"}


def test_an_app_takes_the_place_of_those_of_its_kind_of_controller() -> None:
    cases = collect([Path("library:dispatch/load_step"), Path("library:storage/fcr_step")])
    taken, left_out = with_apps(cases, ["mine.py --limit 3"])
    assert [(case.name, case.app) for case in taken] == [("dispatch.load_step", "mine.py --limit 3")]
    assert [(case.name, case.job) for case in left_out] == [("storage.fcr_step", "fcr")]
    taken, left_out = with_apps(cases, ["mine.py", "fcr=droop.py"])
    assert ([case.app for case in taken], left_out) == (["mine.py", "droop.py"], [])
    assert [case.app for case in with_apps(cases[1:], ["mine.py"])[0]] == ["mine.py"]


@pytest.mark.parametrize(
    ("apps", "said"),
    [
        (["a.py", "b.py"], "beside 'a.py'"),
        (["chp=a.py"], "for which there is no case; accepted: APP, fcr=APP"),
    ],
)
def test_an_app_for_nothing_and_two_for_the_same_are_refused(apps: list[str], said: str) -> None:
    cases = collect([Path("library:dispatch/load_step"), Path("library:storage/fcr_step")])
    with pytest.raises(ValueError, match=said):
        with_apps(cases, apps)


def assert_all_pass(cases: list[Case]) -> None:
    verdicts = run_cases(cases, jobs=2)
    assert not {verdict.name: verdict.failures for verdict in verdicts if not verdict.has_passed}


@pytest.mark.slow
def test_the_controller_that_the_first_file_of_a_group_names_passes_it() -> None:
    first = {group: min(name for name in scenarios() if name.startswith(f"{group}/")) for group in groups()}
    assert_all_pass(collect([Path(f"library:{name}") for name in first.values()]))


@pytest.mark.slow
@pytest.mark.days
def test_every_controller_that_a_file_names_passes_it() -> None:
    assert_all_pass(collect([Path("library:")]))


def test_a_file_that_would_be_taken_for_an_option_is_called_by_its_folder() -> None:
    assert Verdict("-x", "-x.yaml", "", ()).again == "doppelgrid test ./-x.yaml"
    assert Verdict("x", "x.yaml", "", ()).again == "doppelgrid test x.yaml"
