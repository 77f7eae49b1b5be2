"""What an application did: its commands, counted and in time."""

from __future__ import annotations

from collections import deque

from ..domain.commands import ClientCommand, Execution
from ..domain.timestamps import MICROSECONDS

MINUTE_US = 60 * MICROSECONDS


class Deeds:
    """Keeps count of the commands of an application."""

    def __init__(self, start_us: int) -> None:
        """Begin without any.

        Args:
            start_us: When the run starts [µs since the Unix epoch].
        """
        self._start_us = start_us
        self._last: dict[int, int] = {}
        """When each component was commanded last [µs since the Unix epoch], by its id."""
        self._recent: deque[tuple[int, int]] = deque()
        """When there were commands in the last minute [µs since the Unix epoch], and how many."""
        self._recently = 0
        self.commands = 0
        """How many there were, refused ones among them."""
        self.refused = 0

    def hear(self, execution: Execution) -> None:
        """Take in a command."""
        command = execution.command
        if isinstance(command, ClientCommand):
            self.commands += 1
            self.refused += execution.refusal is not None
            self._last[command.component_id] = execution.time_us
            self._forget(execution.time_us)
            at_once = (
                self._recent.pop()[1] if self._recent and self._recent[-1][0] == execution.time_us else 0
            )
            self._recent.append((execution.time_us, at_once + 1))
            self._recently += 1

    def per_minute(self, time_us: int) -> int:
        """Return how many commands there were in the minute before a time [µs]."""
        self._forget(time_us)
        return self._recently

    def silence_s(self, time_us: int) -> float:
        """Return for how long there was no command at a time [µs], since the start if there never was one [s]."""
        return (time_us - max(self._last.values(), default=self._start_us)) / MICROSECONDS

    def has_commanded(self, component_id: int | None, since_us: int) -> bool:
        """Say whether a component, or any if None, was commanded after a time [µs]."""
        if component_id is None:
            return any(time_us >= since_us for time_us in self._last.values())
        return self._last.get(component_id, since_us - 1) >= since_us

    def _forget(self, time_us: int) -> None:
        """Keep no more than the minute before a time [µs]."""
        while self._recent and self._recent[0][0] <= time_us - MINUTE_US:
            self._recently -= self._recent.popleft()[1]
