"""How the server behaves on its port."""

from __future__ import annotations

import asyncio
import errno
import socket
import struct

import grpc
import pytest
from frequenz.api.microgrid.v1alpha18 import microgrid_pb2, microgrid_pb2_grpc
from google.protobuf.empty_pb2 import Empty
from wire.support import METER, PV, how_it_ends

from doppelgrid.proto.serving.server import BindError, PortInUseError, serve_gateway
from doppelgrid.sim.simulation.live import LiveSimulation

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
SETTINGS, PING, GOAWAY = 4, 6, 7
ACKNOWLEDGED = 1


async def microgrid_id(address: str) -> int:
    async with grpc.aio.insecure_channel(address) as channel:
        response = await microgrid_pb2_grpc.MicrogridStub(channel).GetMicrogrid(Empty(), timeout=10)
        return int(response.microgrid.id)


async def test_it_answers_as_soon_as_it_is_entered(simulation: LiveSimulation) -> None:
    async with serve_gateway(simulation.gateway) as address:
        assert await microgrid_id(address) == 2200


async def test_it_listens_on_the_host_it_is_given(simulation: LiveSimulation) -> None:
    async with serve_gateway(simulation.gateway, host="127.0.0.1") as address:
        assert address.startswith("127.0.0.1:")
        assert await microgrid_id(address) == 2200


@pytest.mark.skipif(not socket.has_ipv6, reason="this machine has no IPv6")
@pytest.mark.parametrize("host", ["::1", "[::1]"])
async def test_an_ipv6_host_may_have_brackets(simulation: LiveSimulation, host: str) -> None:
    async with serve_gateway(simulation.gateway, host=host) as address:
        assert address.startswith("[::1]:")
        assert await microgrid_id(address) == 2200


async def test_without_ipv6_it_listens_on_the_older_loopback(
    simulation: LiveSimulation, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_socket = socket.socket

    def without_ipv6(family: int, *arguments: int) -> socket.socket:
        if family == socket.AF_INET6:
            raise OSError(errno.EAFNOSUPPORT, "Address family not supported by protocol")
        return open_socket(family, *arguments)

    monkeypatch.setattr(socket, "socket", without_ipv6)

    async with serve_gateway(simulation.gateway) as address:
        assert address.startswith("127.0.0.1:")
        assert await microgrid_id(address) == 2200


async def test_free_ports_differ(simulation: LiveSimulation) -> None:
    async with serve_gateway(simulation.gateway) as one, serve_gateway(simulation.gateway) as other:
        assert one != other


async def test_a_port_in_use_is_named(simulation: LiveSimulation) -> None:
    async with serve_gateway(simulation.gateway) as address:
        host, _, port = address.rpartition(":")
        with pytest.raises(PortInUseError, match=rf"{port}: the port is in use"):
            await serve_gateway(simulation.gateway, host=host, port=int(port)).__aenter__()


async def test_a_port_is_free_again_after_leaving(simulation: LiveSimulation) -> None:
    async with serve_gateway(simulation.gateway) as address:
        await microgrid_id(address)
    host, _, port = address.rpartition(":")

    async with serve_gateway(simulation.gateway, host=host, port=int(port)) as again:
        assert await microgrid_id(again) == 2200


@pytest.mark.parametrize(
    ("host", "port"), [("127.0.0.1", 70_000), ("no.such.host.invalid", 0), ("a..b", 0), ("a" * 300, 0)]
)
async def test_a_place_that_does_not_exist_is_named(simulation: LiveSimulation, host: str, port: int) -> None:
    with pytest.raises(BindError, match=f"cannot listen on {host}:{port}"):
        await serve_gateway(simulation.gateway, host=host, port=port).__aenter__()


async def test_leaving_ends_open_streams_as_unavailable(simulation: LiveSimulation) -> None:
    async with serve_gateway(simulation.gateway) as address:
        channel = grpc.aio.insecure_channel(address)
        stream = microgrid_pb2_grpc.MicrogridStub(channel).ReceiveElectricalComponentTelemetryStream(
            microgrid_pb2.ReceiveElectricalComponentTelemetryStreamRequest(electrical_component_id=METER)
        )
        await stream.read()

    assert await how_it_ends(stream) is grpc.StatusCode.UNAVAILABLE
    await channel.close()


async def test_leaving_ends_unfinished_requests_as_unavailable(simulation: LiveSimulation) -> None:
    async with serve_gateway(simulation.gateway) as address:
        channel = grpc.aio.insecure_channel(address)
        updates = microgrid_pb2_grpc.MicrogridStub(channel).SetElectricalComponentPower(
            microgrid_pb2.SetElectricalComponentPowerRequest(
                electrical_component_id=PV, power_type=microgrid_pb2.POWER_TYPE_ACTIVE, power=-1000.0
            )
        )
        await updates.read()

    assert await how_it_ends(updates) is grpc.StatusCode.UNAVAILABLE
    await channel.close()


async def test_frequent_pings_without_calls_are_tolerated(simulation: LiveSimulation) -> None:
    async with serve_gateway(simulation.gateway) as address:
        host, _, port = address.rpartition(":")
        reader, writer = await asyncio.open_connection(host.strip("[]"), int(port))
        writer.write(PREFACE + frame(SETTINGS))
        answers = [await answer_to_ping(reader, writer) for _ in range(10)]
        writer.close()
        await writer.wait_closed()

    assert answers == [PING] * 10


def frame(kind: int, payload: bytes = b"") -> bytes:
    """Return a frame of HTTP/2 on the connection's own stream (RFC 9113, section 4.1)."""
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, 0, 0) + payload


async def answer_to_ping(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> int:
    """Ping the server and return the kind of its answer: an acknowledgement, or a goodbye."""
    writer.write(frame(PING, bytes(8)))
    while True:
        header = await reader.readexactly(9)
        await reader.readexactly(int.from_bytes(header[:3]))
        kind, flags = header[3], header[4]
        if kind == GOAWAY or (kind == PING and flags == ACKNOWLEDGED):
            return kind
