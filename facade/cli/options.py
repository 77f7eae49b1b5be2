"""What the words of the command line have in common."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import count
from os.path import exists, isfile, realpath, samefile
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from ..sim.domain.durations import LONGEST_S, duration_in_words

if TYPE_CHECKING:
    from ..sim.recording import Metrics, Recorder
    from ..sim.site.site import Site

BAD_INPUT = 2
PORT_IN_USE = 3
_LONGEST_RUN_S = 21_900 * 86_400.0
"""Longest span, some 60 years [s]."""


class WithExtras(TyperGroup):
    """The command, which says in one line which package is missing where one is."""

    def invoke(self, ctx: Any) -> Any:
        """Carry out a command; see `TyperGroup.invoke`."""
        try:
            return super().invoke(ctx)
        except ImportError as error:
            from ..sim.files.extras import MissingPackageError  # noqa: PLC0415

            if not isinstance(error, MissingPackageError):
                raise
            raise refuse(str(error)) from None


RecordOption = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Record what components report: .csv, .csv.gz or .parquet."),
]


class RecordedMetrics(StrEnum):
    """How much is recorded."""

    MAIN = "main"
    ALL = "all"


RecordMetricsOption = Annotated[
    RecordedMetrics | None,
    typer.Option(help="Record the main metrics of each category, or all; main if not given."),
]


RecordExtremesOption = Annotated[
    bool,
    typer.Option(
        "--record-extremes", help="Record least and greatest powers of each interval beside their means."
    ),
]


def start_recorder(
    path: Path | None,
    metrics: RecordedMetrics | None,
    site: Site,
    seed: int,
    *,
    extremes: bool,
    speed: float = 1.0,
) -> contextlib.AbstractContextManager[Recorder | None]:
    """Begin a recording, if one is wanted; leaving the context finishes it.

    The speed is how many simulated seconds pass in one of those that samples carry.

    Raises:
        RecordingError: If nothing can be written there.
    """
    from ..sim.recording import Recorder  # noqa: PLC0415

    if path is None:
        return contextlib.nullcontext()
    chosen: Metrics = "all" if metrics is RecordedMetrics.ALL else "main"
    return Recorder(path, site, seed=seed, metrics=chosen, extremes=extremes, speed=speed)


def refuse(message: str, code: int = BAD_INPUT) -> typer.Exit:
    """Say on standard error why not, and return the exit to raise."""
    typer.echo(message, err=True)
    return typer.Exit(code)


def input_in_words(error: Exception, sources: Sequence[str]) -> str:
    """Return why sites cannot be run; what drives them wrongly by its place in their files, as `check` tells it.

    Args:
        error: Of reading or building them.
        sources: Paths of their files, or names of bundled sites.
    """
    from ..sim.inputs.errors import InputError  # noqa: PLC0415
    from ..sim.site.input_files import in_site_files  # noqa: PLC0415

    return in_site_files(error, sources) if isinstance(error, InputError) else str(error)


def check_recording(path: Path | None, metrics: RecordedMetrics | None, *, extremes: bool) -> None:
    """Refuse to say what is recorded where nothing is.

    Raises:
        typer.Exit: If so.
    """
    if path is None and metrics is not None:
        raise refuse(f"--record-metrics is {metrics.value!r} without --record; accepted: with --record FILE")
    if path is None and extremes:
        raise refuse("--record-extremes is given without --record; accepted: with --record FILE")


def check_apart(written: Mapping[str, Path | None], read: Mapping[str, str | Path | None]) -> None:
    """Refuse to write where the same command reads, or writes something else.

    Args:
        written: Files by the options that name them.
        read: Files by the options and arguments that name them.

    Raises:
        typer.Exit: If a file is named twice.
    """
    inputs = {name: Path(given) for name, given in read.items() if given is not None and isfile(given)}
    outputs = {name: path for name, path in written.items() if path is not None}
    for option, path in outputs.items():
        for name, other in {**inputs, **outputs}.items():
            if name != option and is_one_file(path, other):
                raise refuse(f"{option} is {str(path)!r}, as {name} is; accepted: another file")


def is_one_file(path: Path, other: Path) -> bool:
    """Say whether two paths are of one file, which need not be there, or of a recording and the part it grows in.

    What is no file, such as a terminal, takes whatever is written.
    """
    if any(exists(each) and not isfile(each) for each in (path, other)):
        return False
    if isfile(path) and isfile(other) and samefile(path, other):
        return True
    return realpath(path).removesuffix(".part") == realpath(other).removesuffix(".part")


def check_writable(option: str, path: Path | None) -> None:
    """Refuse before anything runs a file that could not be written, or that is somebody's work.

    Args:
        option: That names it.
        path: Of the file.

    Raises:
        typer.Exit: If it is a folder, or its folder is missing, or either must not be written to, or something is
            there that the option has not written.
    """
    said = None if path is None else unwritable(option, path)
    if said is not None:
        raise refuse(said)


def unwritable(option: str, path: Path) -> str | None:
    """Try whether a file can be written, and leave it as it is; return what is wrong if not, see `check_writable`."""
    if _is_somebodys(option, path):
        return (
            f"{option} is {str(path)!r}, which is there and would be lost; accepted: a file of another name"
        )
    try:
        is_new = not path.exists()
        # Opening a pipe may wait for whoever reads it.
        if is_new or not path.is_fifo():
            _try_to_write(path, is_new=is_new)
    except OSError as error:
        accepted = "a file in a folder that can be written to"
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return f"{option} is {str(path)!r} ({error.strerror}); accepted: {accepted} and has room"
        return f"{option} is {str(path)!r}; accepted: {accepted}"
    return None


def _is_somebodys(option: str, path: Path) -> bool:
    """Say whether a file is there that an option has not written."""
    from .former_outputs import is_former_output  # noqa: PLC0415

    try:
        return isfile(path) and not is_former_output(option, path)
    except OSError:
        return False  # That it cannot be read is another matter than whether it may be written.


def _try_to_write(path: Path, *, is_new: bool) -> None:
    """Write a byte to a file that is new and goes again, and nothing to another, which a full device refuses as well.

    Raises:
        OSError: If that cannot be.
    """
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK | os.O_NOCTTY, 0o666)
    try:
        os.write(file, b" " if is_new else b"")
    finally:
        os.close(file)
        if is_new:
            path.resolve().unlink()


def unwritable_folder(option: str, path: Path) -> str | None:
    """Try whether a folder can be made and written to, and leave all as it is; return what is wrong if not."""
    made: list[Path] = []
    try:
        for each in reversed((path, *path.parents)):
            if not each.exists():
                each.mkdir()
                made.append(each)
        with TemporaryFile(dir=path, buffering=0) as file:
            file.write(b" ")
    except OSError as error:
        why = error.strerror or str(error)
        return f"{option} is {str(path)!r} ({why}); accepted: a folder that can be written to"
    finally:
        for each in reversed(made):
            each.rmdir()
    return None


@contextlib.contextmanager
def writing(option: str, path: Path) -> Iterator[Path]:
    """Give the path at which an output is to be written: another one where somebody's file has appeared meanwhile.

    Raises:
        typer.Exit: If it could not be written after all, as on a full disk, or is elsewhere than asked for.
    """
    place = _beside(path) if _is_somebodys(option, path) else path
    try:
        yield place
    except OSError as error:
        raise refuse(
            f"{option} is {str(path)!r}, which could not be written ({error.strerror or error}); "
            "accepted: a file in a folder that can be written to and has room"
        ) from None
    if place != path:
        raise refuse(
            f"{option} is {str(path)!r}, where a file has appeared meanwhile that would be lost; "
            f"what was to be there is {str(place)!r}"
        )


def _beside(path: Path) -> Path:
    """Return a name of the same form beside a file that nothing has: `day.new.csv`."""
    form = "".join(path.suffixes)
    stem = path.name.removesuffix(form)
    names = (f"{stem}.new{'' if number == 1 else f'-{number}'}{form}" for number in count(1))
    return next(free for free in map(path.with_name, names) if not free.exists())


def parse_duration(text: str) -> float:
    """Read a span such as `10 min` [s].

    Raises:
        typer.BadParameter: If it is none, not positive, or longer than 21,900 d.
    """
    return _parse_duration(text, _LONGEST_RUN_S)


def parse_asked_duration(text: str) -> float:
    """Read a span that is asked of a running site [s].

    Raises:
        typer.BadParameter: If it is none, not positive, or longer than 366 d.
    """
    return _parse_duration(text, LONGEST_S)


def _parse_duration(text: str, longest_s: float) -> float:
    from ..sim.files.units import SECOND  # noqa: PLC0415 - imports pydantic

    try:
        return SECOND.within(above=0.0, upper=longest_s).parse(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r}; accepted: {error}") from None


def span_in_words(span: timedelta) -> str:
    """Return a span in the largest unit of which it is a whole number."""
    return duration_in_words(span.total_seconds())


def whole_number(least: int, most: int | None = None) -> Callable[[str], int]:
    """Return what reads a whole number in a range, and says in our words what is accepted.

    Raises:
        typer.BadParameter: By what is returned, if a text is none.
    """
    accepted = f"a whole number >= {least}" if most is None else f"a whole number from {least} to {most}"

    def parse(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            raise typer.BadParameter(f"{text!r}; accepted: {accepted}") from None
        if number < least or (most is not None and number > most):
            raise typer.BadParameter(f"{text!r}; accepted: {accepted}")
        return number

    return parse


JobsOption = Annotated[
    int | None,
    typer.Option(
        metavar="N", parser=whole_number(1), help="How many cases run at once; one a core if not given."
    ),
]


def parse_moment(text: str) -> datetime:
    """Read an ISO 8601 date and time, by the site's clock if it names no offset.

    Raises:
        typer.BadParameter: If it is none, or no run can start then.
    """
    from ..sim.domain.timestamps import check_start  # noqa: PLC0415

    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(
            f"{text!r}; accepted: an ISO 8601 date and time such as 2026-06-15T11:00:00+02:00"
        ) from None
    try:
        return check_start(moment)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
