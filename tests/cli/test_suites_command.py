"""`doppelgrid test`: what its user types and sees."""

from __future__ import annotations

import errno
import io
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import Result
from suites.benches import SITE, scenario
from typer.testing import CliRunner

from doppelgrid.cli.main import app
from doppelgrid.cli.options import unwritable
from doppelgrid.cli.suite_console import suite_console
from doppelgrid.cli.suites_shown import print_table, print_verdict
from doppelgrid.scenarios.suites.checks.invariants import INVARIANTS
from doppelgrid.scenarios.suites.report.missing import Missing
from doppelgrid.scenarios.suites.running.case import Verdict

COMMAND = Path(sys.executable).parent / "doppelgrid"
GOOD = "checks: [{always: grid.power < 99 kW}]\n"
BAD = "checks: [{never: grid.power > 1 kW}, {always: grid.power < 99 kW}]\n"


def run(*words: object) -> Result:
    return CliRunner(env={"COLUMNS": "200"}).invoke(app, ["test", *map(str, words)])


@pytest.mark.parametrize("name", ["good.yaml", "day.csv.gz", "day.parquet.part", "link.html"])
@pytest.mark.parametrize("option", ["--junit", "--html"])
def test_no_verdicts_take_the_place_of_what_a_user_has_written(option: str, name: str, suite: Path) -> None:
    path = suite / name
    if name == "link.html":
        path.symlink_to(suite / "good.yaml")
    elif not path.exists():
        path.write_text("recorded")
    before = path.read_text()
    ended = run(suite, option, path)
    assert ended.exit_code == 2
    assert f"{option} is '{path}', which is there and would be lost; accepted: a file" in ended.output
    assert path.read_text() == before


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    scenario(tmp_path, GOOD, name="good.yaml")
    scenario(tmp_path, BAD, name="bad.yaml")
    return tmp_path


def test_a_suite_ends_with_a_verdict_for_each_case(suite: Path) -> None:
    ended = run(suite, "--jobs", "2")
    assert ended.exit_code == 1
    assert "passed good: a try" in ended.output
    assert "failed bad: a try" in ended.output
    assert "never grid.power > 1 kW: is true: grid.power = 4.0448 kW" in ended.output
    held = len(INVARIANTS) + 1
    assert re.search(rf"^bad +failed +{held}/{held + 1} +2 min", ended.output, re.MULTILINE)
    assert ended.output.endswith("1 passed, 1 failed\n")


def test_names_are_printed_as_they_are_written() -> None:
    console, verdict = suite_console(), Verdict("a:bell:", "a.yaml", "x :bell: [red]y[/red]", ())
    console.file = io.StringIO()
    print_verdict(console, verdict)
    print_table(console, [verdict], Missing(), None)
    first, _, _, row, _ = console.file.getvalue().splitlines()
    assert first == "passed a:bell:: x :bell: [red]y[/red]"
    assert row.startswith("a:bell: ")


def test_what_holds_ends_with_0_and_writes_junit(suite: Path) -> None:
    ended = run(suite, "--filter", "good", "--junit", suite / "out.xml")
    assert (ended.exit_code, ended.output.splitlines()[-1]) == (0, "1 passed, 0 failed")
    assert ElementTree.parse(suite / "out.xml").getroot()[0].get("tests") == "1"


def test_a_failure_says_how_to_run_its_case_again(suite: Path) -> None:
    again = next(line for line in run(suite).output.splitlines() if "again: " in line)
    assert again.strip() == f"again: doppelgrid test {suite}/bad.yaml --seed 0"


def test_a_wrong_file_ends_with_2_before_anything_runs(suite: Path) -> None:
    scenario(suite, "checks: [{never: gird.power > 1 kW}]\n", name="wrong.yaml")
    ended = run(suite)
    assert ended.exit_code == 2
    assert ended.output.startswith(f"{suite}/wrong.yaml:4: checks[0].never is 'gird', which is no component")
    assert "passed" not in ended.output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--app", "nix.py"], "--app is 'nix.py', which is not there; accepted: a script that is there"),
        (["--app", "a 'b"], '--app is "a \'b" (No closing quotation)'),
        (["--shard", "3/2"], "'3/2'; accepted: a part of several, such as 1/4"),
        (["--filter", "nix"], "no case is left by --filter"),
        (["--junit", "no/such/folder.xml"], "--junit is 'no/such/folder.xml'"),
        (["--output", "/dev/null"], "--output is '/dev/null'"),
        (["--baseline", "nix"], "--baseline is 'nix', which holds no verdicts"),
        (["--jobs", "2", "--dask", "tcp://127.0.0.1:1"], "accepted: either --jobs or --dask"),
        (["--speed", "0"], "speed is 0; accepted: a number from 1e-05"),
        (["--jobs", "0"], "a whole number >= 1"),
    ],
)
def test_a_slip_in_an_option_is_told(suite: Path, words: list[str], said: str) -> None:
    ended = run(suite, *words)
    assert ended.exit_code == 2
    assert said in " ".join(ended.output.replace("│", " ").split())


def test_a_page_may_lie_in_the_folder_of_the_cases_that_is_not_there_yet(suite: Path) -> None:
    folder = suite / "new"
    ended = run(suite, "--filter", "good", "--output", folder, "--html", folder / "page.html")
    assert ended.exit_code == 0, ended.output
    assert (folder / "page.html").exists()


def test_one_file_for_two_reports_is_refused(suite: Path) -> None:
    ended = run(suite, "--html", suite / "one", "--junit", suite / "one")
    assert ended.exit_code == 2
    assert "--junit and --html are both" in ended.output
    assert "passed" not in ended.output


def test_all_that_could_not_be_written_at_the_end_is_told_before_anything_runs(suite: Path) -> None:
    too_long = suite / ("x" * 300)  # than names of files can be, for whoever writes
    words = [word for option in ("--output", "--junit", "--html") for word in (option, too_long)]
    ended = run(suite, *words)
    assert ended.exit_code == 2
    assert [line.partition(" is ")[0] for line in ended.output.splitlines()] == [
        "--output",
        "--junit",
        "--html",
    ]


def test_a_look_at_what_could_be_written_leaves_all_as_it_is(suite: Path) -> None:
    (suite / "out.xml").write_text("former")
    before = {path: path.read_bytes() for path in suite.iterdir()}
    words = ("--output", suite / "a" / "b", "--junit", suite / "out.xml", "--html", suite / "out.html")
    assert run(suite, *words, "--filter", "nix").exit_code == 2
    assert {path: path.read_bytes() for path in suite.iterdir()} == before


def test_a_device_without_room_is_told_before_anything_runs(suite: Path) -> None:
    ended = run(suite, "--junit", "/dev/full", "--html", "/dev/null")
    assert ended.exit_code == 2
    assert ended.output == (
        "--junit is '/dev/full' (No space left on device); "
        "accepted: a file in a folder that can be written to and has room\n"
    )


def test_a_try_to_write_to_a_full_disk_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(_file: int, _data: bytes) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", write)
        said = unwritable("--junit", tmp_path / "out.xml")
    assert "(No space left on device); accepted: a file" in str(said)
    assert not list(tmp_path.iterdir())


def test_a_look_at_what_could_be_written_leaves_a_link_to_what_is_not_there(suite: Path) -> None:
    link = suite / "out.xml"
    link.symlink_to(suite / "there.xml")
    assert run(suite, "--junit", link, "--filter", "nix").exit_code == 2
    assert link.is_symlink()
    assert not link.exists()


def test_a_path_without_scenarios_is_told(tmp_path: Path) -> None:
    ended = run(tmp_path)
    assert ended.exit_code == 2
    assert "without any scenario" in ended.output


def test_repeated_cases_have_the_same_digests(suite: Path) -> None:
    ended = run(suite, "--filter", "good", "--repeat", "2")
    assert ended.exit_code == 0
    assert ended.output.endswith("2 passed, 0 failed\n1 of 1 cases have one digest in all of 2 runs\n")
    assert re.findall(r"^(good\S*) +passed ", ended.output, re.MULTILINE) == ["good", "good~1"]
    assert {*re.findall(r"^passed (good\S*): ", ended.output, re.MULTILINE)} == {
        "good",
        "good~1",
    }  # as they end


COUNTS_ITS_RUNS = """
import asyncio
from frequenz.client.common.microgrid.components import ComponentId
from frequenz.client.microgrid import MicrogridApiClient

with open("{count}", "a+") as file:
    file.write("x")
    runs = file.tell()

async def main():
    client = MicrogridApiClient("grpc://[::1]:8800")
    await client.set_component_power_active(ComponentId(3), -100.0 * runs)
    await asyncio.sleep(1e6)
asyncio.run(main())
"""


def test_runs_that_differ_are_told_as_the_table_has_them(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(COUNTS_ITS_RUNS.replace("{count}", str(tmp_path / "count")))
    path = scenario(tmp_path, f"app: app.py\n{GOOD}", name="app.yaml")
    ended = run(path, "--repeat", "2", "--jobs", "1", "--baseline", _left(path, tmp_path / "was"))
    assert ended.exit_code == 1
    told = re.findall(r"^(passed|failed) (app\S*): a try\n    (.*)$", ended.output, re.MULTILINE)
    assert [(word, name) for word, name, _ in told] == [("failed", "app"), ("failed", "app~1")]
    assert all(said.startswith("every run has the same digest: ") for _, _, said in told)
    assert "every run has the same digest: not there" not in ended.output
    assert ended.output.endswith("0 passed, 2 failed\n0 of 1 cases have one digest in all of 2 runs\n")


def _left(path: Path, output: Path) -> Path:
    run(path, "--output", output)
    return output


@pytest.mark.parametrize("words", [(), ("--output", "out")])
def test_what_failed_last_can_be_run_alone(
    suite: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(suite / "cache"))
    monkeypatch.chdir(suite)
    everything = run(suite, "--rerun-failed", *words)
    assert "all cases run: " in everything.output
    assert everything.output.endswith("1 passed, 1 failed\n")
    assert run(suite, "--rerun-failed", *words).output.endswith("\n0 passed, 1 failed\n")
    scenario(suite, GOOD, name="bad.yaml")
    assert run(suite, "--rerun-failed", *words).output.endswith("\n1 passed, 0 failed\n")
    nothing = run(suite, "--rerun-failed", *words)
    assert nothing.exit_code == 0
    assert nothing.output.startswith("no case failed when it ran last, by ")


def test_a_baseline_tells_what_turned_and_what_moved(tmp_path: Path) -> None:
    rest = "steps: [{{at: 30 s, set: {{main.load: {load}}}}}]\nchecks: [{{always: grid.power < 50 kW}}]\n"
    path = scenario(tmp_path, rest.format(load="5 kW"))
    assert run(path, "--output", tmp_path / "was").exit_code == 0
    scenario(tmp_path, rest.format(load="60 kW"))
    ended = run(path, "--baseline", tmp_path / "was", "--junit", tmp_path / "out.xml").output
    assert re.search(
        r"^try +failed .* 1 check turned, \d+ figures moved, parts after 30 s$", ended, re.MULTILINE
    )
    assert "    always grid.power < 50 kW: passed, now failed\n" in ended
    assert re.search(r"^    import: 0.15\d+ kWh, now 1.\d+ kWh \(\+\d+.\d%\)$", ended, re.MULTILINE)
    assert "since_baseline" in (tmp_path / "out.xml").read_text()


@pytest.mark.parametrize(("before", "now"), [(1, 2), (2, 2), (2, 1)])
def test_a_baseline_of_fewer_or_more_runs_has_the_same_cases(tmp_path: Path, before: int, now: int) -> None:
    path = scenario(tmp_path, GOOD)
    run(path, "--output", tmp_path / "was", "--repeat", before)
    ended = run(path, "--baseline", tmp_path / "was", "--repeat", now).output
    assert re.findall(r"^try(?:~\d)? +passed .* (\w+) *$", ended, re.MULTILINE) == ["same"] * now


@pytest.mark.parametrize(
    ("words", "gone"),
    [
        ((), "of the baseline, but not among these cases: old[load=2 kW], renamed"),
        (("--filter", "old"), "of the baseline, but not among these cases: old[load=2 kW]"),
        (("--filter", "new"), ""),
    ],
)
def test_cases_of_the_baseline_that_are_no_longer_there_are_named(
    tmp_path: Path, words: tuple[str, ...], gone: str
) -> None:
    loads = "steps: [{at: 30 s, set: {main.load: $load}}]\n"
    (tmp_path / "suite").mkdir()
    scenario(tmp_path / "suite", f"parameters: {{load: [1 kW, 2 kW]}}\n{loads}{GOOD}", name="old.yaml")
    scenario(tmp_path / "suite", GOOD, name="renamed.yaml")
    run(tmp_path / "suite", "--output", tmp_path / "was", "--repeat", "2")
    scenario(tmp_path / "suite", f"parameters: {{load: [1 kW, 3 kW]}}\n{loads}{GOOD}", name="old.yaml")
    (tmp_path / "suite" / "renamed.yaml").rename(tmp_path / "suite" / "new.yaml")
    report, page = tmp_path / "out.xml", tmp_path / "out.html"
    ended = run(tmp_path / "suite", "--baseline", tmp_path / "was", "--junit", report, "--html", page, *words)
    lines = [line for line in ended.output.splitlines() if line.startswith("of the baseline")]
    assert lines == [gone] * bool(gone)
    assert (
        bool(gone)
        == ("gone_since_baseline" in report.read_text())
        == (gone in page.read_text() and bool(gone))
    )


def test_a_file_that_cannot_be_read_is_told_in_words(tmp_path: Path) -> None:
    (tmp_path / "loop.yaml").symlink_to(tmp_path / "loop.yaml")
    for name, words in (
        ("nosuch", "not there"),
        ("loop.yaml", "unreadable (Too many levels of symbolic links)"),
    ):
        ended = run(tmp_path / name)
        assert ended.exit_code == 2
        assert ended.output.startswith(f"{tmp_path / name}: the file is {words}; accepted: the path of a")


def test_the_line_for_a_case_with_values_and_another_application_runs_that_case(tmp_path: Path) -> None:
    app_file = tmp_path / "app.py"
    app_file.write_text("raise SystemExit(3)\n")
    (tmp_path / "in").mkdir()
    scenario(tmp_path / "in", "parameters: {limit: [1 kW, 99 kW]}\nchecks: [{always: grid.power < $limit}]\n")
    ended = run(tmp_path, "--app", app_file, "--filter", "99")
    again = next(line for line in ended.output.splitlines() if "again: " in line)
    assert run(*shlex.split(again.partition(" test ")[2])).output.endswith("0 passed, 1 failed\n")


def test_the_first_failures_can_end_it(tmp_path: Path) -> None:
    for number in range(3):
        scenario(tmp_path, BAD, name=f"{number}.yaml")
    report, page = tmp_path / "out.xml", tmp_path / "out.html"
    ended = run(tmp_path, "--jobs", "1", "--stop-after", "1", "--junit", report, "--html", page)
    assert ended.output.endswith("0 passed, 1 failed, 2 not run\n")
    assert skipped(report) == ("3", "2", {"1": STOPPED, "2": STOPPED})
    assert "<h1>0 passed, 1 failed, 2 not run</h1>" in page.read_text()


def test_cases_of_which_no_run_came_count_among_those_that_have_not_had_all(tmp_path: Path) -> None:
    for number in range(3):
        scenario(tmp_path, BAD, name=f"{number}.yaml")
    ended = run(tmp_path, "--jobs", "1", "--stop-after", "1", "--repeat", "2")
    assert ended.output.endswith("\n3 cases have not had all of 2 runs\n")


def test_a_failure_of_a_repeated_case_is_told_though_it_ends_the_run(tmp_path: Path) -> None:
    scenario(tmp_path, BAD)
    report = tmp_path / "out.xml"
    ended = run(tmp_path, "--jobs", "1", "--stop-after", "1", "--repeat", "2", "--junit", report)
    assert ended.output.startswith("failed try: a try\n")
    assert "0 passed, 1 failed, 1 not run\n" in ended.output
    assert ended.output.endswith("\n1 case has not had all of 2 runs\n")
    assert skipped(report) == ("2", "1", {"try~1": STOPPED})


STOPPED = "not run: --stop-after 1 ended the run"


def skipped(junit: Path) -> tuple[str | None, str | None, dict[str | None, str | None]]:
    """Return how many cases there are, how many were skipped, and which, and why."""
    (suite,) = ElementTree.parse(junit).getroot()
    why = {
        case.get("name"): each.get("message")
        for case in suite.iter("testcase")
        for each in case.iter("skipped")
    }
    return suite.get("tests"), suite.get("skipped"), why


def test_ctrl_c_ends_with_what_was_done(tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    (tmp_path / "slow.py").write_text(f"open({str(ready)!r}, 'w').close()\nwhile True: pass\n")
    scenario(tmp_path, f"app: slow.py\n{GOOD}", name="slow.yaml")
    process = subprocess.Popen(
        [COMMAND, "test", tmp_path, "--junit", tmp_path / "out.xml"], stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    while not ready.exists():
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert output.endswith("0 passed, 0 failed, 1 not run\n")
    assert skipped(tmp_path / "out.xml") == ("1", "1", {"slow": "not run: an interrupt ended the run"})


@pytest.mark.parametrize(("words", "seed"), [((), 7), (("--seed", "3"), 3)])
def test_of_a_case_whose_process_died_it_is_told_what_is_known(
    tmp_path: Path, words: tuple[str, ...], seed: int
) -> None:
    (tmp_path / "app.py").write_text("import os\nos._exit(3)\n")
    path = scenario(tmp_path, f"app: app.py\nseed: 7\n{GOOD}")
    ended = run(path, "--junit", tmp_path / "out.xml", "--html", tmp_path / "out.html", *words)
    assert ended.exit_code == 1
    assert "failed try: a try\n" in ended.output
    assert f"    again: doppelgrid test {path} --seed {seed}\n" in ended.output
    assert re.search(r"^try +failed +0/0 +unknown +0.0 s$", ended.output, re.MULTILINE)
    properties = {
        each.get("name"): each.get("value")
        for each in ElementTree.parse(tmp_path / "out.xml").iter("property")
    }
    assert properties["seed"] == str(seed)
    assert "simulated_s" not in properties
    assert '<td class="detail">unknown</td>' in (tmp_path / "out.html").read_text()


@pytest.mark.parametrize(
    "check",
    [
        "{never: app.refused > 3}", "{never: app.commands_per_minute > 20}", "{never: app.silence > 1 min}",
        "{eventually: app commands inv}", "{always: grid.power < 9 kW or not app commands}", "{kpi: refusals == 0}",
        "{kpi: import < 9 kWh and commands < 5}",
    ],
)  # fmt: skip
def test_what_is_about_an_application_needs_one(tmp_path: Path, check: str) -> None:
    path = scenario(tmp_path, f"checks:\n  - {{always: grid.power < 99 kW}}\n  - {check}\n")
    ended = run(path)
    assert ended.exit_code == 2
    condition = check.partition(": ")[2].rstrip("}")
    assert ended.output.startswith(f"{path}:6: checks[1].")
    assert (
        f"is '{condition}', about an application, of which there is none; accepted: `app:` in" in ended.output
    )
    (tmp_path / "app.py").write_text("raise SystemExit(3)\n")
    assert run(path, "--app", tmp_path / "app.py").exit_code == 1
    scenario(tmp_path, f"app: app.py\nchecks: [{check}]\n")
    assert run(path).exit_code == 1


def test_a_step_that_waits_for_an_application_needs_one(tmp_path: Path) -> None:
    path = scenario(tmp_path, f"steps:\n  - {{when: app commands inv, say: x}}\n{GOOD}")
    assert run(path).output.startswith(f"{path}:5: steps[0].when is 'app commands inv', about an application")


def test_components_may_be_called_as_the_application_is(tmp_path: Path) -> None:
    path = scenario(tmp_path, "checks: [{always: app.power < 9 kW}]\n")
    (tmp_path / "small.yaml").write_text(SITE.replace("main", "app"))
    assert run(path).exit_code == 0


@pytest.mark.parametrize("after_s", [pytest.param(0.02, marks=pytest.mark.slow), 0.5])
def test_ctrl_c_while_cases_are_prepared_leaves_no_traceback(after_s: float) -> None:
    script = (
        "import signal\n"
        "from doppelgrid.scenarios.suites.running.runner import prepared\n"
        "prepared()\n"
        "signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "print('begun', flush=True)\n"
        "input()\n"
    )
    # The processes that it starts have Ctrl-C from the same terminal.
    process = subprocess.Popen(
        [sys.executable, "-P", "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, start_new_session=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    time.sleep(after_s)
    os.killpg(process.pid, signal.SIGINT)
    assert process.communicate("\n", timeout=60)[0] == ""


def test_an_application_can_be_interrupted(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(
        "import os, signal\ntry:\n    os.kill(os.getpid(), signal.SIGINT)\n    print('deaf')\n"
        "except KeyboardInterrupt:\n    print('heard')\n"
    )
    run(scenario(tmp_path, f"app: app.py\n{GOOD}"), "--output", tmp_path / "out")
    assert (tmp_path / "out" / "try" / "app.log").read_text() == "heard\n"


def test_the_page_shows_the_example_as_it_is() -> None:
    root = Path(__file__).parents[2]
    example = (root / "examples" / "scenarios" / "inverter_trips.yaml").read_text()
    assert f"```yaml\n{example}```" in (root / "docs" / "how-to" / "scenarios.md").read_text()


@pytest.mark.slow
def test_the_examples_pass() -> None:
    ended = run(Path(__file__).parents[2] / "examples" / "scenarios", "--jobs", os.cpu_count() or 1)
    assert ended.exit_code == 0, ended.output
