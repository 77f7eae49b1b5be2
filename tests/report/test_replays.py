"""What a replay tells at its end: the lines that a report of its recording has."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from doppelgrid.cli.report_lines import lines
from doppelgrid.sim.domain.faults import Fault, FaultKind
from doppelgrid.sim.domain.messages import Frame
from doppelgrid.sim.domain.metrics import Metric, PowerType
from doppelgrid.sim.recording import Recorder, Recording, read_recording
from doppelgrid.sim.replay import Replay
from doppelgrid.sim.report.of_recording import report_of_recording
from doppelgrid.sim.report.of_replay import _Written
from doppelgrid.sim.report.of_simulation import SiteWatch
from doppelgrid.sim.report.site_report import SiteReport
from doppelgrid.sim.simulation.simulation import Simulation
from doppelgrid.sim.site.site import Site

COMPONENTS: dict[str, Any] = {
    "grid": {"id": 1, "category": "grid_connection_point", "rated_fuse_current": "40 A"},
    "main": {"id": 2, "category": "meter", "behind": "grid"},
    "house": {"id": 3, "category": "meter", "behind": "main", "load": "6 kW"},
    "inv": {"id": 5, "category": "battery_inverter", "behind": "main", "rated_power": "30 kW"},
    "bat": {"id": 6, "category": "battery", "behind": "inv", "initial_soc": "50 %"},
}  # fmt: skip
SITE = Site.model_validate({"microgrid": {"id": 7}, "components": COMPONENTS}).with_telemetry_interval(60.0)
INVERTER = 5
HOUR_US = 3_600_000_000
EXPORT = """\
timestamp,microgrid_id,component_id,metric,value
2025-03-01 00:00:00+00:00,7,2,AC_ACTIVE_POWER,100
2025-03-01 01:00:00+00:00,7,2,AC_ACTIVE_POWER,200
2025-03-01 02:00:00+00:00,7,2,AC_ACTIVE_POWER,300
2025-03-01 05:00:00+00:00,7,2,AC_ACTIVE_POWER,400
"""


def replayed(
    recording: Recording, *, site: Site = SITE, simulate: str = "", until_us: int | None = None
) -> SiteReport:
    """Return the report of a replay that ends at a time [µs], or when all has been replayed."""
    replay = Replay(recording, site=site, simulate=[name for name in (simulate,) if name])
    simulation = Simulation.headless(replay.site, start_us=replay.start_us, hardware=replay)
    watch = SiteWatch(simulation)
    simulation.run_to(replay.end_us if until_us is None else until_us)
    return watch.report()


@pytest.fixture
def export(tmp_path: Path) -> Recording:
    (tmp_path / "export.csv").write_text(EXPORT)
    return read_recording(tmp_path / "export.csv")


@pytest.fixture(scope="module", params=["main", "all"])
def hour(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Recording:
    """An hour of a battery that discharges and fails, without registers and with them."""
    path = tmp_path_factory.mktemp("hour") / "hour.parquet"
    simulation = Simulation.headless(SITE, start_us=SITE.moment_us(datetime(2026, 6, 15, 8, 55)), seed=3)
    with Recorder(path, SITE, metrics=request.param) as recorder:
        recorder.listen(simulation.gateway)
        simulation.run_for(timedelta(minutes=5))
        simulation.gateway.set_power(INVERTER, PowerType.ACTIVE, -20e3, 900)
        simulation.run_for(timedelta(minutes=25))
        simulation.fault(Fault("inv", FaultKind.TRIP, "OVERTEMPERATURE"), for_s=600.0)
        simulation.run_for(timedelta(minutes=30))
    return read_recording(path)


def without_commands(report: SiteReport) -> SiteReport:
    return replace(report, commands=None)


def test_an_export_without_the_connection_point_tells_of_it_by_what_alone_is_behind_it(
    export: Recording,
) -> None:
    report = replayed(export)
    # The last value but one holds for an hour before the gap, and so does the last one.
    assert report.imported_wh == pytest.approx(100.0 + 200.0 + 300.0 + 400.0)
    assert report.unknown_s == 2 * 3600.0
    assert without_commands(report) == report_of_recording(export, site=SITE)


def test_a_whole_recording_is_told_as_it_is_without_a_replay(hour: Recording) -> None:
    report = replayed(hour)
    assert without_commands(report) == report_of_recording(hour)
    assert report.commands is not None
    assert len(report.incidents) > 0


def test_a_replay_that_ends_early_tells_up_to_its_last_sampling(export: Recording) -> None:
    first_us = int(export.tracks[2].times_us[0])
    report = replayed(export, until_us=first_us + round(1.5 * HOUR_US))
    assert (report.begin_us, report.end_us) == (first_us, first_us + HOUR_US)
    assert report.imported_wh == pytest.approx(100.0)


def test_before_its_first_samples_it_tells_of_nothing_from_where_it_stands(hour: Recording) -> None:
    replay = Replay(hour)
    report = replayed(hour, until_us=replay.start_us)
    assert report.begin_us == report.end_us == replay.start_us
    assert report.imported_wh is None
    assert lines(report)


@pytest.mark.parametrize("saved_s", [0.0, 1800.0])
def test_a_replay_that_goes_back_is_told_as_if_it_had_never_been_further(
    hour: Recording, saved_s: float
) -> None:
    replay = Replay(hour, simulate=["battery"])
    simulation = Simulation.headless(replay.site, start_us=replay.start_us, hardware=replay)
    watch = SiteWatch(simulation)
    simulation.run_for(timedelta(seconds=saved_s))
    snapshot, before = simulation.save(), watch.report()
    simulation.gateway.set_power(INVERTER, PowerType.ACTIVE, 5e3, 900)
    simulation.run_for(timedelta(minutes=20))
    simulation.restore(snapshot)
    assert watch.report() == before


def test_without_any_power_it_tells_what_there_is(tmp_path: Path) -> None:
    (tmp_path / "soc.csv").write_text(
        "timestamp,microgrid_id,component_id,metric,value\n"
        "2025-03-01 00:00:00+00:00,7,6,BATTERY_SOC_PCT,40\n2025-03-01 01:00:00+00:00,7,6,BATTERY_SOC_PCT,50\n"
    )
    report = replayed(read_recording(tmp_path / "soc.csv"))
    assert report.imported_wh is None
    assert [(battery.soc_first, battery.soc_last) for battery in report.storages] == [(0.4, 0.5)]


def test_what_is_simulated_instead_is_told_as_it_was(hour: Recording) -> None:
    report, recorded = replayed(hour, simulate="battery"), report_of_recording(hour)
    of_battery = {group.kind: group for group in report.groups}["battery_inverter"]
    # Nobody told it to discharge, so the grid gave what the house drew.
    assert of_battery.delivered_wh == pytest.approx(0.0, abs=1.0)
    assert (report.imported_wh or 0.0) > (recorded.imported_wh or 0.0) + 1e3
    assert [storage.key for storage in report.storages] == ["bat"]
    assert not [incident for incident in report.incidents if incident.key == "inv"]


def test_a_component_that_shows_less_at_the_last_instant_is_told_as_far_as_it_showed_all() -> None:
    written = _Written()
    values = {Metric.AC_POWER_ACTIVE: 5.0, Metric.AC_CURRENT_PHASE_1: 1.0}
    for time_us, shown in enumerate((values, {Metric.AC_CURRENT_PHASE_1: 2.0})):
        written.take(
            time_us,
            Frame(
                component_id=1, sample_time_us=time_us, values=shown, bounds={}, states=(), state_since_us=0
            ),
        )
    track = written.track(None)
    assert track is not None
    assert track.names == ("AC_POWER_ACTIVE", "AC_CURRENT_PHASE_1")
    assert track.present.tolist() == [[True, True], [False, True]]
    assert track.values[:, 1].tolist() == [1.0, 2.0]


def test_frames_before_a_component_shows_anything_count_for_nothing() -> None:
    written = _Written()
    for time_us, shown in enumerate(({}, {Metric.AC_POWER_ACTIVE: 5.0})):
        written.take(
            time_us,
            Frame(
                component_id=1, sample_time_us=time_us, values=shown, bounds={}, states=(), state_since_us=0
            ),
        )
    track = written.track(None)
    assert track is not None
    assert (track.times_us.tolist(), track.values.tolist()) == ([1], [[5.0]])
