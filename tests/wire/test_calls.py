"""Procedures as calls: what is answered, refused and written to the log, and the streams that a transport carries."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator
from typing import Any

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from grpc import aio

from doppelgrid.proto.inmemory.channel import InMemoryChannel
from doppelgrid.proto.inmemory.interception import UnknownTargetError, channels_to, normal_target
from doppelgrid.proto.transport.open_streams import OpenStreams
from doppelgrid.proto.transport.service import Service, stream, unary
from doppelgrid.proto.transport.traffic import Traffic
from doppelgrid.sim.domain.messages import OutOfBoundsError, UnavailableError

LOG = "doppelgrid.proto.transport.service"


async def answer(request: Timestamp) -> bytes:
    if request.seconds == 7:
        raise OutOfBoundsError("seven is too many")
    if request.seconds == 8:
        raise RuntimeError("eight is a mistake")
    if request.seconds == 9:
        await asyncio.Event().wait()
    return request.SerializeToString()


async def answers(request: Timestamp) -> AsyncGenerator[bytes, None]:
    for seconds in range(request.seconds):
        if seconds == 2:
            raise UnavailableError("cut")
        yield Timestamp(seconds=seconds).SerializeToString()


def channel(traffic: Traffic | None = None) -> InMemoryChannel:
    methods = [unary(name, Timestamp, answer) for name in ("GetTime", "SetTime")]
    methods += [stream(name, Timestamp, answers) for name in ("ReceiveTimes", "MakeTimes")]
    return InMemoryChannel([Service("a.Clock", tuple(methods)).generic_handler(traffic)])


async def called(name: str, seconds: int | bytes, traffic: Traffic | None = None) -> list[Any]:
    """Return the seconds of all answers, and the status if it is an error."""
    request = seconds if isinstance(seconds, bytes) else Timestamp(seconds=seconds).SerializeToString()
    found: list[Any] = []
    try:
        if name.endswith("Time"):
            found.append(
                Timestamp.FromString(await channel(traffic).unary_unary(f"/a.Clock/{name}")(request)).seconds
            )
        else:
            async for each in channel(traffic).unary_stream(f"/a.Clock/{name}")(request):
                found.append(Timestamp.FromString(each).seconds)  # noqa: PERF401 - what came before the error counts
    except aio.AioRpcError as error:
        found.append((error.code(), error.details()))
    return found


TOO_MANY = (grpc.StatusCode.OUT_OF_RANGE, "seven is too many")
CUT = (grpc.StatusCode.UNAVAILABLE, "cut")


@pytest.mark.parametrize(
    ("name", "seconds", "found", "logged"),
    [
        ("GetTime", 5, [5], []), ("GetTime", 7, [TOO_MANY], []),
        ("SetTime", 5, [5], ["done"]), ("SetTime", 7, [TOO_MANY], ["OUT_OF_RANGE: seven is too many"]),
        ("ReceiveTimes", 2, [0, 1], []), ("ReceiveTimes", 3, [0, 1, CUT], []),
        ("MakeTimes", 2, [0, 1], ["accepted"]), ("MakeTimes", 3, [0, 1, CUT], ["accepted", "UNAVAILABLE: cut"]),
        ("MakeTimes", 0, [], []),
    ],
)  # fmt: skip
async def test_commands_are_logged_with_their_outcome_and_questions_are_not(
    name: str, seconds: int, found: list[Any], logged: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, LOG):
        assert await called(name, seconds) == found
    shown = [record.getMessage() for record in caplog.records if record.name == LOG]
    assert shown == [f"a.Clock/{name} from inmemory:client: {outcome}" for outcome in logged]


@pytest.mark.parametrize("name", ["GetTime", "MakeTimes"])
async def test_a_request_that_cannot_be_read_is_refused(name: str) -> None:
    assert await called(name, b"\xff") == [
        (grpc.StatusCode.INVALID_ARGUMENT, "the request cannot be read; accepted: the bytes of a Timestamp")
    ]


@pytest.mark.parametrize(
    ("name", "request_s", "outcomes", "sent"),
    [
        ("SetTime", 5, {"OK": 1}, 0),
        ("SetTime", 7, {"OUT_OF_RANGE": 1}, 0),
        ("SetTime", 8, {"UNKNOWN": 1}, 0),
        ("SetTime", b"\xff", {"INVALID_ARGUMENT": 1}, 0),
        ("MakeTimes", 2, {"OK": 1}, 2),
        ("MakeTimes", 3, {"OK": 1}, 2),
        ("MakeTimes", 0, {"OK": 1}, 0),
        ("GetTime", 7, {}, 0),
        ("ReceiveTimes", 2, {}, 2),
    ],
)
async def test_commands_are_counted_by_their_first_outcome_and_answers_of_streams_each(
    name: str, request_s: int | bytes, outcomes: dict[str, int], sent: int
) -> None:
    traffic = Traffic()
    await called(name, request_s, traffic)
    assert traffic.outcomes == {(f"/a.Clock/{name}", status): count for status, count in outcomes.items()}
    assert (traffic.sent[f"/a.Clock/{name}"], traffic.clients, traffic.open_calls) == (sent, 0, {})


async def test_a_command_whose_client_did_not_wait_counts_as_cancelled() -> None:
    traffic = Traffic()
    call = channel(traffic).unary_unary("/a.Clock/SetTime")(Timestamp(seconds=9).SerializeToString())
    async with asyncio.timeout(5.0):
        while not traffic.clients:  # noqa: ASYNC110
            await asyncio.sleep(0)
    assert traffic.open_calls == {"/a.Clock/SetTime": 1}
    call.cancel()
    await asyncio.sleep(0.01)
    assert traffic.outcomes == {("/a.Clock/SetTime", "CANCELLED"): 1}
    assert traffic.open_calls == {}


class Ends:
    def __init__(self) -> None:
        self.reasons: list[str] = []

    def end(self, reason: str) -> None:
        self.reasons.append(reason)


def test_streams_that_are_open_are_cut_and_others_are_not() -> None:
    carried, first, second, third = OpenStreams(), Ends(), Ends(), Ends()
    with carried.carry(first) as given:
        assert given is first
    with carried.carry(second), carried.carry(third):
        carried.cut("over")
    carried.cut("again")
    assert [each.reasons for each in (first, second, third)] == [[], ["over"], ["over"]]


@pytest.mark.parametrize(
    ("target", "normal"),
    [
        ("grpc://[::1]:8800", "localhost:8800"),
        ("dns:///LOCALHOST:1", "localhost:1"),
        ("ipv4:127.0.0.1:2", "localhost:2"),
        (" example.com:3 ", "example.com:3"),
        ("ipv6:[fe80::1]:4", "fe80::1:4"),
        ("dns:0.0.0.0:5", "localhost:5"),
    ],
)
def test_an_address_has_one_spelling(target: str, normal: str) -> None:
    assert normal_target(target) == normal


async def test_channels_are_put_in_place_with_the_interceptors_that_clients_want() -> None:
    wanted: list[Any] = []

    def factory(interceptors: Any) -> aio.Channel:
        wanted.append(interceptors)
        return channel()

    one, other = object(), object()
    real = aio.insecure_channel
    with channels_to({"[::1]:8800": factory}) as seen:
        aio.insecure_channel("localhost:8800", None, None, [one])
        aio.insecure_channel("grpc://127.0.0.1:8800", interceptors=[other])
        aio.insecure_channel("localhost:8800")
        aio.secure_channel("localhost:8800", None, None, None, [one])  # type: ignore[arg-type]
        with pytest.raises(UnknownTargetError, match=r"'else:1'; in place here: localhost:8800 "):
            aio.insecure_channel("else:1")
    assert wanted == [[one], [other], (), [one]]
    assert seen.opened == ["localhost:8800", "grpc://127.0.0.1:8800", "localhost:8800", "localhost:8800"]
    assert seen.others == ["else:1"]
    assert aio.insecure_channel is real
