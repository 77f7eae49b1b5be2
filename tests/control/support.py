"""What the tests of the control service share."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import grpc
from frequenz.api.microgrid.v1alpha18 import microgrid_pb2 as pb
from frequenz.api.microgrid.v1alpha18 import microgrid_pb2_grpc

import doppelgrid
from doppelgrid import ControlClient, SiteServer

MAIN, INVERTER, HOUSE = 2, 11, 31
SUCCESS = pb.SET_ELECTRICAL_COMPONENT_POWER_REQUEST_STATUS_SUCCESS
NOON = datetime.fromisoformat("2026-06-15T12:00:00+02:00")

SITE = {
    "microgrid": {"id": 9, "name": "Control test"},
    "telemetry": {"interval": "200 ms"},
    "components": {
        "grid": {"id": 1, "category": "grid_connection_point", "rated_fuse_current": "200 A"},
        "main": {"id": MAIN, "category": "meter", "behind": "grid"},
        "bat-inv": {
            "id": INVERTER,
            "category": "battery_inverter",
            "behind": "main",
            "rated_power": "30 kW",
            "response_delay": "1 s",
            "ramp_rate": "5 kW/s",
        },
        "battery": {"id": 12, "category": "battery", "behind": "bat-inv", "initial_soc": "50 %"},
        "pv-inv": {
            "id": 21,
            "category": "pv_inverter",
            "behind": "main",
            "rated_power": "12 kW",
        },
        "house": {
            "id": HOUSE,
            "category": "meter",
            "behind": "main",
            "load": {
                "profile": "constant",
                "value": "8 kW",
                "noise": {"amplitude": "10 %", "step": "1 s"},
            },
        },
    },
}


def serve(sensors: Mapping[str, Any] | None = None, **options: Any) -> SiteServer:
    """Return a server of the site, whose time stands still at noon and is told to clients."""
    site = doppelgrid.Site.model_validate({**SITE, "sensors": sensors or {}})
    settings = {"start": NOON, "seed": 42, "paused": True, "timestamps": "simulated", **options}
    return SiteServer(site, **settings)


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


class Telemetry:
    """The telemetry of a component, as a client of the Microgrid API reads it."""

    def __init__(self, channel: grpc.aio.Channel, component_id: int) -> None:
        stub: Any = microgrid_pb2_grpc.MicrogridStub(channel)
        request = pb.ReceiveElectricalComponentTelemetryStreamRequest(electrical_component_id=component_id)
        self._stream = stub.ReceiveElectricalComponentTelemetryStream(request, timeout=60)

    async def read(self, count: int) -> list[bytes]:
        """Return the next messages, to the last bit."""
        messages = [await self._stream.read() for _ in range(count)]
        return [message.SerializeToString(deterministic=True) for message in messages]


async def listen(control: ControlClient, channel: grpc.aio.Channel, component_id: int) -> Telemetry:
    """Open a stream of telemetry, and wait until the server has it."""

    async def count() -> int:
        states = (await control.state()).values()
        return next(state.telemetry_streams for state in states if state.id == component_id)

    before = await count()
    telemetry = Telemetry(channel, component_id)
    while await count() == before:
        pass
    return telemetry


def set_power(channel: grpc.aio.Channel, component_id: int, power_w: float, **fields: Any) -> Any:
    """Send a set-point and return the stream of its statuses."""
    stub: Any = microgrid_pb2_grpc.MicrogridStub(channel)
    request = pb.SetElectricalComponentPowerRequest(
        electrical_component_id=component_id, power=power_w, power_type=pb.POWER_TYPE_ACTIVE, **fields
    )
    return stub.SetElectricalComponentPower(request, timeout=60)
