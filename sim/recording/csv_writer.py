"""Recordings in CSV: a value a line, as the reporting exports write them."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import IO

from ..domain.events import Extremes
from ..domain.messages import Frame
from ..domain.timestamps import to_datetime
from .codes import write_state
from .content import Condition
from .metadata import Metadata
from .names import HEADER, STATE
from .output import abandon, open_part
from .selection import NO_EXTREMES, Metrics, wanted

_FLUSH_EVERY = 60
"""Samplings that a crash may cost a compressed file; a plain one loses none."""

Row = tuple[str, int | None, int, str, str]


class CsvWriter:
    """Writes frames as lines; states, warnings and errors when they change."""

    def __init__(self, path: Path, metadata: Metadata, metrics: Metrics) -> None:
        """Begin a file; see `Recorder`."""
        self._microgrid_id = metadata.microgrid_id
        self._metrics = metrics
        self._conditions: dict[int, Condition] = {}
        self._part = open_part(path)
        self._file = self._part.file
        self._compressed: gzip.GzipFile | None = None
        if path.name.endswith(".gz"):
            self._compressed = gzip.GzipFile("", "wb", fileobj=self._file, mtime=0)
        self.holds_means: bool | None = False
        self.instants: Collection[int] = ()
        self._pending = 0
        self._write([HEADER])
        self.flush()

    def write(self, frames: Sequence[Frame], extremes: Extremes = NO_EXTREMES) -> None:
        """Write what the components reported at one sampling; see `ParquetWriter.write`."""
        self._write([row for frame in frames for row in self._rows(frame, extremes)])
        self._pending += 1
        if self._compressed is None or self._pending >= _FLUSH_EVERY:
            self.flush()

    def flush(self) -> None:
        """Bring everything that was written into the part."""
        if self._compressed is not None:
            self._compressed.flush()
        self._file.flush()
        self._pending = 0

    def finish(self) -> None:
        """End the file and give it its name."""
        if self._compressed is not None:
            self._compressed.close()
        self._part.finish()

    def abandon(self) -> None:
        """Close the file as it is."""
        if self._compressed is not None:
            abandon(self._compressed)
        self._part.abandon()

    def _write(self, rows: Sequence[Sequence[object]]) -> None:
        text = io.StringIO(newline="")
        csv.writer(text, lineterminator="\n").writerows(rows)
        target: IO[bytes] | gzip.GzipFile = self._compressed or self._file
        target.write(text.getvalue().encode())

    def _rows(self, frame: Frame, extremes: Extremes) -> Iterator[Row]:
        time, number = str(to_datetime(frame.sample_time_us)), frame.component_id
        chosen = wanted(self._metrics, frame.values, means=self.holds_means)
        microgrid_id = self._microgrid_id
        for metric, value in frame.values.items():
            if chosen is None or metric in chosen:
                yield time, microgrid_id, number, metric.value, repr(value)
        for name, value in extremes.get(number, {}).items():
            yield time, microgrid_id, number, name, repr(value)
        for metric, ranges in frame.bounds.items():
            if chosen is None or metric in chosen:
                for index, bounds in enumerate(ranges):
                    yield time, microgrid_id, number, f"{metric}_bound_{index}_lower", repr(bounds.lower)
                    yield time, microgrid_id, number, f"{metric}_bound_{index}_upper", repr(bounds.upper)
        condition = Condition(frame.states, frame.warnings, frame.errors)
        if self._conditions.get(number) != condition:
            self._conditions[number] = condition
            for kind, text in condition.rows():
                yield time, microgrid_id, number, kind, write_state(text) if kind == STATE else text
