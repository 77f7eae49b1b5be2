"""What is wrong with a recording, said to whoever wrote or asked for it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .content import Recording


class RecordingError(ValueError):
    """A recording cannot be read, written or replayed: says where, what was found and what is accepted."""

    def __init__(self, file: str, line: int | None, column: str, found: str, accepted: str) -> None:
        """Describe a problem.

        Args:
            file: Name of the file.
            line: Line of a text file or row of a table, from 1 on; None where no single one is to blame.
            column: Column, or what the problem is about.
            found: What is there.
            accepted: What would be right, with the likely fix.
        """
        super().__init__(file, line, column, found, accepted)
        self.file = file
        self.line = line
        self.column = column
        self.found = found
        self.accepted = accepted

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{place}: {self.column} is {self.found}; accepted: {self.accepted}"


def nothing_in(part: Path) -> RecordingError:
    """Return what is wrong with the part of a recording in which nothing was recorded before its run ended."""
    return RecordingError(str(part), None, "content", "without any sample", "one that had begun")


def require_samples(recording: Recording) -> None:
    """Refuse what was left of a recording before anything was recorded.

    Raises:
        RecordingError: If it is that.
    """
    if not recording.is_complete and not any(len(track.times_us) for track in recording.tracks.values()):
        raise nothing_in(Path(recording.file))
