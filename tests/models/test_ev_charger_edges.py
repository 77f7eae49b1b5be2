"""A charger and a car of round numbers at each of their edges."""

from __future__ import annotations

import math

import pytest
from scipy.integrate import solve_ivp

from doppelgrid.models.electric_car import (
    CURVE_LENGTH,
    FINAL_RATE_PER_H,
    constant_voltage_soc,
    constant_voltage_w,
    curve_w,
    logarithmic_mean,
    stored_w,
    terminal_w,
)
from doppelgrid.models.ev_charger import (
    EvChargerInput,
    EvChargerOutput,
    EvChargerParams,
    EvChargerState,
    ev_charger_initial_state,
    ev_is_connected,
    ev_is_finished,
    ev_phases_in_use,
)
from doppelgrid.models.ev_charging import (
    ev_charger_horizon_s,
    ev_charger_output,
    ev_charger_power_limits,
    ev_charger_present_state,
    ev_charger_step,
)
from doppelgrid.sim.components.ev_charger import ev_charger_preset

BOX = ev_charger_preset("wallbox-11kw")._replace(
    is_dc=0, phases=3, current_max_a=16.0, current_min_a=6.0, current_step_a=0.5, standby_w=5.0, is_tethered=0
)
CURVES_W = (40e3,) * CURVE_LENGTH + tuple(50e3 - 2e3 * entry for entry in range(CURVE_LENGTH))
FAST = BOX._replace(
    is_dc=1, current_max_a=100.0, current_min_a=0.0, current_step_a=0.0, dc_power_max_w=45e3,
    conversion_fixed_w=200.0, conversion_loss=0.04, dc_curves_w=CURVES_W,
)  # fmt: skip
INP = EvChargerInput(
    set_point_w=math.inf,
    voltage_v=200.0,
    session_id=3,
    plugged_at_station=1,
    plugged_at_car=1,
    authorised=1,
    car_pauses=0,
    arrival_soc=0.25,
    target_soc=1.0,
    wanted_energy_wh=math.inf,
    capacity_wh=50e3,
    ac_phases=3,
    ac_current_max_a=32.0,
    onboard_loss=0.1,
    electronics_w=100.0,
    cv_time_constant_s=360.0,
    loss_at_1c=0.05,
    dc_curve=1,
)
HALF = EvChargerState(3, 0.5, 1000.0)


def test_a_session_brings_its_own_figures() -> None:
    for state, inp, expected in (
        (EvChargerState(2, 0.5, 9.0), INP, EvChargerState(3, 0.25, 0.0)),
        (HALF, INP, HALF),
        (HALF, INP._replace(session_id=0), EvChargerState(0, 0.0, 0.0)),
        (HALF, INP._replace(session_id=-1), EvChargerState(0, 0.0, 0.0)),
        (HALF, INP._replace(session_id=1, arrival_soc=1.2), EvChargerState(1, 1.0, 0.0)),
        (HALF, INP._replace(session_id=4, arrival_soc=-0.2), EvChargerState(4, 0.0, 0.0)),
    ):
        assert ev_charger_present_state(BOX, state, inp) == expected
        assert ev_charger_initial_state(BOX) == EvChargerState(0, 0.0, 0.0)


def test_a_car_is_connected_at_both_ends_of_its_cable() -> None:
    for changes, loose, tethered in (
        ({}, True, True),
        ({"session_id": 1}, True, True),
        ({"session_id": 0}, False, False),
        ({"plugged_at_car": 0}, False, False),
        ({"plugged_at_station": 0}, False, True),
        ({"plugged_at_station": 0, "plugged_at_car": 0}, False, False),
    ):
        inp = INP._replace(**changes)
        assert ev_is_connected(BOX, inp) is loose
        assert ev_is_connected(BOX._replace(is_tethered=1), inp) is tethered


def test_a_car_has_what_it_wants_at_its_charge_or_its_energy() -> None:
    for soc, delivered_wh, target_soc, wanted_wh, finished in (
        (0.8, 0.0, 0.8, math.inf, True),
        (0.8 - 1e-9, 0.0, 0.8, math.inf, False),
        (1.0, 0.0, 1.5, math.inf, True),
        (0.5, 900.0, 1.0, 900.0, True),
        (0.5, 899.999, 1.0, 900.0, False),
        (0.5, 901.0, 1.0, 900.0, True),
    ):
        inp = INP._replace(target_soc=target_soc, wanted_energy_wh=wanted_wh)
        state = EvChargerState(3, soc, delivered_wh)
        assert ev_is_finished(state, inp) is finished
        assert (ev_charger_output(BOX, state, inp).cable_power_w == 0.0) is finished


def test_alternating_current_flows_on_the_phases_that_both_have_and_direct_on_all() -> None:
    for car_phases, charger_phases, expected in ((1, 3, 1), (3, 1, 1), (2, 3, 2)):
        inp, params = INP._replace(ac_phases=car_phases), BOX._replace(phases=charger_phases)
        assert ev_phases_in_use(params, 0, inp.ac_phases) == expected
        assert ev_phases_in_use(FAST._replace(phases=charger_phases), 0, inp.ac_phases) == charger_phases


def test_what_is_offered_is_taken_with_its_losses() -> None:
    """Three phases of 200 V in steps of 0.5 A; 5 W, 100 W and a tenth are lost on the way to the battery."""
    for set_point_w, amperes in (
        (math.inf, 16.0),
        (9600.0, 16.0),
        (9599.0, 15.5),
        (9300.0, 15.5),
        (3600.0, 6.0),
        (3599.0, 0.0),
        (0.0, 0.0),
        (-1e3, 0.0),
    ):
        inp = INP._replace(set_point_w=set_point_w)
        grid_w = max(600.0 * amperes - 5.0, 0.0)
        into_w = stored_w(0.9 * (grid_w - 100.0), 50e3, 0.05) if grid_w > 0.0 else 0.0
        expected = EvChargerOutput(
            5.0 + grid_w, 0.0, grid_w / 600.0, grid_w, into_w, 5.0 + grid_w - into_w, 0.0, grid_w
        )
        assert ev_charger_output(BOX, HALF, inp) == pytest.approx(expected)


def test_a_car_takes_no_more_than_its_own_current() -> None:
    shown = ev_charger_output(BOX, HALF, INP._replace(ac_current_max_a=10.0))
    assert (shown.cable_power_w, shown.current_a) == pytest.approx((6000.0, 10.0))


def test_nothing_flows_that_only_the_electronics_of_the_car_would_take() -> None:
    for car_a, flows in (
        (0.2, True),
        (100.5 / 600.0, True),
        (100.0 / 600.0, False),
        (0.1, False),
    ):
        shown = ev_charger_output(BOX, HALF, INP._replace(ac_current_max_a=car_a))
        assert (shown.cable_power_w > 0.0) is flows


def test_whoever_pauses_nothing_flows_and_nothing_changes_by_itself() -> None:
    for changes in (
        {"authorised": 0},
        {"car_pauses": 1},
        {"plugged_at_car": 0},
    ):
        inp = INP._replace(**changes)
        assert ev_charger_output(BOX, HALF, inp) == EvChargerOutput(5.0, 0.0, 0.0, 0.0, 0.0, 5.0, 0.0, 0.0)
        assert ev_charger_horizon_s(BOX, HALF, inp) == math.inf
        assert ev_charger_step(BOX, HALF, inp, 60.0)[0] == HALF


def test_direct_current_loses_a_fixed_part_and_a_share() -> None:
    for set_point_w, held_w in (
        (math.inf, 30e3),
        (20e3, 0.96 * (20e3 - 5.0) - 200.0),
        (208.0, 0.0),
        (300.0, 0.0),
        (330.0, 0.96 * (330.0 - 5.0) - 200.0),
    ):
        inp = INP._replace(set_point_w=set_point_w)
        shown, cable_w = ev_charger_output(FAST, HALF, inp), held_w
        if math.isinf(set_point_w):
            # The mean over the stair from 0.5 to 0.505: the curve falls by 200 W there.
            limit_w = [stored_w(30e3 - 40e3 * step, 50e3, 0.05) for step in (0.0, 0.005)]
            assert shown.stored_power_w == pytest.approx(logarithmic_mean(*limit_w))
            cable_w = 100.0 + terminal_w(shown.stored_power_w, 50e3, 0.05)
        assert shown.cable_power_w == pytest.approx(cable_w)
        grid_w = (cable_w + 200.0) / 0.96 if cable_w > 0.0 else 0.0
        assert shown.active_power_w == pytest.approx(5.0 + grid_w)
        assert shown.current_a == pytest.approx(grid_w / 600.0)
        assert shown.loss_w == pytest.approx(shown.active_power_w - shown.stored_power_w)


def test_the_most_of_a_charger_bounds_what_the_curve_would_let_in() -> None:
    shown = ev_charger_output(FAST._replace(dc_power_max_w=20e3), HALF, INP)
    assert shown.cable_power_w == pytest.approx(20e3)
    other = ev_charger_output(FAST, HALF, INP._replace(dc_curve=0))
    assert other.cable_power_w == pytest.approx(40e3 + 100.0)
    assert ev_charger_output(FAST, HALF, INP._replace(dc_curve=2)).cable_power_w == 0.0


def test_the_limit_is_the_least_offer_that_lets_the_car_take_all() -> None:
    for changes, upper_w in (
        ({}, 9600.0),
        ({"ac_current_max_a": 9.9}, 6000.0),
        ({"ac_current_max_a": 10.2}, 6300.0),
        ({"ac_current_max_a": 2.0}, 3600.0),
        ({"authorised": 0}, 5.0),
        ({"ac_phases": 1}, 3200.0),
    ):
        assert ev_charger_power_limits(BOX, HALF, INP._replace(**changes)) == (0.0, pytest.approx(upper_w))


def test_alternating_current_holds_until_the_target_or_the_energy() -> None:
    for soc, changes, seconds in (
        (0.5, {"target_soc": 0.501}, 0.001),
        (0.5, {"target_soc": 0.6}, 0.1),
        (0.5, {"wanted_energy_wh": 1010.0}, None),
    ):
        inp = INP._replace(**changes)
        into_w = stored_w(0.9 * 9495.0, 50e3, 0.05)
        expected_s = 10.0 * 3600.0 / 9595.0 if seconds is None else seconds * 50e3 * 3600.0 / into_w
        assert ev_charger_horizon_s(BOX, EvChargerState(3, soc, 1000.0), inp) == pytest.approx(expected_s)


@pytest.mark.parametrize("charger", [BOX, FAST], ids=["ac", "dc"])
@pytest.mark.parametrize(("soc", "within"), [(0.3, 5e-5), (0.9, 5e-5), (0.97, 5e-4)])
def test_a_charge_takes_as_long_as_an_independent_solver_says(
    charger: EvChargerParams, soc: float, within: float
) -> None:
    """With the limit of the car as it is at every charge; stairs of half a percent miss by a tenth of one at most."""
    offered_w = 44_900.0 if charger.is_dc else 0.9 * 9495.0

    def rates(_t: float, y: list[float]) -> list[float]:
        into_w = min(stored_w(offered_w, 50e3, 0.05), constant_voltage_w(y[0], 50e3, 360.0))
        if charger.is_dc:
            into_w = min(into_w, stored_w(curve_w(CURVES_W, 1, y[0]), 50e3, 0.05))
        return [into_w / 50e3 / 3600.0]

    solved = solve_ivp(rates, (0.0, 600.0), [soc], rtol=1e-9, max_step=5.0).y[0, -1]
    after, mean = ev_charger_step(charger, EvChargerState(3, soc, 0.0), INP, 600.0)
    assert after.soc - soc == pytest.approx(solved - soc, abs=within)
    assert mean.stored_power_w * 600.0 == pytest.approx((after.soc - soc) * 50e3 * 3600.0)
    assert mean.cable_power_w * 600.0 == pytest.approx(after.delivered_wh * 3600.0)


def test_constant_power_is_one_horizon_up_to_the_stair_on_which_the_car_takes_less() -> None:
    for charger, battery_w in ((BOX, 0.9 * 9495.0), (FAST, 40e3)):
        flow_w = stored_w(battery_w, 50e3, 0.05)
        edge = 0.3
        while edge < 1.0:
            limits_w = [constant_voltage_w(soc, 50e3, 360.0) for soc in (edge, edge + 0.005)]
            if charger is FAST:
                limits_w = [min(limit_w, flow_w) for limit_w in limits_w]  # its curve is as high as that
            if logarithmic_mean(*limits_w) < flow_w:
                break
            edge += 0.005
        for target, end in ((1.0, edge), (0.8, 0.8), (0.502, 0.502)):
            inp = INP._replace(target_soc=target, dc_curve=0)
            found_s = ev_charger_horizon_s(charger, EvChargerState(3, 0.3, 0.0), inp)
            assert found_s == pytest.approx((end - 0.3) * 50e3 * 3600.0 / flow_w)
        falling = ev_charger_horizon_s(FAST, EvChargerState(3, 0.5, 0.0), INP)
        into_w = ev_charger_output(FAST, EvChargerState(3, 0.5, 0.0), INP).stored_power_w
        assert falling == pytest.approx(0.005 * 50e3 * 3600.0 / into_w)


def test_the_voltage_limit_is_the_missing_charge_over_its_time_and_a_twentieth_an_hour() -> None:
    assert constant_voltage_w(0.9, 50e3, 360.0) == pytest.approx(50e3 * (0.1 * 10.0 + 0.05))
    assert constant_voltage_w(1.2, 50e3, 360.0) == pytest.approx(FINAL_RATE_PER_H * 50e3)
    assert constant_voltage_soc(52.5e3, 50e3, 360.0) == pytest.approx(0.9)
    assert constant_voltage_soc(1.0, 50e3, 360.0) == 1.0
    assert constant_voltage_soc(1e6, 50e3, 360.0) == pytest.approx(1.0 - 19.95 * 0.1)
    assert terminal_w(30e3, 50e3, 0.05) == pytest.approx(30e3 + 0.05 * 18e3)
    assert stored_w(30.9e3, 50e3, 0.05) == pytest.approx(30e3)


def test_a_mean_over_the_time_is_logarithmic() -> None:
    assert logarithmic_mean(200.0, 100.0) == logarithmic_mean(100.0, 200.0)
    assert logarithmic_mean(200.0, 100.0) == pytest.approx(100.0 / math.log(2.0))
    assert logarithmic_mean(100.0, 100.0) == 100.0
    assert logarithmic_mean(0.0, 100.0) == 0.0
    assert logarithmic_mean(100.0, 100.000_01) == pytest.approx(100.000_005, rel=1e-12)


def test_a_curve_goes_evenly_between_its_entries() -> None:
    for soc, kilowatts in (
        (0.0, 50.0),
        (0.025, 49.0),
        (0.5, 30.0),
        (1.0, 10.0),
        (-1.0, 50.0),
        (2.0, 10.0),
    ):
        assert curve_w(CURVES_W, 1, soc) == pytest.approx(1e3 * kilowatts)
        assert curve_w(CURVES_W, 0, soc) == 40e3
        assert curve_w(CURVES_W[:-1], 1, soc) == 0.0
