"""The electrolyser, as the shared suite tries it out."""

from __future__ import annotations

from hypothesis import strategies as st

from doppelgrid.models.electrolyzer import (
    COLD_START,
    OFF,
    RUNNING,
    STANDBY,
    WARM_START,
    ElectrolyzerInput,
    ElectrolyzerOutput,
    ElectrolyzerParams,
    ElectrolyzerState,
    electrolyzer_horizon_s,
    electrolyzer_output,
    electrolyzer_power_limits,
    electrolyzer_step,
)
from doppelgrid.sim.components.machines.electrolyzer import electrolyzer_preset, electrolyzer_preset_names

from .case import ModelCase


def _states(params: ElectrolyzerParams) -> st.SearchStrategy[ElectrolyzerState]:
    waits_s = {
        OFF: 0.0,
        COLD_START: params.cold_start_s,
        WARM_START: params.warm_start_s,
        RUNNING: 0.0,
        STANDBY: params.standby_s,
    }

    def of_phase(phase: int) -> st.SearchStrategy[ElectrolyzerState]:
        return st.builds(
            ElectrolyzerState,
            phase=st.just(phase),
            wait_s=st.floats(0.0, waits_s[phase]),
            stack_c=st.floats(-10.0, params.operating_c),
            loaded_s=st.floats(0.0, 10.0) if phase == RUNNING else st.just(0.0),
            starts=st.integers(0, 10_000),
            run_s=st.floats(0.0, 1e8) | st.sampled_from([0.0, 3600.0, 36_000.0]),
        )

    return st.sampled_from(list(waits_s)).flatmap(of_phase)


def _inputs(params: ElectrolyzerParams) -> st.SearchStrategy[ElectrolyzerInput]:
    return st.builds(
        ElectrolyzerInput,
        set_point_w=st.floats(0.0, 1.2 * params.rated_power_w),
        ambient_c=st.floats(-20.0, 45.0),
    )


def _imbalance_j(
    params: ElectrolyzerParams,
    before: ElectrolyzerState,
    after: ElectrolyzerState,
    output: ElectrolyzerOutput,
    dt_s: float,
) -> float:
    out_w = output.hydrogen_w + output.cooling_w + output.loss_w
    growth_j = params.heat_capacity_j_per_k * (after.stack_c - before.stack_c)
    return (output.active_power_w - out_w) * dt_s - growth_j


def _throughput_j(
    _params: ElectrolyzerParams,
    _before: ElectrolyzerState,
    _after: ElectrolyzerState,
    output: ElectrolyzerOutput,
    dt_s: float,
) -> float:
    flows_w = output.active_power_w + output.hydrogen_w + output.cooling_w + abs(output.loss_w)
    return flows_w * dt_s


CASES: list[ModelCase] = [
    ModelCase(
        name="electrolyzer",
        params={name: electrolyzer_preset(name, 1e6) for name in electrolyzer_preset_names()}
        | {"worn": electrolyzer_preset("pem", 1e6)._replace(voltage_growth_per_h=2e-6, start_wear_s=3600.0)},
        output=electrolyzer_output,
        horizon_s=electrolyzer_horizon_s,
        step=electrolyzer_step,
        states=_states,
        inputs=_inputs,
        imbalance_j=_imbalance_j,
        throughput_j=_throughput_j,
        limits=electrolyzer_power_limits,
        spans=lambda _params: ElectrolyzerState(1, 3600.0, 100.0, 10.0, 1, 1e5),
        stored_j=lambda params: 100.0 * params.heat_capacity_j_per_k,
    )
]
