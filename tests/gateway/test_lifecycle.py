"""Statements 39 and 40: components are started, parked, stopped and acknowledged over time."""

from __future__ import annotations

import pytest
from gateway.equipped import (
    BATTERY,
    BREAKER,
    CHARGER,
    DC_BATTERY,
    DC_INVERTER,
    GRID,
    INVERTER,
    MAIN,
    PRECHARGER,
    PV,
    Equipped,
)
from gateway.waiting import statuses

from doppelgrid.sim.domain.faults import Fault, FaultKind
from doppelgrid.sim.domain.messages import OutOfBoundsError, RequestStatus, UnsupportedError, WrongStateError
from doppelgrid.sim.domain.metrics import Metric, PowerType
from doppelgrid.sim.domain.states import StateCode

S = StateCode
ACTIVE = PowerType.ACTIVE


@pytest.fixture
def site() -> Equipped:
    return Equipped()


def walk(site: Equipped, component: int, seconds: float) -> list[tuple[StateCode, ...]]:
    """Return the states that a component goes through."""
    seen = [site.states(component)]
    for _ in range(round(seconds * 10)):
        site.pass_time(0.1)
        if site.states(component) != seen[-1]:
            seen.append(site.states(component))
    return seen


class TestInverters:
    def test_stop_opens_the_relays_and_ends_the_power(self, site: Equipped) -> None:
        site.gateway.set_power(INVERTER, ACTIVE, 10e3, None)
        site.pass_time(2.0)
        site.gateway.stop(INVERTER)
        assert site.value(INVERTER) == 0.0
        assert walk(site, INVERTER, 2.0) == [(S.SWITCHING_OFF,), (S.OFF,)]

    def test_start_closes_the_relays_and_begins_at_no_power(self, site: Equipped) -> None:
        site.gateway.set_power(INVERTER, ACTIVE, 10e3, 900)
        site.gateway.stop(INVERTER)
        site.pass_time(2.0)
        site.gateway.start(INVERTER)
        assert walk(site, INVERTER, 5.0) == [(S.SWITCHING_ON,), (S.READY,)]

    def test_standby_opens_the_ac_relay(self, site: Equipped) -> None:
        site.gateway.standby(INVERTER)
        assert walk(site, INVERTER, 2.0) == [(S.SWITCHING_OFF,), (S.STANDBY,)]
        assert site.value(INVERTER) == 0.0

    def test_standby_is_left_by_start(self, site: Equipped) -> None:
        site.gateway.standby(INVERTER)
        site.pass_time(1.0)
        site.gateway.start(INVERTER)
        assert walk(site, INVERTER, 2.0) == [(S.SWITCHING_ON,), (S.READY,)]

    async def test_standby_is_left_by_a_set_point(self, site: Equipped) -> None:
        site.gateway.standby(INVERTER)
        site.pass_time(1.0)
        request = site.gateway.set_power(INVERTER, ACTIVE, 10e3, None)
        assert walk(site, INVERTER, 3.0) == [(S.SWITCHING_ON,), (S.READY,), (S.CHARGING,)]
        assert site.value(INVERTER) == pytest.approx(10e3)
        assert await statuses(request) == [RequestStatus.ACCEPTED, RequestStatus.SUCCESS]

    def test_a_refused_set_point_does_not_wake(self, site: Equipped) -> None:
        site.gateway.standby(INVERTER)
        site.pass_time(1.0)
        with pytest.raises(OutOfBoundsError):
            site.gateway.set_power(INVERTER, ACTIVE, 99e3, None)
        assert site.states(INVERTER) == (S.STANDBY,)

    def test_standby_needs_both_relays_closed(self, site: Equipped) -> None:
        site.gateway.stop(INVERTER)
        site.pass_time(2.0)
        with pytest.raises(
            WrongStateError, match="relays are not both closed; accepted: standby once it is started"
        ):
            site.gateway.standby(INVERTER)

    def test_standby_is_refused_while_the_relays_close(self, site: Equipped) -> None:
        site.gateway.stop(INVERTER)
        site.pass_time(2.0)
        site.gateway.start(INVERTER)
        site.pass_time(0.3)
        assert site.states(INVERTER) == (S.SWITCHING_ON,)
        with pytest.raises(WrongStateError, match="relays are not both closed"):
            site.gateway.standby(INVERTER)
        assert walk(site, INVERTER, 2.0) == [(S.SWITCHING_ON,), (S.READY,)]

    async def test_standby_ends_what_was_asked_for(self, site: Equipped) -> None:
        reached = site.gateway.set_power(INVERTER, PowerType.REACTIVE, 5e3, 900)
        site.pass_time(2.0)
        under_way = site.gateway.set_power(INVERTER, ACTIVE, 10e3, 900)
        site.gateway.standby(INVERTER)
        site.pass_time(2.0)
        site.gateway.start(INVERTER)
        site.pass_time(3.0)
        assert site.states(INVERTER) == (S.READY,)
        assert abs(site.value(INVERTER)) < 100.0
        assert site.value(INVERTER, Metric.AC_POWER_REACTIVE) == 0.0
        assert await statuses(reached) == [RequestStatus.ACCEPTED, RequestStatus.SUCCESS]
        assert await statuses(under_way) == [RequestStatus.ACCEPTED, RequestStatus.FAILED]

    def test_a_stopped_inverter_takes_no_set_points(self, site: Equipped) -> None:
        site.gateway.stop(INVERTER)
        with pytest.raises(WrongStateError, match="switched off; accepted: commands once it is started"):
            site.gateway.set_power(INVERTER, ACTIVE, 1e3, None)

    async def test_stopping_fails_the_request_under_way(self, site: Equipped) -> None:
        request = site.gateway.set_power(PV, ACTIVE, -1e3, None)
        site.gateway.stop(PV)
        assert await statuses(request) == [RequestStatus.ACCEPTED, RequestStatus.FAILED]

    def test_photovoltaics_return_to_full_production(self, site: Equipped) -> None:
        site.gateway.stop(PV)
        site.pass_time(2.0)
        assert site.value(PV) == 0.0
        site.gateway.start(PV)
        site.pass_time(2.0)
        assert site.value(PV) == pytest.approx(-9e3)


class TestIdempotence:
    def test_commands_may_be_repeated(self, site: Equipped) -> None:
        for command, state in [
            (site.gateway.standby, S.STANDBY),
            (site.gateway.stop, S.OFF),
            (site.gateway.start, S.READY),
        ]:
            command(INVERTER)
            site.pass_time(0.3)
            command(INVERTER)
            site.pass_time(1.0)
            command(INVERTER)
            assert site.states(INVERTER) == (state,)

    def test_starting_what_runs_disturbs_nothing(self, site: Equipped) -> None:
        site.gateway.set_power(INVERTER, ACTIVE, 10e3, None)
        site.pass_time(2.0)
        site.gateway.start(INVERTER)
        assert site.value(INVERTER) == pytest.approx(10e3)

    def test_a_command_overtakes_the_one_under_way(self, site: Equipped) -> None:
        site.gateway.stop(INVERTER)
        site.pass_time(0.2)
        site.gateway.start(INVERTER)
        assert walk(site, INVERTER, 3.0) == [(S.SWITCHING_ON,), (S.READY,)]


class TestBatteries:
    def test_stop_opens_the_relay_and_allows_no_power(self, site: Equipped) -> None:
        site.gateway.stop(BATTERY)
        site.pass_time(1.0)
        assert site.states(BATTERY) == (S.OFF, S.RELAY_OPEN)
        assert site.shown(BATTERY, Metric.DC_POWER) == ((0.0, 0.0),)
        site.gateway.set_power(INVERTER, ACTIVE, 0.0, None)
        with pytest.raises(OutOfBoundsError):
            site.gateway.set_power(INVERTER, ACTIVE, 10e3, None)

    def test_stop_needs_no_power_to_flow(self, site: Equipped) -> None:
        site.gateway.set_power(INVERTER, ACTIVE, 10e3, None)
        site.pass_time(2.0)
        with pytest.raises(WrongStateError, match="W flow through it"):
            site.gateway.stop(BATTERY)
        assert S.RELAY_CLOSED in site.states(BATTERY)

    def test_start_closes_the_relay(self, site: Equipped) -> None:
        site.gateway.stop(BATTERY)
        site.pass_time(1.0)
        site.gateway.start(BATTERY)
        assert walk(site, BATTERY, 1.0) == [(S.SWITCHING_ON,), (S.READY, S.RELAY_CLOSED)]

    def test_batteries_have_no_standby(self, site: Equipped) -> None:
        with pytest.raises(UnsupportedError, match="accepted: inverters"):
            site.gateway.standby(BATTERY)


class TestBreakersAndPrechargers:
    def test_what_is_behind_an_open_breaker_is_dead(self, site: Equipped) -> None:
        site.gateway.set_power(INVERTER, ACTIVE, 10e3, None)
        site.pass_time(2.0)
        before_w = site.value(MAIN)
        site.gateway.stop(BREAKER)
        site.pass_time(1.0)
        assert site.states(BREAKER) == (S.OFF, S.RELAY_OPEN)
        assert site.value(INVERTER) == 0.0
        assert site.value(INVERTER, Metric.AC_VOLTAGE_PHASE_1_N) == 0.0
        assert site.value(MAIN) == pytest.approx(before_w - 10e3, abs=50.0)
        assert [warning.code for warning in site.gateway.frame(INVERTER).warnings] == ["GRID_DISCONNECTED"]

    def test_a_component_that_is_cut_off_takes_no_set_points(self, site: Equipped) -> None:
        site.gateway.stop(BREAKER)
        with pytest.raises(WrongStateError, match="cut off from the grid"):
            site.gateway.set_power(INVERTER, ACTIVE, 1e3, None)

    def test_closing_a_breaker_brings_the_power_back(self, site: Equipped) -> None:
        site.gateway.set_power(INVERTER, ACTIVE, 10e3, 900)
        site.gateway.stop(BREAKER)
        site.pass_time(2.0)
        site.gateway.start(BREAKER)
        assert walk(site, BREAKER, 3.0) == [(S.SWITCHING_ON,), (S.READY, S.RELAY_CLOSED)]

    def test_a_precharger_charges_before_it_closes(self, site: Equipped) -> None:
        site.gateway.stop(PRECHARGER)
        site.pass_time(1.0)
        assert site.states(PRECHARGER) == (S.OFF, S.PRECHARGER_OPEN)
        site.gateway.start(PRECHARGER)
        assert walk(site, PRECHARGER, 4.0) == [
            (S.SWITCHING_ON, S.PRECHARGER_PRECHARGING),
            (S.READY, S.PRECHARGER_CLOSED),
        ]

    def test_an_open_precharger_keeps_the_battery_from_its_inverter(self, site: Equipped) -> None:
        site.gateway.stop(PRECHARGER)
        site.pass_time(1.0)
        ((lower, upper),) = site.shown(DC_INVERTER)
        assert -50.0 < lower <= upper < 100.0
        assert S.RELAY_CLOSED in site.states(DC_BATTERY)


class TestOtherComponents:
    def test_a_charging_point_can_be_switched(self, site: Equipped) -> None:
        site.gateway.stop(CHARGER)
        site.pass_time(1.0)
        assert site.states(CHARGER)[0] is S.OFF
        assert site.value(CHARGER) == 0.0

    @pytest.mark.parametrize("component", [GRID, MAIN])
    def test_meters_and_the_grid_have_nothing_to_switch(self, site: Equipped, component: int) -> None:
        for command in (site.gateway.start, site.gateway.stop):
            with pytest.raises(UnsupportedError, match="has nothing to switch"):
                command(component)
        with pytest.raises(UnsupportedError):
            site.gateway.standby(component)

    def test_a_component_for_telemetry_only_is_not_switched(self) -> None:
        site = Equipped(inv={"operational_mode": "telemetry_only"})
        for command in (
            site.gateway.start,
            site.gateway.stop,
            site.gateway.standby,
            site.gateway.acknowledge,
        ):
            with pytest.raises(WrongStateError, match="telemetry_only"):
                command(INVERTER)


def trip(site: Equipped, *, for_s: float | None = None, recoverable: bool = True) -> int:
    return site.simulation.fault(Fault("inv", FaultKind.TRIP, recoverable=recoverable), for_s=for_s)


class TestAcknowledge:
    def test_it_clears_the_error_and_leaves_the_component_stopped(self, site: Equipped) -> None:
        trip(site)
        assert site.states(INVERTER) == (S.ERROR,)
        site.gateway.acknowledge(INVERTER)
        frame = site.gateway.frame(INVERTER)
        assert (frame.states, frame.errors) == ((S.OFF,), ())
        site.gateway.start(INVERTER)
        site.pass_time(2.0)
        assert site.states(INVERTER) == (S.READY,)

    def test_without_an_error_it_changes_nothing(self, site: Equipped) -> None:
        site.gateway.acknowledge(INVERTER)
        assert site.states(INVERTER) == (S.READY,)

    def test_a_cause_that_lasts_cannot_be_acknowledged(self, site: Equipped) -> None:
        trip(site, for_s=60.0)
        with pytest.raises(WrongStateError, match="what tripped it still lasts"):
            site.gateway.acknowledge(INVERTER)
        assert site.states(INVERTER) == (S.ERROR,)

    def test_an_error_that_is_not_recoverable_stays(self, site: Equipped) -> None:
        trip(site, recoverable=False)
        with pytest.raises(WrongStateError, match="not recoverable"):
            site.gateway.acknowledge(INVERTER)

    def test_a_tripped_component_cannot_be_started(self, site: Equipped) -> None:
        trip(site)
        with pytest.raises(WrongStateError, match="accepted: once the error is acknowledged"):
            site.gateway.start(INVERTER)

    def test_errors_are_there_exactly_when_the_state_is_error(self, site: Equipped) -> None:
        def agrees() -> bool:
            frame = site.gateway.frame(INVERTER)
            return (S.ERROR in frame.states) == bool(frame.errors)

        assert agrees()
        trip(site)
        assert agrees()
        site.gateway.acknowledge(INVERTER)
        assert agrees()


def test_a_fork_goes_on_with_what_is_under_way(site: Equipped) -> None:
    site.gateway.stop(PRECHARGER)
    site.pass_time(1.0)
    site.gateway.start(PRECHARGER)
    site.gateway.standby(INVERTER)
    site.pass_time(0.3)
    fork = site.simulation.fork()
    for _ in range(40):
        site.pass_time(0.1)
        fork.run_to(site.simulation.now_us)
        for component in (PRECHARGER, INVERTER, DC_INVERTER):
            assert fork.gateway.frame(component) == site.gateway.frame(component)


def test_what_happens_is_told(site: Equipped) -> None:
    told: list[str] = []
    site.gateway.listen_to_events(lambda event: told.append(str(event)))
    site.gateway.stop(CHARGER)
    site.pass_time(1.0)
    assert "charger: switched (position switching_off)" in told
    assert "charger: stop accepted" in told
    assert "charger: switched (position off)" in told
