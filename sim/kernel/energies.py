"""Registers of energy by phase, reactive and apparent, of everything on the AC side.

They are brought to the present whenever what flows is found anew, rather than at each step: in between, powers are
constant, so a reading adds what has flowed since. A mere look changes nothing.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from .layout import Layout
from .memory import ComponentMemory, Memory

_US_PER_HOUR = 3.6e9


class Energies(NamedTuple):
    """What has flowed through a component since the start, [Wh], [varh] and [VAh]."""

    consumed_1_wh: float
    consumed_2_wh: float
    consumed_3_wh: float
    delivered_1_wh: float
    delivered_2_wh: float
    delivered_3_wh: float
    reactive_1_varh: float
    reactive_2_varh: float
    reactive_3_varh: float
    apparent_vah: float
    apparent_1_vah: float
    apparent_2_vah: float
    apparent_3_vah: float


def count_energies(layout: Layout, memory: Memory) -> None:
    """Let all registers count what has flowed since they last did."""
    hours = (memory.time_us - memory.counted_us) / _US_PER_HOUR
    memory.counted_us = memory.time_us
    if hours <= 0.0:
        return
    for component in range(len(layout.components)):
        if layout.components[component].is_ac:
            _count(memory.components[component], hours)


def energies(memory: Memory, component: int) -> Energies:
    """Return what the registers of a component show now: with what has flowed since they were counted."""
    flow, hours = memory.components[component], (memory.time_us - memory.counted_us) / _US_PER_HOUR
    p1, p2, p3 = flow.active_1, flow.active_2, flow.active_3
    q1, q2, q3 = flow.reactive_1, flow.reactive_2, flow.reactive_3
    active_w, reactive_var = p1 + p2 + p3, q1 + q2 + q3
    return Energies(
        flow.consumed_1_wh + (p1 * hours if p1 > 0.0 else 0.0),
        flow.consumed_2_wh + (p2 * hours if p2 > 0.0 else 0.0),
        flow.consumed_3_wh + (p3 * hours if p3 > 0.0 else 0.0),
        flow.delivered_1_wh + (0.0 if p1 > 0.0 else (0.0 - p1) * hours),
        flow.delivered_2_wh + (0.0 if p2 > 0.0 else (0.0 - p2) * hours),
        flow.delivered_3_wh + (0.0 if p3 > 0.0 else (0.0 - p3) * hours),
        flow.reactive_1_varh + q1 * hours,
        flow.reactive_2_varh + q2 * hours,
        flow.reactive_3_varh + q3 * hours,
        flow.apparent_vah + math.sqrt(active_w * active_w + reactive_var * reactive_var) * hours,
        flow.apparent_1_vah + math.sqrt(p1 * p1 + q1 * q1) * hours,
        flow.apparent_2_vah + math.sqrt(p2 * p2 + q2 * q2) * hours,
        flow.apparent_3_vah + math.sqrt(p3 * p3 + q3 * q3) * hours,
    )


def _count(flow: ComponentMemory, hours: float) -> None:
    """Do what `energies` says, with as little as possible for what does not flow: this runs for every component."""
    p1, p2, p3 = flow.active_1, flow.active_2, flow.active_3
    q1, q2, q3 = flow.reactive_1, flow.reactive_2, flow.reactive_3
    if q1 == 0.0 and q2 == 0.0 and q3 == 0.0:
        if p1 == 0.0 and p2 == 0.0 and p3 == 0.0:
            return
        flow.apparent_vah += abs(p1 + p2 + p3) * hours
        flow.apparent_1_vah += abs(p1) * hours
        flow.apparent_2_vah += abs(p2) * hours
        flow.apparent_3_vah += abs(p3) * hours
    else:
        active_w, reactive_var = p1 + p2 + p3, q1 + q2 + q3
        flow.reactive_1_varh += q1 * hours
        flow.reactive_2_varh += q2 * hours
        flow.reactive_3_varh += q3 * hours
        flow.apparent_vah += math.sqrt(active_w * active_w + reactive_var * reactive_var) * hours
        flow.apparent_1_vah += math.sqrt(p1 * p1 + q1 * q1) * hours
        flow.apparent_2_vah += math.sqrt(p2 * p2 + q2 * q2) * hours
        flow.apparent_3_vah += math.sqrt(p3 * p3 + q3 * q3) * hours
    if p1 > 0.0:
        flow.consumed_1_wh += p1 * hours
    else:
        flow.delivered_1_wh += (0.0 - p1) * hours
    if p2 > 0.0:
        flow.consumed_2_wh += p2 * hours
    else:
        flow.delivered_2_wh += (0.0 - p2) * hours
    if p3 > 0.0:
        flow.consumed_3_wh += p3 * hours
    else:
        flow.delivered_3_wh += (0.0 - p3) * hours
