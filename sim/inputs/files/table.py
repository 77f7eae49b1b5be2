"""Columns of recordings in CSV and Parquet, read once and without guessing."""

from __future__ import annotations

import csv
import difflib
import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ...files.bounded import check_parquet, open_bounded
from ..errors import InputError

if TYPE_CHECKING:
    import pandas as pd

_DATE = re.compile(r"\s*(\d{4}-\d{2}-\d{2}|\d{1,2}[/.]\d{1,2}[/.]\d{4})")
_FORMATS = "a file ending in .csv, .csv.gz or .parquet"


@dataclass(frozen=True)
class Table:
    """A file's columns of interest: one of times, one of values; rows without anything are left out."""

    file: str
    times: pd.Series
    values: pd.Series
    lines: Sequence[int]
    """Line of each row in a text file, from 1 on; number of the row in a Parquet file."""

    def error(self, row: int, field: str, found: str, accepted: str) -> InputError:
        """Describe a problem with a row, counted from 0."""
        return InputError(self.file, self.lines[row], field, found, accepted)


def read_table(path: Path, column: str | None, time_column: str | None) -> Table:
    """Read the times and one column of values.

    Args:
        path: A file in CSV, plain or compressed by gzip, or Parquet.
        column: Name of the column of values; the only one besides the times if `None`.
        time_column: Name of the column of times; the first that holds dates if `None`.

    Raises:
        InputError: If the file is missing, unreadable or empty, or has no such columns.
    """
    frame, lines = read_rows(path)
    time_name = _time_column(path.name, frame, time_column)
    name = _value_column(path.name, frame, column, time_name)
    names = _header(path, frame)
    for field, wanted in (("time_column", time_name), ("column", name)):
        if names.count(wanted) > 1:
            found = f"{wanted!r}, the name of {names.count(wanted)} columns"
            raise InputError(path.name, None, field, found, "the name of one column alone")
    return Table(path.name, frame[time_name], frame[name], lines)


def read_rows(path: Path) -> tuple[pd.DataFrame, list[int]]:
    """Read all columns of a file, cells of text files as text, without rows that hold nothing.

    Args:
        path: A file in CSV, plain or compressed by gzip, or Parquet.

    Returns:
        The rows, and the line of each as `Table.lines` has them.

    Raises:
        InputError: If the file is missing, unreadable or empty.
    """
    if not path.is_file():
        raise InputError(path.name, None, "file", "not there", f"an existing file (looked for {path})")
    try:
        frame = _read_frame(path)
    except Exception as error:  # the readers raise all kinds of things on damaged files
        found = f"not readable ({' '.join(str(error).split()) or type(error).__name__})"
        raise InputError(path.name, None, "content", found, _content(path)) from error
    filled = frame.notna().any(axis="columns") & (frame != "").any(axis="columns")
    first_line = 1 if path.suffix == ".parquet" else 2
    lines = [int(index) + first_line for index in frame.index[filled]]
    frame = frame[filled].reset_index(drop=True)
    if frame.empty:
        raise InputError(path.name, None, "content", "empty", "at least one row below the column names")
    return frame, lines


def _content(path: Path) -> str:
    return (
        "a Parquet file"
        if path.suffix == ".parquet"
        else "text in UTF-8 with a comma, semicolon or tab between cells"
    )


def _read_frame(path: Path) -> pd.DataFrame:
    """Read all columns; cells of text files stay text."""
    import pandas as pd  # noqa: PLC0415 - takes long to import, and many sites need no recording

    if path.name.endswith(".parquet"):
        check_parquet(path)
        frame = pd.read_parquet(path)
        return frame if isinstance(frame.index, pd.RangeIndex) else frame.reset_index()
    if not path.name.endswith((".csv", ".csv.gz")):
        raise ValueError(f"unknown ending; {_FORMATS} is needed")
    separator = _separator(path)
    with warnings.catch_warnings(), open_bounded(path) as content:
        warnings.simplefilter("error", pd.errors.ParserWarning)
        frame = pd.read_csv(
            content, sep=separator, dtype=str, keep_default_na=False, skip_blank_lines=False,
            encoding="utf-8-sig", skipinitialspace=True,
        )  # fmt: skip
    if not isinstance(frame.index, pd.RangeIndex):
        raise ValueError("rows have more cells than there are column names")
    return frame


def _separator(path: Path) -> str:
    with open_bounded(path) as content:
        header = content.readline(65536).decode(errors="replace")
    return max(",;\t", key=header.count)


def _header(path: Path, frame: pd.DataFrame) -> list[str]:
    """Return the names of all columns as in the file; of text, pandas calls the second of a name otherwise."""
    if path.suffix == ".parquet":
        return [str(name) for name in frame.columns]
    separator = _separator(path)
    with open_bounded(path) as content:
        line = content.readline(65536).decode("utf-8-sig", errors="replace")
    return next(csv.reader([line.rstrip("\r\n")], delimiter=separator, skipinitialspace=True), [])


def _time_column(file: str, frame: pd.DataFrame, wanted: str | None) -> str:
    if wanted is not None:
        return known_column(file, frame, "time_column", wanted)
    for name in frame.columns:
        series = frame[name]
        if series.dtype.kind == "M" or _DATE.match(str(series.iloc[0])):
            return str(name)
    found = f"not given, and no column of {_names(frame)} holds dates in its first row"
    raise InputError(file, None, "time_column", found, "the name of a column")


def _value_column(file: str, frame: pd.DataFrame, wanted: str | None, time_name: str) -> str:
    if wanted is not None:
        return known_column(file, frame, "column", wanted)
    others = [str(name) for name in frame.columns if name != time_name]
    if len(others) != 1:
        raise InputError(file, None, "column", "not given", f"one of {_names(frame)}")
    return others[0]


def known_column(file: str, frame: pd.DataFrame, field: str, wanted: str) -> str:
    """Return the name of a column that there is.

    Args:
        file: For messages.
        frame: Read from it.
        field: Key that names the column, for messages.
        wanted: The name.

    Raises:
        InputError: If there is none of this name; says which there are.
    """
    if wanted in frame.columns:
        return wanted
    close = difflib.get_close_matches(wanted, [str(name) for name in frame.columns], n=1)
    hint = f" (did you mean {close[0]!r}?)" if close else ""
    raise InputError(file, None, field, repr(wanted), f"one of {_names(frame)}{hint}")


def _names(frame: pd.DataFrame) -> str:
    return ", ".join(str(name) for name in frame.columns)
