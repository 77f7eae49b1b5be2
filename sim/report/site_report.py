"""The record of what a site did, and its figures by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any, NamedTuple

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


class Group(NamedTuple):
    """What all components of a kind drew and gave by themselves."""

    kind: str
    """A category, or `load` for what is drawn behind meters."""
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


class Refusal(NamedTuple):
    """Commands that were refused for one reason."""

    key: str
    command: str
    reason: str
    times: int


class Commands(NamedTuple):
    """What was commanded."""

    given: int
    refused: int
    refusals: tuple[Refusal, ...]
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


@dataclass(frozen=True)
class SiteReport:
    """What a site did over a stretch of time; powers and energies by the passive sign convention."""

    name: str
    microgrid_id: int
    zone: tzinfo
    """In which times are told."""
    begin_us: int
    end_us: int
    imported_wh: float
    exported_wh: float
    consumed_wh: float
    """By all that is no storage."""
    produced_wh: float
    peak_import: Peak | None
    """Greatest mean over a whole quarter of an hour; None if there was none."""
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

    @property
    def self_consumption(self) -> float | None:
        """Part of what was produced that was not exported; None if nothing was produced."""
        if self.produced_wh <= 0.0:
            return None
        return min(max(1.0 - self.exported_wh / self.produced_wh, 0.0), 1.0)

    @property
    def self_sufficiency(self) -> float | None:
        """Part of what was consumed that was not imported; None if nothing was consumed."""
        if self.consumed_wh <= 0.0:
            return None
        return min(max(1.0 - self.imported_wh / self.consumed_wh, 0.0), 1.0)

    def figures(self) -> dict[str, float | None]:
        """Return all figures by name, None of what is not known.

        Names end in their units: `_w` [W], `_wh` [Wh]; parts of a whole are 0..1, cycles and counts plain numbers.
        Those of a component stand behind its key: `battery.cycles`, `main.consumed_wh`.
        """
        known_cycles = [storage.cycles for storage in self.storages if storage.cycles is not None]
        socs = [storage.soc_least for storage in self.storages if storage.soc_least is not None]
        tops = [storage.soc_greatest for storage in self.storages if storage.soc_greatest is not None]
        figures: dict[str, float | None] = {
            "import_wh": self.imported_wh,
            "export_wh": self.exported_wh,
            "consumption_wh": self.consumed_wh,
            "production_wh": self.produced_wh,
            "peak_import_w": None if self.peak_import is None else self.peak_import.power_w,
            "peak_export_w": None if self.peak_export is None else self.peak_export.power_w,
            "self_consumption": self.self_consumption,
            "self_sufficiency": self.self_sufficiency,
            "cycles": max(known_cycles, default=None),
            "soc_min": min(socs, default=None),
            "soc_max": max(tops, default=None),
            "commands": None if self.commands is None else self.commands.given,
            "refusals": None if self.commands is None else self.commands.refused,
            "errors": sum(incident.kind == "error" for incident in self.incidents),
        }
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
            "notes": list(self.notes),
        }  # fmt: skip
