"""Chargers for electric cars where they stand: the cases of `ev_charger`, on three phases and on one."""

from __future__ import annotations

import math
from typing import Any

from hypothesis import strategies as st

from doppelgrid.models.charging_point import (
    NO_PHASE,
    ChargingPointInput,
    ChargingPointOutput,
    ChargingPointParams,
    charging_point_horizon_s,
    charging_point_output,
    charging_point_power_limits,
    charging_point_step,
)
from doppelgrid.models.ev_charger import EvChargerState

from . import ev_charger
from .case import ModelCase

(CHARGER,) = ev_charger.CASES


def _point(charger: Any) -> ChargingPointParams:
    rated_w = charger.phases * charger.current_max_a * 230.0
    if charger.phases == 1:
        return ChargingPointParams(charger, rated_w, NO_PHASE, 0, NO_PHASE)
    return ChargingPointParams(charger, rated_w, 2, 0, 1, 0.8 * rated_w if charger.is_dc == 1 else math.inf)


@st.composite
def _inputs(draw: st.DrawFn, params: ChargingPointParams) -> ChargingPointInput:
    given = draw(CHARGER.inputs(params.charger))
    voltages_v = [given.voltage_v * draw(st.sampled_from([1.0, 0.85, 1.1])) for _ in range(3)]
    return ChargingPointInput(
        given.set_point_w,
        *voltages_v,
        draw(st.sampled_from([1.0, 1.0, 1.0, 0.0])),
        *given[2:-4],
        *(draw(st.sampled_from([0, 0, 4])) for _ in range(3)),
    )


def _imbalance_j(
    params: ChargingPointParams,
    before: EvChargerState,
    after: EvChargerState,
    output: ChargingPointOutput,
    dt_s: float,
) -> float:
    on_phases_w = output.active_1_w + output.active_2_w + output.active_3_w
    shown = output._replace(active_power_w=on_phases_w)
    return CHARGER.imbalance_j(params.charger, before, after, shown, dt_s)


def _throughput_j(
    _params: ChargingPointParams,
    _before: EvChargerState,
    _after: EvChargerState,
    output: ChargingPointOutput,
    dt_s: float,
) -> float:
    return (output.active_power_w + output.loss_w) * dt_s


def _stored_j(params: ChargingPointParams) -> float:
    assert CHARGER.stored_j is not None
    return CHARGER.stored_j(params.charger)


CASES: list[ModelCase] = [
    CHARGER._replace(
        name="charging_point",
        params={name: _point(charger) for name, charger in CHARGER.params.items()},
        output=charging_point_output,
        horizon_s=charging_point_horizon_s,
        step=charging_point_step,
        states=lambda params: CHARGER.states(params.charger),
        inputs=_inputs,
        imbalance_j=_imbalance_j,
        throughput_j=_throughput_j,
        limits=charging_point_power_limits,
        deratings=(),
        own_use_w=lambda params: params.charger.standby_w,
        stored_j=_stored_j,
        held=("active_power_w", "reactive_power_var", "active_1_w", "active_2_w", "active_3_w"),
    )
]
