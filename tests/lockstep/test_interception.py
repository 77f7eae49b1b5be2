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
from doppelgrid.proto.inmemory.interception import UnknownTargetError, channels_to


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


async def test_the_library_opens_its_own_channels_again_afterwards(factories: dict[str, Any]) -> None:
    with channels_to(factories):
        pass
    channel = parse_grpc_uri("grpc://localhost:8800")
    assert not isinstance(channel, InMemoryChannel)
    await channel.close()
