"""Arrow streams, one behind the other in one file, of which the last may break off."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa


def batches(path: Path) -> Iterator[pa.RecordBatch]:
    """Return the batches of all streams in a file, up to where it breaks off.

    Every batch carries the schema of its own stream; an empty one stands at the beginning of each.

    Raises:
        ValueError: If not even the beginning of the first stream can be read.
    """
    size = path.stat().st_size
    with pa.OSFile(str(path)) as file:
        is_first = True
        while is_first or file.tell() < size:
            try:
                stream = pa.ipc.open_stream(file)
                yield pa.RecordBatch.from_pylist([], schema=stream.schema)
                is_first = False
                yield from stream
            except (pa.ArrowInvalid, OSError):
                if is_first:
                    raise ValueError("an Arrow stream is expected") from None
                return
