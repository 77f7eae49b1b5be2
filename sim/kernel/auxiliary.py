"""What batteries draw from their own cells, beside what flows through their terminals.

The cells give the draw, and what flows at the terminals is on top of that: a battery that charges with as much as it
draws keeps its charge. So the bounds at its terminals are those of the cells with the draw added. Below the lower limit
of SoC the cells give the draw alone, as far as their voltage and rated current carry it, until they are empty; then it
ends. It ends as well once the management system has tripped for undervoltage: a pack sleeps then, lest its own
electronics empty the cells, until the trip is acknowledged.
"""

from __future__ import annotations

from ...models.battery import BatteryOutput
from ...models.battery_auxiliary import auxiliary_draw, auxiliary_reach_k
from ...models.battery_horizon import drift_s
from ...models.battery_limits import battery_most_given_w
from ...models.battery_step import battery_terminal
from ...models.bms import RELAYS_CLOSED, TRIP_UNDERVOLTAGE
from .layout import Layout
from .memory import BatteryMemory, Memory

_EMPTY_SOC = 0.001
"""Cells give nothing to auxiliaries from here down: more than SoC may move in a step near its end."""
_LEAST_S = 1.0
_REACH_K = 0.5
"""By how much the temperature may move while cells give all that they can."""
HELD_SHARE = 2.0
"""Greatest current over the rated one of a power that flows: bounds keep to the rating where what flows is found, and
while that is held the voltage falls, by a percent or so."""


def cells_w(now: BatteryMemory) -> float:
    """Return the power of the cells of a battery [W]: that at its terminals, less what it draws itself."""
    return now.dc_w - now.auxiliary_w


def shown_by_cells(layout: Layout, memory: Memory, battery: int) -> BatteryOutput:
    """Return what the cells of a battery show at what flows now."""
    now, cells = memory.batteries[battery], layout.batteries[battery].params
    return battery_terminal(cells, memory.battery_states[battery], cells_w(now), now.auxiliary_w, HELD_SHARE)


def drawn_w(now: BatteryMemory, given_w: float) -> float:
    """Return what a battery has drawn itself [W], given the power that its cells had: less where they gave less."""
    return min(max(now.dc_w - given_w, 0.0), now.auxiliary_w)


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
        if state.soc > _EMPTY_SOC and memory.bms[battery].trip != TRIP_UNDERVOLTAGE:
            conditions = memory.bms[battery].relays == RELAYS_CLOSED
            most_w = battery_most_given_w(layout.batteries[battery].params, state)
            draw = auxiliary_draw(layout.auxiliaries[number].params, state.temperature_c, conditions, most_w)
            now.auxiliary_w = draw.power_w
            now.auxiliary_heat_w = draw.heat_w


def auxiliaries_ahead_s(layout: Layout, memory: Memory, horizon_s: float) -> float:
    """Return how long batteries draw what they draw [s], at most the time given."""
    ambient_c = memory.inputs[layout.ambient_signal]
    for number in range(len(layout.auxiliaries)):
        own, battery = layout.auxiliaries[number], layout.auxiliaries[number].battery
        cells, state = layout.batteries[battery].params, memory.battery_states[battery]
        now = memory.batteries[battery]
        shown = shown_by_cells(layout, memory, battery)
        heat_w = shown.loss_w + shown.reversible_heat_w + now.auxiliary_heat_w
        drift_w = heat_w - cells.heat_loss_w_per_k * (state.temperature_c - ambient_c)
        if drift_w != 0.0:
            reach_k = auxiliary_reach_k(own.params, state.temperature_c, drift_w, cells.heat_loss_w_per_k)
            if now.auxiliary_w >= battery_most_given_w(cells, state):
                reach_k = min(reach_k, _REACH_K)
            horizon_s = min(horizon_s, max(drift_s(cells, drift_w, reach_k), _LEAST_S))
    return horizon_s
