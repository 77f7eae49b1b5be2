"""What clients are told of inverters that share a battery."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from support.rarely_sampled import rarely_sampled

from doppelgrid.sim.domain.metrics import Metric, PowerType
from doppelgrid.sim.domain.ranges import Bounds
from doppelgrid.sim.simulation.simulation import Simulation
from doppelgrid.sim.site.site import Site

ACTIVE, REACTIVE = Metric.AC_POWER_ACTIVE, Metric.AC_POWER_REACTIVE
LARGE, SMALL, BATTERY = 3, 4, 5
REST_W = 60.0
"""More than any of them draws at rest, or loses without load."""
NOTHING: Mapping[str, Any] = {}


def sharing(
    *, large: Mapping[str, Any] = NOTHING, small: Mapping[str, Any] = NOTHING, **battery: Any
) -> Simulation:
    """Return a battery that gives 5 kW at most to two inverters, of which the larger one delivers 4.2 kW."""
    inverter = {"category": "battery_inverter", "behind": "main"}
    components = {
        "grid": {"id": 1, "category": "grid_connection_point"},
        "main": {"id": 2, "category": "meter", "behind": "grid"},
        "large": {"id": LARGE, **inverter, "rated_power": "30 kW", **large},
        "small": {"id": SMALL, **inverter, "rated_power": "3 kW", **small},
        "bat": {
            "id": BATTERY, "category": "battery", "behind": ["large", "small"], "preset": "lfp-92kwh",
            "max_discharge_power": "5 kW", **battery,
        },
    }  # fmt: skip
    simulation = Simulation.headless(
        Site.model_validate({"microgrid": {"id": 1}, "components": components}), start_us=0, seed=0
    )
    if "initial_soc" not in battery and not large and not small:
        tell(simulation, {LARGE: -4200.0})
    return simulation


def tell(simulation: Simulation, told_w: Mapping[int, float]) -> None:
    """Tell inverters powers, one after the other, and let time pass after each."""
    for component, power_w in told_w.items():
        simulation.gateway.set_power(component, PowerType.ACTIVE, power_w, 600)
        simulation.run_for(timedelta(seconds=5))


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


def shown_last(simulation: Simulation, component: int) -> Bounds:
    return simulation.gateway.frame(component).bounds[ACTIVE][-1]


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


@pytest.mark.parametrize("told_w", [-100.0, -900.0, -1400.0])
def test_beside_one_that_charges_it_delivers_through_an_empty_battery_what_it_shows(told_w: float) -> None:
    simulation = sharing(initial_soc="5 %", min_soc="5 %")
    tell(simulation, {SMALL: 1600.0, LARGE: told_w})
    assert shown(simulation, LARGE).lower < told_w
    assert [power_w(simulation, each) for each in (LARGE, SMALL)] == pytest.approx([told_w, 1600.0])


def test_of_more_than_that_it_does_what_it_shows_and_the_other_is_not_cut() -> None:
    simulation = sharing(initial_soc="5 %", min_soc="5 %")
    tell(simulation, {SMALL: 1600.0, LARGE: -1600.0})
    assert power_w(simulation, LARGE) == pytest.approx(shown(simulation, LARGE).lower)
    assert -1600.0 < power_w(simulation, LARGE) < -1000.0
    assert power_w(simulation, SMALL) == pytest.approx(1600.0)


def test_what_passes_through_an_empty_battery_keeps_to_ranges_that_clients_leave() -> None:
    simulation = sharing(initial_soc="5 %", min_soc="5 %")
    simulation.gateway.augment_bounds(LARGE, ACTIVE, [(-2000.0, -1000.0)], lifetime_s=600)
    tell(simulation, {SMALL: 1600.0, LARGE: -1300.0})
    assert power_w(simulation, LARGE) == pytest.approx(-1300.0)
    tell(simulation, {SMALL: 800.0})
    assert power_w(simulation, LARGE) >= 0.0


def test_it_ramps_to_what_passes_through_an_empty_battery() -> None:
    simulation = sharing(initial_soc="5 %", min_soc="5 %", large={"ramp_rate": "100 W/s"})
    tell(simulation, {SMALL: 1600.0, LARGE: -1200.0})
    assert -600.0 < power_w(simulation, LARGE) < -300.0


def test_one_that_the_others_leave_less_than_its_minimum_rests_and_they_get_its_share() -> None:
    simulation = sharing(max_discharge_power="3 kW", small={"min_power": "900 W"})
    tell(simulation, {LARGE: -1500.0, SMALL: -900.0})
    assert [power_w(simulation, each) for each in (LARGE, SMALL)] == pytest.approx([-1500.0, -900.0])
    tell(simulation, {LARGE: -2500.0})
    assert power_w(simulation, LARGE) == pytest.approx(-2500.0)
    assert power_w(simulation, SMALL) >= 0.0
    tell(simulation, {LARGE: -1500.0})
    assert power_w(simulation, SMALL) == pytest.approx(-900.0)


def of_a_battery_with_a_minimum(**battery: Any) -> Simulation:
    """Return two inverters of 10 kW on a battery, of which the first delivers 1.5 kW."""
    rated = {"rated_power": "10 kW", "standby_power": "0 W"}
    simulation = sharing(large=rated, small=rated, max_discharge_power="50 kW", **battery)
    tell(simulation, {LARGE: -1500.0})
    return simulation


@pytest.mark.parametrize("told_w", [1100.0, 1500.0, 1700.0, 2000.0])
def test_one_that_would_bring_a_battery_below_its_minimum_beside_another_rests(told_w: float) -> None:
    simulation = of_a_battery_with_a_minimum(min_power="1 kW")
    tell(simulation, {SMALL: told_w})
    assert [power_w(simulation, each) for each in (LARGE, SMALL)] == pytest.approx([-1500.0, 0.0])


def test_it_shows_what_leaves_a_battery_its_minimum_beside_another() -> None:
    simulation = of_a_battery_with_a_minimum(min_power="1 kW")
    (delivered, charged) = simulation.gateway.frame(SMALL).bounds[ACTIVE]
    assert delivered.upper == pytest.approx(-1040.0, rel=0.02)
    assert charged.lower == pytest.approx(2600.0, rel=0.02)
    tell(simulation, {SMALL: charged.lower})
    assert [power_w(simulation, each) for each in (LARGE, SMALL)] == pytest.approx([-1500.0, charged.lower])


def test_one_that_runs_and_is_told_what_does_not_go_beside_another_rests() -> None:
    simulation = of_a_battery_with_a_minimum(min_power="1 kW")
    tell(simulation, {SMALL: 3000.0})
    assert power_w(simulation, SMALL) == pytest.approx(3000.0)
    tell(simulation, {SMALL: 2000.0})
    assert [power_w(simulation, each) for each in (LARGE, SMALL)] == pytest.approx([-1500.0, 0.0])


def test_one_that_comes_after_keeps_its_power_when_the_first_is_told_what_does_not_go_beside_it() -> None:
    simulation = of_a_battery_with_a_minimum(min_power="1 kW")
    tell(simulation, {SMALL: 3000.0, LARGE: -2200.0})
    assert [power_w(simulation, each) for each in (LARGE, SMALL)] == pytest.approx([0.0, 3000.0])
    tell(simulation, {LARGE: -1500.0})
    assert [power_w(simulation, each) for each in (LARGE, SMALL)] == pytest.approx([-1500.0, 3000.0])


def test_a_minimum_of_one_way_is_kept_beside_another() -> None:
    simulation = of_a_battery_with_a_minimum(min_discharge_power="1 kW")
    assert shown_last(simulation, SMALL).upper == pytest.approx(560.0, rel=0.05)
    tell(simulation, {SMALL: 800.0})
    assert [power_w(simulation, each) for each in (LARGE, SMALL)] == pytest.approx([-1500.0, 0.0])


def test_a_minimum_that_clients_leave_is_kept_beside_another() -> None:
    simulation = of_a_battery_with_a_minimum()
    simulation.gateway.augment_bounds(BATTERY, Metric.DC_POWER, [(1000.0, 5000.0)], lifetime_s=600)
    tell(simulation, {LARGE: 2000.0})
    least_w = shown_last(simulation, SMALL).lower
    assert least_w == pytest.approx(-900.0, rel=0.02)
    tell(simulation, {SMALL: -1500.0})
    assert [power_w(simulation, each) for each in (LARGE, SMALL)] == pytest.approx([2000.0, 0.0])
    tell(simulation, {SMALL: least_w})
    assert [power_w(simulation, each) for each in (LARGE, SMALL)] == pytest.approx([2000.0, least_w])


def reactive_power_var(simulation: Simulation, component: int) -> tuple[float, float]:
    """Return what reactive power an inverter has, and the most that it shows [var]."""
    frame = simulation.gateway.frame(component)
    ((_, most_var),) = frame.bounds[REACTIVE]
    return frame.values[REACTIVE], most_var


def test_one_that_is_cut_has_the_reactive_power_that_this_leaves_room_for() -> None:
    simulation = sharing(
        max_discharge_power="3 kW", large={"rated_power": "5 kW"}, small={"rated_power": "5 kW"}
    )
    simulation.gateway.set_power(SMALL, PowerType.REACTIVE, 4939.6, 600)
    tell(simulation, {LARGE: 3000.0, SMALL: -4500.0})
    tell(simulation, {LARGE: -2000.0})
    given_var, most_var = reactive_power_var(simulation, SMALL)
    assert -4000.0 < power_w(simulation, SMALL) < -500.0
    assert given_var == pytest.approx(min(4939.6, most_var))
    tell(simulation, {LARGE: 0.0})
    assert power_w(simulation, SMALL) == pytest.approx(shown(simulation, SMALL).lower)


def test_what_another_loses_by_reactive_power_alone_passes_through_a_full_battery() -> None:
    simulation = sharing(
        initial_soc="100 %", large={"min_charge_power": "150 W"}, small={"standby_power": "0 W"}
    )
    simulation.gateway.set_power(SMALL, PowerType.REACTIVE, 3000.0, 600)
    tell(simulation, {SMALL: 0.0, LARGE: 150.0})
    assert power_w(simulation, LARGE) == pytest.approx(150.0)
    assert simulation.gateway.frame(LARGE).bounds[ACTIVE][-1].contains(150.0)


BATTERY_MINIMA = [{"min_power": "400 W"}, {"min_charge_power": "300 W"}, {"min_discharge_power": "300 W"}]


def drawn_group(draw: random.Random) -> tuple[Simulation, dict[int, tuple[float, float]]]:
    """Return two or three inverters on a battery, and the least that each delivers and draws, by id [W]."""
    components: dict[str, Any] = {
        "grid": {"id": 1, "category": "grid_connection_point"},
        "main": {"id": 2, "category": "meter", "behind": "grid"},
    }
    least: dict[int, tuple[float, float]] = {}
    for number in range(11, 13 + draw.randint(0, 1)):
        rated_w = draw.choice([2000.0, 5000.0, 10000.0])
        delivered_w, drawn_w = draw.choice([(0.0, 0.0), (0.1, 0.1), (0.3, 0.3), (0.2, 0.0), (0.0, 0.2)])
        least[number] = rated_w * delivered_w, rated_w * drawn_w
        components[f"inverter_{number}"] = {
            "id": number, "category": "battery_inverter", "behind": "main", "rated_power": f"{rated_w} W",
            "min_discharge_power": f"{least[number][0]} W", "min_charge_power": f"{least[number][1]} W",
            **draw.choice([{}, {}, {"min_power_factor": 0.9}, {"standby_power": "0 W"}]),
        }  # fmt: skip
    components["battery"] = {
        "id": 31, "category": "battery", "behind": [f"inverter_{number}" for number in least],
        "initial_soc": f"{draw.choice([5, 50, 95])} %", "min_soc": "5 %", "max_soc": "95 %", "capacity": "20 kWh",
        "max_charge_power": f"{draw.choice([1, 4, 8])} kW", "max_discharge_power": f"{draw.choice([1, 4, 8])} kW",
        **draw.choice([{}, {}, *BATTERY_MINIMA]),
    }  # fmt: skip
    site = Site.model_validate({"microgrid": {"id": 1}, "components": components})
    return Simulation.headless(rarely_sampled(site), start_us=0, seed=0), least


@pytest.mark.parametrize("seed", range(40))
def test_of_any_group_each_does_what_it_shows_or_rests(seed: int) -> None:
    draw = random.Random(seed)
    simulation, least = drawn_group(draw)
    for _ in range(8):
        component = draw.choice(list(least))
        edges = [edge for bounds in simulation.gateway.frame(component).bounds[ACTIVE] for edge in bounds]
        told_w = draw.choice([*edges, *edges, sum(edges[:2]) / 2.0])
        tell(simulation, {component: told_w})
        if told_w < 0.0 or told_w > REST_W:
            assert power_w(simulation, component) == pytest.approx(told_w, rel=1e-3, abs=1.0)
        for number, (delivered_w, drawn_w) in least.items():
            found_w = power_w(simulation, number)
            is_at_rest = 0.0 <= found_w <= REST_W
            assert is_at_rest or not -0.999999 * delivered_w < found_w < 0.999999 * drawn_w, (number, found_w)
