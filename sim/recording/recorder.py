"""Writes down what a running site reports."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from ..domain.events import FrameListener
from ..domain.messages import Frame
from ..files.extras import extra_for
from ..site.site import Site
from .csv_writer import CsvWriter
from .metadata import Metadata, describe_run
from .output import suffix_of, unwritable
from .selection import Metrics


class FrameSource(Protocol):
    """Whoever samples frames; a `Gateway`."""

    def listen_to_frames(self, listener: FrameListener) -> Callable[[], None]:
        """Show every sampling to a listener; returns how to stop it."""
        ...


class _Writer(Protocol):
    def write(self, frames: Sequence[Frame]) -> None: ...

    def finish(self) -> None: ...

    def abandon(self) -> None: ...


class Recorder:
    """A recording in the making; a context manager that finishes it."""

    def __init__(self, path: str | Path, site: Site, *, seed: int = 0, metrics: Metrics = "main") -> None:
        """Begin a file.

        Args:
            path: Where to; `.csv`, `.csv.gz` or `.parquet` says how. An older recording of that name is
                replaced when this one is finished.
            site: That is recorded.
            seed: Of its noise.
            metrics: How much to record.

        Raises:
            RecordingError: If nothing can be written there.
            MissingPackageError: If Parquet is wanted and what writes it is not installed.
        """
        self.path = Path(path)
        self._writer: _Writer | None = _writer(self.path, describe_run(site, seed), metrics)
        self._stop: list[Callable[[], None]] = []

    def listen(self, gateway: FrameSource) -> None:
        """Write down every frame that a gateway samples from now on."""
        self._stop.append(gateway.listen_to_frames(self._on_frames))

    def close(self) -> None:
        """Stop listening and finish the file.

        Raises:
            RecordingError: If it cannot be finished; what was recorded is beside it, in its part.
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
        writer = self._writer
        if writer is not None:
            self._try(writer, lambda: writer.write(frames))

    def _try(self, writer: _Writer, act: Callable[[], None]) -> None:
        try:
            act()
        except OSError as error:
            self._writer = None
            writer.abandon()
            raise unwritable(self.path, error) from error


def _writer(path: Path, metadata: Metadata, metrics: Metrics) -> _Writer:
    if suffix_of(path) == ".parquet":
        with extra_for("recordings in Parquet"):
            from .parquet_writer import ParquetWriter  # noqa: PLC0415 - takes long to import

        return ParquetWriter(path, metadata, metrics)
    return CsvWriter(path, metadata, metrics)
