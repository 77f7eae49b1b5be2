"""The summary of a run without clients, as tables and as JSON."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from .options import span_in_words
from .report_lines import print_report

if TYPE_CHECKING:
    from rich.console import Console

    from ..sim.headless.outcome import Summary
    from ..sim.site.site import Site


def print_summary(summary: Summary, site: Site, begin_us: int, console: Console) -> None:
    """Print what came of a run that began at a time [µs since the Unix epoch]."""
    from ..sim.report.of_summary import report_of_summary  # noqa: PLC0415 - takes long to import

    report = report_of_summary(summary, site, begin_us)
    print_report(report, console)
    share = 0.0 if report.balance is None else report.balance.imbalance_share
    span = timedelta(microseconds=summary.duration_us)
    console.print(
        f"{span_in_words(span)} in {summary.wall_s:.2f} s, {summary.events} events, "
        f"{summary.samples} samples; energy balance closed to {share:.0e} of what flowed"
    )


def plain(summary: Summary) -> dict[str, Any]:
    """Return a summary in the types of JSON: Wh, W, °C, SoC 0..1, µs since the Unix epoch."""
    content = summary._asdict()
    content["grid"] = summary.grid._asdict()
    content["flows"] = [flow._asdict() for flow in summary.flows]
    content["batteries"] = [battery._asdict() for battery in summary.batteries]
    content["astray"] = [astray._asdict() for astray in summary.astray]
    content["usages"] = [usage._asdict() for usage in summary.usages]
    lines = content.pop("lines")
    if lines:
        content["lines"] = [line._asdict() for line in lines]
    content["costs"] = None if summary.costs is None else summary.costs._asdict()
    return content
