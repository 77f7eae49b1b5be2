"""Where the control service is found, and where it is not."""

from __future__ import annotations

import socket

import grpc
import pytest
from control.support import SITE, serve
from frequenz.api.microgrid.v1alpha18 import microgrid_pb2_grpc
from google.protobuf.empty_pb2 import Empty

import doppelgrid
from doppelgrid import ControlClient, ControlError, SiteServer
from doppelgrid.proto.transport.security import Security


async def is_controlled(server: SiteServer) -> bool:
    async with server, ControlClient(server.url) as control:
        try:
            await control.clock()
        except ControlError as error:
            if error.code is grpc.StatusCode.UNIMPLEMENTED:
                return False
            raise
        return True


async def test_it_shares_a_port_with_the_microgrid_api(server: SiteServer, channel: grpc.aio.Channel) -> None:
    async with ControlClient(server.url) as control:
        await control.clock()
    answer = await microgrid_pb2_grpc.MicrogridStub(channel).GetMicrogrid(Empty(), timeout=10)
    assert answer.microgrid.id == 9


async def test_it_can_be_left_out() -> None:
    assert not await is_controlled(serve(control=False))


@pytest.mark.parametrize("host", [None, "127.0.0.1", "localhost"])
async def test_it_is_there_on_the_loopback_interface(host: str | None) -> None:
    assert await is_controlled(serve(host=host))


async def test_it_is_not_there_for_other_machines_unless_asked_for() -> None:
    open_to_all = SiteServer(doppelgrid.Site.model_validate(SITE), host="0.0.0.0", insecure=True, paused=True)
    async with open_to_all:
        url = f"grpc://127.0.0.1:{open_to_all.address.rpartition(':')[2]}"
        async with ControlClient(url) as control:
            with pytest.raises(ControlError) as error:
                await control.clock()
    assert error.value.code is grpc.StatusCode.UNIMPLEMENTED


async def test_callers_are_held_to_the_same_protection_as_those_of_the_microgrid_api() -> None:
    server = serve(security=Security(auth_key="open sesame", sign_secret="forty"))
    async with server:
        async with ControlClient(server.url) as stranger:
            with pytest.raises(ControlError) as error:
                await stranger.clock()
        async with ControlClient(server.url, auth_key="open sesame", sign_secret="forty") as friend:
            await friend.clock()
            await friend.events()
    assert error.value.code is grpc.StatusCode.UNAUTHENTICATED


@pytest.mark.parametrize("url", ["localhost:8800", "http://localhost:8800", "grpc://localhost", ""])
def test_a_url_that_makes_no_sense_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"the URL is .*; accepted: grpc://HOST:PORT"):
        ControlClient(url)


async def test_a_server_that_is_not_there_is_unavailable() -> None:
    with socket.socket() as placeholder:
        placeholder.bind(("127.0.0.1", 0))
        port = placeholder.getsockname()[1]
        async with ControlClient(f"grpc://127.0.0.1:{port}") as control:
            with pytest.raises(ControlError) as error:
                await control.clock()
    assert error.value.code is grpc.StatusCode.UNAVAILABLE


async def test_a_client_must_be_entered_first() -> None:
    with pytest.raises(RuntimeError, match="enter the context manager first"):
        await ControlClient("grpc://[::1]:1").clock()
