"""What a second of a battery costs, compiled: with the lag of solid diffusion, reversible heat and warming."""

from __future__ import annotations

from typing import Any

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from doppelgrid.models.battery import BatteryInput, BatteryState
from doppelgrid.models.battery_step import battery_step
from doppelgrid.sim.components.battery import battery_preset
from doppelgrid.sim.headless.arrays import records
from doppelgrid.sim.headless.jit import JitModules, compiled_function

STEPS = 1_000_000
HALF_AN_HOUR = 1800


def many_steps(rows: Any, state: BatteryState, power_w: float, steps: int) -> float:
    heat_w = 0.0
    for step in range(steps):
        now_w = power_w if step // HALF_AN_HOUR % 2 == 0 else -power_w
        state, shown = battery_step(rows[0], state, BatteryInput(now_w, 20.0, 0.0, 0.0, 1.0), 1.0)
        heat_w += shown.loss_w
    return heat_w / steps


@pytest.mark.parametrize("preset", ["lfp-92kwh", "nmc-100kwh", "lmo-24kwh"])
def test_seconds_of_a_battery(benchmark: BenchmarkFixture, preset: str) -> None:
    params = battery_preset(preset)
    names = many_steps.__globals__ | {"battery_step": JitModules().compiled(battery_step)}
    compiled = compiled_function(many_steps, names)
    rows, rested = records([params]), BatteryState(0.5, 0.0, 0.0, 20.0, 1.0, 1.0, 0.0)
    power_w = 0.3 * params.capacity_wh
    compiled(rows, rested, power_w, 1)
    heat_w = benchmark.pedantic(lambda: compiled(rows, rested, power_w, STEPS), rounds=5)
    assert 0.0 < heat_w < 0.1 * power_w
    if benchmark.stats is not None:
        benchmark.extra_info["steps per second"] = round(STEPS / benchmark.stats.stats.min)
