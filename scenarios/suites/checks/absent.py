"""Figures of which nothing can be known in a scenario, and what it would take."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ....sim.report.figures import MONEY, without_unit
from ....sim.report.site_report import QUARTER_US, SiteReport
from ....sim.tariff.reader import Tariff

_NEEDS = {
    "curtailed_wh": "a site with photovoltaics",
    "undelivered_wh": "a site with chargers for cars",
    "unmet_heat_wh": "a site with `heat_demand` or `steam_demand`",
    "outside_limits_s": "a connection point with `rated_power`, a limit or `rated_fuse_current`",
    "throughput_wh": "a site with a battery",
    "cycles": "a site with a battery",
    "capacity_loss": "a site with a battery",
}
"""What it takes for figures that are known from the first moment of a run on, if ever."""
_OF_STORAGES = ("throughput_wh", "cycles", "capacity_loss")
_WHOLE_QUARTER = "a run with a whole quarter of an hour in it"


def absent_figures(
    report: SiteReport, tariff: Tariff | None, begin_us: int, end_us: int
) -> Mapping[str, str]:
    """Return what it takes to know figures that cannot be known, by their names without units.

    Args:
        report: Of the first moment of the run.
        tariff: Of the scenario, if it has one.
        begin_us: When the run begins [µs since the Unix epoch].
        end_us: When it ends.
    """
    found = dict(_of_tariff(tariff))
    if (-(-begin_us // QUARTER_US) + 1) * QUARTER_US > end_us:
        found |= dict.fromkeys(("peak_import_w", "peak_export_w"), _WHOLE_QUARTER)
        if tariff is not None and tariff.section.peak is not None:
            found |= dict.fromkeys(("cost", "peak_cost"), _WHOLE_QUARTER)
    figures = report.kpis.figures()
    for name, needs in _NEEDS.items():
        is_missing = not report.storages if name in _OF_STORAGES else figures[name] is None
        if is_missing:
            found[name] = needs
    return {without_unit(name): needs for name, needs in found.items()}


def _of_tariff(tariff: Tariff | None) -> Iterator[tuple[str, str]]:
    """Yield what a tariff does not speak of."""
    if tariff is None:
        for name in (*sorted(MONEY), "co2_kg"):
            yield name, "`tariff:` in the head of this file, with the path of a tariff file"
        return
    section = tariff.section
    for name, key, given in (
        ("import_cost", "import", section.import_price),
        ("export_revenue", "export", section.export_price),
        ("peak_cost", "peak", section.peak),
        ("co2_kg", "co2", section.co2),
        ("cost", "import, export or peak", tariff.currency),
    ):
        if given is None:
            yield name, f"a tariff with {key}"
