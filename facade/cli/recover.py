"""`doppelgrid recover`: a recording of what a killed run has left."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .options import refuse


def recover(
    part: Annotated[
        Path,
        typer.Argument(metavar="FILE.part", help="What a run that was killed has left of its recording."),
    ],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Name of the recording; FILE if not given."),
    ] = None,
) -> None:
    """Make a recording of what a killed run has left, and say what is missing. The part stays."""
    from ..sim.domain.timestamps import to_datetime  # noqa: PLC0415
    from ..sim.recording.recovery import recover as recover_recording  # noqa: PLC0415

    try:
        found = recover_recording(part, output)
    except OSError as error:
        raise refuse(f"{error.filename or error}: {error.strerror or error}") from None
    except ValueError as error:  # whatever is wrong with a file is one
        raise refuse(str(error)) from None
    first, last = (to_datetime(time_us).isoformat(" ") for time_us in (found.first_us, found.last_us))
    typer.echo(f"{found.path}: samples from {first} to {last}; what the run told later is not there")
    if found.lost_bytes:
        typer.echo(f"{found.lost_bytes} bytes behind them, of what was being written, cannot be read")
