"""Inputs that are made day by day on the site's clock, across the days on which that clock is moved."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta, tzinfo
from typing import NamedTuple, Protocol

from ..domain.timestamps import MICROSECONDS, to_datetime, to_us
from .signal import NEVER, Steps

SECOND_US = MICROSECONDS
MINUTE_US = 60 * SECOND_US
DAY_US = 86_400 * SECOND_US
_MICROSECOND = timedelta(microseconds=1)
_DAYS_KEPT = 4


class Day(NamedTuple):
    """A calendar day of a time zone: 23, 24 or 25 hours as a rule."""

    date: date
    begin_us: int
    end_us: int
    zone: tzinfo


class DayMaker(Protocol):
    """Makes the steps of any day; the first one begins with the day."""

    def steps(self, day: Day) -> Steps:
        """Return the values of a day, always the same for the same day."""
        ...


class Daily:
    """A signal made of days, each made when it is first asked for."""

    def __init__(self, maker: DayMaker, zone: tzinfo, ends_us: int = NEVER) -> None:
        """Play a maker's days on the clock of a zone; see `Signal` for when it ends."""
        self.ends_us = ends_us
        self._maker = maker
        self._zone = zone
        self._days: dict[date, tuple[Day, Steps]] = {}
        self._begin_us = self._end_us = 0
        self._steps = Steps((0,), (0.0,))

    def at(self, time_us: int) -> float:
        """Return the value of the day's last step that is not after `time_us`."""
        if not self._begin_us <= time_us < self._end_us:
            self._turn_to(time_us)
        return self._steps.at(time_us)

    def until(self, time_us: int) -> int:
        """Return the day's next step, at the latest the beginning of the next day."""
        if not self._begin_us <= time_us < self._end_us:
            self._turn_to(time_us)
        return min(self._steps.until(time_us), self._end_us)

    def day_of(self, time_us: int) -> tuple[Steps, int]:
        """Return the steps of the day that holds a time, and when the day ends [µs]."""
        if not self._begin_us <= time_us < self._end_us:
            self._turn_to(time_us)
        return self._steps, self._end_us

    def _turn_to(self, time_us: int) -> None:
        """Remember the day that holds a time; what is kept speeds lookups up and changes no answer."""
        day = day_at(time_us, self._zone)
        if day.date not in self._days:
            if len(self._days) >= _DAYS_KEPT:
                del self._days[next(iter(self._days))]
            self._days[day.date] = (day, self._maker.steps(day))
        day, self._steps = self._days[day.date]
        self._begin_us, self._end_us = day.begin_us, day.end_us


class WallClock:
    """Values by the time of day that the clock on the wall shows, on every day or on several days in turn.

    Where the clock is put back, the repeated hour repeats its values; where it is put forward, the hour that
    is left out takes its values with it.
    """

    def __init__(
        self,
        times_us: Sequence[int],
        values: Sequence[float],
        *,
        days: int | None = 1,
        first: date = date.min,
    ) -> None:
        """Keep the values of some days.

        Args:
            times_us: By the clock, since midnight of the first day, strictly ascending; at least one [µs].
            values: One for each time.
            days: After so many days they start over, so that the last value also holds before the first time; None
                if they do not.
            first: The first day.
        """
        self._times = times_us
        self._values = values
        self._days = days
        self._first = first

    def steps(self, day: Day) -> Steps:
        """Return the values of a day."""
        times, values = [], []
        number = (day.date - self._first).days
        midnight_us = DAY_US * (number if self._days is None else number % self._days)
        before = 0 if self._days is None else -1
        for begin_us, end_us, offset_us in _stretches(day):
            wall_us = midnight_us + (begin_us + offset_us) % DAY_US
            times.append(begin_us)
            values.append(self._values[max(bisect_right(self._times, wall_us) - 1, before)])
            first = bisect_right(self._times, wall_us)
            last = bisect_left(self._times, wall_us + end_us - begin_us)
            times += [begin_us + time_us - wall_us for time_us in self._times[first:last]]
            values += self._values[first:last]
        return Steps(times, values)


def day_at(time_us: int, zone: tzinfo) -> Day:
    """Return the calendar day that holds a time."""
    day = local_datetime(time_us, zone).date()
    begin_us, end_us = midnight_us(day, zone), midnight_us(day + timedelta(days=1), zone)
    if time_us < begin_us:
        day, begin_us, end_us = day - timedelta(days=1), midnight_us(day - timedelta(days=1), zone), begin_us
    elif time_us >= end_us:
        day, begin_us, end_us = day + timedelta(days=1), end_us, midnight_us(day + timedelta(days=2), zone)
    return Day(day, begin_us, end_us, zone)


def midnight_us(day: date, zone: tzinfo) -> int:
    """Return when a calendar day begins [µs]."""
    return to_us(datetime.combine(day, time(), zone))


def local_datetime(time_us: int, zone: tzinfo) -> datetime:
    """Return a time as the clock of a zone shows it."""
    return to_datetime(time_us).astimezone(zone)


def moves_clock(day: Day) -> bool:
    """Say whether the zone's offset from UTC changes within a day."""
    return _offset_us(day.begin_us, day.zone) != _offset_us(day.end_us - 1, day.zone)


def _stretches(day: Day) -> list[tuple[int, int, int]]:
    """Return the day's parts of constant offset from UTC: begin, end, offset [µs]."""
    first, last = _offset_us(day.begin_us, day.zone), _offset_us(day.end_us - 1, day.zone)
    if first == last:
        return [(day.begin_us, day.end_us, first)]
    seconds = range(day.begin_us // SECOND_US, day.end_us // SECOND_US)
    moved_us = SECOND_US * seconds[
        bisect_left(seconds, True, key=lambda second: _offset_us(second * SECOND_US, day.zone) != first)
    ]  # fmt: skip
    return [(day.begin_us, moved_us, first), (moved_us, day.end_us, last)]


def _offset_us(time_us: int, zone: tzinfo) -> int:
    offset = local_datetime(time_us, zone).utcoffset()
    return 0 if offset is None else offset // _MICROSECOND
