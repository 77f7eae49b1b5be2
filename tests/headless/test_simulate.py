"""Whole runs: what they say came of them, what they record, and what they refuse."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import numpy as np
import pytest

import doppelgrid
from doppelgrid.sim.components import battery_inverter
from doppelgrid.sim.components.inverter import InverterSection
from doppelgrid.sim.domain.metrics import Metric
from doppelgrid.sim.headless import simulate as simulate_module
from doppelgrid.sim.headless.simulate import inputs_that_end, with_self_consumption
from doppelgrid.sim.recording import read_recording
from doppelgrid.sim.site.reader import load_site
from doppelgrid.sim.site.site import Site

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
MIDSUMMER = datetime(2026, 6, 21, tzinfo=UTC)


@pytest.mark.slow
def test_the_balance_of_a_year_closes() -> None:
    site = with_self_consumption(load_site("demo"))
    summary = doppelgrid.simulate(site, timedelta(days=365), start=MIDSUMMER, resolution=15 * MINUTE)
    assert abs(summary.imbalance_wh) <= 1e-9 * summary.throughput_wh


def test_the_summary_counts_what_the_registers_count() -> None:
    summary = doppelgrid.simulate(load_site("demo"), 6 * HOUR, start=MIDSUMMER, resolution=MINUTE)
    assert summary.grid.consumed_wh == pytest.approx(
        summary.consumed_wh - summary.produced_wh + summary.lost_wh + summary.stored_wh
    )
    assert summary.duration_us == 6 * 3600 * 10**6


@pytest.mark.usefixtures("interpreted")
def test_the_peak_is_the_greatest_quarter_of_an_hour() -> None:
    steps = [
        {"at": "0 s", "value": "10 kW"},
        {"at": "20 min", "value": "40 kW"},
        {"at": "25 min", "value": "10 kW"},
    ]
    site = metered({"profile": "inline", "points": steps})
    summary = doppelgrid.simulate(site, HOUR, start=MIDSUMMER)
    assert summary.peak_w == pytest.approx(20e3)
    assert summary.peak_us == round((MIDSUMMER + 15 * MINUTE).timestamp() * 1e6)
    assert summary.grid.greatest_w == pytest.approx(40e3)


def metered(load: object) -> Site:
    grid = {"id": 1, "category": "grid_connection_point", "rated_fuse_current": "100 A"}
    main = {"id": 2, "category": "meter", "behind": "grid", "load": load}
    return Site.model_validate({"microgrid": {"id": 1}, "components": {"grid": grid, "main": main}})


def test_batteries_that_follow_the_meter_keep_the_grid_quiet() -> None:
    site = with_self_consumption(load_site("commercial"))
    alone = doppelgrid.simulate(
        load_site("commercial"), timedelta(days=1), start=MIDSUMMER, resolution=MINUTE
    )
    helped = doppelgrid.simulate(site, timedelta(days=1), start=MIDSUMMER, resolution=MINUTE)
    assert helped.grid.delivered_wh < 0.5 * alone.grid.delivered_wh
    assert all(battery.full_cycles > 0.1 for battery in helped.batteries)


@pytest.mark.parametrize("suffix", [".parquet", ".csv.gz"])
def test_what_is_recorded_can_be_read(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"hour{suffix}"
    summary = doppelgrid.simulate(load_site("demo"), HOUR, start=MIDSUMMER, resolution=MINUTE, record=path)
    table = doppelgrid.read_recording(path).wide()
    assert len(table) == summary.samples == 61
    power = f"2.{Metric.AC_POWER_ACTIVE}"
    assert table[power].max() == pytest.approx(summary.grid.greatest_w)


def test_a_recorded_run_reads_as_the_live_site_would_have_reported_it(tmp_path: Path) -> None:
    site = load_site("commercial").with_telemetry_interval(10.0)
    path, live = tmp_path / "headless.parquet", tmp_path / "live.parquet"
    doppelgrid.simulate(site, HOUR / 4, start=MIDSUMMER, resolution=timedelta(seconds=10), record=path)
    simulation = doppelgrid.Simulation.headless(site, start_us=site.moment_us(MIDSUMMER))
    with doppelgrid.Recorder(live, site) as recorder:
        recorder.listen(simulation.gateway)
        simulation.run_for(HOUR / 4)
    ours, theirs = (doppelgrid.read_recording(file).wide() for file in (path, live))
    common = [name for name in ours if name in theirs and ours[name].dtype == float]
    times = ours.index.intersection(theirs.index)
    assert len(common) > 150
    assert len(times) > 80
    assert np.allclose(
        ours.loc[times, common], theirs.loc[times, common], rtol=1e-12, atol=1e-9, equal_nan=True
    )


def test_a_recording_that_did_not_come_to_its_end_is_left_as_a_part_alone(tmp_path: Path) -> None:
    def stop(_done: timedelta) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        doppelgrid.simulate(
            load_site("demo"), HOUR, resolution=MINUTE, record=tmp_path / "hour.parquet", on_progress=stop
        )
    assert [path.name for path in tmp_path.iterdir()] == ["hour.parquet.part"]
    assert not read_recording(tmp_path / "hour.parquet").is_complete


@pytest.mark.parametrize(
    ("duration", "resolution", "message"),
    [
        (HOUR, timedelta(microseconds=1), "resolution"),
        (HOUR, timedelta(days=2), "resolution"),
        (MINUTE, HOUR, "duration"),
    ],
)
def test_times_that_make_no_sense_are_refused(
    duration: timedelta, resolution: timedelta, message: str
) -> None:
    with pytest.raises(ValueError, match=f"the {message} is .*; accepted: "):
        doppelgrid.simulate(load_site("demo"), duration, resolution=resolution)


def test_inputs_that_end_before_the_run_are_named(tmp_path: Path) -> None:
    rows = ["timestamp,power", *(f"2026-06-21T00:{minute:02}:00Z,{minute}" for minute in range(60))]
    (tmp_path / "load.csv").write_text("\n".join(rows))
    site = metered({"file": "load.csv", "unit": "kW", "positive": "consumption"}).model_copy(
        update={"directory": tmp_path}
    )
    assert inputs_that_end(site, HOUR / 2, start=MIDSUMMER) == {}
    assert inputs_that_end(site, 2 * HOUR, start=MIDSUMMER) == {"main.load": MIDSUMMER + HOUR}


def test_live_sites_do_without_the_compiler() -> None:
    modules = "sys, doppelgrid.cli.main, doppelgrid.cli.run, doppelgrid.proto.serving.site_server"
    code = f"import {modules}; print('numba' in sys.modules)"
    shown = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout == "False\n"


def test_a_battery_inverter_of_a_package_without_a_built_in_control_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Plain(InverterSection):
        """An inverter without a control of its own."""

        category: Literal["plain"]

    kind = replace(battery_inverter.TYPE, name="plain", section=Plain, package="evil 0.1")
    of_section = simulate_module.type_of
    monkeypatch.setattr(
        simulate_module,
        "type_of",
        lambda section: kind if isinstance(section, Plain) else of_section(section),
    )
    site = load_site("demo")
    own = Plain.model_validate({"id": 99, "category": "plain", "behind": "grid", "rated_power": "5 kW"})
    with pytest.raises(
        ValueError, match=r"own is of component type 'plain' of package evil 0\.1, which has no"
    ):
        with_self_consumption(site.model_copy(update={"components": {**site.components, "own": own}}))
