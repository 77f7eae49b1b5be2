"""At sites drawn by chance with a feed-in limit, what a device has lies within the bounds that it shows then."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from support.rarely_sampled import rarely_sampled

from doppelgrid.sim.domain.messages import CommandError
from doppelgrid.sim.domain.metrics import Metric, PowerType
from doppelgrid.sim.domain.ranges import is_allowed
from doppelgrid.sim.simulation.simulation import Simulation
from doppelgrid.sim.site.site import Site

TOLERANCE = 1e-6
"""Of the rating [1]."""
ROUNDS, STEPS = 4, 6
SMALL = {"max_charge_power": "3 kW", "max_discharge_power": "2 kW"}


def drawn_site(draw: random.Random) -> Site:
    """Return photovoltaics, batteries, hybrids and loads behind a connection point that limits what is fed in."""
    components: dict[str, dict[str, Any]] = {
        "grid": {
            "id": 1, "category": "grid_connection_point", "rated_fuse_current": "1000 A",
            "feed_in_limit": f"{draw.choice([0, 1, 5, 12, 30])} kW",
        },
        "main": {"id": 2, "category": "meter", "behind": "grid", "load": f"{draw.choice([0, 2, 8, 25])} kW"},
    }  # fmt: skip
    inverters: list[str] = []
    for number in range(draw.randint(2, 4)):
        kind = draw.choice(["pv_inverter", "pv_inverter", "hybrid_inverter", "battery_inverter"])
        rated_kw = draw.choice([5, 10, 30])
        key, first = f"device_{number}", 10 * (number + 1)
        device: dict[str, Any] = {
            "id": first,
            "category": kind,
            "behind": "main",
            "rated_power": f"{rated_kw} kW",
        }
        if draw.random() < 0.5:
            device["ramp_rate"] = f"{draw.choice([100, 1000, 5000])} W/s"
        if kind == "pv_inverter" and draw.random() < 0.3:
            device["power"] = f"{draw.uniform(0.0, rated_kw):.3f} kW"
        elif kind != "battery_inverter":
            device["irradiance"] = f"{draw.choice([0, 0.5, 50, 400, 900])} W/m²"
            if kind == "hybrid_inverter":
                device["peak_power"] = f"{draw.choice([0.5, 1.0, 1.5]) * rated_kw} kW"
        if kind == "battery_inverter":
            device |= draw.choice([{}, {}, {"min_power": "300 W"}, {"self_consumption": "main"}])
        components[key] = device
        sharing = [draw.choice(inverters)] if inverters and draw.random() < 0.3 else []
        if kind != "pv_inverter":
            inverters.append(key)
            for other in range(draw.choice([1, 1, 2])):
                components[f"{key}_battery_{other}"] = {
                    "id": first + 1 + other, "category": "battery", "behind": [key, *sharing],
                    "initial_soc": f"{draw.choice([0, 10, 50, 100])} %",
                    **draw.choice([{}, {}, {"min_power": "400 W"}, SMALL]),
                }  # fmt: skip
    return Site.model_validate({"microgrid": {"id": 7}, "components": components})


def outside(simulation: Simulation) -> Iterator[str]:
    """Yield which devices have a power outside of what they show."""
    plant = simulation.plant
    for key, rating in plant.equipment.ratings.items():
        frame = simulation.gateway.frame(plant.site.components[key].id)
        power_w, shown = frame.values[Metric.AC_POWER_ACTIVE], frame.bounds[Metric.AC_POWER_ACTIVE]
        slack_w = TOLERANCE * rating.size
        # At rest, or by the sun alone, it may be between two ranges, beside which no third one is shown.
        alone = plant.capability.rating_now(key).alone
        least_w = (0.0 if alone is None else alone.lower) - slack_w
        rests = len(shown) == 2 and shown[0].upper < 0.0 and least_w <= power_w < shown[1].lower
        if not rests and not is_allowed(power_w, shown, slack_w):
            yield f"{key} has {power_w} W of {shown}"


@pytest.mark.parametrize(
    "seed", [*range(20), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(20, 120))]
)
def test_what_devices_have_is_within_what_they_show(seed: int) -> None:
    draw = random.Random(seed)
    site = drawn_site(draw)
    simulation = Simulation.headless(
        rarely_sampled(site), start_us=site.moment_us(datetime(2026, 6, 15, 12)), seed=1
    )
    simulation.run_for(timedelta(seconds=5))
    for _ in range(ROUNDS):
        for key in simulation.plant.equipment.ratings:
            number = site.components[key].id
            shown = simulation.gateway.frame(number).bounds[Metric.AC_POWER_ACTIVE]
            edge = draw.choice([edge for bounds in shown for edge in bounds])
            if draw.random() < 0.7:
                told_w = draw.choice([0.0, edge, 0.5 * edge, draw.uniform(shown[0].lower, shown[-1].upper)])
                with contextlib.suppress(CommandError):
                    simulation.gateway.set_power(number, PowerType.ACTIVE, told_w, draw.choice([10, 60]))
            if draw.random() < 0.2:
                with contextlib.suppress(CommandError):
                    simulation.gateway.set_power(number, PowerType.REACTIVE, draw.uniform(-3e3, 3e3), 60)
        simulation.drive("main", "load", draw.choice([0.0, 3e3, 20e3]))
        simulation.drive("grid", "feed_in_limit", draw.choice([0.0, 2e3, 10e3, 40e3]))
        for _ in range(STEPS):
            simulation.run_for(timedelta(seconds=draw.choice([0.2, 1.0, 7.0])))
            assert list(outside(simulation)) == []
