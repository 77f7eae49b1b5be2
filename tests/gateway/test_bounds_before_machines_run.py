"""A machine that starts, warms up or takes on its least load shows what it has, and what it can come to now."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from support.rarely_sampled import rarely_sampled

from doppelgrid.sim.domain.messages import OutOfBoundsError
from doppelgrid.sim.domain.metrics import Metric, PowerType
from doppelgrid.sim.domain.ranges import Bounds, Ranges, is_allowed
from doppelgrid.sim.simulation.simulation import Simulation
from doppelgrid.sim.site.site import Site

MACHINE = 2
CHP = {"category": "chp", "rated_power": "50 kW"}
LEAST_W = -24e3
ELECTROLYZER = {"category": "electrolyzer", "rated_power": "40 kW"}
OFF_W, STARTING_W = 40.0, 2000.0
"""What the electrolyser draws off, and while it starts cold."""
OPERATION = Bounds(4e3, 40e3)
MACHINES: dict[str, tuple[dict[str, Any], float]] = {
    "CHP": (CHP, -40e3),
    "CHP that takes on load in steps": ({**CHP, "load_acceptance": True}, -40e3),
    "slow CHP": ({**CHP, "ramp_rate": "1 kW/s"}, -40e3),
    "CHP of 20 kW": ({**CHP, "rated_power": "20 kW"}, -15e3),
    "electrolyser": (ELECTROLYZER, 20e3),
    "boiler": ({"category": "steam_boiler", "rated_power": "30 kW"}, 20e3),
}


def started(machine: dict[str, Any], *told: float) -> Simulation:
    components = {
        "grid": {"id": 1, "category": "grid_connection_point"},
        "machine": {"id": MACHINE, "behind": "grid", **machine},
    }
    site = rarely_sampled(Site.model_validate({"microgrid": {"id": 7}, "components": components}))
    simulation = Simulation.headless(site, start_us=0, seed=1)
    for power_w in told:
        tell(simulation, power_w)
    return simulation


def tell(simulation: Simulation, power_w: float) -> None:
    simulation.gateway.set_power(MACHINE, PowerType.ACTIVE, power_w, 900)


def now(simulation: Simulation) -> tuple[float, Ranges]:
    """Return the power that it reports, and the bounds that it shows."""
    frame = simulation.gateway.frame(MACHINE)
    return frame.values[Metric.AC_POWER_ACTIVE], frame.bounds[Metric.AC_POWER_ACTIVE]


def seconds(simulation: Simulation, count: int) -> Iterator[tuple[float, Ranges]]:
    for _ in range(count):
        simulation.run_for(timedelta(seconds=1))
        yield now(simulation)


@pytest.mark.parametrize(("machine", "told_w"), MACHINES.values(), ids=MACHINES.keys())
def test_its_power_and_0_are_in_what_it_shows_until_it_has_come_to_what_it_was_told(
    machine: dict[str, Any], told_w: float
) -> None:
    simulation = started(machine, told_w)
    for power_w, shown in seconds(simulation, 890):
        assert is_allowed(power_w, shown, 0.0), (power_w, shown)
        assert is_allowed(0.0, shown, 0.0), shown
        assert len(shown) <= 2
    assert now(simulation)[0] == pytest.approx(told_w)


def loading(simulation: Simulation) -> float:
    """Let an engine come halfway to its least load, and return its power [W]."""
    for power_w, _ in seconds(simulation, 600):
        if power_w < 0.5 * LEAST_W:
            return power_w
    raise AssertionError


def test_an_engine_on_the_way_to_its_least_load_shows_its_power_and_0() -> None:
    simulation = started(CHP, -40e3)
    power_w = loading(simulation)
    assert power_w > LEAST_W
    assert now(simulation)[1] == (Bounds(power_w, power_w), Bounds(0.0, 0.0))


def test_an_engine_that_warms_up_shows_its_least_load_until_it_is_warm() -> None:
    simulation = started(CHP, -40e3)
    simulation.run_for(timedelta(seconds=150))
    assert now(simulation) == (LEAST_W, (Bounds(LEAST_W, LEAST_W), Bounds(0.0, 0.0)))
    simulation.run_for(timedelta(seconds=750))
    assert now(simulation)[1][0] == Bounds(-50e3, LEAST_W)


@pytest.mark.parametrize("told_w", [-30e3, -50e3])
def test_it_accepts_what_it_will_come_to_all_the_while(told_w: float) -> None:
    simulation = started(CHP, -40e3)
    for _ in range(30):
        tell(simulation, told_w)
        simulation.run_for(timedelta(seconds=30))
    assert now(simulation)[0] == pytest.approx(told_w)


def starting() -> Simulation:
    simulation = started(ELECTROLYZER, 20e3)
    simulation.run_for(timedelta(seconds=30))
    return simulation


class TestAnElectrolyserThatStarts:
    def test_it_shows_its_power_and_what_it_would_draw_off(self) -> None:
        simulation = starting()
        for power_w, shown in seconds(simulation, 60):
            assert (power_w, shown) == (STARTING_W, (Bounds(0.0, OFF_W), Bounds(STARTING_W, STARTING_W)))

    def test_it_refuses_what_would_end_its_start_unsaid(self) -> None:
        simulation = starting()
        with pytest.raises(OutOfBoundsError, match="accepted: 0 to 40 W or 2000 W or 4000 to 40000 W"):
            tell(simulation, 1500.0)
        assert now(simulation)[0] == STARTING_W

    @pytest.mark.parametrize("told_w", [0.0, 30.0])
    def test_it_ends_its_start_told_less_than_it_draws_off(self, told_w: float) -> None:
        simulation = starting()
        tell(simulation, told_w)
        simulation.run_for(timedelta(seconds=30))
        assert now(simulation)[0] == OFF_W

    def test_told_what_it_draws_it_goes_on_and_then_may_run(self) -> None:
        simulation = starting()
        tell(simulation, STARTING_W)
        for power_w, shown in seconds(simulation, 840):
            assert 0.0 < power_w <= STARTING_W
            assert is_allowed(power_w, shown, 0.0)
        assert now(simulation)[1][-1] == OPERATION
        tell(simulation, 20e3)
        simulation.run_for(timedelta(seconds=60))
        assert now(simulation)[0] == 20e3

    def test_bounds_of_clients_leave_it_to_start(self) -> None:
        simulation = starting()
        simulation.gateway.augment_bounds(MACHINE, Metric.AC_POWER_ACTIVE, [(6e3, 15e3)], lifetime_s=900)
        for power_w, shown in seconds(simulation, 60):
            assert (power_w, shown) == (STARTING_W, (Bounds(0.0, OFF_W), Bounds(STARTING_W, STARTING_W)))
        simulation.run_for(timedelta(seconds=600))
        assert now(simulation)[1][-1] == Bounds(6e3, 15e3)
