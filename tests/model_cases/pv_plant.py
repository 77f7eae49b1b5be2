"""Photovoltaics with their inverter, of every inverter preset."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from doppelgrid.models.inverter import InverterOutput, InverterParams, InverterState
from doppelgrid.models.pv_plant import (
    PvPlantInput,
    pv_plant_horizon_s,
    pv_plant_output,
    pv_plant_power_limits,
    pv_plant_step,
)
from doppelgrid.sim.components.inverter import inverter_preset, inverter_preset_names

from .case import Derating, ModelCase
from .inverter import RATED_VA, RATED_W, heats


def _inputs(params: InverterParams) -> st.SearchStrategy[PvPlantInput]:
    return st.builds(
        PvPlantInput,
        set_point_w=st.floats(-1.5 * RATED_W, 0.0),
        set_point_var=st.one_of(st.just(0.0), st.floats(-1.5 * RATED_W, 1.5 * RATED_W)),
        offered_w=st.one_of(st.just(0.0), st.floats(-2.0 * RATED_W, 0.0)),
        voltage_v=st.one_of(
            st.just(0.0), st.floats(0.2, 1.5).map(lambda pu: pu * params.nominal_dc_voltage_v)
        ),
        ambient_c=st.floats(-25.0, 65.0),
        active_share=st.one_of(st.just(1.0), st.floats(0.0, 1.0)),
    )


def _imbalance_j(_params: Any, _before: Any, _after: Any, output: InverterOutput, dt_s: float) -> float:
    return (output.active_power_w - output.dc_power_w - output.loss_w) * dt_s


def _throughput_j(_params: Any, _before: Any, _after: Any, output: InverterOutput, dt_s: float) -> float:
    return (abs(output.active_power_w) + abs(output.dc_power_w) + output.loss_w) * dt_s


def _limit_w(params: InverterParams, heat_sink_c: float, ambient_c: float) -> float:
    inp = PvPlantInput(-RATED_W, 0.0, -2.0 * RATED_W, params.nominal_dc_voltage_v, ambient_c)
    return -pv_plant_power_limits(params, InverterState(heat_sink_c, 0), inp)[0]


CASES = [
    ModelCase(
        name="photovoltaics with inverter",
        params={name: inverter_preset(name, RATED_W, RATED_VA) for name in inverter_preset_names()},
        output=pv_plant_output,
        horizon_s=pv_plant_horizon_s,
        step=pv_plant_step,
        states=heats,
        inputs=_inputs,
        imbalance_j=_imbalance_j,
        throughput_j=_throughput_j,
        limits=pv_plant_power_limits,
        deratings=(
            Derating("a hotter heat sink", lambda params, bad: _limit_w(params, 20.0 + 80.0 * bad, 50.0)),
            Derating("hotter air", lambda params, bad: _limit_w(params, 85.0, -20.0 + 90.0 * bad)),
        ),
        split_tolerance=1e-6,
        spans=lambda _params: InverterState(100.0, 1),
        own_use_w=lambda params: params.standby_power_w,
    )
]
