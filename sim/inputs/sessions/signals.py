"""The sessions of a charger as signals, one for each number of a session."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..segments import Segments, segments_of
from ..signal import NEVER
from .session import NO_CAR, Session, SessionNow, SessionPlan


class _Lookup:
    """A plan that remembers what it was last asked for, since all signals of a charger ask the same."""

    def __init__(self, plan: SessionPlan) -> None:
        self._plan = plan
        self._begin_us = self._end_us = 0
        self._now = NO_CAR
        self._asked_us = (0, 0)
        self._stretch: tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]] | None = None

    def at(self, time_us: int) -> SessionNow:
        """Return what holds at a time [µs]."""
        if not self._begin_us <= time_us < self._end_us:
            self._now, self._begin_us, self._end_us = (
                self._plan.at(time_us),
                time_us,
                self._plan.until(time_us),
            )
        return self._now

    def until(self, time_us: int) -> int:
        """Return the first change after a time [µs]."""
        self.at(time_us)
        return self._end_us

    def session(self, time_us: int) -> Session | None:
        """Return the session at a time [µs], or None without a car."""
        return self._plan.session(time_us)

    def stretch(self, begin_us: int, end_us: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
        """Return all changes within a stretch as `Segments` have them, with a row for each number of a session."""
        if self._stretch is None or self._asked_us != (begin_us, end_us):
            times, rows = [begin_us], []
            while times[-1] < end_us:
                rows.append(self.at(times[-1]))
                times.append(self._end_us)
            columns = np.ascontiguousarray(np.array(rows, np.float64).T)
            self._asked_us, self._stretch = (begin_us, end_us), (np.array(times, np.int64), columns)
        return self._stretch


class SessionSignal:
    """One number of a charger's sessions over time."""

    is_state = True
    """Sessions are never averaged: half a car is none."""

    def __init__(self, lookup: _Lookup, place: int, ends_us: int) -> None:
        """Pick a number.

        Args:
            lookup: Shared by all signals of a charger.
            place: Of the number in `SessionNow`.
            ends_us: When the source of the sessions ends [µs].
        """
        self.ends_us = ends_us
        self.lookup = lookup
        self.place = place

    def at(self, time_us: int) -> float:
        """Return the number that holds from `time_us` until the next breakpoint."""
        return float(self.lookup.at(time_us)[self.place])

    def until(self, time_us: int) -> int:
        """Return the first change of the sessions after `time_us`, or `NEVER`."""
        return self.lookup.until(time_us)


@segments_of.register
def _(signal: SessionSignal, begin_us: int, end_us: int) -> Segments:
    times, columns = signal.lookup.stretch(begin_us, end_us)
    return Segments(times, columns[signal.place])


def session_signals(plan: SessionPlan) -> dict[str, SessionSignal]:
    """Return the signals of a charger's sessions, by the names of `SessionNow`.

    Where the plan has an end, `session_id` says so for all.
    """
    lookup = _Lookup(plan)
    return {
        name: SessionSignal(lookup, place, plan.ends_us if name == "session_id" else NEVER)
        for place, name in enumerate(SessionNow._fields)
    }
