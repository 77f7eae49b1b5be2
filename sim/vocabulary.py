"""The field's words, as this project uses them inside: categories, metrics, states and diagnostics.

Names are those of the Microgrid API without their prefixes (`AC_POWER_ACTIVE`), so recordings, wire and
messages agree. Numbers belong to the wire and live with it.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Category(StrEnum):
    """What a component is; the value is what a site file says."""

    GRID_CONNECTION_POINT = "grid_connection_point"
    METER = "meter"
    BATTERY_INVERTER = "battery_inverter"
    PV_INVERTER = "pv_inverter"
    BATTERY = "battery"


class BatteryType(StrEnum):
    """Chemistry family of a battery, as far as the API tells them apart."""

    LI_ION = "li_ion"
    NA_ION = "na_ion"


class OperationalMode(StrEnum):
    """What a component offers to clients; formulas leave out components without telemetry."""

    INACTIVE = "inactive"
    TELEMETRY_ONLY = "telemetry_only"
    CONTROL_ONLY = "control_only"
    CONTROL_AND_TELEMETRY = "control_and_telemetry"


class PowerType(StrEnum):
    """The axis of a set-point."""

    ACTIVE = "active"
    REACTIVE = "reactive"


class Metric(StrEnum):
    """A measured quantity [W, var, VA, V, A, Hz, Wh, %, °C], passive sign convention."""

    DC_VOLTAGE = "DC_VOLTAGE"
    DC_CURRENT = "DC_CURRENT"
    DC_POWER = "DC_POWER"
    AC_FREQUENCY = "AC_FREQUENCY"
    AC_VOLTAGE = "AC_VOLTAGE"
    AC_VOLTAGE_PHASE_1_N = "AC_VOLTAGE_PHASE_1_N"
    AC_VOLTAGE_PHASE_2_N = "AC_VOLTAGE_PHASE_2_N"
    AC_VOLTAGE_PHASE_3_N = "AC_VOLTAGE_PHASE_3_N"
    AC_VOLTAGE_PHASE_1_PHASE_2 = "AC_VOLTAGE_PHASE_1_PHASE_2"
    AC_VOLTAGE_PHASE_2_PHASE_3 = "AC_VOLTAGE_PHASE_2_PHASE_3"
    AC_VOLTAGE_PHASE_3_PHASE_1 = "AC_VOLTAGE_PHASE_3_PHASE_1"
    AC_CURRENT = "AC_CURRENT"
    AC_CURRENT_PHASE_1 = "AC_CURRENT_PHASE_1"
    AC_CURRENT_PHASE_2 = "AC_CURRENT_PHASE_2"
    AC_CURRENT_PHASE_3 = "AC_CURRENT_PHASE_3"
    AC_POWER_APPARENT = "AC_POWER_APPARENT"
    AC_POWER_APPARENT_PHASE_1 = "AC_POWER_APPARENT_PHASE_1"
    AC_POWER_APPARENT_PHASE_2 = "AC_POWER_APPARENT_PHASE_2"
    AC_POWER_APPARENT_PHASE_3 = "AC_POWER_APPARENT_PHASE_3"
    AC_POWER_ACTIVE = "AC_POWER_ACTIVE"
    AC_POWER_ACTIVE_PHASE_1 = "AC_POWER_ACTIVE_PHASE_1"
    AC_POWER_ACTIVE_PHASE_2 = "AC_POWER_ACTIVE_PHASE_2"
    AC_POWER_ACTIVE_PHASE_3 = "AC_POWER_ACTIVE_PHASE_3"
    AC_POWER_REACTIVE = "AC_POWER_REACTIVE"
    AC_POWER_REACTIVE_PHASE_1 = "AC_POWER_REACTIVE_PHASE_1"
    AC_POWER_REACTIVE_PHASE_2 = "AC_POWER_REACTIVE_PHASE_2"
    AC_POWER_REACTIVE_PHASE_3 = "AC_POWER_REACTIVE_PHASE_3"
    AC_POWER_FACTOR = "AC_POWER_FACTOR"
    AC_ENERGY_ACTIVE = "AC_ENERGY_ACTIVE"
    AC_ENERGY_ACTIVE_CONSUMED = "AC_ENERGY_ACTIVE_CONSUMED"
    AC_ENERGY_ACTIVE_DELIVERED = "AC_ENERGY_ACTIVE_DELIVERED"
    BATTERY_CAPACITY = "BATTERY_CAPACITY"
    BATTERY_SOC_PCT = "BATTERY_SOC_PCT"
    BATTERY_TEMPERATURE = "BATTERY_TEMPERATURE"
    INVERTER_TEMPERATURE = "INVERTER_TEMPERATURE"


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


class Diagnostic(NamedTuple):
    """A warning or an error that a component reports."""

    code: str
    """Name of the API's diagnostic code without its prefix, such as `OVERTEMPERATURE`."""
    message: str
    vendor_code: str | None = None


class Bounds(NamedTuple):
    """A closed range of allowed values, in the unit of the metric it belongs to."""

    lower: float
    upper: float

    def contains(self, value: float) -> bool:
        """Say whether a value is allowed."""
        return self.lower <= value <= self.upper
