"""What changed since an earlier run: checks, figures, and where the runs part."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from suites.benches import scenario

from doppelgrid.scenarios.suites.report.baseline import Baseline, BaselineError, Change
from doppelgrid.scenarios.suites.running.case import VERDICT, Case, Verdict, leave, run_case
from doppelgrid.scenarios.suites.running.last_run import NAME, LastRun

REST = """
steps: [{{at: 30 s, set: {{main.load: {load}}}}}]
checks: [{{always: grid.power < 8 kW}}, {{kpi: greatest_import > 1 kW}}]
"""


@pytest.fixture(scope="module")
def earlier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return done(tmp_path_factory.mktemp("earlier"), "5 kW")[1].parent


def done(folder: Path, load: str, name: str = "try") -> tuple[Verdict, Path]:
    """Run a case with a load; return its verdict, and what it left behind."""
    case = Case(name, scenario(folder, REST.format(load=load)), output=folder / "out")
    verdict = run_case(case)
    assert case.folder is not None
    leave(case.folder, verdict)
    return verdict, case.folder


def test_the_same_case_has_not_changed(earlier: Path, tmp_path: Path) -> None:
    change = Baseline(earlier).change(*done(tmp_path, "5 kW"))
    assert change == Change(zone=change.zone, start_us=change.start_us)
    assert str(change) == "same"


def test_checks_turn_figures_move_and_runs_part_where_they_do(earlier: Path, tmp_path: Path) -> None:
    change = Baseline(earlier).change(*done(tmp_path, "9 kW"))
    assert [str(each) for each in change.turned] == ["always grid.power < 8 kW: passed, now failed"]
    peak = next(each for each in change.moved if each.name == "import_wh")
    assert re.fullmatch(r"import: 0\.15\d+ kWh, now 0\.2\d+ kWh \(\+\d\d\.\d%\)", str(peak))
    assert change.parts_at == "2026-06-15 00:00:30, 30 s after the start"
    was, now = change.parting.split(", now ")
    assert was == "before main: driven (over 0 s, load 5000) at 00:00:30"
    assert now == "main: driven (over 0 s, load 9000) at 00:00:30"
    assert str(change).startswith("1 check turned, ")
    assert str(change).endswith("parts after 30 s")


def test_what_components_report_is_told_by_their_keys(earlier: Path, tmp_path: Path) -> None:
    verdict, folder = done(tmp_path, "5 kW")
    log = (folder / "events.log").read_text().splitlines()
    place = next(number for number, line in enumerate(log) if " telemetry " in line)
    words = log[place].split()
    words[3] = "2:00000000"
    (folder / "events.log").write_text("\n".join([*log[:place], " ".join(words), *log[place + 1 :]]) + "\n")
    change = Baseline(earlier).change(replace(verdict, digest="other"), folder)
    assert change.parting == "what main reports at 00:00:01"


def test_a_case_that_was_not_there_is_new(earlier: Path, tmp_path: Path) -> None:
    assert str(Baseline(earlier).change(*done(tmp_path, "5 kW", "other"))) == "new"


def test_a_check_with_the_same_words_is_told_apart_by_its_order(earlier: Path, tmp_path: Path) -> None:
    verdict, folder = done(tmp_path, "5 kW")
    twice = replace(verdict, checks=(*verdict.checks, verdict.checks[0]))
    (turned,) = Baseline(earlier).change(twice, folder).turned
    assert str(turned) == "always grid.power < 8 kW: not there, now passed"


def test_a_folder_without_verdicts_is_no_baseline(tmp_path: Path) -> None:
    with pytest.raises(BaselineError, match="holds no verdicts; accepted: the --output folder"):
        Baseline(tmp_path)


def kept(**changed: object) -> str:
    return json.dumps({"checks": [], "figures": {}, "digest": "", **changed})


@pytest.mark.parametrize(
    "text",
    [
        "", "[]", "[" * 100_000, kept(checks=3), kept(figures={"import_wh": 10**400}),
        kept(figures={"import_wh": float("nan")}), kept(figures={"import_wh": "1"}),
        kept(checks=[{"check": "\ud800", "has_passed": True}]),
    ],
)  # fmt: skip
def test_a_verdict_that_cannot_be_read_is_told(earlier: Path, tmp_path: Path, text: str) -> None:
    (tmp_path / "was" / "try").mkdir(parents=True)
    (tmp_path / "was" / "try" / VERDICT).write_text(text)
    with pytest.raises(BaselineError, match="accepted: a verdict that this version can read"):
        Baseline(tmp_path / "was").change(*done(tmp_path, "5 kW"))


@pytest.mark.parametrize("time", ["9" * 30, "9" * 400, "²"])
def test_a_log_of_impossible_times_is_told(earlier: Path, tmp_path: Path, time: str) -> None:
    verdict, folder = done(tmp_path, "5 kW")
    (tmp_path / "was" / "try").mkdir(parents=True)
    (tmp_path / "was" / "try" / VERDICT).write_text(kept())
    (tmp_path / "was" / "try" / "events.log").write_text(f"{time} fault main {{}}\n")
    with pytest.raises(BaselineError, match=r"events\.log' .*; accepted: the events of the run"):
        Baseline(tmp_path / "was").change(verdict, folder)


@pytest.mark.parametrize("text", ["[" * 100_000, '{"passed": 3}', '{"passed": {"\\ud800": true}}'])
def test_a_damaged_last_run_is_overwritten(tmp_path: Path, text: str) -> None:
    (tmp_path / NAME).write_text(text)
    case = Case("a", tmp_path / "a.yaml")
    assert LastRun(tmp_path).failed([case]) == [case]
    LastRun(tmp_path).keep([Verdict("a", str(case.path), "", ())])
    assert LastRun(tmp_path).failed([case]) == []
    assert [path.name for path in tmp_path.iterdir()] == [NAME]


def test_what_another_run_has_written_meanwhile_is_kept(tmp_path: Path) -> None:
    LastRun(tmp_path).keep([Verdict("a", "a.yaml", "", ()), Verdict("b", "b.yaml", "", ())])
    one, other = LastRun(tmp_path), LastRun(tmp_path)
    other.keep([Verdict("b", "b.yaml", "", (), "it crashed")])
    one.keep([Verdict("a", "a.yaml", "", ())])
    cases = [Case(name, Path(f"{name}.yaml")) for name in "ab"]
    assert LastRun(tmp_path).failed(cases) == cases[1:]


def test_runs_that_write_at_once_lose_nothing(tmp_path: Path) -> None:
    cases = [Case(f"{number}", Path(f"{number}.yaml")) for number in range(40)]
    with ThreadPoolExecutor(len(cases)) as pool:
        for case in cases:
            pool.submit(LastRun(tmp_path).keep, [Verdict(case.name, str(case.path), "", ())])
    assert LastRun(tmp_path).failed(cases) == []
    assert [path.name for path in tmp_path.iterdir()] == [NAME]
