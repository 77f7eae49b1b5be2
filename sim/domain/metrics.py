"""Metrics and the axes of set-points, by the names of the Microgrid API.

Names are those of the API without their prefixes (`AC_POWER_ACTIVE`), so recordings, wire and messages agree. Numbers
belong to the wire and live with it.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Self


class PowerType(StrEnum):
    """The axis of a set-point."""

    ACTIVE = "active"
    REACTIVE = "reactive"


class Metric(StrEnum):
    """A measured quantity, passive sign convention; wind directions are clockwise from north."""

    unit: str

    def __new__(cls, name: str, unit: str = "1") -> Self:
        """Make a metric.

        Args:
            name: Of the API, without its prefix.
            unit: As text; that of a plain number if not given.
        """
        metric = str.__new__(cls, name)
        metric._value_ = name
        metric.unit = unit
        return metric

    DC_VOLTAGE = "DC_VOLTAGE", "V"
    DC_CURRENT = "DC_CURRENT", "A"
    DC_POWER = "DC_POWER", "W"
    AC_FREQUENCY = "AC_FREQUENCY", "Hz"
    AC_VOLTAGE = "AC_VOLTAGE", "V"
    AC_VOLTAGE_PHASE_1_N = "AC_VOLTAGE_PHASE_1_N", "V"
    AC_VOLTAGE_PHASE_2_N = "AC_VOLTAGE_PHASE_2_N", "V"
    AC_VOLTAGE_PHASE_3_N = "AC_VOLTAGE_PHASE_3_N", "V"
    AC_VOLTAGE_PHASE_1_PHASE_2 = "AC_VOLTAGE_PHASE_1_PHASE_2", "V"
    AC_VOLTAGE_PHASE_2_PHASE_3 = "AC_VOLTAGE_PHASE_2_PHASE_3", "V"
    AC_VOLTAGE_PHASE_3_PHASE_1 = "AC_VOLTAGE_PHASE_3_PHASE_1", "V"
    AC_CURRENT = "AC_CURRENT", "A"
    AC_CURRENT_PHASE_1 = "AC_CURRENT_PHASE_1", "A"
    AC_CURRENT_PHASE_2 = "AC_CURRENT_PHASE_2", "A"
    AC_CURRENT_PHASE_3 = "AC_CURRENT_PHASE_3", "A"
    AC_POWER_APPARENT = "AC_POWER_APPARENT", "VA"
    AC_POWER_APPARENT_PHASE_1 = "AC_POWER_APPARENT_PHASE_1", "VA"
    AC_POWER_APPARENT_PHASE_2 = "AC_POWER_APPARENT_PHASE_2", "VA"
    AC_POWER_APPARENT_PHASE_3 = "AC_POWER_APPARENT_PHASE_3", "VA"
    AC_POWER_ACTIVE = "AC_POWER_ACTIVE", "W"
    AC_POWER_ACTIVE_PHASE_1 = "AC_POWER_ACTIVE_PHASE_1", "W"
    AC_POWER_ACTIVE_PHASE_2 = "AC_POWER_ACTIVE_PHASE_2", "W"
    AC_POWER_ACTIVE_PHASE_3 = "AC_POWER_ACTIVE_PHASE_3", "W"
    AC_POWER_REACTIVE = "AC_POWER_REACTIVE", "var"
    AC_POWER_REACTIVE_PHASE_1 = "AC_POWER_REACTIVE_PHASE_1", "var"
    AC_POWER_REACTIVE_PHASE_2 = "AC_POWER_REACTIVE_PHASE_2", "var"
    AC_POWER_REACTIVE_PHASE_3 = "AC_POWER_REACTIVE_PHASE_3", "var"
    AC_POWER_FACTOR = "AC_POWER_FACTOR"
    AC_ENERGY_ACTIVE = "AC_ENERGY_ACTIVE", "Wh"
    AC_ENERGY_ACTIVE_CONSUMED = "AC_ENERGY_ACTIVE_CONSUMED", "Wh"
    AC_ENERGY_ACTIVE_DELIVERED = "AC_ENERGY_ACTIVE_DELIVERED", "Wh"
    BATTERY_CAPACITY = "BATTERY_CAPACITY", "Wh"
    BATTERY_SOC_PCT = "BATTERY_SOC_PCT", "%"
    BATTERY_TEMPERATURE = "BATTERY_TEMPERATURE", "°C"
    INVERTER_TEMPERATURE = "INVERTER_TEMPERATURE", "°C"
    SENSOR_WIND_SPEED = "SENSOR_WIND_SPEED", "m/s"
    SENSOR_WIND_DIRECTION = "SENSOR_WIND_DIRECTION", "°"
    SENSOR_TEMPERATURE = "SENSOR_TEMPERATURE", "°C"
    SENSOR_RELATIVE_HUMIDITY = "SENSOR_RELATIVE_HUMIDITY", "%"
    SENSOR_DEW_POINT = "SENSOR_DEW_POINT", "°C"
    SENSOR_AIR_PRESSURE = "SENSOR_AIR_PRESSURE", "hPa"
    SENSOR_IRRADIANCE = "SENSOR_IRRADIANCE", "W/m²"
