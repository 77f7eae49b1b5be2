"""A charger where it stands: on which phases its power falls, and what its cable and its set-point come to."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

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
from doppelgrid.models.ev_charger import EvChargerParams, EvChargerState, ev_charger_initial_state
from doppelgrid.models.ev_charging import ev_charger_horizon_s, ev_charger_output, ev_charger_power_limits
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


def test_a_car_draws_on_the_first_phases_of_its_charger_and_standby_is_within_its_current() -> None:
    for ac_phases, places, expected_w in (
        (3, (0, 1, 2), (3680.0, 3680.0, 3680.0)),
        (3, (2, 0, 1), (3680.0, 3680.0, 3680.0)),
        (2, (0, 1, 2), (3680.0, 3680.0, 0.0)),
        (2, (1, 2, 0), (3680.0, 0.0, 3680.0)),
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


def test_a_set_point_of_just_the_rated_power_is_no_limit_and_any_other_one_is() -> None:
    for set_point_w, amperes in (
        (11_040.0, 16.0),
        (11_040.001, 16.0),
        (20e3, 16.0),
        (11_039.9, 15.0),
        (11_040.1, 15.0),
        (11_087.9, 15.0),
        (11_088.0, 16.0),
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
    assert given[6:-4] == INP[9:-5]  # without the sessions at other connectors
    assert given[-4:-2] == (230.0, 230.0)
    assert given[-2:] == INP[-2:]
    assert given.authorised == INP.authorised
    assert given.session_id == INP.session_id
    assert charging_point_horizon_s(params, state, INP) == ev_charger_horizon_s(WALLBOX, state, given)
    assert charging_point_power_limits(params, state, INP) == ev_charger_power_limits(WALLBOX, state, given)
    assert charging_point_output(params, state, INP).loss_w == ev_charger_output(WALLBOX, state, given).loss_w
    after, mean = charging_point_step(params, EMPTY, INP, 3600.0)
    assert after.delivered_wh == pytest.approx(11_034.0)
    assert mean.active_1_w + mean.active_2_w + mean.active_3_w == pytest.approx(11_040.0)


VOLTAGES = st.tuples(*[st.floats(0.8 * 230.0, 1.15 * 230.0)] * 3)
PLACES = st.sampled_from([
    (0, 1, 2), (2, 0, 1), (1, 2, 0), (0, 1, NO_PHASE), (1, NO_PHASE, 0), (0, NO_PHASE, NO_PHASE),
    (NO_PHASE, 0, NO_PHASE),
])  # fmt: skip
HUNGRY = {"capacity_wh": 200e3, "ac_current_max_a": 32.0}


class Connected:
    """A charger with a car that takes all it can, on phases of any voltages."""

    def __init__(
        self, places: tuple[int, int, int], ac_phases: int, voltages_v: tuple[float, ...], step_a: float
    ) -> None:
        charger = WALLBOX._replace(phases=sum(place != NO_PHASE for place in places), current_step_a=step_a)
        self.params = point(charger, *places)
        self.inp = at(*voltages_v)._replace(ac_phases=ac_phases, **HUNGRY)
        self.count = min(charger.phases, ac_phases)
        self.in_use_v = [
            voltage_v for place, voltage_v in zip(places, voltages_v, strict=True) if place < self.count
        ]
        self.voltages_v = voltages_v

    def drawn(self, set_point_w: float, on_one: int = 0) -> tuple[float, list[float]]:
        """Return what it draws [W], and the currents of the site's phases [A]."""
        params, state = self.params, EMPTY
        if on_one:
            params = params._replace(charger=params.charger._replace(switches_phases=1))
            state = EMPTY._replace(on_one=1, dwell_s=600.0)
        shown = charging_point_output(params, state, self.inp._replace(set_point_w=set_point_w))
        powers_w = (shown.active_1_w, shown.active_2_w, shown.active_3_w)
        currents_a = [power_w / volt for power_w, volt in zip(powers_w, self.voltages_v, strict=True)]
        return shown.active_power_w, currents_a


CONNECTED = st.builds(Connected, PLACES, st.integers(1, 3), VOLTAGES, st.sampled_from([0.0, 0.1, 1.0]))


@given(charger=CONNECTED, set_point_w=st.floats(0.0, 20e3), on_one=st.integers(0, 1))
def test_no_phase_carries_more_than_what_the_charger_is_told(
    charger: Connected, set_point_w: float, on_one: int
) -> None:
    in_use_v = charger.in_use_v
    if on_one and charger.params.charger.phases > 1:
        in_use_v = [
            volt for place, volt in zip(charger.params[2:5], charger.voltages_v, strict=True) if place == 0
        ]
    else:
        on_one = 0
    power_w, currents_a = charger.drawn(set_point_w, on_one)
    told_a = min(set_point_w / sum(in_use_v), 16.0)
    assert max(currents_a) <= max(told_a + 1e-3, 6.0 + 1e-9)
    assert max(currents_a) <= 16.0 + 1e-9
    if told_a >= 6.0:
        assert power_w <= set_point_w + 1.0
        assert max(currents_a) == pytest.approx(told_a, abs=charger.params.charger.current_step_a + 1e-3)


@given(charger=CONNECTED)
def test_unlimited_each_phase_carries_no_more_than_the_rated_current(charger: Connected) -> None:
    _, currents_a = charger.drawn(math.inf)
    assert max(currents_a) == pytest.approx(16.0)
    assert max(currents_a) <= 16.0 + 1e-9


@given(charger=CONNECTED)
def test_the_least_current_by_any_usual_voltage_is_no_pause(charger: Connected) -> None:
    """At the nominal one, at the lowest of the phases (as frequenz-sdk counts), at those that are there."""
    by_v = (230.0 * charger.count, min(charger.in_use_v) * charger.count, sum(charger.in_use_v))
    for asked_w in (float(np.float32(6.0 * volts)) for volts in by_v):
        _, currents_a = charger.drawn(asked_w)
        assert max(currents_a) >= 6.0 - 1e-9


@given(charger=CONNECTED)
def test_told_the_bound_that_it_shows_it_draws_all_it_can(charger: Connected) -> None:
    unlimited_w, _ = charger.drawn(math.inf)
    _, upper_w = charging_point_power_limits(charger.params, EMPTY, charger.inp)
    assert charger.drawn(float(np.float32(upper_w)))[0] == pytest.approx(unlimited_w, abs=1.0)
    assert unlimited_w <= upper_w + 1e-6
