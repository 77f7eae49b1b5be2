"""Named sets of parameters, read from data files beside the models; values there name their source."""

from __future__ import annotations

import difflib
import tomllib
from functools import cache
from importlib import resources
from typing import Any

from ..models.battery import BatteryParams
from ..models.battery_pack import CellParams, PackParams, battery_of_cells
from ..models.inverter import InverterParams
from ..models.pv import PvArrayParams


def battery_preset_names() -> tuple[str, ...]:
    """Return the names that `battery_preset` accepts."""
    return tuple(_read("batteries"))


def inverter_preset_names() -> tuple[str, ...]:
    """Return the names that `inverter_preset` accepts."""
    return tuple(_read("inverters"))


def pv_array_preset_names() -> tuple[str, ...]:
    """Return the names that `pv_array_preset` accepts."""
    return tuple(_read("pv_arrays"))


@cache
def battery_preset(name: str) -> BatteryParams:
    """Return the parameters of a battery.

    Raises:
        ValueError: If there is no such preset; says which there are.
    """
    pack = dict(_find("batteries", "battery preset", name))
    cell = _find("cells", "cell", pack.pop("cell"))
    return battery_of_cells(
        CellParams(**{key: _table_or_number(key, value) for key, value in cell.items()}), PackParams(**pack)
    )


def inverter_preset(name: str, rated_power_w: float, rated_apparent_power_va: float) -> InverterParams:
    """Return the parameters of an inverter of a given size.

    Args:
        name: Of the preset; its losses and ramp are scaled to the rated power.
        rated_power_w: AC active power [W], > 0.
        rated_apparent_power_va: AC apparent power [VA], > 0.

    Raises:
        ValueError: If there is no such preset; says which there are.
    """
    values = _find("inverters", "inverter preset", name)
    no_load, linear, quadratic = values["no_load_loss"], values["linear_loss"], values["quadratic_loss"]
    rated_loss_w = (no_load + linear + quadratic) * rated_power_w
    heat_loss_w_per_k = rated_loss_w / values["temperature_rise_k"]
    return InverterParams(
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
    )


def pv_array_preset(name: str, peak_power_w: float) -> PvArrayParams:
    """Return the parameters of an array of a given size.

    Args:
        name: Of the preset.
        peak_power_w: DC power at 1000 W/m² and 25 °C [W], > 0.

    Raises:
        ValueError: If there is no such preset; says which there are.
    """
    return PvArrayParams(dc_power_stc_w=peak_power_w, **_find("pv_arrays", "PV array preset", name))


def _find(file: str, kind: str, name: str) -> dict[str, Any]:
    entries = _read(file)
    if name in entries:
        return entries[name]
    close = difflib.get_close_matches(name, entries, n=1)
    hint = f" (did you mean {close[0]!r}?)" if close else ""
    raise ValueError(f"{kind} is {name!r}; accepted: {', '.join(entries)}{hint}")


@cache
def _read(file: str) -> dict[str, dict[str, Any]]:
    text = (
        resources.files(__package__.replace(".sim", ".models"))
        .joinpath("presets", f"{file}.toml")
        .read_text("utf-8")
    )
    return tomllib.loads(text)


def _table_or_number(key: str, value: Any) -> Any:
    """Return a list as a tuple, and a single resistance as the table that is the same everywhere."""
    if isinstance(value, list):
        return tuple(value)
    return (value, value) if key in {"r0_ohm", "r1_ohm"} else value
