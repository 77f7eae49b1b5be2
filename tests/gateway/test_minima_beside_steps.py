"""What clients leave a device that goes in steps at least, it has: it shows the first step in that, and takes it."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Any

import pytest
from support.rarely_sampled import rarely_sampled

from doppelgrid.sim.domain.messages import OutOfBoundsError
from doppelgrid.sim.domain.metrics import Metric, PowerType
from doppelgrid.sim.domain.ranges import Bounds, Ranges
from doppelgrid.sim.simulation.simulation import Simulation
from doppelgrid.sim.site.site import Site

DEVICE = 3
SETTLED = timedelta(seconds=20)
PHASE_V = 400.0 / math.sqrt(3.0)
BATTERY = {"id": 4, "category": "battery", "behind": "device", "preset": "lfp-10kwh"}
INVERTER = {"category": "battery_inverter", "rated_power": "5 kW", "resolution": "100 W"}
CAR = {"capacity": "30 kWh", "initial_soc": "20 %", "max_power": "3.7 kW", "phases": 1}
CHARGER = {"category": "ev_charger", "type": "ac", "rated_power": "3.68 kW", "phases": [1], "car": CAR}
DEVICES: dict[str, dict[str, Any]] = {
    "battery inverter": INVERTER,
    "photovoltaics": {**INVERTER, "category": "pv_inverter", "irradiance": "900 W/m²"},
    "charger": {**CHARGER, "parameters": {"charger.current_step_a": 1}},
    "charger of fine steps": {**CHARGER, "parameters": {"charger.current_step_a": 0.1}},
    "miner": {"category": "crypto_miner", "machines": 4},
}
LEFT: list[tuple[str, tuple[float | None, float | None], float]] = [
    ("battery inverter", (2230.0, None), 2300.0),
    ("battery inverter", (None, -2230.0), -2300.0),
    ("battery inverter", (2230.0, 2310.0), 2300.0),
    ("battery inverter", (2300.0, None), 2300.0),
    ("photovoltaics", (None, -2230.0), -2300.0),
    ("charger", (2900.0, None), 13.0 * PHASE_V),
    ("charger", (2900.0, 3010.0), 13.0 * PHASE_V),
    ("charger of fine steps", (2905.0, None), 12.6 * PHASE_V),
    ("miner", (11700.0, None), 11950.0),
]
"""What clients leave of a device, and the first step in it."""
NO_STEP: list[tuple[str, tuple[float, float]]] = [
    ("battery inverter", (2230.0, 2290.0)), ("battery inverter", (-2290.0, -2230.0)),
    ("photovoltaics", (-2290.0, -2230.0)), ("charger", (2900.0, 2980.0)), ("miner", (11700.0, 11800.0)),
]  # fmt: skip


def started(name: str, left: tuple[float | None, float | None]) -> Simulation:
    device = DEVICES[name]
    components: dict[str, Any] = {
        "grid": {"id": 1, "category": "grid_connection_point", "rated_fuse_current": "100 A"},
        "main": {"id": 2, "category": "meter", "behind": "grid"},
        "device": {"id": DEVICE, "behind": "main", **device},
    }
    if device["category"] == "battery_inverter":
        components["battery"] = BATTERY
    site = rarely_sampled(Site.model_validate({"microgrid": {"id": 7}, "components": components}))
    simulation = Simulation.headless(site, start_us=0, seed=1)
    simulation.gateway.augment_bounds(DEVICE, Metric.AC_POWER_ACTIVE, [left], lifetime_s=900)
    return simulation


def told(simulation: Simulation, power_w: float) -> float:
    """Return the power of the device once it has settled on what it is told [W]."""
    simulation.gateway.set_power(DEVICE, PowerType.ACTIVE, power_w, 900)
    simulation.run_for(SETTLED * 3)
    return simulation.gateway.frame(DEVICE).values[Metric.AC_POWER_ACTIVE]


def shown(simulation: Simulation, metric: Metric = Metric.AC_POWER_ACTIVE) -> Ranges:
    return simulation.gateway.frame(DEVICE).bounds[metric]


def nearest_to_0(left: tuple[float | None, float | None]) -> float:
    return min((edge for edge in left if edge is not None), key=abs)


@pytest.mark.parametrize(("name", "left", "first_w"), LEFT)
class TestOfWhatClientsLeave:
    def test_it_shows_the_first_step(
        self, name: str, left: tuple[float | None, float | None], first_w: float
    ) -> None:
        simulation = started(name, left)
        told(simulation, first_w)
        edges = {edge for bounds in shown(simulation) for edge in bounds}
        assert any(edge == pytest.approx(first_w, rel=1e-3) for edge in edges), edges
        assert not [edge for edge in edges if 20.0 < abs(edge) < abs(first_w) * 0.999]

    @pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
    def test_it_takes_the_first_step_for_all_that_is_left_below(
        self, name: str, left: tuple[float | None, float | None], first_w: float, share: float
    ) -> None:
        simulation = started(name, left)
        least_w = nearest_to_0(left)
        power_w = told(simulation, least_w + share * (first_w - least_w))
        assert abs(power_w) == pytest.approx(abs(first_w), rel=5e-3)
        assert abs(power_w) >= abs(least_w) * (1.0 - 1e-6)


@pytest.mark.parametrize(("name", "left"), [(name, left) for name, left, _ in LEFT])
def test_it_has_come_to_what_it_was_told(name: str, left: tuple[float | None, float | None]) -> None:
    simulation = started(name, left)
    told(simulation, nearest_to_0(left))
    assert simulation.plant.tracking.is_settled("device")
    assert simulation.plant.tracking.has_reached("device", PowerType.ACTIVE)


@pytest.mark.parametrize(("name", "left"), NO_STEP)
def test_where_they_leave_no_step_it_rests(name: str, left: tuple[float, float]) -> None:
    simulation = started(name, left)
    try:
        power_w = told(simulation, nearest_to_0(left))
    except OutOfBoundsError:
        return
    assert not left[0] <= power_w <= left[1]
    assert abs(power_w) < 0.1 * abs(left[0])


@pytest.mark.parametrize("told_var", [-3030.0, -3060.0, -3100.0])
def test_reactive_power_goes_in_steps_as_well(told_var: float) -> None:
    simulation = started("battery inverter", (None, None))
    simulation.gateway.augment_bounds(DEVICE, Metric.AC_POWER_REACTIVE, [(-5000.0, -3030.0)], lifetime_s=900)
    simulation.gateway.set_power(DEVICE, PowerType.REACTIVE, told_var, 900)
    simulation.run_for(SETTLED)
    assert simulation.gateway.frame(DEVICE).values[Metric.AC_POWER_REACTIVE] == -3100.0
    assert shown(simulation, Metric.AC_POWER_REACTIVE)[0] == Bounds(-5000.0, -3100.0)


def test_without_bounds_it_goes_on_cutting_to_the_step_below() -> None:
    simulation = started("battery inverter", (None, None))
    assert told(simulation, 2290.0) == 2200.0
    assert told(simulation, -2290.0) == -2200.0


def test_a_set_point_in_force_comes_to_the_first_step_that_clients_leave_later_until_their_bounds_lapse() -> (
    None
):
    simulation = started("battery inverter", (None, None))
    assert told(simulation, 2250.0) == 2200.0
    simulation.gateway.augment_bounds(DEVICE, Metric.AC_POWER_ACTIVE, [(2230.0, 5000.0)], lifetime_s=60)
    simulation.run_for(SETTLED)
    assert simulation.gateway.frame(DEVICE).values[Metric.AC_POWER_ACTIVE] == 2300.0
    simulation.run_for(SETTLED * 3)
    assert simulation.gateway.frame(DEVICE).values[Metric.AC_POWER_ACTIVE] == 2200.0
