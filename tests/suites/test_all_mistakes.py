"""One run tells all mistakes of all files that do not follow from one another, and nothing that does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from suites.benches import HEAD, SITE, scenario

from doppelgrid.scenarios.suites.file.scenario_file import ScenarioError
from doppelgrid.scenarios.suites.running.collection import collect

CHECKS = "checks: [{always: grid.power < 99 kW}]\n"
GAP = "time,price\n2026-06-14T22:00+02:00,80\n2026-06-14T23:00+02:00,80\n"
MANY = """\
scenario: all of it is wrong
site: small.yaml
duration: 2 min
sed: 3
app: gone.py
tariff: tariff.yaml
include: circle.yaml
parameters: {limit: [3 kW, 4 kW], unused: [1]}
steps:
  - {at: 3 min, set: {main.load: 3 kW}}
  - {at: 9 s, set: {man.load: 3 kW}}
  - {at: 9 s, set: {main.load: 3 kWh}}
  - {at: 9 s, fault: {inv: tripp}, for: 9 s}
  - {at: 9 s, fault: {batery: {kind: late, by: 5 kW}}}
  - {at: 9 s, comand: {inv: 3 kW}}
  - {at: soon, say: x}
  - {when: battery is FLYING, say: $limt}
checks:
  - {never: grid.power > 3 kWatt}
  - {always: battery.soc >= 0 %}
  - {never: main is CHARGING}
  - {kpi: peak_imprt < 3 kW}
  - {at: 9 min, expect: gird.power < $limit}
  - {never: grid.power > 3 kW, from: 9 min}
  - {never: btr.soc < 3 % and inv.powr < 3 kW and inv is ILL}
"""


def lines(paths: list[Path], lacks_app: bool = False) -> list[str]:
    """Return what is wrong where, as `file:line: key`, in the order in which it is told."""
    with pytest.raises(ScenarioError) as refused:
        collect(paths, lambda _name: lacks_app)
    told = (str(problem) for problem in refused.value.problems)
    return [re.sub(r".*/", "", line.partition(" is ")[0]) for line in told]


def test_one_run_tells_all_that_is_wrong_in_a_file_and_what_it_includes(tmp_path: Path) -> None:
    path = scenario(tmp_path, "", head=MANY)
    (tmp_path / "circle.yaml").write_text("include: try.yaml\nchecks: [{always: grid.powr < 3 kW}]\n")
    (tmp_path / "tariff.yaml").write_text("tariff: one\nimport: {file: gap.csv, unit: €/MWh}\n")
    (tmp_path / "gap.csv").write_text(GAP)
    assert lines([path]) == [
        "try.yaml:4: sed", "try.yaml:5: app", "try.yaml:6: tariff", "try.yaml:8: parameters.unused",
        "try.yaml:10: steps[0].at", "try.yaml:11: steps[1].set.man.load", "try.yaml:12: steps[2].set.main.load",
        "try.yaml:13: steps[3].fault.inv", "try.yaml:14: steps[4].fault.batery",
        "try.yaml:14: steps[4].fault.batery.by",
        "try.yaml:15: steps[5].comand", "try.yaml:16: steps[6].at", "try.yaml:17: steps[7].say",
        "try.yaml:17: steps[7].when", "try.yaml:19: checks[0].never", "try.yaml:20: checks[1].always",
        "try.yaml:21: checks[2].never", "try.yaml:22: checks[3].kpi", "try.yaml:23: checks[4].at",
        "try.yaml:23: checks[4].expect", "try.yaml:24: checks[5].from", "try.yaml:25: checks[6].never",
        "try.yaml:25: checks[6].never", "try.yaml:25: checks[6].never", "circle.yaml:1: include",
        "circle.yaml:2: checks[0].always",
    ]  # fmt: skip


def test_a_mistake_in_one_file_hides_none_in_another(tmp_path: Path) -> None:
    scenario(tmp_path, CHECKS.replace("grid", "gird"), name="a.yaml")
    scenario(tmp_path, f"steps: [\n{CHECKS}", name="b.yaml")
    scenario(tmp_path, CHECKS, head=HEAD.replace("small", "smal"), name="c.yaml")
    assert lines([tmp_path]) == ["a.yaml:4: checks[0].always", "b.yaml:6: the file", "c.yaml:2: site"]


def test_what_is_wrong_without_an_application_is_told_beside_the_rest(tmp_path: Path) -> None:
    about = "checks: [{always: app.commands < 9}, {kpi: refusals == 0}]\n"
    scenario(tmp_path, about, name="a.yaml")
    scenario(tmp_path, f"sed: 3\n{about}", name="b.yaml")
    told = ["b.yaml:4: sed", "b.yaml:5: checks[0].always", "b.yaml:5: checks[1].kpi"]
    assert lines([tmp_path], lacks_app=True) == [
        *told, "a.yaml:4: checks[0].always", "a.yaml:4: checks[1].kpi",
    ]  # fmt: skip
    assert lines([tmp_path]) == told[:1]


@pytest.mark.parametrize(
    ("rest", "expected"),
    [
        # Nothing is known of the site.
        ("steps: [{at: 9 min, fault: {x: {kind: late, by: 5 kW}}}]\nchecks: [{never: x.y > 3 kW, until: 9 min}]\n",
         ["2: site", "4: steps[0].fault.x.by", "4: steps[0].at", "5: checks[0].until"]),
        ("steps: [{at: 9 s, set: {y.load: 5 kW}}]\nchecks: [{after: y.lod set, expect: y.power > 3 kW}]\n",
         ["2: site", "5: checks[0].after"]),
        # Whether a value fits an input that may not be there, nobody can tell.
        ("steps: [{at: 9 s, set: {machines.lod: 3 kW}}]\nchecks: [{never: x.y > 3 kW}]\n", ["2: site"]),
        ("steps: [{at: 9 s, set: {machines.load: 3 V}}]\nchecks: [{never: x.y > 3 kW}]\n",
         ["2: site", "4: steps[0].set.machines.load"]),
    ],
)  # fmt: skip
def test_what_is_wrong_at_any_site_is_told_where_the_site_is_not_there(
    tmp_path: Path, rest: str, expected: list[str]
) -> None:
    path = scenario(tmp_path, rest, head=HEAD.replace("small", "smal"))
    assert lines([path]) == [f"try.yaml:{each}" for each in expected]


@pytest.mark.parametrize(
    ("head", "rest", "expected"),
    [
        # What is wrong may say what is missed, or what would be the other way round.
        (HEAD.replace("duration", "duraton"), f"steps: [{{at: 9 min, say: x}}]\n{CHECKS}",
         ["1: duration", "3: duraton"]),
        (HEAD.replace("2 min", "2"), f"steps: [{{at: 999 d, say: x}}]\n{CHECKS}", ["3: duration"]),
        (HEAD + "strat: 2026-01-01 00:00\n", f"steps: [{{at: 2026-01-01T00:01, say: x}}]\n{CHECKS}", ["4: strat"]),
        (HEAD + "interval: 99\n", "checks: [{never: grid.power > 3 kW, for: 119 s}]\n", ["4: interval"]),
        (HEAD, "stps: [{at: 9 s, name: x, say: x}]\nchecks: [{after: x, expect: grid.power > 3 kW}]\n", ["4: stps"]),
        (HEAD, "steps: [{at: 9 s, nam: x, say: x}]\nchecks: [{after: x, expect: grid.power > 3 kW}]\n",
         ["4: steps[0].nam"]),
        (HEAD, "steps: [{at: 9 s, fault: {inv: trip}, for: 3}]\n"
         "checks: [{after: inv trip ends, expect: inv is ERROR}]\n",
         ["4: steps[0].for"]),
        (HEAD, "steps: [{at: 9 s, fault: {inv: {kind: tip, diagnostic: BATTERY_IMBALANCE}}}]\n"
         "checks: [{eventually: inv reports BATTERY_IMBALANCE}]\n", ["4: steps[0].fault.inv.kind"]),
        (HEAD, "steps: [{at: 9 min, name: x, say: x}]\nchecks: [{after: x, expect: grid.power > 3 kW}]\n",
         ["4: steps[0].at"]),
        (HEAD, "checks: [{expect: grid.power > 3 kW, within: 9 s, for: 999 s}]\n", ["4: checks[0]"]),
        (HEAD, "checks: [{alway: grid.power > 3 kW}]\n", ["4: checks[0].alway"]),
        (HEAD + "tariff: gone.yaml\n", "checks: [{kpi: cost < 9 €}]\n", ["4: tariff"]),
        # An include that is not there may say it.
        ("include: gone.yaml\nscenario: x\n", "checks: [{after: x, expect: grid.power > $limit}]\n", ["1: include"]),
        ("include: gone.yaml\n" + HEAD, "checks: []\nparameters: {x: [1]}\n", ["1: include"]),
        # What a parameter would be is not known.
        (HEAD, "steps: [{at: $t, set: {main.load: $p}}]\nchecks: [{never: $v > $p}]\nparameters: {p: [3 kW]}\n",
         ["4: steps[0].at", "5: checks[0].never"]),
        (HEAD, "parameters: {p: 3}\nsteps: [{at: 9 s, set: {main.load: $p}}]\n" + CHECKS, ["4: parameters.p"]),
        (HEAD, "parameters: {limit: [3 kW]}\nchecks: [{never: grid.power > $limt}]\n", ["5: checks[0].never"]),
    ],
)  # fmt: skip
def test_nothing_is_told_that_follows_from_another_mistake(
    tmp_path: Path, head: str, rest: str, expected: list[str]
) -> None:
    assert lines([scenario(tmp_path, rest, head=head)]) == [f"try.yaml:{each}" for each in expected]


@pytest.mark.parametrize(
    ("rest", "expected"),
    [
        ("steps: [{at: soon, fault: {iv: trip}}]\n" + CHECKS, ["4: steps[0].at", "4: steps[0].fault.iv"]),
        ("steps: [{at: 9 s, every: 9 s, fault: {iv: trip}}]\n" + CHECKS, ["4: steps[0]", "4: steps[0].fault.iv"]),
        ("checks: [{at: 9 min, expect: grid.power >> 3}]\n", ["4: checks[0].expect", "4: checks[0].at"]),
        ("checks: [{always: gird.power > 3 kW, fro: 3 s}]\n", ["4: checks[0].fro", "4: checks[0].always"]),
        ("checks: [{always: gird.power > 3 kW, for: 3 s}]\n", ["4: checks[0]", "4: checks[0].always"]),
        ("interval: 99\nchecks: [{at: 9 min, expect: grid.power > 3 kW}]\n", ["4: interval", "5: checks[0].at"]),
        ("tariff: gone.yaml\nchecks: [{kpi: peak_imprt < 3 kW}]\n", ["4: tariff", "5: checks[0].kpi"]),
        ("parameters: {p: [3 kW, 4 V, 5 V], q: 3}\nsteps: [{at: $q, set: {main.load: $p}}]\n" + CHECKS,
         ["4: parameters.q", "5: steps[0].set.main.load"]),
        ("steps: [{at: 9 s, fault: {inv: {kind: late, by: 5 kW, diagnostic: ILL}}}]\n" + CHECKS,
         ["4: steps[0].fault.inv.by", "4: steps[0].fault.inv.diagnostic", "4: steps[0].fault.inv.diagnostic"]),
        ("steps: [{at: 9 s, command: {iv: 3 apples}}]\n" + CHECKS,
         ["4: steps[0].command.iv", "4: steps[0].command.iv"]),
    ],
)  # fmt: skip
def test_two_mistakes_close_together_are_both_told(tmp_path: Path, rest: str, expected: list[str]) -> None:
    assert lines([scenario(tmp_path, rest)]) == [f"try.yaml:{each}" for each in expected]


def test_a_mistake_in_a_site_within_the_file_hides_none_in_the_rest(tmp_path: Path) -> None:
    site = "".join(f"  {line}\n" for line in SITE.replace("10 kW", "10 V").strip().splitlines())
    head = f"scenario: x\nduration: 9 s\nsite:\n{site}"
    told = lines([scenario(tmp_path, f"steps: [{{at: 1 min, say: x}}]\n{CHECKS}", head=head)])
    assert told == ["try.yaml:9: site.components.inv.rated_power", "try.yaml:11: steps[0].at"]
