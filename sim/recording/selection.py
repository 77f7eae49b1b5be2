"""How much is recorded of what components report."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

from ..domain.events import Extremes
from ..domain.metrics import Metric
from ..telemetry.metrics import MAIN_METRICS

Metrics = Literal["main", "all"]
"""How much to record: the main metrics of each category, or everything that a component reports."""

NO_EXTREMES: Extremes = {}


_BESIDE_AC = MAIN_METRICS - {Metric.DC_POWER}
"""What is recorded by default of a component with an AC side: the DC power of inverters is not."""


def wanted(
    metrics: Metrics, reported: Collection[Metric] = (), *, means: bool | None = False
) -> frozenset[Metric] | None:
    """Return the metrics to record; None for everything.

    Args:
        metrics: How much.
        reported: Everything that the component reports.
        means: Whether powers are recorded as means of intervals. That of the DC side of an inverter is not known, and
            an instant among means would mislead.
    """
    if metrics == "all":
        has_two_sides = Metric.AC_POWER_ACTIVE in reported and Metric.DC_POWER in reported
        return frozenset(reported) - {Metric.DC_POWER} if means and has_two_sides else None
    return _BESIDE_AC if Metric.AC_POWER_ACTIVE in reported else MAIN_METRICS
