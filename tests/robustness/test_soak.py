"""Clients that come, misbehave and go, at random: they leave nothing behind and cost the others nothing."""

from __future__ import annotations

import asyncio
import gc
import random
import resource
import tracemalloc
from itertools import pairwise
from typing import Any

import grpc
import pytest
from frequenz.api.microgrid.v1alpha18 import microgrid_pb2 as pb
from frequenz.api.microgrid.v1alpha18 import microgrid_pb2_grpc
from google.protobuf.empty_pb2 import Empty
from robustness.support import INVERTER, METER, PV, SITE
from wire.support import how_it_ends

from doppelgrid.proto.serving.server import serve_gateway
from doppelgrid.sim.gateway.subscriptions import LONGEST_QUEUE
from doppelgrid.sim.simulation.live import LiveSimulation
from doppelgrid.sim.site.site import Site

DEADLINE_S = 30.0
WAYS_TO_GO = (
    "read and cancel",
    "never read",
    "hang up",
    "command and leave",
    "refused",
    "list",
    "out of time",
)


def open_channel(address: str) -> grpc.aio.Channel:
    return grpc.aio.insecure_channel(address, [("grpc.use_local_subchannel_pool", 1)])


def telemetry(stub: Any, component_id: int, **options: Any) -> Any:
    request = pb.ReceiveElectricalComponentTelemetryStreamRequest(electrical_component_id=component_id)
    return stub.ReceiveElectricalComponentTelemetryStream(request, **options)


def command(stub: Any, component_id: int, power: float) -> Any:
    request = pb.SetElectricalComponentPowerRequest(
        electrical_component_id=component_id,
        power_type=pb.POWER_TYPE_ACTIVE,
        power=power,
        request_lifetime=10,
    )
    return stub.SetElectricalComponentPower(request, timeout=DEADLINE_S)


async def misbehave(address: str, dice: random.Random) -> None:
    """Be a client that connects, does something and goes in one of several ways."""
    way = dice.choice(WAYS_TO_GO)
    async with open_channel(address) as channel:
        stub: Any = microgrid_pb2_grpc.MicrogridStub(channel)
        if way == "read and cancel":
            call = telemetry(stub, METER)
            for _ in range(dice.randrange(1, 4)):
                await call.read()
            call.cancel()
        elif way == "never read":
            calls = [telemetry(stub, number) for number in (METER, INVERTER, PV)]
            await stub.GetMicrogrid(Empty(), timeout=DEADLINE_S)
            del calls
        elif way == "hang up":
            await telemetry(stub, INVERTER).read()
        elif way == "command and leave":
            await command(stub, INVERTER, dice.uniform(-5e3, 5e3)).read()
        elif way == "refused":
            with pytest.raises(grpc.aio.AioRpcError):
                await command(stub, INVERTER, 1e9).read()
        elif way == "list":
            await stub.ListElectricalComponents(pb.ListElectricalComponentsRequest(), timeout=DEADLINE_S)
        else:
            code = await how_it_ends(telemetry(stub, PV, timeout=dice.uniform(0.001, 0.05)))
            assert code is grpc.StatusCode.DEADLINE_EXCEEDED


async def crowd(address: str, dice: random.Random, clients: int, *, at_once: int) -> None:
    """Let so many clients come and go."""
    room = asyncio.Semaphore(at_once)

    async def one(seed: float) -> None:
        async with room:
            await misbehave(address, random.Random(seed))

    async with asyncio.TaskGroup() as group:
        for _ in range(clients):
            group.create_task(one(dice.random()))


async def nobody_left(simulation: LiveSimulation) -> None:
    """Wait until the site has no listener any more."""
    for _ in range(round(DEADLINE_S / 0.01)):
        if not any(simulation.gateway.stream_count(info.id) for info in simulation.gateway.components()):
            return
        await asyncio.sleep(0.01)
    pytest.fail("streams whose clients have gone are still served")


async def tasks_left(before: set[asyncio.Task[Any]]) -> list[asyncio.Task[Any]]:
    """Return the tasks that remain of those begun since, once there has been time for them to end."""
    left: list[asyncio.Task[Any]] = []
    for _ in range(300):
        left = [task for task in asyncio.all_tasks() - before if task is not asyncio.current_task()]
        if not left:
            break
        await asyncio.sleep(0.01)
    return left


async def test_clients_that_come_and_go_leave_no_task_and_no_listener(
    address: str, simulation: LiveSimulation, caplog: pytest.LogCaptureFixture
) -> None:
    await crowd(address, random.Random(1), 7, at_once=7)
    await nobody_left(simulation)
    before = asyncio.all_tasks()

    await crowd(address, random.Random(2), 60, at_once=20)

    await nobody_left(simulation)
    # The server itself always waits for the next call.
    assert len(await tasks_left(before)) <= 1
    assert not [record for record in caplog.records if record.levelname in ("ERROR", "CRITICAL")]


@pytest.mark.slow
async def test_a_long_coming_and_going_leaves_no_memory_behind(
    address: str, simulation: LiveSimulation
) -> None:
    dice = random.Random(3)
    for _ in range(2):
        await crowd(address, dice, 400, at_once=20)
        await nobody_left(simulation)
    gc.collect()
    resident_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    tracemalloc.start()
    held = tracemalloc.get_traced_memory()[0]

    for _ in range(5):
        await crowd(address, dice, 400, at_once=20)
        await nobody_left(simulation)

    gc.collect()
    kept = tracemalloc.get_traced_memory()[0] - held
    tracemalloc.stop()
    assert kept < 1_000_000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - resident_kib < 30_000


async def test_a_client_that_does_not_read_holds_back_nobody(
    address: str, simulation: LiveSimulation
) -> None:
    async with open_channel(address) as idle, open_channel(address) as busy:
        never_read = [telemetry(microgrid_pb2_grpc.MicrogridStub(idle), METER) for _ in range(20)]
        reading = telemetry(microgrid_pb2_grpc.MicrogridStub(busy), METER)
        times = [
            (await reading.read()).telemetry.metric_samples[0].sample_time.ToMicroseconds()
            for _ in range(2 * LONGEST_QUEUE)
        ]
        for call in never_read:
            call.cancel()
        reading.cancel()

    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert max(gaps) < 20 * min(gaps)


@pytest.mark.slow
async def test_all_who_come_at_once_are_served() -> None:
    calm = LiveSimulation(Site.model_validate({**SITE, "telemetry": {"interval": "2 s"}}))
    calm.start()
    async with serve_gateway(calm.gateway) as address:
        channels = [open_channel(address) for _ in range(30)]
        stubs: list[Any] = [microgrid_pb2_grpc.MicrogridStub(channel) for channel in channels]
        calls = [telemetry(stub, METER) for stub in stubs for _ in range(100)]

        answers = await asyncio.gather(*(call.read() for call in calls), return_exceptions=True)

        for call in calls:
            call.cancel()
        for channel in channels:
            await channel.close()
    calm.stop()
    assert [answer for answer in answers if isinstance(answer, BaseException)] == []


async def test_leaving_under_load_ends_every_stream_as_unavailable(simulation: LiveSimulation) -> None:
    async with serve_gateway(simulation.gateway) as address:
        channel = open_channel(address)
        stub = microgrid_pb2_grpc.MicrogridStub(channel)
        calls = [telemetry(stub, number) for number in (METER, INVERTER, PV) for _ in range(50)]
        await asyncio.gather(*(call.read() for call in calls))

    async with asyncio.timeout(DEADLINE_S):
        codes = set(await asyncio.gather(*(how_it_ends(call) for call in calls)))
    await channel.close()
    assert codes == {grpc.StatusCode.UNAVAILABLE}


async def test_a_site_that_leaves_has_no_task_left() -> None:
    before = asyncio.all_tasks()
    simulation = LiveSimulation(Site.model_validate(SITE))
    simulation.start()
    async with serve_gateway(simulation.gateway, ended=simulation.wait) as address:
        await crowd(address, random.Random(4), 20, at_once=10)
    simulation.stop()

    assert not await tasks_left(before)
