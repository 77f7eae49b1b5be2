"""All kinds of presets: the data file of each, and what makes parameters of one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from ...models.parameter import ParameterError
from ..files.presets import (
    MANAGED_AS,
    PresetError,
    PresetFolder,
    find_preset,
    most_telling,
    own_presets,
    read_preset_folder,
)
from ..files.problems import one_of
from ..inputs.grid.presets import area_preset, outage_preset
from ..inputs.sessions.cars import car_preset
from .array_spectrum import spectrum_preset
from .battery import battery_preset, cell_preset, cells_in_series
from .battery_management import ageing_preset, bms_preset, bms_preset_names
from .ev_charger import ev_charger_preset
from .grid_fuse import fuse_preset
from .inverter import inverter_preset
from .line import line_preset
from .load_mix import load_preset
from .machines.chp import chp_preset
from .machines.crypto_miner import crypto_miner_preset
from .machines.electrolyzer import electrolyzer_preset
from .machines.hvac import hvac_preset
from .machines.steam_boiler import steam_boiler_preset
from .machines.wind_turbine import wind_turbine_preset
from .power_transformer import transformer_preset
from .solar_array import pv_array_preset
from .uninterruptible_power_supply import ups_preset

_VOLTAGE_MARGIN = 0.05
"""Farther from the voltage that they are made for, thresholds of a chemistry would not fit; chosen."""
_USUAL_W = 20e3
"""Size at which presets that are made for any size are looked at [W]."""


def _sized(load: Callable[..., Any], *sizes: float) -> Callable[[str], Any]:
    return lambda name: load(name, *sizes)


def _cell(name: str) -> Any:
    """Make a cell that something manages."""
    values, known = find_preset("cells", "cell", name), bms_preset_names()
    if values.get(MANAGED_AS, name) not in known:
        found = repr(values[MANAGED_AS]) if MANAGED_AS in values else "missing"
        raise PresetError("cells.toml", f"{name}.{MANAGED_AS}", found, one_of(known, values.get(MANAGED_AS)))
    cell = cell_preset(name)
    for place, (before_v, after_v) in enumerate(pairwise(cell.ocv_v), start=1):
        if after_v < before_v:
            raise PresetError("cells.toml", f"{name}.ocv_v[{place}]", f"{after_v:g} V", f">= {before_v:g} V")
    usual_v = find_preset("bms", "battery management preset", values.get(MANAGED_AS, name))[
        "cell_voltage_max_v"
    ]
    if abs(cell.voltage_max_v / usual_v - 1.0) > _VOLTAGE_MARGIN:
        raise PresetError(
            "cells.toml",
            f"{name}.voltage_max_v",
            f"{cell.voltage_max_v:g} V",
            f"{usual_v:g} V within"
            f" {_VOLTAGE_MARGIN:.0%}, as of the cells that it is managed as, or a management of its own in bms.toml",
        )
    return cell


def _pack(name: str) -> Any:
    """Make a battery of a whole number of cells."""
    series = find_preset("batteries", "battery preset", name)["series"]
    if series != int(series):
        raise PresetError("batteries.toml", f"{name}.series", f"{series:g}", "a whole number")
    return battery_preset(name)


LOADERS: dict[str, Callable[[str], Any]] = {
    "cells": _cell,
    "ageing": ageing_preset,
    "batteries": _pack,
    "bms": lambda name: bms_preset(name, battery_preset("lfp-92kwh"), cells_in_series("lfp-92kwh")),
    "cars": car_preset,
    "chps": _sized(chp_preset, _USUAL_W),
    "crypto_miners": crypto_miner_preset,
    "electrolyzers": _sized(electrolyzer_preset, _USUAL_W),
    "ev_chargers": ev_charger_preset,
    "fuses": fuse_preset,
    "grid_areas": area_preset,
    "grid_outages": outage_preset,
    "hvacs": hvac_preset,
    "inverters": _sized(inverter_preset, _USUAL_W, _USUAL_W),
    "lines": lambda name: line_preset(name, 1e3),
    "loads": load_preset,
    "pv_arrays": _sized(pv_array_preset, _USUAL_W),
    "pv_spectra": spectrum_preset,
    "steam_boilers": _sized(steam_boiler_preset, _USUAL_W),
    "transformers": _sized(transformer_preset, _USUAL_W),
    "ups": _sized(ups_preset, _USUAL_W),
    "wind_turbines": wind_turbine_preset,
}
"""By stem of the data file, what makes parameters of a preset's name, or says what is wrong with it.

Cells stand before the packs that are made of them.
"""


def read_own_presets(path: Path) -> tuple[PresetFolder, list[PresetError]]:
    """Read a folder of presets of one's own.

    Returns:
        The presets that are right, and all that is wrong with the others: in form, or because one describes what its
        model cannot have.
    """
    folder, wrong = read_preset_folder(path)
    sound: dict[str, dict[str, dict[str, Any]]] = {stem: {} for stem in folder.tables}
    with own_presets(folder):
        for stem in LOADERS:
            for name, values in folder.tables.get(stem, {}).items():
                if values.get("cell") in _named(wrong, "cells.toml"):
                    continue
                try:
                    _check(stem, name)
                    sound[stem][name] = values
                except PresetError as error:
                    wrong.append(error)
    return replace(folder, tables=sound), most_telling(wrong, path)


def _named(wrong: list[PresetError], file: str) -> set[str]:
    return {error.name.split(".")[0] for error in wrong if error.file == file and error.name}


def _check(stem: str, name: str) -> None:
    """Hold a preset to what its model can have.

    Raises:
        PresetError: If it describes what cannot be; names file, preset and parameter.
    """
    file = f"{stem}.toml"
    try:
        LOADERS[stem](name)
    except PresetError:
        raise
    except ParameterError as error:
        raise PresetError(file, f"{name}.{error.parameter}", error.found, error.accepted) from None
    except (TypeError, ValueError, LookupError, AttributeError, ArithmeticError, OSError) as error:
        raise PresetError(
            file, name, f"not usable ({error})", f"values of the form of ours in models/presets/{file}"
        ) from None
