"""Transformers for the shared suite."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from doppelgrid.models.transformer import (
    TransformerInput,
    TransformerParams,
    TransformerState,
    transformer_horizon_s,
    transformer_output,
    transformer_step,
)
from doppelgrid.sim.components.power_transformer import transformer_preset, transformer_preset_names

from .case import ModelCase


def _states(_params: TransformerParams) -> st.SearchStrategy[TransformerState]:
    return st.builds(TransformerState, st.floats(0.0, 90.0))


def _inputs(params: TransformerParams) -> st.SearchStrategy[TransformerInput]:
    power = st.floats(-1.5 * params.rated_apparent_power_va, 1.5 * params.rated_apparent_power_va)
    voltage = st.floats(0.5, 1.2) | st.just(0.0)
    return st.builds(TransformerInput, power, power, voltage, st.floats(-30.0, 50.0))


def _imbalance_j(_params: Any, _before: Any, _after: Any, output: Any, dt_s: float) -> float:
    return float((output.active_power_w - output.served_power_w - output.loss_w) * dt_s)


def _throughput_j(_params: Any, _before: Any, _after: Any, output: Any, dt_s: float) -> float:
    return float((abs(output.active_power_w) + abs(output.served_power_w) + output.loss_w) * dt_s)


def _spans(_params: TransformerParams) -> TransformerState:
    return TransformerState(60.0)


CASES = [
    ModelCase(
        name="transformer",
        params={name: transformer_preset(name) for name in transformer_preset_names()},
        output=transformer_output,
        horizon_s=transformer_horizon_s,
        step=transformer_step,
        states=_states,
        inputs=_inputs,
        imbalance_j=_imbalance_j,
        throughput_j=_throughput_j,
        spans=_spans,
    )
]
