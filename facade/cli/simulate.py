"""`doppelgrid simulate`: a site by itself, as fast as it computes."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .billing import TariffOption, read_tariff
from .ensemble import EnsembleOptions, refuse_single_run_options, simulate_ensemble
from .left_behind import told_when_ended
from .options import (
    RecordedMetrics,
    RecordExtremesOption,
    RecordMetricsOption,
    RecordOption,
    check_apart,
    check_recording,
    check_writable,
    input_in_words,
    parse_duration,
    parse_moment,
    refuse,
    whole_number,
    writing,
)
from .summary_table import plain, print_summary

if TYPE_CHECKING:
    from rich.console import Console

    from ..sim.headless.outcome import Summary
    from ..sim.site.site import Site
    from ..sim.tariff.reader import Tariff


_DAY_S = 86_400.0
COMPILING = "compiling, once for sites with devices like these"


def simulate(
    site: Annotated[
        str, typer.Argument(metavar="[SITE]", help="Path of a site file, or name of a bundled site.")
    ] = "demo",
    duration: Annotated[
        float | None,
        typer.Option(
            metavar="D",
            parser=parse_duration,
            help="Simulated time to run for, such as 365d; a day if not given.",
        ),
    ] = None,
    start: Annotated[
        datetime | None,
        typer.Option(
            metavar="ISO", parser=parse_moment, help="Simulated time to start at; 2026-06-15 if not given."
        ),
    ] = None,
    resolution: Annotated[
        float | None,
        typer.Option(
            metavar="D",
            parser=parse_duration,
            help="Between two samples, 1 s if not given; inputs are averaged over it if longer.",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Of all noise; the first one of an ensemble.")] = 0,
    tariff: TariffOption = None,
    self_consumption: Annotated[
        bool,
        typer.Option(
            "--self-consumption", help="Let battery inverters regulate the grid's power to 0 W by themselves."
        ),
    ] = False,
    record: RecordOption = None,
    record_metrics: RecordMetricsOption = None,
    record_extremes: RecordExtremesOption = False,
    summary: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the summary as JSON as well.")
    ] = None,
    runs: Annotated[
        int,
        typer.Option(
            metavar="N", parser=whole_number(1), help="How many, with a seed each, of all that --vary says."
        ),
    ] = 1,
    vary: Annotated[
        Path | None, typer.Option(metavar="FILE", help="What is different from run to run (YAML).")
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            parser=whole_number(1),
            help="Processes for many runs; one for each core if not given.",
        ),
    ] = None,
    dask: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="Scheduler of a Dask cluster that carries out the runs."),
    ] = None,
    results: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write what came of each run: .csv, .csv.gz or .parquet."),
    ] = None,
) -> None:
    """Let a site run by itself, compiled, and say what came of it; once, or many times."""
    from rich.console import Console  # noqa: PLC0415

    from ..sim.headless.simulate import check_installed  # noqa: PLC0415
    from ..sim.site.reader import load_site  # noqa: PLC0415

    ensemble = EnsembleOptions(runs, vary, workers, dask, results)
    try:
        check_installed()
        if not ensemble.is_single:
            refuse_single_run_options(record, summary)
        check_recording(record, record_metrics, extremes=record_extremes)
        check_apart(
            {"--record": record, "--summary": summary, "--results": results},
            {"SITE": site, "--tariff": tariff, "--vary": vary},
        )
        check_writable("--summary", summary)
        billed = read_tariff(tariff, results or record)
        loaded = load_site(site)
        if self_consumption:
            from ..sim.headless.simulate import with_self_consumption  # noqa: PLC0415

            loaded = with_self_consumption(loaded)
        span, step = timedelta(seconds=duration or _DAY_S), timedelta(seconds=resolution or 1.0)
        begin = datetime(2026, 6, 15) if start is None else start
        if not ensemble.is_single:
            _tell_inputs_that_end(loaded, span, begin, seed, Console(stderr=True, emoji=False))
            simulate_ensemble(loaded, ensemble, span, start=begin, seed=seed, step=step, tariff=billed)
            return
        with told_when_ended(record):
            result = _run(
                loaded,
                span,
                begin,
                seed,
                step,
                record,
                record_metrics,
                extremes=record_extremes,
                tariff=billed,
            )
    except OSError as error:
        raise refuse(f"{error.filename}: {error.strerror}" if error.filename else str(error)) from None
    except (ValueError, ArithmeticError) as error:  # whatever is wrong with a file, an option or a run is one
        raise refuse(input_in_words(error, [site])) from None
    print_summary(result, loaded, loaded.moment_us(begin), Console(emoji=False))
    if summary is not None:
        from ..sim.files.json_text import json_text  # noqa: PLC0415

        text = json_text(plain(result), indent=2) + "\n"
        with writing("--summary", summary) as place:
            place.write_text(text, encoding="utf-8")


def _run(
    site: Site,
    span: timedelta,
    start: datetime,
    seed: int,
    step: timedelta,
    record: Path | None,
    metrics: RecordedMetrics | None,
    *,
    extremes: bool,
    tariff: Tariff | None,
) -> Summary:
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    from ..sim.headless.simulate import simulate  # noqa: PLC0415

    console = Console(stderr=True, emoji=False)
    _tell_inputs_that_end(site, span, start, seed, console)
    bar = Progress(
        TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn(),
        console=console, transient=True,
    )  # fmt: skip
    with bar:
        task = bar.add_task("building", total=span.total_seconds())

        def tell_compiling(share: float) -> None:
            bar.update(task, description=COMPILING, completed=share * span.total_seconds())
            if share == 0.0 and not console.is_terminal:
                console.print(f"{COMPILING}, which can take a minute")

        def report(done: timedelta) -> None:
            moment = start + done
            bar.update(task, completed=done.total_seconds(), description=f"{moment:%Y-%m-%d %H:%M}")

        return simulate(
            site, span, start=start, seed=seed, resolution=step, record=record,
            metrics="all" if metrics is RecordedMetrics.ALL else "main", extremes=extremes,
            tariff=tariff, on_progress=report, on_compiling=tell_compiling,
        )  # fmt: skip


def _tell_inputs_that_end(site: Site, span: timedelta, start: datetime, seed: int, console: Console) -> None:
    from ..sim.headless.simulate import inputs_that_end  # noqa: PLC0415

    for name, end in inputs_that_end(site, span, start=start, seed=seed).items():
        console.print(f"note: {name} ends at {end.isoformat()}; its last value holds from then on")
