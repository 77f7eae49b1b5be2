"""The part in which a Parquet file grows: Arrow streams, one behind the other, of which the last may break off.

A Parquet file cannot be read before it is finished; an Arrow stream can, up to where it ends. Whenever a column is
needed that was not there before, another stream begins in the same part.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from .output import Identity, open_part, part_of, refuse_newcomer, written_whole
from .parquet_form import TIME, write_parquet


class ParquetPart:
    """Takes batches of rows, readable at once, and makes a Parquet file of them in the end."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        """Begin a part.

        Args:
            path: Of the recording.
            schema: Of the first batches.

        Raises:
            RecordingError: If it cannot be written there.
        """
        self._path = path
        self._part = open_part(path)
        self._begin_stream(schema)

    def write(self, batch: pa.RecordBatch) -> None:
        """Write rows, so that a crash of the program does not lose them.

        Args:
            batch: With all columns of earlier ones, perhaps with further ones.
        """
        if not batch.schema.equals(self._schema):
            self._stream.close()
            self._begin_stream(batch.schema)
        self._stream.write_batch(batch)
        self._part.file.flush()

    def finish(self) -> None:
        """Turn the streams into Parquet.

        Raises:
            RecordingError: If a file has appeared in its place; the part stays.
        """
        self._stream.close()
        self._part.settle()
        refuse_newcomer(self._path, self._part.former)
        turn_into_parquet(part_of(self._path), self._path, self._schema, self._part.former)
        self._part.remove()

    def remove(self) -> None:
        """Take the file away."""
        self._part.remove()

    def abandon(self) -> None:
        """Close the part as it is."""
        self._part.abandon()

    def _begin_stream(self, schema: pa.Schema) -> None:
        self._schema = schema
        options = pa.ipc.IpcWriteOptions(compression="lz4")
        self._stream = pa.ipc.new_stream(self._part.file, schema, options=options)
        self._part.file.flush()


class PartContent(NamedTuple):
    """What can be read of a part."""

    schema: pa.Schema
    """Of the last stream."""
    first_us: int | None
    """Least and greatest time in it [µs]; None if there are no samples."""
    last_us: int | None
    lost_bytes: int
    """Behind the last whole batch."""


def content_of(part: Path) -> PartContent:
    """Look at what a part holds.

    Raises:
        ValueError: If not even the beginning of the first stream can be read.
    """
    times = list[int]()
    for batch, end in _batches_and_ends(part):
        schema, whole_bytes = batch.schema, end
        if batch.num_rows:
            least_and_greatest = pc.min_max(batch.column(TIME.name).cast(pa.int64())).as_py()
            times += least_and_greatest.values()
            times = [min(times), max(times)]
    first_us, last_us = times or (None, None)
    return PartContent(schema, first_us, last_us, part.stat().st_size - whole_bytes)


def turn_into_parquet(part: Path, path: Path, schema: pa.Schema, former: Identity | None = None) -> None:
    """Write what a part holds as a Parquet file, which is there whole or not at all.

    Args:
        part: Of a recording, up to where it breaks off.
        path: Of the Parquet file.
        schema: With all columns of the part.
        former: Which file it takes the place of; of none if None.

    Raises:
        OSError: If it cannot be written.
        RecordingError: If another file has appeared there.
    """
    with written_whole(path, former) as file:
        write_parquet(batches(part), schema, file)


def batches(path: Path) -> Iterator[pa.RecordBatch]:
    """Return the batches of all streams in a file, up to where it breaks off.

    Every batch carries the schema of its own stream; an empty one stands at the beginning of each.

    Raises:
        ValueError: If not even the beginning of the first stream can be read.
    """
    return (batch for batch, _ in _batches_and_ends(path))


def _batches_and_ends(path: Path) -> Iterator[tuple[pa.RecordBatch, int]]:
    size = path.stat().st_size
    with pa.OSFile(str(path)) as file:
        is_first = True
        while is_first or file.tell() < size:
            try:
                stream = pa.ipc.open_stream(file)
                yield pa.RecordBatch.from_pylist([], schema=stream.schema), file.tell()
                is_first = False
                for batch in stream:
                    yield batch, file.tell()
            except (pa.ArrowInvalid, OSError):
                if is_first:
                    raise ValueError("an Arrow stream is expected") from None
                return
