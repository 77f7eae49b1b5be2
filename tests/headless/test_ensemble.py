"""Many runs: the same whoever carries them out and in whatever order, none lost through another."""

from __future__ import annotations

import builtins
import math
import pickle
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import doppelgrid
from doppelgrid.sim.ensemble import ensemble
from doppelgrid.sim.ensemble.ensemble import (
    Job,
    Result,
    jobs_of,
    run_job,
    run_jobs,
    simulate_many,
    table,
)
from doppelgrid.sim.ensemble.variation import parse_variation
from doppelgrid.sim.files.extras import MissingPackageError
from doppelgrid.sim.headless.simulate import with_self_consumption
from doppelgrid.sim.site.reader import load_site

MINUTE = timedelta(minutes=1)
SPAN = 30 * MINUTE
NOON = datetime(2026, 6, 21, 12, tzinfo=UTC)
VARIATION = parse_variation(
    "vary:\n"
    "  battery.capacity: [46 kWh, 92 kWh]\n"
    "  pv-inv.tilt: {from: 10 °, to: 40 °}\n"
    "  machines.power_factor: {mean: 0.9, deviation: 0.02, to: 1}\n",
    "vary.yaml",
)
DEMO = with_self_consumption(load_site("demo"))


def jobs(runs: int = 2) -> tuple[Job, ...]:
    return jobs_of(DEMO, SPAN, runs=runs, variation=VARIATION, start=NOON, resolution=MINUTE)


def many(**options: Any) -> tuple[Result, ...]:
    return simulate_many(DEMO, SPAN, runs=2, vary=VARIATION, start=NOON, resolution=MINUTE, **options)


@pytest.fixture(scope="module")
def alone() -> tuple[Result, ...]:
    return many(workers=1)


def test_a_run_among_many_is_the_run_by_itself() -> None:
    result = simulate_many(DEMO, SPAN, runs=3, start=NOON, resolution=MINUTE, workers=1)[2]
    summary = doppelgrid.simulate(DEMO, SPAN, start=NOON, seed=2, resolution=MINUTE)
    assert result.numbers == ensemble.numbers_of(summary)
    assert result.numbers["import_kwh"] == summary.grid.consumed_wh / 1e3
    assert result.numbers["battery.soc_last"] == summary.batteries[0].soc_last


def test_what_varies_shows_in_what_comes_of_it(alone: tuple[Result, ...]) -> None:
    assert [result.run for result in alone] == [0, 1, 2, 3]
    assert not any(result.error for result in alone)
    small, large, *_ = alone
    assert small.seed == large.seed == 0
    # Events of a battery cut the time over which others are added up at other instants.
    assert small.numbers["produced_kwh"] == pytest.approx(large.numbers["produced_kwh"], rel=1e-12)
    assert small.numbers["battery.soc_last"] != large.numbers["battery.soc_last"]
    assert alone[0].numbers["produced_kwh"] != alone[2].numbers["produced_kwh"]


def test_the_order_of_jobs_does_not_matter(alone: tuple[Result, ...]) -> None:
    assert tuple(reversed([run_job(job) for job in reversed(jobs())])) == alone


@pytest.mark.slow
def test_two_processes_bring_the_same(alone: tuple[Result, ...]) -> None:
    assert many(workers=2) == alone


def test_a_cluster_in_this_process_brings_the_same(alone: tuple[Result, ...]) -> None:
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=1, threads_per_worker=2, processes=False, dashboard_address="127.0.0.1:0", silence_logs=50
    ) as cluster:
        assert many(dask=cluster.scheduler_address) == alone


@pytest.mark.slow
def test_a_cluster_of_processes_brings_the_same(alone: tuple[Result, ...]) -> None:
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0", silence_logs=50
    ) as cluster:
        assert many(dask=cluster.scheduler_address) == alone
        everything = simulate_many(
            DEMO, SPAN, runs=12, start=NOON, resolution=MINUTE, dask=cluster.scheduler_address
        )
    assert [result.run for result in everything] == list(range(12))


def spoiled() -> list[Job]:
    """Jobs of which the second cannot run."""
    made = list(jobs())
    made[1] = made[1]._replace(site={**made[1].site, "components": {}})
    return made


@pytest.mark.parametrize("workers", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_a_run_that_fails_takes_no_other_with_it(workers: int, alone: tuple[Result, ...]) -> None:
    results = sorted(run_jobs(spoiled(), workers=workers), key=lambda result: result.run)
    assert [result.error is None for result in results] == [True, False, True, True]
    assert results[1].values["battery.capacity"] == "92 kWh"
    assert results[1].error is not None
    assert "components" in results[1].error
    assert [results[0], *results[2:]] == [alone[0], *alone[2:]]


@pytest.mark.slow
def test_closing_early_ends_the_workers() -> None:
    coming = run_jobs(jobs(runs=50), workers=2)
    first = next(coming)
    coming.close()
    assert first.error is None


def test_jobs_are_plain_data() -> None:
    made = jobs()
    assert pickle.loads(pickle.dumps(made)) == made
    assert len(pickle.dumps(made[0])) < 10_000


def test_a_table_has_a_row_for_each_run_and_numbers_with_their_units(
    alone: tuple[Result, ...], tmp_path: Path
) -> None:
    frame = table(alone)
    assert list(frame.columns[:5]) == [
        "run", "seed", "battery.capacity [kWh]", "pv-inv.tilt [°]", "machines.power_factor",
    ]  # fmt: skip
    assert list(frame["battery.capacity [kWh]"]) == [46.0, 92.0, 46.0, 92.0]
    assert frame["import_kwh"].dtype == float
    assert "error" not in frame
    frame.to_parquet(tmp_path / "all.parquet")
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "all.parquet"), frame)


def test_a_table_tells_failures_and_what_is_no_number(alone: tuple[Result, ...], tmp_path: Path) -> None:
    failed = Result(5, 1, {"battery.capacity": "1 MWh", "office.load": {"profile": "bdew-h0"}}, {}, "no")
    frame = table([failed, *alone])
    assert list(frame["run"]) == [0, 1, 2, 3, 5]
    assert list(frame["battery.capacity"]) == ["46 kWh", "92 kWh", "46 kWh", "92 kWh", "1 MWh"]
    assert frame["office.load"].iloc[-1] == '{"profile": "bdew-h0"}'
    assert math.isnan(frame["import_kwh"].iloc[-1])
    assert frame["error"].iloc[-1] == "no"
    frame.to_parquet(tmp_path / "all.parquet")


def test_runs_too_short_for_a_peak_have_none() -> None:
    results = simulate_many(load_site("demo"), MINUTE, start=NOON, workers=1)
    assert results[0].numbers["peak_kw"] is None
    assert table(results)["peak_kw"].dtype == float


def test_results_are_told_as_they_come() -> None:
    told: list[Result] = []
    results = many(workers=1, on_result=told.append)
    assert tuple(told) == results


def test_without_dask_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def absent(name: str, *rest: Any) -> Any:
        if name == "distributed":
            raise ModuleNotFoundError(name, name=name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", absent)
    monkeypatch.delitem(sys.modules, "distributed", raising=False)
    with pytest.raises(MissingPackageError, match=r"pip install 'doppelgrid\[dask\]'"):
        many(dask="tcp://127.0.0.1:8786")


def test_times_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ValueError, match=r"the duration is .*; accepted: "):
        jobs_of(DEMO, MINUTE, resolution=60 * MINUTE)
