"""Which samples meters and sensors report, and how late: what their `reporting` in the site file says."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

from ..components.meter import Meter
from ..components.reporting import USUAL_INTERVAL_S, Reporting
from ..domain.messages import Frame, Told
from ..domain.metrics import Metric
from ..engine.agenda import Engine
from ..engine.clock import FASTEST, Clock
from ..inputs.signal import stream_key, uniform_deviate
from ..site.site import Site
from ..telemetry.sensors import METRICS

_TURN = 360.0
"""Full turn, after which directions are the same again [°]."""


class LastReport(NamedTuple):
    """What a meter or sensor reported last."""

    time_us: int
    """When it was sampled [µs since the Unix epoch], simulated time."""
    values: Mapping[Metric, float]
    """Of the metrics whose changes it reports, those that had one."""
    told: Told


ReportsState = Mapping[str, LastReport]
"""By key."""


class _Rule(NamedTuple):
    """When a meter or sensor reports."""

    interval_s: float
    """Without changes its period, counted by the clock; beside changes the longest time between reports."""
    changes: Mapping[Metric, float] | None
    """Least change of each metric that is reported before the interval is over; None if not even one of state is."""


class Reports:
    """Says of each sample whether it is reported, and how long it is on its way.

    A site is sampled for all who record it; those samples that are not reported reach no client. What is reported
    depends on nobody who listens.
    """

    def __init__(self, site: Site, engine: Engine, clock: Clock, seed: int) -> None:
        """Begin with nothing reported.

        Args:
            site: Whose meters and sensors say when they report.
            engine: Says what time it is.
            clock: How simulated time meets the clients' time, in which intervals and delays are.
            seed: Of the jitter.
        """
        self._engine = engine
        self._clock = clock
        self._rules: dict[str, _Rule] = {}
        self._delays = dict[str, tuple[float, float]]()
        """Delay and jitter [s]."""
        self._streams = dict[str, int]()
        for key, component in site.components.items():
            if isinstance(component, Meter):
                self._take(key, component.reporting, component.reporting.thresholds(), seed)
        for key, sensor in site.sensors.items():
            changes = sensor.reporting.changes
            least = None if changes is None else {METRICS[each]: change for each, change in changes.items()}
            self._take(key, sensor.reporting, least, seed)
        self._last: dict[str, LastReport] = {}

    def chooses(self, key: str) -> bool:
        """Say whether a meter or sensor leaves samples unreported, by what it showed before."""
        return key in self._rules

    def is_due(self, key: str, frame: Frame) -> bool:
        """Say whether a meter or sensor reports a sample, which counts as reported then."""
        rule = self._rules.get(key)
        if rule is None:
            return True
        last, now_us = self._last.get(key), self._engine.now_us
        values = _watched(rule.changes or {}, frame)
        told = Told(frame.states, frame.warnings, frame.errors)
        span_us = self._clock.span_us(rule.interval_s)
        if last is not None and rule.changes is None and now_us // span_us == last.time_us // span_us:
            return False
        if (
            last is not None
            and rule.changes is not None
            and 0 <= now_us - last.time_us < span_us
            and told == last.told
            and not _have_changed(rule.changes, last.values, values)
        ):
            return False
        self._last[key] = LastReport(now_us, values, told)
        return True

    def delay_us(self, key: str) -> int:
        """Return for how long what is reported now is on its way, whatever else holds it up [µs]."""
        delay = self._delays.get(key)
        if delay is None:
            return 0
        delay_s, jitter_s = delay
        deviate = uniform_deviate(self._streams[key], self._engine.now_us)
        return self._clock.span_us(delay_s + jitter_s * deviate)

    @property
    def longest_delay_s(self) -> float:
        """The longest time that what anybody reports is on its way, at whatever speed [s]."""
        return FASTEST * max((delay_s + jitter_s for delay_s, jitter_s in self._delays.values()), default=0.0)

    def save(self) -> ReportsState:
        """Return what was reported last."""
        return dict(self._last)

    def check(self, state: ReportsState) -> None:
        """Refuse what another site reported last.

        Raises:
            ValueError: Says what was found and what would be accepted.
        """
        for key, last in state.items():
            rule = self._rules.get(key)
            if rule is None or not last.values.keys() <= set(rule.changes or ()):
                raise ValueError(f"gateway.reports: {key}; accepted: what this site reports by its changes")

    def restore(self, state: ReportsState) -> None:
        """Go on from a saved state."""
        self._last = dict(state)

    def _take(
        self, key: str, reporting: Reporting, changes: Mapping[Metric, float] | None, seed: int
    ) -> None:
        if reporting.interval_s is not None:
            self._rules[key] = _Rule(reporting.interval_s, changes)
        elif changes is not None:
            self._rules[key] = _Rule(USUAL_INTERVAL_S, changes)
        if reporting.delay_s > 0.0 or reporting.jitter_s > 0.0:
            self._delays[key] = reporting.delay_s, reporting.jitter_s
            self._streams[key] = stream_key(f"{seed}/{key}/reporting")


def _watched(changes: Mapping[Metric, float], frame: Frame) -> dict[Metric, float]:
    """Return the values of a sample whose changes are reported; where there is none, none."""
    return {
        metric: value for metric, value in frame.values.items() if metric in changes and not math.isnan(value)
    }


def _have_changed(
    changes: Mapping[Metric, float], before: Mapping[Metric, float], now: Mapping[Metric, float]
) -> bool:
    """Say whether any value differs by as much as is reported, or has come or gone."""
    return before.keys() != now.keys() or any(
        _change(metric, before[metric], value) >= changes[metric] for metric, value in now.items()
    )


def _change(metric: Metric, before: float, now: float) -> float:
    """Return by how much a value differs, >= 0; directions by the shorter way."""
    change = now - before
    if metric is Metric.SENSOR_WIND_DIRECTION:
        change = (change + _TURN / 2.0) % _TURN - _TURN / 2.0
    return abs(change)
