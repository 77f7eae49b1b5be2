"""Reads a recording, whatever its form."""

from __future__ import annotations

from pathlib import Path

from ..files.extras import extra_for
from .content import Recording
from .errors import RecordingError, nothing_in
from .output import PART, SUFFIXES, part_of, suffix_of


def read_recording(path: str | Path, *, microgrid_id: int | None = None) -> Recording:
    """Read a recording, or a CSV export of the reporting service.

    Args:
        path: Of a `.csv`, `.csv.gz` or `.parquet` file. If it was never finished, what there is of it is read
            (`Recording.is_complete` says so).
        microgrid_id: Which one to read, where an export holds several.

    Raises:
        RecordingError: If anything is wrong with it.
        MissingPackageError: If what reads it is not installed.
    """
    path = Path(path)
    suffix = suffix_of(path)
    if not path.exists() and part_of(path).exists():
        path = part_of(path)
    if not path.is_file():
        accepted = f"the path of a recording ({', '.join(SUFFIXES)}, or what a crash left in {PART})"
        raise RecordingError(str(path), None, "file", "not there", accepted)
    with extra_for("readers of recordings"):
        from .csv_reader import read_csv  # noqa: PLC0415 - takes long to import
        from .parquet_reader import read_parquet  # noqa: PLC0415

    if path.suffix == PART and path.stat().st_size == 0:
        raise nothing_in(path)
    return read_parquet(path) if suffix == ".parquet" else read_csv(path, microgrid_id)
