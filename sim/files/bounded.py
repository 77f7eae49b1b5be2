"""How much a compressed file may hold: one of a stranger can be small, and a thousand times as large unpacked."""

from __future__ import annotations

import gzip
import io
import zlib
from pathlib import Path
from typing import IO

ALWAYS_BYTES = 256 << 20
"""So much a file may hold however small it is."""
MOST_RATIO = 200
"""Beyond that, it may hold so many times its size; recordings and loggers' files hold 5 to 50 times."""
MOST_BYTES = 4 << 30
"""More is not read into memory."""
_BYTES_PER_VALUE = 8


class TooMuchError(ValueError):
    """A file holds more than is read."""


def check_unpacked(packed_bytes: int, unpacked_bytes: int) -> None:
    """Refuse what unpacks to too much.

    Args:
        packed_bytes: Size of the file.
        unpacked_bytes: Of what it holds, or has held so far.

    Raises:
        TooMuchError: Says how much is accepted.
    """
    most = min(max(ALWAYS_BYTES, MOST_RATIO * packed_bytes), MOST_BYTES)
    if unpacked_bytes > most:
        raise TooMuchError(
            f"more than {most >> 20} MiB unpacked from {packed_bytes / (1 << 20):.3g} MiB; accepted: up to "
            f"{MOST_RATIO} times a file's size (at least {ALWAYS_BYTES >> 20} MiB, at most {MOST_BYTES >> 20} MiB)"
        )


def open_bounded(path: Path) -> IO[bytes]:
    """Open a file, unpacked if gzip has packed it or its name says so; reading too much of it raises `TooMuchError`.

    Raises:
        OSError: If it cannot be opened.
        TooMuchError: If it is too large as it is.
    """
    with path.open("rb") as content:
        is_packed = path.suffix == ".gz" or content.read(2) == b"\x1f\x8b"
    if is_packed:
        return io.BufferedReader(_Unpacked(path), 1 << 18)
    if path.stat().st_size > MOST_BYTES:
        raise TooMuchError(f"{path.stat().st_size >> 20} MiB; accepted: up to {MOST_BYTES >> 20} MiB")
    return path.open("rb")


def unpack_bounded(packed: bytes) -> bytes:
    """Return what gzip has packed, up to where it breaks off.

    Raises:
        TooMuchError: If it is too much.
        zlib.error: If it is something else.
    """
    unpacker = zlib.decompressobj(wbits=31)
    unpacked = unpacker.decompress(packed, max(ALWAYS_BYTES, MOST_RATIO * len(packed)))
    check_unpacked(len(packed), len(unpacked) + len(unpacker.unconsumed_tail))
    return unpacked


class _Unpacked(io.RawIOBase):
    """Unpacks a file and counts what comes out."""

    def __init__(self, path: Path) -> None:
        self._packed_bytes = path.stat().st_size
        self._content = gzip.open(path)  # noqa: SIM115 - closed with this
        self._count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        count = self._content.readinto(buffer)
        self._count += count
        check_unpacked(self._packed_bytes, self._count)
        return count

    def close(self) -> None:
        self._content.close()
        super().close()


def check_parquet(path: Path) -> None:
    """Refuse a Parquet file whose rows take too much memory, by what it says of itself.

    Raises:
        TooMuchError: Says how much is accepted.
        pyarrow.ArrowException, OSError: If it cannot be read.
    """
    import pyarrow.parquet as pq  # noqa: PLC0415 - takes long to import

    told = pq.read_metadata(path)
    stored = sum(told.row_group(place).total_byte_size for place in range(told.num_row_groups))
    check_unpacked(path.stat().st_size, max(stored, told.num_rows * told.num_columns * _BYTES_PER_VALUE))
