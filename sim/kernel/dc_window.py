"""The window of voltage and the greatest current of inverters with batteries, where their files give them.

The voltage is that of an inverter's only battery: at rest for the window, under the greatest current for the power that
goes with that. Batteries of several voltages behind one inverter have converters of their own, so there is no window,
and the current counts at the nominal voltage.
"""

from __future__ import annotations

import math

from ...models.battery import battery_open_circuit_v
from ...models.battery_limits import battery_sagged_v
from ...models.battery_step import battery_terminal
from .layout import Layout
from .memory import Memory

_MOST_RATINGS = 4.0
"""DC power beyond this many times the rating limits nothing."""


def is_in_window(layout: Layout, memory: Memory, inverter: int) -> bool:
    """Say whether an inverter runs at the open-circuit voltage of its battery."""
    own = layout.inverters[inverter]
    if not own.params.keeps_dc_window or own.end_pair - own.first_pair != 1:
        return True
    battery = layout.pair_battery[own.first_pair]
    rest_v = battery_open_circuit_v(layout.batteries[battery].params, memory.battery_states[battery])
    return own.params.dc_voltage_min_v <= rest_v <= own.params.dc_voltage_max_v


def limits_by_current_w(layout: Layout, memory: Memory, inverter: int) -> tuple[float, float]:
    """Return the least and the greatest DC power that an inverter's greatest current makes [W]."""
    own = layout.inverters[inverter]
    most_a, beyond_w = own.params.dc_current_max_a, _MOST_RATINGS * own.params.rated_power_w
    if own.end_pair - own.first_pair != 1 or most_a == math.inf:
        most_w = min(most_a * own.params.nominal_dc_voltage_v, beyond_w)
        return -most_w, most_w
    battery = layout.pair_battery[own.first_pair]
    params, state = layout.batteries[battery].params, memory.battery_states[battery]
    now_v = battery_terminal(params, state, 0.0).voltage_v
    charged_v = min(now_v, battery_open_circuit_v(params, state))
    given_v = max(min(now_v, battery_sagged_v(params, state, most_a)), 0.0)
    return 0.0 - min(most_a * given_v, beyond_w), min(most_a * charged_v, beyond_w)
