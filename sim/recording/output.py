"""Files that are either finished under their name, or readable beside it with `.part` behind their name.

A recording grows in `day.csv.part` and becomes `day.csv` when it is finished. What a crash leaves is the part,
whole up to the last moment that was written; the next recording of that name moves it to `day.old.csv.part`. A file
that somebody puts there meanwhile stays, and so does the part.
"""

from __future__ import annotations

import contextlib
import fcntl
import itertools
import logging
import os
import shutil
from collections.abc import Iterator
from gzip import GzipFile
from pathlib import Path
from typing import IO

from ..files.beginning import beginning_of, schema_of
from ..site.input_files import input_files
from ..site.site import Site
from .errors import RecordingError
from .metadata import KEY
from .names import MARKED_HEADER

_log = logging.getLogger(__name__)
PART = ".part"
SUFFIXES = (".csv", ".csv.gz", ".parquet")
_LEAST_FREE_BYTES = 16 << 20
"""Less room than this on the disk is as good as none."""

Identity = tuple[int, int, int, int]


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


def refuse_inputs(path: Path, site: Site) -> None:
    """Refuse to record where a file stands that drives the site.

    Raises:
        RecordingError: If so.
    """
    if path.is_file() and any(named.is_file() and named.samefile(path) for named in input_files(site)):
        raise RecordingError(str(path), None, "file", "one that drives the site", "another name")


class Part:
    """The file in which a recording grows. It is locked until it has its name, so that no other run takes it."""

    def __init__(self, path: Path, file: IO[bytes], lock: IO[bytes] | None, former: Identity | None) -> None:
        """Keep an open file; see `open_part`.

        Args:
            path: Of the recording.
            file: Its part.
            lock: Holds the lock of the part, also when that is closed; None where files cannot be locked.
            former: Which file the recording takes the place of; see `identity_of`.
        """
        self.file = file
        self.former = former
        self._path = path
        self._lock = lock

    def settle(self) -> None:
        """Bring everything written to the disk and close the file."""
        if not self.file.closed:
            self.file.flush()
            os.fsync(self.file.fileno())
            self.file.close()

    def finish(self) -> None:
        """Settle the file and give it the name of the recording.

        Raises:
            RecordingError: If a file has appeared there; the part stays.
        """
        self.settle()
        refuse_newcomer(self._path, self.former)
        part_of(self._path).replace(self._path)
        self._unlock()

    def remove(self) -> None:
        """Take the file away: of a recording that has not begun, or has found another form."""
        abandon(self.file)
        part_of(self._path).unlink(missing_ok=True)
        self._unlock()

    def abandon(self) -> None:
        """Leave the file as it is."""
        abandon(self.file)
        self._unlock()

    def _unlock(self) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None


def open_part(path: Path) -> Part:
    """Begin a recording. What a run that broke off has left makes room, and is kept if anything is in it.

    Raises:
        RecordingError: If it cannot be written there, or something else than a recording would be lost.
    """
    folder = path.parent
    if path.is_dir():
        raise RecordingError(str(path), None, "file", "a folder", "the name of a file")
    if path.is_file() and not _may_be_recorded_anew(path):
        raise RecordingError(
            str(path),
            None,
            "file",
            "there, not recorded by this version, and would be lost",
            "a file of another name",
        )
    part = _begin(path, identity_of(path))
    free = shutil.disk_usage(folder).free
    if free < _LEAST_FREE_BYTES:
        part.remove()
        found = f"on a disk with {free >> 10} KiB left"
        raise RecordingError(str(path), None, "file", found, f"at least {_LEAST_FREE_BYTES >> 20} MiB")
    return part


@contextlib.contextmanager
def written_whole(path: Path, former: Identity | None) -> Iterator[IO[bytes]]:
    """Give a file to write, which has its name once everything is in it, and is nowhere after an error.

    Args:
        path: Of the file.
        former: Which file it takes the place of; see `identity_of`.

    Raises:
        OSError: If it cannot be written.
        RecordingError: If another file has appeared there.
    """
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.unfinished")
    try:
        with unfinished.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        refuse_newcomer(path, former)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def _may_be_recorded_anew(path: Path) -> bool:
    """Say whether a file is empty or was recorded here; what cannot be read is another matter."""
    try:
        start = beginning_of(path)
    except OSError:
        return True
    if path.suffix == ".parquet" and start:
        schema = schema_of(path)
        return schema is not None and KEY in (schema.metadata or {})
    return not start or start.startswith(f"{MARKED_HEADER}\n".encode())


def identity_of(path: Path) -> Identity | None:
    """Return what tells the file at a path, with what is in it, from any other; None if nothing of it could be lost."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    is_empty = path.is_file() and found.st_size == 0
    return None if is_empty else (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)


def refuse_newcomer(path: Path, former: Identity | None) -> None:
    """Refuse to take the place of another file than the one that was there when a recording began.

    Raises:
        RecordingError: If another one is there; says where the recording is.
    """
    now = identity_of(path)
    if now is not None and now != former:
        found = "one that has appeared since the recording began, and would be lost"
        accepted = f"what was recorded, with another name: doppelgrid recover {part_of(path)} --output NAME"
        raise RecordingError(str(path), None, "file", found, accepted)


def _begin(path: Path, former: Identity | None) -> Part:
    while True:
        try:
            file = part_of(path).open("xb")
        except FileExistsError:
            _make_room(path)
            continue
        except OSError as error:
            raise unwritable(path, error) from None
        lock = open(os.dup(file.fileno()), "rb", buffering=0)  # noqa: SIM115 - open as long as the recording grows
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pass  # Another run began at the same time and takes this for left over.
        except OSError:
            lock.close()
            return Part(path, file, None, former)
        else:
            if _is_at(part_of(path), file):
                return Part(path, file, lock, former)
        file.close()
        lock.close()


def _make_room(path: Path) -> None:
    """Move away what a run that broke off has left, if it is known that no run writes it.

    Raises:
        RecordingError: If a run writes it, or nobody knows.
    """
    part = part_of(path)
    try:
        if not part.is_file():
            raise OSError
        with part.open("rb") as left:
            fcntl.flock(left, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not _is_at(part, left):
                return
            if os.fstat(left.fileno()).st_size == 0:
                part.unlink()
                _log.warning("%s, left empty by a run that broke off, is replaced", part)
                return
            aside = _unused(path)
            part.rename(aside)
            _log.warning("%s, left by a run that broke off, is now %s", part, aside.name)
    except FileNotFoundError:
        return  # Its run has finished just now.
    except BlockingIOError:
        found = f"being written already: another run holds {part.name}"
        raise RecordingError(str(path), None, "file", found, "another name, or the end of that run") from None
    except OSError:
        found = f"being written already, or left by a crash: {part.name} is there"
        raise RecordingError(str(path), None, "file", found, "another name; or move that file away") from None


def _is_at(path: Path, file: IO[bytes]) -> bool:
    """Say whether a file still has its name."""
    try:
        return os.path.samestat(path.stat(), os.fstat(file.fileno()))
    except FileNotFoundError:
        return False


def _unused(path: Path) -> Path:
    """Return a name beside that of a recording under which its part can be read, and nothing is: `day.old.csv.part`."""
    suffix = suffix_of(path)
    stem = path.name.removesuffix(suffix)
    names = (f"{stem}.old{'' if number == 1 else f'-{number}'}{suffix}" for number in itertools.count(1))
    return next(part_of(path.with_name(name)) for name in names if not _is_taken(path.with_name(name)))


def _is_taken(path: Path) -> bool:
    return path.exists() or part_of(path).exists()


def unwritable(path: Path, error: OSError) -> RecordingError:
    """Describe why a recording cannot be written."""
    found = f"not writable ({error.strerror or error})"
    return RecordingError(
        str(path), None, "file", found, "a folder that is there, may be written and has room"
    )


def abandon(file: IO[bytes] | GzipFile) -> None:
    """Close a file to which nothing can be written any more."""
    with contextlib.suppress(OSError, ValueError):
        file.close()
