"""Series that libraries compute: kept from run to run, since those libraries take longer to import than to compute.

What a library gives differs in its last digits from version to version, and from one of the libraries below it to the
next. It is rounded to what means something, so that a run has the same bits with all of them.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

_MOST_FILES = 300
"""A month of sun takes 180 kB, a year of a profile 280 kB."""
_CHECK_SIZE = 16
"""Bytes before the values, by which a file that was damaged is known."""


def kept_series(recipe: str, library: str, quantum: float, make: Callable[[], Floats]) -> Floats:
    """Return a series, rounded, as it was made before, here or by another run; made now if it never was.

    Args:
        recipe: What it is made of, to the last digit; two of the same are the same series.
        library: Package that makes it, of which another version may make another.
        quantum: What the values are rounded to, in their unit.
        make: Computes it; with another text of its module it may make another.
    """
    import numpy as np  # noqa: PLC0415 - few sites need it

    recipe += f"/{library} {version(library)}/{quantum!r}"
    name = blake2b(recipe.encode() + _text_of(make), digest_size=16).hexdigest()
    path = platformdirs.user_cache_path("doppelgrid") / "series" / name
    found = _found(path)
    if found is not None:
        return found
    made: Floats = np.round(make() / quantum) * quantum
    # Whoever cannot write there does without.
    with contextlib.suppress(OSError):
        _keep(path, made)
    return made


def _found(path: Path) -> Floats | None:
    """Return a series that was kept whole."""
    import numpy as np  # noqa: PLC0415

    try:
        content = path.read_bytes()
    except OSError:
        return None
    check, values = content[:_CHECK_SIZE], content[_CHECK_SIZE:]
    if len(check) < _CHECK_SIZE or check != _check_of(values):
        return None
    return np.frombuffer(values, np.float64).copy()


def _check_of(values: bytes) -> bytes:
    return blake2b(values, digest_size=_CHECK_SIZE).digest()


def _text_of(make: Callable[[], Floats]) -> bytes:
    module = sys.modules[make.__module__].__file__
    return b"" if module is None else Path(module).read_bytes()


def _keep(path: Path, series: Floats) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.unfinished")
    values = series.tobytes()
    try:
        unfinished.write_bytes(_check_of(values) + values)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    files = sorted(path.parent.iterdir(), key=lambda each: each.stat().st_mtime)
    for old in files[:-_MOST_FILES]:
        old.unlink(missing_ok=True)
