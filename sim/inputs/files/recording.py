"""Recorded columns as signals: checked, scaled, without silent gaps, and moved to the run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING

from ...domain.timestamps import to_us
from ...files.moments import parse_zone
from ...files.units import WATT
from ..daily import DAY_US, MINUTE_US, SECOND_US, Daily, WallClock, local_datetime, midnight_us
from ..errors import InputError
from ..signal import Repeated, Signal, Steps
from ..specs import FileColumn, ProductionFile, RecordedPower
from .axis import instants_us
from .table import Table, read_table

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Instants = npt.NDArray[np.int64]

_MISSING = ["", "nan", "na", "n/a", "null", "none"]
_LONGEST_STEP = 1.5
"""Rows further apart than this many intervals have a gap between them."""
_MOST_ADDED = 10_000_000
"""Rows to fill gaps with; more of them would be a mistake in the times."""


@dataclass(frozen=True)
class Recording:
    """A column's history; each value holds until the next."""

    file: str
    zone: tzinfo
    """Time zone of times that people read and write."""
    times_us: Instants
    values: Floats
    end_us: int
    """One interval after the last row [µs]."""


def recorded_signal(spec: FileColumn, directory: Path, zone: tzinfo, start_us: int) -> Signal:
    """Make a running input of a recorded column.

    Without `repeat` the last value holds on beyond the recording's end; `Signal.ends_us` says where that is.

    Args:
        spec: Which column, and how to replay it.
        directory: Where relative paths start.
        zone: Of the site.
        start_us: When the run starts [µs].

    Raises:
        InputError: If the file or the way to replay it is wrong.
    """
    recording = read_recording(spec, directory, zone)
    begin_us = _begin(spec, recording)
    if spec.align == "time-of-day":
        return _by_the_clock(spec, recording, begin_us, zone, start_us)
    shift_us = start_us - begin_us if spec.align == "start" else 0
    if not spec.repeat:
        _check_covered(recording, begin_us, start_us - shift_us)
    times = (recording.times_us + shift_us).tolist()
    begin_us, end_us = begin_us + shift_us, recording.end_us + shift_us
    if not spec.repeat:
        return Steps(times, recording.values.tolist(), ends_us=end_us)
    period_us = end_us - begin_us
    if period_us == 0:
        raise InputError(recording.file, None, "interval", "not given", "one, to repeat a single row")
    return Repeated(Steps(times, recording.values.tolist()), begin_us, period_us)


def _by_the_clock(
    spec: FileColumn, recording: Recording, begin_us: int, zone: tzinfo, start_us: int
) -> Signal:
    """Replay a recording by what the clock showed when it was made, whatever the offset from UTC is now.

    The first replayed day falls on the run's first day, or, unless it repeats, on the day before it if the recording
    begins later in its day than the run. Of an hour that the clock showed twice the first time counts.
    """
    import numpy as np  # noqa: PLC0415 - comes with pandas, which many sites need not

    inside = int(np.searchsorted(recording.times_us, begin_us, side="right")) - 1
    rows_us = np.append(begin_us, recording.times_us[inside + 1 :])
    *_, end_us = walls_us = _walls_us(np.append(rows_us, recording.end_us), recording.zone)
    is_new = walls_us[:-1] > np.maximum.accumulate(np.append(-1, walls_us[:-2]))
    walls_us, values = walls_us[:-1][is_new], recording.values[inside:][is_new]
    start = local_datetime(start_us, zone)
    first = start.date()
    if spec.repeat:
        days = max(1, -(-int(end_us - walls_us[0]) // DAY_US))
        order = np.argsort(walls_us % (days * DAY_US), kind="stable")
        walls_us, values = (walls_us % (days * DAY_US))[order], values[order]
        return Daily(WallClock(walls_us.tolist(), values.tolist(), days=days, first=first), zone)
    since_us = start_us - midnight_us(first, zone)
    if since_us < walls_us[0]:
        first, since_us = first - timedelta(days=1), since_us + DAY_US
    _check_covered(recording, begin_us, begin_us + since_us - int(walls_us[0]))
    end = datetime.combine(first, time()) + timedelta(microseconds=int(end_us))
    clock = WallClock(walls_us.tolist(), values.tolist(), days=None, first=first)
    return Daily(clock, zone, to_us(end.replace(tzinfo=zone)))


def _walls_us(times_us: Instants, zone: tzinfo) -> Instants:
    """Return times by the clock of a zone, since midnight of the first one's day [µs]."""
    import pandas as pd  # noqa: PLC0415

    instants = pd.DatetimeIndex(times_us.astype("datetime64[us]"), tz="UTC")
    walls = instants.tz_convert(zone).tz_localize(None).as_unit("us")
    walls_us: Instants = walls.asi8 - walls[:1].normalize().asi8
    return walls_us


def read_recording(spec: FileColumn, directory: Path, zone: tzinfo) -> Recording:
    """Read and check a recorded column.

    Args:
        spec: Which column, and what to do about gaps.
        directory: Where relative paths start.
        zone: Of the site, for times without an offset where the specification names no zone.

    Raises:
        InputError: If the file is wrong.
    """
    import numpy as np  # noqa: PLC0415 - comes with pandas, which many sites need not

    table = read_table(directory / spec.file, spec.column, spec.time_column)
    zone = zone if spec.timezone is None else parse_zone(spec.timezone)
    times_us = instants_us(table, zone, spec.time_format)
    _check_order(table, times_us, zone)
    with np.errstate(over="ignore"):
        values = _numbers(table, hold=spec.on_gap != "error") * spec.scale
    _check_limits(spec, table, values)
    if isinstance(spec, ProductionFile):
        _check_produces(spec, table, values)
    times_us, values = _filled(spec, table, times_us, values, zone)
    end_us = int(times_us[-1]) + _interval_us(spec, times_us)
    return Recording(table.file, zone, times_us, values, end_us)


def _check_order(table: Table, times_us: Instants, zone: tzinfo) -> None:
    import numpy as np  # noqa: PLC0415 - comes with pandas, which many sites need not

    name, steps = str(table.times.name), np.diff(times_us)
    for wrong, word in ((steps == 0, "the same as in"), (steps < 0, "earlier than")):
        if wrong.any():
            row = int(wrong.argmax()) + 1
            found = f"{_shown(times_us[row], zone)}, {word} the row before it, one of {wrong.sum()} such rows"
            raise table.error(row, name, found, "ascending times, none twice (is `timezone` right?)")


def _numbers(table: Table, *, hold: bool) -> Floats:
    """Return the cells as numbers, NaN where there is none."""
    import numpy as np  # noqa: PLC0415
    import pandas as pd  # noqa: PLC0415

    cells, name = table.values, str(table.values.name)
    if cells.dtype.kind in "OSUT" or cells.dtype.name.startswith("str"):
        text = cells.astype(str).str.strip()
        empty = (cells.isna() | text.str.lower().isin(_MISSING)).to_numpy()
        values = pd.to_numeric(text.where(~empty), errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    elif cells.dtype.kind in "iuf":
        values = cells.to_numpy(dtype=float, na_value=np.nan)
        empty = np.isnan(values)
    else:
        raise InputError(table.file, None, name, f"a column of {cells.dtype}", "a column of numbers")
    wrong = ~np.isfinite(values) & ~empty
    if wrong.any():
        row = int(wrong.argmax())
        raise table.error(row, name, repr(cells.iloc[row]), "a number, with a point before decimals")
    if empty.all() or (empty.any() and not hold):
        found = f"empty, as in {int(empty.sum())} of {len(cells)} rows"
        accepted = "a number" if empty.all() else "a number; or `on_gap: hold` or `on_gap: interpolate`"
        raise table.error(int(empty.argmax()), name, found, accepted)
    numbers: Floats = values
    return numbers


def _check_limits(spec: FileColumn, table: Table, values: Floats) -> None:
    lower, upper = spec.limits
    wrong = (values < lower) | (values > upper)
    if wrong.any():
        row = int(wrong.argmax())
        if spec.scale == 0.0:
            raise InputError(table.file, None, "factor", "0", f"another; values are {lower:g} to {upper:g}")
        least, most = sorted((lower / spec.scale, upper / spec.scale))
        said = "`unit`, `positive` and `factor`" if isinstance(spec, RecordedPower) else "`unit` and `factor`"
        # Adding 0 makes 0 of -0, which a negative scale leaves.
        unit = getattr(spec, "unit", "1")
        of_unit = "" if unit == "1" else f" {unit}"
        accepted = f"{least + 0.0:g} to {most + 0.0:g}{of_unit} (are {said} right?)"
        raise table.error(row, str(table.values.name), str(table.values.iloc[row]), accepted)


def _check_produces(spec: ProductionFile, table: Table, values: Floats) -> None:
    """Refuse what never produces though it draws more than a producer does at rest: its sign is the wrong one."""
    import numpy as np  # noqa: PLC0415

    drawn_w = float(np.nanmax(values))
    if drawn_w > spec.most_drawn_w and np.nanmin(values) >= 0.0:
        found = f"consumption alone, of up to {WATT.in_words(drawn_w, digits=4)}"
        accepted = f"production, or no more than {WATT.in_words(spec.most_drawn_w, digits=4)}"
        accepted += " (are `positive` and `factor` right?)"
        raise InputError(table.file, None, str(table.values.name), found, accepted)


def _interval_us(spec: FileColumn, times_us: Instants) -> int:
    """Return how far rows are apart: as declared, or else as they most often are; 0 for a single row [µs]."""
    import numpy as np  # noqa: PLC0415

    if spec.interval_s is not None:
        return round(spec.interval_s * SECOND_US)
    if len(times_us) < 2:
        return 0
    steps, counts = np.unique(np.diff(times_us), return_counts=True)
    return int(steps[counts.argmax()])


def _filled(
    spec: FileColumn, table: Table, times_us: Instants, values: Floats, zone: tzinfo
) -> tuple[Instants, Floats]:
    """Return rows without empty ones, and with gaps treated as the specification says."""
    import numpy as np  # noqa: PLC0415

    interval_us = _interval_us(spec, times_us)
    known = ~np.isnan(values)
    times_us, values = times_us[known], values[known]
    gaps = np.flatnonzero(np.diff(times_us) > _LONGEST_STEP * interval_us)
    if spec.on_gap == "error" and len(gaps):
        before, after = times_us[gaps[0]], times_us[gaps[0] + 1]
        found = (
            f"without rows for {_span(after - before)} "
            f"between {_shown(before, zone)} and {_shown(after, zone)}, one of {len(gaps)} gaps"
        )
        accepted = f"rows every {_span(interval_us)}; or `on_gap: hold` or `on_gap: interpolate`"
        raise table.error(int(gaps[0]), str(table.times.name), found, accepted)
    if spec.on_gap == "interpolate" and len(gaps):
        _check_size(table, int((np.diff(times_us)[gaps] // interval_us).sum()), _span(interval_us))
        added = [np.arange(times_us[gap] + interval_us, times_us[gap + 1], interval_us) for gap in gaps]
        every = np.unique(np.concatenate([times_us, *added]))
        times_us, values = every, np.interp(every, times_us, values)
    return times_us, values


def _check_size(table: Table, rows: int, interval: str) -> None:
    if rows > _MOST_ADDED:
        found = f"without {rows} rows at {interval}"
        raise InputError(
            table.file, None, str(table.times.name), found, f"at most {_MOST_ADDED} to interpolate"
        )


def _begin(spec: FileColumn, recording: Recording) -> int:
    """Return from when on the recording is replayed, on its own axis [µs]."""
    if spec.begin is None:
        return int(recording.times_us[0])
    begin = spec.begin if spec.begin.tzinfo else spec.begin.replace(tzinfo=recording.zone)
    begin_us = to_us(begin)
    if not recording.times_us[0] <= begin_us < recording.end_us:
        raise InputError(recording.file, None, "from", begin.isoformat(), _extent(recording))
    return begin_us


def _check_covered(recording: Recording, begin_us: int, start_us: int) -> None:
    last_us = max(recording.end_us - 1, int(recording.times_us[-1]))
    if begin_us <= start_us <= last_us:
        return
    accepted = f"{_extent(recording)}; or `align: start`, `align: time-of-day` or `repeat: true`"
    raise InputError(recording.file, None, "start of the run", _shown(start_us, recording.zone), accepted)


def _extent(recording: Recording) -> str:
    first, last = _shown(recording.times_us[0], recording.zone), _shown(recording.end_us, recording.zone)
    return f"a time from {first} to {last}"


def _shown(time_us: np.int64 | int, zone: tzinfo) -> str:
    return local_datetime(int(time_us), zone).isoformat()


def _span(span_us: np.int64 | int) -> str:
    for size_us, unit in ((DAY_US, "d"), (60 * MINUTE_US, "h"), (MINUTE_US, "min")):
        if span_us >= size_us and span_us % size_us == 0:
            return f"{span_us // size_us} {unit}"
    return f"{timedelta(microseconds=int(span_us)).total_seconds():g} s"
