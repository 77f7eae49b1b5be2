"""The serving end of an in-memory call: finds the handler, runs it, and turns its outcome into a status.

It keeps the observable order of a `grpc.aio` server: deserialise, run, write, and send the status last.
"""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import logging
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import grpc
from grpc import aio

from .rpc import LARGEST_MESSAGE_BYTES, Pairs, Rpc, Status, wire_metadata

_LOGGER = logging.getLogger(__name__)


class _CallDetails(NamedTuple):
    method: str
    invocation_metadata: Pairs


class MemoryContext(aio.ServicerContext[Any, Any]):
    """Context of a call: what a handler knows of it, and how it speaks to it."""

    def __init__(self, rpc: Rpc, handler: grpc.RpcMethodHandler[Any, Any]) -> None:
        self._rpc = rpc
        self._handler = handler
        self._code: grpc.StatusCode | None = None
        self._details = ""
        self._trailing: Pairs = ()
        self.abortion: aio.AbortError | None = None
        """What `abort` raised; a handler that swallows it is stopped all the same."""
        self.callbacks: list[Callable[[Any], None]] = []

    def raise_if_over(self) -> None:
        """Raise if the call has been aborted or answered."""
        if self.abortion is not None:
            raise self.abortion
        if self._rpc.status_sent:
            raise aio.UsageError("RPC already finished.")

    def status(self, code: grpc.StatusCode, details: str) -> Status:
        """Return a final status with the trailing metadata that the handler set."""
        return Status(code, details, self._trailing)

    async def read(self) -> Any:
        """Return the next request, or `grpc.aio.EOF`."""
        self.raise_if_over()
        message = await self._rpc.requests.read()
        self.raise_if_over()
        return aio.EOF if message is None else _decoded(self._handler.request_deserializer, message)

    async def write(self, message: Any) -> None:
        """Send a response."""
        self.raise_if_over()
        encoded = _encoded(self._handler.response_serializer, message)
        if not self._rpc.head_sent:
            self._rpc.send_head()
        await self._rpc.responses.write(encoded)

    async def send_initial_metadata(self, initial_metadata: Any) -> None:
        """Send the initial metadata now."""
        self.raise_if_over()
        if self._rpc.head_sent:
            raise aio.UsageError("Send initial metadata failed: already sent")
        self._rpc.send_head(wire_metadata(initial_metadata))

    async def abort(self, code: grpc.StatusCode, details: str = "", trailing_metadata: Any = ()) -> Any:
        """End the call with a status, by raising `grpc.aio.AbortError`."""
        if self.abortion is not None:
            raise aio.UsageError("Abort already called!")
        self.abortion = aio.AbortError("Locally aborted.")
        if trailing_metadata or not self._trailing:
            self._trailing = wire_metadata(trailing_metadata)
        self._code = code
        self._details = details or self._details
        self._rpc.finish(self.status(code, self._details))
        raise self.abortion

    async def abort_with_status(self, status: grpc.Status) -> Any:
        """End the call with a status, by raising `grpc.aio.AbortError`."""
        await self.abort(status.code, status.details, tuple(status.trailing_metadata or ()))

    def set_trailing_metadata(self, trailing_metadata: Any) -> None:
        """Set what is sent along with the status."""
        self._trailing = wire_metadata(trailing_metadata)

    def trailing_metadata(self) -> Any:
        """Return what is sent along with the status."""
        return self._trailing

    def invocation_metadata(self) -> Any:
        """Return what the client sent along."""
        return self._rpc.metadata

    def set_code(self, code: grpc.StatusCode) -> None:
        """Set the status code of the end."""
        self._code = code

    def code(self) -> Any:
        """Return the status code that was set, if any."""
        return self._code

    def set_details(self, details: str) -> None:
        """Set the details of the end."""
        self._details = details

    def details(self) -> Any:
        """Return the details that were set, or ''."""
        return self._details

    def set_compression(self, compression: grpc.Compression) -> None:
        """Accept a compression; nothing travels, so nothing is compressed."""

    def disable_next_message_compression(self) -> None:
        """Accept it; nothing is compressed."""

    def peer(self) -> str:
        """Return where the client is."""
        return "inmemory:client"

    def peer_identities(self) -> Iterable[bytes] | None:
        """Return None: the client is not authenticated."""
        return None

    def peer_identity_key(self) -> str | None:
        """Return None: the client is not authenticated."""
        return None

    def auth_context(self) -> Mapping[str, Iterable[bytes]]:
        """Return an empty context: the client is not authenticated."""
        return {}

    def time_remaining(self) -> Any:
        """Return the time until the client gives up [s], or None if it waits for ever."""
        return None if self._rpc.deadline_s is None else max(self._rpc.deadline_s - self._rpc.loop.time(), 0)

    def add_done_callback(self, callback: Callable[[Any], None]) -> None:
        """Call back when the handler has ended."""
        self.callbacks.append(callback)

    def done(self) -> bool:
        """Return whether a status has been sent."""
        return self._rpc.status_sent

    def cancelled(self) -> bool:
        """Return whether the handler ended the call as cancelled."""
        return self._code is grpc.StatusCode.CANCELLED


class MemoryService:
    """Serves calls of one event loop from the handlers that a `grpc.aio` server would be given.

    `add_…Servicer_to_server` accepts it in place of a server.
    """

    def __init__(
        self,
        handlers: Sequence[grpc.GenericRpcHandler] = (),
        interceptors: Sequence[aio.ServerInterceptor] = (),
        *,
        largest_request_bytes: int = LARGEST_MESSAGE_BYTES,
    ) -> None:
        """Serve handlers behind interceptors, the first of which sees a call first.

        Args:
            handlers: What a `grpc.aio` server would be given.
            interceptors: Likewise.
            largest_request_bytes: As the server option `grpc.max_receive_message_length`.
        """
        self.largest_request_bytes = largest_request_bytes
        self._generic_handlers = list(handlers)
        self._handlers: dict[str, grpc.RpcMethodHandler[Any, Any]] = {}
        self._interceptors = tuple(interceptors)
        self._context = contextvars.copy_context()
        self._refusal: Status | None = None
        self._open: dict[Rpc, None] = {}

    def add_generic_rpc_handlers(self, handlers: Sequence[grpc.GenericRpcHandler]) -> None:
        """Serve more handlers."""
        self._generic_handlers.extend(handlers)

    def replace_generic_rpc_handlers(self, handlers: Sequence[grpc.GenericRpcHandler]) -> None:
        """Serve others from now on; calls that are open go on with theirs."""
        self._generic_handlers[:] = handlers

    def add_registered_method_handlers(
        self, service_name: str, method_handlers: Mapping[str, grpc.RpcMethodHandler[Any, Any]]
    ) -> None:
        """Serve the methods of one service."""
        for name, handler in method_handlers.items():
            self._handlers[f"/{service_name}/{name}"] = handler

    def serve(self, rpc: Rpc) -> None:
        """Start answering a call, in a task that shares no context variables with its client."""
        if self._refusal is not None:
            rpc.loop.call_soon(rpc.finish, self._refusal)
            return
        self._open[rpc] = None
        rpc.task = rpc.loop.create_task(self._answer(rpc), context=self._context.copy())
        rpc.task.add_done_callback(lambda _: self._open.pop(rpc, None))

    def take_down(self, ended: Status, refused: Status) -> None:
        """End all calls, and refuse further ones, as a server that goes down; see `bring_up`.

        Args:
            ended: What calls that are open are told.
            refused: What further calls are told.
        """
        self._refusal = refused
        for rpc in tuple(self._open):
            rpc.finish(ended)
            if rpc.task is not None:
                rpc.task.cancel()

    def bring_up(self) -> None:
        """Answer calls again."""
        self._refusal = None

    async def _answer(self, rpc: Rpc) -> None:
        try:
            handler = await self._find(_CallDetails(rpc.method, rpc.metadata))
            if handler is None:
                rpc.finish(Status(grpc.StatusCode.UNIMPLEMENTED, "Method not found!"))
                return
            await _run(rpc, handler)
        except asyncio.CancelledError:
            _LOGGER.debug("RPC cancelled for servicer method [%s]", rpc.method)
        except Exception as error:
            _report(rpc, error)

    async def _find(self, details: _CallDetails) -> grpc.RpcMethodHandler[Any, Any] | None:
        async def ask(position: int, details: Any) -> Any:
            if position == len(self._interceptors):
                return self._look_up(details)

            async def continuation(details: Any) -> Any:
                return await ask(position + 1, details)

            return await self._interceptors[position].intercept_service(continuation, details)

        return await ask(0, details)  # type: ignore[no-any-return]

    def _look_up(self, details: Any) -> grpc.RpcMethodHandler[Any, Any] | None:
        known = self._handlers.get(details.method)
        if known is not None:
            return known
        found = (generic.service(details) for generic in self._generic_handlers)
        return next((handler for handler in found if handler is not None), None)


async def _run(rpc: Rpc, handler: grpc.RpcMethodHandler[Any, Any]) -> None:
    """Run a handler to its end and send its status."""
    context = MemoryContext(rpc, handler)
    try:
        request = await _request(rpc, handler, context)
        if handler.response_streaming:
            await _stream(context, handler.stream_stream or handler.unary_stream, request)
        else:
            await _respond(rpc, context, handler, request)
        context.raise_if_over()
        rpc.finish(context.status(context.code() or grpc.StatusCode.OK, context.details()))
    except aio.AbortError as error:
        if error is not context.abortion:
            raise
    except Exception as error:
        _report(rpc, error, context)
    finally:
        for callback in context.callbacks:
            rpc.loop.call_soon(callback, context)


async def _request(rpc: Rpc, handler: grpc.RpcMethodHandler[Any, Any], context: MemoryContext) -> Any:
    if handler.request_streaming:
        return _requests(context)
    message = await rpc.requests.read()
    if message is None:
        raise asyncio.CancelledError
    return _decoded(handler.request_deserializer, message)


async def _requests(context: MemoryContext) -> AsyncIterator[Any]:
    while (message := await context.read()) is not aio.EOF:
        yield message


async def _respond(
    rpc: Rpc, context: MemoryContext, handler: grpc.RpcMethodHandler[Any, Any], request: Any
) -> None:
    """Run a handler that answers once; the answer is dropped if it set an error code."""
    behaviour: Any = handler.stream_unary or handler.unary_unary
    response = await behaviour(request, context)
    context.raise_if_over()
    if context.code() in (None, grpc.StatusCode.OK):
        encoded = _encoded(handler.response_serializer, response)
        rpc.send_head()
        rpc.responses.put(encoded)


async def _stream(context: MemoryContext, behaviour: Any, request: Any) -> None:
    """Run a handler that answers many times: an async generator, or a coroutine that writes."""
    if not inspect.isasyncgenfunction(behaviour):
        await behaviour(request, context)
        return
    async for response in behaviour(request, context):
        await context.write(response)


def _report(rpc: Rpc, error: Exception, context: MemoryContext | None = None) -> None:
    """Log what a handler raised and tell the client, with the code that the handler had set, if any."""
    _LOGGER.exception("Unexpected [%s] raised by servicer method [%s]", type(error).__name__, rpc.method)
    if rpc.status_sent:
        return
    details = f"Unexpected {type(error)}: {error}"
    if context is None:
        rpc.finish(Status(grpc.StatusCode.UNKNOWN, details))
        return
    code = context.code()
    told = grpc.StatusCode.UNKNOWN if code in (None, grpc.StatusCode.OK) else code
    rpc.finish(context.status(told, details))


def _encoded(serializer: Callable[[Any], bytes] | None, message: Any) -> bytes:
    return message if serializer is None else serializer(message)


def _decoded(deserializer: Callable[[bytes], Any] | None, message: bytes) -> Any:
    return message if deserializer is None else deserializer(message)
