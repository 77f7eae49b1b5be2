"""What batteries draw from their own cells, beside what flows through their terminals.

The cells give the draw, and what flows at the terminals is on top of that: a battery that charges with as much as it
draws keeps its charge. So the bounds at its terminals are those of the cells with the draw added. Below the lower limit
of SoC the cells give the draw alone, until they are empty; then it ends.
"""

from __future__ import annotations

from ...models.battery import BatteryOutput
from ...models.battery_auxiliary import auxiliary_draw, auxiliary_reach_k
from ...models.battery_horizon import drift_s
from ...models.battery_step import battery_terminal
from ...models.bms import RELAYS_CLOSED
from .layout import BatteryMemory, Layout, Memory

_EMPTY_SOC = 0.001
"""Cells give nothing to auxiliaries from here down: more than SoC may move in a step near its end."""
_LEAST_S = 1.0


def cells_w(now: BatteryMemory) -> float:
    """Return the power of the cells of a battery [W]: that at its terminals, less what it draws itself."""
    return now.dc_w - now.auxiliary_w


def terminal_a(now: BatteryMemory, shown: BatteryOutput) -> float:
    """Return the current at the terminals of a battery [A], given what its cells show."""
    return shown.current_a if now.auxiliary_w == 0.0 else shown.current_a + now.auxiliary_w / shown.voltage_v


def find_auxiliaries(layout: Layout, memory: Memory) -> None:
    """Find what batteries draw from their own cells now; heating and cooling need closed relays."""
    for number in range(len(layout.auxiliaries)):
        battery = layout.auxiliaries[number].battery
        now, state = memory.batteries[battery], memory.battery_states[battery]
        now.auxiliary_w = 0.0
        now.auxiliary_heat_w = 0.0
        if state.soc > _EMPTY_SOC:
            conditions = memory.bms[battery].relays == RELAYS_CLOSED
            draw = auxiliary_draw(layout.auxiliaries[number].params, state.temperature_c, conditions)
            now.auxiliary_w = draw.power_w
            now.auxiliary_heat_w = draw.heat_w


def auxiliaries_ahead_s(layout: Layout, memory: Memory, horizon_s: float) -> float:
    """Return how long batteries draw what they draw [s], at most the time given."""
    ambient_c = memory.inputs[layout.ambient_signal]
    for number in range(len(layout.auxiliaries)):
        own, battery = layout.auxiliaries[number], layout.auxiliaries[number].battery
        cells, state = layout.batteries[battery].params, memory.battery_states[battery]
        now = memory.batteries[battery]
        shown = battery_terminal(cells, state, cells_w(now), now.auxiliary_w)
        heat_w = shown.loss_w + shown.reversible_heat_w + now.auxiliary_heat_w
        drift_w = heat_w - cells.heat_loss_w_per_k * (state.temperature_c - ambient_c)
        if drift_w != 0.0:
            reach_k = auxiliary_reach_k(own.params, state.temperature_c, drift_w > 0.0)
            horizon_s = min(horizon_s, max(drift_s(cells, drift_w, reach_k), _LEAST_S))
    return horizon_s
