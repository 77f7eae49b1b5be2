"""No output of a command takes the place of what the same command reads or writes."""

from __future__ import annotations

import gzip
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import typer
from typer.testing import CliRunner

from doppelgrid import load_site
from doppelgrid.cli.former_outputs import is_former_output
from doppelgrid.cli.main import app
from doppelgrid.cli.options import check_writable, writing
from doppelgrid.sim.ensemble.ensemble import Result, table
from doppelgrid.sim.simulation.simulation import Simulation

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
    (tmp_path / "commands").write_text("{}\n")
    (tmp_path / "site.csv").write_text(SITE)
    (tmp_path / "note.txt").write_text("what I found\n")
    (tmp_path / "settings").write_text("[build-system]\n")
    (tmp_path / "sub").mkdir()
    (tmp_path / "prices.csv").write_text(
        "time,price\n2026-06-15T00:00:00+02:00,0.3\n2026-06-16T00:00:00+02:00,0.3\n"
    )
    (tmp_path / "dynamic.txt").write_text(
        "tariff: by the hour\nimport: {file: prices.csv, column: price, unit: EUR/kWh}\n"
    )
    (tmp_path / "good.txt").write_text(
        "scenario: calm\nsite: site.txt\nduration: 1 min\nchecks: [{always: grid.power < 99 kW}]\n"
    )
    (tmp_path / "package.json").write_text('{\n  "name": "mine",\n  "version": "1"\n}\n')
    (tmp_path / "pom.xml").write_text("<?xml version='1.0' encoding='utf-8'?>\n<project/>\n")
    (tmp_path / "page.html").write_text("<!doctype html>\n<title>mine</title>\n")
    (tmp_path / "shopping").write_text("10 apples\n")
    (tmp_path / "measured.csv.gz").write_bytes(gzip.compress(b"time,w\n0,1\n"))
    pq.write_table(pa.table({"time": [0], "w": [1.0]}), tmp_path / "measured.parquet")
    (tmp_path / "damaged.parquet").write_bytes(b"PAR1 and no more")
    (tmp_path / "application.py").write_text("import asyncio\nasyncio.run(asyncio.sleep(9))\n")
    (tmp_path / "controller").write_text("#!/bin/sh\nexec sleep 100\n")
    (tmp_path / "controller").chmod(0o755)
    (tmp_path / "earlier").mkdir()
    (tmp_path / "earlier" / "verdict.json").write_text("{}\n")
    return tmp_path


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


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
        ("run site.txt --emit-endpoints site.txt", "--emit-endpoints is 'site.txt', as SITE site.txt is"),
        ("run site.txt --emit-endpoints note.txt", "--emit-endpoints is 'note.txt', which is there"),
        ("lockstep site.txt controller --journal note.txt", "--journal is 'note.txt', which is there"),
        ("simulate site.txt --summary settings", "--summary is 'settings', which is there"),
        ("run site.csv --record site.csv", "--record is 'site.csv', as SITE site.csv is"),
        (
            "run site.txt --tariff dynamic.txt --record prices.csv",
            "'prices.csv' is a table of prices of 'dynamic.txt'",
        ),
        (
            "run site.txt --record new.csv --emit-endpoints new.csv.part",
            "--record is 'new.csv', as --emit-endpoints is",
        ),
        ("run site.txt --record new.csv --emit-endpoints sub/../new.csv", "as --emit-endpoints is"),
        ("simulate site.txt --summary note.txt", "--summary is 'note.txt', which is there and would be lost"),
        ("test good.txt --junit good.txt", "--junit is 'good.txt', which is there and would be lost"),
        ("test good.txt --html site.txt", "--html is 'site.txt', which is there and would be lost"),
        ("test good.txt --app ./controller --junit controller", "--junit is 'controller', which is there"),
        ("test good.txt --junit earlier/verdict.json", "--junit is 'earlier/verdict.json', which is there"),
        ("test good.txt --junit new --html sub/../new", "--junit and --html are both 'sub/../new'"),
        ("report day.csv --html new --json ./new", "--html is 'new', as --json is"),
        ("simulate site.txt --summary package.json", "--summary is 'package.json', which is there"),
        ("report day.csv --json package.json", "--json is 'package.json', which is there"),
        ("report day.csv --html page.html", "--html is 'page.html', which is there"),
        ("run site.txt --emit-endpoints package.json", "--emit-endpoints is 'package.json', which is there"),
        ("test good.txt --junit pom.xml", "--junit is 'pom.xml', which is there"),
        ("test good.txt --html page.html", "--html is 'page.html', which is there"),
        ("lockstep site.txt controller --journal shopping", "--journal is 'shopping', which is there"),
        ("simulate site.txt --runs 2 --results prices.csv", "--results is 'prices.csv', which is there"),
        ("simulate site.txt --results measured.csv.gz", "--results is 'measured.csv.gz', which is there"),
        ("simulate site.txt --results measured.parquet", "--results is 'measured.parquet', which is there"),
        ("simulate site.txt --results damaged.parquet", "--results is 'damaged.parquet', which is there"),
        (
            "simulate site.txt --record prices.csv",
            "prices.csv: file is there, not recorded by this version, and would be lost",
        ),
        (
            "run site.txt --record measured.parquet",
            "measured.parquet: file is there, not recorded by this version",
        ),
    ],
)
def test_a_file_that_a_command_is_given_twice_is_left_as_it_is(words: str, said: str, folder: Path) -> None:
    before = contents(folder)
    ended = CliRunner(env={"COLUMNS": "200"}).invoke(app, words.split())
    assert (ended.exit_code, said in ended.output) == (2, True), ended.output
    assert contents(folder) == before


@pytest.mark.usefixtures("interpreted")
@pytest.mark.parametrize(
    "words",
    [
        "test good.txt --junit out.xml --html out.html --output out",
        "simulate site.txt --duration 1min --summary out.json --record out.csv",
        "simulate site.txt --duration 1min --runs 1 --workers 1 --results out.csv",
        "simulate site.txt --duration 1min --runs 1 --workers 1 --results out.csv.gz",
        "simulate site.txt --duration 1min --runs 1 --workers 1 --results out.parquet",
        "report early.parquet --json out.json --html out.html",
        "run site.txt --ephemeral-ports --duration 100ms --start 2026-06-15T12:00 --emit-endpoints out --record o.csv",
        "lockstep site.txt application.py --duration 1s --journal out",
    ],
)
def test_what_the_same_option_has_written_is_written_anew(words: str, folder: Path) -> None:
    if words.startswith("report"):
        CliRunner().invoke(app, ["simulate", "site.txt", "--duration", "1min", "--record", "early.parquet"])
    for _ in range(2):
        ended = CliRunner().invoke(app, words.split())
        assert ended.exit_code == 0, ended.output
    assert any(path.stat().st_size for path in folder.glob("out*"))


ALIKE = {
    "--summary": '{\n  "grid": {\n    "voltage": 400\n  }\n}\n',
    "--json": '{\n  "name": "mine",\n  "microgrid_id": 1\n}\n',
    "--html": '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>mine</title></head></html>\n',
    "--emit-endpoints": '{"microgrids": [{"id": 1, "load": "1 kW"}]}\n',
    "--file": "[7,1781517600000000,[1781517600000000,3,{}],[[],{}]]",
    "--journal": "1781517600000000 started to collect\n",
    "--results": "run,seed,error\n0,1,0.25\n",
    "--junit": "<?xml version='1.0' encoding='utf-8'?>\n<testsuites>\n  <testsuite name=\"mine\" />\n</testsuites>\n",
}
"""What others write, by the option of which an output begins alike."""


@pytest.mark.parametrize("option", ALIKE)
def test_what_begins_like_an_output_is_none(option: str, tmp_path: Path) -> None:
    (tmp_path / "out").write_text(ALIKE[option])
    assert not is_former_output(option, tmp_path / "out")


def test_so_it_is_with_tables_of_results_in_parquet(tmp_path: Path) -> None:
    pq.write_table(pa.table({"run": [0], "seed": [1], "error": [0.25]}), tmp_path / "out.parquet")
    assert not is_former_output("--results", tmp_path / "out.parquet")


def test_a_table_of_failures_alone_is_known_as_one_of_results(tmp_path: Path) -> None:
    table([Result(0, 1, {"battery.capacity": "1 kWh"}, {}, "no")]).to_csv(tmp_path / "out.csv", index=False)
    assert is_former_output("--results", tmp_path / "out.csv")


@pytest.mark.parametrize(
    "head",
    [
        "<title>demo</title><style>body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;",
        '<meta name="viewport" content="width=device-width, initial-scale=1"><title>1 passed, 0 failed</title><style>'
        "*{box-sizing:border-box}body{font:15px/1.5 system-ui,sans-serif;max-width:76rem;margin:1.5rem auto;",
    ],
)
def test_pages_of_the_last_version_are_known(head: str, tmp_path: Path) -> None:
    start = '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
    (tmp_path / "out.html").write_text(f"{start}{head}padding:0 1rem;color:#222}}</style></head></html>\n")
    assert is_former_output("--html", tmp_path / "out.html")


def test_a_snapshot_in_a_file_is_known(tmp_path: Path) -> None:
    Simulation.headless(load_site("demo"), start_us=0).save().write(tmp_path / "out")
    assert is_former_output("--file", tmp_path / "out")


def test_what_appears_before_an_output_is_written_stays(tmp_path: Path) -> None:
    path = tmp_path / "out.csv.gz"
    for told in ("out.new.csv.gz", "out.new-2.csv.gz"):
        path.unlink(missing_ok=True)
        check_writable("--results", path)
        path.write_text("what I found\n")
        with pytest.raises(typer.Exit) as ended, writing("--results", path) as place:
            place.write_text("results\n")
        assert ended.value.exit_code == 2
        assert (path.read_text(), (tmp_path / told).read_text()) == ("what I found\n", "results\n")


def test_what_is_no_file_takes_all_that_is_written(folder: Path) -> None:
    ended = CliRunner().invoke(app, ["test", "good.txt", "--junit", "/dev/null", "--html", "/dev/null"])
    assert ended.exit_code == 0, ended.output
