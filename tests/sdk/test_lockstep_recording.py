"""A recorded stretch of lockstep comes back in lockstep, sample for sample."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import doppelgrid

COMMAND = str(Path(sys.executable).parent / "doppelgrid")
FORMULAS = Path(__file__).parent / "apps" / "formulas.py"


def lockstep(*arguments: object) -> str:
    words = [COMMAND, "lockstep", *map(str, arguments)]
    return subprocess.run(words, capture_output=True, text=True, check=False).stdout


def formulas(site: object, *options: object, seconds: int, battery_kw: float = 0.0) -> list[dict[str, float]]:
    """Let the SDK's formulas tell the powers of a site, a line a second."""
    output = lockstep(site, FORMULAS, "grpc://[::1]:8800", seconds, battery_kw, seconds, *options)
    return [json.loads(line) for line in output.splitlines() if line.startswith("{")]


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict[str, float]]]:
    path = tmp_path_factory.mktemp("recorded") / "first.parquet"
    how = ["--start", "2026-06-15T12:00", "--seed", 7, "--interval", "1s", "--record", path]
    return path, formulas("demo", *how, "--record-metrics", "all", seconds=60, battery_kw=-8.0)


def everything(path: Path) -> pd.DataFrame:
    """Return all samples, bounds and states of a recording."""
    frame = doppelgrid.read_recording(path).wide().astype(object)
    return frame.where(frame.notna(), None)


@pytest.mark.slow
def test_a_replayed_recording_recorded_again_holds_the_same(
    recorded: tuple[Path, list[dict[str, float]]], tmp_path: Path
) -> None:
    first, _ = recorded
    second = tmp_path / "second.parquet"
    formulas(first, "--record", second, "--record-metrics", "all", seconds=100)
    assert everything(second).equals(everything(first))


@pytest.mark.slow
def test_the_sdk_reads_the_replayed_powers_through_its_formulas(
    recorded: tuple[Path, list[dict[str, float]]],
) -> None:
    first, told = recorded
    told_again = formulas(first, seconds=55)
    settled = told[10:50]
    assert [sample["grid"] for sample in settled] == [sample["grid"] for sample in told_again[10:50]]
    assert {sample["battery"] for sample in told_again[40:50]} == {-8_000.0}


@pytest.mark.slow
def test_a_simulated_battery_changes_the_outcome_of_a_replayed_day(
    recorded: tuple[Path, list[dict[str, float]]],
) -> None:
    first, told = recorded
    other = formulas(first, "--simulate", "battery", seconds=55, battery_kw=4.0)
    consumer = [sample["consumer"] for sample in told[40:50]]
    assert [sample["consumer"] for sample in other[40:50]] == pytest.approx(consumer, rel=1e-5)
    assert {sample["battery"] for sample in other[40:50]} == {4_000.0}


def test_a_recording_keeps_its_own_start(recorded: tuple[Path, list[dict[str, float]]]) -> None:
    words = [COMMAND, "lockstep", str(recorded[0]), str(FORMULAS), "--start", "2026-06-15"]
    refused = subprocess.run(words, capture_output=True, text=True, check=False)
    assert refused.returncode == 2
    assert "a recording has its own start and interval" in refused.stderr
