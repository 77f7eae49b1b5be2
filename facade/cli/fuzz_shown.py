"""What `doppelgrid fuzz` shows in the terminal: progress, each finding as it comes, and a report at the end."""

from __future__ import annotations

import shlex
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from rich.console import Console

    from ..scenarios.fuzzing.corpus import Corpus
    from ..scenarios.fuzzing.fuzzer import Finding, Tally
    from ..scenarios.suites.running.case import Verdict

_LINE_EVERY_S = 10.0
"""Real time between two lines on progress where there is no terminal [s]."""
_MOST_LINES = 6
"""Of what a failure says."""


class FuzzShown:
    """How far the search has come, beneath what it has found."""

    def __init__(self, most: int | None, corpus: Corpus) -> None:
        """Prepare.

        Args:
            most: How many cases are to run, if that is known.
            corpus: Where states are counted.
        """
        from rich.console import Console  # noqa: PLC0415
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415

        from ..scenarios.fuzzing.fuzzer import Watcher  # noqa: PLC0415
        from ..sim.engine.clock import stopwatch_s  # noqa: PLC0415

        self.console = Console(highlight=False, emoji=False)
        self.watcher = Watcher(self._ran, self._shrinks, self._found)
        self._most, self._corpus, self._clock_s = most, corpus, stopwatch_s
        self._cases, self._simulated_s = 0, 0.0
        self._bar = Progress(
            TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(),
            console=self.console, disable=not self.console.is_terminal, transient=True,
        )  # fmt: skip
        self._task = self._bar.add_task("starting", total=most)
        self._next_line_s = stopwatch_s() + _LINE_EVERY_S

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def _ran(self, verdict: Verdict) -> None:
        self._cases += 1
        self._simulated_s += (verdict.end_us - verdict.start_us) / 1e6
        of = "" if self._most is None else f" of {self._most}"
        states = len(self._corpus.known.site)
        self._show(
            f"{self._cases}{of} cases, {self._simulated_s / 3600.0:.1f} h simulated, {states:,} states known"
        )

    def _shrinks(self, signature: str, runs: int) -> None:
        self._show(f"making small what failed after {self._cases} cases: {runs} runs ({signature})")

    def _found(self, finding: Finding) -> None:
        _print_finding(self.console, finding)

    def _show(self, words: str) -> None:
        self._bar.update(self._task, completed=self._cases, description=words)
        if not self.console.is_terminal and self._clock_s() >= self._next_line_s:
            self._next_line_s = self._clock_s() + _LINE_EVERY_S
            import typer  # noqa: PLC0415

            typer.echo(words, err=True)


def print_report(console: Console, tally: Tally, corpus: Corpus) -> None:
    """Print what a run has done, and what it has found."""
    known = corpus.known
    for path in tally.mended:
        _print(console, f"fails no longer: {path.name}")
    for path, why in tally.wrong.items():
        _print(console, f"left out, as it is no scenario of this site any more: {path.name}\n{why}")
    for signature, count in tally.again.items():
        _print(console, f"{count} more failed the same way: {signature}")
    _print(
        console,
        f"{tally.cases} cases, {tally.simulated_s / 3600.0:.1f} h simulated; in all runs {known.cases} cases, "
        f"{known.simulated_s / 3600.0:.1f} h, {len(known.site):,} distinct states of the site "
        f"({len(known.components):,} of single components, {tally.new_states:,} of them new)",
    )
    if tally.cases and not tally.commands:
        _print(console, "the application gave no command in any case: nothing that it does was tried")
    _print(console, f"{len(tally.findings)} found, in {corpus.folder}")


def _print_finding(console: Console, finding: Finding) -> None:
    lines = len(finding.path.read_text(encoding="utf-8").splitlines())
    how = "found before" if not finding.is_new else f"small after {finding.runs} runs"
    if not finding.comes_again:
        how = "it did not fail when it was run again: something besides the scenario decides"
    elif not finding.is_smallest:
        how += ", which may not be the smallest: no more were allowed, or time was up"
    _print(console, f"found: {finding.signature}")
    for line in finding.said.splitlines()[-_MOST_LINES:]:
        _print(console, f"  {line}")
    for other in finding.besides:
        _print(console, f"  and with it: {other}")
    _print(console, f"  {finding.path} ({lines} lines; {how})")
    _print(console, f"  {shlex.join(['doppelgrid', 'test', str(finding.path)])}")


def _print(console: Console, words: str) -> None:
    console.print(words, markup=False, soft_wrap=True)
