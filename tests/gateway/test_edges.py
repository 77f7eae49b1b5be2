"""An inverter that is told an edge of what it shows has it, whatever reactive power it gives beside."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest
from support.rarely_sampled import rarely_sampled

from doppelgrid.sim.domain.metrics import Metric, PowerType
from doppelgrid.sim.simulation.simulation import Simulation
from doppelgrid.sim.site.site import Site

INVERTER = 2
SUNNY = {"category": "hybrid_inverter", "peak_power": "5 kW", "irradiance": "100 W/m²"}


def started(inverter: dict[str, Any], battery: dict[str, Any]) -> Simulation:
    components = {
        "grid": {"id": 1, "category": "grid_connection_point"},
        "inverter": {"id": INVERTER, "behind": "grid", **inverter},
        "battery": {"id": 3, "category": "battery", "behind": "inverter", **battery},
    }
    site = rarely_sampled(Site.model_validate({"microgrid": {"id": 7}, "components": components}))
    simulation = Simulation.headless(site, start_us=0, seed=1)
    simulation.run_for(timedelta(seconds=2))
    return simulation


def not_had(simulation: Simulation, reactive_var: float) -> dict[float, float]:
    """Return what an inverter has in place of the edges that it shows beside a reactive power, by edge."""
    simulation.gateway.set_power(INVERTER, PowerType.REACTIVE, reactive_var, 900)
    simulation.run_for(timedelta(seconds=10))
    shown = simulation.gateway.frame(INVERTER).bounds[Metric.AC_POWER_ACTIVE]
    before, found = simulation.save(), {}
    for edge_w in {edge for bounds in shown for edge in bounds}:
        simulation.gateway.set_power(INVERTER, PowerType.ACTIVE, edge_w, 900)
        simulation.run_for(timedelta(seconds=20))
        power_w = simulation.gateway.frame(INVERTER).values[Metric.AC_POWER_ACTIVE]
        if abs(power_w - edge_w) > 1e-3 * max(abs(edge_w), 1.0):
            found[edge_w] = power_w
        simulation.restore(before)
    return found


@pytest.mark.parametrize("reactive_var", [1299.99, -1299.99, 1200.0, -300.0])
def test_beside_as_much_as_its_apparent_power_leaves(reactive_var: float) -> None:
    inverter = {"category": "battery_inverter", "rated_power": "1 kW", "rated_apparent_power": "1.3 kVA"}
    battery = {
        "initial_soc": "85 %",
        "capacity": "2 kWh",
        "min_power": "30 W",
        "max_discharge_power": "0.9 kW",
    }
    assert not_had(started(inverter, battery), reactive_var) == {}


@pytest.mark.parametrize("keys", [{}, {"standby_power": "0 W"}], ids=["preset", "no standby"])
@pytest.mark.parametrize("rated_kw", [1, 8, 30])
@pytest.mark.parametrize("kind", [{"category": "battery_inverter"}, SUNNY], ids=["battery", "hybrid"])
def test_at_rest_before_a_full_battery(kind: dict[str, Any], rated_kw: int, keys: dict[str, Any]) -> None:
    full = {"initial_soc": "95 %", "max_soc": "95 %", "capacity": f"{4 * rated_kw} kWh"}
    assert not_had(started({"rated_power": f"{rated_kw} kW", **kind, **keys}, full), 0.0) == {}


@pytest.mark.parametrize("seed", range(12))
def test_of_any_inverter_and_any_least_power_of_its_battery(seed: int) -> None:
    draw = random.Random(seed)
    rated_w = draw.choice([1e3, 5e3, 30e3, 1e6])
    inverter = {
        "category": "battery_inverter",
        "rated_power": f"{rated_w} W",
        "rated_apparent_power": f"{rated_w * draw.choice([1.0, 1.1, 2.0])} VA",
        "min_power_factor": draw.choice([0.0, 0.0, 0.3, 0.8]),
    }
    battery = {
        "initial_soc": "50 %",
        "capacity": f"{2.0 * rated_w} Wh",
        "min_power": f"{draw.choice([3e-5, 3e-3, 0.1]) * rated_w} W",
    }
    simulation = started(inverter, battery)
    rating = simulation.plant.equipment.ratings["inverter"]
    assert rating.reactive is not None
    assert (
        not_had(simulation, draw.choice([-1.0, 1.0]) * draw.choice([1.0, 0.999, 0.5]) * rating.reactive.upper)
        == {}
    )
