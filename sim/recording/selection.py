"""How much is recorded of what components report."""

from __future__ import annotations

from collections.abc import Container
from typing import Literal

from ..domain.events import Extremes
from ..domain.metrics import Metric
from ..telemetry.metrics import MAIN_METRICS

Metrics = Literal["main", "all"]
"""How much to record: the main metrics of each category, or everything that a component reports."""

NO_EXTREMES: Extremes = {}


_BESIDE_AC = MAIN_METRICS - {Metric.DC_POWER}
"""What is recorded by default of a component with an AC side: the DC power of inverters is not."""


def wanted(metrics: Metrics, reported: Container[Metric] = ()) -> frozenset[Metric] | None:
    """Return the metrics to record; None for everything.

    Args:
        metrics: How much.
        reported: Everything that the component reports.
    """
    if metrics == "all":
        return None
    return _BESIDE_AC if Metric.AC_POWER_ACTIVE in reported else MAIN_METRICS
