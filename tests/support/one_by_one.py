"""A stretch of a signal as it says it itself, from breakpoint to breakpoint."""

from __future__ import annotations

from doppelgrid.sim.inputs.signal import Signal


def one_by_one(signal: Signal, begin_us: int, end_us: int) -> tuple[list[int], list[float]]:
    times, values = [begin_us], []
    while times[-1] < end_us:
        values.append(signal.at(times[-1]))
        times.append(signal.until(times[-1]))
    return times, values
