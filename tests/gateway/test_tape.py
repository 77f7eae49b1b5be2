"""Runs on tape: any instant can be visited again, and the first failure found."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

import doppelgrid
from doppelgrid.sim.domain.faults import Fault, FaultKind
from doppelgrid.sim.domain.metrics import Metric, PowerType
from doppelgrid.sim.simulation.simulation import Simulation
from doppelgrid.sim.simulation.tape import Tape

NOON = 1_781_517_600_000_000
MAIN, INVERTER = 2, 11


def live_through_an_hour(look: Callable[[Simulation], None]) -> Tape:
    """Play an hour full of commands, drives and faults, looking at the site every second."""
    site = doppelgrid.load_site("demo").with_telemetry_interval(1.0)
    simulation = Simulation.headless(site, start_us=NOON, seed=42)
    tape = Tape(simulation, every_s=300.0)
    for second in range(3600):
        if second % 97 == 13:
            power_w = -20_000.0 if second % 2 else 9_000.0
            simulation.gateway.set_power(INVERTER, PowerType.ACTIVE, power_w, 60)
        if second == 1_000:
            simulation.drive("office", "load", 25_000.0, over_s=30.0)
        if second == 1_500:
            simulation.fault(Fault("bat-inv", FaultKind.REFUSED), for_s=3.0)
        if second == 2_000:
            simulation.release("office", "load")
        simulation.run_for(timedelta(seconds=1))
        look(simulation)
    return tape


def main_meter_w(simulation: Simulation) -> float:
    return simulation.gateway.frame(MAIN).values[Metric.AC_POWER_ACTIVE]


def test_a_visited_instant_is_the_instant_that_was_to_the_last_bit() -> None:
    powers: dict[int, float] = {}

    def remember(simulation: Simulation) -> None:
        powers[simulation.now_us] = main_meter_w(simulation)

    tape = live_through_an_hour(remember)
    for second in (1, 299, 300, 301, 1_017, 1_999, 2_500, 3_600):
        instant_us = NOON + second * 1_000_000
        assert main_meter_w(tape.visit(instant_us)) == powers[instant_us]


def test_the_first_failure_is_found_at_its_second() -> None:
    broken: list[int] = []

    def watch(simulation: Simulation) -> None:
        if main_meter_w(simulation) > 65_000.0:
            broken.append(simulation.now_us)

    tape = live_through_an_hour(watch)
    assert broken
    failure = tape.first_failure(lambda simulation: main_meter_w(simulation) <= 65_000.0)
    assert failure is not None
    assert failure.time_us == broken[0]
    assert main_meter_w(failure.simulation) > 65_000.0


def test_a_check_that_always_holds_has_no_failure() -> None:
    tape = live_through_an_hour(lambda _simulation: None)
    assert tape.first_failure(lambda simulation: main_meter_w(simulation) < 1e6) is None


def test_an_instant_off_the_tape_is_refused() -> None:
    tape = live_through_an_hour(lambda _simulation: None)
    with pytest.raises(ValueError, match="the tape has nothing at"):
        tape.visit(NOON - 1)
