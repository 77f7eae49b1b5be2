"""Photovoltaic arrays with their inverters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field, ValidationInfo, field_validator

from ...models import pv_plant
from ...models.ac import phase_shares
from ...models.inverter import inverter_initial_state, reactive_limit_var
from ...models.parameter import ParameterError
from ...models.pv import PvArrayParams
from ...models.supply import SupplyParams
from ..domain.categories import Category
from ..domain.states import StateCode
from ..files.sections import Azimuth, Tilt, refuse, written
from ..files.units import PositivePower
from ..inputs.specs import IrradianceInput, ProductionFile, PvPowerInput
from .array_spectrum import SPECTRUM, spectrum_part
from .captions import input_caption, kilowatts
from .component_type import AC_PARENTS, Built, ComponentType, Way
from .device import ACTIVE_SHARE, AMBIENT, ARRAY_POWER, ARRAY_VOLTAGE, REACTIVE_SET_POINT, SET_POINT, Machine
from .device_model import DeviceModel
from .inverter import (
    GRID_CODE,
    LOSS_SLOPES,
    InverterSection,
    check_inverter,
    grid_code_part,
    grid_guard,
    inverter_params,
    inverter_preset_names,
    inverter_rating,
    unused_by_inverter,
)
from .setting import GridFacts, Setting
from .solar_array import ARRAY, ArraySection, array_params, no_array, planes_of, solar_array
from .supply import supply_machine
from .switchgear import OF_AN_INVERTER


class PvInverter(ArraySection, InverterSection):
    """A photovoltaic array with its inverter."""

    category: Literal[Category.PV_INVERTER]
    peak_power_w: PositivePower | None = Field(default=None, alias="peak_power")
    """DC power of the array at 1000 W/m² and 25 °C [W]; as much as the inverter's rating if not given."""
    tilt_deg: Tilt = Field(default=written("30 °"), alias="tilt")
    """Tilt of the array from the horizontal [°]."""
    azimuth_deg: Azimuth = Field(default=written("180 °"), alias="azimuth")
    """Azimuth of the array, clockwise from north [°]."""
    irradiance: IrradianceInput | None = None
    """On the plane of the array; clear sky with seeded clouds if neither this nor `power` is given."""
    power: PvPowerInput | None = None
    """Available AC power, in place of irradiance and array."""

    @field_validator("power")
    @classmethod
    def _instead_of_irradiance(cls, power: PvPowerInput | None, info: ValidationInfo) -> PvPowerInput | None:
        if power is not None and info.data.get("irradiance") is not None:
            raise refuse("either irradiance or power, not both")
        if isinstance(power, ProductionFile) and "rated_power_w" in info.data:
            power.hold_to(info.data["rated_power_w"])
        return power


PV_PLANT = DeviceModel(
    "pv_plant", pv_plant.PvPlantInput, pv_plant.pv_plant_output, pv_plant.pv_plant_horizon_s,
    pv_plant.pv_plant_step, pv_plant.pv_plant_power_limits, has_dc_side=True,
    besides=pv_plant.pv_plant_besides,
)  # fmt: skip


_OF_CONVERSION = (
    *LOSS_SLOPES, "no_load_loss_w", "linear_loss", "quadratic_loss_per_w", "heat_capacity_j_per_k",
    "heat_loss_w_per_k", "heat_sink_max_c", "ambient_max_c", "nominal_dc_voltage_v", "dc_voltage_min_v",
    "dc_voltage_max_v", "dc_current_max_a",
)  # fmt: skip
"""Parameters of an inverter that say what it makes of the direct current that it has."""


def build(inverter: PvInverter, setting: Setting) -> Built:
    """Make a photovoltaic array with its inverter, or the power that a recording says it offers.

    Raises:
        InputError: If recorded irradiance or power cannot drive it.
    """
    params = inverter_params(inverter, "pv")
    rating, shares = inverter_rating(params, produces_only=True), phase_shares(inverter.phases)
    guard = grid_guard(inverter, setting.grid, follows_production=True)
    peak_w = inverter.peak_power_w or inverter.rated_power_w
    if inverter.power is not None:
        supply = SupplyParams(
            params.rated_power_w,
            params.rated_apparent_power_va,
            params.standby_power_w,
            params.reactive_power_max_var,
            params.power_factor_min,
        )
        machine = supply_machine(supply, inverter.power, rating, shares, setting)
        return Built(inverter=params, machine=machine, peak_w=peak_w, guard=guard)
    machine = Machine(
        PV_PLANT,
        params,
        inverter_initial_state(params, setting.ambient_c),
        shares,
        (SET_POINT, REACTIVE_SET_POINT, ARRAY_POWER, ARRAY_VOLTAGE, AMBIENT, ACTIVE_SHARE),
        {},
        rating,
        reactive_limit_var,
    )
    array = solar_array(inverter, params, setting)
    return Built(inverter=params, machine=machine, array=array, peak_w=peak_w, guard=guard)


def _array(inverter: PvInverter, _grid: GridFacts) -> PvArrayParams:
    if inverter.power is not None:
        return no_array(inverter)
    params = inverter_params(inverter, "pv")
    array = array_params(inverter, params)
    lower_v, upper_v = params.dc_voltage_min_v, params.dc_voltage_max_v
    if array.voltage_min_v < lower_v:
        accepted = f"at least dc_voltage_min_v of the inverter, {lower_v:g} V"
        raise ParameterError(f"{ARRAY}.voltage_min_v", f"{array.voltage_min_v:g} V", accepted)
    if array.voltage_max_v > upper_v:
        accepted = f"at most dc_voltage_max_v of the inverter, {upper_v:g} V"
        raise ParameterError(f"{ARRAY}.voltage_max_v", f"{array.voltage_max_v:g} V", accepted)
    return array


def _unused(inverter: PvInverter) -> Mapping[str, str]:
    unused = unused_by_inverter(inverter)
    if inverter.power is None:
        return unused
    return {**unused, **dict.fromkeys(_OF_CONVERSION, "nothing beside power, which is that on the AC side")}


def _caption(inverter: PvInverter) -> list[str]:
    peak_w = inverter.peak_power_w or inverter.rated_power_w
    planes = " and ".join(f"{tilt:g}° towards {azimuth:g}°" for _, (tilt, azimuth) in planes_of(inverter))
    sun = "clear-sky" if inverter.irradiance is None else input_caption(inverter.irradiance, "W/m²")
    source = f"irradiance {sun}" if inverter.power is None else f"power {input_caption(inverter.power, 'W')}"
    return [kilowatts(inverter.rated_power_w), f"{peak_w / 1e3:g} kWp", planes, source]


TYPE = ComponentType(
    name=Category.PV_INVERTER,
    category=Category.PV_INVERTER,
    way=Way.PRODUCES,
    section=PvInverter,
    sdk_class="SolarInverter",
    behind=AC_PARENTS,
    build=build,
    params=lambda inverter, _grid: inverter_params(inverter, "pv"),
    check=check_inverter,
    parts={
        ARRAY: _array,
        GRID_CODE: grid_code_part,
        SPECTRUM: lambda inverter, _grid: spectrum_part(inverter),
    },
    unused=_unused,
    presets=inverter_preset_names,
    inputs={"irradiance": 0.0, "power": 0.0},
    caption=_caption,
    switchgear=lambda _inverter: OF_AN_INVERTER,
    # Without sun it has switched off its converter.
    resting_state=StateCode.STANDBY,
)
