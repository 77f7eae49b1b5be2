"""What a data sheet says of a combined heat and power unit at a few loads, and the curves that follow."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated

from pydantic import AfterValidator, Field

from ....models.chp import ChpParams
from ....models.parameter import described_parameters
from ...files.sections import Section, refuse_at
from ...files.units import WATT, NonNegativePower, PositivePower
from .points import segment_at

_KNOTS = 21
"""Entries of a curve: every 5 % of load."""
_EFFICIENCIES = described_parameters(ChpParams)["electrical_efficiency"]
"""Which of electricity the model takes; the least stands for 0, where fuel is burnt without load."""


class LoadPoint(Section):
    """Power, heat and fuel at one load, as makers give them at 50, 75 and 100 %."""

    power_w: PositivePower = Field(alias="power")
    """Net electric power [W]."""
    heat_w: NonNegativePower = Field(alias="heat")
    """Useful heat [W]."""
    fuel_w: PositivePower = Field(alias="fuel")
    """Fuel, by its lower heating value [W]."""


def _rising(points: tuple[LoadPoint, ...]) -> tuple[LoadPoint, ...]:
    for place, point in enumerate(points):
        fuel = WATT.in_words(point.fuel_w)
        if point.power_w + point.heat_w > point.fuel_w:
            raise refuse_at(
                (place, "fuel"),
                fuel,
                f"at {point.power_w / 1e3:g} kW at least {(point.power_w + point.heat_w) / 1e3:g} kW of fuel, by the"
                " lower heating value: what power and heat are made of",
            )
        if not _EFFICIENCIES.allows(point.power_w / point.fuel_w):
            least_w, most_w = point.power_w / _EFFICIENCIES.upper, point.power_w / _EFFICIENCIES.lower
            raise refuse_at(
                (place, "fuel"),
                fuel,
                f"at {point.power_w / 1e3:g} kW {least_w / 1e3:g} to {most_w / 1e3:g} kW of fuel: an electrical"
                f" efficiency of {_EFFICIENCIES.range}",
            )
    for place, (lower, upper) in enumerate(pairwise(points), start=1):
        if upper.power_w <= lower.power_w:
            accepted = f"points by rising power: more than {lower.power_w / 1e3:g} kW after that"
            raise refuse_at((place, "power"), WATT.in_words(upper.power_w), accepted)
        if upper.fuel_w <= lower.fuel_w:
            accepted = f"more fuel with more power: more than {lower.fuel_w / 1e3:g} kW"
            raise refuse_at((place, "fuel"), WATT.in_words(upper.fuel_w), accepted)
    return points


DataSheet = Annotated[tuple[LoadPoint, ...], Field(min_length=2, max_length=50), AfterValidator(_rising)]
"""Points by rising power, full load last."""


def curves(points: Sequence[LoadPoint]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return electrical and thermal efficiency over the load 0..1, in even steps.

    Fuel and heat are linear between the points, and go on so below the first one; but no load below that makes more
    of its fuel than that one does.
    """
    powers_w, per_fuel = [point.power_w for point in points], points[0].power_w / points[0].fuel_w
    electrical, thermal = [], []
    for knot in range(_KNOTS):
        power_w = powers_w[-1] * knot / (_KNOTS - 1)
        segment = segment_at(powers_w, power_w)
        fuel_w = segment.value([point.fuel_w for point in points])
        if power_w < powers_w[0]:
            fuel_w = max(fuel_w, power_w / per_fuel)
        heat_w = max(segment.value([point.heat_w for point in points]), 0.0)
        efficiency = power_w / fuel_w if fuel_w > 0.0 else 0.0
        electrical.append(min(max(efficiency, _EFFICIENCIES.lower), _EFFICIENCIES.upper))
        thermal.append(min(heat_w / fuel_w, 1.0 - electrical[-1]) if fuel_w > 0.0 else 0.0)
    return tuple(electrical), tuple(thermal)


def least_load(points: Sequence[LoadPoint]) -> float:
    """Return the least load of which the data sheet tells, 0..1."""
    return points[0].power_w / points[-1].power_w
