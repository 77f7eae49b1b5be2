"""The content of a file that somebody names, if it is one that can be taken in whole."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

MOST_BYTES = 10_000_000
"""Largest file that people write."""
NOT_THERE = "not there"
_KINDS = {
    stat.S_IFDIR: "a folder", stat.S_IFIFO: "a named pipe", stat.S_IFCHR: "a device", stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
}  # fmt: skip


def why_unreadable(error: OSError) -> str:
    """Return what is the matter with a file that could not be read, to be said of it: `the file is …`."""
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return NOT_THERE
    words = error.strerror or str(error)
    is_of_system = error.errno is not None and words == os.strerror(error.errno)
    return f"unreadable ({words})" if is_of_system else words


def read_regular(path: Path, most_bytes: int = MOST_BYTES) -> bytes:
    """Return what is in a regular file.

    Args:
        path: Of the file; of what is none, nothing is read: a pipe would let one wait, a device has no end.
        most_bytes: What is larger is refused, too.

    Raises:
        OSError: If it cannot be read; its `strerror` says what was found.
    """
    mode = path.stat().st_mode
    if not stat.S_ISREG(mode):
        kind = _KINDS.get(stat.S_IFMT(mode), "something else")
        raise OSError(errno.EINVAL, f"{kind}, no regular file", str(path))
    with path.open("rb") as file:
        content = file.read(most_bytes + 1)
    if len(content) > most_bytes:
        raise OSError(errno.EFBIG, f"larger than {most_bytes / 1e6:g} MB", str(path))
    return content
