"""Seeded chance: something that happens or not, anew for each interval of time."""

from __future__ import annotations

from statistics import NormalDist

from .signal import NEVER, normal_deviate, stream_key


class Chance:
    """1 in a part of all intervals, 0 in the others.

    It depends on the key and on the number of an interval since the epoch alone.
    """

    ends_us = NEVER
    is_state = True

    def __init__(self, probability: float, *, step_us: int, key: str) -> None:
        """Draw for each interval.

        Args:
            probability: Of 1, in 0..1; kept to multiples of 1/4096.
            step_us: Length of the intervals [µs].
            key: Names the random stream.
        """
        self._is_certain = not 0.0 < probability < 1.0
        self._certain = float(probability >= 1.0)
        self._below = 0.0 if self._is_certain else NormalDist().inv_cdf(probability)
        self._step_us = step_us
        self._key = stream_key(key)

    def at(self, time_us: int) -> float:
        """Return 1 or 0."""
        if self._is_certain:
            return self._certain
        return float(normal_deviate(self._key, time_us // self._step_us) < self._below)

    def until(self, time_us: int) -> int:
        """Return the end of the interval."""
        return NEVER if self._is_certain else (time_us // self._step_us + 1) * self._step_us
