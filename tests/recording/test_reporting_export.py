"""What users export of real sites with the reporting client is read and replayed."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from frequenz.client.common.metric import Metric as PublishedMetric
from recording.support import HEADER, NOON, SECOND, demo_site

from doppelgrid.sim.domain.metrics import Metric
from doppelgrid.sim.domain.ranges import Bounds
from doppelgrid.sim.domain.states import Diagnostic, StateCode
from doppelgrid.sim.recording import Recording, RecordingError, read_recording
from doppelgrid.sim.recording.content import Condition, Track
from doppelgrid.sim.recording.names import parse_name
from doppelgrid.sim.replay import Replay
from doppelgrid.sim.replay.playback import metrics_left_out
from doppelgrid.sim.simulation.simulation import Simulation

EXPORT = (
    HEADER
    + """\
2026-06-15 10:00:00+00:00,2200,2,AC_POWER_ACTIVE,12000.5
2026-06-15 10:00:00+00:00,2200,12,BATTERY_SOC_PCT,51.5
2026-06-15 10:00:00+00:00,2200,12,BATTERY_SOC_PCT_bound_0_lower,10.0
2026-06-15 10:00:00+00:00,2200,12,BATTERY_SOC_PCT_bound_0_upper,90.0
2026-06-15 10:00:00+00:00,2200,12,DC_POWER_bound_0_lower,-inf
2026-06-15 10:00:00+00:00,2200,12,DC_POWER_bound_0_upper,-1000.0
2026-06-15 10:00:00+00:00,2200,12,DC_POWER_bound_1_lower,1000.0
2026-06-15 10:00:00+00:00,2200,12,DC_POWER,-4000.0
2026-06-15 10:00:00+00:00,2200,12,state,9
2026-06-15 10:00:00+00:00,2200,12,state,31
2026-06-15 10:00:00+00:00,2200,#12+#23,AC_POWER_ACTIVE,7.0
2026-06-15 10:00:01.500000+00:00,2200,2,AC_POWER_ACTIVE_avg,11000.0
2026-06-15 10:00:01.500000+00:00,2200,2,AC_POWER_ACTIVE_min,10000.0
2026-06-15 10:00:01.500000+00:00,2200,2,AC_POWER_ACTIVE_max,12000.0
2026-06-15 10:00:01.500000+00:00,2200,2,AC_POWER_ACTIVE_raw_0,10500.0
2026-06-15 10:00:01.500000+00:00,2200,2,THD_NOT_KNOWN_HERE,3.0
2026-06-15 10:00:02+00:00,2200,12,BATTERY_SOC_PCT,nan
2026-06-15 10:00:02+00:00,2200,12,state,10
2026-06-15 10:00:02+00:00,2200,12,warning,"diagnostic_code: ELECTRICAL_COMPONENT_DIAGNOSTIC_CODE_BATTERY_IMBALANCE
message: ""cells \\""7, 8\\"" drift""
"
2026-06-15 10:00:02+00:00,2200,12,error,8
2026-06-15 12:00:03+02:00,2200,99,AC_POWER_ACTIVE,1.0
2026-06-15 10:00:03Z,2200,99,state,77
"""
)


@pytest.fixture
def export(tmp_path: Path) -> Recording:
    (tmp_path / "export.csv").write_text(EXPORT)
    return read_recording(tmp_path / "export.csv")


def test_all_suffixes_are_read(export: Recording) -> None:
    assert export.tracks[2].names == (
        "AC_POWER_ACTIVE",
        "AC_POWER_ACTIVE_avg",
        "AC_POWER_ACTIVE_min",
        "AC_POWER_ACTIVE_max",
        "AC_POWER_ACTIVE_raw_0",
        "THD_NOT_KNOWN_HERE",
    )
    assert len(export.long()) == 15


def test_formulas_are_kept_aside(export: Recording) -> None:
    results = export.formula_results()
    assert set(export.tracks) == {2, 12, 99}
    assert results["component_id"].tolist() == ["#12+#23"]
    assert results["value"].tolist() == [7.0]


def test_states_and_diagnostics_are_understood(export: Recording) -> None:
    imbalance = Diagnostic("BATTERY_IMBALANCE", 'cells "7, 8" drift')
    assert export.conditions[12] == (
        (NOON, Condition(("DISCHARGING", "RELAY_CLOSED"))),
        (NOON + 2 * SECOND, Condition(("ERROR",), (imbalance,), (Diagnostic("OVERTEMPERATURE", ""),))),
    )


def test_offsets_of_times_are_respected(export: Recording) -> None:
    assert export.tracks[99].times_us.tolist() == [NOON + 3 * SECOND]


def test_an_export_without_a_site_asks_for_one(export: Recording) -> None:
    with pytest.raises(RecordingError, match=r"site is not in the recording; accepted: .* with --site"):
        Replay(export)


def test_an_export_replays_on_its_site(export: Recording) -> None:
    replay = Replay(export, site=demo_site())
    simulation = Simulation.headless(replay.site, start_us=replay.start_us, hardware=replay)
    simulation.run_to(NOON)
    battery = simulation.gateway.frame(12)
    assert battery.values == {Metric.BATTERY_SOC_PCT: 51.5, Metric.DC_POWER: -4000.0}
    assert battery.bounds == {
        Metric.BATTERY_SOC_PCT: (Bounds(10.0, 90.0),),
        Metric.DC_POWER: (Bounds(-math.inf, -1000.0), Bounds(1000.0, math.inf)),
    }
    assert battery.states == (StateCode.DISCHARGING, StateCode.RELAY_CLOSED)
    simulation.run_to(NOON + 2 * SECOND)
    assert simulation.gateway.frame(2).values == {Metric.AC_POWER_ACTIVE: 11000.0}
    assert simulation.gateway.frame(12).errors == (Diagnostic("OVERTEMPERATURE", ""),)


def test_what_is_not_replayed_is_said(export: Recording) -> None:
    replay = Replay(export, site=demo_site())
    assert replay.notes == (
        "nothing is recorded of grid, bat-inv, pv-inv, office, machines: silent, unless simulated",
        "the site has no components 99: left out",
        "metrics THD_NOT_KNOWN_HERE are not known: left out",
        "states 77 are not known: left out",
    )


def test_one_of_several_microgrids_must_be_chosen(tmp_path: Path) -> None:
    other = "2026-06-15 10:00:00+00:00,7,2,AC_POWER_ACTIVE,1.0\n"
    (tmp_path / "export.csv").write_text(EXPORT + other)
    with pytest.raises(RecordingError, match="microgrid_id is of several microgrids: 7, 2200; accepted: one"):
        read_recording(tmp_path / "export.csv")
    chosen = read_recording(tmp_path / "export.csv", microgrid_id=7)
    assert chosen.long()["value"].tolist() == [1.0]
    with pytest.raises(RecordingError, match="microgrid_id is 7, 2200; accepted: 8, as the site has it"):
        read_recording(tmp_path / "export.csv", microgrid_id=8)


def test_a_recording_of_quite_another_site_is_refused(tmp_path: Path) -> None:
    (tmp_path / "export.csv").write_text(HEADER + "2026-06-15 10:00:00+00:00,7,5,AC_POWER_ACTIVE,1.0\n")
    recording = read_recording(tmp_path / "export.csv")
    with pytest.raises(RecordingError, match="components is 5; accepted: any of the site: 1, 2, 11"):
        Replay(recording, site=demo_site())


def replayed(tmp_path: Path, *rows: str) -> Replay:
    (tmp_path / "rows.csv").write_text(HEADER + "".join(f"{row}\n" for row in rows))
    return Replay(read_recording(tmp_path / "rows.csv"), site=demo_site())


FORMERLY = "2026-06-15 10:00:00+00:00,2200,2,AC_ACTIVE_POWER,12000.5"
TODAY = "2026-06-15 10:00:01+00:00,2200,2,AC_POWER_ACTIVE,11000.0"
NOWHERE = "2026-06-15 10:00:00+00:00,2200,2,AC_POWER_ACTIV,9.0"


def test_former_names_of_metrics_stand_for_those_of_today(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text(f"{HEADER}{FORMERLY}\n{TODAY}\n")
    track = read_recording(tmp_path / "rows.csv").tracks[2]
    assert track.names == ("AC_POWER_ACTIVE",)
    assert track.values[:, 0].tolist() == [12000.5, 11000.0]


class TestTwoNamesOfAMetric:
    ONE = FORMERLY.replace("AC_ACTIVE_POWER", "AC_POWER_ACTIVE").replace("12000.5", "200")

    @pytest.mark.parametrize("name", ["AC_ACTIVE_POWER", "METRIC_AC_POWER_ACTIVE"])
    @pytest.mark.parametrize("suffix", ["", "_avg", "_bound_0_upper"])
    def test_two_values_at_one_time_are_refused(self, tmp_path: Path, name: str, suffix: str) -> None:
        one, other = (f"{each}{suffix}" for each in ("AC_POWER_ACTIVE", name))
        rows = [
            self.ONE.replace("AC_POWER_ACTIVE", one),
            self.ONE.replace("AC_POWER_ACTIVE,200", f"{other},250"),
        ]
        with pytest.raises(RecordingError) as refused:
            replayed(tmp_path, TODAY, *rows)
        assert str(refused.value).endswith(
            f"rows.csv: component 2 is told twice at 2026-06-15 10:00:00+00:00: 200 under {one}, 250 under {other}; "
            "accepted: one name of a metric"
        )

    @pytest.mark.parametrize("value", ["200", "nan"])
    def test_one_value_under_both_is_taken(self, tmp_path: Path, value: str) -> None:
        row = f"{self.ONE.rpartition(',')[0]},{value}"
        (tmp_path / "rows.csv").write_text(
            f"{HEADER}{row}\n{row.replace('POWER_ACTIVE', 'ACTIVE_POWER')}\n{TODAY}\n"
        )
        track = read_recording(tmp_path / "rows.csv").tracks[2]
        assert track.names == ("AC_POWER_ACTIVE",)
        assert track.values[:, 0].tolist() == pytest.approx([float(value), 11000.0], nan_ok=True)

    @pytest.mark.parametrize(
        ("suffixes", "fault"),
        [
            (
                ("", "_avg"),
                "is told twice at 2026-06-15 10:00:00+00:00: 300 under AC_POWER_ACTIVE_avg, 200 under AC_POWER_ACTIVE; "
                "accepted: one of the two, or the same value",
            ),
            (
                ("_max", "_min"),
                "is told at 2026-06-15 10:00:00+00:00: 300 under AC_POWER_ACTIVE_min, 200 under AC_POWER_ACTIVE_max; "
                "accepted: a least value that is not above the greatest",
            ),
        ],
    )
    @pytest.mark.parametrize("ending", ["csv", "parquet"])
    def test_parts_of_a_resampled_value_that_contradict_each_other_are_refused(
        self, tmp_path: Path, suffixes: tuple[str, str], fault: str, ending: str
    ) -> None:
        path = tmp_path / f"day.{ending}"
        names = [f"AC_POWER_ACTIVE{suffix}" for suffix in suffixes]
        if ending == "csv":
            rows = (
                self.ONE.replace("AC_POWER_ACTIVE,200", told)
                for told in (f"{names[0]},200", f"{names[1]},300")
            )
            path.write_text(HEADER + "".join(f"{row}\n" for row in rows))
        else:
            times = pa.array([NOON], pa.timestamp("us", tz="UTC"))
            pq.write_table(
                pa.table({"timestamp": times, f"2.{names[0]}": [200.0], f"2.{names[1]}": [300.0]}), path
            )
        with pytest.raises(RecordingError) as refused:
            read_recording(path)
        assert str(refused.value) == f"{path}: component 2 {fault}"

    @pytest.mark.parametrize(
        ("suffixes", "values"),
        [
            (("", "_avg"), ("200", "200.0")),
            (("", "_avg"), ("nan", "200")),
            (("_min", "_max"), ("200", "200")),
        ],
    )
    def test_parts_that_agree_are_taken(
        self, tmp_path: Path, suffixes: tuple[str, str], values: tuple[str, str]
    ) -> None:
        told = [f"AC_POWER_ACTIVE{suffix},{value}" for suffix, value in zip(suffixes, values, strict=True)]
        rows = [self.ONE.replace("AC_POWER_ACTIVE,200", each) for each in told]
        (tmp_path / "rows.csv").write_text(HEADER + "".join(f"{row}\n" for row in rows))
        assert len(read_recording(tmp_path / "rows.csv").tracks[2].names) == 2

    @pytest.mark.parametrize("value", [200.0, 250.0])
    def test_columns_of_parquet_are_held_to_the_same(self, tmp_path: Path, value: float) -> None:
        path = tmp_path / "day.parquet"
        times = pa.array([NOON, NOON + SECOND], pa.timestamp("us", tz="UTC"))
        columns = {"2.AC_ACTIVE_POWER": [200.0, None], "2.AC_POWER_ACTIVE": [value, 11000.0]}
        pq.write_table(pa.table({"timestamp": times, **columns}), path)
        if value == 200.0:
            track = read_recording(path).tracks[2]
            assert (track.names, track.values[:, 0].tolist()) == (("AC_POWER_ACTIVE",), [200.0, 11000.0])
        else:
            with pytest.raises(RecordingError, match="200 under AC_ACTIVE_POWER, 250 under AC_POWER_ACTIVE"):
                read_recording(path)


@pytest.mark.parametrize(
    ("former", "today"),
    [
        ("AC_REACTIVE_POWER_PHASE_2_bound_0_lower", "AC_POWER_REACTIVE_PHASE_2_bound_0_lower"),
        ("METRIC_AC_APPARENT_POWER", "AC_POWER_APPARENT"),
        ("AC_ACTIVE_ENERGY_CONSUMED_PHASE_1_avg", "AC_ENERGY_ACTIVE_CONSUMED_PHASE_1_avg"),
        ("AC_POWER_FACTOR", "AC_POWER_FACTOR"),
    ],
)
def test_every_former_name_has_its_name_of_today(former: str, today: str) -> None:
    assert str(parse_name(former)) == today


def test_a_replay_names_metrics_that_it_leaves_out(tmp_path: Path) -> None:
    assert "metrics AC_POWER_ACTIV are not known: left out" in replayed(tmp_path, TODAY, NOWHERE).notes


def test_metrics_of_the_api_that_nothing_here_sends_are_no_strangers(tmp_path: Path) -> None:
    distortion = NOWHERE.replace("AC_POWER_ACTIV", "AC_TOTAL_HARMONIC_DISTORTION_CURRENT")
    notes = replayed(tmp_path, TODAY, NOWHERE, distortion).notes
    assert (
        "metrics AC_TOTAL_HARMONIC_DISTORTION_CURRENT are none that components here send: left out" in notes
    )
    assert "metrics AC_POWER_ACTIV are not known: left out" in notes
    with pytest.raises(RecordingError, match="metrics is none that is sent here: AC_TOTAL_HARMONIC"):
        replayed(tmp_path, distortion)


@pytest.mark.parametrize("metric", [metric for metric in PublishedMetric if metric.value])
def test_no_metric_of_the_published_client_is_a_stranger(metric: PublishedMetric) -> None:
    names = (parse_name(metric.name).metric,)
    track = Track(names, np.zeros(1, np.int64), np.zeros((1, 1)), np.ones((1, 1), np.bool_))
    assert "known" not in " ".join(metrics_left_out([track]))


def test_a_recording_without_any_known_metric_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecordingError) as refused:
        replayed(tmp_path, NOWHERE)
    text = str(refused.value)
    assert "rows.csv: metrics is none that is known: AC_POWER_ACTIV; accepted: DC_VOLTAGE, " in text
    assert text.endswith("(did you mean 'AC_POWER_ACTIVE'?)")
