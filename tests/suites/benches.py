"""A small site and scenarios about it, as files, for tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from doppelgrid.scenarios.suites.file.scenario_file import ScenarioError, ScenarioFile

SITE = """
microgrid: {id: 7, name: Small}
telemetry: {interval: 1 s}
components:
  grid:    {id: 1, category: grid_connection_point, rated_fuse_current: 100 A}
  main:    {id: 2, category: meter, behind: grid, load: 4 kW}
  inv:     {id: 3, category: battery_inverter, behind: main, rated_power: 10 kW}
  battery: {id: 4, category: battery, behind: inv, initial_soc: 60 %}
"""
HEAD = "scenario: a try\nsite: small.yaml\nduration: 2 min\n"


def scenario(folder: Path, rest: str, *, head: str = HEAD, name: str = "try.yaml") -> Path:
    """Write a scenario about the small site, and the site beside it."""
    (folder / "small.yaml").write_text(SITE, encoding="utf-8")
    path = folder / name
    path.write_text(head + rest, encoding="utf-8")
    return path


def told(path: Path) -> list[str]:
    """Return what is said about a wrong file, its folder left out."""
    with pytest.raises(ScenarioError) as refused:
        ScenarioFile(path).scenario()
    return str(refused.value).replace(f"{path.parent}/", "").splitlines()
