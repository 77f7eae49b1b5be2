"""A running site as a table in the terminal, as wide and as high as that."""

from __future__ import annotations

import math

from rich.table import Table
from rich.text import Text

from ..sim.domain.messages import Frame
from ..sim.domain.metrics import Metric
from ..sim.domain.printable import printable
from ..sim.domain.states import StateCode
from ..sim.domain.timestamps import to_datetime
from ..sim.simulation.live import LiveSimulation
from .columns import Column, fill_table

_STYLES = {
    StateCode.CHARGING: "green",
    StateCode.DISCHARGING: "yellow",
    StateCode.ERROR: "bold red",
}
_NOTHING = "–"
_LINES_AROUND = 7
"""Lines of the terminal that are not rows: title, frame, headings, caption, and the line of the cursor."""


_COLUMNS = (
    Column("id", 1, is_number=True),
    Column("component", 0),
    Column("category", 4),
    Column("power", 0, is_number=True),
    Column("allowed", 2, is_number=True),
    Column("SoC", 0, is_number=True),
    Column("energy in / out", 3, is_number=True),
    Column("state", 0),
)


def draw_table(simulation: LiveSimulation, url: str, *, width: int, height: int) -> Table:
    """Return the present of a running site.

    Args:
        simulation: What runs.
        url: Where it is served, for the title.
        width: Of the terminal [characters].
        height: Of the terminal [lines].
    """
    simulation.catch_up()
    zone = simulation.site.microgrid.location.zone
    now = to_datetime(simulation.plant.time_us).astimezone(zone)
    speed = f" · {simulation.clock.speed:g} x real time" if simulation.clock.speed != 1.0 else ""
    speed = " · paused" if simulation.clock.paused else speed
    frames = {
        key: simulation.gateway.frame(component.id) for key, component in simulation.site.components.items()
    }
    keys = _that_fit(simulation, max(height - _LINES_AROUND, 3))
    rows = [_row(simulation, key, frames[key]) for key in keys]
    table = Table(
        title=Text(
            f"{printable(simulation.site.microgrid.name)} · {url} · {now:%Y-%m-%d %H:%M:%S %Z}{speed}"
        ),
        caption=_caption(simulation, frames, len(frames) - len(keys)),
    )
    fill_table(table, _COLUMNS, rows, width, around_a_cell=3, around_a_row=1)
    return table


def _that_fit(simulation: LiveSimulation, lines: int) -> list[str]:
    """Return the components that there are lines for: first what others hang on, then what can be told something."""
    components = simulation.site.components
    parents = {parent for component in components.values() for parent in component.behind}

    def rank(key: str) -> int:
        if key in parents:
            return 0
        is_told = key in simulation.plant.equipment.ratings or key in simulation.plant.equipment.batteries
        return 1 if is_told else 2

    kept = set(sorted(components, key=rank)[:lines])
    return [key for key in components if key in kept]


def _row(simulation: LiveSimulation, key: str, frame: Frame) -> list[Text]:
    component = simulation.site.components[key]
    cells = (
        str(component.id),
        key,
        str(component.category),
        _kilowatts(_power_w(frame)),
        _allowed(frame),
        _percent(frame.values.get(Metric.BATTERY_SOC_PCT)),
        _energy(frame),
    )
    return [*(Text(cell) for cell in cells), _state(simulation, key, frame)]


def _state(simulation: LiveSimulation, key: str, frame: Frame) -> Text:
    first = next(iter(frame.states), StateCode.UNKNOWN)
    rating = simulation.plant.equipment.ratings.get(key)
    if first is StateCode.DISCHARGING and rating is not None and rating.only_produces:
        return Text(" ".join(("PRODUCING", *frame.states[1:])), style="green")
    return Text(" ".join(frame.states), style=_STYLES.get(first, ""))


def _caption(simulation: LiveSimulation, frames: dict[str, Frame], left_out: int) -> str:
    lines = ["Positive power flows away from the grid into the component. Ctrl-C ends."]
    if left_out:
        lines.insert(0, f"and {left_out} more, for which there are no lines")
    for key, params in simulation.plant.equipment.batteries.items():
        soc_pct = frames[key].values.get(Metric.BATTERY_SOC_PCT, math.nan)
        if not math.isnan(soc_pct):
            usable_pct = (soc_pct - 100.0 * params.soc_lower) / (params.soc_upper - params.soc_lower)
            shown_pct = min(max(usable_pct, 0.0), 100.0)
            lines.append(
                f"The SDK's battery pool counts between the bounds of the SoC: {shown_pct:.1f} % for {soc_pct:.1f} %."
            )
            break
    return "\n".join(lines)


def _power_w(frame: Frame) -> float:
    return frame.values.get(Metric.AC_POWER_ACTIVE, frame.values.get(Metric.DC_POWER, math.nan))


def _kilowatts(power_w: float) -> str:
    return _NOTHING if math.isnan(power_w) else f"{power_w / 1e3:z.2f} kW"


def _allowed(frame: Frame) -> str:
    ranges = frame.bounds.get(Metric.AC_POWER_ACTIVE) or frame.bounds.get(Metric.DC_POWER) or ()
    return ", ".join(f"{lower / 1e3:z.1f} … {upper / 1e3:z.1f}" for lower, upper in ranges)


def _percent(value: float | None) -> str:
    if value is None:
        return ""
    return _NOTHING if math.isnan(value) else f"{value:.1f} %"


def _energy(frame: Frame) -> str:
    consumed_wh = frame.values.get(Metric.AC_ENERGY_ACTIVE_CONSUMED)
    delivered_wh = frame.values.get(Metric.AC_ENERGY_ACTIVE_DELIVERED)
    if consumed_wh is None or delivered_wh is None:
        return ""
    if math.isnan(consumed_wh) or math.isnan(delivered_wh):
        return _NOTHING
    return f"{consumed_wh / 1e3:.2f} / {delivered_wh / 1e3:.2f} kWh"
