"""Recorded columns: what is read, how it is replayed, and what is refused."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from doppelgrid.sim.inputs.errors import InputError
from doppelgrid.sim.inputs.signal import NEVER, Signal
from doppelgrid.sim.inputs.specs import IrradianceInput, LoadInput, PvPowerInput, TemperatureInput

Build = Callable[..., Signal]
Us = Callable[[str], int]
SPEC = {"file": "day.csv", "unit": "kW", "positive": "consumption"}
START = "2026-06-15T00:00:00+00:00"
MINUTE_US = 60_000_000
DAY_US = 1440 * MINUTE_US


def write(folder: Path, *rows: str, name: str = "day.csv", header: str = "time,load_kw") -> None:
    (folder / name).write_text("\n".join([header, *rows, ""]), encoding="utf-8")


def refusal(build: Build, folder: Path, start: str = START, **spec: object) -> str:
    with pytest.raises(InputError) as caught:
        build(LoadInput, {**SPEC, **spec}, directory=folder, start=start)
    return str(caught.value)


@pytest.fixture
def day(tmp_path: Path) -> Path:
    write(tmp_path, "2026-06-15T00:00Z,1", "2026-06-15T00:15Z,2.5", "2026-06-15T00:30Z,-3")
    return tmp_path


def test_a_value_holds_until_the_next_row(build: Build, us: Us, day: Path) -> None:
    load = build(LoadInput, SPEC, directory=day, start=START)
    assert load.at(us("2026-06-15T00:14:59Z")) == 1000.0
    assert load.until(us("2026-06-15T00:00:00Z")) == us("2026-06-15T00:15:00Z")
    assert load.at(us("2026-06-15T00:15:00Z")) == 2500.0


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, 2500.0),
        ({"unit": "W"}, 2.5),
        ({"unit": "MW"}, 2.5e6),
        ({"positive": "production"}, -2500.0),
        ({"factor": 2.0, "positive": "production"}, -5000.0),
    ],
)
def test_numbers_become_watts_of_consumption(
    build: Build, us: Us, day: Path, change: dict[str, object], expected: float
) -> None:
    load = build(LoadInput, {**SPEC, **change}, directory=day, start=START)
    assert load.at(us("2026-06-15T00:20Z")) == expected


def test_recorded_production_of_a_pv_plant_is_negative(build: Build, us: Us, day: Path) -> None:
    plant = build(PvPowerInput, {**SPEC, "positive": "production"}, directory=day, start=START)
    assert plant.at(us("2026-06-15T00:20Z")) == -2500.0


def test_irradiance_and_temperature_come_from_columns_too(build: Build, us: Us, tmp_path: Path) -> None:
    write(tmp_path, "2026-06-15T00:00Z,0.8,21.5", header="time,poa,air")
    sun = {"file": "day.csv", "column": "poa", "unit": "kW/m²"}
    air = {"file": "day.csv", "column": "air"}
    assert build(IrradianceInput, sun, directory=tmp_path, start=START).at(us(START)) == 800.0
    assert build(TemperatureInput, air, directory=tmp_path, start=START).at(us(START)) == 21.5


def test_the_last_value_holds_on_and_the_end_is_known(build: Build, us: Us, day: Path) -> None:
    load = build(LoadInput, SPEC, directory=day, start=START)
    assert load.at(us("2026-06-16T00:00:00Z")) == -3000.0
    assert load.ends_us == us("2026-06-15T00:45:00Z")


def test_a_repeated_recording_starts_over_after_its_last_interval(build: Build, us: Us, day: Path) -> None:
    load = build(LoadInput, {**SPEC, "repeat": True}, directory=day, start=START)
    assert load.at(us("2026-06-15T00:45:00Z")) == 1000.0
    assert load.at(us("2026-06-15T01:07:00Z")) == 2500.0
    assert load.ends_us == NEVER


def test_a_recording_can_be_moved_to_the_start(build: Build, us: Us, day: Path) -> None:
    start = "2030-01-01T08:07:00+00:00"
    load = build(LoadInput, {**SPEC, "align": "start"}, directory=day, start=start)
    assert load.at(us(start)) == 1000.0
    assert load.until(us(start)) == us(start) + 15 * MINUTE_US


def test_a_moved_recording_can_begin_later(build: Build, us: Us, day: Path) -> None:
    start = "2030-01-01T08:07:00+00:00"
    spec = {**SPEC, "align": "start", "from": "2026-06-15T00:20:00Z"}
    load = build(LoadInput, spec, directory=day, start=start)
    assert (load.at(us(start)), load.until(us(start))) == (2500.0, us(start) + 10 * MINUTE_US)


def test_a_recording_can_keep_its_time_of_day(build: Build, us: Us, day: Path) -> None:
    spec = {**SPEC, "align": "time-of-day", "timezone": "+00:00"}
    load = build(LoadInput, spec, directory=day, start="2030-01-01T00:20:00+01:00")
    assert load.at(us("2030-01-01T00:20:00+01:00")) == 2500.0
    assert load.until(us("2030-01-01T00:20:00+01:00")) == us("2030-01-01T00:30:00+01:00")


def test_a_repeated_recording_with_its_time_of_day_fills_whole_days(build: Build, us: Us, day: Path) -> None:
    spec = {**SPEC, "align": "time-of-day", "timezone": "UTC", "repeat": True}
    load = build(LoadInput, spec, directory=day, start="2030-01-01T12:00:00+01:00")
    assert load.at(us("2030-01-01T12:00:00+01:00")) == -3000.0
    assert load.at(us("2030-01-03T00:15:00+01:00")) == 2500.0


class TestClockChange:
    """Recordings that keep their time of day, over the night in which the clock of Berlin is moved."""

    BY_THE_CLOCK = {**SPEC, "unit": "W", "align": "time-of-day"}  # noqa: RUF012 - a constant

    def hourly(self, folder: Path, *days: str) -> None:
        """Record 100 W times the hour that the clock shows, each hour that there is."""
        hours = pd.date_range(days[0], f"{days[-1]}T23:00", freq="h", tz="Europe/Berlin")
        write(folder, *(f"{hour.isoformat()},{100 * hour.hour}" for hour in hours))

    @pytest.mark.parametrize(
        ("before", "after"), [("2026-10-24", "2026-10-26"), ("2026-03-28", "2026-03-30")]
    )
    @pytest.mark.parametrize("days", [1, 3])
    def test_a_repeated_recording_follows_the_clock(
        self, build: Build, us: Us, tmp_path: Path, before: str, after: str, days: int
    ) -> None:
        self.hourly(tmp_path, "2026-06-15", f"2026-06-{14 + days}")
        spec = {**self.BY_THE_CLOCK, "repeat": True}
        load = build(LoadInput, spec, directory=tmp_path, start=f"{before}T00:00:00+02:00")
        noons = pd.date_range(f"{before}T12:00", f"{after}T12:00", freq="D", tz="Europe/Berlin")
        assert [load.at(us(noon.isoformat())) for noon in noons] == [1200.0] * 3
        assert load.ends_us == NEVER

    def test_one_that_does_not_repeat_follows_the_clock_and_ends_by_it(
        self, build: Build, us: Us, tmp_path: Path
    ) -> None:
        self.hourly(tmp_path, "2026-06-15", "2026-06-16", "2026-06-17")
        load = build(LoadInput, self.BY_THE_CLOCK, directory=tmp_path, start="2026-10-24T00:00:00+02:00")
        assert load.at(us("2026-10-26T12:00:00+01:00")) == 1200.0
        assert load.until(us("2026-10-26T12:00:00+01:00")) == us("2026-10-26T13:00:00+01:00")
        assert load.ends_us == us("2026-10-27T00:00:00+01:00")
        assert load.at(us("2026-10-29T12:00:00+01:00")) == 2300.0

    def test_of_an_hour_that_was_recorded_twice_the_first_time_counts(
        self, build: Build, us: Us, tmp_path: Path
    ) -> None:
        rows = ("2026-10-25T01:00+02:00,1", "2026-10-25T02:00+02:00,2", "2026-10-25T02:00+01:00,22")
        write(tmp_path, *rows, "2026-10-25T03:00+01:00,3")
        load = build(LoadInput, self.BY_THE_CLOCK, directory=tmp_path, start="2026-06-15T01:00:00+02:00")
        assert [load.at(us(f"2026-06-15T0{hour}:30:00+02:00")) for hour in (1, 2, 3)] == [1.0, 2.0, 3.0]

    def test_an_hour_that_was_never_recorded_has_what_came_before(
        self, build: Build, us: Us, tmp_path: Path
    ) -> None:
        write(tmp_path, "2026-03-29T00:00+01:00,0", "2026-03-29T01:00+01:00,1", "2026-03-29T03:00+02:00,3")
        load = build(LoadInput, self.BY_THE_CLOCK, directory=tmp_path, start="2026-06-15T00:00:00+02:00")
        assert [load.at(us(f"2026-06-15T0{hour}:30:00+02:00")) for hour in (1, 2, 3)] == [1.0, 1.0, 3.0]


@pytest.mark.parametrize("spelling", ["day.csv.gz", "day.parquet"])
def test_compressed_and_parquet_files_give_the_same_signal(
    build: Build, us: Us, day: Path, spelling: str
) -> None:
    if spelling == "day.csv.gz":
        (day / spelling).write_bytes(gzip.compress((day / "day.csv").read_bytes()))
    else:
        frame = pd.read_csv(day / "day.csv", parse_dates=["time"])
        frame.to_parquet(day / spelling)
    one = build(LoadInput, SPEC, directory=day, start=START)
    other = build(LoadInput, {**SPEC, "file": spelling}, directory=day, start=START)
    times = [us(START) + minute * MINUTE_US for minute in range(-5, 60)]
    assert [(other.at(time), other.until(time)) for time in times] == [
        (one.at(time), one.until(time)) for time in times
    ]


@pytest.mark.lengthy
@given(
    values=st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30),
    step=st.integers(1, 3600),
    begin=st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2040, 1, 1)),
)
@settings(max_examples=30)
def test_what_pandas_writes_comes_back_from_csv_and_parquet(
    build: Build, tmp_path_factory: pytest.TempPathFactory, values: list[float], step: int, begin: datetime
) -> None:
    folder = tmp_path_factory.mktemp("written")
    times = pd.date_range(begin, periods=len(values), freq=f"{step}s", tz="UTC", unit="us")
    frame = pd.DataFrame({"time": times, "load": values})
    frame.to_csv(folder / "day.csv", index=False)
    frame.to_parquet(folder / "day.parquet")
    frame.set_index("time").to_parquet(folder / "indexed.parquet")
    start = times[0].isoformat()
    signals = [
        build(LoadInput, {**SPEC, "file": file}, directory=folder, start=start)
        for file in ("day.csv", "day.parquet", "indexed.parquet")
    ]
    for time, value in zip(times, values, strict=True):
        time_us = time.value // 1000
        assert [signal.at(time_us) for signal in signals] == [value * 1000.0] * 3


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([], "day.csv: content is empty; accepted: at least one row below the column names"),
        (
            ["2026-06-15T00:00Z,1", "2026-06-15T00:15Z,abc"],
            "day.csv:3: load_kw is 'abc'; accepted: a number, with a point before decimals",
        ),
        (
            ["2026-06-15T00:00Z,1", "", "2026-06-15T00:15Z,inf"],
            "day.csv:4: load_kw is 'inf'; accepted: a number, with a point before decimals",
        ),
        (
            ["2026-06-15T00:00Z,1", "2026-06-15T00:15Z,", "2026-06-15T00:30Z,NaN"],
            "day.csv:3: load_kw is empty, as in 2 of 3 rows; "
            "accepted: a number; or `on_gap: hold` or `on_gap: interpolate`",
        ),
        (
            ["2026-06-15T00:00Z,1", "soon,2"],
            "day.csv:3: time is 'soon' among others with an offset; "
            "accepted: times that all have an offset, or none",
        ),
        (
            ["2026-06-15T00:00,1", "soon,2"],
            "day.csv:3: time is 'soon'; accepted: a time such as 2026-06-15T11:00:00+02:00 (ISO 8601); "
            "or `time_format`, such as '%d.%m.%Y %H:%M'",
        ),
        (
            ["2026-06-15T00:00Z,1", "2026-06-15T00:00Z,2", "2026-06-15T00:00Z,2"],
            "day.csv:3: time is 2026-06-15T02:00:00+02:00, the same as in the row before it, "
            "one of 2 such rows; accepted: ascending times, none twice (is `timezone` right?)",
        ),
        (
            ["2026-06-15T01:00Z,1", "2026-06-15T00:00Z,2"],
            "day.csv:3: time is 2026-06-15T02:00:00+02:00, earlier than the row before it, "
            "one of 1 such rows; accepted: ascending times, none twice (is `timezone` right?)",
        ),
        (
            [f"2026-06-15T{hour:02}:00Z,1" for hour in (0, 1, 2, 5, 6, 9)],
            "day.csv:4: time is without rows for 3 h between 2026-06-15T04:00:00+02:00 and "
            "2026-06-15T07:00:00+02:00, one of 2 gaps; "
            "accepted: rows every 1 h; or `on_gap: hold` or `on_gap: interpolate`",
        ),
        (
            ["2026-06-16T00:00Z,1", "2026-06-16T01:00Z,1"],
            "day.csv: start of the run is 2026-06-15T02:00:00+02:00; accepted: a time from "
            "2026-06-16T02:00:00+02:00 to 2026-06-16T04:00:00+02:00; "
            "or `align: start`, `align: time-of-day` or `repeat: true`",
        ),
    ],
)  # fmt: skip
def test_a_wrong_file_is_told_where_and_what(
    build: Build, tmp_path: Path, rows: list[str], message: str
) -> None:
    write(tmp_path, *rows)
    assert refusal(build, tmp_path) == message


def test_a_single_row_repeats_with_a_declared_interval_only(build: Build, us: Us, tmp_path: Path) -> None:
    write(tmp_path, "2026-06-15T00:00Z,1")
    assert refusal(build, tmp_path, repeat=True) == (
        "day.csv: interval is not given; accepted: one, to repeat a single row"
    )
    spec = {**SPEC, "repeat": True, "interval": "1 h"}
    assert build(LoadInput, spec, directory=tmp_path, start=START).at(us(START) + DAY_US) == 1000.0


def test_times_in_another_unit_are_noticed(build: Build, tmp_path: Path) -> None:
    times = pd.Series([2**60, 2**61]).astype("datetime64[us]")
    pd.DataFrame({"time": times, "load": [1.0, 2.0]}).to_parquet(tmp_path / "day.parquet")
    message = refusal(build, tmp_path, file="day.parquet")
    expected = (
        "day.parquet:1: time is in the year 38504; accepted: the years 1900 to 2199 (is it another unit?)"
    )
    assert message == expected


def test_an_absurd_gap_is_not_filled(build: Build, tmp_path: Path) -> None:
    write(tmp_path, "2026-06-15 00:00:00,1", "2026-06-15 00:00:01,1", "2126-06-15 00:00:00,1")
    message = refusal(build, tmp_path, on_gap="interpolate")
    assert message.endswith("rows at 1 s; accepted: at most 10000000 to interpolate")


@pytest.mark.lengthy
@given(place=st.integers(0, 10_000), garbage=st.binary(min_size=1, max_size=8))
@settings(max_examples=60)
def test_damaged_parquet_is_read_or_refused_but_never_crashes(
    build: Build, tmp_path_factory: pytest.TempPathFactory, place: int, garbage: bytes
) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    times = pd.date_range("2026-06-15", periods=9, freq="1h", tz="UTC")
    pd.DataFrame({"time": times, "load": range(9)}).to_parquet(folder / "day.parquet")
    content = bytearray((folder / "day.parquet").read_bytes())
    place %= len(content)
    content[place : place + len(garbage)] = garbage
    (folder / "day.parquet").write_bytes(content)
    with suppress(InputError):
        build(LoadInput, {**SPEC, "file": "day.parquet", "align": "start"}, directory=folder).at(0)


def test_a_missing_file_is_told(build: Build, tmp_path: Path) -> None:
    assert refusal(build, tmp_path).startswith("day.csv: file is not there; accepted: an existing file")


def test_an_unknown_column_is_told_the_known_ones(build: Build, day: Path) -> None:
    assert refusal(build, day, column="load_kW") == (
        "day.csv: column is 'load_kW'; accepted: one of time, load_kw (did you mean 'load_kw'?)"
    )


def test_one_of_several_columns_must_be_chosen(build: Build, tmp_path: Path) -> None:
    write(tmp_path, "2026-06-15T00:00Z,1,2", header="time,a,b")
    assert refusal(build, tmp_path) == "day.csv: column is not given; accepted: one of time, a, b"


def test_a_column_of_words_in_parquet_is_refused(build: Build, tmp_path: Path) -> None:
    frame = pd.DataFrame({"time": pd.to_datetime(["2026-06-15T00:00Z"]), "load": [True]})
    frame.to_parquet(tmp_path / "day.parquet")
    message = refusal(build, tmp_path, file="day.parquet")
    assert message == "day.parquet: load is a column of bool; accepted: a column of numbers"


@pytest.mark.parametrize("name", ["day.csv", "day.csv.gz", "day.parquet", "day.xlsx"])
@example(content=b"time,a\n2026-06-15,1,2\n")
@example(content=b'time,a\n2026-06-15,"')
@example(content=b"\xff\xfe\x00")
@example(content=b"time,a\n99999-01-01,1\n")
@example(content=b"time,a\n0001-01-01,1\n9999-12-31,1\n")
@given(content=st.binary(max_size=200) | st.text("0123456789-:T,\n\";.e+Z ", max_size=80).map(
    lambda text: b"time,a\n2026-06-15 00:00," + text.encode()
))  # fmt: skip
def test_garbage_is_read_or_refused_but_never_crashes(
    build: Build, tmp_path_factory: pytest.TempPathFactory, name: str, content: bytes
) -> None:
    folder = tmp_path_factory.mktemp("garbage")
    (folder / name).write_bytes(content)
    with suppress(InputError):
        build(LoadInput, {**SPEC, "file": name, "align": "start"}, directory=folder).at(0)


def test_gaps_are_held_or_filled_when_asked(build: Build, us: Us, tmp_path: Path) -> None:
    write(tmp_path, *(f"2026-06-15T{hour:02}:00Z,{hour}" for hour in (0, 1, 2, 5, 6)))
    held = build(LoadInput, {**SPEC, "on_gap": "hold"}, directory=tmp_path, start=START)
    filled = build(LoadInput, {**SPEC, "on_gap": "interpolate"}, directory=tmp_path, start=START)
    times = [us(f"2026-06-15T0{hour}:00:00Z") for hour in range(7)]
    assert [held.at(time) for time in times] == [0.0, 1000.0, 2000.0, 2000.0, 2000.0, 5000.0, 6000.0]
    assert [filled.at(time) for time in times] == [0.0, 1000.0, 2000.0, 3000.0, 4000.0, 5000.0, 6000.0]


def test_empty_cells_are_gaps(build: Build, us: Us, tmp_path: Path) -> None:
    write(tmp_path, *(f"2026-06-15T0{hour}:00Z,{value}" for hour, value in enumerate(["1", "", "3", "4"])))
    filled = build(LoadInput, {**SPEC, "on_gap": "interpolate"}, directory=tmp_path, start=START)
    assert filled.at(us("2026-06-15T01:00:00Z")) == 2000.0


def test_the_repeated_hour_of_autumn_is_read_in_order(build: Build, us: Us, tmp_path: Path) -> None:
    clock = ["01:30", "02:00", "02:30", "02:00", "02:30", "03:00"]
    write(tmp_path, *(f"2026-10-25 {time},{n}" for n, time in enumerate(clock)))
    load = build(LoadInput, SPEC, directory=tmp_path, start="2026-10-25T01:30:00+02:00")
    begin_us = us("2026-10-25T01:30:00+02:00")
    assert [load.at(begin_us + n * 30 * MINUTE_US) for n in range(6)] == [n * 1000.0 for n in range(6)]


def test_a_lost_pass_of_the_repeated_hour_is_a_gap(build: Build, tmp_path: Path) -> None:
    clock = ["01:30", "02:00", "02:30", "03:00", "03:30"]
    write(tmp_path, *(f"2026-10-25 {time},1" for time in clock))
    message = refusal(build, tmp_path, start="2026-10-25T01:30:00+02:00")
    assert "for 90 min between 2026-10-25T02:30:00+02:00 and 2026-10-25T03:00:00+01:00" in message


def test_a_time_that_the_clock_left_out_is_refused(build: Build, tmp_path: Path) -> None:
    write(tmp_path, "2026-03-29 01:30,1", "2026-03-29 02:30,1")
    assert refusal(build, tmp_path).startswith(
        "day.csv:3: time is 2026-03-29 02:30:00, which the clocks of Europe/Berlin left out"
    )


@pytest.mark.parametrize(("zone", "hour"), [("UTC", 0), ("-07:00", 7), ("Europe/Berlin", -2), (None, -2)])
def test_times_without_offset_are_in_the_declared_zone(
    build: Build, us: Us, tmp_path: Path, zone: str | None, hour: int
) -> None:
    write(tmp_path, "15.06.2026 00:00,1", "15.06.2026 12:00,2")
    spec = {**SPEC, "time_format": "%d.%m.%Y %H:%M", "timezone": zone}
    load = build(LoadInput, spec, directory=tmp_path, start="2026-06-15T12:00:00Z")
    assert load.until(us(START) + hour * 60 * MINUTE_US) == us(START) + (hour + 12) * 60 * MINUTE_US
