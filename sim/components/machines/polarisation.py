"""The curve of voltage over current of an electrolyser's cells, and the efficiency over load that follows."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated

from pydantic import AfterValidator, Field

from ....models.electrolyzer import ElectrolyzerParams
from ....models.parameter import described_parameters
from ...files.sections import Section, refuse_at, written
from ...files.units import VOLT, Fraction, Unit
from .points import segment_at

THERMONEUTRAL_V = 1.4812
"""Voltage at which all of the power would be in the hydrogen: 285.83 kJ/mol over two Faradays [V]."""
_LEAST_EFFICIENCY = described_parameters(ElectrolyzerParams)["stack_efficiency"].lower
_KNOTS = 21
"""Entries of the efficiency over load: every 5 %."""
_HALVINGS = 60
_CURRENT_DENSITY = Unit(
    "A/m²", {"A/m²": 1.0, "A/cm²": 1e4, "mA/cm²": 10.0, "A/m2": 1.0, "A/cm2": 1e4, "mA/cm2": 10.0}
)


class PolarisationPoint(Section):
    """Voltage of a cell at a current, warm."""

    current_density_a_per_m2: Annotated[float, _CURRENT_DENSITY.within(above=0.0, upper=1e5)] = Field(
        alias="current_density"
    )
    """Current over the area of an electrode [A/m²]."""
    voltage_v: Annotated[float, VOLT.within(lower=1.23, upper=3.0)] = Field(alias="voltage")
    """Of a cell at that current [V]; nothing splits below 1.23 V."""
    faraday_efficiency: Fraction = Field(default=written("100 %"))
    """Part of the current that makes hydrogen which arrives."""


def _rising(points: tuple[PolarisationPoint, ...]) -> tuple[PolarisationPoint, ...]:
    for place, (lower, upper) in enumerate(pairwise(points), start=1):
        if upper.current_density_a_per_m2 <= lower.current_density_a_per_m2:
            raise refuse_at(
                (place, "current_density"),
                f"{upper.current_density_a_per_m2 / 1e4:g} A/cm²",
                f"points by rising current: more than {lower.current_density_a_per_m2 / 1e4:g} A/cm² after that",
            )
        if upper.voltage_v < lower.voltage_v:
            accepted = f"a voltage that does not fall with current: at least {lower.voltage_v:g} V"
            raise refuse_at((place, "voltage"), f"{upper.voltage_v:g} V", accepted)
    for place, point in enumerate(points):
        least = _LEAST_EFFICIENCY * point.voltage_v / THERMONEUTRAL_V
        if point.faraday_efficiency < least:
            raise refuse_at(
                (place, "faraday_efficiency"),
                f"{100.0 * point.faraday_efficiency:g} %",
                f"at {point.voltage_v:g} V a faraday_efficiency of at least {100.0 * least:.3g} %: with less,"
                f" under {_LEAST_EFFICIENCY:.0%} of the power is in the hydrogen",
            )
    return points


Polarisation = Annotated[
    tuple[PolarisationPoint, ...], Field(min_length=2, max_length=100), AfterValidator(_rising)
]
"""Points by rising current, full load last."""


def stack_efficiency(
    points: Sequence[PolarisationPoint], auxiliary: float, greatest: float = 1.0
) -> tuple[float, ...]:
    """Return the higher heating value of the hydrogen over DC power, over the AC load 0..1 in even steps.

    Voltage and Faraday efficiency are linear between the points; below the first one they are its own.

    Args:
        points: Warm, full load last.
        auxiliary: What auxiliaries draw, of the rated AC power, 0..1.
        greatest: More is not taken to arrive: below its thermoneutral voltage a cell would need heat from elsewhere.
    """
    densest = points[-1].current_density_a_per_m2
    full_w = densest * points[-1].voltage_v
    found = []
    for knot in range(_KNOTS):
        wanted_w = full_w * max(knot / (_KNOTS - 1) - auxiliary, 0.0) / (1.0 - auxiliary)
        low, high = 0.0, densest
        for _ in range(_HALVINGS):
            middle = 0.5 * (low + high)
            low, high = (middle, high) if middle * _cell(points, middle)[0] < wanted_w else (low, middle)
        voltage_v, faraday = _cell(points, high)
        found.append(min(faraday * THERMONEUTRAL_V / voltage_v, greatest))
    return tuple(found)


def _cell(points: Sequence[PolarisationPoint], density: float) -> tuple[float, float]:
    """Return voltage [V] and Faraday efficiency at a current density [A/m²]."""
    densities = [point.current_density_a_per_m2 for point in points]
    if density <= densities[0]:
        return points[0].voltage_v, points[0].faraday_efficiency
    segment = segment_at(densities, density)
    return (
        segment.value([point.voltage_v for point in points]),
        segment.value([point.faraday_efficiency for point in points]),
    )
