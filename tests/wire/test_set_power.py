"""How set-points are taken, refused and followed up."""

from __future__ import annotations

import math
from typing import Any

import grpc
import pytest
from frequenz.api.microgrid.v1 import microgrid_pb2 as v1_pb2
from wire.support import (
    AC_POWER_ACTIVE,
    AC_POWER_REACTIVE,
    BATTERY,
    GRID,
    INVERTER,
    METER,
    PV,
    UNKNOWN,
    Api,
    refusal,
    sampled_values,
    seconds_left,
)

from doppelgrid.proto.microgrid.versions import services
from doppelgrid.proto.transport.open_streams import OpenStreams
from doppelgrid.sim.gateway.subscriptions import PowerRequest
from doppelgrid.sim.simulation.live import LiveSimulation


async def statuses(api: Api, stream: Any) -> list[str]:
    return [api.status_name(response) async for response in stream]


async def reaches(api: Api, component_id: int, metric: int, value: float) -> None:
    """Return once the telemetry of a component shows a value."""
    stream = api.telemetry(component_id, (metric,))
    async for response in stream:
        if sampled_values(response.telemetry)[metric] == pytest.approx(value, abs=1.0):
            break
    stream.cancel()


@pytest.mark.parametrize("power_type", ["ACTIVE", "REACTIVE"])
async def test_a_request_is_accepted_at_once_and_then_succeeds(api: Api, power_type: str) -> None:
    assert await statuses(api, api.set_power(INVERTER, 5000.0, power_type)) == ["ACCEPTED", "SUCCESS"]


async def test_accepted_and_success_tell_until_when_the_set_point_holds(api: Api) -> None:
    accepted, success = [response async for response in api.set_power(INVERTER, 5000.0)]

    assert accepted.valid_until_time == success.valid_until_time
    assert seconds_left(accepted) == pytest.approx(60.0, abs=10.0)


@pytest.mark.parametrize("lifetime", [10, 900])
async def test_the_lifetime_asked_for_is_granted(api: Api, lifetime: int) -> None:
    accepted = await api.set_power(INVERTER, 5000.0, request_lifetime=lifetime).read()

    assert seconds_left(accepted) == pytest.approx(lifetime, abs=9.0)


@pytest.mark.parametrize("lifetime", [0, 9, 901])
async def test_a_lifetime_outside_the_limits_is_refused(api: Api, lifetime: int) -> None:
    error = await refusal(api.set_power(INVERTER, 5000.0, request_lifetime=lifetime))

    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "request_lifetime" in (error.details() or "")


async def test_an_unfinished_request_is_overridden_by_the_next(api: Api) -> None:
    older = api.set_power(PV, -1000.0)
    await older.read()

    newer = await api.set_power(PV, -2000.0).read()

    assert api.status_name(newer) == "ACCEPTED"
    last = await older.read()
    assert await older.read() is grpc.aio.EOF
    assert api.status_name(last) == "OVERRIDDEN"
    assert not last.HasField("valid_until_time")


@pytest.mark.parametrize("power_type", [0, 3])
async def test_an_unspecified_or_unknown_power_type_is_refused(api: Api, power_type: int) -> None:
    request = api.pb.SetElectricalComponentPowerRequest(
        electrical_component_id=INVERTER, power=1000.0, power_type=power_type
    )

    error = await refusal(api.stub.SetElectricalComponentPower(request, timeout=10))

    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "power_type" in (error.details() or "")


@pytest.mark.parametrize("power", [math.nan, math.inf, -math.inf])
async def test_power_that_is_no_number_is_refused(api: Api, power: float) -> None:
    assert (await refusal(api.set_power(INVERTER, power))).code() is grpc.StatusCode.INVALID_ARGUMENT


@pytest.mark.parametrize("power", [40_000.0, -40_000.0])
async def test_power_out_of_bounds_is_refused(api: Api, power: float) -> None:
    assert (await refusal(api.set_power(INVERTER, power))).code() is grpc.StatusCode.OUT_OF_RANGE


@pytest.mark.parametrize("component_id", [GRID, METER, BATTERY])
async def test_components_that_take_no_set_points_say_so(api: Api, component_id: int) -> None:
    assert (await refusal(api.set_power(component_id, 0.0))).code() is grpc.StatusCode.UNIMPLEMENTED


async def test_an_unknown_component_is_not_found(api: Api) -> None:
    assert (await refusal(api.set_power(UNKNOWN, 0.0))).code() is grpc.StatusCode.NOT_FOUND


@pytest.mark.parametrize("component_id", [INVERTER, PV])
async def test_zero_is_always_accepted(api: Api, component_id: int) -> None:
    assert api.status_name(await api.set_power(component_id, 0.0).read()) == "ACCEPTED"


async def test_active_and_reactive_power_are_set_independently(api: Api) -> None:
    await statuses(api, api.set_power(INVERTER, -8000.0, "ACTIVE"))
    await statuses(api, api.set_power(INVERTER, 6000.0, "REACTIVE"))

    await reaches(api, INVERTER, AC_POWER_ACTIVE, -8000.0)
    await reaches(api, INVERTER, AC_POWER_REACTIVE, 6000.0)


async def test_a_caller_that_hangs_up_revokes_nothing(api: Api) -> None:
    stream = api.set_power(INVERTER, 7000.0)
    await stream.read()

    stream.cancel()

    await reaches(api, INVERTER, AC_POWER_ACTIVE, 7000.0)


async def test_a_caller_that_ignores_the_rest_revokes_nothing(api: Api) -> None:
    stream = api.set_power(INVERTER, 7000.0)
    await stream.read()

    await reaches(api, INVERTER, AC_POWER_ACTIVE, 7000.0)


class Caller:
    """Who calls a procedure past any transport."""

    def peer(self) -> str:
        return "nobody"


async def test_a_set_point_that_is_answered_once_is_no_open_stream(
    simulation: LiveSimulation, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut: list[str] = []
    monkeypatch.setattr(PowerRequest, "end", lambda _request, reason: cut.append(reason))
    carried = OpenStreams()
    served = {service.name: service for service in services(simulation.gateway, carried)}
    methods = {method.name: method for method in served["frequenz.api.microgrid.v1.Microgrid"].methods}
    request = v1_pb2.SetComponentPowerActiveRequest(component_id=INVERTER, power=5e3)

    await methods["SetComponentPowerActive"].handler.unary_unary(request.SerializeToString(), Caller())
    carried.cut("over")

    assert cut == []
