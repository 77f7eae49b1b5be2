"""Meters without windows, as the shared suite tries them out; windows are in `tests/models/test_meter.py`."""

from __future__ import annotations

from hypothesis import strategies as st

from doppelgrid.models.ac import ThreePhase
from doppelgrid.models.meter import (
    EACH_PHASE,
    SUM_OF_PHASES,
    Measured,
    MeterInput,
    MeterOutput,
    MeterParams,
    MeterState,
    meter_horizon_s,
    meter_initial_state,
    meter_output,
    meter_step,
)

from .case import ModelCase

PERFECT = MeterParams(
    gain_errors=(0.0, 0.0, 0.0),
    angle_errors_rad=(0.0, 0.0, 0.0),
    ratio_factors=(1.0, 1.0, 1.0),
    directions=(1.0, 1.0, 1.0),
    current_phases=(1.0, 2.0, 3.0),
    voltage_phases=(1.0, 2.0, 3.0),
    starting_current_a=0.0,
    window_s=0.0,
    power_resolution_w=0.0,
    voltage_resolution_v=0.0,
    current_resolution_a=0.0,
    register_resolution_wh=0.0,
    registers=SUM_OF_PHASES,
)
"""Shows what is, at every instant."""
_SPANS = Measured(1e6, 1e6, 1e6, 1e6, 1e6, 1e6, 300.0, 300.0, 300.0, 1e9, 1e9, 1e9)


def _phases(values: st.SearchStrategy[float]) -> st.SearchStrategy[ThreePhase]:
    return st.builds(ThreePhase, values, values, values)


def _inputs(_params: MeterParams) -> st.SearchStrategy[MeterInput]:
    powers = st.floats(-1e6, 1e6)
    voltages = st.one_of(st.just(0.0), st.floats(100.0, 300.0))
    return st.builds(MeterInput, _phases(powers), _phases(powers), _phases(voltages))


def _states(params: MeterParams) -> st.SearchStrategy[MeterState]:
    def used(inp: MeterInput, consumed_wh: float, delivered_wh: float) -> MeterState:
        state = meter_initial_state(params, inp)
        return state._replace(consumed_wh=consumed_wh, delivered_wh=delivered_wh)

    registers = st.floats(0.0, 1e6)
    return st.builds(used, _inputs(params), registers, registers)


def _imbalance_j(
    _params: MeterParams, before: MeterState, after: MeterState, output: MeterOutput, dt_s: float
) -> float:
    """What is shown as power is what the registers add up."""
    consumed_wh = after.consumed_wh - before.consumed_wh
    delivered_wh = after.delivered_wh - before.delivered_wh
    return output.active_power_w * dt_s - 3600.0 * (consumed_wh - delivered_wh)


def _throughput_j(
    _params: MeterParams, _before: MeterState, _after: MeterState, output: MeterOutput, dt_s: float
) -> float:
    return sum(abs(power_w) for power_w in output.active_w) * dt_s


CASES: list[ModelCase] = [
    ModelCase(
        name="meter",
        params={
            "perfect": PERFECT,
            "class 1, phase by phase": PERFECT._replace(
                gain_errors=(0.01, -0.004, 0.002), angle_errors_rad=(0.0, 0.003, -0.004), registers=EACH_PHASE
            ),
            "miswired": PERFECT._replace(current_phases=(2.0, 1.0, 3.0), directions=(1.0, 1.0, -1.0)),
        },
        output=meter_output,
        horizon_s=meter_horizon_s,
        step=meter_step,
        states=_states,
        inputs=_inputs,
        imbalance_j=_imbalance_j,
        throughput_j=_throughput_j,
        spans=lambda _params: MeterState(1.0, _SPANS, _SPANS, 1e6, 1e6),
        stored_j=lambda _params: 3600.0 * 1e6 * 2.0,
        held=("active_power_w", "reactive_power_var"),
    )
]
