"""Uninterruptible power supplies for the shared suite."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from doppelgrid.models.ups import UpsInput, UpsParams, UpsState, ups_horizon_s, ups_output, ups_step
from doppelgrid.sim.components.uninterruptible_power_supply import ups_preset, ups_preset_names

from .case import ModelCase


def _capacity_j(params: UpsParams) -> float:
    return params.battery_energy_wh * 3600.0


def _states(params: UpsParams) -> st.SearchStrategy[UpsState]:
    capacity_j = _capacity_j(params)
    return st.builds(UpsState, st.floats(0.0, capacity_j) | st.sampled_from([0.0, capacity_j]))


def _inputs(params: UpsParams) -> st.SearchStrategy[UpsInput]:
    load_w = st.floats(0.0, params.rated_power_w)
    yes_or_no = st.sampled_from([0, 1])
    return st.builds(UpsInput, load_w, st.floats(-0.5, 0.5).map(_times(params)), yes_or_no, yes_or_no)


def _times(params: UpsParams) -> Any:
    return lambda share: share * params.rated_power_w


def _imbalance_j(_params: Any, before: UpsState, after: UpsState, output: Any, dt_s: float) -> float:
    drawn_j = (output.active_power_w - output.served_power_w - output.loss_w) * dt_s
    return float(drawn_j - (after.energy_j - before.energy_j))


def _throughput_j(_params: Any, _before: Any, _after: Any, output: Any, dt_s: float) -> float:
    flows_w = abs(output.active_power_w) + output.served_power_w + output.loss_w + abs(output.battery_power_w)
    return float(flows_w * dt_s)


def _spans(params: UpsParams) -> UpsState:
    return UpsState(_capacity_j(params))


CASES = [
    ModelCase(
        name="ups",
        params={name: ups_preset(name) for name in ups_preset_names()},
        output=ups_output,
        horizon_s=ups_horizon_s,
        step=ups_step,
        states=_states,
        inputs=_inputs,
        imbalance_j=_imbalance_j,
        throughput_j=_throughput_j,
        spans=_spans,
        stored_j=_capacity_j,
    )
]
