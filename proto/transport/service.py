"""Remote procedures, whatever carries them: a name, a request and a handler of domain values.

The handlers built here are plain `grpc.RpcMethodHandler`s, so one set of them stands behind the socket server
and behind an in-memory channel. Handlers give finished message bytes, which may be shared between calls.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractContextManager, aclosing
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias, TypeVar

import grpc
from google.protobuf.message import DecodeError, Message

from ...sim.domain.messages import CommandError, InvalidArgumentError, RefusalStatus
from ...sim.domain.printable import cut, printable
from ...sim.files.problems import with_article
from .traffic import DONE, Call, Traffic

RequestT = TypeVar("RequestT", bound=Message)
Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"

LARGEST_REQUEST_BYTES = 1 << 20
"""Longest that a request may be, unless its procedure says otherwise."""
LARGEST_MESSAGE_BYTES = 4 << 20
"""Longest that any message may be: what ends of gRPC take by default."""
_LONGEST_REFUSAL_BYTES = 6000
"""Of a message of an error, on the wire; clients are told of the error without a word of it if it is past 8 KiB."""
_READING = ("Get", "List", "Receive")
"""Beginnings of the names of procedures that change nothing; all others are logged, and count as commands."""


class _Called(NamedTuple):
    """What a call calls, and where it counts."""

    procedure: str
    traffic: Traffic


_PAST_ANY_TRANSPORT = _Called("", Traffic())
_called: ContextVar[_Called] = ContextVar("_called", default=_PAST_ANY_TRANSPORT)
_log = logging.getLogger(__name__)


class TooLargeError(CommandError):
    """A message is longer than it may be."""

    status = RefusalStatus.RESOURCE_EXHAUSTED


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

    def generic_handler(self, traffic: Traffic | None = None) -> grpc.GenericRpcHandler:
        """Return the service in the form that servers and channels take.

        Args:
            traffic: Counts the calls; nobody wants to know if None.
        """
        handlers = {f"/{self.name}/{method.name}": method.handler for method in self.methods}
        return _Handlers(handlers, Traffic() if traffic is None else traffic)


class _Handlers(grpc.GenericRpcHandler):
    """Finds the handler of a call, and notes which procedure it was, for the log and the counts."""

    def __init__(self, handlers: Mapping[str, grpc.RpcMethodHandler[Any, bytes]], traffic: Traffic) -> None:
        self._handlers = handlers
        self._traffic = traffic

    def service(
        self, handler_call_details: grpc.HandlerCallDetails
    ) -> grpc.RpcMethodHandler[Any, bytes] | None:
        _called.set(_Called(handler_call_details.method, self._traffic))
        return self._handlers.get(handler_call_details.method)


def unary(
    name: str,
    request: type[RequestT],
    answer: Callable[[RequestT], Awaitable[bytes]],
    *,
    largest_bytes: int = LARGEST_REQUEST_BYTES,
) -> Method:
    """Make a procedure that answers with one message.

    Args:
        name: As the service calls it.
        request: Class of the message it takes.
        answer: Gives the serialised answer; may raise a `CommandError`.
        largest_bytes: Longest that a request may be.

    Returns:
        The procedure.
    """
    logged = not name.startswith(_READING)

    async def serve(data: bytes, context: Context) -> bytes | None:
        try:
            with _carried(context, is_command=logged):
                answered = await answer(_parsed(request, data, largest_bytes))
        except CommandError as error:
            await _refuse(context, error, logged=logged)
            return None
        if logged:
            _log_outcome(context, "done")
        return answered

    return Method(name, grpc.unary_unary_rpc_method_handler(serve))


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
    logged = not name.startswith(_READING)

    async def serve(data: bytes, context: Context) -> AsyncIterator[bytes]:
        unlogged = logged
        try:
            with _carried(context, is_command=logged) as call:
                async with aclosing(answer(_parsed(request, data, LARGEST_REQUEST_BYTES))) as answers:
                    async for item in answers:
                        if unlogged:
                            call.settle(DONE)
                            _log_outcome(context, "accepted")
                            unlogged = False
                        call.sent += 1
                        yield item
        except CommandError as error:
            await _refuse(context, error, logged=logged)

    return Method(name, grpc.unary_stream_rpc_method_handler(serve))


def status_of(error: CommandError) -> grpc.StatusCode:
    """Return the status code by which a refusal is told to clients."""
    return grpc.StatusCode[error.status]


def _carried(context: Context, *, is_command: bool) -> AbstractContextManager[Call]:
    called = _called.get()
    return called.traffic.carry(called.procedure, context.peer(), is_command=is_command)


def _parsed(request: type[RequestT], data: bytes, largest_bytes: int) -> RequestT:
    if len(data) > largest_bytes:
        raise TooLargeError(f"the request has {len(data)} bytes; accepted: up to {largest_bytes}")
    try:
        return request.FromString(data)
    except DecodeError:
        raise InvalidArgumentError(
            f"the request cannot be read; accepted: the bytes of {with_article(request.DESCRIPTOR.name)}"
        ) from None


async def _refuse(context: Context, error: CommandError, *, logged: bool) -> None:
    """Tell a client, and the log, why not; what clients wrote may be as long as a request."""
    code, told = status_of(error), cut(str(error), _LONGEST_REFUSAL_BYTES)
    if logged:
        _log_outcome(context, f"{code.name}: {printable(told)}")
    await context.abort(code, told)


def _log_outcome(context: Context, outcome: str) -> None:
    _log.info("%s from %s: %s", _called.get().procedure.lstrip("/"), context.peer(), outcome)
