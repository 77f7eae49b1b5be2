"""Devices with a model of their own, by what a site file calls them."""

from __future__ import annotations

from .charging import ev_charger_machine
from .machine import Machine
from .machines_electric import (
    capacitor_bank_machine,
    crypto_miner_machine,
    hvac_machine,
    wind_turbine_machine,
)
from .machines_heat import chp_machine, electrolyzer_machine, steam_boiler_machine
from .site import Site
from .site_devices import (
    CapacitorBank,
    Chp,
    CryptoMiner,
    Electrolyzer,
    EvCharger,
    Hvac,
    SteamBoiler,
    WindTurbine,
)


def machine_of(site: Site, key: str, start_us: int, seed: int) -> Machine | None:
    """Return the machine that a component of a site is; None for a component of any other sort.

    Raises:
        InputError: If a recorded input cannot drive it from its start.
    """
    machine: Machine | None = None
    match site.components[key]:
        case EvCharger() as charger:
            machine = ev_charger_machine(site, key, charger, start_us, seed)
        case Chp() as unit:
            machine = chp_machine(site, key, unit, start_us, seed)
        case Electrolyzer() as unit:
            machine = electrolyzer_machine(site, unit, start_us, seed)
        case SteamBoiler() as boiler:
            machine = steam_boiler_machine(site, key, boiler, start_us, seed)
        case WindTurbine() as turbine:
            machine = wind_turbine_machine(site, key, turbine, start_us, seed)
        case Hvac(load=None) as hvac:
            machine = hvac_machine(site, key, hvac, start_us, seed)
        case CryptoMiner(load=None) as miner:
            machine = crypto_miner_machine(site, miner, start_us, seed)
        case CapacitorBank() as bank:
            machine = capacitor_bank_machine(site, bank)
    return machine
