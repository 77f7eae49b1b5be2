"""A stretch of a signal at once, as arrays: for runs that go through many of its values in one go."""

from __future__ import annotations

from functools import singledispatch
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from .daily import Daily
from .limited import AtLeast, Mix, Multiple
from .profiles.spectral import STEP_US, Spectral
from .signal import NEVER, Constant, Noisy, Signal, Steps, normal_deviates

if TYPE_CHECKING:
    import numpy.typing as npt


class Segments(NamedTuple):
    """Values and when each begins."""

    times_us: npt.NDArray[np.int64]
    """Ascending; one more than values: the last is the first breakpoint at or after the end asked for [µs]."""
    values: npt.NDArray[np.float64]


@singledispatch
def segments_of(signal: Signal, begin_us: int, end_us: int) -> Segments:
    """Return all values that a signal has within a stretch of time.

    Breakpoints are those that `until` names, also where the value stays the same.

    Args:
        signal: Any.
        begin_us: The first value holds from here [µs].
        end_us: Later than that [µs].
    """
    times, values = [begin_us], []
    while times[-1] < end_us:
        values.append(signal.at(times[-1]))
        times.append(signal.until(times[-1]))
    return Segments(np.array(times, np.int64), np.array(values))


@segments_of.register
def _(signal: Constant, begin_us: int, end_us: int) -> Segments:
    del end_us
    return Segments(np.array([begin_us, NEVER]), np.array([signal.at(begin_us)]))


@segments_of.register
def _(signal: Steps, begin_us: int, end_us: int) -> Segments:
    every, values = (np.asarray(column) for column in signal.columns)
    first = max(int(np.searchsorted(every, begin_us, side="right")) - 1, 0)
    # The first value also holds before its time, so its time is no breakpoint.
    last = max(int(np.searchsorted(every, end_us, side="left")), first + 1)
    behind = every[last] if last < len(every) else NEVER
    return Segments(np.concatenate(([begin_us], every[first + 1 : last], [behind])), values[first:last])


@segments_of.register
def _(signal: Daily, begin_us: int, end_us: int) -> Segments:
    times, values, now_us = [], [], begin_us
    while now_us < end_us:
        steps, day_end_us = signal.day_of(now_us)
        part = segments_of(steps, now_us, day_end_us)
        times.append(part.times_us[:-1])
        values.append(part.values)
        now_us = day_end_us
    every = np.concatenate([*times, [now_us]])
    kept = min(int(np.searchsorted(every, end_us, side="left")), len(every) - 1)
    return Segments(every[: kept + 1], np.concatenate(values)[:kept])


@segments_of.register
def _(signal: AtLeast, begin_us: int, end_us: int) -> Segments:
    inner = segments_of(signal.inner, begin_us, end_us)
    return inner._replace(values=np.maximum(inner.values, signal.lower))


@segments_of.register
def _(signal: Multiple, begin_us: int, end_us: int) -> Segments:
    inner = segments_of(signal.inner, begin_us, end_us)
    return inner._replace(values=signal.factor * inner.values)


@segments_of.register
def _(signal: Mix, begin_us: int, end_us: int) -> Segments:
    parts = [(share, segments_of(inner, begin_us, end_us)) for share, inner in signal.parts]
    times = np.unique(np.concatenate([part.times_us for _, part in parts]))
    times = times[: int(np.searchsorted(times, end_us, side="left")) + 1]
    values = np.zeros(len(times) - 1)
    for share, part in parts:
        values += share * part.values[np.searchsorted(part.times_us, times[:-1], side="right") - 1]
    return Segments(times, values)


@segments_of.register
def _(signal: Noisy, begin_us: int, end_us: int) -> Segments:
    inner = segments_of(signal.inner, begin_us, end_us)
    times, places = _cut(inner, signal.step_us, begin_us, end_us)
    deviates = normal_deviates(signal.key, times[:-1] // signal.step_us)
    return Segments(times, inner.values[places] * np.maximum(0.0, 1.0 + signal.amplitude * deviates))


@segments_of.register
def _(signal: Spectral, begin_us: int, end_us: int) -> Segments:
    inner = segments_of(signal.inner, begin_us, end_us)
    times, places = _cut(inner, STEP_US, begin_us, end_us)
    return Segments(times, inner.values[places] * signal.spectrum.factors(times[:-1] // STEP_US))


def _cut(
    inner: Segments, step_us: int, begin_us: int, end_us: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.intp]]:
    """Return the times of segments cut at whole steps since the epoch [µs], and the place of each among the uncut."""
    ends = np.arange((begin_us // step_us + 1) * step_us, end_us + step_us, step_us)
    times = np.union1d(inner.times_us, ends)
    times = times[: int(np.searchsorted(times, end_us, side="left")) + 1]
    return times, np.searchsorted(inner.times_us, times[:-1], side="right") - 1


class Averaged:
    """A signal's means over the intervals of a run that looks no closer: the last one ends with the run."""

    def __init__(self, inner: Signal, step_us: int, begin_us: int, end_us: int = NEVER) -> None:
        """Average a signal.

        Args:
            inner: Any.
            step_us: Length of the intervals [µs].
            begin_us: Where one of them begins: the start of the run [µs].
            end_us: Where one ends, however short it is, and from where on they are counted anew [µs].
        """
        self.ends_us = inner.ends_us
        self._inner = inner
        self._step_us = step_us
        self._block_us = step_us * max(1, _DAY_US // step_us)
        self._origin_us, self._last_us = begin_us, end_us
        self._begin_us = self._end_us = 0
        self._edges_us: npt.NDArray[np.int64] = np.empty(0, np.int64)
        self._means: npt.NDArray[np.float64] = np.empty(0)

    def at(self, time_us: int) -> float:
        """Return the mean over the interval that holds a time."""
        self._turn_to(time_us)
        return float(self._means[(time_us - self._begin_us) // self._step_us])

    def until(self, time_us: int) -> int:
        """Return the end of the interval."""
        self._turn_to(time_us)
        return int(self._edges_us[(time_us - self._begin_us) // self._step_us + 1])

    def stretch(self, begin_us: int, end_us: int) -> Segments:
        """Return the means over all intervals that have to do with a stretch of time."""
        times, values = [np.array([begin_us])], []
        now_us = begin_us
        while now_us < end_us:
            self._turn_to(now_us)
            first = (now_us - self._begin_us) // self._step_us
            last = int(np.searchsorted(self._edges_us[:-1], end_us, side="left"))
            times.append(self._edges_us[first + 1 : last + 1])
            values.append(self._means[first:last])
            now_us = self._end_us
        return Segments(np.concatenate(times), np.concatenate(values))

    def _turn_to(self, time_us: int) -> None:
        """Remember the block that holds a time; what is kept changes no answer."""
        if not self._begin_us <= time_us < self._end_us:
            origin_us, last_us = self._origin_us, self._last_us
            if time_us >= last_us:
                origin_us, last_us = last_us, NEVER
            self._begin_us = origin_us + (time_us - origin_us) // self._block_us * self._block_us
            self._end_us = min(self._begin_us + self._block_us, last_us)
            self._edges_us = np.append(np.arange(self._begin_us, self._end_us, self._step_us), self._end_us)
            self._means = self._block()

    def _block(self) -> npt.NDArray[np.float64]:
        part = segments_of(self._inner, self._begin_us, self._end_us)
        ends = np.minimum(part.times_us[1:], self._end_us)
        lengths = (ends - part.times_us[:-1]).astype(float)
        integral = np.concatenate(([0.0], np.cumsum(part.values * lengths)))
        at_edges = np.interp(self._edges_us, np.concatenate((part.times_us[:1], ends)), integral)
        means: npt.NDArray[np.float64] = np.diff(at_edges) / np.diff(self._edges_us)
        return means


_DAY_US = 86_400_000_000
_FINE_US = 1_000_000
"""Intervals up to this length leave signals as they are [µs]."""


def is_averaged(step_us: int) -> bool:
    """Say whether runs whose intervals have a length [µs] average what changes within them."""
    return step_us > _FINE_US


def averaged(signal: Signal, step_us: int, begin_us: int, end_us: int = NEVER) -> Signal:
    """Return a signal's means over the intervals of a run; itself if they are short, it is constant or a state.

    Args:
        signal: Any.
        step_us: Length of the intervals [µs].
        begin_us: Start of the run, where the first one begins [µs].
        end_us: End of the run, where the last one ends [µs].
    """
    if not is_averaged(step_us) or isinstance(signal, Constant) or getattr(signal, "is_state", False):
        return signal
    return Averaged(signal, step_us, begin_us, end_us)


@segments_of.register
def _(signal: Averaged, begin_us: int, end_us: int) -> Segments:
    return signal.stretch(begin_us, end_us)
