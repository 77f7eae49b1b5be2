"""Snow on an array through a day: when it falls, when it slides, and for how long each part of the day counts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, timedelta, tzinfo
from zoneinfo import ZoneInfo

import pytest

from doppelgrid.models.pv_snow import snow_left
from doppelgrid.sim.inputs.daily import Day, midnight_us
from doppelgrid.sim.inputs.location import Location
from doppelgrid.sim.inputs.profiles.outdoors import OutdoorDays
from doppelgrid.sim.inputs.profiles.snow import SnowCover

FIRST = date(2026, 1, 1)
HOUR_US = 3_600_000_000
TILT_DEG = 30.0
SUN = 1e6
"""In which snow slides at any temperature [W/m²]."""
BERLIN = ZoneInfo("Europe/Berlin")
PEAK = Location(latitude=46.8, longitude=9.8, altitude=4000.0)
"""Where it never thaws in winter."""
SHORT_DAY, LONG_DAY = date(2026, 3, 29), date(2026, 10, 25)


def a_day(day: date, zone: tzinfo = UTC) -> Day:
    return Day(day, midnight_us(day, zone), midnight_us(day + timedelta(days=1), zone), zone)


def dark(_day: Day, times_us: Sequence[int]) -> list[float]:
    return [0.0] * len(times_us)


def snow_in(sun: Callable[[Day, Sequence[int]], Sequence[float]], tilt_deg: float = TILT_DEG) -> SnowCover:
    return SnowCover(OutdoorDays(PEAK, "1/weather"), "1/weather", tilt_deg, sun)


class OnOneDay(SnowCover):
    """Snow that falls on the first day of a year alone."""

    def falls(self, day: date) -> bool:
        return day == FIRST


class WarmOnTheSecond(OutdoorDays):
    """Air as it is, but for how warm the second day of a year counts."""

    second_c = 0.0

    def mean_c(self, day: date) -> float:
        return self.second_c if day == FIRST + timedelta(days=1) else -10.0


class OnEveryDay(SnowCover):
    """Snow that falls on every day."""

    def falls(self, day: date) -> bool:
        del day
        return True


def a_fall() -> date:
    """Return a day on which snow falls, and none on the next two."""
    snow, begin = snow_in(dark), date(2026, 1, 1)
    days = [begin + timedelta(days=number) for number in range(60)]
    return next(
        day
        for day in days
        if [snow.falls(day + timedelta(days=later)) for later in (0, 1, 2)] == [True, False, False]
    )


@pytest.mark.parametrize(
    ("day", "zone", "part_us"),
    [
        (date(2026, 1, 1), UTC, HOUR_US),
        (SHORT_DAY, BERLIN, HOUR_US * 23 // 24),
        (LONG_DAY, BERLIN, HOUR_US * 25 // 24),
    ],
)
def test_the_sun_counts_in_the_middle_of_each_of_24_parts_of_a_day(
    day: date, zone: tzinfo, part_us: int
) -> None:
    asked: dict[date, list[int]] = {}

    def sun(of: Day, times_us: Sequence[int]) -> list[float]:
        asked[of.date] = list(times_us)
        return [0.0] * len(times_us)

    snow_in(sun).covered(a_day(day, zone))
    begin_us = midnight_us(day, zone)
    assert asked[day] == [begin_us + part * part_us + part_us // 2 for part in range(24)]


@pytest.mark.parametrize("sunny", [0, 9, 22])
def test_snow_slides_through_the_part_of_a_day_in_which_the_sun_is_on_it(sunny: int) -> None:
    day = a_fall()
    begin_us = midnight_us(day, UTC) + sunny * HOUR_US

    def sun(_day: Day, times_us: Sequence[int]) -> list[float]:
        return [SUN if begin_us <= time_us < begin_us + HOUR_US else 0.0 for time_us in times_us]

    after = snow_left(1.0, TILT_DEG, SUN, -20.0, 3600.0)
    assert 0.0 < after < 1.0
    assert snow_in(sun).covered(a_day(day)) == [1.0] * (sunny + 1) + [after] * (23 - sunny)


def test_the_next_day_begins_with_what_slid_in_the_last_part_of_the_day_before() -> None:
    day = a_fall()
    end_us = midnight_us(day + timedelta(days=1), UTC)

    def sun(_day: Day, times_us: Sequence[int]) -> list[float]:
        return [SUN if end_us - HOUR_US <= time_us < end_us else 0.0 for time_us in times_us]

    snow = snow_in(sun)
    assert snow.covered(a_day(day)) == [1.0] * 24
    assert snow.covered(a_day(day + timedelta(days=1))) == [snow_left(1.0, TILT_DEG, SUN, -20.0, 3600.0)] * 24


def test_parts_of_a_day_on_which_clocks_are_moved_are_as_much_shorter() -> None:
    """Snow slides by the time that has passed, not by the clock."""

    def after_a_part(day: date) -> float:
        air = OutdoorDays(PEAK, "1/weather")
        snow = OnEveryDay(air, "1/weather", TILT_DEG, lambda _day, times_us: [SUN] * len(times_us))
        return 1.0 - snow.covered(a_day(day, BERLIN))[1]

    assert after_a_part(SHORT_DAY) == pytest.approx(23.0 / 25.0 * after_a_part(LONG_DAY))


def test_snow_lies_again_on_the_day_on_which_more_falls() -> None:
    snow = snow_in(lambda _day, times_us: [SUN] * len(times_us))
    day = a_fall()
    slid = snow.covered(a_day(day))
    assert slid[0] == 1.0
    assert slid[-1] < 1.0
    later = next(
        day + timedelta(days=number) for number in range(1, 90) if snow.falls(day + timedelta(days=number))
    )
    assert snow.covered(a_day(later)) == slid


@pytest.mark.parametrize(("tilt_deg", "begins"), [(70.0, 1.0), (70.1, 0.0)])
def test_none_stays_on_modules_steeper_than_70_degrees(tilt_deg: float, begins: float) -> None:
    assert snow_in(dark, tilt_deg).covered(a_day(a_fall()))[0] == begins


def test_a_day_is_the_same_when_it_is_asked_for_again() -> None:
    snow, day = snow_in(lambda _day, times_us: [SUN] * len(times_us)), a_day(a_fall())
    assert snow.covered(day) == snow.covered(day)


def test_what_has_slid_off_stays_away_until_more_falls() -> None:
    air = OutdoorDays(PEAK, "1/weather")
    snow = OnOneDay(air, "1/weather", TILT_DEG, lambda _day, times_us: [SUN] * len(times_us))
    later = [snow.covered(a_day(FIRST + timedelta(days=number))) for number in (1, 2, 3)]
    assert later == [[0.0] * 24] * 3


@pytest.mark.parametrize(("second_c", "share"), [(4.0, 1.0), (4.1, 0.0)])
def test_a_day_of_a_mean_above_4_degrees_melts_all_snow(second_c: float, share: float) -> None:
    air = WarmOnTheSecond(PEAK, "1/weather")
    air.second_c = second_c
    snow = OnOneDay(air, "1/weather", TILT_DEG, dark)
    for number in (1, 2):
        assert snow.covered(a_day(FIRST + timedelta(days=number))) == [share] * 24
