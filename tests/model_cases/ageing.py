"""Ageing of batteries, for the shared suite."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from doppelgrid.models.ageing import (
    AgeingInput,
    AgeingOutput,
    AgeingParams,
    AgeingState,
    ageing_horizon_s,
    ageing_output,
    ageing_step,
)
from doppelgrid.sim.components.battery_management import ageing_preset, ageing_preset_names

from .case import ModelCase


@st.composite
def states(draw: Any, params: AgeingParams) -> AgeingState:
    """Return a battery of any age, somewhere in a half cycle."""
    reach = draw(st.floats(-1.0, 1.0))
    back = draw(st.floats(0.0, params.turn_gap))
    leg_charge, back_charge = abs(reach) + draw(st.floats(0.0, 1.0)), back + draw(st.floats(0.0, 0.1))
    soc = draw(st.floats(0.0, 1.0))
    return AgeingState(
        capacity_by_time=draw(st.floats(0.0, 0.05)),
        resistance_by_time=draw(st.floats(0.0, 0.5)),
        capacity_by_use=draw(st.floats(0.0, 0.05)),
        resistance_by_use=draw(st.floats(0.0, 0.5)),
        swing=reach - back if reach > 0.0 else reach + back,
        reach=reach,
        leg_charge=leg_charge,
        leg_soc=leg_charge * soc,
        leg_capacity=leg_charge * draw(st.floats(0.0, 1e-4)),
        leg_resistance=leg_charge * draw(st.floats(0.0, 1e-4)),
        back_charge=back_charge,
        back_soc=back_charge * soc,
        back_capacity=back_charge * draw(st.floats(0.0, 1e-4)),
        back_resistance=back_charge * draw(st.floats(0.0, 1e-4)),
        full_cycles=draw(st.floats(0.0, 1e4)),
    )


def inputs(_params: AgeingParams) -> SearchStrategy[AgeingInput]:
    """Return any use in any climate."""
    return st.builds(
        AgeingInput,
        soc=st.floats(0.0, 1.0),
        c_rate=st.floats(-3.0, 3.0),
        temperature_c=st.floats(-30.0, 70.0),
    )


def no_energy_j(
    _params: AgeingParams, _before: AgeingState, _after: AgeingState, _output: AgeingOutput, _dt_s: float
) -> float:
    """Return 0: ageing moves no energy itself; what a smaller capacity no longer holds is the battery's to tell."""
    return 0.0


def some_energy_j(
    _params: AgeingParams, _before: AgeingState, _after: AgeingState, _output: AgeingOutput, _dt_s: float
) -> float:
    """Return 1, to judge the above against."""
    return 1.0


CASES = [
    ModelCase(
        name="ageing of a battery",
        params={
            **{name: ageing_preset(name) for name in ageing_preset_names()},
            "lfp, switched off": ageing_preset("lfp", 0.0),
            "nmc, ten times as fast": ageing_preset("nmc", 10.0),
        },
        output=ageing_output,
        horizon_s=ageing_horizon_s,
        step=ageing_step,
        states=states,
        inputs=inputs,
        imbalance_j=no_energy_j,
        throughput_j=some_energy_j,
    )
]
