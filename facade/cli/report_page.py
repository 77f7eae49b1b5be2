"""What a site did, as one page that needs nothing else: tables, and a picture in it."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING

from ..sim.domain.timestamps import to_datetime
from ..sim.files.beginning import PAGE
from ..sim.files.extras import extra_for
from .report_lines import lines

if TYPE_CHECKING:
    from ..sim.report.site_report import SiteReport

_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222}"
    "table{border-collapse:collapse;margin:1rem 0}th,td{padding:.2rem .8rem;text-align:right}"
    "th:first-child,td:first-child{text-align:left}thead{border-bottom:1px solid #888}"
    "svg{width:100%;height:auto}li{white-space:pre-wrap}"
)


def page(report: SiteReport) -> str:
    """Return the page.

    Raises:
        MissingPackageError: If what draws the picture is not installed.
    """
    begin, end = (
        to_datetime(time_us).astimezone(report.zone) for time_us in (report.begin_us, report.end_us)
    )
    title = f"{report.name or 'microgrid'} ({report.microgrid_id})"
    flows = [
        (
            flow.key,
            flow.category,
            *_kilo(flow.consumed_wh, flow.delivered_wh, flow.greatest.power_w, flow.least.power_w),
        )
        for flow in report.flows
    ]
    batteries = [
        (
            storage.key,
            *_percent(storage.soc_first, storage.soc_least, storage.soc_greatest, storage.soc_last),
            "–" if storage.cycles is None else f"{storage.cycles:.2f}",
        )
        for storage in report.storages
    ]
    groups = [(group.kind, *_kilo(group.consumed_wh, group.delivered_wh)) for group in report.groups]
    incidents = [
        (
            incident.key, incident.kind, incident.code, incident.message,
            f"{to_datetime(incident.begin_us).astimezone(report.zone):%Y-%m-%d %H:%M:%S}",
            "" if incident.end_us is None else f"{(incident.end_us - incident.begin_us) / 1e6:g}",
        )
        for incident in report.incidents
    ]  # fmt: skip
    told = "".join(f"<li>{escape(line)}</li>" for line in lines(report))
    body = [
        f"<h1>{escape(title)}</h1><p>{begin:%Y-%m-%d %H:%M:%S} to {end:%Y-%m-%d %H:%M:%S}</p>",
        _picture(report),
        f"<ul>{told}</ul>",
        _table(
            "AC side", ("", "category", "consumed kWh", "delivered kWh", "greatest kW", "least kW"), flows
        ),
        _table("Batteries", ("", "first SoC %", "least", "greatest", "last", "cycles"), batteries),
        _table("By kind", ("", "consumed kWh", "delivered kWh"), groups),
        _table("Errors and warnings", ("", "", "code", "message", "from", "seconds"), incidents),
    ]
    return (
        f"{PAGE}<title>{escape(title)}</title>"
        f"<style>{_STYLE}</style></head><body>{''.join(body)}</body></html>\n"
    )


def _table(title: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    if not body:
        return ""
    names = "".join(f"<th>{escape(name)}</th>" for name in head)
    return f"<h2>{escape(title)}</h2><table><thead><tr>{names}</tr></thead><tbody>{body}</tbody></table>"


def _kilo(*values: float) -> list[str]:
    return [f"{value / 1e3:z,.2f}" for value in values]


def _percent(*shares: float | None) -> list[str]:
    return ["–" if share is None else f"{100.0 * share:.1f}" for share in shares]


def _picture(report: SiteReport) -> str:
    curve = report.curve
    if curve is None or not curve.powers_w:
        return ""
    with extra_for("pictures of pages", "plots"):
        from matplotlib import rc_context  # noqa: PLC0415
        from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, date2num  # noqa: PLC0415
        from matplotlib.figure import Figure  # noqa: PLC0415
    figure = Figure(figsize=(10.0, 4.0), layout="constrained")
    axes = figure.subplots()
    edges_us = (*curve.begin_us, curve.begin_us[-1] + curve.length_us)
    moments = [float(date2num(to_datetime(time_us))) for time_us in edges_us]
    for name, powers in curve.powers_w.items():
        kilowatts = [float("nan") if power is None else power / 1e3 for power in powers]
        axes.step(moments, [*kilowatts, kilowatts[-1]], where="post", label=name, linewidth=1.2)
    axes.axhline(0.0, color="0.6", linewidth=0.8)
    axes.set_ylabel("active power [kW]")
    locator = AutoDateLocator(tz=report.zone)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator, tz=report.zone))
    axes.grid(alpha=0.3)
    axes.legend(loc="upper left", fontsize="small", ncols=4)
    text = io.StringIO()
    # The same report gives the same page, to the byte.
    with rc_context({"svg.hashsalt": "doppelgrid"}):
        figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    svg = text.getvalue()
    return svg[svg.index("<svg") :]
