"""Figures of which nothing can be known in a scenario, and what it would take."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping

from ....sim.components.component_type import Way
from ....sim.components.registry import type_of
from ....sim.inputs.signal import Constant
from ....sim.language.expressions import Condition, readings
from ....sim.plant.plant import Plant
from ....sim.report.figures import MONEY, without_unit
from ....sim.report.gatherer import STORING
from ....sim.report.site_report import QUARTER_US, SiteReport
from ....sim.tariff.reader import Tariff

_NEEDS = {
    "curtailed_wh": "a site with photovoltaics",
    "undelivered_wh": "a site with chargers for cars",
    "unmet_heat_wh": "a site with `heat_demand` or `steam_demand`",
    "outside_limits_s": "a connection point with `rated_power`, a limit or `rated_fuse_current`",
    **dict.fromkeys(("throughput_wh", "cycles", "soc_min", "soc_max"), "a site with a battery"),
}
"""What it takes for figures that are known from the first moment of a run on, if ever."""
_OF_STORAGES = ("throughput_wh", "cycles", "soc_min", "soc_max")
_AGEING = "a battery with `ageing`"
_PRODUCER = "a site with something that produces"
_WHOLE_QUARTER = "a run with a whole quarter of an hour in it"


def absent_figures(
    report: SiteReport,
    plant: Plant,
    tariff: Tariff | None,
    begin_us: int,
    end_us: int,
    broken: Container[str] = (),
) -> Mapping[str, str]:
    """Return what it takes to know figures that cannot be known, by their names without units.

    Args:
        report: Of the first moment of the run.
        plant: Of the site.
        tariff: Of the scenario, if it has one.
        begin_us: When the run begins [µs since the Unix epoch].
        end_us: When it ends.
        broken: Components that faults break, which may take of their capacity.
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
    if not _may_produce(plant):
        found["self_consumption"] = _PRODUCER
    ageless = [
        storage.key
        for storage in report.storages
        if storage.capacity_loss is None and storage.key not in broken
    ]
    found |= dict.fromkeys((f"{key}.capacity_loss" for key in ageless), _AGEING)
    if len(ageless) == len(report.storages):
        found["capacity_loss"] = _AGEING
    return {without_unit(name): needs for name, needs in found.items()}


def is_billed(condition: Condition) -> bool:
    """Say whether a condition is about figures that a tariff gives."""
    billed = {without_unit(name) for name, _ in _of_tariff(None)}
    return any(str(each) in billed for each in readings(condition))


def _may_produce(plant: Plant) -> bool:
    """Say whether anything at a site may deliver what no storage does: a producer, or a load that may be below 0."""
    kinds = (
        type_of(section)
        for key, section in plant.site.components.items()
        if key not in plant.equipment.batteries
    )
    loads = (signal for name, signal in plant.inputs.signals.items() if name.endswith(".load"))
    return any(
        kind.way in (Way.PRODUCES, Way.BOTH) and kind.category.value not in STORING for kind in kinds
    ) or not all(isinstance(load, Constant) and load.at(0) >= 0.0 for load in loads)


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
