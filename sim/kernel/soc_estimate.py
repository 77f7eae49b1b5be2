"""What management systems take the SoC of their batteries for.

Charge is counted as it flows; rests put the count right where what flows is solved for.
"""

from __future__ import annotations

from ...models.battery import battery_stored_a
from ...models.soc_estimate import (
    corrected_soc,
    counted_soc,
    has_rested,
    read_a,
    rest_ahead_s,
    rested_after,
    stands,
)
from ...models.tables import table_value
from .auxiliary import shown_by_cells
from .bms import look_anew
from .layout import Layout
from .memory import Memory

_REACH = 0.0005
"""By how much an error may grow before limits are found anew: as much as SoC may move where power falls."""
_SECONDS_PER_HOUR = 3600.0


def correct_estimates(layout: Layout, memory: Memory) -> None:
    """Let systems whose batteries have rested correct what they take SoC for."""
    for number in range(len(layout.estimates)):
        if has_rested(layout.estimates[number].params, memory.estimates[number].rested_s):
            memory.estimates[number].rested_s = 0.0
            _correct(layout, memory, number)


def begin_counting(layout: Layout, memory: Memory) -> None:
    """Let systems count on from what they take SoC for now."""
    for number in range(len(layout.estimates)):
        seen = memory.estimates[number]
        seen.begin_taken = seen.soc + memory.batteries[layout.estimates[number].battery].soc_error
        seen.begin_rested_s = seen.rested_s


def count_charge(layout: Layout, memory: Memory, end_us: int) -> None:
    """Let systems count what has flowed up to a time [µs] since flows were found; batteries are at it."""
    for number in range(len(layout.estimates)):
        own, seen = layout.estimates[number], memory.estimates[number]
        now, state = memory.batteries[own.battery], memory.battery_states[own.battery]
        dt_s = (end_us - now.begin_us) / 1e6
        capacity_ah, current_a = _capacity_ah(layout, memory, own.battery), now.mean_a
        taken = counted_soc(own.params, seen.begin_taken, capacity_ah, current_a, dt_s)
        now.soc_error = taken - state.soc
        seen.soc = state.soc
        seen.rested_s = rested_after(own.params, seen.begin_rested_s, capacity_ah, current_a, dt_s)


def soc_estimates_ahead_s(layout: Layout, memory: Memory, horizon_s: float) -> float:
    """Return how long what systems take SoC for leaves limits as they are [s], at most the time given."""
    for number in range(len(layout.estimates)):
        own, battery = layout.estimates[number], layout.estimates[number].battery
        cells, state = layout.batteries[battery].params, memory.battery_states[battery]
        capacity_ah = _capacity_ah(layout, memory, battery)
        current_a = shown_by_cells(layout, memory, battery).current_a
        rested_s = memory.estimates[number].rested_s
        horizon_s = min(horizon_s, rest_ahead_s(own.params, rested_s, capacity_ah, current_a))
        taken, counted_a = state.soc + memory.batteries[battery].soc_error, read_a(own.params, current_a)
        if not stands(taken, counted_a):
            unseen_a = abs(counted_a - battery_stored_a(cells, state.soc, current_a))
            if unseen_a > 0.0:
                horizon_s = min(horizon_s, _REACH * capacity_ah * _SECONDS_PER_HOUR / unseen_a)
    return horizon_s


def _capacity_ah(layout: Layout, memory: Memory, battery: int) -> float:
    return layout.batteries[battery].params.charge_capacity_ah * memory.battery_states[battery].capacity_share


def _correct(layout: Layout, memory: Memory, number: int) -> None:
    own, battery = layout.estimates[number], layout.estimates[number].battery
    cells, state = layout.batteries[battery].params, memory.battery_states[battery]
    now = memory.batteries[battery]
    voltage_v = shown_by_cells(layout, memory, battery).voltage_v
    series = layout.batteries[battery].bms.cells_in_series
    half_v = table_value(cells.hysteresis_v, state.soc) if cells.hysteresis_f > 0.0 else 0.0
    taken = corrected_soc(own.params, state.soc + now.soc_error, cells.ocv_v, series, voltage_v, half_v)
    if taken - state.soc != now.soc_error:
        now.soc_error = taken - state.soc
        look_anew(layout, memory, battery)
