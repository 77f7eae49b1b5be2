"""Verdicts as one page that a colleague opens without installing anything: tables, and plots to zoom into."""

from __future__ import annotations

import tempfile
import zlib
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta
from html import escape
from importlib.metadata import version
from types import TracebackType
from typing import Self, TextIO
from zoneinfo import ZoneInfo

from ....sim.domain.timestamps import MICROSECONDS, to_datetime
from ....sim.files.beginning import PAGE
from ....sim.files.extras import extra_for
from ....sim.files.json_text import json_text
from ....sim.report.figure_words import with_unit
from ..running.case import Verdict
from .baseline import Change
from .missing import Missing
from .plot import figure_of

_STYLE = (
    "*{box-sizing:border-box}"
    "body{font:15px/1.5 system-ui,sans-serif;max-width:76rem;margin:1.5rem auto;padding:0 1rem;color:#222}"
    "body{overflow-wrap:break-word}"
    "h1{font-size:1.5rem}h3{font-size:1rem;margin:1.2rem 0 .3rem}"
    "table{border-collapse:collapse;margin:.5rem 0;display:block;max-width:100%;overflow-x:auto}"
    "th,td{padding:.2rem .8rem .2rem 0;text-align:left;vertical-align:top}thead{border-bottom:1px solid #888}"
    "td.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}"
    "details{border-top:1px solid #ccc;padding:.4rem 0}details details{border-top:0}"
    "summary{cursor:pointer;font-weight:600}a{color:inherit}"
    ".passed{color:#17703a}.failed{color:#b3261e}"
    "pre,code{overflow-wrap:anywhere;white-space:pre-wrap}pre{background:#f4f4f4;padding:.6rem;max-height:30rem;overflow-y:auto}"
    "td a{overflow-wrap:anywhere}td code{white-space:nowrap}"
    ".broken{border-left:4px solid #b3261e;background:#fdf2f1;padding:.3rem .8rem;margin:.6rem 0}"
    ".broken ol{margin:.2rem 0;padding-left:1.4rem}.facts{color:#555}"
    ".plot{width:100%;height:32rem;overflow-x:auto}"
    "@media(max-width:40rem){body{padding:0 .6rem}.plot{height:34rem}th,td{padding-right:.5rem}.detail{display:none}}"
)
_DRAW = """
for (const place of document.querySelectorAll('.plot')) {
  const draw = async () => {
    if (place.dataset.drawn || !place.closest('details').open) return;
    place.dataset.drawn = 'yes';
    const packed = atob(document.getElementById(place.dataset.figure).textContent);
    const bytes = new Blob([Uint8Array.from(packed, (letter) => letter.charCodeAt(0))]).stream();
    const figure = await new Response(bytes.pipeThrough(new DecompressionStream('deflate'))).json();
    Plotly.newPlot(place, figure.data, figure.layout, {responsive: true, displaylogo: false});
  };
  draw();
  place.closest('details').addEventListener('toggle', draw);
}
const unfold = () => {
  const place = location.hash && document.getElementById(location.hash.slice(1));
  if (place) { place.open = true; place.scrollIntoView(); }
};
addEventListener('hashchange', unfold);
unfold();
"""
_FIGURE_ID = "figure-{}"
_DETAILS = ("checks", "simulated", "digest")
"""What the table of cases leaves out where the page is narrow."""


class Plots(AbstractContextManager["Plots"]):
    """Plots of many cases, on the disk until the page is written: memory does not grow with their number."""

    def __init__(self) -> None:
        """Begin with none."""
        self._file: TextIO = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115 - until the context ends
        self._places: list[int] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def put(self, verdict: Verdict) -> Verdict:
        """Draw a verdict's plot, and return the verdict without what is drawn.

        Raises:
            OSError: If there is no room for it.
        """
        figure = figure_of(verdict, ZoneInfo(verdict.zone))
        if figure is None:
            return replace(verdict, series=None)
        self._file.seek(0, 2)
        self._places.append(self._file.tell())
        self._file.write(b64encode(zlib.compress(json_text(figure).encode(), level=9)).decode() + "\n")
        return replace(verdict, series=None, plot=len(self._places) - 1)

    def get(self, number: int) -> str:
        """Return a plot as JSON, deflated and in base 64: curves shrink to a twentieth."""
        self._file.seek(self._places[number])
        return self._file.readline().rstrip("\n")


def page(verdicts: Sequence[Verdict]) -> str:
    """Return the page of verdicts that hold what is to be drawn; see `write_page`."""
    with Plots() as plots:
        return "".join(_parts([plots.put(verdict) for verdict in verdicts], plots, {}, Missing()))


def write_page(
    file: TextIO,
    verdicts: Sequence[Verdict],
    plots: Plots,
    changes: Mapping[int, Change] | None = None,
    missing: Missing = Missing(),  # noqa: B008
) -> None:
    """Write the page.

    Args:
        file: To write to.
        verdicts: What came of the cases, in the order in which they are shown.
        plots: That they were put into.
        changes: What changed since an earlier run, by the places of the verdicts; None if nobody asked.
        missing: What there is no verdict on.

    Raises:
        MissingPackageError: If what draws the plots is not installed.
        OSError: If the file cannot be written.
    """
    file.writelines(_parts(verdicts, plots, changes, missing))


def _parts(
    verdicts: Sequence[Verdict], plots: Plots, changes: Mapping[int, Change] | None, missing: Missing
) -> Iterator[str]:
    with extra_for("the page of verdicts", "plots"):
        from plotly.offline import get_plotlyjs  # noqa: PLC0415

    failed = sum(not verdict.has_passed for verdict in verdicts)
    not_run = f", {len(missing.not_run)} not run" if missing.not_run else ""
    title = f"{len(verdicts) - failed} passed, {failed} failed{not_run}"
    changed = ("since the baseline",) if changes else ()
    yield (
        f'{PAGE}<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style><script>{get_plotlyjs()}</script></head>"
        f"<body><h1>{escape(title)}</h1>"
    )
    yield _table(
        ("case", "", "scenario", "checks", "simulated", *changed, "digest"),
        (
            _summary_row(number, verdict, (changes or {}).get(number), has_changes=bool(changes))
            for number, verdict in enumerate(verdicts)
        ),
        details=_DETAILS,
    )
    if missing.not_run:
        yield f"<p>{escape(missing.why)}: {escape(', '.join(case.title for case in missing.not_run))}</p>"
    if missing.gone:
        yield f"<p>{escape(missing.gone_in_words)}</p>"
    for number, verdict in enumerate(verdicts):
        yield _case(number, verdict, plots, (changes or {}).get(number))
    yield f'<p class="facts">doppelgrid {escape(version("doppelgrid"))}</p><script>{_DRAW}</script></body></html>\n'


def _summary_row(
    number: int, verdict: Verdict, change: Change | None, *, has_changes: bool
) -> tuple[str, ...]:
    passed = sum(check.outcome.has_passed for check in verdict.checks)
    span = "unknown" if verdict.span_us is None else str(timedelta(seconds=verdict.span_us // MICROSECONDS))
    return (
        f'<a href="#case-{number}">{escape(verdict.title)}</a>', _word(has_passed=verdict.has_passed),
        escape(verdict.scenario), f"{passed}/{len(verdict.checks)}", span,
        *((escape(str(change or "")),) if has_changes else ()), f"<code>{verdict.digest[:12]}</code>",
    )  # fmt: skip


def _case(number: int, verdict: Verdict, plots: Plots, change: Change | None) -> str:
    zone = ZoneInfo(verdict.zone)

    def clock(time_us: int | None) -> str:
        return "" if time_us is None else f"{to_datetime(time_us).astimezone(zone):%Y-%m-%d %H:%M:%S}"

    checks = [
        (
            _word(has_passed=outcome.has_passed), escape(check), escape(outcome.said),
            clock(outcome.time_us),
        )
        for check, outcome in verdict.checks
    ]  # fmt: skip
    lines = [(clock(line.time_us), escape(line.text)) for line in verdict.lines]
    figures = [
        tuple(map(escape, with_unit(name, value, verdict.currency)))
        for name, value in verdict.figures.items()
    ]
    parts = [
        f'<p class="facts">{escape(verdict.path)}, seed {"unknown" if verdict.seed is None else verdict.seed}, '
        f"digest <code>{escape(verdict.digest or 'unknown')}</code>, "
        f"doppelgrid {escape(version('doppelgrid'))}</p>",
        *_broken(verdict),
        "".join(f"<p>{escape(note)}</p>" for note in verdict.notes),
        _plot(verdict, plots),
        "" if change is None else _since(change),
        "<h3>Checks</h3>", _table(("", "check", "what was found", "at"), checks),
        _folded("What was done", _table(("at", "what was done"), lines)) if lines else "",
        _folded("Figures", _table(("figure", "value"), figures, numbers=1)) if figures else "",
        _folded("The end of the log", f"<pre>{escape(verdict.log.strip())}</pre>") if verdict.log.strip() else "",
        f'<p class="facts">Again: <code>{escape(verdict.again)}</code></p>',
    ]  # fmt: skip
    is_open = "" if verdict.has_passed else " open"
    name = f"{escape(verdict.title)}: {escape(verdict.scenario)}"
    head = f"<summary>{_word(has_passed=verdict.has_passed)} {name}</summary>"
    return f'<details id="case-{number}"{is_open}>{head}{"".join(parts)}</details>'


def _broken(verdict: Verdict) -> Iterator[str]:
    """Yield what did not hold, in words, with what led to it."""
    for check, outcome in verdict.checks:
        if not outcome.has_passed:
            chain = "".join(f"<li>{escape(line)}</li>" for line in outcome.chain)
            led = f"<br>What led to it:<ol>{chain}</ol>" if chain else ""
            yield f'<div class="broken"><strong>{escape(check)}</strong>: {escape(verdict.told(outcome))}{led}</div>'
    if verdict.error is not None:
        yield f'<div class="broken"><pre>{escape(verdict.error)}</pre></div>'


def _since(change: Change) -> str:
    lines = "".join(f"<li>{escape(line)}</li>" for line in change.lines)
    return f"<h3>Since the baseline: {escape(str(change))}</h3>" + (f"<ul>{lines}</ul>" if lines else "")


def _plot(verdict: Verdict, plots: Plots) -> str:
    if verdict.plot is None:
        return ""
    place = _FIGURE_ID.format(verdict.plot)
    return (
        f'<script type="text/plain" id="{place}">{plots.get(verdict.plot)}</script>'
        f'<div class="plot" data-figure="{place}"></div>'
    )


def _folded(title: str, content: str) -> str:
    return f"<details><summary>{escape(title)}</summary>{content}</details>"


def _table(
    head: Sequence[str],
    rows: Iterable[tuple[str, ...]],
    *,
    numbers: int | None = None,
    details: Sequence[str] = (),
) -> str:
    kinds = [
        ' class="number"' if place == numbers else ' class="detail"' if name in details else ""
        for place, name in enumerate(head)
    ]
    names = "".join(f"<th{kind}>{escape(name)}</th>" for kind, name in zip(kinds, head, strict=True))
    body = "".join(
        f"<tr>{''.join(f'<td{kind}>{cell}</td>' for kind, cell in zip(kinds, row, strict=True))}</tr>"
        for row in rows
    )
    return f"<table><thead><tr>{names}</tr></thead><tbody>{body}</tbody></table>"


def _word(*, has_passed: bool) -> str:
    word = "passed" if has_passed else "failed"
    return f'<span class="{word}">{word}</span>'
