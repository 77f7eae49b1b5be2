"""A tank by itself, as the shared suite tries it out: the parts that CHPs and steam boilers share, put together."""

from __future__ import annotations

from typing import NamedTuple

from hypothesis import strategies as st

from doppelgrid.models.heat_buffer import (
    HeatBufferInput,
    HeatBufferParams,
    HeatBufferState,
    delivered_w,
    heat_buffer_time_to_s,
    tank_after,
)
from doppelgrid.sim.components.machines.chp import hot_water_buffer

from .case import ModelCase


class HeatBufferOutput(NamedTuple):
    """What a tank does."""

    heat_w: float
    """Fed in [W]."""
    delivered_w: float
    """Heat drawn, at most the demand [W]."""
    loss_w: float
    """Given to the room; negative where the room is warmer [W]."""


def heat_buffer_output(
    params: HeatBufferParams, state: HeatBufferState, inp: HeatBufferInput
) -> HeatBufferOutput:
    """Return what the tank does at this instant."""
    loss_w = params.heat_loss_w_per_k * (state.temperature_c - inp.room_c)
    return HeatBufferOutput(inp.heat_w, delivered_w(params, state.temperature_c, inp), loss_w)


def heat_buffer_horizon_s(params: HeatBufferParams, state: HeatBufferState, inp: HeatBufferInput) -> float:
    """Return how long the heat delivered stays as it is [s], at least 1 ms."""
    return max(heat_buffer_time_to_s(params, state, inp, params.useful_c), 1e-3)


def heat_buffer_step(
    params: HeatBufferParams, state: HeatBufferState, inp: HeatBufferInput, dt_s: float
) -> tuple[HeatBufferState, HeatBufferOutput]:
    """Carry a tank across any `dt_s`; the output is the mean over it."""
    if dt_s <= 0.0:
        return state, heat_buffer_output(params, state, inp)
    left_s, delivered_j, loss_j = dt_s, 0.0, 0.0
    while left_s > 0.0:
        part_s = min(left_s, heat_buffer_time_to_s(params, state, inp, params.useful_c))
        drawn_w = delivered_w(params, state.temperature_c, inp)
        state, lost_j = tank_after(params, state, inp.heat_w - drawn_w, inp.room_c, part_s)
        delivered_j += drawn_w * part_s
        loss_j += lost_j
        left_s -= part_s
    return state, HeatBufferOutput(inp.heat_w, delivered_j / dt_s, loss_j / dt_s)


def _states(params: HeatBufferParams) -> st.SearchStrategy[HeatBufferState]:
    return st.builds(HeatBufferState, st.floats(5.0, 95.0) | st.just(params.useful_c))


def _inputs(_params: HeatBufferParams) -> st.SearchStrategy[HeatBufferInput]:
    return st.builds(HeatBufferInput, st.floats(0.0, 50e3), st.floats(0.0, 50e3), st.floats(0.0, 40.0))


def _imbalance_j(
    params: HeatBufferParams,
    before: HeatBufferState,
    after: HeatBufferState,
    output: HeatBufferOutput,
    dt_s: float,
) -> float:
    growth_j = params.heat_capacity_j_per_k * (after.temperature_c - before.temperature_c)
    return (output.heat_w - output.delivered_w - output.loss_w) * dt_s - growth_j


def _throughput_j(
    _params: HeatBufferParams,
    _before: HeatBufferState,
    _after: HeatBufferState,
    output: HeatBufferOutput,
    dt_s: float,
) -> float:
    flows_w = output.heat_w + output.delivered_w + abs(output.loss_w)
    return flows_w * dt_s


CASES: list[ModelCase] = [
    ModelCase(
        name="heat_buffer",
        params={"500-l": hot_water_buffer(500.0), "no-loss": HeatBufferParams(2e6, 0.0, 50.0)},
        output=heat_buffer_output,
        horizon_s=heat_buffer_horizon_s,
        step=heat_buffer_step,
        states=_states,
        inputs=_inputs,
        imbalance_j=_imbalance_j,
        throughput_j=_throughput_j,
        spans=lambda _params: HeatBufferState(100.0),
        stored_j=lambda params: 100.0 * params.heat_capacity_j_per_k,
    ),
]
