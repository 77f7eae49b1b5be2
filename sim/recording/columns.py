"""Recordings written by columns: many samplings at once, for runs that compute them so."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ..domain.timestamps import to_datetime
from .codes import write_state
from .csv_part import CsvPart
from .errors import RecordingError
from .metadata import Metadata, dump_metadata
from .output import suffix_of, unwritable
from .parquet_form import TIME, described_field
from .parquet_part import ParquetPart
from .statistics import is_over_intervals

Words = tuple[npt.NDArray[np.int32], list[str]]
"""Text of each sampling, as numbers into a list."""
Column = npt.NDArray[np.float64] | Words


class ColumnRecorder:
    """A recording in the making; a context manager that finishes it, or leaves its part after an error."""

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
        self._form: _Wide | _Long = (
            _Wide(self.path, metadata, means=means, instants=instants)
            if suffix_of(self.path) == ".parquet"
            else _Long(self.path, metadata.microgrid_id)
        )
        self._is_empty = True

    def write(self, times_us: npt.NDArray[np.int64], columns: Mapping[str, Column]) -> None:
        """Take a stretch of samplings.

        Args:
            times_us: Of the samplings, ascending, all later than before [µs].
            columns: By name as in Parquet recordings, such as `12.BATTERY_SOC_PCT`; the same ones each time. NaN
                is what was not reported, or is not known, as a mean of the interval that begins with the last sampling.

        Raises:
            RecordingError: If it cannot be written.
        """
        self._is_empty = False
        try:
            self._form.write(times_us, columns)
        except OSError as error:
            self._form.abandon()
            raise unwritable(self.path, error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Finish the file, or leave its part after an error, if anything is in it.

        Raises:
            RecordingError: If it cannot be finished, or a file has appeared in its place; what was recorded is beside
                it, in its part.
        """
        if kind is None:
            try:
                self._form.finish()
            except OSError as failed:
                self._form.abandon()
                raise unwritable(self.path, failed) from failed
            except RecordingError:
                self._form.abandon()
                raise
        elif self._is_empty:
            self._form.remove()
        else:
            self._form.abandon()


class _Wide:
    """A column per component and metric, in Parquet."""

    def __init__(self, path: Path, metadata: Metadata, *, means: bool, instants: Collection[int]) -> None:
        self._carried = dump_metadata(metadata)
        self._means = means
        self._instants = instants
        self._part = ParquetPart(path, pa.schema([TIME], metadata=self._carried))
        self.finish = self._part.finish
        self.remove = self._part.remove
        self.abandon = self._part.abandon

    def write(self, times_us: npt.NDArray[np.int64], columns: Mapping[str, Column]) -> None:
        arrays = [pa.array(times_us).cast(TIME.type), *(self._arrow(*each) for each in columns.items())]
        fields = [
            TIME,
            *(
                described_field(name, array.type, means=self._means, instants=self._instants)
                for name, array in zip(columns, arrays[1:], strict=True)
            ),
        ]
        self._part.write(pa.record_batch(arrays, schema=pa.schema(fields, metadata=self._carried)))

    def _arrow(self, name: str, column: Column) -> pa.Array:
        if isinstance(column, tuple):
            numbers, texts = column
            return pa.array(texts, pa.string()).take(pa.array(numbers))
        if np.isnan(column[-1]) and is_over_intervals(name.partition(".")[2], means=self._means):
            return pa.array(column, mask=np.isnan(column))
        return pa.array(column)


class _Long:
    """A value a line, in CSV."""

    def __init__(self, path: Path, microgrid_id: int | None) -> None:
        self._microgrid_id = microgrid_id
        self._part = CsvPart(path)
        self.finish = self._part.finish
        self.remove = self._part.remove
        self.abandon = self._part.abandon
        self._said: dict[str, str] = {}

    def write(self, times_us: npt.NDArray[np.int64], columns: Mapping[str, Column]) -> None:
        shown = [str(to_datetime(time_us)) for time_us in times_us.tolist()]
        lines: list[tuple[object, ...]] = []
        for row, time in enumerate(shown):
            for name, column in columns.items():
                number, _, metric = name.partition(".")
                lines += [
                    (time, self._microgrid_id, int(number), metric, value)
                    for value in self._cells(name, column, row)
                ]
        self._part.write(lines)
        self._part.flush()

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
