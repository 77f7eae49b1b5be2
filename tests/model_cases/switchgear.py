"""Prechargers, breakers and transfer switches for the shared suite."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from doppelgrid.models import breaker, precharger, transfer_switch
from doppelgrid.models.breaker import BreakerInput, BreakerParams, BreakerState
from doppelgrid.models.precharger import PrechargerInput, PrechargerParams, PrechargerState
from doppelgrid.models.transfer_switch import TransferSwitchInput, TransferSwitchParams, TransferSwitchState

from .case import ModelCase

_YES_OR_NO = st.sampled_from([0, 1])


def _precharger_states(params: PrechargerParams) -> st.SearchStrategy[PrechargerState]:
    modes = [precharger.OPEN, precharger.CHARGING, precharger.CLOSED, precharger.FAILED]
    return st.builds(
        PrechargerState, st.sampled_from(modes), st.floats(0.0, params.timeout_s), st.floats(0.0, 900.0)
    )


def _precharger_inputs(_params: PrechargerParams) -> st.SearchStrategy[PrechargerInput]:
    return st.builds(PrechargerInput, _YES_OR_NO, st.floats(100.0, 900.0) | st.just(0.0))


def _precharger_imbalance_j(
    params: PrechargerParams, before: PrechargerState, after: PrechargerState, output: Any, dt_s: float
) -> float:
    stored_j = 0.5 * params.capacitance_f * (after.link_v * after.link_v - before.link_v * before.link_v)
    return float((output.power_w - output.loss_w) * dt_s - stored_j)


def _precharger_throughput_j(_params: Any, _before: Any, _after: Any, output: Any, dt_s: float) -> float:
    return float((abs(output.power_w) + abs(output.loss_w) + abs(output.stored_w)) * dt_s)


def _precharger_spans(_params: PrechargerParams) -> PrechargerState:
    return PrechargerState(1, 1.0, 100.0)


def _breaker_states(params: BreakerParams) -> st.SearchStrategy[BreakerState]:
    modes = st.integers(breaker.OPEN, breaker.TRIPPED)
    return st.builds(BreakerState, modes, st.floats(0.0, params.closing_s), st.floats(0.0, 1.0))


def _breaker_inputs(params: BreakerParams) -> st.SearchStrategy[BreakerInput]:
    most_a = 1.5 * params.magnetic_multiple * params.rated_current_a
    currents = st.floats(0.0, 2.0 * params.rated_current_a) | st.floats(0.0, most_a)
    return st.builds(BreakerInput, _YES_OR_NO, _YES_OR_NO, currents)


def _switch_states(params: TransferSwitchParams) -> st.SearchStrategy[TransferSwitchState]:
    return st.builds(
        TransferSwitchState,
        st.sampled_from([1, 2]),
        st.floats(0.0, params.transfer_s),
        st.floats(0.0, params.return_delay_s),
    )


def _switch_inputs(_params: TransferSwitchParams) -> st.SearchStrategy[TransferSwitchInput]:
    volts = st.floats(0.0, 1.2) | st.just(1.0)
    return st.builds(TransferSwitchInput, st.sampled_from([1, 2]), volts, volts)


def _nothing_j(_params: Any, _before: Any, _after: Any, _output: Any, _dt_s: float) -> float:
    return 0.0


def _duration(_params: Any, _before: Any, _after: Any, _output: Any, dt_s: float) -> float:
    return dt_s


CASES = [
    ModelCase(
        name="precharger",
        params={"a battery inverter's": PrechargerParams(100.0, 2e-3, 50e3, 0.95, 2.0)},
        output=precharger.precharger_output,
        horizon_s=precharger.precharger_horizon_s,
        step=precharger.precharger_step,
        states=_precharger_states,
        inputs=_precharger_inputs,
        imbalance_j=_precharger_imbalance_j,
        throughput_j=_precharger_throughput_j,
        spans=_precharger_spans,
        held=("is_closed",),
    ),
    ModelCase(
        name="breaker",
        params={"63 A, characteristic C": BreakerParams(63.0, 7.0, 1.3, 600.0, 0.06, 0.03)},
        output=breaker.breaker_output,
        horizon_s=breaker.breaker_horizon_s,
        step=breaker.breaker_step,
        states=_breaker_states,
        inputs=_breaker_inputs,
        imbalance_j=_nothing_j,
        throughput_j=_duration,
        held=("closed_share",),
    ),
    ModelCase(
        name="transfer_switch",
        params={"static": TransferSwitchParams(0.006, 3.0, 0.9, 1.1)},
        output=transfer_switch.transfer_switch_output,
        horizon_s=transfer_switch.transfer_switch_horizon_s,
        step=transfer_switch.transfer_switch_step,
        states=_switch_states,
        inputs=_switch_inputs,
        imbalance_j=_nothing_j,
        throughput_j=_duration,
        held=("voltage_pu",),
    ),
]
