"""What large sites and many clients cost: lateness, completeness, memory, and the way of a command there and back."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import grpc
from frequenz.api.microgrid.v1alpha18 import microgrid_pb2 as pb
from frequenz.api.microgrid.v1alpha18 import microgrid_pb2_grpc
from pytest_benchmark.fixture import BenchmarkFixture

from doppelgrid.proto.serving.site_server import SiteServer

SECONDS = float(os.environ.get("DOPPELGRID_BENCHMARK_SECONDS", "15"))
TARGET_LATENESS_S = 0.020
TARGET_ROUND_TRIP_S = 0.005
TARGET_BUSY_ROUND_TRIP_S = 0.002
RATE_HZ = 5.0
WARM_UP_S = 10.0
COMMANDS = 300
BUSY_COMMANDS = 50


def site_of(components: int) -> dict[str, Any]:
    """Return a site of so many components: houses, suns and batteries behind one meter, five frames a second."""
    parts: dict[str, dict[str, Any]] = {
        "grid": {"id": 1, "category": "grid_connection_point", "rated_fuse_current": "5000 A"},
        "main": {"id": 2, "category": "meter", "behind": "grid"},
    }
    while len(parts) < components:
        number = len(parts) + 1
        match number % 4:
            case 0 if components - len(parts) > 1:
                inverter = f"inverter-{number}"
                rated = {"category": "battery_inverter", "rated_power": "30 kW"}
                parts[inverter] = {"id": number, "behind": "main", **rated}
                parts[f"battery-{number}"] = {"id": number + 1, "category": "battery", "behind": inverter}
            case 1:
                sun = {"category": "pv_inverter", "rated_power": "12 kW", "power": "5 kW"}
                parts[f"pv-{number}"] = {"id": number, "behind": "main", **sun}
            case _:
                parts[f"house-{number}"] = {
                    "id": number,
                    "category": "meter",
                    "behind": "main",
                    "load": "3 kW",
                }
    place = {"id": 2500, "name": "Load", "location": {"latitude": 52.5, "longitude": 13.25}}
    return {"microgrid": place, "telemetry": {"interval": f"{1.0 / RATE_HZ:g} s"}, "components": parts}


CLIENT = """
import asyncio, gc, json, sys, time, grpc
from frequenz.api.microgrid.v1alpha18 import microgrid_pb2 as pb, microgrid_pb2_grpc
address, warm_up, seconds = sys.argv[1], float(sys.argv[2]), float(sys.argv[3])
SDK = {5: (3, 100, 101, 102)}
AC = (26, 27, 28, 29, 30, 31, 32, 33, 19, 20, 21, 12, 13, 14, 10)
async def main():
    stub = microgrid_pb2_grpc.MicrogridStub(grpc.aio.insecure_channel(address))
    listed = await stub.ListElectricalComponents(pb.ListElectricalComponentsRequest())
    late, counts, starts = [], {}, asyncio.Event()
    async def read(component):
        request = pb.ReceiveElectricalComponentTelemetryStreamRequest(electrical_component_id=component.id)
        request.filter.metrics.extend(SDK.get(component.category, AC))
        async for response in stub.ReceiveElectricalComponentTelemetryStream(request):
            now = time.time()
            if not starts.is_set():
                continue
            sampled = response.telemetry.metric_samples[0].sample_time
            late.append(now - sampled.seconds - sampled.nanos / 1e9)
            counts[component.id] = counts.get(component.id, 0) + 1
    readers = [asyncio.create_task(read(component)) for component in listed.electrical_components
               if component.category != 1]
    await asyncio.sleep(warm_up)
    gc.collect()
    gc.freeze()
    starts.set()
    used = time.process_time()
    await asyncio.sleep(seconds)
    used = time.process_time() - used
    for reader in readers:
        reader.cancel()
    late.sort()
    print(json.dumps({
        "messages": len(late), "streams": len(readers), "least": min(counts.values()), "most": max(counts.values()),
        "p50": late[len(late) // 2], "p99": late[len(late) * 99 // 100], "max": late[-1], "cpu": used / seconds,
    }))
asyncio.run(main())
"""


class Server:
    """`doppelgrid run` in a process of its own."""

    def __init__(self, process: asyncio.subprocess.Process, address: str) -> None:
        self.address = address
        self._process = process

    @classmethod
    async def start(cls, site: dict[str, Any], folder: Path) -> Server:
        """Serve a site and wait until it answers."""
        file, endpoints = folder / "site.yaml", folder / "endpoints.json"
        file.write_text(json.dumps(site))
        command = ("run", str(file), "--ephemeral-ports", "--emit-endpoints", str(endpoints))
        process = await asyncio.create_subprocess_exec(
            Path(sys.executable).parent / "doppelgrid", *command, stdout=asyncio.subprocess.DEVNULL
        )
        while not endpoints.exists():
            assert process.returncode is None
            await asyncio.sleep(0.05)
        return cls(process, json.loads(endpoints.read_text())["microgrids"][0]["grpc"])

    @property
    def processor_s(self) -> float:
        """Processor time used so far [s]."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @property
    def resident_kib(self) -> int:
        """Memory in use [KiB]."""
        pages = int(Path(f"/proc/{self._process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") // 1024

    async def stop(self) -> None:
        """End the run."""
        self._process.send_signal(signal.SIGINT)
        await self._process.wait()


async def serve(site: dict[str, Any], folder: Path, client: str, *arguments: str) -> dict[str, float]:
    """Serve a site to a process of clients.

    Returns:
        What the clients report, the part of a core that serving took, and how far it grew meanwhile [KiB].
    """
    server = await Server.start(site, folder)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", client, server.address, str(WARM_UP_S), str(SECONDS), *arguments),
        stdout=asyncio.subprocess.PIPE,
    )
    await asyncio.sleep(WARM_UP_S + 1.0)
    resident, used, started = server.resident_kib, server.processor_s, time.perf_counter()
    await asyncio.sleep(max(1.0, SECONDS - 2.0))
    share = (server.processor_s - used) / (time.perf_counter() - started)
    growth = server.resident_kib - resident
    answer = (await process.communicate())[0]
    await server.stop()
    return {**json.loads(answer), "server": share, "growth": growth}


def note(benchmark: BenchmarkFixture, seen: dict[str, float]) -> None:
    benchmark.extra_info["messages per second"] = seen["messages"] / SECONDS
    benchmark.extra_info["part of all messages that came"] = seen["messages"] / (
        RATE_HZ * SECONDS * seen["streams"]
    )
    benchmark.extra_info["fewest and most on a stream"] = [seen["least"], seen["most"]]
    benchmark.extra_info["part of one core, server"] = seen["server"]
    benchmark.extra_info["part of one core, clients"] = seen["cpu"]
    benchmark.extra_info["growth [KiB]"] = seen["growth"]


def test_1000_components_to_one_client(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    results: list[dict[str, float]] = []
    benchmark.pedantic(lambda: results.append(asyncio.run(serve(site_of(1000), tmp_path, CLIENT))), rounds=1)
    note(benchmark, results[0])
    for name in ("p50", "p99", "max"):
        benchmark.extra_info[f"lateness {name} [ms]"] = 1e3 * results[0][name]
    benchmark.extra_info["p99 over target"] = results[0]["p99"] / TARGET_LATENESS_S


FIFTY_CLIENTS = """
import asyncio, json, sys, time, grpc
from frequenz.api.microgrid.v1alpha18 import microgrid_pb2_grpc, microgrid_pb2 as pb
address, warm_up, seconds, clients = sys.argv[1], float(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])
PATH = "/frequenz.api.microgrid.v1alpha18.Microgrid/ReceiveElectricalComponentTelemetryStream"
async def main():
    options = [("grpc.use_local_subchannel_pool", 1)]
    channels = [grpc.aio.insecure_channel(address, options) for _ in range(clients)]
    stub = microgrid_pb2_grpc.MicrogridStub(channels[0])
    listed = await stub.ListElectricalComponents(pb.ListElectricalComponentsRequest())
    counts, counting = {}, False
    async def read(client, channel, component):
        request = pb.ReceiveElectricalComponentTelemetryStreamRequest(electrical_component_id=component.id)
        async for _ in channel.unary_stream(PATH)(request.SerializeToString()):
            if counting:
                counts[client, component.id] = counts.get((client, component.id), 0) + 1
    readers = [asyncio.create_task(read(client, channel, component))
               for client, channel in enumerate(channels) for component in listed.electrical_components]
    await asyncio.sleep(warm_up)
    counting, used = True, time.process_time()
    await asyncio.sleep(seconds)
    counting, used = False, time.process_time() - used
    for reader in readers:
        reader.cancel()
    print(json.dumps({"messages": sum(counts.values()), "streams": len(readers), "seen": len(counts),
                      "least": min(counts.values()), "most": max(counts.values()), "cpu": used / seconds}))
asyncio.run(main())
"""


def test_100_components_to_fifty_clients(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    results: list[dict[str, float]] = []
    benchmark.pedantic(
        lambda: results.append(asyncio.run(serve(site_of(100), tmp_path, FIFTY_CLIENTS, "50"))), rounds=1
    )
    note(benchmark, results[0])


async def round_trips(address: str, component_id: int, count: int) -> list[float]:
    """Send so many set-points one after the other; return the time of each to its first answer [s]."""
    async with grpc.aio.insecure_channel(address) as channel:
        stub: Any = microgrid_pb2_grpc.MicrogridStub(channel)
        times = []
        for number in range(count):
            request = pb.SetElectricalComponentPowerRequest(
                electrical_component_id=component_id,
                power_type=pb.POWER_TYPE_ACTIVE,
                power=100.0 * (number % 10),
            )
            started = time.perf_counter()
            call = stub.SetElectricalComponentPower(request)
            await call.read()
            times.append(time.perf_counter() - started)
            call.cancel()
    return times


async def command_a_site() -> list[float]:
    """Command a site that has nothing else to do, over a real socket within this process."""
    async with SiteServer("demo") as url:
        return await round_trips(url.removeprefix("grpc://"), 11, COMMANDS)


def test_a_command_there_and_back(benchmark: BenchmarkFixture) -> None:
    results: list[list[float]] = []
    benchmark.pedantic(lambda: results.append(asyncio.run(command_a_site())), rounds=1)
    benchmark.extra_info["median [ms]"] = 1e3 * median(results[0])
    benchmark.extra_info["p95 [ms]"] = 1e3 * quantiles(results[0], n=20)[-1]
    benchmark.extra_info["median over target"] = median(results[0]) / TARGET_ROUND_TRIP_S


async def command_a_busy_site(folder: Path) -> list[float]:
    """Command a site of 1,000 components that reports to a process of clients."""
    server = await Server.start(site_of(1000), folder)
    until_it_is_ended = "3600"
    listening = (sys.executable, "-c", CLIENT, server.address, str(WARM_UP_S), until_it_is_ended)
    client = await asyncio.create_subprocess_exec(*listening, stdout=asyncio.subprocess.DEVNULL)
    await asyncio.sleep(WARM_UP_S)
    times = await round_trips(server.address, 4, BUSY_COMMANDS)
    client.terminate()
    await client.wait()
    await server.stop()
    return times


def test_a_command_there_and_back_at_1000_components(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    results: list[list[float]] = []
    benchmark.pedantic(lambda: results.append(asyncio.run(command_a_busy_site(tmp_path))), rounds=1)
    benchmark.extra_info["median [ms]"] = 1e3 * median(results[0])
    benchmark.extra_info["p95 [ms]"] = 1e3 * quantiles(results[0], n=20)[-1]
    benchmark.extra_info["median over target"] = median(results[0]) / TARGET_BUSY_ROUND_TRIP_S
