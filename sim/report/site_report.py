"""The record of what a site did, and its figures by name."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any, NamedTuple

from ..components.recordings import Astray
from ..components.usage import LineUse, Usage
from ..tariff.bill import Costs
from .figures import Kpis

QUARTER_US = 900_000_000
"""Peaks of the site are means over quarters of an hour, as they are billed [µs]."""


class Peak(NamedTuple):
    """A power, and when it was."""

    power_w: float
    time_us: int | None
    """When it began [µs since the Unix epoch]; None if that is not known."""


class Flow(NamedTuple):
    """What flowed through a component on the AC side."""

    key: str
    category: str
    consumed_wh: float
    delivered_wh: float
    greatest: Peak
    least: Peak


class Storage(NamedTuple):
    """What a battery did; None of what is not known."""

    key: str
    soc_first: float | None
    soc_least: float | None
    soc_greatest: float | None
    soc_last: float | None
    cycles: float | None
    """What went through it, over twice what it holds."""
    temperatures_c: tuple[float, float] | None = None
    """Lowest and highest [°C]."""
    loss_wh: float | None = None
    charged_wh: float | None = None
    discharged_wh: float | None = None
    """At its terminals."""
    capacity_loss: float | None = None
    """Part of its capacity that it lost meanwhile; None of one that does not age."""
    true_soc: float | None = None
    """At the end, where the SoC above is what its management system takes it for; None if it is the same."""


class Group(NamedTuple):
    """What all components of a kind drew and gave by themselves."""

    kind: str
    """A category, `load` for what is drawn behind meters, or `losses` for lines and what power passes through."""
    consumed_wh: float
    delivered_wh: float


class Incident(NamedTuple):
    """Something that a component said of itself for a while."""

    key: str
    kind: str
    """`error` or `warning`."""
    code: str
    message: str
    begin_us: int
    end_us: int | None
    """None if it lasted to the end."""


class RefusalCount(NamedTuple):
    """Commands that were refused for one reason."""

    key: str
    command: str
    reason: str
    times: int


class Commands(NamedTuple):
    """What was commanded."""

    given: int
    refused: int
    refusals: tuple[RefusalCount, ...]
    """The most frequent ones first."""


class Curve(NamedTuple):
    """Means of powers over intervals of one length, to be drawn."""

    begin_us: Sequence[int]
    """When each interval begins [µs since the Unix epoch]."""
    length_us: int
    powers_w: Mapping[str, Sequence[float | None]]
    """By name: `grid`, and groups; None where nothing is known."""


class Balance(NamedTuple):
    """Where the energy of a run went."""

    lost_wh: float
    stored_wh: float
    imbalance_share: float
    """What is missing, over all that flowed; rounding."""
    sun_wh: float = 0.0
    """Taken from the sun behind hybrid inverters, before these lost or stored some of it."""


class Shortfalls(NamedTuple):
    """What was lost, held back or not served; None of what is not known."""

    lost_wh: float | None = None
    """In inverters with batteries, in batteries, in lines, and in what power passes through."""
    curtailed_wh: float | None = None
    """Offered by the sun to photovoltaics in service, and not taken."""
    undelivered_wh: float | None = None
    """Wanted by cars, and not delivered when they were to leave."""
    unmet_heat_wh: float | None = None
    """Asked of combined heat and power units and boilers, and not delivered."""
    outside_limits_s: float | None = None
    """For how long the power at the connection point was beyond what it may be [s]."""


NOTHING_KNOWN = Shortfalls()


@dataclass(frozen=True)
class SiteReport:
    """What a site did over a stretch of time; powers and energies by the passive sign convention."""

    name: str
    microgrid_id: int
    zone: tzinfo
    """In which times are told."""
    begin_us: int
    end_us: int
    imported_wh: float | None
    """None where nobody saw the connection point."""
    exported_wh: float | None
    consumed_wh: float | None
    """By all that is no storage and that power does not pass through; None where something is not known."""
    produced_wh: float | None
    peak_import: Peak | None
    """Greatest mean over a whole quarter of an hour on the site's clock; None if there was none."""
    peak_export: Peak | None
    flows: tuple[Flow, ...]
    storages: tuple[Storage, ...]
    groups: tuple[Group, ...] = ()
    incidents: tuple[Incident, ...] = ()
    commands: Commands | None = None
    """None where nobody listened to them, as in a recording."""
    curve: Curve | None = None
    balance: Balance | None = None
    notes: tuple[str, ...] = ()
    """What to know about the figures."""
    greatest_import: Peak | None = None
    """Greatest power from the grid, however short, or the greatest mean that is known."""
    greatest_export: Peak | None = None
    tells_errors: bool = True
    """Whether it is known what components said of themselves, so that no incidents means that there were none."""
    unknown_s: float | None = None
    """For how long nothing was known of the power at the connection point [s]; its energies are without that."""
    shortfalls: Shortfalls = NOTHING_KNOWN
    costs: Costs | None = None
    """None without a tariff, or where nobody saw the connection point."""
    astray: tuple[Astray, ...] = ()
    """Devices that did not always do what drives them by `recorded`, as far as that is known."""
    usages: tuple[Usage, ...] = ()
    """Starts and time in operation of machines that count them, as far as that is known."""
    lines: tuple[LineUse, ...] = ()
    """Of a network, from the grid outwards, as far as that is known; none of a site without lines."""
    spans_agree: bool = True
    """Whether what was imported, exported, consumed and produced is known of the same spans; else shares are not."""

    @property
    def self_consumption(self) -> float | None:
        """Part of what was produced that was not exported; None if nothing was produced, or it is not known."""
        if (
            not self.spans_agree
            or self.produced_wh is None
            or self.exported_wh is None
            or self.produced_wh <= 0.0
        ):
            return None
        return min(max(1.0 - self.exported_wh / self.produced_wh, 0.0), 1.0)

    @property
    def self_sufficiency(self) -> float | None:
        """Part of what was consumed that was not imported; None if nothing was consumed, or it is not known."""
        if (
            not self.spans_agree
            or self.consumed_wh is None
            or self.imported_wh is None
            or self.consumed_wh <= 0.0
        ):
            return None
        return min(max(1.0 - self.imported_wh / self.consumed_wh, 0.0), 1.0)

    @property
    def kpis(self) -> Kpis:
        """The figures of the whole site."""
        storages, costs = self.storages, self.costs
        charged = [storage.charged_wh for storage in storages]
        discharged = [storage.discharged_wh for storage in storages]
        commands = self.commands
        return Kpis(
            import_wh=self.imported_wh,
            export_wh=self.exported_wh,
            consumption_wh=self.consumed_wh,
            production_wh=self.produced_wh,
            peak_import_w=_power_w(self.peak_import),
            peak_export_w=_power_w(self.peak_export),
            greatest_import_w=_power_w(self.greatest_import),
            greatest_export_w=_power_w(self.greatest_export),
            self_consumption=self.self_consumption,
            self_sufficiency=self.self_sufficiency,
            throughput_wh=_sum([*charged, *discharged]),
            cycles=_greatest(storage.cycles for storage in storages),
            capacity_loss=_greatest(storage.capacity_loss for storage in storages),
            soc_min=min((each.soc_least for each in storages if each.soc_least is not None), default=None),
            soc_max=_greatest(storage.soc_greatest for storage in storages),
            **self.shortfalls._asdict(),
            unknown_s=self.unknown_s,
            import_cost=None if costs is None else costs.import_cost,
            export_revenue=None if costs is None else costs.export_revenue,
            peak_cost=None if costs is None else costs.peak_cost,
            cost=None if costs is None else costs.cost,
            currency=None if costs is None else costs.currency,
            co2_kg=None if costs is None else costs.co2_kg,
            commands=None if commands is None else commands.given,
            refusals=None if commands is None else commands.refused,
            errors=sum(incident.kind == "error" for incident in self.incidents)
            if self.tells_errors
            else None,
        )

    def figures(self) -> dict[str, float | None]:
        """Return all figures by name, None of what is not known.

        Those of the whole site are those of `kpis`. Names end in their units: `_w` [W], `_wh` [Wh], `_v` [V],
        `_s` [s], `_kg` [kg]; parts of a whole are 0..1, money is in the currency of the tariff, cycles, counts and
        loadings (over the rated current) are plain numbers. Those of a component stand behind its key:
        `battery.cycles`, `main.consumed_wh`.
        """
        figures = self.kpis.figures()
        for group in self.groups:
            figures[f"{group.kind}.consumption_wh"] = group.consumed_wh
            figures[f"{group.kind}.production_wh"] = group.delivered_wh
        for flow in self.flows:
            figures[f"{flow.key}.consumed_wh"] = flow.consumed_wh
            figures[f"{flow.key}.delivered_wh"] = flow.delivered_wh
            figures[f"{flow.key}.max_w"] = flow.greatest.power_w
            figures[f"{flow.key}.min_w"] = flow.least.power_w
        for storage in self.storages:
            figures[f"{storage.key}.cycles"] = storage.cycles
            figures[f"{storage.key}.soc_first"] = storage.soc_first
            figures[f"{storage.key}.soc_min"] = storage.soc_least
            figures[f"{storage.key}.soc_max"] = storage.soc_greatest
            figures[f"{storage.key}.soc_last"] = storage.soc_last
            if storage.true_soc is not None:
                figures[f"{storage.key}.true_soc"] = storage.true_soc
            figures[f"{storage.key}.charged_wh"] = storage.charged_wh
            figures[f"{storage.key}.discharged_wh"] = storage.discharged_wh
            figures[f"{storage.key}.capacity_loss"] = storage.capacity_loss
        for usage in self.usages:
            figures[f"{usage.key}.starts"] = float(usage.starts)
            figures[f"{usage.key}.running_s"] = usage.running_s
        for line in self.lines:
            figures[f"{line.key}.line_loss_wh"] = line.loss_wh
            figures[f"{line.key}.voltage_min_v"] = line.lowest_v
            figures[f"{line.key}.voltage_max_v"] = line.highest_v
            figures[f"{line.key}.loading_max"] = line.most_loading
            figures[f"{line.key}.overloaded_s"] = line.overloaded_s
        return figures

    def figure(self, name: str) -> float | None:
        """Return one figure by its name; see `figures`.

        Raises:
            ValueError: If there is none of that name; says which there are.
        """
        figures = self.figures()
        if name not in figures:
            raise ValueError(f"no figure {name!r}; accepted: {', '.join(figures)}")
        return figures[name]

    def plain(self) -> dict[str, Any]:
        """Return all of it in the types of JSON; times in µs since the Unix epoch."""
        return {
            "name": self.name,
            "microgrid_id": self.microgrid_id,
            "begin_us": self.begin_us,
            "end_us": self.end_us,
            "figures": self.figures(),
            "currency": None if self.costs is None else self.costs.currency,
            "peak_import": None if self.peak_import is None else self.peak_import._asdict(),
            "peak_export": None if self.peak_export is None else self.peak_export._asdict(),
            "flows": [
                {**flow._asdict(), "greatest": flow.greatest._asdict(), "least": flow.least._asdict()}
                for flow in self.flows
            ],
            "batteries": [storage._asdict() for storage in self.storages],
            "groups": [group._asdict() for group in self.groups],
            "incidents": [incident._asdict() for incident in self.incidents],
            "commands": None if self.commands is None else {
                **self.commands._asdict(),
                "refusals": [refusal._asdict() for refusal in self.commands.refusals],
            },
            "curve": None if self.curve is None else {
                **self.curve._asdict(),
                "begin_us": list(self.curve.begin_us),
                "powers_w": {name: list(values) for name, values in self.curve.powers_w.items()},
            },
            "astray": [astray._asdict() for astray in self.astray],
            "usages": [usage._asdict() for usage in self.usages],
            **({"lines": [line._asdict() for line in self.lines]} if self.lines else {}),
            "notes": list(self.notes),
        }  # fmt: skip


def _power_w(peak: Peak | None) -> float | None:
    return None if peak is None else peak.power_w


def _sum(values: Sequence[float | None]) -> float | None:
    """Return the sum of values; None if one is not known, or there is none."""
    known = [value for value in values if value is not None]
    return math.fsum(known) if known and len(known) == len(values) else None


def _greatest(values: Iterable[float | None]) -> float | None:
    return max((value for value in values if value is not None), default=None)
