"""Days on clocks that are moved around midnight, and stretches of signals of every kind."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from support.one_by_one import one_by_one

from doppelgrid.sim.inputs.daily import Daily, Day, WallClock, day_at, midnight_us, moves_clock
from doppelgrid.sim.inputs.errors import InputError
from doppelgrid.sim.inputs.limited import AtLeast
from doppelgrid.sim.inputs.segments import Averaged, averaged, segments_of
from doppelgrid.sim.inputs.signal import NEVER, Noisy, Repeated, Signal, Steps
from doppelgrid.sim.inputs.specs import LoadInput, PvPowerInput

Build = Callable[..., Signal]
Us = Callable[[str], int]
HOUR_US = 3_600_000_000
MINUTE_US = 60_000_000
DAY_US = 24 * HOUR_US

MOVED = [
    ("Europe/Berlin", "2026-03-29T01:00:00Z"),
    ("Europe/Berlin", "2026-10-25T01:00:00Z"),
    ("America/Havana", "2026-03-08T05:00:00Z"),
    ("America/Havana", "2026-11-01T05:00:00Z"),
    ("America/Sao_Paulo", "2018-11-04T03:00:00Z"),
    ("America/Sao_Paulo", "2019-02-17T02:00:00Z"),
    ("America/Goose_Bay", "2010-03-14T04:01:00Z"),
    ("America/Goose_Bay", "2010-11-07T03:01:00Z"),
    ("America/Toronto", "1919-03-31T04:30:00Z"),
    ("Pacific/Apia", "2011-12-30T10:00:00Z"),
    ("Australia/Lord_Howe", "2026-04-04T15:00:00Z"),
]


@pytest.mark.parametrize(("zone", "moved"), MOVED)
def test_every_time_is_in_one_day_and_days_follow_one_another(us: Us, zone: str, moved: str) -> None:
    """Also where a clock is put back over midnight, or forward past it, or a day is left out."""
    clock, moved_us = ZoneInfo(zone), us(moved)
    for time_us in range(moved_us - 30 * HOUR_US, moved_us + 30 * HOUR_US, 10 * MINUTE_US):
        for exact_us in (time_us - 1, time_us):
            day = day_at(exact_us, clock)
            assert day.begin_us <= exact_us < day.end_us
            assert day_at(day.begin_us, clock) == day_at(day.end_us - 1, clock) == day
            after = day_at(day.end_us, clock)
            assert after.begin_us == day.end_us
            assert timedelta(days=1) <= after.date - day.date <= timedelta(days=2)
            assert day.begin_us == midnight_us(day.date, clock)
            before, last = (
                datetime.fromtimestamp(edge / 1e6, clock).utcoffset()
                for edge in (day.begin_us, day.end_us - 1)
            )
            assert moves_clock(day) == (before != last)


@pytest.mark.parametrize(
    ("zone", "date_", "clock", "hours"),
    [
        ("Europe/Berlin", "2026-03-29", ["00:00", "01:00", "03:00"], [0, 1, 2]),
        ("Europe/Berlin", "2026-10-25", ["00:00", "01:00", "02:00", "02:00", "03:00"], [0, 1, 2, 3, 4]),
        ("America/Sao_Paulo", "2018-11-04", ["01:00", "02:00"], [0, 1]),
    ],
)
def test_values_by_the_clock_come_when_it_shows_their_times(
    us: Us, zone: str, date_: str, clock: list[str], hours: list[int]
) -> None:
    by_hour = WallClock([hour * HOUR_US for hour in range(24)], [float(hour) for hour in range(24)])
    day = day_at(midnight_us(date.fromisoformat(date_), ZoneInfo(zone)), ZoneInfo(zone))
    steps = by_hour.steps(day)
    for text, hour in zip(clock, hours, strict=True):
        assert steps.at(day.begin_us + hour * HOUR_US) == float(text[:2])
    assert steps.at(day.end_us - 1) == 23.0


def test_the_hour_that_is_left_out_takes_its_values_with_it(us: Us) -> None:
    """02:10 does not come; what held at 01:59 gives way to what holds at 03:00."""
    zone = ZoneInfo("Europe/Berlin")
    wall = WallClock([130 * MINUTE_US, 150 * MINUTE_US, 181 * MINUTE_US], [1.0, 2.0, 3.0])
    day = day_at(us("2026-03-29T12:00:00Z"), zone)
    steps = wall.steps(day)
    assert [steps.at(us(f"2026-03-29T{time}Z")) for time in ("00:59:59", "01:00:00", "01:00:59", "01:01:00")] == [
        3.0, 2.0, 2.0, 3.0,
    ]  # fmt: skip
    assert day.end_us - day.begin_us == 23 * HOUR_US


def test_days_are_made_once_and_a_few_are_kept() -> None:
    made: list[date] = []

    class Maker:
        def steps(self, day: Day) -> Steps:
            made.append(day.date)
            return Steps([day.begin_us, day.begin_us + HOUR_US], [float(day.date.day), 0.5])

    signal = Daily(Maker(), ZoneInfo("UTC"))
    for day in (0, 1, 2, 3, 0, 3):
        assert signal.at(day * DAY_US) == float(day + 1)
        assert signal.at(day * DAY_US + HOUR_US) == 0.5
        assert signal.until(day * DAY_US) == day * DAY_US + HOUR_US
        assert signal.until(day * DAY_US + HOUR_US) == (day + 1) * DAY_US
    assert [each.day for each in made] == [1, 2, 3, 4]
    signal.at(4 * DAY_US)
    signal.at(0)
    assert [each.day for each in made] == [1, 2, 3, 4, 5, 1]


STEPS = Steps([10, 20, 30, 45], [1.0, -2.0, 3.0, 0.0])


@pytest.mark.parametrize(
    "signal",
    [
        STEPS,
        AtLeast(STEPS, 0.5),
        Repeated(STEPS, 15, 25),
        Noisy(STEPS, amplitude=0.2, step_us=7, key="k"),
        AtLeast(Noisy(Repeated(STEPS, 0, 50), amplitude=0.2, step_us=11, key="k"), -1.0),
    ],
    ids=["steps", "limited", "repeated", "noisy", "all"],
)
def test_a_stretch_at_once_is_the_values_one_by_one_wherever_it_begins_and_ends(signal: Signal) -> None:
    for begin_us in range(62):
        for end_us in (begin_us + 1, begin_us + 5, 45, 46, 60, 90):
            if end_us > begin_us:
                times, values = segments_of(signal, begin_us, end_us)
                assert (times.tolist(), values.tolist()) == one_by_one(signal, begin_us, end_us)


def test_what_is_limited_is_never_less() -> None:
    limited = AtLeast(Steps([0, 10], [-5.0, 5.0], ends_us=20), 0.5)
    assert (limited.at(0), limited.at(10), limited.until(0), limited.ends_us) == (0.5, 5.0, 10, 20)


def test_a_stretch_repeats_both_ways() -> None:
    signal = Repeated(STEPS, 10, 30)
    for time in range(-100, 100):
        place = 10 + (time - 10) % 30
        assert signal.at(time) == STEPS.at(place)
        assert signal.until(time) == time + min(STEPS.until(place), 40) - place


@pytest.mark.parametrize("start_us", [0, HOUR_US // 2, 1_797_438_000_000])
@pytest.mark.parametrize("minutes", [1, 7, 60, 1440, 2880])
def test_means_over_intervals_keep_the_integral_of_each(minutes: int, start_us: int) -> None:
    step_us = minutes * MINUTE_US
    inner = Noisy(
        Steps([0, 3 * HOUR_US, 30 * HOUR_US], [1e3, 5e3, -2e3]),
        amplitude=0.3,
        step_us=13 * MINUTE_US,
        key="k",
    )
    means = averaged(inner, step_us, start_us)
    assert isinstance(means, Averaged)
    for number in (0, 1, 2, 3, 25, 31, 100):
        begin_us = start_us + number * step_us
        part = segments_of(inner, begin_us, begin_us + step_us)
        lengths = np.diff(np.minimum(part.times_us, begin_us + step_us))
        expected = float(np.sum(part.values * lengths)) / step_us
        assert means.at(begin_us) == pytest.approx(expected, rel=1e-9)
        assert means.at(begin_us + step_us - 1) == means.at(begin_us)
        assert means.until(begin_us + step_us // 2) == begin_us + step_us
    for begin_us, end_us in ((0, DAY_US), (DAY_US // 2, 3 * DAY_US + 1), (5, 6), (DAY_US - 1, DAY_US + 1)):
        times, values = segments_of(means, begin_us, end_us)
        assert (times.tolist(), values.tolist()) == one_by_one(means, begin_us, end_us)


class TestBuilt:
    def test_points_begin_where_they_say_and_the_first_may_be_the_start(self, build: Build, us: Us) -> None:
        points = [
            {"at": "2026-06-15T00:00:00+02:00", "value": "1 kW"},
            {"at": "2026-06-15T01:02:03+02:00", "value": "2 kW"},
        ]
        load = build(LoadInput, {"profile": "inline", "points": points})
        start_us = us("2026-06-15T00:00:00+02:00")
        assert [load.at(start_us), load.until(start_us)] == [1e3, start_us + 3723 * 1_000_000]
        with pytest.raises(InputError, match="start of the run"):
            build(LoadInput, {"profile": "inline", "points": points}, start="2026-06-14T23:59:59+02:00")
        clock = [{"at": "01:02:03", "value": "1 kW"}, {"at": "23:00", "value": "2 kW"}]
        daily = build(LoadInput, {"profile": "inline", "points": clock})
        assert daily.until(start_us) == start_us + 3723 * 1_000_000
        late = [{"at": "0 s", "value": "1 kW"}, {"at": "1.5 s", "value": "2 kW"}]
        assert build(LoadInput, {"profile": "inline", "points": late}).until(start_us) == start_us + 1_500_000

    def test_noise_holds_for_its_step(self, build: Build, us: Us) -> None:
        start_us = us("2026-06-15T00:00:00+02:00")
        for noise, step_s in (("5 %", 5.0), ({"amplitude": "5 %", "step": "90 s"}, 90.0)):
            load = build(LoadInput, {"profile": "constant", "value": "1 kW", "noise": noise})
            assert load.until(start_us) == start_us + round(step_s * 1e6)
            assert load.at(start_us) != 1000.0
        assert build(LoadInput, {"profile": "constant", "value": "1 kW"}).until(start_us) == NEVER
        assert build(PvPowerInput, "3 kW").at(0) == -3e3
