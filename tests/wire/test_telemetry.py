"""What clients see of a component while they subscribe to it."""

from __future__ import annotations

import asyncio
import math
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import pytest
from wire.support import (
    AC_POWER_ACTIVE,
    AC_POWER_REACTIVE,
    BATTERY,
    BATTERY_SOC_PCT,
    DC_POWER,
    HOUSE,
    INVERTER,
    METER,
    PV,
    SDK_AC_METRICS,
    SDK_BATTERY_METRICS,
    UNKNOWN,
    Api,
    how_it_ends,
    refusal,
    sampled_bounds,
    sampled_values,
)

from doppelgrid.proto.microgrid.common_v1alpha8 import COMMON
from doppelgrid.sim.domain.metrics import Wanted
from doppelgrid.sim.gateway.subscriptions import Subscription
from doppelgrid.sim.simulation.live import LiveSimulation


async def test_without_a_filter_all_metrics_are_sent(api: Api, simulation: LiveSimulation) -> None:
    telemetry = await api.first_telemetry(METER)

    assert set(sampled_values(telemetry)) == {
        COMMON.metrics[metric] for metric in simulation.gateway.frame(METER).values
    }


async def test_an_empty_filter_is_refused(api: Api) -> None:
    error = await refusal(api.telemetry(METER, ()))

    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "filter.metrics is empty" in (error.details() or "")


async def test_a_filter_by_an_unspecified_metric_is_refused(api: Api) -> None:
    error = await refusal(api.telemetry(METER, (AC_POWER_ACTIVE, 0)))

    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_only_the_metrics_asked_for_are_sent(api: Api) -> None:
    telemetry = await api.first_telemetry(METER, (AC_POWER_ACTIVE, AC_POWER_REACTIVE))

    assert sorted(sample.metric for sample in telemetry.metric_samples) == [
        AC_POWER_ACTIVE,
        AC_POWER_REACTIVE,
    ]


async def test_metrics_that_a_component_lacks_are_left_out(api: Api) -> None:
    unknown_to_us = 9999

    telemetry = await api.first_telemetry(METER, (AC_POWER_ACTIVE, BATTERY_SOC_PCT, unknown_to_us))

    assert set(sampled_values(telemetry)) == {AC_POWER_ACTIVE}


async def test_metrics_asked_for_twice_are_sent_once(api: Api) -> None:
    telemetry = await api.first_telemetry(METER, (AC_POWER_ACTIVE, AC_POWER_ACTIVE))

    assert [sample.metric for sample in telemetry.metric_samples] == [AC_POWER_ACTIVE]


@pytest.mark.parametrize("metrics", [None, (AC_POWER_ACTIVE,), (BATTERY_SOC_PCT,)])
async def test_every_message_carries_one_state_snapshot(api: Api, metrics: tuple[int, ...] | None) -> None:
    telemetry = await api.first_telemetry(INVERTER, metrics)

    (snapshot,) = telemetry.state_snapshots
    assert list(snapshot.states) == [COMMON.states["READY"]]
    assert snapshot.HasField("origin_time")
    assert not snapshot.errors


async def test_every_message_of_a_stream_is_complete(api: Api) -> None:
    stream = api.telemetry(METER, SDK_AC_METRICS)

    for _ in range(3):
        telemetry = (await stream.read()).telemetry
        assert telemetry.electrical_component_id == METER
        assert set(sampled_values(telemetry)) == set(SDK_AC_METRICS)
        assert len(telemetry.state_snapshots) == 1


@pytest.mark.parametrize(
    ("component_id", "metrics"),
    [
        (METER, SDK_AC_METRICS),
        (HOUSE, SDK_AC_METRICS),
        (INVERTER, SDK_AC_METRICS),
        (PV, SDK_AC_METRICS),
        (BATTERY, SDK_BATTERY_METRICS),
    ],
)
async def test_the_metrics_that_the_sdk_asks_for_are_there_and_finite(
    api: Api, component_id: int, metrics: tuple[int, ...]
) -> None:
    values = sampled_values(await api.first_telemetry(component_id, metrics))

    assert set(values) == set(metrics)
    assert all(math.isfinite(value) for value in values.values())


async def test_values_have_the_sign_of_consumption(api: Api) -> None:
    house = sampled_values(await api.first_telemetry(HOUSE, (AC_POWER_ACTIVE,)))
    pv = sampled_values(await api.first_telemetry(PV, (AC_POWER_ACTIVE,)))

    assert house[AC_POWER_ACTIVE] == pytest.approx(3000.0)
    assert pv[AC_POWER_ACTIVE] == pytest.approx(-5000.0)


async def test_samples_of_a_message_share_one_fresh_time(api: Api) -> None:
    telemetry = await api.first_telemetry(METER)

    times = {sample.sample_time.ToDatetime(UTC) for sample in telemetry.metric_samples}
    (time,) = times
    assert abs(datetime.now(UTC) - time) < timedelta(seconds=10)


async def test_sample_times_never_go_back(api: Api) -> None:
    stream = api.telemetry(METER, (AC_POWER_ACTIVE,))

    messages = [(await stream.read()).telemetry for _ in range(5)]

    times = [message.metric_samples[0].sample_time.ToMicroseconds() for message in messages]
    assert times == sorted(times)


@pytest.mark.parametrize(
    ("component_id", "metric"),
    [
        (INVERTER, AC_POWER_ACTIVE),
        (INVERTER, AC_POWER_REACTIVE),
        (PV, AC_POWER_ACTIVE),
        (BATTERY, DC_POWER),
        (BATTERY, BATTERY_SOC_PCT),
    ],
)
async def test_samples_carry_finite_ascending_bounds(api: Api, component_id: int, metric: int) -> None:
    ranges = sampled_bounds(await api.first_telemetry(component_id, (metric,)))[metric]

    edges = [edge for bounds in ranges for edge in bounds]
    assert 1 <= len(ranges) <= 2
    assert edges == sorted(edges)
    assert all(math.isfinite(edge) for edge in edges)


async def test_all_subscribers_get_the_same_bytes(channel: grpc.aio.Channel, api: Api) -> None:
    request = api.pb.ReceiveElectricalComponentTelemetryStreamRequest(electrical_component_id=METER)
    streams: list[Any] = [
        channel.unary_stream(
            f"/frequenz.api.microgrid.{version}.Microgrid/ReceiveElectricalComponentTelemetryStream"
        )(request.SerializeToString())
        for version in ("v1alpha18", "v1alpha19", "v1alpha18")
    ]

    read = [{await stream.read() for _ in range(10)} for stream in streams]

    assert set.intersection(*read)


async def test_many_streams_share_one_connection(api: Api) -> None:
    streams = [api.telemetry(METER, (AC_POWER_ACTIVE,)) for _ in range(150)]

    responses = await asyncio.gather(*(stream.read() for stream in streams))

    assert all(response.telemetry.metric_samples for response in responses)


async def test_a_subscriber_that_leaves_does_not_disturb_the_others(api: Api) -> None:
    staying, leaving = api.telemetry(METER), api.telemetry(METER)
    await leaving.read()

    leaving.cancel()

    assert [(await staying.read()).telemetry.electrical_component_id for _ in range(3)] == [METER] * 3


async def test_a_subscriber_that_leaves_is_no_longer_served(
    api: Api, simulation: LiveSimulation, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = asyncio.Event()
    subscribe = simulation.gateway.subscribe

    def watched(component_id: int, wanted: Wanted) -> Subscription:
        subscription = subscribe(component_id, wanted)
        close = subscription.close

        def watched_close() -> None:
            close()
            closed.set()

        monkeypatch.setattr(subscription, "close", watched_close)
        return subscription

    monkeypatch.setattr(simulation.gateway, "subscribe", watched)
    stream = api.telemetry(METER)
    await stream.read()

    stream.cancel()

    async with asyncio.timeout(10):
        await closed.wait()


async def test_an_unknown_component_is_not_found(api: Api) -> None:
    error = await refusal(api.telemetry(UNKNOWN))

    assert error.code() is grpc.StatusCode.NOT_FOUND
    assert str(UNKNOWN) in (error.details() or "")


async def test_an_unknown_sensor_is_not_found(api: Api) -> None:
    request = api.pb.ReceiveSensorTelemetryStreamRequest(sensor_id=UNKNOWN)

    error = await refusal(api.stub.ReceiveSensorTelemetryStream(request, timeout=10))

    assert error.code() is grpc.StatusCode.NOT_FOUND


async def test_streams_end_as_unavailable_when_the_site_shuts_down(
    api: Api, simulation: LiveSimulation
) -> None:
    stream = api.telemetry(METER)
    await stream.read()

    simulation.stop()

    assert await how_it_ends(stream) is grpc.StatusCode.UNAVAILABLE
