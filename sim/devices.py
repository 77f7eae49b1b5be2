"""Devices made from what a site file says of them: presets, overridden by the file, with their inputs."""

from __future__ import annotations

from typing import NamedTuple

from ..models.ac import ThreePhase, phase_shares
from ..models.battery import BatteryParams, scaled
from ..models.inverter import InverterParams
from ..models.load import load_phase_powers
from ..models.pv import PvArrayParams, pv_ac_power_available
from .ac_flow import PhasePower
from .inputs.build import build_signal
from .inputs.signal import Signal
from .inputs.specs import ClearSky
from .presets import battery_preset, inverter_preset, pv_array_preset
from .site import Battery, Inverter, Meter, PvInverter, Site
from .site_devices import Consumer
from .surroundings import surroundings

DEFAULT_BATTERY_INVERTER = "battery-30kw"
DEFAULT_PV_INVERTER = "pv-12kw"
LIGHT_AIR_M_PER_S = 1.0
"""Wind at the modules where nothing is known of it: nominal operating conditions (IEC 61215) [m/s]."""


class PvSupply(NamedTuple):
    """What a PV plant could give."""

    signal: Signal
    array: PvArrayParams | None
    """None if the signal is AC power already."""
    inverter: InverterParams

    @property
    def quantity(self) -> str:
        """What the signal is."""
        return "power" if self.array is None else "irradiance"

    def available_w(self, value: float, ambient_c: float) -> float:
        """Return the AC power that the plant gives if nothing holds it back [W]: production negative.

        Without enough sun the inverter goes to standby and draws a little.

        Args:
            value: Of the signal: irradiance [W/m²] or AC power [W].
            ambient_c: Air temperature [°C].
        """
        if self.array is None:
            offered_w = max(value, -self.inverter.rated_power_w)
        else:
            offered_w = pv_ac_power_available(self.array, self.inverter, value, ambient_c, LIGHT_AIR_M_PER_S)
        return offered_w if offered_w < 0.0 else self.inverter.standby_power_w


class WiredLoad(NamedTuple):
    """A load on its phases."""

    signal: Signal
    power_factor: float
    shares: ThreePhase

    def draw(self, active_w: float) -> PhasePower:
        """Return what the load draws on its phases [W, var]."""
        active_phases_w, reactive_phases_var = load_phase_powers(active_w, self.power_factor, self.shares)
        return PhasePower(*active_phases_w, *reactive_phases_var)


def battery_params(battery: Battery) -> BatteryParams:
    """Return the parameters of a battery."""
    params = battery_preset(battery.preset)
    if battery.capacity_wh is not None:
        params = scaled(params, battery.capacity_wh)
    return params._replace(
        soc_lower=_given(battery.soc_lower, params.soc_lower),
        soc_upper=_given(battery.soc_upper, params.soc_upper),
        charge_power_max_w=_given(battery.max_charge_power_w, params.charge_power_max_w),
        discharge_power_max_w=_given(battery.max_discharge_power_w, params.discharge_power_max_w),
    )


def inverter_params(inverter: Inverter) -> InverterParams:
    """Return the parameters of an inverter."""
    default = DEFAULT_PV_INVERTER if isinstance(inverter, PvInverter) else DEFAULT_BATTERY_INVERTER
    apparent_va = inverter.rated_apparent_power_va or inverter.rated_power_w
    params = inverter_preset(inverter.preset or default, inverter.rated_power_w, apparent_va)
    return params._replace(
        standby_power_w=_given(inverter.standby_power_w, params.standby_power_w),
        response_delay_s=_given(inverter.response_delay_s, params.response_delay_s),
        ramp_rate_w_per_s=_given(inverter.ramp_rate_w_per_s, params.ramp_rate_w_per_s),
        resolution_w=_given(inverter.resolution_w, params.resolution_w),
    )


def _given(value: float | None, default: float) -> float:
    return default if value is None else value


def pv_supply(
    site: Site, key: str, inverter: PvInverter, params: InverterParams, *, start_us: int, seed: int
) -> PvSupply:
    """Return what feeds a PV inverter: recorded power, given irradiance, or a clear sky with clouds.

    Raises:
        InputError: If a recorded input cannot drive the site from its start.
    """
    plane = (inverter.tilt_deg, inverter.azimuth_deg)
    where = surroundings(site, key, "irradiance", start_us=start_us, seed=seed, plane=plane)
    if inverter.power is not None:
        return PvSupply(build_signal(inverter.power, where), None, params)
    signal = build_signal(inverter.irradiance if inverter.irradiance is not None else ClearSky(), where)
    array = pv_array_preset("crystalline-silicon", inverter.peak_power_w or inverter.rated_power_w)
    return PvSupply(signal, array, params)


def wired_load(site: Site, key: str, component: Meter | Consumer, *, start_us: int, seed: int) -> WiredLoad:
    """Return the load behind a meter, or a consumer as the load that it is.

    Raises:
        InputError: If a recorded input cannot drive the site from its start.
    """
    assert component.load is not None
    where = surroundings(site, key, "load", start_us=start_us, seed=seed)
    return WiredLoad(
        build_signal(component.load, where), component.power_factor, phase_shares(component.phases)
    )
