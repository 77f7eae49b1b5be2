"""`doppelgrid report`: what its user types and sees."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

import doppelgrid
from doppelgrid.cli.main import app
from doppelgrid.sim.recording import Recorder
from doppelgrid.sim.simulation.simulation import Simulation

RUNNER = CliRunner()


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An hour of the demo site."""
    path = tmp_path_factory.mktemp("report") / "hour.parquet"
    site = doppelgrid.load_site("demo").with_telemetry_interval(60.0)
    simulation = Simulation.headless(site, start_us=site.moment_us(datetime(2026, 6, 15, 11)), seed=1)
    with Recorder(path, site) as recorder:
        recorder.listen(simulation.gateway)
        simulation.run_for(timedelta(hours=1))
    return path


def test_a_recording_is_told_of_in_lines_tables_and_a_chart(recording: Path) -> None:
    shown = RUNNER.invoke(app, ["report", str(recording)])
    assert shown.exit_code == 0, shown.output
    for word in (
        "Berlin demo (2200), 2026-06-15 11:01:00 to",
        "bat-inv",
        "cycles",
        "from the grid",
        "peak from the grid",
    ):
        assert word in shown.output
    assert "active power, means of" in shown.output
    assert all(len(line) <= 80 for line in shown.output.splitlines())


def test_a_page_needs_nothing_else(recording: Path, tmp_path: Path) -> None:
    page = tmp_path / "hour.html"
    assert RUNNER.invoke(app, ["report", str(recording), "--html", str(page)]).exit_code == 0
    text = page.read_text()
    assert text.startswith("<!doctype html>")
    assert "<svg" in text
    assert "<td>pv-inv</td>" in text
    asked = set(re.findall(r'(?:src|href)="([^"]+)"', text))
    assert not [name for name in asked if not name.startswith("#")], "nothing is fetched"
    again = tmp_path / "again.html"
    RUNNER.invoke(app, ["report", str(recording), "--html", str(again)])
    assert again.read_text() == text


def test_figures_are_written_as_json(recording: Path, tmp_path: Path) -> None:
    figures = tmp_path / "hour.json"
    assert RUNNER.invoke(app, ["report", str(recording), "--json", str(figures)]).exit_code == 0
    content = json.loads(figures.read_text(), parse_constant=pytest.fail)
    assert content["figures"]["import_wh"] > 0.0
    assert {flow["key"] for flow in content["flows"]} == {
        "grid",
        "main",
        "bat-inv",
        "pv-inv",
        "office",
        "machines",
    }
    printed = RUNNER.invoke(app, ["report", str(recording), "--json", "-"])
    assert json.loads(printed.output) == content


def test_a_recording_without_its_site_says_what_to_give(tmp_path: Path) -> None:
    path = tmp_path / "day.csv"
    path.write_text(
        "timestamp,microgrid_id,component_id,metric,value\n2026-06-15 10:00:00+00:00,7,2,AC_POWER_ACTIVE,1\n"
    )
    shown = RUNNER.invoke(app, ["report", str(path)])
    assert shown.exit_code == 2
    assert "give its file with --site" in shown.output


def test_what_is_no_journal_is_refused_by_its_line(recording: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.journal"
    wrong.write_text("hello\n")
    shown = RUNNER.invoke(app, ["report", str(recording), "--journal", str(wrong)])
    assert shown.exit_code == 2
    assert "wrong.journal:1: 'hello' is no event; accepted: a journal of a run" in shown.output


def test_a_tariff_tells_what_it_cost(recording: Path, tmp_path: Path) -> None:
    (tmp_path / "tariff.yaml").write_text(
        "tariff: one\nimport: 30 ct/kWh\nco2: 400 g/kWh\n", encoding="utf-8"
    )
    billed = ["report", str(recording), "--tariff", str(tmp_path / "tariff.yaml")]
    assert re.search(
        r"^cost \d+\.\d\d EUR: energy \d+\.\d\d EUR$", RUNNER.invoke(app, billed).output, re.MULTILINE
    )
    told = json.loads(RUNNER.invoke(app, [*billed, "--json", "-"]).output)
    assert told["currency"] == "EUR"
    assert told["figures"]["cost"] == pytest.approx(0.3e-3 * told["figures"]["import_wh"])
    assert told["figures"]["co2_kg"] == pytest.approx(0.4e-3 * told["figures"]["import_wh"])


def test_a_tariff_with_slips_is_refused_with_all_of_them(recording: Path, tmp_path: Path) -> None:
    (tmp_path / "tariff.yaml").write_text("tariff: one\nimport: 30 ct\nexport: 3\n", encoding="utf-8")
    refused = RUNNER.invoke(app, ["report", str(recording), "--tariff", str(tmp_path / "tariff.yaml")])
    assert refused.exit_code == 2
    assert [line.partition(" is ")[0].rpartition(":")[2] for line in refused.output.splitlines()] == [
        " import",
        " export",
    ]
