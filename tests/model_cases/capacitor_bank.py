"""Capacitor banks for the shared suite."""

from __future__ import annotations

import math
from typing import Any

from hypothesis import strategies as st

from doppelgrid.models.capacitor_bank import (
    CapacitorBankInput,
    CapacitorBankParams,
    CapacitorBankState,
    capacitor_bank_horizon_s,
    capacitor_bank_output,
    capacitor_bank_step,
)

from .case import ModelCase


def _states(params: CapacitorBankParams) -> st.SearchStrategy[CapacitorBankState]:
    def rest(steps_on: int) -> st.SearchStrategy[CapacitorBankState]:
        waiting = st.integers(0, params.steps - steps_on)
        return st.builds(CapacitorBankState, st.just(steps_on), waiting, st.floats(0.0, params.discharge_s))

    return st.integers(0, params.steps).flatmap(rest)


def _inputs(params: CapacitorBankParams) -> st.SearchStrategy[CapacitorBankInput]:
    most_var = params.steps * params.step_power_var
    return st.builds(
        CapacitorBankInput,
        st.floats(-1.5 * most_var, most_var),
        st.floats(0.0, 1.2 * params.rated_voltage_v),
        st.just(-math.inf) | st.floats(-1.5 * most_var, 0.0),
        st.just(math.inf) | st.floats(-1.5 * most_var, 0.0),
    )


def _imbalance_j(_params: Any, _before: Any, _after: Any, output: Any, dt_s: float) -> float:
    return float((output.active_power_w - output.loss_w) * dt_s)


def _throughput_j(_params: Any, _before: Any, _after: Any, output: Any, dt_s: float) -> float:
    return float((abs(output.active_power_w) + abs(output.loss_w)) * dt_s)


CASES = [
    ModelCase(
        name="capacitor_bank",
        params={
            "six steps": CapacitorBankParams(6, 12.5e3, 0.0005, 60.0, 400.0),
            "thyristor switched": CapacitorBankParams(4, 25e3, 0.003, 0.0, 690.0),
        },
        output=capacitor_bank_output,
        horizon_s=capacitor_bank_horizon_s,
        step=capacitor_bank_step,
        states=_states,
        inputs=_inputs,
        imbalance_j=_imbalance_j,
        throughput_j=_throughput_j,
    )
]
