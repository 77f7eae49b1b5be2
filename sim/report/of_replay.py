"""What a replayed site did so far, told as a recording is."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from ..domain.messages import Frame
from ..domain.metrics import Metric
from ..recording.content import Condition, Recording, Track
from ..recording.names import parse_name
from ..replay.plant import ReplayPlant
from ..tariff.prices import Prices
from .of_recording import TOLD, report_of_tracks
from .site_report import Commands, SiteReport


class ReplayWatch:
    """Looks at a replay: what was recorded is known, so only what is otherwise now is written down."""

    def __init__(self, plant: ReplayPlant) -> None:
        """Begin to look.

        Args:
            plant: Whose recording is replayed.
        """
        self._plant = plant
        self._begin_us = plant.time_us
        self._until_us: int | None = None
        components = plant.site.components
        self._otherwise = {components[key].id: _Written() for key in plant.altered}

    def take(self, time_us: int, frames: Sequence[Frame]) -> None:
        """Take in what was sampled at a time [µs]; what is behind it, as after a jump back, has not been."""
        self._until_us = time_us
        for frame in frames:
            if frame.component_id in self._otherwise:
                self._otherwise[frame.component_id].take(time_us, frame)

    def go_back(self, time_us: int) -> None:
        """Take in that the site goes on from a time [µs]; nothing behind it has been sampled."""
        if self._until_us is not None:
            self._until_us = min(self._until_us, time_us)
        for written in self._otherwise.values():
            written.forget(time_us + 1)

    def go_on_from(self, former: ReplayWatch) -> None:
        """Go on from what another has seen of the same recording."""
        self._begin_us, self._until_us, self._otherwise = (
            former._begin_us,
            former._until_us,
            former._otherwise,
        )

    def report(self, commands: Commands, prices: Prices | None) -> SiteReport:
        """Return what the site did from the first samples to the last ones, or as long as the very last ones hold.

        Args:
            commands: What was commanded.
            prices: By which it is billed, if it is.
        """
        recording = self._so_far()
        whole_us = max(int(track.times_us[-1]) for track in self._known().values())
        return report_of_tracks(
            recording,
            self._plant.site,
            commands,
            None if prices is None else lambda _begin_us, _end_us: prices,
            begin_us=self._begin_us,
            goes_on=self._until_us is None or self._until_us < whole_us,
        )

    def _known(self) -> Mapping[int, Track]:
        """Return what was recorded of components of the site."""
        ids = {component.id for component in self._plant.site.components.values()}
        tracks = self._plant.recording.tracks
        return {number: tracks[number] for number in tracks if number in ids and len(tracks[number].times_us)}

    def _so_far(self) -> Recording:
        recording, until_us = self._plant.recording, self._until_us
        if until_us is None:
            return replace(recording, tracks={}, conditions={})
        tracks = {
            number: _cut(track, int(np.searchsorted(track.times_us, until_us, side="right")))
            for number, track in recording.tracks.items()
        }
        conditions = dict(recording.conditions)
        for number, written in self._otherwise.items():
            if (track := written.track(tracks.get(number))) is not None:
                tracks[number] = track
                conditions[number] = tuple(written.conditions)
        conditions = {
            number: tuple(change for change in changes if change[0] <= until_us)
            for number, changes in conditions.items()
        }
        return replace(recording, tracks=tracks, conditions=conditions)


class _Written:
    """What a component showed of what reports tell."""

    def __init__(self) -> None:
        self._metrics: tuple[Metric, ...] = ()
        self._times_us, self._values = array("q"), array("d")
        self.conditions: list[tuple[int, Condition]] = []

    def take(self, time_us: int, frame: Frame) -> None:
        """Write down a frame; what was written of this time and later ones counts no more."""
        self.forget(time_us)
        self._metrics = self._metrics or tuple(metric for metric in TOLD if metric in frame.values)
        if self._metrics:
            self._times_us.append(time_us)
            # At the last instant of a recording nothing flows any more, so not all is there.
            self._values.extend(frame.values.get(metric, math.nan) for metric in self._metrics)
        said = Condition(tuple(state.value for state in frame.states), frame.warnings, frame.errors)
        if not self.conditions or self.conditions[-1][1] != said:
            self.conditions.append((time_us, said))

    def forget(self, from_us: int) -> None:
        """Forget what was written of a time [µs] and of later ones."""
        while self._times_us and self._times_us[-1] >= from_us:
            self._times_us.pop()
            del self._values[len(self._times_us) * len(self._metrics) :]
        while self.conditions and self.conditions[-1][0] >= from_us:
            self.conditions.pop()

    def track(self, recorded: Track | None) -> Track | None:
        """Return it, with the bounds that were recorded at the same times; None if nothing was written."""
        if not self._times_us:
            return None
        times_us = np.array(self._times_us, np.int64)
        values = np.array(self._values).reshape(len(times_us), len(self._metrics))
        written = Track(tuple(metric.value for metric in self._metrics), times_us, values, ~np.isnan(values))
        if recorded is None or not np.array_equal(recorded.times_us, times_us):
            return written
        bounds = list(_bounds(recorded.names))
        return Track(
            (*written.names, *(recorded.names[place] for place in bounds)),
            times_us,
            np.hstack([values, recorded.values[:, bounds]]),
            np.hstack([written.present, recorded.present[:, bounds]]),
        )


def _bounds(names: Sequence[str]) -> Iterator[int]:
    return (place for place, name in enumerate(names) if parse_name(name).bound is not None)


def _cut(track: Track, rows: int) -> Track:
    """Return the first rows of a track."""
    return track._replace(
        times_us=track.times_us[:rows], values=track.values[:rows], present=track.present[:rows]
    )
