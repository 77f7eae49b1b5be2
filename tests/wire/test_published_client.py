"""The published Python client finds its way around a site."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from frequenz.client.common.microgrid.components import ComponentId
from frequenz.client.microgrid import EntityNotFound, InvalidArgument, MicrogridApiClient, OperationOutOfRange
from frequenz.client.microgrid.component import (
    BatteryInverter,
    ComponentStateCode,
    GridConnectionPoint,
    LiIonBattery,
    Meter,
    SolarInverter,
)
from frequenz.client.microgrid.metrics import Metric
from wire.support import BATTERY, GRID, HOUSE, INVERTER, METER, PV, UNKNOWN

# The client uses names that the newest releases of its own libraries deprecate.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


async def test_it_reads_the_microgrid(client: MicrogridApiClient) -> None:
    info = await client.get_microgrid_info()

    assert int(info.id) == 2200
    assert info.is_active
    assert info.location is not None
    assert info.delivery_area is not None


async def test_it_recognises_every_component(client: MicrogridApiClient) -> None:
    components = {int(component.id): type(component) for component in await client.list_components()}

    assert components == {
        GRID: GridConnectionPoint,
        METER: Meter,
        INVERTER: BatteryInverter,
        BATTERY: LiIonBattery,
        PV: SolarInverter,
        HOUSE: Meter,
    }


async def test_it_filters_components(client: MicrogridApiClient) -> None:
    (battery,) = await client.list_components(components=[ComponentId(BATTERY)])

    assert battery.name == "battery"


async def test_it_reads_the_connections(client: MicrogridApiClient) -> None:
    connections = await client.list_connections(sources=[ComponentId(METER)])

    assert {int(connection.destination) for connection in connections} == {INVERTER, PV, HOUSE}


async def test_it_receives_telemetry(client: MicrogridApiClient) -> None:
    metrics = [Metric.BATTERY_SOC_PCT, Metric.DC_POWER, Metric.BATTERY_CAPACITY]

    samples = await client.receive_component_data_samples_stream(ComponentId(BATTERY), metrics).receive()

    assert {sample.metric for sample in samples.metric_samples} == set(metrics)
    soc = next(sample for sample in samples.metric_samples if sample.metric is Metric.BATTERY_SOC_PCT)
    assert soc.as_single_value() == pytest.approx(50.0, abs=1.0)
    (state,) = samples.states
    assert ComponentStateCode.RELAY_CLOSED in state.states


async def test_it_sets_active_power(client: MicrogridApiClient) -> None:
    valid_until = await client.set_component_power_active(ComponentId(INVERTER), 4000.0)

    assert valid_until is not None
    assert timedelta(seconds=50) < valid_until - datetime.now(UTC) < timedelta(seconds=61)


async def test_it_sets_reactive_power(client: MicrogridApiClient) -> None:
    lifetime = timedelta(seconds=600)

    valid_until = await client.set_component_power_reactive(
        ComponentId(INVERTER), -4000.0, request_lifetime=lifetime
    )

    assert valid_until is not None
    assert valid_until - datetime.now(UTC) > timedelta(seconds=500)


async def test_it_is_told_of_power_out_of_bounds(client: MicrogridApiClient) -> None:
    with pytest.raises(OperationOutOfRange):
        await client.set_component_power_active(ComponentId(INVERTER), 50_000.0)


async def test_it_is_told_of_a_lifetime_that_is_too_short(client: MicrogridApiClient) -> None:
    with pytest.raises(InvalidArgument):
        await client.set_component_power_active(
            ComponentId(INVERTER), 0.0, request_lifetime=timedelta(seconds=9), validate_arguments=False
        )


async def test_it_is_told_of_an_unknown_component(client: MicrogridApiClient) -> None:
    with pytest.raises(EntityNotFound):
        await client.set_component_power_active(ComponentId(UNKNOWN), 0.0)
