"""What clients are told of inverters that share a battery."""

from __future__ import annotations

from datetime import timedelta

import pytest

from doppelgrid.sim.domain.metrics import Metric, PowerType
from doppelgrid.sim.simulation.simulation import Simulation
from doppelgrid.sim.site.site import Site

ACTIVE = Metric.AC_POWER_ACTIVE
LARGE, SMALL = 3, 4


def sharing() -> Simulation:
    """Return a battery that gives 5 kW at most to two inverters, of which the larger one delivers 4.2 kW."""
    inverter = {"category": "battery_inverter", "behind": "main"}
    components = {
        "grid": {"id": 1, "category": "grid_connection_point"},
        "main": {"id": 2, "category": "meter", "behind": "grid"},
        "large": {"id": LARGE, **inverter, "rated_power": "30 kW"},
        "small": {"id": SMALL, **inverter, "rated_power": "3 kW"},
        "bat": {
            "id": 5, "category": "battery", "behind": ["large", "small"], "preset": "lfp-92kwh",
            "max_discharge_power": "5 kW",
        },
    }  # fmt: skip
    simulation = Simulation.headless(
        Site.model_validate({"microgrid": {"id": 1}, "components": components}), start_us=0, seed=0
    )
    simulation.gateway.set_power(LARGE, PowerType.ACTIVE, -4200.0, 600)
    simulation.run_for(timedelta(seconds=5))
    return simulation


def power_w(simulation: Simulation, component: int) -> float:
    return simulation.gateway.frame(component).values[ACTIVE]


def test_one_that_gets_less_beside_the_other_keeps_its_set_point() -> None:
    simulation = sharing()
    simulation.gateway.set_power(SMALL, PowerType.ACTIVE, -1000.0, 600)
    simulation.run_for(timedelta(seconds=5))
    shares = [power_w(simulation, LARGE) / -4200.0, power_w(simulation, SMALL) / -1000.0]
    assert 0.8 < min(shares) <= max(shares) < 1.0
    assert simulation.plant.tracking.has_reached("small", PowerType.ACTIVE)
    simulation.gateway.set_power(LARGE, PowerType.ACTIVE, -2000.0, 600)
    simulation.run_for(timedelta(seconds=5))
    assert power_w(simulation, SMALL) == pytest.approx(-1000.0)


def test_alone_it_has_not_reached_what_a_battery_holds_back() -> None:
    simulation = sharing()
    simulation.gateway.set_power(SMALL, PowerType.ACTIVE, -1000.0, 600)
    simulation.gateway.set_power(LARGE, PowerType.ACTIVE, 0.0, 600)
    simulation.run_for(timedelta(seconds=5))
    assert not simulation.plant.capability.has_less_beside_others("small")
