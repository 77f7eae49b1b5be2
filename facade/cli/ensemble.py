"""`doppelgrid simulate` with `--runs` or `--vary`: many runs, a table of what came of them, and a file of all of it.

Exit codes: 0 every run came to its end, 1 some failed, 2 something was written wrongly, 130 ended by Ctrl-C.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import typer

from .options import check_writable, refuse, span_in_words, writing

if TYPE_CHECKING:
    from rich.console import Console

    from ..sim.ensemble.ensemble import Job, Result
    from ..sim.ensemble.variation import Variation
    from ..sim.site.site import Site
    from ..sim.tariff.reader import Tariff

FAILED = 1
INTERRUPTED = 130
_FORMS = (".csv", ".csv.gz", ".parquet")
_MOST_FAILURES = 10
_MAIN = {
    "import_kwh": "from grid kWh", "export_kwh": "into grid kWh", "peak_kw": "peak kW", "consumed_kwh": "consumed kWh",
    "produced_kwh": "produced kWh", "lost_kwh": "lost kWh", "full_cycles": "cycles",
}  # fmt: skip


class EnsembleOptions(NamedTuple):
    """What makes an ensemble of a run; see `doppelgrid simulate --help`."""

    runs: int
    vary: Path | None
    workers: int | None
    dask: str | None
    results: Path | None

    @property
    def is_single(self) -> bool:
        """Whether nothing asks for an ensemble."""
        return self == EnsembleOptions(1, None, None, None, None)


def simulate_ensemble(
    site: Site,
    options: EnsembleOptions,
    span: timedelta,
    *,
    start: datetime,
    seed: int,
    step: timedelta,
    tariff: Tariff | None = None,
) -> None:
    """Let a site run many times, and say what came of it.

    Raises:
        ValueError: If an option or what varies is wrong, or the tariff does not cover all of a run.
        OSError: If results cannot be written.
        typer.Exit: If runs cannot be given out, failed, or were ended by Ctrl-C.
    """
    from rich.console import Console  # noqa: PLC0415

    from ..sim.engine.clock import stopwatch_s  # noqa: PLC0415
    from ..sim.ensemble.ensemble import jobs_of  # noqa: PLC0415
    from ..sim.ensemble.variation import NOTHING_VARIES, load_variation  # noqa: PLC0415
    from ..sim.recording.output import refuse_inputs  # noqa: PLC0415

    if options.dask is not None and options.workers is not None:
        raise ValueError("--workers counts processes on this machine; accepted: either --workers or --dask")
    if options.results is not None:
        refuse_inputs(options.results, site)
        _check_path(options.results)
    variation = NOTHING_VARIES if options.vary is None else load_variation(options.vary)
    jobs = jobs_of(
        site, span, runs=options.runs, variation=variation, start=start, seed=seed, resolution=step,
        tariff=tariff,
    )  # fmt: skip
    began_s = stopwatch_s()
    results, is_whole = _collect(jobs, options)
    taken_s = stopwatch_s() - began_s
    if options.results is not None and results:
        with writing("--results", options.results) as place:
            _write(results, place)
    console, errors = Console(emoji=False), Console(stderr=True, emoji=False)
    main = _MAIN if tariff is None else {**_MAIN, **_costs_shown(tariff)}
    _print_table(results, variation, main, console)
    console.print(f"{len(results)} of {len(jobs)} runs of {span_in_words(span)} in {taken_s:.1f} s")
    _print_failures(results, errors)
    if not is_whole:
        raise typer.Exit(INTERRUPTED)
    if any(result.error is not None for result in results):
        raise typer.Exit(FAILED)


def refuse_single_run_options(record: Path | None, summary: Path | None) -> None:
    """Refuse what says something of a single run, beside an ensemble.

    Raises:
        ValueError: If one of them is given.
    """
    for name, value in (("--record", record), ("--summary", summary)):
        if value is not None:
            raise ValueError(
                f"{name} is of a single run; accepted: without --runs, --vary, --workers, --dask and --results, "
                "of which the last one writes what came of each run"
            )


def _check_path(path: Path) -> None:
    """Find out before anything runs that results could not be written."""
    if not path.name.endswith(_FORMS):
        raise ValueError(f"--results is {str(path)!r}; accepted: a path that ends with {', '.join(_FORMS)}")
    check_writable("--results", path)


def _write(results: Sequence[Result], path: Path) -> None:
    from ..sim.ensemble.ensemble import table  # noqa: PLC0415

    frame = table(results)
    if path.suffix == ".parquet":
        frame.to_parquet(path, index=False)
    else:
        frame.to_csv(path, index=False)


def _collect(jobs: Sequence[Job], options: EnsembleOptions) -> tuple[list[Result], bool]:
    """Return the results that came, and whether all did: Ctrl-C ends the others."""
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    from ..sim.ensemble.cluster import ClusterError  # noqa: PLC0415
    from ..sim.ensemble.ensemble import EnsembleError, run_jobs  # noqa: PLC0415

    results: list[Result] = []
    console = Console(stderr=True, emoji=False)
    bar = Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
        console=console, transient=True,
    )  # fmt: skip
    if not console.is_terminal:
        console.print(f"{len(jobs)} runs, compiled before any begins on first use, which can take a minute")
    coming = run_jobs(jobs, workers=options.workers, dask=options.dask)
    try:
        with bar, contextlib.closing(coming):
            task = bar.add_task("starting, and compiling on first use", total=len(jobs))
            for result in coming:
                results.append(result)
                bar.update(task, advance=1, description="runs")
    except EnsembleError as error:
        raise refuse(str(error)) from None
    except ClusterError as error:
        raise refuse(f"--dask is {error}") from None
    except KeyboardInterrupt:
        return results, False
    return results, True


def _costs_shown(tariff: Tariff) -> dict[str, str]:
    costs = {} if tariff.currency is None else {f"cost_{tariff.currency.lower()}": f"cost {tariff.currency}"}
    return {**costs, "co2_kg": "CO2 kg"}


def _print_table(
    results: Sequence[Result], variation: Variation, main: Mapping[str, str], console: Console
) -> None:
    """Print a row for each combination: mean, least and greatest over the seeds."""
    from rich.box import SIMPLE_HEAD  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    from ..sim.ensemble.variation import in_words  # noqa: PLC0415

    names = [choice.name for choice in variation.choices if len(choice.values) > 1]
    groups: dict[tuple[str, ...], list[Result]] = {}
    for result in sorted(results, key=lambda result: result.run):
        if result.error is None:
            groups.setdefault(tuple(in_words(result.values[name]) for name in names), []).append(result)
    if not groups:
        return
    shown = [name for name in main if any(_values(group, name) for group in groups.values())]
    table = Table(
        title="mean, least and greatest over the seeds", title_justify="left", box=SIMPLE_HEAD, pad_edge=False
    )
    for name in names:
        table.add_column(name, overflow="fold")
    for name in ("runs", *(main[name] for name in shown)):
        table.add_column(name, justify="right")
    for chosen, group in groups.items():
        table.add_row(*chosen, str(len(group)), *(_spread(_values(group, name)) for name in shown))
    console.print(table)


def _values(group: Sequence[Result], name: str) -> list[float]:
    return [value for result in group if (value := result.numbers.get(name)) is not None]


def _spread(values: Sequence[float]) -> str:
    if not values:
        return ""
    mean = _number(sum(values) / len(values))
    return mean if len(values) == 1 else f"{mean}\n{_number(min(values))}\n{_number(max(values))}"


def _number(value: float) -> str:
    if abs(value) < 10.0:
        text = f"{value:.2f}"
        return "0.00" if text == "-0.00" else text
    return f"{value:z,.1f}" if abs(value) < 1e3 else f"{value:z,.0f}"


def _print_failures(results: Sequence[Result], console: Console) -> None:
    from ..sim.ensemble.variation import in_words  # noqa: PLC0415

    failed = sorted((result for result in results if result.error is not None), key=lambda result: result.run)
    for result in failed[:_MOST_FAILURES]:
        values = "".join(f", {name} = {in_words(value)}" for name, value in result.values.items())
        text = f"run {result.run} (seed {result.seed}{values}) failed: {result.error}"
        console.print(text, markup=False, highlight=False, soft_wrap=True)
    if len(failed) > _MOST_FAILURES:
        console.print(f"and {len(failed) - _MOST_FAILURES} runs more failed")
