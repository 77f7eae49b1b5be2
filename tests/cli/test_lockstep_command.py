"""`doppelgrid lockstep`: what its user types and sees."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest
from support.small_files import small_files
from typer.testing import CliRunner

import doppelgrid
from doppelgrid.cli.main import app

RUNNER = CliRunner()
NOON = 1_781_517_600_000_000
"""2026-06-15 12:00 in Berlin [µs]."""


@pytest.fixture
def sleeper(tmp_path: Path) -> Path:
    """An application that only sleeps."""
    script = tmp_path / "sleeper.py"
    script.write_text("import asyncio\nasyncio.run(asyncio.sleep(1e6))\n")
    return script


def test_a_journal_that_cannot_be_written_is_refused_before_the_run(sleeper: Path, tmp_path: Path) -> None:
    nowhere = tmp_path / "missing" / "journal.txt"
    shown = RUNNER.invoke(app, ["lockstep", "demo", str(sleeper), "--journal", str(nowhere)])
    assert shown.exit_code == 2
    assert f"--journal is '{nowhere}'; accepted: a file in a folder that can be written to" in shown.output


def test_a_journal_on_a_full_disk_is_told_before_the_run(sleeper: Path) -> None:
    shown = RUNNER.invoke(app, ["lockstep", "demo", str(sleeper), "--journal", "/dev/full"])
    assert shown.exit_code == 2
    assert "--journal is '/dev/full' (No space left on device); accepted: a file" in shown.output


def test_a_journal_that_cannot_be_written_whole_is_told_with_its_name(sleeper: Path, tmp_path: Path) -> None:
    journal = tmp_path / "journal.txt"
    with small_files():
        shown = RUNNER.invoke(
            app, ["lockstep", "demo", str(sleeper), "--duration", "10s", "--journal", str(journal)]
        )
    assert shown.exit_code == 2
    assert f"{journal}: File too large" in shown.output


def test_parts_of_a_recording_are_not_asked_for_beside_a_site(sleeper: Path) -> None:
    shown = RUNNER.invoke(app, ["lockstep", "demo", str(sleeper), "--simulate", "battery"])
    assert shown.exit_code == 2
    assert (
        "--simulate is 'battery', but all of a site is simulated; accepted: with a recording" in shown.output
    )


@pytest.mark.parametrize(
    "words",
    [["lockstep", "demo", "app.py"], ["run", "demo"], ["simulate", "demo"], ["replay", "day.csv"]],
    ids=lambda words: words[0],
)
def test_metrics_to_record_are_not_asked_for_without_a_recording(words: list[str]) -> None:
    shown = RUNNER.invoke(app, [*words, "--record-metrics", "all"])
    assert shown.exit_code == 2
    assert "--record-metrics is 'all' without --record; accepted: with --record FILE" in shown.output


def test_a_crash_comes_before_what_the_site_did(tmp_path: Path) -> None:
    script = tmp_path / "app.py"
    script.write_text("import asyncio\nasyncio.run(asyncio.sleep(70.5))\nraise KeyError('price')\n")
    shown = RUNNER.invoke(app, ["lockstep", "demo", str(script), "--duration", "1h"])
    assert shown.exit_code == 4
    parts = [
        shown.output.index(part)
        for part in ("KeyError: 'price'", "the application crashed at", "2200), 2026")
    ]
    assert parts == sorted(parts)


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("raise KeyboardInterrupt", 4, "the application itself raised KeyboardInterrupt at "),
        ("import sys; sys.exit('no battery')", 6, "no battery\nthe application exited with code 1 at "),
    ],
)
def test_it_is_told_on_standard_error_how_an_application_ended(
    tmp_path: Path, text: str, code: int, said: str
) -> None:
    script = tmp_path / "app.py"
    script.write_text(text)
    shown = RUNNER.invoke(app, ["lockstep", "demo", str(script), "--duration", "1h"])
    assert shown.exit_code == code
    assert said in shown.stderr


@pytest.mark.parametrize("asked", ["state('inv')", "events()"])
def test_a_client_of_the_control_service_is_told_that_there_is_none(tmp_path: Path, asked: str) -> None:
    script = tmp_path / "app.py"
    script.write_text(
        "import asyncio, os, doppelgrid\n"
        "async def main():\n"
        "    async with doppelgrid.ControlClient(os.environ['MICROGRID_API_URL']) as site:\n"
        f"        await site.{asked}\n"
        "asyncio.run(main())\n"
    )
    shown = RUNNER.invoke(app, ["lockstep", "demo", str(script), "--duration", "1h"])
    assert "ControlError: lockstep has no control service; use steps of a scenario file" in shown.stderr


def test_what_follows_two_dashes_is_the_application_s(tmp_path: Path) -> None:
    script = tmp_path / "app.py"
    script.write_text("import sys\nprint(sys.argv[1:])\n")
    shown = RUNNER.invoke(app, ["lockstep", "demo", "--duration", "1s", "--", str(script), "--duration", "3"])
    assert "['--duration', '3']" in shown.output


def test_an_application_finds_the_address_in_its_environment_whatever_stood_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MICROGRID_API_URL", "grpc://[::1]:9999")
    script = tmp_path / "app.py"
    script.write_text("import os\nprint(os.environ['MICROGRID_API_URL'])\n")
    words = ["lockstep", "demo", "--duration", "1s", "--address", "localhost:5000", str(script)]
    assert "grpc://localhost:5000\n" in RUNNER.invoke(app, words).output
    assert os.environ["MICROGRID_API_URL"] == "grpc://[::1]:9999"


def test_a_module_is_run_in_place_of_a_script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "night_shift.py").write_text("import sys\nprint(__name__, sys.argv[1:])\n")
    monkeypatch.chdir(tmp_path)
    shown = RUNNER.invoke(app, ["lockstep", "demo", "--duration", "1s", "-m", "night_shift", "--limit", "30"])
    assert "__main__ ['--limit', '30']" in shown.output


@pytest.mark.parametrize(
    "head", ["#!/usr/bin/env python3\n", "#!/bin/sh\n'''exec' /far/python \"$0\" \"$@\"\n' '''\n"]
)
def test_an_installed_command_is_run(head: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    command = tmp_path / "night-shift"
    command.write_text(f"{head}print('on duty')\n")
    command.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    shown = RUNNER.invoke(app, ["lockstep", "demo", "night-shift", "--duration", "1s"])
    assert "on duty" in shown.output


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["demo"],
            "APP is missing; accepted: the path of a Python script, an installed command, or -m MODULE",
        ),
        (["demo", "-m", "no.such"], "no module 'no.such'; accepted: one that can be imported from"),
        (["demo", "cat"], "is no Python script; accepted: a script or an installed command of Python"),
        (
            ["demo", "app.py", "--site", "demo"],
            "--site is 'demo', but SITE is a site; accepted: beside a recording",
        ),
    ],
)
def test_what_cannot_be_run_is_refused(words: list[str], message: str) -> None:
    shown = RUNNER.invoke(app, ["lockstep", *words])
    assert message in " ".join(shown.output.replace("│", " ").split())
    assert shown.exit_code != 0


def test_without_an_end_it_says_until_when_it_runs(tmp_path: Path) -> None:
    script = tmp_path / "app.py"
    script.write_text("")
    shown = RUNNER.invoke(app, ["lockstep", "demo", str(script)])
    assert "without --duration it runs until the application returns, or until Ctrl-C" in shown.output


def test_a_recording_without_its_site_takes_that_of_site(sleeper: Path, tmp_path: Path) -> None:
    day = tmp_path / "day.csv"
    simulation = doppelgrid.Simulation.headless(doppelgrid.load_site("demo"), start_us=NOON)
    with doppelgrid.Recorder(day, simulation.site, seed=0) as recorder:
        recorder.listen(simulation.gateway)
        simulation.run_for(timedelta(seconds=10))
    shown = RUNNER.invoke(app, ["lockstep", str(day), str(sleeper), "--site", "demo"])
    assert shown.exit_code == 0, shown.output


def test_a_run_ends_with_what_the_site_did(sleeper: Path) -> None:
    shown = RUNNER.invoke(app, ["lockstep", "demo", str(sleeper), "--duration", "5s", "--interval", "1s"])
    for words in (
        "Berlin demo (2200), 2026-06-15 00:00:00 to 2026-06-15 00:00:05, 5 s",
        "bat-inv",
        "from the grid",
    ):
        assert words in shown.output


class TestSeveralEventLoops:
    """Of one application, one after another."""

    SLEEPS = "import asyncio\nfor seconds in {}:\n  asyncio.run(asyncio.sleep(seconds))\n"

    def reported(self, folder: Path, site: str, sleeps: str, *words: str) -> str:
        """Return what is told of the site."""
        script = folder / "app.py"
        script.write_text(self.SLEEPS.format(sleeps))
        return RUNNER.invoke(app, ["lockstep", site, str(script), "--duration", "1d", *words]).stdout

    @pytest.mark.parametrize("site", ["demo", "commercial"])
    def test_are_reported_as_one_is(self, tmp_path: Path, site: str) -> None:
        words = ["--start", "2026-06-15T10:00", "--interval", "10s"]
        in_one = self.reported(tmp_path, site, "[3600]", *words)
        assert "2026-06-15 10:00:00 to 2026-06-15 11:00:00, 1 h" in in_one
        assert self.reported(tmp_path, site, "[1200, 900, 1500]", *words) == in_one

    def test_at_a_recording_are_reported_as_one_is(self, tmp_path: Path) -> None:
        day = tmp_path / "day.csv"
        simulation = doppelgrid.Simulation.headless(doppelgrid.load_site("demo"), start_us=NOON)
        with doppelgrid.Recorder(day, simulation.site, seed=0) as recorder:
            recorder.listen(simulation.gateway)
            simulation.run_for(timedelta(seconds=60))
        words = ["--site", "demo", "--simulate", "battery,bat-inv"]
        in_one = self.reported(tmp_path, str(day), "[50]", *words)
        assert in_one.count("2026-06-15 12:00:00 to ") == 1
        assert self.reported(tmp_path, str(day), "[20, 30]", *words) == in_one


def test_what_of_a_recording_is_left_out_is_told(sleeper: Path, tmp_path: Path) -> None:
    day = tmp_path / "day.csv"
    day.write_text(
        "timestamp,microgrid_id,component_id,metric,value\n"
        "2026-06-15 10:00:00+00:00,2200,2,AC_ACTIVE_POWER,1000\n"
        "2026-06-15 10:00:01+00:00,2200,2,FOO_BAR,1000\n"
    )
    shown = RUNNER.invoke(app, ["lockstep", str(day), str(sleeper), "--site", "demo"])
    assert f"{day}: metrics FOO_BAR are not known: left out" in shown.output


@pytest.mark.parametrize("words", [["lockstep", "demo", "app.py"], ["run", "demo"], ["simulate", "demo"]])
def test_extremes_are_not_asked_for_without_a_recording(words: list[str]) -> None:
    shown = RUNNER.invoke(app, [*words, "--record-extremes"])
    assert shown.exit_code == 2
    assert "--record-extremes is given without --record; accepted: with --record FILE" in shown.output
