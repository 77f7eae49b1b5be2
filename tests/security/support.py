"""What the tests of security share: the site behind the locks, and the names of its keys."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

SITE = {
    "microgrid": {"id": 2200, "location": {"latitude": 52.5, "longitude": 13.25}},
    "telemetry": {"interval": "20 ms"},
    "components": {
        "grid": {"id": 1, "category": "grid_connection_point", "rated_fuse_current": "200 A"},
        "main": {"id": 2, "category": "meter", "behind": "grid"},
        "bat-inv": {"id": 11, "category": "battery_inverter", "behind": "main", "rated_power": "30 kW"},
        "battery": {"id": 12, "category": "battery", "behind": "bat-inv"},
        "house": {"id": 31, "category": "meter", "behind": "main", "load": "3 kW"},
    },
}


@dataclass(frozen=True)
class Certificates:
    """PEM files of an authority, a server and a client."""

    authority: Path
    server: Path
    server_key: Path
    client: Path
    client_key: Path
