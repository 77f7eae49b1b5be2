"""What clients see of the management system of a battery, and what they can tell it."""

from __future__ import annotations

import pytest
from gateway.equipped import BATTERY, INVERTER, Equipped

from doppelgrid.sim.domain.faults import Fault, FaultKind
from doppelgrid.sim.domain.messages import OutOfBoundsError, WrongStateError
from doppelgrid.sim.domain.metrics import Metric, PowerType
from doppelgrid.sim.domain.states import StateCode

S = StateCode
TENDER = {"bms": {"overcurrent_charging": {"trip": "20 A", "release": "10 A", "delay": "1 s"}}}


def tripped() -> Equipped:
    """Return a site whose battery has been charged with more than it bears."""
    site = Equipped(bat=TENDER)
    site.gateway.set_power(INVERTER, PowerType.ACTIVE, 20e3, 900)
    site.pass_time(2.0)
    site.gateway.set_power(INVERTER, PowerType.ACTIVE, 0.0, None)
    return site


def codes(site: Equipped) -> tuple[list[str], list[str]]:
    frame = site.gateway.frame(BATTERY)
    return [error.code for error in frame.errors], [warning.code for warning in frame.warnings]


def test_a_current_near_its_limit_is_warned_of() -> None:
    site = Equipped(
        bat={"bms": {"overcurrent_charging": {"trip": "30 A", "warning": "25 A", "release": "20 A"}}}
    )
    site.gateway.set_power(INVERTER, PowerType.ACTIVE, 20e3, None)
    site.pass_time(20.0)
    assert codes(site) == ([], ["OVERCURRENT_CHARGING"])
    assert site.states(BATTERY) == (S.CHARGING, S.RELAY_CLOSED)


def test_a_trip_is_an_error_with_the_relays_open_and_no_power() -> None:
    site = tripped()
    assert codes(site) == (["OVERCURRENT_CHARGING"], [])
    assert site.states(BATTERY) == (S.ERROR, S.RELAY_OPEN)
    assert site.value(BATTERY, Metric.DC_POWER) == 0.0
    assert site.shown(BATTERY, Metric.DC_POWER) == ((0.0, 0.0),)
    with pytest.raises(OutOfBoundsError):
        site.gateway.set_power(INVERTER, PowerType.ACTIVE, 10e3, None)


def test_it_starts_again_only_once_acknowledged() -> None:
    site = tripped()
    with pytest.raises(WrongStateError, match="accepted: once the error is acknowledged"):
        site.gateway.start(BATTERY)
    site.gateway.acknowledge(BATTERY)
    assert (codes(site), site.states(BATTERY)) == (([], []), (S.OFF, S.RELAY_OPEN))
    site.pass_time(60.0)
    assert site.states(BATTERY) == (S.OFF, S.RELAY_OPEN)
    site.gateway.start(BATTERY)
    assert site.states(BATTERY) == (S.SWITCHING_ON,)
    site.pass_time(5.0)
    assert S.RELAY_CLOSED in site.states(BATTERY)


def test_acknowledging_and_starting_at_one_moment_works() -> None:
    site = tripped()
    site.gateway.acknowledge(BATTERY)
    site.gateway.start(BATTERY)
    site.pass_time(5.0)
    assert site.states(BATTERY) == (S.READY, S.RELAY_CLOSED)


def test_a_cause_that_lasts_is_named() -> None:
    site = Equipped(bat={"initial_temperature": "70 °C"})
    site.pass_time(10.0)
    assert codes(site) == (["OVERTEMPERATURE"], ["OVERTEMPERATURE"])
    with pytest.raises(
        WrongStateError, match=r"cannot be acknowledged yet: too hot: .* °C, .* cleared at 55 °C"
    ):
        site.gateway.acknowledge(BATTERY)


class TestFaults:
    def test_a_fault_trips_whatever_the_system_finds(self) -> None:
        site = Equipped()
        site.simulation.fault(Fault("bat", FaultKind.TRIP, diagnostic="BATTERY_BLOCK_ERROR"))
        assert codes(site) == (["BATTERY_BLOCK_ERROR"], [])
        assert site.states(BATTERY) == (S.ERROR, S.RELAY_OPEN)
        site.gateway.acknowledge(BATTERY)
        assert site.states(BATTERY) == (S.OFF, S.RELAY_OPEN)
        site.gateway.start(BATTERY)
        site.pass_time(5.0)
        assert site.states(BATTERY) == (S.READY, S.RELAY_CLOSED)

    def test_a_fault_that_mends_by_itself_leaves_the_relays_closed(self) -> None:
        site = Equipped()
        site.simulation.fault(Fault("bat", FaultKind.TRIP), for_s=10.0)
        site.pass_time(11.0)
        assert site.states(BATTERY) == (S.READY, S.RELAY_CLOSED)

    def test_neither_is_cleared_while_the_other_lasts(self) -> None:
        site = Equipped(bat={"initial_temperature": "70 °C"})
        site.pass_time(10.0)
        site.simulation.fault(Fault("bat", FaultKind.TRIP))
        with pytest.raises(WrongStateError, match="too hot"):
            site.gateway.acknowledge(BATTERY)
        assert codes(site)[0] == ["HARDWARE_FAULT"]


def test_a_fork_goes_on_with_relays_on_their_way() -> None:
    site = tripped()
    site.pass_time(600.0)
    site.gateway.acknowledge(BATTERY)
    site.gateway.start(BATTERY)
    site.pass_time(0.5)
    fork = site.simulation.fork()
    for _ in range(40):
        site.pass_time(0.1)
        fork.run_to(site.simulation.now_us)
        assert fork.gateway.frame(BATTERY) == site.gateway.frame(BATTERY)
    assert S.RELAY_CLOSED in site.states(BATTERY)
