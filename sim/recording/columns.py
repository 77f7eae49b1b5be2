"""Recordings written by columns: many samplings at once, for runs that compute them so."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Collection, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from ..domain.timestamps import to_datetime
from .codes import write_state
from .csv_writer import HEADER
from .metadata import Metadata, dump_metadata
from .output import open_part, suffix_of, unwritable
from .parquet_writer import TIME, WORDS, described_field, encodings
from .statistics import is_over_intervals

Words = tuple[npt.NDArray[np.int32], list[str]]
"""Text of each sampling, as numbers into a list."""
Column = npt.NDArray[np.float64] | Words


class ColumnRecorder:
    """A recording in the making; a context manager that finishes it, or discards it after an error."""

    def __init__(
        self, path: str | Path, metadata: Metadata, *, means: bool = False, instants: Collection[int] = ()
    ) -> None:
        """Begin a file.

        Args:
            path: Where to; `.csv`, `.csv.gz` or `.parquet` says how. An older recording of that name is replaced
                when this one is finished.
            metadata: Where it comes from.
            means: Whether powers are means of the intervals that begin with the samplings.
            instants: Ids of the components of which they are instants all the same.

        Raises:
            RecordingError: If nothing can be written there.
        """
        self.path = Path(path)
        self._metadata = metadata
        self._means = means
        self._instants = instants
        self._suffix = suffix_of(self.path)
        self._part = open_part(self.path)
        self._file = self._part.file
        self._parquet: pq.ParquetWriter | None = None
        self._text: Any = (
            gzip.GzipFile("", "wb", fileobj=self._file, mtime=0) if self._suffix == ".csv.gz" else self._file
        )
        self._said: dict[str, str] = {}
        if self._suffix != ".parquet":
            self._write_lines([HEADER])

    def write(self, times_us: npt.NDArray[np.int64], columns: Mapping[str, Column]) -> None:
        """Take a stretch of samplings.

        Args:
            times_us: Of the samplings, ascending, all later than before [µs].
            columns: By name as in Parquet recordings, such as `12.BATTERY_SOC_PCT`; the same ones each time. NaN
                is what was not reported, or is not known, as a mean of the interval that begins with the last sampling.

        Raises:
            RecordingError: If it cannot be written.
        """
        try:
            if self._suffix == ".parquet":
                self._write_table(times_us, columns)
            else:
                self._write_long(times_us, columns)
        except OSError as error:
            self._part.abandon()
            raise unwritable(self.path, error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._parquet is not None:
            self._parquet.close()
        if self._text is not self._file:
            self._text.close()
        if kind is not None:
            self._part.remove()
            return
        self._part.finish()

    def _write_table(self, times_us: npt.NDArray[np.int64], columns: Mapping[str, Column]) -> None:
        arrays = [pa.array(times_us).cast(TIME.type), *(self._arrow(*each) for each in columns.items())]
        fields = [
            TIME,
            *(
                described_field(name, array.type, means=self._means, instants=self._instants)
                for name, array in zip(columns, arrays[1:], strict=True)
            ),
        ]
        schema = pa.schema(fields, metadata=dump_metadata(self._metadata))
        if self._parquet is None:
            self._parquet = pq.ParquetWriter(
                self._file, schema, compression="zstd", compression_level=1, write_statistics=False,
                **encodings(schema),
            )  # fmt: skip
        self._parquet.write_table(pa.Table.from_arrays(arrays, schema=schema))

    def _write_long(self, times_us: npt.NDArray[np.int64], columns: Mapping[str, Column]) -> None:
        shown = [str(to_datetime(time_us)) for time_us in times_us.tolist()]
        lines: list[tuple[object, ...]] = []
        for row, time in enumerate(shown):
            for name, column in columns.items():
                number, _, metric = name.partition(".")
                lines += [
                    (time, self._metadata.microgrid_id, int(number), metric, value)
                    for value in self._cells(name, column, row)
                ]
        self._write_lines(lines)

    def _cells(self, name: str, column: Column, row: int) -> list[str]:
        """Return what lines say: one for each state, none for what was not reported, or has been said already."""
        if isinstance(column, tuple):
            text: str = column[1][int(column[0][row])]
            if self._said.get(name) == text:
                return []
            self._said[name] = text
            return [write_state(state) for state in text.split()]
        value = float(column[row])
        return [] if np.isnan(value) else [repr(value)]

    def _arrow(self, name: str, column: Column) -> pa.Array:
        if isinstance(column, tuple):
            numbers, texts = column
            return pa.DictionaryArray.from_arrays(pa.array(numbers), pa.array(texts, pa.string())).cast(WORDS)
        if np.isnan(column[-1]) and is_over_intervals(name.partition(".")[2], means=self._means):
            return pa.array(column, mask=np.isnan(column))
        return pa.array(column)

    def _write_lines(self, lines: Any) -> None:
        text = io.StringIO(newline="")
        csv.writer(text, lineterminator="\n").writerows(lines)
        self._text.write(text.getvalue().encode())
