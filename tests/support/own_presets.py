"""Presets in a site's own folder, and what is said of them, for tests."""

from __future__ import annotations

import copy
import json
import tomllib
from pathlib import Path
from typing import Any

from doppelgrid.sim.components.presets import read_own_presets

SHIPPED = Path(__file__).parents[2] / "models" / "presets"
SITE = """
presets: presets
microgrid: {id: 1}
components:
  grid:    {id: 1,  category: grid_connection_point, rated_fuse_current: 63 A}
  bat-inv: {id: 11, category: battery_inverter, behind: grid, rated_power: 15 kW}
  battery: {id: 12, category: battery, behind: bat-inv, preset: workshop-30kwh, initial_soc: 60 %}
"""


def said_of(folder: Path) -> list[str]:
    """Return all that is said of the presets of a folder."""
    return [str(error) for error in read_own_presets(folder)[1]]


def written(value: Any) -> str:
    """Return a value as TOML, tables in line."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{json.dumps(key)} = {written(each)}' for key, each in value.items())}}}"
    return str(value) if isinstance(value, float) else json.dumps(value)


def put(folder: Path, file: str, of: str, changes: dict[str, Any]) -> None:
    """Write a file with one preset, `own`: one of ours with values changed, or left out if None."""
    own: dict[str, Any] = copy.deepcopy(tomllib.loads((SHIPPED / f"{file}.toml").read_text("utf-8"))[of])
    if file == "cells":
        own["managed_as"] = of
    for name, value in changes.items():
        *tables, key = name.split(".")
        table = own
        for each in tables:
            table = table[each]
        table[key] = value
        if value is None:
            del table[key]
    (folder / f"{file}.toml").write_text(f"own = {written(own)}\n", encoding="utf-8")
