"""A plant with one battery, whose inverter is told powers."""

from __future__ import annotations

from typing import Any

from doppelgrid.sim.domain.metrics import PowerType
from doppelgrid.sim.plant.plant import Plant
from doppelgrid.sim.site.site import Site

START = 1_750_000_000_000_000
HOUR = 3_600_000_000


class ToldBattery:
    """A plant with a battery that is told a power."""

    def __init__(self, *, rated: str = "50 kW", ambient: str = "20 °C", **battery: Any) -> None:
        components = {
            "grid": {"id": 1, "category": "grid_connection_point", "rated_fuse_current": "400 A"},
            "inv": {
                "id": 11, "category": "battery_inverter", "behind": "grid", "rated_power": rated,
                "response_delay": "0 s", "ramp_rate": "10 MW/s",
            },
            "bat": {"id": 12, "category": "battery", "behind": "inv", **battery},
        }  # fmt: skip
        site = {"microgrid": {"id": 1}, "ambient_temperature": ambient, "components": components}
        self.plant = Plant(Site.model_validate(site), start_us=START, seed=3)

    def tell(self, power_w: float, hours: float) -> None:
        self.plant.set_points.send("inv", PowerType.ACTIVE, power_w)
        self.plant.advance(self.plant.time_us + round(hours * HOUR))
