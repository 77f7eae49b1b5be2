"""Spans and moments as tests write them, in microseconds."""

from __future__ import annotations

from datetime import datetime, timedelta

from ...sim.domain.timestamps import to_datetime
from ...sim.files.units import SECOND
from ...sim.site.site import Site

Span = str | timedelta
"""A length of time: `"10 min"`, or a timedelta."""
Moment = str | datetime
"""A point in time: ISO 8601 text or a datetime; by the site's clock if it names no offset."""


def span_us(span: Span, name: str) -> int:
    """Return a span [µs].

    Args:
        span: As the test wrote it.
        name: Of the argument, for messages.

    Raises:
        ValueError: If it is no span, or a negative one.
    """
    accepted = 'a timedelta, or text such as "10 min" (s, ms, min, h, d), not below 0'
    try:
        seconds = span.total_seconds() if isinstance(span, timedelta) else SECOND.parse(span)
    except ValueError:
        seconds = -1.0
    if seconds < 0.0:
        raise ValueError(f"{name} is {span!r}; accepted: {accepted}")
    return round(seconds * 1e6)


def moment_us(moment: Moment, site: Site, name: str) -> int:
    """Return a moment [µs since the Unix epoch].

    Args:
        moment: As the test wrote it.
        site: By whose clock moments without an offset go.
        name: Of the argument, for messages.

    Raises:
        ValueError: If it is none.
    """
    try:
        return site.moment_us(moment if isinstance(moment, datetime) else datetime.fromisoformat(moment))
    except (TypeError, ValueError):
        raise ValueError(
            f"{name} is {moment!r}; accepted: a datetime, or ISO 8601 text such as 2026-06-15T12:00:00+02:00"
        ) from None


def local_time(time_us: int, site: Site) -> datetime:
    """Return a time [µs since the Unix epoch] by the clock of a site."""
    return to_datetime(time_us).astimezone(site.microgrid.location.zone)


def shown_span(length_us: int) -> str:
    """Return a span as people write it, such as `1 h 5 min`."""
    minutes, rest_us = divmod(length_us, 60_000_000)
    days, minutes = divmod(minutes, 24 * 60)
    hours, minutes = divmod(minutes, 60)
    parts = [f"{count} {unit}" for count, unit in ((days, "d"), (hours, "h"), (minutes, "min")) if count]
    if rest_us or not parts:
        parts.append(f"{rest_us / 1e6:g} s")
    return " ".join(parts)
