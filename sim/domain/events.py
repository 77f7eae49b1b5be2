"""Those who look over a running site's shoulder: logs, recorders, digests."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol

from .messages import Frame

_log = logging.getLogger(__name__)


class Event(NamedTuple):
    """Something that happened to a site."""

    time_us: int
    """Simulated time [µs since the Unix epoch]."""
    kind: str
    """What happened, such as `set-point accepted`."""
    subject: str
    """Key of the component that it happened to."""
    details: Mapping[str, object]
    """Plain values, by name."""

    def __str__(self) -> str:
        words = ", ".join(f"{name} {value}" for name, value in self.details.items())
        return f"{self.subject}: {self.kind} ({words})"


EventListener = Callable[[Event], None]
"""Is told of events in the order in which they happen."""

FrameListener = Callable[[int, Sequence[Frame]], None]
"""Is given the simulated time [µs] and one frame of every component, in the order of the site file."""


class Tell(Protocol):
    """Passes on that something happened to a component."""

    def __call__(self, kind: str, subject: str, **details: object) -> None:
        """Pass it on; see `Gateway.tell`."""
        ...


def log_event(event: Event) -> None:
    """Write an event to Python's log."""
    _log.info("%s", event)
