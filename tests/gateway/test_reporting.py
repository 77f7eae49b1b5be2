"""Meters and sensors report what changes, or after a time, or late, as `reporting` in their site file says."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from gateway.waiting import soon

from doppelgrid.sim.domain.faults import Fault, FaultKind
from doppelgrid.sim.domain.messages import Frame
from doppelgrid.sim.domain.metrics import Metric
from doppelgrid.sim.gateway.subscriptions import Subscription
from doppelgrid.sim.recording import Recorder, read_recording
from doppelgrid.sim.replay import Replay
from doppelgrid.sim.simulation.simulation import Simulation
from doppelgrid.sim.simulation.snapshot import Snapshot
from doppelgrid.sim.site.site import Site

START = 1_780_264_800_000_000
METER, MAST = 2, 101
ON_CHANGE = {"changes": {"power": "100 W"}, "interval": "10 s"}
JITTERING = {"delay": "100 ms", "jitter": "800 ms"}
SLOW_AND_ON_CHANGE = {**ON_CHANGE, "delay": "400 ms", "jitter": "3 s"}


def running(
    *, seed: int = 1, meter: dict[str, Any] | None = None, sensor: Any = None, interval: str = "1 s"
) -> Simulation:
    """Return a site whose meter and sensor report as told; it is sampled each second if not told otherwise."""
    main = {"id": METER, "category": "meter", "behind": "grid", "load": "5 kW", "reporting": meter or {}}
    content = {
        "microgrid": {"id": 7},
        "components": {
            "grid": {"id": 1, "category": "grid_connection_point", "rated_fuse_current": "100 A"},
            "main": main,
        },
        "ambient_temperature": "20 °C",
        "weather": {"wind_direction": "359 °"},
        "sensors": {
            "mast": {"id": MAST, "metrics": ["temperature", "wind_direction"], "reporting": sensor or {}}
        },
        "telemetry": {"interval": interval},
    }
    return Simulation.headless(Site.model_validate(content), start_us=START, seed=seed)


class Arrival(NamedTuple):
    """A frame that has arrived at a client, times since the start [s]."""

    sampled_s: float
    at_s: float


class Client:
    """Takes down what arrives of the meter."""

    def __init__(self, simulation: Simulation) -> None:
        self.simulation = simulation
        self.arrivals: list[Arrival] = []
        self.stream = simulation.gateway.subscribe(METER)
        simulation.gateway.deliveries.subscribe(self._take)

    def hear(self, seconds: float) -> list[Arrival]:
        """Let time pass; return what arrived meanwhile."""
        self.arrivals.clear()
        self.simulation.run_for(timedelta(seconds=seconds))
        return list(self.arrivals)

    def _take(self, frame: Frame) -> None:
        now_us = self.simulation.now_us
        self.arrivals.append(Arrival((frame.sample_time_us - START) / 1e6, (now_us - START) / 1e6))


def sampled(arrivals: Sequence[Arrival]) -> list[float]:
    return [arrival.sampled_s for arrival in arrivals]


async def heard(stream: Subscription) -> list[float]:
    """Return when what waits on a stream was sampled [s since the start]."""
    return [((await soon(stream)).sample_time_us - START) / 1e6 for _ in range(stream.waiting)]


def test_a_meter_of_which_nothing_is_said_reports_at_each_sampling_at_once() -> None:
    assert Client(running()).hear(3.0) == [(1.0, 1.0), (2.0, 2.0), (3.0, 3.0)]


def test_with_an_interval_a_meter_reports_at_that_period() -> None:
    assert sampled(Client(running(meter={"interval": "4 s"})).hear(10.0)) == [1.0, 4.0, 8.0]


def test_a_period_that_is_no_multiple_of_the_sampling_holds_on_average() -> None:
    times = sampled(Client(running(meter={"interval": "500 ms"}, interval="200 ms")).hear(20.0))
    assert times[:5] == pytest.approx([0.2, 0.6, 1.0, 1.6, 2.0])
    assert len(times) == 40 + 1


def test_at_a_period_alone_a_change_does_not_bring_a_report() -> None:
    client = Client(running(meter={"interval": "4 s"}))
    client.hear(2.5)
    client.simulation.drive("main", "load", 9e3)
    assert sampled(client.hear(3.0)) == [4.0]


def test_a_steady_meter_that_reports_changes_is_silent_until_the_interval_is_over() -> None:
    assert sampled(Client(running(meter=ON_CHANGE)).hear(22.0)) == [1.0, 11.0, 21.0]


def test_a_change_as_large_as_the_threshold_is_reported_at_the_next_sampling() -> None:
    client = Client(running(meter=ON_CHANGE))
    client.hear(3.5)
    client.simulation.drive("main", "load", 5100.0)
    assert sampled(client.hear(9.0)) == [4.0]


def test_changes_add_up_until_they_reach_the_threshold() -> None:
    client = Client(running(meter=ON_CHANGE))
    client.hear(1.5)
    client.simulation.drive("main", "load", 5060.0)
    assert client.hear(2.0) == []
    client.simulation.drive("main", "load", 5120.0)
    assert sampled(client.hear(2.0)) == [4.0]


def test_the_interval_counts_from_the_last_report() -> None:
    client = Client(running(meter=ON_CHANGE))
    client.hear(5.5)
    client.simulation.drive("main", "load", 6e3)
    assert sampled(client.hear(12.0)) == [6.0, 16.0]


def test_beside_changes_the_interval_is_a_minute_if_not_given() -> None:
    client = Client(running(meter={"changes": {"voltage": "2 V"}}))
    assert sampled(client.hear(62.0)) == [1.0, 61.0]


def test_a_metric_without_a_threshold_brings_no_report() -> None:
    client = Client(running(meter={"changes": {"voltage": "2 V"}, "interval": "1 h"}))
    client.hear(1.0)
    client.simulation.drive("main", "load", 50e3)
    assert client.hear(5.0) == []


def test_a_change_of_state_is_reported() -> None:
    client = Client(running(meter={"changes": {"power": "1 MW"}, "interval": "1 h"}))
    client.hear(1.5)
    client.simulation.fault(Fault("main", FaultKind.MISSING_STATES), for_s=2.0)
    assert sampled(client.hear(4.0)) == [2.0, 4.0]


def test_a_value_that_is_not_there_is_a_change_once() -> None:
    client = Client(running(meter={"changes": {"power": "1 MW"}, "interval": "1 h"}))
    client.hear(1.5)
    client.simulation.fault(Fault("main", FaultKind.NAN), for_s=4.0)
    assert sampled(client.hear(6.0)) == [2.0, 6.0]


def test_whoever_records_a_site_sees_each_sample() -> None:
    simulation = running(meter=ON_CHANGE)
    seen: list[int] = []
    simulation.gateway.listen_to_frames(lambda _time_us, frames: seen.append(len(frames)))
    simulation.run_for(timedelta(seconds=5))
    assert seen == [2] * 5


def test_a_replay_keeps_to_it_with_what_was_recorded(tmp_path: Path) -> None:
    simulation = running(meter=ON_CHANGE, interval="500 ms")
    with Recorder(tmp_path / "day.csv", simulation.site, seed=1) as recorder:
        recorder.listen(simulation.gateway)
        simulation.run_for(timedelta(seconds=3.75))
        simulation.drive("main", "load", 6e3)
        simulation.run_for(timedelta(seconds=15))
    replay = Replay(read_recording(tmp_path / "day.csv"), site=simulation.site)
    again = Client(Simulation.headless(replay.site, start_us=replay.start_us, hardware=replay))
    assert sampled(again.hear(16.0))[1:] == [4.0, 14.0]


def test_what_is_reported_does_not_depend_on_who_listened_before() -> None:
    early, late = Client(running(meter=ON_CHANGE)), running(meter=ON_CHANGE)
    early.hear(5.5)
    late.run_for(timedelta(seconds=5.5))
    assert sampled(Client(late).hear(12.0)) == sampled(early.hear(12.0)) == [11.0]


def test_a_client_that_asks_for_other_metrics_hears_of_the_same_changes() -> None:
    simulation = running(meter=ON_CHANGE)
    client = Client(simulation)
    client.stream.close()
    simulation.gateway.subscribe(METER, frozenset({Metric.AC_FREQUENCY}))
    client.hear(2.5)
    simulation.drive("main", "load", 6e3)
    assert sampled(client.hear(3.0)) == [3.0]


def test_a_report_arrives_after_its_delay_with_the_time_at_which_it_was_sampled() -> None:
    assert Client(running(meter={"delay": "250 ms"})).hear(2.5) == [(1.0, 1.25), (2.0, 2.25)]


class TestJitter:
    def delays(self, seed: int = 1) -> list[float]:
        arrivals = Client(running(seed=seed, meter=JITTERING)).hear(120.5)
        return [arrival.at_s - arrival.sampled_s for arrival in arrivals][:119]

    def test_delays_are_spread_over_the_jitter(self) -> None:
        delays = self.delays()
        assert 0.1 <= min(delays) < 0.2
        assert 0.8 < max(delays) <= 0.9

    def test_the_mean_delay_is_in_the_middle(self) -> None:
        assert abs(sum(self.delays()) / 119 - 0.5) < 0.05

    def test_the_same_seed_brings_the_same_delays(self) -> None:
        assert self.delays() == self.delays()

    def test_another_seed_brings_others(self) -> None:
        assert self.delays() != self.delays(seed=2)

    def test_reports_keep_their_order(self) -> None:
        arrivals = Client(running(meter={"jitter": "5 s"})).hear(60.0)
        assert sampled(arrivals) == [1.0 + number for number in range(len(arrivals))]

    def test_latency_of_the_line_comes_besides(self) -> None:
        client = Client(running(meter={"delay": "250 ms"}))
        client.simulation.fault(Fault("main", FaultKind.LATENCY, amount=0.5))
        assert client.hear(2.0) == [(1.0, 1.75)]


class TestSensors:
    async def test_a_sensor_reports_a_change_at_once_and_otherwise_after_the_interval(self) -> None:
        simulation = running(sensor={"changes": {"temperature": 0.5}, "interval": "10 s"})
        stream = simulation.gateway.subscribe_sensor(MAST)
        simulation.run_for(timedelta(seconds=3.5))
        simulation.drive("site", "ambient_temperature", 20.6)
        simulation.run_for(timedelta(seconds=12))
        assert await heard(stream) == [1.0, 4.0, 14.0]

    async def test_a_wind_that_turns_through_north_changes_by_the_shorter_way(self) -> None:
        simulation = running(sensor={"changes": {"wind_direction": 5.0}, "interval": "1 h"})
        stream = simulation.gateway.subscribe_sensor(MAST)
        simulation.run_for(timedelta(seconds=1.5))
        simulation.drive("site", "wind_direction", 2.0)
        simulation.run_for(timedelta(seconds=2))
        simulation.drive("site", "wind_direction", 5.0)
        simulation.run_for(timedelta(seconds=2))
        assert await heard(stream) == [1.0, 4.0]

    def test_what_a_sensor_reports_arrives_after_its_delay(self) -> None:
        simulation = running(sensor={"delay": "500 ms"})
        stream = simulation.gateway.subscribe_sensor(MAST)
        simulation.run_for(timedelta(seconds=1.4))
        before = stream.waiting
        simulation.run_for(timedelta(seconds=0.2))
        assert (before, stream.waiting) == (0, 1)


class TestSnapshots:
    def test_a_site_goes_on_from_a_snapshot_as_if_nothing_had_been(self) -> None:
        simulation, other = (running(meter=SLOW_AND_ON_CHANGE, sensor={"delay": "2 s"}) for _ in range(2))
        simulation.run_for(timedelta(seconds=7.2))
        other.restore(Snapshot.from_bytes(simulation.save().to_bytes(), name="saved"))
        assert Client(other).hear(30.0) == Client(simulation).hear(30.0)

    def test_what_another_site_reported_is_refused(self) -> None:
        simulation = running(meter=ON_CHANGE)
        simulation.run_for(timedelta(seconds=2))
        saved = simulation.save()
        with pytest.raises(ValueError, match=r"gateway\.reports: main; accepted: what this site"):
            running().restore(saved)
