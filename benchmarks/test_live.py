"""What a live site costs: start, processor and memory, next to real time."""

from __future__ import annotations

import asyncio
import json
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import grpc
from frequenz.api.common.v1alpha8.microgrid.electrical_components import electrical_components_pb2
from frequenz.api.microgrid.v1alpha18 import microgrid_pb2, microgrid_pb2_grpc
from pytest_benchmark.fixture import BenchmarkFixture

import doppelgrid
from doppelgrid.proto.microgrid.common_v1alpha8 import COMMON
from doppelgrid.proto.microgrid.telemetry import Encoders, Places
from doppelgrid.sim.domain.messages import Frame
from doppelgrid.sim.domain.metrics import Wanted
from doppelgrid.sim.simulation.simulation import Simulation

COMMAND = Path(sys.executable).parent / "doppelgrid"


async def first_telemetry(address: str) -> None:
    async with grpc.aio.insecure_channel(address) as channel:
        stub = microgrid_pb2_grpc.MicrogridStub(channel)
        request = microgrid_pb2.ReceiveElectricalComponentTelemetryStreamRequest(electrical_component_id=2)
        stream = stub.ReceiveElectricalComponentTelemetryStream(request)
        await stream.read()
        stream.cancel()


def start_and_read_one_sample(endpoints: Path) -> None:
    endpoints.unlink(missing_ok=True)
    arguments = [str(COMMAND), "run", "--ephemeral-ports", "--emit-endpoints", str(endpoints)]
    with subprocess.Popen(arguments, stdout=subprocess.DEVNULL) as process:
        while not endpoints.exists():
            assert process.poll() is None
            time.sleep(0.005)
        asyncio.run(first_telemetry(json.loads(endpoints.read_text())["microgrids"][0]["grpc"]))
        process.send_signal(signal.SIGINT)


def test_from_the_command_to_the_first_telemetry(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    benchmark.pedantic(start_and_read_one_sample, args=(tmp_path / "endpoints.json",), rounds=3)
    benchmark.extra_info["part of the 2 s to reach"] = benchmark.stats.stats.median / 2.0


async def serve_for(seconds: float) -> float:
    """Serve 16 components at 5 Hz to one client; return the processor time per second of real time."""
    server = doppelgrid.serve("commercial")
    async with server:
        client = await asyncio.create_subprocess_exec(sys.executable, "-c", CLIENT, server.address)
        await asyncio.sleep(1.0)
        started, used = time.perf_counter(), time.process_time()
        await asyncio.sleep(seconds)
        share = (time.process_time() - used) / (time.perf_counter() - started)
        client.terminate()
        await client.wait()
    return share


CLIENT = """
import asyncio, sys, grpc
from frequenz.api.microgrid.v1alpha18 import microgrid_pb2 as pb, microgrid_pb2_grpc
async def main():
    stub = microgrid_pb2_grpc.MicrogridStub(grpc.aio.insecure_channel(sys.argv[1]))
    listed = await stub.ListElectricalComponents(pb.ListElectricalComponentsRequest())
    async def read(number):
        request = pb.ReceiveElectricalComponentTelemetryStreamRequest(electrical_component_id=number)
        async for _ in stub.ReceiveElectricalComponentTelemetryStream(request):
            pass
    await asyncio.gather(*(read(component.id) for component in listed.electrical_components))
asyncio.run(main())
"""


def test_part_of_a_core_that_16_components_at_5_hz_take(benchmark: BenchmarkFixture) -> None:
    shares: list[float] = []
    benchmark.pedantic(lambda: shares.append(asyncio.run(serve_for(5.0))), rounds=1)
    benchmark.extra_info["part of one core"] = shares[0]
    benchmark.extra_info["part of the quarter to keep under"] = shares[0] / 0.25


def make_template(
    frame: Frame, selection: Wanted
) -> tuple[electrical_components_pb2.ElectricalComponentTelemetry, Places]:
    message = electrical_components_pb2.ElectricalComponentTelemetry()
    return message, COMMON.write_telemetry(message, frame, selection)


async def serve_in_memory(simulated_s: float, clients: int) -> tuple[float, int]:
    """Play a commercial site to clients that take every frame as bytes.

    Returns:
        Simulated time per real time, and how far the process grew after the first minute [KiB].
    """
    simulation = Simulation.headless(doppelgrid.load_site("commercial"), start_us=1_750_000_000_000_000)
    encoders = Encoders()
    streams = [
        (encoders.encoder(make_template, info.id, None), simulation.gateway.subscribe(info.id))
        for info in simulation.gateway.components()
        for _ in range(clients)
    ]

    async def play(seconds: float) -> None:
        for _ in range(round(seconds / simulation.site.telemetry.interval_s)):
            simulation.engine.run_to(simulation.engine.next_us() or 0)
            for encoder, subscription in streams:
                encoder.encode(await anext(subscription))

    await play(60.0)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.perf_counter()
    await play(simulated_s)
    speed = simulated_s / (time.perf_counter() - started)
    return speed, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before


def test_16_components_to_ten_clients_next_to_real_time(benchmark: BenchmarkFixture) -> None:
    seconds = float(os.environ.get("DOPPELGRID_BENCHMARK_SECONDS", "120"))
    results: list[tuple[float, int]] = []
    benchmark.pedantic(lambda: results.append(asyncio.run(serve_in_memory(seconds, 10))), rounds=1)
    benchmark.extra_info["times real time"], benchmark.extra_info["growth [KiB]"] = results[0]
    assert results[0][1] < 8 * 1024
