"""Files that are either finished under their name, or readable beside it with `.part` behind their name.

A recording grows in `day.csv.part` and becomes `day.csv` when it is finished. What a crash leaves is the part,
whole up to the last moment that was written.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from gzip import GzipFile
from pathlib import Path
from typing import IO, Any

from .errors import RecordingError

PART = ".part"
SUFFIXES = (".csv", ".csv.gz", ".parquet")
_LEAST_FREE_BYTES = 16 << 20
"""Less room than this on the disk is as good as none."""


def part_of(path: Path) -> Path:
    """Return where a recording grows."""
    return path.with_name(path.name + PART)


def suffix_of(path: Path) -> str:
    """Return the suffix that says how a recording is written, its part or not.

    Raises:
        RecordingError: If it is none of ours.
    """
    name = path.name.removesuffix(PART)
    for suffix in SUFFIXES:
        if name.endswith(suffix) and name != suffix:
            return suffix
    found = repr(path.name)
    raise RecordingError(str(path), None, "name", found, f"a name that ends in {', '.join(SUFFIXES)}")


def open_part(path: Path) -> IO[bytes]:
    """Begin a recording.

    Raises:
        RecordingError: If it cannot be written there.
    """
    folder = path.parent
    if path.is_dir():
        raise RecordingError(str(path), None, "file", "a folder", "the name of a file")
    try:
        file = part_of(path).open("xb")
    except FileExistsError:
        found = f"being written already, or left by a crash: {part_of(path).name} is there"
        raise RecordingError(str(path), None, "file", found, "another name; or move that file away") from None
    except OSError as error:
        raise unwritable(path, error) from None
    free = shutil.disk_usage(folder).free
    if free < _LEAST_FREE_BYTES:
        discard(file, path)
        found = f"on a disk with {free >> 10} KiB left"
        raise RecordingError(str(path), None, "file", found, f"at least {_LEAST_FREE_BYTES >> 20} MiB")
    return file


def unwritable(path: Path, error: OSError) -> RecordingError:
    """Describe why a recording cannot be written."""
    found = f"not writable ({error.strerror or error})"
    return RecordingError(
        str(path), None, "file", found, "a folder that is there, may be written and has room"
    )


def discard(file: IO[Any], path: Path) -> None:
    """Take back a recording that has not begun."""
    file.close()
    part_of(path).unlink(missing_ok=True)


def abandon(file: IO[bytes] | GzipFile) -> None:
    """Close a file to which nothing can be written any more."""
    with contextlib.suppress(OSError, ValueError):
        file.close()


def settle(file: IO[Any]) -> None:
    """Bring everything written to the disk and close the file."""
    file.flush()
    os.fsync(file.fileno())
    file.close()
