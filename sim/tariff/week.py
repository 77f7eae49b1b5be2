"""Prices by the hour and the day of the week, minute by minute."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, tzinfo

import numpy as np
import numpy.typing as npt

from ..files.problems import Finding, Place
from ..inputs.daily import MINUTE_US, Daily, WallClock
from ..inputs.sessions.sections import WEEKDAYS
from .keys import MINUTES_A_DAY, TimeOfUse, Window

_WEEK = MINUTES_A_DAY * len(WEEKDAYS)
_MONDAY = date(1970, 1, 5)
_NONE = -1
Minutes = npt.NDArray[np.int64]


def week_faults(times: TimeOfUse, place: Place) -> Iterator[Finding]:
    """Yield what is wrong with windows: those that overlap, and times that none covers.

    Args:
        times: As the file says.
        place: Of them in the file.
    """
    owners = np.full(_WEEK, _NONE)
    for number, window in enumerate(times.windows):
        minutes = _minutes(window)
        taken = owners[minutes]
        if (taken != _NONE).any():
            first = int((taken != _NONE).argmax())
            owner = int(taken[first])
            both = minutes[taken == owner]
            yield Finding(
                (*place, "windows", number),
                f"{_stretch(both, np.isin(np.arange(_WEEK), both))} again, which windows[{owner}] has",
                "windows that do not overlap",
            )
        owners[minutes] = number
    if times.otherwise is None and (owners == _NONE).any():
        bare = np.flatnonzero(owners == _NONE)
        yield Finding(
            (*place, "windows"),
            f"without a price {_stretch(bare, owners == _NONE)}",
            "windows for the whole week, or a price `otherwise`",
        )


def week_signal(times: TimeOfUse, zone: tzinfo) -> Daily:
    """Return windows without faults as prices over time, by the clock of a zone [currency per kWh]."""
    prices = np.full(_WEEK, np.nan if times.otherwise is None else times.otherwise.amount)
    for window in times.windows:
        prices[_minutes(window)] = window.price.amount
    begins = np.flatnonzero(np.concatenate(([True], prices[1:] != prices[:-1])))
    clock = WallClock(
        (begins * MINUTE_US).tolist(), prices[begins].tolist(), days=len(WEEKDAYS), first=_MONDAY
    )
    return Daily(clock, zone)


def _minutes(window: Window) -> Minutes:
    """Return the minutes of the week that a window has."""
    end = window.end if window.end > window.begin else window.end + MINUTES_A_DAY
    own = np.arange(window.begin, end)
    days = [MINUTES_A_DAY * WEEKDAYS.index(day) for day in dict.fromkeys(window.days)]
    found: Minutes = (np.array(days)[:, None] + own[None, :]).ravel() % _WEEK
    return found


def _stretch(minutes: Minutes, is_one: npt.NDArray[np.bool_]) -> str:
    """Return from when to when the first stretch of some minutes of the week is."""
    begin = int(minutes[0])
    end = begin
    while end < begin + _WEEK and is_one[end % _WEEK]:
        end += 1
    return f"from {_shown(begin)} to {_shown(end)}"


def _shown(minute: int) -> str:
    day, minutes = divmod(minute % _WEEK, MINUTES_A_DAY)
    return f"{WEEKDAYS[day]} {minutes // 60:02d}:{minutes % 60:02d}"
