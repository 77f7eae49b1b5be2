"""What components are switched on and off with, and how long that takes."""

from __future__ import annotations

from enum import Enum, auto
from typing import NamedTuple

RELAY_S = 0.5
"""To open or close a relay and see that it did; chosen: a contactor with its feedback [s]."""


class Shown(Enum):
    """What of its switchgear a component reports beside what it is doing."""

    NOTHING = auto()
    RELAY = auto()
    PRECHARGER = auto()


class Switchgear(NamedTuple):
    """Relays between a component and the grid."""

    relays: int = 1
    """How many are closed one after the other."""
    closing_s: float = RELAY_S
    """Time to close one of them [s]."""
    opening_s: float = RELAY_S
    """Time to open one of them [s]."""
    precharge_s: float | None = None
    """To charge a link before the relay closes [s]; None if nothing is charged."""
    has_standby: bool = False
    """Whether it may rest with its relay to the AC side open and the others closed."""
    is_managed: bool = False
    """Whether a management system moves the relays, in its own time."""
    shown: Shown = Shown.NOTHING

    def moving_s(self, relays: int, *, is_closing: bool) -> float:
        """Return how long so many relays take to close, or to open [s]."""
        return relays * (self.closing_s if is_closing else self.opening_s)

    @property
    def longest_s(self) -> float:
        """How long it takes at most until it is open or closed [s]."""
        return max((self.precharge_s or 0.0) + self.relays * self.closing_s, self.relays * self.opening_s)


CONTACTOR = Switchgear()
"""Switchgear of a device that takes set-points."""
OF_AN_INVERTER = Switchgear(relays=2, has_standby=True)
"""A relay on either side."""
