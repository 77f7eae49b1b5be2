"""Finds the Python script that somebody means by a command."""

from __future__ import annotations

import shutil
from pathlib import Path


def script_of(command: str, folder: Path = Path()) -> Path:
    """Return the script of a command: a file, or else the script of an installed one; the path itself if it is none.

    Args:
        command: Path relative to the folder, or a name.
        folder: Where relative paths begin.

    Raises:
        ValueError: If the installed command is no Python.
    """
    path = folder / command
    found = None if path.exists() or len(Path(command).parts) > 1 else shutil.which(command)
    if found is None:
        return path
    with Path(found).open("rb") as script:
        # Where the path of Python is long, a shell starts it in the second line.
        head = script.readline() + script.readline()
    if not head.startswith(b"#!") or b"python" not in head:
        raise ValueError(f"{found} is no Python script; accepted: a script or an installed command of Python")
    return Path(found)
