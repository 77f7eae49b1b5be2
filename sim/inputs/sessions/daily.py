"""Sessions that are found day by day, without an end."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, time, timedelta, tzinfo
from itertools import pairwise

from ....models.electric_car import ElectricCarParams
from ...domain.timestamps import to_datetime, to_us
from ..signal import NEVER
from .session import NO_CAR, Curves, OverlapError, Session, SessionNow, next_change_us, numbers_of

LEAD_IN_DAYS = 7
"""How long before a run its first car may have come: longer than cars stay."""


class DayByDay:
    """The sessions of one day after the other, from a first day on.

    Days are worked out when they are asked for, and always from the first one on: what happens at an instant
    depends on no later day, nor on how far anybody has looked. A car that comes while the charger is taken drives on.
    """

    ends_us = NEVER

    def __init__(
        self,
        arriving: Callable[[date], Sequence[Session]],
        *,
        first_day: date,
        zone: tzinfo,
        cars: Iterable[ElectricCarParams],
    ) -> None:
        """Plan sessions.

        Args:
            arriving: Says who comes on a day, by arrival; the same whenever it is asked.
            first_day: On which the charger is empty at midnight.
            zone: Of the days.
            cars: That may come.
        """
        self._arriving = arriving
        self._next_day = first_day
        self._zone = zone
        self._sessions: list[Session] = []
        self._arrivals: list[int] = []
        self._curves = Curves(cars)
        self.dc_curves_w = self._curves.flat_w

    def session(self, time_us: int) -> Session | None:
        """Return the session at an instant, or None without a car."""
        index = self._index(time_us)
        return self._sessions[index] if index >= 0 and time_us < self._sessions[index].leaves_us else None

    def at(self, time_us: int) -> SessionNow:
        """Return what holds from `time_us` until the next change."""
        session = self.session(time_us)
        if session is None:
            return NO_CAR
        return numbers_of(session, time_us, self._index(time_us) + 1, self._curves.number(session.car))

    def until(self, time_us: int) -> int:
        """Return the first change strictly after `time_us`, at the latest midnight."""
        index = self._index(time_us)
        change_us = self._midnight_us(self._day(time_us) + timedelta(days=1))
        for session in self._sessions[max(index, 0) : index + 2]:
            change_us = min(change_us, next_change_us(session, time_us))
        return change_us

    def refuse_overlaps(self, first: date, days: int) -> None:
        """Look whether cars would drive on because the charger is taken.

        Args:
            first: Day to look at.
            days: How many to look at.

        Raises:
            OverlapError: If one would.
        """
        coming = [each for day in range(days) for each in self._arriving(first + timedelta(days=day))]
        for earlier, later in pairwise(coming):
            if later.arrival_us < earlier.leaves_us:
                raise OverlapError(earlier, later)

    def _index(self, time_us: int) -> int:
        day = self._day(time_us)
        while self._next_day <= day:
            for session in self._arriving(self._next_day):
                if not self._sessions or session.arrival_us >= self._sessions[-1].leaves_us:
                    self._sessions.append(session)
                    self._arrivals.append(session.arrival_us)
            self._next_day += timedelta(days=1)
        return bisect_right(self._arrivals, time_us) - 1

    def _day(self, time_us: int) -> date:
        return to_datetime(time_us).astimezone(self._zone).date()

    def _midnight_us(self, day: date) -> int:
        return to_us(datetime.combine(day, time(), self._zone))
