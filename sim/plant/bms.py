"""What battery management systems say and are told, in words: positions of relays, trips, warnings, refusals."""

from __future__ import annotations

from ...models.battery import BatteryState
from ...models.bms import (
    NO_TRIP,
    RELAYS_CLOSED,
    RELAYS_CLOSING,
    RELAYS_OPEN,
    RELAYS_OPENING,
    RELAYS_PRECHARGING,
    TRIP_OVERCURRENT_CHARGING,
    TRIP_OVERCURRENT_DISCHARGING,
    TRIP_OVERTEMPERATURE,
    TRIP_OVERTEMPERATURE_CHARGING,
    TRIP_OVERVOLTAGE,
    TRIP_UNDERTEMPERATURE_CHARGING,
    TRIP_UNDERVOLTAGE,
    TRIPS,
    WARNINGS,
    BmsParams,
)
from ..domain.states import Diagnostic
from ..domain.switching import Position

_POSITIONS = {
    RELAYS_OPEN: Position.OFF,
    RELAYS_PRECHARGING: Position.PRECHARGING,
    RELAYS_CLOSING: Position.SWITCHING_ON,
    RELAYS_CLOSED: Position.ON,
    RELAYS_OPENING: Position.SWITCHING_OFF,
}
_WATCHED = {
    TRIP_OVERVOLTAGE: ("overvoltage", "V per cell"),
    TRIP_UNDERVOLTAGE: ("undervoltage", "V per cell"),
    TRIP_OVERCURRENT_CHARGING: ("overcurrent_charging", "A"),
    TRIP_OVERCURRENT_DISCHARGING: ("overcurrent_discharging", "A"),
    TRIP_OVERTEMPERATURE_CHARGING: ("overtemperature_charging", "°C"),
    TRIP_OVERTEMPERATURE: ("overtemperature", "°C"),
    TRIP_UNDERTEMPERATURE_CHARGING: ("undertemperature_charging", "°C"),
}
"""Protection behind each trip, and the unit of what it watches."""


def position_of(relays: int) -> Position:
    """Return how far a battery is switched on, by the state of its relays."""
    return _POSITIONS[relays]


def trip_diagnostic(key: str, trip: int) -> Diagnostic | None:
    """Return what a battery reports of a trip; None without one."""
    if trip == NO_TRIP:
        return None
    code, message = TRIPS[trip]
    return Diagnostic(code, f"{key} tripped: {message}")


def warning_diagnostics(warnings: int) -> tuple[Diagnostic, ...]:
    """Return what a battery reports of its warnings."""
    return tuple(Diagnostic(*told) for bit, told in enumerate(WARNINGS) if warnings & (1 << bit))


def lasting_cause(params: BmsParams, trip: int, relays: int, state: BatteryState, voltage_v: float) -> str:
    """Say why a trip cannot be cleared yet.

    Args:
        params: The management system.
        trip: Which it is.
        relays: State of the relays.
        state: Of the battery.
        voltage_v: Of the pack [V].
    """
    if relays != RELAYS_OPEN:
        return "its relays are still opening"
    if trip not in _WATCHED:
        return f"{TRIPS[trip][1]}, and would not now"
    name, unit = _WATCHED[trip]
    release = getattr(params, name).release
    # No current flows through open relays.
    present = {"V per cell": voltage_v / params.cells_in_series, "A": 0.0, "°C": state.temperature_c}
    found = present[unit]
    return f"{TRIPS[trip][1]}: {found:.2f} {unit}, and the trip can be cleared at {release:g} {unit}"
