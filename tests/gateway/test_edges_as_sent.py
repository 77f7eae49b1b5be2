"""What telemetry shows as an edge, an inverter does, though both were 32-bit floats on their way."""

from __future__ import annotations

import random
import struct
from collections.abc import Sequence
from typing import Any, NamedTuple

import pytest
from support.inverter_groups import BATTERIES, INVERTERS, Group

from doppelgrid.sim.domain.messages import CommandError
from doppelgrid.sim.domain.metrics import Metric, PowerType
from doppelgrid.sim.domain.ranges import is_allowed

MILLIONTH = 1e-6
AT_WORK_W = 60.0
"""More than any of them draws at rest."""
INVERTER: dict[str, Any] = {"category": "battery_inverter", "rated_power": "5 kW"}
HYBRID: dict[str, Any] = {"category": "hybrid_inverter", "rated_power": "6 kW", "peak_power": "5 kW"}
SUNNY, CLOUDY = {**HYBRID, "irradiance": "600 W/m²"}, {**HYBRID, "irradiance": "150 W/m²"}
BATTERY: dict[str, Any] = {"preset": "lfp-10kwh", "initial_soc": "50 %"}


class Site(NamedTuple):
    """Inverters, and the minima of batteries that all of them share, in watts; None where clients leave one."""

    inverters: list[dict[str, Any]]
    minima: Sequence[str | None] = (None,)


SITES = {
    "an inverter": Site([INVERTER]),
    "one whose losses go by the battery's voltage": Site([{**INVERTER, "dc_voltage": "battery"}]),
    "one with a minimum of its own": Site([{**INVERTER, "min_power": "512.3 W"}]),
    "one with two batteries": Site([INVERTER], [None, "410 W"]),
    "two that share a battery": Site([INVERTER] * 2),
    "two that share one with a minimum": Site([INVERTER] * 2, ["700 W"]),
    "three, one with a minimum": Site([INVERTER, INVERTER, {**INVERTER, "min_power": "300 W"}]),
    "a hybrid": Site([SUNNY]),
    "a hybrid under clouds": Site([CLOUDY]),
    "a hybrid that shares": Site([SUNNY, INVERTER]),
    "a hybrid under clouds that shares": Site([CLOUDY, INVERTER]),
}


def as_sent(power: float) -> float:
    number: float = struct.unpack("f", struct.pack("f", power))[0]
    return number


def drawn_group(site: Site, draw: random.Random) -> Group:
    """Return a group of which clients leave batteries a range each way; the inverters behind the first do something."""
    number = len(site.inverters)
    batteries = [
        (tuple(range(number)), BATTERY if least is None else {**BATTERY, "min_power": least})
        for least in site.minima
    ]
    group = Group(site.inverters, batteries)
    for battery, least in enumerate(site.minima):
        if least is None:
            low_w, high_w = (as_sent(draw.uniform(*edges)) for edges in ((100.0, 1500.0), (1600.0, 4000.0)))
            left = [(-high_w, -low_w), (low_w, high_w)]
            group.simulation.gateway.augment_bounds(
                BATTERIES + battery, Metric.DC_POWER, left, lifetime_s=900
            )
    group.wait()
    for other in range(1, number):
        lower_w, upper_w = draw.choice(group.shown(other))
        try:
            group.tell(other, as_sent(draw.choice([lower_w, upper_w, draw.uniform(lower_w, upper_w)])))
        except CommandError:
            continue
    return group


def edges_and_what_comes_of_them(group: Group, beyond: float) -> dict[float, tuple[float, list[float]]]:
    """Return what the first inverter has when it is told edges, and what the others have then that are at work.

    Args:
        group: Of inverters.
        beyond: By which part of an edge what is told is outside of it; 0 for the edge as it is sent.
    """
    before, found = group.simulation.save(), {}
    for lower_w, upper_w in group.shown(0):
        for edge_w, way in ((lower_w, -1.0), (upper_w, 1.0)):
            if abs(edge_w) > AT_WORK_W:
                told_w = as_sent(edge_w) if beyond == 0.0 else edge_w + way * beyond * abs(edge_w)
                group.tell(0, told_w)
                found[edge_w] = (group.power_w(0), at_work(group))
                assert is_allowed(group.power_w(0), group.shown(0), MILLIONTH * abs(edge_w))
                group.simulation.restore(before)
    return found


def at_work(group: Group) -> list[float]:
    """Return the powers of all inverters but the first, without what they draw at rest [W]."""
    powers = [group.power_w(other) for other in group.numbers[1:]]
    return [power_w if abs(power_w) > AT_WORK_W else 0.0 for power_w in powers]


@pytest.mark.parametrize("beyond", [0.0, 0.9 * MILLIONTH], ids=["as sent", "a millionth beyond"])
@pytest.mark.parametrize("site", SITES.values(), ids=SITES.keys())
def test_an_inverter_has_each_edge_that_it_shows_and_the_others_go_on(site: Site, beyond: float) -> None:
    tried = 0
    for seed in range(6):
        group = drawn_group(site, random.Random(seed))
        before = at_work(group)
        for edge_w, (power_w, others) in edges_and_what_comes_of_them(group, beyond).items():
            assert power_w == pytest.approx(edge_w, rel=1e-3, abs=1.0), (seed, group.shown(0))
            assert others == pytest.approx(before, rel=1e-3, abs=1.0), (seed, edge_w)
            tried += 1
    assert tried > 10


def test_it_has_the_least_that_clients_leave_of_it_as_sent() -> None:
    group = Group([INVERTER], [((0,), BATTERY)])
    left = [(-3000.1, -700.1), (700.1, 3000.1)]
    group.simulation.gateway.augment_bounds(INVERTERS, Metric.AC_POWER_ACTIVE, left, lifetime_s=900)
    for edge_w in (edge for ways in left for edge in ways):
        group.tell(0, as_sent(edge_w))
        assert group.power_w(0) == pytest.approx(edge_w, rel=MILLIONTH)
        assert any(bounds.contains(group.power_w(0)) for bounds in group.shown(0))


def test_one_that_rests_shows_0_beside_another_that_charges_with_just_what_clients_leave() -> None:
    group = Group([INVERTER] * 2, [((0, 1), BATTERY)])
    for least_w in range(300, 1000, 50):
        left = [(-3e3, -1.0 * least_w), (1.0 * least_w, 3e3)]
        group.simulation.gateway.augment_bounds(BATTERIES, Metric.DC_POWER, left, lifetime_s=5)
        group.tell(0, as_sent(group.shown(0)[-1].lower))
        assert group.battery_w(0) == pytest.approx(least_w)
        assert is_allowed(0.0, group.shown(1), 0.0)
        group.tell(1, 0.0)
        assert group.battery_w(0) == pytest.approx(least_w)


def test_a_hybrid_does_not_show_that_it_delivers_its_sun_where_another_charges_by_that() -> None:
    """Together they charge a battery with what clients leave it at least; one alone would not."""
    group = Group([CLOUDY, INVERTER], [((0, 1), BATTERY)])
    group.simulation.gateway.augment_bounds(
        BATTERIES, Metric.DC_POWER, [(-3e3, -990.0), (990.0, 3e3)], lifetime_s=900
    )
    group.tell(1, 600.0)
    assert group.battery_w(0) > 990.0
    with_sun_w = group.shown(0)[-1].lower
    group.tell(0, with_sun_w)
    assert group.power_w(0) == pytest.approx(with_sun_w)
    assert group.power_w(1) == pytest.approx(600.0)
    assert group.battery_w(0) == pytest.approx(990.0)


def test_reactive_power_gives_way_to_what_was_sent_a_little_below_a_minimum() -> None:
    group = Group([INVERTER], [((0,), {**BATTERY, "min_power": "300 W"})])
    least_w = group.shown(0)[-1].lower
    group.tell(0, 1500.0, PowerType.REACTIVE)
    group.tell(0, least_w * (1.0 - 0.9 * MILLIONTH))
    assert group.power_w(0) == pytest.approx(least_w)
