"""Arrival statistics fitted to recorded sessions."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta, tzinfo

from ...domain.timestamps import to_datetime, to_us
from .acn import RecordedSession
from .arrivals import PROBABILITIES, ArrivalProfile, StayBand

WEEKDAY_BANDS = (0, 9, 11, 14, 18)
WEEKEND_BANDS = (0, 10, 16)
_HOUR_US = 3_600_000_000
_SATURDAY = 5


def fit_profile(
    sessions: Sequence[RecordedSession],
    zone: tzinfo,
    first_day: date,
    last_day: date,
    kind_of_weekday: tuple[int, ...],
    source: str,
) -> ArrivalProfile:
    """Fit arrival rates and distributions to recorded sessions.

    The rate of an hour is the number of arrivals over the hours that stations were free in it (the estimate of
    greatest likelihood for a Poisson process that runs while a station is free). Every station of the record counts
    as in service throughout.

    Args:
        sessions: Recorded, of all stations.
        zone: Of days and hours.
        first_day: Of the record.
        last_day: Of the record, included.
        kind_of_weekday: Which weekdays are of one kind, from 0 on; Saturday and Sunday of kinds of their own.
        source: What is told of the record.
    """
    stations = len({session.station for session in sessions})
    kinds = max(kind_of_weekday) + 1
    free_h = [[0.0] * 24 for _ in range(kinds)]
    day = first_day
    while day <= last_day:
        for hour in range(24):
            free_h[kind_of_weekday[day.weekday()]][hour] += stations
        day += timedelta(days=1)
    counts = [[0] * 24 for _ in range(kinds)]
    for session in sessions:
        arrival = to_datetime(session.arrival_us).astimezone(zone)
        counts[kind_of_weekday[arrival.weekday()]][arrival.hour] += 1
        for taken, taken_h in _hours_taken(session, zone):
            free_h[kind_of_weekday[taken.weekday()]][taken.hour] -= taken_h
    rates = tuple(
        tuple(_rounded(count / free) for count, free in zip(*rows, strict=True))
        for rows in zip(counts, free_h, strict=True)
    )
    bands = {
        weekend: _bands(sessions, zone, weekend, WEEKEND_BANDS if weekend else WEEKDAY_BANDS)
        for weekend in (False, True)
    }
    weekend_kinds = set(kind_of_weekday[_SATURDAY:])
    return ArrivalProfile(
        source, rates, kind_of_weekday, tuple(bands[kind in weekend_kinds] for kind in range(kinds))
    )


def _hours_taken(session: RecordedSession, zone: tzinfo) -> Iterable[tuple[datetime, float]]:
    begin_us = session.arrival_us
    while begin_us < session.departure_us:
        hour = to_datetime(begin_us).astimezone(zone)
        next_us = to_us(hour.replace(minute=0, second=0, microsecond=0)) + _HOUR_US
        end_us = min(next_us, session.departure_us)
        yield hour, (end_us - begin_us) / _HOUR_US
        begin_us = end_us


def _bands(
    sessions: Sequence[RecordedSession], zone: tzinfo, weekend: bool, starts: Sequence[int]
) -> tuple[StayBand, ...]:
    coming: list[list[RecordedSession]] = [[] for _ in starts]
    for session in sessions:
        arrival = to_datetime(session.arrival_us).astimezone(zone)
        if (arrival.weekday() >= _SATURDAY) == weekend:
            coming[sum(start <= arrival.hour for start in starts) - 1].append(session)
    return tuple(_band(start, among) for start, among in zip(starts, coming, strict=True))


def _band(from_hour: int, sessions: Sequence[RecordedSession]) -> StayBand:
    stays = [(session.departure_us - session.arrival_us) / _HOUR_US for session in sessions]
    energies = [session.delivered_wh / 1e3 for session in sessions]
    return StayBand(
        from_hour, _quantiles(stays), _quantiles(energies), _rounded(_normal_correlation(stays, energies))
    )


def _quantiles(values: Sequence[float]) -> tuple[float, ...]:
    ordered = sorted(values)
    result = []
    for probability in PROBABILITIES:
        position = probability * (len(ordered) - 1)
        index = min(int(position), len(ordered) - 2)
        result.append(_rounded(ordered[index] + (position - index) * (ordered[index + 1] - ordered[index])))
    return tuple(result)


def _normal_correlation(one: Sequence[float], other: Sequence[float]) -> float:
    """Return the correlation of a Gaussian copula from Spearman's rank correlation: `2 sin(π ρ / 6)`."""
    ranks = [_ranks(values) for values in (one, other)]
    mean = (len(one) - 1) / 2.0
    spread = math.sqrt(math.prod(math.fsum((rank - mean) ** 2 for rank in each) for each in ranks))
    return 2.0 * math.sin(
        math.pi / 6.0 * math.fsum((a - mean) * (b - mean) for a, b in zip(*ranks, strict=True)) / spread
    )


def _ranks(values: Sequence[float]) -> list[float]:
    order = sorted(range(len(values)), key=lambda index: values[index])
    ranks = [0.0] * len(values)
    begin = 0
    while begin < len(order):
        end = begin
        while end < len(order) and values[order[end]] == values[order[begin]]:
            end += 1
        for index in order[begin:end]:
            ranks[index] = (begin + end - 1) / 2.0
        begin = end
    return ranks


def _rounded(value: float) -> float:
    return float(f"{value:.3g}")
