"""A `grpc.aio` channel without a socket: same calls, same handlers, same bytes, one event loop.

The client's half is grpc's own: call objects, interceptors, iteration and cancellation are the code that runs
over a socket. Only the transport below them is replaced, by the object that they know as "cython channel".
No thread, no file descriptor and no real time are involved, so a loop whose time is virtual can carry it.
"""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Callable, Sequence
from typing import Any

import grpc
from grpc import aio
from grpc._cython import cygrpc
from grpc.aio import _channel

from ...sim.domain.timestamps import MICROSECONDS
from ...sim.engine.clock import wall_time_us
from .rpc import Pairs, Rpc, Status, too_large, wire_metadata
from .service import MemoryService

__all__ = ["InMemoryChannel", "MemoryService"]

_USER_AGENT = f"grpc-python-asyncio/{grpc.__version__} (inmemory)"
_INTERCEPTORS = {
    "_unary_unary_interceptors": aio.UnaryUnaryClientInterceptor,
    "_unary_stream_interceptors": aio.UnaryStreamClientInterceptor,
    "_stream_unary_interceptors": aio.StreamUnaryClientInterceptor,
    "_stream_stream_interceptors": aio.StreamStreamClientInterceptor,
}


class InMemoryChannel(_channel.Channel):
    """A channel to handlers of the same event loop."""

    def __init__(
        self,
        handlers: Sequence[grpc.GenericRpcHandler] | MemoryService,
        interceptors: Sequence[aio.ClientInterceptor] = (),
        server_interceptors: Sequence[aio.ServerInterceptor] = (),
    ) -> None:
        """Open a channel on the running event loop, or on the thread's own if none is running.

        Args:
            handlers: What a `grpc.aio` server would be given, or a service that several channels share.
            interceptors: Those of the client, the first of which sees a call first.
            server_interceptors: Those of the server; only without a service, which has its own.

        Raises:
            ValueError: If an interceptor is of no known kind, or if a service and server interceptors are given.
        """
        if isinstance(handlers, MemoryService):
            if server_interceptors:
                raise ValueError("server_interceptors given with a MemoryService; give them to the service")
            service = handlers
        else:
            service = MemoryService(handlers, server_interceptors)
        self._channel: Any = _Transport(service, cygrpc.get_working_loop())
        self._loop = self._channel.loop
        self._active_calls: weakref.WeakSet[Any] = weakref.WeakSet()
        for attribute, kind in _INTERCEPTORS.items():
            setattr(self, attribute, [each for each in interceptors if isinstance(each, kind)])
        for each in interceptors:
            if not isinstance(each, tuple(_INTERCEPTORS.values())):
                raise ValueError(f"interceptor is {each!r}; accepted: the client interceptors of grpc.aio")

    def get_state(self, try_to_connect: bool = False) -> grpc.ChannelConnectivity:
        """Return the state: idle until first used, then ready, until closed."""
        state: grpc.ChannelConnectivity = self._channel.connectivity(try_to_connect)
        return state

    async def wait_for_state_change(self, last_observed_state: grpc.ChannelConnectivity) -> None:
        """Return once the state differs from the one observed."""
        await self._channel.state_other_than(last_observed_state)


class _Transport:
    """Interface that grpc's Python layer expects below a channel."""

    def __init__(self, service: MemoryService, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._service = service
        self._state = grpc.ChannelConnectivity.IDLE
        self._watchers: list[asyncio.Future[None]] = []

    def call(self, method: bytes, deadline_s: float | None, *_unused: Any) -> _MemoryCall:
        """Open a call; the deadline is on the wall clock [s]."""
        if self.closed():
            raise cygrpc.UsageError("Channel is closed.")
        self._connect()
        if deadline_s is not None:
            left_us = round(deadline_s * MICROSECONDS) - wall_time_us()
            deadline_s = self.loop.time() + left_us / MICROSECONDS
        return _MemoryCall(self._service, self.loop, method.decode(), deadline_s)

    def get_registered_call_handle(self, _method: bytes) -> int:
        """Return no handle: methods are found by name."""
        return 0

    def connectivity(self, try_to_connect: bool) -> grpc.ChannelConnectivity:
        state = self._state
        if try_to_connect and state is grpc.ChannelConnectivity.IDLE:
            self.loop.call_soon(self._connect)
        return state

    async def state_other_than(self, state: grpc.ChannelConnectivity) -> None:
        while self._state is state:
            change: asyncio.Future[None] = self.loop.create_future()
            self._watchers.append(change)
            await change

    def closing(self) -> None:
        """Accept no further calls."""
        self._enter(grpc.ChannelConnectivity.SHUTDOWN)

    def close(self) -> None:
        """Accept no further calls."""
        self.closing()

    def closed(self) -> bool:
        """Return whether the channel accepts no further calls."""
        return self._state is grpc.ChannelConnectivity.SHUTDOWN

    def _connect(self) -> None:
        if self._state is grpc.ChannelConnectivity.IDLE:
            self._enter(grpc.ChannelConnectivity.READY)

    def _enter(self, state: grpc.ChannelConnectivity) -> None:
        self._state = state
        watchers, self._watchers = self._watchers, []
        for watcher in watchers:
            if not watcher.done():
                watcher.set_result(None)


class _MemoryCall:
    """Interface that grpc's Python layer expects below a call object.

    `_status` and `_initial_metadata` are read by that layer under these names.
    """

    def __init__(
        self, service: MemoryService, loop: asyncio.AbstractEventLoop, method: str, deadline_s: float | None
    ) -> None:
        self._service = service
        self._loop = loop
        self._rpc = Rpc(loop, method, (), deadline_s)
        self._rpc.on_head = self._receive_head
        self._rpc.on_end = self._receive_end
        self._status: Any = None
        self._initial_metadata: Pairs | None = None
        self._locally_cancelled = False
        self._waiters: list[asyncio.Future[None]] = []
        self._head_waiters: list[asyncio.Future[None]] = []
        self._done_callbacks: list[Callable[[], None]] = []
        self._expiry: asyncio.TimerHandle | None = None

    def __repr__(self) -> str:
        if self._status is None:
            return "<InMemoryCall object>"
        code = _code_of(self._status)
        return f'<InMemoryCall of RPC that ended with {code}: "{self._status.details()}">'

    def done(self) -> bool:
        return self._status is not None

    def cancelled(self) -> bool:
        return self._status is not None and _code_of(self._status) is grpc.StatusCode.CANCELLED

    def is_ok(self) -> bool:
        return self._status is not None and _code_of(self._status) is grpc.StatusCode.OK

    def is_locally_cancelled(self) -> bool:
        return self._locally_cancelled

    def time_remaining(self) -> float | None:
        deadline_s = self._rpc.deadline_s
        return None if deadline_s is None else max(0.0, deadline_s - self._loop.time())

    def add_done_callback(self, callback: Callable[[], None]) -> None:
        if self.done():
            callback()
        else:
            self._done_callbacks.append(callback)

    def cancel(self, details: str) -> None:
        self._locally_cancelled = True
        self._abandon(Status(grpc.StatusCode.CANCELLED, details))

    def set_internal_error(self, message: str) -> None:
        self._end(Status(grpc.StatusCode.INTERNAL, message))

    async def status(self) -> Any:
        if self._status is None:
            await self._wait_in(self._waiters)
        return self._status

    async def initial_metadata(self) -> Pairs:
        if self._initial_metadata is None:
            await self._wait_in(self._head_waiters)
        return self._initial_metadata or ()

    async def unary_unary(self, request: bytes, metadata: Pairs, _context: Any = None) -> bytes | None:
        self._send(request, metadata)
        return await self._only_response()

    async def initiate_unary_stream(self, request: bytes, metadata: Pairs, _context: Any = None) -> None:
        self._send(request, metadata)
        await self.initial_metadata()

    async def stream_unary(
        self, metadata: Pairs, observer: Callable[[], None], _context: Any = None
    ) -> bytes | None:
        self._start(metadata)
        observer()
        return await self._only_response()

    async def initiate_stream_stream(
        self, metadata: Pairs, observer: Callable[[], None], _context: Any = None
    ) -> None:
        self._start(metadata)
        observer()
        await self.initial_metadata()

    async def send_serialized_message(self, message: bytes) -> None:
        await self._rpc.requests.write(message)

    async def send_receive_close(self) -> None:
        self._rpc.requests.close()

    async def receive_serialized_message(self) -> Any:
        message = await self._rpc.responses.read()
        if message is None:
            return aio.EOF
        refused = too_large(message)
        if refused is not None:
            self._abandon(refused)
            return aio.EOF
        return message

    def _send(self, request: bytes, metadata: Pairs) -> None:
        refused = too_large(request, self._service.largest_request_bytes)
        if refused is not None:
            self._abandon(refused)
            return
        self._rpc.requests.put(request)
        self._rpc.requests.close()
        self._start(metadata)

    def _start(self, metadata: Pairs) -> None:
        """Hand the call to the service, unless it is over already."""
        if self.done():
            return
        deadline_s = self._rpc.deadline_s
        if deadline_s is not None:
            self._expiry = self._loop.call_at(deadline_s, self._expire)
        self._rpc.metadata = (*wire_metadata(metadata), ("user-agent", _USER_AGENT))
        self._service.serve(self._rpc)

    async def _only_response(self) -> bytes | None:
        message = await self.receive_serialized_message()
        await self.status()
        return message if self.is_ok() else None

    def _expire(self) -> None:
        self._abandon(Status(grpc.StatusCode.DEADLINE_EXCEEDED, "Deadline Exceeded"))

    def _abandon(self, status: Status) -> None:
        self._end(status)
        self._rpc.abandon()

    def _receive_head(self, metadata: Pairs) -> None:
        if self._initial_metadata is None:
            self._initial_metadata = metadata
            _release(self._head_waiters)

    def _receive_end(self, status: Status) -> None:
        self._loop.call_soon(self._end, status)

    def _end(self, status: Status) -> None:
        if self.done():
            return
        self._status = cygrpc.AioRpcStatus(
            status.code.value[0], status.details, status.trailing_metadata, status.details
        )
        if self._expiry is not None:
            self._expiry.cancel()
        self._receive_head(())
        _release(self._waiters)
        callbacks, self._done_callbacks = self._done_callbacks, []
        for callback in callbacks:
            callback()

    async def _wait_in(self, waiters: list[asyncio.Future[None]]) -> None:
        waiter: asyncio.Future[None] = self._loop.create_future()
        waiters.append(waiter)
        await waiter


def _release(waiters: list[asyncio.Future[None]]) -> None:
    for waiter in waiters:
        if not waiter.done():
            waiter.set_result(None)
    waiters.clear()


_CODES = {code.value[0]: code for code in grpc.StatusCode}


def _code_of(status: Any) -> grpc.StatusCode:
    return _CODES[status.code()]
