"""What each kind of fault does: one kind a test, as clients of the gateway see it."""

from __future__ import annotations

import asyncio
import math
import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from gateway.waiting import PATIENCE_S, soon

from doppelgrid.sim.domain.events import Event
from doppelgrid.sim.domain.faults import Distribution, Fault, FaultKind
from doppelgrid.sim.domain.messages import Frame, OutOfBoundsError, RefusalStatus, UnavailableError
from doppelgrid.sim.domain.metrics import Metric, PowerType
from doppelgrid.sim.domain.states import StateCode
from doppelgrid.sim.faults.chance import LONGEST_DELAY_S, delay_s
from doppelgrid.sim.gateway.subscriptions import LONGEST_QUEUE
from doppelgrid.sim.simulation.simulation import Simulation
from doppelgrid.sim.simulation.snapshot import Snapshot
from doppelgrid.sim.site.site import Site

NOON = 1_781_517_600_000_000
SECOND = 1_000_000
HALL, INVERTER, BATTERY, ENGINE, CHARGER, GUESTS = 31, 11, 12, 13, 14, 15
POWER = Metric.AC_POWER_ACTIVE
PHASES = (Metric.AC_POWER_ACTIVE_PHASE_1, Metric.AC_POWER_ACTIVE_PHASE_2, Metric.AC_POWER_ACTIVE_PHASE_3)


class Bench:
    """A small site, and what a client of it received."""

    def __init__(self) -> None:
        components = {
            "grid": {"id": 1, "category": "grid_connection_point", "rated_fuse_current": "200 A"},
            "main": {"id": 2, "category": "meter", "behind": "grid"},
            "inv": {"id": INVERTER, "category": "battery_inverter", "behind": "main", "rated_power": "30 kW"},
            "bat": {"id": BATTERY, "category": "battery", "behind": "inv"},
            "engine": {"id": ENGINE, "category": "chp", "behind": "main", "rated_power": "30 kW"},
            "charger": {
                "id": CHARGER,
                "category": "ev_charger",
                "behind": "main",
                "rated_power": "11 kW",
                "car": {"initial_soc": "20 %"},
            },
            "guests": {
                "id": GUESTS,
                "category": "ev_charger",
                "behind": "main",
                "rated_power": "11 kW",
                "sessions": [{"arrive": "12:15", "stay": "5 min", "car": "compact-58kwh"}],
            },
            "hall": {"id": HALL, "category": "meter", "behind": "main", "load": "6 kW", "phases": [1, 2]},
        }
        microgrid = {"id": 7}
        telemetry = {"interval": "1 s"}
        site = Site.model_validate({"microgrid": microgrid, "telemetry": telemetry, "components": components})
        self.simulation = Simulation.headless(site, start_us=NOON, seed=5)
        self.events: list[Event] = []
        self.simulation.events.subscribe(self.events.append)

    def strike(self, key: str, kind: str, **how: Any) -> int:
        """Break something."""
        for_s = how.pop("for_s", None)
        return self.simulation.fault(Fault(key, FaultKind(kind), **how), for_s=for_s)

    def run(self, seconds: float) -> None:
        """Let time pass."""
        self.simulation.run_for(timedelta(seconds=seconds))

    def received(self, component_id: int, seconds: float) -> list[Frame]:
        """Return the samples of a component that a client receives within a time."""
        return [frame for frame, _ in self.received_at(component_id, seconds)]

    def received_at(self, component_id: int, seconds: float) -> list[tuple[Frame, float]]:
        """Return the same with the times at which they came [s since the start of the run]."""
        frames: list[tuple[Frame, float]] = []
        stream = self.simulation.gateway.subscribe(component_id)
        stream.push = lambda frame: frames.append(  # type: ignore[method-assign]
            (frame, (self.simulation.now_us - NOON) / SECOND)
        )
        self.run(seconds)
        stream.close()
        return frames

    def shown(self, component_id: int = HALL) -> Frame:
        """Return the next sample of a component."""
        return self.received(component_id, 1.0)[0]


@pytest.fixture
def bench() -> Bench:
    return Bench()


def stamps(frames: Sequence[Frame]) -> list[float]:
    """Return sample times [s since the start of the run]."""
    return [(frame.sample_time_us - NOON) / SECOND for frame in frames]


class TestMeasurements:
    def test_a_bias_is_added_to_powers_and_by_thirds_to_those_of_phases(self, bench: Bench) -> None:
        bench.strike("hall", "bias", amount=300.0)
        values = bench.shown().values
        assert [values[metric] for metric in (POWER, *PHASES)] == [6300.0, 3100.0, 3100.0, 100.0]

    def test_a_bias_of_named_metrics_is_in_their_unit(self, bench: Bench) -> None:
        bench.strike("hall", "bias", amount=-0.2, metrics=(Metric.AC_FREQUENCY,))
        assert "values are off by -200 mHz" in str(bench.events[-1])
        assert bench.shown().values[Metric.AC_FREQUENCY] == pytest.approx(49.8)

    def test_a_wrong_ratio_scales_power_and_current_but_no_voltage(self, bench: Bench) -> None:
        before = bench.shown().values
        bench.strike("hall", "scale", amount=0.5)
        after = bench.shown().values
        for metric, factor in ((POWER, 0.5), (Metric.AC_CURRENT, 0.5), (Metric.AC_VOLTAGE, 1.0)):
            assert after[metric] == factor * before[metric]

    def test_values_come_in_steps(self, bench: Bench) -> None:
        bench.strike("hall", "quantised", amount=2500.0)
        assert bench.shown().values[POWER] == 5000.0

    def test_two_phases_change_places(self, bench: Bench) -> None:
        bench.simulation.drive("grid", "voltage_2", 220.0)
        before = bench.shown().values
        bench.strike("hall", "swapped_phases")
        after = bench.shown().values
        one, two = Metric.AC_VOLTAGE_PHASE_1_N, Metric.AC_VOLTAGE_PHASE_2_N
        assert (after[one], after[two]) == (before[two], before[one])
        assert after[POWER] == before[POWER]

    def test_a_clock_is_off(self, bench: Bench) -> None:
        bench.strike("hall", "clock_offset", amount=-30.0)
        assert stamps(bench.received(HALL, 2.0)) == [-29.0, -28.0]

    def test_a_clock_runs_away(self, bench: Bench) -> None:
        bench.strike("hall", "clock_drift", amount=360.0)
        assert stamps(bench.received(HALL, 3.0)) == pytest.approx([1.1, 2.2, 3.3])

    def test_samples_come_late_with_the_times_at_which_they_were_taken(self, bench: Bench) -> None:
        bench.strike("hall", "late", amount=3.0)
        bench.run(1.0)
        bench.simulation.drive("hall", "load", 9000.0)
        frames = bench.received_at(HALL, 5.0)
        assert [(at, *stamps([frame]), frame.values[POWER]) for frame, at in frames] == [
            (4.0, 1.0, 6000.0),
            (5.0, 2.0, 9000.0),
            (6.0, 3.0, 9000.0),
        ]

    def test_samples_come_twice(self, bench: Bench) -> None:
        bench.strike("hall", "duplicated")
        assert stamps(bench.received(HALL, 2.0)) == [1.0, 1.0, 2.0, 2.0]

    def test_samples_change_places(self, bench: Bench) -> None:
        bench.strike("hall", "out_of_order")
        assert stamps(bench.received(HALL, 4.0)) == [2.0, 1.0, 4.0, 3.0]

    def test_other_metrics_are_left_out_each_time(self, bench: Bench) -> None:
        whole = set(bench.shown().values)
        bench.strike("hall", "partial", amount=0.25)
        frames = bench.received(HALL, 20.0)
        left_out = [len(whole - set(frame.values)) / len(whole) for frame in frames]
        assert sum(left_out) / len(left_out) == pytest.approx(0.25, abs=0.05)
        assert len({frozenset(frame.values) for frame in frames}) == len(frames)

    def test_a_sample_that_lacks_a_metric_by_chance_lacks_its_bounds_and_no_others(
        self, bench: Bench
    ) -> None:
        assert POWER in bench.shown(INVERTER).bounds
        bench.strike("inv", "partial", amount=0.5)
        frames = bench.received(INVERTER, 20.0)
        assert {POWER in frame.values for frame in frames} == {True, False}
        assert all((POWER in frame.bounds) is (POWER in frame.values) for frame in frames)

    def test_what_a_device_could_have_is_told_of_a_power_that_it_does_not_report(self, bench: Bench) -> None:
        whole = bench.shown(INVERTER)
        bench.strike("inv", "missing", metrics=(POWER,))
        frame = bench.shown(INVERTER)
        assert set(whole.values) - set(frame.values) == {POWER}
        assert set(frame.bounds) == set(whole.bounds)

    def test_states_are_left_out(self, bench: Bench) -> None:
        bench.strike("inv", "missing_states")
        frame = bench.shown(INVERTER)
        assert (frame.states, frame.warnings, frame.errors) == ((), (), ())

    def test_a_state_goes_back_and_forth_and_says_since_when(self, bench: Bench) -> None:
        true = bench.shown(INVERTER).states
        bench.strike("inv", "flapping_states", amount=2.0)
        frames = bench.received(INVERTER, 5.0)
        gone = (StateCode.UNAVAILABLE,)
        assert [frame.states for frame in frames] == [gone, true, true, gone, gone]
        assert frames[-1].state_since_us == frames[-2].sample_time_us
        # The site's own events are of what is.
        assert not [event for event in bench.events if event.kind == "state" and event.subject == "inv"][1:]


def power(bench: Bench, key: str = "inv") -> float:
    return bench.simulation.plant.readings.active_power_w(key)


def command(bench: Bench, power_w: float, component_id: int = INVERTER) -> list[str]:
    """Give a set-point and return the statuses of its request so far."""
    request = bench.simulation.gateway.set_power(component_id, PowerType.ACTIVE, power_w, 900)
    statuses = []

    async def read() -> None:
        while request.waiting:
            statuses.append((await soon(request)).status.value)

    asyncio.run(read())
    return statuses


class TestDevices:
    def test_a_derated_device_has_a_share_of_its_power_and_says_so(self, bench: Bench) -> None:
        command(bench, 25e3)
        bench.run(5.0)
        number = bench.strike("inv", "derate", amount=0.4)
        frame = bench.shown(INVERTER)
        assert frame.values[POWER] == pytest.approx(12e3)
        assert frame.bounds[POWER] == ((-12e3, 12e3),)
        with pytest.raises(OutOfBoundsError, match="-12000 to 12000 W"):
            command(bench, 20e3)
        bench.simulation.mend(number)
        bench.run(5.0)
        assert power(bench) == pytest.approx(25e3)

    def test_a_derated_battery_keeps_its_inverters_back(self, bench: Bench) -> None:
        whole = bench.shown(BATTERY).bounds[Metric.DC_POWER][0]
        bench.strike("bat", "derate", amount=0.1)
        frame = bench.shown(BATTERY)
        assert frame.bounds[Metric.DC_POWER][0] == pytest.approx((0.1 * whole.lower, 0.1 * whole.upper))
        assert bench.shown(INVERTER).bounds[POWER][0].upper < 0.11 * whole.upper

    def test_what_is_stuck_stays_at_its_power_and_ramps_from_there_once_it_is_mended(
        self, bench: Bench
    ) -> None:
        command(bench, 10e3)
        bench.run(5.0)
        number = bench.strike("inv", "stuck")
        assert command(bench, -20e3) == ["ACCEPTED"]
        bench.run(60.0)
        assert power(bench) == pytest.approx(10e3)
        command(bench, 4e3)
        bench.simulation.mend(number)
        assert power(bench) == pytest.approx(10e3)
        bench.run(5.0)
        assert power(bench) == pytest.approx(4e3)

    def test_what_got_stuck_just_now_ramps_from_there_once_it_is_mended(self, bench: Bench) -> None:
        command(bench, 10e3)
        bench.run(5.0)
        bench.simulation.mend(bench.strike("inv", "stuck", amount=-3e3))
        assert power(bench) == pytest.approx(-3e3)
        bench.run(5.0)
        assert power(bench) == pytest.approx(10e3)

    def test_the_power_at_which_a_device_is_stuck_is_told_though_nobody_named_it(self, bench: Bench) -> None:
        command(bench, 20e3)
        bench.run(60.0)
        bench.strike("inv", "stuck")
        told = [event.details for event in bench.events if event.kind == "fault"][-1]
        assert told["amount"] == pytest.approx(20e3)
        assert "stays at 20 kW" in str(told["what"])

    def test_a_device_is_stuck_where_it_is_said_to_be(self, bench: Bench) -> None:
        bench.strike("inv", "stuck", amount=-3e3)
        bench.run(1.0)
        assert power(bench) == pytest.approx(-3e3)
        assert bench.shown(INVERTER).bounds[POWER][0].lower < -20e3

    def test_a_slow_ramp_moves_by_no_more_than_it_says(self, bench: Bench) -> None:
        bench.strike("inv", "slow_ramp", amount=500.0)
        command(bench, 10e3)
        bench.run(11.0)
        assert 4e3 < power(bench) < 5.5e3
        bench.run(12.0)
        assert power(bench) == pytest.approx(10e3)

    def test_a_lost_set_point_is_accepted_and_leaves_the_one_before_as_it_was(self, bench: Bench) -> None:
        command(bench, 5e3)
        bench.run(5.0)
        bench.strike("inv", "lost_commands")
        request = bench.simulation.gateway.set_power(INVERTER, PowerType.ACTIVE, -9e3, None)
        bench.run(60.0)
        assert power(bench) == pytest.approx(5e3)
        assert request.waiting == 2
        assert [event.details.get("status") for event in bench.events if event.kind == "set-point ended"] == [
            "SUCCESS", "FAILED",
        ]  # fmt: skip
        assert "inv: command lost (command set-point, active power -9000.0 W)" in map(str, bench.events)

    def test_a_lost_stop_changes_nothing(self, bench: Bench) -> None:
        bench.strike("inv", "lost_commands")
        bench.simulation.gateway.stop(INVERTER)
        bench.run(5.0)
        assert bench.shown(INVERTER).states[0] is not StateCode.OFF

    @pytest.mark.parametrize(
        ("component_id", "code"), [(INVERTER, "HARDWARE_FAULT"), (BATTERY, "BATTERY_RELAY_ERROR")]
    )
    def test_a_relay_that_does_not_open_leaves_the_device_on_and_is_warned_of(
        self, bench: Bench, component_id: int, code: str
    ) -> None:
        key = "inv" if component_id == INVERTER else "bat"
        number = bench.strike(key, "relay_fails_to_open")
        bench.run(5.0)
        assert not bench.shown(component_id).warnings
        bench.simulation.gateway.set_power(INVERTER, PowerType.ACTIVE, 0.0, 900)
        bench.run(3.0)
        bench.simulation.gateway.stop(component_id)
        bench.run(5.0)
        frame = bench.shown(component_id)
        assert StateCode.OFF not in frame.states
        assert [warning.code for warning in frame.warnings] == [code]
        bench.simulation.mend(number)
        bench.simulation.gateway.stop(component_id)
        bench.run(5.0)
        frame = bench.shown(component_id)
        assert StateCode.OFF in frame.states
        assert not frame.warnings

    def test_a_relay_that_was_mended_is_not_warned_of_when_something_else_breaks(self, bench: Bench) -> None:
        number = bench.strike("bat", "relay_fails_to_open")
        bench.simulation.gateway.stop(BATTERY)
        bench.run(5.0)
        assert [warning.code for warning in bench.shown(BATTERY).warnings] == ["BATTERY_RELAY_ERROR"]
        bench.simulation.mend(number)
        bench.strike("bat", "bms_alarm", diagnostic="BATTERY_CONTROLLER_ERROR")
        assert [warning.code for warning in bench.shown(BATTERY).warnings] == ["BATTERY_CONTROLLER_ERROR"]

    def test_a_relay_that_is_mended_in_time_did_not_fail_when_something_else_breaks(
        self, bench: Bench
    ) -> None:
        number = bench.strike("bat", "relay_fails_to_open")
        bench.simulation.gateway.stop(BATTERY)
        bench.simulation.mend(number)
        bench.strike("bat", "bms_alarm", diagnostic="BATTERY_CONTROLLER_ERROR")
        bench.run(5.0)
        assert [warning.code for warning in bench.shown(BATTERY).warnings] == ["BATTERY_CONTROLLER_ERROR"]
        assert "relay failed" not in [event.kind for event in bench.events]

    def test_a_relay_that_opens_again_is_not_warned_of_because_it_would_not_close(self, bench: Bench) -> None:
        number = bench.strike("inv", "relay_fails_to_open")
        bench.simulation.gateway.stop(INVERTER)
        bench.run(5.0)
        bench.strike("inv", "relay_fails_to_close")
        assert [warning.code for warning in bench.shown(INVERTER).warnings] == ["HARDWARE_FAULT"]
        bench.simulation.mend(number)
        assert not bench.shown(INVERTER).warnings

    def test_a_relay_that_does_not_close_leaves_the_device_off(self, bench: Bench) -> None:
        bench.simulation.gateway.stop(INVERTER)
        bench.run(5.0)
        bench.strike("inv", "relay_fails_to_close")
        bench.simulation.gateway.start(INVERTER)
        bench.run(5.0)
        frame = bench.shown(INVERTER)
        assert StateCode.OFF in frame.states
        assert [warning.code for warning in frame.warnings] == ["SWITCH_ON_FAULT"]

    def test_an_alarm_of_a_battery_keeps_power_back_until_it_is_over(self, bench: Bench) -> None:
        command(bench, 20e3)
        bench.run(5.0)
        bench.strike("bat", "bms_alarm", diagnostic="BATTERY_CONTROLLER_ERROR", for_s=60.0)
        frame = bench.shown(BATTERY)
        assert [warning.code for warning in frame.warnings] == ["BATTERY_CONTROLLER_ERROR"]
        assert frame.bounds[Metric.DC_POWER] == ((0.0, 0.0),)
        assert power(bench) < 100.0
        bench.run(70.0)
        assert power(bench) == pytest.approx(20e3)

    def test_a_battery_that_has_lost_capacity_fills_in_less_time(self, bench: Bench) -> None:
        def rise(seconds: float) -> float:
            before = bench.simulation.plant.readings.battery("bat").soc
            bench.run(seconds)
            return bench.simulation.plant.readings.battery("bat").soc - before

        command(bench, 20e3)
        bench.run(60.0)
        whole = rise(100.0)
        bench.strike("bat", "capacity_faded", amount=0.5)
        assert rise(100.0) == pytest.approx(2.0 * whole, rel=0.01)

    def test_a_battery_whose_resistance_has_grown_loses_more(self, bench: Bench) -> None:
        command(bench, 20e3)
        bench.run(60.0)
        rest_v = bench.simulation.plant.readings.terminal("bat").voltage_v
        number = bench.strike("bat", "resistance_grown", amount=3.0)
        assert bench.simulation.plant.readings.terminal("bat").voltage_v > rest_v + 1.0
        bench.simulation.mend(number)
        assert bench.simulation.plant.readings.battery("bat").resistance_factor == pytest.approx(1.0)

    def test_uneven_cells_are_warned_of(self, bench: Bench) -> None:
        bench.strike("bat", "cell_imbalance", amount=0.3)
        bench.run(2.0)
        assert "BATTERY_IMBALANCE" in [warning.code for warning in bench.shown(BATTERY).warnings]

    def test_a_chp_whose_start_fails_gives_up(self, bench: Bench) -> None:
        bench.strike("engine", "failed_start")
        command(bench, -20e3, ENGINE)
        bench.run(1200.0)
        frame = bench.shown(ENGINE)
        assert StateCode.ERROR in frame.states
        assert power(bench, "engine") >= 0.0

    def test_a_chp_that_gave_up_has_no_set_point_any_more_once_that_is_acknowledged(
        self, bench: Bench
    ) -> None:
        number = bench.strike("engine", "failed_start")
        command(bench, -20e3, ENGINE)
        while StateCode.ERROR not in bench.shown(ENGINE).states:
            bench.run(10.0)
        bench.simulation.mend(number)
        bench.simulation.gateway.acknowledge(ENGINE)
        bench.simulation.gateway.start(ENGINE)
        for _ in range(30):
            bench.run(10.0)
            assert StateCode.READY in bench.shown(ENGINE).states

    def test_a_car_stops_and_goes_on(self, bench: Bench) -> None:
        assert power(bench, "charger") > 5e3
        number = bench.strike("charger", "car_stops")
        frame = bench.shown(CHARGER)
        assert frame.values[POWER] < 100.0
        assert StateCode.EV_CHARGING_CABLE_LOCKED_AT_EV in frame.states
        bench.simulation.mend(number)
        assert bench.shown(CHARGER).values[POWER] > 5e3

    @pytest.mark.parametrize("strikes_at_s", [0.0, 700.0])
    def test_a_car_stays_whose_cable_is_stuck(self, bench: Bench, strikes_at_s: float) -> None:
        bench.run(strikes_at_s)
        number = bench.strike("guests", "car_stays")
        bench.run(1500.0 - strikes_at_s)
        frame = bench.shown(GUESTS)
        assert StateCode.EV_CHARGING_CABLE_LOCKED_AT_EV in frame.states
        assert [warning.code for warning in frame.warnings] == ["EV_CHARGING_CABLE_LOCK_FAILED"]
        bench.simulation.mend(number)
        assert StateCode.EV_CHARGING_CABLE_LOCKED_AT_EV not in bench.shown(GUESTS).states

    def test_a_fault_that_mends_before_its_car_comes_holds_none(self, bench: Bench) -> None:
        bench.simulation.mend(bench.strike("guests", "car_stays"))
        bench.run(1500.0)
        assert StateCode.EV_CHARGING_CABLE_LOCKED_AT_EV not in bench.shown(GUESTS).states

    @pytest.mark.parametrize(
        ("key", "how"),
        [
            ("inv", {"kind": "derate", "amount": 0.2}),
            ("inv", {"kind": "stuck", "amount": 4e3}),
            ("inv", {"kind": "slow_ramp", "amount": 100.0}),
            ("bat", {"kind": "bms_alarm"}),
            ("bat", {"kind": "capacity_faded", "amount": 0.7}),
            ("guests", {"kind": "car_stays"}),
        ],
        ids=lambda value: value["kind"] if isinstance(value, dict) else value,
    )
    def test_what_is_broken_is_in_a_snapshot(self, bench: Bench, key: str, how: dict[str, Any]) -> None:
        command(bench, 10e3)
        bench.strike(key, **how)
        bench.run(3.0)
        snapshot = Snapshot.from_bytes(bench.simulation.save().to_bytes(), name="it")
        first = [bench.received(each, 20.0) for each in (INVERTER, BATTERY, GUESTS)]
        double = Simulation.from_snapshot(bench.simulation.site, snapshot)
        bench.simulation = double
        again = [bench.received(each, 20.0) for each in (INVERTER, BATTERY, GUESTS)]
        assert again == first

    @pytest.mark.parametrize(
        ("key", "kind", "accepted"),
        [
            ("hall", "derate", "inverters and batteries, and other devices that take set-points (inv, bat, "),
            (
                "bat",
                "stuck",
                "inverters, and other devices that take set-points (inv, engine, charger, guests)",
            ),
            ("inv", "bms_alarm", "batteries (bat)"),
            ("inv", "car_stops", "charging points (charger, guests)"),
            ("inv", "failed_start", "CHPs (engine)"),
            ("hall", "relay_fails_to_open", "what is started and stopped (inv, bat, "),
        ],
    )
    def test_what_cannot_break_that_way_is_refused_with_what_can(
        self, bench: Bench, key: str, kind: str, accepted: str
    ) -> None:
        amount = {"derate": 0.5}.get(kind)
        with pytest.raises(ValueError, match=re.escape(accepted)):
            bench.strike(key, kind, amount=amount)


class TestTheLine:
    def test_samples_take_their_time_in_order(self, bench: Bench) -> None:
        bench.strike("hall", "latency", amount=2.0, spread_s=0.8)
        frames = bench.received_at(HALL, 60.0)
        ways = [
            at - stamp
            for (frame, at), stamp in zip(frames, stamps([frame for frame, _ in frames]), strict=True)
        ]
        assert stamps([frame for frame, _ in frames]) == sorted(stamps([frame for frame, _ in frames]))
        assert sum(ways) / len(ways) == pytest.approx(2.2, abs=0.4)
        assert len(set(ways)) > 30

    @pytest.mark.parametrize("distribution", Distribution)
    def test_delays_scatter_about_their_mean(self, bench: Bench, distribution: Distribution) -> None:
        spread_s = 0.0 if distribution is Distribution.EXPONENTIAL else 0.2
        bench.strike("inv", "latency", amount=1.0, spread_s=spread_s, distribution=distribution)
        delays = []
        for _ in range(200):
            passage = bench.simulation.gateway.request_on_its_way(INVERTER)
            assert passage is not None
            entries = bench.simulation.engine.save()
            due = [entry.due_us for entry in entries.agenda.values() if entry.kind == "message arrives"]
            delays.append((max(due) - entries.now_us) / SECOND)
            bench.simulation.run_to(max(due))
        assert sum(delays) / 200 == pytest.approx(1.0, abs=0.15)

    @pytest.mark.parametrize("kind", ["latency", "half_open"])
    async def test_who_waits_on_the_line_is_told_when_the_site_goes_down(
        self, bench: Bench, kind: str
    ) -> None:
        bench.strike("inv", kind, **({"amount": 60.0} if kind == "latency" else {}))
        gateway = bench.simulation.gateway
        passages = [gateway.request_on_its_way(INVERTER), gateway.answer_on_its_way(INVERTER)]
        gateway.close()
        for passage in passages:
            assert passage is not None
            with pytest.raises(UnavailableError, match="the site is shutting down"):
                await asyncio.wait_for(passage.passed(), PATIENCE_S)

    def test_a_long_tail_keeps_nothing_back_for_ever(self) -> None:
        fault = Fault(
            "hall", FaultKind.LATENCY, amount=100.0, spread_s=600.0, distribution=Distribution.LOGNORMAL
        )
        assert max(delay_s(fault, 5, "it", index) for index in range(5000)) == LONGEST_DELAY_S

    def test_a_share_of_samples_is_lost(self, bench: Bench) -> None:
        bench.strike("hall", "lossy", amount=0.3)
        assert len(bench.received(HALL, 200.0)) == pytest.approx(140, abs=20)

    def test_two_faults_of_a_kind_count_together(self, bench: Bench) -> None:
        for amount in (0.5, 0.5):
            bench.strike("hall", "lossy", amount=amount)
        for amount in (2.0, 0.5):
            bench.strike("hall", "latency", amount=amount)
        frames = bench.received_at(HALL, 200.0)
        assert len(frames) == pytest.approx(50, abs=15)
        ways = [
            at - stamp for (_, at), stamp in zip(frames, stamps([frame for frame, _ in frames]), strict=True)
        ]
        assert ways == pytest.approx([2.5] * len(ways))

    def test_a_slow_consumer_gets_ever_older_samples_and_then_misses_some(self, bench: Bench) -> None:
        bench.strike("hall", "slow_consumer", amount=0.5)
        frames = bench.received_at(HALL, 300.0)
        assert [at for _, at in frames[:4]] == [1.0, 3.0, 5.0, 7.0]
        assert stamps([frame for frame, _ in frames[:4]]) == [1.0, 2.0, 3.0, 4.0]
        frame, at = frames[-1]
        assert at - stamps([frame])[0] == pytest.approx(2.0 * LONGEST_QUEUE / 2.0, abs=3.0)

    def test_nothing_comes_or_goes_of_what_is_half_open(self, bench: Bench) -> None:
        bench.strike("inv", "half_open")
        assert bench.received(INVERTER, 3.0) == []
        bench.simulation.gateway.set_power(INVERTER, PowerType.ACTIVE, 5e3, None)
        bench.run(5.0)
        assert bench.simulation.plant.readings.active_power_w("inv") < 1e3

    def test_streams_end_by_a_chosen_status(self, bench: Bench) -> None:
        stream = bench.simulation.gateway.subscribe(INVERTER)
        bench.strike("inv", "dropped", status=RefusalStatus.DATA_LOSS, text="gone", for_s=5.0)
        with pytest.raises(UnavailableError, match="gone") as ended:
            asyncio.run(soon(stream))
        assert ended.value.status is RefusalStatus.DATA_LOSS
        with pytest.raises(UnavailableError, match="gone") as refused:
            bench.simulation.gateway.subscribe(INVERTER)
        assert refused.value.status is RefusalStatus.DATA_LOSS

    @pytest.mark.parametrize("kind", ["late", "out_of_order", "latency", "slow_consumer"])
    def test_what_is_on_its_way_is_in_a_snapshot(self, bench: Bench, kind: str) -> None:
        bench.strike(
            "hall",
            kind,
            **({} if kind == "out_of_order" else {"amount": 2.5 if kind != "slow_consumer" else 0.4}),
        )
        bench.run(3.0)
        snapshot = Snapshot.from_bytes(bench.simulation.save().to_bytes(), name="it")
        first = bench.received(HALL, 6.0)
        bench.simulation.restore(snapshot)
        assert bench.received(HALL, 6.0) == first


class TestComingAndGoing:
    def test_a_fault_comes_and_goes_by_chance_at_the_rate_that_it_says(self, bench: Bench) -> None:
        bench.strike("hall", "nan", every_s=20.0, each_s=5.0)
        values = [frame.values[POWER] for frame in bench.received(HALL, 1000.0)]
        gone = [math.isnan(value) for value in values]
        assert gone[0]
        assert sum(gone) / len(gone) == pytest.approx(0.25, abs=0.1)
        comings = [event for event in bench.events if event.kind == "fault comes"]
        assert len(comings) == pytest.approx(50, abs=20)

    def test_it_ends_with_the_fault(self, bench: Bench) -> None:
        bench.strike("hall", "nan", every_s=2.0, each_s=1.0, for_s=30.0)
        bench.run(30.0)
        assert not any(math.isnan(frame.values[POWER]) for frame in bench.received(HALL, 20.0))
        assert not [
            entry for entry in bench.simulation.engine.save().agenda.values() if entry.kind == "fault turns"
        ]


def test_no_more_than_a_hundred_faults_of_a_component_pile_up() -> None:
    bench = Bench()
    numbers = [bench.strike("hall", "bias", amount=1.0) for _ in range(100)]
    with pytest.raises(
        ValueError, match="hall has 100 faults already; accepted: at most so many of a component"
    ):
        bench.strike("hall", "bias", amount=1.0)
    bench.strike("main", "bias", amount=1.0)
    bench.simulation.mend(numbers[0])
    bench.strike("hall", "bias", amount=1.0)
    assert bench.received(HALL, 1.0)[-1].values[POWER] == pytest.approx(6100.0)
