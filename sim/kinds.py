"""The models that machines may have."""

from __future__ import annotations

from ..models import (
    capacitor_bank,
    charging_point,
    chp,
    crypto_miner,
    electrolyzer,
    hvac,
    pv_plant,
    steam_boiler,
    supply,
    wind_plant,
)
from .core.flow import put_by_phase
from .core.kinds import Kind

CHARGING_POINT = Kind(
    "charging_point", charging_point.ChargingPointInput, charging_point.charging_point_output,
    charging_point.charging_point_horizon_s, charging_point.charging_point_step,
    charging_point.charging_point_power_limits, put_by_phase,
)  # fmt: skip
PV_PLANT = Kind(
    "pv_plant", pv_plant.PvPlantInput, pv_plant.pv_plant_output, pv_plant.pv_plant_horizon_s,
    pv_plant.pv_plant_step, pv_plant.pv_plant_power_limits,
)  # fmt: skip
SUPPLY = Kind(
    "supply", supply.SupplyInput, supply.supply_output, supply.supply_horizon_s,
    supply.supply_step, supply.supply_power_limits,
)  # fmt: skip
CHP = Kind("chp", chp.ChpInput, chp.chp_output, chp.chp_horizon_s, chp.chp_step, chp.chp_power_limits)
ELECTROLYZER = Kind(
    "electrolyzer", electrolyzer.ElectrolyzerInput, electrolyzer.electrolyzer_output,
    electrolyzer.electrolyzer_horizon_s, electrolyzer.electrolyzer_step,
    electrolyzer.electrolyzer_power_limits,
)  # fmt: skip
STEAM_BOILER = Kind(
    "steam_boiler", steam_boiler.SteamBoilerInput, steam_boiler.steam_boiler_output,
    steam_boiler.steam_boiler_horizon_s, steam_boiler.steam_boiler_step,
    steam_boiler.steam_boiler_power_limits,
)  # fmt: skip
WIND_PLANT = Kind(
    "wind_plant", wind_plant.WindPlantInput, wind_plant.wind_plant_output,
    wind_plant.wind_plant_horizon_s, wind_plant.wind_plant_step, wind_plant.wind_plant_power_limits,
)  # fmt: skip
HVAC = Kind(
    "hvac", hvac.HvacInput, hvac.hvac_output, hvac.hvac_horizon_s, hvac.hvac_step, hvac.hvac_power_limits,
)  # fmt: skip
CRYPTO_MINER = Kind(
    "crypto_miner", crypto_miner.CryptoMinerInput, crypto_miner.crypto_miner_output,
    crypto_miner.crypto_miner_horizon_s, crypto_miner.crypto_miner_step,
    crypto_miner.crypto_miner_power_limits,
)  # fmt: skip
CAPACITOR_BANK = Kind(
    "capacitor_bank", capacitor_bank.CapacitorBankInput, capacitor_bank.capacitor_bank_output,
    capacitor_bank.capacitor_bank_horizon_s, capacitor_bank.capacitor_bank_step,
    capacitor_bank.capacitor_bank_power_limits,
)  # fmt: skip
