"""Beside a particle model of the same cell, solved by PyBaMM: what current and cold do, and which way heat flows.

PyBaMM (BSD-3-Clause) is no dependency: where it is not installed, these tests are skipped. Its parameter set ORegan2022
describes the LG M50, the `nmc` cell of the presets, from measurements of others.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest

from doppelgrid.models.battery import BatteryInput, battery_initial_state
from doppelgrid.models.battery_step import battery_step, battery_terminal
from doppelgrid.sim.components.battery import battery_preset

PACK = battery_preset("nmc-100kwh")._replace(soc_lower=0.0, soc_upper=1.0, heat_capacity_j_per_k=1e12)
SERIES = 192.0
CELLS = SERIES * PACK.charge_capacity_ah / 4.965
START = 0.9
"""SoC from which both are discharged."""


class Shown(NamedTuple):
    """One cell at the end of a discharge."""

    voltage_v: float
    reversible_w: float


@pytest.fixture(scope="module")
def pybamm() -> Any:
    return pytest.importorskip("pybamm", reason="PyBaMM is not installed")


def particles(pybamm: Any, rate: float, celsius: float, depth: float) -> Shown:
    values = pybamm.ParameterValues("ORegan2022")
    values["Upper voltage cut-off [V]"] = 4.2
    values["Open-circuit voltage at 100% SOC [V]"] = 4.2
    values["Ambient temperature [K]"] = celsius + 273.15
    values["Initial temperature [K]"] = celsius + 273.15
    model = pybamm.lithium_ion.SPM({"calculate heat source for isothermal models": "true"})
    simulation = pybamm.Simulation(model, parameter_values=values, C_rate=rate)
    solution = simulation.solve(np.linspace(0.0, depth * 3600.0 / rate, 50), initial_soc=START)
    return Shown(
        float(solution["Voltage [V]"].entries[-1]), float(solution["Reversible heating [W]"].entries[-1])
    )


def circuit(rate: float, celsius: float, depth: float) -> Shown:
    state = battery_initial_state(PACK, START, celsius)
    current_a = -rate * PACK.charge_capacity_ah
    shown = battery_terminal(PACK, state, 0.0)
    for _ in range(100):
        inp = BatteryInput(current_a * shown.voltage_v, celsius)
        state, shown = battery_step(PACK, state, inp, depth * 36.0 / rate)
    now = battery_terminal(PACK, state, current_a * shown.voltage_v)
    return Shown(now.voltage_v / SERIES, now.reversible_heat_w / CELLS)


@pytest.mark.slow
def test_more_current_and_cold_lower_the_voltage_as_in_a_particle_model(pybamm: Any) -> None:
    conditions = [(0.5, 25.0, 0.5), (1.0, 25.0, 0.5), (1.0, 15.0, 0.5)]
    theirs = [particles(pybamm, *condition).voltage_v for condition in conditions]
    ours = [circuit(*condition).voltage_v for condition in conditions]
    assert theirs[0] > theirs[1] > theirs[2]
    assert ours[0] > ours[1] > ours[2]


@pytest.mark.slow
@pytest.mark.parametrize("depth", [0.1, 0.3, 0.5, 0.8])
def test_reversible_heat_is_about_that_of_a_particle_model(pybamm: Any, depth: float) -> None:
    theirs, ours = particles(pybamm, 0.1, 25.0, depth), circuit(0.1, 25.0, depth)
    # The two do not count SoC alike; where the heat changes its sign, it is small.
    assert ours.reversible_w == pytest.approx(theirs.reversible_w, rel=0.2, abs=2e-3)
