"""Writes down what a running site reports."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self, runtime_checkable

from ..domain.events import Extremes, FrameListener, IntervalListener
from ..domain.messages import Frame
from ..files.extras import extra_for
from ..site.site import Site
from .csv_writer import CsvWriter
from .errors import RecordingError
from .metadata import Metadata, describe_run
from .output import refuse_inputs, suffix_of, unwritable
from .selection import NO_EXTREMES, Metrics


class FrameSource(Protocol):
    """Whoever samples frames; a `Gateway`."""

    def listen_to_frames(self, listener: FrameListener) -> Callable[[], None]:
        """Show every sampling to a listener; returns how to stop it."""
        ...


@runtime_checkable
class IntervalSource(Protocol):
    """Whoever samples frames for a recording and knows the mean powers between samplings; a `Gateway`."""

    def listen_to_recorded_frames(self, listener: FrameListener) -> Callable[[], None]:
        """Show every sampling to a listener, with times by a clock that nobody sets; returns how to stop it."""
        ...

    def holds_means(self, *, extremes: bool) -> bool | None:
        """Say whether they are to be written down; None if what it has does not say what it is."""
        ...

    def shown_windows(self) -> frozenset[int]:
        """Return the ids of meters that show means of windows longer than the intervals: of them these are recorded."""
        ...

    def listen_to_intervals(self, listener: IntervalListener, *, extremes: bool) -> Callable[[], None]:
        """Show every sampling to a listener when the next one is due, powers as means of the interval between."""
        ...


class _Writer(Protocol):
    holds_means: bool | None
    """Whether powers are means of the interval that begins with their sampling; None if nobody knows."""
    instants: Collection[int]
    """Ids of the components of which they are instants all the same."""

    def write(self, frames: Sequence[Frame], extremes: Extremes = NO_EXTREMES) -> None: ...

    def flush(self) -> None: ...

    def finish(self) -> None: ...

    def abandon(self) -> None: ...


class Recorder:
    """A recording in the making; a context manager that finishes it."""

    def __init__(
        self,
        path: str | Path,
        site: Site,
        *,
        seed: int = 0,
        metrics: Metrics = "main",
        extremes: bool = False,
        speed: float = 1.0,
    ) -> None:
        """Begin a file.

        Args:
            path: Where to; `.csv`, `.csv.gz` or `.parquet` says how. An older recording of that name is
                replaced when this one is finished.
            site: That is recorded.
            seed: Of its noise.
            metrics: How much to record.
            extremes: Whether to record least and greatest powers of each interval, beside the means.
            speed: Simulated seconds per second between the times that samples carry.

        Raises:
            RecordingError: If nothing can be written there, or the file drives the site.
            MissingPackageError: If Parquet is wanted and what writes it is not installed.
        """
        self.path = Path(path)
        refuse_inputs(self.path, site)
        self._writer: _Writer | None = _writer(
            # Where the program goes meanwhile is its own affair.
            self.path.absolute(),
            describe_run(site, seed, speed),
            metrics,
        )
        self._extremes = extremes
        self._stop: list[Callable[[], None]] = []

    def listen(self, gateway: FrameSource) -> None:
        """Write down every frame that a gateway samples from now on.

        Where samplings are a second or more apart, powers are written as means of the interval up to the next one, and
        those of the last one are left out.
        """
        if not isinstance(gateway, IntervalSource):
            self._stop.append(gateway.listen_to_frames(self._on_frames))
            return
        means = gateway.holds_means(extremes=self._extremes)
        if self._writer is not None:
            self._writer.holds_means = means
            self._writer.instants = gateway.shown_windows()
        if means:
            self._stop.append(gateway.listen_to_intervals(self._on_interval, extremes=self._extremes))
        else:
            self._stop.append(gateway.listen_to_recorded_frames(self._on_frames))

    def flush(self) -> None:
        """Bring all that was told so far to where it outlives the program; it can be read in the part.

        Raises:
            RecordingError: If it cannot be written.
        """
        if self._writer is not None:
            self._try(self._writer, self._writer.flush)

    def close(self) -> None:
        """Stop listening and finish the file.

        Raises:
            RecordingError: If it cannot be finished, or a file has appeared in its place; what was recorded is beside
                it, in its part.
        """
        for stop in self._stop:
            stop()
        self._stop.clear()
        writer, self._writer = self._writer, None
        if writer is not None:
            self._try(writer, writer.finish)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Finish the file, also after an error: what led to it is worth reading."""
        self.close()

    def _on_frames(self, _time_us: int, frames: Sequence[Frame]) -> None:
        self._on_interval(frames, NO_EXTREMES)

    def _on_interval(self, frames: Sequence[Frame], extremes: Extremes) -> None:
        writer = self._writer
        if writer is not None:
            self._try(writer, lambda: writer.write(frames, extremes))

    def _try(self, writer: _Writer, act: Callable[[], None]) -> None:
        try:
            act()
        except OSError as error:
            self._writer = None
            writer.abandon()
            raise unwritable(self.path, error) from error
        except RecordingError:
            writer.abandon()
            raise


def _writer(path: Path, metadata: Metadata, metrics: Metrics) -> _Writer:
    if suffix_of(path) == ".parquet":
        with extra_for("recordings in Parquet"):
            from .parquet_writer import ParquetWriter  # noqa: PLC0415 - takes long to import

        return ParquetWriter(path, metadata, metrics)
    return CsvWriter(path, metadata, metrics)
