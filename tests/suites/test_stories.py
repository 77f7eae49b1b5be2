"""What led to something is walked back to the first cause that is still in force."""

from __future__ import annotations

from pathlib import Path

import pytest
from suites.benches import SITE, scenario

from doppelgrid.scenarios.suites.checks import breach
from doppelgrid.scenarios.suites.checks.breach import Powers
from doppelgrid.scenarios.suites.checks.story import Story, subjects_of
from doppelgrid.scenarios.suites.file.scenario_file import ScenarioFile
from doppelgrid.scenarios.suites.running.case import Case, run_case
from doppelgrid.sim.domain.events import Event
from doppelgrid.sim.language.expressions import parse_condition
from doppelgrid.sim.plant.plant import Plant
from doppelgrid.sim.site.reader import load_site


@pytest.fixture
def story(tmp_path: Path) -> Story:
    (tmp_path / "small.yaml").write_text(SITE)
    return Story(Plant(load_site(tmp_path / "small.yaml"), start_us=0, seed=0).wiring)


def told(story: Story, *events: tuple[int, str, str, dict[str, object]]) -> None:
    for second, kind, subject, details in events:
        story.hear(Event(second * 1_000_000, kind, subject, details))


TRIP = (5, "fault", "inv", {"fault": "trip", "number": 1})
BROKEN = (6, "state", "inv", {"states": "ERROR"})


def words(story: Story, *keys: str) -> list[str]:
    return [line.partition(": ")[2] for line in story.chain(keys)]


def test_a_failure_is_led_back_to_the_fault_behind_it(story: Story) -> None:
    told(story, (1, "state", "inv", {"states": "READY"}), TRIP, BROKEN)
    assert words(story, "grid") == ["inv: fault (fault trip, number 1)", "inv: state (ERROR)"]
    assert story.chain(["grid"])[0].startswith("at 1970-01-01T00:00:05+00:00: ")


def test_what_has_ended_is_no_cause_while_others_last(story: Story) -> None:
    told(story, (2, "driven", "main", {"quantity": "load", "value": 9e3}), TRIP,
         (7, "released", "main", {"quantity": "load"}))  # fmt: skip
    assert words(story, "main")[0] == "inv: fault (fault trip, number 1)"


def test_the_end_of_the_last_cause_is_one_where_none_lasts(story: Story) -> None:
    told(story, TRIP, BROKEN, (8, "mended", "inv", {"number": 1}), (9, "state", "inv", {"states": "READY"}))
    assert words(story, "inv") == ["inv: mended (number 1)", "inv: state (READY)"]


def test_many_commands_drive_no_fault_out(story: Story) -> None:
    told(story, TRIP)
    for second in range(10, 5000):
        told(story, (second, "set-point accepted", "inv", {"axis": "active", "power": float(second)}))
    assert words(story, "grid") == [
        "inv: fault (fault trip, number 1)", "inv: set-point accepted (active power 4999.0 W)"
    ]  # fmt: skip


def test_what_happens_elsewhere_led_to_nothing(story: Story) -> None:
    told(story, (2, "fault", "other", {"number": 1}))
    assert words(story, "inv") == []


def test_a_formula_of_the_site_is_about_all_of_it(story: Story) -> None:
    told(story, TRIP)
    assert words(story, "site") == words(story, "inv") != []


ACTIVE = (1, "set-point accepted", "inv", {"axis": "active", "power": 3.0})
REACTIVE = (2, "set-point accepted", "inv", {"axis": "reactive", "power": 4.0})
BOUNDS = (3, "bounds augmented", "inv", {"metric": "AC_POWER_ACTIVE"})
REACTIVE_BOUNDS = (4, "bounds augmented", "inv", {"metric": "AC_POWER_REACTIVE"})


def kinds(story: Story, powers: Powers) -> list[str]:
    return [" ".join(line.split(": ")[2].split()[:2]) for line in story.chain(["inv"], powers)]


@pytest.mark.parametrize("powers", [breach.ACTIVE, breach.REACTIVE])
def test_set_points_and_bounds_of_the_other_power_led_to_nothing(story: Story, powers: Powers) -> None:
    told(story, ACTIVE, REACTIVE, BOUNDS, REACTIVE_BOUNDS)
    about = story.chain(["inv"], powers)
    assert len(about) == 2
    assert all(("reactive" in line.lower()) is (powers == breach.REACTIVE) for line in about)


def test_what_has_to_do_with_both_powers_is_led_back_to_both(story: Story) -> None:
    told(story, ACTIVE, REACTIVE, BOUNDS, REACTIVE_BOUNDS)
    assert len(story.chain(["inv"])) == 4


def test_faults_and_inputs_count_for_either_power(story: Story) -> None:
    told(story, TRIP, REACTIVE_BOUNDS)
    assert kinds(story, breach.ACTIVE) == ["fault (fault"]


def test_the_end_of_a_set_point_is_a_cause_rather_than_one_of_the_other_power(story: Story) -> None:
    told(story, ACTIVE, REACTIVE, (5, "set-point lapsed", "inv", {"axis": "active"}))
    assert kinds(story, breach.ACTIVE)[-1] == "set-point lapsed"
    assert not any("reactive" in line for line in story.chain(["inv"], breach.ACTIVE))


def test_the_other_power_is_told_where_nothing_else_is(story: Story) -> None:
    told(story, REACTIVE)
    assert len(story.chain(["inv"], breach.ACTIVE)) == 1


@pytest.mark.parametrize(
    ("end", "details"),
    [
        ("bounds lapsed", {"metric": "AC_POWER_ACTIVE"}),
        ("bounds cleared", {"metric": "AC_POWER_ACTIVE"}),
        ("set-point ended", {"axis": "active", "status": "FAILED"}),
        ("set-point lapsed", {"axis": "active"}),
    ],
)
def test_what_has_ended_is_no_longer_in_force(story: Story, end: str, details: dict[str, object]) -> None:
    begun = BOUNDS if end.startswith("bounds") else ACTIVE
    told(story, begun, (5, end, "inv", details), (9, "driven", "main", {"quantity": "load", "value": 9e3}))
    assert [line.split(": ")[1:3] for line in story.chain(["inv"])] == [["main", "driven (load 9000)"]]


def test_a_set_point_that_arrives_stays_in_force(story: Story) -> None:
    told(story, ACTIVE, (5, "set-point ended", "inv", {"axis": "active", "status": "SUCCESS"}))
    assert kinds(story, breach.ACTIVE)[0] == "set-point accepted"


def test_of_start_stop_and_standby_the_last_is_in_force(story: Story) -> None:
    for second, command in ((1, "stop"), (5, "acknowledge"), (6, "start")):
        told(story, (second, f"{command} accepted", "inv", {}))
    told(story, (7, "state", "inv", {"states": "READY"}))
    assert words(story, "inv") == ["inv: start accepted", "inv: state (READY)"]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("inv.power < 3 kW and battery.soc > 5 %", breach.ACTIVE),
        ("inv.reactive_power > 3 kvar", breach.REACTIVE),
        ("inv.reactive_power > 3 kvar or site.grid_power < 1 kW", breach.ANY),
        ("inv.power < 3 kW and inv.voltage > 3 V", breach.ANY),
        ("inv.power < 3 kW or inv is ERROR", breach.ANY),
    ],
)
def test_conditions_know_which_power_they_are_about(tmp_path: Path, condition: str, expected: Powers) -> None:
    found = ScenarioFile(scenario(tmp_path, "checks: [{never: inv is ERROR}]\n")).scenario()
    assert found.words.powers(parse_condition(condition)) == expected


def test_a_check_that_fails_is_not_blamed_on_the_other_power(tmp_path: Path) -> None:
    steps = (
        "steps: [{at: 10 s, command: {inv: -3 kW}}, {at: 12 s, command: {inv: 2 kvar}}, "
        "{at: 14 s, command: {inv: {bounds: {upper: 4 kvar}}}}]\n"
    )
    verdict = run_case(Case("try", scenario(tmp_path, f"{steps}checks: [{{always: inv.power > -1 kW}}]\n")))
    chain = verdict.checks[0].outcome.chain
    assert "inv: set-point accepted (active power -3000.0 W" in chain[0]
    assert not any("reactive" in line.lower() for line in chain)


def test_conditions_know_what_they_are_about() -> None:
    condition = parse_condition("not (grid.power > 3 kW and inv is ERROR) or battery reports OVERTEMPERATURE")
    assert subjects_of(condition) == {"grid", "inv", "battery"}


def test_a_check_that_fails_is_told_with_what_led_to_it(tmp_path: Path) -> None:
    steps = "steps: [{at: 30 s, set: {main.load: 9 kW}}, {at: 60 s, set: {main.load: 1 kW}}]\n"
    verdict = run_case(Case("try", scenario(tmp_path, f"{steps}checks: [{{always: grid.power < 8 kW}}]\n")))
    (line,) = verdict.checks[0].outcome.chain
    assert line.endswith("00:00:30+02:00: main: driven (load 9000, over 0 s)")
