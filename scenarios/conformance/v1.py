"""Version v1 through its generated stubs: where it departs from v1alpha19 and its common package v1alpha8."""

from __future__ import annotations

from typing import Any, ClassVar

import grpc
from frequenz.api.microgrid.v1 import microgrid_pb2, microgrid_pb2_grpc

from .access import Access
from .calls import SinglePowerCall, answer
from .generated import GeneratedApi
from .values import NotOffered, PowerType, PowerUpdate

_SET_POWER = {
    PowerType.ACTIVE: "SetComponentPowerActive",
    PowerType.REACTIVE: "SetComponentPowerReactive",
}
_VALIDITY = {None: 0, 5: 1, 60: 2, 300: 3, 900: 4}
"""The lifetimes of augmented bounds that v1 can name [s], with their numbers."""


class V1Api(GeneratedApi):
    """Version v1."""

    streams_statuses = False
    names: ClassVar = {
        "GetMicrogrid": "GetMicrogridMetadata",
        "ListElectricalComponents": "ListComponents",
        "ListElectricalComponentConnections": "ListConnections",
        "ReceiveElectricalComponentTelemetryStream": "ReceiveComponentDataStream",
        "ReceiveSensorTelemetryStream": "ReceiveSensorDataStream",
        "AugmentElectricalComponentBounds": "AddComponentBounds",
        "StartElectricalComponent": "StartComponent",
        "PutElectricalComponentInStandby": "PutComponentInStandby",
        "StopElectricalComponent": "StopComponent",
        "AckElectricalComponentError": "AckComponentError",
        "electrical_component_id": "component_id",
        "electrical_component_ids": "component_ids",
        "electrical_component_categories": "categories",
        "electrical_components": "components",
        "source_electrical_component_ids": "starts",
        "destination_electrical_component_ids": "ends",
        "source_electrical_component_id": "source_component_id",
        "destination_electrical_component_id": "destination_component_id",
        "electrical_component_connections": "connections",
        "category_specific_info": "category_type",
        "telemetry": "data",
        "sample_time": "sampled_at",
        "state_snapshots": "states",
        "valid_until_time": "ts",
    }
    values: ClassVar = {
        "GRID_CONNECTION_POINT": "GRID",
        "BREAKER": "RELAY",
        "POWER_TRANSFORMER": "VOLTAGE_TRANSFORMER",
        "PV": "SOLAR",
        "grid_connection_point": "grid",
        "power_transformer": "voltage_transformer",
    }
    metrics: ClassVar = {
        100: 101,
        101: 102,
        102: 103,
        68: 69,
        69: 70,
        **{number: number + 1 for number in range(161, 167)},
    }

    def set_power(
        self, component_id: int, power_type: int, power: float, lifetime_s: int | None = None
    ) -> SinglePowerCall:
        """Send a set-point [W or var]; v1 answers once."""
        try:
            procedure = _SET_POWER[PowerType(power_type)]
        except (ValueError, KeyError):
            raise NotOffered("v1 has a procedure for each power type, and no other") from None
        fields = {"electrical_component_id": component_id, "power": power, "request_lifetime": lifetime_s}
        call = self._call(procedure, **fields)
        return SinglePowerCall(self._power_update(call), call.cancel)

    def _lasting(self, lifetime_s: int | None, token: str | None) -> dict[str, Any]:
        if token is not None or lifetime_s not in _VALIDITY:
            raise NotOffered("v1 has no tokens, and lifetimes of 5 s, 1 min, 5 min and 15 min only")
        return {"validity_duration": _VALIDITY[lifetime_s]}

    async def _power_update(self, call: Any) -> PowerUpdate:
        return PowerUpdate("", self._time(await answer(call), "valid_until"))


def v1_api(access: Access, channel: grpc.aio.Channel) -> V1Api:
    """Return version v1 over an open channel, which stays the caller's."""
    return V1Api("v1", (microgrid_pb2, microgrid_pb2_grpc), access, channel)
