"""Devices that a recording drives: what it says takes the place of a client's set-points while there is none.

A device does not follow its recording by what it lacks beside where its ramp is, whatever holds it back: its rating,
its batteries, the sun, a car, an outage. What its ramp has yet to go counts only where it never gets there: the
recording turns back before, or the ramp is under way for longer than from one end of the rating to the other.
"""

from __future__ import annotations

from ...models.ev_charger import NOMINAL_V
from ...models.grid_voltage import INTERRUPTED_BELOW
from .ac_bus import active_w, offered_v
from .layout import Layout, RecordedLayout
from .memory import FOLLOWED, Memory, RecordedMemory
from .ramps import ahead_w


def recorded_w(layout: Layout, memory: Memory, number: int) -> float:
    """Return the active power that a recording says now [W]; of a current, by the phases and voltages of the car."""
    own = layout.recorded[number]
    power_w = memory.inputs[own.signal]
    if own.car_phases_signal < 0:
        return power_w
    count = min(max(memory.inputs[own.car_phases_signal], 1.0), float(own.phases))
    component = layout.controls[own.control].component
    sum_v = (
        _in_use_v(own.place_1, count, offered_v(layout, memory, component, 0))
        + _in_use_v(own.place_2, count, offered_v(layout, memory, component, 1))
        + _in_use_v(own.place_3, count, offered_v(layout, memory, component, 2))
    )
    return power_w * (sum_v / (own.phases * NOMINAL_V))


def _in_use_v(place: int, count: float, voltage_v: float) -> float:
    """Return the voltage of a phase of the site [V]; 0 if a car does not have it.

    In an outage there is no power that would be the current that is recorded, so something of the voltage stays.
    """
    return max(voltage_v, INTERRUPTED_BELOW * NOMINAL_V) if place < count else 0.0


def follow_recordings(layout: Layout, memory: Memory) -> None:
    """Let devices aim at what their recordings say now, unless a client has told them something."""
    for number in range(len(layout.recorded)):
        if _is_in_force(layout, memory, number):
            memory.controls[layout.recorded[number].control].target_w = recorded_w(layout, memory, number)


def may_be_told(layout: Layout, memory: Memory) -> bool:
    """Say whether recordings may say something new that has not been taken in yet."""
    for number in range(len(layout.recorded)):
        if memory.time_us >= memory.next_input_us or memory.time_us == layout.recorded[number].begin_us:
            return True
    return False


def recordings_ahead_us(layout: Layout, memory: Memory, change_us: int) -> int:
    """Return when the next recording arrives at its device for the first time, or an earlier change [µs]."""
    for number in range(len(layout.recorded)):
        if memory.time_us < layout.recorded[number].begin_us:
            change_us = min(change_us, layout.recorded[number].begin_us)
    return change_us


def count_astray(layout: Layout, memory: Memory, end_us: int) -> None:
    """Count by how much devices do not follow their recordings until a time [µs], before time moves on."""
    for number in range(len(layout.recorded)):
        own, now = layout.recorded[number], memory.recorded[number]
        said_w, off_w = 0.0, 0.0
        if _is_in_force(layout, memory, number):
            said_w = recorded_w(layout, memory, number)
            off_w = said_w - active_w(memory, layout.controls[own.control].component)
        tolerance_w = _tolerance_w(own, said_w, off_w)
        if abs(off_w) <= tolerance_w:
            now.since_us = FOLLOWED
            now.is_astray = 0
            _forget_lateness(now)
        else:
            if now.since_us == FOLLOWED:
                now.since_us = memory.time_us
            late_w = ahead_w(layout, memory, own.control)
            late_w = min(abs(late_w), abs(off_w)) if late_w * off_w > 0.0 else 0.0
            if (
                late_w > tolerance_w
                and own.gap_lower_w < memory.controls[own.control].setting_w < own.gap_upper_w
            ):
                # On its way through where it cannot run.
                late_w = abs(off_w)
            beside_w = abs(off_w) - late_w
            span_us = end_us - memory.time_us
            if beside_w > tolerance_w:
                _count(now, span_us / 1e6, beside_w * span_us / 3.6e9, beside_w)
            if late_w > tolerance_w:
                _come_late(now, memory.time_us, said_w, tolerance_w if off_w > 0.0 else -tolerance_w)
                if beside_w <= tolerance_w:
                    now.late_s += span_us / 1e6
                now.late_wh += late_w * span_us / 3.6e9
                now.late_most_w = max(now.late_most_w, abs(off_w))
                if end_us - now.late_since_us > own.grace_us:
                    _count_lateness(now)
            else:
                _forget_lateness(now)


def _tolerance_w(own: RecordedLayout, said_w: float, off_w: float) -> float:
    """Return how far a device may be from what is recorded and still follows [W]; at rest, it draws something."""
    if said_w >= 0.0 > off_w:
        return own.drawn_tolerance_w + own.rest_w
    return max(own.tolerance * abs(said_w), own.least_tolerance_w) + own.rest_w


def _is_in_force(layout: Layout, memory: Memory, number: int) -> bool:
    """Say whether a recording has arrived, and no client has told its device anything else."""
    return memory.time_us >= layout.recorded[number].begin_us and not memory.recorded[number].is_overruled


def _come_late(now: RecordedMemory, time_us: int, said_w: float, tolerance_w: float) -> None:
    """Take in that a ramp is on its way to what is recorded.

    Args:
        now: Of the device.
        time_us: The present [µs].
        said_w: What is recorded [W].
        tolerance_w: How far from that it may be; negative on the way down [W].
    """
    way = 1.0 if tolerance_w > 0.0 else -1.0
    if now.late_since_us == FOLLOWED:
        now.late_since_us = time_us
        now.asked_w = said_w
    elif way != now.way or way * (now.asked_w - said_w) > abs(tolerance_w):
        # It turned back before the device was there.
        _count_lateness(now)
        now.late_since_us = time_us
        now.asked_w = said_w
    now.way = way
    now.asked_w = max(now.asked_w, said_w) if way > 0.0 else min(now.asked_w, said_w)


def _count_lateness(now: RecordedMemory) -> None:
    _count(now, now.late_s, now.late_wh, now.late_most_w)
    now.late_s, now.late_wh, now.late_most_w = 0.0, 0.0, 0.0


def _forget_lateness(now: RecordedMemory) -> None:
    now.late_since_us = FOLLOWED
    now.late_s, now.late_wh, now.late_most_w = 0.0, 0.0, 0.0


def _count(now: RecordedMemory, time_s: float, energy_wh: float, most_w: float) -> None:
    if now.first_us == FOLLOWED:
        now.first_us = now.since_us
    now.is_astray = 1
    now.astray_s += time_s
    now.astray_wh += energy_wh
    now.most_w = max(now.most_w, most_w)
