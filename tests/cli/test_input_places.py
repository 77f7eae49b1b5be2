"""What is wrong with an input is told with its place in the site file, whichever command meets it."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from doppelgrid.cli.main import app

SITE = """\
microgrid: {id: 1}
components:
  grid: {id: 1, category: grid_connection_point, rated_fuse_current: 100 A}
  main: {id: 2, category: meter, behind: grid}
  house: {id: 3, category: meter, behind: main, load: {file: load.csv, column: COLUMN, unit: W, positive: consumption}}
"""
SCENARIO = """\
scenario: a minute
site: site.yaml
start: 2026-06-15 00:00
duration: 1 min
checks:
  - {at: 30 s, expect: main.power > 0 W}
"""
COMMANDS = {
    "check": ("check", "site.yaml"),
    "simulate": ("simulate", "site.yaml", "--duration", "1h"),
    "run": ("run", "site.yaml", "--ephemeral-ports", "--duration", "1s", "--start", "2026-06-15"),
    "lockstep": ("lockstep", "site.yaml", "app.py", "--duration", "1h"),
    "fuzz": ("fuzz", "site.yaml", "--app", "app.py", "--minutes", "1"),
    "test": ("test", "scenario.yaml"),
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "load.csv").write_text("time,power\n2026-06-14T00:00:00Z,1\n2026-06-14T01:00:00Z,2\n")
    (tmp_path / "scenario.yaml").write_text(SCENARIO)
    (tmp_path / "app.py").write_text("")
    return tmp_path


@pytest.mark.parametrize("command", COMMANDS)
def test_what_is_wrong_with_a_file_is_told_with_the_line_and_the_input_that_name_it(
    folder: Path, command: str
) -> None:
    (folder / "site.yaml").write_text(SITE.replace("COLUMN", "powr"))
    ended = CliRunner().invoke(app, COMMANDS[command])
    assert ended.exit_code == 2
    assert "site.yaml:5: house.load: load.csv: column is 'powr'; accepted: one of time, power" in ended.stderr


@pytest.mark.parametrize("command", [name for name in COMMANDS if name != "check"])
def test_so_is_a_file_that_does_not_cover_the_start(folder: Path, command: str) -> None:
    (folder / "site.yaml").write_text(SITE.replace("COLUMN", "power"))
    ended = CliRunner().invoke(app, COMMANDS[command])
    assert ended.exit_code == 2
    assert "site.yaml:5: house.load: load.csv: start of the run is 2026-06-15" in ended.stderr
