"""How commands that run cases speak: plain lines, and progress as a bar, or a line now and then without a terminal."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import ProgressColumn

_LINE_EVERY_S = 10.0
"""Real time between two lines on progress where there is no terminal [s]."""


def suite_console(*, stderr: bool = False) -> Console:
    """Return a console that shows words as they are."""
    from rich.console import Console  # noqa: PLC0415

    return Console(stderr=stderr, highlight=False, emoji=False)


def print_plainly(console: Console, text: str, style: str | None = None) -> None:
    """Print a line that may hold a name of the user's."""
    from ..sim.domain.printable import printable  # noqa: PLC0415

    console.print(printable(text), style=style, markup=False, soft_wrap=True)


@contextmanager
def sigterm_as_ctrl_c() -> Iterator[None]:
    """Let SIGTERM raise `KeyboardInterrupt`: a service that ends its jobs wants the report of what was done, too."""
    former = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, former)


class BarOrLines:
    """How far something has come, as a context manager."""

    def __init__(self, console: Console, total: float | None, *columns: str | ProgressColumn) -> None:
        """Prepare.

        Args:
            console: Where there is a bar, if it is a terminal.
            total: What is complete; None if nobody knows.
            columns: What stands behind the bar.
        """
        from rich.progress import BarColumn, Progress, TextColumn  # noqa: PLC0415

        from ..sim.engine.clock import stopwatch_s  # noqa: PLC0415

        self._bar = Progress(
            TextColumn("{task.description}", markup=False), BarColumn(), *columns,
            console=console, disable=not console.is_terminal, transient=True,
        )  # fmt: skip
        self._task = self._bar.add_task("starting", total=total)
        self._clock_s = stopwatch_s
        self._next_line_s = stopwatch_s() + _LINE_EVERY_S

    def show(self, completed: float, words: str, more: Callable[[], str] = str) -> None:
        """Show how far it has come.

        Args:
            completed: Of the total.
            words: The same for people.
            more: Returns what a line says besides.
        """
        self._bar.update(self._task, completed=completed, description=words)
        if self._bar.disable and self._clock_s() >= self._next_line_s:
            self._next_line_s = self._clock_s() + _LINE_EVERY_S
            print_plainly(suite_console(stderr=True), f"{words}{more()}")

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()
