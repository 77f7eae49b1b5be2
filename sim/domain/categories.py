"""What components are: categories, types, and what they offer to clients."""

from __future__ import annotations

from enum import StrEnum


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
