"""Verdicts as one page that a colleague opens without installing anything: tables, and plots to zoom into."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta, tzinfo
from html import escape
from importlib.metadata import version
from zoneinfo import ZoneInfo

from ...sim.domain.metrics import Metric
from ...sim.domain.timestamps import MICROSECONDS, to_datetime
from ...sim.files.extras import extra_for
from ...sim.files.json_text import json_text
from .case import Verdict

_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:72rem;margin:1.5rem auto;padding:0 1rem;color:#222}"
    "table{border-collapse:collapse;margin:.8rem 0;display:block;overflow-x:auto}"
    "th,td{padding:.2rem .8rem .2rem 0;text-align:left;vertical-align:top}thead{border-bottom:1px solid #888}"
    "details{border-top:1px solid #ccc;padding:.4rem 0}summary{cursor:pointer;font-weight:600}"
    ".passed{color:#17703a}.failed{color:#b3261e}pre{overflow-x:auto;background:#f4f4f4;padding:.6rem}"
    ".plot{width:100%;height:26rem}"
)
_DRAW = """
for (const place of document.querySelectorAll('.plot')) {
  const draw = () => {
    if (place.dataset.drawn) return;
    place.dataset.drawn = 'yes';
    const figure = JSON.parse(document.getElementById(place.dataset.figure).textContent);
    Plotly.newPlot(place, figure.data, figure.layout, {responsive: true, displaylogo: false});
  };
  const around = place.closest('details');
  if (around.open) draw();
  around.addEventListener('toggle', draw);
}
"""


def page(verdicts: Sequence[Verdict]) -> str:
    """Return the page.

    Raises:
        MissingPackageError: If what draws the plots is not installed.
    """
    with extra_for("the page of verdicts", "plots"):
        from plotly.offline import get_plotlyjs  # noqa: PLC0415

    failed = sum(not verdict.has_passed for verdict in verdicts)
    title = f"{len(verdicts) - failed} passed, {failed} failed"
    body = [
        f"<h1>{escape(title)}</h1>",
        _table(("case", "", "scenario", "checks", "simulated", "digest"), map(_summary_row, verdicts)),
        *(_case(number, verdict) for number, verdict in enumerate(verdicts)),
        f"<p>doppelgrid {escape(version('doppelgrid'))}</p>",
    ]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style><script>{get_plotlyjs()}</script></head>"
        f"<body>{''.join(body)}<script>{_DRAW}</script></body></html>\n"
    )


def _summary_row(verdict: Verdict) -> tuple[str, ...]:
    passed = sum(check.outcome.has_passed for check in verdict.checks)
    span = timedelta(seconds=(verdict.end_us - verdict.start_us) // MICROSECONDS)
    return (
        escape(verdict.name), _word(has_passed=verdict.has_passed), escape(verdict.scenario),
        f"{passed}/{len(verdict.checks)}", str(span), f"<code>{verdict.digest[:12]}</code>",
    )  # fmt: skip


def _case(number: int, verdict: Verdict) -> str:
    zone = ZoneInfo(verdict.zone)
    checks = [
        (
            _word(has_passed=outcome.has_passed), escape(check), escape(outcome.said),
            "" if outcome.time_us is None else _clock(outcome.time_us, zone),
        )
        for check, outcome in verdict.checks
    ]  # fmt: skip
    lines = [(_clock(line.time_us, zone), escape(line.text)) for line in verdict.lines]
    figures = [
        (escape(name), "–" if value is None else f"{value:,.6g}") for name, value in verdict.figures.items()
    ]
    parts = [
        f"<p>{escape(verdict.path)}, seed {verdict.seed}, digest <code>{escape(verdict.digest)}</code></p>",
        "" if verdict.error is None else f"<pre>{escape(verdict.error)}</pre>",
        "".join(f"<p>{escape(note)}</p>" for note in verdict.notes),
        _table(("", "check", "what was found", "at"), checks),
        _plot(number, verdict, zone),
        _table(("at", "what was done"), lines) if lines else "",
        f"<details><summary>Figures</summary>{_table(('figure', 'value'), figures)}</details>"
        if figures
        else "",
    ]
    is_open = "" if verdict.has_passed else " open"
    name = f"{escape(verdict.name)}: {escape(verdict.scenario)}"
    head = f"<summary>{_word(has_passed=verdict.has_passed)} {name}</summary>"
    return f"<details{is_open}>{head}{''.join(parts)}</details>"


def _plot(number: int, verdict: Verdict, zone: tzinfo) -> str:
    series = verdict.series
    if series is None or not series.times_us:
        return ""
    moments = [_moment(time_us, zone) for time_us in series.times_us]
    data = []
    for name, values in series.values.items():
        is_soc = name.endswith(Metric.BATTERY_SOC_PCT.value)
        data.append({
            "x": moments,
            "y": [None if math.isnan(value) else round(value if is_soc else value / 1e3, 4) for value in values],
            "name": f"{name.partition('.')[0]} {'SoC' if is_soc else 'kW'}", "mode": "lines",
            "line": {"shape": "hv", "width": 1.5, "dash": "dot" if is_soc else "solid"},
            "yaxis": "y2" if is_soc else "y",
        })  # fmt: skip
    layout = {
        "margin": {"l": 50, "r": 50, "t": 30, "b": 40}, "hovermode": "x unified", "showlegend": True,
        "legend": {"orientation": "h", "y": -0.15}, "yaxis": {"title": {"text": "active power [kW]"}},
        "yaxis2": {
            "title": {"text": "SoC [%]"}, "overlaying": "y", "side": "right", "range": [0, 100], "showgrid": False,
        },
        "shapes": [*_marks(verdict, zone)], "annotations": [*_labels(verdict, zone)],
    }  # fmt: skip
    # A text that ends the script early would be read as part of the page.
    figure = json_text({"data": data, "layout": layout}).replace("</", "<\\/")
    return (
        f'<script type="application/json" id="figure-{number}">{figure}</script>'
        f'<div class="plot" data-figure="figure-{number}"></div>'
    )


def _marks(verdict: Verdict, zone: tzinfo) -> Iterator[dict[str, object]]:
    """Yield a line for each thing that was done, and for each check that failed at an instant."""
    for time_us, _, colour in _instants(verdict):
        yield {
            "type": "line", "yref": "paper", "y0": 0, "y1": 1,
            "x0": _moment(time_us, zone), "x1": _moment(time_us, zone),
            "line": {"color": colour, "width": 1, "dash": "dot"},
        }  # fmt: skip


def _labels(verdict: Verdict, zone: tzinfo) -> Iterator[dict[str, object]]:
    for time_us, text, colour in _instants(verdict):
        yield {
            "x": _moment(time_us, zone), "y": 1, "yref": "paper", "text": escape(text), "textangle": -90,
            "showarrow": False, "xanchor": "right", "yanchor": "top", "font": {"size": 10, "color": colour},
        }  # fmt: skip


def _instants(verdict: Verdict) -> Iterator[tuple[int, str, str]]:
    for line in verdict.lines:
        yield line.time_us, line.text, "#666"
    for check, outcome in verdict.checks:
        if not outcome.has_passed and outcome.time_us is not None:
            yield outcome.time_us, check, "#b3261e"


def _table(head: Sequence[str], rows: Iterable[tuple[str, ...]]) -> str:
    names = "".join(f"<th>{escape(name)}</th>" for name in head)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><thead><tr>{names}</tr></thead><tbody>{body}</tbody></table>"


def _word(*, has_passed: bool) -> str:
    word = "passed" if has_passed else "failed"
    return f'<span class="{word}">{word}</span>'


def _local(time_us: int, zone: tzinfo) -> datetime:
    return to_datetime(time_us).astimezone(zone)


def _clock(time_us: int, zone: tzinfo) -> str:
    return f"{_local(time_us, zone):%Y-%m-%d %H:%M:%S}"


def _moment(time_us: int, zone: tzinfo) -> str:
    """Return a time by the clock of the site, as plots take it."""
    return _local(time_us, zone).replace(tzinfo=None).isoformat(timespec="milliseconds")
