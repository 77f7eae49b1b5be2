"""Signals kept within a limit."""

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
