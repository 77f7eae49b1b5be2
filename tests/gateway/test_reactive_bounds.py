"""Reactive power that is shown can be had, and is accepted."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from doppelgrid.sim.domain.metrics import Metric, PowerType
from doppelgrid.sim.domain.ranges import Ranges
from doppelgrid.sim.simulation.simulation import Simulation
from doppelgrid.sim.site.site import Site

REACTIVE = Metric.AC_POWER_REACTIVE
DEVICE = 3


def running(device: dict[str, Any], phase: str = "230 V", **others: dict[str, Any]) -> Simulation:
    components = {
        "grid": {"id": 1, "category": "grid_connection_point", "voltages": {"phases": [phase] * 3}},
        "main": {"id": 2, "category": "meter", "behind": "grid"},
        "device": {"id": DEVICE, "behind": "main", **device},
        **others,
    }
    simulation = Simulation.headless(
        Site.model_validate({"microgrid": {"id": 1}, "components": components}), start_us=0, seed=0
    )
    simulation.run_for(timedelta(seconds=2))
    return simulation


def shown(simulation: Simulation) -> Ranges:
    return simulation.gateway.frame(DEVICE).bounds[REACTIVE]


@pytest.mark.parametrize("phase", ["235 V", "240 V", "250 V"])
def test_a_capacitor_bank_accepts_what_a_high_voltage_makes_of_all_its_steps(phase: str) -> None:
    bank = running({"category": "capacitor_bank", "rated_reactive_power": "60 kvar", "steps": 6}, phase)
    ((lower_var, _),) = shown(bank)
    assert lower_var < -61e3
    bank.gateway.set_power(DEVICE, PowerType.REACTIVE, lower_var, 60)
    bank.run_for(timedelta(seconds=5))
    assert bank.gateway.frame(DEVICE).values[REACTIVE] == pytest.approx(lower_var)


def test_at_rest_an_inverter_with_a_least_power_factor_shows_no_reactive_power() -> None:
    inverter = {"category": "battery_inverter", "rated_power": "10 kW", "min_power_factor": 0.9}
    battery = {"id": 4, "category": "battery", "behind": "device", "preset": "lfp-92kwh"}
    assert shown(running(inverter, battery=battery)) == ((0.0, 0.0),)
