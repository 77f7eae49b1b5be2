"""Cases run beside each other: folders of their own, processes that die, and what is told of them and in JUnit."""

from __future__ import annotations

import contextlib
import json
import os
import re
import select
import signal
import subprocess
import textwrap
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from suites.benches import scenario
from suites.case_bench import CHECKS, IDLE_APP, run

from doppelgrid.scenarios.suites.report.junit import write_junit
from doppelgrid.scenarios.suites.running import case as case_module
from doppelgrid.scenarios.suites.running import kept_output
from doppelgrid.scenarios.suites.running.case import Case, Verdict, run_case
from doppelgrid.scenarios.suites.running.collection import collect
from doppelgrid.scenarios.suites.running.runner import run_cases
from doppelgrid.sim.recording import read_recording


class TestRunner:
    def test_cases_leave_recording_events_and_verdict_in_folders_of_their_own(self, tmp_path: Path) -> None:
        cases = [
            Case(name, scenario(tmp_path, CHECKS, name=f"{name}.yaml"), output=tmp_path / "out")
            for name in ("one", "two")
        ]
        verdicts = {verdict.name: verdict for verdict in run_cases(cases, 2)}
        assert set(verdicts) == {"one", "two"}
        for name, verdict in verdicts.items():
            folder = tmp_path / "out" / name
            assert verdict.has_passed
            assert json.loads((folder / "verdict.json").read_text())["digest"] == verdict.digest
            assert (folder / "events.log").stat().st_size > 0
            assert len(read_recording(folder / "recording.parquet").wide()) > 100

    def test_a_process_that_dies_fails_its_case_and_no_other(self, tmp_path: Path) -> None:
        (tmp_path / "dies.py").write_text(f"import os\nos.kill(os.getpid(), {signal.SIGKILL:d})\n")
        scenario(tmp_path, f"app: dies.py\n{CHECKS}", name="dies.yaml")
        scenario(tmp_path, CHECKS, name="lives.yaml")
        verdicts = {verdict.name: verdict for verdict in run_cases(collect([tmp_path]), 1)}
        assert verdicts["dies"].error == "its process ended without a word: SIGKILL"
        assert verdicts["lives"].has_passed

    def test_threads_that_an_application_leaves_behind_keep_no_case(self, tmp_path: Path) -> None:
        (tmp_path / "app.py").write_text(
            "import threading, time\n"
            "threading.Thread(target=threading.Event().wait).start()\n" + textwrap.dedent(IDLE_APP)
        )
        (verdict,) = run_cases(collect([scenario(tmp_path, f"app: app.py\n{CHECKS}")]), 1)
        assert verdict.digest

    def test_repeated_cases_and_such_as_were_killed_before_have_their_folders(self, tmp_path: Path) -> None:
        path = scenario(tmp_path, CHECKS)
        cases = [Case("try", path, output=tmp_path / "out", turn=turn) for turn in range(2)]
        cases[0].folder.mkdir(parents=True)
        (cases[0].folder / "recording.parquet.part").write_text("left behind")
        assert all(verdict.has_passed for verdict in run_cases(cases, 2))
        assert {folder.name for folder in (tmp_path / "out").iterdir()} == {"try", "try~1"}

    @pytest.mark.parametrize("name", ["..", ".", "a/b", "try[x=kW/m²]", "nul\0"])
    def test_no_name_leads_out_of_the_folder(self, tmp_path: Path, name: str) -> None:
        folder = Case(name, tmp_path, output=tmp_path / "out").folder
        assert folder is not None
        assert folder.resolve().parent == (tmp_path / "out").resolve()

    def test_no_two_cases_share_a_folder(self, tmp_path: Path) -> None:
        names = ["a/b", "a%2Fb", "a", "a~1", "a.b", "last_run.json", "x" * 300, "x" * 299 + "y", "ä" * 300]
        cases = [Case(name, tmp_path, output=tmp_path, turn=turn) for name in names for turn in (0, 1)]
        folders = {case.folder.name for case in cases if case.folder is not None}
        assert len(folders) == len(cases)
        assert max(map(len, folders)) < 255
        assert "last_run.json" not in folders

    def test_a_case_that_cannot_begin_fails_alone_and_keeps_nobody_waiting(self, tmp_path: Path) -> None:
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / "try").touch()
        case = Case("try", scenario(tmp_path, CHECKS), output=tmp_path / "out")
        (verdict,) = run_cases([case], 1)
        assert verdict.error == f"{tmp_path / 'out' / 'try'}: File exists"

    def test_whoever_stops_asking_ends_what_still_runs(self, tmp_path: Path) -> None:
        pid = tmp_path / "pid"
        (tmp_path / "slow.py").write_text(
            f"import os, time\nopen({str(pid)!r}, 'w').write(str(os.getpid()))\nwhile True: pass\n"
        )
        scenario(tmp_path, f"app: slow.py\n{CHECKS}", name="z.yaml")
        scenario(tmp_path, f"app: dies.py\n{CHECKS}", name="a.yaml")
        (tmp_path / "dies.py").write_text(
            f"import os\nwhile not os.path.exists({str(pid)!r}): pass\nos._exit(3)\n"
        )
        running = run_cases(collect([tmp_path]), 2)
        assert next(running).name == "a"
        running.close()
        with pytest.raises(ProcessLookupError):
            os.kill(int(pid.read_text()), 0)

    def test_a_crash_is_told_in_the_log_too(self, tmp_path: Path) -> None:
        (tmp_path / "app.py").write_text("print('hello', flush=True)\n1 / 0\n")
        path = scenario(tmp_path, f"app: app.py\n{CHECKS}")
        list(run_cases([Case("try", path, output=tmp_path / "out")]))
        lines = (tmp_path / "out" / "try" / "app.log").read_text().splitlines()
        assert lines[0] == "hello"
        assert lines[-2:] == [
            "ZeroDivisionError: division by zero",
            "the application crashed at 2026-06-15T00:00:00+02:00",
        ]

    def test_what_a_case_says_is_kept_with_its_beginning_and_its_end(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(kept_output, "HEAD_BYTES", 10)
        monkeypatch.setattr(kept_output, "TAIL_BYTES", 20)
        (tmp_path / "app.py").write_text(
            "print('beginning', *range(5000), 'end', flush=True)\nraise SystemExit(3)\n"
        )
        path = scenario(tmp_path, f"app: app.py\n{CHECKS}")
        (verdict,) = run_cases([Case("try", path, output=tmp_path / "out")])
        log = (tmp_path / "out" / "try" / "app.log").read_text()
        assert log.startswith("beginning ")
        assert re.search(r"\n… [\d,]+ bytes are left out here …\n.*4999 end\n$", log)
        assert verdict.log.endswith("4999 end\n")

    def test_one_that_dies_is_told_with_the_end_of_what_it_said(self, tmp_path: Path) -> None:
        (tmp_path / "dies.py").write_text(
            "import os\nprint('about to go', flush=True)\nos.kill(os.getpid(), 9)\n"
        )
        (verdict,) = run_cases(
            [Case("try", scenario(tmp_path, f"app: dies.py\n{CHECKS}"), output=tmp_path / "out")]
        )
        assert verdict.error == "about to go\nits process ended without a word: SIGKILL"
        assert json.loads((tmp_path / "out" / "try" / "verdict.json").read_text())["error"] == verdict.error

    def test_one_that_dies_or_never_runs_keeps_its_seed_for_the_line_that_repeats_it(
        self, tmp_path: Path
    ) -> None:
        (tmp_path / "dies.py").write_text("import os\nos.kill(os.getpid(), 9)\n")
        dies = scenario(tmp_path, f"app: dies.py\n{CHECKS}")
        gone = Case("gone", tmp_path / "gone.yaml", seed=7)
        verdicts = {
            each.name: each for each in run_cases([Case("try", dies, seed=7), gone, Case("try2", dies)], 2)
        }
        assert verdicts["try"].again == f"doppelgrid test {dies} --seed 7"
        assert verdicts["gone"].again == f"doppelgrid test {gone.path} --seed 7"
        assert "--seed" not in verdicts["try2"].again

    def test_processes_that_an_application_leaves_behind_end_with_its_case(self, tmp_path: Path) -> None:
        pid = tmp_path / "pid"
        (tmp_path / "app.py").write_text(
            "import subprocess\nchild = subprocess.Popen(['sleep', '600'])\n"
            f"open({str(pid)!r}, 'w').write(str(child.pid))\n"
        )
        next(run_cases([Case("try", scenario(tmp_path, f"app: app.py\n{CHECKS}"))]))
        with contextlib.suppress(ProcessLookupError):
            child = os.pidfd_open(int(pid.read_text()))
            assert select.select([child], [], [], 30.0)[0]
            os.close(child)

    def test_progress_is_told_in_simulated_time(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        told: list[int] = []
        monkeypatch.setattr(case_module, "_TELLS_EVERY_S", 0.0)
        run_case(Case("try", scenario(tmp_path, CHECKS)), on_progress=told.append)
        assert told[:2] == [1_000_000, 2_000_000]


def test_junit_tells_the_runs_of_one_case_apart(tmp_path: Path) -> None:
    first = run(tmp_path, CHECKS)
    write_junit(tmp_path / "out.xml", [first, replace(first, turn=1)])
    cases = ElementTree.parse(tmp_path / "out.xml").getroot()[0]
    assert [case.get("name") for case in cases] == ["try", "try~1"]


@pytest.mark.parametrize(
    "value", ["a b", "a\nb", "a\tb\x07", "it's \\n", "\x1b[31mred'\x7f", "$HOME `x`", "ä\u200bé", "\udcff"]
)
def test_the_line_that_repeats_a_case_is_one_line_of_shell_whatever_stands_in_its_words(value: str) -> None:
    verdict = Verdict(f"try[x={value}]", f"{value}.yaml", "", (), options=("--app", f"{value}.py"))
    assert verdict.again.isprintable()
    script = f"doppelgrid() {{ printf '%s\\0' \"$@\"; }}; {verdict.again}"
    said = subprocess.run(["bash", "-c", script], capture_output=True, check=True).stdout
    words = [os.fsdecode(word) for word in said.split(b"\0")[:-1]]
    assert words == ["test", f"{value}.yaml", "--filter", f"[x={value}]", "--app", f"{value}.py"]


def test_junit_has_failures_errors_and_the_facts_of_each_case(tmp_path: Path) -> None:
    good = run(tmp_path, CHECKS)
    bad = run(tmp_path, "checks: [{never: grid.power > 1 kW}]\n")
    crashed = run(tmp_path, CHECKS, "raise LookupError('lost \\x00')\n")
    path = tmp_path / "junit.xml"
    silent = Verdict("try", "try.yaml", "", (), "  ")
    write_junit(path, [good, bad, crashed, silent])
    (suite,) = ElementTree.parse(path).getroot()
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("4", "1", "2")
    properties = {each.get("name"): each.get("value") for each in suite[0].iter("property")}
    assert properties["digest"] == good.digest
    assert suite[0].get("name") == "try"
    assert float(properties["import_wh"] or 0) > 100.0
    (failure,) = suite[1].findall("failure")
    assert failure.get("message") == "never grid.power > 1 kW"
    assert "LookupError" in (suite[2].findtext("error") or "")
    assert [each.get("message") for each in suite[3].findall("error")] == ["without a word"]
