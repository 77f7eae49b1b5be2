"""Going back to a snapshot while a site is recorded."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from recording.support import FORMS, NOON, demo_site

from doppelgrid import Recorder, Replay, read_recording, report_of_recording
from doppelgrid.sim.domain.messages import WrongStateError
from doppelgrid.sim.engine.clock import WallStampedClock
from doppelgrid.sim.report.of_simulation import SiteWatch
from doppelgrid.sim.simulation.simulation import Simulation

MINUTE = timedelta(minutes=1)


@pytest.fixture(params=[0.2, 1.0], ids=["instants", "means"])
def simulation(request: pytest.FixtureRequest) -> Simulation:
    return Simulation.headless(demo_site().with_telemetry_interval(request.param), start_us=NOON)


@pytest.mark.parametrize("name", FORMS)
def test_what_a_recording_by_simulated_time_has_told_stays_so(
    name: str, simulation: Simulation, tmp_path: Path
) -> None:
    with Recorder(tmp_path / name, simulation.site) as recorder:
        watch = SiteWatch(simulation)
        recorder.listen(simulation.gateway)
        simulation.run_for(MINUTE)
        early = simulation.save()
        simulation.run_for(MINUTE)
        with pytest.raises(WrongStateError) as refused:
            simulation.restore(early)
        assert simulation.now_us == NOON + 120_000_000
        simulation.run_for(MINUTE)
    assert str(refused.value) == (
        "the snapshot is of 2026-06-15 10:01:00+00:00, and a recording by simulated time has gone on to "
        "2026-06-15 10:02:00+00:00; accepted: a snapshot of then or later, wall time (--timestamps wall), or a run "
        "that is not recorded"
    )
    recording = read_recording(tmp_path / name)
    told = report_of_recording(recording, site=simulation.site).figures()["import_wh"]
    assert told == pytest.approx(watch.report().figures()["import_wh"], rel=0.02)
    assert Replay(recording, site=simulation.site).duration_s == pytest.approx(180.0, abs=1.1)


def test_to_where_it_stands_a_recorded_site_may_go_back(simulation: Simulation, tmp_path: Path) -> None:
    with Recorder(tmp_path / "day.csv", simulation.site) as recorder:
        recorder.listen(simulation.gateway)
        simulation.run_for(MINUTE)
        simulation.restore(simulation.save())
        simulation.run_for(MINUTE)
    assert read_recording(tmp_path / "day.csv").tracks[2].times_us[-1] == NOON + 120_000_000


def test_once_it_is_no_longer_recorded_it_goes_back_anywhere(simulation: Simulation, tmp_path: Path) -> None:
    early = simulation.save()
    with Recorder(tmp_path / "day.csv", simulation.site) as recorder:
        recorder.listen(simulation.gateway)
        simulation.run_for(MINUTE)
    simulation.restore(early)
    assert simulation.now_us == NOON


@pytest.mark.parametrize("name", FORMS)
def test_by_wall_time_what_comes_after_is_told_after(name: str, tmp_path: Path) -> None:
    loop_s = [1000.0]
    simulation = Simulation(demo_site(), WallStampedClock(NOON, speed=1.0, loop_time=lambda: loop_s[0]))
    with Recorder(tmp_path / name, simulation.site) as recorder:
        recorder.listen(simulation.gateway)
        early = simulation.save()
        for _ in range(2):
            loop_s[0] += 10.0
            simulation.catch_up()
            simulation.restore(early)
    times_us = read_recording(tmp_path / name).tracks[2].times_us
    assert len(times_us) == 100
    assert times_us[-1] - times_us[0] == pytest.approx(19_800_000, abs=100_000)
