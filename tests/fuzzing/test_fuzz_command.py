"""`doppelgrid fuzz`: what its user types and sees."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import Result
from suites.benches import SITE
from typer.testing import CliRunner

from doppelgrid.cli.main import app

RACE = Path(__file__).parent / "controllers" / "reads_bounds_rarely.py"
IN_BOUNDS = "set-points of the application are within the bounds that it was shown"


def run(*words: object) -> Result:
    return CliRunner(env={"COLUMNS": "200"}).invoke(app, [*map(str, words)])


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder with a small site and an application."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.yaml").write_text(SITE)
    (tmp_path / "app.py").touch()
    return tmp_path


@pytest.mark.slow
def test_a_race_between_a_command_and_a_change_of_bounds_is_found_and_made_small(folder: Path) -> None:
    controller = folder / "controller.py"
    controller.write_text(RACE.read_text())
    words = ("fuzz", "small.yaml", "--app", "controller.py", "--duration", "2 min", "--output", "corpus")
    found = run(*words, "--cases", "8", "--seed", "0")
    assert found.exit_code == 1, found.output
    assert f"found: {IN_BOUNDS}\n" in found.output
    (path,) = (folder / "corpus" / "failures").glob("set-points-*.yaml")
    assert len(path.read_text().splitlines()) < 15
    assert path.read_text().count(" - {at: ") == 1
    (again,) = re.findall(r"doppelgrid (test corpus/failures/set-points\S+)", found.output)
    tested = run(*again.split())
    assert tested.exit_code == 1
    assert IN_BOUNDS in tested.output

    before = run(*words, "--cases", "1")
    assert before.exit_code == 1
    assert "found before" in before.output

    # It asks each time, not once in ten times.
    controller.write_text(
        RACE.read_text().replace("range(10)", "range(1)").replace("sleep(6.0)", "sleep(6.2)")
    )
    mended = run(*words, "--cases", "1")
    assert mended.exit_code == 0, mended.output
    assert f"fails no longer: {path.name}\n" in mended.output
    assert (folder / "corpus" / "kept" / path.name).exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("smal.yaml", "--app", "app.py"), "smal.yaml: the file is not there; accepted: "),
        (("small.yaml", "--app", "none.py"), "--app is 'none.py', which is not there; accepted: "),
        (
            ("small.yaml", "--app", "app.py", "--minutes", "0"),
            "'0'; accepted: a number of minutes, more than 0",
        ),
        (
            ("small.yaml", "--app", "app.py", "--duration", "5 s"),
            "--duration is '5 s'; accepted: 30 s to 24 h",
        ),
        (("small.yaml", "--app", "app.py", "--output", "."), "--output is '.', which holds something else; "),
    ],
)
def test_what_is_written_wrongly_is_refused(folder: Path, words: tuple[str, ...], said: str) -> None:
    ended = run("fuzz", *words)
    assert ended.exit_code == 2
    assert said in ended.output


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("checks:\n  - {kpi: refusals == 0}\n  - {never: grid.pwer > 1 kW}\n", "mine.yaml:3: checks[1].never is "),
        ("without:\n  - commands\n  - sock\n", "mine.yaml:3: without[1] is 'sock'; accepted: "),
        ("checks: [{at: 3 min, expect: grid.power < 1 kW}]\n", "mine.yaml:1: checks[0].at is 3 min, "),
        ("checks: 3\n", "mine.yaml:1: checks is 3; accepted: a list"),
        ("steps: []\n", "mine.yaml:1: the file is a mapping; accepted: a mapping with checks and without"),
        ("checks: [", "mine.yaml:1: "),
        (None, "mine.yaml: the file is not there; accepted: "),
    ],
)  # fmt: skip
def test_checks_that_are_wrong_are_told_where_they_stand(folder: Path, text: str | None, said: str) -> None:
    if text is not None:
        (folder / "mine.yaml").write_text(text)
    ended = run("fuzz", "small.yaml", "--app", "app.py", "--checks", "mine.yaml", "--duration", "2 min")
    assert ended.exit_code == 2
    assert said in ended.output


@pytest.mark.parametrize("named_by", ["the option", "the checks"])
def test_checks_of_costs_fail_by_a_tariff_that_the_scenario_names(named_by: str, folder: Path) -> None:
    (folder / "prices").mkdir()
    (folder / "prices" / "tariff.yaml").write_text("tariff: dear\nimport: 30 ct/kWh\n")
    checks = "checks:\n  - {kpi: cost <= 0 €}\n"
    words: tuple[str, ...] = ("--tariff", "prices/tariff.yaml")
    if named_by == "the checks":
        checks, words = f"tariff: prices/tariff.yaml\n{checks}", ()
    (folder / "mine.yaml").write_text(checks)
    (folder / "app.py").write_text("import asyncio\nasyncio.run(asyncio.sleep(1e6))\n")
    found = run(
        "fuzz", "small.yaml", "--app", "app.py", "--checks", "mine.yaml", *words, "--cases", "1", "--jobs", "1",
        "--duration", "30 s", "--output", "corpus",
    )  # fmt: skip
    assert found.exit_code == 1, found.output
    (path,) = (folder / "corpus" / "failures").glob("*.yaml")
    assert "tariff: ../../prices/tariff.yaml\n" in path.read_text()
    assert run("test", path).exit_code == 1


def test_checks_of_costs_need_a_tariff_and_one_that_covers_the_cases(folder: Path) -> None:
    (folder / "mine.yaml").write_text("checks:\n  - {kpi: cost <= 0 €}\n")
    words = ("fuzz", "small.yaml", "--app", "app.py", "--checks", "mine.yaml")
    assert "mine.yaml:2: checks[0].kpi is " in run(*words).output
    (folder / "prices.csv").write_text("time,price\n2026-06-15T00:00,20\n2026-06-15T01:00,40\n")
    (folder / "tariff.yaml").write_text(
        "tariff: two hours\nimport: {file: prices.csv, column: price, unit: ct/kWh, timezone: UTC}\n"
    )
    ended = run(*words, "--tariff", "tariff.yaml")
    assert ended.exit_code == 2
    assert (
        "tariff.yaml:2: import.file is 'prices.csv', whose start of the run is 2026-06-14T22:00:00+00:00"
        in ended.output
    )
