"""What clients are told of inverters that share a battery."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from doppelgrid.sim.domain.metrics import Metric, PowerType
from doppelgrid.sim.domain.ranges import Bounds
from doppelgrid.sim.simulation.simulation import Simulation
from doppelgrid.sim.site.site import Site

ACTIVE = Metric.AC_POWER_ACTIVE
LARGE, SMALL = 3, 4


def sharing(**battery: Any) -> Simulation:
    """Return a battery that gives 5 kW at most to two inverters, of which the larger one delivers 4.2 kW."""
    inverter = {"category": "battery_inverter", "behind": "main"}
    components = {
        "grid": {"id": 1, "category": "grid_connection_point"},
        "main": {"id": 2, "category": "meter", "behind": "grid"},
        "large": {"id": LARGE, **inverter, "rated_power": "30 kW"},
        "small": {"id": SMALL, **inverter, "rated_power": "3 kW"},
        "bat": {
            "id": 5, "category": "battery", "behind": ["large", "small"], "preset": "lfp-92kwh",
            "max_discharge_power": "5 kW", **battery,
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


def shown(simulation: Simulation, component: int) -> Bounds:
    (bounds,) = simulation.gateway.frame(component).bounds[ACTIVE]
    return bounds


def test_it_shows_what_the_other_leaves_it() -> None:
    simulation = sharing()
    assert -800.0 < shown(simulation, SMALL).lower < -500.0
    alone_w = shown(simulation, LARGE).lower
    simulation.gateway.set_power(SMALL, PowerType.ACTIVE, 1500.0, 600)
    simulation.run_for(timedelta(seconds=5))
    assert shown(simulation, LARGE).lower == pytest.approx(alone_w - 1500.0, rel=0.05)
    simulation.gateway.set_power(LARGE, PowerType.ACTIVE, -6000.0, 600)
    simulation.run_for(timedelta(seconds=5))
    assert power_w(simulation, LARGE) == pytest.approx(-6000.0)


def test_it_can_have_what_it_shows_while_the_other_keeps_what_it_has() -> None:
    simulation = sharing()
    lower_w = shown(simulation, SMALL).lower
    simulation.gateway.set_power(SMALL, PowerType.ACTIVE, lower_w, 600)
    simulation.run_for(timedelta(seconds=5))
    assert power_w(simulation, SMALL) == pytest.approx(lower_w)
    assert power_w(simulation, LARGE) == pytest.approx(-4200.0)


@pytest.mark.parametrize("large_w", [-4200.0, -2500.0, 0.0, 2000.0])
@pytest.mark.parametrize("small_w", [-2900.0, -800.0, 0.0, 1500.0])
def test_together_they_show_all_that_the_battery_gives(large_w: float, small_w: float) -> None:
    simulation = sharing()
    for component, told_w in ((LARGE, large_w), (SMALL, small_w)):
        simulation.gateway.set_power(component, PowerType.ACTIVE, told_w, 600)
    simulation.run_for(timedelta(seconds=5))
    together_w = shown(simulation, LARGE).lower + shown(simulation, SMALL).lower
    assert together_w <= 0.94 * -5000.0


def test_what_passes_through_a_full_battery_is_within_what_is_shown() -> None:
    simulation = sharing(initial_soc="100 %")
    simulation.gateway.set_power(SMALL, PowerType.ACTIVE, -2000.0, 600)
    simulation.run_for(timedelta(seconds=5))
    assert shown(simulation, LARGE).upper > 1500.0
    simulation.gateway.set_power(LARGE, PowerType.ACTIVE, 1500.0, 600)
    simulation.run_for(timedelta(seconds=5))
    assert power_w(simulation, LARGE) == pytest.approx(1500.0)
    assert shown(simulation, LARGE).contains(power_w(simulation, LARGE))


def test_it_accepts_what_it_can_have_once_the_other_gives_way() -> None:
    simulation = sharing()
    simulation.gateway.set_power(SMALL, PowerType.ACTIVE, -2500.0, 600)
    simulation.gateway.set_power(LARGE, PowerType.ACTIVE, -2000.0, 600)
    simulation.run_for(timedelta(seconds=5))
    assert [power_w(simulation, each) for each in (LARGE, SMALL)] == pytest.approx([-2000.0, -2500.0])


def test_alone_it_has_not_reached_what_a_battery_holds_back() -> None:
    simulation = sharing()
    simulation.gateway.set_power(SMALL, PowerType.ACTIVE, -1000.0, 600)
    simulation.gateway.set_power(LARGE, PowerType.ACTIVE, 0.0, 600)
    simulation.run_for(timedelta(seconds=5))
    assert not simulation.plant.capability.has_less_beside_others("small")
