"""Chargers for electric cars: offers, pauses, sessions, cable and pilot, and the curve near full."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from accuracy.ev import assess
from hypothesis import example, given
from hypothesis import strategies as st
from measured import data_file

from doppelgrid.models.electric_car import FINAL_RATE_PER_H, ElectricCarParams
from doppelgrid.models.ev_charger import (
    LOCKED,
    PLUGGED,
    UNPLUGGED,
    EvChargerInput,
    EvChargerParams,
    EvChargerState,
    ev_cable_at_car,
    ev_cable_at_station,
    ev_charger_initial_state,
    ev_is_finished,
    ev_phases_in_use,
)
from doppelgrid.models.ev_charging import (
    PILOT_A,
    PILOT_B1,
    PILOT_B2,
    PILOT_C,
    ev_charger_horizon_s,
    ev_charger_output,
    ev_charger_power_limits,
    ev_charger_step,
    ev_control_pilot,
)
from doppelgrid.models.parameter import ParameterError
from doppelgrid.sim.components.ev_charger import check_charger, ev_charger_preset
from doppelgrid.sim.inputs.sessions.cable import cable_codes
from doppelgrid.sim.inputs.sessions.cars import car_preset
from doppelgrid.sim.inputs.sessions.session import NO_CAR, Session, numbers_of

COMPACT = car_preset("compact-58kwh")
WALLBOX = ev_charger_preset("wallbox-11kw", COMPACT.dc_curve_w)
PUBLIC = ev_charger_preset("wallbox-22kw", COMPACT.dc_curve_w)
FAST = ev_charger_preset("dc-150kw", COMPACT.dc_curve_w)


def plugged(
    car: ElectricCarParams = COMPACT,
    set_point_w: float = math.inf,
    voltage_v: float = 230.0,
    session: dict[str, Any] | None = None,
    **changes: int,
) -> EvChargerInput:
    """Return the input of a car that is plugged in and authorised."""
    stay = Session(0, 10, car, **(session or {}))
    return EvChargerInput(set_point_w, voltage_v, *numbers_of(stay, 0, 1, 0)._replace(**changes))


def begun(params: EvChargerParams) -> EvChargerState:
    return ev_charger_initial_state(params)


def power_w(params: EvChargerParams, inp: EvChargerInput) -> float:
    """Return what is drawn, standby included."""
    return ev_charger_output(params, begun(params), inp).active_power_w


@pytest.mark.parametrize(
    ("set_point_w", "expected_w"),
    [
        (math.inf, 11040.0),
        (11e3, 10350.0),
        (7500.0, 6900.0),
        (4140.0, 4140.0),
        (4139.0, WALLBOX.standby_w),
        (0.0, WALLBOX.standby_w),
        (-1.0, WALLBOX.standby_w),
    ],
)
def test_a_wallbox_offers_whole_amperes_and_pauses_below_six(set_point_w: float, expected_w: float) -> None:
    assert power_w(WALLBOX, plugged(set_point_w=set_point_w)) == pytest.approx(expected_w)


def test_a_finer_charger_offers_tenths_of_an_ampere() -> None:
    assert power_w(PUBLIC, plugged(set_point_w=7500.0)) == pytest.approx(10.8 * 690.0)


TOUCH_W = 3 * 1e-4 * 260.0
"""What a set-point may be off by through its 32 bits."""


@given(st.floats(0.0, 12e3), st.floats(200.0, 260.0))
@example(4140.0, 253.0)
def test_no_more_than_the_set_point_is_drawn_but_for_six_amperes_and_standby(
    set_point_w: float, voltage_v: float
) -> None:
    taken_w = power_w(WALLBOX, plugged(set_point_w=set_point_w, voltage_v=voltage_v))
    six_amperes_w = 3 * 6.0 * voltage_v
    if 4140.0 - TOUCH_W <= set_point_w < six_amperes_w:
        assert taken_w == pytest.approx(six_amperes_w)
    else:
        assert taken_w <= max(set_point_w + TOUCH_W, WALLBOX.standby_w)


@given(st.floats(0.0, 12e3), st.floats(200.0, 260.0))
@example(4140.0, 253.0)
@example(4200.0, 200.0)
def test_a_dc_charger_draws_no_more_than_the_set_point_and_pauses_below_its_least_power(
    set_point_w: float, voltage_v: float
) -> None:
    least_w = 4200.0
    station = FAST._replace(current_min_a=least_w / 690.0)
    taken_w = power_w(station, plugged(set_point_w=set_point_w, voltage_v=voltage_v))
    if set_point_w >= least_w:
        assert taken_w == pytest.approx(set_point_w)
    elif set_point_w < least_w - TOUCH_W:
        assert taken_w == station.standby_w
    assert taken_w <= max(set_point_w + TOUCH_W, station.standby_w)


@given(st.integers(6, 16), st.floats(200.0, 260.0), st.sampled_from([WALLBOX, PUBLIC]))
def test_whole_amperes_at_the_momentary_voltage_are_given_as_32_bits_say_them(
    amperes: int, voltage_v: float, charger: EvChargerParams
) -> None:
    told_w = float(np.float32(3 * amperes * voltage_v))
    taken_w = power_w(charger, plugged(set_point_w=told_w, voltage_v=voltage_v))
    assert taken_w == pytest.approx(3 * amperes * voltage_v, rel=1e-6)


@pytest.mark.parametrize(
    ("charger", "car", "phases", "expected_w"),
    [
        ("wallbox-3680w", "compact-58kwh", 1, 3680.0),
        ("wallbox-11kw", "hatchback-38kwh", 1, 3680.0),
        ("wallbox-22kw", "hatchback-38kwh", 1, 28.7 * 230.0 + PUBLIC.standby_w),
        ("wallbox-22kw", "micro-32kwh", 2, 7360.0 + PUBLIC.standby_w),
        ("wallbox-22kw", "small-52kwh", 3, 22080.0),
        ("wallbox-22kw", "compact-58kwh", 3, 11040.0 + PUBLIC.standby_w),
    ],
)
def test_charger_and_car_use_the_phases_that_both_have(
    charger: str, car: str, phases: int, expected_w: float
) -> None:
    params = ev_charger_preset(charger)
    inp = plugged(car_preset(car))
    assert ev_phases_in_use(params, 0, inp.ac_phases) == phases
    assert power_w(params, inp) == pytest.approx(expected_w)


def test_a_charger_without_a_car_draws_its_standby_for_ever() -> None:
    inp = EvChargerInput(11e3, 230.0, *NO_CAR)
    assert ev_charger_output(WALLBOX, begun(WALLBOX), inp).active_power_w == WALLBOX.standby_w
    assert ev_charger_horizon_s(WALLBOX, begun(WALLBOX), inp) == math.inf
    assert ev_charger_power_limits(WALLBOX, begun(WALLBOX), inp) == (0.0, WALLBOX.standby_w)


def test_an_unauthorised_car_gets_nothing() -> None:
    inp = plugged(authorised=0)
    assert power_w(WALLBOX, inp) == WALLBOX.standby_w
    assert ev_charger_power_limits(WALLBOX, begun(WALLBOX), inp) == (0.0, WALLBOX.standby_w)
    state, _ = ev_charger_step(WALLBOX, begun(WALLBOX), inp, 3600.0)
    assert state == EvChargerState(1, 0.3, 0.0)
    state, _ = ev_charger_step(WALLBOX, state, plugged(), 3600.0)
    assert state.delivered_wh == pytest.approx(11040.0 - WALLBOX.standby_w)


def test_the_pilot_tells_who_waits_for_whom() -> None:
    def pilot(inp: EvChargerInput) -> int:
        return ev_control_pilot(WALLBOX, begun(WALLBOX), inp)

    assert pilot(EvChargerInput(11e3, 230.0, *NO_CAR)) == PILOT_A
    assert pilot(plugged(authorised=0)) == PILOT_B1
    assert pilot(plugged(set_point_w=3000.0)) == PILOT_B1
    assert pilot(plugged(car_pauses=1)) == PILOT_B2
    assert pilot(plugged(session={"energy_wh": 0.0})) == PILOT_B2
    assert pilot(plugged()) == PILOT_C


@pytest.mark.parametrize(
    ("changes", "tethered", "loose"),
    [
        ({}, (LOCKED, LOCKED), (LOCKED, LOCKED)),
        ({"authorised": 0}, (LOCKED, PLUGGED), (PLUGGED, PLUGGED)),
        ({"plugged_at_car": 0}, (LOCKED, UNPLUGGED), (PLUGGED, UNPLUGGED)),
        ({"plugged_at_station": 0}, (LOCKED, LOCKED), (UNPLUGGED, PLUGGED)),
        ({"session_id": 0}, (LOCKED, UNPLUGGED), (PLUGGED, UNPLUGGED)),
    ],
)
def test_each_end_of_the_cable_is_plugged_and_locked_by_itself(
    changes: dict[str, int], tethered: tuple[int, int], loose: tuple[int, int]
) -> None:
    inp = plugged()._replace(**changes)
    for params, expected in ((WALLBOX, tethered), (PUBLIC, loose)):
        assert (ev_cable_at_station(params, inp), ev_cable_at_car(params, inp)) == expected


def test_cable_codes_are_those_of_the_api() -> None:
    assert cable_codes(UNPLUGGED, UNPLUGGED) == ("EV_CHARGING_CABLE_UNPLUGGED",)
    assert cable_codes(LOCKED, UNPLUGGED) == ("EV_CHARGING_CABLE_LOCKED_AT_STATION",)
    assert cable_codes(PLUGGED, PLUGGED) == (
        "EV_CHARGING_CABLE_PLUGGED_AT_STATION",
        "EV_CHARGING_CABLE_PLUGGED_AT_EV",
    )


def test_a_new_session_brings_a_new_car() -> None:
    state, _ = ev_charger_step(WALLBOX, begun(WALLBOX), plugged(), 7200.0)
    assert state.soc > 0.3
    state, _ = ev_charger_step(WALLBOX, state, plugged(session_id=2, authorised=0), 1.0)
    assert state == EvChargerState(2, 0.3, 0.0)
    state, _ = ev_charger_step(WALLBOX, state, EvChargerInput(11e3, 230.0, *NO_CAR), 1.0)
    assert state == EvChargerState(0, 0.0, 0.0)


@pytest.mark.parametrize("energy_wh", [1.0, 5000.0, 23456.7])
def test_a_car_stops_when_it_has_its_energy_and_stays_plugged(energy_wh: float) -> None:
    inp = plugged(session={"energy_wh": energy_wh})
    state, output = ev_charger_step(WALLBOX, begun(WALLBOX), inp, 8 * 3600.0)
    assert state.delivered_wh == pytest.approx(energy_wh, abs=1e-5)
    assert output.cable_power_w * 8.0 == pytest.approx(energy_wh, abs=1e-5)
    assert ev_is_finished(state, inp)
    assert ev_charger_horizon_s(WALLBOX, state, inp) == math.inf
    assert ev_cable_at_car(WALLBOX, inp) == LOCKED


def test_a_car_stops_at_its_target() -> None:
    inp = plugged(session={"target_soc": 0.8})
    state, _ = ev_charger_step(FAST, begun(FAST), inp, 2 * 3600.0)
    assert state.soc == pytest.approx(0.8, abs=1e-12)


def test_alternating_current_tapers_by_the_exact_exponential() -> None:
    """`1 - s + f τ` decays with the time constant, `f` the final rate: the closed form at the edge of a stair."""
    inp = plugged()
    tau_h = COMPACT.cv_time_constant_s / 3600.0
    state, dt_s = EvChargerState(1, 0.99, 0.0), 0.0
    while state.soc < 0.995 - 1e-9:
        step_s = ev_charger_horizon_s(WALLBOX, state, inp)
        state, _ = ev_charger_step(WALLBOX, state, inp, step_s)
        dt_s += step_s
    ratio = (0.01 + FINAL_RATE_PER_H * tau_h) / (0.005 + FINAL_RATE_PER_H * tau_h)
    assert dt_s == pytest.approx(COMPACT.cv_time_constant_s * math.log(ratio), rel=1e-9)


def test_what_the_limits_offer_lets_the_car_take_all_it_can() -> None:
    """Also near full, where it takes less than the least offer."""
    inp = plugged()
    for soc in (0.3, 0.97, 0.985, 0.995, 0.9999):
        state = EvChargerState(1, soc, 0.0)
        _, upper_w = ev_charger_power_limits(WALLBOX, state, inp)
        free = ev_charger_output(WALLBOX, state, inp)
        assert ev_charger_output(WALLBOX, state, inp._replace(set_point_w=upper_w)) == free
        assert upper_w >= max(free.active_power_w, 6.0 * 690.0)


def test_a_car_on_direct_current_follows_its_curve() -> None:
    """The time over the curve, and some 5 % for the heat of the battery; a small charger bounds the power."""
    inp = plugged(session={"arrival_soc": 0.2, "target_soc": 0.8})
    assert ev_charger_output(FAST, begun(FAST), inp).cable_power_w == pytest.approx(100e3 + 156.0, rel=1e-6)
    hours, state = 0.0, begun(FAST)
    while not ev_is_finished(state, inp):
        step_s = ev_charger_horizon_s(FAST, state, inp)
        state, _ = ev_charger_step(FAST, state, inp, step_s)
        hours += step_s / 3600.0
    curve_h = sum(0.0025 * 58.0 / _id3_kw(0.2 + 0.0025 * (part + 0.5)) for part in range(240))
    assert hours == pytest.approx(1.05 * curve_h, rel=0.02)
    small = ev_charger_preset("dc-50kw", COMPACT.dc_curve_w)
    assert ev_charger_output(small, begun(small), inp).cable_power_w == pytest.approx(50e3)


def _id3_kw(soc: float) -> float:
    if soc <= 0.3:
        return 100.0
    return 100.0 - (soc - 0.3) / 0.4 * 50.0 if soc <= 0.7 else 50.0


def test_a_car_without_direct_current_gets_none() -> None:
    assert power_w(FAST, plugged(dc_curve=-1)) == FAST.standby_w


@pytest.mark.parametrize("params", [WALLBOX, PUBLIC, FAST], ids=["11kw", "22kw", "dc"])
def test_losses_are_those_of_charger_electronics_conversion_and_battery(params: EvChargerParams) -> None:
    output = ev_charger_output(params, begun(params), plugged())
    charger_w = params.standby_w
    if params.is_dc:
        charger_w += params.conversion_fixed_w
        charger_w += params.conversion_loss * (output.active_power_w - params.standby_w)
    behind_w = output.cable_power_w - COMPACT.electronics_w
    onboard_w = 0.0 if params.is_dc else COMPACT.onboard_loss * behind_w
    heat_w = COMPACT.loss_at_1c * output.stored_power_w**2 / COMPACT.capacity_wh
    assert output.loss_w == pytest.approx(charger_w + COMPACT.electronics_w + onboard_w + heat_w, rel=1e-9)


def test_a_quiet_night_costs_few_horizons() -> None:
    inp, state, left_s, count = plugged(), begun(WALLBOX), 12 * 3600.0, 0
    while left_s > 0.0:
        step_s = min(ev_charger_horizon_s(WALLBOX, state, inp), left_s)
        state, _ = ev_charger_step(WALLBOX, state, inp, step_s)
        left_s -= step_s
        count += 1
    assert state.soc == 1.0
    assert count <= 12


def test_a_charger_that_cannot_exist_is_refused() -> None:
    with pytest.raises(ParameterError, match=r"current_min_a is 5 A; accepted: >= 6 A .*IEC 61851-1"):
        check_charger(WALLBOX._replace(current_min_a=5.0))
    with pytest.raises(ParameterError, match=r"current_min_a is 20 A; accepted: at most current_max_a, 16 A"):
        check_charger(WALLBOX._replace(current_min_a=20.0))
    with pytest.raises(ValueError, match=r"did you mean 'wallbox-11kw'\?"):
        ev_charger_preset("walbox-11kw")


@pytest.mark.slow
@pytest.mark.measured
def test_recorded_sessions_and_their_statistics_are_met() -> None:
    data: Path = data_file("ev_acn_sessions").parent
    figures = assess(data).figures
    assert [figure.what for figure in figures if not figure.is_met] == []
    by_name = {figure.what: figure.value for figure in figures}
    assert by_name["sessions that nothing limits, of all"] > 90.0
