"""What is switched on."""

from __future__ import annotations

from enum import StrEnum


class Position(StrEnum):
    """How far a component is switched on."""

    ON = "on"
    """All its relays are closed."""
    STANDBY = "standby"
    """Its AC relay is open."""
    OFF = "off"
    """All its relays are open."""
    SWITCHING_ON = "switching_on"
    PRECHARGING = "precharging"
    SWITCHING_OFF = "switching_off"
