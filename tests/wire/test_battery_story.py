"""A pack in the cold, in the warmth and in the heat, as clients see it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import grpc
import pytest
from frequenz.api.microgrid.v1alpha18 import microgrid_pb2
from frequenz.api.microgrid.v1alpha18.microgrid_pb2_grpc import MicrogridStub
from frequenz.client.common.microgrid.components import ComponentId
from frequenz.client.microgrid import MicrogridApiClient
from frequenz.client.microgrid.metrics import Metric

from doppelgrid.proto.inmemory.channel import InMemoryChannel
from doppelgrid.proto.microgrid.versions import services
from doppelgrid.sim.simulation.simulation import Simulation
from doppelgrid.sim.site.site import Site

pytestmark = pytest.mark.lengthy

INVERTER, BATTERY = 11, 12
METRICS = [Metric.DC_POWER, Metric.BATTERY_TEMPERATURE, Metric.BATTERY_SOC_PCT]
SITE = Site.model_validate(
    {
        "microgrid": {"id": 7},
        "telemetry": {"interval": "10 s"},
        "ambient_temperature": "2 °C",
        "components": {
            "grid": {"id": 1, "category": "grid_connection_point", "rated_fuse_current": "200 A"},
            "main": {"id": 2, "category": "meter", "behind": "grid"},
            "inv": {"id": INVERTER, "category": "battery_inverter", "behind": "main", "rated_power": "50 kW"},
            "bat": {
                "id": BATTERY,
                "category": "battery",
                "behind": "inv",
                "preset": "lfp-92kwh",
                "initial_soc": "30 %",
                "bms": {"overtemperature": {"trip": "50 °C", "release": "40 °C", "delay": "5 s"}},
            },
        },
    }
)


class Pack:
    """A battery through the published client, and the simulated time that it lives in."""

    def __init__(self, simulation: Simulation, client: MicrogridApiClient, stub: Any) -> None:
        self._simulation = simulation
        self._client = client
        self._stub = stub
        self._samples = client.receive_component_data_samples_stream(ComponentId(BATTERY), METRICS)

    async def after(self, **time: float) -> Any:
        """Let simulated time pass, and return the last data that arrived."""
        end_us = self._simulation.now_us + round(timedelta(**time) / timedelta(microseconds=1))
        while self._simulation.now_us < end_us:
            self._simulation.run_to(min(end_us, self._simulation.now_us + 10_000_000))
            data = await asyncio.wait_for(self._samples.receive(), 10.0)
        return data

    def air(self, temperature_c: float) -> None:
        """Let the air have a temperature."""
        self._simulation.drive("site", "ambient_temperature", temperature_c)

    async def charge(self, power_w: float) -> None:
        """Give its inverter a set-point for a quarter of an hour."""
        lifetime = timedelta(seconds=900)
        await self._client.set_component_power_active(
            ComponentId(INVERTER), power_w, request_lifetime=lifetime
        )

    async def tell(self, procedure: str, request: str) -> None:
        """Call a procedure that the published client has no method for."""
        await getattr(self._stub, procedure)(getattr(microgrid_pb2, request)(electrical_component_id=BATTERY))

    async def acknowledge(self) -> None:
        """Acknowledge its errors."""
        await self.tell("AckElectricalComponentError", "AckElectricalComponentErrorRequest")

    async def start(self) -> None:
        """Switch it on."""
        await self.tell("StartElectricalComponent", "StartElectricalComponentRequest")


@pytest.fixture
async def pack() -> AsyncIterator[Pack]:
    simulation = Simulation.headless(SITE, start_us=1_766_000_000_000_000, seed=1)
    channel = InMemoryChannel([service.generic_handler() for service in services(simulation.gateway)])
    with patch("frequenz.client.base.client.parse_grpc_uri", return_value=channel):
        client = MicrogridApiClient("grpc://in-memory:1")
    async with client:
        pack = Pack(simulation, client, MicrogridStub(channel))  # type: ignore[no-untyped-call]
        while not simulation.gateway.stream_count(BATTERY):  # noqa: ASYNC110 - the client opens it by itself
            await asyncio.sleep(0)
        yield pack


def sample(data: Any, metric: Metric) -> Any:
    (found,) = [one for one in data.metric_samples if one.metric is metric]
    return found


def temperature_c(data: Any) -> float:
    return float(sample(data, Metric.BATTERY_TEMPERATURE).value)


def power_w(data: Any) -> float:
    return float(sample(data, Metric.DC_POWER).value)


def most_charging_w(data: Any) -> float:
    (bounds,) = sample(data, Metric.DC_POWER).bounds
    return float(bounds.upper)


def states(data: Any) -> set[str]:
    return {state.name for snapshot in data.states for state in snapshot.states}


def errors(data: Any) -> list[str]:
    return [error.name for snapshot in data.states for error in snapshot.errors]


def warnings(data: Any) -> list[str]:
    return [warning.name for snapshot in data.states for warning in snapshot.warnings]


async def refusal(call: Callable[[], Awaitable[None]]) -> str:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call()
    assert caught.value.code() is grpc.StatusCode.FAILED_PRECONDITION
    return str(caught.value.details())


async def test_a_cold_pack_warms_up_trips_in_the_heat_and_is_started_again(pack: Pack) -> None:
    cold = await pack.after(seconds=30)
    assert temperature_c(cold) == pytest.approx(2.0, abs=0.1)
    assert most_charging_w(cold) < 12e3
    await pack.charge(9e3)
    charging = await pack.after(minutes=5)
    assert power_w(charging) == pytest.approx(9e3, rel=0.05)
    assert states(charging) == {"CHARGING", "RELAY_CLOSED"}

    pack.air(20.0)
    warm = await pack.after(hours=3)
    assert 15.0 < temperature_c(warm) < 21.0
    assert most_charging_w(warm) == pytest.approx(46e3)

    pack.air(80.0)
    hot = await pack.after(minutes=45)
    while not errors(hot):
        before, hot = hot, await pack.after(seconds=10)
    assert states(before) == {"READY", "RELAY_CLOSED"}
    assert warnings(before) == ["OVERTEMPERATURE"]
    assert errors(hot) == ["OVERTEMPERATURE"]
    assert states(hot) == {"ERROR", "RELAY_OPEN"}
    assert 50.0 <= temperature_c(hot) < 50.3
    assert most_charging_w(hot) == 0.0
    assert "50" in await refusal(pack.acknowledge)
    assert "accepted: once the error is acknowledged" in await refusal(pack.start)

    pack.air(20.0)
    cooled = await pack.after(hours=1)
    assert errors(cooled) == ["OVERTEMPERATURE"]
    while temperature_c(cooled) > 40.0:
        assert "cleared at 40 °C" in await refusal(pack.acknowledge)
        cooled = await pack.after(minutes=5)
    await pack.acknowledge()
    acknowledged = await pack.after(seconds=10)
    assert errors(acknowledged) == []
    assert states(acknowledged) == {"OFF", "RELAY_OPEN"}

    await pack.start()
    started = await pack.after(seconds=10)
    assert states(started) == {"READY", "RELAY_CLOSED"}
    assert most_charging_w(started) > 40e3
    await pack.charge(20e3)
    again = await pack.after(minutes=2)
    assert power_w(again) == pytest.approx(20e3, rel=0.05)
    assert states(again) == {"CHARGING", "RELAY_CLOSED"}
