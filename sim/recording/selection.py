"""How much is recorded of what components report."""

from __future__ import annotations

from typing import Literal

from ..domain.events import Extremes
from ..domain.metrics import Metric
from ..telemetry.metrics import MAIN_METRICS

Metrics = Literal["main", "all"]
"""How much to record: the main metrics of each category, or everything that a component reports."""

NO_EXTREMES: Extremes = {}


def wanted(metrics: Metrics) -> frozenset[Metric] | None:
    """Return the metrics to record; None for everything."""
    return None if metrics == "all" else MAIN_METRICS
