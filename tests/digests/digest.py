"""Digests of what a site shows, by component and by what it is that shows: a difference has a name."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

_DIGEST_BYTES = 8


class Digests(NamedTuple):
    """Digests of a run. Whatever differs, differs in a component and in a subject."""

    components: dict[str, str]
    """By key of the component: of all that it shows."""
    subjects: dict[str, str]
    """By metric, kind of event and the like: of what all components show of it."""


class Cells:
    """Gathers what a run shows, whatever the order in which components and subjects come."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._written: dict[tuple[str, str], bytearray] = {}

    def add(self, component: str, subject: str, content: bytes) -> None:
        """Write down what comes next of a subject of a component."""
        self._written.setdefault((component, subject), bytearray()).extend(content)

    def add_text(self, component: str, subject: str, text: str) -> None:
        """Write down a line."""
        self.add(component, subject, f"{text}\n".encode())

    def add_number(self, component: str, subject: str, time_us: int, value: float) -> None:
        """Write down a number of a time [µs], to the last bit; one NaN is like another."""
        self.add(component, subject, struct.pack("<qd", time_us, math.nan if math.isnan(value) else value))

    def digests(self) -> Digests:
        """Return the digests of everything so far."""
        each = sorted((*name, _digest([bytes(content)])) for name, content in self._written.items())
        components: dict[str, list[bytes]] = {}
        subjects: dict[str, list[bytes]] = {}
        for component, subject, digest in each:
            components.setdefault(component, []).append(f"{subject} {digest}\n".encode())
            subjects.setdefault(subject, []).append(f"{component} {digest}\n".encode())
        return Digests(
            {name: _digest(parts) for name, parts in sorted(components.items())},
            {name: _digest(parts) for name, parts in sorted(subjects.items())},
        )


def add_recording(cells: Cells, path: Path, keys: dict[str, str]) -> None:
    """Write down every column of a recording.

    Args:
        cells: Where to.
        path: A recording in Parquet.
        keys: Keys of components by their ids.
    """
    file = pq.ParquetFile(path)
    for name in file.schema_arrow.names:
        number, _, subject = name.rpartition(".") if "." in name else ("", "", name)
        # A column at a time: a day of all of them is large, and how the file is cut into parts is of no concern.
        column = file.read(columns=[name]).column(0)
        cells.add(keys.get(number, "site"), subject, _bytes_of(column))


def _bytes_of(column: pa.ChunkedArray) -> bytes:
    """Return what tells a column of numbers, times or words from any other."""
    if pa.types.is_floating(column.type):
        values, missing = column.to_numpy(), column.is_null().to_numpy()
        return bytes(np.where(np.isnan(values), np.nan, values).tobytes() + missing.tobytes())
    if pa.types.is_timestamp(column.type):
        return bytes(column.cast(pa.int64()).to_numpy().tobytes())
    return "".join(f"{word}\n" for word in column.to_pylist()).encode()


def add_journal(cells: Cells, path: Path) -> None:
    """Write down the events of a journal, those of the same time in their order."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            head, _, details = line.partition("{")
            time_us, *kind, subject = head.split()
            if kind and kind[0] == "telemetry":
                cells.add_text("site", "telemetry", line)
            else:
                cells.add_text(subject, " ".join(kind), f"{time_us} {details}")
                cells.add_text("site", "order of events", head)


def _digest(parts: Iterable[bytes]) -> str:
    made = blake2b(digest_size=_DIGEST_BYTES)
    for part in parts:
        made.update(part)
    return made.hexdigest()
