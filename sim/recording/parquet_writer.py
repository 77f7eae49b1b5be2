"""Recordings in Parquet: a column per component and metric, a row per sampling."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from ..domain.events import Extremes
from ..domain.messages import Frame
from ..domain.metrics import Metric
from .content import Condition, condition_text
from .metadata import Metadata, dump_metadata
from .names import CONDITION_NAMES
from .parquet_form import TIME, described_field
from .parquet_part import ParquetPart
from .selection import NO_EXTREMES, Metrics, wanted

_ROWS_PER_BATCH = 60
"""Samplings that are gathered before they are written."""


class _Row(NamedTuple):
    time_us: int
    frames: dict[int, Frame]
    extremes: Extremes


class ParquetWriter:
    """Gathers frames into batches of rows."""

    def __init__(self, path: Path, metadata: Metadata, metrics: Metrics) -> None:
        """Begin a file; see `Recorder`."""
        self._chosen = metrics
        self._carried = dump_metadata(metadata)
        self._rows: list[_Row] = []
        self.holds_means: bool | None = False
        self.instants: Collection[int] = ()
        self._fields: dict[str, pa.Field] = {TIME.name: TIME}
        self._texts: dict[Condition, tuple[str, ...]] = {}
        self._part = ParquetPart(path, self._schema())

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
            self.flush()

    def flush(self) -> None:
        """Bring everything that was reported into the part."""
        rows, self._rows = self._rows, []
        if not rows:
            return
        columns: dict[str, pa.Array] = {
            TIME.name: pa.array([row.time_us for row in rows], pa.int64()).cast(TIME.type)
        }
        for number in dict.fromkeys(number for row in rows for number in row.frames):
            columns.update(self._columns(number, [row.frames.get(number) for row in rows]))
            columns.update(_extreme_columns(number, rows))
        self._fields |= {
            name: described_field(name, column.type, means=self.holds_means, instants=self.instants)
            for name, column in columns.items()
            if name not in self._fields
        }
        arrays = [
            columns[name] if name in columns else pa.nulls(len(rows), field.type)
            for name, field in self._fields.items()
        ]
        self._part.write(pa.record_batch(arrays, schema=self._schema()))

    def finish(self) -> None:
        """End the file and give it its name."""
        self.flush()
        self._part.finish()

    def abandon(self) -> None:
        """Close the part as it is."""
        self._part.abandon()

    def _schema(self) -> pa.Schema:
        return pa.schema(self._fields.values(), metadata=self._carried)

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
