"""What general gRPC tools find on the port: reflection and health."""

from __future__ import annotations

import asyncio
from typing import Any

import grpc
import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2

from doppelgrid.proto.microgrid.versions import VERSIONS
from doppelgrid.proto.serving.server import serve_gateway
from doppelgrid.proto.serving.site_server import SiteServer
from doppelgrid.sim.simulation.live import LiveSimulation

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING
NAMES = [version.name for version in VERSIONS]


STABLE = "grpc.reflection.v1.ServerReflection"
FORMER = "grpc.reflection.v1alpha.ServerReflection"


async def ask(
    channel: grpc.aio.Channel, by_name: str = FORMER, **question: Any
) -> reflection_pb2.ServerReflectionResponse:
    call = channel.stream_stream(f"/{by_name}/ServerReflectionInfo")(timeout=10)
    await call.write(reflection_pb2.ServerReflectionRequest(**question).SerializeToString())
    await call.done_writing()
    return reflection_pb2.ServerReflectionResponse.FromString(await call.read())


def files_in(answer: reflection_pb2.ServerReflectionResponse) -> list[FileDescriptorProto]:
    return [
        FileDescriptorProto.FromString(raw) for raw in answer.file_descriptor_response.file_descriptor_proto
    ]


async def test_reflection_answers_by_its_stable_name_as_by_the_former(channel: grpc.aio.Channel) -> None:
    assert await ask(channel, STABLE, list_services="") == await ask(channel, list_services="")


async def test_reflection_lists_itself_by_both_names(channel: grpc.aio.Channel) -> None:
    answer = await ask(channel, list_services="")

    assert {STABLE, FORMER} <= {service.name for service in answer.list_services_response.service}


@pytest.mark.parametrize("by_name", [STABLE, FORMER])
@pytest.mark.parametrize("name", [STABLE, FORMER])
async def test_reflection_describes_itself_by_both_names(
    channel: grpc.aio.Channel, by_name: str, name: str
) -> None:
    (file,) = files_in(await ask(channel, by_name, file_containing_symbol=name))

    package = name.removesuffix(".ServerReflection")
    (procedure,) = file.service[0].method
    assert (file.package, procedure.input_type) == (package, f".{package}.ServerReflectionRequest")


async def test_the_file_of_reflection_is_found_by_the_name_that_it_has(channel: grpc.aio.Channel) -> None:
    (by_symbol,) = files_in(await ask(channel, STABLE, file_containing_symbol=STABLE))

    assert files_in(await ask(channel, STABLE, file_by_filename=by_symbol.name)) == [by_symbol]


@pytest.mark.parametrize("symbol", ["no.such.Symbol", "grpc.reflection.v1.NoSuchMessage"])
async def test_reflection_knows_no_symbol_that_is_not_there(channel: grpc.aio.Channel, symbol: str) -> None:
    answer = await ask(channel, STABLE, file_containing_symbol=symbol)

    assert answer.error_response.error_code == grpc.StatusCode.NOT_FOUND.value[0]


async def test_the_health_of_all_services_is_listed(channel: grpc.aio.Channel) -> None:
    listed = await health_pb2_grpc.HealthStub(channel).List(health_pb2.HealthListRequest(), timeout=10)

    assert {name: answer.status for name, answer in listed.statuses.items()} == dict.fromkeys(
        ["", *NAMES], SERVING
    )


async def status(channel: grpc.aio.Channel, service: str = "") -> int:
    stub: Any = health_pb2_grpc.HealthStub(channel)
    response = await stub.Check(health_pb2.HealthCheckRequest(service=service), timeout=10)
    return int(response.status)


async def test_reflection_lists_all_versions(channel: grpc.aio.Channel) -> None:
    answer = await ask(channel, list_services="")

    listed = {service.name for service in answer.list_services_response.service}
    assert set(NAMES) <= listed
    assert "grpc.health.v1.Health" in listed


@pytest.mark.parametrize("name", NAMES)
async def test_reflection_describes_every_procedure(channel: grpc.aio.Channel, name: str) -> None:
    answer = await ask(channel, file_containing_symbol=name)

    files = files_in(answer)
    (service,) = [
        service for file in files for service in file.service if f"{file.package}.{service.name}" == name
    ]
    assert len(service.method) == 13


@pytest.mark.parametrize("name", ["", *NAMES])
async def test_a_site_that_answers_is_serving(channel: grpc.aio.Channel, name: str) -> None:
    assert await status(channel, name) == SERVING


async def test_the_health_of_an_unknown_service_is_not_found(channel: grpc.aio.Channel) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await status(channel, "no.such.Service")

    assert caught.value.code() is grpc.StatusCode.NOT_FOUND


async def test_a_site_whose_simulation_has_ended_is_not_serving(
    channel: grpc.aio.Channel, simulation: LiveSimulation
) -> None:
    stub: Any = health_pb2_grpc.HealthStub(channel)
    watch = stub.Watch(health_pb2.HealthCheckRequest(service=NAMES[0]), timeout=10)
    assert (await watch.read()).status == SERVING

    simulation.stop()

    assert (await watch.read()).status == NOT_SERVING
    watch.cancel()


async def test_a_server_that_leaves_says_so_to_those_who_watch(simulation: LiveSimulation) -> None:
    async with serve_gateway(simulation.gateway) as address:
        channel = grpc.aio.insecure_channel(address)
        stub: Any = health_pb2_grpc.HealthStub(channel)
        watch = stub.Watch(health_pb2.HealthCheckRequest(), timeout=10)
        seen = [(await watch.read()).status]

    seen += [answer.status async for answer in _until_error(watch)]
    await channel.close()
    assert seen == [SERVING, NOT_SERVING]


async def _until_error(call: Any) -> Any:
    try:
        while (answer := await call.read()) is not grpc.aio.EOF:
            yield answer
    except (grpc.aio.AioRpcError, asyncio.CancelledError):
        return


async def test_the_control_service_is_reflected_where_it_is_served() -> None:
    async with SiteServer("demo") as url, grpc.aio.insecure_channel(url.removeprefix("grpc://")) as channel:
        answer = await ask(channel, list_services="")

    listed = {service.name for service in answer.list_services_response.service}
    assert any("control" in name.lower() for name in listed)
