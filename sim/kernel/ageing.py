"""Ageing of batteries in the running plant.

What a battery is put through is gathered whenever something else flows, and the ageing model steps over it at every
full hour (UTC): first the charge of the direction in which less has gone, then that of the other, then the time without
current. It also steps when the current turns after more than the model's turn gap has gone one way, so that half cycles
keep their depth. Capacity and resistances of the battery follow at full hours, at constant SoC; the energy that goes
with the capacity counts as lost.
"""

from __future__ import annotations

from ...models.ageing import AgeingInput, ageing_output, ageing_step
from ...models.battery import BatteryState, battery_stored_energy_wh
from .auxiliary import cells_w
from .layout import Layout
from .memory import Memory

HOUR_US = 3_600_000_000
_LEAST_SHARE = 0.01


def gather_use(layout: Layout, memory: Memory, end_us: int) -> None:
    """Take in what batteries have been put through up to a time [µs], and let them age at full hours.

    That is done for as long as something has flowed, never because somebody looks.
    """
    for number in range(len(layout.ageings)):
        battery, use = layout.ageings[number].battery, memory.ageings[number]
        dt_s = (end_us - use.gathered_us) / 1e6
        if dt_s <= 0.0:
            continue
        use.gathered_us = end_us
        state, now = memory.battery_states[battery], memory.batteries[battery]
        moved_ah = now.throughput_ah - use.throughput_ah
        if cells_w(now) > 0.0:
            use.charged_ah += moved_ah
        else:
            use.discharged_ah += moved_ah
        if moved_ah > 0.0:
            use.active_s += dt_s
        use.time_s += dt_s
        use.soc_s += 0.5 * (use.soc + state.soc) * dt_s
        use.temperature_c_s += 0.5 * (use.temperature_c + state.temperature_c) * dt_s
        use.throughput_ah = now.throughput_ah
        use.soc = state.soc
        use.temperature_c = state.temperature_c
        if end_us % HOUR_US == 0:
            _age(layout, memory, number)
            _wear(layout, memory, number)


def notice_turns(layout: Layout, memory: Memory) -> None:
    """Let batteries age whose current has turned after it had gone one way for long; what flows must be known."""
    for number in range(len(layout.ageings)):
        own, use = layout.ageings[number], memory.ageings[number]
        gap_ah = own.params.turn_gap * layout.batteries[own.battery].params.charge_capacity_ah
        power_w = cells_w(memory.batteries[own.battery])
        if (power_w > 0.0 and use.discharged_ah > gap_ah) or (power_w < 0.0 and use.charged_ah > gap_ah):
            _age(layout, memory, number)


def _age(layout: Layout, memory: Memory, number: int) -> None:
    """Let a battery age by what has been gathered, and begin to gather anew."""
    params, state, use = layout.ageings[number].params, memory.ageing_states[number], memory.ageings[number]
    charged_ah, discharged_ah, active_s, time_s = use.charged_ah, use.discharged_ah, use.active_s, use.time_s
    if time_s <= 0.0:
        return
    soc, temperature_c = use.soc_s / time_s, use.temperature_c_s / time_s
    moved_ah = charged_ah + discharged_ah
    if active_s > 0.0:
        capacity_ah = layout.batteries[layout.ageings[number].battery].params.charge_capacity_ah
        c_rate = moved_ah / capacity_ah * 3600.0 / active_s
        if charged_ah > discharged_ah:
            c_rate = 0.0 - c_rate
        back_s = active_s * min(charged_ah, discharged_ah) / moved_ah
        state, _ = ageing_step(params, state, AgeingInput(soc, c_rate, temperature_c), back_s)
        state, _ = ageing_step(
            params, state, AgeingInput(soc, 0.0 - c_rate, temperature_c), active_s - back_s
        )
    state, _ = ageing_step(params, state, AgeingInput(soc, 0.0, temperature_c), time_s - active_s)
    memory.ageing_states[number] = state
    use.charged_ah = use.discharged_ah = use.active_s = use.time_s = use.soc_s = use.temperature_c_s = 0.0


def _wear(layout: Layout, memory: Memory, number: int) -> None:
    """Let capacity and resistances of a battery follow its age."""
    battery = layout.ageings[number].battery
    cells, old = layout.batteries[battery].params, memory.battery_states[battery]
    given = AgeingInput(old.soc, 0.0, old.temperature_c)
    aged = ageing_output(layout.ageings[number].params, memory.ageing_states[number], given)
    share = max(aged.capacity_share * memory.batteries[battery].capacity_factor, _LEAST_SHARE)
    resistance_factor = aged.resistance_factor * memory.batteries[battery].resistance_factor
    new = BatteryState(
        old.soc,
        old.rc1_voltage_v,
        old.rc2_voltage_v,
        old.temperature_c,
        share,
        resistance_factor,
        old.surface_lead,
        old.hysteresis_voltage_v,
        old.soc_lower_shift,
        old.soc_upper_shift,
    )
    memory.battery_states[battery] = new
    lost_wh = battery_stored_energy_wh(cells, old) - battery_stored_energy_wh(cells, new)
    memory.batteries[battery].loss_wh += lost_wh
