"""Values by which somebody overrides an input."""

from __future__ import annotations

from typing import NamedTuple

from .signal import NEVER

STEP_US = 100_000
"""An override over time moves in steps of this length [µs]."""


class Override(NamedTuple):
    """A value that moves evenly from one time to another and then stays."""

    start_us: int
    start_value: float
    end_us: int
    end_value: float

    def at(self, time_us: int) -> float:
        """Return the value that holds from a time [µs] until the next breakpoint."""
        if time_us >= self.end_us:
            return self.end_value
        steps = (time_us - self.start_us) // STEP_US
        share = max(steps, 0) * STEP_US / (self.end_us - self.start_us)
        return self.start_value + share * (self.end_value - self.start_value)

    def until(self, time_us: int) -> int:
        """Return the first breakpoint after a time [µs]."""
        if time_us >= self.end_us:
            return NEVER
        return min(self.start_us + ((time_us - self.start_us) // STEP_US + 1) * STEP_US, self.end_us)
