"""What the pytest plugin costs: the start of a lockstep site, hours with an application, pytest's own start."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path

from pytest_benchmark.fixture import BenchmarkFixture

from doppelgrid.scenarios.lockstep.virtual_time import Limits
from doppelgrid.scenarios.testing.environment import VirtualEnvironment
from doppelgrid.sim.site.reader import load_site

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
START = datetime.fromisoformat("2026-06-15T12:00:00+02:00")
HOURS = float(os.environ.get("DOPPELGRID_BENCHMARK_HOURS", "0.5"))
DAY_US = 86_400_000_000
START_TO_REACH_S = 0.05
SPEED_TO_REACH = 500.0


def new_environment(interval: str = "1 s") -> VirtualEnvironment:
    site = load_site("demo")
    telemetry = type(site.telemetry).model_validate({"interval": interval})
    site = site.model_copy(update={"telemetry": telemetry})
    start_us = site.moment_us(START)
    return VirtualEnvironment(
        site, start_us=start_us, seed=1, longest_us=DAY_US, limits=Limits(), name="demo"
    )


async def first_sample(environment: VirtualEnvironment) -> None:
    await environment.site.run_for("1 s")


def start_and_end() -> None:
    environment = new_environment()
    environment.run(first_sample(environment))
    environment.close()


def test_start_and_end_of_a_lockstep_site(benchmark: BenchmarkFixture) -> None:
    start_and_end()
    benchmark.pedantic(start_and_end, rounds=20)
    benchmark.extra_info["part of the 50 ms to reach"] = benchmark.stats.stats.median / START_TO_REACH_S


async def some_hours(environment: VirtualEnvironment) -> None:
    from frequenz.quantities import Power  # noqa: PLC0415
    from peak_shaving import shave_peaks  # noqa: PLC0415

    await environment.site.start_app(shave_peaks(environment.site.url, Power.from_kilowatts(30.0)))
    await environment.site.run_for(timedelta(hours=HOURS))


def live_some_hours() -> None:
    environment = new_environment()
    try:
        environment.run(some_hours(environment))
    finally:
        environment.close()


def test_hours_with_the_peak_shaving_application(benchmark: BenchmarkFixture) -> None:
    used = time.process_time()
    benchmark.pedantic(live_some_hours, rounds=2, warmup_rounds=1)
    used = (time.process_time() - used) / 3
    benchmark.extra_info["times real time"] = HOURS * 3600.0 / benchmark.stats.stats.median
    benchmark.extra_info["times processor time"] = HOURS * 3600.0 / used
    benchmark.extra_info["part of the 500 x to reach"] = (
        HOURS * 3600.0 / benchmark.stats.stats.median / SPEED_TO_REACH
    )


def import_plugin() -> float:
    """Return what importing the plugin takes in a new process that has pytest already [s]."""
    program = (
        "import time, pytest; t = time.perf_counter(); import doppelgrid.scenarios.testing.plugin; "
        "print(time.perf_counter() - t)"
    )
    return float(subprocess.run([sys.executable, "-c", program], capture_output=True, check=True).stdout)


def test_what_the_plugin_adds_to_every_start_of_pytest(benchmark: BenchmarkFixture) -> None:
    seconds: list[float] = []
    benchmark.pedantic(lambda: seconds.append(import_plugin()), rounds=5)
    benchmark.extra_info["import of the plugin [ms]"] = 1e3 * sorted(seconds)[len(seconds) // 2]
