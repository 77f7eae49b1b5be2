"""What clients leave of an engine is shown beside what it has in any case: at rest, on its way, until it may stop."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest
from support.rarely_sampled import rarely_sampled

from doppelgrid.sim.domain.messages import OutOfBoundsError
from doppelgrid.sim.domain.metrics import Metric, PowerType
from doppelgrid.sim.domain.ranges import Bounds, Ranges
from doppelgrid.sim.simulation.simulation import Simulation
from doppelgrid.sim.site.site import Site

ENGINE = 2
REST_W = 480.0
LEAST_W = -15e3
LEFT: dict[str, tuple[float, float]] = {
    "more than its least": (-20e3, -16e3),
    "less than its least": (-1e3, 0.0),
    "less than it draws at rest": (5.0, 10.0),
    "more than it draws at rest": (600.0, 900.0),
    "both ways": (-5e3, 5e3),
    "all but rest": (-40e3, -29e3),
}


def started(*told: float) -> Simulation:
    """Return a cold engine of 30 kW, at rest or told powers [W]."""
    components = {
        "grid": {"id": 1, "category": "grid_connection_point"},
        "engine": {"id": ENGINE, "category": "chp", "behind": "grid", "rated_power": "30 kW"},
    }
    site = rarely_sampled(Site.model_validate({"microgrid": {"id": 7}, "components": components}))
    simulation = Simulation.headless(site, start_us=0, seed=1)
    for power_w in told:
        tell(simulation, power_w)
    return simulation


def tell(simulation: Simulation, power_w: float) -> None:
    simulation.gateway.set_power(ENGINE, PowerType.ACTIVE, power_w, 900)


def narrow(simulation: Simulation, left: tuple[float, float]) -> None:
    simulation.gateway.augment_bounds(ENGINE, Metric.AC_POWER_ACTIVE, [left], lifetime_s=900)


def now(simulation: Simulation) -> tuple[float, Ranges]:
    """Return the power that it reports, and the bounds that it shows."""
    frame = simulation.gateway.frame(ENGINE)
    return frame.values[Metric.AC_POWER_ACTIVE], frame.bounds[Metric.AC_POWER_ACTIVE]


def warm() -> Simulation:
    simulation = started(-30e3)
    simulation.run_for(timedelta(seconds=200))
    assert now(simulation)[0] == LEAST_W
    return simulation


@pytest.mark.parametrize("left", LEFT.values(), ids=LEFT.keys())
@pytest.mark.parametrize("power_w", [0.0, -17e3])
def test_its_power_is_within_what_it_shows_whatever_clients_leave(
    left: tuple[float, float], power_w: float
) -> None:
    simulation = started()
    narrow(simulation, left)
    if power_w == 0.0 or left == LEFT["more than its least"]:
        tell(simulation, power_w)
    for _ in range(40):
        found_w, shown = now(simulation)
        assert any(bounds.contains(found_w) for bounds in shown), (found_w, shown)
        assert len(shown) <= 2
        simulation.run_for(timedelta(seconds=10))


def test_what_it_draws_at_rest_is_shown_beside_what_clients_leave_it_to_deliver() -> None:
    simulation = started()
    narrow(simulation, (-20e3, -16e3))
    assert now(simulation) == (REST_W, (Bounds(-20e3, -16e3), Bounds(0.0, REST_W)))


@pytest.mark.parametrize(
    "left", [((-20e3, -16e3),), ((-40e3, -29e3),), ((-20e3, -16e3), (0.0, 5.0))], ids=str
)
class TestOneThatLoadsUpToWhatClientsLeave:
    """It shows its power and 0 until it has come there, and accepts what they leave all the while."""

    def test_it_shows_its_power_and_0(self, left: Sequence[tuple[float, float]]) -> None:
        simulation = started(-30e3)
        simulation.gateway.augment_bounds(ENGINE, Metric.AC_POWER_ACTIVE, left, lifetime_s=900)
        simulation.run_for(timedelta(seconds=200))
        assert now(simulation) == (LEAST_W, (Bounds(LEAST_W, LEAST_W), Bounds(0.0, 0.0)))

    def test_it_accepts_and_comes_to_what_they_leave(self, left: Sequence[tuple[float, float]]) -> None:
        simulation = started(-30e3)
        for _ in range(4):
            simulation.gateway.augment_bounds(ENGINE, Metric.AC_POWER_ACTIVE, left, lifetime_s=900)
            tell(simulation, left[0][1])
            simulation.run_for(timedelta(seconds=300))
        found_w, (first, *_) = now(simulation)
        assert found_w == left[0][1]
        assert first == Bounds(max(left[0][0], -30e3), left[0][1])


@pytest.mark.parametrize("power_w", [0.0, -15e3, -17e3])
@pytest.mark.parametrize("left", LEFT.values(), ids=LEFT.keys())
def test_its_refusal_names_all_that_it_accepts(left: tuple[float, float], power_w: float) -> None:
    simulation = started()
    if power_w != 0.0:
        tell(simulation, power_w)
    simulation.run_for(timedelta(seconds=200))
    narrow(simulation, left)
    simulation.run_for(timedelta(seconds=10))
    _, shown = now(simulation)
    with pytest.raises(OutOfBoundsError) as refused:
        tell(simulation, -7e3)
    named = str(refused.value).partition("accepted: ")[2].replace(" W", "")
    ranges = [[float(edge) for edge in each.split(" to ")] for each in named.split(" or ")]
    for edge in (edge for bounds in shown for edge in bounds):
        assert any(each[0] <= round(edge) <= each[-1] for each in ranges), (named, edge)


@pytest.mark.parametrize("left", [(-5e3, 5e3), (-1e3, 0.0), (0.0, 5e3), (5.0, 10.0)], ids=str)
class TestOneThatMayNotStopYet:
    """It shows its power and 0: nothing between them can be had."""

    def test_it_shows_its_power_and_0(self, left: tuple[float, float]) -> None:
        simulation = warm()
        narrow(simulation, left)
        assert now(simulation) == (LEAST_W, (Bounds(LEAST_W, LEAST_W), Bounds(0.0, 0.0)))

    @pytest.mark.parametrize("power_w", [LEAST_W, 0.0])
    def test_it_accepts_these_and_stops_when_it_may(self, left: tuple[float, float], power_w: float) -> None:
        simulation = warm()
        narrow(simulation, left)
        tell(simulation, power_w)
        simulation.run_for(timedelta(seconds=60))
        assert now(simulation)[0] == LEAST_W
        for _ in range(3):
            narrow(simulation, left)
            simulation.run_for(timedelta(seconds=600))
        assert now(simulation)[0] == REST_W

    @pytest.mark.parametrize("power_w", [-14e3, -3e3, -16e3])
    def test_it_refuses_all_else(self, left: tuple[float, float], power_w: float) -> None:
        simulation = warm()
        narrow(simulation, left)
        with pytest.raises(OutOfBoundsError):
            tell(simulation, power_w)
