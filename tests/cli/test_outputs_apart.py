"""No output of a command takes the place of what the same command reads or writes."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from doppelgrid.cli.main import app

SITE = """
microgrid: {id: 1, name: A}
components:
  grid: {id: 1, category: grid_connection_point, rated_fuse_current: 63 A}
  main: {id: 2, category: meter, behind: grid, load: {file: load.csv, column: w, unit: W, positive: consumption}}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "site.txt").write_text(SITE)
    (tmp_path / "load.csv").write_text(
        "time,w\n2026-06-15T00:00:00+02:00,1000\n2026-06-16T00:00:00+02:00,1000\n"
    )
    (tmp_path / "tariff.txt").write_text("import: 0.3 EUR/kWh\n")
    (tmp_path / "day.csv").write_text("a recording\n")
    (tmp_path / "commands").write_text("a journal\n")
    return tmp_path


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("simulate site.txt --summary site.txt", "--summary is 'site.txt', as SITE is"),
        (
            "simulate demo --summary new --tariff tariff.txt --record ./new",
            "--record is 'new', as --summary is",
        ),
        (
            "simulate demo --runs 2 --tariff day.csv --results day.csv",
            "--results is 'day.csv', as --tariff is",
        ),
        (
            "simulate site.txt --record load.csv",
            "load.csv: file is one that drives the site; accepted: another name",
        ),
        ("simulate site.txt --runs 2 --results load.csv", "load.csv: file is one that drives the site"),
        ("run site.txt --ephemeral-ports --record load.csv", "load.csv: file is one that drives the site"),
        (
            "run --tariff tariff.txt --emit-endpoints tariff.txt",
            "--emit-endpoints is 'tariff.txt', as --tariff is",
        ),
        ("lockstep site.txt tariff.txt --journal tariff.txt", "--journal is 'tariff.txt', as APP.py is"),
        ("replay day.csv --site demo --record day.csv", "--record is 'day.csv', as RECORDING is"),
        ("report day.csv --journal commands --json commands", "--json is 'commands', as --journal is"),
        ("report day.csv --html new --json ./new", "--html is 'new', as --json is"),
    ],
)
def test_a_file_that_a_command_is_given_twice_is_left_as_it_is(words: str, said: str, folder: Path) -> None:
    before = {path.name: path.read_text() for path in folder.iterdir()}
    ended = CliRunner(env={"COLUMNS": "200"}).invoke(app, words.split())
    assert (ended.exit_code, said in ended.output) == (2, True), ended.output
    assert {path.name: path.read_text() for path in folder.iterdir()} == before
