"""Steps from event to event: what flows now, until when, and what that leaves behind.

Powers are found at the beginning of a step and hold until its end; a step ends where anything changes: an input, a
control cycle of a ramp, a device that comes to its horizon. So energies add up exactly, however often one looks.
"""

from __future__ import annotations

import math
from typing import Any

from ...models.battery_horizon import battery_horizon_s
from ...models.inverter import lag_towards, ramp_towards
from .ac_bus import active_w, clear_flows, count_energy, draw_inverters, draw_loads, is_live, sum_towards_grid
from .ageing import HOUR_US, gather_use, notice_turns
from .auxiliary import HELD_SHARE, auxiliaries_ahead_s, cells_w, find_auxiliaries
from .bms import managements_ahead_s, run_managements
from .client_limits import aim_w, ramped_w
from .dc_bus import share_directly
from .dc_reach import drawn_beside_sun_w, find_direct_reach
from .device_model import draw_machines, find_machine_reach, machines_horizon_s, step_machines
from .energies import count_energies
from .feed_in import beyond_limit_w, find_share, held_back_w, hold_back, is_limited, needs_new_share
from .grid import fuses_horizon_s, heat_fuses
from .held_batteries import begin_batteries, carry_batteries
from .inverters import (
    derate,
    find_sun,
    follow_power,
    grid_code_ahead_s,
    grown_w,
    heat_horizon_s,
    heat_up,
    keep_to_grid_code,
    support_voltage,
    watch_grid,
)
from .layout import Layout
from .memory import Memory
from .metering import run_meters
from .network import (
    COLLAPSED,
    MOVED,
    close_again,
    count_line_losses,
    flow_through_lines,
    releases_ahead_us,
)
from .ramps import is_ramping, may_move
from .recorded import count_astray, follow_recordings, may_be_told, recordings_ahead_us
from .soc_estimate import begin_counting, correct_estimates, count_charge, soc_estimates_ahead_s
from .soc_limits import find_soc_limits

_MOST_TURNS = 16
"""What depends on each other (active and reactive power; losses and what is held back) agrees long before."""


def solve(layout: Layout, memory: Memory, machines: Any) -> None:
    """Find what flows at this instant, and until when it will if nobody interferes; inputs must be present."""
    count_energies(layout, memory)
    gather_use(layout, memory, memory.time_us)
    close_again(layout, memory)
    follow_recordings(layout, memory)
    correct_estimates(layout, memory)
    find_soc_limits(layout, memory)
    _find_flows(layout, memory, machines)
    # Photovoltaics keep to the limit at once; what they hold back was found for the instant before, and what
    # transformers lose on the way to the grid goes by what flows then.
    for _ in range(_MOST_TURNS):
        memory.is_known = 1
        find_share(layout, memory)
        if memory.is_known:
            break
        _find_flows(layout, memory, machines)
    memory.holds_until_us = _next_change_us(layout, memory, machines)
    begin_batteries(layout, memory)
    begin_counting(layout, memory)
    memory.is_known = 1


def _find_flows(layout: Layout, memory: Memory, machines: Any) -> None:
    # Reactive power that follows active power costs some of that, and what is drawn goes by voltages that it moves, so
    # they are found in turns.
    for _ in range(_MOST_TURNS + len(layout.nodes)):
        _find_flows_once(layout, memory, machines)
        voltages = flow_through_lines(layout, memory)
        is_answered = voltages == COLLAPSED or (voltages == MOVED and layout.answers_voltage == 1)
        if not follow_power(layout, memory) and not is_answered:
            break


def _find_flows_once(layout: Layout, memory: Memory, machines: Any) -> None:
    clear_flows(layout, memory)
    find_sun(layout, memory)
    support_voltage(layout, memory)
    run_managements(layout, memory)
    find_auxiliaries(layout, memory)
    find_direct_reach(layout, memory)
    find_machine_reach(layout, memory, machines)
    derate(layout, memory)
    keep_to_grid_code(layout, memory)
    hold_back(layout, memory)
    share_directly(layout, memory)
    notice_turns(layout, memory)
    draw_loads(layout, memory)
    draw_inverters(layout, memory)
    draw_machines(layout, memory, machines)
    sum_towards_grid(layout, memory)


def integrate(layout: Layout, memory: Memory, machines: Any, end_us: int) -> None:
    """Let what flows now go on until a time not beyond `holds_until_us` [µs].

    A mere look in between changes nothing, so what flows is known until it would have changed anyway.
    """
    carry_batteries(layout, memory, end_us)
    pass_time(layout, memory, machines, end_us)


def pass_time(layout: Layout, memory: Memory, machines: Any, end_us: int) -> None:
    """Do what `integrate` does once all batteries whose state is read have been carried to that time [µs]."""
    dt_s = (end_us - memory.time_us) / 1e6
    hours = dt_s / 3600.0
    count_charge(layout, memory, end_us)
    if end_us >= memory.holds_until_us:
        gather_use(layout, memory, end_us)
    for number in range(len(layout.inverters)):
        if is_live(memory, layout.inverters[number].component):
            inverter = memory.inverters[number]
            inverter.loss_wh += (inverter.ac_w - inverter.dc_w) * hours
            inverter.sun_wh += (inverter.taken_dc_w - inverter.dc_w) * hours
    heat_up(layout, memory, dt_s)
    step_machines(layout, memory, machines, dt_s)
    watch_grid(layout, memory, dt_s)
    count_energy(layout, memory, dt_s)
    count_line_losses(layout, memory, dt_s)
    count_astray(layout, memory, end_us)
    run_meters(layout, memory, dt_s)
    memory.time_us = end_us
    if end_us >= memory.holds_until_us:
        memory.is_known = 0
    heat_fuses(layout, memory, dt_s)


def needs_control(layout: Layout, memory: Memory) -> bool:
    """Say whether now is a control cycle at which something might move by itself."""
    if not _is_at_cycle(layout, memory, layout.cycle_us):
        return False
    if is_limited(layout) or may_be_told(layout, memory):
        return True
    for number in range(len(layout.controls)):
        if may_move(layout, memory, number) and (
            _follows_meter(layout, memory, number) or _ramps_now(layout, memory, number)
        ):
            return True
    return False


def control(layout: Layout, memory: Memory) -> None:
    """Move what moves by itself at a control cycle: built-in controls, feed-in limit, ramps; flows must be known."""
    for number in range(len(layout.controls)):
        if may_move(layout, memory, number) and _is_off_target(layout, memory, number):
            memory.controls[number].target_w = _wanted_w(layout, memory, number)
    find_share(layout, memory)
    for number in range(len(layout.controls)):
        if may_move(layout, memory, number) and _ramps_now(layout, memory, number):
            _ramp(layout, memory, number)
            memory.is_known = 0


def begin_recordings(layout: Layout, memory: Memory) -> None:
    """Let the first interval of a run be driven by recordings that have arrived; flows must be known."""
    for number in range(len(layout.recorded)):
        driven = layout.recorded[number].control
        if may_move(layout, memory, driven) and is_ramping(memory, driven):
            _ramp(layout, memory, driven)
            memory.is_known = 0


def _ramps_now(layout: Layout, memory: Memory, number: int) -> bool:
    return is_ramping(memory, number) and _is_at_cycle(layout, memory, _cycle_us(layout, memory, number))


def _cycle_us(layout: Layout, memory: Memory, number: int) -> int:
    """Return how often the ramp of a control moves [µs]; the slow one after a reconnection in seconds."""
    if memory.controls[number].growth_w_per_s < layout.controls[number].ramp_w_per_s:
        return layout.cycle_us * max(1, 1_000_000 // layout.cycle_us)
    return layout.cycle_us


def _is_at_cycle(layout: Layout, memory: Memory, cycle_us: int) -> bool:
    return (memory.time_us - layout.cycle_begin_us) % cycle_us == 0


def _next_cycle_us(layout: Layout, memory: Memory, cycle_us: int) -> int:
    return ((memory.time_us - layout.cycle_begin_us) // cycle_us + 1) * cycle_us + layout.cycle_begin_us


def _ramp(layout: Layout, memory: Memory, number: int) -> None:
    own, now = layout.controls[number], memory.controls[number]
    lower_w, upper_w = now.reach_lower_w, now.reach_upper_w
    start_w = ramped_w(memory, number)
    goal_w = aim_w(memory, number)
    cycle_s = _cycle_us(layout, memory, number) / 1e6
    ramp_w_per_s = min(own.ramp_w_per_s, now.slowest_w_per_s)
    if now.growth_w_per_s < own.ramp_w_per_s:
        growth_w = now.growth_w_per_s * cycle_s
        now.setting_w = grown_w(now.setting_w, goal_w, ramp_w_per_s * cycle_s, growth_w)
        return
    lagged_w = lag_towards(own.lag_s, start_w, goal_w, own.near_w, cycle_s)
    moved_w = ramp_towards(ramp_w_per_s, start_w, lagged_w, cycle_s)
    # Beyond its reach the device is held back anyway, so there is nothing left to ramp.
    now.setting_w = moved_w if lower_w <= moved_w <= upper_w else goal_w


def _follows_meter(layout: Layout, memory: Memory, number: int) -> bool:
    return layout.controls[number].meter >= 0 and bool(memory.controls[number].follows_meter)


def _is_off_target(layout: Layout, memory: Memory, number: int) -> bool:
    """Say whether a built-in control would aim elsewhere than it does."""
    if not _follows_meter(layout, memory, number):
        return False
    change_w = _wanted_w(layout, memory, number) - memory.controls[number].target_w
    return abs(change_w) > layout.controls[number].meter_deadband_w


def _wanted_w(layout: Layout, memory: Memory, number: int) -> float:
    """Return the power of a device at which, as far as it can, 0 W would flow through its meter [W].

    What photovoltaics hold back it takes as well, unless its own batteries cannot take what the sun offers them. It
    draws no more than these take beside its own sun, but for what would go into the grid beyond a feed-in limit.
    """
    own, now = layout.controls[number], memory.controls[number]
    power_w, meter_w = active_w(memory, own.component), active_w(memory, own.meter)
    if own.sees_photovoltaics and now.offered_w == 0.0:
        meter_w -= held_back_w(layout, memory)
    wanted_w = power_w - own.meter_share * meter_w
    if number < len(layout.inverters):
        beside_sun_w = drawn_beside_sun_w(layout, memory, number)
        within_limit_w = power_w + own.meter_share * beyond_limit_w(layout, memory)
        wanted_w = min(wanted_w, max(beside_sun_w, within_limit_w))
    return min(max(wanted_w, now.reach_lower_w), now.reach_upper_w)


def _next_change_us(layout: Layout, memory: Memory, machines: Any) -> int:
    now_us = memory.time_us
    change_us = min(now_us + layout.longest_step_us, memory.next_input_us)
    change_us = recordings_ahead_us(layout, memory, change_us)
    change_us = releases_ahead_us(layout, memory, change_us)
    for number in range(len(layout.controls)):
        if may_move(layout, memory, number):
            if _is_off_target(layout, memory, number):
                change_us = min(change_us, _next_cycle_us(layout, memory, layout.cycle_us))
            elif is_ramping(memory, number):
                cycle_us = _cycle_us(layout, memory, number)
                change_us = min(change_us, _next_cycle_us(layout, memory, cycle_us))
    if needs_new_share(layout, memory):
        change_us = min(change_us, _next_cycle_us(layout, memory, layout.cycle_us))
    if len(layout.ageings) > 0:
        change_us = min(change_us, (now_us // HOUR_US + 1) * HOUR_US)
    horizon_s = layout.longest_step_us / 1e6
    ambient_c = memory.inputs[layout.ambient_signal]
    for battery in range(len(layout.batteries)):
        params, state = layout.batteries[battery].params, memory.battery_states[battery]
        now = memory.batteries[battery]
        battery_s = battery_horizon_s(
            params, state, cells_w(now), ambient_c, now.auxiliary_w, now.auxiliary_heat_w, HELD_SHARE
        )
        horizon_s = min(horizon_s, battery_s)
    horizon_s = auxiliaries_ahead_s(layout, memory, horizon_s)
    horizon_s = soc_estimates_ahead_s(layout, memory, horizon_s)
    horizon_s = managements_ahead_s(layout, memory, horizon_s)
    horizon_s = heat_horizon_s(layout, memory, horizon_s)
    horizon_s = grid_code_ahead_s(layout, memory, horizon_s)
    horizon_s = machines_horizon_s(layout, memory, machines, horizon_s)
    horizon_s = fuses_horizon_s(layout, memory, horizon_s)
    return min(change_us, now_us + max(1, math.floor(horizon_s * 1e6 + 0.5)))
