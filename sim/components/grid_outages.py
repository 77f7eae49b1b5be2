"""Times without the public grid: what a site file says of them, and whether the grid is there."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, tzinfo
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, Discriminator, Field, PlainSerializer, PlainValidator, Tag, WithJsonSchema

from ..domain.timestamps import to_us
from ..files.moments import parse_moment, parse_zone, write_moment
from ..files.parameters import Number
from ..files.sections import Section, Text, ZoneOrOffset, one_of_names, refuse
from ..files.units import PositiveDuration
from ..inputs.build import InputSetting
from ..inputs.daily import SECOND_US
from ..inputs.grid.outages import Outage, SeededOutages, grid_presence, read_outages
from ..inputs.grid.presets import outage_preset, outage_preset_names
from ..inputs.signal import Constant, Signal


def _no_time_of_day(moment: time | datetime | float) -> datetime | float:
    if isinstance(moment, time):
        raise refuse("an instant (2026-06-15T11:00:00+02:00), or a duration since the run's start (90 s)")
    return moment


class GridOutage(Section):
    """A time without the grid."""

    begin: Annotated[
        datetime | float,
        PlainValidator(lambda value: _no_time_of_day(parse_moment(value))),
        PlainSerializer(write_moment, when_used="json"),
        WithJsonSchema({"type": "string"}, mode="validation"),
    ] = Field(alias="from")
    """An instant, on the site's clock if it names no offset, or seconds since the run's start."""
    duration_s: PositiveDuration = Field(alias="duration")
    """Length of the outage [s]."""


class OutageFile(Section):
    """Outages from a table with a row for each."""

    file: Text
    """Path, relative to the site file."""
    time_column: str | None = None
    """Name of the column of beginnings; the first that holds dates if not given."""
    duration_column: str | None = None
    """Name of the column of durations (`2h, 4m, 45s`, or seconds); `Duration` if not given."""
    timezone: ZoneOrOffset | None = None
    """Zone or offset of times written without one; the site's if not given."""


class OutageProcess(Section):
    """Outages that come at random."""

    preset: Annotated[str, one_of_names(outage_preset_names)]
    """Name of a set of parameters."""
    per_year: Number | None = Field(default=None, ge=0.0, le=10_000.0)
    """Mean number in 365 days; the preset's if not given."""


def _outage_kind(value: object) -> str:
    if isinstance(value, BaseModel):
        value = value.__dict__
    if isinstance(value, Mapping):
        return "file" if "file" in value else "process"
    return "list"


Outages = Annotated[
    Annotated[tuple[GridOutage, ...], Tag("list")]
    | Annotated[OutageFile, Tag("file")]
    | Annotated[OutageProcess, Tag("process")],
    Discriminator(_outage_kind),
]
"""Times without the grid: a list, a file, or statistics."""


def presence_signal(spec: Outages | None, where: InputSetting) -> Signal:
    """Return 1 while the grid is there and 0 while it is not.

    Raises:
        InputError: If a file is wrong: names the line, what was found and what is accepted.
    """
    match spec:
        case None:
            return Constant(1.0)
        case OutageFile():
            return grid_presence(recorded_outages(spec, where.directory, where.location.zone))
        case OutageProcess():
            statistics = outage_preset(spec.preset)
            if spec.per_year is not None:
                statistics = statistics._replace(per_year=spec.per_year)
            return SeededOutages(statistics, where.key)
        case _:
            return grid_presence(_outage(each, where) for each in spec)


def recorded_outages(spec: OutageFile, directory: Path, zone: tzinfo) -> list[Outage]:
    """Return the outages of a table.

    Args:
        spec: Which table, and how it is read.
        directory: Where its path starts.
        zone: Of times written without an offset, if the table has none of its own.

    Raises:
        InputError: If it cannot be read.
    """
    zone = zone if spec.timezone is None else parse_zone(spec.timezone)
    path = directory / spec.file
    return read_outages(path, zone, time_column=spec.time_column, duration_column=spec.duration_column)


def _outage(spec: GridOutage, where: InputSetting) -> Outage:
    begin_us = _begin_us(spec.begin, where)
    return Outage(begin_us, begin_us + round(spec.duration_s * SECOND_US))


def _begin_us(begin: datetime | float, where: InputSetting) -> int:
    if isinstance(begin, float):
        return where.start_us + round(begin * SECOND_US)
    return to_us(begin if begin.tzinfo else begin.replace(tzinfo=where.location.zone))
