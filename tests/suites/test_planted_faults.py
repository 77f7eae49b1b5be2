"""Controllers with a fault each, and the scenario of the library that does not let it pass, by which check."""

from __future__ import annotations

from pathlib import Path

import pytest

from doppelgrid.scenarios.suites.running.case import Case, Verdict
from doppelgrid.scenarios.suites.running.collection import collect
from doppelgrid.scenarios.suites.running.runner import run_cases

CONTROLLERS = Path(__file__).parent / "controllers"
CAUGHT = {
    "believes_old_news": (
        "line.silent_while_load_falls",
        "after end of the shift within 1 min 30 s expect grid.power > -0.5 kW",
    ),
    "ignores_bounds": ("storage.full", "no set-point of the application is refused"),
    "never_renews": ("dispatch.load_step", "never grid.power > 30.5 kW for 15 s"),
    "sums_nan": ("data.nan_storm[meter=machines]", "never bat-inv.power > 1 kW from 1 min 30 s"),
    "wrong_sign": ("dispatch.load_step", "always main.power < 55 kW"),
    "floods_commands": ("dispatch.steady", "kpi commands <= 200"),
    "oscillates": ("dispatch.load_lost", "after shift within 15 s expect bat-inv.power < -20 kW for 4 min"),
    "believes_the_meter": ("data.wrong_sign", "never grid.power > 55 kW for 30 s"),
    "dims_to_nothing": ("consumers.dimmed_to_4200_w", "never ev-1.power < 1 kW for 5 s"),
    "forgets_phases": ("consumers.one_phase_cars", "never main.AC_CURRENT_PHASE_1 > 80 A for 20 s from 20 s"),
}
"""By controller: a case of the library, and how the check begins that it breaks."""
SOUND = {"dims_to_nothing": None, "forgets_phases": None}
"""Those whose sound kin are the controllers of the library; that of all others is `keeper.py`."""


def verdicts(pairs: list[tuple[str, str | None]]) -> list[Verdict]:
    """Return what comes of cases of the library, each with one of the controllers, in their order."""
    known = {case.name: case for case in collect([Path("library:")])}
    cases = [
        Case(
            f"{number}",
            known[name].path,
            known[name].values,
            app=None if app is None else str(CONTROLLERS / f"{app}.py"),
        )
        for number, (name, app) in enumerate(pairs)
    ]
    found = {verdict.name: verdict for verdict in run_cases(cases, jobs=2)}
    return [found[case.name] for case in cases]


def assert_caught(controllers: list[str]) -> None:
    missed = {}
    for controller, verdict in zip(
        controllers, verdicts([(CAUGHT[each][0], each) for each in controllers]), strict=True
    ):
        broken = [check for check, outcome in verdict.checks if not outcome.has_passed]
        if verdict.error is not None or not any(check.startswith(CAUGHT[controller][1]) for check in broken):
            missed[controller] = verdict.failures
    assert not missed


def test_a_wrong_sign_is_caught() -> None:
    assert_caught(["wrong_sign"])


@pytest.mark.slow
def test_every_other_planted_fault_is_caught() -> None:
    assert_caught([each for each in CAUGHT if each != "wrong_sign"])


@pytest.mark.slow
def test_what_catches_them_lets_the_same_controllers_pass_without_their_faults() -> None:
    names = dict.fromkeys((case, SOUND.get(each, "keeper")) for each, (case, _) in CAUGHT.items())
    failed = {verdict.path: verdict.failures for verdict in verdicts(list(names)) if not verdict.has_passed}
    assert not failed


def test_there_is_one_for_each_controller_here() -> None:
    assert {path.stem for path in CONTROLLERS.glob("*.py")} == {*CAUGHT, "keeper"}
