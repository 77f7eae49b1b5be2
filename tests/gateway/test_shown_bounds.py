"""Whatever telemetry shows as bounds is accepted as a set-point, and what is beyond them is not."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import timedelta

import numpy as np
import pytest
from gateway.equipped import CAPACITORS, CHARGER, CHP, COMPONENTS, INVERTER, START, Equipped
from support.rarely_sampled import rarely_sampled

from doppelgrid.sim.domain.events import Event
from doppelgrid.sim.domain.faults import Fault, FaultKind
from doppelgrid.sim.domain.messages import CommandError, OutOfBoundsError, RequestStatus
from doppelgrid.sim.domain.metrics import Metric, PowerType
from doppelgrid.sim.gateway.set_points import BOUNDS_TOLERANCE
from doppelgrid.sim.simulation.simulation import Simulation
from doppelgrid.sim.site.reader import bundled_sites, load_site
from doppelgrid.sim.site.site import Site
from doppelgrid.sim.telemetry.power_bounds import METRIC_OF

CONDITIONS = ("at rest", "in standby", "starting", "running")
SITES = (*bundled_sites(), "every category")
NOON = START + 20 * 3_600_000_000
BEYOND = 2.5 * BOUNDS_TOLERANCE
"""Of a rating, what is certainly too much [1]."""


def site_named(name: str) -> Site:
    if name in bundled_sites():
        return load_site(name)
    components = {key: dict(component) for key, component in COMPONENTS.items()}
    # With the minimum of its kind, and with the least that one may be given.
    components["engine"] = {"id": 61, "category": "chp", "behind": "main", "rated_power": "50 kW"}
    components["small engine"] = {**components["engine"], "id": 62, "min_power": "2.5 kW"}
    return Site.model_validate({"microgrid": {"id": 7}, "components": components})


def running(name: str, condition: str) -> Simulation:
    """Return a site whose devices are at rest, in standby, starting, or have run for a while."""
    simulation = Simulation.headless(rarely_sampled(site_named(name)), start_us=NOON, seed=1)
    simulation.run_for(timedelta(seconds=2))
    told = [key for key, rating in simulation.plant.equipment.ratings.items() if rating.active]
    for key in told:
        component = simulation.plant.site.components[key].id
        if condition == "in standby":
            try:
                simulation.gateway.standby(component)
            except CommandError:
                continue
        elif condition != "at rest":
            lower, upper = max(
                simulation.gateway.frame(component).bounds[Metric.AC_POWER_ACTIVE],
                key=lambda bounds: bounds.upper - bounds.lower,
            )
            simulation.gateway.set_power(component, PowerType.ACTIVE, 0.25 * lower + 0.75 * upper, 900)
    simulation.run_for(timedelta(seconds=30 if condition in ("starting", "at rest") else 600))
    return simulation


def shown(simulation: Simulation) -> Iterator[tuple[str, PowerType, tuple[tuple[float, float], ...]]]:
    """Return key, axis and bounds of whatever can be told a power."""
    for key, rating in simulation.plant.equipment.ratings.items():
        frame = simulation.gateway.frame(simulation.plant.site.components[key].id)
        for axis, metric in METRIC_OF.items():
            if rating.of(axis) is not None:
                yield key, axis, tuple(tuple(bounds) for bounds in frame.bounds[metric])


def refusal(simulation: Simulation, key: str, axis: PowerType, power: float) -> str | None:
    """Return by which text a double of a site refuses a power as it comes over the line; None if it does not."""
    before = simulation.save()
    try:
        as_sent = float(np.float32(power))
        simulation.gateway.set_power(simulation.plant.site.components[key].id, axis, as_sent, 60)
    except CommandError as error:
        return f"{key} shows {dict(shown_by_axis(simulation, key))} and refuses {as_sent!r}: {error}"
    finally:
        simulation.restore(before)
    return None


def shown_by_axis(simulation: Simulation, key: str) -> Iterator[tuple[str, object]]:
    return ((axis.value, bounds) for other, axis, bounds in shown(simulation) if other == key)


ENGINES = ("chp", "engine", "small engine")
"""While they warm up they show what they can do then, and accept what they will come to."""


@pytest.fixture(scope="module", params=itertools.product(SITES, CONDITIONS), ids=" ".join)
def simulation(request: pytest.FixtureRequest) -> Simulation:
    return running(*request.param)


@pytest.mark.lengthy
def test_every_edge_and_middle_of_what_is_shown_is_accepted(simulation: Simulation) -> None:
    refusals = [
        refusal(simulation, key, axis, power)
        for key, axis, ranges in shown(simulation)
        for lower, upper in ranges
        for power in (lower, 0.9 * lower + 0.1 * upper, (lower + upper) / 2.0, upper)
    ]
    assert [text for text in refusals if text is not None] == []
    assert refusals


def test_what_is_beyond_what_is_shown_is_refused(simulation: Simulation) -> None:
    for key, axis, ranges in shown(simulation):
        rating = simulation.plant.equipment.ratings[key]
        # A set-point that is a limit may lie beyond what can be had now, and reactive power beyond what is left.
        is_loose = rating.is_limit or axis is PowerType.REACTIVE
        edges = rating.of(axis) if is_loose else (ranges[0][0], ranges[-1][1])
        edges = (edges[0], max(edges[1], rating.most_told_w))
        if key in ENGINES:
            edges = (rating.of(axis)[0], edges[1])
        beyond = BEYOND * rating.size
        for power in (min(edges[0], 0.0) - beyond, max(edges[1], 0.0) + beyond):
            assert refusal(simulation, key, axis, power) is not None, (key, axis, ranges, power)


def put_out_of_service(site: Simulation, way: str) -> None:
    for key in site.plant.equipment.ratings:
        if way == "stopped":
            site.gateway.stop(site.plant.site.components[key].id)
        elif way == "tripped":
            site.fault(Fault(key, FaultKind.TRIP))
    if way == "cut off":
        site.drive("grid", "presence", 0.0)
    site.run_for(timedelta(seconds=3))


@pytest.mark.parametrize("way", ["stopped", "tripped", "cut off"])
def test_what_is_out_of_service_shows_0_alone_of_either_power(way: str) -> None:
    site = running("every category", "running")
    put_out_of_service(site, way)
    found = list(shown(site))
    assert {axis for _, axis, _ in found} == set(PowerType)
    assert [each for each in found if each[2] != ((0.0, 0.0),)] == []


@pytest.mark.parametrize(
    "component",
    [
        {"category": "crypto_miner", "machines": 20},
        {"category": "hvac", "preset": "office-split"},
        {"category": "ev_charger", "rated_power": "50 kW", "type": "dc"},
        {"category": "steam_boiler", "rated_power": "50 kW"},
    ],
    ids=lambda component: component["category"],
)
@pytest.mark.parametrize("left", [(0.0, 3.0), (-5.0, 0.0)])
def test_what_a_device_draws_at_rest_is_shown_beside_what_clients_leave(
    component: dict[str, object], left: tuple[float, float]
) -> None:
    components = {
        "grid": {"id": 1, "category": "grid_connection_point"},
        "device": {"id": 2, "behind": "grid", **component},
    }
    site = Simulation.headless(
        Site.model_validate({"microgrid": {"id": 7}, "components": components}), start_us=NOON
    )
    site.gateway.augment_bounds(2, Metric.AC_POWER_ACTIVE, [left], lifetime_s=900)
    for voltage_v in (400.0, 340.0, 390.7):
        site.drive("grid", "voltage", voltage_v)
        site.run_for(timedelta(seconds=120))
        frame = site.gateway.frame(2)
        power_w = frame.values[Metric.AC_POWER_ACTIVE]
        assert any(lower <= power_w <= upper for lower, upper in frame.bounds[Metric.AC_POWER_ACTIVE])


class TestAnEngine:
    """It is told what it draws at rest by a client that keeps to what is shown, and rests."""

    def test_it_stays_at_rest(self) -> None:
        site = Equipped()
        _, (_, rest_w) = site.shown(CHP)
        assert rest_w > 100.0
        events: list[Event] = []
        site.gateway.listen_to_events(events.append)
        site.gateway.set_power(CHP, PowerType.ACTIVE, rest_w / 2.0, 60)
        site.pass_time(1.0)
        assert site.value(CHP) == rest_w
        ended = [event.details["status"] for event in events if event.kind == "set-point ended"]
        assert ended == [RequestStatus.SUCCESS.value]

    @pytest.mark.lengthy
    def test_what_it_delivers_until_it_may_stop_is_shown(self) -> None:
        site = running("every category", "running")
        engine = site.plant.site.components["engine"].id
        power_w = site.gateway.frame(engine).values[Metric.AC_POWER_ACTIVE]
        assert power_w < 0.0
        site.gateway.augment_bounds(engine, Metric.AC_POWER_ACTIVE, [(0.0, 30e3)], lifetime_s=900)
        for _ in range(90):
            site.run_for(timedelta(seconds=10))
            frame = site.gateway.frame(engine)
            power_w = frame.values[Metric.AC_POWER_ACTIVE]
            assert any(lower <= power_w <= upper for lower, upper in frame.bounds[Metric.AC_POWER_ACTIVE])

    def test_it_stops(self) -> None:
        site = Equipped()
        site.gateway.set_power(CHP, PowerType.ACTIVE, -40e3, 900)
        site.pass_time(800.0)
        assert site.value(CHP) <= -20e3
        _, (_, most_w) = site.shown(CHP)
        for _ in range(8):
            site.gateway.set_power(CHP, PowerType.ACTIVE, most_w / 2.0, 900)
            site.pass_time(800.0)
        assert 0.0 < site.value(CHP) < 1e3

    def test_a_refusal_names_what_is_shown(self) -> None:
        site = Equipped()
        _, (_, rest_w) = site.shown(CHP)
        with pytest.raises(OutOfBoundsError, match=f"accepted: -50000 to -20000 W or 0 to {rest_w:.0f} W$"):
            site.gateway.set_power(CHP, PowerType.ACTIVE, rest_w + 100.0, 60)


@pytest.mark.parametrize(
    ("component", "power_type", "power", "accepted"),
    [
        (CHARGER, PowerType.ACTIVE, -1.0, "0 to 1000000 W"),
        (INVERTER, PowerType.ACTIVE, 40e3, "-30000 to 30000 W"),
        (CAPACITORS, PowerType.REACTIVE, 90e3, "-60000 to 0 var"),
    ],
)
def test_a_refusal_names_0_once(component: int, power_type: PowerType, power: float, accepted: str) -> None:
    with pytest.raises(OutOfBoundsError, match=f"accepted: {accepted}$"):
        Equipped().gateway.set_power(component, power_type, power, 60)


@pytest.mark.parametrize(
    ("left", "accepted"),
    [
        ((5e3, 9e3), "0 to 30 W or 5000 to 9000 W"),
        ((0.0, 0.2), "0 to 30 W"),
        ((-7e3, -7e3), "-7000 W or 0 to 30 W"),
    ],
)
def test_a_refusal_names_rest_beside_what_clients_have_left(left: tuple[float, float], accepted: str) -> None:
    site = Equipped()
    site.gateway.augment_bounds(INVERTER, Metric.AC_POWER_ACTIVE, [left], lifetime_s=60)
    with pytest.raises(OutOfBoundsError, match=f"accepted: {accepted}$"):
        site.gateway.set_power(INVERTER, PowerType.ACTIVE, 20e3, 60)
