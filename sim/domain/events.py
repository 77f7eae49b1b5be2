"""Those who look over a running site's shoulder: logs, recorders, digests."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, tzinfo
from typing import Generic, NamedTuple, TypeVar

from .messages import Frame
from .printable import printable
from .timestamps import to_datetime

T = TypeVar("T")
SERVER_GOES_DOWN = "server goes down"
"""Kind of the event after which streams end, and nothing answers for a while."""
SERVER_COMES_BACK = "server comes back"
EVENT_KINDS = (
    "set-point accepted", "set-point refused", "set-point ended", "set-point lapsed",
    "bounds augmented", "bounds refused", "bounds cleared", "bounds lapsed",
    "start accepted", "start refused", "stop accepted", "stop refused", "standby accepted", "standby refused",
    "acknowledge accepted", "acknowledge refused", "command lost", "switched", "relay failed", "state",
    "fault", "fault comes", "fault goes", "mended", "driven", "released", "said", SERVER_GOES_DOWN,
    SERVER_COMES_BACK,
    "paused", "resumed", "speed set", "restored", "recording not followed", "recording followed",
)  # fmt: skip
"""All kinds of events that there are."""


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
        return event_in_words(self.kind, self.subject, self.details)


def event_in_words(kind: str, subject: str, details: Mapping[str, object], zone: tzinfo = UTC) -> str:
    """Return what happened for people: details with their units, those without a value left out.

    Args:
        kind: Of the event.
        subject: Whom it is about.
        details: Plain values, by name.
        zone: Of the clock by which times are told.
    """
    told = {name: value for name, value in details.items() if value not in (None, "")}
    words = ", ".join(filter(None, (_detail_in_words(name, told, zone) for name in told)))
    return f"{subject}: {kind}" + (f" ({words})" if words else "")


def _detail_in_words(name: str, told: Mapping[str, object], zone: tzinfo) -> str:
    value = told[name]
    shown = f"{value:z.10g}" if isinstance(value, float) else printable(str(value))
    match name, value:
        case ("axis", _) if "power" in told:
            words = ""
        case "axis", _:
            words = f"{shown} power"
        case "power", float():
            axis = f"{told['axis']} " if "axis" in told else ""
            words = f"{axis}power {value:z.1f} {'var' if told.get('axis') == 'reactive' else 'W'}"
        case ("quantity", _) if "value" in told:
            words = ""
        case ("value", _) if "quantity" in told:
            words = f"{printable(str(told['quantity']))} {shown}"
        case (("quantity" | "states"), _):
            words = shown
        case _, (int() | float()) if name.endswith("_us"):
            words = f"{name.removesuffix('_us')} {to_datetime(round(value)).astimezone(zone).isoformat()}"
        case _, float() if name.endswith("_s"):
            words = f"{name.removesuffix('_s')} {shown} s"
        case _:
            words = f"{name} {shown}"
    return words


EventListener = Callable[[Event], None]
"""Is told of events in the order in which they happen."""

FrameListener = Callable[[int, Sequence[Frame]], None]
"""Is given the simulated time [µs] and one frame of every component, in the order of the site file."""

Extremes = Mapping[int, Mapping[str, float]]
"""Least and greatest powers of an interval, by component id and then name, such as `AC_POWER_ACTIVE_max` [W], [var]."""

IntervalListener = Callable[[Sequence[Frame], Extremes], None]
"""Is given the frames of a sampling, powers as means up to the next one, and extremes if it asked for them."""


class Subscribers(Generic[T]):
    """Whoever wants to hear of something: told in the order in which they came."""

    def __init__(self) -> None:
        """Begin with nobody."""
        self._places: list[list[Callable[[T], None]]] = []
        """Of those who came: each has a listener, or none any more."""
        self._tellings = 0

    @property
    def has_any(self) -> bool:
        """Whether there is anybody."""
        return any(self._places)

    def subscribe(self, listener: Callable[[T], None]) -> Callable[[], None]:
        """Let somebody hear from now on, also of news that are just being told; returns how to stop it."""
        place = [listener]
        self._places.append(place)

        def stop() -> None:
            place.clear()
            self._leave_out_who_stopped()

        return stop

    def tell(self, news: T) -> bool:
        """Tell everybody who has not stopped meanwhile, and return whether there is anybody."""
        if not self._places:
            return False
        self._tellings += 1
        try:
            for place in self._places:
                for listener in tuple(place):
                    listener(news)
        finally:
            self._tellings -= 1
            self._leave_out_who_stopped()
        return bool(self._places)

    def _leave_out_who_stopped(self) -> None:
        # While news are told, places stay where they are, so that nobody is passed over.
        if not self._tellings and not all(self._places):
            self._places = list(filter(None, self._places))
