"""Signals made of others: kept within a limit, or a multiple."""

from __future__ import annotations

from .signal import Signal


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
