"""Times without the grid: read from a file, listed, or seeded by statistics, as a signal of 1 (there) and 0 (gone)."""

from __future__ import annotations

import math
import random
import re
from collections.abc import Iterable
from datetime import tzinfo
from pathlib import Path
from typing import Annotated, NamedTuple

from ....models.parameter import Parameter
from ..daily import DAY_US, SECOND_US
from ..files.axis import instants_us
from ..files.table import Table, read_table
from ..signal import NEVER, Steps

_UNITS_S = {"s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_PART = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]*)")
_DURATION = 'a duration such as "2h, 4m, 45s", or a number of seconds; more than zero'
_DAYS_KEPT = 64
_DURATION_S = Parameter("s", 0.0, 30 * 86_400.0, "chosen: a month", above=True)
_SPREAD = Parameter("1", 0.0, 5.0, "chosen: far above any log")


class Outage(NamedTuple):
    """A time without the grid."""

    begin_us: int
    end_us: int


class Presence(Steps):
    """1 while the grid is there and 0 while it is not."""

    is_state = True


def grid_presence(outages: Iterable[Outage]) -> Presence:
    """Return 1 while the grid is there and 0 while it is not; outages may overlap and come in any order."""
    times, values = [0], [1.0]
    gone_until_us = 0
    for outage in sorted(outages):
        if outage.begin_us > gone_until_us:
            times += [outage.begin_us, outage.end_us]
            values += [0.0, 1.0]
        elif outage.end_us > gone_until_us:
            times[-1] = outage.end_us
        gone_until_us = max(gone_until_us, outage.end_us)
    return Presence(times, values)


def parse_duration_s(text: str) -> float:
    """Read a duration as event logs write it: `2h, 4m, 45s`, `35s`, `1d 2h`, or bare seconds.

    Raises:
        ValueError: If it is none; says what is accepted.
    """
    parts = [part for part in re.split(r"[,\s]+(?=\d)", text.strip().lower()) if part]
    total_s = 0.0
    seen: set[float] = set()
    for part in parts:
        match = _PART.fullmatch(part)
        unit_s = None if match is None else _UNITS_S.get(match[2] or ("s" if len(parts) == 1 else "none"))
        if match is None or unit_s is None or unit_s in seen:
            raise ValueError(_DURATION)
        seen.add(unit_s)
        total_s += float(match[1]) * unit_s
    if total_s <= 0.0:
        raise ValueError(_DURATION)
    return total_s


def read_outages(
    path: Path, zone: tzinfo, *, time_column: str | None = None, duration_column: str | None = None
) -> list[Outage]:
    """Read outages from a table, one per row, in any order.

    Args:
        path: A file in CSV or Parquet with a column of beginnings and one of durations.
        zone: Of times that name no offset.
        time_column: Name of the column of beginnings; the first that holds dates if None.
        duration_column: Name of the column of durations; `Duration` if None.

    Raises:
        InputError: Naming file, line, what was found and what is accepted.
    """
    table = _oldest_first(read_table(path, duration_column or "Duration", time_column))
    begins_us = instants_us(table, zone, None)
    outages = []
    for row, (begin_us, cell) in enumerate(zip(begins_us.tolist(), table.values.tolist(), strict=True)):
        try:
            duration_s = parse_duration_s(str(cell))
        except ValueError as error:
            raise table.error(row, str(table.values.name), repr(str(cell)), str(error)) from None
        outages.append(Outage(begin_us, begin_us + round(duration_s * SECOND_US)))
    return outages


def _oldest_first(table: Table) -> Table:
    """Turn a table round whose last row is its oldest: the clock that is put back is read in the order of time."""
    if str(table.times.iloc[0]) <= str(table.times.iloc[-1]):
        return table
    times, values = (column.iloc[::-1].reset_index(drop=True) for column in (table.times, table.values))
    return Table(table.file, times, values, list(table.lines)[::-1])


class OutageStatistics(NamedTuple):
    """How often the grid goes, and for how long: two kinds of outages, each of log-normal duration."""

    per_year: Annotated[float, Parameter("1", 0.0, 100_000.0, "chosen: one every five minutes")]
    """Mean number of both kinds in 365 days."""
    short_share: Annotated[float, Parameter("1", 0.0, 1.0)]
    """Part of them that are short."""
    short_median_s: Annotated[float, _DURATION_S]
    short_spread: Annotated[float, _SPREAD]
    """Standard deviation of the logarithm of a short outage's duration."""
    long_median_s: Annotated[float, _DURATION_S]
    long_spread: Annotated[float, _SPREAD]
    longest_s: Annotated[float, _DURATION_S]
    """Durations are cut here [s]."""


class SeededOutages:
    """Outages that come at random: beginnings by a Poisson process, durations by two log-normal distributions.

    The outages that begin within a day, by UTC, depend on the key and on that day alone.
    """

    ends_us = NEVER
    is_state = True

    def __init__(self, statistics: OutageStatistics, key: str) -> None:
        """Draw outages.

        Args:
            statistics: How many, and how long.
            key: Names the random stream.
        """
        self._statistics = statistics
        self._key = key
        self._days_back = math.ceil(statistics.longest_s * SECOND_US / DAY_US)
        self._begun: dict[int, list[Outage]] = {}
        self._day = 0
        self._presence = self._around(0)

    def at(self, time_us: int) -> float:
        """Return 1 while the grid is there, 0 while it is not."""
        self._turn_to(time_us // DAY_US)
        return self._presence.at(time_us)

    def until(self, time_us: int) -> int:
        """Return when that changes next, at the latest the beginning of the next day."""
        self._turn_to(time_us // DAY_US)
        return min(self._presence.until(time_us), (time_us // DAY_US + 1) * DAY_US)

    def _turn_to(self, day: int) -> None:
        if day != self._day:
            self._day, self._presence = day, self._around(day)

    def _around(self, day: int) -> Steps:
        """Return the presence on a day; outages that began before may last into it."""
        days = range(day - self._days_back, day + 1)
        return grid_presence(outage for each in days for outage in self._beginning_on(each))

    def _beginning_on(self, day: int) -> list[Outage]:
        if day not in self._begun:
            while len(self._begun) >= _DAYS_KEPT:
                del self._begun[next(iter(self._begun))]
            self._begun[day] = list(self._drawn(day))
        return self._begun[day]

    def _drawn(self, day: int) -> Iterable[Outage]:
        """Draw waiting times until the day is over."""
        statistics = self._statistics
        if statistics.per_year <= 0.0:
            return
        mean_us = 365.0 * DAY_US / statistics.per_year
        draw = random.Random(f"{self._key}/{day}")
        begin_us = day * DAY_US + round(mean_us * draw.expovariate(1.0))
        while begin_us < (day + 1) * DAY_US:
            is_short = draw.random() < statistics.short_share
            median_s = statistics.short_median_s if is_short else statistics.long_median_s
            spread = statistics.short_spread if is_short else statistics.long_spread
            drawn_s = min(median_s * math.exp(spread * draw.normalvariate()), statistics.longest_s)
            yield Outage(begin_us, begin_us + max(round(drawn_s * SECOND_US), SECOND_US))
            begin_us += round(mean_us * draw.expovariate(1.0))
