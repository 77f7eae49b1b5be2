"""The plot of a case: what the site did, and below it a time line of steps, faults, commands and checks."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import tzinfo
from html import escape
from typing import Any, NamedTuple

from ....sim.domain.metrics import Metric
from ....sim.inputs.daily import local_datetime
from ..running.case import Verdict
from ..running.series import Series

_LANES = ("checks", "commands", "faults", "steps")
"""From the bottom up."""
_COLOURS = {
    "steps": "#3b6fb6",
    "faults": "#c2571a",
    "commands": "#6b7280",
    "passed": "#17703a",
    "failed": "#b3261e",
}
_COLOURS_OF_CURVES = 10
"""After so many curves Plotly begins with its colours anew."""
_DASHES = ("solid", "dash")
_LEAST_SHARE = 1 / 300
"""What is shorter than this share of the run is drawn as long as that, so that it can be hit."""


class _Mark(NamedTuple):
    """Something on the time line."""

    lane: str
    begin_us: int
    end_us: int
    text: str
    colour: str


def figure_of(verdict: Verdict, zone: tzinfo) -> dict[str, Any] | None:
    """Return the plot of a case as Plotly takes it; None if the site showed nothing.

    Args:
        verdict: With its series.
        zone: Of the clock by which times are shown.
    """
    series = verdict.series
    if series is None or not series.times_us:
        return None
    moments = [moment(time_us, zone) for time_us in series.times_us]
    data = [*_curves(series, moments), *_bars(verdict, series, zone)]
    layout = {
        # Above is the bar of tools, which would cover the uppermost ticks.
        "margin": {"l": 10, "r": 10, "t": 48, "b": 10}, "hovermode": "closest", "barmode": "overlay",
        "legend": {"orientation": "h", "y": -0.1, "yanchor": "top", "x": 0}, "showlegend": True,
        "xaxis": {"anchor": "y3", "range": [moment(verdict.start_us, zone), moment(verdict.end_us, zone)]},
        "yaxis": {"title": {"text": "active power [kW]"}, "domain": [0.34, 1.0], "automargin": True},
        "yaxis2": {
            "title": {"text": "SoC [%]"}, "overlaying": "y", "side": "right", "range": [0, 100],
            "showgrid": False, "zeroline": False, "tickmode": "auto", "automargin": True,
        },
        "yaxis3": {
            "domain": [0.0, 0.28], "type": "category", "categoryarray": list(_LANES), "categoryorder": "array",
            "range": [-0.6, len(_LANES) - 0.4], "fixedrange": True, "tickfont": {"size": 10},
            "automargin": True,
        },
        "shapes": list(_lines(verdict, zone)),
    }  # fmt: skip
    return {"data": data, "layout": layout}


def moment(time_us: int, zone: tzinfo) -> str:
    """Return a time by the clock of the site, as plots take it."""
    return local_datetime(time_us, zone).replace(tzinfo=None).isoformat(timespec="milliseconds")


def _curves(series: Series, moments: list[str]) -> Iterator[dict[str, Any]]:
    for number, (name, values) in enumerate(series.values.items()):
        key, _, metric = name.partition(".")
        is_soc = metric == Metric.BATTERY_SOC_PCT
        unit = "%" if is_soc else "kW"
        has_both = metric == Metric.DC_POWER and f"{key}.{Metric.AC_POWER_ACTIVE.value}" in series.values
        dash = "dot" if is_soc else _DASHES[number // _COLOURS_OF_CURVES % 2]
        yield {
            "x": moments,
            "y": [None if math.isnan(value) else round(value if is_soc else value / 1e3, 4) for value in values],
            "name": f"{key} {'SoC' if is_soc else 'DC kW' if has_both else 'kW'}", "mode": "lines",
            "line": {"shape": "hv", "width": 1.5, "dash": dash},
            "yaxis": "y2" if is_soc else "y", "hovertemplate": f"%{{y:.3~f}} {unit}, %{{x|%H:%M:%S}}",
        }  # fmt: skip


def _bars(verdict: Verdict, series: Series, zone: tzinfo) -> Iterator[dict[str, Any]]:
    """Yield the marks of the time line, all of one colour together."""
    groups: dict[tuple[str, str], list[_Mark]] = {}
    for mark in (*_spans(verdict), *_commands(series), *_checks(verdict)):
        groups.setdefault((mark.lane, mark.colour), []).append(mark)
    least_us = round((verdict.end_us - verdict.start_us) * _LEAST_SHARE)
    for (lane, colour), marks in groups.items():
        yield {
            "type": "bar", "orientation": "h", "yaxis": "y3", "showlegend": False, "name": lane,
            "y": [lane] * len(marks), "base": [moment(mark.begin_us, zone) for mark in marks],
            # On an axis of dates, lengths are milliseconds.
            "x": [max(mark.end_us - mark.begin_us, least_us) / 1e3 for mark in marks],
            "text": [_in_words(mark, zone) for mark in marks], "textposition": "none",
            "hovertemplate": "%{text}<extra></extra>",
            "marker": {"color": colour, "opacity": 0.8},
        }  # fmt: skip


def _spans(verdict: Verdict) -> Iterator[_Mark]:
    """Yield what was done, from where it began to where it ended."""
    open_: dict[str, list[_Mark]] = {}
    for line in verdict.lines:
        lane = f"{line.kind}s"
        name = line.text.removesuffix(" begins").removesuffix(" ends")
        mark = _Mark(lane, line.time_us, line.time_us, name, _COLOURS[lane])
        if line.text.endswith(" begins"):
            open_.setdefault(name, []).append(mark)
        elif line.text.endswith(" ends") and open_.get(name):
            yield open_[name].pop(0)._replace(end_us=line.time_us)
        else:
            yield mark
    for marks in open_.values():
        for mark in marks:
            # What was set goes on, what was told or released is done at once.
            yield mark._replace(end_us=verdict.end_us) if mark.lane == "faults" else mark


def _commands(series: Series) -> Iterator[_Mark]:
    for time_us, text, is_refused in series.commands:
        yield _Mark("commands", time_us, time_us, text, _COLOURS["failed" if is_refused else "commands"])


def _checks(verdict: Verdict) -> Iterator[_Mark]:
    for check, outcome in verdict.checks:
        if outcome.time_us is not None:
            word = "passed" if outcome.has_passed else "failed"
            text = f"{check}: {word}, {outcome.said}"
            yield _Mark("checks", outcome.time_us, outcome.time_us, text, _COLOURS[word])


def _lines(verdict: Verdict, zone: tzinfo) -> Iterator[dict[str, Any]]:
    """Yield a line through the plot for each check that failed at an instant."""
    for _, outcome in verdict.checks:
        if not outcome.has_passed and outcome.time_us is not None:
            at = moment(outcome.time_us, zone)
            yield {
                "type": "line", "yref": "paper", "y0": 0, "y1": 1, "x0": at, "x1": at,
                "line": {"color": _COLOURS["failed"], "width": 1, "dash": "dot"},
            }  # fmt: skip


def _in_words(mark: _Mark, zone: tzinfo) -> str:
    begin, end = (f"{local_datetime(time_us, zone):%H:%M:%S}" for time_us in (mark.begin_us, mark.end_us))
    return f"{escape(mark.text)}<br>{begin}{f' to {end}' if mark.end_us > mark.begin_us else ''}"
