"""The devices of a site, made from its file: what they can, what drives them, and how they are wired."""

from __future__ import annotations

import math
from typing import NamedTuple

from ..models.ac import ThreePhase, phase_shares
from ..models.battery import BatteryParams
from ..models.car import CarParams
from ..models.inverter import InverterParams
from ..models.pv import PvArrayParams, pv_cell_temperature_c, pv_dc_power_w
from ..models.throughput import ThroughputParams
from .device_control import Rating
from .devices import LIGHT_AIR_M_PER_S, WiredLoad, battery_params, inverter_params, pv_supply, wired_load
from .flexible import ChargingPoint, Machine, PvPlant, WindTurbine
from .inputs.build import build_signal
from .inputs.signal import Constant, Signal
from .inputs.specs import ClearSky
from .presets import pv_array_preset
from .site import Battery, BatteryInverter, HybridInverter, Inverter, Meter, PvInverter, Site
from .site_devices import (
    CapacitorBank,
    Chp,
    Consumer,
    Electrolyzer,
    EvCharger,
    PowerTransformer,
    SteamBoiler,
    UninterruptiblePowerSupply,
)
from .site_devices import WindTurbine as WindTurbineSection
from .surroundings import surroundings
from .vocabulary import Bounds, EvChargerType

MINIMUM_CURRENT_A = 6.0
"""Least current per phase that a charging point may offer a car by IEC 61851-1 [A]."""
_NOMINAL_PHASE_V = 230.0
_MINIMUM_SHARE = {Chp: 0.5, Electrolyzer: 0.1, SteamBoiler: 0.0}
"""Least load over the rating where a site file gives none; chosen: gas engines, alkaline cells, electrodes."""
_SECONDS_TO_FULL = {Chp: 60.0, Electrolyzer: 10.0, SteamBoiler: 5.0, EvCharger: 2.0, WindTurbineSection: 10.0}
"""From nothing to the rating where a site file gives no ramp [s]; chosen."""
_LOSS_SHARES = {PowerTransformer: (0.001, 0.01), UninterruptiblePowerSupply: (0.02, 0.03)}
"""No-load and load loss over the rating where a site file gives none; chosen: common sizes of today."""


class SolarArray(NamedTuple):
    """Photovoltaics on the direct current side of a hybrid inverter."""

    signal: Signal
    array: PvArrayParams

    def dc_power_w(self, irradiance: float, ambient_c: float) -> float:
        """Return what the array offers [W]: production negative.

        Args:
            irradiance: On its plane [W/m²].
            ambient_c: Air temperature [°C].
        """
        cell_c = pv_cell_temperature_c(self.array, irradiance, ambient_c, LIGHT_AIR_M_PER_S)
        return 0.0 - pv_dc_power_w(self.array, irradiance, cell_c)


class Equipment(NamedTuple):
    """The devices of a site, by key."""

    ratings: dict[str, Rating]
    """Of everything that takes set-points."""
    batteries: dict[str, BatteryParams]
    inverters: dict[str, InverterParams]
    shares: dict[str, ThreePhase]
    """Part of its power on each phase, of inverters with a direct current side of their own."""
    arrays: dict[str, SolarArray]
    """Of hybrid inverters."""
    flexible: dict[str, Machine]
    loads: dict[str, WiredLoad]
    throughput: dict[str, ThroughputParams]

    def inputs(self) -> dict[str, Signal]:
        """Return what drives the devices, by `component.quantity`."""
        return {
            **{f"{key}.load": load.signal for key, load in self.loads.items()},
            **{f"{key}.irradiance": array.signal for key, array in self.arrays.items()},
            **{
                f"{key}.{quantity}": signal
                for key, device in self.flexible.items()
                for quantity, signal in device.inputs.items()
            },
        }


def equip(site: Site, *, start_us: int, seed: int) -> Equipment:
    """Make the devices of a site.

    Raises:
        InputError: If a recorded input cannot drive the site from its start.
    """
    made = Equipment({}, {}, {}, {}, {}, {}, {}, {})
    for key, component in site.components.items():
        match component:
            case Battery():
                made.batteries[key] = battery_params(component)
            case PvInverter():
                params = made.inverters[key] = inverter_params(component)
                supply = pv_supply(site, key, component, params, start_us=start_us, seed=seed)
                rating = _inverter_rating(component, params)
                shares = phase_shares(component.phases)
                made.flexible[key] = PvPlant(rating, shares, {supply.quantity: supply.signal}, supply=supply)
            case BatteryInverter() | HybridInverter():
                params = made.inverters[key] = inverter_params(component)
                made.ratings[key] = _inverter_rating(component, params)
                made.shares[key] = phase_shares(component.phases)
                if isinstance(component, HybridInverter) and component.peak_power_w is not None:
                    made.arrays[key] = _array(site, key, component, start_us, seed)
            case Meter(load=load) if load is not None:
                made.loads[key] = wired_load(site, key, component, start_us=start_us, seed=seed)
            case Consumer():
                made.loads[key] = wired_load(site, key, component, start_us=start_us, seed=seed)
            case PowerTransformer() | UninterruptiblePowerSupply():
                made.throughput[key] = _throughput(component)
            case EvCharger():
                made.flexible[key] = _charging_point(component)
            case Chp() | Electrolyzer() | SteamBoiler():
                made.flexible[key] = Machine(_machine_rating(component), phase_shares(component.phases))
            case WindTurbineSection():
                made.flexible[key] = _wind_turbine(site, key, component, start_us, seed)
            case CapacitorBank():
                made.flexible[key] = _capacitor_bank(component)
    made.ratings.update((key, device.rating) for key, device in made.flexible.items())
    return made


def _inverter_rating(inverter: Inverter, params: InverterParams) -> Rating:
    rated_w, apparent_va = params.rated_power_w, params.rated_apparent_power_va
    is_pv = isinstance(inverter, PvInverter)
    return Rating(
        active=Bounds(-rated_w, 0.0 if is_pv else rated_w),
        reactive=Bounds(-apparent_va, apparent_va),
        default_w=-rated_w if is_pv else 0.0,
        ramp_rate_w_per_s=params.ramp_rate_w_per_s,
        response_delay_s=params.response_delay_s,
        resolution_w=params.resolution_w,
        is_limit=is_pv,
    )


def _array(site: Site, key: str, inverter: HybridInverter, start_us: int, seed: int) -> SolarArray:
    plane = (inverter.tilt_deg, inverter.azimuth_deg)
    where = surroundings(site, key, "irradiance", start_us=start_us, seed=seed, plane=plane)
    signal = build_signal(inverter.irradiance if inverter.irradiance is not None else ClearSky(), where)
    return SolarArray(signal, pv_array_preset("crystalline-silicon", inverter.peak_power_w or 0.0))


def _machine_rating(machine: Chp | Electrolyzer | SteamBoiler | EvCharger | WindTurbineSection) -> Rating:
    rated_w = machine.rated_power_w
    produces = isinstance(machine, Chp | WindTurbineSection)
    ramp_w_per_s = machine.ramp_rate_w_per_s or rated_w / _SECONDS_TO_FULL[type(machine)]
    return Rating(
        active=Bounds(-rated_w, 0.0) if produces else Bounds(0.0, rated_w),
        reactive=None,
        default_w=0.0,
        ramp_rate_w_per_s=ramp_w_per_s,
        response_delay_s=machine.response_delay_s,
        minimum_w=_minimum_w(machine),
    )


def _minimum_w(machine: Chp | Electrolyzer | SteamBoiler | EvCharger | WindTurbineSection) -> float:
    if isinstance(machine, WindTurbineSection):
        return 0.0
    if machine.min_power_w is not None:
        return machine.min_power_w
    if isinstance(machine, EvCharger):
        alternating = machine.type is not EvChargerType.DC
        return MINIMUM_CURRENT_A * _NOMINAL_PHASE_V * len(machine.phases) if alternating else 0.0
    return _MINIMUM_SHARE[type(machine)] * machine.rated_power_w


def _charging_point(charger: EvCharger) -> ChargingPoint:
    rating = _machine_rating(charger)._replace(default_w=charger.rated_power_w, is_limit=True)
    shares = phase_shares(charger.phases)
    if charger.car is None:
        return ChargingPoint(rating, shares)
    car = CarParams(
        charger.car.capacity_wh, charger.car.max_power_w, charger.car.taper_soc, charger.car.efficiency
    )
    return ChargingPoint(rating, shares, {"cable": Constant(1.0)}, charger.car.initial_soc, car)


def _wind_turbine(site: Site, key: str, turbine: WindTurbineSection, start_us: int, seed: int) -> WindTurbine:
    where = surroundings(site, key, "power", start_us=start_us, seed=seed)
    rating = _machine_rating(turbine)._replace(default_w=-turbine.rated_power_w, is_limit=True)
    return WindTurbine(rating, phase_shares(turbine.phases), {"power": build_signal(turbine.power, where)})


def _capacitor_bank(bank: CapacitorBank) -> Machine:
    step_var = bank.rated_reactive_power_var / bank.steps
    rating = Rating(
        active=None,
        reactive=Bounds(-bank.rated_reactive_power_var, 0.0),
        default_w=0.0,
        ramp_rate_w_per_s=math.inf,
        response_delay_s=bank.response_delay_s,
        resolution_w=step_var,
    )
    return Machine(rating, phase_shares(bank.phases))


def _throughput(component: PowerTransformer | UninterruptiblePowerSupply) -> ThroughputParams:
    rated_va = component.rated_apparent_power_va
    no_load, load = _LOSS_SHARES[type(component)]
    return ThroughputParams(
        rated_apparent_power_va=rated_va,
        no_load_loss_w=component.no_load_loss_w
        if component.no_load_loss_w is not None
        else no_load * rated_va,
        load_loss_w=component.load_loss_w if component.load_loss_w is not None else load * rated_va,
    )
