"""Times as site files and recordings write them, and what they are on the simulator's axis."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from pydantic_core import PydanticCustomError

from .units import SECOND

_TIME_OF_DAY = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?")
_OFFSET = re.compile(r"([+-])(\d{2}):?(\d{2})")
_MOMENTS = 'a time of day ("06:30"), a duration (90 s), or an instant (2026-06-15T11:00:00+02:00)'
_DURATION = SECOND.within(lower=0.0)


def parse_moment(value: object) -> time | datetime | float:
    """Read when a point begins to hold.

    Args:
        value: As text, a time of day, an ISO 8601 date with a time, or a duration since the run's start; a
            file format with dates of its own may give a `datetime`.

    Returns:
        Time of day, instant, or seconds.

    Raises:
        PydanticCustomError: If it is none of these.
    """
    if isinstance(value, datetime):
        return value
    text = value.strip() if isinstance(value, str) else ""
    if match := _TIME_OF_DAY.fullmatch(text):
        hour, minute, second = (int(part or 0) for part in match.groups())
        return time(hour, minute, second)
    for read in (_DURATION.parse, datetime.fromisoformat):
        try:
            return read(text)
        except ValueError:
            continue
    raise PydanticCustomError("moment", "{accepted}", {"accepted": _MOMENTS})


def write_moment(moment: time | datetime | float) -> str:
    """Return a moment as files write it."""
    return _DURATION.write(moment) if isinstance(moment, float) else moment.isoformat()


def parse_zone(name: str) -> tzinfo:
    """Return the time zone of a name or an offset (`Europe/Berlin`, `UTC`, `+02:00`).

    Raises:
        ValueError: If there is no such zone; the text says what is accepted.
    """
    if match := _OFFSET.fullmatch(name):
        offset = timedelta(hours=int(match[2]), minutes=int(match[3]))
        if offset < timedelta(days=1):
            return timezone(-offset if match[1] == "-" else offset)
    try:
        return UTC if name == "UTC" else ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        raise ValueError(
            "an IANA time zone such as Europe/Berlin, UTC, or an offset such as +02:00"
        ) from None
