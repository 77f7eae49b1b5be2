"""A whole simulation: saved, forked, rewound, driven and broken."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from statistics import fmean, stdev

import pytest
from gateway.waiting import soon

import doppelgrid
from doppelgrid.sim.domain.faults import Fault, FaultKind
from doppelgrid.sim.domain.messages import Frame, UnavailableError, WrongStateError
from doppelgrid.sim.domain.metrics import Metric, PowerType
from doppelgrid.sim.domain.states import StateCode
from doppelgrid.sim.simulation.simulation import Simulation
from doppelgrid.sim.simulation.snapshot import Snapshot

NOON = 1_781_517_600_000_000
"""2026-06-15 12:00 in Berlin [µs]."""
MAIN, INVERTER, BATTERY, PV, OFFICE = 2, 11, 12, 21, 31


@pytest.fixture
def simulation() -> Simulation:
    return Simulation.headless(doppelgrid.load_site("demo"), start_us=NOON, seed=42)


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


def trace(simulation: Simulation, duration: timedelta) -> list[Frame]:
    """Return every frame of a stretch of time."""
    frames: list[Frame] = []

    def listen(_time_us: int, seen: Sequence[Frame]) -> None:
        frames.extend(seen)

    stop = simulation.gateway.listen_to_frames(listen)
    simulation.run_for(duration)
    stop()
    return frames


def busy(simulation: Simulation) -> Simulation:
    """Leave a simulation in the middle of everything: ramps, lifetimes, drives and faults."""
    simulation.run_for(seconds(7.3))
    simulation.gateway.set_power(INVERTER, PowerType.ACTIVE, -20_000.0, 10)
    simulation.gateway.set_power(INVERTER, PowerType.REACTIVE, 3_000.0, None)
    simulation.drive("pv-inv", "irradiance", 100.0, over_s=30.0)
    simulation.fault(Fault("main", FaultKind.NOISY), for_s=20.0)
    simulation.run_for(seconds(0.6))
    return simulation


class TestSnapshots:
    def test_the_same_seed_gives_the_same_frames(self) -> None:
        first, second = (
            busy(Simulation.headless(doppelgrid.load_site("demo"), start_us=NOON, seed=42)) for _ in range(2)
        )
        assert trace(first, seconds(60)) == trace(second, seconds(60))

    def test_a_fork_goes_on_bit_for_bit(self, simulation: Simulation) -> None:
        fork = busy(simulation).fork()
        assert trace(fork, seconds(60)) == trace(simulation, seconds(60))

    def test_a_fork_leaves_the_original_alone(self, simulation: Simulation) -> None:
        fork = busy(simulation).fork()
        before = simulation.save()
        fork.gateway.set_power(INVERTER, PowerType.ACTIVE, 10_000.0, None)
        fork.run_for(seconds(30))
        assert simulation.save() == before

    @pytest.mark.lengthy
    def test_rewinding_brings_the_same_future(self, simulation: Simulation) -> None:
        saved = busy(simulation).save()
        future = trace(simulation, seconds(60))
        simulation.restore(saved)
        assert trace(simulation, seconds(60)) == future

    def test_saving_disturbs_nothing(self, simulation: Simulation) -> None:
        undisturbed = trace(busy(simulation.fork()), seconds(20))
        busy(simulation)
        disturbed = []
        for _ in range(100):
            simulation.save()
            disturbed += trace(simulation, seconds(0.2))
        assert disturbed == undisturbed

    def test_a_file_keeps_every_bit(self, simulation: Simulation, tmp_path: Path) -> None:
        path = tmp_path / "site.snapshot.json"
        busy(simulation).save().write(path)
        revived = Simulation.from_snapshot(simulation.site, Snapshot.read(path))
        assert trace(revived, seconds(60)) == trace(simulation, seconds(60))

    @pytest.mark.parametrize("content", [b"", b"{", b"{}", b"[1, 2]", b"\xff\xfe", b'{"seed": "x"}'])
    def test_a_file_that_is_no_snapshot_is_refused(self, tmp_path: Path, content: bytes) -> None:
        path = tmp_path / "broken.json"
        path.write_bytes(content)
        with pytest.raises(ValueError, match=r"broken\.json: .*; accepted: a snapshot of this version"):
            Snapshot.read(path)

    def test_a_server_that_was_down_when_it_was_saved_is_down_until_it_comes_back(
        self, simulation: Simulation
    ) -> None:
        simulation.restart_server(30.0)
        simulation.restart_server(5.0)
        saved = simulation.save()
        simulation.run_for(seconds(40))
        told: list[tuple[int, bool]] = []
        back: list[int] = []
        simulation.served.subscribe(lambda is_served: told.append((simulation.now_us, is_served)))
        simulation.events.subscribe(
            lambda event: back.append(event.time_us) if event.kind == "server comes back" else None
        )
        simulation.restore(saved)
        simulation.run_for(seconds(60))
        assert told == [(NOON, False), (NOON + 30_000_000, True)]
        assert back == [NOON + 30_000_000]

    def test_a_server_that_was_there_when_it_was_saved_is_there(self, simulation: Simulation) -> None:
        saved = simulation.save()
        simulation.restart_server(30.0)
        told: list[bool] = []
        simulation.served.subscribe(told.append)
        simulation.restore(saved)
        simulation.run_for(seconds(60))
        assert told == [True]

    def test_a_snapshot_of_another_seed_is_refused(self, simulation: Simulation) -> None:
        other = Simulation.headless(simulation.site, start_us=NOON, seed=7)
        with pytest.raises(ValueError, match="the snapshot's seed is 42; accepted: 7"):
            other.restore(simulation.save())


class TestDrives:
    def test_a_driven_load_moves_the_meter(self, simulation: Simulation) -> None:
        simulation.drive("office", "load", 50_000.0)
        assert simulation.gateway.frame(OFFICE).values[Metric.AC_POWER_ACTIVE] == pytest.approx(50_000.0)

    def test_a_drive_over_time_moves_evenly(self, simulation: Simulation) -> None:
        simulation.drive("office", "load", 0.0)
        simulation.drive("office", "load", 10_000.0, over_s=10.0)
        simulation.run_for(seconds(5))
        assert simulation.gateway.frame(OFFICE).values[Metric.AC_POWER_ACTIVE] == pytest.approx(5_000.0)

    def test_a_released_input_goes_back_to_the_site_file(self, simulation: Simulation) -> None:
        undriven = simulation.fork()
        simulation.drive("office", "load", 50_000.0)
        simulation.run_for(seconds(10))
        simulation.release("office", "load")
        undriven.run_for(seconds(10))
        assert (
            simulation.gateway.frame(OFFICE).values[Metric.AC_POWER_ACTIVE]
            == (undriven.gateway.frame(OFFICE).values[Metric.AC_POWER_ACTIVE])
        )

    def test_clouds_can_be_driven_in_front_of_the_sun(self, simulation: Simulation) -> None:
        simulation.drive("pv-inv", "irradiance", 0.0)
        assert simulation.gateway.frame(PV).values[Metric.AC_POWER_ACTIVE] >= 0.0

    def test_grid_voltage_and_frequency_show_in_telemetry(self, simulation: Simulation) -> None:
        simulation.drive("grid", "frequency", 49.8)
        simulation.drive("grid", "voltage", 380.0)
        values = simulation.gateway.frame(MAIN).values
        assert values[Metric.AC_FREQUENCY] == 49.8
        assert values[Metric.AC_VOLTAGE_PHASE_1_N] == pytest.approx(380.0 / math.sqrt(3.0))

    def test_an_unknown_input_names_those_there_are(self, simulation: Simulation) -> None:
        with pytest.raises(ValueError, match=r"no input 'office\.colour'; accepted: .*office\.load"):
            simulation.drive("office", "colour", 1.0)


Break = Callable[[str, FaultKind], int]


class TestFaults:
    @pytest.fixture
    def strike(self, simulation: Simulation) -> Break:
        def strike(key: str, kind: FaultKind) -> int:
            fault = Fault(key, kind)
            if kind is FaultKind.TRIP:
                fault = fault._replace(diagnostic="OVERTEMPERATURE")
            return simulation.fault(fault, for_s=60.0)

        return strike

    def last(self, simulation: Simulation, component: int) -> Frame:
        frames = trace(simulation, seconds(0.2))
        return next(frame for frame in frames if frame.component_id == component)

    def test_a_tripped_inverter_gives_no_power_and_says_why(
        self, simulation: Simulation, strike: Break
    ) -> None:
        simulation.gateway.set_power(INVERTER, PowerType.ACTIVE, 10_000.0, None)
        simulation.run_for(seconds(5))
        strike("bat-inv", FaultKind.TRIP)
        frame = self.last(simulation, INVERTER)
        assert frame.values[Metric.AC_POWER_ACTIVE] == 0.0
        assert frame.states == (StateCode.ERROR,)
        assert [error.code for error in frame.errors] == ["OVERTEMPERATURE"]

    def test_a_tripped_inverter_takes_no_commands(self, simulation: Simulation, strike: Break) -> None:
        strike("bat-inv", FaultKind.TRIP)
        with pytest.raises(WrongStateError, match="tripped: OVERTEMPERATURE"):
            simulation.gateway.set_power(INVERTER, PowerType.ACTIVE, 10_000.0, None)

    def test_a_tripped_battery_opens_its_relay_and_allows_no_power(
        self, simulation: Simulation, strike: Break
    ) -> None:
        strike("battery", FaultKind.TRIP)
        frame = self.last(simulation, BATTERY)
        assert frame.states == (StateCode.ERROR, StateCode.RELAY_OPEN)
        assert frame.bounds[Metric.DC_POWER] == ((0.0, 0.0),)

    def test_a_fault_mends_when_its_time_is_over(self, simulation: Simulation, strike: Break) -> None:
        strike("bat-inv", FaultKind.TRIP)
        simulation.run_for(seconds(61))
        frame = self.last(simulation, INVERTER)
        assert frame.states == (StateCode.READY,)
        assert frame.errors == ()

    def test_nan_stands_in_for_every_value(self, simulation: Simulation, strike: Break) -> None:
        strike("main", FaultKind.NAN)
        assert all(math.isnan(value) for value in self.last(simulation, MAIN).values.values())

    def test_frozen_values_stay_while_times_go_on(self, simulation: Simulation, strike: Break) -> None:
        strike("main", FaultKind.FROZEN)
        first = self.last(simulation, MAIN)
        simulation.drive("office", "load", 90_000.0)
        later = self.last(simulation, MAIN)
        assert later.values == first.values
        assert later.sample_time_us > first.sample_time_us

    def test_stale_times_stay_while_values_go_on(self, simulation: Simulation, strike: Break) -> None:
        strike("main", FaultKind.STALE)
        first = self.last(simulation, MAIN)
        simulation.drive("office", "load", 90_000.0)
        later = self.last(simulation, MAIN)
        assert later.sample_time_us == first.sample_time_us == NOON
        assert later.values != first.values

    def test_a_wrong_sign_turns_values_round(self, simulation: Simulation) -> None:
        simulation.fault(Fault("main", FaultKind.WRONG_SIGN, metrics=(Metric.AC_POWER_ACTIVE,)))
        true = simulation.gateway.frame(MAIN).values
        reported = self.last(simulation, MAIN).values
        assert reported[Metric.AC_POWER_ACTIVE] == pytest.approx(-true[Metric.AC_POWER_ACTIVE], rel=0.2)
        assert reported[Metric.AC_FREQUENCY] == true[Metric.AC_FREQUENCY]

    def test_drift_is_the_share_that_is_said_in_an_hour(self, simulation: Simulation) -> None:
        simulation.fault(Fault("main", FaultKind.DRIFTING, amount=0.5, metrics=(Metric.AC_FREQUENCY,)))
        simulation.run_for(seconds(360))
        assert self.last(simulation, MAIN).values[Metric.AC_FREQUENCY] == pytest.approx(50.0 * 1.05, rel=2e-3)

    def test_noise_has_the_deviation_that_is_said_and_is_of_what_is_named_alone(
        self, simulation: Simulation
    ) -> None:
        simulation.fault(Fault("main", FaultKind.NOISY, amount=0.1, metrics=(Metric.AC_FREQUENCY,)))
        frames = [frame for frame in trace(simulation, seconds(100)) if frame.component_id == MAIN]
        shown_hz = [frame.values[Metric.AC_FREQUENCY] for frame in frames]
        assert fmean(shown_hz) == pytest.approx(50.0, abs=1.0)
        assert stdev(shown_hz) == pytest.approx(5.0, rel=0.15)
        quiet_v = [frame.values[Metric.AC_VOLTAGE] for frame in frames]
        assert stdev(quiet_v) < 0.01 * fmean(quiet_v)

    def test_a_device_is_back_when_its_fault_ends_and_not_when_it_was_last_looked(self) -> None:
        delivered_wh = []
        for lasts_s in (3.05, 3.15):
            simulation = Simulation.headless(doppelgrid.load_site("demo"), start_us=NOON, seed=42)
            simulation.drive("pv-inv", "irradiance", 500.0)
            simulation.fault(Fault("pv-inv", FaultKind.TRIP, diagnostic="OVERTEMPERATURE"), for_s=lasts_s)
            simulation.run_for(seconds(60))
            delivered_wh.append(simulation.gateway.frame(PV).values[Metric.AC_ENERGY_ACTIVE_DELIVERED])
        power_w = -simulation.gateway.frame(PV).values[Metric.AC_POWER_ACTIVE]
        assert delivered_wh[0] - delivered_wh[1] == pytest.approx(power_w * 0.1 / 3600.0, rel=0.05)

    def test_a_fault_that_is_mended_early_leaves_nothing_to_come(self, simulation: Simulation) -> None:
        seen: list[tuple[str, int]] = []
        simulation.gateway.listen_to_events(lambda event: seen.append((event.kind, event.time_us)))
        number = simulation.fault(Fault("main", FaultKind.NAN), for_s=60.0)
        simulation.mend(number)
        again = simulation.fault(Fault("main", FaultKind.NAN), for_s=90.0)
        simulation.run_for(seconds(120))
        mended = [time_us for kind, time_us in seen if kind == "mended"]
        assert again == number + 1
        assert mended == [NOON, NOON + 90_000_000]

    def test_missing_metrics_are_left_out(self, simulation: Simulation) -> None:
        simulation.fault(Fault("battery", FaultKind.MISSING, metrics=(Metric.BATTERY_SOC_PCT,)))
        assert Metric.BATTERY_SOC_PCT not in self.last(simulation, BATTERY).values

    def test_a_silent_component_says_nothing(self, simulation: Simulation, strike: Break) -> None:
        strike("main", FaultKind.SILENT)
        assert MAIN not in {frame.component_id for frame in trace(simulation, seconds(1))}

    async def test_dropped_streams_end_and_come_back_when_mended(self, simulation: Simulation) -> None:
        stream = simulation.gateway.subscribe(MAIN)
        number = simulation.fault(Fault("main", FaultKind.DROPPED))
        with pytest.raises(UnavailableError, match="main cannot be reached"):
            await soon(stream)
        with pytest.raises(UnavailableError):
            simulation.gateway.subscribe(MAIN)
        simulation.mend(number)
        simulation.gateway.subscribe(MAIN)

    def test_refused_commands_do_not_reach_the_device(self, simulation: Simulation, strike: Break) -> None:
        strike("bat-inv", FaultKind.REFUSED)
        with pytest.raises(UnavailableError):
            simulation.gateway.set_power(INVERTER, PowerType.ACTIVE, 10_000.0, None)

    def test_hanging_commands_have_no_effect(self, simulation: Simulation, strike: Break) -> None:
        strike("bat-inv", FaultKind.HANGING)
        simulation.gateway.set_power(INVERTER, PowerType.ACTIVE, 10_000.0, None)
        simulation.run_for(seconds(5))
        assert simulation.gateway.frame(INVERTER).states == (StateCode.READY,)

    def test_meters_do_not_trip(self, strike: Break) -> None:
        with pytest.raises(
            ValueError, match="main is a meter and cannot trip; accepted: inverters and batteries"
        ):
            strike("main", FaultKind.TRIP)


class TestBelonging:
    """A snapshot is taken by the site, the seed and the start that it is of, and by no other."""

    def test_one_of_another_start_is_refused_with_both(self, simulation: Simulation) -> None:
        other = Simulation.headless(simulation.site, start_us=NOON + 1_000_000, seed=42)
        with pytest.raises(ValueError, match="the snapshot's run started at") as refused:
            other.restore(simulation.save())
        assert str(refused.value) == (
            "the snapshot's run started at 2026-06-15T10:00:00+00:00; accepted: 2026-06-15T10:00:01+00:00"
        )

    def test_one_of_another_site_is_refused_with_what_only_one_has(self, simulation: Simulation) -> None:
        other = Simulation.headless(doppelgrid.load_site("commercial"), start_us=NOON, seed=42)
        with pytest.raises(ValueError, match="the snapshot is of another site: ") as refused:
            other.restore(simulation.save())
        named = str(refused.value).removeprefix("the snapshot is of another site: ").split(" not in both")[0]
        ours, theirs = set(simulation.site.components), set(other.site.components)
        assert named.split(", ") == sorted(ours ^ theirs)

    def test_whoever_wants_to_hears_when_it_was_taken(self, simulation: Simulation) -> None:
        told: list[int] = []
        simulation.restored.subscribe(told.append)
        saved = busy(simulation).save()
        simulation.run_for(seconds(9))
        simulation.restore(saved)
        assert told == [saved.engine.now_us]
        assert simulation.now_us == simulation.clock.now_us() == saved.engine.now_us

    def test_a_drive_begins_at_the_value_of_the_moment_and_ends_after_its_time(
        self, simulation: Simulation
    ) -> None:
        simulation.run_for(seconds(7))
        before = simulation.plant.inputs.value("office", "load")
        simulation.drive("office", "load", 9_000.0, over_s=2.5)
        override = simulation.plant.inputs.overrides["office.load"]
        assert override[:4] == (simulation.now_us, before, simulation.now_us + 2_500_000, 9_000.0)
