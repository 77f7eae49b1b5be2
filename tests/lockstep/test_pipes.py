"""Messages in memory: windows, ends and sizes of a call, and the context that a handler is given."""

from __future__ import annotations

import asyncio
from typing import Any

import grpc
import pytest
from grpc import aio

from doppelgrid.proto.inmemory.channel import InMemoryChannel
from doppelgrid.proto.inmemory.rpc import (
    LARGEST_MESSAGE_BYTES,
    MessagePipe,
    Rpc,
    Status,
    too_large,
    wire_metadata,
)
from doppelgrid.proto.inmemory.service import MemoryContext, MemoryService

WINDOW = 65_535


def pipe() -> MessagePipe:
    return MessagePipe(asyncio.get_running_loop())


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


class TestPipes:
    async def test_messages_come_out_in_order_and_then_nothing(self) -> None:
        way = pipe()
        for message in (b"a", b"b"):
            await way.write(message)
        way.close()
        way.put(b"late")
        assert [await way.read() for _ in range(4)] == [b"a", b"b", None, None]

    @pytest.mark.parametrize(("size", "waits"), [(WINDOW - 1, False), (WINDOW, True)])
    async def test_a_writer_waits_while_a_windows_worth_is_unread(self, size: int, waits: bool) -> None:
        way = pipe()
        await way.write(b"x" * size)
        writing = asyncio.ensure_future(way.write(b"y"))
        await settle()
        assert writing.done() is not waits
        assert await way.read() == b"x" * size
        await settle()
        assert writing.done()
        assert await way.read() == b"y"

    async def test_writers_are_let_in_as_soon_as_less_than_a_window_is_unread(self) -> None:
        way = pipe()
        way.put(b"a" * WINDOW)
        way.put(b"b")
        writing = asyncio.ensure_future(way.write(b"c"))
        await settle()
        assert not writing.done()
        await way.read()
        await settle()
        assert writing.done()
        way.put(b"d" * WINDOW)
        waiting = asyncio.ensure_future(way.write(b"e"))
        for _ in range(2):
            await way.read()
        await settle()
        assert not waiting.done()
        assert await way.read() == b"d" * WINDOW
        await settle()
        assert waiting.done()

    async def test_a_reader_waits_for_a_message_or_the_end(self) -> None:
        way = pipe()
        reading = asyncio.ensure_future(way.read())
        await settle()
        assert not reading.done()
        way.put(b"a")
        assert await asyncio.wait_for(reading, 30.0) == b"a"
        reading = asyncio.ensure_future(way.read())
        await settle()
        way.close()
        assert await asyncio.wait_for(reading, 30.0) is None

    async def test_who_waits_is_told_once_when_all_has_been_read(self) -> None:
        told: list[str] = []
        way = pipe()
        way.on_drained = lambda: told.append("drained")
        way.put(b"a")
        assert await way.read() == b"a"
        way.put(b"b")
        way.close()
        assert told == []
        await way.read()
        assert told == ["drained"]
        way.close()
        assert told == ["drained"]

    async def test_what_is_dropped_is_not_read_and_frees_the_window(self) -> None:
        way = pipe()
        way.put(b"a" * WINDOW)
        writing = asyncio.ensure_future(way.write(b"b"))
        await settle()
        way.drop()
        await asyncio.wait_for(writing, 30.0)
        assert await way.read() is None


class TestCalls:
    def rpc(self) -> tuple[Rpc, list[Any]]:
        rpc, told = Rpc(asyncio.get_running_loop(), "/a/B", (), None), list[Any]()
        rpc.on_head = lambda metadata: told.append(("head", metadata))
        rpc.on_end = lambda status: told.append(("end", status.code))
        return rpc, told

    async def test_the_head_comes_once_and_the_end_when_all_has_been_read(self) -> None:
        rpc, told = self.rpc()
        assert not rpc.head_sent
        rpc.send_head((("a", "b"),))
        rpc.send_head(())
        rpc.responses.put(b"x")
        rpc.finish(Status(grpc.StatusCode.OK))
        assert (rpc.head_sent, rpc.status_sent, told) == (True, True, [("head", (("a", "b"),))])
        await rpc.responses.read()
        assert told[1:] == [("end", grpc.StatusCode.OK)]

    async def test_who_has_gone_is_told_nothing_and_the_handler_is_stopped_unless_it_has_ended(self) -> None:
        for has_ended in (False, True):
            rpc, told = self.rpc()
            rpc.task = asyncio.ensure_future(asyncio.sleep(60.0))
            rpc.requests.put(b"x")
            if has_ended:
                rpc.responses.put(b"y")
                rpc.finish(Status(grpc.StatusCode.OK))
            rpc.abandon()
            await settle()
            assert rpc.task.cancelled() is not has_ended
            rpc.task.cancel()
            assert await rpc.requests.read() is None
            assert [what for what, _ in told] == ["head"] * has_ended

    @pytest.mark.parametrize(
        ("size", "limit", "is_refused"), [(10, 10, False), (11, 10, True), (0, 0, False)]
    )
    def test_messages_up_to_the_limit_are_taken(self, size: int, limit: int, is_refused: bool) -> None:
        status = too_large(b"x" * size, limit)
        assert (status is not None) is is_refused
        if status is not None:
            assert status.code is grpc.StatusCode.RESOURCE_EXHAUSTED
            assert status.details == "Received message larger than max (11 vs. 10)"
        assert LARGEST_MESSAGE_BYTES == 4_194_304

    def test_metadata_are_text_but_under_keys_for_bytes(self) -> None:
        given = (("a", "b"), ("a", b"c"), ("x-bin", b"\xff"), ("y-bin", "d"))
        assert wire_metadata(given) == (("a", "b"), ("a", "c"), ("x-bin", b"\xff"), ("y-bin", b"d"))
        assert wire_metadata(None) == ()


async def answered(behaviour: Any, timeout_s: float | None = None) -> tuple[Any, Any]:
    """Return the answer of a handler, or the error, and the call."""
    handlers = grpc.method_handlers_generic_handler(
        "a", {"B": grpc.unary_unary_rpc_method_handler(behaviour)}
    )
    channel = InMemoryChannel([handlers])
    call = channel.unary_unary("/a/B")(b"q", timeout=timeout_s)
    try:
        return await call, call
    except aio.AioRpcError as error:
        return error, call


class TestContexts:
    async def test_a_code_that_was_set_is_the_end_and_the_answer_is_dropped(self) -> None:
        async def busy(_request: bytes, context: MemoryContext) -> bytes:
            assert (context.code(), context.details(), context.done()) == (None, "", False)
            context.set_code(grpc.StatusCode.UNAVAILABLE)
            context.set_details("later")
            context.set_trailing_metadata((("when", "soon"),))
            assert (context.code(), context.details()) == (grpc.StatusCode.UNAVAILABLE, "later")
            return b"dropped"

        error, _ = await answered(busy)
        assert (error.code(), error.details()) == (grpc.StatusCode.UNAVAILABLE, "later")
        assert tuple(error.trailing_metadata()) == (("when", "soon"),)

    async def test_an_abortion_keeps_the_details_and_metadata_that_were_set(self) -> None:
        async def leave(_request: bytes, context: MemoryContext) -> bytes:
            context.set_details("set before")
            context.set_trailing_metadata((("a", "b"),))
            await context.abort(grpc.StatusCode.NOT_FOUND)
            return b""

        error, _ = await answered(leave)
        assert (error.code(), error.details()) == (grpc.StatusCode.NOT_FOUND, "set before")
        assert tuple(error.trailing_metadata()) == (("a", "b"),)

    async def test_an_error_has_the_code_that_was_set_or_none_in_particular(self) -> None:
        for code, told in (
            (None, grpc.StatusCode.UNKNOWN), (grpc.StatusCode.OK, grpc.StatusCode.UNKNOWN),
            (grpc.StatusCode.DATA_LOSS, grpc.StatusCode.DATA_LOSS),
        ):  # fmt: skip

            async def fail(_request: bytes, context: MemoryContext, code: Any = code) -> bytes:
                if code is not None:
                    context.set_code(code)
                raise RuntimeError("broken")

            error, _ = await answered(fail)
            assert error.code() is told

    async def test_both_ends_know_how_much_time_is_left(self) -> None:
        seen: list[Any] = []

        async def look(_request: bytes, context: MemoryContext) -> bytes:
            seen.extend([context.time_remaining(), context.peer(), context.cancelled()])
            return b"r"

        answer, call = await answered(look)
        assert (answer, seen, call.time_remaining()) == (b"r", [None, "inmemory:client", False], None)
        await answered(look, 50.0)
        assert 45.0 < seen[3] <= 50.0

    async def test_a_call_whose_time_is_over_ends(self) -> None:
        async def never(_request: bytes, _context: MemoryContext) -> bytes:
            await asyncio.Event().wait()
            return b""

        error, _ = await asyncio.wait_for(answered(never, 0.01), 5.0)
        assert (error.code(), error.details()) == (grpc.StatusCode.DEADLINE_EXCEEDED, "Deadline Exceeded")

    async def test_whoever_asked_is_called_back_when_the_handler_has_ended(self) -> None:
        seen: list[bool] = []

        async def look(_request: bytes, context: MemoryContext) -> bytes:
            context.add_done_callback(lambda context: seen.append(context.done()))
            return b"r"

        await answered(look)
        await settle()
        assert seen == [True]

    async def test_methods_by_name_come_before_generic_handlers_and_unknown_ones_are_told(self) -> None:
        async def one(_request: bytes, _context: Any) -> bytes:
            return b"one"

        async def two(_request: bytes, _context: Any) -> bytes:
            return b"two"

        service = MemoryService(
            [grpc.method_handlers_generic_handler("a", {"B": grpc.unary_unary_rpc_method_handler(one)})]
        )
        service.add_registered_method_handlers("a", {"B": grpc.unary_unary_rpc_method_handler(two)})
        service.add_generic_rpc_handlers(
            (grpc.method_handlers_generic_handler("a", {"C": grpc.unary_unary_rpc_method_handler(one)}),)
        )
        channel = InMemoryChannel(service)
        assert [await channel.unary_unary(name)(b"") for name in ("/a/B", "/a/C")] == [b"two", b"one"]
        with pytest.raises(aio.AioRpcError) as caught:
            await channel.unary_unary("/a/D")(b"")
        assert (caught.value.code(), caught.value.details()) == (
            grpc.StatusCode.UNIMPLEMENTED,
            "Method not found!",
        )

    async def test_a_channel_is_idle_until_it_is_used(self) -> None:
        states = grpc.ChannelConnectivity
        channel = InMemoryChannel([])
        assert channel.get_state() is states.IDLE
        change = asyncio.ensure_future(channel.wait_for_state_change(states.IDLE))
        await settle()
        assert not change.done()
        channel.get_state(try_to_connect=True)
        await asyncio.wait_for(change, 30.0)
        assert channel.get_state() is states.READY
        await channel.close()
        assert channel.get_state() is states.SHUTDOWN
        assert channel.get_state(try_to_connect=True) is states.SHUTDOWN
