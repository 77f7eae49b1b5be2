"""Power curves of wind turbines in CSV and Parquet: a row for each wind speed."""

from __future__ import annotations

import math
from pathlib import Path

from ..errors import InputError
from .table import known_column, read_rows

_LEAST_ROWS = 2


def read_power_curve(
    path: Path, wind_column: str | None, power_column: str | None
) -> tuple[tuple[float, float], ...]:
    """Read wind speeds and powers as they stand in a file, in ascending order of the wind.

    Args:
        path: A file in CSV, plain or compressed by gzip, or Parquet.
        wind_column: Name of the column of wind speeds; the first if `None`.
        power_column: Name of the column of powers; the only other one if `None`.

    Raises:
        InputError: If the file is missing or unreadable, has no such columns, holds what is no number, or wind speeds
            that do not ascend.
    """
    frame, lines = read_rows(path)
    names = [str(name) for name in frame.columns]
    wind_name = (
        names[0] if wind_column is None else known_column(path.name, frame, "wind_column", wind_column)
    )
    others = [name for name in names if name != wind_name]
    if power_column is None and len(others) != 1:
        raise InputError(path.name, None, "power_column", "not given", f"one of {', '.join(names)}")
    power_name = (
        others[0] if power_column is None else known_column(path.name, frame, "power_column", power_column)
    )
    rows = list(
        zip(
            _numbers(path.name, frame[wind_name].tolist(), lines, wind_name),
            _numbers(path.name, frame[power_name].tolist(), lines, power_name),
            strict=True,
        )
    )
    for row in range(1, len(rows)):
        if not rows[row - 1][0] < rows[row][0]:
            accepted = f"more than {rows[row - 1][0]:g}, the row before (wind speeds ascend)"
            raise InputError(path.name, lines[row], wind_name, f"{rows[row][0]:g}", accepted)
    if len(rows) < _LEAST_ROWS:
        raise InputError(path.name, None, "content", "one row", "two rows or more")
    return tuple(rows)


def _numbers(file: str, cells: list[object], lines: list[int], name: str) -> list[float]:
    values = []
    for line, cell in zip(lines, cells, strict=True):
        try:
            value = float(str(cell))
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise InputError(file, line, name, repr(cell), "a number")
        values.append(value)
    return values
