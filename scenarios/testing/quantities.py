"""Metrics as typed quantities."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from frequenz.quantities import (
    ApparentPower,
    Current,
    Energy,
    Frequency,
    Percentage,
    Power,
    Quantity,
    ReactivePower,
    Temperature,
    Voltage,
)

from ...sim.domain.metrics import Metric
from ...sim.files.units import (
    AMPERE,
    CELSIUS,
    FRACTION,
    HERTZ,
    SECOND,
    VAR,
    VOLT,
    VOLT_AMPERE,
    WATT,
    WATT_HOUR,
    Unit,
)

_KINDS: tuple[tuple[str, Callable[[float], Quantity]], ...] = (
    ("POWER_REACTIVE", ReactivePower.from_volt_amperes_reactive),
    ("POWER_APPARENT", ApparentPower.from_volt_amperes),
    ("POWER_ACTIVE", Power.from_watts),
    ("DC_POWER", Power.from_watts),
    ("ENERGY", Energy.from_watt_hours),
    ("CAPACITY", Energy.from_watt_hours),
    ("VOLTAGE", Voltage.from_volts),
    ("CURRENT", Current.from_amperes),
    ("FREQUENCY", Frequency.from_hertz),
    ("SOC_PCT", Percentage.from_percent),
    ("TEMPERATURE", Temperature.from_celsius),
)


def quantity_of(metric: Metric, value: float) -> Any:
    """Return a value of a metric as the quantity that it is; a plain number where it has no unit."""
    for word, make in _KINDS:
        if word in metric.value:
            return make(value)
    return value


_OF_UNITS: Mapping[Unit, Callable[[float], Any]] = {
    WATT: Power.from_watts,
    VAR: ReactivePower.from_volt_amperes_reactive,
    VOLT_AMPERE: ApparentPower.from_volt_amperes,
    WATT_HOUR: Energy.from_watt_hours,
    VOLT: Voltage.from_volts,
    AMPERE: Current.from_amperes,
    HERTZ: Frequency.from_hertz,
    CELSIUS: Temperature.from_celsius,
    FRACTION: Percentage.from_fraction,
    SECOND: lambda seconds: timedelta(seconds=seconds),
}


def in_unit(unit: Unit, value: float) -> Any:
    """Return a value in the inner unit of a unit as the quantity that it is; a plain number where there is none."""
    make = _OF_UNITS.get(unit)
    return value if make is None else make(value)


def plain(value: object) -> float:
    """Return a quantity in its base unit, and a number as it is.

    Raises:
        TypeError: If it is neither.
    """
    if isinstance(value, Quantity):
        return value.base_value
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{value!r} is no quantity; accepted: one of frequenz.quantities, or a number")
    return float(value)


def shown(value: object) -> str:
    """Return a value for messages."""
    if isinstance(value, Quantity):
        return f"{value:.4}"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, tuple):
        return "(" + ", ".join(map(shown, value)) + ")"
    return str(value)
