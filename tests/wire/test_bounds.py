"""Statements 35 to 38, as clients of the alpha versions see them."""

from __future__ import annotations

import math
from typing import Any

import grpc
import pytest
from frequenz.api.common.v1alpha8.metrics.bounds_pb2 import Bounds
from wire.support import AC_POWER_ACTIVE, INVERTER, METER, UNKNOWN, Api, sampled_bounds, seconds_left


async def augment(api: Api, *bounds: Bounds, component_id: int = INVERTER, **fields: Any) -> Any:
    fields = {"target_metric": AC_POWER_ACTIVE} | fields
    request = api.pb.AugmentElectricalComponentBoundsRequest(
        electrical_component_id=component_id, bounds=bounds, **fields
    )
    return await api.stub.AugmentElectricalComponentBounds(request, timeout=10)


async def shows(api: Api, expected: list[tuple[float, float]]) -> None:
    """Return once the telemetry of the inverter shows these bounds."""
    stream = api.telemetry(INVERTER, (AC_POWER_ACTIVE,))
    async for response in stream:
        if sampled_bounds(response.telemetry)[AC_POWER_ACTIVE] == expected:
            break
    stream.cancel()


@pytest.mark.parametrize(
    ("asked", "granted"), [({}, 5), ({"request_lifetime": 5}, 5), ({"request_lifetime": 900}, 900)]
)
async def test_the_lifetime_is_5_seconds_unless_asked_for(
    api: Api, asked: dict[str, int], granted: int
) -> None:
    response = await augment(api, Bounds(lower=-5e3, upper=5e3), **asked)

    assert seconds_left(response) == pytest.approx(granted, abs=4.0)


async def test_the_effective_bounds_show_in_telemetry(api: Api) -> None:
    await augment(
        api, Bounds(lower=0, upper=10e3), Bounds(lower=5e3, upper=15e3), Bounds(lower=20e3, upper=25e3)
    )

    await shows(api, [(0.0, 15e3), (20e3, 25e3)])


async def test_a_missing_side_is_unbounded(api: Api) -> None:
    await augment(api, Bounds(upper=5e3))

    await shows(api, [(-30e3, 5e3)])


async def test_set_points_are_held_to_them(api: Api) -> None:
    await augment(api, Bounds(lower=-5e3, upper=5e3))

    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await api.set_power(INVERTER, 9e3).read()

    assert caught.value.code() is grpc.StatusCode.OUT_OF_RANGE


async def test_a_token_replaces_and_clears(api: Api) -> None:
    await augment(api, Bounds(lower=-5e3, upper=5e3), bounds_token="mine", request_lifetime=60)
    await augment(api, Bounds(lower=-9e3, upper=9e3), bounds_token="mine", request_lifetime=60)
    await shows(api, [(-9e3, 9e3)])

    request = api.pb.ClearElectricalComponentBoundsRequest(
        electrical_component_id=INVERTER, target_metric=AC_POWER_ACTIVE, bounds_token="mine"
    )
    await api.stub.ClearElectricalComponentBounds(request, timeout=10)

    await shows(api, [(-30e3, 30e3)])


async def test_clearing_an_unknown_token_does_nothing(api: Api) -> None:
    request = api.pb.ClearElectricalComponentBoundsRequest(
        electrical_component_id=INVERTER, target_metric=AC_POWER_ACTIVE, bounds_token="nobody's"
    )

    await api.stub.ClearElectricalComponentBounds(request, timeout=10)


REFUSED: dict[str, tuple[list[Bounds], dict[str, Any], grpc.StatusCode]] = {
    "no bounds": ([], {}, grpc.StatusCode.INVALID_ARGUMENT),
    "reversed": ([Bounds(lower=5, upper=1)], {}, grpc.StatusCode.INVALID_ARGUMENT),
    "not a number": ([Bounds(lower=math.nan, upper=1)], {}, grpc.StatusCode.INVALID_ARGUMENT),
    "infinite": ([Bounds(lower=0, upper=math.inf)], {}, grpc.StatusCode.INVALID_ARGUMENT),
    "no metric": ([Bounds(lower=0, upper=1)], {"target_metric": 0}, grpc.StatusCode.INVALID_ARGUMENT),
    "unknown metric": ([Bounds(lower=0, upper=1)], {"target_metric": 9999}, grpc.StatusCode.INVALID_ARGUMENT),
    "4 seconds": ([Bounds(lower=0, upper=1)], {"request_lifetime": 4}, grpc.StatusCode.INVALID_ARGUMENT),
    "901 seconds": ([Bounds(lower=0, upper=1)], {"request_lifetime": 901}, grpc.StatusCode.INVALID_ARGUMENT),
    "unknown component": ([Bounds(lower=0, upper=1)], {"component_id": UNKNOWN}, grpc.StatusCode.NOT_FOUND),
    "a meter": ([Bounds(lower=0, upper=1)], {"component_id": METER}, grpc.StatusCode.UNIMPLEMENTED),
}


@pytest.mark.parametrize(("bounds", "fields", "code"), REFUSED.values(), ids=REFUSED)
async def test_what_makes_no_sense_is_refused(
    api: Api, bounds: list[Bounds], fields: dict[str, Any], code: grpc.StatusCode
) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await augment(api, *bounds, **fields)

    assert caught.value.code() is code
    await shows(api, [(-30e3, 30e3)])
