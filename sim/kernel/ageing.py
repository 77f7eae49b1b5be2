"""Ageing of batteries in the running plant.

What a battery is put through is gathered at every step, and the ageing model steps over it at every full hour (UTC):
first the charge of the direction in which less has gone, then that of the other, then the time without current. It
also steps when the current turns after more than the model's turn gap has gone one way, so that half cycles keep their
depth. Capacity and resistances of the battery follow at full hours, at constant SoC; the energy that goes with the
capacity counts as lost.
"""

from __future__ import annotations

from ...models.ageing import AgeingInput, ageing_output, ageing_step
from ...models.battery import BatteryState, battery_stored_energy_wh
from .layout import Layout, Memory

HOUR_US = 3_600_000_000
WIDTH = 9
"""Numbers gathered of each ageing battery: charged and discharged [Ah], time with current and time [s], integrals of
SoC [s] and temperature [°C s]; throughput [Ah], SoC and temperature [°C] at the end of the last step."""
_LEAST_SHARE = 0.01


def first_use(state: BatteryState) -> list[float]:
    """Return what has been gathered of a battery when it begins."""
    return [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, state.soc, state.temperature_c]


def gather_use(layout: Layout, memory: Memory, dt_s: float, end_us: int) -> None:
    """Take in what batteries have been put through for a while [s], and let them age at full hours."""
    for number in range(len(layout.ageings)):
        battery, first, use = layout.ageing_battery[number], WIDTH * number, memory.ageing_use
        state, throughput_ah = memory.battery_states[battery], memory.battery_throughput_ah[battery]
        moved_ah = throughput_ah - use[first + 6]
        if memory.battery_dc_w[battery] > 0.0:
            use[first] += moved_ah
        else:
            use[first + 1] += moved_ah
        if moved_ah > 0.0:
            use[first + 2] += dt_s
        use[first + 3] += dt_s
        use[first + 4] += 0.5 * (use[first + 7] + state.soc) * dt_s
        use[first + 5] += 0.5 * (use[first + 8] + state.temperature_c) * dt_s
        use[first + 6] = throughput_ah
        use[first + 7] = state.soc
        use[first + 8] = state.temperature_c
        if end_us % HOUR_US == 0:
            _age(layout, memory, number)
            _wear(layout, memory, number)


def notice_turns(layout: Layout, memory: Memory) -> None:
    """Let batteries age whose current has turned after it had gone one way for long; what flows must be known."""
    for number in range(len(layout.ageings)):
        battery, first = layout.ageing_battery[number], WIDTH * number
        gap_ah = layout.ageings[number].turn_gap * layout.batteries[battery].charge_capacity_ah
        power_w = memory.battery_dc_w[battery]
        if (power_w > 0.0 and memory.ageing_use[first + 1] > gap_ah) or (
            power_w < 0.0 and memory.ageing_use[first] > gap_ah
        ):
            _age(layout, memory, number)


def _age(layout: Layout, memory: Memory, number: int) -> None:
    """Let a battery age by what has been gathered, and begin to gather anew."""
    params, state, first = layout.ageings[number], memory.ageing_states[number], WIDTH * number
    use = memory.ageing_use
    charged_ah, discharged_ah, active_s, time_s = use[first], use[first + 1], use[first + 2], use[first + 3]
    if time_s <= 0.0:
        return
    soc, temperature_c = use[first + 4] / time_s, use[first + 5] / time_s
    moved_ah = charged_ah + discharged_ah
    if active_s > 0.0:
        capacity_ah = layout.batteries[layout.ageing_battery[number]].charge_capacity_ah
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
    for place in range(first, first + 6):
        use[place] = 0.0


def _wear(layout: Layout, memory: Memory, number: int) -> None:
    """Let capacity and resistances of a battery follow its age."""
    battery = layout.ageing_battery[number]
    cells, old = layout.batteries[battery], memory.battery_states[battery]
    given = AgeingInput(old.soc, 0.0, old.temperature_c)
    aged = ageing_output(layout.ageings[number], memory.ageing_states[number], given)
    share = max(aged.capacity_share, _LEAST_SHARE)
    new = BatteryState(
        old.soc, old.rc1_voltage_v, old.rc2_voltage_v, old.temperature_c, share, aged.resistance_factor
    )
    memory.battery_states[battery] = new
    memory.battery_loss_wh[battery] += battery_stored_energy_wh(cells, old) - battery_stored_energy_wh(
        cells, new
    )
