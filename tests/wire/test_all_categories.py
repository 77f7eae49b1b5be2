"""A site with every category and sensors, through the generated stubs of all three versions side by side."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest
from frequenz.api.common.v1.microgrid.components import components_pb2 as common1
from frequenz.api.common.v1.microgrid.sensors import sensors_pb2 as sensors1
from frequenz.api.common.v1alpha8.microgrid.electrical_components import electrical_components_pb2 as common8
from frequenz.api.microgrid.v1 import microgrid_pb2 as pb1
from frequenz.api.microgrid.v1 import microgrid_pb2_grpc as grpc1
from google.protobuf.empty_pb2 import Empty
from wire.support import GENERATED, Api

from doppelgrid.proto.serving.server import serve_gateway
from doppelgrid.sim.components.registry import type_of
from doppelgrid.sim.domain.categories import Category
from doppelgrid.sim.simulation.live import LiveSimulation
from doppelgrid.sim.site.reader import load_site

pytestmark = pytest.mark.lengthy

GRID, MAIN, INVERTER, CHARGER, BOILER, CAPACITORS, SENSOR = 1, 2, 11, 31, 41, 51, 101
SITE = load_site("all-categories")
LISTED = {part.id for part in SITE.components.values() if type_of(part).sdk_class is not None}


@pytest.fixture
async def channel() -> AsyncIterator[grpc.aio.Channel]:
    microgrid = SITE.microgrid.model_copy(update={"list_unsupported": True})
    simulation = LiveSimulation(SITE.model_copy(update={"microgrid": microgrid}))
    simulation.start()
    async with serve_gateway(simulation.gateway) as address, grpc.aio.insecure_channel(address) as channel:
        yield channel
    simulation.stop()


@pytest.fixture(params=GENERATED)
def api(request: pytest.FixtureRequest, channel: grpc.aio.Channel) -> Api:
    pb, stub = GENERATED[request.param]
    return Api(pb, stub(channel))


@pytest.fixture
def stub1(channel: grpc.aio.Channel) -> Any:
    return grpc1.MicrogridStub(channel)


def test_the_site_has_every_category() -> None:
    assert {part.category for part in SITE.components.values()} == set(Category)


async def test_the_alpha_versions_list_every_category(api: Api) -> None:
    response = await api.stub.ListElectricalComponents(api.pb.ListElectricalComponentsRequest())

    listed = {component.category for component in response.electrical_components}
    assert listed == set(common8.ElectricalComponentCategory.values()) - {0}


async def test_version_1_lists_every_category_that_it_has(stub1: Any) -> None:
    response = await stub1.ListComponents(pb1.ListComponentsRequest())

    assert len(response.components) == len(SITE.components)
    listed = {component.category for component in response.components}
    assert listed >= set(common1.ComponentCategory.values()) - {common1.COMPONENT_CATEGORY_FUSE}


@pytest.mark.parametrize("key", SITE.components)
async def test_every_component_reports_itself(api: Api, key: str) -> None:
    telemetry = await api.first_telemetry(SITE.components[key].id)

    assert len(telemetry.state_snapshots) == 1
    assert telemetry.state_snapshots[0].states
    for sample in telemetry.metric_samples:
        assert math.isfinite(sample.value.simple_metric.value)
        assert len(sample.bounds) <= 2


async def test_the_versions_agree_about_a_component(api: Api, stub1: Any) -> None:
    telemetry = await api.first_telemetry(MAIN, (26,))
    request = pb1.ReceiveComponentDataStreamRequest(component_id=MAIN)
    request.filter.metrics.append(26)
    data = (await stub1.ReceiveComponentDataStream(request).read()).data

    assert data.component_id == telemetry.electrical_component_id
    (sample,), (older,) = telemetry.metric_samples, data.metric_samples
    assert older.value.simple_metric.value == pytest.approx(sample.value.simple_metric.value, rel=0.05)


async def test_sensors_are_listed_and_report_the_weather(api: Api) -> None:
    response = await api.stub.ListSensors(api.pb.ListSensorRequest(sensor_ids=[SENSOR]))
    assert [sensor.name for sensor in response.sensors] == ["roof"]

    stream = api.stub.ReceiveSensorTelemetryStream(
        api.pb.ReceiveSensorTelemetryStreamRequest(sensor_id=SENSOR)
    )
    telemetry = (await stream.read()).telemetry

    values = {sample.metric: sample.value.simple_metric.value for sample in telemetry.metric_samples}
    assert set(values) == {162, 163, 164, 166}
    assert (values[162], values[163]) == pytest.approx((18.0, 70.0))
    assert [list(snapshot.states) for snapshot in telemetry.state_snapshots] == [[1]]


async def test_an_empty_sensor_filter_is_refused(api: Api) -> None:
    request = api.pb.ReceiveSensorTelemetryStreamRequest(sensor_id=SENSOR)
    request.filter.SetInParent()

    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await api.stub.ReceiveSensorTelemetryStream(request).read()

    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT


@pytest.mark.parametrize(("component_id", "power"), [(CHARGER, 7e3), (BOILER, 30e3), (INVERTER, -9e3)])
async def test_set_points_are_taken_by_category(api: Api, component_id: int, power: float) -> None:
    accepted = await api.set_power(component_id, power).read()

    assert api.status_name(accepted) == "ACCEPTED"


async def test_a_capacitor_bank_takes_reactive_set_points_only(api: Api) -> None:
    assert api.status_name(await api.set_power(CAPACITORS, -30e3, "REACTIVE").read()) == "ACCEPTED"

    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await api.set_power(CAPACITORS, 1e3).read()

    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED


class TestVersion1:
    async def test_it_tells_which_site_this_is(self, stub1: Any) -> None:
        microgrid = (await stub1.GetMicrogridMetadata(Empty())).microgrid
        assert (microgrid.id, microgrid.name) == (2400, "Everything at once")

    async def test_it_filters_components_by_category(self, stub1: Any) -> None:
        request = pb1.ListComponentsRequest(categories=["COMPONENT_CATEGORY_GRID"])
        assert [part.id for part in (await stub1.ListComponents(request)).components] == [GRID]

    async def test_it_filters_connections(self, stub1: Any) -> None:
        response = await stub1.ListConnections(pb1.ListConnectionsRequest(starts=[GRID]))
        assert [
            (link.source_component_id, link.destination_component_id) for link in response.connections
        ] == [(GRID, 3)]

    async def test_set_points_are_answered_once(self, stub1: Any) -> None:
        request = pb1.SetComponentPowerActiveRequest(component_id=INVERTER, power=9e3)
        assert (await stub1.SetComponentPowerActive(request)).HasField("valid_until")

    @pytest.mark.parametrize(("power", "lifetime"), [(math.nan, 60), (1e3, 9), (1e3, 901)])
    async def test_set_points_that_make_no_sense_are_refused(
        self, stub1: Any, power: float, lifetime: int
    ) -> None:
        request = pb1.SetComponentPowerReactiveRequest(
            component_id=INVERTER, power=power, request_lifetime=lifetime
        )
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await stub1.SetComponentPowerReactive(request)
        assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT

    async def test_bounds_hold_set_points(self, stub1: Any) -> None:
        bounds = pb1.AddComponentBoundsRequest(component_id=INVERTER, target_metric=26, validity_duration=2)
        bounds.bounds.add(lower=-5e3, upper=5e3)
        assert (await stub1.AddComponentBounds(bounds)).HasField("ts")

        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await stub1.SetComponentPowerActive(
                pb1.SetComponentPowerActiveRequest(component_id=INVERTER, power=9e3)
            )
        assert caught.value.code() is grpc.StatusCode.OUT_OF_RANGE

    async def test_components_are_switched(self, stub1: Any) -> None:
        await stub1.StopComponent(pb1.StopComponentRequest(component_id=INVERTER))
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await stub1.PutComponentInStandby(pb1.PutComponentInStandbyRequest(component_id=INVERTER))
        assert caught.value.code() is grpc.StatusCode.FAILED_PRECONDITION
        await stub1.StartComponent(pb1.StartComponentRequest(component_id=INVERTER))
        await stub1.AckComponentError(pb1.AckComponentErrorRequest(component_id=INVERTER))

    async def test_sensors_have_a_category(self, stub1: Any) -> None:
        listed = (await stub1.ListSensors(pb1.ListSensorRequest())).sensors
        assert {sensor.category for sensor in listed} == {sensors1.SENSOR_CATEGORY_GENERAL}

    async def test_sensor_metrics_have_its_own_numbers(self, stub1: Any) -> None:
        stream = stub1.ReceiveSensorDataStream(pb1.ReceiveSensorDataStreamRequest(sensor_id=SENSOR))
        samples = (await stream.read()).data.metric_samples
        assert {sample.metric for sample in samples} == {163, 164, 165, 167}


async def test_what_the_python_client_does_not_know_is_left_out_by_default() -> None:
    simulation = LiveSimulation(SITE)

    listed = {info.id for info in simulation.gateway.components()}
    linked = {end for pair in simulation.gateway.connections() for end in pair}

    assert listed == LISTED
    assert linked == LISTED
