"""Where the SoC of a battery stops, by what its management system finds and by what its cells can.

A battery keeps to the SoC limits of its state, which are of the true mean SoC. A system that errs by some SoC shifts
them by as much: it stops where *it* finds the limit. Where cells differ, it stops as the first of them is there. Limits
are set where what flows is solved for, and hold until it is solved for again; cells that are really full or empty are
so whatever it finds.
"""

from __future__ import annotations

from ...models.battery import BatteryState
from ...models.cell_spread import least_mean_soc, most_mean_soc
from .layout import Layout
from .memory import Memory


def find_soc_limits(layout: Layout, memory: Memory) -> None:
    """Find where SoC stops now of batteries whose limits do not stay."""
    for number in range(len(layout.soc_limits)):
        own, battery = layout.soc_limits[number], layout.soc_limits[number].battery
        cells, state = layout.batteries[battery].params, memory.battery_states[battery]
        error = memory.batteries[battery].soc_error
        spread = memory.bms_states[battery].spread if own.sees_cells else 0.0
        lower = least_mean_soc(own.cells, spread, cells.soc_lower) - error
        upper = most_mean_soc(own.cells, spread, cells.soc_upper) - error
        memory.battery_states[battery] = BatteryState(
            state.soc,
            state.rc1_voltage_v,
            state.rc2_voltage_v,
            state.temperature_c,
            state.capacity_share,
            state.resistance_factor,
            state.surface_lead,
            state.hysteresis_voltage_v,
            max(lower, least_mean_soc(own.cells, spread, 0.0)) - cells.soc_lower,
            min(upper, most_mean_soc(own.cells, spread, 1.0)) - cells.soc_upper,
        )
