"""What `doppelgrid fuzz` shows in the terminal: progress, each finding as it comes, and a report at the end."""

from __future__ import annotations

import shlex
from types import TracebackType
from typing import TYPE_CHECKING, Self

from .suite_console import BarOrLines, print_plainly, suite_console

if TYPE_CHECKING:
    from rich.console import Console

    from ..scenarios.fuzzing.corpus import Corpus
    from ..scenarios.fuzzing.fuzzer import Finding, Tally
    from ..scenarios.suites.running.case import Verdict

_MOST_LINES = 6
"""Lines of what a failure says that are shown."""


class FuzzShown:
    """How far the search has come, beneath what it has found."""

    def __init__(self, most: int | None, corpus: Corpus) -> None:
        """Prepare.

        Args:
            most: How many cases are to run, if that is known.
            corpus: Where states are counted.
        """
        from rich.progress import TimeElapsedColumn  # noqa: PLC0415

        from ..scenarios.fuzzing.fuzzer import Watcher  # noqa: PLC0415

        self.console = suite_console()
        self.watcher = Watcher(self._ran, self._shrinks, self._found)
        self._most, self._corpus = most, corpus
        self._cases, self._simulated_s = 0, 0.0
        self._progress = BarOrLines(self.console, most, TimeElapsedColumn())

    def __enter__(self) -> Self:
        self._progress.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.__exit__(kind, error, trace)

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
        self._progress.show(self._cases, words)


def print_report(console: Console, tally: Tally, corpus: Corpus) -> None:
    """Print what a run has done, and what it has found."""
    known = corpus.known
    for path in tally.mended:
        print_plainly(console, f"fails no longer: {path.name}")
    for path, why in tally.wrong.items():
        print_plainly(console, f"left out, as it is no scenario of this site any more: {path.name}")
        for line in why.splitlines():
            print_plainly(console, line)
    for signature, count in tally.again.items():
        print_plainly(console, f"{count} more failed the same way: {signature}")
    print_plainly(
        console,
        f"{tally.cases} cases, {tally.simulated_s / 3600.0:.1f} h simulated; in all runs {known.cases} cases, "
        f"{known.simulated_s / 3600.0:.1f} h, {len(known.site):,} distinct states of the site "
        f"({len(known.components):,} of single components, {tally.new_states:,} of them new)",
    )
    if tally.cases and not tally.commands:
        print_plainly(console, "the application gave no command in any case: nothing that it does was tried")
    print_plainly(console, f"{len(tally.findings)} found, in {corpus.folder}")


def _print_finding(console: Console, finding: Finding) -> None:
    lines = len(finding.path.read_text(encoding="utf-8").splitlines())
    how = "found before" if not finding.is_new else f"small after {finding.runs} runs"
    if not finding.comes_again:
        how = "it did not fail when it was run again: something besides the scenario decides"
    elif not finding.is_smallest:
        how += ", which may not be the smallest: no more were allowed, or time was up"
    print_plainly(console, f"found: {finding.signature}")
    for line in finding.said.splitlines()[-_MOST_LINES:]:
        print_plainly(console, f"  {line}")
    for other in finding.besides:
        print_plainly(console, f"  and with it: {other}")
    print_plainly(console, f"  {finding.path} ({lines} lines; {how})")
    print_plainly(console, f"  {shlex.join(['doppelgrid', 'test', str(finding.path)])}")
