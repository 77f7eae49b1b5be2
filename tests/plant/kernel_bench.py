"""Small plants whose rules are called one by one, for tests."""

from __future__ import annotations

from typing import Any

from doppelgrid.sim.plant.plant import Plant
from doppelgrid.sim.site.site import Site

START = 1_750_000_000_000_000
SECOND = 1_000_000
QUICK = {"behind": "main", "response_delay": "0 s", "ramp_rate": "10 MW/s"}


def plant(weather: dict[str, Any] | None = None, **components: dict[str, Any]) -> Plant:
    named = {
        "grid": {"id": 1, "category": "grid_connection_point", "rated_fuse_current": "400 A"},
        "main": {"id": 2, "category": "meter", "behind": "grid"},
        **components,
    }
    whole: dict[str, Any] = {"microgrid": {"id": 1}, "components": named}
    made = Plant(
        Site.model_validate(whole if weather is None else {**whole, "weather": weather}),
        start_us=START,
        seed=1,
    )
    made.operating_point.solve()
    return made


HYBRID = {"id": 11, "category": "hybrid_inverter", "rated_power": "30 kW", "peak_power": "40 kW", **QUICK}


def grid(phases: list[str]) -> dict[str, Any]:
    return {
        "id": 1, "category": "grid_connection_point", "rated_fuse_current": "400 A", "voltages": {"phases": phases}
    }  # fmt: skip


def flow_through(memory: Any, component: int) -> tuple[float, ...]:
    """Return active and reactive power through a component, phase by phase."""
    flow = memory.components[component]
    return (
        flow.active_1, flow.active_2, flow.active_3, flow.reactive_1, flow.reactive_2, flow.reactive_3
    )  # fmt: skip
