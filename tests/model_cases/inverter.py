"""The inverter, and the grid protection in front of it."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from doppelgrid.models.grid_code import (
    CONNECTED,
    DISCONNECTED,
    RAMPING,
    GridCodeInput,
    GridCodeParams,
    GridCodeState,
    grid_code_horizon_s,
    grid_code_output,
    grid_code_step,
)
from doppelgrid.models.inverter import (
    InverterInput,
    InverterOutput,
    InverterParams,
    InverterState,
    inverter_horizon_s,
    inverter_output,
    inverter_power_limits,
    inverter_step,
)
from doppelgrid.sim.components.inverter import inverter_preset, inverter_preset_names

from .case import Derating, ModelCase

RATED_W = 10_000.0
RATED_VA = 11_000.0


def _inputs(params: InverterParams) -> st.SearchStrategy[InverterInput]:
    rated_w, nominal_v = params.rated_power_w, params.nominal_dc_voltage_v
    return st.builds(
        InverterInput,
        set_point_w=st.floats(-1.5 * rated_w, 1.5 * rated_w),
        reactive_set_point_var=st.one_of(st.just(0.0), st.floats(-1.5 * rated_w, 1.5 * rated_w)),
        dc_lower_w=st.one_of(st.just(-float("inf")), st.floats(-2.0 * rated_w, 0.0)),
        dc_upper_w=st.one_of(st.just(float("inf")), st.floats(0.0, 2.0 * rated_w)),
        dc_voltage_v=st.floats(0.5 * nominal_v, 1.5 * nominal_v),
        ambient_c=st.floats(-25.0, 65.0),
        enabled=st.integers(0, 1),
        active_share=st.one_of(st.just(1.0), st.floats(0.0, 1.0)),
    )


def heats(params: InverterParams) -> st.SearchStrategy[InverterState]:
    """Return temperatures of a heat sink that holds power back, or does not."""
    hot_c = params.heat_sink_max_c - 1.99
    return st.one_of(
        st.builds(InverterState, st.floats(-25.0, 100.0), st.just(0)),
        st.builds(InverterState, st.floats(hot_c, 100.0), st.just(1)),
    )


def _energies_j(output: InverterOutput, dt_s: float) -> tuple[float, float, float]:
    return output.active_power_w * dt_s, output.dc_power_w * dt_s, output.loss_w * dt_s


def _imbalance_j(
    _params: Any, _before: InverterState, _after: InverterState, output: InverterOutput, dt_s: float
) -> float:
    ac_j, dc_j, loss_j = _energies_j(output, dt_s)
    return ac_j - dc_j - loss_j


def _throughput_j(
    _params: Any, _before: InverterState, _after: InverterState, output: InverterOutput, dt_s: float
) -> float:
    return sum(abs(energy_j) for energy_j in _energies_j(output, dt_s))


def _limit_w(params: InverterParams, heat_sink_c: float, ambient_c: float) -> float:
    inp = InverterInput(
        -params.rated_power_w,
        0.0,
        -float("inf"),
        float("inf"),
        params.nominal_dc_voltage_v,
        ambient_c,
        1,
    )
    return -inverter_power_limits(params, InverterState(heat_sink_c, 0), inp)[0]


def _no_energy(*_: Any) -> float:
    return 0.0


def _grid_states(_params: GridCodeParams) -> st.SearchStrategy[GridCodeState]:
    clocks = {
        name: st.floats(0.0, 0.09)
        for name in GridCodeState._fields
        if name not in {"mode", "mean_voltage_pu", "waited_s", "ramped_s"}
    }
    return st.one_of(
        st.builds(
            GridCodeState,
            mode=st.sampled_from([CONNECTED]),
            mean_voltage_pu=st.floats(0.5, 1.09),
            waited_s=st.just(0.0),
            ramped_s=st.just(0.0),
            **clocks,
        ),
        st.builds(
            GridCodeState,
            mode=st.just(RAMPING),
            mean_voltage_pu=st.floats(0.5, 1.09),
            waited_s=st.just(0.0),
            ramped_s=st.floats(0.0, 599.0),
            **clocks,
        ),
        st.builds(
            GridCodeState,
            mode=st.just(DISCONNECTED),
            mean_voltage_pu=st.floats(0.0, 1.5),
            waited_s=st.floats(0.0, 59.0),
            ramped_s=st.just(0.0),
            **clocks,
        ),
    )


CASES = [
    ModelCase(
        name="inverter",
        params={
            **{name: inverter_preset(name, RATED_W, RATED_VA) for name in inverter_preset_names()},
            "limited reactive power": inverter_preset("pv-12kw", RATED_W, RATED_VA)._replace(
                power_factor_min=0.9, reactive_power_max_var=4_000.0
            ),
        },
        output=inverter_output,
        horizon_s=inverter_horizon_s,
        step=inverter_step,
        states=heats,
        inputs=_inputs,
        imbalance_j=_imbalance_j,
        throughput_j=_throughput_j,
        limits=inverter_power_limits,
        deratings=(
            Derating("a hotter heat sink", lambda params, bad: _limit_w(params, 20.0 + 80.0 * bad, 50.0)),
            Derating("hotter air", lambda params, bad: _limit_w(params, 85.0, -20.0 + 90.0 * bad)),
        ),
        split_tolerance=1e-6,
        spans=lambda _params: InverterState(100.0, 1),
        own_use_w=lambda params: params.standby_power_w,
    ),
    ModelCase(
        name="grid code",
        params={"VDE-AR-N 4105": GridCodeParams()},
        output=grid_code_output,
        horizon_s=grid_code_horizon_s,
        step=grid_code_step,
        states=_grid_states,
        inputs=lambda _params: st.one_of(
            st.builds(GridCodeInput, st.floats(0.0, 1.5), st.floats(45.0, 55.0)),
            st.builds(GridCodeInput, st.floats(0.85, 1.12), st.floats(49.4, 50.3)),
        ),
        imbalance_j=_no_energy,
        throughput_j=_no_energy,
        split_tolerance=1e-6,
        held=("connected", "power_gradient_per_s"),
    ),
]
