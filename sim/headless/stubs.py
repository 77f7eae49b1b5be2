# ruff: noqa: ARG001 - what stands in for a function takes its arguments
"""What stands in for functions of the kernel that a site has nothing for, so that they need not be compiled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..kernel import (
    ageing,
    auxiliary,
    bms,
    feed_in,
    grid,
    inverters,
    metering,
    network,
    recorded,
    soc_estimate,
    soc_limits,
)
from ..kernel.layout import Layout
from ..kernel.memory import Memory
from . import loop


def nothing(layout: Layout, memory: Memory) -> None:
    """Do nothing."""


def nothing_for(layout: Layout, memory: Memory, dt_s: float) -> None:
    """Do nothing for a while."""


def nothing_gathered(layout: Layout, memory: Memory, seen: Any, end_us: int) -> None:
    """Take nothing in."""


def nothing_up_to(layout: Layout, memory: Memory, end_us: int) -> None:
    """Do nothing up to a time."""


def no_sooner(layout: Layout, memory: Memory, horizon_s: float) -> float:
    """Return the horizon as it is."""
    return horizon_s


def no_earlier(layout: Layout, memory: Memory, change_us: int) -> int:
    """Return the time as it is."""
    return change_us


def nothing_held(layout: Layout, memory: Memory) -> float:
    """Return 0."""
    return 0.0


def nothing_done(layout: Layout, memory: Memory) -> int:
    """Return 0."""
    return 0


def never(layout: Layout, memory: Memory) -> bool:
    """Return False."""
    return False


def least_reach_w(layout: Layout, memory: Memory, control: int) -> float:
    """Return the lower edge of what the device of a control could have now [W]."""
    return memory.controls[control].reach_lower_w


def no_row(layout: Layout, memory: Memory, samples: Any, row: int) -> None:
    """Write nothing down."""


STUBS: dict[str, dict[Callable[..., Any], Callable[..., Any]]] = {
    "nodes": {
        network.flow_through_lines: nothing_done,
        network.close_again: nothing,
        network.releases_ahead_us: no_earlier,
        network.count_line_losses: nothing_for,
        network.gather_lines: nothing_gathered,
    },
    "feed_in": {
        feed_in.hold_back: nothing,
        feed_in.find_share: nothing,
        feed_in.needs_new_share: never,
        feed_in.held_back_w: nothing_held,
        feed_in.reach_within_feed_in_w: least_reach_w,
    },
    "recorded": {
        recorded.follow_recordings: nothing,
        recorded.may_be_told: never,
        recorded.recordings_ahead_us: no_earlier,
        recorded.count_astray: nothing_up_to,
    },
    "guards": {
        inverters.support_voltage: nothing,
        inverters.follow_power: never,
        inverters.keep_to_grid_code: nothing,
        inverters.grid_code_ahead_s: no_sooner,
        inverters.watch_grid: nothing_for,
    },
    "fuses": {grid.fuses_horizon_s: no_sooner, grid.heat_fuses: nothing_for},
    "meters": {metering.run_meters: nothing_for, loop.write_metered: no_row},
    "ageings": {ageing.gather_use: nothing_up_to, ageing.notice_turns: nothing},
    "auxiliaries": {auxiliary.find_auxiliaries: nothing, auxiliary.auxiliaries_ahead_s: no_sooner},
    "estimates": {
        soc_estimate.correct_estimates: nothing,
        soc_estimate.begin_counting: nothing,
        soc_estimate.count_charge: nothing_up_to,
        soc_estimate.soc_estimates_ahead_s: no_sooner,
    },
    "soc_limits": {soc_limits.find_soc_limits: nothing},
    "batteries": {bms.run_managements: nothing, bms.managements_ahead_s: no_sooner},
}
"""Functions with nothing to do where a sequence of a layout is empty, and what stands in for them, by that sequence."""
