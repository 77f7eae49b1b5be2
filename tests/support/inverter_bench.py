"""A running site with a battery inverter and photovoltaics."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from doppelgrid.sim.domain.metrics import PowerType
from doppelgrid.sim.domain.states import StateCode
from doppelgrid.sim.plant.plant import Plant
from doppelgrid.sim.simulation.simulation import Simulation
from doppelgrid.sim.site.site import Site
from support.rarely_sampled import rarely_sampled

START = 1_750_000_000_000_000
ACTIVE, REACTIVE = PowerType.ACTIVE, PowerType.REACTIVE
INVERTER, ROOF = 11, 21
_QUICK = {"behind": "main", "response_delay": "0 s", "ramp_rate": "1 MW/s"}


def a_site(*, weather: dict[str, Any] | None = None, **changes: dict[str, Any]) -> Site:
    components: dict[str, dict[str, Any]] = {
        "grid": {"id": 1, "category": "grid_connection_point", "rated_fuse_current": "400 A"},
        "main": {"id": 2, "category": "meter", "behind": "grid"},
        "inv": {"id": INVERTER, "category": "battery_inverter", "rated_power": "30 kW", **_QUICK},
        "bat": {"id": 12, "category": "battery", "behind": "inv", "preset": "lfp-92kwh"},
        "roof": {
            "id": ROOF, "category": "pv_inverter", "rated_power": "10 kW", "peak_power": "16 kW",
            "irradiance": "900 W/m²", **_QUICK,
        },
    }  # fmt: skip
    named = {key: {**component, **changes.get(key, {})} for key, component in components.items()}
    whole: dict[str, Any] = {"microgrid": {"id": 7}, "components": named}
    return Site.model_validate(whole if weather is None else {**whole, "weather": weather})


class Running:
    """A running site with a battery inverter and photovoltaics."""

    def __init__(self, **changes: dict[str, Any]) -> None:
        self.simulation = Simulation.headless(rarely_sampled(a_site(**changes)), start_us=START, seed=1)
        self.plant: Plant = self.simulation.plant

    def after(self, seconds: float) -> Running:
        self.simulation.run_for(timedelta(seconds=seconds))
        return self

    def active_w(self, key: str) -> float:
        return self.plant.readings.flows().ac[key].active_w

    def reactive_var(self, key: str) -> float:
        return self.plant.readings.flows().ac[key].reactive_var

    def tell(self, key: str, power_type: PowerType, power: float) -> None:
        self.plant.set_points.send(key, power_type, power)
        self.after(1.0)

    def loss_w(self) -> float:
        return self.active_w("inv") - self.plant.readings.flows().inverter_dc_w["inv"]

    def warnings(self, component: int) -> list[str]:
        return [warning.code for warning in self.simulation.gateway.frame(component).warnings]

    def states(self, component: int) -> tuple[StateCode, ...]:
        return self.simulation.gateway.frame(component).states
