"""How much faster an ensemble runs on two cores than on one.

Other programs on the machine spoil the ratio of times; the ratio of processor times says what it would be on two
cores of one's own.
"""

from __future__ import annotations

import multiprocessing
import os
import time
from datetime import timedelta
from pathlib import Path

from pytest_benchmark.fixture import BenchmarkFixture

from doppelgrid.sim.ensemble.ensemble import Processes, cores, jobs_of, run_job
from doppelgrid.sim.headless.simulate import with_self_consumption
from doppelgrid.sim.site.reader import load_site

DAYS = float(os.environ.get("DOPPELGRID_BENCHMARK_DAYS", "30"))
RUNS = 8
ROUNDS = 3
WORKERS = 2


def processor_s(pid: int | None) -> float:
    """Return the processor time that a process has used so far [s]."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_two_workers_next_to_one(benchmark: BenchmarkFixture) -> None:
    site = with_self_consumption(load_site("demo"))
    jobs = jobs_of(site, timedelta(days=DAYS), runs=RUNS, resolution=timedelta(minutes=1))
    run_job(jobs[0])
    one_s, two_s, one_cpu_s, two_cpu_s = [], [], [], []

    with Processes(WORKERS) as processes:
        list(processes.results(jobs[:WORKERS]))
        workers = [process.pid for process in multiprocessing.active_children()]

        def both() -> None:
            began, used = time.perf_counter(), time.process_time()
            alone = [run_job(job) for job in jobs]
            one_s.append(time.perf_counter() - began)
            one_cpu_s.append(time.process_time() - used)
            began, used_each = time.perf_counter(), [processor_s(worker) for worker in workers]
            together = sorted(processes.results(jobs), key=lambda result: result.run)
            two_s.append(time.perf_counter() - began)
            busy = [processor_s(worker) - before for worker, before in zip(workers, used_each, strict=True)]
            two_cpu_s.append(max(busy))
            assert together == alone

        benchmark.pedantic(both, rounds=ROUNDS)
    benchmark.extra_info["cores"] = cores()
    benchmark.extra_info["seconds a run, one worker"] = min(one_s) / RUNS
    benchmark.extra_info["part of linear, target 0.9"] = min(one_s) / min(two_s) / WORKERS
    benchmark.extra_info["part of linear by processor time of the busier worker"] = (
        min(one_cpu_s) / min(two_cpu_s) / WORKERS
    )
