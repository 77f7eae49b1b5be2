"""When checks look: at every sampling of a run, the first of which comes an interval after its start."""

from __future__ import annotations


class Samplings:
    """The samplings of a run, by their times since its start [µs]; None stands for those that there are not."""

    def __init__(self, length_us: int, interval_us: int) -> None:
        """Take how long the run is, and how far its samplings are apart [µs]."""
        self.interval_us = interval_us
        self.last_us = length_us // interval_us * interval_us or None

    def first_from(self, time_us: int) -> int | None:
        """Return when the first is that does not come before a time."""
        found = max(1, -(-time_us // self.interval_us)) * self.interval_us
        return found if self.last_us is not None and found <= self.last_us else None

    def first_after(self, time_us: int) -> int | None:
        """Return when the first is that comes later than a time."""
        return self.first_from(time_us + 1)

    def longest_us(self, first_us: int, until_us: int) -> int | None:
        """Return for how long at most something can be seen to last.

        Args:
            first_us: When it is looked at first, at the earliest.
            until_us: When it is looked at last, at the latest.
        """
        first, last = self.first_from(first_us), until_us // self.interval_us * self.interval_us
        return None if first is None or first > last else min(last, self.last_us or 0) - first
