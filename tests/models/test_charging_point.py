"""A charger where it stands: on which phases its power falls, and what its cable and its set-point come to."""

from __future__ import annotations

import math

import pytest

from doppelgrid.models.charging_point import (
    NO_PHASE,
    ChargingPointInput,
    ChargingPointParams,
    charging_point_charger_input,
    charging_point_horizon_s,
    charging_point_output,
    charging_point_power_limits,
    charging_point_step,
)
from doppelgrid.models.ev_charger import (
    EvChargerParams,
    EvChargerState,
    ev_charger_horizon_s,
    ev_charger_initial_state,
    ev_charger_output,
    ev_charger_power_limits,
)
from doppelgrid.sim.components.ev_charger import ev_charger_preset
from doppelgrid.sim.inputs.sessions.cars import car_preset

WALLBOX = ev_charger_preset("wallbox-11kw")._replace(standby_w=6.0)
FAST = ev_charger_preset("dc-50kw", car_preset("compact-58kwh").dc_curve_w)._replace(standby_w=60.0)
EMPTY = ev_charger_initial_state(WALLBOX)
INP = ChargingPointInput(
    set_point_w=math.inf,
    voltage_1_v=230.0,
    voltage_2_v=230.0,
    voltage_3_v=230.0,
    cable=1.0,
    session_id=1,
    plugged_at_station=1,
    plugged_at_car=1,
    authorised=1,
    car_pauses=0,
    arrival_soc=0.3,
    target_soc=1.0,
    wanted_energy_wh=math.inf,
    capacity_wh=58e3,
    ac_phases=3,
    ac_current_max_a=16.0,
    onboard_loss=0.1,
    electronics_w=150.0,
    cv_time_constant_s=300.0,
    loss_at_1c=0.03,
    dc_curve=0,
)


def point(charger: EvChargerParams, *places: int) -> ChargingPointParams:
    return ChargingPointParams(charger, 11_040.0, *places)


def at(one_v: float, two_v: float, three_v: float) -> ChargingPointInput:
    return INP._replace(voltage_1_v=one_v, voltage_2_v=two_v, voltage_3_v=three_v)


def test_a_car_draws_on_the_first_phases_of_its_charger_and_standby_is_on_the_first() -> None:
    for ac_phases, places, expected_w in (
        (3, (0, 1, 2), (3684.0, 3678.0, 3678.0)),
        (3, (2, 0, 1), (3678.0, 3684.0, 3678.0)),
        (2, (0, 1, 2), (3683.0, 3677.0, 0.0)),
        (2, (1, 2, 0), (3677.0, 0.0, 3683.0)),
        (1, (0, 1, 2), (3680.0, 0.0, 0.0)),
        (1, (1, 0, 2), (0.0, 3680.0, 0.0)),
        (1, (NO_PHASE, NO_PHASE, 0), (0.0, 0.0, 3680.0)),
    ):
        shown = charging_point_output(point(WALLBOX, *places), EMPTY, INP._replace(ac_phases=ac_phases))
        assert (shown.active_1_w, shown.active_2_w, shown.active_3_w) == pytest.approx(expected_w)
        assert shown.active_power_w == pytest.approx(sum(expected_w))
        assert shown.reactive_power_var == 0.0


def test_standby_of_an_idle_charger_is_on_its_first_phase() -> None:
    shown = charging_point_output(point(WALLBOX, 2, 0, 1), EMPTY, INP._replace(session_id=0))
    assert (shown.active_1_w, shown.active_2_w, shown.active_3_w) == (0.0, 6.0, 0.0)
    assert shown.loss_w == 6.0


def test_a_charger_of_direct_current_draws_evenly_standby_included() -> None:
    for session_id in (
        0,
        1,
    ):
        shown = charging_point_output(point(FAST, 2, 0, 1), EMPTY, INP._replace(session_id=session_id))
        third_w = shown.active_power_w / 3.0
        assert (shown.active_1_w, shown.active_2_w, shown.active_3_w) == pytest.approx([third_w] * 3)
        assert shown.active_power_w == 60.0 if session_id == 0 else shown.active_power_w > 50e3


def test_a_pulled_cable_is_in_neither_end_whatever_the_session_says() -> None:
    for cable, is_in in (
        (1.0, 1),
        (0.5, 1),
        (0.49, 0),
        (0.0, 0),
    ):
        given = charging_point_charger_input(point(WALLBOX, 0, 1, 2), INP._replace(cable=cable))
        assert (given.plugged_at_station, given.plugged_at_car) == (is_in, is_in)
        loose = INP._replace(cable=cable, plugged_at_station=0, plugged_at_car=0)
        given = charging_point_charger_input(point(WALLBOX, 0, 1, 2), loose)
        assert (given.plugged_at_station, given.plugged_at_car) == (0, 0)


def test_a_set_point_of_the_rated_power_or_more_is_no_limit() -> None:
    for set_point_w, amperes in (
        (11_040.0, 16.0),
        (20e3, 16.0),
        (11_039.9, 15.0),
        (5000.0, 7.0),
    ):
        inp = at(231.0, 231.0, 231.0)._replace(set_point_w=set_point_w)
        shown = charging_point_output(point(WALLBOX, 0, 1, 2), EMPTY, inp)
        assert shown.active_power_w == pytest.approx(amperes * 3.0 * 231.0)


def test_the_charger_sees_the_mean_of_the_phases_in_use_or_the_least_by_which_currents_can_be_told() -> None:
    for ac_phases, voltages_v, phase_v in (
        (3, (200.0, 230.0, 236.0), 222.0),
        (2, (200.0, 230.0, 236.0), 218.0),
        (1, (200.0, 230.0, 236.0), 236.0),
        (3, (0.0, 0.0, 0.5), 1.0),
    ):
        inp = at(*voltages_v)._replace(ac_phases=ac_phases)
        given = charging_point_charger_input(point(WALLBOX, 1, 2, 0), inp)
        assert given.voltage_v == pytest.approx(phase_v)


def test_no_phase_carries_more_than_the_rated_current_whatever_its_voltage() -> None:
    weak = (0.85 * 230.0, 230.0, 1.1 * 230.0)
    for charger, ac_phases, currents_a in (
        (WALLBOX, 3, (16.0, 16.0, 16.0)),
        (WALLBOX, 1, (16.0, 0.0, 0.0)),
        (FAST._replace(dc_power_max_w=100e3), 3, (FAST.current_max_a,) * 3),
    ):
        inp = at(*weak)._replace(ac_phases=ac_phases, ac_current_max_a=32.0, capacity_wh=200e3)
        shown = charging_point_output(point(charger._replace(standby_w=0.0), 0, 1, 2), EMPTY, inp)
        powers_w = (shown.active_1_w, shown.active_2_w, shown.active_3_w)
        drawn_a = [power_w / voltage_v for power_w, voltage_v in zip(powers_w, weak, strict=True)]
        assert drawn_a == pytest.approx(currents_a)


def test_all_else_is_the_charger_and_its_session() -> None:
    params, state = point(WALLBOX, 0, 1, 2), EvChargerState(1, 0.98, 20e3)
    given = charging_point_charger_input(params, INP)
    assert given[6:] == INP[9:]
    assert given.authorised == INP.authorised
    assert given.session_id == INP.session_id
    assert charging_point_horizon_s(params, state, INP) == ev_charger_horizon_s(WALLBOX, state, given)
    assert charging_point_power_limits(params, state, INP) == ev_charger_power_limits(WALLBOX, state, given)
    assert charging_point_output(params, state, INP).loss_w == ev_charger_output(WALLBOX, state, given).loss_w
    after, mean = charging_point_step(params, EMPTY, INP, 3600.0)
    assert after.delivered_wh == pytest.approx(11_034.0)
    assert mean.active_1_w + mean.active_2_w + mean.active_3_w == pytest.approx(11_040.0)
