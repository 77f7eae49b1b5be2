"""Devices that a recording drives: what it says takes the place of a client's set-points while there is none.

How far a device is from its recording counts from when its ramp could have brought it there, whatever holds it back:
its rating, its batteries, the sun, a car, an outage.
"""

from __future__ import annotations

from .ac_bus import active_w
from .layout import FOLLOWED, Layout, Memory


def follow_recordings(layout: Layout, memory: Memory) -> None:
    """Let devices aim at what their recordings say now, unless a client has told them something."""
    for number in range(len(layout.recorded)):
        own = layout.recorded[number]
        if not memory.recorded[number].is_overruled:
            memory.controls[own.control].target_w = memory.inputs[own.signal]


def may_be_told(layout: Layout, memory: Memory) -> bool:
    """Say whether recordings may say something new that has not been taken in yet."""
    return len(layout.recorded) > 0 and memory.time_us >= memory.next_input_us


def count_astray(layout: Layout, memory: Memory, end_us: int) -> None:
    """Count by how much devices do not follow their recordings until a time [µs], before time moves on."""
    for number in range(len(layout.recorded)):
        own, now = layout.recorded[number], memory.recorded[number]
        off_w = 0.0
        if not now.is_overruled:
            off_w = active_w(memory, layout.controls[own.control].component) - memory.inputs[own.signal]
        is_above = 1 if off_w > 0.0 else 0
        off_w = abs(off_w)
        if off_w <= own.tolerance_w:
            now.since_us = FOLLOWED
        else:
            if now.since_us == FOLLOWED or is_above != now.is_above:
                # What it could not follow is over; it is on its way from there.
                now.since_us = memory.time_us
                now.is_above = is_above
            span_us = end_us - max(memory.time_us, now.since_us + own.grace_us)
            if span_us > 0:
                if now.first_us == FOLLOWED:
                    now.first_us = now.since_us
                now.astray_s += span_us / 1e6
                now.astray_wh += off_w * span_us / 3.6e9
                now.most_w = max(now.most_w, off_w)


def is_astray(layout: Layout, memory: Memory, number: int) -> bool:
    """Say whether a device has not followed its recording for longer than its ramp explains."""
    since_us = memory.recorded[number].since_us
    return since_us != FOLLOWED and memory.time_us > since_us + layout.recorded[number].grace_us
