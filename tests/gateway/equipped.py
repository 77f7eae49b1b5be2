"""A small site with a bit of everything, for tests of what the gateway promises."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from support.rarely_sampled import rarely_sampled

from doppelgrid.sim.domain.metrics import Metric
from doppelgrid.sim.domain.states import StateCode
from doppelgrid.sim.simulation.simulation import Simulation
from doppelgrid.sim.site.site import Site

START = 1_750_000_000_000_000
GRID, MAIN, BREAKER, INVERTER, BATTERY = 1, 2, 10, 11, 12
DC_INVERTER, PRECHARGER, DC_BATTERY, HYBRID, HYBRID_BATTERY = 13, 14, 15, 16, 17
PV, CHP, WIND, CHARGER, EMPTY_CHARGER, BOILER, ELECTROLYZER, CAPACITORS = 21, 22, 23, 31, 32, 41, 42, 51

_QUICK = {"behind": "main", "response_delay": "0 s", "ramp_rate": "1 MW/s"}
_INVERTER = {"category": "battery_inverter", "rated_power": "30 kW", **_QUICK}
_BATTERY = {"category": "battery", "preset": "lfp-92kwh"}
COMPONENTS: dict[str, dict[str, Any]] = {
    "grid": {"id": GRID, "category": "grid_connection_point", "rated_fuse_current": "400 A"},
    "main": {"id": MAIN, "category": "meter", "behind": "grid"},
    "breaker": {"id": BREAKER, "category": "breaker", "behind": "main"},
    "inv": {"id": INVERTER, **_INVERTER, "behind": "breaker"},
    "bat": {"id": BATTERY, **_BATTERY, "behind": "inv"},
    "dc-inv": {"id": DC_INVERTER, **_INVERTER},
    "precharger": {"id": PRECHARGER, "category": "precharger", "behind": "dc-inv"},
    "dc-bat": {"id": DC_BATTERY, **_BATTERY, "behind": "precharger"},
    "hybrid": {
        **_INVERTER, "id": HYBRID, "category": "hybrid_inverter", "peak_power": "10 kW", "irradiance": "800 W/m²"
    },
    "hybrid-bat": {"id": HYBRID_BATTERY, **_BATTERY, "behind": "hybrid"},
    "roof": {"id": PV, "category": "pv_inverter", "rated_power": "12 kW", "power": "9 kW", **_QUICK},
    "chp": {"id": CHP, "category": "chp", "rated_power": "50 kW", "min_power": "20 kW", **_QUICK},
    "wind": {"id": WIND, "category": "wind_turbine", "rated_power": "100 kW", "power": "40 kW", **_QUICK},
    "charger": {"id": CHARGER, "category": "ev_charger", "rated_power": "22 kW", "car": {}, **_QUICK},
    "empty": {"id": EMPTY_CHARGER, "category": "ev_charger", "rated_power": "22 kW", **_QUICK},
    "boiler": {"id": BOILER, "category": "steam_boiler", "rated_power": "60 kW", "min_power": "6 kW", **_QUICK},
    "stack": {"id": ELECTROLYZER, "category": "electrolyzer", "rated_power": "80 kW", "min_power": "8 kW", **_QUICK},
    "capacitors": {
        "id": CAPACITORS, "category": "capacitor_bank", "behind": "main", "rated_reactive_power": "60 kvar",
        "response_delay": "0 s",
    },
}  # fmt: skip


class Equipped:
    """A running site with a bit of everything."""

    def __init__(self, **changes: dict[str, Any]) -> None:
        components = {key: {**component, **changes.get(key, {})} for key, component in COMPONENTS.items()}
        site = Site.model_validate({"microgrid": {"id": 7}, "components": components})
        self.simulation = Simulation.headless(rarely_sampled(site), start_us=START, seed=1)
        self.gateway = self.simulation.gateway

    def pass_time(self, seconds: float) -> None:
        """Let simulated time pass."""
        self.simulation.run_for(timedelta(seconds=seconds))

    def value(self, component: int, metric: Metric = Metric.AC_POWER_ACTIVE) -> float:
        """Return a value that a component reports."""
        return self.gateway.frame(component).values[metric]

    def states(self, component: int) -> tuple[StateCode, ...]:
        """Return what a component says it is doing."""
        return self.gateway.frame(component).states

    def shown(
        self, component: int, metric: Metric = Metric.AC_POWER_ACTIVE
    ) -> tuple[tuple[float, float], ...]:
        """Return the bounds in telemetry."""
        return tuple(tuple(bounds) for bounds in self.gateway.frame(component).bounds[metric])
