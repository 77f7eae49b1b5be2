"""The story of a run in one line per event, and the digest by which two runs are told apart.

Each line holds the simulated time, what happened, and to whom. Telemetry is one line per sampling with a short
digest of every component's frame, so that a day fits into a few megabytes and still shows where it parts from
another.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from hashlib import blake2b
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple, TextIO

from ..domain.events import Event
from ..domain.journal_lines import TELEMETRY, journal_lines
from ..domain.messages import Frame
from ..domain.metrics import Metric
from ..domain.ranges import Bounds
from ..domain.timestamps import to_datetime
from ..files.json_text import json_text
from ..gateway.gateway import Gateway

_FRAME_DIGEST_BYTES = 4
_DIGEST_BYTES = 16


@cache
def _layout(numbers: int) -> struct.Struct:
    """Return how the numbers of a frame are written down behind its times."""
    return struct.Struct(f"<qq{numbers}d")


class Journal:
    """Listens to a running site; the same story gives the same digest, to the last bit."""

    def __init__(self, path: Path | None = None) -> None:
        """Begin a journal.

        Args:
            path: File to write the lines to; none are kept if None.

        Raises:
            OSError: If the file cannot be written.
        """
        self._path = path
        self._file: TextIO | None = None if path is None else path.open("w", encoding="utf-8")
        self._error: OSError | None = None
        self._hash = blake2b(digest_size=_DIGEST_BYTES)
        self._edges: dict[int, tuple[Mapping[Metric, tuple[Bounds, ...]], Sequence[float]]] = {}
        """Bounds of the last frame of each component, which the next one may share, and their ends."""
        self.lines = 0
        """How many lines the story has so far."""

    @property
    def digest(self) -> str:
        """Digest of everything so far, in hexadecimal."""
        return self._hash.hexdigest()

    def listen(self, gateway: Gateway) -> None:
        """Write down everything that happens behind a gateway from now on."""
        gateway.listen_to_events(self._on_event)
        gateway.listen_to_frames(self._on_frames)

    def close(self) -> None:
        """Close the file.

        Raises:
            OSError: If a line of the journal could not be written; names the file.
        """
        if self._file is not None:
            with self._kept_errors():
                self._file.close()
            self._file = None
        error, self._error = self._error, None
        if error is not None:
            raise OSError(error.errno, error.strerror, str(self._path))

    def _on_event(self, event: Event) -> None:
        details = json_text(event.details, sort_keys=True)
        self._write(f"{event.time_us} {event.kind} {event.subject} {details}")

    def _on_frames(self, time_us: int, frames: Sequence[Frame]) -> None:
        parts = " ".join([f"{frame.component_id}:{self._frame_digest(frame)}" for frame in frames])
        self._write(f"{time_us} {TELEMETRY} {parts}")

    def _write(self, line: str) -> None:
        self.lines += 1
        self._hash.update(line.encode())
        self._hash.update(b"\n")
        if self._file is not None:
            with self._kept_errors():
                self._file.write(f"{line}\n")

    def _frame_digest(self, frame: Frame) -> str:
        bounds, edges = self._edges.get(frame.component_id, (None, ()))
        if frame.bounds is not bounds:
            edges = [edge for ranges in frame.bounds.values() for pair in ranges for edge in pair]
            self._edges[frame.component_id] = frame.bounds, edges
        values = frame.values.values()
        layout = _layout(len(values) + len(edges))
        packed = layout.pack(frame.sample_time_us, frame.state_since_us, *values, *edges)
        return blake2b(packed, digest_size=_FRAME_DIGEST_BYTES).hexdigest()

    @contextmanager
    def _kept_errors(self) -> Iterator[None]:
        """Keep the first error for the end: raised among the site's events, it would only stop the site."""
        try:
            yield
        except OSError as error:
            self._error = self._error or error


class Divergence(NamedTuple):
    """The first event at which two runs part."""

    number: int
    """Number of the line, from 1."""
    first: str | None
    """What the first run says; None if it has ended."""
    second: str | None

    def __str__(self) -> str:
        return f"the runs part at event {self.number}:\n  A: {_told(self.first)}\n  B: {_told(self.second)}"


def first_divergence(first: Path, second: Path) -> Divergence | None:
    """Compare two journals.

    Args:
        first: A file that a `Journal` wrote.
        second: Another one.

    Returns:
        Where they part first, or None if they tell the same story.

    Raises:
        OSError: If a file cannot be read.
        ValueError: If a file is no journal.
    """
    for number, (one, other) in enumerate(zip_longest(_texts(first), _texts(second)), start=1):
        if one != other:
            return Divergence(number, *_telling(one, other))
    return None


def _texts(path: Path) -> Iterator[str]:
    return (line.text for line in journal_lines(path))


def _telling(one: str | None, other: str | None) -> tuple[str | None, str | None]:
    """Leave out of two telemetry lines what they have in common."""
    if one is None or other is None:
        return one, other
    ours, theirs = one.split(" "), other.split(" ")
    if ours[:2] != theirs[:2] or ours[1] != TELEMETRY or len(ours) != len(theirs):
        return one, other
    differing = [(mine, his) for mine, his in zip(ours[2:], theirs[2:], strict=True) if mine != his]
    return (
        " ".join([*ours[:2], *(mine for mine, _ in differing)]),
        " ".join([*theirs[:2], *(his for _, his in differing)]),
    )


def _told(line: str | None) -> str:
    if line is None:
        return "has ended"
    time_us, _, rest = line.partition(" ")
    return f"{to_datetime(int(time_us)).isoformat()} {rest}"
