"""Sites show what they always showed, to the last bit: telemetry, bounds, conditions, events, answers.

`make digests` writes new digests down. That is for changes that are meant to be seen, and the log says why.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from digests.digest import Digests
from digests.runs import OWN, RUNS, SITES, site_file, steps_of

import doppelgrid
from doppelgrid.sim.domain.categories import Category
from doppelgrid.sim.domain.faults import FaultKind

RECORDED = Path(__file__).parent / "recorded"
QUICK = {("demo", "interpreted-day"), ("charging", "story"), ("storage", "story")}
LONG = {
    *((name, "compiled-day") for name in (*OWN, "all-categories", "village")),
    ("recorded", "interpreted-day"),
    *(
        (name, "lockstep-hour")
        for name in ("all-categories", "charging", "commercial", "grid", "machines", "storage", "village")
    ),
}
"""Programs of their own that take half a minute and more to compile, and sites of many components."""


def cases() -> list[object]:
    return [
        pytest.param(site, kind, id=f"{site}-{kind}", marks=marks_of(site, kind))
        for kind, run in RUNS.items()
        for site in run.sites
    ]


def marks_of(site: str, kind: str) -> list[pytest.MarkDecorator]:
    if (site, kind) in QUICK:
        return []
    return [pytest.mark.slow, pytest.mark.days] if (site, kind) in LONG else [pytest.mark.slow]


@pytest.mark.parametrize(("site", "kind"), cases())
def test_a_site_shows_what_it_always_showed(
    site: str, kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    path = RECORDED / f"{site}-{kind}.json"
    found = RUNS[kind].make(site, tmp_path)
    if request.config.getoption("--renew", default=False):
        path.write_text(json.dumps(found._asdict(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    expected = Digests(**json.loads(path.read_text(encoding="utf-8")))
    differences = [
        *differing("component", expected.components, found.components),
        *differing("subject", expected.subjects, found.subjects),
    ]
    assert not differences, "\n".join(differences)


def differing(what: str, expected: dict[str, str], found: dict[str, str]) -> list[str]:
    """Say which digests differ, are new or are gone."""
    names = sorted(expected.keys() | found.keys())
    words = {(False, True): "gone", (True, False): "new", (False, False): "differs"}
    return [
        f"{what} {name} {words[name not in expected, name not in found]}"
        for name in names
        if expected.get(name) != found.get(name)
    ]


def test_the_sites_have_something_of_every_category() -> None:
    sites = [doppelgrid.load_site(site_file(name)) for name in OWN]
    assert {component.category for site in sites for component in site.components.values()} == set(Category)


def test_the_stories_break_things_in_every_way() -> None:
    steps = [step for name in OWN for step in steps_of(name)]
    assert {step.words[1] for step in steps if step.action == "fault"} >= set(FaultKind)


def test_every_digest_belongs_to_a_run() -> None:
    expected = {f"{site}-{kind}.json" for kind, run in RUNS.items() for site in run.sites}
    assert {path.name for path in RECORDED.glob("*.json")} == expected
    assert len(SITES) == 10
