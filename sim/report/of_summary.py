"""What a run without clients did, from its summary."""

from __future__ import annotations

from ..headless.outcome import Summary
from ..site.site import Site
from .site_report import Balance, Flow, Peak, Shortfalls, SiteReport, Storage


def report_of_summary(summary: Summary, site: Site, begin_us: int) -> SiteReport:
    """Return what a run did that began at a time [µs since the Unix epoch]."""
    share = abs(summary.imbalance_wh) / summary.throughput_wh if summary.throughput_wh else 0.0
    return SiteReport(
        name=site.microgrid.name,
        microgrid_id=site.microgrid.id,
        zone=site.microgrid.location.zone,
        begin_us=begin_us,
        end_us=begin_us + summary.duration_us,
        imported_wh=summary.grid.consumed_wh,
        exported_wh=summary.grid.delivered_wh,
        consumed_wh=summary.consumed_wh,
        produced_wh=summary.produced_wh,
        peak_import=None if summary.peak_w is None else Peak(summary.peak_w, summary.peak_us),
        peak_export=None,
        flows=tuple(
            Flow(
                flow.key, flow.category, flow.consumed_wh, flow.delivered_wh,
                Peak(flow.greatest_w, None), Peak(flow.least_w, None),
            )
            for flow in summary.flows
        ),
        storages=tuple(
            Storage(
                battery.key, battery.soc_first, battery.soc_least, battery.soc_greatest, battery.soc_last,
                battery.full_cycles, (battery.coldest_c, battery.warmest_c), battery.loss_wh,
                true_soc=battery.true_soc,
            )
            for battery in summary.batteries
        ),
        balance=Balance(summary.lost_wh, summary.stored_wh, share, summary.sun_wh),
        greatest_import=Peak(max(summary.grid.greatest_w, 0.0), None),
        greatest_export=Peak(max(-summary.grid.least_w, 0.0), None),
        tells_errors=False,
        unknown_s=0.0,
        shortfalls=Shortfalls(lost_wh=summary.lost_wh),
        costs=summary.costs,
        astray=summary.astray,
        usages=summary.usages,
        lines=summary.lines,
    )  # fmt: skip
