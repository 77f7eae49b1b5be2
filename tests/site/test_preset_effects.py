"""Whatever a value of a preset does to a component is told as of the preset, with what that says of the value."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from support.own_presets import put

import doppelgrid
from doppelgrid.sim.components.presets import LOADERS
from doppelgrid.sim.files.preset_comments import preset_file
from doppelgrid.sim.inputs import build
from doppelgrid.sim.site import explanation
from doppelgrid.sim.site.explanation import Explained, Origin, explained

START_US = 1_780_000_000_000_000
GRID = {"id": 1, "category": "grid_connection_point", "rated_fuse_current": "100 A"}


class Case(NamedTuple):
    """A component with a preset of a file."""

    of: str
    """The preset."""
    component: dict[str, Any]
    """Without what the site has of everybody; `PRESET` stands for the preset."""
    without_effect: frozenset[str] = frozenset()
    """Keys that do nothing to a parameter of this component."""


PACK: dict[str, tuple[str, dict[str, Any]]] = {
    "batteries": ("lfp-92kwh", {"cell": "own"}),
    "cells": ("lfp", {"managed_as": "own"}),
    "bms": ("lfp", {}),
    "ageing": ("lfp", {}),
}
"""Files of what a battery is made of, with a preset of each and what ties it to those of the others."""
INVERTER = {"category": "battery_inverter", "rated_power": "10 kW"}
BATTERY = {"category": "battery", "behind": "inv", "preset": "PRESET", "ageing": 1}
CHARGER = {"category": "ev_charger", "rated_power": "22 kW"}
CASES = {
    "ageing": Case("lfp", BATTERY),
    "batteries": Case("lfp-92kwh", BATTERY | {"capacity": "12 kWh"}),
    "bms": Case("lfp", BATTERY, frozenset({"cell_voltage_max_v"})),
    "cars": Case("saloon-50kwh", CHARGER | {"sessions": {"profile": "workplace", "cars": "PRESET"}}),
    "cells": Case("lfp", BATTERY),
    "chps": Case("gas-20kw", {"category": "chp", "rated_power": "20 kW", "preset": "PRESET"}),
    "crypto_miners": Case(
        "antminer-s19-pro", {"category": "crypto_miner", "machines": 8, "preset": "PRESET"}
    ),
    "electrolyzers": Case("pem", {"category": "electrolyzer", "rated_power": "20 kW", "preset": "PRESET"}),
    "ev_chargers": Case(
        "dc-50kw", {"category": "ev_charger", "rated_power": "50 kW", "type": "dc", "preset": "PRESET"}
    ),
    "fuses": Case("gg-100", GRID | {"fuse": {"preset": "PRESET"}}),
    "hvacs": Case("house-heat-pump", {"category": "hvac", "rated_power": "5 kW", "preset": "PRESET"}),
    "inverters": Case("battery-10kw", INVERTER | {"dc_voltage": "battery", "preset": "PRESET"}),
    "pv_arrays": Case("thin-film", {"category": "pv_inverter", "rated_power": "10 kW", "module": "PRESET"}),
    "pv_spectra": Case("cdte", {"category": "pv_inverter", "rated_power": "10 kW", "spectrum": "PRESET"}),
    "steam_boilers": Case(
        "resistive", {"category": "steam_boiler", "rated_power": "20 kW", "preset": "PRESET"}
    ),
    "transformers": Case(
        "oil-400kva", {"category": "power_transformer", "rated_apparent_power": "400 kVA", "preset": "PRESET"}
    ),
    "ups": Case(
        "online-20kva",
        {"category": "uninterruptible_power_supply", "rated_apparent_power": "20 kVA", "preset": "PRESET"},
    ),
    "wind_turbines": Case(
        "senvion-mm82-2050kw", {"category": "wind_turbine", "rated_power": "2 MW", "preset": "PRESET"}
    ),
}
NOT_EXPLAINED = {"grid_areas", "grid_outages", "lines", "loads"}
"""What they describe has no parameters that a component shows."""


def test_each_file_of_presets_is_tried() -> None:
    assert CASES.keys() | NOT_EXPLAINED == LOADERS.keys()


def told(folder: Path, case: Case, preset: str) -> dict[str, Explained]:
    """Return what is told of the parameters of the component of a case, by name."""
    said = json.loads(json.dumps(case.component).replace("PRESET", preset))
    components = {
        "grid": GRID,
        "inv": INVERTER | {"id": 3, "behind": "grid"},
        "battery": {"id": 4, "category": "battery", "behind": "inv"},
    }
    key = {"grid_connection_point": "grid", "battery_inverter": "inv"}.get(said["category"], "it")
    components[key] = components.get(key, {"id": 2, "behind": "grid"}) | said
    site = {
        "presets": "presets",
        "microgrid": {"id": 7},
        "weather": {"relative_humidity": "60 %"},
        "components": components,
    }
    (folder / "site.yaml").write_text(json.dumps(site))
    made = explained(doppelgrid.load_site(folder / "site.yaml"), key, start_us=START_US)
    return {each.name: each for each in made.parameters}


def put_own(folder: Path, file: str, of: str, changes: dict[str, Any]) -> None:
    """Write a preset `own` into a folder: one of ours with values changed, in a pack of such all around."""
    for other, (of_other, usual) in (PACK if file in PACK else {file: (of, {})}).items():
        put(folder, other, of_other, usual | (changes if other == file else {}))


def keys_of(file: str, preset: str) -> dict[str, Any]:
    return {each.key: each.value for each in preset_file(file).values if each.preset == preset}


def others(value: Any) -> Iterator[Any]:
    """Yield values beside one that a file of presets has."""
    match value:
        case bool():
            yield not value
        case int():
            yield from (value + 1, value - 1)
        case float():
            yield from (value * 1.02 or 0.01, value * 0.98)
        case list():
            for factor in (1.02, 0.98):
                yield [each * factor or 0.01 for each in value]


def moved(site: Path, file: str, case: Case, key: str, usual: dict[str, Explained]) -> set[str] | None:
    """Return the parameters to which a key of a preset does something; None if no other value can be."""
    is_possible = False
    for value in others(keys_of(file, case.of)[key]):
        put_own(site / "presets", file, case.of, {key: value})
        try:
            made = told(site, case, "own")
        except ValueError:
            continue
        is_possible = True
        if found := {name for name in usual.keys() & made.keys() if made[name].value != usual[name].value}:
            return found
    return set() if is_possible else None


@pytest.mark.parametrize("file", CASES)
def test_what_a_value_of_a_preset_does_something_to_is_told_as_of_the_preset_with_a_remark(
    file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case, folder = CASES[file], tmp_path / "presets"
    folder.mkdir()
    put_own(folder, file, case.of, {})
    of_ours = told(tmp_path, case, case.of if file not in PACK else PACK["batteries"][0])
    of_own = told(tmp_path, case, "own")
    monkeypatch.setattr(explanation, "effects", lambda *_: {})  # values alone count from here on
    without_effect = set()
    for key, value in keys_of(file, case.of).items():
        if isinstance(value, str):
            continue
        found = moved(tmp_path, file, case, key, of_own)
        if found is None:
            found = {name for name in of_own if name.rpartition(".")[2] == key}
        if not found:
            without_effect.add(key)
        for name in found:
            assert of_own[name].origin is not Origin.MODEL, (key, name)
            assert of_ours[name].origin is not Origin.MODEL, (key, name)
            assert of_ours[name].remark or of_ours[name].origin is Origin.FILE, (key, name)
    assert without_effect == case.without_effect


def test_a_recording_that_drives_a_component_is_read_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sun.csv").write_text("time,W/m²\n2026-06-15T00:00:00Z,100\n2026-06-15T01:00:00Z,200\n")
    file = tmp_path / "site.yaml"
    file.write_text(
        "microgrid: {id: 1}\n"
        "components:\n"
        "  grid: {id: 1, category: grid_connection_point}\n"
        "  roof: {id: 2, category: pv_inverter, behind: grid, rated_power: 10 kW, irradiance: {file: sun.csv}}\n"
    )
    site = doppelgrid.load_site(file)
    read, original = list[object](), build.recorded_signal

    def note(*given: Any) -> Any:
        read.append(given)
        return original(*given)

    monkeypatch.setattr(build, "recorded_signal", note)
    explained(site, "roof", start_us=site.moment_us(datetime(2026, 6, 15, 2, 30)))
    assert len(read) == 1
