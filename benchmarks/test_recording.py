"""What recording and replaying cost, and how large a recorded day is."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

import doppelgrid
from doppelgrid.sim.domain.messages import Frame
from doppelgrid.sim.domain.metrics import PowerType
from doppelgrid.sim.headless.simulate import simulate
from doppelgrid.sim.recording import Metrics, Recorder, read_recording
from doppelgrid.sim.replay import Replay
from doppelgrid.sim.simulation.simulation import Simulation
from doppelgrid.sim.site.site import Site, Telemetry

NOON = 1_781_517_600_000_000
HOURS = float(os.environ.get("DOPPELGRID_BENCHMARK_HOURS", "0.5"))
LARGEST_DAY_MB = 60.0
BATTERY_INVERTERS = (11, 21, 22)


@pytest.fixture(scope="module")
def site() -> Site:
    """Sixteen components, sampled every second."""
    return doppelgrid.load_site("commercial").model_copy(update={"telemetry": Telemetry(interval="1 s")})


def live(simulation: Simulation, hours: float) -> float:
    """Let time pass with a new set-point every five minutes; return how long that took [s]."""
    started = time.perf_counter()
    for step in range(round(hours * 12)):
        for inverter in BATTERY_INVERTERS:
            power_w = 7_000.0 if (step + inverter) % 2 else -7_000.0
            simulation.gateway.set_power(inverter, PowerType.ACTIVE, power_w, 300)
        simulation.run_for(timedelta(minutes=5))
    return time.perf_counter() - started


@pytest.mark.parametrize("metrics", ["main", "all"])
@pytest.mark.parametrize("name", ["day.parquet", "day.csv.gz"])
def test_recording_16_components_at_1_s(
    benchmark: BenchmarkFixture, site: Site, tmp_path: Path, name: str, metrics: Metrics
) -> None:
    plain_s = live(_watched(site), HOURS)
    simulation = _watched(site)
    recorder = Recorder(tmp_path / name, site, metrics=metrics)
    recorder.listen(simulation.gateway)
    recorded_s = live(simulation, HOURS)
    benchmark.pedantic(recorder.close, rounds=1)
    benchmark.extra_info["run time with recorder over without"] = recorded_s / plain_s


@pytest.mark.parametrize("metrics", ["main", "all"])
def test_a_recorded_day_of_16_components_at_1_s(
    benchmark: BenchmarkFixture, site: Site, tmp_path: Path, metrics: Metrics
) -> None:
    path = tmp_path / "day.parquet"
    benchmark.pedantic(lambda: simulate(site, timedelta(days=1), record=path, metrics=metrics), rounds=1)
    day_mb = path.stat().st_size / 1e6
    benchmark.extra_info["MB"] = day_mb
    assert day_mb < LARGEST_DAY_MB


def test_reading_a_recording(benchmark: BenchmarkFixture, site: Site, tmp_path: Path) -> None:
    _record(site, tmp_path / "day.parquet")
    benchmark(lambda: read_recording(tmp_path / "day.parquet").wide())


def test_replaying_16_components(benchmark: BenchmarkFixture, site: Site, tmp_path: Path) -> None:
    _record(site, tmp_path / "day.parquet")
    replay = Replay(read_recording(tmp_path / "day.parquet"))
    seen: list[int] = []

    def play() -> None:
        simulation = Simulation.headless(replay.site, start_us=replay.start_us, hardware=replay)
        simulation.gateway.listen_to_frames(lambda time_us, _frames: seen.append(time_us))
        simulation.run_to(replay.end_us)

    benchmark(play)
    benchmark.extra_info["times real time"] = HOURS * 3600.0 / benchmark.stats.stats.median


def _record(site: Site, path: Path) -> None:
    simulation = Simulation.headless(site, start_us=NOON, seed=1)
    with Recorder(path, site, seed=1) as recorder:
        recorder.listen(simulation.gateway)
        live(simulation, HOURS)


def _watched(site: Site) -> Simulation:
    """Return a simulation that somebody listens to, so that frames are made with and without a recorder."""

    def look(_time_us: int, _frames: Sequence[Frame]) -> None:
        pass

    simulation = Simulation.headless(site, start_us=NOON, seed=1)
    simulation.gateway.listen_to_frames(look)
    return simulation
