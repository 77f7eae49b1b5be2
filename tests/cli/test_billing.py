"""`--tariff` of commands that run a site: what their user types and sees, against hand calculations."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from doppelgrid.cli.main import app

RUNNER = CliRunner(env={"COLUMNS": "200"})
COMMAND = str(Path(sys.executable).parent / "doppelgrid")
START = ("--start", "2026-06-15T16:30")
SITE = """
microgrid: {id: 7, name: Shop, location: {latitude: 52.5, longitude: 13.4, timezone: Europe/Berlin}}
components:
  grid: {id: 1, category: grid_connection_point}
  main: {id: 2, category: meter, behind: grid, load: 8 kW}
"""
TARIFF = """
tariff: an evening
import: {windows: [{price: 40 ct/kWh, from: "17:00", to: "24:00"}], otherwise: 20 ct/kWh}
peak: {price: 10 €/kW}
co2: 300 g/kWh
"""
COSTS = (
    "cost 82.40 EUR: energy 2.40 EUR, peaks 80.00 EUR",
    "CO2 that came with energy from the grid: 2.4 kg",
)
"""Of 8 kW for half an hour at 20 ct and another at 40 ct, of 10 € a kW, and of 300 g/kWh."""


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder with a site, its tariffs and an application that only sleeps."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shop.yaml").write_text(SITE)
    (tmp_path / "tariff.yaml").write_text(TARIFF)
    (tmp_path / "evening.yaml").write_text(
        "tariff: one evening\nimport: {file: evening.csv, column: price, unit: ct/kWh, timezone: Europe/Berlin}\n"
    )
    (tmp_path / "evening.csv").write_text(
        "time,price\n2026-06-15T16:00,20\n2026-06-15T17:00,40\n2026-06-15T18:00,40\n"
    )
    (tmp_path / "sleeper.py").write_text("import asyncio\nasyncio.run(asyncio.sleep(1e6))\n")
    return tmp_path


@pytest.mark.usefixtures("shop", "interpreted")
@pytest.mark.parametrize("resolution", ["1 s", "1 min", "5 min"])
def test_a_run_without_clients_ends_with_its_costs(resolution: str) -> None:
    words = ["simulate", "shop.yaml", *START, "--duration", "1 h", "--resolution", resolution]
    shown = RUNNER.invoke(app, [*words, "--tariff", "tariff.yaml", "--summary", "summary.json"])
    assert shown.exit_code == 0, shown.output
    for line in COSTS:
        assert line in shown.output
    costs = json.loads(Path("summary.json").read_text())["costs"]
    assert costs["cost"] == pytest.approx(82.4)
    assert costs["currency"] == "EUR"


@pytest.mark.usefixtures("shop", "interpreted")
def test_each_run_of_an_ensemble_is_billed() -> None:
    words = ["simulate", "shop.yaml", *START, "--duration", "1 h", "--runs", "2", "--workers", "1"]
    shown = RUNNER.invoke(app, [*words, "--tariff", "tariff.yaml", "--results", "all.csv"])
    assert shown.exit_code == 0, shown.output
    assert "cost EUR" in shown.output
    table = pd.read_csv("all.csv")
    assert table["cost_eur"].tolist() == pytest.approx([82.4, 82.4])
    assert table["co2_kg"].tolist() == pytest.approx([2.4, 2.4])


@pytest.mark.usefixtures("shop")
def test_an_application_in_virtual_time_ends_with_what_its_site_cost() -> None:
    shown = RUNNER.invoke(
        app, ["lockstep", "shop.yaml", "sleeper.py", *START, "--duration", "1 h", "--tariff", "tariff.yaml"]
    )
    assert shown.exit_code == 0, shown.output
    for line in COSTS:
        assert line in shown.output


@pytest.mark.usefixtures("shop")
def test_a_live_site_ends_with_its_costs() -> None:
    words = ["run", "shop.yaml", *START, "--duration", "1 h", "--speed", "3600", "--ephemeral-ports"]
    ended = subprocess.run(
        [COMMAND, *words, "--tariff", "tariff.yaml"],
        capture_output=True,
        text=True,
        timeout=30.0,
        check=False,
    )
    assert "cost 82." in ended.stdout, ended.stdout + ended.stderr
    assert "peaks 80.00 EUR" in ended.stdout


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize(
    "words",
    [
        ("simulate", "shop.yaml"),
        ("simulate", "shop.yaml", "--runs", "2"),
        ("run", "shop.yaml", "--ephemeral-ports"),
        ("lockstep", "shop.yaml", "sleeper.py"),
    ],
    ids=" ".join,
)
def test_a_tariff_that_does_not_cover_the_run_is_refused_before_it(words: tuple[str, ...]) -> None:
    shown = RUNNER.invoke(app, [*words, *START, "--duration", "3 h", "--tariff", "evening.yaml"])
    assert shown.exit_code == 2, shown.output
    assert (
        "evening.yaml:2: import.file is 'evening.csv', whose content is without a value from "
        "2026-06-15T19:00:00+02:00 to 2026-06-15T19:30:00+02:00, the end of the run"
    ) in shown.output


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize(
    "words",
    [("run", "shop.yaml", "--ephemeral-ports"), ("lockstep", "shop.yaml", "sleeper.py")],
    ids=" ".join,
)
def test_a_run_whose_end_is_not_known_has_no_tariff_that_ends(words: tuple[str, ...]) -> None:
    shown = RUNNER.invoke(app, [*words, *START, "--tariff", "evening.yaml"])
    assert shown.exit_code == 2, shown.output
    assert (
        "from 2026-06-15T19:00:00+02:00 on, and it is not said when the run ends; accepted: " in shown.output
    )


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize(
    "words",
    [
        ("simulate", "shop.yaml"),
        ("run", "shop.yaml", "--ephemeral-ports"),
        ("lockstep", "shop.yaml", "sleeper.py"),
        ("fuzz", "shop.yaml", "--app", "sleeper.py"),
    ],
    ids=" ".join,
)
def test_a_tariff_that_is_not_there_is_refused(words: tuple[str, ...]) -> None:
    shown = RUNNER.invoke(app, [*words, "--tariff", "none.yaml"])
    assert shown.exit_code == 2, shown.output
    assert "none.yaml: the file is not there; accepted: the path of a tariff file" in shown.output
