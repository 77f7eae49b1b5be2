"""What management systems of batteries say in words: positions, trips, warnings, and why a trip lasts."""

from __future__ import annotations

from doppelgrid.models.battery import battery_initial_state
from doppelgrid.models.bms import (
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
    TRIP_PRECHARGE,
    TRIP_UNDERTEMPERATURE_CHARGING,
    TRIP_UNDERVOLTAGE,
    TRIPS,
    WARNINGS,
)
from doppelgrid.sim.components.battery import battery_preset, cells_in_series
from doppelgrid.sim.components.battery_management import bms_preset
from doppelgrid.sim.domain.switching import Position
from doppelgrid.sim.plant.bms import lasting_cause, position_of, trip_diagnostic, warning_diagnostics

CELLS = battery_preset("lfp-92kwh")
SERIES = cells_in_series("lfp-92kwh")
PARAMS = bms_preset("lfp", CELLS, SERIES)
WARM = battery_initial_state(CELLS, 0.5, 61.234)


def test_relays_say_how_far_a_battery_is_switched_on() -> None:
    for relays, position in [
        (RELAYS_OPEN, Position.OFF), (RELAYS_PRECHARGING, Position.PRECHARGING), (RELAYS_CLOSED, Position.ON),
        (RELAYS_CLOSING, Position.SWITCHING_ON), (RELAYS_OPENING, Position.SWITCHING_OFF),
    ]:  # fmt: skip
        assert position_of(relays) is position


def test_a_trip_is_told_with_its_battery() -> None:
    assert trip_diagnostic("bat", NO_TRIP) is None
    for trip, (code, message) in enumerate(TRIPS):
        if trip != NO_TRIP:
            told = trip_diagnostic("bat", trip)
            assert told is not None
            assert (told.code, told.message) == (code, f"bat tripped: {message}")


def test_each_bit_is_a_warning_of_its_own() -> None:
    assert warning_diagnostics(0) == ()
    for bit, (code, message) in enumerate(WARNINGS):
        (told,) = warning_diagnostics(1 << bit)
        assert (told.code, told.message) == (code, message)
    both = warning_diagnostics(0b1001)
    assert [each.code for each in both] == [WARNINGS[0][0], WARNINGS[3][0]]
    assert len(warning_diagnostics((1 << len(WARNINGS)) - 1)) == len(WARNINGS)


def test_why_a_trip_lasts_is_told_by_what_it_watches() -> None:
    for trip, said, release in [
        (TRIP_OVERVOLTAGE, "3.70 V per cell", f"{PARAMS.overvoltage.release:g} V per cell"),
        (TRIP_UNDERVOLTAGE, "3.70 V per cell", f"{PARAMS.undervoltage.release:g} V per cell"),
        (TRIP_OVERCURRENT_CHARGING, "0.00 A", f"{PARAMS.overcurrent_charging.release:g} A"),
        (TRIP_OVERCURRENT_DISCHARGING, "0.00 A", f"{PARAMS.overcurrent_discharging.release:g} A"),
        (TRIP_OVERTEMPERATURE, "61.23 °C", f"{PARAMS.overtemperature.release:g} °C"),
        (TRIP_OVERTEMPERATURE_CHARGING, "61.23 °C", f"{PARAMS.overtemperature_charging.release:g} °C"),
        (TRIP_UNDERTEMPERATURE_CHARGING, "61.23 °C", f"{PARAMS.undertemperature_charging.release:g} °C"),
    ]:
        found = lasting_cause(PARAMS, trip, RELAYS_OPEN, WARM, 3.7 * SERIES)
        assert found == f"{TRIPS[trip][1]}: {said}, and the trip can be cleared at {release}"


def test_it_cannot_be_cleared_before_the_relays_are_open() -> None:
    for relays in (RELAYS_OPENING, RELAYS_CLOSED):
        assert lasting_cause(PARAMS, TRIP_OVERVOLTAGE, relays, WARM, 700.0) == "its relays are still opening"


def test_a_link_that_did_not_charge_would_not_now() -> None:
    assert lasting_cause(PARAMS, TRIP_PRECHARGE, RELAYS_OPEN, WARM, 700.0).endswith(", and would not now")
