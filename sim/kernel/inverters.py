"""What inverters have to do with the world around them: the sun before them, their heat, and the grid code.

A grid code acts on the reach of a control, whatever the device behind it: while the protection holds it off there is
none, and the inverter stands by; after a reconnection its ramp is the code's; high frequency cuts what it may deliver.
"""

from __future__ import annotations

import math

from ...models.grid_code import (
    DISCONNECTED,
    RAMPING,
    GridCodeInput,
    GridCodeState,
    freq_watt_share,
    grid_code_cause,
    grid_code_horizon_s,
    grid_code_step,
    volt_var_share,
)
from ...models.inverter import InverterState, inverter_heat_horizon_s, inverter_heated
from ...models.pv import PvInput, PvState, pv_output
from .ac_bus import active_w, is_live
from .layout import Layout, Memory

GUARD_CLOCKS = 8
"""Clocks of a protection: six of thresholds, that of the wait, and that of the ramp."""
LIGHT_AIR_M_PER_S = 1.0
"""Wind at the modules where nothing is known of it: nominal operating conditions (IEC 61215) [m/s]."""


def find_sun(layout: Layout, memory: Memory) -> None:
    """Find what each array offers now, where anything that it depends on has changed."""
    ambient_c = memory.inputs[layout.ambient_signal]
    wind = LIGHT_AIR_M_PER_S
    if layout.wind_signal >= 0:
        wind = memory.inputs[layout.wind_signal]
    for array in range(len(layout.arrays)):
        irradiance = memory.inputs[layout.array_signal[array]]
        if (
            irradiance != memory.array_irradiance[array]
            or ambient_c != memory.array_ambient_c[array]
            or wind != memory.array_wind[array]
        ):
            given = PvInput(irradiance, ambient_c, wind)
            offered = pv_output(layout.arrays[array], PvState(ambient_c), given)
            memory.array_w[array] = offered.dc_power_w
            memory.array_v[array] = offered.voltage_v
            memory.array_irradiance[array] = irradiance
            memory.array_ambient_c[array] = ambient_c
            memory.array_wind[array] = wind


def heat_of(memory: Memory, inverter: int) -> InverterState:
    """Return what the heat sink of an inverter with batteries remembers."""
    return InverterState(memory.heat_sink_c[inverter], memory.is_held_back[inverter])


def heat_horizon_s(layout: Layout, memory: Memory, horizon_s: float) -> float:
    """Return how long all heat sinks allow what they do [s], at most the time given."""
    ambient_c = memory.inputs[layout.ambient_signal]
    for inverter in range(len(layout.inverters)):
        loss_w = _loss_w(layout, memory, inverter)
        ahead_s = inverter_heat_horizon_s(
            layout.inverters[inverter], heat_of(memory, inverter), loss_w, ambient_c
        )
        horizon_s = min(horizon_s, ahead_s)
    return horizon_s


def heat_up(layout: Layout, memory: Memory, dt_s: float) -> None:
    """Carry all heat sinks along."""
    ambient_c = memory.inputs[layout.ambient_signal]
    for inverter in range(len(layout.inverters)):
        loss_w = _loss_w(layout, memory, inverter)
        heat = inverter_heated(layout.inverters[inverter], heat_of(memory, inverter), loss_w, ambient_c, dt_s)
        memory.heat_sink_c[inverter] = heat.heat_sink_c
        memory.is_held_back[inverter] = heat.held_back


def _loss_w(layout: Layout, memory: Memory, inverter: int) -> float:
    if is_live(memory, layout.inverter_component[inverter]):
        return memory.inverter_ac_w[inverter] - memory.inverter_dc_w[inverter]
    return 0.0


def _seen(layout: Layout, memory: Memory, guard: int) -> GridCodeInput:
    """Return what the grid shows to an inverter; of its phases the one that is farthest from the nominal voltage."""
    voltage_pu = 1.0
    for phase in range(3):
        phase_pu = memory.inputs[layout.phase_voltage_signals[phase]] / layout.nominal_phase_v
        if abs(phase_pu - 1.0) > abs(voltage_pu - 1.0):
            voltage_pu = phase_pu
    if memory.is_cut_off[layout.control_component[layout.guard_control[guard]]]:
        voltage_pu = 0.0
    return GridCodeInput(voltage_pu, memory.inputs[layout.frequency_signal])


def _state(memory: Memory, guard: int) -> GridCodeState:
    """Return what the protection of a guard remembers."""
    first = GUARD_CLOCKS * guard
    clocks = memory.guard_clocks_s
    return GridCodeState(
        memory.guard_mode[guard], clocks[first], clocks[first + 1], clocks[first + 2], clocks[first + 3],
        clocks[first + 4], clocks[first + 5], memory.guard_mean_pu[guard], clocks[first + 6], clocks[first + 7],
    )  # fmt: skip


def _keep(memory: Memory, guard: int, state: GridCodeState) -> None:
    first = GUARD_CLOCKS * guard
    clocks = memory.guard_clocks_s
    memory.guard_mode[guard] = state.mode
    memory.guard_mean_pu[guard] = state.mean_voltage_pu
    clocks[first] = state.undervoltage_s
    clocks[first + 1] = state.low_undervoltage_s
    clocks[first + 2] = state.overvoltage_s
    clocks[first + 3] = state.high_overvoltage_s
    clocks[first + 4] = state.underfrequency_s
    clocks[first + 5] = state.overfrequency_s
    clocks[first + 6] = state.waited_s
    clocks[first + 7] = state.ramped_s


def keep_to_grid_code(layout: Layout, memory: Memory) -> None:
    """Cut what each inverter could have to what its grid code leaves; its reach must be known."""
    for guard in range(len(layout.guards)):
        params, control = layout.guards[guard], layout.guard_control[guard]
        seen = _seen(layout, memory, guard)
        share = volt_var_share(params.volt_var, seen.voltage_pu)
        memory.support_var[control] = share * params.rated_apparent_power_va
        least_w, most_w = -math.inf, math.inf
        if memory.held_off_by[control]:
            least_w, most_w = 0.0, 0.0
        else:
            share = freq_watt_share(params.freq_watt, seen.frequency_hz)
            if share < 1.0:
                least_w = 0.0 - share * memory.guard_reference_w[guard]
        memory.reach_lower_w[control] = max(memory.reach_lower_w[control], least_w)
        memory.reach_upper_w[control] = min(memory.reach_upper_w[control], most_w)
        if control < len(layout.inverters):
            memory.own_lower_w[control] = max(memory.own_lower_w[control], least_w)
            memory.own_upper_w[control] = min(memory.own_upper_w[control], most_w)


def grid_code_ahead_s(layout: Layout, memory: Memory, horizon_s: float) -> float:
    """Return how long all protections leave things as they are [s], at most the time given."""
    for guard in range(len(layout.guards)):
        state, seen = _state(memory, guard), _seen(layout, memory, guard)
        horizon_s = min(horizon_s, grid_code_horizon_s(layout.guards[guard].code, state, seen))
    return horizon_s


def watch_grid(layout: Layout, memory: Memory, dt_s: float) -> None:
    """Carry all protections along: they trip, wait, reconnect; after a trip power begins at nothing."""
    for guard in range(len(layout.guards)):
        params, control = layout.guards[guard], layout.guard_control[guard]
        seen = _seen(layout, memory, guard)
        state, allowed = grid_code_step(params.code, _state(memory, guard), seen, dt_s)
        _keep(memory, guard, state)
        memory.growth_w_per_s[control] = math.inf
        if state.mode == RAMPING:
            memory.growth_w_per_s[control] = allowed.power_gradient_per_s * params.rated_power_w
        if state.mode != DISCONNECTED:
            memory.held_off_by[control] = 0
        elif not memory.held_off_by[control]:
            memory.held_off_by[control] = grid_code_cause(params.code, seen)
            memory.setting_w[control] = 0.0
        if params.follows_production and seen.frequency_hz <= params.freq_watt.threshold_hz:
            delivered_w = 0.0 - active_w(memory, layout.control_component[control])
            memory.guard_reference_w[guard] = max(delivered_w, 0.0)


def grown_w(setting_w: float, goal_w: float, most_w: float, growth_w: float) -> float:
    """Return a setting one control cycle later, after a reconnection [W].

    Args:
        setting_w: Where it is.
        goal_w: Where it is going.
        most_w: Greatest change in a cycle.
        growth_w: Greatest growth of its magnitude in a cycle.
    """
    moved_w = min(max(goal_w, setting_w - most_w), setting_w + most_w)
    greatest_w = growth_w + (abs(setting_w) if moved_w * setting_w > 0.0 else 0.0)
    return min(max(moved_w, -greatest_w), greatest_w)
