"""How long a case of a suite takes to start after the first, and how much faster two processes are than one."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from doppelgrid.scenarios.suites.running.collection import collect
from doppelgrid.scenarios.suites.running.runner import run_cases

SCENARIO = """
scenario: a load
site: demo
duration: {duration}
interval: 1 s
parameters: {{load: [{loads}]}}
steps: [{{at: 0 s, set: {{machines.load: $load}}}}]
checks: [{{always: grid.power < 99 kW}}]
"""


def took_s(folder: Path, duration: str, count: int, jobs: int) -> float:
    """Return how long so many cases take [s]."""
    path = folder / "load.yaml"
    path.write_text(
        SCENARIO.format(duration=duration, loads=", ".join(f"{each} kW" for each in range(1, count + 1)))
    )
    cases = collect([path])
    begin = time.perf_counter()
    assert all(verdict.has_passed for verdict in run_cases(cases, jobs))
    return time.perf_counter() - begin


def test_start_of_a_case_after_the_first(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    first_s, warm_s = took_s(tmp_path, "1 s", 1, 1), took_s(tmp_path, "1 s", 1, 1)
    eleven_s = benchmark.pedantic(lambda: took_s(tmp_path, "1 s", 11, 1), rounds=1)
    benchmark.extra_info["first [s]"] = first_s
    benchmark.extra_info["each further [s]"] = (eleven_s - warm_s) / 10


@pytest.mark.parametrize("jobs", [1, 2])
def test_cases_next_to_real_time(benchmark: BenchmarkFixture, tmp_path: Path, jobs: int) -> None:
    took_s(tmp_path, "1 s", 1, 1)
    spent_s = benchmark.pedantic(lambda: took_s(tmp_path, "30 min", 4, jobs), rounds=1)
    benchmark.extra_info["times real time"] = 4 * 1800.0 / spent_s
