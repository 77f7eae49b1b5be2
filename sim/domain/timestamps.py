"""Times in microseconds since the Unix epoch, and as `datetime`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

Timestamps = Literal["wall", "simulated"]
"""Whose time clients are told."""
MICROSECONDS = 1_000_000
YEARS = (1970, 2200)
"""First and last year in which a run can start; up to 2262, the end of what recordings can hold, it can last."""
FIRST_US = -86_400 * MICROSECONDS
"""A day before 1970: where clocks go ahead of UTC, the year has begun by then."""
LAST_US = 9_214_646_400 * MICROSECONDS
"""The begin of 2262 [µs]."""


def check_start(moment: datetime) -> datetime:
    """Return a moment at which a run can start.

    Raises:
        ValueError: If none can; says which are accepted.
    """
    first, last = YEARS
    if not first <= moment.year <= last:
        raise ValueError(f"start is {moment.isoformat()}; accepted: years from {first} to {last}")
    return moment


def to_us(moment: datetime) -> int:
    """Return an aware datetime as microseconds since the Unix epoch."""
    elapsed = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (elapsed.days * 86_400 + elapsed.seconds) * MICROSECONDS + elapsed.microseconds


def to_datetime(time_us: int) -> datetime:
    """Return microseconds since the Unix epoch as a datetime in UTC."""
    seconds, microseconds = divmod(time_us, MICROSECONDS)
    return datetime.fromtimestamp(seconds, tz=UTC).replace(microsecond=microseconds)
