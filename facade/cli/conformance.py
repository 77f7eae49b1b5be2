"""`doppelgrid conformance`: hold a server to what clients of the Microgrid API rely on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from .client_warnings import warnings_of_the_client
from .options import refuse, whole_number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from ..scenarios.conformance.lapse import Lapse
    from ..scenarios.conformance.statements import Outcome

_MARKS = {"passed": "[green]passed[/]", "failed": "[bold red]failed[/]", "not applicable": "[dim]n/a[/]"}


class Version(StrEnum):
    """Which versions of the API to look at."""

    V1ALPHA18 = "v1alpha18"
    V1ALPHA19 = "v1alpha19"
    V1 = "v1"
    ALL = "all"


_WAYS = {
    Version.V1ALPHA18: ("v1alpha18", "client"),
    Version.V1ALPHA19: ("v1alpha19",),
    Version.V1: ("v1",),
    Version.ALL: ("v1alpha18", "client", "v1alpha19", "v1"),
}
"""The published client speaks v1alpha18."""


def _lapse(text: str) -> Lapse:
    from ..sim.components.lapse import LapseKind, parse_lapse  # noqa: PLC0415

    try:
        lapse = parse_lapse(text)
    except ValueError as error:
        raise refuse(f"--on-lapse is {text!r}; accepted: {error}") from None
    match lapse.kind:
        case LapseKind.HOLD:
            return "hold"
        case LapseKind.RELEASE:
            return "release"
        case _:
            return lapse.power_w


def conformance(
    url: Annotated[
        str, typer.Argument(help="Of the server: grpc://HOST:PORT, with ?ssl=true&… as clients take it.")
    ],
    version: Annotated[Version, typer.Option(help="Of the API.")] = Version.V1ALPHA18,
    statement: Annotated[
        list[int] | None,
        typer.Option(
            metavar="1..42",
            parser=whole_number(1, 42),
            help="Number of a statement to check; all if not given.",
        ),
    ] = None,
    component: Annotated[
        list[int] | None, typer.Option(help="Id of a component that may be commanded; any if not given.")
    ] = None,
    on_lapse: Annotated[
        list[str] | None,
        typer.Option(
            metavar="zero|release|hold|POWER",
            help="What follows a set-point that lapses, where its maker chose other than zero; of several, any.",
        ),
    ] = None,
    auth_key: Annotated[
        str | None, typer.Option(envvar="DOPPELGRID_AUTH_KEY", help="As clients send it.")
    ] = None,
    sign_secret: Annotated[
        str | None, typer.Option(envvar="DOPPELGRID_SIGN_SECRET", help="Signs calls as clients do.")
    ] = None,
) -> None:
    """Check what clients of the Microgrid API rely on; components are commanded and left at their defaults.

    Exit codes: 0 nothing failed, 1 something did, 2 the server cannot be reached or an option is wrong.
    """
    import asyncio  # noqa: PLC0415

    from ..scenarios.conformance.access import Access  # noqa: PLC0415
    from ..scenarios.conformance.suite import UnreachableError, examine  # noqa: PLC0415

    try:
        access = Access.to(url, auth_key=auth_key, sign_secret=sign_secret)
        with warnings_of_the_client() as warned, _progress() as report:
            outcomes = asyncio.run(
                examine(
                    access,
                    _WAYS[version],
                    numbers=statement or (),
                    components=component or (),
                    on_lapse=[_lapse(text) for text in on_lapse or ()],
                    report=report,
                )
            )
    except (ValueError, UnreachableError) as error:
        raise refuse(str(error)) from None
    _print(outcomes, _WAYS[version])
    for line in warned:
        typer.echo(f"the published client warned: {line}", err=True)
    if any(outcome.verdict == "failed" for outcome in outcomes):
        raise typer.Exit(1)


@contextmanager
def _progress() -> Iterator[Callable[[Outcome], None]]:
    """Say in a terminal how far it has come; yields what to tell of each outcome."""
    from rich.console import Console  # noqa: PLC0415

    console = Console(stderr=True, emoji=False)
    counts: Counter[str] = Counter()
    with console.status("looking at the site") as status:

        def report(outcome: Outcome) -> None:
            counts[outcome.verdict] += 1
            failed = f", {counts['failed']} failed" if counts["failed"] else ""
            status.update(f"{counts.total()} checks made{failed}; some take a minute")

        yield report


def _print(outcomes: Sequence[Outcome], ways: Sequence[str]) -> None:
    from rich.console import Console  # noqa: PLC0415

    console = Console(highlight=False, emoji=False)
    console.print(_table(outcomes, ways))
    for way in ways:
        counts = Counter(outcome.verdict for outcome in outcomes if outcome.way == way)
        if not counts:
            console.print(f"{way}: not served")
            continue
        words = ", ".join(
            f"{counts[verdict]} {verdict}" for verdict in sorted(counts, key=list(_MARKS).index)
        )
        console.print(f"{way}: {words}")


def _table(outcomes: Sequence[Outcome], ways: Sequence[str]) -> Table:
    from rich.markup import escape  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    table = Table(show_lines=False)
    table.add_column("#", justify="right")
    table.add_column("statement", ratio=3)
    for way in ways:
        table.add_column(way, no_wrap=True)
    table.add_column("reason", ratio=4)
    for number in sorted({outcome.statement.number for outcome in outcomes}):
        row = {outcome.way: outcome for outcome in outcomes if outcome.statement.number == number}
        reasons = dict.fromkeys(outcome.reason for outcome in row.values() if outcome.reason)
        title = next(iter(row.values())).statement.title
        marks = (_MARKS[row[way].verdict] if way in row else "" for way in ways)
        table.add_row(str(number), escape(title), *marks, escape("\n".join(reasons)))
    return table
