"""What can happen at a site: which inputs may have which values, what can break, whose cable can be pulled."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from ...sim.components.registry import type_of
from ...sim.domain.categories import Category
from ...sim.domain.commands import AugmentBounds, StrikeFault
from ...sim.domain.faults import Fault, FaultKind
from ...sim.domain.messages import CommandError
from ...sim.domain.metrics import Metric
from ...sim.domain.timestamps import MICROSECONDS
from ...sim.inputs.driven import DRIVEN_INPUTS
from ...sim.simulation.simulation import Simulation
from ...sim.site.graph import grid_key
from ...sim.site.site import Site
from ...sim.tariff.reader import TariffError, load_tariff
from .drawn import Step

_NEW_YEAR = datetime(2026, 1, 1)
_USUAL_DAY = 165
"""On which scenarios begin that name no start."""
_USUAL_W = 100e3
"""What a grid connection without a fuse is taken for [W]."""
_LIFETIME_S = 60
_LOADED = 0.5
"""How much of what the fuse bears all loads together draw at most."""
_RANGES = {
    "irradiance": (0.0, 1000.0),
    "ambient_temperature": (-20.0, 40.0),
    "wind_speed": (0.0, 25.0),
    "wind_direction": (0.0, 359.0),
    "relative_humidity": (0.2, 1.0),
    "air_pressure": (950.0, 1050.0),
    "gains": (0.0, 5e3),
    "start_fails": (0.0, 1.0),
    "car_pauses": (0.0, 1.0),
    "authorised": (0.0, 1.0),
}
"""What inputs usually are, in their units inside the program."""
_VOLTAGE_BAND, _FREQUENCY_BAND = 0.1, 0.01
"""How far the grid may be from what it is, as a part of it."""


@dataclass(frozen=True)
class DrawnInput:
    """An input, and between which values it is drawn [its unit inside the program]."""

    name: str
    quantity: str
    lower: float
    upper: float


@dataclass(frozen=True)
class Ground:
    """What can happen at a site."""

    site: Site
    grid: str
    """Key of the grid connection point."""
    whole_w: float
    """What its fuse bears [W]."""
    inputs: tuple[DrawnInput, ...]
    faults: tuple[tuple[str, FaultKind], ...]
    """Components, and what can break of them."""
    sizes_w: dict[str, float]
    """Power that goes with a component [W], for how much may be wrong with it."""
    chargers: tuple[str, ...]
    bounded: tuple[str, ...]
    """Components whose power other clients may narrow."""
    acknowledged: tuple[str, ...]
    """Components that trip, and wait for an acknowledgement unless they mend."""
    has_outages: bool
    days: tuple[int, ...]
    """On which cases can begin, counted from the beginning of the year."""

    def has(self, step: Step) -> bool:
        """Say whether what a step names is there."""
        faults = {
            (key, words.get("kind") if isinstance(words, dict) else words)
            for key, words in _named(step, "fault").items()
        }
        return (
            {each.name for each in self.inputs} >= set(_named(step, "set"))
            and {(key, kind.value) for key, kind in self.faults} >= faults
            and {*self.bounded, *self.acknowledged} >= set(_named(step, "command"))
            and {*self.chargers} >= {step[word] for word in ("plug", "unplug") if word in step}
        )


def _named(step: Step, word: str) -> Mapping[str, Any]:
    named = step.get(word, {})
    return named if isinstance(named, Mapping) else {}


def ground_of(site: Site) -> Ground:
    """Find what can happen at a site."""
    is_free = all(_can_begin(site, day) for day in range(15, 365, 90))
    days = tuple(range(365)) if is_free else (_USUAL_DAY,)
    trial = Simulation.headless(site, start_us=_start_us(site, _USUAL_DAY), seed=0)
    trial.run_for(timedelta(seconds=1))
    whole_w = _whole_w(trial)
    faults = tuple(
        (key, kind) for key in site.components for kind in FaultKind if _can_break(trial, key, kind)
    )
    sizes = {
        key: trial.plant.equipment.ratings[key].size if key in trial.plant.equipment.ratings else whole_w
        for key in site.components
    }
    return Ground(
        site,
        grid_key(site),
        whole_w,
        tuple(_inputs(trial, whole_w, sizes)),
        faults,
        sizes,
        tuple(key for key, each in site.components.items() if type_of(each).category is Category.EV_CHARGER),
        tuple(key for key in sizes if _is_bounded(trial, key, sizes[key])),
        tuple(key for key, kind in faults if kind is FaultKind.TRIP),
        f"{grid_key(site)}.presence" in trial.plant.inputs.signals,
        days,
    )


def covered_days(ground: Ground, tariff: Path, duration_s: float) -> tuple[int, ...]:
    """Return the days on which cases can begin for which a tariff says what everything costs.

    Args:
        ground: On which of them cases can begin without it.
        tariff: Path of its file.
        duration_s: How long cases take [s].

    Raises:
        TariffError: If it is wrong, or does not even cover cases on the usual day.
    """
    read = load_tariff(tariff)

    def cover(first: int, last: int) -> None:
        begin_us, end_us = (_start_us(ground.site, day) for day in (first, last + 1))
        read.over(begin_us, end_us + round(duration_s * MICROSECONDS), ground.site.microgrid.location.zone)

    cover(_USUAL_DAY, _USUAL_DAY)
    try:
        cover(min(ground.days), max(ground.days))
    except TariffError:
        return (_USUAL_DAY,)
    return ground.days


def day_of(day: int) -> datetime:
    """Return a day of the year in which cases are, by the clock of the site."""
    return _NEW_YEAR + timedelta(days=day)


def _start_us(site: Site, day: int) -> int:
    return site.moment_us(day_of(day))


def _can_begin(site: Site, day: int) -> bool:
    """Say whether the inputs of a site are known on a day; recorded ones may not be."""
    try:
        Simulation.headless(site, start_us=_start_us(site, day), seed=0)
    except ValueError:
        return False
    return True


def _whole_w(trial: Simulation) -> float:
    """Return what the fuse of a site bears [W]."""
    key = grid_key(trial.site)
    fuse_a = getattr(trial.site.components[key], "rated_fuse_current_a", None)
    volts = trial.instruments.read(key).values.get(Metric.AC_VOLTAGE_PHASE_1_N, math.nan)
    return 3.0 * fuse_a * volts if fuse_a and volts > 0.0 else _USUAL_W


def _inputs(trial: Simulation, whole_w: float, sizes: dict[str, float]) -> Iterator[DrawnInput]:
    present = {name: signal.at(trial.start_us) for name, signal in trial.plant.inputs.signals.items()}
    loads = sum(name.endswith(".load") for name in present)
    for name, value in present.items():
        key, _, quantity = name.rpartition(".")
        driven = DRIVEN_INPUTS.get(quantity)
        if driven is None:
            continue
        size_w = sizes.get(key, whole_w)
        match quantity:
            case "load":
                lower, upper = 0.0, _LOADED * whole_w / loads
            case "power":
                lower, upper = -size_w, 0.0
            case "heat_demand" | "steam_demand":
                lower, upper = 0.0, min(size_w, whole_w)
            case "feed_in_limit" | "import_limit":
                lower, upper = 0.1 * size_w, size_w
            case "voltage" | "voltage_1" | "voltage_2" | "voltage_3":
                lower, upper = value * (1.0 - _VOLTAGE_BAND), value * (1.0 + _VOLTAGE_BAND)
            case "frequency":
                lower, upper = value * (1.0 - _FREQUENCY_BAND), value * (1.0 + _FREQUENCY_BAND)
            case _ if quantity in _RANGES:
                lower, upper = _RANGES[quantity]
            case _:
                continue
        if driven.has(lower) and driven.has(upper):
            yield DrawnInput(name, quantity, lower, upper)


def _is_bounded(trial: Simulation, key: str, size_w: float) -> bool:
    narrower = ((-size_w, size_w),)
    try:
        trial.execute(
            AugmentBounds(trial.site.components[key].id, Metric.AC_POWER_ACTIVE, narrower, _LIFETIME_S)
        )
    except (ValueError, CommandError):
        return False
    return True


def _can_break(trial: Simulation, key: str, kind: FaultKind) -> bool:
    amount = None
    if kind.amount is not None and kind.amount.default is None and not kind.amount.without:
        amount = next(edge for edge in (kind.amount.upper, kind.amount.lower) if edge != kind.amount.nothing)
    try:
        number = trial.execute(StrikeFault(Fault(key, kind, amount=amount), None))
    except (ValueError, CommandError):
        return False
    return number is not None
