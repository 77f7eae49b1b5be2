"""What runs without clients cost, compiled and interpreted, with the recorder on and off."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

import doppelgrid
from doppelgrid.sim.headless.run import HeadlessRun
from doppelgrid.sim.headless.simulate import simulate, with_self_consumption
from doppelgrid.sim.plant.numbering import CONTROL_CYCLE_US
from doppelgrid.sim.plant.plant import Plant
from doppelgrid.sim.site.site import Site

SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)
START_US = 1_781_481_600_000_000


@pytest.fixture(scope="module")
def site() -> Site:
    """Sixteen components whose batteries follow the meter."""
    made = with_self_consumption(doppelgrid.load_site("commercial"))
    simulate(made, timedelta(minutes=1))
    return made


def tell(benchmark: BenchmarkFixture, site: Site, samples: int) -> None:
    if benchmark.stats is not None:
        steps = samples * len(site.components)
        benchmark.extra_info["component-steps per second"] = round(steps / benchmark.stats.stats.min)


@pytest.mark.parametrize("recorded", [False, True])
def test_a_day_of_16_components_at_1_s(
    benchmark: BenchmarkFixture, site: Site, tmp_path: Path, recorded: bool
) -> None:
    path = tmp_path / "day.parquet" if recorded else None
    benchmark.pedantic(lambda: simulate(site, DAY, record=path), rounds=3)
    tell(benchmark, site, 86_401)


def test_a_year_of_16_components_at_1_min(benchmark: BenchmarkFixture, site: Site) -> None:
    benchmark.pedantic(lambda: simulate(site, 365 * DAY, resolution=MINUTE), rounds=1)
    tell(benchmark, site, 525_601)


def test_compiled_over_interpreted(benchmark: BenchmarkFixture, site: Site) -> None:
    span = timedelta(hours=1)
    plant = Plant(site, start_us=START_US, seed=0, cycle_us=max(CONTROL_CYCLE_US, 1_000_000))
    plant.readings.flows()
    began_s = time.perf_counter()
    for second in range(3601):
        plant.advance(START_US + second * 1_000_000)
        plant.readings.flows()
    interpreted_s = time.perf_counter() - began_s
    run = HeadlessRun(site, start_us=START_US)
    run.warm_up()
    began_s = time.perf_counter()
    benchmark.pedantic(lambda: list(run.chunks(span)), rounds=1)
    compiled_s = time.perf_counter() - began_s
    steps = 3601 * len(site.components)
    benchmark.extra_info["component-steps per second, interpreted"] = round(steps / interpreted_s)
    benchmark.extra_info["component-steps per second, compiled"] = round(steps / compiled_s)
    benchmark.extra_info["interpreted over compiled"] = round(interpreted_s / compiled_s, 1)
