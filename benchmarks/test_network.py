"""What it costs to find the voltages of a network, compiled and interpreted, from nothing known but the grid's."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from doppelgrid import load_site
from doppelgrid.sim.headless.arrays import packed, structure
from doppelgrid.sim.headless.jit import JitModules, compiled_function
from doppelgrid.sim.kernel.ac_bus import clear_flows, draw_loads, sum_towards_grid
from doppelgrid.sim.kernel.layout import Layout
from doppelgrid.sim.kernel.memory import Memory
from doppelgrid.sim.kernel.network import flow_through_lines
from doppelgrid.sim.plant.plant import Plant

HEAD = """
microgrid: {id: 1}
components:
  grid: {id: 1, category: grid_connection_point, voltage: 20 kV, short_circuit_power: 100 MVA}
  n0: {id: 2, category: power_transformer, behind: grid, preset: oil-400kva, rated_apparent_power: 400 kVA}
"""
TIMES = 1000


def feeder(nodes: int, folder: Path) -> Path:
    """Write a site of a transformer and a branching feeder with a load of one phase at each of its nodes."""
    lines = [HEAD]
    power_w = 60_000.0 / (nodes - 2)
    for node in range(1, nodes - 1):
        behind = (node - 1) // 2
        lines.append(
            f"  n{node}: {{id: {2 * node + 1}, category: meter, behind: n{behind}, "
            "line: {type: nayy-4x150, length: 60 m}}\n"
            f"  l{node}: {{id: {2 * node + 2}, category: meter, behind: n{node}, load: {power_w:.0f} W, "
            f"power_factor: 0.95, phases: [{node % 3 + 1}]}}\n"
        )
    path = folder / "feeder.yaml"
    path.write_text("".join(lines))
    return path


def solve_anew(layout: Any, memory: Any) -> None:
    """Find what flows as if no voltage had been known."""
    clear_flows(layout, memory)
    draw_loads(layout, memory)
    sum_towards_grid(layout, memory)
    for node in range(len(layout.nodes)):
        memory.nodes[node].real_1 = 0.0
        memory.nodes[node].imag_1 = 0.0
    flow_through_lines(layout, memory)


def many_times(layout: Any, memory: Any, times: int) -> float:
    for _ in range(times):
        solve_anew(layout, memory)
    return memory.nodes[1].loss_w  # type: ignore[no-any-return]


@pytest.mark.parametrize("nodes", [20, 100])
@pytest.mark.parametrize("way", ["interpreted", "compiled"])
def test_solving_a_network(benchmark: BenchmarkFixture, tmp_path: Path, nodes: int, way: str) -> None:
    site = load_site(feeder(nodes, tmp_path))
    plant = Plant(site, start_us=site.moment_us(datetime(2026, 6, 15, 12)), seed=0)
    plant.advance(plant.time_us + 60_000_000)
    layout, memory, _ = plant.numbers
    if way == "interpreted":
        benchmark.pedantic(lambda: solve_anew(layout, memory), rounds=50, warmup_rounds=1)
        times = 1
    else:
        modules, names = JitModules(), ("clear_flows", "draw_loads", "sum_towards_grid", "flow_through_lines")
        own = solve_anew.__globals__ | {name: modules.compiled(globals()[name]) for name in names}
        solve = compiled_function(solve_anew, own)
        run = compiled_function(many_times, many_times.__globals__ | {"solve_anew": solve})
        states = dict.fromkeys(("battery_states", "bms_states", "ageing_states"), np.zeros(0))
        arrays = (
            structure(Layout)(*packed(layout).values),
            structure(Memory)(*packed(memory, **states, inputs=np.array(memory.inputs)).values),
        )
        run(*arrays, 1)
        benchmark.pedantic(lambda: run(*arrays, TIMES), rounds=5)
        times = TIMES
    assert len(layout.nodes) == nodes
    if benchmark.stats is not None:
        benchmark.extra_info["µs a solution"] = round(1e6 * benchmark.stats.stats.min / times, 1)
