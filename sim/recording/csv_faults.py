"""Finds what is wrong with a recording in CSV: slowly, line by line, once it is known that something is."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import IO, Protocol, Self

from ..domain.timestamps import to_datetime, to_us
from .assemble import ONE_VALUE
from .codes import parse_diagnostic, parse_state
from .errors import RecordingError
from .names import CONDITION_NAMES, HEADER, STATE, parse_name

_TIMES = "a date and time with its offset, such as 2026-06-15 11:00:00.2+00:00"
_CONTENT = f"text in UTF-8 with commas between cells and the columns {','.join(HEADER)}"
_LONGEST_SHOWN = 60


class _Reader(Protocol):
    line_num: int

    def __iter__(self) -> Self: ...

    def __next__(self) -> list[str]: ...


class _FaultError(Exception):
    """What is wrong with a row: column, what was found, what is accepted."""


def csv_fault(file: str, open_content: Callable[[], IO[bytes]], error: Exception) -> RecordingError:
    """Describe the first fault of a file.

    Args:
        file: Name of the file.
        open_content: Opens what is in it.
        error: By which the fault was noticed.
    """
    try:
        with io.TextIOWrapper(open_content(), "utf-8-sig", newline="") as lines:
            fault = _first_fault(file, csv.reader(lines, strict=True))
    except Exception as unreadable:  # the decompressor raises what it likes
        error, fault = unreadable, None
    found = f"not readable ({' '.join(str(error).split())[:200] or type(error).__name__})"
    return fault or RecordingError(file, None, "content", found, _CONTENT)


def two_values(
    file: str,
    open_content: Callable[[], IO[bytes]],
    component: str,
    time_us: int,
    name: str,
    microgrid_id: int | None,
) -> RecordingError:
    """Describe what a component is told twice at one time, with two values.

    Args:
        file: Name of the file.
        open_content: Opens what is in it, which can be read.
        component: As the file has it.
        time_us: At which [µs].
        name: Of the metric, as the file has it.
        microgrid_id: Of which rows alone count; None for all.
    """
    first: tuple[int, str] | None = None
    with io.TextIOWrapper(open_content(), "utf-8-sig", newline="") as lines:
        rows = csv.reader(lines)
        header = next(rows)
        line = rows.line_num + 1
        for cells in rows:
            row = dict(zip(header, cells, strict=False))
            is_it = row.get("component_id") == component and row["metric"] == name
            if is_it and microgrid_id is not None:
                is_it = int(row["microgrid_id"]) == microgrid_id
            if is_it and to_us(datetime.fromisoformat(row["timestamp"])) == time_us:
                if first is not None and not _is_same(row["value"], first[1]):
                    found = f"{_shown(row['value'])} at {row['timestamp']}, and {_shown(first[1])} in line {first[0]}"
                    return RecordingError(file, line, f"{name} of component {component}", found, ONE_VALUE)
                first = first or (line, row["value"])
            line = rows.line_num + 1
    when = to_datetime(time_us).isoformat(" ")
    return RecordingError(file, None, f"{name} of component {component}", f"told twice at {when}", ONE_VALUE)


def _first_fault(file: str, rows: _Reader) -> RecordingError | None:
    line = 1
    try:
        header = next(rows, [])
        _check_header(header)
        line = rows.line_num + 1
        for row in rows:
            if row:
                _check(header, row)
            line = rows.line_num + 1
    except _FaultError as fault:
        return RecordingError(file, line, *fault.args)
    except (csv.Error, UnicodeDecodeError) as error:
        return RecordingError(file, line, "content", f"not readable ({error})", _CONTENT)
    return None


def _check_header(header: list[str]) -> None:
    if not header:
        raise _FaultError("content", "empty", _CONTENT)
    missing = [name for name in HEADER if name not in header]
    if missing:
        raise _FaultError("header", f"without {', '.join(missing)}", ",".join(HEADER))
    twice = [name for name in HEADER if header.count(name) > 1]
    if twice:
        raise _FaultError("header", f"with {twice[0]} twice", ",".join(HEADER))


def _check(header: list[str], row: list[str]) -> None:
    if len(row) != len(header):
        raise _FaultError("row", f"of {len(row)} cells", f"{len(header)} cells, as in the header")
    cells = dict(zip(header, row, strict=True))
    for column, accepted in _faults(cells):
        raise _FaultError(column, _shown(cells[column]), accepted)


def _faults(cells: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    if not _is_moment(cells["timestamp"]):
        yield "timestamp", _TIMES
    if not (cells["microgrid_id"].isascii() and cells["microgrid_id"].lstrip("-").isdigit()):
        yield "microgrid_id", "a whole number"
    if not cells["component_id"].strip():
        yield "component_id", "the number of a component, or a formula such as #12+#23"
    kind, value = cells["metric"], cells["value"]
    if kind in CONDITION_NAMES:
        try:
            _ = (parse_state(value) if value else None) if kind == STATE else parse_diagnostic(value)
        except ValueError as error:
            yield "value", str(error)
        return
    try:
        parse_name(kind)
    except ValueError as error:
        yield "metric", str(error)
    if value and not _is_number(value):
        yield "value", "a number with a point before decimals, nan, inf, -inf, or nothing for nan"


def _is_moment(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return text == text.strip() and "_" not in text and text.isascii()


def _is_same(one: str, other: str) -> bool:
    """Say whether two cells hold the same number, or both none."""
    numbers = [float(text or "nan") for text in (one, other)]
    return numbers[0] == numbers[1] or all(map(math.isnan, numbers))


def _shown(text: str) -> str:
    return repr(text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 1]}…")
