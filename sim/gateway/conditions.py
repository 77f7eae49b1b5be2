"""What components say of how they are, and since when.

A change is noticed at a sampling, of every component, so that it depends on nobody who listens or looks.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from ..domain.messages import Told
from ..engine.agenda import Engine
from ..engine.events import Events


class ToldSince(NamedTuple):
    """What a component says of itself, and since when."""

    told: Told
    since_us: int
    """Simulated time [µs since the Unix epoch]."""


class ConditionsState(NamedTuple):
    """What is remembered of conditions, by key."""

    true: Mapping[str, ToldSince] = {}
    shown: Mapping[str, ToldSince] = {}
    """Of components that say something else of themselves than what is."""


class Conditions:
    """Remembers how all components of a site are."""

    def __init__(self, engine: Engine, events: Events) -> None:
        """Begin with nothing noticed."""
        self._engine, self._events = engine, events
        self._true: dict[str, ToldSince] = {}
        self._shown: dict[str, ToldSince] = {}

    def notice(self, key: str, told: Told) -> int:
        """Take in how a component is at a sampling; return since when it has been so [µs]."""
        condition = self._true.get(key)
        if condition is None or condition.told != told:
            condition = self._true[key] = ToldSince(told, self._engine.now_us)
            self._events.report("state", key, states=" ".join(told.states))
        return condition.since_us

    def since_us(self, key: str, told: Told) -> int:
        """Return since when a component has been as it is [µs]: now, if no sampling has noticed it yet."""
        condition = self._true.get(key)
        return self._engine.now_us if condition is None or condition.told != told else condition.since_us

    def show(self, key: str, true: Told, shown: Told, since_us: int) -> int:
        """Take in what a component shows, which need not be how it is; return since when it has shown so [µs].

        Args:
            key: Of the component.
            true: How it is.
            shown: What it shows, which is no event of the site.
            since_us: Since when it has been as it is.
        """
        condition = self._shown.get(key)
        if condition is None and shown == true:
            return since_us
        if condition is None or condition.told != shown:
            condition = self._shown[key] = ToldSince(shown, self._engine.now_us)
        return condition.since_us

    def show_truth(self, key: str) -> None:
        """Take in that a component shows how it is."""
        self._shown.pop(key, None)

    def save(self) -> ConditionsState:
        """Return what is remembered, to restore later."""
        return ConditionsState(dict(self._true), dict(self._shown))

    def restore(self, state: ConditionsState) -> None:
        """Go on from a saved state."""
        self._true, self._shown = dict(state.true), dict(state.shown)
