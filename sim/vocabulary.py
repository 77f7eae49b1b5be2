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
    HYBRID_INVERTER = "hybrid_inverter"
    BATTERY = "battery"
    CONVERTER = "converter"
    EV_CHARGER = "ev_charger"
    CHP = "chp"
    WIND_TURBINE = "wind_turbine"
    STEAM_BOILER = "steam_boiler"
    ELECTROLYZER = "electrolyzer"
    CAPACITOR_BANK = "capacitor_bank"
    HVAC = "hvac"
    CRYPTO_MINER = "crypto_miner"
    PLC = "plc"
    POWER_TRANSFORMER = "power_transformer"
    UNINTERRUPTIBLE_POWER_SUPPLY = "uninterruptible_power_supply"
    STATIC_TRANSFER_SWITCH = "static_transfer_switch"
    BREAKER = "breaker"
    PRECHARGER = "precharger"


UNSUPPORTED_BY_SDK = frozenset(
    {
        Category.PLC,
        Category.STATIC_TRANSFER_SWITCH,
        Category.UNINTERRUPTIBLE_POWER_SUPPLY,
        Category.CAPACITOR_BANK,
    }
)
"""Categories that today's Python clients do not know: one of them in a list, and an SDK app does not start."""


class EvChargerType(StrEnum):
    """What a charging point gives to cars."""

    AC = "ac"
    DC = "dc"
    HYBRID = "hybrid"


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
    """A measured quantity [W, var, VA, V, A, Hz, Wh, %, °C], passive sign convention.

    Sensors: wind [m/s], [° clockwise from north], air pressure [hPa], irradiance [W/m²].
    """

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
    SENSOR_WIND_SPEED = "SENSOR_WIND_SPEED"
    SENSOR_WIND_DIRECTION = "SENSOR_WIND_DIRECTION"
    SENSOR_TEMPERATURE = "SENSOR_TEMPERATURE"
    SENSOR_RELATIVE_HUMIDITY = "SENSOR_RELATIVE_HUMIDITY"
    SENSOR_DEW_POINT = "SENSOR_DEW_POINT"
    SENSOR_AIR_PRESSURE = "SENSOR_AIR_PRESSURE"
    SENSOR_IRRADIANCE = "SENSOR_IRRADIANCE"


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


class Bounds(NamedTuple):
    """A closed range of allowed values, in the unit of the metric it belongs to."""

    lower: float
    upper: float

    def contains(self, value: float) -> bool:
        """Say whether a value is allowed."""
        return self.lower <= value <= self.upper
