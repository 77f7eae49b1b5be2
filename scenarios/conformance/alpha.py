"""Versions v1alpha18 and v1alpha19 through their generated stubs."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import grpc
from frequenz.api.microgrid.v1alpha18 import microgrid_pb2 as pb18
from frequenz.api.microgrid.v1alpha18 import microgrid_pb2_grpc as grpc18
from frequenz.api.microgrid.v1alpha19 import microgrid_pb2 as pb19
from frequenz.api.microgrid.v1alpha19 import microgrid_pb2_grpc as grpc19

from .access import Access
from .calls import MessageStream
from .generated import GeneratedApi
from .values import PowerUpdate

_GENERATED: dict[str, tuple[ModuleType, ModuleType]] = {
    "v1alpha18": (pb18, grpc18),
    "v1alpha19": (pb19, grpc19),
}


class AlphaApi(GeneratedApi):
    """One of the alpha versions."""

    def set_power(
        self, component_id: int, power_type: int, power: float, lifetime_s: int | None = None
    ) -> MessageStream[PowerUpdate]:
        """Send a set-point [W or var]."""
        call = self._call(
            "SetElectricalComponentPower",
            electrical_component_id=component_id,
            power_type=power_type,
            power=power,
            request_lifetime=lifetime_s,
        )
        return MessageStream(call, self._power_update)

    def _power_update(self, message: Any) -> PowerUpdate:
        return PowerUpdate(self._value(message, "status"), self._time(message, "valid_until_time"))


def alpha_api(name: str, access: Access, channel: grpc.aio.Channel) -> AlphaApi:
    """Return one of the alpha versions over an open channel, which stays the caller's."""
    return AlphaApi(name, _GENERATED[name], access, channel)
