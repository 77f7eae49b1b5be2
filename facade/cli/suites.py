"""`doppelgrid test`: scenario files in, a verdict for each out.

Exit codes: 0 everything held, 1 something did not, 2 something was written wrongly, 130 Ctrl-C.
"""

from __future__ import annotations

import os
import shlex
import signal
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .options import check_writable, refuse, span_in_words, whole_number, writing

if TYPE_CHECKING:
    from rich.console import Console

    from ..scenarios.suites.case import Case, Verdict
    from ..scenarios.suites.collection import Shard

FAILED = 1
INTERRUPTED = 130


def _parse_shard(text: str) -> Shard:
    from ..scenarios.suites.collection import Shard  # noqa: PLC0415

    number, _, of = text.partition("/")
    if not (number.isdecimal() and of.isdecimal() and 1 <= int(number) <= int(of)):
        raise typer.BadParameter(f"{text!r}; accepted: a part of several, such as 1/4")
    return Shard(int(number), int(of))


def run_scenarios(
    paths: Annotated[
        list[Path], typer.Argument(metavar="PATH…", help="Scenario files, and folders of them.")
    ],
    app: Annotated[
        str | None,
        typer.Option(
            metavar="APP", help="Application in place of those that the files name, with its arguments."
        ),
    ] = None,
    jobs: Annotated[
        int | None,
        typer.Option(
            metavar="N", parser=whole_number(1), help="How many cases run at once; one a core if not given."
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Leave recording, events, log and verdict of each case in DIR/CASE."
        ),
    ] = None,
    junit: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the verdicts as JUnit XML.")
    ] = None,
    html: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write the verdicts as a page with plots that needs nothing else."),
    ] = None,
    select: Annotated[
        list[str] | None,
        typer.Option(
            "--filter", metavar="TEXT", help="Only cases with this in their names; * and ? are known."
        ),
    ] = None,
    shard: Annotated[
        str | None,
        typer.Option(metavar="I/N", help="Only the I-th of N parts of the cases."),
    ] = None,
    seed: Annotated[int | None, typer.Option(help="In place of the seeds of the files.")] = None,
    repeat: Annotated[
        int,
        typer.Option(
            metavar="N", parser=whole_number(1), help="Run each case N times and compare their digests."
        ),
    ] = 1,
    stop_after: Annotated[
        int | None,
        typer.Option(metavar="N", parser=whole_number(1), help="End after N cases have failed."),
    ] = None,
) -> None:
    """Run scenarios: what goes wrong on a site, on purpose, with a verdict."""
    from ..scenarios.suites.collection import chosen, collect  # noqa: PLC0415
    from ..scenarios.suites.scenario_file import ScenarioError  # noqa: PLC0415

    part = None if shard is None else _parse_shard(shard)
    check_writable("--junit", junit)
    check_writable("--html", html)
    if app is not None:
        _check_app(app)
    try:
        cases = chosen(collect(paths), select or [], part)
    except ScenarioError as error:
        raise refuse(str(error)) from None
    if not cases:
        raise refuse("no case is left by --filter and --shard; accepted: those that leave some")
    prepared = [
        replace(case, app=app, seed=seed, output=output, turn=turn)
        for case in cases
        for turn in range(repeat)
    ]
    _make_folder(output)
    console = _console()
    verdicts: list[Verdict] = []
    was_interrupted = False
    # A service that ends its jobs wants the report of what was done, too.
    former = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        # One at a time, so that those before an interrupt count.
        verdicts.extend(_judged(prepared, jobs or os.cpu_count() or 1, console, stop_after))
    except KeyboardInterrupt:
        was_interrupted = True
    finally:
        signal.signal(signal.SIGTERM, former)
    places = {case.name: place for place, case in enumerate(cases)}
    verdicts.sort(key=lambda verdict: places[verdict.name])
    verdicts = _compared(verdicts)
    _print_table(console, verdicts, len(prepared))
    if junit is not None:
        from ..scenarios.suites.junit import write_junit  # noqa: PLC0415

        with writing("--junit", junit):
            write_junit(junit, verdicts)
    if html is not None:
        from ..scenarios.suites.page import page  # noqa: PLC0415

        with writing("--html", html):
            html.write_text(page(verdicts), encoding="utf-8")
    if was_interrupted:
        raise typer.Exit(INTERRUPTED)
    if not all(verdict.has_passed for verdict in verdicts):
        raise typer.Exit(FAILED)


def _check_app(text: str) -> None:
    from ..scenarios.suites.application import ApplicationError, read_application  # noqa: PLC0415

    try:
        read_application(text)
    except ApplicationError as error:
        raise refuse(f"--app is {error}") from None


def _make_folder(output: Path | None) -> None:
    if output is None:
        return
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise refuse(
            f"--output is {str(output)!r} ({error.strerror or error}); accepted: a folder that can be written to"
        ) from None


def _console() -> Console:
    from rich.console import Console  # noqa: PLC0415

    return Console(highlight=False)


def _judged(cases: Sequence[Case], jobs: int, console: Console, stop_after: int | None) -> Iterator[Verdict]:
    """Run cases, telling of each as it ends."""
    from rich.progress import Progress, TimeElapsedColumn  # noqa: PLC0415

    from ..scenarios.suites.runner import run_cases  # noqa: PLC0415

    failed = 0
    with Progress(
        *Progress.get_default_columns(), TimeElapsedColumn(), console=console, disable=not console.is_terminal
    ) as progress:
        task = progress.add_task("cases", total=len(cases))
        for verdict in run_cases(cases, jobs):
            progress.advance(task)
            _print_verdict(progress.console, verdict)
            yield verdict
            failed += not verdict.has_passed
            if stop_after is not None and failed >= stop_after:
                return


def _print_verdict(console: Console, verdict: Verdict) -> None:
    from ..sim.domain.printable import printable  # noqa: PLC0415

    style, word = ("green", "passed") if verdict.has_passed else ("red", "failed")
    console.print(f"[{style}]{word}[/{style}] ", end="")
    words = f"{verdict.name}: {verdict.scenario}" if verdict.scenario else verdict.name
    console.print(printable(words), markup=False, soft_wrap=True)
    for failure in verdict.failures:
        for line in failure.strip().splitlines():
            console.print(f"    {printable(line)}", markup=False, soft_wrap=True)
    for _, outcome in verdict.checks:
        for line in outcome.chain:
            console.print(f"        {printable(line)}", style="dim", markup=False, soft_wrap=True)
    if not verdict.has_passed:
        console.print(f"    again: {shlex.join(_again(verdict))}", style="dim", markup=False, soft_wrap=True)


def _again(verdict: Verdict) -> list[str]:
    """Return the command that runs a case alone."""
    words = ["doppelgrid", "test", verdict.path]
    name, bracket, _ = verdict.name.partition("[")
    if bracket:
        words += ["--filter", verdict.name[len(name) :]]
    if verdict.app is not None:
        words += ["--app", verdict.app]
    return words if verdict.seed is None else [*words, "--seed", str(verdict.seed)]


def _print_table(console: Console, verdicts: Sequence[Verdict], wanted: int) -> None:
    from rich.markup import escape  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    from ..sim.domain.printable import printable  # noqa: PLC0415

    table = Table(box=None, pad_edge=False)
    for column in ("case", "", "checks", "simulated", "real"):
        table.add_column(column, justify="left" if column in ("case", "") else "right")
    for verdict in verdicts:
        passed = sum(check.outcome.has_passed for check in verdict.checks)
        span = timedelta(microseconds=verdict.end_us - verdict.start_us)
        table.add_row(
            escape(printable(verdict.name)),
            "[green]passed[/green]" if verdict.has_passed else "[red]failed[/red]",
            f"{passed}/{len(verdict.checks)}",
            span_in_words(span),
            f"{verdict.real_s:.1f} s",
        )
    if verdicts:
        console.print()
        console.print(table)
    failed = sum(not verdict.has_passed for verdict in verdicts)
    missing = f", {wanted - len(verdicts)} not run" if len(verdicts) < wanted else ""
    console.print(f"{len(verdicts) - failed} passed, {failed} failed{missing}")


def _compared(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """Return the verdicts, those of cases that were run more than once with whether their digests agree."""
    from ..scenarios.suites.checks import Outcome  # noqa: PLC0415
    from ..scenarios.suites.director import CheckOutcome  # noqa: PLC0415

    digests: dict[str, list[str]] = {}
    for verdict in verdicts:
        digests.setdefault(verdict.name, []).append(verdict.digest)

    def outcome(name: str) -> Outcome:
        different = sorted(set(digests[name]))
        return Outcome(len(different) == 1, ", ".join(each[:12] or "none" for each in different))

    return [
        replace(
            verdict,
            checks=(*verdict.checks, CheckOutcome("every run has the same digest", outcome(verdict.name))),
        )
        if len(digests[verdict.name]) > 1
        else verdict
        for verdict in verdicts
    ]
