"""What a case says on its way: its beginning and its end, in a file that does not grow without bound."""

from __future__ import annotations

import os
import threading
from multiprocessing.connection import Connection, wait
from pathlib import Path

HEAD_BYTES = 1_000_000
"""So much is kept of the beginning."""
TAIL_BYTES = 1_000_000
"""And so much of the end."""
_SHOWN_BYTES = 4_000
_PATIENCE_S = 10.0
_CHUNK_BYTES = 65_536


class KeptOutput:
    """Copies what comes out of a pipe to a file, in a thread of its own; its end is known without a file, too."""

    def __init__(self, source: Connection, wake: tuple[Connection, Connection], path: Path | None) -> None:
        """Begin to copy.

        Args:
            source: End of the pipe to read from; closed by `close`.
            wake: Both ends of another pipe, by which `close` reaches the thread.
            path: File to write; none if None.

        Raises:
            OSError: If the file cannot be written.
        """
        self._source = source
        self._told, self._tell = wake
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
        self._file = None if path is None else path.open("wb")
        self._path = path
        self._head_left = HEAD_BYTES
        self._tail = bytearray()
        self._left_out = 0
        self._end = ""
        self._error: OSError | None = None
        self._thread = threading.Thread(target=self._copy, daemon=True)
        self._thread.start()

    def close(self) -> str:
        """Stop once all that was said is read, and return the end of it.

        Raises:
            OSError: If the file could not be written; names it.
        """
        # Whatever processes an application leaves behind may hold the other end open for ever.
        self._tell.send(None)
        self._thread.join(_PATIENCE_S)
        for each in (self._source, self._told, self._tell):
            each.close()
        if self._error is not None:
            raise OSError(self._error.errno, self._error.strerror, str(self._path))
        return self._end

    def _copy(self) -> None:
        last = b""
        left = TAIL_BYTES
        while True:
            ready = wait([self._source, self._told])
            is_over = self._told in ready
            if self._source not in ready or left <= 0:
                break
            data = os.read(self._source.fileno(), _CHUNK_BYTES)
            if not data:
                break
            left -= len(data) if is_over else 0
            last = (last + data)[-_SHOWN_BYTES:]
            self._take(data)
        self._end = last.decode(errors="replace")
        self._finish()

    def _take(self, data: bytes) -> None:
        if self._file is None:
            return
        head, rest = data[: self._head_left], data[self._head_left :]
        self._head_left -= len(head)
        self._write(head)
        self._tail += rest
        if len(self._tail) > 2 * TAIL_BYTES:
            self._shorten()

    def _shorten(self) -> None:
        extra = len(self._tail) - TAIL_BYTES
        if extra > 0:
            self._left_out += extra
            del self._tail[:extra]

    def _finish(self) -> None:
        if self._file is None:
            return
        self._shorten()
        if self._left_out:
            self._write(f"\n… {self._left_out:,} bytes are left out here …\n".encode())
        self._write(bytes(self._tail))
        try:
            self._file.close()
        except OSError as error:
            self._error = self._error or error

    def _write(self, data: bytes) -> None:
        assert self._file is not None
        if self._error is not None or not data:
            return
        try:
            self._file.write(data)
            self._file.flush()
        except OSError as error:
            self._error = error
