"""Recorded charging sessions in the form of ACN-Data: CSV tables, and the JSON of its own export.

Z. J. Lee, T. Li, S. H. Low, "ACN-Data: Analysis and Applications of an Open EV Charging Dataset", e-Energy 2019,
doi:10.1145/3307772.3328313; https://ev.caltech.edu/dataset.
"""

from __future__ import annotations

import csv
import io
import json
import math
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, tzinfo
from email.utils import parsedate_to_datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from ...domain.timestamps import to_us
from ...files.bounded import TooMuchError, open_bounded
from ...files.problems import did_you_mean, shown
from ..errors import InputError

_Value = TypeVar("_Value")

_KILO = 1e3
_CSV_COLUMNS = ("arrival", "departure", "delivered_energy", "station_id")
_CSV_UNITS = {"requested_energy": "kWh", "delivered_energy": "kWh", "max_power": "kW", "max_current": "A"}
_UNIT = re.compile(r"\s*\(([^()]*)\)$")
_NUMBER = re.compile(r"\s*[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?\s*")
_JSON_FIELDS = {
    "arrival": "connectionTime",
    "departure": "disconnectTime",
    "done": "doneChargingTime",
    "delivered_energy": "kWhDelivered",
    "station_id": "stationID",
    "session_id": "sessionID",
}
_TIME = "a time such as 2019-05-01T06:33:14-07:00"
_ENERGY = "a number of kWh, 0..1000"
_ENERGY_MAX_KWH = 1000.0
_POWER = "a number of kW, more than 0, up to 1000"
_CURRENT = "a number of amperes, more than 0, up to 1000"
_LIMIT_MAX = 1000.0
_HOUR_US = 3_600_000_000
_LISTED = 3
"""Overlaps of a file that are named; of the others it is said how many there are."""


class RecordedSession(NamedTuple):
    """A session as a file tells it."""

    arrival_us: int
    departure_us: int
    delivered_wh: float
    """To the vehicle [Wh]."""
    requested_wh: float
    """As the user said [Wh]; what was delivered where nobody did."""
    estimated_departure_us: int
    """As the user said; the departure where nobody did."""
    done_us: int
    """When the car took no more; the departure where the file does not say."""
    station: str
    session: str
    line: int
    """Where the session stands in its file."""
    max_power_w: float | None = None
    """Greatest power that was drawn [W]; None where the file does not say."""
    max_current_a: float | None = None
    """Greatest current on a phase [A]; likewise."""


def read_acn_sessions(
    path: Path, zone: tzinfo, *, refuses_overlaps: bool = True
) -> tuple[RecordedSession, ...]:
    """Read all sessions of a file, by arrival.

    Args:
        path: A CSV table with columns `arrival`, `departure`, `delivered_energy`, `station_id`, and if known
            `requested_energy`, `estimated_departure`, `session_id`, `max_power` and `max_current` (kWh, kW and A, with
            or without ` (kWh)` and the like in their names), or a JSON export; either may be compressed by gzip.
        zone: Of times written without an offset.
        refuses_overlaps: Whether two sessions at a station at the same time are refused.

    Raises:
        InputError: Naming the file, the line and the column of the first thing that is wrong, or two sessions that
            overlap at one station.
    """
    try:
        stamp = path.stat().st_mtime_ns
    except OSError:
        raise InputError(
            path.name, None, "file", "not there", f"an existing file (looked for {path})"
        ) from None
    sessions = _read(path, zone, stamp)
    if refuses_overlaps:
        refuse_overlaps(path.name, sessions)
    return sessions


def at_station(sessions: Iterable[RecordedSession], station: str | None, file: str) -> list[RecordedSession]:
    """Return the sessions of a station; it may be left unnamed where there is only one.

    Raises:
        InputError: If the station is not in the file, or none is named where there are several.
    """
    kept: dict[str, list[RecordedSession]] = {}
    for session in sessions:
        kept.setdefault(session.station, []).append(session)
    if station is None and len(kept) == 1:
        return next(iter(kept.values()))
    if station in kept:
        return kept[station]
    names = ", ".join(sorted(kept)[:8]) + (f" … ({len(kept)} in all)" if len(kept) > 8 else "")
    found = "not given" if station is None else shown(station)
    raise InputError(file, None, "station", found, f"one of {names}{did_you_mean(station, kept)}")


@lru_cache(maxsize=4)
def _read(path: Path, zone: tzinfo, _stamp: int) -> tuple[RecordedSession, ...]:
    text = _text(path)
    rows = _json_rows(path.name, text) if text.lstrip()[:1] in {"{", "["} else _csv_rows(path.name, text)
    sessions = sorted((_session(row, zone) for row in rows), key=lambda session: session.arrival_us)
    if not sessions:
        raise InputError(path.name, None, "content", "without sessions", "at least one session")
    return tuple(sessions)


def _text(path: Path) -> str:
    try:
        with open_bounded(path) as content:
            return content.read().decode("utf-8-sig")
    except (OSError, EOFError, UnicodeDecodeError, zlib.error, TooMuchError) as error:
        raise InputError(
            path.name, None, "content", f"not readable ({error})", "CSV or JSON in UTF-8"
        ) from error


class _Row(NamedTuple):
    file: str
    line: int
    values: Mapping[str, Any]
    names: Mapping[str, str]
    """What the file calls each value."""

    def error(self, field: str, accepted: str) -> InputError:
        value = self.values.get(field)
        found = "missing" if value in (None, "") else shown(value)
        return InputError(self.file, self.line, self.names.get(field, field), found, accepted)


def _csv_rows(file: str, text: str) -> Iterator[_Row]:
    lines = _csv_lines(file, text)
    header = [name.strip() for name in next(lines, (1, []))[1]]
    plain = [_without_unit(file, name) for name in header]
    for column in _CSV_COLUMNS:
        if column not in plain:
            found = f"missing among {', '.join(header) or 'nothing'}"
            unit = f" ({_CSV_UNITS[column]})" if column in _CSV_UNITS else ""
            raise InputError(
                file, 1, "columns", found, f"a column {column}{unit}{did_you_mean(column, plain)}"
            )
    for column in plain:
        if column and plain.count(column) > 1:
            named = " and ".join(name for name, each in zip(header, plain, strict=True) if each == column)
            raise InputError(file, 1, "columns", f"{named} beside each other", f"{column} once")
    names = dict(zip(plain, header, strict=True))
    for line, cells in lines:
        if not any(cells):
            continue
        if len(cells) != len(header):
            raise InputError(file, line, "row", f"{len(cells)} cells", f"{len(header)} cells")
        yield _Row(file, line, dict(zip(plain, cells, strict=True)), names)


def _without_unit(file: str, name: str) -> str:
    """Return the name of a column without the unit that it may end in.

    Raises:
        InputError: If that is not the unit in which the column is read.
    """
    plain, unit = _UNIT.sub("", name), _UNIT.search(name)
    if unit is None or plain not in _CSV_UNITS:
        return name
    if unit[1] != _CSV_UNITS[plain]:
        raise InputError(file, 1, "columns", name, f"{plain} ({_CSV_UNITS[plain]})")
    return plain


def _csv_lines(file: str, text: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text))
    try:
        yield from ((reader.line_num, cells) for cells in reader)
    except csv.Error as error:
        raise InputError(file, reader.line_num, "row", f"not readable ({error})", "a row of CSV") from None


def _json_rows(file: str, text: str) -> Iterator[_Row]:
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        raise InputError(
            file, error.lineno, "content", f"not JSON ({error.msg})", "the JSON of ACN-Data"
        ) from None
    except RecursionError:
        raise InputError(
            file, None, "content", "lists or mappings within each other without end", "the JSON of ACN-Data"
        ) from None
    except ValueError:
        raise InputError(
            file, None, "content", "a whole number of thousands of digits", "the JSON of ACN-Data"
        ) from None
    items = content.get("_items") if isinstance(content, dict) else content
    if not isinstance(items, list):
        raise InputError(
            file, 1, "content", "without sessions", "a list of sessions, or a mapping with `_items`"
        )
    for line, item in zip(_item_lines(text, len(items)), items, strict=True):
        if not isinstance(item, dict):
            raise InputError(file, line, "session", shown(item), "a mapping")
        values = {ours: item.get(theirs) for ours, theirs in _JSON_FIELDS.items()}
        names = dict(_JSON_FIELDS)
        if inputs := item.get("userInputs"):
            if not (isinstance(inputs, list) and all(isinstance(each, dict) for each in inputs)):
                raise InputError(file, line, "userInputs", shown(inputs), "a list of mappings")
            values["requested_energy"] = inputs[-1].get("kWhRequested")
            values["estimated_departure"] = inputs[-1].get("requestedDeparture")
            names |= {"requested_energy": "kWhRequested", "estimated_departure": "requestedDeparture"}
        if currents := item.get("chargingCurrent"):
            values["max_current"] = _greatest_current(currents)
            names["max_current"] = "chargingCurrent"
        yield _Row(file, line, values, names)


def _greatest_current(series: object) -> object:
    """Return the greatest current that a car drew, of a series over time; the series itself if it is none."""
    currents = series.get("current") if isinstance(series, dict) else None
    if not isinstance(currents, list) or not all(_is_number(each) for each in currents):
        return series
    # A car that drew nothing told nothing of what it could draw.
    return max(currents, default=0.0) or None


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _item_lines(text: str, count: int) -> Sequence[int]:
    """Return the line on which each item of a JSON list begins, of text that is known to be sound."""
    start = text.index("[", text.index('"_items"') if text.lstrip().startswith("{") else 0) + 1
    decoder, lines, line, counted = json.JSONDecoder(), [], 1, 0
    for _ in range(count):
        while text[start] in " \t\r\n,":
            start += 1
        line += text.count("\n", counted, start)
        counted = start
        lines.append(line)
        _, start = decoder.raw_decode(text, start)
    return lines


def _session(row: _Row, zone: tzinfo) -> RecordedSession:
    arrival_us = _time_us(row, "arrival", zone)
    departure_us = _time_us(row, "departure", zone)
    if departure_us <= arrival_us:
        raise row.error("departure", f"later than the {row.names['arrival']}, {row.values['arrival']}")
    delivered_wh = _energy_wh(row, "delivered_energy")
    stay_h = (departure_us - arrival_us) / _HOUR_US
    if delivered_wh > _LIMIT_MAX * _KILO * stay_h:
        accepted = (
            f"at most {_LIMIT_MAX * stay_h:g} kWh in a stay of {stay_h * 3600.0:g} s, {_LIMIT_MAX:g} kW"
        )
        raise row.error("delivered_energy", accepted)
    station = row.values.get("station_id")
    if not isinstance(station, str | int) or isinstance(station, bool) or station == "":
        raise row.error("station_id", "the name of a station")
    return RecordedSession(
        arrival_us,
        departure_us,
        delivered_wh,
        _optional(row, "requested_energy", delivered_wh, _energy_wh),
        _optional(row, "estimated_departure", departure_us, lambda row, name: _time_us(row, name, zone)),
        _optional(row, "done", departure_us, lambda row, name: _time_us(row, name, zone)),
        str(station),
        str(row.values.get("session_id") or ""),
        row.line,
        _limit(row, "max_power", _KILO, _POWER),
        _limit(row, "max_current", 1.0, _CURRENT),
    )


def _limit(row: _Row, name: str, factor: float, accepted: str) -> float | None:
    if row.values.get(name) in (None, ""):
        return None
    limit = _number(row.values[name])
    if not 0.0 < limit <= _LIMIT_MAX:
        raise row.error(name, accepted)
    return factor * limit


def _optional(row: _Row, name: str, default: _Value, read: Callable[[_Row, str], _Value]) -> _Value:
    return default if row.values.get(name) in (None, "") else read(row, name)


def _time_us(row: _Row, name: str, zone: tzinfo) -> int:
    text = row.values.get(name)
    if isinstance(text, str):
        for read in (datetime.fromisoformat, parsedate_to_datetime):
            try:
                moment = read(text.strip())
            except ValueError:
                continue
            return to_us(moment if moment.tzinfo else moment.replace(tzinfo=zone))
    raise row.error(name, _TIME)


def _energy_wh(row: _Row, name: str) -> float:
    energy_kwh = _number(row.values.get(name))
    if not 0.0 <= energy_kwh <= _ENERGY_MAX_KWH:
        raise row.error(name, _ENERGY)
    return energy_kwh * _KILO


def _number(value: object) -> float:
    """Return a number of a file; NaN for whatever else it is."""
    if isinstance(value, str):
        return float(value) if _NUMBER.fullmatch(value) else math.nan
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else math.nan


def refuse_overlaps(file: str, sessions: Iterable[RecordedSession]) -> None:
    """Hold a recording to one car at a station at a time.

    Raises:
        InputError: Naming the first sessions that come too early, and how many there are.
    """
    overlaps: list[tuple[RecordedSession, RecordedSession]] = []
    last: dict[str, RecordedSession] = {}
    for session in sessions:
        before = last.get(session.station)
        if before is not None and session.arrival_us < before.departure_us:
            overlaps.append((session, before))
        if before is None or session.departure_us > before.departure_us:
            last[session.station] = session
    if not overlaps:
        return
    first, *others = overlaps
    found = f"within that of line {first[1].line} at station {first[0].station}"
    if others:
        lines = ", ".join(str(session.line) for session, _ in others[:_LISTED])
        more = " …" if len(others) > _LISTED else ""
        found += f", and {len(others)} more like it, on line{'s' if len(others) > 1 else ''} {lines}{more}"
    accepted = "one car at a station at a time; or `overlaps: trim`, `skip` or `keep`"
    raise InputError(file, first[0].line, "stay", found, accepted)
