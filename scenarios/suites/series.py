"""What a site showed over a run, thinned so that a year takes no more room than an hour."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from ...sim.domain.messages import Reading as Report
from ...sim.domain.metrics import Metric

MOST_POINTS = 2000
SHOWN = (Metric.AC_POWER_ACTIVE, Metric.DC_POWER, Metric.BATTERY_SOC_PCT)
"""What is drawn of each component that has it."""


class Series(NamedTuple):
    """Values at instants, by component and metric."""

    times_us: tuple[int, ...]
    """[µs since the Unix epoch]."""
    values: Mapping[str, tuple[float, ...]]
    """Such as `main.AC_POWER_ACTIVE`, each as long as the times, in the unit of the metric."""


class Gathering:
    """Takes in samplings, and keeps every one, then every second, fourth and so on."""

    def __init__(self, metrics: Mapping[str, tuple[Metric, ...]]) -> None:
        """Begin with nothing.

        Args:
            metrics: What each component reports, by its key.
        """
        self._columns = [(key, metric) for key, had in metrics.items() for metric in SHOWN if metric in had]
        self._rows: list[tuple[int, list[float]]] = []
        self._every = 1
        self._seen = 0

    def look(self, time_us: int, read: Callable[[str], Report]) -> None:
        """Take in a sampling [µs]."""
        if self._seen % self._every == 0:
            self._rows.append((time_us, [read(key).values[metric] for key, metric in self._columns]))
        self._seen += 1
        if len(self._rows) > MOST_POINTS:
            self._rows = self._rows[::2]
            self._every *= 2

    def series(self) -> Series:
        """Return what was kept."""
        values = {
            f"{key}.{metric.value}": tuple(row[place] for _, row in self._rows)
            for place, (key, metric) in enumerate(self._columns)
        }
        return Series(tuple(time_us for time_us, _ in self._rows), values)
