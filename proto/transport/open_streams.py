"""The streams that are open between a gateway and its clients, which a transport ends when it goes down."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol, TypeVar


class Stream(Protocol):
    """Something that a client is reading from."""

    def end(self, reason: str) -> None:
        """End with `UnavailableError` once it has been read to its end."""
        ...


StreamT = TypeVar("StreamT", bound=Stream)


class OpenStreams:
    """The streams that one transport carries now."""

    def __init__(self) -> None:
        """Start with none."""
        self._streams: set[Stream] = set()

    @contextmanager
    def carry(self, stream: StreamT) -> Iterator[StreamT]:
        """Count a stream as open while the context lasts."""
        self._streams.add(stream)
        try:
            yield stream
        finally:
            self._streams.discard(stream)

    def cut(self, reason: str) -> None:
        """End all streams that are open now; what clients asked for stays in force."""
        for stream in tuple(self._streams):
            stream.end(reason)
