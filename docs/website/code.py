"""What the pages ask of the code: the only place here that knows where things are in it."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from importlib import resources
from typing import Any, NamedTuple

import doppelgrid
import doppelgrid.hardware
import doppelgrid.testing
from doppelgrid import models
from doppelgrid.proto.control.fields import unit_field
from doppelgrid.proto.microgrid import common_v1, common_v1alpha8
from doppelgrid.proto.prometheus import families
from doppelgrid.scenarios.suites.file.library import scenarios
from doppelgrid.scenarios.suites.file.scenario_file import ScenarioFile
from doppelgrid.scenarios.testing.durations import shown_span
from doppelgrid.sim.components.recordings import RECORDED
from doppelgrid.sim.components.registry import type_of
from doppelgrid.sim.components.section import Lapsing
from doppelgrid.sim.domain.faults import Family, FaultKind
from doppelgrid.sim.domain.metrics import Metric
from doppelgrid.sim.domain.timestamps import MICROSECONDS
from doppelgrid.sim.faults.amounts import accepted_amounts, default_in_words, units_in_words
from doppelgrid.sim.files.preset_comments import PresetFile, preset_file
from doppelgrid.sim.inputs.driven import DRIVEN_INPUTS
from doppelgrid.sim.site.schema import site_schema
from doppelgrid.sim.telemetry.definitions import NOT_SENT, definition
from doppelgrid.sim.telemetry.metrics import MAIN_METRICS

EVERYTHING = "all-categories"
"""The bundled site that has one of everything."""
WITH_ARRAY = "demo"
"""A bundled site whose PV inverter has an array, rather than a power of its own."""
NOON = datetime(2026, 6, 15, 10, tzinfo=UTC)


class Reported(NamedTuple):
    """What components of one category, or sensors, report."""

    category: str
    metrics: frozenset[str]
    bounds: frozenset[str]
    listed: bool
    """Whether clients are told of it by default."""


class Shipped(NamedTuple):
    """A scenario of the library, as its file tells of it."""

    name: str
    what: str
    why: str
    source: str | None
    job: str | None
    cases: int
    duration: str


def library() -> list[Shipped]:
    """Return the scenarios that ship, by their names."""
    found = []
    for name, path in scenarios().items():
        file = ScenarioFile(path)
        section = file.scenario(file.combinations[0]).section
        why, length = section.why or "", shown_span(round(section.duration_s * MICROSECONDS))
        found.append(
            Shipped(name, section.scenario, why, section.source, section.job, len(file.combinations), length)
        )
    return found


def schema() -> dict[str, Any]:
    """Return the JSON schema of site files, whose comments say what a quantity may be."""
    return site_schema()


def reported() -> list[Reported]:
    """Return what each category reports, as running sites show it, one of them with one of everything."""
    found: dict[str, Reported] = {}
    for name in (EVERYTHING, WITH_ARRAY):
        _add_reported(found, name)
    return list(found.values())


def _add_reported(found: dict[str, Reported], name: str) -> None:
    site = doppelgrid.load_site(name)
    simulation = doppelgrid.Simulation.headless(site, start_us=round(NOON.timestamp() * 1e6))
    simulation.run_for(timedelta(seconds=10))
    for component in site.components.values():
        frame = simulation.gateway.frame(component.id)
        listed = type_of(component).sdk_class is not None
        before = found.setdefault(
            component.category, Reported(component.category, frozenset(), frozenset(), listed)
        )
        found[component.category] = before._replace(
            metrics=before.metrics | {str(metric) for metric in frame.values},
            bounds=before.bounds | {str(metric) for metric in frame.bounds},
        )
    for sensor in site.sensors.values():
        before = found.setdefault("sensor", Reported("sensor", frozenset(), frozenset(), listed=True))
        metrics = {f"SENSOR_{metric.upper()}" for metric in sensor.metrics}
        found["sensor"] = before._replace(metrics=before.metrics | metrics)


def driven() -> dict[str, list[str]]:
    """Return the inputs that can be driven, by category, and those of `site`.

    Those of a running site with one of everything, and those that its components would have if a site file gave them.
    """
    site = doppelgrid.load_site(EVERYTHING)
    simulation = doppelgrid.Simulation.headless(site, start_us=round(NOON.timestamp() * 1e6))
    found: dict[str, set[str]] = {}
    for name in simulation.plant.inputs.signals:
        key, _, quantity = name.partition(".")
        place = "site" if key == "site" else str(site.components[key].category)
        found.setdefault(place, set()).add(quantity)
    known = set().union(*found.values())
    for component in site.components.values():
        if isinstance(component, Lapsing):
            found.setdefault(str(component.category), set()).add(RECORDED)
        for quantity in known & type_of(component).inputs.keys():
            found.setdefault(str(component.category), set()).add(quantity)
    return {place: sorted(quantities) for place, quantities in sorted(found.items())}


def field_of(quantity: str) -> str:
    """Return the field of a drive request that carries a quantity."""
    return unit_field(quantity)


class KindOfFault(NamedTuple):
    """A row of the table of faults."""

    kind: str
    what: str
    amount: str
    parts: str
    hosts: str


class FamilyOfFaults(NamedTuple):
    """A table of faults."""

    title: str
    about: str
    kinds: list[KindOfFault]


_FAMILIES = {
    Family.MEASUREMENT: (
        "Measurements",
        "What a component reports is not what is. The device is whole, and so is what flows.",
    ),
    Family.DEVICE: ("Devices", "The hardware does something else than it should; meters and bounds show it."),
    Family.LINK: (
        "The line",
        "Between clients and a component. Whoever looks at the site itself, a recording or a check, sees what is, but "
        "for silence.",
    ),
}
_PARTS_OF_FAULTS = {"spread_s": "spread", "every_s": "every", "each_s": "each"}


def fault_families() -> list[FamilyOfFaults]:
    """Return all kinds of faults by their families."""
    return [
        FamilyOfFaults(title, about, [_kind_of_fault(kind) for kind in FaultKind if kind.family is family])
        for family, (title, about) in _FAMILIES.items()
    ]


def _kind_of_fault(kind: FaultKind) -> KindOfFault:
    amount = ""
    if kind.amount is not None:
        default = default_in_words(kind)
        amount = f"`{kind.amount.word}`: {accepted_amounts(kind)}"
        amount += f" ({units_in_words(kind)})" + (f"; {default} if not given" if default else "")
    parts = ", ".join(f"`{_PARTS_OF_FAULTS.get(part, part)}`" for part in kind.parts)
    what = kind.words.format(amount="the amount", diagnostic="`diagnostic`")
    return KindOfFault(kind.value, what, amount, parts, str(kind.hosts))


def range_of(quantity: str) -> str:
    """Return what an input can be driven to, in words."""
    return DRIVEN_INPUTS[quantity].accepted


def recorded_by_default() -> frozenset[str]:
    """Return the metrics that a recording holds if nothing else is said."""
    return frozenset(str(metric) for metric in MAIN_METRICS)


def unit_of(metric: str) -> str:
    """Return the unit of a metric, as text."""
    return Metric(metric).unit


def meaning_of(metric: str) -> str:
    """Return what a metric means."""
    return definition(Metric(metric))


def is_in_v1(metric: str) -> bool:
    """Say whether version v1 of the API has a metric, as the alpha versions do."""
    return metric in common_v1.COMMON.metrics


def metrics_of_api() -> list[str]:
    """Return all metrics of the API's latest version, by our names."""
    return [name for name in common_v1alpha8.COMMON.metrics if name != "UNSPECIFIED"]


def not_sent() -> dict[str, str]:
    """Return the metrics of the API that no component sends, and why."""
    return dict(NOT_SENT)


class Figure(NamedTuple):
    """What Prometheus can scrape of a site."""

    name: str
    kind: str
    labels: tuple[str, ...]
    meaning: str


def figures() -> list[Figure]:
    """Return what Prometheus scrapes of each site."""
    return [_figure(family) for family in families.OF_SITES]


def figures_of_components() -> list[Figure]:
    """Return what it scrapes of each component where that is wanted."""
    return [_figure(family) for family in families.OF_COMPONENTS]


def _figure(family: families.Family) -> Figure:
    return Figure(family.name, family.kind.value, (families.MICROGRID, *family.labels), family.meaning)


def preset_files() -> list[str]:
    """Return the stems of the files of presets."""
    folder = resources.files(models).joinpath("presets")
    return sorted(
        entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml")
    )


def presets(stem: str) -> PresetFile:
    """Return a file of presets with its comments."""
    return preset_file(stem)


def commands() -> str:
    """Return the commands with their options, as typer writes them in Markdown."""
    call = [
        sys.executable,
        "-P",
        "-m",
        "typer",
        "doppelgrid.cli.main",
        "utils",
        "docs",
        "--name",
        "doppelgrid",
    ]
    return subprocess.run(call, check=True, capture_output=True, encoding="utf-8").stdout


def public_names() -> dict[str, list[str]]:
    """Return the names that programs may import, by package."""
    packages = (doppelgrid, doppelgrid.testing, doppelgrid.hardware)
    return {package.__name__: list(package.__all__) for package in packages}
