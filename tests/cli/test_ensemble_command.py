"""`doppelgrid simulate` over seeds and parameters: what its user types and sees."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from doppelgrid.cli.main import app

RUNNER = CliRunner(env={"COLUMNS": "200"})
SHORT = ["simulate", "demo", "--duration", "30min", "--resolution", "1min", "--workers", "1"]
VARY = "vary:\n  battery.capacity: [46 kWh, 92 kWh]\n  pv-inv.tilt: {from: 10 °, to: 40 °}\n"


@pytest.fixture
def vary(tmp_path: Path) -> str:
    path = tmp_path / "vary.yaml"
    path.write_text(VARY, "utf-8")
    return str(path)


@pytest.mark.usefixtures("interpreted")
@pytest.mark.parametrize("suffix", ["csv", "csv.gz", "parquet"])
def test_an_ensemble_ends_with_a_row_for_each_combination_and_a_file_of_all_runs(
    tmp_path: Path, vary: str, suffix: str
) -> None:
    path = tmp_path / f"all.{suffix}"
    shown = RUNNER.invoke(
        app, [*SHORT, "--runs", "3", "--vary", vary, "--results", str(path), "--self-consumption"]
    )
    assert shown.exit_code == 0, shown.output
    for word in (
        "battery.capacity",
        "46 kWh",
        "92 kWh",
        "from grid kWh",
        "mean, least and greatest",
        "6 of 6 runs of 30 min",
    ):
        assert word in shown.output
    frame = pd.read_parquet(path) if suffix == "parquet" else pd.read_csv(path)
    assert list(frame["run"]) == list(range(6))
    assert list(frame["battery.capacity [kWh]"]) == [46.0, 92.0] * 3


@pytest.mark.usefixtures("interpreted")
def test_seeds_alone_make_an_ensemble() -> None:
    shown = RUNNER.invoke(app, [*SHORT, "--runs", "2", "--seed", "4"])
    assert shown.exit_code == 0, shown.output
    assert "2 of 2 runs" in shown.output


def test_what_is_wrong_with_variations_is_told_before_anything_runs(tmp_path: Path) -> None:
    path = tmp_path / "vary.yaml"
    path.write_text("vary:\n  battery.capacity:\n    - 46 kWh\n    - 46 kW\n", "utf-8")
    shown = RUNNER.invoke(app, [*SHORT, "--vary", str(path)])
    assert shown.exit_code == 2
    assert "vary.yaml:4: battery.capacity is 46 kW; accepted: a number with a unit (kWh," in shown.output


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--runs", "2", "--record", "a.csv"], "--record is of a single run; accepted: without --runs, "),
        (["--runs", "2", "--summary", "a.json"], "--summary is of a single run"),
        (["--runs", "2", "--dask", "tcp://127.0.0.1:1"], "accepted: either --workers or --dask"),
        (["--results", "all.xlsx"], "accepted: a path that ends with .csv, .csv.gz, .parquet"),
        (["--results", "nowhere/all.csv"], "accepted: a file in a folder that can be written to"),
        (["--vary", "nowhere.yaml"], "nowhere.yaml: the file is not there"),
        (["--runs", "1000000"], "accepted: 1 to 100000 runs together"),
    ],
)
def test_options_that_make_no_sense_are_refused_in_words(words: list[str], message: str) -> None:
    shown = RUNNER.invoke(app, [*SHORT, *words])
    assert shown.exit_code == 2
    assert message in shown.output


@pytest.mark.usefixtures("interpreted")
def test_a_run_that_fails_is_told_with_its_values_and_the_others_are_written(tmp_path: Path) -> None:
    (tmp_path / "late.csv").write_text("timestamp,value\n2030-01-01T00:00:00Z,1\n2030-01-02T00:00:00Z,2\n")
    late = f"{{file: {tmp_path / 'late.csv'}, unit: kW, positive: consumption}}"
    (tmp_path / "vary.yaml").write_text(f"vary:\n  office.load: [3 kW, {late}]\n")
    files = [str(tmp_path / name) for name in ("vary.yaml", "all.csv")]
    shown = RUNNER.invoke(app, [*SHORT, "--vary", files[0], "--results", files[1]])
    assert shown.exit_code == 1, shown.output
    assert "run 1 (seed 0, office.load = {" in shown.output
    assert "late.csv" in shown.output
    frame = pd.read_csv(files[1])
    assert list(frame["error"].isna()) == [True, False]
    assert frame["import_kwh"][0] > 1.5


@pytest.mark.slow
@pytest.mark.parametrize("workers", ["1", "2"])
def test_ctrl_c_ends_an_ensemble_and_what_is_done_is_written(tmp_path: Path, workers: str) -> None:
    path, output = tmp_path / "all.csv", tmp_path / "output"
    words = [
        "simulate",
        "demo",
        "--duration",
        "1d",
        "--runs",
        "5000",
        "--workers",
        workers,
        "--results",
        str(path),
    ]
    # What is started in the background of a shell ignores Ctrl-C.
    code = (
        "import signal\nsignal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from doppelgrid.cli.main import app\nif __name__ == '__main__':\n    app()\n"
    )
    script = tmp_path / "command.py"
    script.write_text(code)
    with output.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-P", script, *words], stdout=file, stderr=file, start_new_session=True,
            env={**os.environ, "FORCE_COLOR": "1", "TERM": "xterm"},
        )  # fmt: skip
        deadline = time.monotonic() + 300.0
        while b"3/5000" not in output.read_bytes() and time.monotonic() < deadline:
            assert process.poll() is None, output.read_text()
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(60.0) == 130, output.read_text()
    assert "Traceback" not in output.read_text()
    assert 3 <= len(pd.read_csv(path)) < 5000
