"""Procedures that this server has by name only: they say so, and change nothing."""

from __future__ import annotations

from typing import Any

import grpc
import pytest
from wire.support import INVERTER, UNKNOWN, Api

REQUESTS = {
    "AugmentElectricalComponentBounds": "AugmentElectricalComponentBoundsRequest",
    "ClearElectricalComponentBounds": "ClearElectricalComponentBoundsRequest",
    "StartElectricalComponent": "StartElectricalComponentRequest",
    "PutElectricalComponentInStandby": "PutElectricalComponentInStandbyRequest",
    "StopElectricalComponent": "StopElectricalComponentRequest",
    "AckElectricalComponentError": "AckElectricalComponentErrorRequest",
}


async def refusal(api: Api, procedure: str, component_id: int) -> grpc.aio.AioRpcError:
    request: Any = getattr(api.pb, REQUESTS[procedure])(electrical_component_id=component_id)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await getattr(api.stub, procedure)(request, timeout=10)
    return caught.value


@pytest.mark.parametrize("procedure", REQUESTS)
async def test_it_is_unimplemented_for_components_of_the_site(api: Api, procedure: str) -> None:
    error = await refusal(api, procedure, INVERTER)

    assert error.code() is grpc.StatusCode.UNIMPLEMENTED
    assert "not available" in (error.details() or "")


@pytest.mark.parametrize("procedure", REQUESTS)
async def test_an_unknown_component_is_not_found(api: Api, procedure: str) -> None:
    error = await refusal(api, procedure, UNKNOWN)

    assert error.code() is grpc.StatusCode.NOT_FOUND
    assert str(UNKNOWN) in (error.details() or "")
