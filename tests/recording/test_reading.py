"""What is refused, and how it is said."""

from __future__ import annotations

import gzip
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from recording.support import FORMS, HEADER, NOON_TEXT, eventful_run

from doppelgrid.sim.recording import RecordingError, read_recording

GOOD = f"{NOON_TEXT},1,12,BATTERY_SOC_PCT,50.0\n"
NUMBER = "a number with a point before decimals, nan, inf, -inf, or nothing for nan"
METRIC = (
    "a metric such as AC_POWER_ACTIVE, with _avg, _min, _max, _raw_<i>, _bound_<i>_lower or _bound_<i>_upper "
    "behind it where it applies; or state, warning or error"
)


@pytest.fixture(scope="module")
def wholes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Sound recordings by the name of their form."""
    folder = tmp_path_factory.mktemp("sound")
    for name in FORMS:
        eventful_run(folder / name)
    return {name: (folder / name).read_bytes() for name in FORMS}


def test_an_empty_value_is_nan_as_pandas_writes_it(tmp_path: Path) -> None:
    (tmp_path / "day.csv").write_text(f"{HEADER}{GOOD}{NOON_TEXT},1,12,AC_POWER_ACTIVE,\n", encoding="utf-8")
    track = read_recording(tmp_path / "day.csv").tracks[12]
    assert track.names == ("BATTERY_SOC_PCT", "AC_POWER_ACTIVE")
    assert track.present.all()
    assert np.array_equal(track.values, [[50.0, np.nan]], equal_nan=True)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (
            GOOD + "2026-06-15 10:00:00,1,12,BATTERY_SOC_PCT,50.0\n",
            "day.csv:3: timestamp is '2026-06-15 10:00:00'; "
            "accepted: a date and time with its offset, such as 2026-06-15 11:00:00.2+00:00",
        ),
        (
            f"{NOON_TEXT},1,12,BATTERY_SOC_PCT,fifty\n",
            f"day.csv:2: value is 'fifty'; accepted: {NUMBER}",
        ),
        (f'{NOON_TEXT},1,12,AC_POWER_ACTIVE,"1,5"\n', f"day.csv:2: value is '1,5'; accepted: {NUMBER}"),
        (f"{NOON_TEXT},1,12,soc,50\n", f"day.csv:2: metric is 'soc'; accepted: {METRIC}"),
        (
            f"{NOON_TEXT},one,12,AC_POWER_ACTIVE,1\n",
            "day.csv:2: microgrid_id is 'one'; accepted: a whole number",
        ),
        (
            f"{NOON_TEXT},1,,AC_POWER_ACTIVE,1\n",
            "day.csv:2: component_id is ''; accepted: the number of a component, or a formula such as #12+#23",
        ),
        (
            f"{NOON_TEXT},1,12,state,run fast\n",
            "day.csv:2: value is 'run fast'; accepted: the number or name of a state, such as 7 or READY",
        ),
        (
            f"{NOON_TEXT},1,12,error,diagnostic_code 8\n",
            "day.csv:2: value is 'diagnostic_code 8'; accepted: a diagnostic as protobuf text "
            "(diagnostic_code: … message: …), or the number of its code",
        ),
        (
            f'{NOON_TEXT},1,12,error,"diagnostic_code: 8\nmessage: ""hot""\n"\n{NOON_TEXT},1,12,AC_POWER_ACTIVE\n',
            "day.csv:5: row is of 4 cells; accepted: 5 cells, as in the header",
        ),
        (
            f"{NOON_TEXT},1,12,AC_POWER_ACTIVE,1,2\n",
            "day.csv:2: row is of 6 cells; accepted: 5 cells, as in the header",
        ),
    ],
)
def test_a_wrong_row_is_named(
    rows: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("day.csv").write_text(HEADER + rows)
    with pytest.raises(RecordingError) as raised:
        read_recording("day.csv")
    assert str(raised.value) == message


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "content is empty"),
        (
            b"time,value\n",
            "header is without timestamp, microgrid_id, component_id, metric; accepted: timestamp,",
        ),
        (HEADER.encode() + b"\xff\xfe\n", "not readable .*invalid start byte"),
        (
            HEADER.encode() + f'{NOON_TEXT},1,12,error,"open\n'.encode(),
            "not readable .*unexpected end of data",
        ),
    ],
)
def test_a_file_that_is_no_recording_is_refused(content: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / "day.csv").write_bytes(content)
    with pytest.raises(RecordingError, match=message):
        read_recording(tmp_path / "day.csv")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("day.csv", "file is not there; accepted: the path of a recording"),
        ("day.xlsx", r"name is 'day.xlsx'; accepted: a name that ends in .csv, .csv.gz, .parquet"),
    ],
)
def test_a_path_without_a_recording_is_refused(name: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match=message):
        read_recording(tmp_path / name)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"grid": [1.0]}, "column is 'grid'; accepted: timestamp, and columns such as 12.BATTERY_SOC_PCT"),
        ({"12.soc": [1.0]}, "column is '12.soc'"),
        ({"12.DC_POWER": ["1.0"]}, "12.DC_POWER is a column of string; accepted: a column of numbers"),
        ({"12.state": [7]}, "12.state is a column of int64; accepted: a column of text"),
        ({"12.state": ["run/fast"]}, "day.parquet:1: 12.state is 'run/fast'; accepted: the number or name"),
    ],
)
def test_a_wrong_column_is_named(columns: dict[str, list[object]], message: str, tmp_path: Path) -> None:
    times = pa.array([0], pa.timestamp("us", tz="UTC"))
    pq.write_table(pa.table({"timestamp": times, **columns}), tmp_path / "day.parquet")
    with pytest.raises(RecordingError, match=message):
        read_recording(tmp_path / "day.parquet")


def test_times_without_a_zone_are_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"timestamp": pa.array([0], pa.timestamp("us"))}), tmp_path / "day.parquet")
    with pytest.raises(
        RecordingError, match=r"timestamp is a column of timestamp\[us\]; accepted: .* time zone"
    ):
        read_recording(tmp_path / "day.parquet")


def test_damaged_metadata_are_refused(tmp_path: Path) -> None:
    table = pa.table({"timestamp": pa.array([0], pa.timestamp("us", tz="UTC"))})
    pq.write_table(
        table.replace_schema_metadata({b"doppelgrid": b'{"site": {"microgrid": 1}}'}),
        tmp_path / "day.parquet",
    )
    with pytest.raises(RecordingError, match="metadata is a site with a fault in microgrid"):
        read_recording(tmp_path / "day.parquet")


@pytest.mark.lengthy
def test_wide_frames_of_pandas_can_be_read_back(wholes: dict[str, bytes], tmp_path: Path) -> None:
    (tmp_path / "day.parquet").write_bytes(wholes["day.parquet"])
    wide = read_recording(tmp_path / "day.parquet").wide()
    wide.to_parquet(tmp_path / "again.parquet")
    pd.testing.assert_frame_equal(
        read_recording(tmp_path / "again.parquet").wide(), wide, check_categorical=False
    )


def refused_or_read(name: str, content: bytes) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        with suppress(RecordingError):
            read_recording(path).wide()


@pytest.mark.parametrize("name", [*FORMS, *(f"{name}.part" for name in FORMS)])
@settings(max_examples=40, deadline=None)
@given(content=st.binary(max_size=200))
def test_garbage_is_refused_with_a_message(name: str, content: bytes) -> None:
    refused_or_read(name, content)


@pytest.mark.lengthy
def test_words_whose_numbers_are_damaged_are_refused_with_a_message(
    wholes: dict[str, bytes], tmp_path: Path
) -> None:
    (tmp_path / "day.parquet").write_bytes(wholes["day.parquet"])
    table = pq.read_table(tmp_path / "day.parquet")
    pq.write_table(table, tmp_path / "plain.parquet", compression="none")
    group = pq.ParquetFile(tmp_path / "plain.parquet").metadata.row_group(0)
    words = next(
        column
        for column in map(group.column, range(group.num_columns))
        if column.path_in_schema.endswith(".state")
    )
    content = (tmp_path / "plain.parquet").read_bytes()
    for place in range(words.data_page_offset, words.data_page_offset + 60):
        refused_or_read("plain.parquet", content[:place] + b"\xff" + content[place + 1 :])


@settings(max_examples=100, deadline=None)
@given(
    rows=st.lists(
        st.lists(
            st.sampled_from(
                ["1", "-1", "nan", "12", NOON_TEXT, "state", "error", "AC_POWER_ACTIVE", '"', "x\ny"]
            ),
            min_size=4,
            max_size=6,
        ),
        max_size=4,
    )
)
def test_rows_of_misplaced_cells_are_refused_with_a_message(rows: list[list[str]]) -> None:
    text = HEADER + "".join(",".join(row) + "\n" for row in rows)
    refused_or_read("day.csv", text.encode())
    refused_or_read("day.csv.gz", gzip.compress(text.encode()))


@pytest.mark.lengthy
@pytest.mark.parametrize("name", ["day.csv.gz", "day.parquet"])
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_a_file_that_breaks_off_is_refused(name: str, wholes: dict[str, bytes], data: st.DataObject) -> None:
    end = data.draw(st.integers(0, len(wholes[name]) - 1))
    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(wholes[name][:end])
        with pytest.raises(RecordingError):
            read_recording(path)
