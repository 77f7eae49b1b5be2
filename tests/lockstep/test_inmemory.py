"""The in-memory channel behaves as a socket does: every test runs over both."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

import grpc
import pytest
from echo_service import LARGE, Seen, handlers, to_bytes, to_text

from doppelgrid.proto.inmemory.channel import InMemoryChannel, MemoryService

Open = Callable[..., Awaitable[grpc.aio.Channel]]


@pytest.fixture
async def seen() -> Seen:
    return Seen()


@pytest.fixture(params=["socket", "in memory"])
async def open_channel(request: pytest.FixtureRequest, seen: Seen) -> AsyncIterator[Open]:
    """Return a function that opens a channel to the echo service, with interceptors at both ends."""
    opened: list[grpc.aio.Channel] = []
    servers: list[grpc.aio.Server] = []

    async def open_socket(client: Sequence[Any] = (), server: Sequence[Any] = ()) -> grpc.aio.Channel:
        listening = grpc.aio.server(interceptors=server)
        listening.add_generic_rpc_handlers((handlers(seen),))
        port = listening.add_insecure_port("127.0.0.1:0")
        await listening.start()
        servers.append(listening)
        opened.append(grpc.aio.insecure_channel(f"127.0.0.1:{port}", interceptors=client))
        return opened[-1]

    async def open_memory(client: Sequence[Any] = (), server: Sequence[Any] = ()) -> grpc.aio.Channel:
        opened.append(InMemoryChannel([handlers(seen)], client, server))
        return opened[-1]

    yield open_socket if request.param == "socket" else open_memory
    for channel in opened:
        await channel.close()
    for listening in servers:
        await listening.stop(None)


@pytest.fixture
async def channel(open_channel: Open) -> grpc.aio.Channel:
    return await open_channel()


def unary(channel: grpc.aio.Channel, method: str) -> Any:
    return channel.unary_unary(f"/test.Echo/{method}", to_bytes, to_text)


def stream(channel: grpc.aio.Channel, method: str) -> Any:
    return channel.unary_stream(f"/test.Echo/{method}", to_bytes, to_text)


async def failure(call: Awaitable[Any]) -> tuple[grpc.StatusCode, str | None, list[tuple[str, Any]]]:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    error = caught.value
    return error.code(), error.details(), list(error.trailing_metadata() or ())


async def collect(call: Any, into: list[str]) -> None:
    async for message in call:
        into.append(message)  # noqa: PERF401  what came before an error counts


async def test_unary_call_brings_the_answer_and_an_ok_status(channel: grpc.aio.Channel) -> None:
    call = unary(channel, "echo")("hello")
    assert not call.done()
    assert await call == "hello"
    assert (await call.code(), await call.details()) == (grpc.StatusCode.OK, "")
    assert call.done()
    assert not call.cancelled()
    assert not call.cancel()


async def test_invocation_metadata_reach_the_handler_as_text_or_bytes(
    channel: grpc.aio.Channel, seen: Seen
) -> None:
    await unary(channel, "echo")("x", metadata=(("key", "a"), ("sig", b"b"), ("raw-bin", b"\x00\xff")))
    assert seen.metadata == [("key", "a"), ("sig", "b"), ("raw-bin", b"\x00\xff")]


async def test_initial_and_trailing_metadata_reach_the_client(channel: grpc.aio.Channel) -> None:
    call = unary(channel, "with_metadata")("x")
    await call
    assert list(await call.initial_metadata()) == [("head", "h"), ("head-bin", b"\x00\xff")]
    assert list(await call.trailing_metadata()) == [("tail", "t")]


async def test_initial_metadata_cannot_follow_a_message(channel: grpc.aio.Channel, seen: Seen) -> None:
    code, _, _ = await failure(collect(stream(channel, "late_head")("x"), []))
    assert code is grpc.StatusCode.UNKNOWN
    assert [str(error) for error in seen.errors] == ["Send initial metadata failed: already sent"]


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("aborting", (grpc.StatusCode.FAILED_PRECONDITION, "not now", [("why", "x")])),
        ("swallowing", (grpc.StatusCode.ABORTED, "swallowed", [])),
        ("with_code", (grpc.StatusCode.OUT_OF_RANGE, "too much", [])),
        ("raising", (grpc.StatusCode.UNKNOWN, "Unexpected <class 'ValueError'>: x", [])),
        ("raising_with_code", (grpc.StatusCode.DATA_LOSS, "Unexpected <class 'ValueError'>: x", [])),
        ("missing", (grpc.StatusCode.UNIMPLEMENTED, "Method not found!", [])),
    ],
)
async def test_failures_of_the_handler_become_statuses(
    channel: grpc.aio.Channel, method: str, expected: object
) -> None:
    assert await failure(unary(channel, method)("x")) == expected


async def test_an_answer_that_cannot_be_serialised_ends_as_unknown(channel: grpc.aio.Channel) -> None:
    code, _, _ = await failure(unary(channel, "unserialisable")("x"))
    assert code is grpc.StatusCode.UNKNOWN


async def test_an_answer_that_cannot_be_parsed_reads_as_none(channel: grpc.aio.Channel) -> None:
    call: Any = channel.unary_unary("/test.Echo/echo", to_bytes, lambda _bytes: 1 / 0)
    assert await call("x") is None


@pytest.mark.parametrize(("method", "request_size"), [("large", 1), ("echo", LARGE)])
async def test_messages_over_four_megabytes_are_refused(
    channel: grpc.aio.Channel, method: str, request_size: int
) -> None:
    code, details, _ = await failure(unary(channel, method)("x" * request_size))
    assert code is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert "message larger than max (5000000 vs. 4194304)" in (details or "")


async def test_a_service_can_refuse_smaller_requests(seen: Seen) -> None:
    service = MemoryService([handlers(seen)], largest_request_bytes=10)
    async with InMemoryChannel(service) as channel:
        assert await unary(channel, "echo")("x" * 10) == "x" * 10
        refused = await failure(unary(channel, "echo")("x" * 11))
    assert refused[:2] == (grpc.StatusCode.RESOURCE_EXHAUSTED, "Received message larger than max (11 vs. 10)")


async def test_deadline_ends_the_call_and_cancels_the_handler(channel: grpc.aio.Channel, seen: Seen) -> None:
    call = unary(channel, "hanging")("x", timeout=0.2)
    assert call.time_remaining() == pytest.approx(0.2, abs=0.1)
    assert await failure(call) == (grpc.StatusCode.DEADLINE_EXCEEDED, "Deadline Exceeded", [])
    await seen.cancelled.wait()
    assert seen.time_remaining is not None
    assert seen.time_remaining == pytest.approx(0.2, abs=0.2)
    assert not call.cancelled()


async def test_a_deadline_that_has_passed_ends_the_call_at_once(channel: grpc.aio.Channel) -> None:
    code, _, _ = await failure(unary(channel, "hanging")("x", timeout=0))
    assert code is grpc.StatusCode.DEADLINE_EXCEEDED


async def test_without_a_deadline_both_ends_have_for_ever(channel: grpc.aio.Channel, seen: Seen) -> None:
    call = unary(channel, "echo")("x")
    await call
    assert call.time_remaining() is None
    assert seen.time_remaining is None


async def test_cancelling_a_unary_call_cancels_its_handler(channel: grpc.aio.Channel, seen: Seen) -> None:
    call = stream(channel, "one_then_hang")("x")
    assert await call.read() == "x"
    await seen.hangs.wait()
    assert call.cancel()
    assert call.cancelled()
    assert call.done()
    with pytest.raises(asyncio.CancelledError):
        await call.read()
    assert await call.code() is grpc.StatusCode.CANCELLED
    assert await call.details() == "Locally cancelled by application!"
    await asyncio.wait_for(seen.ended.wait(), 5) if not seen.cancelled.is_set() else None
    await seen.cancelled.wait()


async def test_cancelling_the_waiting_task_cancels_the_call(channel: grpc.aio.Channel, seen: Seen) -> None:
    call = stream(channel, "one_then_hang")("x")
    received: list[str] = []
    task = asyncio.create_task(collect(call, received))
    await call.initial_metadata()
    await seen.hangs.wait()
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert received == ["x"]
    assert call.cancelled()
    await seen.cancelled.wait()


async def test_a_call_cancelled_before_it_starts_never_reaches_a_handler(
    channel: grpc.aio.Channel, seen: Seen
) -> None:
    call = unary(channel, "echo")("x", metadata=(("key", "never"),))
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert seen.metadata == []


async def test_done_callbacks_run_once_with_the_call(channel: grpc.aio.Channel) -> None:
    called: list[Any] = []
    call = unary(channel, "echo")("x")
    call.add_done_callback(called.append)
    await call
    call.add_done_callback(called.append)
    assert called == [call, call]


@pytest.mark.parametrize("method", ["count", "count_by_writing"])
async def test_streams_bring_all_messages_then_ok(channel: grpc.aio.Channel, method: str) -> None:
    call = stream(channel, method)("3")
    received: list[str] = []
    await collect(call, received)
    assert received == ["0", "1", "2"]
    assert await call.code() is grpc.StatusCode.OK


async def test_reading_past_the_end_gives_eof(channel: grpc.aio.Channel) -> None:
    call = stream(channel, "count")("1")
    assert [await call.read(), await call.read(), await call.read()] == ["0", grpc.aio.EOF, grpc.aio.EOF]


async def test_iterating_and_reading_do_not_mix(channel: grpc.aio.Channel) -> None:
    call = stream(channel, "count")("3")
    await anext(aiter(call))
    with pytest.raises(grpc.aio.UsageError):
        await call.read()


async def test_messages_sent_before_an_error_are_read_before_it(channel: grpc.aio.Channel) -> None:
    call = stream(channel, "count_and_abort")("3")
    await call.wait_for_connection()
    await asyncio.sleep(0.05)
    assert not call.done()
    received: list[str] = []
    assert (await failure(collect(call, received)))[:2] == (grpc.StatusCode.UNAVAILABLE, "gone")
    assert received == ["0", "1", "2"]
    assert call.done()


async def test_an_empty_stream_brings_no_message_and_its_status(channel: grpc.aio.Channel) -> None:
    received: list[str] = []
    assert (await failure(collect(stream(channel, "count_and_abort")("0"), received)))[0] is (
        grpc.StatusCode.UNAVAILABLE
    )
    assert received == []


MOST_HELD = 10_000


async def at_rest(seen: Seen) -> int:
    """Return how many messages were written, once it no longer grows, or is beyond all measure."""
    written, looks = seen.written, 0
    while looks < 5 and written <= MOST_HELD:
        await asyncio.sleep(0.02)
        looks = looks + 1 if seen.written == written else 0
        written = seen.written
    return written


async def test_a_reader_that_stops_reading_holds_the_handler_back(
    channel: grpc.aio.Channel, seen: Seen
) -> None:
    call = stream(channel, "endless")("x" * 10_000)
    assert len(await call.read()) == 10_000
    held = await at_rest(seen)
    assert 1 <= held <= MOST_HELD
    for _ in range(held + 5):
        await call.read()
    assert await at_rest(seen) > held
    call.cancel()
    await seen.cancelled.wait()


async def test_streams_of_requests_are_joined_and_echoed(channel: grpc.aio.Channel) -> None:
    async def words() -> AsyncIterator[str]:
        for word in ("a", "b"):
            yield word

    join: Any = channel.stream_unary("/test.Echo/join", to_bytes, to_text)
    assert await join(words()) == "a,b"
    each: Any = channel.stream_stream("/test.Echo/echo_each", to_bytes, to_text)
    received: list[str] = []
    await collect(each(words()), received)
    assert received == ["a", "b"]


async def test_requests_can_be_written_one_by_one(channel: grpc.aio.Channel) -> None:
    call: Any = channel.stream_stream("/test.Echo/echo_each", to_bytes, to_text)()
    await call.write("a")
    assert await call.read() == "a"
    await call.done_writing()
    assert await call.read() is grpc.aio.EOF


class Adds(grpc.aio.UnaryUnaryClientInterceptor):  # type: ignore[misc]
    """Adds metadata to unary calls, as an authentication does."""

    async def intercept_unary_unary(self, continuation: Any, details: Any, request: Any) -> Any:
        metadata = details.metadata if details.metadata is not None else grpc.aio.Metadata()
        metadata["key"] = details.method if isinstance(details.method, str) else details.method.decode()
        return await continuation(details._replace(metadata=metadata), request)


class AddsToStreams(grpc.aio.UnaryStreamClientInterceptor):  # type: ignore[misc]
    """Doubles the request of streams."""

    async def intercept_unary_stream(self, continuation: Any, details: Any, request: Any) -> Any:
        return await continuation(details, request * 2)


async def test_client_interceptors_see_calls_first(open_channel: Open, seen: Seen) -> None:
    channel = await open_channel(client=(Adds(), AddsToStreams()))
    assert await unary(channel, "echo")("x") == "x"
    assert seen.metadata == [("key", "/test.Echo/echo")]
    received: list[str] = []
    await collect(stream(channel, "count")("1"), received)
    assert len(received) == 11


async def test_a_failure_passes_client_interceptors(open_channel: Open) -> None:
    channel = await open_channel(client=(Adds(), AddsToStreams()))
    assert (await failure(unary(channel, "aborting")("x")))[0] is grpc.StatusCode.FAILED_PRECONDITION
    assert (await failure(collect(stream(channel, "count_and_abort")("1"), [])))[1] == "gone"


class Renames(grpc.aio.ServerInterceptor):  # type: ignore[misc]
    """Serves one method under the name of another, unless the client may not call it."""

    async def intercept_service(self, continuation: Any, details: Any) -> Any:
        if ("key", "none") in tuple(details.invocation_metadata):
            return grpc.unary_unary_rpc_method_handler(self._refuse)
        return await continuation(details)

    async def _refuse(self, _request: bytes, context: Any) -> bytes:
        await context.abort(grpc.StatusCode.PERMISSION_DENIED, "no key")
        raise AssertionError


async def test_server_interceptors_may_answer_instead(open_channel: Open) -> None:
    channel = await open_channel(server=(Renames(),))
    assert await unary(channel, "echo")("x") == "x"
    refused = unary(channel, "echo")("x", metadata=(("key", "none"),))
    assert (await failure(refused))[:2] == (grpc.StatusCode.PERMISSION_DENIED, "no key")


async def test_channel_becomes_ready_and_shuts_down(channel: grpc.aio.Channel) -> None:
    assert channel.get_state() is grpc.ChannelConnectivity.IDLE
    await channel.channel_ready()
    assert channel.get_state() is grpc.ChannelConnectivity.READY
    await channel.close()
    assert channel.get_state() is grpc.ChannelConnectivity.SHUTDOWN
    with pytest.raises(grpc.aio.UsageError, match=r"Channel is closed\."):
        await unary(channel, "echo")("x")


async def test_closing_the_channel_cancels_its_calls(channel: grpc.aio.Channel, seen: Seen) -> None:
    call = stream(channel, "one_then_hang")("x")
    await call.read()
    await seen.hangs.wait()
    await channel.close()
    with pytest.raises(asyncio.CancelledError):
        await call.read()
    await seen.cancelled.wait()


async def test_closing_with_grace_lets_calls_end(channel: grpc.aio.Channel) -> None:
    call = unary(channel, "echo")("x")
    await channel.close(grace=5)
    assert await call == "x"


async def test_an_unknown_interceptor_is_refused(open_channel: Open) -> None:
    with pytest.raises(ValueError, match=r"[Ii]nterceptor"):
        await open_channel(client=("not one",))
