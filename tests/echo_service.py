"""A small service that shows every way in which a handler can behave; the same over any transport."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import grpc

LARGE = 5_000_000
Context = grpc.aio.ServicerContext[Any, Any]


class Seen:
    """What the handlers went through."""

    def __init__(self) -> None:
        self.metadata: list[tuple[str, Any]] = []
        self.hangs = asyncio.Event()
        self.cancelled = asyncio.Event()
        self.ended = asyncio.Event()
        self.time_remaining: float | None = None
        self.written = 0
        self.errors: list[BaseException] = []


def to_bytes(text: str | bytes) -> bytes:
    """Serialise; a `grpc.aio` server encodes text itself before it calls this."""
    return text if isinstance(text, bytes) else text.encode()


def to_text(message: bytes) -> str:
    return message.decode()


def handlers(seen: Seen) -> grpc.GenericRpcHandler:  # noqa: PLR0915
    """Return the service, which writes down in `seen` what its handlers go through."""

    async def echo(request: str, context: Context) -> str:
        seen.metadata = [(key, value) for key, value in context.invocation_metadata() if key != "user-agent"]
        seen.time_remaining = context.time_remaining()
        return request

    async def with_metadata(request: str, context: Context) -> str:
        await context.send_initial_metadata((("head", "h"), ("head-bin", b"\x00\xff")))
        context.set_trailing_metadata((("tail", "t"),))
        return request

    async def late_head(request: str, context: Context) -> AsyncIterator[str]:
        yield request
        try:
            await context.send_initial_metadata((("head", "h"),))
        except BaseException as error:
            seen.errors.append(error)
            raise

    async def aborting(request: str, context: Context) -> str:
        await context.abort(grpc.StatusCode.FAILED_PRECONDITION, "not now", (("why", request),))
        raise AssertionError

    async def swallowing(request: str, context: Context) -> str:
        with contextlib.suppress(grpc.aio.AbortError):
            await context.abort(grpc.StatusCode.ABORTED, "swallowed")
        return request

    async def with_code(request: str, context: Context) -> str:
        context.set_code(grpc.StatusCode.OUT_OF_RANGE)
        context.set_details("too much")
        return request

    async def raising(request: str, context: Context) -> str:
        raise ValueError(request)

    async def raising_with_code(request: str, context: Context) -> str:
        context.set_code(grpc.StatusCode.DATA_LOSS)
        raise ValueError(request)

    async def unserialisable(request: str, context: Context) -> Any:
        return 5

    async def hanging(request: str, context: Context) -> str:
        seen.time_remaining = context.time_remaining()
        context.add_done_callback(lambda _context: seen.ended.set())
        seen.hangs.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            seen.cancelled.set()
            raise
        return request

    async def large(request: str, context: Context) -> str:
        return "x" * LARGE

    async def count(request: str, context: Context) -> AsyncIterator[str]:
        for number in range(int(request)):
            yield str(number)

    async def count_and_abort(request: str, context: Context) -> AsyncIterator[str]:
        for number in range(int(request)):
            yield str(number)
        await context.abort(grpc.StatusCode.UNAVAILABLE, "gone")

    async def count_by_writing(request: str, context: Context) -> None:
        for number in range(int(request)):
            await context.write(str(number))

    async def endless(request: str, context: Context) -> AsyncIterator[str]:
        try:
            while True:
                yield request
                seen.written += 1
        except (asyncio.CancelledError, GeneratorExit):
            seen.cancelled.set()
            raise

    async def one_then_hang(request: str, context: Context) -> AsyncIterator[str]:
        yield request
        await hanging(request, context)

    async def join(requests: AsyncIterator[str], context: Context) -> str:
        return ",".join([request async for request in requests])

    async def echo_each(requests: AsyncIterator[str], context: Context) -> AsyncIterator[str]:
        async for request in requests:
            yield request

    kinds = {
        grpc.unary_unary_rpc_method_handler: (
            echo, with_metadata, aborting, swallowing, with_code, raising, raising_with_code, unserialisable,
            hanging, large,
        ),
        grpc.unary_stream_rpc_method_handler: (
            late_head, count, count_and_abort, count_by_writing, endless, one_then_hang,
        ),
        grpc.stream_unary_rpc_method_handler: (join,),
        grpc.stream_stream_rpc_method_handler: (echo_each,),
    }  # fmt: skip
    methods = {
        function.__name__: make(function, request_deserializer=to_text, response_serializer=to_bytes)
        for make, functions in kinds.items()
        for function in functions
    }
    return grpc.method_handlers_generic_handler("test.Echo", methods)
