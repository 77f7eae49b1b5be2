"""What each metric means here, and which metrics of the API are not sent, and why.

The API names its metrics and says little else. Where it leaves a choice, the definition says which was made, and after
whom: its own older messages (`frequenz.api.common.metrics`, kept in the package `frequenz-api-common`), or SunSpec's
information models 103 (inverters) and 203 (meters), by which many devices report.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..domain.metrics import Metric

_PHASE = re.compile(r"_PHASE_[123]$")
_DEFINITIONS: Mapping[str, str] = {
    "AC_POWER_ACTIVE": "sum of the phases",
    "AC_POWER_ACTIVE_PHASE": "active power of a phase",
    "AC_POWER_REACTIVE": "sum of the phases; inductive positive",
    "AC_POWER_REACTIVE_PHASE": "reactive power of a phase at the fundamental; inductive positive",
    "AC_POWER_APPARENT": "square root of the sum of the squares of total active and total reactive power, >= 0; "
    "under unbalance less than the sum of the phases",
    "AC_POWER_APPARENT_PHASE": "voltage to neutral times current, >= 0",
    "AC_CURRENT": "sum of the currents of the phases, >= 0, as SunSpec's `A` (sum of active phases)",
    "AC_CURRENT_PHASE": "root mean square, >= 0; 0 on a dead phase",
    "AC_VOLTAGE": "mean of the three voltages between phases, as SunSpec's `PPV` (average of active phases); what a "
    "site file calls the grid's `voltage`",
    "AC_VOLTAGE_PHASE_1_N": "phase to neutral, root mean square",
    "AC_VOLTAGE_PHASE_2_N": "phase to neutral, root mean square",
    "AC_VOLTAGE_PHASE_3_N": "phase to neutral, root mean square",
    "AC_VOLTAGE_PHASE_1_PHASE": "between two phases, root mean square",
    "AC_VOLTAGE_PHASE_2_PHASE": "between two phases, root mean square",
    "AC_VOLTAGE_PHASE_3_PHASE": "between two phases, root mean square",
    "AC_FREQUENCY": "of the grid; 0 where it does not reach",
    "AC_POWER_FACTOR": "total active over total apparent power, with the sign of the active power; 1 without power",
    "AC_POWER_FACTOR_PHASE": "active over apparent power of a phase, with the sign of the former; 1 without power",
    "AC_ENERGY_ACTIVE": "consumed less delivered, since the run began",
    "AC_ENERGY_ACTIVE_PHASE": "consumed less delivered on a phase",
    "AC_ENERGY_ACTIVE_CONSUMED": "integral of the total active power while it is positive: phases set each other off "
    "at each instant",
    "AC_ENERGY_ACTIVE_CONSUMED_PHASE": "integral of a phase's active power while it is positive",
    "AC_ENERGY_ACTIVE_DELIVERED": "integral of the total active power while it is negative, >= 0",
    "AC_ENERGY_ACTIVE_DELIVERED_PHASE": "integral of a phase's active power while it is negative, >= 0",
    "AC_ENERGY_REACTIVE": "integral of the total reactive power: inductive less capacitive, as in the older messages",
    "AC_ENERGY_REACTIVE_PHASE": "integral of a phase's reactive power: inductive less capacitive",
    "AC_ENERGY_APPARENT": "integral of the total apparent power; only grows",
    "AC_ENERGY_APPARENT_PHASE": "integral of a phase's apparent power; only grows",
    "DC_VOLTAGE": "at the terminals; of an inverter, those of its battery, if it has one alone and no array",
    "DC_CURRENT": "power over voltage; away from the grid positive, as in the API's older messages",
    "DC_POWER": "away from the grid positive, as in the API's older messages: into a battery, out of an array "
    "negative; of an inverter, all its DC connections together, 0 in standby",
    "BATTERY_CAPACITY": "energy from empty to full, aged",
    "BATTERY_SOC_PCT": "state of charge, of the charge from empty to full",
    "BATTERY_TEMPERATURE": "of the cells",
    "INVERTER_TEMPERATURE": "of the heat sink, the only part whose temperature the model knows",
    "INVERTER_TEMPERATURE_HEATSINK": "of the heat sink",
    "PRESSURE_ABSOLUTE": "of the steam in a boiler's drum, saturated at its temperature (IAPWS-IF97)",
    "SENSOR_WIND_SPEED": "as its element has it",
    "SENSOR_WIND_DIRECTION": "from which it blows, clockwise from north",
    "SENSOR_TEMPERATURE": "of the air",
    "SENSOR_RELATIVE_HUMIDITY": "of the air",
    "SENSOR_DEW_POINT": "of the air",
    "SENSOR_AIR_PRESSURE": "absolute",
    "SENSOR_IRRADIANCE": "global, horizontal",
}
_HARMONICS = "voltages and currents are sines at the fundamental, so there are no harmonics to measure"
NOT_SENT: Mapping[str, str] = {
    "AC_TOTAL_HARMONIC_DISTORTION_CURRENT": _HARMONICS,
    "AC_TOTAL_HARMONIC_DISTORTION_CURRENT_PHASE_1": _HARMONICS,
    "AC_TOTAL_HARMONIC_DISTORTION_CURRENT_PHASE_2": _HARMONICS,
    "AC_TOTAL_HARMONIC_DISTORTION_CURRENT_PHASE_3": _HARMONICS,
    "INVERTER_TEMPERATURE_CABINET": "the model of an inverter has a heat sink and no cabinet",
    "INVERTER_TEMPERATURE_TRANSFORMER": "inverters have no transformer",
    "EV_CHARGER_TEMPERATURE": "chargers have no thermal model",
}
"""Metrics of the API that no component has, by name, and why."""


def definition(metric: Metric) -> str:
    """Return what a metric means, in a few words."""
    found = _DEFINITIONS.get(metric)
    return _DEFINITIONS[_PHASE.sub("_PHASE", metric)] if found is None else found
