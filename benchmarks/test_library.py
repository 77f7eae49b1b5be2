"""How fast scenarios of the library run on two cores, each with the controller that its file names."""

from __future__ import annotations

import os
import time
from pathlib import Path

from pytest_benchmark.fixture import BenchmarkFixture

from doppelgrid.scenarios.suites.running.collection import collect
from doppelgrid.scenarios.suites.running.runner import run_cases

WHAT = os.environ.get("DOPPELGRID_BENCHMARK_LIBRARY", "library:dispatch")
"""A scenario, a group, or `library:` for all of it."""


def test_library_next_to_real_time(benchmark: BenchmarkFixture) -> None:
    cases = collect([Path(WHAT)])
    took_s: list[float] = []

    def run() -> None:
        begin = time.perf_counter()
        assert all(verdict.has_passed for verdict in run_cases(cases, jobs=2))
        took_s.append(time.perf_counter() - begin)

    benchmark.pedantic(run, rounds=1)
    simulated_s = sum(case.duration_s for case in cases)
    benchmark.extra_info["cases"] = len(cases)
    benchmark.extra_info["simulated hours"] = simulated_s / 3600.0
    benchmark.extra_info["times real time"] = simulated_s / took_s[0]
