"""Recordings in CSV: a value a line, as the reporting exports write them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from ..domain.events import Extremes
from ..domain.messages import Frame
from ..domain.timestamps import to_datetime
from .codes import write_state
from .content import Condition
from .csv_part import CsvPart
from .metadata import Metadata
from .names import STATE
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
        self._part = CsvPart(path)
        self.finish = self._part.finish
        self.abandon = self._part.abandon
        self.holds_means: bool | None = False
        self.instants: Collection[int] = ()
        self._pending = 0

    def write(self, frames: Sequence[Frame], extremes: Extremes = NO_EXTREMES) -> None:
        """Write what the components reported at one sampling; see `ParquetWriter.write`."""
        self._part.write([row for frame in frames for row in self._rows(frame, extremes)])
        self._pending += 1
        if not self._part.is_compressed or self._pending >= _FLUSH_EVERY:
            self.flush()

    def flush(self) -> None:
        """Bring everything that was written into the part."""
        self._part.flush()
        self._pending = 0

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
