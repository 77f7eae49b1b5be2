"""What the components of a replayed site report."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Mapping, Sequence

from ..domain.messages import Reading, Told, unsigned
from ..domain.metrics import Metric, Wanted
from ..plant.plant import Plant
from ..telemetry.instruments import Instruments
from ..telemetry.intervals import OVER_INTERVALS, IntervalReader
from .counterfactual import Change, changed_values
from .playback import UNHEARD, Playback


class ReplayInstruments(Instruments):
    """Reads the recording where it is replayed, the plant where it is simulated, and both where they meet."""

    def __init__(
        self,
        plant: Plant,
        playbacks: Mapping[str, Playback],
        simulated: Collection[str],
        sources: Mapping[str, Playback],
        shares: Mapping[str, Mapping[str, float]],
        *,
        holds_means: bool | None,
    ) -> None:
        """Look at a recording and a plant.

        Args:
            plant: In which the simulated components live.
            playbacks: What was recorded, by key; not empty.
            simulated: Keys of what lives in the plant.
            sources: What was recorded of the simulated components on the AC side, by key.
            shares: Part of their power in those above them; see `shares_above`.
            holds_means: Whether powers were recorded as means; None if the recording does not say so.
        """
        super().__init__(plant)
        self._playbacks = playbacks
        self._simulated = simulated
        self._sources = sources
        self._shares = shares
        self.holds_means = holds_means
        self.timetable = timetable(playbacks.values())
        self._pace = max(playbacks.values(), key=lambda playback: len(playback.times_us))

    def metrics(self, key: str) -> tuple[Metric, ...]:
        """Return the metrics that a component reports at any time."""
        if key in self._simulated:
            return super().metrics(key)
        return self._playbacks[key].metrics if key in self._playbacks else ()

    def sample(self, key: str, wanted: Wanted = None) -> Reading | None:
        """Return what a component reports at this very moment, or None if it is not sampled now."""
        playback, now_us = self._playbacks.get(key), self._plant.time_us
        if key in self._simulated:
            sampled = (playback or self._pace).at(now_us)
            return None if sampled is None else super().sample(key, wanted)
        recorded = None if playback is None else playback.at(now_us)
        return None if recorded is None else self._as_it_would_be(key, recorded)

    def told(self, key: str) -> Told | None:
        """Return what a component says of how it is at this very moment, or None if it is not sampled now."""
        playback = self._playbacks.get(key)
        if key in self._simulated:
            return None if (playback or self._pace).at(self._plant.time_us) is None else super().told(key)
        recorded = None if playback is None else playback.at(self._plant.time_us)
        return None if recorded is None else recorded.told

    def read(self, key: str) -> Reading:
        """Return what a component reported last."""
        if key in self._simulated:
            return super().read(key)
        playback = self._playbacks.get(key)
        if playback is None:
            return UNHEARD
        return self._as_it_would_be(key, playback.until(self._plant.time_us))

    def means(
        self, key: str, seen: Mapping[Metric, float], interval: IntervalReader
    ) -> Mapping[Metric, float]:
        """Return the mean powers over an interval: those of a plant, else what was recorded, and what came of both."""
        if key in self._simulated:
            return super().means(key, seen, interval)
        shares, playback = self._shares.get(key), self._playbacks.get(key)
        if not shares or playback is None:
            return {}
        changes = [
            Change(
                recorded=self._sources[source].until(interval.begin_us).values,
                simulated=interval.means(source),
                share=share,
            )
            for source, share in shares.items()
        ]
        changed = changed_values(playback.until(interval.begin_us).values, changes)
        return {metric: value for metric, value in changed.items() if metric in OVER_INTERVALS}

    def extremes(
        self, key: str, interval: IntervalReader
    ) -> tuple[Mapping[Metric, float], Mapping[Metric, float]]:
        """Return least and greatest powers of what is simulated; of the rest they are not known."""
        return super().extremes(key, interval) if key in self._simulated else ({}, {})

    def _modelled(self, key: str) -> Reading:
        return super().read(key)

    def _as_it_would_be(self, key: str, recorded: Reading) -> Reading:
        shares = self._shares.get(key)
        if not shares:
            return unsigned(recorded)
        changes = [
            Change(
                recorded=self._sources[source].until(self._plant.time_us).values,
                simulated=self._modelled(source).values,
                share=share,
            )
            for source, share in shares.items()
        ]
        return unsigned(recorded._replace(values=changed_values(recorded.values, changes)))


def timetable(playbacks: Collection[Playback]) -> Sequence[int]:
    """Return all times at which anything was recorded [µs], ascending."""
    distinct = {playback.times_us.tobytes(): playback.times_us for playback in playbacks}
    return array("q", sorted(set[int]().union(*distinct.values())))
