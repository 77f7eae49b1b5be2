"""The field of a drive request in which the value of an input travels."""

from __future__ import annotations

from ...sim.files.units import CELSIUS, HERTZ, IRRADIANCE, VOLT, WATT
from ...sim.inputs.driven import DRIVEN_INPUTS

NUMBER_FIELD = "number"
ALSO_NUMBERS = frozenset(
    {"heat_demand", "steam_demand", "gains", "electronics_w", "voltage_1", "voltage_2", "voltage_3"}
)
"""Inputs that came as plain numbers before they had a unit."""
_FIELDS = {
    WATT: "power_w",
    IRRADIANCE: "irradiance_w_per_m2",
    VOLT: "voltage_v",
    HERTZ: "frequency_hz",
    CELSIUS: "temperature_c",
}


def unit_field(quantity: str) -> str:
    """Return the field of a drive request that carries an input; `number` of what has no unit of its own there."""
    driven = DRIVEN_INPUTS.get(quantity)
    return NUMBER_FIELD if driven is None else _FIELDS.get(driven.unit, NUMBER_FIELD)
