"""Devices made from what a site file says of them: presets, overridden by the file, with their inputs."""

from __future__ import annotations

from typing import NamedTuple

from ..models.ac import ThreePhase, phase_shares
from ..models.battery import BatteryParams, scaled
from ..models.battery_pack import check_battery
from ..models.grid_guard import GridGuardParams
from ..models.inverter import InverterParams
from ..models.load import LoadParams
from ..models.pv import PvArrayParams
from .graph import grid_key
from .grid_code import grid_guard_params, nominal_frequency_hz
from .inputs.build import build_signal
from .inputs.signal import Signal
from .load_mix import load_mix
from .overrides import overridden
from .presets import battery_preset, inverter_preset, nearest_inverter_preset, pv_array_preset
from .site import Battery, GridConnectionPoint, HybridInverter, Inverter, Meter, PvInverter, Site
from .site_devices import Consumer
from .surroundings import surroundings

DEFAULT_MODULE = "crystalline-silicon"


class WiredLoad(NamedTuple):
    """A load on its phases."""

    signal: Signal
    power_factor: float
    shares: ThreePhase
    mix: LoadParams | None = None
    """How the load follows the voltage; not at all if None."""


def battery_params(battery: Battery) -> BatteryParams:
    """Return the parameters of a battery."""
    params = battery_preset(battery.preset)
    if battery.capacity_wh is not None:
        params = scaled(params, battery.capacity_wh)
    params = params._replace(
        soc_lower=given(battery.soc_lower, params.soc_lower),
        soc_upper=given(battery.soc_upper, params.soc_upper),
        charge_power_max_w=given(battery.max_charge_power_w, params.charge_power_max_w),
        discharge_power_max_w=given(battery.max_discharge_power_w, params.discharge_power_max_w),
    )
    if battery.parameters:
        params = overridden(params, battery.parameters)
        check_battery(params)
    return params


def inverter_params(inverter: Inverter) -> InverterParams:
    """Return the parameters of an inverter."""
    rated_w = inverter.rated_power_w
    family = "pv" if isinstance(inverter, PvInverter) else "battery"
    preset = inverter.preset or nearest_inverter_preset(family, rated_w)
    params = inverter_preset(preset, rated_w, inverter.rated_apparent_power_va or rated_w)
    params = params._replace(
        standby_power_w=given(inverter.standby_power_w, params.standby_power_w),
        response_delay_s=given(inverter.response_delay_s, params.response_delay_s),
        ramp_rate_w_per_s=given(inverter.ramp_rate_w_per_s, params.ramp_rate_w_per_s),
        resolution_w=given(inverter.resolution_w, params.resolution_w),
        power_factor_min=given(inverter.min_power_factor, params.power_factor_min),
        reactive_power_max_var=given(inverter.max_reactive_power_var, params.reactive_power_max_var),
    )
    return overridden(params, inverter.parameters)


def array_params(inverter: PvInverter | HybridInverter, params: InverterParams) -> PvArrayParams:
    """Return the parameters of the array of an inverter, in strings that suit its direct voltage."""
    peak_w = inverter.peak_power_w or inverter.rated_power_w
    array = pv_array_preset(inverter.module or DEFAULT_MODULE, peak_w, params.nominal_dc_voltage_v)
    return array._replace(
        soiling=given(inverter.soiling, array.soiling), shading=given(inverter.shading, array.shading)
    )


def grid_guard(site: Site, inverter: Inverter) -> GridGuardParams | None:
    """Return what the grid code asks of an inverter; None if it keeps to none."""
    spec = inverter.grid_code
    if spec is None:
        return None
    connection = site.components[grid_key(site)]
    assert isinstance(connection, GridConnectionPoint)
    return grid_guard_params(
        spec,
        rated_power_w=inverter.rated_power_w,
        rated_apparent_power_va=inverter.rated_apparent_power_va or inverter.rated_power_w,
        nominal_hz=nominal_frequency_hz(connection.frequency),
        follows_production=isinstance(inverter, PvInverter),
    )


def given(value: float | None, default: float) -> float:
    """Return a value of a site file, or a default if it gives none."""
    return default if value is None else value


def wired_load(site: Site, key: str, component: Meter | Consumer, *, start_us: int, seed: int) -> WiredLoad:
    """Return the load behind a meter, or a consumer as the load that it is.

    Raises:
        InputError: If a recorded input cannot drive the site from its start.
    """
    assert component.load is not None
    where = surroundings(site, key, "load", start_us=start_us, seed=seed)
    return WiredLoad(
        build_signal(component.load, where),
        component.power_factor,
        phase_shares(component.phases),
        load_mix(component.zip, component.power_factor),
    )
