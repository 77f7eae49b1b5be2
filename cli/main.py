"""The `doppelgrid` command: its words, options and exit codes.

Exit codes: 0 all went well, 1 an internal error, 2 something was written wrongly (a file, an option), 3 the
port is in use.
"""

from __future__ import annotations

import asyncio
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ..sim.units import SECOND
from .check import check

BAD_INPUT = 2
PORT_IN_USE = 3

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


app.command()(check)


class Stamps(StrEnum):
    """Whose time telemetry carries."""

    WALL = "wall"
    SIMULATED = "simulated"


def _refuse(message: str, code: int = BAD_INPUT) -> typer.Exit:
    typer.echo(message, err=True)
    return typer.Exit(code)


def _duration(text: str) -> float:
    try:
        return SECOND.within(above=0.0).parse(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r}; accepted: {error}") from None


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(
            f"{text!r}; accepted: an ISO 8601 date and time such as 2026-06-15T11:00:00+02:00"
        ) from None


SiteArgument = Annotated[
    str, typer.Argument(metavar="[SITE]", help="Path of a site file, or the name of a bundled site.")
]


@app.callback()
def doppelgrid() -> None:
    """The double of a microgrid: a simulated site that real control applications talk to."""


@app.command()
def run(
    site: SiteArgument = "demo",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on the loopback address.")] = 8800,
    ephemeral_ports: Annotated[bool, typer.Option(help="Take any free port.")] = False,
    emit_endpoints: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write where the site is served, once it answers.")
    ] = None,
    speed: Annotated[float, typer.Option(help="Simulated seconds per second.")] = 1.0,
    start: Annotated[
        datetime | None,
        typer.Option(metavar="ISO", parser=_moment, help="Simulated time to start at; now if not given."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Of all noise.")] = 0,
    duration: Annotated[
        float | None,
        typer.Option(
            metavar="D", parser=_duration, help="Simulated time to run for, such as '10 min' or 1d."
        ),
    ] = None,
    timestamps: Annotated[
        Stamps, typer.Option(help="Whose time samples carry; clients judge freshness by their own clock.")
    ] = Stamps.WALL,
) -> None:
    """Serve a site over the Microgrid API until Ctrl-C."""
    from ..proto.server import PortInUseError  # noqa: PLC0415
    from ..proto.serving import SiteServer  # noqa: PLC0415
    from ..sim.inputs.errors import InputError  # noqa: PLC0415
    from ..sim.sitefile import SiteError, load_site  # noqa: PLC0415
    from .run import RunOptions, run_site  # noqa: PLC0415

    try:
        server = SiteServer(
            load_site(site),
            port=0 if ephemeral_ports else port,
            speed=speed,
            start=start,
            seed=seed,
            timestamps="wall" if timestamps is Stamps.WALL else "simulated",
        )
    except (SiteError, ValueError) as error:
        raise _refuse(str(error)) from None
    try:
        asyncio.run(run_site(server, RunOptions(emit_endpoints, duration)))
    except InputError as error:
        raise _refuse(str(error)) from None
    except PortInUseError as error:
        raise _refuse(str(error), PORT_IN_USE) from None
    except OSError as error:
        raise _refuse(f"{error.filename or error}: {error.strerror or error}") from None
