"""What is done to the time of a running site."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from ..options import parse_asked_duration
from .connection import SiteRefusalError, Told
from .words import clock_in_words, plain_clock

if TYPE_CHECKING:
    from ...proto.control.client import ControlClient
    from ...proto.control.readings import ClockReading

FaketimeOption = Annotated[
    bool, typer.Option("--faketime", help="Print it as `faketime -f` takes it, for programs to live along.")
]


def _factor(text: str) -> float:
    try:
        factor = float(text.rstrip("xX"))
    except ValueError:
        raise typer.BadParameter(f"{text!r}; accepted: a number, such as 10 or 0.5") from None
    from ...sim.engine.clock import check_speed  # noqa: PLC0415

    try:
        return check_speed(factor)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


async def clock(site: ControlClient, *, faketime: FaketimeOption = False) -> Told:
    """Print the simulated time of a running site, and how it passes."""
    reading = await site.clock()
    if not faketime:
        return _told(reading)
    if reading.paused:
        accepted = "a site whose time passes, as `faketime` cannot follow pauses"
        raise SiteRefusalError(f"time stands still; accepted: {accepted}")
    specification = faketime_specification(reading)
    return Told(specification, {"faketime": specification})


async def pause(site: ControlClient) -> Told:
    """Let time stand still; nothing is sent until it goes on."""
    return _told(await site.pause())


async def resume(site: ControlClient) -> Told:
    """Let time go on."""
    return _told(await site.resume())


async def step(
    site: ControlClient,
    span: Annotated[
        float,
        typer.Argument(
            metavar="SPAN", parser=parse_asked_duration, help="Such as '10 s', '4 min 30 s' or 1d."
        ),
    ],
    *,
    until_idle: Annotated[
        bool,
        typer.Option("--until-idle", help="End as soon as the site is at rest, after SPAN at the latest."),
    ] = False,
) -> Told:
    """Let a span of time pass while it stands still, as fast as it can be computed and read."""
    duration = timedelta(seconds=span)
    if not until_idle:
        return _told(await site.step(duration))
    is_idle = await site.step_until_idle(duration)
    reading = await site.clock()
    rest = "at rest" if is_idle else "not at rest yet"
    return Told(f"{clock_in_words(reading)}, {rest}", {**plain_clock(reading), "idle": is_idle})


async def speed(
    site: ControlClient,
    factor: Annotated[
        float,
        typer.Argument(
            metavar="FACTOR", parser=_factor, help="Simulated seconds per second, such as 10 or 0.5."
        ),
    ],
) -> Told:
    """Let time pass faster or slower."""
    return _told(await site.set_speed(factor))


def faketime_specification(reading: ClockReading) -> str:
    """Return where time stands as an offset to the system's clock [s] and a speed.

    `faketime` takes both from the moment at which the program starts, so a program that starts later than the
    clock was read lags behind by that span times the speed less one.
    """
    offset_s = (reading.simulated_time - reading.wall_time).total_seconds()
    return f"{offset_s:+.3f} x{reading.speed:g}"


def _told(reading: ClockReading) -> Told:
    return Told(clock_in_words(reading), plain_clock(reading))
