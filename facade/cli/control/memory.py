"""What a running site remembers, kept and gone back to."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..options import check_writable, refuse, writing
from . import completion
from .connection import Told
from .words import clock_in_words, plain_clock

if TYPE_CHECKING:
    from ...proto.control.client import ControlClient

NameArgument = Annotated[
    str | None, typer.Argument(metavar="[NAME]", help="Under which the server keeps it, until it ends.")
]
KeptArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="[NAME]", autocompletion=completion.snapshots, help="Of a snapshot that the server keeps."
    ),
]
FileOption = Annotated[Path | None, typer.Option(metavar="FILE", help="A file in place of a name.")]


async def snapshot(site: ControlClient, name: NameArgument = None, *, file: FileOption = None) -> Told:
    """Keep everything that the site remembers, to go back to it."""
    _require_one(name, file)
    check_writable("--file", file)
    if file is not None:
        content, reading = await site.export_snapshot_with_clock()
        with writing("--file", file) as place:
            place.write_bytes(content)
    else:
        reading = await site.take_snapshot(name or "")
    return Told(f"{name or file}: kept at {reading.local_time.isoformat()}", plain_clock(reading))


async def rewind(site: ControlClient, name: KeptArgument = None, *, file: FileOption = None) -> Told:
    """Go on from a snapshot, at its time."""
    _require_one(name, file)
    try:
        reading = await site.restore_snapshot(name if file is None else file.read_bytes())  # type: ignore[arg-type]
    except OSError as error:
        raise refuse(
            f"--file is {str(file)!r} ({error.strerror}); accepted: a file that `snapshot` has written"
        ) from None
    return Told(clock_in_words(reading), plain_clock(reading))


async def snapshots(site: ControlClient) -> Told:
    """List the snapshots that the server keeps."""
    zone = (await site.clock()).local_time.tzinfo
    moments = await site.list_snapshots()
    kept = {name: moment.astimezone(zone).isoformat() for name, moment in moments.items()}
    return Told("\n".join(f"{name}: {moment}" for name, moment in kept.items()) or "none", kept)


async def forget(
    site: ControlClient,
    name: Annotated[str, typer.Argument(metavar="NAME", autocompletion=completion.snapshots)],
) -> Told:
    """Let the server forget a snapshot."""
    await site.forget_snapshot(name)
    return Told(f"{name}: forgotten", {"forgotten": name})


def _require_one(name: str | None, file: Path | None) -> None:
    if (name is None) == (file is None):
        found = "no name and no --file" if name is None else "a name and --file"
        raise refuse(f"{found}; accepted: one of them")
