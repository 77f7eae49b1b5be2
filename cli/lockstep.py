"""`doppelgrid lockstep`: an unmodified Python application in virtual time against a simulated site.

Exit codes: 0 the application ran to the end of its time, 2 something was written wrongly, 4 the application
crashed, 5 it returned before the end, 6 it called `sys.exit` before the end, 7 it did something that cannot happen
in virtual time (real I/O, never sleeping, another address), 8 two runs differ (`--explain-divergence`).
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from .options import BAD_INPUT, SiteArgument, parse_duration, parse_moment, refuse

CODES = {"completed": 0, "crashed": 4, "ended early": 5, "exited": 6, "stopped": 7}
DIFFERENT = 8


def lockstep(
    context: typer.Context,
    site: SiteArgument,
    app: Annotated[
        Path, typer.Argument(metavar="APP.py", help="Script to run, with its arguments behind it.")
    ],
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
    seed: Annotated[int, typer.Option(help="Of all noise, and of the application's `random`.")] = 0,
    interval: Annotated[
        float | None,
        typer.Option(
            metavar="D", parser=parse_duration, help="Between two samples; the site's if not given."
        ),
    ] = None,
    address: Annotated[str, typer.Option(help="By which the application reaches the site.")] = "[::1]:8800",
    journal: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write every event, a line each.")
    ] = None,
    allow_real_io: Annotated[
        bool, typer.Option(help="Let virtual time wait for real I/O; the run is not reproducible then.")
    ] = False,
    explain_divergence: Annotated[
        bool,
        typer.Option("--explain-divergence", help="Compare two journals, given in place of SITE and APP.py."),
    ] = False,
) -> None:
    """Run an unmodified application against a site in virtual time, as fast as both can compute."""
    if explain_divergence:
        _explain(Path(site), app)
    _run(site, app, context.args, duration, start, seed, interval, address, journal, allow_real_io)


def _explain(first: Path, second: Path) -> None:
    from ..sim.journal import first_divergence  # noqa: PLC0415

    try:
        divergence = first_divergence(first, second)
    except (OSError, ValueError) as error:
        raise refuse(str(error)) from None
    typer.echo("the runs are the same, event by event" if divergence is None else str(divergence))
    raise typer.Exit(0 if divergence is None else DIFFERENT)


def _run(
    source: str,
    app: Path,
    arguments: list[str],
    duration_s: float | None,
    start: datetime | None,
    seed: int,
    interval_s: float | None,
    address: str,
    journal: Path | None,
    allow_real_io: bool,
) -> None:
    from ..lockstep.progress import VirtualProgress  # noqa: PLC0415
    from ..lockstep.session import LockstepSession  # noqa: PLC0415
    from ..lockstep.virtual_time import Limits  # noqa: PLC0415
    from ..sim.inputs.errors import InputError  # noqa: PLC0415
    from ..sim.sitefile import SiteError, load_site  # noqa: PLC0415

    try:
        site = load_site(source)
        if interval_s is not None:
            site = site.with_telemetry_interval(interval_s)
        start_us = site.moment_us(start or datetime(2026, 6, 15))
        duration_us = None if duration_s is None else round(duration_s * 1e6)
        progress = VirtualProgress(duration_us)
        session = LockstepSession(
            site,
            start_us=start_us,
            duration_us=duration_us,
            seed=seed,
            address=address,
            limits=Limits(allow_real_io=allow_real_io),
            journal=journal,
            on_start=progress.follow,
        )
        with progress:
            result = session.run_script(app, arguments)
    except (SiteError, InputError, FileNotFoundError) as error:
        raise refuse(str(error)) from None
    except OSError as error:
        raise refuse(f"{error.filename}: {error.strerror}") from None
    typer.echo(str(result), err=result.report.outcome != "completed")
    if not result.connected:
        typer.echo(f"the application never connected to {address}", err=True)
    raise typer.Exit(CODES[result.report.outcome])


__all__ = ["BAD_INPUT", "lockstep"]
