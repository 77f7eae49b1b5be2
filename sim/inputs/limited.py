"""Signals made of others: kept within a limit, a multiple, mixed, in steps, or later."""

from __future__ import annotations

from collections.abc import Sequence

from ...models.inverter import floor_to_resolution
from .signal import NEVER, Signal


class AtLeast:
    """Another signal, but never less than a value."""

    def __init__(self, inner: Signal, lower: float) -> None:
        """Keep a signal from falling below a value."""
        self.ends_us = inner.ends_us
        self.inner = inner
        self.lower = lower

    def at(self, time_us: int) -> float:
        """Return the inner value, or the limit if that is greater."""
        return max(self.inner.at(time_us), self.lower)

    def until(self, time_us: int) -> int:
        """Return the inner breakpoint."""
        return self.inner.until(time_us)


class Multiple:
    """Another signal, times a factor."""

    def __init__(self, inner: Signal, factor: float) -> None:
        """Scale a signal."""
        self.ends_us = inner.ends_us
        self.inner = inner
        self.factor = factor

    def at(self, time_us: int) -> float:
        """Return the inner value times the factor."""
        return self.factor * self.inner.at(time_us)

    def until(self, time_us: int) -> int:
        """Return the inner breakpoint."""
        return self.inner.until(time_us)


class Mix:
    """Several signals, each by its share."""

    def __init__(self, parts: Sequence[tuple[float, Signal]]) -> None:
        """Mix signals.

        Args:
            parts: Share and signal of each; at least one.
        """
        self.ends_us = min(signal.ends_us for _, signal in parts)
        self.parts = tuple(parts)

    def at(self, time_us: int) -> float:
        """Return the sum of the inner values, each times its share."""
        mixed = 0.0
        for share, signal in self.parts:  # `sum` rounds otherwise from Python 3.12 on
            mixed += share * signal.at(time_us)
        return mixed

    def until(self, time_us: int) -> int:
        """Return the next inner breakpoint."""
        return min(signal.until(time_us) for _, signal in self.parts)


class InSteps:
    """Another signal, in whole steps: magnitudes are floored."""

    def __init__(self, inner: Signal, step: float) -> None:
        """Floor a signal to a step > 0."""
        self.ends_us = inner.ends_us
        self.inner = inner
        self.step = step

    def at(self, time_us: int) -> float:
        """Return the inner value, floored."""
        return floor_to_resolution(self.inner.at(time_us), self.step)

    def until(self, time_us: int) -> int:
        """Return the inner breakpoint."""
        return self.inner.until(time_us)


class Later:
    """Another signal, as it arrives after a while; until the first of it has, it is that already."""

    def __init__(self, inner: Signal, delay_us: int, begin_us: int) -> None:
        """Delay a signal.

        Args:
            inner: Any.
            delay_us: By how much; 0 or more [µs].
            begin_us: When the first of it arrives [µs].
        """
        self.ends_us = _later(inner.ends_us, delay_us)
        self.inner = inner
        self.delay_us = delay_us
        self.begin_us = begin_us

    def at(self, time_us: int) -> float:
        """Return what the inner value was."""
        return self.inner.at(max(time_us, self.begin_us) - self.delay_us)

    def until(self, time_us: int) -> int:
        """Return the inner breakpoint as it arrives."""
        return _later(self.inner.until(max(time_us, self.begin_us) - self.delay_us), self.delay_us)


def _later(time_us: int, delay_us: int) -> int:
    return NEVER if time_us == NEVER else time_us + delay_us
