"""A running site as a table in the terminal."""

from __future__ import annotations

import math

from rich.table import Table
from rich.text import Text

from ..sim.domain.messages import Frame
from ..sim.domain.metrics import Metric
from ..sim.domain.states import StateCode
from ..sim.domain.timestamps import to_datetime
from ..sim.simulation.live import LiveSimulation

_STYLES = {
    StateCode.CHARGING: "green",
    StateCode.DISCHARGING: "yellow",
    StateCode.ERROR: "bold red",
}


def draw_table(simulation: LiveSimulation, address: str) -> Table:
    """Return the present of a running site.

    Args:
        simulation: What runs.
        address: Where it is served, for the title.
    """
    simulation.catch_up()
    zone = simulation.site.microgrid.location.zone
    now = to_datetime(simulation.plant.time_us).astimezone(zone)
    speed = f" · {simulation.clock.speed:g} x real time" if simulation.clock.speed != 1.0 else ""
    speed = " · paused" if simulation.clock.paused else speed
    table = Table(
        title=f"{simulation.site.microgrid.name} · grpc://{address} · {now:%Y-%m-%d %H:%M:%S %Z}{speed}",
        caption="Positive power flows away from the grid into the component. Ctrl-C ends.",
    )
    for heading in ("id", "component", "category"):
        table.add_column(heading)
    for heading in ("power", "allowed", "SoC", "energy in / out"):
        table.add_column(heading, justify="right")
    table.add_column("state")
    for key, component in simulation.site.components.items():
        frame = simulation.gateway.frame(component.id)
        table.add_row(
            str(component.id),
            key,
            component.category,
            _kilowatts(_power_w(frame)),
            _allowed(frame),
            _percent(frame.values.get(Metric.BATTERY_SOC_PCT)),
            _energy(frame),
            Text(" ".join(frame.states), style=_STYLES.get(next(iter(frame.states), StateCode.UNKNOWN), "")),
        )
    return table


def _power_w(frame: Frame) -> float:
    return frame.values.get(Metric.AC_POWER_ACTIVE, frame.values.get(Metric.DC_POWER, math.nan))


def _kilowatts(power_w: float) -> str:
    return f"{power_w / 1e3:.2f} kW"


def _allowed(frame: Frame) -> str:
    ranges = frame.bounds.get(Metric.AC_POWER_ACTIVE) or frame.bounds.get(Metric.DC_POWER) or ()
    return ", ".join(f"{lower / 1e3:.1f} … {upper / 1e3:.1f}" for lower, upper in ranges)


def _percent(value: float | None) -> str:
    return "" if value is None else f"{value:.1f} %"


def _energy(frame: Frame) -> str:
    consumed_wh = frame.values.get(Metric.AC_ENERGY_ACTIVE_CONSUMED)
    delivered_wh = frame.values.get(Metric.AC_ENERGY_ACTIVE_DELIVERED)
    if consumed_wh is None or delivered_wh is None:
        return ""
    return f"{consumed_wh / 1e3:.2f} / {delivered_wh / 1e3:.2f} kWh"
