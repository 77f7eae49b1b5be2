"""Management systems of batteries in the running plant: protections, relays, warnings, balancing.

A full look at a system costs more than everything else about its battery, and nearly all of them would find that
nothing is near a limit. So a look that finds a system at rest (relays where they should be, no trip, no warning but
that of imbalance) also finds its *horizon*: on the safe side, for how long and within which power, SoC, temperature and
ambient temperature no threshold can be reached. Until one of these is left, a comparison of numbers takes the place of
the look, and the spread of the cells follows from the charge that has gone through.

Looks are taken where what flows is solved for, never because somebody reads the plant. Between two looks a system is
carried along with what it saw at the first.
"""

from __future__ import annotations

import math

from ...models.battery import battery_lag, battery_resistances, battery_stored_a, battery_surface_soc
from ...models.bms import (
    NO_TRIP,
    RELAYS_CLOSED,
    RELAYS_OPEN,
    WARNING_IMBALANCE,
    BmsInput,
    BmsOutput,
    BmsState,
    bms_horizon_s,
    bms_initial_state,
    bms_output,
    bms_step,
    bms_temperature_horizon_s,
    bms_voltage_horizon_s,
)
from ...models.bms_balance import spread_after
from ...models.circuit import thermal_body
from ...models.soc_estimate import taken_soc
from ...models.tables import table_value, table_value_beyond
from .auxiliary import cells_w, shown_by_cells
from .bms_horizon import AMBIENT_ROOM_K, SOC_ROOM, WARMTH_ROOM_K, HeatRange, safe_power, safe_soc, safe_time_s
from .layout import Layout
from .memory import Memory

_LEAST_HORIZON_S = 60.0
_AT_ONCE_S = 1e-3
_LEAST_VOLTAGE_S = 0.1


def run_managements(layout: Layout, memory: Memory) -> None:
    """Bring all systems whose horizon has come to the present, before power is shared."""
    for battery in range(len(layout.batteries)):
        bms = memory.bms[battery]
        if not bms.has_horizon or memory.time_us >= bms.horizon_us:
            _carry(layout, memory, battery)
            _look(layout, memory, battery)
            now = _shown(layout, memory, battery)
            bms.relays = now.relays
            bms.trip = now.trip
            bms.warnings = now.warnings


def managements_ahead_s(layout: Layout, memory: Memory, horizon_s: float) -> float:
    """Let all systems see what flows now, and return how long they leave it [s], at most the time given."""
    for battery in range(len(layout.batteries)):
        bms = memory.bms[battery]
        if not _is_within_horizon(layout, memory, battery):
            _carry(layout, memory, battery)
            _look(layout, memory, battery)
            now = _shown(layout, memory, battery)
            bms.warnings = now.warnings
            if now.relays != bms.relays or now.trip != bms.trip:
                horizon_s = min(horizon_s, _AT_ONCE_S)
            elif not _find_horizon(layout, memory, battery, now):
                horizon_s = min(horizon_s, _ahead_s(layout, memory, battery))
        if bms.has_horizon:
            horizon_s = min(horizon_s, (bms.horizon_us - memory.time_us) / 1e6)
    return horizon_s


def want_relays(layout: Layout, memory: Memory, battery: int, relays: int) -> None:
    """Tell a system to close or to open its relays: `RELAYS_CLOSED` or `RELAYS_OPEN`."""
    _carry(layout, memory, battery)
    memory.bms[battery].wanted = relays


def look_anew(layout: Layout, memory: Memory, battery: int) -> None:
    """Bring a system to the present and let it look again, as something of its battery changes at once."""
    _carry(layout, memory, battery)


def acknowledge_trip(layout: Layout, memory: Memory, battery: int) -> None:
    """Tell a system to clear its trip, if its cause has gone."""
    _carry(layout, memory, battery)
    memory.bms[battery].acknowledges = 1


def open_relays_at_once(layout: Layout, memory: Memory, battery: int) -> None:
    """Take in that the relays of a battery are open, whoever opened them."""
    _carry(layout, memory, battery)
    params, spread = layout.batteries[battery].bms, memory.bms_states[battery].spread
    memory.bms_states[battery] = bms_initial_state(params, RELAYS_OPEN, 0.0, spread)
    memory.bms[battery].relays = RELAYS_OPEN
    memory.bms[battery].wanted = RELAYS_OPEN


def would_clear(layout: Layout, memory: Memory, battery: int) -> bool:
    """Say whether a trip would be gone if it were acknowledged now; what flows must be known."""
    given = _given(memory, battery)
    own = memory.battery_states[battery]
    asked = BmsInput(given.voltage_v, given.current_a, own.temperature_c, own.soc, RELAYS_OPEN, 1, 0.0)
    return bms_output(layout.batteries[battery].bms, memory.bms_states[battery], asked).trip == NO_TRIP


def _given(memory: Memory, battery: int) -> BmsInput:
    bms = memory.bms[battery]
    return BmsInput(bms.seen_v, bms.seen_a, bms.seen_c, bms.seen_soc, bms.wanted, bms.acknowledges, 0.0)


def _shown(layout: Layout, memory: Memory, battery: int) -> BmsOutput:
    return bms_output(layout.batteries[battery].bms, memory.bms_states[battery], _given(memory, battery))


def _look(layout: Layout, memory: Memory, battery: int) -> None:
    """Let a system see its battery at what flows, or has flowed until now."""
    bms, own = memory.bms[battery], memory.battery_states[battery]
    terminal = shown_by_cells(layout, memory, battery)
    bms.seen_v = terminal.voltage_v
    bms.seen_a = terminal.current_a
    bms.seen_c = own.temperature_c
    bms.seen_soc = taken_soc(own.soc, memory.batteries[battery].soc_error)


def _carry(layout: Layout, memory: Memory, battery: int) -> None:
    """Bring a system to the present, with what it saw last."""
    bms = memory.bms[battery]
    dt_s = (memory.time_us - bms.carried_us) / 1e6
    if dt_s > 0.0:
        params, state = layout.batteries[battery].bms, memory.bms_states[battery]
        if bms.has_horizon and state.relays == RELAYS_CLOSED:
            memory.bms_states[battery] = _carried_within_horizon(layout, memory, battery, dt_s)
        else:
            memory.bms_states[battery], _ = bms_step(params, state, _given(memory, battery), dt_s)
            bms.acknowledges = 0
        if memory.bms_states[battery].trip != NO_TRIP:
            bms.wanted = RELAYS_OPEN
        bms.carried_us = memory.time_us
        bms.seen_ah = memory.batteries[battery].throughput_ah
    bms.has_horizon = 0


def _carried_within_horizon(layout: Layout, memory: Memory, battery: int, dt_s: float) -> BmsState:
    """Return a system with closed relays after a time within its horizon: only the spread of its cells has changed."""
    params, state, bms = layout.batteries[battery].bms, memory.bms_states[battery], memory.bms[battery]
    moved_ah = memory.batteries[battery].throughput_ah - bms.seen_ah
    mean_a = moved_ah * 3600.0 / dt_s
    spread = spread_after(params.balance, state.spread, mean_a, state.balancing == 1, dt_s)
    return BmsState(
        state.relays, 0.0, bms.seen_v, state.trip, state.warnings, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0,
        spread, state.balancing,
    )  # fmt: skip


def _is_within_horizon(layout: Layout, memory: Memory, battery: int) -> bool:
    bms = memory.bms[battery]
    if not bms.has_horizon:
        return False
    own = memory.battery_states[battery]
    return (
        bms.lower_w <= cells_w(memory.batteries[battery]) <= bms.upper_w
        and bms.lower_soc <= own.soc <= bms.upper_soc
        and bms.lower_c <= own.temperature_c <= bms.upper_c
        and abs(memory.inputs[layout.ambient_signal] - bms.ambient_c) <= AMBIENT_ROOM_K
    )


def _find_horizon(layout: Layout, memory: Memory, battery: int, now: BmsOutput) -> bool:
    """Say whether a system has a horizon, and write down for how long and within what."""
    if not _is_at_rest(memory, battery, now):
        return False
    bms, state = memory.bms[battery], memory.bms_states[battery]
    params, cells = layout.batteries[battery].bms, layout.batteries[battery].params
    own = memory.battery_states[battery]
    ambient_c = memory.inputs[layout.ambient_signal]
    power = safe_power(params, cells, own, now.relays)
    power_w = cells_w(memory.batteries[battery])
    if not power.is_there or not power.lower_w <= power_w <= power.upper_w:
        return False
    auxiliaries = HeatRange(layout.batteries[battery].most_heat_w, layout.batteries[battery].most_cold_w)
    time_s = safe_time_s(params, state, cells, own, ambient_c, power, auxiliaries)
    if time_s < _LEAST_HORIZON_S:
        return False
    error = memory.batteries[battery].soc_error
    lower_soc, upper_soc = safe_soc(params, state, own.soc + error)
    bms.lower_w = power.lower_w
    bms.upper_w = power.upper_w
    bms.lower_soc = lower_soc - error
    bms.upper_soc = upper_soc - error
    bms.lower_c = own.temperature_c - WARMTH_ROOM_K
    bms.upper_c = own.temperature_c + WARMTH_ROOM_K
    bms.ambient_c = ambient_c
    bms.has_horizon = 1
    bms.horizon_us = memory.time_us + math.floor(time_s * 1e6)
    return True


def _is_at_rest(memory: Memory, battery: int, now: BmsOutput) -> bool:
    """Say whether relays are where they should be, and nothing is up but uneven cells."""
    bms, state = memory.bms[battery], memory.bms_states[battery]
    return (
        bms.wanted == now.relays == state.relays
        and bms.acknowledges == 0
        and now.trip == NO_TRIP
        and now.warnings & ~WARNING_IMBALANCE == 0
        and now.warnings == state.warnings
        and now.balancing == state.balancing
    )


def _ahead_s(layout: Layout, memory: Memory, battery: int) -> float:
    """Return when a system changes by itself, or its battery next comes to a threshold [s]."""
    params, given = layout.batteries[battery].bms, _given(memory, battery)
    ahead_s = bms_horizon_s(params, memory.bms_states[battery], given)
    if given.acknowledge:
        ahead_s = min(ahead_s, _AT_ONCE_S)
    cells, own = layout.batteries[battery].params, memory.battery_states[battery]
    now = memory.batteries[battery]
    terminal = shown_by_cells(layout, memory, battery)
    body = thermal_body(cells)
    heat_w = terminal.loss_w + terminal.reversible_heat_w + now.auxiliary_heat_w
    ambient_c = memory.inputs[layout.ambient_signal]
    ahead_s = min(ahead_s, bms_temperature_horizon_s(params, body, own.temperature_c, heat_w, ambient_c))
    voltage_s = bms_voltage_horizon_s(params, given.voltage_v, _voltage_drift(layout, memory, battery))
    return min(ahead_s, max(voltage_s, _LEAST_VOLTAGE_S))


def _voltage_drift(layout: Layout, memory: Memory, battery: int) -> float:
    """Return the rate at which the voltage of a battery moves at what flows [V/s]."""
    cells, own = layout.batteries[battery].params, memory.battery_states[battery]
    current_a = memory.bms[battery].seen_a
    stored_a = battery_stored_a(cells, own.soc, current_a)
    soc_per_s = stored_a / (cells.charge_capacity_ah * 3600.0 * own.capacity_share)
    soc = battery_surface_soc(cells, own)
    if cells.diffusion_gain_h > 0.0:
        lag = battery_lag(cells, own)
        soc_per_s += (lag.per_amp * stored_a - own.surface_lead) / lag.time_constant_s
    near = min(max(soc + (SOC_ROOM if soc_per_s > 0.0 else 0.0 - SOC_ROOM), 0.0), 1.0)
    drift = 0.0
    if near != soc:
        rise_v = table_value_beyond(cells.ocv_v, near) - table_value_beyond(cells.ocv_v, soc)
        drift = rise_v / (near - soc) * soc_per_s
    resistances = battery_resistances(cells, own)
    if resistances.r1 > 0.0 and cells.c1_f > 0.0:
        drift += (current_a - own.rc1_voltage_v / resistances.r1) / cells.c1_f
    if resistances.r2 > 0.0 and cells.c2_f > 0.0:
        drift += (current_a - own.rc2_voltage_v / resistances.r2) / cells.c2_f
    if cells.hysteresis_f > 0.0:
        way = own.hysteresis_voltage_v / table_value(cells.hysteresis_v, own.soc)
        drift += (current_a - way * abs(current_a)) / cells.hysteresis_f
    return drift
