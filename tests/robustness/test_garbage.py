"""Whatever is sent to any procedure, the answer is a documented status, and nothing breaks or moves."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Coroutine, Iterator
from typing import Any, NamedTuple, TypeVar

import grpc
import pytest
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from robustness.support import BATTERY, INVERTER, METER, PV, SITE, Procedure, procedures

from doppelgrid.proto.microgrid.versions import VERSIONS
from doppelgrid.proto.serving.server import serve_gateway
from doppelgrid.sim.simulation.live import LiveSimulation
from doppelgrid.sim.site.site import Site

PROCEDURES = procedures({version.name for version in VERSIONS})
DOCUMENTED = {
    grpc.StatusCode.OK,
    grpc.StatusCode.NOT_FOUND,
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.OUT_OF_RANGE,
    grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.UNIMPLEMENTED,
}
OPEN_S = 0.05
"""A stream that says nothing for so long is taken to be open: time stands still on the site [s]."""
GARBAGE = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

T = TypeVar("T")


class Bench(NamedTuple):
    """A site on which time stands still, behind a real port, on a loop that runs when a test says so."""

    loop: asyncio.AbstractEventLoop
    simulation: LiveSimulation
    channel: grpc.aio.Channel

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    with asyncio.Runner() as runner:

        async def enter() -> tuple[LiveSimulation, Any, str]:
            simulation = LiveSimulation(Site.model_validate(SITE), paused=True)
            simulation.start()
            server = serve_gateway(simulation.gateway)
            return simulation, server, await server.__aenter__()

        simulation, server, address = runner.run(enter())

        async def connect() -> grpc.aio.Channel:
            return grpc.aio.insecure_channel(address, [("grpc.max_send_message_length", -1)])

        channel = runner.run(connect())
        yield Bench(runner.get_loop(), simulation, channel)

        async def leave() -> None:
            await channel.close()
            simulation.stop()
            await server.__aexit__(None, None, None)

        runner.run(leave())


async def outcome(
    channel: grpc.aio.Channel,
    path: str,
    data: bytes,
    *,
    streams: bool,
    metadata: Any = None,
    open_s: float = OPEN_S,
) -> grpc.StatusCode:
    """Call a procedure and return its status, OK for a stream that stays open or has answered."""
    try:
        if not streams:
            await channel.unary_unary(path)(data, metadata=metadata, timeout=20)
            return grpc.StatusCode.OK
        call: Any = channel.unary_stream(path)(data, metadata=metadata)
        try:
            async with asyncio.timeout(open_s):
                first = await call.read()
        except TimeoutError:
            call.cancel()
            return grpc.StatusCode.OK
        if first is grpc.aio.EOF:
            code: grpc.StatusCode = await call.code()
            return code
        call.cancel()
        return grpc.StatusCode.OK
    except grpc.aio.AioRpcError as error:
        return error.code()


def numbers(*interesting: int, bits: int, signed: bool = False) -> st.SearchStrategy[int]:
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
    return st.sampled_from([number for number in interesting if low <= number <= high]) | st.integers(
        low, high
    )


IDS_AND_LIFETIMES = (0, 1, METER, INVERTER, BATTERY, PV, 4, 5, 9, 10, 60, 900, 901, 2**32, 2**63)
SCALARS: dict[int, st.SearchStrategy[Any]] = {
    FieldDescriptor.TYPE_UINT64: numbers(*IDS_AND_LIFETIMES, bits=64),
    FieldDescriptor.TYPE_INT64: numbers(0, -1, bits=64, signed=True),
    FieldDescriptor.TYPE_UINT32: numbers(0, 1, bits=32),
    FieldDescriptor.TYPE_INT32: numbers(0, -1, bits=32, signed=True),
    FieldDescriptor.TYPE_ENUM: numbers(0, 1, 2, 3, 26, 30, 101, 9999, -1, bits=32, signed=True),
    FieldDescriptor.TYPE_FLOAT: st.sampled_from([math.nan, math.inf, -math.inf, 0.0, -0.0, 3.4e38])
    | st.floats(width=32),
    FieldDescriptor.TYPE_DOUBLE: st.floats(),
    FieldDescriptor.TYPE_BOOL: st.booleans(),
    FieldDescriptor.TYPE_STRING: st.text(max_size=20),
    FieldDescriptor.TYPE_BYTES: st.binary(max_size=20),
}


def values(field: FieldDescriptor) -> st.SearchStrategy[Any]:
    one = messages(field.message_type) if field.message_type else SCALARS[field.type]
    return st.lists(one, max_size=6) if field.is_repeated else one


def messages(descriptor: Descriptor) -> st.SearchStrategy[Message]:
    """Return messages with any of their fields, each with any value of its type."""
    kind = GetMessageClass(descriptor)
    fields = {field.name: values(field) for field in descriptor.fields}
    return st.fixed_dictionaries({}, optional=fields).map(lambda chosen: kind(**chosen))


@pytest.mark.parametrize("procedure", PROCEDURES, ids=str)
@GARBAGE
@given(data=st.data())
def test_senseless_requests_are_refused_and_move_nothing(
    bench: Bench, caplog: pytest.LogCaptureFixture, procedure: Procedure, data: st.DataObject
) -> None:
    request = data.draw(messages(procedure.request.DESCRIPTOR))
    before = bench.simulation.save()

    code = bench.run(
        outcome(bench.channel, procedure.path, request.SerializeToString(), streams=procedure.streams)
    )

    assert code in DOCUMENTED
    assert not complaints(caplog)
    if code is grpc.StatusCode.OK:
        bench.simulation.restore(before)
    else:
        assert bench.simulation.save() == before


@pytest.mark.parametrize("procedure", PROCEDURES, ids=str)
@GARBAGE
@given(data=st.binary(max_size=200))
def test_bytes_that_are_no_message_are_refused(
    bench: Bench, caplog: pytest.LogCaptureFixture, procedure: Procedure, data: bytes
) -> None:
    before = bench.simulation.save()

    code = bench.run(outcome(bench.channel, procedure.path, data, streams=procedure.streams))

    assert code in DOCUMENTED
    assert not complaints(caplog)
    bench.simulation.restore(before)


@pytest.mark.parametrize("procedure", PROCEDURES, ids=str)
def test_huge_lists_are_refused_or_answered(
    bench: Bench, caplog: pytest.LogCaptureFixture, procedure: Procedure
) -> None:
    request = procedure.request()
    for field in request.DESCRIPTOR.fields:
        if field.is_repeated and field.message_type is None:
            getattr(request, field.name).extend(number % 128 for number in range(100_000))

    code = bench.run(
        outcome(bench.channel, procedure.path, request.SerializeToString(), streams=procedure.streams)
    )

    assert code in DOCUMENTED
    assert not complaints(caplog)


@pytest.mark.parametrize("procedure", PROCEDURES, ids=str)
def test_messages_beyond_all_measure_are_cut_off(
    bench: Bench, caplog: pytest.LogCaptureFixture, procedure: Procedure
) -> None:
    code = bench.run(
        outcome(bench.channel, procedure.path, bytes(8 << 20), streams=procedure.streams, open_s=20)
    )

    assert code in {grpc.StatusCode.RESOURCE_EXHAUSTED, *DOCUMENTED} - {grpc.StatusCode.OK}
    assert not complaints(caplog)


METADATA = st.lists(
    st.tuples(
        st.sampled_from(["key", "sig", "ts", "nonce", "x-any", "grpc-trace-bin", "user"]),
        st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40),
    ),
    max_size=6,
).map(lambda pairs: [(name, text.encode() if name.endswith("-bin") else text) for name, text in pairs])


@GARBAGE
@given(metadata=METADATA)
def test_metadata_that_nobody_asked_for_changes_nothing(
    bench: Bench, caplog: pytest.LogCaptureFixture, metadata: list[tuple[str, str | bytes]]
) -> None:
    path = PROCEDURES[0].path

    code = bench.run(outcome(bench.channel, path, b"", streams=False, metadata=metadata))

    assert code is grpc.StatusCode.OK
    assert not complaints(caplog)


@GARBAGE
@given(path=st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=60))
def test_procedures_that_do_not_exist_are_unimplemented(
    bench: Bench, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    code = bench.run(outcome(bench.channel, f"/no.such.{path}", b"", streams=False))

    assert code is grpc.StatusCode.UNIMPLEMENTED
    assert not complaints(caplog)


def complaints(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what the log holds of exceptions and errors; nothing may go wrong unexpectedly."""
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]
