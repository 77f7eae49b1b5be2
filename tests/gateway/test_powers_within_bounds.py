"""Whatever devices are told, the active power that they report lies within the bounds that they show."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from support.rarely_sampled import rarely_sampled

from doppelgrid.sim.domain.faults import Fault, FaultKind
from doppelgrid.sim.domain.messages import CommandError
from doppelgrid.sim.domain.metrics import Metric, PowerType
from doppelgrid.sim.domain.ranges import Bounds, Ranges, is_allowed
from doppelgrid.sim.simulation.simulation import Simulation
from doppelgrid.sim.site.reader import bundled_sites, load_site
from doppelgrid.sim.site.site import Site

ACTIVE, REACTIVE = PowerType.ACTIVE, PowerType.REACTIVE
TOLERANCE = 1e-6
"""Of the rating [1]."""
SETTLED = timedelta(seconds=20)
HOURS = {"night": 0, "dawn": 5, "noon": 12}
GRID: dict[str, dict[str, Any]] = {
    "grid": {"id": 1, "category": "grid_connection_point", "rated_fuse_current": "1000 A"},
    "main": {"id": 2, "category": "meter", "behind": "grid", "load": "5 kW"},
}


def inverter(number: int, category: str = "battery_inverter", **keys: Any) -> dict[str, Any]:
    return {"id": number, "category": category, "behind": "main", "rated_power": "30 kW", **keys}


def battery(number: int, parent: str, **keys: Any) -> dict[str, Any]:
    return {"id": number, "category": "battery", "behind": parent, "initial_soc": "50 %", **keys}


LIMITED = {"max_charge_power": "20 kW", "max_discharge_power": "20 kW"}
OVERSIZED = {"rated_apparent_power": "36 kVA"}
MADE: dict[str, dict[str, dict[str, Any]]] = {
    "full": {"inv": inverter(11, **OVERSIZED), "bat": battery(12, "inv", initial_soc="100 %")},
    "empty": {"inv": inverter(11), "bat": battery(12, "inv", initial_soc="0 %")},
    "limited": {"inv": inverter(11, **OVERSIZED), "bat": battery(12, "inv", **LIMITED)},
    "by power factor": {"inv": inverter(11, min_power_factor=0.8), "bat": battery(12, "inv", **LIMITED)},
    "with steps": {"inv": inverter(11, resolution="88 W"), "bat": battery(12, "inv", **LIMITED)},
    "with a least power": {"inv": inverter(11, min_power="900 W"), "bat": battery(12, "inv", **LIMITED)},
    "with one least power": {"inv": inverter(11, min_charge_power="300 W"), "bat": battery(12, "inv")},
    "before a least power": {"inv": inverter(11), "bat": battery(12, "inv", min_power="1 kW", **LIMITED)},
    "hybrid": {"inv": inverter(11, "hybrid_inverter", peak_power="15 kW"), "bat": battery(12, "inv")},
    "hybrid, full": {
        "inv": inverter(11, "hybrid_inverter", peak_power="25 kW", **OVERSIZED),
        "bat": battery(12, "inv", initial_soc="100 %"),
    },
    "hybrid before a least power": {
        "inv": inverter(11, "hybrid_inverter", peak_power="20 kW"),
        "bat": battery(12, "inv", min_power="1 kW"),
    },
    "photovoltaics": {"roof": inverter(11, "pv_inverter", **OVERSIZED)},
    "photovoltaics by power factor": {"roof": inverter(11, "pv_inverter", min_power_factor=0.9)},
    "photovoltaics of limited reactive power": {"roof": inverter(11, "pv_inverter", max_reactive_power="5 kvar")},
    "photovoltaics that support the voltage": {"roof": inverter(11, "pv_inverter", grid_code={"volt_var": True})},
}  # fmt: skip


def started(components: dict[str, dict[str, Any]], hour: str) -> Simulation:
    return begun(Site.model_validate({"microgrid": {"id": 7}, "components": {**GRID, **components}}), hour)


def begun(site: Site, hour: str) -> Simulation:
    start_us = site.moment_us(datetime(2026, 6, 15, HOURS[hour]))
    simulation = Simulation.headless(rarely_sampled(site), start_us=start_us, seed=1)
    simulation.run_for(timedelta(seconds=5))
    return simulation


def bounds_of(simulation: Simulation, key: str) -> tuple[float, Ranges]:
    """Return the active power that a device reports, and the bounds that it shows."""
    frame = simulation.gateway.frame(simulation.plant.site.components[key].id)
    return frame.values[Metric.AC_POWER_ACTIVE], frame.bounds[Metric.AC_POWER_ACTIVE]


def tell(simulation: Simulation, key: str, power_type: PowerType, power: float | None) -> None:
    if power is not None:
        number = simulation.plant.site.components[key].id
        simulation.gateway.set_power(number, power_type, power, 900)


def powers(simulation: Simulation, key: str) -> Iterator[tuple[float | None, float | None]]:
    """Yield pairs of active and reactive power that a device may be told; None for not told."""
    rating = simulation.plant.equipment.ratings[key]
    assert rating.reactive is not None
    _, shown = bounds_of(simulation, key)
    edges = {edge for bounds in shown for edge in bounds}
    beyond = {edge + slack for edge in edges for slack in (-0.009 * rating.size, 0.009 * rating.size)}
    lower, upper = rating.reactive
    yield from itertools.product(
        (None, 0.0, *sorted({*edges, *beyond, 0.5 * min(edges)})), (None, 0.02 * lower, 0.5 * upper, lower)
    )


def outside(simulation: Simulation) -> list[str]:
    """Return which devices report a power outside of what they show.

    Since clients read two ranges, one that can draw and deliver from a least power on shows these two, and not what it
    draws at rest between them; nor what a hybrid inverter delivers there of the sun alone.
    """
    found = []
    for key, rating in simulation.plant.equipment.ratings.items():
        if rating.active is not None:
            (power_w, shown), slack_w = bounds_of(simulation, key), TOLERANCE * rating.size
            least_w = (simulation.plant.capability.rating_now(key).alone or Bounds(0.0, 0.0)).lower - slack_w
            is_between = len(shown) == 2 and shown[0].upper < 0.0 and least_w <= power_w < shown[1].lower
            if not is_between and not is_allowed(power_w, shown, slack_w):
                found.append(f"{key} has {power_w} W of {shown}")
    return found


def told_everything(simulation: Simulation) -> dict[tuple[str, float | None, float | None], list[str]]:
    """Return what is outside once a device has settled, by what it was told; of every device and pair of powers."""
    before, found = simulation.save(), {}
    for key, rating in simulation.plant.equipment.ratings.items():
        if rating.reactive is None or rating.active is None:
            continue
        for active_w, reactive_var in powers(simulation, key):
            try:
                tell(simulation, key, ACTIVE, active_w)
                tell(simulation, key, REACTIVE, reactive_var)
            except CommandError:
                continue
            simulation.run_for(SETTLED)
            found[key, active_w, reactive_var] = outside(simulation)
            simulation.restore(before)
    return found


@pytest.mark.parametrize("source", [{"power": "16 kW"}, {"irradiance": "800 W/m²"}], ids=["power", "sun"])
def test_photovoltaics_that_are_told_0_on_a_slow_ramp_come_to_the_upper_bound_that_they_show(
    source: dict[str, str],
) -> None:
    """What they draw at rest, in the end; on the way down they deliver."""
    simulation = started({"roof": inverter(11, "pv_inverter", ramp_rate="1 kW/s", **source)}, "noon")
    tell(simulation, "roof", ACTIVE, 0.0)
    simulation.run_for(timedelta(seconds=10))
    power_w, ((_, upper_w),) = bounds_of(simulation, "roof")
    assert power_w < 0.0 < upper_w < 10.0
    simulation.run_for(SETTLED)
    power_w, ((_, still_w),) = bounds_of(simulation, "roof")
    assert power_w == still_w == upper_w


@pytest.mark.lengthy
@pytest.mark.parametrize("hour", [pytest.param("night", marks=pytest.mark.slow), "noon"])
@pytest.mark.parametrize(
    "name",
    ["demo", *(pytest.param(name, marks=pytest.mark.slow) for name in bundled_sites() if name != "demo")],
)
def test_every_bundled_site(name: str, hour: str) -> None:
    found = told_everything(begun(load_site(name), hour))
    assert len(found) > 20
    assert {told: wrong for told, wrong in found.items() if wrong} == {}


@pytest.mark.parametrize("hour", HOURS)
@pytest.mark.parametrize("components", MADE.values(), ids=MADE.keys())
def test_inverters_of_all_kinds(components: dict[str, dict[str, Any]], hour: str) -> None:
    simulation = started(components, hour)
    simulation.drive("grid", "voltage", 424.0)
    found = told_everything(simulation)
    assert len(found) > 5
    assert {told: wrong for told, wrong in found.items() if wrong} == {}


def test_photovoltaics_without_sun_show_what_their_reactive_power_costs() -> None:
    simulation = started(MADE["photovoltaics"], "night")
    _, ((_, rest_w),) = bounds_of(simulation, "roof")
    tell(simulation, "roof", REACTIVE, 15e3)
    simulation.run_for(SETTLED)
    power_w, ((lower_w, upper_w),) = bounds_of(simulation, "roof")
    assert power_w > 10.0 * rest_w
    assert (lower_w, upper_w) == (0.0, power_w)


def test_a_battery_inverter_shows_no_charging_power_below_what_losses_leave_of_its_batteries_least() -> None:
    simulation = started(MADE["before a least power"], "night")
    tell(simulation, "inv", REACTIVE, 15e3)
    simulation.run_for(SETTLED)
    _, (_, (least_w, _)) = bounds_of(simulation, "inv")
    tell(simulation, "inv", ACTIVE, least_w)
    simulation.run_for(SETTLED)
    assert bounds_of(simulation, "inv")[0] == pytest.approx(least_w)
    assert simulation.plant.readings.flows().battery_dc_w["bat"] == pytest.approx(1e3)


@pytest.mark.parametrize("minima", [("1 kW", "1 kW"), ("1 kW", "0 W")], ids=", ".join)
def test_a_hybrid_told_a_little_more_than_its_sun_makes_delivers_that_where_its_batteries_give_nothing_so_small(
    minima: tuple[str, str],
) -> None:
    components = {
        "inv": inverter(11, "hybrid_inverter", peak_power="20 kW", irradiance="400 W/m²"),
        **{
            f"bat-{number}": battery(number, "inv", min_power=least)
            for number, least in enumerate(minima, 12)
        },
    }
    simulation = started(components, "noon")
    _, (_, (alone_w, _)) = bounds_of(simulation, "inv")
    tell(simulation, "inv", ACTIVE, alone_w - 0.009 * 30e3)
    simulation.run_for(SETTLED)
    power_w, (_, (edge_w, _)) = bounds_of(simulation, "inv")
    assert power_w == pytest.approx(edge_w, rel=1e-9)
    assert power_w == pytest.approx(alone_w, rel=1e-6)


@pytest.mark.parametrize("left", [(-9e3, 9e3), (-9e3, 0.0), (0.0, 9e3)], ids=str)
@pytest.mark.parametrize("name", ["photovoltaics", "empty", "with a least power", "before a least power"])
def test_within_what_clients_leave_of_it(name: str, left: tuple[float, float]) -> None:
    simulation = started(MADE[name], "night")
    simulation.gateway.augment_bounds(11, Metric.AC_POWER_ACTIVE, [left], lifetime_s=900)
    found = told_everything(simulation)
    assert {told: wrong for told, wrong in found.items() if wrong} == {}


def test_losses_of_a_broken_inverter_lie_within_what_is_left_of_it() -> None:
    simulation = started(MADE["photovoltaics"], "night")
    simulation.fault(Fault("roof", FaultKind.DERATE, amount=0.001))
    tell(simulation, "roof", REACTIVE, 15e3)
    simulation.run_for(SETTLED)
    assert bounds_of(simulation, "roof")[0] > 0.001 * 30e3
    assert outside(simulation) == []


def test_no_power_and_no_bound_is_ever_minus_0() -> None:
    simulation = begun(load_site("all-categories"), "noon")
    for key in simulation.plant.equipment.ratings:
        with contextlib.suppress(CommandError):
            tell(simulation, key, ACTIVE, -0.0)
    simulation.run_for(SETTLED)
    assert simulation.plant.readings.active_power_w("wind") == 0.0
    for component in simulation.plant.site.components.values():
        frame = simulation.gateway.frame(component.id)
        edges = (edge for ranges in frame.bounds.values() for bounds in ranges for edge in bounds)
        assert not [value for value in (*frame.values.values(), *edges) if str(value) == "-0.0"]
