"""What a site did: the same figures from a run's registers, from what was recorded of it, and from watching it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from math import nan
from pathlib import Path
from typing import Any

import pytest

import doppelgrid
from doppelgrid.cli.report_lines import lines
from doppelgrid.sim.domain.faults import Fault, FaultKind
from doppelgrid.sim.domain.messages import CommandError
from doppelgrid.sim.domain.metrics import PowerType
from doppelgrid.sim.headless.summary import Summarizer
from doppelgrid.sim.recording import Recorder, RecordingError, read_recording
from doppelgrid.sim.report.journal import commands_in
from doppelgrid.sim.report.of_recording import report_of_recording
from doppelgrid.sim.report.of_simulation import SiteWatch
from doppelgrid.sim.report.of_summary import report_of_summary
from doppelgrid.sim.report.site_report import SiteReport
from doppelgrid.sim.simulation.journal import Journal
from doppelgrid.sim.simulation.simulation import Simulation
from doppelgrid.sim.site.site import Site

MINUTE = timedelta(minutes=1)
MORNING = datetime(2026, 6, 15, 8, 55)
NINE = datetime(2026, 6, 15, 9)
INVERTER = 5
COMPONENTS: dict[str, Any] = {
    "grid": {"id": 1, "category": "grid_connection_point", "rated_fuse_current": "200 A"},
    "main": {"id": 2, "category": "meter", "behind": "grid"},
    "house": {"id": 3, "category": "meter", "behind": "main", "load": "6 kW"},
    "roof": {"id": 4, "category": "pv_inverter", "behind": "main", "rated_power": "60 kW", "power": "16 kW"},
    "inv": {"id": 5, "category": "battery_inverter", "behind": "main", "rated_power": "30 kW"},
    "bat": {"id": 6, "category": "battery", "behind": "inv", "initial_soc": "50 %"},
}  # fmt: skip
SITE = Site.model_validate(
    {"microgrid": {"id": 7, "name": "a house"}, "components": COMPONENTS}
).with_telemetry_interval(60.0)


class Day:
    """An hour of a site: seen, recorded, and counted by its registers."""

    def __init__(self, folder: Path) -> None:
        simulation = Simulation.headless(SITE, start_us=SITE.moment_us(MORNING), seed=3)
        watch = SiteWatch(simulation)
        journal = Journal(folder / "hour.journal")
        journal.listen(simulation.gateway)
        with Recorder(folder / "hour.parquet", SITE) as recorder:
            recorder.listen(simulation.gateway)
            simulation.run_for(10 * MINUTE)
            simulation.gateway.set_power(INVERTER, PowerType.ACTIVE, 20_000.0, 900)
            with pytest.raises(CommandError):
                simulation.gateway.set_power(INVERTER, PowerType.ACTIVE, 99_000.0, 900)
            simulation.run_for(10 * MINUTE)
            simulation.fault(Fault("roof", FaultKind.TRIP, "OVERTEMPERATURE"), for_s=600.0)
            simulation.run_for(40 * MINUTE)
        journal.close()
        self.watched = watch.report()
        self.commanded = commands_in(folder / "hour.journal")
        self.recorded = report_of_recording(read_recording(folder / "hour.parquet"), commands=self.commanded)
        self.registers = {
            key: simulation.plant.readings.registers(key) for key in ("grid", "house", "roof", "inv")
        }
        self.path = folder / "hour.parquet"


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Day:
    return Day(tmp_path_factory.mktemp("day"))


def test_a_watched_site_did_what_its_registers_count(day: Day) -> None:
    flows = {flow.key: (flow.consumed_wh, flow.delivered_wh) for flow in day.watched.flows}
    for key, registers in day.registers.items():
        assert flows[key] == pytest.approx(tuple(registers), rel=1e-9, abs=1e-6)
    assert day.watched.imported_wh == pytest.approx(day.registers["grid"].consumed_wh, rel=1e-9)


def test_a_recording_tells_of_the_same_hour(day: Day) -> None:
    """It begins with the first sampling; within its intervals of a minute, what flows both ways is set off."""
    recorded, watched = day.recorded.figures(), day.watched.figures()
    for name in (
        "consumption_wh",
        "production_wh",
        "import_wh",
        "export_wh",
        "peak_import_w",
        "peak_export_w",
    ):
        assert recorded[name] == pytest.approx(watched[name], rel=0.03)
    for name in ("bat.soc_last", "bat.soc_max", "soc_max", "bat.cycles", "cycles"):
        assert recorded[name] == pytest.approx(watched[name], rel=0.03)


def test_figures_are_those_of_a_hand_calculation(day: Day) -> None:
    """6 kW of load, 16 kW of sun but for ten minutes; 20 kW into the battery for a quarter of an hour."""
    report = day.watched
    assert report.figure("load.consumption_wh") == pytest.approx(6000.0, rel=1e-6)
    assert report.figure("pv_inverter.production_wh") == pytest.approx(16_000.0 * 50 / 60, rel=0.01)
    assert report.figure("battery_inverter.consumption_wh") == pytest.approx(5000.0, rel=0.02)
    assert report.figure("self_consumption") == pytest.approx(1.0 - report.exported_wh / report.produced_wh)
    assert report.figure("self_sufficiency") == pytest.approx(1.0 - report.imported_wh / report.consumed_wh)
    greatest = next(flow.greatest for flow in report.flows if flow.key == "grid")
    assert greatest.power_w == pytest.approx(26_000.0, rel=0.01)


def test_quarters_of_an_hour_are_whole_and_named(day: Day) -> None:
    peak = day.watched.peak_export
    assert peak is not None
    assert peak.time_us is not None
    assert peak.time_us % 900_000_000 == 0
    assert 0.0 < peak.power_w <= 10_000.0


@pytest.mark.parametrize("interval_s", [1.0, 60.0])
def test_a_quarter_of_an_hour_whose_first_sampling_is_its_second_moment_is_a_peak(
    tmp_path: Path, interval_s: float
) -> None:
    site = SITE.with_telemetry_interval(interval_s)
    simulation = Simulation.headless(site, start_us=site.moment_us(NINE), seed=3)
    watch = SiteWatch(simulation)
    with Recorder(tmp_path / "half.parquet", site) as recorder:
        recorder.listen(simulation.gateway)
        simulation.drive("house", "load", 40e3)
        simulation.run_for(15 * MINUTE)
        simulation.drive("house", "load", 30e3)
        simulation.run_for(15 * MINUTE)
    seen, recorded = (
        watch.report().peak_import,
        report_of_recording(read_recording(tmp_path / "half.parquet")),
    )
    assert seen is not None
    assert recorded.peak_import is not None
    assert recorded.peak_import.power_w == pytest.approx(seen.power_w, rel=1e-3)
    assert recorded.peak_import.time_us == seen.time_us == SITE.moment_us(NINE)
    assert f"lacks its first {interval_s:g} s" in " ".join(recorded.notes)


def test_a_quarter_of_an_hour_that_lacks_more_is_none(tmp_path: Path) -> None:
    simulation = Simulation.headless(SITE, start_us=SITE.moment_us(NINE), seed=3)
    simulation.run_for(2 * MINUTE)
    with Recorder(tmp_path / "rest.parquet", SITE) as recorder:
        recorder.listen(simulation.gateway)
        simulation.run_for(14 * MINUTE)
    recorded = report_of_recording(read_recording(tmp_path / "rest.parquet"))
    assert recorded.peak_export is None
    assert "lacks its first" not in " ".join(recorded.notes)


def test_commands_refusals_and_failures_are_told(day: Day) -> None:
    for commands in (day.watched.commands, day.commanded):
        assert commands is not None
        assert (commands.given, commands.refused) == (2, 1)
        (refusal,) = commands.refusals
        assert refusal.key == "inv"
        assert "99000" in refusal.reason
    for report in (day.watched, day.recorded):
        (incident,) = [each for each in report.incidents if each.kind == "error"]
        assert (incident.key, incident.code) == ("roof", "OVERTEMPERATURE")
        assert incident.end_us is not None
        assert (incident.end_us - incident.begin_us) / 1e6 == pytest.approx(600.0, abs=60.0)
        assert report.figure("errors") == 1


def test_an_unknown_figure_is_refused_with_those_that_there_are(day: Day) -> None:
    with pytest.raises(
        ValueError, match=r"no figure 'peak'; accepted: import_wh, export_wh, .*peak_import_w"
    ):
        day.watched.figure("peak")


def test_watching_changes_nothing() -> None:
    digests = []
    for is_watched in (False, True):
        simulation = doppelgrid.Simulation.headless(SITE, start_us=SITE.moment_us(MORNING))
        journal = Journal()
        journal.listen(simulation.gateway)
        if is_watched:
            SiteWatch(simulation)
        simulation.run_for(3 * MINUTE)
        digests.append(journal.digest)
    assert digests[0] == digests[1]


def rows(number: int, powers_kw: list[float]) -> str:
    return "".join(
        f"2026-06-15 10:{15 * place:02d}:00+00:00,7,{number},AC_POWER_ACTIVE_avg,{1e3 * power_kw}\n"
        for place, power_kw in enumerate(powers_kw)
    )


def told(folder: Path, content: str, site: Site | None = SITE) -> SiteReport:
    (folder / "export.csv").write_text("timestamp,microgrid_id,component_id,metric,value\n" + content)
    return report_of_recording(read_recording(folder / "export.csv"), site=site)


def test_an_export_of_meters_alone_tells_what_is_behind_them(tmp_path: Path) -> None:
    """Of main and roof only; what the others did counts as a load."""
    report = told(tmp_path, rows(2, [8.0, -4.0, 0.0, 0.0]) + rows(4, [0.0, -10.0, -10.0, -10.0]))
    assert (report.imported_wh, report.exported_wh) == (2000.0, 1000.0)
    assert report.figure("roof.delivered_wh") == 7500.0
    assert report.figure("load.consumption_wh") == pytest.approx(2000.0 + 1500.0 + 2500.0 + 2500.0)
    assert report.peak_import is not None
    assert report.peak_import.power_w == 8000.0


def test_a_day_of_quarters_is_a_day_and_its_last_quarter_may_be_the_peak(tmp_path: Path) -> None:
    content = "".join(
        f"2026-06-15T{place // 4:02d}:{15 * place % 60:02d}:00+02:00,7,1,AC_POWER_ACTIVE,{power_w}\n"
        for place, power_w in enumerate([4e3] * 95 + [40e3])
    )
    report = told(tmp_path, content)
    assert report.imported_wh == pytest.approx(105e3)
    assert (report.end_us - report.begin_us) / 3.6e9 == 24.0
    assert report.peak_import is not None
    assert report.peak_import.power_w == 40e3


def test_what_lasts_longer_than_a_quarter_counts_in_each_of_them_for_its_part(tmp_path: Path) -> None:
    """12 kW from 10:20 to 10:40: ten minutes of two quarters."""
    powers_w = {"10:00": 0.0, "10:20": 12e3, "10:40": 0.0, "11:00": 0.0}
    report = told(tmp_path, quarters(1, "AC_POWER_ACTIVE", powers_w))
    assert report.imported_wh == pytest.approx(4000.0)
    assert report.peak_import is not None
    assert report.peak_import.power_w == pytest.approx(8000.0)


def test_what_cannot_be_told_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="give its file with --site"):
        told(tmp_path, rows(2, [1.0, 2.0]), None)
    with pytest.raises(RecordingError, match="AC_POWER_ACTIVE of any of the site: 1, 2, 3, 4, 5, 6"):
        told(tmp_path, rows(99, [1.0, 2.0]))


def quarters(number: int, metric: str, values: dict[str, float]) -> str:
    return "".join(
        f"2026-06-15 {time}:00+00:00,7,{number},{metric},{value}\n" for time, value in values.items()
    )


GAPPY = quarters(1, "AC_POWER_ACTIVE", dict.fromkeys(["00:00", "00:15", "00:30", "06:00", "06:15"], 1000.0))


@pytest.mark.parametrize("others", ["", "".join(rows(3, [0.0] * 2))])
def test_a_value_holds_for_the_usual_distance_before_a_gap_which_is_told(tmp_path: Path, others: str) -> None:
    report = told(tmp_path, GAPPY + others.replace(" 10:", " 06:"))
    assert report.imported_wh == pytest.approx(1250.0)
    assert any(
        note.startswith("nothing is known of grid from 2026-06-15 02:45:00 to 2026-06-15 08:00:00")
        for note in report.notes
    )


@pytest.mark.parametrize(
    ("known", "said"),
    [
        (["00:00", "00:15"], "nothing is known of house from 2026-06-15 02:30:00 to 2026-06-15 03:15:00"),
        (["00:45", "01:00"], "nothing is known of house from 2026-06-15 02:00:00 to 2026-06-15 02:45:00"),
        (["00:00", "00:15", "00:30", "00:45", "01:00"], ""),
    ],
)
def test_what_is_not_known_at_either_end_is_told(tmp_path: Path, known: list[str], said: str) -> None:
    times = ["00:00", "00:15", "00:30", "00:45", "01:00"]
    powers = [
        quarters(number, "AC_POWER_ACTIVE", dict.fromkeys(of, 1000.0))
        for number, of in ((1, times), (3, known))
    ]
    notes = told(tmp_path, "".join(powers)).notes
    assert [note for note in notes if note.startswith("nothing is known of")] == ([said] if said else [])


@pytest.mark.usefixtures("interpreted")
def test_where_nothing_flows_nothing_is_missing() -> None:
    components = {key: COMPONENTS[key] for key in ("grid", "main")}
    site = Site.model_validate({"microgrid": {"id": 7}, "components": components})
    summary = doppelgrid.simulate(site, timedelta(minutes=2), start=NINE)
    assert summary.throughput_wh == 0.0
    balance = report_of_summary(summary, site, site.moment_us(NINE)).balance
    assert balance is not None
    assert balance.imbalance_share == 0.0


def test_registers_count_only_where_they_span_the_powers(tmp_path: Path) -> None:
    times = ["00:00", "00:15", "00:30", "00:45", "01:00"]
    powers = quarters(1, "AC_POWER_ACTIVE", dict.fromkeys(times, 1000.0))
    counted = dict(zip(times, [100.0, 400.0, 700.0, 1000.0, 1300.0], strict=True))
    for known, imported_wh in ((times, 1200.0), (times[3:], 1000.0)):
        content = powers + quarters(1, "AC_ENERGY_ACTIVE_CONSUMED", {time: counted[time] for time in known})
        content += quarters(1, "AC_ENERGY_ACTIVE_DELIVERED", dict.fromkeys(known, 0.0))
        assert told(tmp_path, content).imported_wh == pytest.approx(imported_wh)


def test_registers_tell_what_went_through_a_gap_of_the_powers(tmp_path: Path) -> None:
    times = ["00:00", "00:15", "00:30", "00:45", "01:00"]
    content = quarters(
        1, "AC_POWER_ACTIVE", dict(zip(times, [1000.0, nan, nan, 1000.0, 1000.0], strict=True))
    )
    unknown_s = told(tmp_path, content).unknown_s
    counted = dict(zip(times, [100.0, 350.0, 600.0, 850.0, 1100.0], strict=True))
    content += quarters(1, "AC_ENERGY_ACTIVE_CONSUMED", counted)
    content += quarters(1, "AC_ENERGY_ACTIVE_DELIVERED", dict.fromkeys(times, 0.0))
    report = told(tmp_path, content)
    assert (unknown_s, report.unknown_s) == (1800.0, 0.0)
    assert report.imported_wh == pytest.approx(1000.0)


@pytest.mark.parametrize("windowed", ["main", "house"])
def test_nothing_is_set_off_against_a_meter_that_shows_its_last_window(tmp_path: Path, windowed: str) -> None:
    """6 kW for 20 minutes, then none: a window of a quarter of an hour shows them later, and nothing is given."""
    steps = [{"at": "00:00", "value": "6 kW"}, {"at": "10:20", "value": "0 kW"}]
    house = {**COMPONENTS["house"], "load": {"profile": "inline", "points": steps}}
    components = {**{key: COMPONENTS[key] for key in ("grid", "main")}, "house": house}
    components[windowed] = {**components[windowed], "measurement": {"window": "15 min"}}
    site = Site.model_validate({"microgrid": {"id": 7}, "components": components}).with_telemetry_interval(
        60.0
    )
    simulation = Simulation.headless(site, start_us=site.moment_us(datetime(2026, 6, 15, 10)))
    watch = SiteWatch(simulation)
    with Recorder(tmp_path / "hour.parquet", site) as recorder:
        recorder.listen(simulation.gateway)
        simulation.run_for(60 * MINUTE)
    report = report_of_recording(read_recording(tmp_path / "hour.parquet"))
    assert report.produced_wh == watch.report().produced_wh == 0.0
    assert report.consumed_wh == pytest.approx(watch.report().consumed_wh, abs=101.0)
    assert any(note.startswith(f"{windowed} showed means of windows") for note in report.notes)


def test_a_summary_a_run_and_its_recording_agree_on_what_a_hybrid_inverter_consumed_and_produced(
    tmp_path: Path,
) -> None:
    """Its battery is charged from the grid for a while, gives with the sun later; photovoltaics draw at night."""
    hybrid = {
        "id": 8, "category": "hybrid_inverter", "behind": "main", "rated_power": "10 kW", "peak_power": "6 kW",
        "irradiance": {
            "profile": "inline", "points": [{"at": "00:00", "value": "0 W/m²"}, {"at": "09:40", "value": "900 W/m²"}],
        },
    }  # fmt: skip
    components = {
        **{key: COMPONENTS[key] for key in ("grid", "main", "house")},
        "dark": {**COMPONENTS["roof"], "power": "0 W"},
        "hybrid": hybrid,
        "cells": {**COMPONENTS["bat"], "behind": "hybrid"},
    }
    site = Site.model_validate({"microgrid": {"id": 7}, "components": components}).with_telemetry_interval(
        10.0
    )
    simulation = Simulation.headless(site, start_us=site.moment_us(datetime(2026, 6, 15, 9)))
    watch, summarizer = SiteWatch(simulation), Summarizer(simulation.plant)
    with Recorder(tmp_path / "hour.parquet", site) as recorder:
        recorder.listen(simulation.gateway)
        for power_w in (0.0, 4000.0, -8000.0):
            simulation.gateway.set_power(8, PowerType.ACTIVE, power_w, 900)
            simulation.run_for(20 * MINUTE)
    registers = simulation.plant.readings.registers("hybrid")
    dark_wh = simulation.plant.readings.registers("dark").consumed_wh
    assert registers.consumed_wh > 900.0
    assert dark_wh > 10.0
    summary = summarizer.summary(0.0)
    for report in (
        watch.report(), report_of_summary(summary, site, 0),
        report_of_recording(read_recording(tmp_path / "hour.parquet")),
    ):  # fmt: skip
        assert report.consumed_wh == pytest.approx(6000.0 + dark_wh, rel=5e-3)
        assert report.produced_wh == pytest.approx(registers.delivered_wh - registers.consumed_wh, rel=0.01)
    assert summary.produced_wh < 0.9 * summary.sun_wh
    assert summary.imbalance_wh == pytest.approx(0.0, abs=1e-6)


PASSED: dict[str, Any] = {
    **{key: COMPONENTS[key] for key in ("grid", "main")},
    "street": {
        "id": 9, "category": "power_transformer", "behind": "main", "rated_apparent_power": "100 kVA",
        "no_load_loss": "200 W", "load_loss": "1 kW",
    },
    "switch": {"id": 10, "category": "breaker", "behind": "street"},
    "house": {**COMPONENTS["house"], "behind": "switch"},
    "ups": {
        "id": 11, "category": "uninterruptible_power_supply", "behind": "main", "rated_apparent_power": "10 kVA",
        "no_load_loss": "100 W",
    },
}  # fmt: skip


@pytest.mark.parametrize(
    "unseen",
    [set(), {"switch"}, {"street", "ups"}, {"street", "switch"}],
    ids=lambda keys: ", ".join(sorted(keys)) or "all seen",
)
def test_what_power_passes_through_is_no_load_of_a_summary_a_run_or_its_recording(
    tmp_path: Path, unseen: set[str]
) -> None:
    site = Site.model_validate({"microgrid": {"id": 7}, "components": PASSED}).with_telemetry_interval(10.0)
    simulation = Simulation.headless(site, start_us=site.moment_us(datetime(2026, 6, 15, 9)))
    watch, summarizer = SiteWatch(simulation), Summarizer(simulation.plant)
    with Recorder(tmp_path / "hour.parquet", site) as recorder:
        recorder.listen(simulation.gateway)
        simulation.run_for(60 * MINUTE)
    summary, recording = summarizer.summary(0.0), read_recording(tmp_path / "hour.parquet")
    assert summary.lost_wh > 300.0
    unseen_ids = {site.components[key].id for key in unseen}
    seen = {number: track for number, track in recording.tracks.items() if number not in unseen_ids}
    reports = watch.report(), report_of_recording(replace(recording, tracks=seen))
    for report in (*reports, report_of_summary(summary, site, 0)):
        assert report.consumed_wh == pytest.approx(6000.0, rel=5e-3)
    for report in reports:
        assert {group.kind: group.consumed_wh for group in report.groups}["load"] == pytest.approx(
            6000.0, rel=5e-3
        )


def test_a_recording_at_a_speed_is_told_in_simulated_time(day: Day) -> None:
    recording = read_recording(day.path)
    begin_us = min(int(track.times_us[0]) for track in recording.tracks.values())
    tracks = {
        number: track._replace(times_us=begin_us + (track.times_us - begin_us) // 10)
        for number, track in recording.tracks.items()
    }
    fast = report_of_recording(replace(recording, tracks=tracks, conditions={}, speed=10.0))
    assert fast.figures()["import_wh"] == day.recorded.figures()["import_wh"]
    assert (fast.peak_export, fast.end_us) == (day.recorded.peak_export, day.recorded.end_us)
    assert any("10 times the speed" in note for note in fast.notes)
    assert not any("times the speed" in note for note in day.recorded.notes)


def test_a_recording_carries_the_speed_that_it_was_told(tmp_path: Path) -> None:
    for speed, told_speed in ((60.0, 60.0), (1.0, None)):
        Recorder(tmp_path / "day.parquet", SITE, speed=speed).close()
        assert read_recording(tmp_path / "day.parquet").speed == told_speed


def test_means_count_where_there_is_no_value_as_such(tmp_path: Path) -> None:
    """An export that is resampled from some time on."""
    means = rows(2, [8.0, -4.0, 4.0, 0.0])
    mixed = means.replace("_avg,8000.0", ",8000.0").replace("_avg,4000.0", ",4000.0")
    assert told(tmp_path, mixed).imported_wh == told(tmp_path, means).imported_wh == 3000.0


def test_shares_of_what_is_known_of_different_spans_are_not_known(tmp_path: Path) -> None:
    """Of the connection point in other quarters than of the roof."""
    report = told(
        tmp_path, rows(2, [nan, 8.0, 8.0, 8.0]) + rows(4, [-4.0, -4.0, nan, nan]) + rows(5, [0.0] * 4)
    )
    assert (report.imported_wh, report.produced_wh) == (6000.0, 2000.0)
    assert (report.self_sufficiency, report.self_consumption) == (None, None)
    assert "what part of this came from the site is not known: powers are known of different spans" in lines(
        report
    )


ALIKE = "".join(rows(number, [power, nan, power, power]) for number, power in ((2, 4.0), (4, -4.0), (5, 0.0)))
"""Powers of which nothing is known in the same quarter."""


def test_shares_are_not_known_where_registers_alone_span_a_gap(tmp_path: Path) -> None:
    registers = "".join(
        f"2026-06-15 10:{15 * place:02d}:00+00:00,7,2,AC_ENERGY_ACTIVE_{way},{energy * place}\n"
        for place in range(4)
        for way, energy in (("CONSUMED", 1000.0), ("DELIVERED", 0.0))
    )
    report = told(tmp_path, ALIKE + registers)
    assert report.imported_wh == 3000.0
    assert (report.self_sufficiency, report.self_consumption) == (None, None)


def test_shares_of_what_is_known_of_the_same_spans_are_known(tmp_path: Path) -> None:
    report = told(tmp_path, ALIKE)
    assert (report.self_sufficiency, report.self_consumption) == (0.5, 1.0)
    assert not any("not known" in line for line in lines(report) if not line.startswith("note: "))
