"""Powers are recorded as means of the intervals that begin at their times, so that they add up to energies."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import doppelgrid
from doppelgrid.sim.domain.faults import Fault, FaultKind
from doppelgrid.sim.domain.messages import Frame
from doppelgrid.sim.domain.metrics import Metric
from doppelgrid.sim.headless.columns import Columns
from doppelgrid.sim.headless.run import HeadlessRun
from doppelgrid.sim.headless.simulate import simulate
from doppelgrid.sim.plant.gathered import Gathered
from doppelgrid.sim.plant.numbering import CONTROL_CYCLE_US
from doppelgrid.sim.plant.plant import Plant
from doppelgrid.sim.recording import Recorder, Recording, read_recording
from doppelgrid.sim.replay import Replay
from doppelgrid.sim.simulation.simulation import Simulation
from doppelgrid.sim.site.site import Site
from doppelgrid.sim.telemetry.intervals import OVER_INTERVALS, IntervalReader, with_totals

MORNING = datetime(2026, 6, 15, 7, 55)
MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
INTERVALS = [(SECOND, 3 * MINUTE), (MINUTE, 8 * MINUTE), (15 * MINUTE, 30 * MINUTE)]
COMPONENTS: dict[str, Any] = {
    "grid": {"id": 1, "category": "grid_connection_point", "rated_fuse_current": "200 A"},
    "main": {"id": 2, "category": "meter", "behind": "grid"},
    "house": {
        "id": 3, "category": "meter", "behind": "main",
        "load": {"profile": "bdew-h0", "annual_energy": "20 MWh", "noise": "20 %"},
        "measurement": {"accuracy_class": "1", "window": "1 s"},
    },
    "roof": {
        "id": 4, "category": "pv_inverter", "behind": "main", "rated_power": "60 kW",
        "irradiance": {"profile": "clear-sky", "clouds": {"cover": "50 %", "passage": "20 s"}, "step": "5 s"},
    },
    "inv": {
        "id": 5, "category": "battery_inverter", "behind": "main", "rated_power": "30 kW",
        "self_consumption": "main", "ramp_rate": "300 W/s",
    },
    "bat": {"id": 6, "category": "battery", "behind": "inv"},
    "charger": {
        "id": 7, "category": "ev_charger", "behind": "main", "rated_power": "22 kW",
        "sessions": [{"arrive": "2026-06-15T07:55:20+02:00", "stay": "34 min"}],
    },
}  # fmt: skip
SITE = Site.model_validate({"microgrid": {"id": 1}, "components": COMPONENTS})
FLOWING, DEVICES = (1, 2, 3, 4, 5, 7), (3, 4, 5, 7)


def integrals_wh(wide: pd.DataFrame) -> dict[int, float]:
    hours = np.diff(wide.index.asi8) / 3.6e9
    return {
        number: float((wide[f"{number}.AC_POWER_ACTIVE"].to_numpy()[:-1] * hours).sum()) for number in FLOWING
    }


def assert_adds_up(wide: pd.DataFrame) -> None:
    registers = {
        number: wide[f"{number}.AC_ENERGY_ACTIVE"].iloc[-1] - wide[f"{number}.AC_ENERGY_ACTIVE"].iloc[0]
        for number in FLOWING
    }
    assert integrals_wh(wide) == pytest.approx(registers, rel=1e-11)
    assert all(abs(registers[number]) > 1.0 for number in DEVICES)
    assert wide[[f"{number}.AC_POWER_ACTIVE" for number in FLOWING]].iloc[-1].isna().all()


def lived(path: Path, interval: timedelta, span: timedelta, *, extremes: bool = False) -> Recording:
    """Record a simulation that is looked at as rarely as that."""
    site = SITE.with_telemetry_interval(interval.total_seconds())
    simulation = Simulation.headless(site, start_us=site.moment_us(MORNING), seed=3)
    with Recorder(path, site, seed=3, metrics="all", extremes=extremes) as recorder:
        recorder.listen(simulation.gateway)
        simulation.run_for(span)
    return read_recording(path)


@pytest.mark.usefixtures("interpreted")
@pytest.mark.parametrize(("interval", "span"), INTERVALS)
def test_recorded_powers_of_a_run_add_up_to_its_registers(
    interval: timedelta, span: timedelta, tmp_path: Path
) -> None:
    path = tmp_path / "day.parquet"
    doppelgrid.simulate(SITE, span, start=MORNING, seed=3, resolution=interval, record=path, metrics="all")
    assert_adds_up(read_recording(path).wide())


@pytest.mark.lengthy
@pytest.mark.parametrize(
    ("interval", "span"), [*INTERVALS[:-1], pytest.param(*INTERVALS[-1], marks=pytest.mark.slow)]
)
def test_so_do_those_of_a_simulation_with_clients(
    interval: timedelta, span: timedelta, tmp_path: Path
) -> None:
    assert_adds_up(lived(tmp_path / "day.csv", interval, span).wide())


@pytest.mark.usefixtures("interpreted")
@pytest.mark.parametrize("interval", [SECOND, MINUTE])
def test_a_run_and_a_live_plant_have_the_same_means_to_the_bit(interval: timedelta) -> None:
    start_us, step_us, rows = SITE.moment_us(MORNING), interval // timedelta(microseconds=1), 20
    run = HeadlessRun(SITE, start_us=start_us, seed=3, resolution=interval, means=True, extremes=True)
    columns = Columns(run.plant, "all", means=True, extremes=True)
    (chunk,) = run.chunks(rows * interval)
    found = columns.of(chunk)
    plant = Plant(
        SITE, start_us=start_us, seed=3, cycle_us=max(step_us, CONTROL_CYCLE_US), resolution_us=step_us
    )
    plant.operating_point.solve()
    for row in range(rows):
        reader = IntervalReader(plant, extremes=True)
        plant.advance(start_us + (row + 1) * step_us)
        assert reader.is_whole()
        for key, component in SITE.components.items():
            least, greatest = reader.extremes(key)
            expected = {
                **reader.means(key),
                **{f"{metric}_min": value for metric, value in least.items()},
                **{f"{metric}_max": value for metric, value in greatest.items()},
            }
            assert {name: found[f"{component.id}.{name}"][row] for name in expected} == expected
        reader.close()


def test_a_mean_is_the_instant_to_the_bit_where_nothing_moves(tmp_path: Path) -> None:
    components = {**{key: COMPONENTS[key] for key in ("grid", "main")}, "load": {
        "id": 9, "category": "meter", "behind": "main", "load": "4.7 kW", "phases": [2],
    }}  # fmt: skip
    site = Site.model_validate({"microgrid": {"id": 1}, "components": components})
    site = site.with_telemetry_interval(1.0)
    simulation = Simulation.headless(site, start_us=site.moment_us(MORNING))
    frames: list[Frame] = []
    simulation.gateway.listen_to_frames(lambda _time_us, seen: frames.extend(seen))
    with Recorder(tmp_path / "day.parquet", site) as recorder:
        recorder.listen(simulation.gateway)
        simulation.run_for(5 * SECOND)
    recorded = read_recording(tmp_path / "day.parquet").wide()["9.AC_POWER_ACTIVE"].tolist()
    assert (
        recorded[:-1]
        == [frame.values[Metric.AC_POWER_ACTIVE] for frame in frames if frame.component_id == 9][:-1]
    )


@pytest.mark.lengthy
@pytest.mark.parametrize("name", ["day.csv", "day.parquet"])
def test_least_and_greatest_powers_stand_beside_the_means_when_asked_for(name: str, tmp_path: Path) -> None:
    wide = lived(tmp_path / name, MINUTE, 4 * MINUTE, extremes=True).wide().iloc[:-1]
    for column in ("5.AC_POWER_ACTIVE", "5.AC_POWER_ACTIVE_PHASE_2", "6.DC_POWER"):
        least, mean, greatest = wide[f"{column}_min"], wide[column], wide[f"{column}_max"]
        assert ((least <= mean + 1e-9) & (mean <= greatest + 1e-9)).all()
        assert (greatest - least).max() > 1000.0


@pytest.mark.lengthy
def test_columns_say_what_they_hold(tmp_path: Path) -> None:
    path = tmp_path / "day.parquet"
    lived(path, MINUTE, 2 * MINUTE, extremes=True)
    schema = pq.read_schema(path)
    told = {name: schema.field(name).metadata for name in schema.names}
    assert told["5.AC_POWER_ACTIVE"] == {
        b"statistic": b"mean", b"interval": b"begins at timestamp", b"unit": b"W",
    }  # fmt: skip
    assert told["5.AC_POWER_ACTIVE_max"][b"statistic"] == b"maximum"
    assert told["6.DC_POWER"][b"statistic"] == b"mean"
    assert told["6.BATTERY_SOC_PCT"] == {b"statistic": b"instant", b"unit": b"%"}
    assert told["2.AC_ENERGY_ACTIVE"] == {b"statistic": b"register", b"unit": b"Wh"}
    assert told["2.state"] is None
    assert read_recording(path).holds_means


def test_below_a_second_what_clients_receive_is_recorded(tmp_path: Path) -> None:
    recording = lived(tmp_path / "day.parquet", SECOND / 5, 5 * SECOND)
    assert not recording.holds_means
    assert recording.wide()["5.AC_POWER_ACTIVE"].notna().all()


@pytest.mark.lengthy
def test_a_replay_shows_a_mean_while_it_lasted(tmp_path: Path) -> None:
    recording = lived(tmp_path / "day.parquet", MINUTE, 4 * MINUTE)
    replay = Replay(recording)
    simulation = Simulation.headless(replay.site, start_us=replay.start_us, hardware=replay)
    shown_wh = 0.0
    wide = recording.wide()
    simulation.run_to(int(wide.index.asi8[0]))
    for time_us in wide.index.asi8.tolist()[:-1]:
        simulation.run_to(time_us + 30_000_000)
        shown_wh += simulation.gateway.frame(5).values[Metric.AC_POWER_ACTIVE] / 60.0
    energy = wide["5.AC_ENERGY_ACTIVE"]
    assert shown_wh == pytest.approx(energy.iloc[-1] - energy.iloc[0], rel=1e-12)


@pytest.mark.lengthy
def test_means_of_intervals_that_end_at_their_times_come_back_when_these_begin(tmp_path: Path) -> None:
    recording = lived(tmp_path / "day.parquet", MINUTE, 5 * MINUTE)
    table = pq.read_table(tmp_path / "day.parquet")
    for place, field in enumerate(table.schema):
        if (field.metadata or {}).get(b"interval"):
            later = pa.chunked_array([[None, *table.column(place).to_pylist()[:-1]]], field.type)
            ends = field.with_metadata({**field.metadata, b"interval": b"ends at timestamp"})
            table = table.set_column(place, ends, later)
    pq.write_table(table, tmp_path / "ends.parquet")
    again = read_recording(tmp_path / "ends.parquet")
    pd.testing.assert_frame_equal(again.wide(), recording.wide(), check_exact=True)


@pytest.mark.lengthy
def test_a_replay_with_something_simulated_is_recorded_as_means_too(tmp_path: Path) -> None:
    """With the same battery at the same site nothing changes but what the recording could not know."""
    recording = lived(tmp_path / "day.parquet", MINUTE, 5 * MINUTE)
    replay = Replay(recording, simulate=["bat"])
    simulation = Simulation.headless(replay.site, start_us=replay.start_us, seed=3, hardware=replay)
    with Recorder(tmp_path / "again.parquet", replay.site, metrics="all") as recorder:
        recorder.listen(simulation.gateway)
        simulation.run_to(replay.end_us)
    again = read_recording(tmp_path / "again.parquet")
    assert again.holds_means
    inverter, own = again.wide()["5.AC_POWER_ACTIVE"], again.wide()["5.AC_ENERGY_ACTIVE"]
    assert (inverter.iloc[:-1] / 60.0).sum() == pytest.approx(own.iloc[-1] - own.iloc[0], rel=1e-12)
    main, was = again.wide()["2.AC_POWER_ACTIVE"], recording.wide()["2.AC_POWER_ACTIVE"]
    change = inverter - recording.wide()["5.AC_POWER_ACTIVE"]
    assert (main - was - change).iloc[:-1].abs().max() < 1e-6


@pytest.mark.lengthy
def test_what_a_faulty_meter_reports_is_recorded_as_it_is(tmp_path: Path) -> None:
    site = SITE.with_telemetry_interval(60.0)
    simulation = Simulation.headless(site, start_us=site.moment_us(MORNING), seed=3)
    with Recorder(tmp_path / "day.parquet", site) as recorder:
        recorder.listen(simulation.gateway)
        simulation.run_for(2 * MINUTE)
        held = simulation.gateway.frame(2).values[Metric.AC_POWER_ACTIVE]
        simulation.fault(Fault("main", FaultKind.FROZEN))
        simulation.run_for(3 * MINUTE)
    assert read_recording(tmp_path / "day.parquet").wide()["2.AC_POWER_ACTIVE"].tolist()[2:] == [held] * 3


@pytest.mark.lengthy
def test_energies_and_states_are_those_at_the_time(tmp_path: Path) -> None:
    """Only powers are of the interval; what is counted, stored or limited is what it is when the interval begins."""
    wide = lived(tmp_path / "day.parquet", MINUTE, 3 * MINUTE).wide()
    assert not math.isnan(wide["6.BATTERY_SOC_PCT"].iloc[-1])
    assert {metric.value for metric in OVER_INTERVALS if f"5.{metric}" in wide} == {
        name.partition(".")[2] for name in wide if name.startswith("5.") and wide[name].iloc[[-1]].isna().all()
        and name.partition(".")[2] not in ("warning", "error")
    }  # fmt: skip


def test_a_step_without_a_length_changes_nothing() -> None:
    """What flows may have to be found again at once, before any of it has flowed."""
    start_us = SITE.moment_us(MORNING)
    plant = Plant(SITE, start_us=start_us, seed=3)
    plant.operating_point.solve()
    layout, memory, _ = plant.numbers
    reader, gathered = IntervalReader(plant, extremes=True), Gathered(layout, start_us, extremes=True)
    gathered.take(layout, memory, start_us)
    plant.follow(gathered)
    plant.advance(start_us + 1_000_000)
    assert gathered.is_whole(start_us + 1_000_000)
    assert with_totals(gathered.means[6 * 4 : 6 * 5]) == reader.means(plant.wiring.order[4])


def windowed_site() -> Site:
    components = {**{key: COMPONENTS[key] for key in ("grid", "main")}, "slow": {
        "id": 9, "category": "meter", "behind": "main", "load": "4.7 kW", "measurement": {"window": "5 min"},
    }}  # fmt: skip
    site = Site.model_validate({"microgrid": {"id": 1}, "components": components})
    return site.with_telemetry_interval(60.0)


@pytest.mark.usefixtures("interpreted")
@pytest.mark.parametrize("is_live", [True, False])
def test_what_a_meter_shows_of_a_longer_window_is_an_instant_without_extremes(
    tmp_path: Path, is_live: bool
) -> None:
    path, site = tmp_path / "day.parquet", windowed_site()
    if is_live:
        simulation = Simulation.headless(site, start_us=site.moment_us(MORNING))
        with Recorder(path, site, extremes=True) as recorder:
            recorder.listen(simulation.gateway)
            simulation.run_for(3 * MINUTE)
    else:
        simulate(site, 3 * MINUTE, start=MORNING, resolution=MINUTE, record=path, extremes=True)
    schema = pq.read_schema(path)
    assert schema.field("9.AC_POWER_ACTIVE").metadata[b"statistic"] == b"instant"
    assert b"interval" not in schema.field("9.AC_POWER_ACTIVE").metadata
    assert schema.field("1.AC_POWER_ACTIVE").metadata[b"statistic"] == b"mean"
    assert "1.AC_POWER_ACTIVE_max" in schema.names
    assert "9.AC_POWER_ACTIVE_max" not in schema.names
    assert read_recording(path).holds_means
