"""Times without the grid: read, listed, drawn."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from measured import data_file
from pydantic import TypeAdapter, ValidationError

from doppelgrid.sim.components.grid_outages import Outages, presence_signal
from doppelgrid.sim.inputs.build import InputSetting
from doppelgrid.sim.inputs.errors import InputError
from doppelgrid.sim.inputs.grid.outages import (
    Outage,
    OutageStatistics,
    SeededOutages,
    grid_presence,
    parse_duration_s,
    read_outages,
)
from doppelgrid.sim.inputs.grid.presets import outage_preset, outage_preset_names
from doppelgrid.sim.inputs.location import Location
from doppelgrid.sim.inputs.signal import NEVER, Signal

Us = Callable[[str], int]
BERLIN = ZoneInfo("Europe/Berlin")
DAY_US = 86_400_000_000
HEADER = "ID,System,Alarm,Timestamp,Duration\n"


def surroundings(us: Us, directory: Path = Path()) -> InputSetting:
    place = Location(latitude=52.52, longitude=13.4, timezone="Europe/Berlin")
    return InputSetting(place, directory, us("2026-06-15T00:00:00+02:00"), 1, "grid", "presence")


def gone_us(signal: Signal, begin_us: int, end_us: int) -> tuple[int, int]:
    """Return how long, and how often, the grid is gone."""
    time_us, total_us, count, was_there = begin_us, 0, 0, True
    while time_us < end_us:
        next_us, is_there = min(signal.until(time_us), end_us), signal.at(time_us) == 1.0
        total_us += 0 if is_there else next_us - time_us
        count += was_there and not is_there
        was_there, time_us = is_there, next_us
    return total_us, count


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2h, 4m, 45s", 7485.0),
        ("1m, 32s", 92.0),
        ("35s", 35.0),
        ("1d 2h", 93600.0),
        ("90", 90.0),
        ("5 min", 300.0),
        ("1.5h", 5400.0),
        ("0.25", 0.25),
        ("  1D,2H 3 m,4S ", 93784.0),
        ("3 d", 259200.0),
    ],
)
def test_durations_of_event_logs_are_read(text: str, seconds: float) -> None:
    assert parse_duration_s(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "soon", "2x", "1m, 2m", "1m 2 min", "0s", "0h 0m", "-5s", "2h 30", "30 2h", "1.h", "5 5"]
)
def test_other_durations_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="a duration such as"):
        parse_duration_s(text)


def test_overlapping_outages_make_one() -> None:
    signal = grid_presence([Outage(50, 60), Outage(10, 20), Outage(15, 30), Outage(30, 35), Outage(12, 14)])
    assert [signal.at(time) for time in (9, 10, 29, 34, 35, 50, 60)] == [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 1.0]
    assert signal.until(10) == 35
    assert signal.until(60) == NEVER


def test_an_outage_within_another_does_not_end_it() -> None:
    assert grid_presence([Outage(10, 20), Outage(12, 14)]).until(10) == 20


def test_a_file_is_read_on_the_clock_of_its_site(us: Us, tmp_path: Path) -> None:
    (tmp_path / "o.csv").write_text(
        HEADER + '1,s,lost,2026-06-16 03:00:00,35s\n1,s,lost,2026-06-15 01:00:00,"1m, 32s"\n'
    )
    spec = TypeAdapter(Outages).validate_python({"file": "o.csv"})
    signal = presence_signal(spec, surroundings(us, tmp_path))
    assert signal.at(us("2026-06-15T01:01:31+02:00")) == 0.0
    assert signal.at(us("2026-06-15T01:01:32+02:00")) == 1.0
    assert signal.until(us("2026-06-15T12:00:00+02:00")) == us("2026-06-16T03:00:00+02:00")


def test_the_hour_that_comes_twice_is_read_in_the_order_of_time(us: Us, tmp_path: Path) -> None:
    """Logs with the newest row first: 02:30 once more is the second pass."""
    (tmp_path / "o.csv").write_text(
        HEADER
        + "1,s,lost,2026-10-25 04:00:00,1s\n1,s,lost,2026-10-25 02:10:00,1s\n1,s,lost,2026-10-25 02:30:00,1s\n"
    )
    first, second, _ = read_outages(tmp_path / "o.csv", BERLIN)
    assert (first.begin_us, second.begin_us) == (
        us("2026-10-25T02:30:00+02:00"),
        us("2026-10-25T02:10:00+01:00"),
    )


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (
            "1,s,lost,2026-06-15 01:00:00,5s\n1,s,lost,2026-06-15 02:00:00,soon\n",
            r"o\.csv:3: Duration is 'soon'; accepted",
        ),
        (
            "1,s,lost,2026-06-15 01:00:00,5s\n1,s,lost,yesterday,5s\n",
            r"o\.csv:3: Timestamp is 'yesterday'; accepted",
        ),
        (
            "1,s,lost,2026-06-15 04:00:00,5s\n1,s,lost,2026-06-15 03:00:00,soon\n"
            "1,s,lost,2026-06-15 02:00:00,5s\n1,s,lost,2026-06-15 01:00:00,5s\n",
            r"o\.csv:3: Duration is 'soon'; accepted",
        ),
        ("", r"o\.csv: content is empty; accepted"),
    ],
)
def test_errors_say_file_line_and_what_is_accepted(tmp_path: Path, rows: str, message: str) -> None:
    (tmp_path / "o.csv").write_text(HEADER + rows)
    with pytest.raises(InputError, match=message):
        read_outages(tmp_path / "o.csv", BERLIN)


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    (tmp_path / "o.csv").write_text("Timestamp,Length\n2026-06-15 01:00:00,5s\n")
    with pytest.raises(InputError, match=r"column is 'Duration'; accepted: one of Timestamp, Length"):
        read_outages(tmp_path / "o.csv", BERLIN)
    assert len(read_outages(tmp_path / "o.csv", BERLIN, duration_column="Length")) == 1


def test_a_site_file_lists_outages(us: Us) -> None:
    written = [
        {"from": "2026-06-15T11:00:00", "duration": "10 min"},
        {"from": "90 s", "duration": "5 s"},
    ]
    signal = presence_signal(TypeAdapter(Outages).validate_python(written), surroundings(us))
    assert signal.until(us("2026-06-15T00:00:00+02:00")) == us("2026-06-15T00:01:30+02:00")
    assert signal.at(us("2026-06-15T11:05:00+02:00")) == 0.0
    assert presence_signal(None, surroundings(us)).until(0) == NEVER


@pytest.mark.parametrize(
    ("written", "accepted"),
    [
        ([{"from": "06:30", "duration": "5 s"}], "since the run's start"),
        ([{"from": "90 s", "duration": "0 s"}], "> 0 s"),
        ({"preset": "strong-grid"}, "weak-grid"),
        ({"file": "o.csv", "timezone": "Mars/Olympus"}, "IANA time zone"),
    ],
)
def test_wrong_outages_say_what_is_accepted(written: object, accepted: str) -> None:
    with pytest.raises(ValidationError, match=accepted):
        TypeAdapter(Outages).validate_python(written)


def mean_duration_s(statistics: OutageStatistics) -> float:
    """Of two log-normal distributions, but for the cut."""
    short_s = statistics.short_median_s * math.exp(0.5 * statistics.short_spread**2)
    long_s = statistics.long_median_s * math.exp(0.5 * statistics.long_spread**2)
    return statistics.short_share * short_s + (1.0 - statistics.short_share) * long_s


@pytest.mark.parametrize("name", outage_preset_names())
def test_seeded_outages_are_as_many_and_as_long_as_asked(name: str) -> None:
    statistics = outage_preset(name)._replace(per_year=200.0)
    total_us, count = gone_us(SeededOutages(statistics, "1/grid/outages"), 0, 5 * 365 * DAY_US)
    assert count == pytest.approx(1000.0, rel=0.12)
    assert total_us / 1e6 / count == pytest.approx(mean_duration_s(statistics), rel=0.15)


def test_seeded_outages_do_not_depend_on_what_was_asked_before() -> None:
    statistics = outage_preset("weak-grid")
    used = SeededOutages(statistics, "k")
    for day in (900, 3, 400):
        used.at(day * DAY_US)
    window = (20_000 * DAY_US, 20_030 * DAY_US)
    assert gone_us(used, *window) == gone_us(SeededOutages(statistics, "k"), *window)
    assert gone_us(used, *window) != gone_us(SeededOutages(statistics, "l"), *window)


def test_outages_last_over_midnight() -> None:
    """Each is a day long: a site without the grid for most of the time has spells across many midnights."""
    lasting = OutageStatistics(365.0, 0.0, 60.0, 0.5, 86_400.0, 0.0, 86_400.0)
    total_us, _ = gone_us(SeededOutages(lasting, "k"), 0, 200 * DAY_US)
    assert total_us / (200 * DAY_US) == pytest.approx(1.0 - math.exp(-1.0), abs=0.08)


def test_a_grid_without_outages_is_there() -> None:
    assert gone_us(SeededOutages(outage_preset("weak-grid")._replace(per_year=0.0), "k"), 0, 30 * DAY_US) == (
        0,
        0,
    )


@pytest.mark.measured
def test_the_log_of_a_weak_grid_is_read_and_its_statistics_are_those_of_the_preset() -> None:
    outages = read_outages(data_file("events_grid_outages", "grid_lost_events.csv"), BERLIN)
    total_s = sum(outage.end_us - outage.begin_us for outage in outages) / 1e6
    years = (outages[-1].begin_us - outages[0].begin_us) / 365.0 / DAY_US
    statistics = outage_preset("weak-grid")
    assert len(outages) == 413
    assert total_s / 3600.0 == pytest.approx(361.0, abs=0.1)
    assert statistics.per_year == pytest.approx(len(outages) / years, rel=0.01)
    assert mean_duration_s(statistics) == pytest.approx(total_s / len(outages), rel=0.1)


def lengths_s(signal: Signal, days: int) -> list[float]:
    """Return how long the grid is gone each time that it goes within so many days and is back [s]."""
    lengths, time_us, gone_us = [], 0, -1
    while time_us < days * DAY_US:
        is_there = signal.at(time_us) == 1.0
        if not is_there and gone_us < 0:
            gone_us = time_us
        elif is_there and gone_us >= 0:
            lengths.append((time_us - gone_us) / 1e6)
            gone_us = -1
        time_us = signal.until(time_us)
    return lengths


@pytest.mark.parametrize(
    ("median_s", "longest_s", "lasts_s"),
    [(2.5 * 86_400.0, 30 * 86_400.0, 2.5 * 86_400.0), (7200.0, 600.0, 600.0), (0.01, 600.0, 1.0)],
    ids=["days", "cut to the longest", "a second at least"],
)
def test_an_outage_lasts_as_long_as_it_is_drawn(median_s: float, longest_s: float, lasts_s: float) -> None:
    statistics = OutageStatistics(1.0, 0.0, 1.0, 0.0, median_s, 0.0, longest_s)
    assert set(lengths_s(SeededOutages(statistics, "1/grid"), 2000)) == {lasts_s}


def test_a_day_is_the_same_whatever_day_was_asked_for_before() -> None:
    statistics = OutageStatistics(2000.0, 0.5, 600.0, 1.0, 7200.0, 1.0, 86_400.0)
    times_us = [hour * DAY_US // 24 for hour in range(24 * 20)]
    forth, back = (SeededOutages(statistics, "1/grid") for _ in range(2))
    values = [forth.at(time_us) for time_us in times_us]
    assert set(values) == {0.0, 1.0}
    assert [back.at(time_us) for time_us in reversed(times_us)] == values[::-1]
