"""CHPs, as the shared suite tries them out."""

from __future__ import annotations

import math

from accuracy.chp import stored_heat_j
from hypothesis import strategies as st

from doppelgrid.models.chp import (
    FAULT,
    RUNNING,
    STARTING,
    STOPPED,
    STOPPING,
    WARMING_UP,
    ChpInput,
    ChpOutput,
    ChpParams,
    ChpState,
    chp_horizon_s,
    chp_output,
    chp_power_limits,
    chp_step,
)
from doppelgrid.sim.components.machines.chp import chp_preset, chp_preset_names

from .case import Derating, ModelCase


def _params() -> dict[str, ChpParams]:
    params = {name: chp_preset(name, 50e3) for name in chp_preset_names()}
    params["heat-led"] = chp_preset("gas-50kw", 50e3, buffer_litres=1000.0, heat_led=True)
    params["dump-cooler"] = chp_preset("gas-50kw", 50e3, buffer_litres=300.0, dump_cooler=True)
    params["worn"] = params["gas-50kw"]._replace(start_wear_s=36e3, fuel_growth_per_h=1e-5)
    params["load-steps"] = params["gas-50kw"]._replace(load_step_w=17e3)
    params["heat-led-dump-cooler"] = chp_preset("gas-20kw", 20e3, heat_led=True, dump_cooler=True)
    return params


def _longest_wait_s(params: ChpParams, phase: int) -> float:
    if phase == STARTING:
        return params.start_s
    if phase == STOPPED:
        return params.minimum_pause_s
    if phase == STOPPING:
        return params.stop_s
    if phase in (WARMING_UP, RUNNING):
        return params.minimum_run_s
    return 0.0 if phase == FAULT else params.retry_wait_s


def _steady_w(params: ChpParams, phase: int) -> st.SearchStrategy[float]:
    if math.isinf(params.load_step_w) or phase not in (WARMING_UP, RUNNING):
        return st.just(0.0)
    return st.floats(0.0, params.rated_power_w)


def _states(params: ChpParams) -> st.SearchStrategy[ChpState]:
    def of_phase(phase: int) -> st.SearchStrategy[ChpState]:
        return st.builds(
            ChpState,
            phase=st.just(phase),
            wait_s=st.floats(0.0, _longest_wait_s(params, phase)),
            failures=st.integers(0, params.start_retries),
            buffer_takes=st.integers(0, 1),
            engine_c=st.just(params.engine_operating_c) if phase == RUNNING else st.floats(0.0, 80.0),
            buffer_c=st.floats(10.0, params.buffer_full_c),
            loaded_s=st.floats(0.0, 20.0) if phase in (WARMING_UP, RUNNING) else st.just(0.0),
            starts=st.integers(0, 10_000),
            run_s=st.floats(0.0, 1e8),
            steady_w=_steady_w(params, phase),
            recovering_s=st.floats(0.0, params.recovery_s),
            taken_w=_steady_w(params, phase),
        )

    return st.integers(STOPPED, FAULT).flatmap(of_phase)


def _inputs(params: ChpParams) -> st.SearchStrategy[ChpInput]:
    return st.builds(
        ChpInput,
        set_point_w=st.floats(-1.2 * params.rated_power_w, 0.0),
        heat_demand_w=st.floats(0.0, 3.0 * params.rated_power_w),
        room_c=st.floats(0.0, 40.0),
        start_fails=st.integers(0, 1),
        acknowledge=st.integers(0, 1),
    )


def _imbalance_j(
    params: ChpParams, before: ChpState, after: ChpState, output: ChpOutput, dt_s: float
) -> float:
    into_w = output.fuel_w + output.active_power_w
    out_w = output.delivered_w + output.dumped_w + output.loss_w
    growth_j = stored_heat_j(params, after) - stored_heat_j(params, before)
    return (into_w - out_w) * dt_s - growth_j


def _throughput_j(
    _params: ChpParams, _before: ChpState, _after: ChpState, output: ChpOutput, dt_s: float
) -> float:
    flows_w = output.fuel_w + abs(output.active_power_w) + output.delivered_w + output.dumped_w
    return (flows_w + abs(output.loss_w)) * dt_s


def _stored_j(params: ChpParams) -> float:
    return stored_heat_j(params, ChpState(STOPPED, 0.0, 0, 1, 100.0, 100.0))


def _limit_at_buffer(params: ChpParams, position: float) -> float:
    buffer_c = params.buffer_restart_c + position * (params.buffer_full_c - params.buffer_restart_c)
    state = ChpState(RUNNING, 0.0, 0, 1, params.engine_operating_c, buffer_c)
    lower_w, _ = chp_power_limits(params, state, ChpInput(-params.rated_power_w, 0.0, 20.0, 0, 0))
    return max(-lower_w, 0.0)


CASES: list[ModelCase] = [
    ModelCase(
        name="chp",
        params=_params(),
        output=chp_output,
        horizon_s=chp_horizon_s,
        step=chp_step,
        states=_states,
        inputs=_inputs,
        imbalance_j=_imbalance_j,
        throughput_j=_throughput_j,
        limits=chp_power_limits,
        deratings=(Derating("a buffer that fills up", _limit_at_buffer),),
        spans=lambda _params: ChpState(1, 1800.0, 1, 1, 100.0, 100.0, 15.0, 1, 1e5, 1e5, 60.0, 1e5),
        stored_j=_stored_j,
        limits_include_zero=False,
    ),
]
