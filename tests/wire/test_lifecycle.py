"""Statements 39 and 40, as clients of the alpha versions see them."""

from __future__ import annotations

from typing import Any

import grpc
import pytest
from wire.support import BATTERY, INVERTER, METER, UNKNOWN, Api

from doppelgrid.proto.microgrid.common_v1alpha8 import COMMON
from doppelgrid.sim.domain.faults import Fault, FaultKind
from doppelgrid.sim.simulation.live import LiveSimulation

REQUESTS = {
    "StartElectricalComponent": "StartElectricalComponentRequest",
    "PutElectricalComponentInStandby": "PutElectricalComponentInStandbyRequest",
    "StopElectricalComponent": "StopElectricalComponentRequest",
    "AckElectricalComponentError": "AckElectricalComponentErrorRequest",
}
START, STANDBY, STOP, ACK = REQUESTS


async def tell(api: Api, procedure: str, component_id: int) -> None:
    request: Any = getattr(api.pb, REQUESTS[procedure])(electrical_component_id=component_id)
    await getattr(api.stub, procedure)(request, timeout=10)


async def refusal(api: Api, procedure: str, component_id: int) -> grpc.StatusCode:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await tell(api, procedure, component_id)
    return caught.value.code()


async def until(api: Api, component_id: int, *states: str) -> Any:
    """Return the state snapshot of a component once it has these states."""
    stream = api.telemetry(component_id, (9999,))
    async for response in stream:
        (snapshot,) = response.telemetry.state_snapshots
        if list(snapshot.states) == [COMMON.states[state] for state in states]:
            break
    stream.cancel()
    return snapshot


@pytest.mark.parametrize("procedure", REQUESTS)
async def test_an_unknown_component_is_not_found(api: Api, procedure: str) -> None:
    assert await refusal(api, procedure, UNKNOWN) is grpc.StatusCode.NOT_FOUND


@pytest.mark.parametrize("procedure", [START, STANDBY, STOP])
async def test_a_meter_has_nothing_to_switch(api: Api, procedure: str) -> None:
    assert await refusal(api, procedure, METER) is grpc.StatusCode.UNIMPLEMENTED


@pytest.mark.lengthy
async def test_an_inverter_stops_and_starts(api: Api) -> None:
    await tell(api, STOP, INVERTER)
    await until(api, INVERTER, "OFF")

    await tell(api, START, INVERTER)
    await until(api, INVERTER, "READY")


async def test_standby_is_left_by_a_set_point(api: Api) -> None:
    await tell(api, STANDBY, INVERTER)
    await until(api, INVERTER, "STANDBY")

    responses = [response async for response in api.set_power(INVERTER, 5000.0)]

    assert [api.status_name(response) for response in responses] == ["ACCEPTED", "SUCCESS"]
    await until(api, INVERTER, "CHARGING")


async def test_a_stopped_inverter_has_no_standby(api: Api) -> None:
    await tell(api, STOP, INVERTER)

    assert await refusal(api, STANDBY, INVERTER) is grpc.StatusCode.FAILED_PRECONDITION


async def test_a_battery_under_power_does_not_stop(api: Api) -> None:
    assert [response async for response in api.set_power(INVERTER, 5000.0)]

    assert await refusal(api, STOP, BATTERY) is grpc.StatusCode.FAILED_PRECONDITION


async def test_a_battery_opens_its_relay(api: Api) -> None:
    await tell(api, STOP, BATTERY)

    await until(api, BATTERY, "OFF", "RELAY_OPEN")


async def test_acknowledging_clears_the_errors_and_leaves_the_component_stopped(
    api: Api, simulation: LiveSimulation
) -> None:
    simulation.fault(Fault("bat-inv", FaultKind.TRIP, diagnostic="OVERTEMPERATURE"))
    assert (await until(api, INVERTER, "ERROR")).errors

    await tell(api, ACK, INVERTER)

    assert not (await until(api, INVERTER, "OFF")).errors
