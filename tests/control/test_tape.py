"""Whoever commands a served site, the same tape has it, and plays it again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any, NamedTuple

import grpc
import pytest_asyncio
from control.support import INVERTER, seconds, serve, set_power
from frequenz.api.common.v1alpha8.metrics import bounds_pb2, metrics_pb2
from frequenz.api.microgrid.v1alpha18 import microgrid_pb2 as pb
from frequenz.api.microgrid.v1alpha18 import microgrid_pb2_grpc
from frequenz.quantities import Power

from doppelgrid import ControlClient, Tape
from doppelgrid.sim.domain.commands import (
    AugmentBounds,
    Command,
    MendFault,
    OverrideInput,
    ReleaseInput,
    SetPower,
    SetSpeed,
    Stop,
    StrikeFault,
)
from doppelgrid.sim.domain.faults import Fault, FaultKind
from doppelgrid.sim.domain.metrics import Metric, PowerType
from doppelgrid.sim.simulation.live import LiveSimulation


class Served(NamedTuple):
    """A served site, those who command it, and its tape."""

    simulation: LiveSimulation
    control: ControlClient
    channel: grpc.aio.Channel
    tape: Tape

    @property
    def commands(self) -> list[Command]:
        return [one.command for one in self.tape.executions]

    async def call(self, procedure: str, request: Any) -> None:
        await getattr(microgrid_pb2_grpc.MicrogridStub(self.channel), procedure)(request, timeout=60)


@pytest_asyncio.fixture
async def served() -> AsyncIterator[Served]:
    server = serve()
    async with (
        server,
        ControlClient(server.url) as control,
        grpc.aio.insecure_channel(server.address) as channel,
    ):
        yield Served(server.simulation, control, channel, Tape(server.simulation))


async def test_what_programs_command_is_on_the_tape(served: Served) -> None:
    await served.control.drive("house", "load", Power.from_kilowatts(20), over=seconds(3))
    await served.control.release("house", "load")
    number = await served.control.strike("bat-inv", "trip", lasts=seconds(5))
    await served.control.mend(number)
    await served.control.set_speed(2.0)
    assert served.commands == [
        OverrideInput("house", "load", 20e3, 3.0),
        ReleaseInput("house", "load"),
        StrikeFault(Fault("bat-inv", FaultKind.TRIP), 5.0),
        MendFault(number),
        SetSpeed(2.0),
    ]


async def test_what_clients_command_is_on_the_tape(served: Served) -> None:
    await set_power(served.channel, INVERTER, 5e3, request_lifetime=30).read()
    await served.call(
        "AugmentElectricalComponentBounds",
        pb.AugmentElectricalComponentBoundsRequest(
            electrical_component_id=INVERTER,
            target_metric=metrics_pb2.METRIC_AC_POWER_ACTIVE,
            bounds=[bounds_pb2.Bounds(lower=-4e3, upper=4e3)],
            bounds_token="mine",
        ),
    )
    await served.call(
        "StopElectricalComponent", pb.StopElectricalComponentRequest(electrical_component_id=INVERTER)
    )
    assert served.commands == [
        SetPower(INVERTER, PowerType.ACTIVE, 5e3, 30),
        AugmentBounds(INVERTER, Metric.AC_POWER_ACTIVE, ((-4e3, 4e3),), None, "mine"),
        Stop(INVERTER),
    ]


async def test_what_clients_were_refused_is_on_the_tape_with_the_reason(served: Served) -> None:
    with suppress(grpc.aio.AioRpcError):
        await set_power(served.channel, INVERTER, 99e3).read()
    (execution,) = served.tape.executions
    assert execution.command == SetPower(INVERTER, PowerType.ACTIVE, 99e3)
    assert execution.refusal is not None
    assert execution.refusal.startswith("active power of bat-inv is 99000 W; accepted: ")


async def test_a_served_site_can_be_visited_as_it_was(served: Served) -> None:
    await set_power(served.channel, INVERTER, 5e3).read()
    await served.control.step(seconds(3.3))
    await served.control.drive("house", "load", Power.from_kilowatts(20), over=seconds(3))
    await served.control.step(seconds(4.15))
    kept = served.simulation.save()
    await served.control.step(seconds(2))
    assert served.tape.visit(kept.engine.now_us).save() == kept
