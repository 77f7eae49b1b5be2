"""The part in which a CSV file grows, compressed where its name says so."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import IO

from .names import MARKED_HEADER
from .output import abandon, open_part


class CsvPart:
    """Takes lines, readable once they are flushed, and gives the file its name in the end."""

    def __init__(self, path: Path) -> None:
        """Begin a part with the names of the columns.

        Args:
            path: Of the recording; compressed if it ends in `.gz`.

        Raises:
            RecordingError: If it cannot be written there.
        """
        self._part = open_part(path)
        self._compressed: gzip.GzipFile | None = None
        if path.name.endswith(".gz"):
            self._compressed = gzip.GzipFile("", "wb", fileobj=self._part.file, mtime=0)
        self._write_text(f"{MARKED_HEADER}\n")
        self.flush()

    @property
    def is_compressed(self) -> bool:
        """Whether it is compressed, so that each flush makes it longer."""
        return self._compressed is not None

    def write(self, lines: Iterable[Sequence[object]]) -> None:
        """Write lines; a crash may cost them until they are flushed."""
        text = io.StringIO(newline="")
        csv.writer(text, lineterminator="\n").writerows(lines)
        self._write_text(text.getvalue())

    def flush(self) -> None:
        """Bring everything that was written into the file."""
        if self._compressed is not None:
            self._compressed.flush()
        self._part.file.flush()

    def finish(self) -> None:
        """End the file and give it its name."""
        if self._compressed is not None:
            self._compressed.close()
        self._part.finish()

    def remove(self) -> None:
        """Take the file away."""
        self._part.remove()

    def abandon(self) -> None:
        """Close the file as it is."""
        if self._compressed is not None:
            abandon(self._compressed)
        self._part.abandon()

    def _write_text(self, text: str) -> None:
        target: IO[bytes] | gzip.GzipFile = self._compressed or self._part.file
        target.write(text.encode())
