"""Recorded columns at their boundaries: gaps, ends, days, clocks, and the words that are said of them."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from doppelgrid.sim.inputs.errors import InputError
from doppelgrid.sim.inputs.files.table import read_table
from doppelgrid.sim.inputs.signal import NEVER, Signal
from doppelgrid.sim.inputs.specs import LoadInput

Build = Callable[..., Signal]
Us = Callable[[str], int]
SPEC = {"file": "day.csv", "unit": "W", "positive": "consumption", "timezone": "UTC"}
START = "2026-06-15T00:00:00+00:00"
MINUTE_US = 60_000_000
DAY_US = 1440 * MINUTE_US


def write(folder: Path, *rows: str, name: str = "day.csv", header: str = "time,load") -> None:
    (folder / name).write_text("\n".join([header, *rows, ""]), encoding="utf-8")


@pytest.fixture
def load(build: Build, tmp_path: Path) -> Callable[..., Signal]:
    def make(start: str = START, **spec: Any) -> Signal:
        return build(LoadInput, {**SPEC, **spec}, directory=tmp_path, start=start, zone="UTC")

    return make


Load = Callable[..., Signal]


def refusal(load: Load, start: str = START, **spec: Any) -> str:
    with pytest.raises(InputError) as caught:
        load(start, **spec)
    return str(caught.value)


class TestGaps:
    def test_rows_one_and_a_half_intervals_apart_have_no_gap_between_them(
        self, load: Load, tmp_path: Path
    ) -> None:
        write(tmp_path, *(f"2026-06-15 {clock},1" for clock in ("00:00", "01:00", "02:00", "03:30")))
        load()
        write(tmp_path, *(f"2026-06-15 {clock},1" for clock in ("00:00", "01:00", "02:00", "03:30:01")))
        assert "without rows for 5401 s between" in refusal(load)

    def test_the_interval_may_be_declared(self, load: Load, us: Us, tmp_path: Path) -> None:
        write(tmp_path, *(f"2026-06-15 {clock},1" for clock in ("00:00", "01:00", "02:00")))
        assert load(interval="2 h").ends_us == us("2026-06-15T04:00:00Z")
        assert "rows every 30 min" in refusal(load, interval="30 min")

    @pytest.mark.parametrize(
        ("interval", "gap", "words"),
        [
            ("1 d", "2026-06-18", "without rows for 2 d between .* rows every 1 d;"),
            ("1 h", "2026-06-16 03:00", "without rows for 3 h between .* rows every 1 h;"),
            ("1 min", "2026-06-16 00:45", "without rows for 45 min between .* rows every 1 min;"),
            ("90 s", "2026-06-16 00:02:30", "without rows for 150 s between .* rows every 90 s;"),
            ("250 ms", "2026-06-16 00:00:00.5", "without rows for 0.5 s between .* rows every 0.25 s;"),
            ("12 h", "2026-06-17 06:00", "without rows for 30 h between .* rows every 12 h;"),
        ],
    )
    def test_spans_are_told_in_the_largest_unit_that_divides_them(
        self, load: Load, tmp_path: Path, interval: str, gap: str, words: str
    ) -> None:
        write(tmp_path, "2026-06-16 00:00:00,1", f"{gap},2")
        with pytest.raises(InputError, match=words):
            load("2026-06-16T00:00:00Z", interval=interval)

    def test_gaps_are_filled_on_the_rows_that_are_missing_alone(
        self, load: Load, us: Us, tmp_path: Path
    ) -> None:
        rows = {"00:00": 0, "01:00": 10, "02:10": 20, "05:20": 210, "06:20": 0}
        write(tmp_path, *(f"2026-06-15 {clock},{value}" for clock, value in rows.items()))
        filled = load(interval="1 h", on_gap="interpolate")
        changes, values = [us(START)], []
        while changes[-1] != NEVER:
            values.append(filled.at(changes[-1]))
            changes.append(filled.until(changes[-1]))
        minutes = [(change - us(START)) // MINUTE_US for change in changes[:-1]]
        assert minutes == [0, 60, 130, 190, 250, 310, 320, 380]
        assert values == pytest.approx([0.0, 10.0, 20.0, 80.0, 140.0, 200.0, 210.0, 0.0])

    def test_empty_cells_at_the_ends_are_left_out(self, load: Load, us: Us, tmp_path: Path) -> None:
        cells = ["", "1", "N/A", "3", "null"]
        write(tmp_path, *(f"2026-06-15 0{hour}:00,{cell}" for hour, cell in enumerate(cells)))
        held = load("2026-06-15T01:00:00Z", on_gap="hold", interval="1 h")
        assert [held.at(us(f"2026-06-15T0{hour}:00:00Z")) for hour in range(5)] == [1.0, 1.0, 1.0, 3.0, 3.0]
        assert held.ends_us == us("2026-06-15T04:00:00Z")
        write(tmp_path, "2026-06-15 00:00,", "2026-06-15 01:00,nan")
        assert (
            refusal(load, on_gap="hold") == "day.csv:2: load is empty, as in 2 of 2 rows; accepted: a number"
        )


class TestEnds:
    @pytest.mark.parametrize(
        ("start", "is_covered"),
        [
            ("2026-06-15T00:59:59.999999Z", False), ("2026-06-15T01:00:00Z", True),
            ("2026-06-15T03:59:59.999999Z", True), ("2026-06-15T04:00:00Z", False),
        ],
    )  # fmt: skip
    def test_a_run_starts_within_the_recording(
        self, load: Load, tmp_path: Path, start: str, is_covered: bool
    ) -> None:
        write(tmp_path, *(f"2026-06-15 0{hour}:00,1" for hour in (1, 2, 3)))
        if is_covered:
            load(start)
        else:
            assert refusal(load, start).startswith("day.csv: start of the run is ")
        load(start, repeat=True)

    def test_a_single_row_lasts_as_long_as_is_declared_and_else_for_its_moment(
        self, load: Load, us: Us, tmp_path: Path
    ) -> None:
        write(tmp_path, "2026-06-15 00:00,1")
        assert load().ends_us == us(START)
        assert load(interval="1 h").ends_us == us(START) + 60 * MINUTE_US
        assert "start of the run" in refusal(load, "2026-06-15T00:00:01Z")

    @pytest.mark.parametrize(
        ("begin", "is_there"),
        [
            ("2026-06-15T00:59:59Z", False), ("2026-06-15T01:00:00Z", True), ("2026-06-15T03:59:59", True),
            ("2026-06-15T04:00:00", False),
        ],
    )  # fmt: skip
    def test_it_is_replayed_from_within_it(
        self, load: Load, us: Us, tmp_path: Path, begin: str, is_there: bool
    ) -> None:
        write(tmp_path, *(f"2026-06-15 0{hour}:00,{hour}" for hour in (1, 2, 3)))
        spec = {"align": "start", "from": begin}
        if is_there:
            assert load("2030-01-01T00:00:00Z", **spec).at(us("2030-01-01T00:00:00Z")) == float(begin[12])
        else:
            message = refusal(load, **spec)
            assert message.startswith(f"day.csv: from is {begin.removesuffix('Z')}")
            assert "a time from 2026-06-15T01:00:00+00:00 to 2026-06-15T04:00:00+00:00" in message

    def test_what_is_repeated_begins_anew_a_whole_interval_after_its_last_row(
        self, load: Load, us: Us, tmp_path: Path
    ) -> None:
        write(tmp_path, *(f"2026-06-15 0{hour}:00,{hour}" for hour in (0, 1, 2)))
        begin_us, hour_us = us(START), 60 * MINUTE_US
        whole = load(repeat=True)
        later = load(repeat=True, **{"from": "2026-06-15T01:00:00"})
        assert [whole.at(begin_us + hour * hour_us) for hour in range(-3, 7)] == [
            0,
            1,
            2,
            0,
            1,
            2,
            0,
            1,
            2,
            0,
        ]
        assert [later.at(begin_us + hour * hour_us) for hour in range(1, 7)] == [1, 2, 1, 2, 1, 2]


class TestDays:
    @pytest.fixture(autouse=True)
    def recorded(self, tmp_path: Path) -> None:
        """Two hours in the evening, and a day and a half."""
        write(tmp_path, "2026-06-15 20:00,1", "2026-06-15 21:00,2")
        rows = [f"2026-06-{15 + hour // 24} {hour % 24:02}:00,{hour}" for hour in range(6, 42)]
        write(tmp_path, *rows, name="long.csv")

    def test_a_recording_that_begins_later_in_its_day_is_of_the_day_before(self, load: Load, us: Us) -> None:
        at_eight, late = us("2030-01-02T08:00:00Z"), us("2030-01-02T20:00:00Z")
        spec = {"align": "time-of-day"}
        assert "start of the run" in refusal(load, "2030-01-02T08:00:00Z", **spec)
        assert load("2030-01-02T20:00:00Z", **spec).at(late) == 1.0
        assert load("2030-01-02T21:30:00Z", **spec).at(late + 90 * MINUTE_US) == 2.0
        before = load("2030-01-02T05:59:59Z", **spec, file="long.csv")
        assert before.at(us("2030-01-02T05:59:59Z")) == 29.0
        assert load("2030-01-02T06:00:00Z", **spec, file="long.csv").at(us("2030-01-02T06:00:00Z")) == 6.0
        assert load("2030-01-02T08:00:00Z", **spec, repeat=True).at(at_eight) == 2.0

    def test_what_repeats_by_the_clock_fills_whole_days(self, load: Load, us: Us) -> None:
        daily = load("2030-01-01T12:00:00Z", align="time-of-day", repeat=True)
        assert [daily.at(us(f"2030-01-{day:02}T20:30:00Z")) for day in (1, 2, 9)] == [1.0, 1.0, 1.0]
        two = load("2030-01-01T12:00:00Z", align="time-of-day", repeat=True, file="long.csv")
        assert [two.at(us(f"2030-01-0{day}T07:00:00Z")) for day in (2, 3, 4, 5)] == [31.0, 7.0, 31.0, 7.0]

    def test_a_day_that_was_recorded_whole_repeats_every_day(
        self, load: Load, us: Us, tmp_path: Path
    ) -> None:
        write(tmp_path, *(f"2026-06-15 {hour:02}:00,{hour}" for hour in range(24)))
        whole = load("2030-01-01T12:00:00Z", align="time-of-day", repeat=True)
        assert [whole.at(us(f"2030-01-0{day}T23:59:59Z")) for day in (1, 2, 3)] == [23.0] * 3


class TestTables:
    def read(
        self, path: Path, column: str | None = None, time_column: str | None = None
    ) -> tuple[list[str], list[str], list[int]]:
        table = read_table(path, column, time_column)
        return list(map(str, table.times)), list(map(str, table.values)), list(table.lines)

    @pytest.mark.parametrize("separator", [",", ";", "\t"])
    def test_cells_are_separated_by_what_the_header_has_most_of(self, separator: str, tmp_path: Path) -> None:
        lines = [f"time{separator}a b", "", f"2026-06-15{separator} 1 ", "", f"16/06/2026{separator}2"]
        path = tmp_path / "a.csv"
        path.write_text("\n".join(lines))
        found = self.read(path)
        assert ([cell.strip() for cell in found[1]], found[2]) == (["1", "2"], [3, 5])
        (tmp_path / "a.csv.gz").write_bytes(gzip.compress(path.read_bytes()))
        assert self.read(tmp_path / "a.csv.gz") == found

    def test_the_first_column_of_dates_has_the_times_unless_another_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "a.csv").write_text("n,on,off,v\n5,2026-06-15 1:00,2026-06-16 1:00,7\n")
        assert self.read(tmp_path / "a.csv", "v")[:2] == (["2026-06-15 1:00"], ["7"])
        assert self.read(tmp_path / "a.csv", "n", "off")[:2] == (["2026-06-16 1:00"], ["5"])
        with pytest.raises(
            InputError, match=r"time_column is 'of'; accepted: one of n, on, off, v \(did you mean 'off'\?\)"
        ):
            read_table(tmp_path / "a.csv", "v", "of")
        with pytest.raises(InputError, match="column is not given; accepted: one of n, on, off, v"):
            read_table(tmp_path / "a.csv", None, None)
        (tmp_path / "b.csv").write_text("n,v\n5,7\n")
        with pytest.raises(InputError, match="time_column is not given, and no column of n, v holds dates"):
            read_table(tmp_path / "b.csv", "v", None)

    def test_rows_of_a_parquet_file_are_counted_from_one(self, tmp_path: Path) -> None:
        frame = pd.DataFrame(
            {"time": pd.to_datetime(["2026-06-15", "2026-06-16"], utc=True), "v": [1.0, 2.0]}
        )
        frame.to_parquet(tmp_path / "a.parquet")
        assert self.read(tmp_path / "a.parquet")[2] == [1, 2]

    @pytest.mark.parametrize(
        ("name", "content", "accepted"),
        [
            ("a.csv", b"time,v\n2026-06-15,1,2\n", "text in UTF-8 with a comma, semicolon or tab between cells"),
            ("a.csv", b"\xff\xfe\x00", "text in UTF-8"),
            ("a.parquet", b"PAR1", "a Parquet file"), ("a.txt", b"", "text in UTF-8"),
        ],
    )  # fmt: skip
    def test_what_cannot_be_read_is_told(
        self, tmp_path: Path, name: str, content: bytes, accepted: str
    ) -> None:
        (tmp_path / name).write_bytes(content)
        with pytest.raises(InputError) as caught:
            read_table(tmp_path / name, None, None)
        assert str(caught.value).startswith(f"{name}: content is not readable (")
        assert accepted in caught.value.accepted


class TestClocks:
    def test_each_step_back_begins_the_second_pass_of_an_hour_that_comes_twice(
        self, build: Build, us: Us, tmp_path: Path
    ) -> None:
        clock = ["02:00", "02:15", "02:45", "02:15", "02:30", "02:45", "03:00"]
        write(tmp_path, *(f"2026-10-25 {time},{number}" for number, time in enumerate(clock)))
        spec = {**SPEC, "timezone": "Europe/Berlin", "on_gap": "hold"}
        load = build(LoadInput, spec, directory=tmp_path, start="2026-10-25T02:00:00+02:00")
        changes = [us("2026-10-25T02:00:00+02:00")]
        while (after := load.until(changes[-1])) != NEVER:
            changes.append(after)
        offsets = ["+02:00"] * 3 + ["+01:00"] * 4
        assert changes == [
            us(f"2026-10-25T{time}:00{offset}") for time, offset in zip(clock, offsets, strict=True)
        ]

    @pytest.mark.parametrize(
        ("year", "is_near"), [("1899", False), ("1900", True), ("2199", True), ("2200", False)]
    )
    def test_years_are_those_of_recordings(
        self, load: Load, tmp_path: Path, year: str, is_near: bool
    ) -> None:
        write(tmp_path, f"{year}-07-01 00:00,1")
        if is_near:
            load(align="start")
        else:
            assert f"time is in the year {year}; accepted: the years 1900 to 2199" in refusal(
                load, align="start"
            )

    def test_times_with_and_without_offsets_are_not_mixed(self, load: Load, tmp_path: Path) -> None:
        write(tmp_path, "2026-06-15 00:00,1", "2026-06-15 01:00,1", "2026-06-15 02:00Z,1")
        assert "day.csv:4: time is '2026-06-15 02:00Z' among others without an offset" in refusal(load)
        write(tmp_path, "2026-06-15 00:00+02,1", "2026-06-15 01:00+0200,1", "2026-06-15 02:00,1")
        assert "day.csv:" in refusal(load)
        write(tmp_path, "2026-06-14 22:00:00-02:00,1", "2026-06-15T01:00Z,2")
        assert load().at(0) == 1.0
        write(tmp_path, "2026-06-15 00:00,1", "soon,1")
        assert refusal(load, time_format="%Y-%m-%d %H:%M").endswith(
            "accepted: a time written as %Y-%m-%d %H:%M"
        )


@pytest.mark.parametrize("ending", ["csv", "csv.gz"])
def test_a_column_whose_name_another_has_is_refused(load: Load, tmp_path: Path, ending: str) -> None:
    content = b"time,load,load\n2026-06-15T00:00:00Z,1,2\n"
    (tmp_path / f"day.{ending}").write_bytes(gzip.compress(content) if ending == "csv.gz" else content)
    told = refusal(load, file=f"day.{ending}", column="load")
    assert "column is 'load', the name of 2 columns; accepted: the name of one column alone" in told


def test_columns_of_one_name_are_of_no_harm_where_none_of_them_is_read(load: Load, tmp_path: Path) -> None:
    write(tmp_path, "2026-06-15T00:00:00Z,1,,", header="time,load,,")
    assert load(column="load").at(0) == 1.0
