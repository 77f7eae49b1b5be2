"""Reads recordings in Parquet, and the Arrow streams in which they grow."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ..files.bounded import check_parquet
from ..telemetry.intervals import OVER_INTERVALS
from .assemble import ONE_VALUE, under_names_of_today, without_repetitions
from .codes import parse_diagnostic, parse_state
from .content import Condition, Recording, Track
from .contradictions import refuse_contradictions
from .errors import RecordingError
from .metadata import load_metadata
from .names import CONDITION_NAMES, ERROR, STATE, WARNING, parse_name
from .output import PART
from .parquet_part import batches
from .statistics import ENDS, INTERVAL, STATISTIC, UNIT, Statistic

if TYPE_CHECKING:
    import numpy.typing as npt

    from .content import Instants

TIME = "timestamp"
_COLUMN = re.compile(r"(\d{1,19})\.(\w+)", re.ASCII)
_COLUMNS = "timestamp, and columns such as 12.BATTERY_SOC_PCT or 12.state"
_Changes = tuple[tuple[int, Condition], ...]


def read_parquet(path: Path) -> Recording:
    """Read a recording in Parquet.

    Args:
        path: Of the file or of its part.

    Raises:
        RecordingError: If anything is wrong with it.
    """
    file = str(path)
    try:
        table = _read_part(path) if path.suffix == PART else _read_whole(path)
    except (pa.ArrowException, ValueError, OSError) as error:
        raise _unreadable(file, error) from None
    try:
        return _recording(path, table)
    except pa.ArrowException as error:  # What is damaged within shows only where it is looked at.
        raise _unreadable(file, error) from None


def _unreadable(file: str, error: Exception) -> RecordingError:
    found = f"not readable ({' '.join(str(error).split())[:200]})"
    return RecordingError(file, None, "content", found, "a Parquet file of recorded metrics")


def _recording(path: Path, table: pa.Table) -> Recording:
    file = str(path)
    metadata = load_metadata(file, table.schema.metadata, path.parent)
    times_us = _times_us(file, table)
    tracks: dict[int, Track] = {}
    conditions: dict[int, _Changes] = {}
    notes: list[str] = []
    for number, names in _columns_by_component(file, table).items():
        is_ours = metadata.version is not None
        track, said, note = _component(file, table, number, names, times_us, is_ours=is_ours)
        tracks[number] = under_names_of_today(file, number, track)
        refuse_contradictions(file, number, tracks[number])
        if said:
            conditions[number] = said
        if note:
            notes.append(note)
    return Recording(
        file=file,
        microgrid_id=metadata.microgrid_id,
        tracks=tracks,
        conditions=conditions,
        site=metadata.site,
        seed=metadata.seed,
        version=metadata.version,
        speed=metadata.speed,
        holds_means=_holds_means(table.schema),
        is_complete=metadata.is_complete and path.suffix != PART,
        notes=tuple(notes),
    )


def _holds_means(schema: pa.Schema) -> bool | None:
    """Say whether powers are means; those of files from before means were recorded are instants."""
    told = {(field.metadata or {}).get(STATISTIC) for field in schema if _is_power(field.name)}
    if Statistic.MEAN.value.encode() in told:
        return True
    return None if told == {None} and any((field.metadata or {}).get(UNIT) for field in schema) else False


def _is_power(column: str) -> bool:
    return column.partition(".")[2] in OVER_INTERVALS


def _ends_at_time(field: pa.Field) -> bool:
    return (field.metadata or {}).get(INTERVAL) == ENDS


def _read_whole(path: Path) -> pa.Table:
    check_parquet(path)
    # As dictionaries they take little memory, however often a text is repeated.
    words = [name for name in pq.read_schema(path).names if name.rpartition(".")[2] in CONDITION_NAMES]
    return pq.read_table(path, read_dictionary=words)


def _read_part(path: Path) -> pa.Table:
    return pa.concat_tables(
        [pa.Table.from_batches([batch]) for batch in batches(path)], promote_options="default"
    )


def _times_us(file: str, table: pa.Table) -> Instants:
    if table.column_names.count(TIME) != 1:
        names = ", ".join(table.column_names[:5])
        raise RecordingError(file, None, "columns", names or "none", _COLUMNS)
    column = table.column(TIME)
    if not pa.types.is_timestamp(column.type) or column.type.tz is None:
        accepted = "timestamps with a time zone"
        raise RecordingError(file, None, TIME, f"a column of {column.type}", accepted)
    if column.null_count:
        row = int(np.argmax(column.is_null().to_numpy())) + 1
        raise RecordingError(file, row, TIME, "empty", "a time in every row")
    times: Instants = column.cast(pa.timestamp("us", tz="UTC"), safe=False).cast(pa.int64()).to_numpy()
    return times


def _columns_by_component(file: str, table: pa.Table) -> dict[int, list[str]]:
    names: dict[int, list[str]] = {}
    for column in table.column_names:
        if column == TIME:
            continue
        match = _COLUMN.fullmatch(column)
        try:
            if match is None:
                raise ValueError
            if match[2] not in CONDITION_NAMES:
                parse_name(match[2])
        except ValueError:
            raise RecordingError(file, None, "column", repr(column), _COLUMNS) from None
        names.setdefault(int(match[1]), []).append(match[2])
    return names


def _component(
    file: str, table: pa.Table, number: int, names: list[str], times_us: Instants, *, is_ours: bool
) -> tuple[Track, _Changes, str]:
    metrics = tuple(name for name in names if name not in CONDITION_NAMES)
    values = np.empty((len(times_us), len(metrics)))
    present = np.empty(values.shape, np.bool_)
    for index, name in enumerate(metrics):
        column = table.column(f"{number}.{name}")
        if not (pa.types.is_floating(column.type) or pa.types.is_integer(column.type)):
            found = f"a column of {column.type}"
            raise RecordingError(file, None, f"{number}.{name}", found, "a column of numbers")
        present[:, index] = column.is_valid().to_numpy()
        values[:, index] = column.cast(pa.float64()).to_numpy()
        if _ends_at_time(table.schema.field(f"{number}.{name}")):
            # What held up to a time is shown from the time before on.
            for cells, nothing in ((present, False), (values, np.nan)):
                cells[:-1, index], cells[-1:, index] = cells[1:, index].copy(), nothing
    words = {name: table.column(f"{number}.{name}") for name in names if name in CONDITION_NAMES}
    reported = present.any(axis=1)
    if STATE in words:
        reported |= words[STATE].is_valid().to_numpy()
    rows = np.flatnonzero(reported)
    rows = rows[np.argsort(times_us[rows], kind="stable")]
    said = _conditions(file, number, words, rows, times_us)
    every = _Rows(times_us[rows], values[rows], present[rows], rows)
    told, note = _once(file, number, metrics, every, is_ours=is_ours)
    return Track(metrics, told.times_us, told.values, told.present), said, note


class _Rows(NamedTuple):
    """What a component told, by ascending time."""

    times_us: Instants
    values: npt.NDArray[np.float64]
    present: npt.NDArray[np.bool_]
    rows: npt.NDArray[np.intp]
    """Of the file, from 0 on."""


def _once(file: str, number: int, names: tuple[str, ...], told: _Rows, *, is_ours: bool) -> tuple[_Rows, str]:
    """Return what was told at each time once, and what is to be said of it.

    Samples under a clock that is set back or stands still come at times that were there before: of our runs the last
    ones count. Rows of other files may fill what is left empty, but not say another value.
    """
    repeats = np.flatnonzero(np.diff(told.times_us) == 0)
    if not len(repeats):
        return told, ""
    values, present = told.values.copy(), told.present.copy()
    others = 0
    for place in repeats.tolist():
        both = present[place] & present[place + 1]
        one, other = values[place], values[place + 1]
        differ = both & (one != other) & ~(np.isnan(one) & np.isnan(other))
        if differ.any() and not is_ours:
            column = int(np.argmax(differ))
            found = (
                f"{other[column]:g}, and {one[column]:g} in row {int(told.rows[place]) + 1} at the same time"
            )
            row = int(told.rows[place + 1]) + 1
            raise RecordingError(file, row, f"{number}.{names[column]}", found, ONE_VALUE)
        others += bool(differ.any())
        if not is_ours:
            filled = present[place] & ~present[place + 1]
            values[place + 1, filled] = one[filled]
            present[place + 1] |= filled
    keep = np.append(np.diff(told.times_us) != 0, True)
    note = ""
    if others:
        note = (
            f"the clock of component {number} was set back or stood still: {others} of its samples carry the time of "
            "an earlier one, of which they take the place"
        )
    return _Rows(told.times_us[keep], values[keep], present[keep], told.rows[keep]), note


def _conditions(
    file: str,
    number: int,
    words: Mapping[str, pa.ChunkedArray],
    rows: npt.NDArray[np.intp],
    times_us: Instants,
) -> _Changes:
    if not words:
        return ()
    encoded = {name: _encoded(file, f"{number}.{name}", column) for name, column in words.items()}
    codes = np.stack([indices for indices, _ in encoded.values()])[:, rows]
    spoken = (codes >= 0).any(axis=0)
    codes, rows = codes[:, spoken], rows[spoken]
    changed = np.append(True, (np.diff(codes, axis=1) != 0).any(axis=0))[: len(rows)]
    changes = []
    for index in np.flatnonzero(changed):
        texts = {
            name: labels[code] if code >= 0 else ""
            for (name, (_, labels)), code in zip(encoded.items(), codes[:, index], strict=True)
        }
        changes.append((int(times_us[rows[index]]), _condition(file, number, int(rows[index]) + 1, texts)))
    return without_repetitions(dict(changes).items())


def _encoded(file: str, name: str, column: pa.ChunkedArray) -> tuple[npt.NDArray[np.int64], list[str]]:
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
        raise RecordingError(file, None, name, f"a column of {column.type}", "a column of text")
    column = column.cast(pa.string()).combine_chunks().dictionary_encode()
    indices = pc.fill_null(column.indices, -1).to_numpy(zero_copy_only=False).astype(np.int64)
    return indices, [
        _decoded(file, name, text, indices, code)
        for code, text in enumerate(column.dictionary.cast(pa.binary()).to_pylist())
    ]


def _decoded(file: str, name: str, text: bytes, codes: npt.NDArray[np.int64], code: int) -> str:
    try:
        return text.decode()
    except UnicodeDecodeError:
        row = int(np.argmax(codes == code)) + 1
        raise RecordingError(file, row, name, f"{text[:40]!r}", "text in UTF-8") from None


def _condition(file: str, number: int, row: int, texts: Mapping[str, str]) -> Condition:
    name = STATE
    try:
        states = tuple(map(parse_state, texts.get(STATE, "").split()))
        said = []
        for name in (WARNING, ERROR):
            blocks = [block for block in texts.get(name, "").split("\n\n") if block.strip()]
            said.append(tuple(map(parse_diagnostic, blocks)))
    except ValueError as error:
        raise RecordingError(file, row, f"{number}.{name}", repr(texts[name][:60]), str(error)) from None
    return Condition(states, *said)
