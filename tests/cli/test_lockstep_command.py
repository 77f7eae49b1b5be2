"""`doppelgrid lockstep`: what its user types and sees."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from doppelgrid.cli.main import app

RUNNER = CliRunner()


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


def test_a_journal_on_a_full_disk_is_told_with_its_name(sleeper: Path) -> None:
    shown = RUNNER.invoke(
        app, ["lockstep", "demo", str(sleeper), "--duration", "1h", "--journal", "/dev/full"]
    )
    assert shown.exit_code == 2
    assert "/dev/full: No space left on device" in shown.output


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
