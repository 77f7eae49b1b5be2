"""Photovoltaic arrays of every preset."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from doppelgrid.models.pv import PvInput, PvOutput, PvState, pv_horizon_s, pv_output, pv_step
from doppelgrid.sim.components.solar_array import pv_array_preset, pv_array_preset_names

from .case import ModelCase


def _imbalance_j(_params: Any, _before: PvState, _after: PvState, output: PvOutput, dt_s: float) -> float:
    terminals_w = output.voltage_v * output.current_a
    return (output.cell_power_w + terminals_w - output.loss_w) * dt_s


def _throughput_j(_params: Any, _before: PvState, _after: PvState, output: PvOutput, dt_s: float) -> float:
    return (output.cell_power_w - output.dc_power_w + output.loss_w) * dt_s


CASES = [
    ModelCase(
        name="photovoltaic array",
        params={
            **{name: pv_array_preset(name, 10_000.0) for name in pv_array_preset_names()},
            "behind a narrow window": pv_array_preset("crystalline-silicon", 10_000.0)._replace(
                start_w_per_m2=20.0, stop_w_per_m2=10.0, voltage_min_v=580.0, voltage_max_v=620.0
            ),
        },
        output=pv_output,
        horizon_s=pv_horizon_s,
        step=pv_step,
        states=lambda _params: st.builds(PvState, st.floats(-40.0, 90.0), st.sampled_from([0, 1])),
        inputs=lambda _params: st.builds(
            PvInput, st.floats(-10.0, 1500.0), st.floats(-40.0, 55.0), st.floats(0.0, 30.0)
        ),
        imbalance_j=_imbalance_j,
        throughput_j=_throughput_j,
        held=PvOutput._fields,
    )
]
