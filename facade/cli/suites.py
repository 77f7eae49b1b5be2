"""`doppelgrid test`: scenario files in, a verdict for each out.

Exit codes: 0 everything held, 1 something did not, 2 something was written wrongly, 130 Ctrl-C.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .options import (
    JobsOption,
    is_one_file,
    parse_duration,
    refuse,
    unwritable,
    unwritable_folder,
    whole_number,
)
from .suite_run import SuiteOptions, run_suite

if TYPE_CHECKING:
    from ..scenarios.suites.report.baseline import Baseline
    from ..scenarios.suites.running.case import Case
    from ..scenarios.suites.running.collection import Shard
    from ..scenarios.suites.running.last_run import LastRun


def _parse_shard(text: str) -> Shard:
    from ..scenarios.suites.running.collection import Shard  # noqa: PLC0415

    number, _, of = text.partition("/")
    if not (number.isdecimal() and of.isdecimal() and 1 <= int(number) <= int(of)):
        raise typer.BadParameter(f"{text!r}; accepted: a part of several, such as 1/4")
    return Shard(int(number), int(of))


def run_scenarios(
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="PATH…",
            help="Scenario files, folders of them, and what ships: library:, library:storage.",
        ),
    ],
    app: Annotated[
        list[str] | None,
        typer.Option(
            metavar="[KIND=]APP",
            help="Application in place of those that the files name, with its arguments; of a kind of controller, "
            "such as fcr, for the files that are for it.",
        ),
    ] = None,
    jobs: JobsOption = None,
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
    live: Annotated[
        bool, typer.Option("--live", help="Let applications run live, as those do that are not Python.")
    ] = False,
    speed: Annotated[
        float | None,
        typer.Option(metavar="X", help="Simulated seconds per second of live runs; the files' if not given."),
    ] = None,
    connect_within: Annotated[
        float | None,
        typer.Option(
            metavar="TIME",
            parser=parse_duration,
            help="Real time in which live applications have to connect; the files' if not given.",
        ),
    ] = None,
    dask: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="Scheduler of a Dask cluster that runs the cases."),
    ] = None,
    rerun_failed: Annotated[
        bool,
        typer.Option(
            "--rerun-failed",
            help="Only cases that failed when they ran last, by --output DIR or the user's cache.",
        ),
    ] = False,
    baseline: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Say what changed since an earlier run, which left DIR by --output."
        ),
    ] = None,
) -> None:
    """Run scenarios: what goes wrong on a site, on purpose, with a verdict."""
    from ..scenarios.suites.file.scenario_file import ScenarioError  # noqa: PLC0415
    from ..scenarios.suites.running.collection import chosen, collect, fits  # noqa: PLC0415
    from ..scenarios.suites.running.last_run import LastRun  # noqa: PLC0415
    from ..scenarios.suites.running.runner import prepared  # noqa: PLC0415

    part = None if shard is None else _parse_shard(shard)
    if speed is not None:
        _check_speed(speed)
    if dask is not None and jobs is not None:
        raise refuse("--jobs counts processes on this machine; accepted: either --jobs or --dask")
    if dask is None:
        prepared()
    wrong = [*_unwritable(output, junit, html), *_app_problems(app or [])]
    collected: list[Case] = []
    try:
        collected = collect(paths, lambda name: not app and fits(name, select or []))
    except ScenarioError as error:
        wrong.append(str(error))
    if wrong:
        raise refuse("\n".join(wrong))
    filtered = chosen(collected, select or [], None)
    if not filtered:
        raise refuse("no case is left by --filter; accepted: one that leaves some")
    cases = chosen(filtered, [], part)
    if part is not None and not cases:
        typer.echo(f"part {part.number} of {part.of} has no case, as there are {len(filtered)}")
        raise typer.Exit
    cases = _with_apps(cases, app or [])
    last = LastRun(output)
    if rerun_failed:
        cases = _failed_last(last, cases)
    _make_folder(output)
    former = None if baseline is None else _baseline(baseline, output)
    gone = [] if former is None else [name for name in former.gone(collected) if fits(name, select or [])]
    run_suite(
        [
            replace(
                case, seed=seed, live=live, speed=speed, connect_within_s=connect_within, shows=html is not None
            )
            for case in cases
        ],
        SuiteOptions(
            jobs=jobs or os.cpu_count() or 1, output=output, repeat=repeat, stop_after=stop_after,
            junit=junit, html=html, baseline=former, dask=dask, gone=gone,
        ),
        last,
    )  # fmt: skip


def _with_apps(cases: list[Case], apps: list[str]) -> list[Case]:
    """Return the cases with the applications that `--app` names; tell which are left out for want of one."""
    from ..scenarios.suites.file.scenario_file import ScenarioError  # noqa: PLC0415
    from ..scenarios.suites.running.collection import check_apps, with_apps  # noqa: PLC0415

    try:
        taken, left_out = with_apps(cases, apps)
        check_apps(taken)
    except ScenarioError as error:
        raise refuse(str(error)) from None
    except ValueError as error:
        raise refuse(f"--app is {error}") from None
    counts = Counter(case.job for case in left_out)
    kinds = ", ".join(
        f"--app {'APP' if kind is None else f'{kind}=APP'} ({count})"
        for kind, count in sorted(counts.items(), key=lambda item: item[0] or "")
    )
    if not taken:
        raise refuse(f"--app is for none of the cases; accepted: {kinds}")
    if left_out:
        typer.echo(f"{len(left_out)} cases are left out, which are for other controllers: {kinds}", err=True)
    return taken


def _check_speed(speed: float) -> None:
    from ..sim.engine.clock import check_speed  # noqa: PLC0415

    try:
        check_speed(speed)
    except ValueError as error:
        raise refuse(f"--{error}") from None


def _app_problems(apps: list[str]) -> Iterator[str]:
    from ..scenarios.suites.file.application import ApplicationError, read_application  # noqa: PLC0415
    from ..scenarios.suites.running.collection import command_of  # noqa: PLC0415

    for app in apps:
        try:
            read_application(command_of(app))
        except ApplicationError as error:
            yield f"--app is {error}"


def _failed_last(last: LastRun, cases: list[Case]) -> list[Case]:
    """Return the cases that failed when they ran last.

    Raises:
        typer.Exit: If none did.
    """
    if not last.is_known:
        typer.echo(f"all cases run: {last.path} knows of no run before", err=True)
        return cases
    failed = last.failed(cases)
    if not failed:
        typer.echo(f"no case failed when it ran last, by {last.path}")
        raise typer.Exit
    return failed


def _baseline(folder: Path, output: Path | None) -> Baseline:
    from ..scenarios.suites.report.baseline import Baseline, BaselineError  # noqa: PLC0415

    if output is not None and output.resolve() == folder.resolve():
        raise refuse(f"--baseline is {str(folder)!r}, the folder of --output; accepted: another one")
    try:
        return Baseline(folder)
    except BaselineError as error:
        raise refuse(f"--baseline is {error}") from None


def _unwritable(output: Path | None, junit: Path | None, html: Path | None) -> Iterator[str]:
    """Yield what is wrong with where things are to be written."""
    said = [None if output is None else unwritable_folder("--output", output)]
    for option, path in (("--junit", junit), ("--html", html)):
        said.append(None if path is None or _comes_with(output, path) else unwritable(option, path))
    is_one = junit is not None and html is not None and is_one_file(junit, html)
    if is_one and not any(said):
        said.append(f"--junit and --html are both {str(html)!r}; accepted: two files")
    yield from filter(None, said)


def _comes_with(output: Path | None, path: Path) -> bool:
    """Say whether a file is in the folder of the cases, which is made for the run if it is not there."""
    return output is not None and not os.path.lexists(output) and path.parent.absolute() == output.absolute()


def _make_folder(output: Path | None) -> None:
    if output is None:
        return
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise refuse(
            f"--output is {str(output)!r} ({error.strerror or error}); accepted: a folder that can be written to"
        ) from None
