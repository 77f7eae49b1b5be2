"""What an application has been shown of devices: samples that have come over the line, rather than what was sent."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from itertools import takewhile
from typing import NamedTuple

from ....sim.domain.messages import Frame
from ....sim.domain.metrics import Metric
from ....sim.domain.ranges import Ranges
from ....sim.simulation.simulation import Simulation

REACTION_US = 500_000
"""What was shown less long ago than this may not have been looked at yet [µs]."""
_ON_THE_WAY = 100
"""Samplings of which it is known when they were; no more samples are on their way."""


class _Sample(NamedTuple):
    arrived_us: int
    taken_us: int
    bounds: Mapping[Metric, Ranges]
    """With those that were shown before and are left out."""


class Delivered:
    """Remembers of each device that takes set-points what its listeners may go by."""

    def __init__(self, simulation: Simulation) -> None:
        """Watch what comes over the line of a site."""
        self._simulation = simulation
        ratings, components = simulation.plant.equipment.ratings, simulation.site.components
        self._taken: dict[int, deque[tuple[int, int]]] = {
            components[key].id: deque(maxlen=_ON_THE_WAY) for key in ratings
        }
        """Sample times and instants of samplings, by component."""
        self._samples: dict[int, list[_Sample]] = {}
        simulation.gateway.deliveries.subscribe(self._take)

    def look(self, time_us: int, frames: Sequence[Frame]) -> None:
        """Take in what is sent at a sampling [µs]."""
        for frame in frames:
            taken = self._taken.get(frame.component_id)
            if taken is not None:
                taken.append((frame.sample_time_us, time_us))

    def bounds(self, component_id: int, metric: Metric, time_us: int) -> list[Ranges]:
        """Return all bounds of a power that an application may go by at a time [µs], the newest last."""
        return [each.bounds[metric] for each in self._in_mind(component_id, time_us) if metric in each.bounds]

    def seen_us(self, component_id: int, time_us: int) -> int | None:
        """Return when what an open stream has surely shown by a time was taken [µs]; None if there is no stream."""
        if not self._simulation.gateway.stream_count(component_id):
            return None
        seen = [
            each.taken_us
            for each in self._in_mind(component_id, time_us)
            if time_us - each.arrived_us >= REACTION_US
        ]
        return max(seen, default=None)

    def _take(self, frame: Frame) -> None:
        taken = self._taken.get(frame.component_id)
        if taken is None:
            return
        now_us = self._simulation.now_us
        # What arrives at once is told before the sampling itself.
        taken_us = next((at_us for stamp_us, at_us in taken if stamp_us == frame.sample_time_us), now_us)
        samples = self._in_mind(frame.component_id, now_us)
        bounds = {**samples[-1].bounds, **frame.bounds} if samples else frame.bounds
        self._samples[frame.component_id] = [*samples, _Sample(now_us, taken_us, bounds)]

    def _in_mind(self, component_id: int, time_us: int) -> list[_Sample]:
        """Return the samples of the last moment, and of those before the last one that came and the newest one."""
        samples = self._samples.get(component_id, [])
        old = list(takewhile(lambda each: time_us - each.arrived_us >= REACTION_US, samples))
        if not old:
            return samples
        newest, last = max(old, key=lambda each: each.taken_us), old[-1]
        kept = [last] if newest.taken_us == last.taken_us else [newest, last]
        return [*kept, *samples[len(old) :]]
