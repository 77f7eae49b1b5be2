"""Time in the hands of a client."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any

import grpc
import pytest
from control.support import INVERTER, MAIN, SUCCESS, listen, seconds, serve, set_power
from frequenz.api.microgrid.v1alpha18 import microgrid_pb2 as pb
from frequenz.api.microgrid.v1alpha18 import microgrid_pb2_grpc
from frequenz.quantities import Power

from doppelgrid import ControlClient, ControlError


async def test_a_paused_site_stands_at_its_start(control: ControlClient, noon: datetime) -> None:
    clock = await control.clock()
    assert (clock.simulated_time, clock.paused, clock.speed) == (noon, True, 1.0)


async def test_the_client_is_told_whose_time_telemetry_carries(control: ControlClient) -> None:
    assert (await control.clock()).timestamps == "simulated"


async def test_a_step_moves_time_by_exactly_its_length(control: ControlClient, noon: datetime) -> None:
    await control.step(seconds(1.5))
    clock = await control.step(seconds(0.25))
    assert clock.simulated_time == noon + seconds(1.75)
    assert clock.paused


async def test_a_step_sends_its_frames(control: ControlClient, channel: grpc.aio.Channel) -> None:
    telemetry = await listen(control, channel, MAIN)
    await control.step(seconds(1))
    assert len(await telemetry.read(5)) == 5


@pytest.mark.lengthy
async def test_no_frame_of_a_long_step_is_lost(control: ControlClient, channel: grpc.aio.Channel) -> None:
    telemetry = await listen(control, channel, MAIN)
    reading = asyncio.create_task(telemetry.read(3000))
    await control.step(seconds(600))
    assert len(set(await reading)) == 3000


@pytest.mark.lengthy
async def test_no_frame_of_a_sensor_is_lost_in_a_long_step_either() -> None:
    server = serve(sensors={"mast": {"id": 101, "metrics": ["temperature"]}})
    async with (
        server,
        ControlClient(server.url) as control,
        grpc.aio.insecure_channel(server.address) as channel,
    ):
        stub: Any = microgrid_pb2_grpc.MicrogridStub(channel)
        stream = stub.ReceiveSensorTelemetryStream(
            pb.ReceiveSensorTelemetryStreamRequest(sensor_id=101), timeout=60
        )
        while not server.simulation.gateway.has_subscribers:
            await control.clock()

        async def read() -> list[bytes]:
            return [(await stream.read()).SerializeToString(deterministic=True) for _ in range(3000)]

        reading = asyncio.create_task(read())
        await control.step(seconds(600))
        assert len(set(await reading)) == 3000


async def test_two_stepped_runs_send_the_same_frames() -> None:
    assert await stepped_run() == await stepped_run()


async def stepped_run() -> list[bytes]:
    """Go through a story with a site of its own; return what a client reads."""
    server = serve()
    async with (
        server,
        ControlClient(server.url) as control,
        grpc.aio.insecure_channel(server.address) as channel,
    ):
        telemetry = await listen(control, channel, MAIN)
        await control.step(seconds(2))
        await set_power(channel, INVERTER, 10_000.0).read()
        await control.drive("house", "load", Power.from_kilowatts(20), over=seconds(3))
        await control.step(seconds(6))
        return await telemetry.read(40)


async def test_resuming_lets_time_go_on(
    control: ControlClient, channel: grpc.aio.Channel, noon: datetime
) -> None:
    telemetry = await listen(control, channel, MAIN)
    await control.resume()
    await telemetry.read(1)
    clock = await control.clock()
    assert clock.simulated_time > noon
    assert not clock.paused


async def test_pausing_stops_time(control: ControlClient) -> None:
    await control.resume()
    stopped = (await control.pause()).simulated_time
    assert (await control.clock()).simulated_time == stopped


async def test_pausing_twice_changes_nothing(control: ControlClient, noon: datetime) -> None:
    assert (await control.pause()).simulated_time == noon


async def test_time_passes_faster_at_a_higher_speed(control: ControlClient, noon: datetime) -> None:
    """Resuming and pausing happen at some time between a request and its answer, however long that takes."""
    loop = asyncio.get_running_loop()
    await control.set_speed(20.0)
    asked_to_resume_s = loop.time()
    clock = await control.resume()
    resumed_s = loop.time()
    assert clock.speed == 20.0
    for _ in range(20):
        await control.clock()
    asked_to_pause_s = loop.time()
    passed_s = ((await control.pause()).simulated_time - noon) / seconds(1)
    paused_s = loop.time()
    slack_s = 1e-3
    assert passed_s >= 20.0 * (asked_to_pause_s - resumed_s) - slack_s
    assert passed_s <= 20.0 * (paused_s - asked_to_resume_s) + slack_s


async def test_speed_may_change_while_time_stands_still(control: ControlClient, noon: datetime) -> None:
    clock = await control.set_speed(10.0)
    assert (clock.simulated_time, clock.speed, clock.paused) == (noon, 10.0, True)


@pytest.mark.parametrize("speed", [0.0, -1.0, 1e6, 1e308, float("inf"), float("nan")])
async def test_a_speed_that_makes_no_sense_is_refused(control: ControlClient, speed: float) -> None:
    with pytest.raises(ControlError, match=r"speed is .*; accepted: a number from 1e-05") as refusal:
        await control.set_speed(speed)
    assert refusal.value.code is grpc.StatusCode.INVALID_ARGUMENT


@pytest.mark.parametrize("duration", [0.0, -1.0, 400 * 86_400.0])
async def test_a_step_that_makes_no_sense_is_refused(control: ControlClient, duration: float) -> None:
    with pytest.raises(ControlError, match="accepted: ") as refusal:
        await control.step(seconds(duration))
    assert refusal.value.code is grpc.StatusCode.INVALID_ARGUMENT


async def test_steps_need_time_to_stand_still(control: ControlClient) -> None:
    await control.resume()
    with pytest.raises(
        ControlError, match="time passes by itself; accepted: steps while it is paused"
    ) as refusal:
        await control.step(seconds(1))
    assert refusal.value.code is grpc.StatusCode.FAILED_PRECONDITION


@pytest.mark.lengthy
async def test_one_step_at_a_time(control: ControlClient) -> None:
    outcomes = await asyncio.gather(
        control.step(seconds(3600)), control.step(seconds(3600)), return_exceptions=True
    )
    (refusal,) = (outcome for outcome in outcomes if isinstance(outcome, ControlError))
    assert str(refusal) == "a step is under way; accepted: once it has ended"


class TestWallTimestamps:
    async def test_telemetry_comes_as_often_as_before_at_another_speed(self) -> None:
        """At the pace of the old speed the next sample would be 20,000 s away."""
        server = serve(timestamps="wall", speed=100_000.0)
        async with (
            server,
            ControlClient(server.url) as control,
            grpc.aio.insecure_channel(server.address) as channel,
        ):
            await control.set_speed(1.0)
            telemetry = await listen(control, channel, MAIN)
            await control.resume()
            await telemetry.read(3)

    async def test_a_set_point_lasts_as_long_as_it_was_promised(self) -> None:
        server = serve(timestamps="wall")
        async with (
            server,
            ControlClient(server.url) as control,
            grpc.aio.insecure_channel(server.address) as channel,
        ):
            lapses = await control.events(kinds=["set-point lapsed"])
            started = (await control.clock()).simulated_time
            await set_power(channel, INVERTER, 5_000.0, request_lifetime=10).read()
            await control.set_speed(100.0)
            await control.step(seconds(1001))
            assert (await anext(lapses)).time == started + seconds(1000)

    async def test_a_snapshot_keeps_promises_at_another_speed(self) -> None:
        server = serve(timestamps="wall", speed=100.0)
        async with (
            server,
            ControlClient(server.url) as control,
            grpc.aio.insecure_channel(server.address) as channel,
        ):
            lapses = await control.events(kinds=["set-point lapsed"])
            started = (await control.clock()).simulated_time
            await set_power(channel, INVERTER, 5_000.0, request_lifetime=10).read()
            await control.take_snapshot("fast")
            await control.set_speed(1.0)
            await control.restore_snapshot("fast")
            await control.step(seconds(11))
            assert (await anext(lapses)).time == started + seconds(10)


class TestUntilIdle:
    async def test_a_site_at_rest_needs_no_time(self, control: ControlClient, noon: datetime) -> None:
        assert await control.step_until_idle(seconds(60))
        assert (await control.clock()).simulated_time == noon

    async def test_it_waits_until_a_set_point_is_reached_and_answered(
        self, control: ControlClient, channel: grpc.aio.Channel, noon: datetime
    ) -> None:
        updates = set_power(channel, INVERTER, 10_000.0)
        await updates.read()
        assert await control.step_until_idle(seconds(60))
        assert (await updates.read()).status == SUCCESS
        # 1 s until it arrives and about 2 s of ramp at 5 kW/s, give or take a control cycle and a look.
        assert seconds(2.8) <= (await control.clock()).simulated_time - noon <= seconds(3.2)

    async def test_it_waits_until_a_drive_has_arrived(self, control: ControlClient, noon: datetime) -> None:
        await control.drive("pv-inv", "irradiance", 100.0, over=seconds(30))
        assert await control.step_until_idle(seconds(60))
        assert (await control.clock()).simulated_time - noon == seconds(30)

    async def test_it_gives_up_when_its_time_is_over(self, control: ControlClient, noon: datetime) -> None:
        await control.drive("pv-inv", "irradiance", 100.0, over=seconds(30))
        assert not await control.step_until_idle(seconds(10))
        assert (await control.clock()).simulated_time - noon == seconds(10)
