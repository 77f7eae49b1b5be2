"""Recordings in Parquet: a column per component and metric, a row per sampling.

A Parquet file cannot be read before it is finished. So the rows grow as an Arrow stream, which can, in the
part beside it; finishing turns the stream into Parquet. Whenever a column is needed that was not there before,
another stream begins in the same part.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ..domain.events import Extremes
from ..domain.messages import Frame
from ..domain.metrics import Metric
from .arrow_stream import batches
from .content import Condition, condition_text
from .metadata import Metadata, dump_metadata
from .names import CONDITION_NAMES
from .output import open_part, part_of
from .selection import NO_EXTREMES, Metrics, wanted
from .statistics import describe_column

TIME = pa.field("timestamp", pa.timestamp("us", tz="UTC"), nullable=False)
WORDS = pa.dictionary(pa.int32(), pa.string())
_ROWS_PER_BATCH = 60
"""Samplings that a crash may cost."""
_ROWS_PER_GROUP = 1 << 16


def described_field(
    name: str, kind: pa.DataType, *, means: bool | None, instants: Collection[int] = ()
) -> pa.Field:
    """Return the field of a column such as `12.AC_POWER_ACTIVE`, with metadata that say what it holds.

    Args:
        name: Of the column.
        kind: Type of its values.
        means: Whether powers are means of intervals; None if nobody knows.
        instants: Ids of the components of which they are instants all the same.
    """
    number, _, metric = name.partition(".")
    is_mean = False if means and int(number) in instants else means
    return pa.field(name, kind, metadata=describe_column(metric, means=is_mean))


def encodings(schema: pa.Schema) -> dict[str, Any]:
    """Return how the columns of a file are encoded, for `pyarrow.parquet.ParquetWriter`.

    Neighbouring numbers share most of their leading bytes, so those are laid side by side before they are
    compressed (BYTE_STREAM_SPLIT).
    """
    numbers = [field.name for field in schema if pa.types.is_floating(field.type)]
    return {
        "column_encoding": dict.fromkeys(numbers, "BYTE_STREAM_SPLIT") | {TIME.name: "DELTA_BINARY_PACKED"},
        "use_dictionary": [field.name for field in schema if pa.types.is_dictionary(field.type)],
    }


class _Row(NamedTuple):
    time_us: int
    frames: dict[int, Frame]
    extremes: Extremes


class ParquetWriter:
    """Gathers frames into batches of rows."""

    def __init__(self, path: Path, metadata: Metadata, metrics: Metrics) -> None:
        """Begin a file; see `Recorder`."""
        self._path = path
        self._chosen = metrics
        self._carried = dump_metadata(metadata)
        self._rows: list[_Row] = []
        self.holds_means: bool | None = False
        self.instants: Collection[int] = ()
        self._fields: dict[str, pa.Field] = {TIME.name: TIME}
        self._texts: dict[Condition, tuple[str, ...]] = {}
        self._part = open_part(path)
        self._file = self._part.file
        self._stream = self._begin_stream()

    def write(self, frames: Sequence[Frame], extremes: Extremes = NO_EXTREMES) -> None:
        """Take what the components reported at one sampling.

        Args:
            frames: Of the components.
            extremes: By component id, least and greatest values of the interval, by name.
        """
        rows: dict[int, _Row] = {}
        for frame in frames:
            # Sample times differ where one of them stands still.
            time_us = frame.sample_time_us
            rows.setdefault(time_us, _Row(time_us, {}, extremes)).frames[frame.component_id] = frame
        self._rows.extend(rows.values())
        if len(self._rows) >= _ROWS_PER_BATCH:
            self._write_batch()

    def finish(self) -> None:
        """Turn the stream into Parquet."""
        self._write_batch()
        self._stream.close()
        self._part.settle()
        unfinished = self._path.with_name(f"{self._path.name}.unfinished")
        try:
            with unfinished.open("wb") as file:
                _write_parquet(batches(part_of(self._path)), self._schema(), file)
                file.flush()
            unfinished.replace(self._path)
        finally:
            unfinished.unlink(missing_ok=True)
        self._part.remove()

    def abandon(self) -> None:
        """Close the part as it is."""
        self._part.abandon()

    def _schema(self) -> pa.Schema:
        return pa.schema(self._fields.values(), metadata=self._carried)

    def _begin_stream(self) -> pa.ipc.RecordBatchStreamWriter:
        options = pa.ipc.IpcWriteOptions(compression="lz4")
        stream = pa.ipc.new_stream(self._file, self._schema(), options=options)
        self._file.flush()
        return stream

    def _write_batch(self) -> None:
        rows, self._rows = self._rows, []
        if not rows:
            return
        columns: dict[str, pa.Array] = {
            TIME.name: pa.array([row.time_us for row in rows], pa.int64()).cast(TIME.type)
        }
        for number in dict.fromkeys(number for row in rows for number in row.frames):
            columns.update(self._columns(number, [row.frames.get(number) for row in rows]))
            columns.update(_extreme_columns(number, rows))
        if not columns.keys() <= self._fields.keys():
            self._fields |= {
                name: described_field(name, column.type, means=self.holds_means, instants=self.instants)
                for name, column in columns.items()
                if name not in self._fields
            }
            self._stream.close()
            self._stream = self._begin_stream()
        nothing = len(rows)
        arrays = [
            columns.get(name, pa.nulls(nothing, field.type) if name not in columns else None)
            for name, field in self._fields.items()
        ]
        self._stream.write_batch(pa.record_batch(arrays, schema=self._schema()))
        self._file.flush()

    def _columns(self, number: int, frames: Sequence[Frame | None]) -> Iterator[tuple[str, pa.Array]]:
        metrics = self._metrics(frame.values for frame in frames if frame is not None)
        for metric, column in zip(metrics, _value_columns(metrics, frames), strict=True):
            yield f"{number}.{metric}", column
        for metric in self._metrics(frame.bounds for frame in frames if frame is not None):
            ranges = [() if frame is None else frame.bounds.get(metric, ()) for frame in frames]
            for index in range(max(map(len, ranges))):
                ends = [bounds[index] if index < len(bounds) else (None, None) for bounds in ranges]
                for side, end in (("lower", 0), ("upper", 1)):
                    values = [pair[end] for pair in ends]
                    yield f"{number}.{metric}_bound_{index}_{side}", pa.array(values, pa.float64())
        yield from self._condition_columns(number, frames)

    def _condition_columns(
        self, number: int, frames: Sequence[Frame | None]
    ) -> Iterator[tuple[str, pa.Array]]:
        texts = [None if frame is None else self._condition_texts(frame) for frame in frames]
        for index, name in enumerate(CONDITION_NAMES):
            column = [None if row is None else row[index] for row in texts]
            yield f"{number}.{name}", pa.array(column, pa.string()).cast(pa.string())

    def _metrics(self, mappings: Iterable[Iterable[Metric]]) -> list[Metric]:
        metrics = dict.fromkeys(chain.from_iterable(mappings))
        chosen = wanted(self._chosen, metrics, means=self.holds_means)
        return [metric for metric in metrics if chosen is None or metric in chosen]

    def _condition_texts(self, frame: Frame) -> tuple[str, ...]:
        condition = Condition(frame.states, frame.warnings, frame.errors)
        texts = self._texts.get(condition)
        if texts is None:
            texts = tuple(condition_text(condition, name) for name in CONDITION_NAMES)
            self._texts[condition] = texts
        return texts


def _extreme_columns(number: int, rows: Sequence[_Row]) -> Iterator[tuple[str, pa.Array]]:
    found = [row.extremes.get(number, {}) if number in row.frames else {} for row in rows]
    for name in dict.fromkeys(chain.from_iterable(found)):
        yield f"{number}.{name}", pa.array([values.get(name) for values in found], pa.float64())


def _value_columns(metrics: Sequence[Metric], frames: Sequence[Frame | None]) -> Iterable[pa.Array]:
    try:
        # Nearly always all frames are there, and alike.
        rows = [[frame.values[metric] for metric in metrics] for frame in frames]  # type: ignore[union-attr]
    except (AttributeError, KeyError):
        rows = [[frame and frame.values.get(metric) for metric in metrics] for frame in frames]
        return [pa.array(column, pa.float64()) for column in zip(*rows, strict=True)]
    return [pa.array(column) for column in np.array(rows, np.float64).T.copy()]


def _write_parquet(parts: Iterable[pa.RecordBatch], schema: pa.Schema, file: object) -> None:
    final = pa.schema(
        [field.with_type(WORDS) if field.type == pa.string() else field for field in schema],
        metadata=schema.metadata,
    )
    with pq.ParquetWriter(file, final, compression="zstd", **encodings(final)) as writer:
        for group in _groups(parts):
            writer.write_table(_completed(group, final))


def _groups(parts: Iterable[pa.RecordBatch]) -> Iterator[pa.Table]:
    group: list[pa.RecordBatch] = []
    for part in parts:
        if group and (
            part.schema != group[0].schema or sum(each.num_rows for each in group) >= _ROWS_PER_GROUP
        ):
            yield pa.Table.from_batches(group)
            group = []
        group.append(part)
    if group:
        yield pa.Table.from_batches(group)


def _completed(group: pa.Table, schema: pa.Schema) -> pa.Table:
    group = group.combine_chunks()
    columns = [
        group.column(field.name).cast(field.type) if field.name in group.column_names
        else pa.nulls(group.num_rows, field.type)
        for field in schema
    ]  # fmt: skip
    return pa.table(columns, schema=schema)
