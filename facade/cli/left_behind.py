"""A run without clients that is ended from outside: by whom, and where to find what it has recorded by then."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import typer

from .told_to_end import signals_to_end

_SHELL = 128
"""Beside the number of a signal, the exit code of what it has ended, as shells have it."""


@contextlib.contextmanager
def told_when_ended(record: Path | None) -> Iterator[None]:
    """Let every signal to end come as Ctrl-C does, and say then what is left.

    Args:
        record: Of the recording; None if there is none.

    Raises:
        typer.Exit: With 128 and the number of the signal that has ended what is within.
    """
    ended_by = signal.SIGINT

    def end(number: int, _frame: object) -> None:
        nonlocal ended_by
        ended_by = signal.Signals(number)
        signal.raise_signal(signal.SIGINT)

    is_main = threading.current_thread() is threading.main_thread()
    others = [each for each in signals_to_end() if each != signal.SIGINT] if is_main else []
    former = {number: signal.signal(number, end) for number in others}
    try:
        yield
    except KeyboardInterrupt:
        typer.echo(f"ended by {ended_by.name}{_left(record)}", err=True)
        raise typer.Exit(_SHELL + ended_by) from None
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


def _left(record: Path | None) -> str:
    from ..sim.recording.output import part_of  # noqa: PLC0415

    if record is None:
        return ""
    part = part_of(record)
    if not part.exists():
        return "; nothing was recorded by then"
    return f"; what was recorded by then is in {part}, and made a recording by: doppelgrid recover {part}"
