"""What inverters have to do with the world around them: the sun before them, their heat, and the grid code.

A grid code acts on the reach of a control, whatever the device behind it: while the protection holds it off there is
none, and the inverter stands by; after a reconnection its ramp is the code's; frequency outside of its band narrows it,
that of storage to powers beyond zero in the end.
"""

from __future__ import annotations

import math

from ...models.grid_code import (
    DISCONNECTED,
    RAMPING,
    GridCodeInput,
    GridCodeState,
    grid_code_cause,
    grid_code_horizon_s,
    grid_code_step,
)
from ...models.grid_guard import active_share, follows_power, reactive_by_power_var
from ...models.grid_support import (
    freq_watt_share,
    freq_watt_shift,
    volt_var_after,
    volt_var_horizon_s,
    volt_var_now,
    volt_var_share,
)
from ...models.inverter import InverterState, inverter_heat_horizon_s, inverter_heated
from ...models.pv import PvInput, PvState, pv_output
from .ac_bus import active_w, is_live, nominal_v, offered_v
from .client_limits import cut_w, reactive_aim_var
from .layout import Layout
from .memory import Memory

LIGHT_AIR_M_PER_S = 1.0
"""Wind at the modules where nothing is known of it: nominal operating conditions (IEC 61215) [m/s]."""
_FOLLOWED = 1e-7
"""Part of the apparent power by which reactive power may differ from what active power asks for."""


def find_sun(layout: Layout, memory: Memory) -> None:
    """Find what each array offers now, where anything that it depends on has changed."""
    wind = LIGHT_AIR_M_PER_S
    if layout.wind_signal >= 0:
        wind = memory.inputs[layout.wind_signal]
    for number in range(len(layout.arrays)):
        array, now = layout.arrays[number], memory.arrays[number]
        irradiance, ambient_c = memory.inputs[array.signal], memory.inputs[array.air_signal]
        if irradiance != now.irradiance or ambient_c != now.ambient_c or wind != now.wind:
            given = PvInput(irradiance, ambient_c, wind)
            offered = pv_output(array.params, PvState(ambient_c, 1 if now.power_w < 0.0 else 0), given)
            now.power_w = offered.dc_power_w
            now.voltage_v = offered.voltage_v
            now.irradiance = irradiance
            now.ambient_c = ambient_c
            now.wind = wind


def heat_of(memory: Memory, inverter: int) -> InverterState:
    """Return what the heat sink of an inverter with batteries remembers."""
    now = memory.inverters[inverter]
    return InverterState(now.heat_sink_c, now.is_held_back)


def heat_horizon_s(layout: Layout, memory: Memory, horizon_s: float) -> float:
    """Return how long all heat sinks allow what they do [s], at most the time given."""
    ambient_c = memory.inputs[layout.ambient_signal]
    for inverter in range(len(layout.inverters)):
        loss_w = _loss_w(layout, memory, inverter)
        params, heat = layout.inverters[inverter].params, heat_of(memory, inverter)
        horizon_s = min(horizon_s, inverter_heat_horizon_s(params, heat, loss_w, ambient_c))
    return horizon_s


def heat_up(layout: Layout, memory: Memory, dt_s: float) -> None:
    """Carry all heat sinks along."""
    ambient_c = memory.inputs[layout.ambient_signal]
    for inverter in range(len(layout.inverters)):
        loss_w = _loss_w(layout, memory, inverter)
        params, now = layout.inverters[inverter].params, memory.inverters[inverter]
        heat = inverter_heated(params, heat_of(memory, inverter), loss_w, ambient_c, dt_s)
        now.heat_sink_c = heat.heat_sink_c
        now.is_held_back = heat.held_back


def _loss_w(layout: Layout, memory: Memory, inverter: int) -> float:
    if is_live(memory, layout.inverters[inverter].component):
        now = memory.inverters[inverter]
        return now.ac_w - now.dc_w
    return 0.0


def _seen(layout: Layout, memory: Memory, guard: int) -> GridCodeInput:
    """Return what the grid shows to an inverter; of its own phases that which is farthest from the nominal voltage."""
    component = layout.controls[layout.guards[guard].control].component
    place = layout.components[component]
    voltage_pu = 1.0
    if place.share_1 > 0.0:
        voltage_pu = _farther_pu(layout, memory, component, 0, voltage_pu)
    if place.share_2 > 0.0:
        voltage_pu = _farther_pu(layout, memory, component, 1, voltage_pu)
    if place.share_3 > 0.0:
        voltage_pu = _farther_pu(layout, memory, component, 2, voltage_pu)
    if memory.components[component].is_cut_off:
        voltage_pu = 0.0
    return GridCodeInput(voltage_pu, memory.inputs[layout.frequency_signal])


def _farther_pu(layout: Layout, memory: Memory, component: int, phase: int, voltage_pu: float) -> float:
    """Return the voltage of a phase if it is farther from the nominal one than another, or that one [1]."""
    phase_pu = offered_v(layout, memory, component, phase) / nominal_v(layout, component)
    return phase_pu if abs(phase_pu - 1.0) > abs(voltage_pu - 1.0) else voltage_pu


def _state(memory: Memory, guard: int) -> GridCodeState:
    """Return what the protection of a guard remembers."""
    now = memory.guards[guard]
    return GridCodeState(
        now.mode, now.undervoltage_s, now.low_undervoltage_s, now.overvoltage_s, now.high_overvoltage_s,
        now.underfrequency_s, now.overfrequency_s, now.mean_voltage_pu, now.waited_s, now.ramped_s,
    )  # fmt: skip


def _keep(memory: Memory, guard: int, state: GridCodeState) -> None:
    now = memory.guards[guard]
    now.mode = state.mode
    now.undervoltage_s = state.undervoltage_s
    now.low_undervoltage_s = state.low_undervoltage_s
    now.overvoltage_s = state.overvoltage_s
    now.high_overvoltage_s = state.high_overvoltage_s
    now.underfrequency_s = state.underfrequency_s
    now.overfrequency_s = state.overfrequency_s
    now.mean_voltage_pu = state.mean_voltage_pu
    now.waited_s = state.waited_s
    now.ramped_s = state.ramped_s


def support_voltage(layout: Layout, memory: Memory) -> None:
    """Find the reactive power that each grid code asks for, and what of the apparent power that leaves active power.

    A client's reactive set-point goes before it, and has what active power leaves.
    """
    for guard in range(len(layout.guards)):
        own = layout.guards[guard]
        now = memory.controls[own.control]
        if follows_power(own.params):
            now.support_var = own.by_power_var
        else:
            goal = _volt_var_goal(layout, memory, guard)
            if own.params.volt_var.time_constant_s > 0.0:
                goal = volt_var_now(memory.guards[guard].volt_var_share, goal)
            now.support_var = goal * own.params.rated_apparent_power_va
        now.active_share = 1.0
        if now.support_var != 0.0 and now.reactive_target_var == 0.0:
            kept_var = min(abs(reactive_aim_var(memory, own.control)), own.most_var)
            now.active_share = active_share(own.params, kept_var)
        now.drawing_share = now.active_share
        if follows_power(own.params):
            now.support_var = memory.guards[guard].by_power_var
            now.drawing_share = 1.0


def settle_volt_var(layout: Layout, memory: Memory) -> None:
    """Let Q(U) have come to what the voltage asks for, as if that had been so for long."""
    for guard in range(len(layout.guards)):
        memory.guards[guard].volt_var_share = _volt_var_goal(layout, memory, guard)


def _volt_var_goal(layout: Layout, memory: Memory, guard: int) -> float:
    """Return the reactive power over the rated apparent power that the voltage asks for in the end [1]."""
    return volt_var_share(layout.guards[guard].params.volt_var, _seen(layout, memory, guard).voltage_pu)


def follow_power(layout: Layout, memory: Memory) -> bool:
    """Let reactive power follow the active power found where a grid code says so, and say whether that changed it."""
    has_changed = False
    for guard in range(len(layout.guards)):
        params = layout.guards[guard].params
        if follows_power(params):
            power_w = active_w(memory, layout.controls[layout.guards[guard].control].component)
            wanted_var = reactive_by_power_var(params, power_w)
            change_var = abs(wanted_var - memory.guards[guard].by_power_var)
            if change_var > _FOLLOWED * params.rated_apparent_power_va:
                memory.guards[guard].by_power_var = wanted_var
                has_changed = True
    return has_changed


def keep_to_grid_code(layout: Layout, memory: Memory) -> None:
    """Cut what each inverter could have to what its grid code leaves; its reach must be known."""
    for guard in range(len(layout.guards)):
        control = layout.guards[guard].control
        now = memory.controls[control]
        least_w, most_w = left_by_code_w(layout, memory, guard)
        now.reach_upper_w = max(min(now.reach_upper_w, most_w), now.reach_lower_w)
        now.reach_lower_w = min(max(now.reach_lower_w, least_w), now.reach_upper_w)
        now.least_by_code_w = min(max(least_w, 0.0), now.reach_upper_w)
        if control < len(layout.inverters):
            inverter = memory.inverters[control]
            inverter.own_upper_w = max(min(inverter.own_upper_w, most_w), inverter.own_lower_w)
            inverter.own_lower_w = min(max(inverter.own_lower_w, least_w), inverter.own_upper_w)


def left_by_code_w(layout: Layout, memory: Memory, guard: int) -> tuple[float, float]:
    """Return the least and the greatest active power that a grid code leaves an inverter [W]; may be infinite.

    Beyond zero it asks for no more than clients have left allowed, and for nothing while power grows back after a
    reconnection.
    """
    params, control = layout.guards[guard].params, layout.guards[guard].control
    if memory.controls[control].held_off_by:
        return 0.0, 0.0
    frequency_hz, reference_w = memory.inputs[layout.frequency_signal], memory.guards[guard].reference_w
    if params.follows_production:
        share = freq_watt_share(params.freq_watt, frequency_hz)
        return (0.0 - share * reference_w if share < 1.0 else -math.inf), math.inf
    shift = freq_watt_shift(params.freq_watt, frequency_hz)
    if shift == 0.0:
        return -math.inf, math.inf
    moved_w = reference_w + shift * params.rated_power_w
    if moved_w * shift > 0.0:
        grows = memory.controls[control].growth_w_per_s < math.inf
        moved_w = 0.0 if grows else cut_w(memory, control, moved_w)
    return (moved_w, math.inf) if shift > 0.0 else (-math.inf, moved_w)


def derate(layout: Layout, memory: Memory) -> None:
    """Cut what each device could have to what it still can if it is broken; its reach must be known."""
    for control in range(len(layout.controls)):
        now = memory.controls[control]
        if now.most_w < math.inf:
            now.reach_lower_w = max(now.reach_lower_w, 0.0 - now.most_w)
            now.reach_upper_w = min(now.reach_upper_w, now.most_w)
            if control < len(layout.inverters):
                inverter = memory.inverters[control]
                inverter.own_lower_w = max(inverter.own_lower_w, 0.0 - now.most_w)
                inverter.own_upper_w = min(inverter.own_upper_w, now.most_w)
                inverter.surplus_w = max(inverter.surplus_w, 0.0 - now.most_w)


def grid_code_ahead_s(layout: Layout, memory: Memory, horizon_s: float) -> float:
    """Return how long all protections, and Q(U), leave things as they are [s], at most the time given."""
    for guard in range(len(layout.guards)):
        params, state, seen = layout.guards[guard].params, _state(memory, guard), _seen(layout, memory, guard)
        share, goal = memory.guards[guard].volt_var_share, _volt_var_goal(layout, memory, guard)
        horizon_s = min(horizon_s, grid_code_horizon_s(params.code, state, seen))
        if state.mode != DISCONNECTED:
            horizon_s = min(horizon_s, volt_var_horizon_s(params.volt_var, share, goal))
    return horizon_s


def watch_grid(layout: Layout, memory: Memory, dt_s: float) -> None:
    """Carry all protections along: they trip, wait, reconnect; after a trip power begins at 0. Q(U) as well."""
    for guard in range(len(layout.guards)):
        params, control = layout.guards[guard].params, layout.guards[guard].control
        now = memory.controls[control]
        seen = _seen(layout, memory, guard)
        share = 0.0
        if memory.guards[guard].mode != DISCONNECTED:
            goal = _volt_var_goal(layout, memory, guard)
            share = volt_var_after(params.volt_var, memory.guards[guard].volt_var_share, goal, dt_s)
        memory.guards[guard].volt_var_share = share
        state, allowed = grid_code_step(params.code, _state(memory, guard), seen, dt_s)
        _keep(memory, guard, state)
        now.growth_w_per_s = math.inf
        if state.mode == RAMPING:
            now.growth_w_per_s = allowed.power_gradient_per_s * params.rated_power_w
        if state.mode != DISCONNECTED:
            now.held_off_by = 0
        elif not now.held_off_by:
            now.held_off_by = grid_code_cause(params.code, seen)
            now.setting_w = 0.0
        _remember_power(layout, memory, guard, seen.frequency_hz)


def _remember_power(layout: Layout, memory: Memory, guard: int, frequency_hz: float) -> None:
    """Write down what an inverter has, until frequency leaves its band."""
    params = layout.guards[guard].params
    power_w = active_w(memory, layout.controls[layout.guards[guard].control].component)
    if params.follows_production:
        if frequency_hz <= params.freq_watt.threshold_hz:
            memory.guards[guard].reference_w = max(0.0 - power_w, 0.0)
    elif params.freq_watt.lower_threshold_hz <= frequency_hz <= params.freq_watt.threshold_hz:
        memory.guards[guard].reference_w = power_w


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
