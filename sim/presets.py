"""Named sets of parameters, read from data files beside the models; values there name their source."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

from ..models.battery import BatteryParams
from ..models.battery_pack import CellParams, PackParams, battery_of_cells, check_battery
from ..models.inverter import InverterParams
from ..models.parameter import check_parameters
from ..models.pv import ModuleParams, PvArrayParams, pv_maximum_power_point
from .preset_files import find_preset, preset_names


def battery_preset_names() -> tuple[str, ...]:
    """Return the names that `battery_preset` accepts."""
    return preset_names("batteries")


def inverter_preset_names() -> tuple[str, ...]:
    """Return the names that `inverter_preset` accepts."""
    return preset_names("inverters")


def pv_array_preset_names() -> tuple[str, ...]:
    """Return the names that `pv_array_preset` accepts."""
    return preset_names("pv_arrays")


@cache
def battery_chemistry(name: str) -> str:
    """Return the chemistry of the cells of a battery preset, such as `lfp`.

    Raises:
        ValueError: If there is no such preset; says which there are.
    """
    chemistry: str = find_preset("batteries", "battery preset", name)["cell"]
    return chemistry


@cache
def battery_preset(name: str) -> BatteryParams:
    """Return the parameters of a battery.

    Raises:
        ValueError: If there is no such preset; says which there are.
        ParameterError: If the preset describes a battery that cannot exist; names the parameter.
    """
    pack = dict(find_preset("batteries", "battery preset", name))
    cell = find_preset("cells", "cell", pack.pop("cell"))
    cell_params = CellParams(**{key: _table_or_number(key, value) for key, value in cell.items()})
    pack_params = PackParams(**pack)
    check_parameters(cell_params)
    check_parameters(pack_params)
    params = battery_of_cells(cell_params, pack_params)
    check_battery(params)
    return params


def inverter_preset(name: str, rated_power_w: float, rated_apparent_power_va: float) -> InverterParams:
    """Return the parameters of an inverter of a given size.

    Args:
        name: Of the preset; its losses and ramp are scaled to the rated power.
        rated_power_w: AC active power [W], > 0.
        rated_apparent_power_va: AC apparent power [VA], > 0.

    Raises:
        ValueError: If there is no such preset; says which there are.
    """
    values = find_preset("inverters", "inverter preset", name)
    no_load, linear, quadratic = values["no_load_loss"], values["linear_loss"], values["quadratic_loss"]
    rated_loss_w = (no_load + linear + quadratic) * rated_power_w
    heat_loss_w_per_k = rated_loss_w / values["temperature_rise_k"]
    params = InverterParams(
        rated_power_w=rated_power_w,
        rated_apparent_power_va=rated_apparent_power_va,
        standby_power_w=values["standby"] * rated_power_w,
        no_load_loss_w=no_load * rated_power_w,
        linear_loss=linear,
        quadratic_loss_per_w=quadratic / rated_power_w,
        ramp_rate_w_per_s=values["ramp_rate_per_s"] * rated_power_w,
        response_delay_s=values["response_delay_s"],
        resolution_w=0.0,
        heat_capacity_j_per_k=values["time_constant_s"] * heat_loss_w_per_k,
        heat_loss_w_per_k=heat_loss_w_per_k,
        no_load_loss_slope=values["no_load_loss_slope"],
        linear_loss_slope=values["linear_loss_slope"],
        quadratic_loss_slope=values["quadratic_loss_slope"],
        nominal_dc_voltage_v=values["nominal_dc_voltage_v"],
        dc_voltage_min_v=values["dc_voltage_min_v"],
        dc_voltage_max_v=values["dc_voltage_max_v"],
        dc_current_max_a=values["dc_current_a_per_kw"] * rated_power_w / 1000.0,
        reactive_power_max_var=math.inf,
        power_factor_min=0.0,
        heat_sink_max_c=values["full_power_ambient_c"] + values["temperature_rise_k"],
        ambient_max_c=values["ambient_max_c"],
    )
    check_parameters(params)
    return params


def nearest_inverter_preset(family: str, rated_power_w: float) -> str:
    """Return the name of the preset of a family, `battery` or `pv`, whose class is nearest to a rating by ratio."""
    classes = {
        name: float(name.removeprefix(f"{family}-").removesuffix("kw")) * 1000.0
        for name in inverter_preset_names()
        if name.startswith(f"{family}-")
    }
    return min(classes, key=lambda name: abs(math.log(classes[name] / rated_power_w)))


def pv_array_preset(name: str, peak_power_w: float, string_voltage_v: float = 600.0) -> PvArrayParams:
    """Return the parameters of an array of a given size.

    Args:
        name: Of the preset.
        peak_power_w: DC power at 1000 W/m² and 25 °C [W], > 0.
        string_voltage_v: Wanted of a string under these conditions [V]: as many modules are in series as come
            nearest, at least one.

    Raises:
        ValueError: If there is no such preset; says which there are.
    """
    values = dict(find_preset("pv_arrays", "PV array preset", name))
    del values["module"]
    coefficient = values.pop("alpha_sc_a_per_k") * (1.0 - values.pop("adjust_percent") / 100.0)
    diode = {key: values.pop(key) for key in ModuleParams._fields if key in values}
    module = ModuleParams(**diode, current_a_per_k=coefficient, power_stc_w=1.0)
    point = pv_maximum_power_point(module, 1000.0, 25.0)
    params = PvArrayParams(
        dc_power_stc_w=peak_power_w,
        module=module._replace(power_stc_w=point.power_w),
        modules_in_series=max(float(round(string_voltage_v / point.voltage_v)), 1.0),
        **values,
    )
    check_parameters(params)
    return params


def _table_or_number(key: str, value: Any) -> Any:
    """Return a list as a tuple, and a single number in the place of a table as the same everywhere."""
    if isinstance(value, list):
        return tuple(value)
    return (value, value) if key in {"ocv_slope_v_per_k", "r0_ohm", "r1_ohm", "r2_ohm"} else value
