"""What the numbers of a column are: instants, means of intervals, or registers. Parquet fields carry it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from ..domain.metrics import Metric
from ..telemetry.intervals import OVER_INTERVALS
from .names import CONDITION_NAMES, parse_name

STATISTIC, INTERVAL, UNIT = b"statistic", b"interval", b"unit"
BEGINS, ENDS = b"begins at timestamp", b"ends at timestamp"
"""Which interval a mean, a least or a greatest value is of: up to the next timestamp, or from the one before."""

_UNITS = {metric.value: metric.unit for metric in Metric}
_OVER_INTERVALS = frozenset(metric.value for metric in OVER_INTERVALS)


class Statistic(StrEnum):
    """What a number says of the interval between two timestamps."""

    INSTANT = "instant"
    REGISTER = "register"
    """An energy, counted on from some time before."""
    MEAN = "mean"
    LEAST = "minimum"
    GREATEST = "maximum"


def statistic_of(name: str, *, means: bool | None) -> Statistic | None:
    """Return what a column of a recording of ours holds; None of texts, and where it is not known.

    Args:
        name: Without the component, such as `AC_POWER_ACTIVE_min`.
        means: Whether powers are recorded as means; None if nobody knows.
    """
    if name in CONDITION_NAMES:
        return None
    parsed = parse_name(name)
    if parsed.bound is not None:
        return Statistic.INSTANT
    if parsed.part is not None:
        return {"min": Statistic.LEAST, "max": Statistic.GREATEST}.get(parsed.part, Statistic.MEAN)
    if parsed.metric.startswith("AC_ENERGY_"):
        return Statistic.REGISTER
    if parsed.metric not in _OVER_INTERVALS or means is False:
        return Statistic.INSTANT
    return Statistic.MEAN if means else None


def is_over_intervals(name: str, *, means: bool | None) -> bool:
    """Say whether a column holds something of the intervals between its times; see `statistic_of`."""
    return statistic_of(name, means=means) in (Statistic.MEAN, Statistic.LEAST, Statistic.GREATEST)


def describe_column(name: str, *, means: bool | None) -> Mapping[bytes, bytes] | None:
    """Return the metadata of a column; see `statistic_of`."""
    if name in CONDITION_NAMES:
        return None
    statistic, unit = statistic_of(name, means=means), _UNITS.get(parse_name(name).metric)
    described = {}
    if statistic is not None:
        described[STATISTIC] = statistic.value.encode()
    if is_over_intervals(name, means=means):
        described[INTERVAL] = BEGINS
    if unit is not None:
        described[UNIT] = unit.encode()
    return described
