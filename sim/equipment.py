"""The devices of a site, made from its file: what they can, what drives them, and how they are wired."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from ..models.ac import ThreePhase, phase_shares
from ..models.ageing import AgeingParams
from ..models.battery import BatteryParams
from ..models.bms import BmsParams
from ..models.grid_guard import GridGuardParams
from ..models.inverter import InverterParams, inverter_initial_state, reactive_limit_var
from ..models.parameter import ParameterError
from ..models.pv import PvArrayParams
from ..models.supply import SupplyParams, SupplyState, supply_reactive_limit_var
from ..models.throughput import ThroughputParams
from .device_control import Rating
from .devices import WiredLoad, array_params, battery_params, grid_guard, inverter_params, wired_load
from .inputs.build import build_signal
from .inputs.signal import Signal
from .inputs.specs import ClearSky
from .kinds import PV_PLANT, SUPPLY
from .machine import AMBIENT, ARRAY_POWER, ARRAY_VOLTAGE, REACTIVE_SET_POINT, SET_POINT, Machine
from .machines import machine_of
from .metering import Metering, meterings_of
from .overrides import overridden
from .site import Battery, BatteryInverter, HybridInverter, Inverter, Meter, PvInverter, Site
from .site_devices import (
    Consumer,
    PowerTransformer,
    UninterruptiblePowerSupply,
)
from .storage import ageing_params, management_params
from .surroundings import ambient_signal, surroundings
from .vocabulary import Bounds

_LOSS_SHARES = {PowerTransformer: (0.001, 0.01), UninterruptiblePowerSupply: (0.02, 0.03)}
"""No-load and load loss over the rating where a site file gives none; chosen: common sizes of today."""


_OWN_KEYS = {"rated_power_w", "minimum_power_w", "apparent_power_va", "rated_reactive_power_var"}
"""Parameters by which bounds are shown as well."""


class SolarArray(NamedTuple):
    """Photovoltaics on the direct current side of an inverter."""

    signal: Signal
    """Irradiance on its plane [W/m²]."""
    array: PvArrayParams


class MeterControl(NamedTuple):
    """What a device does by itself: it keeps the power through a component at nothing."""

    key: str
    """Of that component."""
    share: float
    """Part of the power that falls to this device, of several that keep to the same component."""


class Equipment(NamedTuple):
    """The devices of a site, by key."""

    ratings: dict[str, Rating]
    """Of everything that takes set-points."""
    batteries: dict[str, BatteryParams]
    managements: dict[str, BmsParams]
    """Of all batteries."""
    ageings: dict[str, AgeingParams]
    """Of batteries that age."""
    inverters: dict[str, InverterParams]
    shares: dict[str, ThreePhase]
    """Part of its power on each phase, of inverters with a direct current side of their own."""
    arrays: dict[str, SolarArray]
    """Of hybrid and PV inverters."""
    machines: dict[str, Machine]
    built_in: dict[str, MeterControl]
    """Of devices that act by themselves while no client tells them otherwise."""
    loads: dict[str, WiredLoad]
    throughput: dict[str, ThroughputParams]
    meterings: dict[str, Metering]
    """Of meters with options of their own."""
    guards: dict[str, GridGuardParams]
    """Of inverters that keep to a grid code."""

    def inputs(self) -> dict[str, Signal]:
        """Return what drives the devices, by `component.quantity`."""
        return {
            **{f"{key}.load": load.signal for key, load in self.loads.items()},
            **{f"{key}.irradiance": array.signal for key, array in self.arrays.items()},
            **{
                f"{key}.{quantity}": signal
                for key, machine in self.machines.items()
                for quantity, signal in machine.inputs.items()
            },
        }


def equip(site: Site, *, start_us: int, seed: int) -> Equipment:
    """Make the devices of a site.

    Raises:
        InputError: If a recorded input cannot drive the site from its start.
    """
    made = Equipment({}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, meterings_of(site, seed), {})
    for key, component in site.components.items():
        match component:
            case Battery():
                made.batteries[key] = battery_params(component)
                made.managements[key] = management_params(component)
                ageing = ageing_params(component)
                if ageing is not None:
                    made.ageings[key] = ageing
            case PvInverter():
                params = made.inverters[key] = inverter_params(component)
                if component.power is None:
                    made.arrays[key] = solar_array(site, key, component, params, start_us, seed)
                made.machines[key] = pv_inverter_machine(site, key, component, params, start_us, seed)
                keep_guard(site, key, component, made)
            case BatteryInverter() | HybridInverter():
                params = made.inverters[key] = inverter_params(component)
                made.ratings[key] = inverter_rating(component, params)
                made.shares[key] = phase_shares(component.phases)
                if isinstance(component, HybridInverter) and component.peak_power_w is not None:
                    made.arrays[key] = solar_array(site, key, component, params, start_us, seed)
                keep_guard(site, key, component, made)
            case Meter(load=load) if load is not None:
                made.loads[key] = wired_load(site, key, component, start_us=start_us, seed=seed)
            case Consumer(load=load) if load is not None:
                made.loads[key] = wired_load(site, key, component, start_us=start_us, seed=seed)
            case PowerTransformer() | UninterruptiblePowerSupply():
                made.throughput[key] = throughput_params(component)
            case _:
                machine = machine_of(site, key, start_us, seed)
                if machine is not None:
                    params = overridden(machine.params, component.parameters)
                    made.machines[key] = replace(machine, params=params)
    made.built_in.update(_built_in(site, made))
    made.ratings.update((key, machine.rating) for key, machine in made.machines.items() if machine.rating)
    return made


def check_component_parameters(site: Site, key: str) -> None:
    """Hold the parameters that a site file sets of a component to what its model can have.

    Raises:
        ParameterError: If one of them, or all together, cannot be.
    """
    component = site.components[key]
    match component:
        case Battery():
            battery_params(component)
        case PvInverter() | BatteryInverter() | HybridInverter():
            inverter_params(component)
        case _:
            machine = machine_of(site, key, 0, 0)
            if machine is None:
                name = next(iter(component.parameters))
                raise ParameterError(
                    f"{name} is unknown; accepted: nothing, this component has no model of its own"
                )
            for name in component.parameters:
                if name.rpartition(".")[2] in _OWN_KEYS:
                    raise ParameterError(
                        f"{name} is set by a key of the component itself; accepted: that key"
                    )
            overridden(machine.params, component.parameters)


def _built_in(site: Site, made: Equipment) -> dict[str, MeterControl]:
    """Return the inverters that keep to a meter by themselves; those of one meter share its power by their ratings."""
    meters = {
        key: component.self_consumption
        for key, component in site.components.items()
        if isinstance(component, BatteryInverter | HybridInverter) and component.self_consumption is not None
    }
    sizes = {key: made.ratings[key].size for key in meters}
    return {
        key: MeterControl(meter, sizes[key] / sum(sizes[other] for other in meters if meters[other] == meter))
        for key, meter in meters.items()
    }


def inverter_rating(inverter: Inverter, params: InverterParams) -> Rating:
    """Return what an inverter can be told."""
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


def solar_array(
    site: Site,
    key: str,
    inverter: PvInverter | HybridInverter,
    params: InverterParams,
    start_us: int,
    seed: int,
) -> SolarArray:
    plane = (inverter.tilt_deg, inverter.azimuth_deg)
    where = surroundings(site, key, "irradiance", start_us=start_us, seed=seed, plane=plane)
    signal = build_signal(inverter.irradiance if inverter.irradiance is not None else ClearSky(), where)
    return SolarArray(signal, array_params(inverter, params))


def keep_guard(site: Site, key: str, inverter: Inverter, made: Equipment) -> None:
    guard = grid_guard(site, inverter)
    if guard is not None:
        made.guards[key] = guard


def pv_inverter_machine(
    site: Site, key: str, inverter: PvInverter, params: InverterParams, start_us: int, seed: int
) -> Machine:
    rating, shares = inverter_rating(inverter, params), phase_shares(inverter.phases)
    if inverter.power is not None:
        where = surroundings(site, key, "power", start_us=start_us, seed=seed)
        supply = SupplyParams(params.rated_power_w, params.rated_apparent_power_va, params.standby_power_w)
        return _supply(key, supply, build_signal(inverter.power, where), rating, shares)
    ambient_c = ambient_signal(site, start_us=start_us, seed=seed).at(start_us)
    return Machine(
        PV_PLANT,
        params,
        inverter_initial_state(params, ambient_c),
        shares,
        (SET_POINT, REACTIVE_SET_POINT, ARRAY_POWER, ARRAY_VOLTAGE, AMBIENT),
        {},
        rating,
        reactive_limit_var,
    )


def _supply(key: str, params: SupplyParams, power: Signal, rating: Rating, shares: ThreePhase) -> Machine:
    return Machine(
        SUPPLY,
        params,
        SupplyState(0.0),
        shares,
        (SET_POINT, REACTIVE_SET_POINT, f"{key}.power"),
        {"power": power},
        rating,
        supply_reactive_limit_var if rating.reactive is not None else None,
    )


def throughput_params(component: PowerTransformer | UninterruptiblePowerSupply) -> ThroughputParams:
    """Return what is lost of the power that passes through a component."""
    rated_va = component.rated_apparent_power_va
    no_load, load = _LOSS_SHARES[type(component)]
    return ThroughputParams(
        rated_apparent_power_va=rated_va,
        no_load_loss_w=component.no_load_loss_w
        if component.no_load_loss_w is not None
        else no_load * rated_va,
        load_loss_w=component.load_loss_w if component.load_loss_w is not None else load * rated_va,
    )
