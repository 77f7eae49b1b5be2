"""Rooms with their heat pumps for the shared suite."""

from __future__ import annotations

import math
from typing import Any

from hypothesis import strategies as st

from doppelgrid.models.hvac import (
    COOLING,
    HEATING,
    OFF,
    HvacInput,
    HvacParams,
    HvacState,
    hvac_horizon_s,
    hvac_output,
    hvac_power_limits,
    hvac_step,
)
from doppelgrid.sim.components.machines.hvac import hvac_preset, hvac_preset_names

from .case import ModelCase


def _states(params: HvacParams) -> st.SearchStrategy[HvacState]:
    modes = [OFF] + [HEATING] * params.can_heat + [COOLING] * params.can_cool
    timers = st.floats(0.0, max(params.min_run_s, params.min_pause_s))
    return st.builds(HvacState, st.sampled_from(modes), timers, st.floats(-10.0, 45.0))


def _inputs(params: HvacParams) -> st.SearchStrategy[HvacInput]:
    limits = st.floats(0.0, 1.2 * params.rated_power_w) | st.just(math.inf)
    temperatures_c = st.floats(-25.0, 45.0)
    gains_w = st.floats(0.0, 2.0 * params.rated_power_w)
    return st.builds(HvacInput, limits, temperatures_c, gains_w, temperatures_c)


def _imbalance_j(params: HvacParams, before: HvacState, after: HvacState, output: Any, dt_s: float) -> float:
    machine_w = output.active_power_w + output.environment_heat_w - output.standby_loss_w - output.heat_w
    room_w = output.heat_w + output.gains_w - output.room_loss_w
    stored_j = params.heat_capacity_j_per_k * (after.room_c - before.room_c)
    return float(abs(machine_w) * dt_s + abs(room_w * dt_s - stored_j))


def _throughput_j(_params: Any, _before: Any, _after: Any, output: Any, dt_s: float) -> float:
    return float(
        (output.active_power_w + abs(output.heat_w) + output.gains_w + abs(output.room_loss_w)) * dt_s
    )


def _own_use_w(params: HvacParams) -> float:
    return params.standby_power_w


def _stored_j(params: HvacParams) -> float:
    return 100.0 * params.heat_capacity_j_per_k


def _spans(_params: HvacParams) -> HvacState:
    return HvacState(1, 600.0, 10.0)


CASES = [
    ModelCase(
        name="hvac",
        params={name: hvac_preset(name) for name in hvac_preset_names()},
        output=hvac_output,
        horizon_s=hvac_horizon_s,
        step=hvac_step,
        states=_states,
        inputs=_inputs,
        imbalance_j=_imbalance_j,
        throughput_j=_throughput_j,
        limits=hvac_power_limits,
        split_tolerance=1e-8,
        spans=_spans,
        stored_j=_stored_j,
        own_use_w=_own_use_w,
    )
]
