"""What led to something is walked back to the first cause that is still in force."""

from __future__ import annotations

from pathlib import Path

import pytest
from suites.benches import SITE, scenario

from doppelgrid.scenarios.suites.checks.story import Story, subjects_of
from doppelgrid.scenarios.suites.language.expressions import parse_condition
from doppelgrid.scenarios.suites.running.case import Case, run_case
from doppelgrid.sim.domain.events import Event
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


def test_conditions_know_what_they_are_about() -> None:
    condition = parse_condition("not (grid.power > 3 kW and inv is ERROR) or battery reports OVERTEMPERATURE")
    assert subjects_of(condition) == {"grid", "inv", "battery"}


def test_a_check_that_fails_is_told_with_what_led_to_it(tmp_path: Path) -> None:
    steps = "steps: [{at: 30 s, set: {main.load: 9 kW}}, {at: 60 s, set: {main.load: 1 kW}}]\n"
    verdict = run_case(Case("try", scenario(tmp_path, f"{steps}checks: [{{always: grid.power < 8 kW}}]\n")))
    (line,) = verdict.checks[0].outcome.chain
    assert line.endswith("00:00:30+02:00: main: driven (load 9000, over 0 s)")
