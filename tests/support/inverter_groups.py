"""Running sites of inverters that share batteries."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from doppelgrid.sim.domain.metrics import Metric, PowerType
from doppelgrid.sim.domain.ranges import Ranges
from doppelgrid.sim.simulation.simulation import Simulation
from doppelgrid.sim.site.site import Site

from .rarely_sampled import rarely_sampled

ACTIVE, REACTIVE = Metric.AC_POWER_ACTIVE, Metric.AC_POWER_REACTIVE
INVERTERS, BATTERIES = 11, 31
"""Numbers of the first ones."""
BATTERY_INVERTER: dict[str, Any] = {"rated_power": "10 kW", "standby_power": "0 W"}
HYBRID: dict[str, Any] = {**BATTERY_INVERTER, "category": "hybrid_inverter", "peak_power": "10 kW"}
BATTERY: dict[str, Any] = {"preset": "lfp-92kwh", "max_charge_power": "8 kW", "max_discharge_power": "8 kW"}
STORED = {"initial_soc": "50 %", "min_soc": "5 %", "max_soc": "95 %", "capacity": "20 kWh"}


class Group:
    """A running site of inverters that share batteries, by number from 0 on."""

    def __init__(
        self, inverters: list[dict[str, Any]], batteries: list[tuple[tuple[int, ...], dict[str, Any]]]
    ) -> None:
        components: dict[str, Any] = {
            "grid": {"id": 1, "category": "grid_connection_point", "rated_fuse_current": "1000 A"},
            "main": {"id": 2, "category": "meter", "behind": "grid"},
        }
        for number, keys in enumerate(inverters):
            components[f"inv-{number}"] = {
                "id": INVERTERS + number, "category": "battery_inverter", "behind": "main", **keys,
            }  # fmt: skip
        for number, (behind, keys) in enumerate(batteries):
            components[f"bat-{number}"] = {
                "id": BATTERIES + number, "category": "battery", "behind": [f"inv-{each}" for each in behind],
                **keys,
            }  # fmt: skip
        site = rarely_sampled(Site.model_validate({"microgrid": {"id": 1}, "components": components}))
        start_us = site.moment_us(datetime(2026, 6, 15, 12))
        self.simulation = Simulation.headless(site, start_us=start_us, seed=0)
        self.numbers = range(len(inverters))
        self.wait()

    def wait(self) -> None:
        self.simulation.run_for(timedelta(seconds=8))

    def tell(self, inverter: int, power: float, power_type: PowerType = PowerType.ACTIVE) -> None:
        self.simulation.gateway.set_power(INVERTERS + inverter, power_type, power, 900)
        self.wait()

    def power_w(self, inverter: int) -> float:
        return self.simulation.gateway.frame(INVERTERS + inverter).values[ACTIVE]

    def reactive_var(self, inverter: int) -> float:
        return self.simulation.gateway.frame(INVERTERS + inverter).values[REACTIVE]

    def shown(self, inverter: int, metric: Metric = ACTIVE) -> Ranges:
        return self.simulation.gateway.frame(INVERTERS + inverter).bounds[metric]

    def battery_w(self, battery: int) -> float:
        return self.simulation.plant.readings.flows().battery_dc_w[f"bat-{battery}"]
