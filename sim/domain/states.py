"""What components say that they are doing, and what is wrong with them."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class StateCode(StrEnum):
    """What a component says it is doing."""

    UNKNOWN = "UNKNOWN"
    UNAVAILABLE = "UNAVAILABLE"
    SWITCHING_OFF = "SWITCHING_OFF"
    OFF = "OFF"
    SWITCHING_ON = "SWITCHING_ON"
    STANDBY = "STANDBY"
    READY = "READY"
    CHARGING = "CHARGING"
    DISCHARGING = "DISCHARGING"
    ERROR = "ERROR"
    RELAY_OPEN = "RELAY_OPEN"
    RELAY_CLOSED = "RELAY_CLOSED"
    PRECHARGER_OPEN = "PRECHARGER_OPEN"
    PRECHARGER_PRECHARGING = "PRECHARGER_PRECHARGING"
    PRECHARGER_CLOSED = "PRECHARGER_CLOSED"
    EV_CHARGING_CABLE_UNPLUGGED = "EV_CHARGING_CABLE_UNPLUGGED"
    EV_CHARGING_CABLE_PLUGGED_AT_STATION = "EV_CHARGING_CABLE_PLUGGED_AT_STATION"
    EV_CHARGING_CABLE_PLUGGED_AT_EV = "EV_CHARGING_CABLE_PLUGGED_AT_EV"
    EV_CHARGING_CABLE_LOCKED_AT_STATION = "EV_CHARGING_CABLE_LOCKED_AT_STATION"
    EV_CHARGING_CABLE_LOCKED_AT_EV = "EV_CHARGING_CABLE_LOCKED_AT_EV"


class Diagnostic(NamedTuple):
    """A warning or an error that a component reports."""

    code: str
    """Name of the API's diagnostic code without its prefix, such as `OVERTEMPERATURE`."""
    message: str
    vendor_code: str | None = None
