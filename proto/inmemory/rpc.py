"""One call in memory as both of its ends see it: messages in two pipes, a head and an end."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple

import grpc

Pairs = tuple[tuple[str, str | bytes], ...]

_WINDOW_BYTES = 65_535  # RFC 9113, 6.9.2: the initial flow-control window of a stream
LARGEST_MESSAGE_BYTES = 4 * 1024 * 1024
"""Largest message that an endpoint of gRPC takes by default."""


class Status(NamedTuple):
    """End of a call, as its status tells."""

    code: grpc.StatusCode
    details: str = ""
    trailing_metadata: Pairs = ()


class MessagePipe:
    """Serialised messages on their way in one direction; a slow reader holds the writer back."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._messages: deque[bytes] = deque()
        self._size_bytes = 0
        self._closed = False
        self._reader: asyncio.Future[None] | None = None
        self._writers: deque[asyncio.Future[None]] = deque()
        self.on_drained: Callable[[], None] | None = None
        """Called once, when the pipe is closed and its last message has been read."""

    async def write(self, message: bytes) -> None:
        """Put a message in, waiting while a window's worth of bytes is unread."""
        while self._size_bytes >= _WINDOW_BYTES and not self._closed:
            room = self._loop.create_future()
            self._writers.append(room)
            await room
        self.put(message)

    def put(self, message: bytes) -> None:
        """Put a message in at once."""
        if not self._closed:
            self._messages.append(message)
            self._size_bytes += len(message)
            self._wake_reader()

    async def read(self) -> bytes | None:
        """Return the next message, or None after the last."""
        while not self._messages:
            if self._closed:
                return None
            self._reader = self._loop.create_future()
            await self._reader
        message = self._messages.popleft()
        self._size_bytes -= len(message)
        if self._writers and self._size_bytes < _WINDOW_BYTES:
            self._wake_writers()
        if self._closed:
            self._report_drained()
        return message

    def close(self) -> None:
        """Let nothing more in; what is in can still be read."""
        self._closed = True
        self._wake_reader()
        self._wake_writers()
        self._report_drained()

    def drop(self) -> None:
        """Close, and throw away what has not been read."""
        self._messages.clear()
        self._size_bytes = 0
        self.close()

    def _report_drained(self) -> None:
        if self.on_drained is not None and not self._messages:
            report, self.on_drained = self.on_drained, None
            report()

    def _wake_reader(self) -> None:
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(None)

    def _wake_writers(self) -> None:
        while self._writers:
            room = self._writers.popleft()
            if not room.done():
                room.set_result(None)


class Rpc:
    """One call as both of its ends see it: two pipes, the head and the end of the answer, and a way to drop it."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, method: str, metadata: Pairs, deadline_s: float | None
    ) -> None:
        """Open a call.

        Args:
            loop: The event loop of both ends.
            method: Full name, "/package.Service/Method".
            metadata: What the client sends along.
            deadline_s: When the client gives up, on the loop's clock [s].
        """
        self.loop = loop
        self.method = method
        self.metadata = metadata
        self.deadline_s = deadline_s
        self.requests = MessagePipe(loop)
        self.responses = MessagePipe(loop)
        self.on_head: Callable[[Pairs], None] = lambda _metadata: None
        self.on_end: Callable[[Status], None] = lambda _status: None
        self.task: asyncio.Task[None] | None = None
        self.status_sent = False
        self.head_sent = False
        """Whether the client has been told the initial metadata."""

    def send_head(self, metadata: Pairs = ()) -> None:
        """Tell the client the initial metadata, unless it has them."""
        if not self.head_sent:
            self.head_sent = True
            self.on_head(metadata)

    def finish(self, status: Status) -> None:
        """Tell the client the status once it has read every message."""
        self.status_sent = True
        self.send_head()
        self.responses.on_drained = lambda: self.on_end(status)
        self.responses.close()

    def abandon(self) -> None:
        """The client has gone: drop what is under way and cancel the handler."""
        self.requests.drop()
        self.responses.on_drained = None
        self.responses.drop()
        if self.task is not None and not self.status_sent:
            self.task.cancel()


def wire_metadata(metadata: Any) -> Pairs:
    """Return metadata as they arrive over a socket: text, except under keys that end in "-bin"."""
    return tuple((key, _wire_value(key, value)) for key, value in metadata or ())


def _wire_value(key: str, value: str | bytes) -> str | bytes:
    if key.endswith("-bin"):
        return value.encode() if isinstance(value, str) else value
    return value if isinstance(value, str) else value.decode()


def too_large(message: bytes, limit_bytes: int = LARGEST_MESSAGE_BYTES) -> Status | None:
    """Return the status of a message that its receiver refuses for its size, or None."""
    size = len(message)
    if size <= limit_bytes:
        return None
    details = f"Received message larger than max ({size} vs. {limit_bytes})"
    return Status(grpc.StatusCode.RESOURCE_EXHAUSTED, details)
