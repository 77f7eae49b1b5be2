"""What `doppelgrid test` shows in the terminal: progress, each verdict as it comes, and a table at the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from types import TracebackType
from typing import TYPE_CHECKING, Self

from .options import span_in_words
from .suite_console import BarOrLines, print_plainly

if TYPE_CHECKING:
    from rich.console import Console

    from ..scenarios.suites.report.baseline import Change
    from ..scenarios.suites.report.missing import Missing
    from ..scenarios.suites.running.case import Case, Verdict

_LEAST_SHARE = 0.02
"""Share of the simulated time before which the time left is anybody's guess."""
_MOST_LINES = 8
"""Of what changed in a case; names of those that are gone."""


class SuiteProgress:
    """How far a suite has come: cases, simulated time, and the time left."""

    def __init__(self, cases: Sequence[Case], console: Console) -> None:
        """Prepare.

        Args:
            cases: All that are to run.
            console: Where verdicts are shown; a bar beneath them if it is a terminal, else a line now and then.
        """
        from rich.progress import TimeRemainingColumn  # noqa: PLC0415

        from ..sim.engine.clock import stopwatch_s  # noqa: PLC0415

        self._cases, self._done = len(cases), 0
        self._total_s = sum(case.duration_s for case in cases)
        self._ended_s = 0.0
        self._running_s: dict[Case, float] = {}
        self._console = console
        self._clock_s = stopwatch_s
        self._began_s = stopwatch_s()
        self._progress = BarOrLines(console, self._total_s, TimeRemainingColumn(), "left")

    def passed(self, case: Case, done_us: int) -> None:
        """Take in how much simulated time has passed in a case [µs]."""
        self._running_s[case] = done_us / 1e6
        self._show()

    def ended(self, case: Case) -> None:
        """Take in that a case has ended."""
        self._running_s.pop(case, None)
        self._ended_s += case.duration_s
        self._done += 1
        self._show()

    @property
    def _simulated_s(self) -> float:
        return self._ended_s + sum(self._running_s.values())

    @property
    def _words(self) -> str:
        span, total = (
            span_in_words(
                timedelta(minutes=seconds // 60) if seconds >= 600 else timedelta(seconds=seconds // 1)
            )
            for seconds in (self._simulated_s, self._total_s)
        )
        return f"{self._done} of {self._cases} cases, {span} of {total} simulated"

    def _show(self) -> None:
        self._progress.show(self._simulated_s, self._words, self._time_left_and_running)

    def _time_left_and_running(self) -> str:
        share = self._simulated_s / self._total_s if self._total_s else 0.0
        left = ""
        if share > _LEAST_SHARE:
            seconds = round((self._clock_s() - self._began_s) * (1.0 / share - 1.0))
            left = f", {timedelta(seconds=seconds)} left"
        names = ", ".join(case.title for case in self._running_s)
        return f"{left}; running: {names}" if names else left

    def __enter__(self) -> Self:
        self._progress.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.__exit__(kind, error, trace)
        if kind is KeyboardInterrupt:
            for case, done_s in self._running_s.items():
                span = span_in_words(timedelta(seconds=done_s // 1))
                print_plainly(self._console, f"ended while it ran: {case.title}, after {span} simulated")


def print_verdict(console: Console, verdict: Verdict) -> None:
    """Print what came of a case; if it failed, why, what led to it, and how to run it again."""
    style, word = ("green", "passed") if verdict.has_passed else ("red", "failed")
    console.print(f"[{style}]{word}[/{style}] ", end="")
    words = f"{verdict.title}: {verdict.scenario}" if verdict.scenario else verdict.title
    print_plainly(console, words)

    def say(text: str, indent: int, style: str | None = None) -> None:
        for line in text.strip().splitlines():
            print_plainly(console, f"{' ' * indent}{line}", style)

    for check, outcome in verdict.checks:
        if not outcome.has_passed:
            say(f"{check}: {verdict.told(outcome)}", 4)
            for link in outcome.chain:
                say(link, 8, "dim")
    if verdict.error is not None:
        say(verdict.error, 4)
    if not verdict.has_passed:
        say(f"again: {verdict.again}", 4, "dim")


def print_table(
    console: Console, verdicts: Sequence[Verdict], missing: Missing, changes: Mapping[int, Change] | None
) -> None:
    """Print a row for each case, what changed of each, and how many passed.

    Args:
        console: To print to.
        verdicts: In the order of the cases.
        missing: What there is no verdict on.
        changes: Since the baseline, by the places of verdicts; None if there is none.
    """
    from rich.markup import escape  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    from ..sim.domain.printable import printable  # noqa: PLC0415

    table = Table(box=None, pad_edge=False)
    for column in ("case", "", "checks", "simulated", "real"):
        table.add_column(column, justify="left" if column in ("case", "") else "right")
    if changes is not None:
        table.add_column("since the baseline")
    for place, verdict in enumerate(verdicts):
        passed = sum(check.outcome.has_passed for check in verdict.checks)
        table.add_row(
            escape(printable(verdict.title)),
            "[green]passed[/green]" if verdict.has_passed else "[red]failed[/red]",
            f"{passed}/{len(verdict.checks)}",
            "unknown" if verdict.span_us is None else span_in_words(timedelta(microseconds=verdict.span_us)),
            f"{verdict.real_s:.1f} s",
            *([escape(str(changes.get(place, "")))] if changes is not None else []),
        )
    if verdicts:
        console.print()
        console.print(table)
    for place, change in (changes or {}).items():
        if change.lines:
            console.print()
            print_plainly(console, f"{verdicts[place].title}, since the baseline:")
            for line in _shortened(change):
                print_plainly(console, f"    {line}")
    if missing.gone:
        shown = missing.gone[:_MOST_LINES]
        more = f" and {len(missing.gone) - len(shown)} more" if len(shown) < len(missing.gone) else ""
        console.print()
        print_plainly(console, f"{missing._replace(gone=shown).gone_in_words}{more}")
    failed = sum(not verdict.has_passed for verdict in verdicts)
    not_run = f", {len(missing.not_run)} not run" if missing.not_run else ""
    console.print(f"{len(verdicts) - failed} passed, {failed} failed{not_run}")


def _shortened(change: Change) -> list[str]:
    """Return what changed, without the lesser ones of many figures."""
    most = max(_MOST_LINES - len(change.turned) - 1, 1)
    left_out = len(change.moved) - most
    lines = change.lines
    if left_out > 0:
        first = len(change.turned) + most
        lines[first : first + left_out] = [
            f"and {left_out} more figure{'s' if left_out > 1 else ''}, by less"
        ]
    return lines
