"""A running site among hostile clients: it answers the good one, logs no exception and grows no more.

`make robust` lets them at it for ten minutes, CI for some seconds.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
from frequenz.api.microgrid.v1alpha18 import microgrid_pb2_grpc
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.empty_pb2 import Empty
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from robustness.support import Procedure, procedures

import doppelgrid.proto.control.v1.control_pb2  # noqa: F401 - makes the procedures known
from doppelgrid.proto.microgrid.versions import VERSIONS

pytestmark = pytest.mark.slow

SECONDS = float(os.environ.get("DOPPELGRID_ROBUST_SECONDS", "8"))
CONTROL = "doppelgrid.control.v1.Control"
LEFT_ALONE = ("Restart", "Pause")
"""After these nothing is answered, or nothing sent, as was asked for."""
PATIENCE_S = 20.0
"""What is not answered by then never will be."""
AT_LEAST = 400
"""Requests of each hostile client in a session: only after that many has a site loaded all that it loads once."""
GROWTH_KIB = 100_000
WORDS = (
    "main", "battery", "bat-inv", "pv-inv", "office", "machines", "grid", "site", "load", "irradiance", "voltage",
    "frequency", "presence", "trip", "nan", "bias", "latency", "", "\x1b]0;x\x07", "x" * 500, "one", "two",
)  # fmt: skip
NUMBERS = (0, 1, -1, 2, 5, 11, 12, 21, 60, 900, 1000, 2**31 - 1, -(2**31), 2**63 - 1)
FLOATS = (0.0, 1.0, -1.0, 50.0, 400.0, 1e3, -3e4, 1e5, 1e9, 1e308, -1e308, 5e-324, float("nan"), float("inf"))
KINDS = FieldDescriptor


DRAWS: dict[int, Callable[[random.Random], Any]] = {
    KINDS.TYPE_DOUBLE: lambda dice: dice.choice(FLOATS),
    KINDS.TYPE_FLOAT: lambda dice: max(min(dice.choice(FLOATS), 3e38), -3e38),
    KINDS.TYPE_STRING: lambda dice: dice.choice(WORDS),
    KINDS.TYPE_BYTES: lambda dice: dice.randbytes(dice.randrange(60)),
    KINDS.TYPE_BOOL: lambda dice: dice.random() < 0.5,
    KINDS.TYPE_ENUM: lambda dice: dice.choice((0, 1, 2, 3, 7, 99)),
}


def drawn(field: FieldDescriptor, dice: random.Random, depth: int) -> Any:
    """Return a value that a field can carry."""
    if field.message_type is not None:
        return message(field.message_type, dice, depth + 1)
    if field.type in DRAWS:
        return DRAWS[field.type](dice)
    low, high = (
        (-(2**31), 2**31 - 1) if field.type in (KINDS.TYPE_INT32, KINDS.TYPE_SINT32) else (0, 2**31 - 1)
    )
    return min(max(dice.choice(NUMBERS), low), high)


def message(descriptor: Descriptor, dice: random.Random, depth: int = 0) -> Message:
    """Return a message with some of its fields."""
    chosen = GetMessageClass(descriptor)()
    if depth > 4:
        return chosen
    for field in descriptor.fields:
        if dice.random() < 0.3:
            continue
        count = dice.randrange(4) if field.is_repeated else 1
        values = [drawn(field, dice, depth) for _ in range(count)]
        try:
            if field.is_repeated:
                getattr(chosen, field.name).extend(values)
            elif field.message_type is not None:
                getattr(chosen, field.name).CopyFrom(values[0])
            else:
                setattr(chosen, field.name, values[0])
        except (AttributeError, TypeError, ValueError):
            continue  # A map, or a number beyond the field.
    return chosen


async def attack(
    channel: grpc.aio.Channel, targets: list[Procedure], dice: random.Random, until_s: float
) -> int:
    """Send one senseless request after another, so long and so many as asked for; returns how many."""
    count = 0
    while time.monotonic() < until_s or count < AT_LEAST:
        target = dice.choice(targets)
        data = (
            dice.randbytes(dice.randrange(80))
            if dice.random() < 0.1
            else message(target.request.DESCRIPTOR, dice).SerializeToString()
        )
        call = (channel.unary_stream if target.streams else channel.unary_unary)(target.path)(
            data, timeout=2.0
        )
        try:
            if target.streams:
                async with asyncio.timeout(0.02):
                    await call.read()
                call.cancel()
            else:
                await call
        except (grpc.aio.AioRpcError, TimeoutError, asyncio.CancelledError):
            call.cancel()
        count += 1
    return count


async def watch(channel: grpc.aio.Channel, ended: asyncio.Event) -> float:
    """Be a good client; returns the longest time that an answer took [s]."""
    stub: Any = microgrid_pb2_grpc.MicrogridStub(channel)
    longest_s = 0.0
    while not ended.is_set():
        asked_s = time.monotonic()
        await stub.GetMicrogrid(Empty(), timeout=PATIENCE_S)
        longest_s = max(longest_s, time.monotonic() - asked_s)
        await asyncio.sleep(0.02)
    return longest_s


@contextmanager
def running(folder: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Serve the demo in a process of its own; gives it and its address."""
    words = [
        str(Path(sys.executable).parent / "doppelgrid"), "run", "demo", "--ephemeral-ports",
        "--emit-endpoints", str(folder / "endpoints.json"),
    ]  # fmt: skip
    with (
        (folder / "log").open("w") as log,
        subprocess.Popen(words, stdout=log, stderr=log, text=True) as server,
    ):
        try:
            for _ in range(600):
                if (folder / "endpoints.json").exists():
                    break
                time.sleep(0.1)
            told = json.loads((folder / "endpoints.json").read_text())
            yield server, told["microgrids"][0]["grpc"]
        finally:
            server.send_signal(signal.SIGINT)


def memory_kib(server: subprocess.Popen[str]) -> int:
    lines = Path(f"/proc/{server.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))


async def session(address: str, seed: int, seconds: float) -> tuple[int, float]:
    """Let five hostile clients and a good one at the site; returns requests, and the longest answer [s]."""
    targets = [each for each in procedures({CONTROL}) if each.path.rpartition("/")[2] not in LEFT_ALONE]
    targets += procedures({version.name for version in VERSIONS})
    until_s = time.monotonic() + seconds
    options = [("grpc.use_local_subchannel_pool", 1)]
    async with (
        grpc.aio.insecure_channel(address, options) as hostile,
        grpc.aio.insecure_channel(address, options) as good,
    ):
        ended = asyncio.Event()
        watching = asyncio.create_task(watch(good, ended))
        counts = await asyncio.gather(
            *(attack(hostile, targets, random.Random(f"{seed}/{turn}"), until_s) for turn in range(5))
        )
        ended.set()
        return sum(counts), await watching


def test_hostile_clients_keep_the_site_from_nobody_and_leave_nothing(tmp_path: Path) -> None:
    with running(tmp_path) as (server, address):
        asyncio.run(session(address, 0, SECONDS / 2))
        before_kib = memory_kib(server)
        requests, longest_s = asyncio.run(session(address, 1, SECONDS / 2))
        grown_kib = memory_kib(server) - before_kib
        assert server.poll() is None
    log = (tmp_path / "log").read_text()
    print(f"{requests} requests, longest answer {longest_s:.3f} s, {grown_kib} KiB more")
    assert server.returncode == 0
    assert "Traceback" not in log
    assert "ERROR" not in log
    assert grown_kib < GROWTH_KIB
