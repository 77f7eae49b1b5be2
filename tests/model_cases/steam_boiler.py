"""The steam boiler, as the shared suite tries it out."""

from __future__ import annotations

from hypothesis import strategies as st

from doppelgrid.models.steam_boiler import (
    SteamBoilerInput,
    SteamBoilerOutput,
    SteamBoilerParams,
    SteamBoilerState,
    steam_boiler_horizon_s,
    steam_boiler_output,
    steam_boiler_power_limits,
    steam_boiler_step,
)
from doppelgrid.sim.components.machines.steam_boiler import steam_boiler_preset, steam_boiler_preset_names

from .case import Derating, ModelCase


def _states(params: SteamBoilerParams) -> st.SearchStrategy[SteamBoilerState]:
    return st.builds(
        SteamBoilerState,
        drum_takes=st.integers(0, 1),
        drum_c=st.floats(5.0, params.full_c) | st.just(params.full_c) | st.just(params.drum.useful_c),
        loaded_s=st.floats(0.0, 5.0),
    )


def _inputs(params: SteamBoilerParams) -> st.SearchStrategy[SteamBoilerInput]:
    return st.builds(
        SteamBoilerInput,
        set_point_w=st.floats(0.0, 1.2 * params.rated_power_w),
        steam_demand_w=st.just(0.0) | st.floats(0.0, 1.2 * params.rated_power_w),
        room_c=st.floats(0.0, 45.0),
    )


def _imbalance_j(
    params: SteamBoilerParams,
    before: SteamBoilerState,
    after: SteamBoilerState,
    output: SteamBoilerOutput,
    dt_s: float,
) -> float:
    growth_j = params.drum.heat_capacity_j_per_k * (after.drum_c - before.drum_c)
    return (output.active_power_w - output.steam_w - output.loss_w) * dt_s - growth_j


def _throughput_j(
    _params: SteamBoilerParams,
    _before: SteamBoilerState,
    _after: SteamBoilerState,
    output: SteamBoilerOutput,
    dt_s: float,
) -> float:
    flows_w = output.active_power_w + output.steam_w + abs(output.loss_w)
    return flows_w * dt_s


def _limit_at_drum(params: SteamBoilerParams, position: float) -> float:
    drum_c = params.restart_c + position * (params.full_c - params.restart_c)
    inp = SteamBoilerInput(params.rated_power_w, 0.3 * params.rated_power_w, 20.0)
    return steam_boiler_power_limits(params, SteamBoilerState(1, drum_c), inp)[1]


CASES: list[ModelCase] = [
    ModelCase(
        name="steam_boiler",
        params={name: steam_boiler_preset(name, 1e6) for name in steam_boiler_preset_names()},
        output=steam_boiler_output,
        horizon_s=steam_boiler_horizon_s,
        step=steam_boiler_step,
        states=_states,
        inputs=_inputs,
        imbalance_j=_imbalance_j,
        throughput_j=_throughput_j,
        limits=steam_boiler_power_limits,
        deratings=(Derating("a drum that fills up", _limit_at_drum),),
        spans=lambda _params: SteamBoilerState(1, 200.0, 5.0),
        stored_j=lambda params: 200.0 * params.drum.heat_capacity_j_per_k,
    )
]
