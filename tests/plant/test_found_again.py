"""What flows at an instant is found once, however many set-points are sent then: to find it again changes nothing."""

from __future__ import annotations

import random
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import doppelgrid
from doppelgrid.sim.domain.messages import CommandError
from doppelgrid.sim.domain.metrics import PowerType
from doppelgrid.sim.kernel.steps import integrate
from doppelgrid.sim.plant.operating_point import OperatingPoint
from doppelgrid.sim.simulation.simulation import Simulation
from doppelgrid.sim.site.site import Site

START = 1_781_517_600_000_000
SITES = sorted((Path(__file__).parent.parent / "digests" / "sites").glob("*.yaml"))


def all_numbers(point: OperatingPoint) -> str:
    """Return everything of a site that changes, to the last bit."""
    return repr({name: numbers(value) for name, value in fields(point.memory)})


def numbers(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [numbers(each) for each in value]
    return dict(fields(value)) or value


def fields(value: Any) -> list[tuple[str, Any]]:
    names = [name for kind in type(value).__mro__ for name in getattr(kind, "__slots__", ())]
    return [(name, getattr(value, name)) for name in [*names, *getattr(value, "__dict__", ())]]


@pytest.mark.lengthy
@pytest.mark.parametrize("path", SITES, ids=lambda path: path.stem)
def test_to_find_what_flows_again_at_the_same_instant_changes_no_bit(path: Path) -> None:
    simulation, chance = (
        Simulation.headless(doppelgrid.load_site(path), start_us=START, seed=3),
        random.Random(1),
    )
    plant = simulation.plant
    point = plant.operating_point
    for _ in range(20):
        simulation.run_for(timedelta(seconds=chance.choice([0.1, 0.37, 1.0, 7.3])))
        number = simulation.site.components[chance.choice(plant.controlled)].id
        with suppress(CommandError):
            simulation.gateway.set_power(number, PowerType.ACTIVE, chance.uniform(-3e4, 3e4), 60)
        point.forget()
        point.solve()
        before = all_numbers(point)
        point.forget()
        point.solve()
        assert all_numbers(point) == before


@pytest.mark.lengthy
@pytest.mark.parametrize("path", SITES, ids=lambda path: path.stem)
def test_a_step_of_no_length_changes_no_bit(path: Path) -> None:
    simulation = Simulation.headless(doppelgrid.load_site(path), start_us=START, seed=3)
    point, chance = simulation.plant.operating_point, random.Random(1)
    for _ in range(20):
        simulation.run_for(timedelta(seconds=chance.choice([0.1, 0.37, 1.0, 7.3])))
        point.solve()
        before = all_numbers(point)
        point.memory.holds_until_us += 1
        integrate(point.layout, point.memory, point.machines, point.memory.time_us)
        point.memory.holds_until_us -= 1
        assert all_numbers(point) == before


def inverters(count: int) -> Simulation:
    components: dict[str, Any] = {
        "grid": {"id": 1, "category": "grid_connection_point", "rated_fuse_current": "400 A"}
    }
    for number in range(10, 10 + count):
        components[f"inv{number}"] = {
            "id": number, "category": "battery_inverter", "behind": "grid", "rated_power": "10 kW",
            "response_delay": "300 ms",
        }  # fmt: skip
        components[f"bat{number}"] = {"id": number + 100, "category": "battery", "behind": f"inv{number}"}
    return Simulation.headless(
        Site.model_validate({"microgrid": {"id": 7}, "components": components}), start_us=START
    )


def test_commands_of_one_instant_need_what_flows_once() -> None:
    simulation = inverters(8)
    simulation.run_for(timedelta(seconds=1.05))
    before = simulation.plant.operating_point.generation
    for number in range(10, 18):
        simulation.gateway.set_power(number, PowerType.ACTIVE, 1e3, 60)
    assert simulation.plant.operating_point.generation <= before + 1


def test_an_input_that_is_driven_among_commands_of_one_instant_counts_at_once() -> None:
    simulation = inverters(2)
    simulation.run_for(timedelta(seconds=1.05))
    simulation.gateway.set_power(10, PowerType.ACTIVE, 1e3, 60)
    simulation.gateway.set_power(11, PowerType.ACTIVE, 1e3, 60)
    simulation.drive("grid", "presence", 0.0)
    before = simulation.plant.operating_point.generation
    assert simulation.plant.readings.active_power_w("grid") == 0.0
    assert simulation.plant.operating_point.generation == before + 1
