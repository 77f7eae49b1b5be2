"""Batteries that nobody looks at are carried when somebody does, and come to the same."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from doppelgrid.sim.domain.metrics import PowerType
from doppelgrid.sim.plant.plant import Plant
from doppelgrid.sim.simulation.simulation import Simulation
from doppelgrid.sim.site.site import Site

SECOND = 1_000_000
START = 1_750_000_000 * SECOND


def charging() -> Simulation:
    """Return a site of which two batteries are charged, and a third rests."""
    components: dict[str, Any] = {
        "grid": {"id": 1, "category": "grid_connection_point", "rated_fuse_current": "400 A"}
    }
    for number in (10, 11, 12):
        components[f"inv{number}"] = {
            "id": number, "category": "battery_inverter", "behind": "grid", "rated_power": "10 kW",
        }  # fmt: skip
        components[f"bat{number}"] = {"id": number + 100, "category": "battery", "behind": f"inv{number}"}
    simulation = Simulation.headless(
        Site.model_validate({"microgrid": {"id": 7}, "components": components}), start_us=START
    )
    for number in (10, 11):
        simulation.gateway.set_power(number, PowerType.ACTIVE, 8e3, 900.0)
    simulation.run_for(timedelta(seconds=20))
    return simulation


def of_batteries(plant: Plant) -> tuple[object, object]:
    """Return all that a plant remembers of its batteries."""
    state = plant.save()
    return state.batteries, {
        name: rows for name, rows in state.numbers.items() if name.startswith("batteries.")
    }


def losses_wh(plant: Plant) -> list[float]:
    """Return the losses that stand written down, which grow as a battery is carried [Wh]."""
    return [battery.loss_wh for battery in plant.operating_point.memory.batteries]


def test_a_look_carries_the_batteries_that_are_looked_at_and_no_other() -> None:
    plant = charging().plant
    before = losses_wh(plant)
    plant.advance_to_look(plant.time_us + 100_000)
    assert losses_wh(plant) == before
    plant.readings.soc("bat10")
    after = losses_wh(plant)
    assert after[0] > before[0]
    assert after[1] == before[1]


def test_no_battery_is_carried_to_see_whether_a_set_point_has_arrived() -> None:
    simulation = charging()
    simulation.gateway.set_power(11, PowerType.ACTIVE, -5e3, 60.0)
    before = losses_wh(simulation.plant)
    simulation.engine.run_to(simulation.now_us + 400_000)
    assert simulation.plant.time_us == simulation.now_us
    assert losses_wh(simulation.plant) == before


@pytest.mark.parametrize("step_us", [100_000, 70_001])
def test_looks_at_one_battery_leave_all_as_they_are_without_looks(step_us: int) -> None:
    looked_at, alone = charging().plant, charging().plant
    for _ in range(200):
        looked_at.advance_to_look(looked_at.time_us + step_us)
        looked_at.readings.soc("bat10")
    alone.advance(looked_at.time_us)
    assert of_batteries(looked_at) == of_batteries(alone)


def test_all_batteries_have_come_along_before_anything_is_changed() -> None:
    seldom, always = charging(), charging()
    for simulation in (seldom, always):
        plant = simulation.plant
        for _ in range(10):
            plant.advance_to_look(plant.time_us + 50_000)
            if simulation is always:
                plant.advance(plant.time_us)
        simulation.engine.run_to(plant.time_us)
        simulation.drive("site", "ambient_temperature", 35.0)
        simulation.gateway.set_power(11, PowerType.ACTIVE, -5e3, 60.0)
        simulation.run_for(timedelta(seconds=5))
    assert of_batteries(seldom.plant) == of_batteries(always.plant)


def test_a_state_that_was_put_back_is_not_carried_from_where_it_was_left() -> None:
    plant = charging().plant
    plant.advance_to_look(plant.time_us + 100_000)
    kept = plant.save()
    plant.advance_to_look(plant.time_us + 300_000)
    plant.restore(kept)
    assert plant.save() == kept
