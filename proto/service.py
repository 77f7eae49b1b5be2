"""What a remote procedure is, whatever carries it: a name, a request and a handler of domain values.

The handlers built here are plain `grpc.RpcMethodHandler`s, so one set of them stands behind the socket server
and behind an in-memory channel. Handlers give finished message bytes, which may be shared between calls.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, TypeVar

import grpc
from google.protobuf.message import Message

from ..sim.exchange import (
    CommandError,
    InvalidArgumentError,
    OutOfBoundsError,
    UnavailableError,
    UnknownComponentError,
    UnsupportedError,
    WrongStateError,
)

RequestT = TypeVar("RequestT", bound=Message)

_STATUS: dict[type[Exception], grpc.StatusCode] = {
    UnknownComponentError: grpc.StatusCode.NOT_FOUND,
    InvalidArgumentError: grpc.StatusCode.INVALID_ARGUMENT,
    OutOfBoundsError: grpc.StatusCode.OUT_OF_RANGE,
    WrongStateError: grpc.StatusCode.FAILED_PRECONDITION,
    UnsupportedError: grpc.StatusCode.UNIMPLEMENTED,
    UnavailableError: grpc.StatusCode.UNAVAILABLE,
}


@dataclass(frozen=True, slots=True)
class Method:
    """One procedure of a service."""

    name: str
    handler: grpc.RpcMethodHandler[Any, bytes]


@dataclass(frozen=True, slots=True)
class Service:
    """Procedures under the full name by which clients call them."""

    name: str
    methods: tuple[Method, ...]

    def generic_handler(self) -> grpc.GenericRpcHandler:
        """Return the service in the form that servers and channels take."""
        handlers = {method.name: method.handler for method in self.methods}
        return grpc.method_handlers_generic_handler(self.name, handlers)


def unary(name: str, request: type[RequestT], answer: Callable[[RequestT], Awaitable[bytes]]) -> Method:
    """Make a procedure that answers with one message.

    Args:
        name: As the service calls it.
        request: Class of the message it takes.
        answer: Gives the serialised answer; may raise a `CommandError`.

    Returns:
        The procedure.
    """

    async def serve(message: RequestT, context: grpc.aio.ServicerContext[Any, Any]) -> bytes | None:
        try:
            return await answer(message)
        except CommandError as error:
            await context.abort(status_of(error), str(error))
            return None

    handler: grpc.RpcMethodHandler[RequestT, bytes] = grpc.unary_unary_rpc_method_handler(
        serve, request_deserializer=request.FromString
    )
    return Method(name, handler)


def stream(
    name: str, request: type[RequestT], answer: Callable[[RequestT], AsyncGenerator[bytes, None]]
) -> Method:
    """Make a procedure that answers with a stream of messages.

    Args:
        name: As the service calls it.
        request: Class of the message it takes.
        answer: Gives the serialised answers; may raise a `CommandError` at any point. It is closed when the
            caller goes away.

    Returns:
        The procedure.
    """

    async def serve(message: RequestT, context: grpc.aio.ServicerContext[Any, Any]) -> AsyncIterator[bytes]:
        try:
            async with aclosing(answer(message)) as answers:
                async for item in answers:
                    yield item
        except CommandError as error:
            await context.abort(status_of(error), str(error))

    handler: grpc.RpcMethodHandler[RequestT, bytes] = grpc.unary_stream_rpc_method_handler(
        serve, request_deserializer=request.FromString
    )
    return Method(name, handler)


def status_of(error: CommandError) -> grpc.StatusCode:
    """Return the status code by which a refusal is told to clients; that of its nearest known kind."""
    return next((_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS), grpc.StatusCode.UNKNOWN)
