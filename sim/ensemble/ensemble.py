"""Many runs of one site, over seeds and what varies, on all cores of this machine or on a Dask cluster.

A `Job` is plain data, and `run_job` makes a `Result` of it in whatever process it is called: what comes of a run
depends on the job alone. A run that fails takes none of the others with it.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed, wait
from concurrent.futures.process import BrokenProcessPool
from datetime import datetime, timedelta
from itertools import islice
from multiprocessing.synchronize import Event
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from ..domain.timestamps import check_start
from ..files.presets import PresetFolder
from ..headless.outcome import Summary
from ..headless.simulate import DEFAULT_START, SECOND, check_installed, check_times, simulate
from ..site.site import Site
from ..tariff.bill import Costs
from ..tariff.reader import Tariff
from .cluster import connected
from .result_columns import ALWAYS, FIRST
from .variation import (
    NOTHING_VARIES,
    Quantity,
    SiteData,
    Variation,
    cases,
    in_words,
    load_variation,
    quantity,
)

if TYPE_CHECKING:
    import pandas as pd

_AHEAD = 4
"""Jobs that wait at a cluster for each of its threads, so that none of them idles."""
_PREPARING = threading.Lock()
"""Held while a site is built and compiled; threads would do it twice, and compiled code runs one at a time anyway."""

told_to_end: Event | None = None
"""Set when the runs of this process are to end early."""


class EnsembleError(RuntimeError):
    """Runs cannot be given out: a package is missing, or worker processes do not start."""


class Job(NamedTuple):
    """One run of an ensemble, as plain data that goes to any process."""

    run: int
    seed: int
    values: Mapping[str, object]
    """What was varied, by name, as a site file writes it."""
    site: SiteData
    directory: str
    """Where the relative paths of input files start; absolute."""
    duration: timedelta
    start: datetime
    resolution: timedelta
    presets: PresetFolder | None = None
    """Presets of the site's own."""
    tariff: Tariff | None = None
    """By which it is billed."""


class Result(NamedTuple):
    """What came of one run of an ensemble."""

    run: int
    seed: int
    values: Mapping[str, object]
    numbers: Mapping[str, float | None]
    """What the summary says, by column of the table; empty if the run failed."""
    error: str | None
    """Why the run failed; None if it did not."""


def simulate_many(
    site: Site,
    duration: timedelta,
    *,
    runs: int = 1,
    vary: Variation | str | Path | None = None,
    start: datetime = DEFAULT_START,
    seed: int = 0,
    resolution: timedelta = SECOND,
    tariff: Tariff | None = None,
    workers: int | None = None,
    dask: str | None = None,
    on_result: Callable[[Result], None] = lambda _result: None,
) -> tuple[Result, ...]:
    """Let a site run by itself many times, and say what came of each run; `table` makes a frame of that.

    Scripts that call this need `if __name__ == "__main__":`, because worker processes import them.

    Args:
        site: A valid site; see `load_site`.
        duration: How much simulated time passes in each run.
        runs: Runs of each combination of what varies, with a seed each.
        vary: What is different from run to run, or the path of a file that says so; see `load_variation`.
        start: When each run begins, by the site's clock if it names no offset.
        seed: Of the first runs; the next ones have the next seeds.
        resolution: Distance of samples; inputs are averaged over it if it is longer than a second.
        tariff: By which what flows through the connection point is billed in each run; not if None.
        workers: Processes on this machine; as many as there are cores if not given. One means this process.
        dask: Address of the scheduler of a Dask cluster whose workers carry the runs out instead.
        on_result: Called with each result as it comes in.

    Returns:
        Results in the order of their runs, those of runs that failed among them.

    Raises:
        VariationError: If what varies does not go with the site.
        TariffError: If the tariff does not cover all of a run.
        ValueError: If the duration, the resolution or the number of runs makes no sense.
        EnsembleError: If runs cannot be given out.
        ClusterError: If the cluster cannot be reached, has no workers, or other versions of this package.
        MissingPackageError: If what compiles is not installed.
    """
    check_installed()
    variation = load_variation(vary) if isinstance(vary, str | Path) else vary or NOTHING_VARIES
    jobs = jobs_of(
        site, duration, runs=runs, variation=variation, start=start, seed=seed, resolution=resolution,
        tariff=tariff,
    )  # fmt: skip
    results = []
    with contextlib.closing(run_jobs(jobs, workers=workers, dask=dask)) as coming:
        for result in coming:
            results.append(result)
            on_result(result)
    return tuple(sorted(results, key=lambda result: result.run))


def jobs_of(
    site: Site,
    duration: timedelta,
    *,
    runs: int = 1,
    variation: Variation = NOTHING_VARIES,
    start: datetime = DEFAULT_START,
    seed: int = 0,
    resolution: timedelta = SECOND,
    tariff: Tariff | None = None,
) -> tuple[Job, ...]:
    """Return the jobs of an ensemble, each with a valid site; see `simulate_many`."""
    check_times(duration, resolution)
    if tariff is not None:
        start_us = site.moment_us(check_start(start))
        end_us = start_us + duration // timedelta(microseconds=1)
        tariff.over(start_us, end_us, site.microgrid.location.zone)
    directory = str(site.directory.resolve())
    return tuple(
        Job(*case, directory, duration, start, resolution, site.own_presets, tariff)
        for case in cases(site, variation, runs=runs, seed=seed)
    )


def run_jobs(
    jobs: Sequence[Job], *, workers: int | None = None, dask: str | None = None
) -> Generator[Result]:
    """Yield the result of each job as it comes in; closing the iterator ends what has not come yet.

    Args:
        jobs: See `jobs_of`.
        workers: Processes on this machine; as many as there are cores if not given. One means this process.
        dask: Address of the scheduler of a Dask cluster whose workers carry the jobs out instead.

    Raises:
        EnsembleError: If runs cannot be given out.
        ClusterError: If the cluster cannot be reached, has no workers, or other versions of this package.
    """
    if dask is not None:
        yield from run_in_cluster(jobs, dask)
        return
    count = min(workers or cores(), len(jobs))
    if count <= 1:
        for job in jobs:
            yield run_job(job)
        return
    with Processes(count) as processes:
        yield from processes.results(jobs)


def cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def run_job(job: Job) -> Result:
    """Carry out one run; whatever goes wrong in it is said by its result."""
    try:
        with _PREPARING:
            summary = simulate(
                site_of_job(job), job.duration, start=job.start, seed=job.seed, resolution=job.resolution,
                tariff=job.tariff, on_progress=end_if_told,
            )  # fmt: skip
    except Exception as error:
        return _failed(job, error)
    return Result(job.run, job.seed, job.values, numbers_of(summary), None)


def prepare(job: Job) -> None:
    """Build and compile what a job needs, so that other processes find it on the disk."""
    from ..headless.run import HeadlessRun  # noqa: PLC0415 - needs the extra

    with _PREPARING:
        site = site_of_job(job)
        start_us = site.moment_us(job.start)
        HeadlessRun(
            site, start_us=start_us, seed=job.seed, resolution=job.resolution, metrics="main"
        ).warm_up()


class Processes:
    """Worker processes on this machine; leaving the context by an error ends what they do."""

    def __init__(self, workers: int) -> None:
        """Prepare for so many processes; they start with the first jobs."""
        context = multiprocessing.get_context("spawn")
        self._workers = workers
        self._told = context.Event()
        self._pool = ProcessPoolExecutor(
            workers, mp_context=context, initializer=_begin_worker, initargs=(self._told,)
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self._told.set()
        self._pool.shutdown(cancel_futures=kind is not None)

    def results(self, jobs: Sequence[Job]) -> Generator[Result]:
        """Yield the result of each job as it comes in; the first one is compiled before any runs.

        Raises:
            EnsembleError: If the processes do not start.
        """
        try:
            first = self._pool.submit(prepare, jobs[0])
            others = [self._pool.submit(_nothing) for _ in range(self._workers - 1)]
            wait([first, *others])
            waiting: dict[Future[Result], Job] = {self._pool.submit(run_job, job): job for job in jobs}
        except BrokenProcessPool as error:
            raise EnsembleError(
                "worker processes do not start; a script that starts some needs `if __name__ == '__main__':`"
            ) from error
        for future in as_completed(waiting):
            failure = future.exception()
            yield future.result() if failure is None else _failed(waiting[future], failure)


def run_in_cluster(jobs: Sequence[Job], address: str) -> Generator[Result]:
    """Yield the result of each job as it comes in from a Dask cluster.

    Args:
        jobs: See `jobs_of`.
        address: Of the scheduler, such as `tcp://10.0.0.1:8786`.

    Raises:
        MissingPackageError: If Dask is not installed.
        ClusterError: If the cluster cannot be reached, has no workers, or other versions of this package.
    """
    with connected(address, "runs") as client:
        import distributed  # noqa: PLC0415

        threads = client.nthreads()
        hosts = {worker.rpartition(":")[0]: worker for worker in threads}
        prepared = [client.submit(prepare, jobs[0], workers=[each], pure=False) for each in hosts.values()]
        client.gather(prepared, errors="skip")  # Whatever is wrong is told by the runs.
        waiting: dict[Any, Job] = {}

        def submit(job: Job) -> Any:
            future = client.submit(run_job, job, pure=False)
            waiting[future] = job
            return future

        left = iter(jobs)
        first = [submit(job) for job in islice(left, _AHEAD * sum(threads.values()))]
        coming = distributed.as_completed(first, loop=client.loop)
        try:
            for future in coming:
                job, error = waiting.pop(future), future.exception()
                yield future.result() if error is None else _failed(job, error)
                for following in islice(left, 1):
                    coming.add(submit(following))
        finally:
            client.cancel(list(waiting))


def numbers_of(summary: Summary) -> dict[str, float | None]:
    """Return the numbers of a summary by column of the table: kWh, kW, °C, and SoC 0..1."""
    numbers: dict[str, float | None] = {
        "import_kwh": summary.grid.consumed_wh / 1e3,
        "export_kwh": summary.grid.delivered_wh / 1e3,
        "peak_kw": None if summary.peak_w is None else summary.peak_w / 1e3,
        "consumed_kwh": summary.consumed_wh / 1e3,
        "produced_kwh": summary.produced_wh / 1e3,
        "lost_kwh": summary.lost_wh / 1e3,
        "stored_kwh": summary.stored_wh / 1e3,
        "full_cycles": None,
    }
    if summary.batteries:
        cycles = [battery.full_cycles for battery in summary.batteries]
        numbers["full_cycles"] = sum(cycles) / len(cycles)
    if summary.costs is not None:
        numbers |= _costs(summary.costs)
    for battery in summary.batteries:
        numbers |= {
            f"{battery.key}.full_cycles": battery.full_cycles,
            f"{battery.key}.soc_first": battery.soc_first,
            f"{battery.key}.soc_last": battery.soc_last,
            f"{battery.key}.soc_least": battery.soc_least,
            f"{battery.key}.soc_greatest": battery.soc_greatest,
            f"{battery.key}.warmest_c": battery.warmest_c,
            f"{battery.key}.lost_kwh": battery.loss_wh / 1e3,
        }
    for flow in summary.flows:
        numbers |= {
            f"{flow.key}.consumed_kwh": flow.consumed_wh / 1e3,
            f"{flow.key}.delivered_kwh": flow.delivered_wh / 1e3,
        }
    return numbers


def _costs(costs: Costs) -> dict[str, float | None]:
    """Return the columns of costs, which end in the code of their currency, and of emissions."""
    found: dict[str, float | None] = {}
    if costs.currency is not None:
        code = costs.currency.lower()
        found = {
            f"cost_{code}": costs.cost,
            f"import_cost_{code}": costs.import_cost,
            f"export_revenue_{code}": costs.export_revenue,
            f"peak_cost_{code}": costs.peak_cost,
        }
    return {**found, "co2_kg": costs.co2_kg}


def table(results: Sequence[Result]) -> pd.DataFrame:
    """Return results as a frame: a row for each run; run, seed, what was varied, the numbers, and errors.

    What was varied is a column of numbers, with the unit in its name, if all its values have one unit, and of text
    otherwise.
    """
    import pandas as pd  # noqa: PLC0415

    ordered = sorted(results, key=lambda result: result.run)
    columns: dict[str, list[Any]] = {name: [getattr(result, name) for result in ordered] for name in FIRST}
    for name in dict.fromkeys(name for result in ordered for name in result.values):
        header, cells = _column(name, [result.values.get(name) for result in ordered])
        columns[header] = cells
    numbers = dict.fromkeys(name for result in ordered for name in result.numbers) or ALWAYS
    for name in numbers:
        columns[name] = [result.numbers.get(name) for result in ordered]
    frame = pd.DataFrame(columns)
    for name in frame.columns.difference(list(FIRST)):
        if frame[name].isna().all():
            frame[name] = frame[name].astype(float)
    if any(result.error is not None for result in ordered):
        frame["error"] = pd.Series([result.error for result in ordered], dtype="string")
    return frame


def _column(name: str, values: list[object]) -> tuple[str, list[Any]]:
    read = [quantity(value) for value in values]
    numbers = [value for value in read if isinstance(value, Quantity)]
    units = {value.unit for value in numbers}
    if len(numbers) == len(values) and len(units) == 1:
        unit = units.pop()
        return f"{name} [{unit}]" if unit else name, [value.number for value in numbers]
    return name, [in_words(value) for value in values]


def site_of_job(job: Job) -> Site:
    """Return the site that a worker process runs."""
    return Site.from_content(job.site, Path(job.directory), job.presets)


def _failed(job: Job, error: BaseException) -> Result:
    if isinstance(error, BrokenProcessPool):
        words = "a worker process ended abruptly"
    elif isinstance(error, ValueError | ArithmeticError):
        words = str(error)
    else:
        words = f"{type(error).__name__}: {error}"
    return Result(job.run, job.seed, job.values, {}, words)


def _begin_worker(told: Event) -> None:
    """Make a worker process ready: the one that started it says when it ends, also on Ctrl-C."""
    global told_to_end  # noqa: PLW0603
    told_to_end = told
    with contextlib.suppress(ValueError):
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def _nothing() -> None:
    """Let a worker process start."""


def end_if_told(_done: timedelta) -> None:
    """End a run of a worker process that has been told to end.

    Raises:
        InterruptedError: If it has.
    """
    if told_to_end is not None and told_to_end.is_set():
        raise InterruptedError("ended early")
