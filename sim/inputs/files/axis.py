"""The times of a recording as instants: formats, time zones and clocks that were moved."""

from __future__ import annotations

from datetime import tzinfo
from typing import TYPE_CHECKING

from .table import Table

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

    Instants = npt.NDArray[np.int64]

_ISO = "a time such as 2026-06-15T11:00:00+02:00 (ISO 8601); or `time_format`, such as '%d.%m.%Y %H:%M'"
_YEARS = (1900, 2199)
_WITH_OFFSET = r"\d[T ]\s*\d.*(?:Z|z|[+-]\d{2}:?\d{2})\s*$"


def instants_us(table: Table, zone: tzinfo, time_format: str | None) -> Instants:
    """Return when each row of a table was recorded [µs since the Unix epoch].

    Times without an offset are taken on the clock of `zone`. An hour that this clock showed twice belongs to
    the first pass, until times step back into it: from there on to the second.

    Args:
        table: With times as text or as a data type of their own.
        zone: Of times without an offset.
        time_format: As in `strptime`; ISO 8601 if `None`.

    Raises:
        InputError: If a cell is no time, has an offset where others have none, or names a time that the clock
            left out.
    """
    parsed = table.times if table.times.dtype.kind == "M" else _parsed(table, time_format)
    missing = parsed.isna().to_numpy()
    if missing.any():
        row = int(missing.argmax())
        accepted = _ISO if time_format is None else f"a time written as {time_format}"
        raise table.error(row, str(table.times.name), repr(table.times.iloc[row]), accepted)
    years = parsed.dt.year
    remote = ~years.between(*_YEARS).to_numpy()
    if remote.any():
        row = int(remote.argmax())
        accepted = f"the years {_YEARS[0]} to {_YEARS[1]} (is it another unit?)"
        raise table.error(row, str(table.times.name), f"in the year {years.iloc[row]}", accepted)
    if parsed.dt.tz is not None:
        return _microseconds(parsed)
    return _localised(table, parsed, zone)


def _parsed(table: Table, time_format: str | None) -> pd.Series:
    import pandas as pd  # noqa: PLC0415

    text = table.times.astype(str).str.strip()
    aware = text.str.contains(_WITH_OFFSET, regex=True)
    if aware.any() and not aware.all():
        row = int((aware != aware.iloc[0]).to_numpy().argmax())
        found = f"{text.iloc[row]!r} among others {'without' if aware.iloc[row] else 'with'} an offset"
        raise table.error(row, str(table.times.name), found, "times that all have an offset, or none")
    if not text.str.contains(r"\d").all():
        text = text.where(text.str.contains(r"\d"), "")
    utc = bool(aware.all())
    return pd.to_datetime(text, format=time_format or "ISO8601", errors="coerce", utc=utc)


def _microseconds(aware: pd.Series) -> Instants:
    utc = aware.dt.tz_convert("UTC").dt.tz_localize(None)
    instants: Instants = utc.astype("datetime64[us]").to_numpy().astype("int64")
    return instants


def _localised(table: Table, naive: pd.Series, zone: tzinfo) -> Instants:
    import numpy as np  # noqa: PLC0415

    early = np.ones(len(naive), dtype=bool)
    first_pass = naive.dt.tz_localize(zone, ambiguous=early, nonexistent="NaT")
    if first_pass.isna().any():
        row = int(first_pass.isna().to_numpy().argmax())
        found = f"{naive.iloc[row]}, which the clocks of {zone} left out"
        accepted = "times on that clock; else give the `timezone` that the recorder kept (UTC or an offset?)"
        raise table.error(row, str(table.times.name), found, accepted)
    first = _microseconds(first_pass)
    second = _microseconds(naive.dt.tz_localize(zone, ambiguous=~early, nonexistent="NaT"))
    for row in np.flatnonzero(first != second).tolist():
        if row > 0 and first[row] <= first[row - 1]:
            first[row] = second[row]
    return first
