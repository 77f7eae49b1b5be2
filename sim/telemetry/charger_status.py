"""What a charger says of its cable and of the car at it."""

from __future__ import annotations

from typing import NamedTuple

from ...models.charging_point import ChargingPointParams, charging_point_charger_input
from ...models.ev_charger import ev_cable_at_car, ev_cable_at_station, ev_is_connected
from ...models.ev_charging import PILOT_C, ev_control_pilot
from ..domain.states import Diagnostic, StateCode
from ..inputs.sessions.cable import cable_codes
from ..plant.plant import Plant

UNAUTHORISED = Diagnostic("UNAUTHORIZED", "the car that is plugged in is not authorised to charge")


class ChargerStatus(NamedTuple):
    """A charger at one instant."""

    is_charging: bool
    """Whether the control pilot is in state C."""
    cable: tuple[StateCode, ...]
    is_refused: bool
    """Whether a car is connected that is not authorised."""


def is_charging_point(plant: Plant, key: str) -> bool:
    """Say whether cars charge at a component."""
    machine = plant.equipment.machines.get(key)
    return machine is not None and isinstance(machine.params, ChargingPointParams)


def charger_status(plant: Plant, key: str) -> ChargerStatus:
    """Return what a charger says now."""
    machine, now = plant.equipment.machines[key], plant.machines.input(key)
    charger, given = machine.params.charger, charging_point_charger_input(machine.params, now)
    codes = cable_codes(ev_cable_at_station(charger, given), ev_cable_at_car(charger, given))
    return ChargerStatus(
        ev_control_pilot(charger, plant.machines.state(key), given) == PILOT_C,
        tuple(map(StateCode, codes)),
        ev_is_connected(charger, given) and given.authorised != 1,
    )
