"""Chargers for electric cars, as the shared suite tries them out."""

from __future__ import annotations

import math

from hypothesis import strategies as st

from doppelgrid.models.electric_car import ElectricCarParams
from doppelgrid.models.ev_charger import EvChargerInput, EvChargerOutput, EvChargerParams, EvChargerState
from doppelgrid.models.ev_charging import (
    ev_charger_horizon_s,
    ev_charger_output,
    ev_charger_power_limits,
    ev_charger_step,
)
from doppelgrid.sim.components.ev_charger import ev_charger_preset
from doppelgrid.sim.inputs.sessions.cars import car_preset
from doppelgrid.sim.inputs.sessions.session import Session, numbers_of

from .case import Derating, ModelCase

PAIRS = (
    ("wallbox-3680w", "hatchback-38kwh"),
    ("wallbox-3680w", "plug-in-hybrid-11kwh"),
    ("wallbox-11kw", "compact-58kwh"),
    ("wallbox-11kw", "micro-32kwh"),
    ("wallbox-22kw", "small-52kwh"),
    ("dc-25kw", "crossover-64kwh"),
    ("dc-50kw", "saloon-50kwh"),
    ("dc-150kw", "crossover-73kwh"),
)
"""Every charger and every car."""
SESSION = 7
"""The session of every input: where its car began is known."""
ARRIVAL_SOC = 0.25


def _car(params: EvChargerParams) -> ElectricCarParams:
    """Return the car of a set of parameters, by its curve."""
    return next(car for _, name in PAIRS if (car := car_preset(name)).dc_curve_w == params.dc_curves_w)


def _states(params: EvChargerParams) -> st.SearchStrategy[EvChargerState]:
    return st.builds(
        EvChargerState,
        session_id=st.sampled_from([SESSION, SESSION, SESSION, SESSION - 1, 0]),
        soc=st.floats(0.0, 1.0) | st.sampled_from([0.0, 0.5, 0.8, 0.995, 1.0]),
        delivered_wh=st.just(0.0) | st.floats(0.0, 80e3),
        **_phases(params),
        followed_a=st.sampled_from([0.0, 6.0, 13.5, 40.0]),
        behind_s=st.just(0.0) | st.floats(0.0, 4.0),
    )


def _phases(params: EvChargerParams) -> dict[str, st.SearchStrategy[float]]:
    """Return how far the switching of phases may have come."""
    if params.switches_phases == 0:
        return {
            "on_one": st.just(0),
            "wanted_s": st.just(0.0),
            "pause_s": st.just(0.0),
            "dwell_s": st.just(0.0),
        }
    return {
        "on_one": st.integers(0, 1),
        "wanted_s": st.just(0.0) | st.floats(0.0, params.switch_delay_s),
        "pause_s": st.just(0.0) | st.floats(1.0, params.switch_pause_s),
        "dwell_s": st.just(0.0) | st.floats(1.0, params.switch_dwell_s),
    }


@st.composite
def _inputs(draw: st.DrawFn, params: EvChargerParams) -> EvChargerInput:
    car = _car(params)
    session = Session(
        0,
        1,
        car,
        energy_wh=draw(st.just(math.inf) | st.floats(0.0, 80e3)),
        arrival_soc=ARRIVAL_SOC,
        target_soc=draw(st.just(1.0) | st.floats(ARRIVAL_SOC, 1.0)),
    )
    now = numbers_of(session, 0, SESSION, 0)._replace(
        plugged_at_station=draw(st.sampled_from([1, 1, 1, 0])),
        plugged_at_car=draw(st.sampled_from([1, 1, 1, 0])),
        authorised=draw(st.sampled_from([1, 1, 1, 0])),
        car_pauses=draw(st.sampled_from([0, 0, 0, 1])),
        ac_current_min_a=draw(st.sampled_from([0.0, 0.0, 9.0])),
        offer_share=draw(st.sampled_from([1.0, 1.0, 0.93])),
        reaction_s=draw(st.sampled_from([0.0, 0.0, 5.0])),
    )
    greatest_w = 3.0 * params.current_max_a * 230.0
    set_point_w = draw(
        st.just(math.inf) | st.floats(-1e3, 1.2 * greatest_w) | st.sampled_from([1380.0, 4140.0])
    )
    commanded = draw(st.sampled_from([0, 0, 1, 3])) if params.switches_phases == 1 else 0
    mean_v, first_v = (draw(st.just(230.0) | st.floats(195.0, 265.0)) for _ in range(2))
    given = EvChargerInput(set_point_w, mean_v, *now, phases=commanded)
    return given._replace(first_voltage_v=first_v, least_voltage_v=min(mean_v, first_v))


def _imbalance_j(
    params: EvChargerParams,
    before: EvChargerState,
    after: EvChargerState,
    output: EvChargerOutput,
    dt_s: float,
) -> float:
    soc = before.soc if before.session_id == SESSION else ARRIVAL_SOC
    growth_j = (after.soc - soc) * _car(params).capacity_wh * 3600.0
    return (output.active_power_w - output.loss_w) * dt_s - growth_j


def _throughput_j(
    _params: EvChargerParams,
    _before: EvChargerState,
    _after: EvChargerState,
    output: EvChargerOutput,
    dt_s: float,
) -> float:
    return (output.active_power_w + output.loss_w + output.stored_power_w) * dt_s


def _limit_near_full(params: EvChargerParams, position: float) -> float:
    now = numbers_of(Session(0, 1, _car(params)), 0, SESSION, 0)
    state = EvChargerState(SESSION, position, 0.0)
    return ev_charger_power_limits(params, state, EvChargerInput(math.inf, 230.0, *now))[1]


CASES: list[ModelCase] = [
    ModelCase(
        name="ev_charger",
        params={
            f"{charger} for {car}": ev_charger_preset(charger, car_preset(car).dc_curve_w)
            for charger, car in PAIRS
        }
        | {
            "wallbox-11kw that switches phases": ev_charger_preset(
                "wallbox-11kw", car_preset("compact-58kwh").dc_curve_w
            )._replace(switches_phases=1)
        },
        output=ev_charger_output,
        horizon_s=ev_charger_horizon_s,
        step=ev_charger_step,
        states=_states,
        inputs=_inputs,
        imbalance_j=_imbalance_j,
        throughput_j=_throughput_j,
        limits=ev_charger_power_limits,
        deratings=(Derating("a car that fills up", _limit_near_full),),
        spans=lambda _params: EvChargerState(1, 1.0, 1e5, 1, 120.0, 30.0, 600.0, 32.0, 5.0),
        own_use_w=lambda params: params.standby_w,
        stored_j=lambda params: 3600.0 * _car(params).capacity_wh,
    )
]
