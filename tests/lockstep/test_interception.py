"""Clients get the channels that are put in place for the addresses that they ask for."""

from __future__ import annotations

from typing import Any

import grpc
import pytest
from echo_service import Seen, handlers, to_bytes, to_text
from frequenz.client.base.authentication import AuthenticationInterceptorUnaryUnary
from frequenz.client.base.channel import parse_grpc_uri
from frequenz.client.base.signing import SigningInterceptorUnaryUnary

from doppelgrid.proto.inmemory.channel import InMemoryChannel
from doppelgrid.proto.inmemory.interception import SynchronousChannelError, UnknownTargetError, channels_to


@pytest.fixture
async def seen() -> Seen:
    return Seen()


@pytest.fixture
async def factories(seen: Seen) -> dict[str, Any]:
    return {"[::1]:8800": lambda interceptors: InMemoryChannel([handlers(seen)], interceptors)}


@pytest.mark.parametrize(
    "url",
    ["grpc://[::1]:8800", "grpc://localhost:8800", "grpc://127.0.0.1:8800", "grpc://[::1]:8800?ssl=true"],
)
async def test_the_client_library_gets_our_channel(url: str, factories: dict[str, Any]) -> None:
    with channels_to(factories) as interception:
        channel = parse_grpc_uri(url)
    assert isinstance(channel, InMemoryChannel)
    assert len(interception.opened) == 1


async def test_interceptors_of_the_client_library_are_kept(factories: dict[str, Any], seen: Seen) -> None:
    signing: list[Any] = [AuthenticationInterceptorUnaryUnary("id"), SigningInterceptorUnaryUnary("secret")]
    with channels_to(factories):
        channel = parse_grpc_uri("grpc://localhost:8800", signing)
    call: Any = channel.unary_unary("/test.Echo/echo", to_bytes, to_text)
    assert await call("x") == "x"
    assert {key for key, _ in seen.metadata} == {"key", "ts", "nonce", "sig"}


async def test_plain_grpc_gets_our_channel(factories: dict[str, Any]) -> None:
    with channels_to(factories):
        assert isinstance(grpc.aio.insecure_channel("dns:///localhost:8800"), InMemoryChannel)
        secure = grpc.aio.secure_channel("localhost:8800", grpc.ssl_channel_credentials())
        assert isinstance(secure, InMemoryChannel)


async def test_other_addresses_are_refused_and_recorded(factories: dict[str, Any]) -> None:
    message = r"'localhost:8801'; in place here: localhost:8800"
    with channels_to(factories) as interception, pytest.raises(UnknownTargetError, match=message):
        parse_grpc_uri("grpc://localhost:8801")
    assert interception.others == ["localhost:8801"]


async def test_other_addresses_can_be_let_through(factories: dict[str, Any]) -> None:
    with channels_to(factories, open_others=True) as interception:
        channel = parse_grpc_uri("grpc://localhost:8801")
    assert not isinstance(channel, InMemoryChannel)
    assert interception.others == ["localhost:8801"]
    await channel.close()


@pytest.mark.parametrize("open_others", [False, True])
async def test_synchronous_channels_are_refused(factories: dict[str, Any], open_others: bool) -> None:
    message = r"synchronous gRPC channel to '127\.0\.0\.1:8800', which cannot be virtual; accepted: a channel"
    with channels_to(factories, open_others=open_others) as interception:
        with pytest.raises(SynchronousChannelError, match=message):
            grpc.insecure_channel("127.0.0.1:8800")
        with pytest.raises(SynchronousChannelError, match=message):
            grpc.secure_channel("127.0.0.1:8800", grpc.ssl_channel_credentials())
    assert interception.opened == []


async def test_synchronous_channels_to_other_addresses_are_as_those_of_asyncio(
    factories: dict[str, Any],
) -> None:
    with channels_to(factories), pytest.raises(UnknownTargetError, match="in place here: localhost:8800"):
        grpc.insecure_channel("localhost:8801")
    told: list[str] = []
    with channels_to(factories, open_others=True, on_other=told.append):
        grpc.insecure_channel("localhost:8801").close()
        await grpc.aio.insecure_channel("localhost:8802").close()
    assert told == ["localhost:8801", "localhost:8802"]


async def test_synchronous_channels_are_opened_again_afterwards(factories: dict[str, Any]) -> None:
    functions = [grpc.insecure_channel, grpc.secure_channel]
    with channels_to(factories):
        assert grpc.insecure_channel is not functions[0]
    assert [grpc.insecure_channel, grpc.secure_channel] == functions


async def test_the_library_opens_its_own_channels_again_afterwards(factories: dict[str, Any]) -> None:
    with channels_to(factories):
        pass
    channel = parse_grpc_uri("grpc://localhost:8800")
    assert not isinstance(channel, InMemoryChannel)
    await channel.close()
