"""What led to something: the events of a site, walked back to the first cause that is still in force.

A cause comes from outside: a command, a fault, an input that is driven. What was kept of a long run takes no more
room than that of a short one: the last event of each kind at each component, and all that is in force.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass
from datetime import UTC, tzinfo
from typing import Any

from ....sim.domain.events import Event, event_in_words
from ....sim.domain.messages import RequestStatus
from ....sim.domain.metrics import Metric, PowerType
from ....sim.domain.timestamps import to_datetime
from ....sim.language.expressions import Condition
from ....sim.network.wiring import Wiring
from .breach import ANY, Powers, powers_of

_LONGEST = 8
_LIFECYCLE = ("start accepted", "standby accepted", "stop accepted")
"""Commands of which the last alone is in force."""
_AT_ONCE = ("acknowledge accepted",)
"""Causes that are over as soon as they have come."""
_CAUSES = {
    "fault", "mended", "driven", "released", "set-point accepted", "set-point lapsed", "bounds augmented",
    "bounds cleared", "bounds lapsed", *_LIFECYCLE, *_AT_ONCE,
}  # fmt: skip
"""Events that come from outside, or end what did."""
_ENDS = {
    "mended": "fault",
    "released": "driven",
    "set-point lapsed": "set-point accepted",
    "set-point ended": "set-point accepted",
    "bounds lapsed": "bounds augmented",
    "bounds cleared": "bounds augmented",
}
_FAILED = RequestStatus.FAILED.value
"""How a set-point ends that is taken back; another one arrives, or gives way to the next."""
_QUANTITIES = ("quantity", "axis", "metric")
"""Details that say which power, or which other value, something is about."""
_Thing = tuple[str, str, str]


class Story:
    """Listens to the events of a site."""

    def __init__(self, wiring: Wiring, zone: tzinfo = UTC) -> None:
        """Begin with nothing.

        Args:
            wiring: Says who is behind whom.
            zone: Of the clock by which times are told.
        """
        self._wiring, self._zone = wiring, zone
        self._last: dict[_Thing, Event] = {}
        self._in_force: dict[_Thing, Event] = {}

    def hear(self, event: Event) -> None:
        """Take in an event."""
        last = event.subject, event.kind, _told_apart(event, _QUANTITIES)
        self._last.pop(last, None)
        self._last[last] = event
        thing = _thing(event)
        if event.kind in _ENDS:
            if event.details.get("status", _FAILED) == _FAILED:
                self._in_force.pop(thing, None)
        elif event.kind in _CAUSES and event.kind not in _AT_ONCE:
            self._in_force.pop(thing, None)
            self._in_force[thing] = event

    def chain(self, keys: Iterable[str], powers: Powers = ANY) -> tuple[str, ...]:
        """Return what led to how components stand now, a line each, the first cause first.

        Args:
            keys: Of the components; what is behind them and on their way to the grid counts, too.
            powers: Which power it is about. Set-points and bounds of the other one led to nothing, unless nothing
                else did.
        """
        near = self._near(keys)
        in_force = [event for event in self._in_force.values() if event.subject in near]
        last = [event for event in self._last.values() if event.subject in near]
        for counting in (powers, ANY):
            lasting = (
                _about(counting, in_force)
                or [event for event in _about(counting, last) if event.kind in _CAUSES][-1:]
            )
            if lasting:
                last = _about(counting, last)
                break
        else:
            return ()
        first_us = min(event.time_us for event in lasting)
        later = [event for event in last if event.time_us >= first_us and event not in lasting]
        # What happened at once stays in the order in which it did; a cause is told before what follows.
        chain = sorted((*lasting, *later), key=lambda event: event.time_us)
        if len(chain) > _LONGEST:
            chain = [chain[0], *chain[1 - _LONGEST :]]
        return tuple(
            f"at {to_datetime(event.time_us).astimezone(self._zone).isoformat()}: "
            f"{event_in_words(event.kind, event.subject, event.details, self._zone)}"
            for event in chain
        )

    def _near(self, keys: Iterable[str]) -> set[str]:
        near = {"site"}
        for key in keys:
            if key not in self._wiring.parents:
                # A formula of the whole site.
                return {*near, *self._wiring.order}
            near |= {key, *self._wiring.behind(key)}
            near |= {other for other in self._wiring.order if key in self._wiring.behind(other)}
        return near


def subjects_of(condition: Condition) -> set[str]:
    """Return the components that a condition is about, and whatever else it names in their place."""
    return set(_subjects(condition))


def _subjects(part: Any) -> Iterator[str]:
    if isinstance(part, tuple | list):
        for each in part:
            yield from _subjects(each)
    elif is_dataclass(part):
        for each in fields(part):
            value = getattr(part, each.name)
            if each.name == "subject" and isinstance(value, str):
                yield value
            else:
                yield from _subjects(value)


def _thing(event: Event) -> _Thing:
    """Return what begins or ends with an event: the same as whatever takes its place."""
    kind = "lifecycle" if event.kind in _LIFECYCLE else _ENDS.get(event.kind, event.kind)
    return event.subject, kind, _told_apart(event, ("number", *_QUANTITIES))


def _told_apart(event: Event, names: Iterable[str]) -> str:
    return " ".join(str(event.details[name]) for name in names if name in event.details)


def _about(powers: Powers, events: Iterable[Event]) -> list[Event]:
    return [event for event in events if _powers_of(event) & powers]


def _powers_of(event: Event) -> Powers:
    """Return which power an event is about, both of one that says none."""
    axis, metric = event.details.get("axis"), event.details.get("metric")
    if axis is not None:
        return frozenset((PowerType(str(axis)),))
    return ANY if metric is None else powers_of(Metric(str(metric)))
