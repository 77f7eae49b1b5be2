"""The battery, for the shared suite."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from doppelgrid.models.battery import (
    BatteryInput,
    BatteryOutput,
    BatteryParams,
    BatteryState,
    battery_initial_state,
    battery_lag,
)
from doppelgrid.models.battery_horizon import battery_horizon_s
from doppelgrid.models.battery_limits import battery_power_limits
from doppelgrid.models.battery_step import battery_step, battery_terminal
from doppelgrid.models.diffusion import stored_by_lead_v
from doppelgrid.models.tables import table_mean
from doppelgrid.sim.components.battery import battery_preset, battery_preset_names

from .case import Derating, ModelCase


def _output(params: BatteryParams, state: BatteryState, inp: BatteryInput) -> BatteryOutput:
    return battery_terminal(params, state, inp.power_w)


def _horizon_s(params: BatteryParams, state: BatteryState, inp: BatteryInput) -> float:
    return battery_horizon_s(params, state, inp.power_w, inp.ambient_c)


def _limits(params: BatteryParams, state: BatteryState, _inp: BatteryInput) -> tuple[float, float]:
    return battery_power_limits(params, state)


def _states(params: BatteryParams) -> SearchStrategy[BatteryState]:
    pair = st.floats(-0.05 * params.voltage_max_v, 0.05 * params.voltage_max_v)
    return st.builds(
        BatteryState,
        st.floats(0.0, 1.0),
        pair,
        pair,
        st.floats(-60.0, 100.0),
        st.floats(0.3, 1.0),
        st.floats(0.5, 5.0),
        st.floats(-0.2, 0.2) if params.diffusion_gain_h > 0.0 else st.just(0.0),
        st.floats(-max(params.hysteresis_v), max(params.hysteresis_v)),
        st.just(0.0),
        st.just(0.0),
    )


def _inputs(params: BatteryParams) -> SearchStrategy[BatteryInput]:
    return st.builds(
        BatteryInput,
        st.floats(-4.0 * params.capacity_wh, 4.0 * params.capacity_wh),
        st.floats(-40.0, 60.0),
        st.just(0.0),
        st.just(0.0),
        st.just(1.0),
    )


def _within_limits(params: BatteryParams, state: BatteryState, inp: BatteryInput) -> BatteryInput:
    lower_w, upper_w = battery_power_limits(params, state)
    return inp._replace(power_w=min(max(inp.power_w, lower_w), upper_w))


def stored_growth_j(params: BatteryParams, before: BatteryState, after: BatteryState) -> float:
    """Change of all energy that is stored [J], in the form that loses no digits in small steps."""
    charge_c = (after.soc - before.soc) * params.charge_capacity_ah * before.capacity_share * 3600.0
    quick_v, slow_v = after.rc1_voltage_v - before.rc1_voltage_v, after.rc2_voltage_v - before.rc2_voltage_v
    quick_j = 0.5 * params.c1_f * quick_v * (after.rc1_voltage_v + before.rc1_voltage_v)
    slow_j = 0.5 * params.c2_f * slow_v * (after.rc2_voltage_v + before.rc2_voltage_v)
    held_v = after.hysteresis_voltage_v - before.hysteresis_voltage_v
    held_j = 0.5 * params.hysteresis_f * held_v * (after.hysteresis_voltage_v + before.hysteresis_voltage_v)
    lead_j = _lead_j(params, after) - _lead_j(params, before)
    return charge_c * table_mean(params.ocv_v, before.soc, after.soc) + quick_j + slow_j + held_j + lead_j


def _lead_j(params: BatteryParams, state: BatteryState) -> float:
    if params.diffusion_gain_h == 0.0:
        return 0.0
    share = battery_lag(params, state).surface_share
    coulombs = params.charge_capacity_ah * state.capacity_share * 3600.0
    return coulombs * stored_by_lead_v(params.ocv_v, state.soc, state.surface_lead, share)


def _imbalance_j(
    params: BatteryParams, before: BatteryState, after: BatteryState, output: BatteryOutput, dt_s: float
) -> float:
    return (output.power_w - output.loss_w) * dt_s - stored_growth_j(params, before, after)


def _throughput_j(
    params: BatteryParams, before: BatteryState, after: BatteryState, output: BatteryOutput, dt_s: float
) -> float:
    # A state of charge near 1 cannot be told finer than 1e-16 of the capacity.
    grain_j = 1e-5 * params.capacity_wh * 3600.0
    pairs_j = 0.5 * params.c1_f * before.rc1_voltage_v * before.rc1_voltage_v
    pairs_j += 0.5 * params.c2_f * before.rc2_voltage_v * before.rc2_voltage_v
    return (abs(output.power_w) + output.loss_w) * dt_s + pairs_j + _lead_j(params, before) + grain_j


def _charge_near_full(params: BatteryParams, bad: float) -> float:
    soc = params.soc_upper - (1.0 - bad) * params.soc_derating_width
    # Power over voltage: the rated current gives a little more at the higher voltage of a fuller battery.
    state = battery_initial_state(params, soc, 25.0)
    return battery_power_limits(params, state)[1] / battery_terminal(params, state, 0.0).voltage_v


def _charge_in_the_cold(params: BatteryParams, bad: float) -> float:
    cold, mild = params.charge_temperatures_c[0], params.charge_temperatures_c[1]
    return battery_power_limits(params, battery_initial_state(params, 0.5, mild + bad * (cold - mild)))[1]


def _discharge_in_the_heat(params: BatteryParams, bad: float) -> float:
    warm, hot = params.discharge_temperatures_c[2], params.discharge_temperatures_c[3]
    # Without Arrhenius' law: warmth itself lowers the resistances, and with them lets a little more power through.
    flat = params._replace(r0_activated_share=0.0, r1_activated_share=0.0, r2_activated_share=0.0)
    return -battery_power_limits(flat, battery_initial_state(flat, 0.5, warm + bad * (hot - warm)))[0]


CASES: list[ModelCase] = [
    ModelCase(
        name="battery",
        params={name: battery_preset(name) for name in battery_preset_names()},
        output=_output,
        horizon_s=_horizon_s,
        step=battery_step,
        states=_states,
        inputs=_inputs,
        imbalance_j=_imbalance_j,
        throughput_j=_throughput_j,
        limits=_limits,
        deratings=(
            Derating("charging close to the upper limit of SoC", _charge_near_full),
            Derating("charging in the cold", _charge_in_the_cold),
            Derating("discharging in the heat", _discharge_in_the_heat),
        ),
        # Far beyond its limits, as in charging a frozen pack at 1C, a battery turns most of the power into heat.
        passed_on=_within_limits,
        means_only=(
            "loss_w",
            "reversible_heat_w",
        ),  # what leaks out is counted over a step, as long as it does
        split_tolerance=2e-3,
        spans=lambda params: BatteryState(
            1.0, params.voltage_max_v, params.voltage_max_v, 100.0, 1.0, 1.0, 1.0, params.voltage_max_v
        ),
    )
]
