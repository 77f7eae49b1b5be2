"""Wind turbines for the shared suite."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from doppelgrid.models.wind_plant import (
    WindPlantInput,
    WindPlantParams,
    wind_plant_horizon_s,
    wind_plant_output,
    wind_plant_power_limits,
    wind_plant_step,
)
from doppelgrid.models.wind_turbine import (
    RUNNING,
    STARTING,
    STOPPED,
    STORM,
    WindTurbineInput,
    WindTurbineParams,
    WindTurbineState,
    wind_turbine_horizon_s,
    wind_turbine_output,
    wind_turbine_power_limits,
    wind_turbine_step,
)
from doppelgrid.sim.components.machines.wind_turbine import wind_turbine_preset, wind_turbine_preset_names

from .case import Derating, ModelCase


def _states(params: WindTurbineParams) -> st.SearchStrategy[WindTurbineState]:
    modes = st.sampled_from([STOPPED, STARTING, RUNNING, STORM])
    timers_s = st.floats(0.0, max(params.start_up_s, params.restart_wait_s))
    ice = st.sampled_from([0.0, 1.0]) | st.floats(0.0, 1.0)
    return st.builds(WindTurbineState, modes, timers_s, ice, st.sampled_from([0, 1]))


def _inputs(params: WindTurbineParams) -> st.SearchStrategy[WindTurbineInput]:
    edges = [params.cut_in_m_per_s, params.stop_m_per_s, params.cut_out_m_per_s, params.restart_m_per_s]
    return st.builds(
        WindTurbineInput,
        st.floats(-1.2 * params.rated_power_w, 0.1 * params.rated_power_w),
        st.floats(-params.apparent_power_va, params.apparent_power_va),
        st.floats(0.0, 70.0) | st.sampled_from(edges),
        st.floats(-40.0, 50.0),
        st.floats(60e3, 106e3),
        st.floats(0.0, 1.0),
        st.sampled_from([0.0, 0.0, 0.0, 1.0]),
    )


def _plant_states(params: WindPlantParams) -> st.SearchStrategy[WindTurbineState]:
    return _states(params.turbine)


def _plant_inputs(params: WindPlantParams) -> st.SearchStrategy[WindPlantInput]:
    def measured(inp: WindTurbineInput) -> WindPlantInput:
        return WindPlantInput(*inp)._replace(pressure_hpa=inp.pressure_pa / 100.0)

    return _inputs(params.turbine).map(measured)


def _plant_own_use_w(params: WindPlantParams) -> float:
    return params.turbine.standby_power_w


def _imbalance_j(_params: Any, _before: Any, _after: Any, output: Any, dt_s: float) -> float:
    return (
        max(output.available_power_w - output.active_power_w, 0.0) * dt_s
    )  # never more than the wind offers


def _throughput_j(_params: Any, _before: Any, _after: Any, output: Any, dt_s: float) -> float:
    return (abs(output.active_power_w) + abs(output.available_power_w)) * dt_s


def _own_use_w(params: WindTurbineParams) -> float:
    return params.standby_power_w


def _in_thin_air_w(params: WindTurbineParams, position: float) -> float:
    inp = WindTurbineInput(-params.rated_power_w, 0.0, 9.0, 15.0, 106e3 - 46e3 * position, 0.5)
    return -wind_turbine_power_limits(params, WindTurbineState(RUNNING, 0.0), inp)[0]


_HARSH = wind_turbine_preset("senvion-mm82-2050kw")._replace(
    restart_wait_s=600.0, yaw_error_deg=12.0, iced_share=0.4, icing_humidity=0.6, density_exponent=0.6
)
CASES = [
    ModelCase(
        name="wind_turbine",
        params={
            **{name: wind_turbine_preset(name) for name in wind_turbine_preset_names()},
            "iced, askew": _HARSH,
            "stopped by ice": _HARSH._replace(iced_share=0.0),
        },
        output=wind_turbine_output,
        horizon_s=wind_turbine_horizon_s,
        step=wind_turbine_step,
        states=_states,
        inputs=_inputs,
        imbalance_j=_imbalance_j,
        throughput_j=_throughput_j,
        limits=wind_turbine_power_limits,
        deratings=(Derating("thin air", _in_thin_air_w),),
        own_use_w=_own_use_w,
    ),
    ModelCase(
        name="wind_plant",
        params={
            "at the mast": WindPlantParams(wind_turbine_preset("northern-power-100kw"), 1.0, 1.0),
            "above the mast": WindPlantParams(wind_turbine_preset("senvion-mm82-2050kw"), 1.3, 0.99),
        },
        output=wind_plant_output,
        horizon_s=wind_plant_horizon_s,
        step=wind_plant_step,
        states=_plant_states,
        inputs=_plant_inputs,
        imbalance_j=_imbalance_j,
        throughput_j=_throughput_j,
        limits=wind_plant_power_limits,
        own_use_w=_plant_own_use_w,
    ),
]
