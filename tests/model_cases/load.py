"""Loads for the shared suite; they remember nothing."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from hypothesis import strategies as st

from doppelgrid.models.load import LoadInput, LoadOutput, LoadParams, load_output
from doppelgrid.sim.components.load_mix import load_preset, load_preset_names

from .case import ModelCase


class _Nothing(NamedTuple):
    nothing: float


def _output(params: LoadParams, _state: _Nothing, inp: LoadInput) -> LoadOutput:
    return load_output(params, inp)


def _horizon_s(_params: LoadParams, _state: _Nothing, _inp: LoadInput) -> float:
    return math.inf


def _step(params: LoadParams, state: _Nothing, inp: LoadInput, _dt_s: float) -> tuple[_Nothing, LoadOutput]:
    return state, load_output(params, inp)


def _states(_params: LoadParams) -> st.SearchStrategy[_Nothing]:
    return st.just(_Nothing(0.0))


def _inputs(_params: LoadParams) -> st.SearchStrategy[LoadInput]:
    return st.builds(LoadInput, st.floats(-1e6, 1e6), st.floats(-0.5, 0.5), st.floats(0.0, 1.3))


def _imbalance_j(_params: Any, _before: Any, _after: Any, _output: Any, _dt_s: float) -> float:
    return 0.0


def _throughput_j(_params: Any, _before: Any, _after: Any, output: Any, dt_s: float) -> float:
    return float(abs(output.active_power_w) * dt_s)


CASES = [
    ModelCase(
        name="load",
        params={name: load_preset(name) for name in load_preset_names()},
        output=_output,
        horizon_s=_horizon_s,
        step=_step,
        states=_states,
        inputs=_inputs,
        imbalance_j=_imbalance_j,
        throughput_j=_throughput_j,
    )
]
