"""Crypto miners for the shared suite."""

from __future__ import annotations

import math
from typing import Any

from hypothesis import strategies as st

from doppelgrid.models.crypto_miner import (
    COOL,
    THROTTLED,
    TRIPPED,
    CryptoMinerInput,
    CryptoMinerParams,
    CryptoMinerState,
    crypto_miner_horizon_s,
    crypto_miner_output,
    crypto_miner_power_limits,
    crypto_miner_step,
)
from doppelgrid.sim.components.machines.crypto_miner import crypto_miner_preset, crypto_miner_preset_names

from .case import Derating, ModelCase


def _states(params: CryptoMinerParams) -> st.SearchStrategy[CryptoMinerState]:
    return st.builds(
        CryptoMinerState,
        st.integers(0, params.boards),
        st.sampled_from([-1, 0, 1]),
        st.floats(0.0, 60.0),
        st.sampled_from([COOL, THROTTLED, TRIPPED]),
        st.floats(-20.0, 110.0),
    )


def _inputs(params: CryptoMinerParams) -> st.SearchStrategy[CryptoMinerInput]:
    most_w = params.base_power_w + params.boards * params.board_power_w
    limits = st.floats(0.0, 1.2 * most_w) | st.just(math.inf)
    return st.builds(
        CryptoMinerInput,
        limits,
        st.floats(-20.0, 60.0),
        st.floats(0.0, 1.2 * most_w) | st.just(-math.inf),
        limits,
    )


def _imbalance_j(
    params: CryptoMinerParams, before: CryptoMinerState, after: CryptoMinerState, output: Any, dt_s: float
) -> float:
    stored_j = params.heat_capacity_j_per_k * (after.temperature_c - before.temperature_c)
    return float((output.active_power_w - output.heat_w) * dt_s - stored_j)


def _throughput_j(_params: Any, _before: Any, _after: Any, output: Any, dt_s: float) -> float:
    return float((output.active_power_w + abs(output.heat_w)) * dt_s)


def _own_use_w(params: CryptoMinerParams) -> float:
    """Return the base power, and that of boards that are on their way down."""
    return params.base_power_w + params.boards * params.board_power_w


def _stored_j(params: CryptoMinerParams) -> float:
    return 150.0 * params.heat_capacity_j_per_k


def _spans(params: CryptoMinerParams) -> CryptoMinerState:
    return CryptoMinerState(params.boards, 1, 60.0, 1, 50.0)


def _hot_w(params: CryptoMinerParams, position: float) -> float:
    state = CryptoMinerState(0, 0, 0.0, COOL, 20.0 + 90.0 * position)
    return crypto_miner_power_limits(params, state, CryptoMinerInput(math.inf, 20.0))[1]


def _turns_per_hour(params: CryptoMinerParams) -> int:
    """Return how often boards come and go in a heat that stops all of them again and again, each time for minutes."""
    return 2 * params.boards * 20


CASES = [
    ModelCase(
        name="crypto_miner",
        params={name: crypto_miner_preset(name) for name in crypto_miner_preset_names()}
        | {"a hall of 12 antminer-s19-pro": crypto_miner_preset("antminer-s19-pro", 12)},
        output=crypto_miner_output,
        horizon_s=crypto_miner_horizon_s,
        step=crypto_miner_step,
        states=_states,
        inputs=_inputs,
        imbalance_j=_imbalance_j,
        throughput_j=_throughput_j,
        limits=crypto_miner_power_limits,
        deratings=(Derating("hot chips", _hot_w),),
        split_tolerance=1e-8,
        spans=_spans,
        stored_j=_stored_j,
        own_use_w=_own_use_w,
        turns_per_hour=_turns_per_hour,
    )
]
