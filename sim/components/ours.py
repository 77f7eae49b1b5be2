"""The component types of this package."""

from __future__ import annotations

from . import (
    battery,
    battery_inverter,
    breaker,
    converter,
    ev_charger,
    grid_connection_point,
    hybrid_inverter,
    meter,
    plc,
    power_transformer,
    precharger,
    pv_inverter,
    static_transfer_switch,
    uninterruptible_power_supply,
)
from .machines import capacitor_bank, chp, crypto_miner, electrolyzer, hvac, steam_boiler, wind_turbine

OURS = (
    grid_connection_point.TYPE,
    meter.TYPE,
    battery_inverter.TYPE,
    pv_inverter.TYPE,
    hybrid_inverter.TYPE,
    battery.TYPE,
    ev_charger.TYPE,
    chp.TYPE,
    electrolyzer.TYPE,
    steam_boiler.TYPE,
    wind_turbine.TYPE,
    capacitor_bank.TYPE,
    hvac.TYPE,
    crypto_miner.TYPE,
    plc.TYPE,
    power_transformer.TYPE,
    uninterruptible_power_supply.TYPE,
    static_transfer_switch.TYPE,
    breaker.TYPE,
    precharger.TYPE,
    converter.TYPE,
)
"""In the order in which they are listed."""
