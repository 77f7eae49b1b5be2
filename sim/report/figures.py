"""The figures of a whole run: their names, their meaning, their units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

from ..files import units
from ..files.money import CURRENCIES, KILOGRAM
from ..files.units import Unit
from ..inputs.driven import NUMBER

_ENDINGS: Mapping[str, Unit] = {
    "_w": units.WATT, "_wh": units.WATT_HOUR, "_v": units.VOLT, "_s": units.SECOND, "_kg": KILOGRAM
}  # fmt: skip
SHARES = frozenset(
    {
        "self_consumption",
        "self_sufficiency",
        "capacity_loss",
        "soc_first",
        "soc_min",
        "soc_max",
        "soc_last",
        "true_soc",
    }
)
"""Parts of a whole."""
MONEY = frozenset({"import_cost", "export_revenue", "peak_cost", "cost"})
NEVER_BELOW_0 = frozenset(
    {
        "import_wh", "export_wh", "consumption_wh", "production_wh", "peak_import_w", "peak_export_w",
        "greatest_import_w", "greatest_export_w", "throughput_wh", "cycles", "curtailed_wh", "undelivered_wh",
        "unmet_heat_wh", "outside_limits_s", "unknown_s", "co2_kg", "commands", "refusals", "errors", "consumed_wh",
        "delivered_wh", "charged_wh", "discharged_wh", "starts", "running_s", "line_loss_wh", "voltage_min_v",
        "voltage_max_v", "loading_max", "overloaded_s",
    }
)  # fmt: skip
"""What counts or adds up what has no sign."""


@dataclass(frozen=True, kw_only=True)
class Kpis:
    """Figures of a site over a stretch of time. None is what is not known, by the recording or without a tariff."""

    import_wh: float | None
    """Energy from the grid [Wh]."""
    export_wh: float | None
    """Energy into the grid [Wh]."""
    consumption_wh: float | None
    """Consumed by all that is no storage, without what lines and what power passes through lose [Wh]."""
    production_wh: float | None
    """Produced by all that is no storage [Wh]."""
    peak_import_w: float | None
    """Greatest mean power from the grid over a whole quarter of an hour on the site's clock [W]."""
    peak_export_w: float | None
    """The same into the grid [W]."""
    greatest_import_w: float | None
    """Greatest power from the grid: of every step of a run, of the means or extremes of a recording [W]."""
    greatest_export_w: float | None
    """The same into the grid [W]."""
    self_consumption: float | None
    """Part of what was produced that was not exported, 0..1."""
    self_sufficiency: float | None
    """Part of what was consumed that was not imported (autarky), 0..1."""
    throughput_wh: float | None
    """Charged into all batteries and discharged from them, at their terminals [Wh]."""
    cycles: float | None
    """Full equivalent cycles of the battery with most of them."""
    capacity_loss: float | None
    """Part of its capacity that the battery lost that aged most, 0..1."""
    soc_min: float | None
    """Least state of charge of any battery, 0..1."""
    soc_max: float | None
    """Greatest state of charge of any battery, 0..1."""
    lost_wh: float | None
    """Lost in inverters with batteries, in batteries, in lines, and in what power passes through [Wh]."""
    curtailed_wh: float | None
    """Offered by the sun to photovoltaics in service, and not taken [Wh]."""
    undelivered_wh: float | None
    """Wanted by cars, and not delivered when they were to leave [Wh]."""
    unmet_heat_wh: float | None
    """Asked of combined heat and power units and boilers, and not delivered [Wh]."""
    outside_limits_s: float | None
    """For how long the power at the connection point was beyond what it may be [s]."""
    unknown_s: float | None
    """For how long nothing is known of the power at the connection point; energies and costs are without it [s]."""
    import_cost: float | None
    """Of energy from the grid [`currency`]."""
    export_revenue: float | None
    """Paid for energy into the grid; negative where the site had to pay [`currency`]."""
    peak_cost: float | None
    """Of the highest quarters of an hour [`currency`]."""
    cost: float | None
    """Of energy and peaks, less what was paid for energy into the grid [`currency`]."""
    currency: str | None
    """Code of the tariff's currency, such as `EUR`."""
    co2_kg: float | None
    """Emissions that came with energy from the grid [kg]."""
    commands: float | None
    """Given by clients."""
    refusals: float | None
    """Commands that were refused."""
    errors: float | None
    """Times that a component failed."""

    def figures(self) -> dict[str, float | None]:
        """Return all of them that are numbers, by name."""
        return {each.name: getattr(self, each.name) for each in fields(self) if each.name != "currency"}


def unit_of(name: str, currency: str | None = None) -> Unit:
    """Return the unit of a figure.

    Args:
        name: Of the figure, such as `battery.charged_wh`.
        currency: Code of that of the tariff, if there is one.
    """
    last = name.rpartition(".")[2]
    if last in SHARES:
        return units.FRACTION
    if last in MONEY and currency is not None:
        return CURRENCIES[currency]
    return next((unit for end, unit in _ENDINGS.items() if name.endswith(end)), NUMBER)


def without_unit(name: str) -> str:
    """Return the name of a figure without its unit, as conditions write it: `peak_import`, `co2`."""
    return next((name.removesuffix(end) for end in _ENDINGS if name.endswith(end)), name)
