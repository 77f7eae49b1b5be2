"""A component type of a package that is like one of ours but for its name is to all of the program what ours is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from doppelgrid.sim.domain.faults import Hosts

pytestmark = pytest.mark.slow

PACKAGE = """
from dataclasses import replace
from typing import Literal

from doppelgrid.hardware import OUR_TYPES


def like(name):
    ours = OUR_TYPES[name]
    marks = {"__annotations__": {"category": Literal["own_" + name]}, "__module__": __name__}
    return replace(ours, name="own_" + name, section=type("Own", (ours.section,), marks))


TYPES = [like(name) for name in ("battery", "battery_inverter", "hybrid_inverter", "breaker", "chp")]
"""
SITE = """
microgrid: {id: 7}
components:
  grid: {id: 1, category: grid_connection_point, rated_fuse_current: 200 A}
  outer: {id: 2, category: meter, behind: grid}
  switch: {id: 3, category: OWNbreaker, behind: outer}
  inner: {id: 4, category: meter, behind: switch, load: 5 kW}
  inv: {id: 11, category: OWNbattery_inverter, behind: inner, rated_power: 30 kW}
  store: {id: 12, category: OWNbattery, behind: inv, preset: lfp-92kwh, initial_soc: 50 %}
  hybrid: {id: 13, category: OWNhybrid_inverter, behind: inner, rated_power: 10 kW, peak_power: 10 kW}
  second: {id: 14, category: OWNbattery, behind: hybrid, preset: lfp-92kwh, initial_soc: 30 %}
  engine: {id: 15, category: OWNchp, behind: inner, rated_power: 50 kW}
"""
PROGRAM = """
import json
import sys
from datetime import timedelta

import doppelgrid
from doppelgrid.sim.domain.faults import Hosts
from doppelgrid.sim.faults.hosts import can_host
from doppelgrid.sim.recording import Recorder, read_recording
from doppelgrid.sim.report.of_recording import report_of_recording
from doppelgrid.sim.report.of_simulation import SiteWatch
from doppelgrid.sim.simulation.simulation import Simulation

name = sys.argv[1]
site = doppelgrid.load_site(name + ".yaml")
simulation = Simulation.headless(site, start_us=1_781_524_800_000_000)
with Recorder(name + ".parquet", site) as recorder:
    recorder.listen(simulation.gateway)
    watch = SiteWatch(simulation)
    simulation.run_for(timedelta(minutes=2))
reports = {"watched": watch.report(), "recorded": report_of_recording(read_recording(name + ".parquet"))}
found = {who: [storage.key for storage in report.storages] for who, report in reports.items()}
found |= {who + " kpis": repr(report.kpis) for who, report in reports.items()}
found |= {hosts.name: [key for key, each in site.components.items() if can_host(hosts, each)] for hosts in Hosts}
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("twin")
    (folder / "twin.py").write_text(PACKAGE)
    about = folder / "twin-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: twin\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[doppelgrid.component_types]\ntwin = twin:TYPES\n")
    for name, own in (("ours", ""), ("theirs", "own_")):
        (folder / f"{name}.yaml").write_text(SITE.replace("OWN", own))
    return folder


def run(folder: Path, program: str, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", "-c", program, *words], cwd=folder, env={**os.environ, "PYTHONPATH": str(folder)},
        check=False, capture_output=True, text=True,
    )  # fmt: skip


@pytest.fixture(scope="module")
def found(folder: Path) -> dict[str, dict[str, Any]]:
    """Return what the program finds of either site."""
    return {
        name: json.loads(run(folder, PROGRAM, name).stdout)
        for name in ("ours", "theirs")
    }  # fmt: skip


def test_faults_can_be_where_they_can_be_on_ours(found: dict[str, dict[str, Any]]) -> None:
    for hosts in Hosts:
        assert found["theirs"][hosts.name] == found["ours"][hosts.name]
    assert found["theirs"]["BATTERIES"] == ["store", "second"]


@pytest.mark.parametrize("who", ["watched", "recorded"])
def test_reports_know_batteries_and_their_figures(who: str, found: dict[str, dict[str, Any]]) -> None:
    assert found["theirs"][who] == ["store", "second"]
    assert found["theirs"][f"{who} kpis"] == found["ours"][f"{who} kpis"]


def test_a_breaker_between_two_meters_loses_nothing(folder: Path) -> None:
    """So that inverters that keep the one and the other keep the same power, and share it."""
    for name in ("ours", "theirs"):
        text = (folder / f"{name}.yaml").read_text()
        text = text.replace("rated_power: 30 kW}", "rated_power: 30 kW, self_consumption: outer}")
        text = text.replace("peak_power: 10 kW}", "peak_power: 10 kW, self_consumption: inner}")
        text = text.replace("load: 5 kW}", "}").replace("behind: switch, }", "behind: switch}")
        (folder / "kept.yaml").write_text(text)
        loaded = run(folder, "import doppelgrid; doppelgrid.load_site('kept.yaml')")
        assert loaded.stderr == "", name
