"""What one recorded component reported, as readings at any time."""

from __future__ import annotations

import math
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from numpy import isnan

from ..domain.messages import Reading
from ..domain.metrics import Metric
from ..domain.ranges import Bounds
from ..domain.states import StateCode
from ..recording.content import Condition, Track
from ..recording.names import parse_name
from ..telemetry.definitions import NOT_SENT

if TYPE_CHECKING:
    from ..recording.content import Flags

UNHEARD = Reading({}, {}, (StateCode.UNKNOWN,))
"""Reading of a component of which nothing is known."""
_METRICS = {metric.value: metric for metric in Metric}
_STATES = {state.value: state for state in StateCode}


class _Layout(NamedTuple):
    """Which column of a track is what."""

    values: tuple[tuple[Metric, int], ...]
    """What was reported; of a metric that has several columns the last one counts."""
    bounds: tuple[tuple[Metric, tuple[tuple[int | None, int | None], ...]], ...]
    """Per metric, the columns of lower and upper end of each range."""


class Playback:
    """Gives back the readings of one component."""

    def __init__(self, track: Track, conditions: Sequence[tuple[int, Condition]]) -> None:
        """Take what was recorded.

        Args:
            track: Numbers; not empty.
            conditions: What the component said of itself, and from when on [µs].
        """
        self._layout = _layout(track.names)
        self._track = track
        self.times_us = array("q", track.times_us.tobytes())
        self._is_full: list[bool] = track.present.min(axis=1, initial=True).tolist()
        self._said_us = [time_us for time_us, _ in conditions]
        self._said = [_spoken(condition) for _, condition in conditions]
        # Readings are asked for again and again while time stands still.
        self._latest: tuple[int, Reading] = (-1, UNHEARD)

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """Metrics that the component reported at any time."""
        return tuple(dict.fromkeys(metric for metric, _ in self._layout.values))

    def history(self, metric: Metric) -> tuple[Sequence[int], Sequence[float]]:
        """Return times [µs] and values of a metric wherever there is a number."""
        column = dict(self._layout.values)[metric]
        values = self._track.values[:, column]
        known: Flags = self._track.present[:, column] & ~isnan(values)
        return self._track.times_us[known].tolist(), values[known].tolist()

    def at(self, time_us: int) -> Reading | None:
        """Return what was reported at exactly a time [µs], or None if nothing was."""
        index = bisect_right(self.times_us, time_us) - 1
        return self._reading(index) if index >= 0 and self.times_us[index] == time_us else None

    def until(self, time_us: int) -> Reading:
        """Return what was reported last by a time [µs]; before the beginning, what was reported first."""
        return self._reading(max(bisect_right(self.times_us, time_us) - 1, 0))

    def _reading(self, index: int) -> Reading:
        if self._latest[0] != index:
            self._latest = (index, self._read(index))
        return self._latest[1]

    def _read(self, index: int) -> Reading:
        row = self._track.values[index].tolist()
        if not self._is_full[index]:
            present = self._track.present[index].tolist()
            row = [value if there else None for value, there in zip(row, present, strict=True)]
        values = {metric: row[column] for metric, column in self._layout.values if row[column] is not None}
        bounds = {}
        for metric, columns in self._layout.bounds:
            ranges = tuple(_range(row, *pair) for pair in columns)
            if found := tuple(one for one in ranges if one is not None):
                bounds[metric] = found
        said = bisect_right(self._said_us, self.times_us[index]) - 1
        spoken = self._said[said] if said >= 0 else UNHEARD
        return spoken._replace(values=values, bounds=bounds)


def unreported_metrics(tracks: Iterable[Track]) -> list[str]:
    """Return the names of metrics in a recording that components cannot report."""
    names = {parse_name(text).metric for track in tracks for text in track.names}
    return sorted(names - _METRICS.keys())


def metrics_left_out(tracks: Iterable[Track]) -> Iterator[str]:
    """Say which metrics of a recording components cannot report: those of the API that none has, and strange ones."""
    names = unreported_metrics(tracks)
    not_sent = [name for name in names if name in NOT_SENT]
    unknown = [name for name in names if name not in NOT_SENT]
    if not_sent:
        yield f"metrics {', '.join(not_sent)} are none that components here send: left out"
    if unknown:
        yield f"metrics {', '.join(unknown)} are not known: left out"


def _range(row: Sequence[float | None], lower: int | None, upper: int | None) -> Bounds | None:
    ends = [None if column is None else row[column] for column in (lower, upper)]
    if ends == [None, None]:
        return None
    # An export leaves out an end that is not limited.
    return Bounds(
        -math.inf if ends[0] is None else ends[0],
        math.inf if ends[1] is None else ends[1],
    )


def _layout(names: Sequence[str]) -> _Layout:
    """Sort the columns; of resampled values the average counts, where there is no value as such."""
    values: list[tuple[Metric, int]] = []
    averages: list[tuple[Metric, int]] = []
    ends: dict[Metric, dict[int, list[int | None]]] = {}
    for column, text in enumerate(names):
        name = parse_name(text)
        metric = _METRICS.get(name.metric)
        if metric is None:
            continue
        if name.bound is not None:
            pair = ends.setdefault(metric, {}).setdefault(name.bound, [None, None])
            pair[name.is_upper] = column
        elif name.part is None:
            values.append((metric, column))
        elif name.part == "avg":
            averages.append((metric, column))
    bounds = tuple(
        (metric, tuple((pair[0], pair[1]) for _, pair in sorted(ranges.items())))
        for metric, ranges in ends.items()
    )
    return _Layout((*averages, *values), bounds)


def _spoken(condition: Condition) -> Reading:
    states = tuple(_STATES[name] for name in condition.states if name in _STATES)
    return Reading({}, {}, states, condition.warnings, condition.errors)
