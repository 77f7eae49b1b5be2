"""What the tests of robust serving share."""

from __future__ import annotations

from typing import Any, NamedTuple

from google.protobuf.descriptor_pool import Default
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

GRID, METER, INVERTER, BATTERY, PV, HOUSE = 1, 2, 11, 12, 21, 31

SITE: dict[str, Any] = {
    "microgrid": {"id": 2200, "location": {"latitude": 52.5, "longitude": 13.25}},
    "telemetry": {"interval": "20 ms"},
    "components": {
        "grid": {"id": GRID, "category": "grid_connection_point", "rated_fuse_current": "200 A"},
        "main": {"id": METER, "category": "meter", "behind": "grid"},
        "bat-inv": {"id": INVERTER, "category": "battery_inverter", "behind": "main", "rated_power": "30 kW"},
        "battery": {"id": BATTERY, "category": "battery", "behind": "bat-inv"},
        "pv-inv": {
            "id": PV,
            "category": "pv_inverter",
            "behind": "main",
            "rated_power": "12 kW",
            "power": "5 kW",
        },
        "house": {"id": HOUSE, "category": "meter", "behind": "main", "load": "3 kW"},
    },
}


class Procedure(NamedTuple):
    """A procedure of one version of the API."""

    path: str
    request: type[Message]
    answer: type[Message]
    streams: bool

    def __str__(self) -> str:
        return self.path.removeprefix("/frequenz.api.microgrid.")


def procedures(served: set[str]) -> list[Procedure]:
    """Return the procedures of services by their full names."""
    services = [Default().FindServiceByName(name) for name in sorted(served)]
    return [
        Procedure(
            f"/{service.full_name}/{method.name}",
            GetMessageClass(method.input_type),
            GetMessageClass(method.output_type),
            method.server_streaming,
        )
        for service in services
        for method in service.methods
    ]
