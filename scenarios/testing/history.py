"""The last minutes of a site, kept for the report of a failed test."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from ...sim.domain.messages import Frame
from ...sim.domain.metrics import Metric

KEPT_S = 1800.0
"""How much is kept [s]."""
_MOST_SAMPLES = 9000


class History:
    """The newest telemetry of all components, as clients got it."""

    def __init__(self, interval_s: float) -> None:
        """Keep half an hour, less where samples are many.

        Args:
            interval_s: Between two samples [s].
        """
        longest = min(_MOST_SAMPLES, int(KEPT_S / interval_s) + 1)
        self._samples: deque[tuple[int, Sequence[Frame]]] = deque(maxlen=max(longest, 2))

    def add(self, time_us: int, frames: Sequence[Frame]) -> None:
        """Keep what all components reported at a time [µs]."""
        self._samples.append((time_us, frames))

    def go_back(self, time_us: int) -> None:
        """Forget what was reported after a time [µs], from which the site goes on."""
        while self._samples and self._samples[-1][0] > time_us:
            self._samples.pop()

    def series(self, component_id: int, metric: Metric) -> tuple[list[int], list[float]]:
        """Return times [µs] and values of a metric, in its unit; empty if it was never reported."""
        times, values = [], []
        for time_us, frames in self._samples:
            for frame in frames:
                if frame.component_id == component_id and metric in frame.values:
                    times.append(time_us)
                    values.append(frame.values[metric])
        return times, values
