"""How recordings look in Parquet: their columns, what is said of them, and how they are packed."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Iterator
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from .statistics import describe_column

TIME = pa.field("timestamp", pa.timestamp("us", tz="UTC"), nullable=False)
_ROWS_PER_GROUP = 1 << 15


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
        "use_dictionary": [field.name for field in schema if pa.types.is_string(field.type)],
    }


def write_parquet(batches: Iterable[pa.RecordBatch], schema: pa.Schema, file: object) -> None:
    """Write batches as one Parquet file, in groups of rows that do not depend on how they were cut.

    Args:
        batches: Of rows; a batch may lack columns.
        schema: Of all columns, in the order of the file.
        file: Open for writing.
    """
    packing = encodings(schema)
    with pq.ParquetWriter(
        file, schema, compression="zstd", write_statistics=[TIME.name], **packing
    ) as writer:
        for group in _groups(batches):
            alike = itertools.groupby(group, key=lambda batch: batch.schema)
            tables = [_completed(pa.Table.from_batches(each), schema) for _, each in alike]
            writer.write_table(pa.concat_tables(tables).combine_chunks())


def _groups(batches: Iterable[pa.RecordBatch]) -> Iterator[list[pa.RecordBatch]]:
    group: list[pa.RecordBatch] = []
    room = _ROWS_PER_GROUP
    for batch in batches:
        rest = batch
        while rest.num_rows >= room:
            yield [*group, rest.slice(0, room)]
            rest, group, room = rest.slice(room), [], _ROWS_PER_GROUP
        if rest.num_rows:
            group.append(rest)
            room -= rest.num_rows
    if group:
        yield group


def _completed(table: pa.Table, schema: pa.Schema) -> pa.Table:
    table = table.combine_chunks()
    columns = [
        table.column(field.name) if field.name in table.column_names else pa.nulls(table.num_rows, field.type)
        for field in schema
    ]
    return pa.table(columns, schema=schema)
