"""Reads recordings in CSV: our own, and what the reporting exports of real sites hold."""

from __future__ import annotations

import io
import re
import zlib
from collections import defaultdict
from csv import reader as rows_of_text
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from ..files.bounded import open_bounded, unpack_bounded
from .assemble import TwoValuesError, conditions_of_rows, track_of_cells, under_names_of_today
from .content import Condition, Recording, Track
from .contradictions import refuse_contradictions
from .csv_faults import csv_fault, two_values
from .errors import RecordingError
from .names import CONDITION_NAMES, HEADER
from .output import PART

if TYPE_CHECKING:
    import numpy.typing as npt

_BLOCK_BYTES = 8 << 20
_NUMBER = re.compile("0|[1-9][0-9]{0,18}")
_TIMESTAMP = pa.timestamp("us", tz="UTC")


class _Numbering:
    """Texts by the order in which they were first seen."""

    def __init__(self) -> None:
        self.texts: dict[str, int] = {}

    def codes(self, column: pa.ChunkedArray) -> npt.NDArray[np.int32]:
        """Return the number of each text of a column."""
        encoded = column.combine_chunks().dictionary_encode()
        numbers = [self.texts.setdefault(text, len(self.texts)) for text in encoded.dictionary.to_pylist()]
        indices: npt.NDArray[np.int32] = encoded.indices.to_numpy(zero_copy_only=False)
        return np.array(numbers, np.int32)[indices]


class _Rows:
    """The rows of a file, gathered block by block."""

    def __init__(self, microgrid_id: int | None) -> None:
        self._wanted = microgrid_id
        self.microgrids: set[int] = set()
        self.components = _Numbering()
        self.names = _Numbering()
        self._parts: list[tuple[npt.NDArray[np.generic], ...]] = []
        self._said: defaultdict[str, list[tuple[int, str, str]]] = defaultdict(list)

    def add(self, block: pa.RecordBatch) -> None:
        table = pa.Table.from_batches([block])
        ids = table.column("microgrid_id").cast(pa.int64())
        self.microgrids.update(pc.unique(ids).to_pylist())
        if self._wanted is not None:
            table = table.filter(pc.equal(ids, self._wanted))
        speaks = pc.is_in(table.column("metric"), value_set=pa.array(CONDITION_NAMES))
        if pc.any(speaks).as_py():
            self._add_words(table.filter(speaks))
            table = table.filter(pc.invert(speaks))
        self._parts.append(
            (
                _times_us(table),
                self.components.codes(table.column("component_id")),
                self.names.codes(table.column("metric")),
                _numbers(table.column("value")),
            )
        )

    def _add_words(self, table: pa.Table) -> None:
        columns = [table.column(name).to_pylist() for name in ("component_id", "metric", "value")]
        for time_us, component, kind, text in zip(_times_us(table).tolist(), *columns, strict=True):
            self._said[component].append((time_us, kind, text))

    def tracks(self, file: str) -> dict[str, Track]:
        if not self._parts:
            return {}
        times, owners, columns, values = (np.concatenate(part) for part in zip(*self._parts, strict=True))
        names = list(self.names.texts)
        tracks = {}
        for component, number in self.components.texts.items():
            mine = owners == number
            try:
                track = track_of_cells(times[mine], names, columns[mine], values[mine])
            except TwoValuesError as two:
                opened = partial(_opened, Path(file))
                raise two_values(file, opened, component, two.time_us, two.name, self._wanted) from None
            tracks[component] = under_names_of_today(file, component, track)
            refuse_contradictions(file, component, tracks[component])
        return tracks

    def conditions(self) -> dict[str, tuple[tuple[int, Condition], ...]]:
        return {component: conditions_of_rows(rows) for component, rows in self._said.items()}


def read_csv(path: Path, microgrid_id: int | None) -> Recording:
    """Read a recording in CSV.

    Args:
        path: Of the file or of its part.
        microgrid_id: Which one to read, where the file holds several.

    Raises:
        RecordingError: If anything is wrong with it.
    """
    rows = _Rows(microgrid_id)
    try:
        if not _has_each_column_once(path):
            raise ValueError("a column is there twice")
        with _opened(path) as content:
            quotes = _QuoteCount(content)
            for block in _blocks(quotes):
                rows.add(block)
        if quotes.count % 2:
            raise ValueError("a quote is never closed")
        chosen = _chosen(path, rows.microgrids, microgrid_id)
        tracks, conditions = rows.tracks(str(path)), rows.conditions()
        if "" in {*tracks, *conditions}:
            raise ValueError("a component_id is empty")
    except RecordingError:
        raise
    except (pa.ArrowException, ValueError, OSError, EOFError, zlib.error) as error:
        raise csv_fault(str(path), lambda: _opened(path), error) from None
    numbers = {text: int(text) for text in (*tracks, *conditions) if _NUMBER.fullmatch(text)}
    return Recording(
        file=str(path),
        microgrid_id=chosen,
        tracks={numbers[text]: track for text, track in tracks.items() if text in numbers},
        conditions={numbers[text]: said for text, said in conditions.items() if text in numbers},
        formulas={text: track for text, track in tracks.items() if text not in numbers},
        is_complete=path.suffix != PART,
    )


def _has_each_column_once(path: Path) -> bool:
    """Look at the header: the CSV library takes the last of columns of one name without a word."""
    with io.TextIOWrapper(_opened(path), "utf-8-sig", newline="") as lines:
        header = next(rows_of_text(lines), [])
    return all(header.count(name) <= 1 for name in HEADER)


def _chosen(path: Path, found: set[int], wanted: int | None) -> int | None:
    known = ", ".join(map(str, sorted(found)))
    if wanted is not None:
        if found and wanted not in found:
            raise RecordingError(str(path), None, "microgrid_id", known, f"{wanted}, as the site has it")
        return wanted
    if len(found) > 1:
        found_text = f"of several microgrids: {known}"
        raise RecordingError(str(path), None, "microgrid_id", found_text, "one; choose with `microgrid_id=`")
    return next(iter(found), None)


class _QuoteCount:
    """Reads a file and counts its quotes: the CSV library takes a quote that is never closed for sound."""

    def __init__(self, content: IO[bytes]) -> None:
        self._content = content
        self.closed = False
        self.count = 0

    def read(self, size: int) -> bytes:
        """Return the next bytes."""
        chunk = self._content.read(size)
        self.count += chunk.count(b'"')
        return chunk

    def close(self) -> None:
        """Leave the file to whoever opened it."""
        self.closed = True


def _blocks(content: _QuoteCount) -> csv.CSVStreamingReader:
    return csv.open_csv(
        pa.PythonFile(content, "r"),
        read_options=csv.ReadOptions(block_size=_BLOCK_BYTES, use_threads=False),
        parse_options=csv.ParseOptions(newlines_in_values=True),
        convert_options=csv.ConvertOptions(
            column_types=dict.fromkeys(HEADER, pa.string()),
            include_columns=HEADER,
            strings_can_be_null=False,
        ),
    )


def _times_us(table: pa.Table) -> npt.NDArray[np.int64]:
    times: npt.NDArray[np.int64] = table.column("timestamp").cast(_TIMESTAMP).cast(pa.int64()).to_numpy()
    return times


def _numbers(column: pa.ChunkedArray) -> npt.NDArray[np.float64]:
    """Return the numbers of a column; NaN of an empty cell, as pandas writes it."""
    told = pc.if_else(pc.equal(column, ""), "nan", column)
    numbers: npt.NDArray[np.float64] = told.cast(pa.float64()).to_numpy()
    return numbers


def _opened(path: Path) -> IO[bytes]:
    if path.suffix == PART:
        return io.BytesIO(content_of_part(path).whole)
    return open_bounded(path)


class PartContent(NamedTuple):
    """What can be read of a part."""

    whole: bytes
    """Text up to the end of its last record."""
    lost_bytes: int
    """Of text behind that."""


def content_of_part(path: Path) -> PartContent:
    """Read what is in a part, up to where it breaks off.

    Raises:
        OSError: If it cannot be read.
        zlib.error: If it is to be compressed, and is not.
        TooMuchError: If it holds more than is read.
    """
    content = path.read_bytes()
    if path.name.endswith(f".gz{PART}"):
        content = unpack_bounded(content)
    whole = _whole_records(content)
    return PartContent(whole, len(content) - len(whole))


def _whole_records(content: bytes) -> bytes:
    """Return what was written up to the end of a record."""
    end = content.rfind(b"\n") + 1
    if content.count(b'"', 0, end) % 2:
        end = content.rfind(b"\n", 0, content.rfind(b'"', 0, end)) + 1
    return content[:end]
