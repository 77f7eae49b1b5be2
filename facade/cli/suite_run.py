"""How `doppelgrid test` carries out the cases that it was given, and what it writes of them."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import typer

from .options import refuse, writing
from .suite_console import sigterm_as_ctrl_c, suite_console
from .suites_shown import SuiteProgress, print_table, print_verdict

if TYPE_CHECKING:
    from rich.console import Console

    from ..scenarios.suites.report.baseline import Baseline, Change
    from ..scenarios.suites.report.page import Plots
    from ..scenarios.suites.running.case import Case, Verdict
    from ..scenarios.suites.running.last_run import LastRun

FAILED = 1
INTERRUPTED = 130
SAME_DIGEST = "every run has the same digest"


@dataclass(frozen=True)
class SuiteOptions:
    """How to run cases, and what to write of them; see `doppelgrid test --help`."""

    jobs: int
    output: Path | None
    repeat: int
    stop_after: int | None
    junit: Path | None
    html: Path | None
    baseline: Baseline | None
    dask: str | None = None
    gone: Sequence[str] = ()
    """Names of cases of the baseline that there are no longer."""


def run_suite(cases: Sequence[Case], options: SuiteOptions, last: LastRun) -> None:
    """Run cases, and say and write what came of them.

    Args:
        cases: With valid files, in the order in which they are shown.
        options: What its user wants.
        last: Takes in which failed.

    Raises:
        typer.Exit: If some failed, something cannot be written, or it was ended by Ctrl-C.
    """
    from ..scenarios.suites.report.missing import Missing  # noqa: PLC0415

    with ExitStack() as stack:
        output = options.output
        if options.baseline is not None and output is None:
            # Where runs part is seen in what they leave behind.
            output = Path(stack.enter_context(TemporaryDirectory(prefix="doppelgrid-")))
        prepared = [
            replace(case, output=output, turn=turn) for case in cases for turn in range(options.repeat)
        ]
        plots = None if options.html is None else stack.enter_context(_plots())
        console = suite_console()
        verdicts, was_interrupted = _verdicts(prepared, options, plots, console)
        places = {(case.name, case.turn): place for place, case in enumerate(prepared)}
        verdicts.sort(key=lambda verdict: places[verdict.name, verdict.turn])
        changes = None if options.baseline is None else _changes(options.baseline, verdicts, prepared)
        done = {(verdict.name, verdict.turn) for verdict in verdicts}
        missing = Missing(
            [case for case in prepared if (case.name, case.turn) not in done],
            f"not run: {'an interrupt' if was_interrupted else f'--stop-after {options.stop_after}'} ended the run",
            options.gone,
        )
        print_table(console, verdicts, missing, changes)
        if options.repeat > 1:
            console.print(_agreement(_digests(prepared, verdicts), options.repeat))
        # A cache that cannot be written to is none.
        with contextlib.suppress(OSError):
            last.keep(verdicts)
        if options.junit is not None:
            from ..scenarios.suites.report.junit import write_junit  # noqa: PLC0415

            with writing("--junit", options.junit) as place:
                write_junit(place, verdicts, changes, missing)
        if options.html is not None and plots is not None:
            from ..scenarios.suites.report.page import write_page  # noqa: PLC0415

            with writing("--html", options.html) as place, place.open("w", encoding="utf-8") as file:
                write_page(file, verdicts, plots, changes, missing)
    if was_interrupted:
        raise typer.Exit(INTERRUPTED)
    if not all(verdict.has_passed for verdict in verdicts):
        raise typer.Exit(FAILED)


def _agreement(digests: Mapping[str, Sequence[str]], repeat: int) -> str:
    """Return how many cases have one digest in all of their runs, and how many have not had all of them."""
    whole = [each for each in digests.values() if len(each) == repeat]
    agreeing = sum(len(set(each)) == 1 and each[0] != "" for each in whole)
    fewer = len(digests) - len(whole)
    parts = [f"{agreeing} of {len(whole)} cases have one digest in all of {repeat} runs"] if whole else []
    if fewer:
        parts.append(f"{fewer} {'case has' if fewer == 1 else 'cases have'} not had all of {repeat} runs")
    return "; ".join(parts)


def _verdicts(
    cases: Sequence[Case], options: SuiteOptions, plots: Plots | None, console: Console
) -> tuple[list[Verdict], bool]:
    """Return the verdicts that came, compared, telling of each; and whether Ctrl-C ended the others."""
    repeats = _Repeats(options.repeat, lambda verdict: print_verdict(console, verdict))
    was_interrupted = False
    try:
        with (
            sigterm_as_ctrl_c(),
            contextlib.closing(_judged(cases, options, console, repeats)) as judged,
        ):
            # One at a time, so that those before an interrupt count.
            for verdict in judged:
                repeats.keep(verdict if plots is None else plots.put(verdict))
    except KeyboardInterrupt:
        was_interrupted = True
    repeats.tell_rest()
    return repeats.verdicts, was_interrupted


class _Repeats:
    """Verdicts as they come, told once all runs of their case have: then it is known whether their digests agree."""

    def __init__(self, wanted: int, tell: Callable[[Verdict], object]) -> None:
        """Begin with none.

        Args:
            wanted: How many runs of each case there are to be.
            tell: Called with each verdict that is final.
        """
        self.verdicts: list[Verdict] = []
        """Those that were told."""
        self._wanted, self._tell = wanted, tell
        self._failed = 0
        self._waiting: dict[str, list[Verdict]] = {}

    @property
    def failed(self) -> int:
        """How many have failed by now, told or not."""
        return self._failed + sum(_failed(runs) for runs in self._waiting.values())

    def keep(self, verdict: Verdict) -> None:
        """Take in a verdict."""
        runs = self._waiting.setdefault(verdict.name, [])
        runs.append(verdict)
        if len(runs) == self._wanted:
            self._end(verdict.name)

    def tell_rest(self) -> None:
        """Tell of cases of which not all runs came."""
        while self._waiting:
            self._end(next(iter(self._waiting)))

    def _end(self, name: str) -> None:
        compared = _compared(self._waiting[name])
        self.verdicts += compared
        del self._waiting[name]
        self._failed += _failed(compared)
        for verdict in compared:
            self._tell(verdict)


def _failed(verdicts: Sequence[Verdict]) -> int:
    """Return how many have failed."""
    return sum(not verdict.has_passed for verdict in verdicts)


def _judged(
    cases: Sequence[Case], options: SuiteOptions, console: Console, repeats: _Repeats
) -> Generator[Verdict]:
    """Run cases, until as many have failed as there may."""
    known = {(case.name, case.turn): case for case in cases}
    with (
        SuiteProgress(cases, console) as progress,
        contextlib.closing(_coming(cases, options, progress)) as coming,
    ):
        for verdict in coming:
            progress.ended(known[verdict.name, verdict.turn])
            yield verdict
            if options.stop_after is not None and repeats.failed >= options.stop_after:
                return


def _plots() -> Plots:
    from ..scenarios.suites.report.page import Plots  # noqa: PLC0415

    return Plots()


def _coming(cases: Sequence[Case], options: SuiteOptions, progress: SuiteProgress) -> Generator[Verdict]:
    """Yield verdicts from this machine or a cluster.

    Raises:
        typer.Exit: If the cluster cannot be reached.
    """
    if options.dask is None:
        from ..scenarios.suites.running.runner import run_cases  # noqa: PLC0415

        yield from run_cases(cases, options.jobs, progress.passed)
        return
    from ..scenarios.suites.running.cluster import run_in_cluster  # noqa: PLC0415
    from ..sim.ensemble.cluster import ClusterError  # noqa: PLC0415

    try:
        yield from run_in_cluster(cases, options.dask)
    except ClusterError as error:
        raise refuse(f"--dask is {error}") from None


def _changes(former: Baseline, verdicts: Sequence[Verdict], cases: Sequence[Case]) -> dict[int, Change]:
    """Return what changed since the baseline, by the places of the verdicts."""
    from ..scenarios.suites.report.baseline import BaselineError  # noqa: PLC0415

    folders = {(case.name, case.turn): case.folder for case in cases}
    changes = {}
    for place, verdict in enumerate(verdicts):
        folder = folders[verdict.name, verdict.turn]
        assert folder is not None
        try:
            changes[place] = former.change(_alone(verdict), folder)
        except BaselineError as error:
            typer.echo(f"--baseline: {error}", err=True)
    return changes


def _alone(verdict: Verdict) -> Verdict:
    """Return a verdict as its run has left it, which knows nothing of the others."""
    return replace(verdict, checks=tuple(each for each in verdict.checks if each.check != SAME_DIGEST))


def _compared(runs: Sequence[Verdict]) -> list[Verdict]:
    """Return the verdicts on runs of one case, with whether their digests agree if there are several."""
    from ..scenarios.suites.running.director import CheckOutcome  # noqa: PLC0415
    from ..sim.language.over_time import Outcome  # noqa: PLC0415

    if len(runs) < 2 or not any(verdict.digest for verdict in runs):
        return list(runs)
    different = sorted({verdict.digest for verdict in runs})
    outcome = Outcome(len(different) == 1, ", ".join(each[:12] or "none" for each in different))
    return [
        replace(verdict, checks=(*verdict.checks, CheckOutcome(SAME_DIGEST, outcome))) for verdict in runs
    ]


def _digests(cases: Sequence[Case], verdicts: Sequence[Verdict]) -> dict[str, list[str]]:
    """Return the digests of each case, none of those that did not run."""
    digests: dict[str, list[str]] = {case.name: [] for case in cases}
    for verdict in verdicts:
        digests[verdict.name].append(verdict.digest)
    return digests
