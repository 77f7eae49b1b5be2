"""What clients write may be long: what they are told stays short, and so does what is kept of it."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from collections.abc import Awaitable, Callable

import grpc
import pytest

from doppelgrid import ControlClient, ControlError, SiteServer
from doppelgrid.proto.control import snapshots
from doppelgrid.sim.simulation.snapshot import Snapshot

LONG = "x" * 20_000
CALLS: dict[str, Callable[[ControlClient], Awaitable[object]]] = {
    "state": lambda site: site.state(LONG),
    "values": lambda site: site.read(LONG),
    "drive": lambda site: site.drive(LONG, "load", 1.0),
    "input": lambda site: site.drive("house", LONG, 1.0),
    "release": lambda site: site.release("house", LONG),
    "kind": lambda site: site.strike("house", LONG),
    "metrics": lambda site: site.strike("house", "frozen", metrics=[LONG]),
    "diagnostic": lambda site: site.strike("bat-inv", "trip", diagnostic=LONG),
    "status": lambda site: site.strike("bat-inv", "refused", status=LONG),
    "distribution": lambda site: site.strike("house", "latency", amount=1.0, distribution=LONG),
    "rewind": lambda site: site.restore_snapshot(LONG),
    "forget": lambda site: site.forget_snapshot(LONG),
    "events of a kind": lambda site: site.events(kinds=[LONG]),
    "events of a component": lambda site: site.events(subjects=[LONG]),
    "snapshot": lambda site: site.take_snapshot(LONG),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
async def test_a_refusal_of_long_text_says_what_is_accepted(
    control: ControlClient, call: Callable[[ControlClient], Awaitable[object]]
) -> None:
    with pytest.raises(ControlError, match="accepted: ") as refusal:
        await call(control)
    assert refusal.value.code in (grpc.StatusCode.NOT_FOUND, grpc.StatusCode.INVALID_ARGUMENT)


async def test_long_text_goes_to_the_log_cut(
    control: ControlClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    with pytest.raises(ControlError):
        await control.strike("house", LONG)
    assert max(len(record.getMessage()) for record in caplog.records) < 10_000


async def test_a_snapshot_has_a_name_of_at_most_100_characters(control: ControlClient) -> None:
    await control.take_snapshot("x" * 100)
    with pytest.raises(ControlError, match="name has 101 characters; accepted: up to 100") as refusal:
        await control.take_snapshot("x" * 101)
    assert refusal.value.code is grpc.StatusCode.INVALID_ARGUMENT


async def test_a_fault_names_each_metric_once(control: ControlClient) -> None:
    with pytest.raises(
        ControlError, match="metrics is with 'AC_POWER_ACTIVE' more than once; accepted: each"
    ):
        await control.strike("house", "frozen", metrics=["AC_POWER_ACTIVE"] * 60_000)


async def test_up_to_1000_values_are_read_at_a_time(control: ControlClient) -> None:
    with pytest.raises(ControlError, match="1001 names; accepted: up to 1000 at a time") as refusal:
        await control.read(*["main.power"] * 1001)
    assert refusal.value.code is grpc.StatusCode.INVALID_ARGUMENT


async def test_a_request_of_more_than_a_mebibyte_is_refused(control: ControlClient) -> None:
    with pytest.raises(ControlError, match=r"the request has \d+ bytes; accepted: up to 1048576") as refusal:
        await control.say("x" * (1 << 20))
    assert refusal.value.code is grpc.StatusCode.RESOURCE_EXHAUSTED


def padded(content: bytes) -> bytes:
    """Return the same snapshot in as many bytes as go out at most."""
    return content + b" " * (snapshots.LARGEST_CONTENT_BYTES - len(content))


async def test_the_longest_snapshot_that_goes_out_comes_back_in(
    control: ControlClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = Snapshot.to_bytes
    monkeypatch.setattr(Snapshot, "to_bytes", lambda self: padded(written(self)))
    content = await control.export_snapshot()
    assert len(content) > 4_000_000
    assert (await control.restore_snapshot(content)).simulated_time == (await control.clock()).simulated_time


async def test_a_snapshot_that_could_not_come_back_does_not_go_out(
    control: ControlClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshots, "LARGEST_CONTENT_BYTES", 1000)
    with pytest.raises(
        ControlError, match=r"the snapshot has \d+ bytes; accepted: up to 1000, or a name"
    ) as refusal:
        await control.export_snapshot()
    assert refusal.value.code is grpc.StatusCode.RESOURCE_EXHAUSTED


async def test_others_are_answered_while_a_snapshot_is_looked_at(
    server: SiteServer, control: ControlClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = await control.export_snapshot()
    begun, answered = threading.Event(), threading.Event()

    def rehearse(_snapshot: Snapshot) -> None:
        begun.set()
        assert answered.wait(60)

    monkeypatch.setattr(server.simulation, "rehearse", rehearse)
    restoring = asyncio.create_task(control.restore_snapshot(content))
    await asyncio.to_thread(begun.wait, 60)
    await control.clock()
    answered.set()
    await restoring


async def test_a_strangers_snapshot_is_refused_from_the_thread_that_looks_at_it(
    control: ControlClient,
) -> None:
    content = json.loads(await control.export_snapshot())
    content[0] = 8
    with pytest.raises(ControlError, match="the snapshot's seed is 8; accepted: 42"):
        await control.restore_snapshot(json.dumps(content).encode())
