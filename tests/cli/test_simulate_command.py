"""`doppelgrid simulate`: what its user types and sees."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
import pytest
from support.small_files import small_files
from typer.testing import CliRunner

from doppelgrid.cli.main import app
from doppelgrid.sim.headless import simulate as simulate_module
from doppelgrid.sim.headless.outcome import Summary

RUNNER = CliRunner()


@pytest.mark.parametrize(
    "how", ["interpreted", pytest.param("compiled", marks=pytest.mark.slow)]
)  # Numba takes half a minute for a site that no run has compiled yet.
def test_a_run_ends_with_its_energies_peak_and_cycles(
    how: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if how == "interpreted":
        request.getfixturevalue(how)
    summary = tmp_path / "summary.json"
    shown = RUNNER.invoke(
        app,
        [
            "simulate",
            "demo",
            "--duration",
            "6h",
            "--resolution",
            "1min",
            "--self-consumption",
            "--summary",
            str(summary),
        ],
    )
    assert shown.exit_code == 0, shown.output
    for word in ("6 h in", "bat-inv", "cycles", "peak from the grid", "energy balance closed"):
        assert word in shown.output
    content = json.loads(summary.read_text())
    assert content["grid"]["key"] == "grid"
    assert content["samples"] == 361


@pytest.mark.usefixtures("interpreted")
def test_compiling_is_told_on_standard_error_where_there_is_no_terminal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = simulate_module.simulate

    def compiling(*args: Any, on_compiling: Callable[[float], None], **options: Any) -> Summary:
        on_compiling(0.0)
        on_compiling(0.5)
        return made(*args, **options)

    monkeypatch.setattr(simulate_module, "simulate", compiling)
    shown = RUNNER.invoke(app, ["simulate", "demo", "--duration", "1min"])
    assert shown.exit_code == 0, shown.output
    told = "compiling, once for sites with devices like these, which can take a minute"
    assert (shown.stderr.count(told), told in shown.stdout) == (1, False)


def test_a_wrong_duration_is_refused_in_words() -> None:
    shown = RUNNER.invoke(app, ["simulate", "demo", "--duration", "1s", "--resolution", "1h"])
    assert shown.exit_code == 2
    assert "the duration is 0:00:01; accepted: at least the resolution, 1:00:00" in shown.output


def test_an_unknown_site_is_refused_in_words() -> None:
    shown = RUNNER.invoke(app, ["simulate", "nowhere"])
    assert shown.exit_code == 2
    assert "demo" in shown.output


def test_a_meter_that_is_not_above_is_refused(tmp_path: Path) -> None:
    site = tmp_path / "site.yaml"
    site.write_text(
        "microgrid: {id: 1}\n"
        "components:\n"
        "  grid: {id: 1, category: grid_connection_point, rated_fuse_current: 100 A}\n"
        "  main: {id: 2, category: meter, behind: grid}\n"
        "  inv: {id: 3, category: battery_inverter, behind: main, rated_power: 30 kW, self_consumption: mian}\n"
        "  bat: {id: 4, category: battery, behind: inv}\n"
    )
    shown = RUNNER.invoke(app, ["simulate", str(site)])
    assert shown.exit_code == 2
    assert "site.yaml:5: inv.self_consumption is 'mian'" in shown.output
    assert "did you mean 'main'?" in shown.output


def test_a_summary_that_cannot_be_written_is_refused_before_the_run(tmp_path: Path) -> None:
    nowhere = tmp_path / "missing" / "summary.json"
    shown = RUNNER.invoke(app, ["simulate", "demo", "--duration", "21900d", "--summary", str(nowhere)])
    assert shown.exit_code == 2
    assert f"--summary is '{nowhere}'; accepted: a file in a folder that can be written to" in shown.output


@pytest.mark.parametrize("option", ["--summary", "--results"])
def test_a_full_disk_is_told_before_the_run(option: str, tmp_path: Path) -> None:
    full = tmp_path / "full.csv"
    full.symlink_to("/dev/full")
    shown = RUNNER.invoke(app, ["simulate", "demo", "--duration", "21900d", option, str(full)])
    assert shown.exit_code == 2
    assert f"{option} is '{full}' (No space left on device); accepted: a file" in shown.output


@pytest.mark.usefixtures("interpreted")
@pytest.mark.parametrize("option", ["--summary", "--results"])
def test_a_file_that_cannot_be_written_whole_is_told_after_the_run(option: str, tmp_path: Path) -> None:
    path = tmp_path / "too_long.csv"
    with small_files():
        shown = RUNNER.invoke(
            app, ["simulate", "demo", "--duration", "2min", "--resolution", "1min", option, str(path)]
        )
    assert shown.exit_code == 2
    assert f"{option} is '{path}', which could not be written (File too large)" in shown.output


@pytest.mark.usefixtures("interpreted")
def test_energies_that_round_to_nothing_have_no_sign() -> None:
    shown = RUNNER.invoke(app, ["simulate", "demo", "--duration", "1h"])
    assert shown.exit_code == 0, shown.output
    assert "-0.0" not in shown.output


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["run", "--port", "80000"], "'80000'; accepted: a whole number from 0 to 65535"),
        (["replay", "day.csv", "--port", "x"], "'x'; accepted: a whole number from 0 to 65535"),
        (["simulate", "--runs", "0"], "'0'; accepted: a whole number >= 1"),
        (
            ["conformance", "grpc://[::1]:1", "--statement", "43"],
            "'43'; accepted: a whole number from 1 to 42",
        ),
    ],
)
def test_numbers_out_of_their_range_are_refused_in_words(words: list[str], told: str) -> None:
    shown = RUNNER.invoke(app, words, env={"COLUMNS": "200"})
    assert shown.exit_code == 2
    assert told in shown.output


def test_a_compiler_that_is_switched_off_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(numba.config, "DISABLE_JIT", 1)
    told = CliRunner().invoke(app, ["simulate", "demo", "--duration", "10s"])
    assert told.exit_code == 2
    assert "NUMBA_DISABLE_JIT is set; accepted: " in told.output
