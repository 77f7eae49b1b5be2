"""Frames as they are written down: by a clock that nobody sets, powers as means of the time up to the next sampling."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence

from ..domain.events import Extremes, FrameListener, IntervalListener
from ..domain.messages import Frame
from ..domain.metrics import Metric
from ..engine.clock import Clock
from ..faults.injector import Faults
from ..plant.plant import Plant
from ..telemetry.instruments import Instruments
from ..telemetry.intervals import LEAST_INTERVAL_US, OVER_INTERVALS, IntervalReader, shown_windows
from .component_frames import ComponentFrames
from .directory import Directory
from .sampling import Sampling


class Intervals:
    """Says what of a site is written down, and gives it to whoever writes."""

    def __init__(
        self,
        plant: Plant,
        directory: Directory,
        clock: Clock,
        instruments: Instruments,
        faults: Faults,
        components: ComponentFrames,
        sampling: Sampling,
    ) -> None:
        """Begin with nobody who writes.

        Args:
            plant: Is up to date at each sampling.
            directory: Knows all components.
            clock: How simulated time meets the clients' time.
            instruments: That read the plant.
            faults: What is broken between the plant and the clients.
            components: Stamp the frames.
            sampling: Gives them.
        """
        self._plant = plant
        self._keys = directory.keys
        self._clock = clock
        self._instruments = instruments
        self._faults = faults
        self._components = components
        self._sampling = sampling
        self._writers = 0

    @property
    def are_written(self) -> bool:
        """Whether somebody writes down what is sampled."""
        return self._writers > 0

    def hold_means(self, *, extremes: bool) -> bool | None:
        """Say whether powers are to be written down as means; see `Gateway.holds_means`."""
        if self._instruments.timetable is not None:
            return self._instruments.holds_means
        return extremes or round(self._plant.site.telemetry.interval_s * 1e6) >= LEAST_INTERVAL_US

    def shown_windows(self) -> frozenset[int]:
        """Return the ids of meters that show means of longer windows; see `Gateway.shown_windows`."""
        site = self._plant.site
        shown = shown_windows(site, self._clock.span_us(site.telemetry.interval_s))
        return frozenset(site.components[key].id for key in shown)

    def listen_to_frames(self, listener: FrameListener) -> Callable[[], None]:
        """Let somebody see every sampling as it is; see `Gateway.listen_to_recorded_frames`."""
        return self._write(listener, lambda: None)

    def listen(self, listener: IntervalListener, *, extremes: bool) -> Callable[[], None]:
        """Let somebody see every sampling with what flowed after it; see `Gateway.listen_to_intervals`."""
        frames = IntervalFrames(
            self._plant,
            self._instruments,
            self._keys,
            self._faults.is_distorting,
            listener,
            extremes=extremes,
        )
        return self._write(frames.on_frames, frames.close)

    def _write(self, listener: FrameListener, close: Callable[[], None]) -> Callable[[], None]:
        """Show every sampling to somebody who writes; returns how to stop and close it."""
        stop = self._sampling.listen(lambda time_us, frames: listener(time_us, self._by_steady_clock(frames)))
        self._writers += 1

        def end() -> None:
            stop()
            self._writers -= 1
            close()

        return end

    def _by_steady_clock(self, frames: Sequence[Frame]) -> Sequence[Frame]:
        """Return frames with the times at which they would have been sampled if nobody had set the clock."""
        set_by_us = self._components.set_by_us
        if not set_by_us:
            return frames
        return [frame._replace(sample_time_us=frame.sample_time_us - set_by_us) for frame in frames]


class IntervalFrames:
    """Keeps the frames of a sampling until the next one, when it is known what flowed in between.

    What a faulty component reports is left as it is.
    """

    def __init__(
        self,
        plant: Plant,
        instruments: Instruments,
        keys: Mapping[int, str],
        is_distorted: Callable[[str, Collection[Metric]], bool],
        listener: IntervalListener,
        *,
        extremes: bool,
    ) -> None:
        """Begin to keep frames.

        Args:
            plant: Is up to date at each sampling.
            instruments: That read it.
            keys: Of components, by id.
            is_distorted: Says of a key and metrics whether a fault is between what is reported and what is.
            listener: To give the frames to.
            extremes: Whether it is given least and greatest powers.
        """
        self._plant = plant
        self._instruments = instruments
        self._keys = keys
        self._is_distorted = is_distorted
        self._listener = listener
        self._extremes = extremes
        self._frames: Sequence[Frame] = ()
        self._faulty: frozenset[int] = frozenset()
        self._interval: IntervalReader | None = None

    def on_frames(self, _time_us: int, frames: Sequence[Frame]) -> None:
        """Take the frames of a sampling, and pass on those of the one before."""
        self._pass_on()
        self._frames = frames
        self._faulty = frozenset(
            frame.component_id
            for frame in frames
            if self._is_distorted(self._keys[frame.component_id], OVER_INTERVALS)
        )
        self._interval = IntervalReader(self._plant, extremes=self._extremes)

    def close(self) -> None:
        """Pass on the last frames, whose powers over the interval behind them nobody will know."""
        if self._interval is not None:
            self._interval.close()
            self._interval = None
        if self._frames:
            self._listener([self._without_powers(frame) for frame in self._frames], {})
        self._frames = ()

    def _pass_on(self) -> None:
        interval, self._interval = self._interval, None
        if interval is None:
            return
        interval.close()
        if not interval.is_whole():
            self._listener(self._frames, {})
            return
        frames = [self._with_means(frame, interval) for frame in self._frames]
        extremes = self._extremes_of(interval) if self._extremes else {}
        self._listener(frames, extremes)

    def _with_means(self, frame: Frame, interval: IntervalReader) -> Frame:
        if frame.component_id in self._faulty:
            return frame
        means = self._instruments.means(self._keys[frame.component_id], frame.values, interval)
        if not means:
            return frame
        return frame._replace(
            values={metric: means.get(metric, value) for metric, value in frame.values.items()}
        )

    def _extremes_of(self, interval: IntervalReader) -> Extremes:
        found: dict[int, dict[str, float]] = {}
        for frame in self._frames:
            if frame.component_id not in self._faulty:
                least, greatest = self._instruments.extremes(self._keys[frame.component_id], interval)
                found[frame.component_id] = {
                    f"{metric}_{part}": value
                    for metric in least
                    if metric in frame.values
                    for part, value in (("min", least[metric]), ("max", greatest[metric]))
                }
        return found

    def _without_powers(self, frame: Frame) -> Frame:
        if frame.component_id in self._faulty:
            return frame
        unknown: dict[Metric, float] = dict.fromkeys(OVER_INTERVALS, math.nan)
        return frame._replace(
            values={metric: unknown.get(metric, value) for metric, value in frame.values.items()}
        )
