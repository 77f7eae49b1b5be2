"""Calls of generated stubs, with errors as `Refusal`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Generic, TypeVar

import grpc

from .values import PowerUpdate, Refusal

DEADLINE_S = 15.0
"""Time for an answer, where a statement does not name another [s]."""
STREAM_DEADLINE_S = 1200.0
"""Time for streams that nobody cancels [s]."""

T = TypeVar("T")


def refusal(error: grpc.aio.AioRpcError) -> Refusal:
    """Return an error of a call as ours."""
    return Refusal(error.code(), error.details() or "")


async def answer(call: Awaitable[T]) -> T:
    """Wait for the answer of a unary call.

    Raises:
        Refusal: If it is an error status.
    """
    try:
        return await call
    except grpc.aio.AioRpcError as error:
        raise refusal(error) from None


class MessageStream(Generic[T]):
    """Messages of a stream in the words of the checks."""

    def __init__(self, call: Any, parse: Callable[[Any], T]) -> None:
        """Read a stream call; `parse` turns its messages into words."""
        self._call = call
        self._parse = parse

    async def read(self) -> T | None:
        """Return the next message, None if the stream has ended with OK.

        Raises:
            Refusal: If it has ended with an error.
        """
        message = await answer(self._call.read())
        if message is not grpc.aio.EOF:
            return self._parse(message)
        code = await self._call.code()
        if code is not grpc.StatusCode.OK:
            raise Refusal(code, await self._call.details() or "")
        return None

    async def __aiter__(self) -> AsyncIterator[T]:
        """Give the messages; see `api.TelemetryStream`."""
        while (message := await self.read()) is not None:
            yield message

    def cancel(self) -> None:
        """Cancel the call."""
        self._call.cancel()


class SinglePowerCall:
    """A set-power request that has one answer."""

    def __init__(self, pending: Awaitable[PowerUpdate], cancel: Callable[[], object] | None = None) -> None:
        """Await one answer."""
        self._pending: Awaitable[PowerUpdate] | None = pending
        self._cancel = cancel

    async def read(self) -> PowerUpdate | None:
        """Return the answer, then None."""
        if self._pending is None:
            return None
        pending, self._pending = self._pending, None
        return await pending

    def cancel(self) -> None:
        """Cancel the call."""
        if self._cancel is not None:
            self._cancel()


def seconds(timestamp: Any) -> float:
    """Return a timestamp message as seconds since the Unix epoch."""
    return float(timestamp.seconds) + float(timestamp.nanos) / 1e9
