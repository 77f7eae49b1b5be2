"""`doppelgrid lockstep`: an unmodified Python application in virtual time against a simulated site.

Exit codes: 0 the application ran to the end of its time, 2 something was written wrongly, 4 the application
crashed (a `KeyboardInterrupt` of its own is a crash, too), 5 it returned before the end, 6 it called `sys.exit`
before the end, 7 it did something that cannot happen in virtual time (real I/O, never sleeping, another address), 8 two
runs differ (`--explain-divergence`), 130 Ctrl-C.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple, NoReturn

import typer

from .billing import TariffOption, prices_of, read_tariff
from .ending import application_ran, end_at_once
from .options import (
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
    start_recorder,
)

if TYPE_CHECKING:
    from ..scenarios.lockstep.session import LockstepResult
    from ..sim.report.of_simulation import SiteWatch
    from ..sim.simulation.hardware import Hardware
    from ..sim.site.site import Site

CODES = {"completed": 0, "crashed": 4, "ended early": 5, "exited": 6, "stopped": 7, "interrupted": 130}
DIFFERENT = 8
RECORDINGS = (".csv", ".csv.gz", ".parquet")


def lockstep(
    context: typer.Context,
    site: Annotated[
        str,
        typer.Argument(
            metavar="SITE", help="Path of a site file, name of a bundled site, or path of a recording."
        ),
    ],
    app: Annotated[
        Path | None,
        typer.Argument(
            metavar="APP",
            help="Script or installed command to run, with its arguments behind it, after -- if need be.",
        ),
    ] = None,
    module: Annotated[
        str | None,
        typer.Option("-m", metavar="MODULE", help="Module to run in place of a script, as `python -m` does."),
    ] = None,
    recorded_site: Annotated[
        Path | None,
        typer.Option("--site", metavar="SITE", help="Site that a recording without its own is of."),
    ] = None,
    duration: Annotated[
        float | None,
        typer.Option(metavar="D", parser=parse_duration, help="Virtual time to run for, such as 1d."),
    ] = None,
    start: Annotated[
        datetime | None,
        typer.Option(
            metavar="ISO", parser=parse_moment, help="Virtual time to start at; 2026-06-15 if not given."
        ),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(help="Of all noise, and of the application's `random`; 0, or the recording's."),
    ] = None,
    interval: Annotated[
        float | None,
        typer.Option(
            metavar="D", parser=parse_duration, help="Between two samples; the site's if not given."
        ),
    ] = None,
    address: Annotated[str, typer.Option(help="By which the application reaches the site.")] = "[::1]:8800",
    simulate: Annotated[
        str,
        typer.Option(
            metavar="KEY,…", help="What of a recording to simulate instead, such as battery or bat-inv."
        ),
    ] = "",
    journal: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write every event, a line each.")
    ] = None,
    tariff: TariffOption = None,
    record: RecordOption = None,
    record_metrics: RecordMetricsOption = None,
    record_extremes: RecordExtremesOption = False,
    allow_real_io: Annotated[
        bool, typer.Option(help="Let virtual time wait for real I/O; the run is not reproducible then.")
    ] = False,
    explain_divergence: Annotated[
        bool,
        typer.Option("--explain-divergence", help="Compare two journals, given in place of SITE and APP.py."),
    ] = False,
) -> None:
    """Run an unmodified application against a site, or a recorded day, in virtual time."""
    if explain_divergence:
        if app is None:
            raise refuse(
                "--explain-divergence needs two journals; accepted: their paths in place of SITE and APP"
            )
        _explain(Path(site), app)
    what = _application(app, module, context.args)
    check_recording(record, record_metrics, extremes=record_extremes)
    check_apart(
        {"--journal": journal, "--record": record},
        {"SITE": site, "APP.py": app, "--site": recorded_site, "--tariff": tariff},
    )
    check_writable("--journal", journal)

    from ..scenarios.lockstep.progress import VirtualProgress  # noqa: PLC0415
    from ..scenarios.lockstep.session import LockstepSession  # noqa: PLC0415
    from ..scenarios.lockstep.virtual_time import Limits, VirtualTimeLoop  # noqa: PLC0415
    from ..sim.report.of_simulation import SiteWatch  # noqa: PLC0415
    from ..sim.simulation.journal import Journal  # noqa: PLC0415
    from ..sim.simulation.live import LiveSimulation  # noqa: PLC0415

    try:
        billed = read_tariff(tariff, record)
        stage = _stage(site, recorded_site, simulate, start, duration, seed, interval)
        prices = prices_of(billed, stage.site, stage.start_us, stage.duration_us)
        if stage.duration_us is None:
            typer.echo("without --duration it runs until the application returns, or until Ctrl-C", err=True)
        progress = VirtualProgress(stage.duration_us)
        watches: list[SiteWatch] = []
        with ExitStack() as opened:
            recorder = opened.enter_context(
                start_recorder(record, record_metrics, stage.site, stage.seed, extremes=record_extremes)
            )
            opened.enter_context(progress)
            opened.enter_context(_quiet())

            def begin(simulation: LiveSimulation, loop: VirtualTimeLoop) -> None:
                if recorder is not None:
                    recorder.listen(simulation.gateway)
                # All event loops of an application are one run.
                watches[:] = [SiteWatch(simulation, prices, *watches)]
                progress.follow(simulation, loop)

            def give_up(result: LockstepResult) -> None:
                opened.close()
                _tell(result, address, watches)
                end_at_once(CODES[result.report.outcome])

            session = LockstepSession(
                stage.site,
                start_us=stage.start_us,
                duration_us=stage.duration_us,
                seed=stage.seed,
                address=address,
                limits=Limits(allow_real_io=allow_real_io),
                journal=opened.enter_context(closing(Journal(journal))),
                hardware=stage.hardware,
                on_start=begin,
                on_unstoppable=give_up,
            )
            result = (
                session.run_script(what.script, what.arguments)
                if what.script is not None
                else session.run_module(what.module, what.arguments)
            )
    except ModuleNotFoundError as error:
        raise refuse(str(error)) from None
    except OSError as error:
        raise refuse(f"{error.filename}: {error.strerror}" if error.filename else str(error)) from None
    except ValueError as error:  # whatever is wrong with a file or an option is one
        raise refuse(input_in_words(error, [] if site.endswith(RECORDINGS) else [site])) from None
    _tell(result, address, watches)
    application_ran(result.report.left)
    raise typer.Exit(CODES[result.report.outcome])


def _tell(result: LockstepResult, address: str, watches: Sequence[SiteWatch]) -> None:
    from rich.console import Console  # noqa: PLC0415

    from .report_lines import print_report  # noqa: PLC0415

    is_completed = result.report.outcome == "completed"
    if not is_completed:
        typer.echo(str(result), err=True)
    for watch in watches:
        print_report(watch.report(), Console(emoji=False))
    if is_completed:
        typer.echo(str(result))
    if not result.connected:
        typer.echo(f"the application never connected to grpc://{address}", err=True)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep what the simulator tells its makers out of the log that an application sets up for itself."""
    logger = logging.getLogger(__name__.partition(".")[0])
    former = logger.level
    logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logger.setLevel(former)


class _Application(NamedTuple):
    script: Path | None
    module: str
    arguments: list[str]


def _application(app: Path | None, module: str | None, arguments: list[str]) -> _Application:
    """Return what to run, with its arguments."""
    if module is not None:
        return _Application(None, module, [*([] if app is None else [str(app)]), *arguments])
    if app is None:
        raise refuse(
            "APP is missing; accepted: the path of a Python script, an installed command, or -m MODULE"
        )
    from ..scenarios.lockstep.scripts import script_of  # noqa: PLC0415

    try:
        return _Application(script_of(str(app)), "", arguments)
    except ValueError as error:
        raise refuse(str(error)) from None


def _explain(first: Path, second: Path) -> NoReturn:
    from ..sim.simulation.journal import first_divergence  # noqa: PLC0415

    try:
        divergence = first_divergence(first, second)
    except OSError as error:
        raise refuse(f"{error.filename}: {error.strerror}; accepted: a journal of lockstep") from None
    except ValueError as error:
        raise refuse(str(error)) from None
    typer.echo("the runs are the same, event by event" if divergence is None else str(divergence))
    raise typer.Exit(0 if divergence is None else DIFFERENT)


class _Stage(NamedTuple):
    """What an application is to live at, and when."""

    site: Site
    hardware: Hardware | None
    start_us: int
    duration_us: int | None
    seed: int


def _stage(
    source: str,
    recorded_site: Path | None,
    simulate: str,
    start: datetime | None,
    duration_s: float | None,
    seed: int | None,
    interval_s: float | None,
) -> _Stage:
    """Load a site, or a recording with its site.

    Raises:
        ValueError: If a file or an option is wrong.
    """
    from ..sim.plant.plant import Plant  # noqa: PLC0415
    from ..sim.replay import Replay  # noqa: PLC0415
    from ..sim.site.reader import load_site  # noqa: PLC0415

    duration_us = None if duration_s is None else round(duration_s * 1e6)
    if not source.endswith(RECORDINGS):
        if simulate:
            raise ValueError(
                f"--simulate is {simulate!r}, but all of a site is simulated; "
                f"accepted: with a recording ({', '.join(RECORDINGS)})"
            )
        if recorded_site is not None:
            raise ValueError(
                f"--site is {str(recorded_site)!r}, but SITE is a site; accepted: beside a recording"
            )
        site = load_site(source)
        if interval_s is not None:
            site = site.with_telemetry_interval(interval_s)
        start_us = site.moment_us(start or datetime(2026, 6, 15))
        # What is wrong with an input would else crash the application.
        Plant(site, start_us=start_us, seed=seed or 0)
        return _Stage(site, None, start_us, duration_us, seed or 0)

    from ..sim.recording import read_recording  # noqa: PLC0415

    if start is not None or interval_s is not None:
        raise ValueError("a recording has its own start and interval; leave out --start and --interval")
    given = None if recorded_site is None else load_site(recorded_site)
    recording = read_recording(Path(source))
    replay = Replay(recording, site=given, simulate=[name for name in simulate.split(",") if name])
    for note in replay.notes:
        typer.echo(f"{source}: {note}", err=True)
    longest_us = round(replay.duration_s * 1e6)
    return _Stage(
        replay.site,
        replay,
        replay.start_us,
        longest_us if duration_us is None else min(duration_us, longest_us),
        replay.seed if seed is None else seed,
    )
