"""`doppelgrid clock`: where time stands in a running site, for people and for `faketime`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from .options import refuse

if TYPE_CHECKING:
    from ..proto.control.readings import ClockReading


def clock(
    url: Annotated[str, typer.Argument(help="Where the site is served.")] = "grpc://[::1]:8800",
    faketime: Annotated[
        bool,
        typer.Option("--faketime", help="Print it as `faketime -f` takes it, for programs to live along."),
    ] = False,
) -> None:
    """Print the simulated time of a running site, and how it passes."""
    import asyncio  # noqa: PLC0415

    from ..proto.control.client import ControlError  # noqa: PLC0415

    try:
        reading = asyncio.run(_read(url))
    except (ControlError, ValueError) as error:
        raise refuse(f"{url}: {error}") from None
    if faketime and reading.paused:
        accepted = "a site whose time passes, as `faketime` cannot follow pauses"
        raise refuse(f"{url}: time stands still; accepted: {accepted}")
    typer.echo(faketime_specification(reading) if faketime else _describe(reading))


def faketime_specification(reading: ClockReading) -> str:
    """Return where time stands as an offset to the system's clock [s] and a speed.

    `faketime` takes both from the moment at which the program starts, so a program that starts later than the
    clock was read lags behind by that span times the speed less one.
    """
    offset_s = (reading.simulated_time - reading.wall_time).total_seconds()
    return f"{offset_s:+.3f} x{reading.speed:g}"


def _describe(reading: ClockReading) -> str:
    passing = "paused" if reading.paused else f"{reading.speed:g} x real time"
    return f"{reading.simulated_time.isoformat()} {passing}, {reading.timestamps} timestamps"


async def _read(url: str) -> ClockReading:
    from ..proto.control.client import ControlClient  # noqa: PLC0415

    async with ControlClient(url) as site:
        return await site.clock()
