"""Recordings written by columns, and tables of other makers: what is read of them, row by row."""

from __future__ import annotations

import gzip
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from recording.support import BATTERY, FORMS, HEADER, MAIN, NOON, NOON_TEXT, SECOND, Stage, demo_site

from doppelgrid.sim.domain.messages import Frame
from doppelgrid.sim.domain.metrics import Metric
from doppelgrid.sim.domain.states import Diagnostic, StateCode
from doppelgrid.sim.recording import Recorder, Recording, RecordingError, read_recording
from doppelgrid.sim.recording.assemble import TwoValuesError, conditions_of_rows, track_of_cells
from doppelgrid.sim.recording.columns import ColumnRecorder
from doppelgrid.sim.recording.content import Condition, condition_text
from doppelgrid.sim.recording.metadata import describe_run
from doppelgrid.sim.recording.names import Name, parse_name
from doppelgrid.sim.recording.output import suffix_of

POWER, SOC = "2.AC_POWER_ACTIVE", "12.BATTERY_SOC_PCT"


def columns(power: list[float], soc: list[float], states: list[int]) -> dict[str, Any]:
    words = ["READY", "CHARGING RELAY_CLOSED", ""]
    return {
        POWER: np.array(power),
        SOC: np.array(soc),
        "12.state": (np.array(states, np.int32), words),
    }


@pytest.mark.parametrize("name", FORMS)
def test_stretches_of_columns_are_read_as_one_recording(name: str, tmp_path: Path) -> None:
    with ColumnRecorder(tmp_path / name, describe_run(demo_site(), 5)) as recorder:
        first = np.arange(3) * SECOND + NOON
        recorder.write(first, columns([1.5, math.nan, -3.0], [50.0, 51.0, math.nan], [0, 0, 1]))
        assert (tmp_path / f"{name}.part").exists()
        assert not (tmp_path / name).exists()
        recorder.write(first + 3 * SECOND, columns([4.0, 5.0, 6.0], [53.0, 54.0, 55.0], [1, 0, 0]))
    assert [path.name for path in tmp_path.iterdir()] == [name]
    recording = read_recording(tmp_path / name)
    wide = recording.wide()
    assert wide.index.asi8.tolist() == [NOON + number * SECOND for number in range(6)]
    assert wide[POWER].fillna(0.0).tolist() == [1.5, 0.0, -3.0, 4.0, 5.0, 6.0]
    assert wide[SOC].fillna(0.0).tolist() == [50.0, 51.0, 0.0, 53.0, 54.0, 55.0]
    ready, charging = Condition(("READY",)), Condition(("CHARGING", "RELAY_CLOSED"))
    assert recording.conditions == {
        BATTERY: ((NOON, ready), (NOON + 2 * SECOND, charging), (NOON + 4 * SECOND, ready))
    }
    assert recording.is_complete
    if name == "day.parquet":
        assert (recording.seed, recording.microgrid_id) == (5, 2200)


def test_lines_say_what_is_new_and_states_by_their_numbers(tmp_path: Path) -> None:
    with ColumnRecorder(tmp_path / "day.csv", describe_run(demo_site(), 5)) as recorder:
        recorder.write(np.array([NOON, NOON + SECOND]), columns([1.5, 2.0], [math.nan, 51.0], [1, 1]))
    assert (tmp_path / "day.csv").read_text() == HEADER.replace("value", '"value"') + (
        f"{NOON_TEXT},2200,2,AC_POWER_ACTIVE,1.5\n{NOON_TEXT},2200,12,state,8\n{NOON_TEXT},2200,12,state,31\n"
        "2026-06-15 10:00:01+00:00,2200,2,AC_POWER_ACTIVE,2.0\n2026-06-15 10:00:01+00:00,2200,12,BATTERY_SOC_PCT,51.0\n"
    )


@pytest.mark.parametrize("name", FORMS)
def test_a_recording_by_columns_is_the_same_bytes_each_time(name: str, tmp_path: Path) -> None:
    contents = []
    for _ in range(2):
        with ColumnRecorder(tmp_path / name, describe_run(demo_site(), 5)) as recorder:
            recorder.write(np.array([NOON]), columns([1.5], [2.5], [0]))
        contents.append((tmp_path / name).read_bytes())
    assert contents[0] == contents[1]


@pytest.mark.parametrize("name", FORMS)
def test_after_an_error_what_was_computed_is_in_the_part_and_an_older_recording_stays(
    name: str, tmp_path: Path
) -> None:
    def record(power_w: float, *errors: type[Exception]) -> None:
        with ColumnRecorder(tmp_path / name, describe_run(demo_site(), 5)) as recorder:
            recorder.write(np.array([NOON]), columns([power_w], [2.5], [0]))
            for error in errors:
                raise error

    record(1.5)
    whole = (tmp_path / name).read_bytes()
    with pytest.raises(KeyError):
        record(9.5, KeyError)
    assert (tmp_path / name).read_bytes() == whole
    assert {path.name for path in tmp_path.iterdir()} == {name, f"{name}.part"}
    assert read_recording(tmp_path / f"{name}.part").tracks[2].values[0, 0] == 9.5


@pytest.mark.parametrize("name", FORMS)
def test_an_error_before_anything_was_computed_leaves_no_file(name: str, tmp_path: Path) -> None:
    with pytest.raises(KeyError), ColumnRecorder(tmp_path / name, describe_run(demo_site(), 5)):
        raise KeyError
    assert not list(tmp_path.iterdir())


def frame(number: int, second: float, value: float, **more: Any) -> Frame:
    states = more.pop("states", (StateCode.READY,))
    return Frame(
        number, NOON + round(second * SECOND), {Metric.AC_POWER_ACTIVE: value}, {}, states, NOON, **more
    )


@pytest.mark.parametrize(("name", "kept"), [("day.csv", 121), ("day.csv.gz", 120), ("day.parquet", 120)])
def test_a_crash_costs_a_minute_of_samplings_at_most_and_a_plain_file_none(
    name: str, kept: int, tmp_path: Path
) -> None:
    stage = Stage()
    recorder = Recorder(tmp_path / name, demo_site())
    recorder.listen(stage)
    for second in range(121):
        stage.show([frame(MAIN, second, float(second))])
    recording = read_recording(tmp_path / name)
    assert not recording.is_complete
    assert recording.tracks[MAIN].values[:, 0].tolist() == [float(second) for second in range(kept)]
    recorder.close()
    assert len(read_recording(tmp_path / name).tracks[MAIN].times_us) == 121


def test_components_that_come_later_have_columns_of_their_own(tmp_path: Path) -> None:
    stage = Stage()
    with Recorder(tmp_path / "day.parquet", demo_site(), metrics="all") as recorder:
        recorder.listen(stage)
        for second in range(130):
            shown = [frame(MAIN, second, float(second))]
            if second >= 60:
                shown.append(frame(BATTERY, second, -float(second), errors=(Diagnostic("PV_FAULT", "x"),)))
            stage.show(shown)
    wide = read_recording(tmp_path / "day.parquet").wide()
    assert wide[POWER].tolist() == [float(second) for second in range(130)]
    assert wide["12.AC_POWER_ACTIVE"].isna().tolist() == [second < 60 for second in range(130)]
    assert wide["12.error"].notna().sum() == 70


@pytest.mark.parametrize(
    "carried", [b"{not json", b"[1]", b'{"none": 1}', b"\xff", b'{"site": {"microgrid": 1}}']
)
def test_damaged_metadata_are_refused_and_missing_ones_are_not(carried: bytes, tmp_path: Path) -> None:
    table = pa.table({"timestamp": pa.array([NOON], pa.timestamp("us", tz="UTC")), "2.DC_POWER": [1.0]})
    pq.write_table(table, tmp_path / "day.parquet")
    assert read_recording(tmp_path / "day.parquet").site is None
    pq.write_table(table.replace_schema_metadata({b"doppelgrid": carried}), tmp_path / "day.parquet")
    with pytest.raises(
        RecordingError, match=r"metadata is .*; accepted: what this version of doppelgrid writes"
    ):
        read_recording(tmp_path / "day.parquet")


class TestTables:
    def read(self, folder: Path, seconds: list[int], **columns_: Any) -> Recording:
        times = pa.array([NOON + second * SECOND for second in seconds], pa.timestamp("us", tz="UTC"))
        named = {name.replace("_of_", ".", 1)[1:]: column for name, column in columns_.items()}
        pq.write_table(pa.table({"timestamp": times, **named}), folder / "day.parquet")
        return read_recording(folder / "day.parquet")

    def test_rows_may_come_in_any_order_and_again(self, tmp_path: Path) -> None:
        recording = self.read(tmp_path, [3, 1, 2, 1, 4], c2_of_DC_POWER=[3.0, 1.5, 2.0, 1.5, 4.0])
        track = recording.tracks[2]
        assert ((track.times_us - NOON) // SECOND).tolist() == [1, 2, 3, 4]
        assert track.values[:, 0].tolist() == [1.5, 2.0, 3.0, 4.0]

    def test_whole_numbers_and_gaps_are_read(self, tmp_path: Path) -> None:
        recording = self.read(
            tmp_path, [1, 2, 3], c2_of_DC_POWER=[5, None, 7], c3_of_DC_POWER=pa.array([None, 1.0, None])
        )
        assert recording.tracks[2].values[:, 0].tolist() == [5.0, 7.0]
        assert ((recording.tracks[3].times_us - NOON) // SECOND).tolist() == [2]

    def test_words_hold_where_the_component_reported(self, tmp_path: Path) -> None:
        recording = self.read(
            tmp_path, [1, 2, 3, 4, 5],
            c2_of_DC_POWER=[1.0, 1.0, None, 1.0, 1.0],
            c2_of_state=["READY", "READY", None, "ERROR RELAY_OPEN", "READY"],
            c2_of_error=["", "", None, "8", ""],
        )  # fmt: skip
        hot = Condition(("ERROR", "RELAY_OPEN"), (), (Diagnostic("OVERTEMPERATURE", ""),))
        assert [((time - NOON) // SECOND, said) for time, said in recording.conditions[2]] == [
            (1, Condition(("READY",))), (4, hot), (5, Condition(("READY",))),
        ]  # fmt: skip
        states = recording.states()
        assert states["metric"].tolist() == ["state", "state", "state", "error", "state"]
        assert states["value"].tolist()[:3] == ["READY", "ERROR", "RELAY_OPEN"]

    def test_a_wrong_word_is_told_with_its_row(self, tmp_path: Path) -> None:
        with pytest.raises(RecordingError, match=r"day\.parquet:3: 2\.state is 'a/b'"):
            self.read(tmp_path, [1, 2, 3], c2_of_state=["READY", "READY", "a/b"])

    def test_a_time_that_is_missing_is_told_with_its_row(self, tmp_path: Path) -> None:
        times = pa.array([NOON, NOON, None], pa.timestamp("us", tz="UTC"))
        pq.write_table(
            pa.table({"timestamp": times, "2.DC_POWER": [1.0, 1.0, 1.0]}), tmp_path / "day.parquet"
        )
        with pytest.raises(
            RecordingError, match=r"day\.parquet:3: timestamp is empty; accepted: a time in every row"
        ):
            read_recording(tmp_path / "day.parquet")

    def test_times_are_read_in_any_unit_and_zone(self, tmp_path: Path) -> None:
        times = pa.array([NOON // 1000], pa.timestamp("ms", tz="Asia/Tokyo"))
        pq.write_table(pa.table({"timestamp": times, "2.DC_POWER": [1.0]}), tmp_path / "day.parquet")
        assert read_recording(tmp_path / "day.parquet").tracks[2].times_us.tolist() == [NOON]

    def test_a_long_table_is_in_the_order_of_time(self, tmp_path: Path) -> None:
        recording = self.read(
            tmp_path,
            [1, 2],
            c2_of_DC_POWER=[1.0, 2.0],
            c12_of_DC_POWER=[3.0, 4.0],
            c2_of_AC_FREQUENCY=[50.0, None],
        )
        long = recording.long()
        rows = list(
            zip(
                (long.index.asi8 - NOON) // SECOND,
                long["component_id"],
                long["metric"],
                long["value"],
                strict=True,
            )
        )
        assert rows == [
            (1, 2, "DC_POWER", 1.0),
            (1, 2, "AC_FREQUENCY", 50.0),
            (1, 12, "DC_POWER", 3.0),
            (2, 2, "DC_POWER", 2.0),
            (2, 12, "DC_POWER", 4.0),
        ]
        assert recording.formula_results().empty


class TestRows:
    def test_cells_are_sorted_by_time_and_the_same_one_may_come_again(self) -> None:
        times, codes = np.array([20, 10, 20, 10, 30]), np.array([1, 1, 0, 1, 2], np.int32)
        track = track_of_cells(times, ["A", "B", "C", "D"], codes, np.array([1.0, 4.0, 3.0, 4.0, 5.0]))
        assert (track.names, track.times_us.tolist()) == (("B", "A", "C"), [10, 20, 30])
        assert track.present.tolist() == [[True, False, False], [True, True, False], [False, False, True]]
        assert [track.values[0, 0], track.values[1, 0], track.values[1, 1], track.values[2, 2]] == [
            4.0,
            1.0,
            3.0,
            5.0,
        ]
        assert np.isnan(track.values[~track.present]).all()

    @pytest.mark.parametrize("other", [2.0, math.nan])
    def test_two_values_at_one_place_are_refused(self, other: float) -> None:
        times, codes = np.array([20, 10, 10, 30]), np.array([0, 1, 1, 1], np.int32)
        with pytest.raises(TwoValuesError) as refused:
            track_of_cells(times, ["A", "B"], codes, np.array([1.0, 3.0, other, 4.0]))
        assert (refused.value.time_us, refused.value.name) == (10, "B")

    def test_rows_of_one_time_are_one_condition(self) -> None:
        rows = [
            (2, "state", "7"),
            (1, "state", ""),
            (2, "error", "8"),
            (2, "state", "31"),
            (2, "warning", "1"),
            (3, "state", ""),
        ]
        assert conditions_of_rows(rows) == (
            (1, Condition()),
            (
                2,
                Condition(
                    ("READY", "RELAY_CLOSED"),
                    (Diagnostic("UNKNOWN", ""),),
                    (Diagnostic("OVERTEMPERATURE", ""),),
                ),
            ),
            (3, Condition()),
        )
        assert [*Condition().rows()] == [("state", "")]
        both = Condition(("A", "B"), (), (Diagnostic("UNKNOWN", ""), Diagnostic("UNKNOWN", "x")))
        assert [kind for kind, _ in both.rows()] == ["state", "state", "error", "error"]
        assert [condition_text(both, name) for name in ("state", "warning")] == ["A B", ""]
        assert condition_text(both, "error").count("\n\n") == 1

    @pytest.mark.parametrize(
        ("text", "name"),
        [
            ("AC_POWER_ACTIVE", Name("AC_POWER_ACTIVE")),
            ("METRIC_AC_CURRENT", Name("AC_CURRENT")),
            ("123", Name("123")),
            ("A_bound_12_lower", Name("A", 12)),
            ("A_bound_0_upper", Name("A", 0, True)),
            ("A_avg", Name("A", part="avg")),
            ("A_raw_5", Name("A", part="raw_5")),
        ],
    )
    def test_names_are_taken_apart_and_put_together(self, text: str, name: Name) -> None:
        assert parse_name(text) == name
        assert str(name) == text.removeprefix("METRIC_")

    @pytest.mark.parametrize("text", ["soc", "A_bound_x_lower", "A_bound_1_middle", "A_raw", "", "A B"])
    def test_other_names_are_refused(self, text: str) -> None:
        with pytest.raises(ValueError, match="a metric such as AC_POWER_ACTIVE"):
            parse_name(text)

    @pytest.mark.parametrize(
        ("name", "suffix"),
        [
            ("a.csv", ".csv"),
            ("a.csv.gz", ".csv.gz"),
            ("a.parquet", ".parquet"),
            ("a.csv.part", ".csv"),
            ("a.b.csv", ".csv"),
        ],
    )
    def test_the_ending_says_the_form(self, name: str, suffix: str) -> None:
        assert suffix_of(Path("x") / name) == suffix

    @pytest.mark.parametrize("name", [".csv", "a.gz", "a.CSV", "csv", "a.part"])
    def test_other_endings_are_refused(self, name: str) -> None:
        with pytest.raises(RecordingError, match=r"a name that ends in \.csv, \.csv\.gz, \.parquet"):
            suffix_of(Path(name))

    @pytest.mark.parametrize(
        ("cell", "column", "shown"),
        [
            ("1_0", "value", "'1_0'"), (" 1", "value", "' 1'"), ("1" * 60 + "x", "value", repr("1" * 59 + "…")),
            ("1" * 59 + "x", "value", repr("1" * 59 + "x")),
        ],
    )  # fmt: skip
    def test_numbers_are_plain_and_shown_in_short(
        self, cell: str, column: str, shown: str, tmp_path: Path
    ) -> None:
        (tmp_path / "day.csv").write_text(
            f"{HEADER}{NOON_TEXT},1,2,AC_FREQUENCY,1\n{NOON_TEXT},1,2,AC_FREQUENCY,{cell}\n"
        )
        with pytest.raises(RecordingError) as caught:
            read_recording(tmp_path / "day.csv")
        assert f"day.csv:3: {column} is {shown}; accepted: a number" in str(caught.value)

    def test_a_file_whose_header_names_a_column_twice_is_refused_though_its_rows_are_sound(
        self, tmp_path: Path
    ) -> None:
        row = f"{NOON_TEXT},1,2,AC_FREQUENCY,50,49"
        (tmp_path / "day.csv").write_text(f"{HEADER.strip()},value\n{row}\n")
        with pytest.raises(RecordingError, match="header is with value twice"):
            read_recording(tmp_path / "day.csv")

    def test_columns_of_others_are_left_alone_and_blank_lines_skipped(self, tmp_path: Path) -> None:
        (tmp_path / "day.csv").write_text(f"unit,{HEADER}Hz,{NOON_TEXT},1,2,AC_FREQUENCY,50\n")
        recording = read_recording(tmp_path / "day.csv")
        assert recording.tracks[2].values.tolist() == [[50.0]]
        (tmp_path / "day.csv.gz").write_bytes(gzip.compress((tmp_path / "day.csv").read_bytes()))
        pd.testing.assert_frame_equal(read_recording(tmp_path / "day.csv.gz").long(), recording.long())
