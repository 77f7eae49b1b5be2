"""What a file says of itself at a glance: it tells who has written it."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

PARQUET = b"PAR1"
"""With which files in Parquet begin."""
PAGE = '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="generator" content="doppelgrid">'
"""With which our pages begin."""
_PACKED = b"\x1f\x8b"
_BYTES = 4096


def beginning_of(path: Path, size: int = _BYTES) -> bytes:
    """Return the first bytes of a file, unpacked if gzip has packed it; as they are if that cannot be unpacked.

    Args:
        path: Of the file.
        size: How many.

    Raises:
        OSError: If it cannot be read.
    """
    with path.open("rb") as file:
        start = file.read(size)
    if not start.startswith(_PACKED):
        return start
    try:
        return zlib.decompressobj(wbits=31).decompress(start, size) or start
    except zlib.error:
        return start


def schema_of(path: Path) -> pa.Schema | None:
    """Return the schema of a file in Parquet; None if it is none, or damaged."""
    import pyarrow as pa  # noqa: PLC0415 - takes long to import
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        return pq.read_schema(path)
    except (pa.ArrowException, OSError):
        return None
