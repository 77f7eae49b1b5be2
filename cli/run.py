"""`doppelgrid run`: serve a site until Ctrl-C."""

from __future__ import annotations

import asyncio
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from .options import PORT_IN_USE, SiteArgument, parse_duration, parse_moment, refuse


class Stamps(StrEnum):
    """Whose time telemetry carries."""

    WALL = "wall"
    SIMULATED = "simulated"


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
        typer.Option(
            metavar="ISO", parser=parse_moment, help="Simulated time to start at; now if not given."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Of all noise.")] = 0,
    duration: Annotated[
        float | None,
        typer.Option(
            metavar="D", parser=parse_duration, help="Simulated time to run for, such as '10 min' or 1d."
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
    from .live_run import RunOptions, run_site  # noqa: PLC0415

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
        raise refuse(str(error)) from None
    try:
        asyncio.run(run_site(server, RunOptions(emit_endpoints, duration)))
    except InputError as error:
        raise refuse(str(error)) from None
    except PortInUseError as error:
        raise refuse(str(error), PORT_IN_USE) from None
    except OSError as error:
        raise refuse(f"{error.filename or error}: {error.strerror or error}") from None
