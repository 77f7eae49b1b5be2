"""A clock of the host that is set while a site is recorded by it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from recording.support import FORMS, demo_site

from doppelgrid import Recorder, Recording, read_recording
from doppelgrid.sim.engine.clock import WallStampedClock
from doppelgrid.sim.simulation.simulation import Simulation

START = 1_780_000_000_000_000
SECOND = 1_000_000
STEP_S = 0.2


class Host:
    """A machine with a clock that counts and one that can be set."""

    def __init__(self) -> None:
        self.loop_s = 1000.0
        self.wall_us = START

    def wait(self, seconds: float) -> None:
        self.loop_s += seconds
        self.wall_us += round(seconds * SECOND)

    def set_by(self, seconds: float) -> None:
        self.wall_us += round(seconds * SECOND)


Record = Callable[[Path, dict[int, float]], Recording]


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Host:
    host = Host()
    monkeypatch.setattr("doppelgrid.sim.engine.clock.wall_time_us", lambda: host.wall_us)
    return host


@pytest.fixture(params=[0.2, 1.0], ids=["instants", "means"])
def record(host: Host, request: pytest.FixtureRequest) -> Record:
    def record(path: Path, settings: dict[int, float]) -> Recording:
        """Record 12 s of a site while the host's clock is set at some steps, by seconds."""
        host.wall_us = START
        site = demo_site().with_telemetry_interval(request.param)
        clock = WallStampedClock(START, speed=1.0, loop_time=lambda: host.loop_s)
        simulation = Simulation(site, clock, seed=1)
        with Recorder(path, site, seed=1) as recorder:
            recorder.listen(simulation.gateway)
            for step in range(60):
                host.set_by(settings.get(step, 0.0))
                host.wait(STEP_S)
                simulation.catch_up()
        return read_recording(path)

    return record


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("seconds", [-3600.0, -4.0, 3600.0])
def test_a_recording_is_as_if_nobody_had_set_it(
    name: str, seconds: float, record: Record, tmp_path: Path
) -> None:
    undisturbed = record(tmp_path / name, {}).wide()
    disturbed = record(tmp_path / f"set-{name}", {17: seconds, 40: -0.5}).wide()
    assert np.abs((disturbed.index - undisturbed.index).total_seconds()).max() < 0.001
    assert disturbed.reset_index(drop=True).equals(undisturbed.reset_index(drop=True))


def test_the_log_tells_it_once(record: Record, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        record(tmp_path / "day.csv", {17: -3600.0})
    (line,) = caplog.messages
    assert line.startswith("the clock of this machine was set back by 1 h; clients are told its new time")


@pytest.mark.parametrize("seconds", [3600.0, -3600.0])
def test_the_log_tells_once_what_was_set_in_a_pause(
    seconds: float, host: Host, caplog: pytest.LogCaptureFixture
) -> None:
    clock = WallStampedClock(START, speed=1.0, loop_time=lambda: host.loop_s)
    simulation = Simulation(demo_site(), clock)
    host.wait(1.0)
    with caplog.at_level(logging.WARNING):
        simulation.catch_up()
        clock.pause()
        host.wait(4.0)
        host.set_by(seconds)
        clock.resume()
        host.wait(1.0)
        simulation.catch_up()
    (line,) = caplog.messages
    assert line.startswith(f"the clock of this machine was set {'back' if seconds < 0.0 else 'ahead'} by ")


def test_a_pause_alone_tells_nothing(host: Host, caplog: pytest.LogCaptureFixture) -> None:
    clock = WallStampedClock(START, speed=1.0, loop_time=lambda: host.loop_s)
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            clock.pause()
            host.wait(4.0)
            clock.resume()
            clock.set_speed(3.0)
            host.wait(4.0)
    assert not caplog.messages


def test_clients_are_told_the_new_time(host: Host) -> None:
    clock = WallStampedClock(START, speed=1.0, loop_time=lambda: host.loop_s)
    simulation = Simulation(demo_site(), clock)
    told: list[int] = []
    simulation.gateway.listen_to_frames(lambda _time_us, frames: told.append(frames[0].sample_time_us))
    host.wait(1.0)
    simulation.catch_up()
    host.set_by(-3600.0)
    host.wait(1.0)
    simulation.catch_up()
    assert told[-1] == host.wall_us
