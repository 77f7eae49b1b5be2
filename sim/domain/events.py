"""Those who look over a running site's shoulder: logs, recorders, digests."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Generic, NamedTuple, TypeVar

from .messages import Frame
from .timestamps import to_datetime

T = TypeVar("T")

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
        words = ", ".join(self._in_words(name, value) for name, value in self.details.items())
        return f"{self.subject}: {self.kind} ({words})"

    def _in_words(self, name: str, value: object) -> str:
        """Return a detail with its unit, times as such."""
        if name.endswith("_us") and isinstance(value, int):
            return f"{name.removesuffix('_us')} {to_datetime(value).isoformat()}"
        if name == "power" and isinstance(value, float):
            return f"power {value:.1f} {'var' if self.details.get('axis') == 'reactive' else 'W'}"
        if name.endswith("_s") and isinstance(value, float):
            return f"{name.removesuffix('_s')} {value:.10g} s"
        return f"{name} {value:.10g}" if isinstance(value, float) else f"{name} {value}"


EventListener = Callable[[Event], None]
"""Is told of events in the order in which they happen."""

FrameListener = Callable[[int, Sequence[Frame]], None]
"""Is given the simulated time [µs] and one frame of every component, in the order of the site file."""


class Subscribers(Generic[T]):
    """Whoever wants to hear of something: told in the order in which they came."""

    def __init__(self) -> None:
        """Begin with nobody."""
        self._listeners: list[Callable[[T], None]] = []

    def subscribe(self, listener: Callable[[T], None]) -> Callable[[], None]:
        """Let somebody hear from now on; returns how to stop it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def tell(self, news: T) -> None:
        """Tell everybody."""
        for listener in self._listeners:
            listener(news)


def log_event(event: Event) -> None:
    """Write an event to Python's log."""
    _log.info("%s", event)
