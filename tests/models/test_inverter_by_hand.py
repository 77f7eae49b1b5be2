"""An inverter of round numbers: 100 W, 2 % and 1 % at full load, worked out by hand."""

from __future__ import annotations

import math

import pytest

from doppelgrid.models.inverter import (
    InverterInput,
    InverterOutput,
    InverterState,
    ac_beside_reactive,
    ac_from_dc,
    conversion_loss_w,
    dc_from_ac,
    floor_to_resolution,
    inverter_apparent_limit_va,
    inverter_heat_horizon_s,
    inverter_horizon_s,
    inverter_initial_state,
    inverter_output,
    inverter_power_limits,
    inverter_step,
    ramp_towards,
    reactive_limit_var,
    reactive_limit_within_var,
)
from doppelgrid.sim.components.inverter import inverter_preset

PARAMS = inverter_preset("battery-30kw", 30e3, 30e3)._replace(
    rated_power_w=10e3, rated_apparent_power_va=10e3, standby_power_w=20.0,
    no_load_loss_w=100.0, linear_loss=0.02, quadratic_loss_per_w=1e-6,
    no_load_loss_slope=0.5, linear_loss_slope=-0.4, quadratic_loss_slope=0.3,
    heat_capacity_j_per_k=1005.0, heat_loss_w_per_k=10.0, heat_sink_max_c=80.0, ambient_max_c=60.0,
    nominal_dc_voltage_v=400.0, dc_voltage_min_v=200.0, dc_voltage_max_v=600.0, dc_current_max_a=30.0,
    reactive_power_max_var=math.inf, power_factor_min=0.0,
)  # fmt: skip
COOL = inverter_initial_state(PARAMS, 25.0)
HOT = InverterState(80.0, 1)
INP = InverterInput(-5000.0, 0.0, -math.inf, math.inf, 400.0, 25.0, 1)


def test_each_part_of_the_loss_goes_with_the_voltage_within_the_window() -> None:
    for voltage_pu, loss_w in (
        (1.0, 225.0),
        (1.2, 100.0 * 1.1 + 100.0 * 0.92 + 25.0 * 1.06),
        (0.8, 100.0 * 0.9 + 100.0 * 1.08 + 25.0 * 0.94),
        (1.5, 233.75),
        (2.0, 233.75),  # the window ends at 600 V
        (0.5, 216.25),
        (0.3, 216.25),
    ):
        for ac_w in (5000.0, -5000.0):
            assert conversion_loss_w(PARAMS, ac_w, voltage_pu) == pytest.approx(loss_w)
            assert dc_from_ac(PARAMS, ac_w, voltage_pu) == pytest.approx(ac_w - loss_w)
            assert ac_from_dc(PARAMS, ac_w - loss_w, voltage_pu) == pytest.approx(ac_w)


def test_beyond_the_most_that_conversion_gives_power_stays_there() -> None:
    """`0.98 P - 1e-6 P²` is greatest at 490 kW."""
    assert ac_from_dc(PARAMS, 1e9) == pytest.approx(490e3)
    assert ac_from_dc(PARAMS, 0.98 * 480e3 - 1e-6 * 480e3**2 - 100.0) == pytest.approx(480e3)


def test_beside_reactive_power_the_balance_of_both_sides_closes() -> None:
    for voltage_pu in (
        1.0,
        1.3,
    ):
        for reactive_var in (
            0.0,
            3000.0,
            -8000.0,
        ):
            for dc_w in (
                -12e3,
                -100.0,
                0.0,
                4000.0,
            ):
                ac_w = ac_beside_reactive(PARAMS, dc_w, reactive_var, voltage_pu)
                loss_w = conversion_loss_w(PARAMS, math.hypot(ac_w, reactive_var), voltage_pu)
                assert ac_w - loss_w == pytest.approx(dc_w, abs=1e-6)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_the_power_factor_is_kept_where_reactive_power_costs_some_of_what_the_dc_side_gives(
    sign: float,
) -> None:
    """1000 W give 884 W alone, beside which 663 var would be allowed; with those on the way it is less."""
    params = PARAMS._replace(power_factor_min=0.8)
    given = INP._replace(reactive_set_point_var=sign * 5000.0, dc_lower_w=-1000.0)
    alone = inverter_output(params, COOL, given._replace(reactive_set_point_var=0.0))
    beside = inverter_output(params, COOL, given)
    assert alone.active_power_w == pytest.approx(ac_from_dc(PARAMS, -1000.0))
    assert abs(beside.active_power_w) < abs(alone.active_power_w) - 4.0
    assert beside.reactive_power_var == pytest.approx(sign * 0.75 * abs(beside.active_power_w))


def test_ramps_begin_with_time_and_end_at_the_target() -> None:
    moved = [ramp_towards(100.0, 1000.0, 700.0, dt_s) for dt_s in (-1.0, 0.0, 1.0, 2.99, 3.0, 4.0)]
    assert moved == pytest.approx([1000.0, 1000.0, 900.0, 701.0, 700.0, 700.0])
    assert ramp_towards(100.0, -200.0, 700.0, 2.0) == 0.0


def test_a_power_short_of_a_step_by_rounding_of_single_precision_is_that_step() -> None:
    assert floor_to_resolution(88.0 * (1.0 - 0.9e-7), 88.0) == 88.0 * (1.0 - 0.9e-7)
    assert floor_to_resolution(176.0 * (1.0 - 2e-7), 88.0) == 88.0
    assert floor_to_resolution(-176.0 * (1.0 - 2e-7), 88.0) == -88.0
    assert floor_to_resolution(1e18, 88.0) == 1e18


def test_reactive_power_is_the_least_of_circle_factor_and_fixed_limit() -> None:
    for apparent_va, active_w, factor, most_var, limit_var in (
        (10e3, 6000.0, 0.0, math.inf, 8000.0),
        (5000.0, -3000.0, 0.0, math.inf, 4000.0),
        (5000.0, 5000.0, 0.0, math.inf, 0.0),
        (5000.0, -6000.0, 0.0, math.inf, 0.0),
        (10e3, -4000.0, 0.8, math.inf, 3000.0),
        (10e3, 4000.0, 0.8, 2000.0, 2000.0),
        (10e3, 9600.0, 0.8, math.inf, 2800.0),
        (10e3, 9600.0, 1.0, math.inf, 0.0),
    ):
        params = PARAMS._replace(power_factor_min=factor, reactive_power_max_var=most_var)
        assert reactive_limit_within_var(params, apparent_va, active_w) == pytest.approx(limit_var)
        if apparent_va == PARAMS.rated_apparent_power_va:
            assert reactive_limit_var(params, active_w) == pytest.approx(limit_var)


def test_a_hot_heat_sink_leaves_the_power_whose_loss_the_air_carries_away() -> None:
    for ambient_c, spare_w in (
        (50.0, 200.0),
        (45.0, 250.0),
        (69.0, 10.0),
        (69.95, 0.5),
        (70.0, 0.0),
        (75.0, -50.0),
    ):
        params = PARAMS._replace(ambient_max_c=100.0)
        limit_va = inverter_apparent_limit_va(params, HOT, ambient_c)
        assert 0.02 * limit_va + 1e-6 * limit_va**2 == pytest.approx(max(spare_w, 0.0))
        spare_at_480_w = 10.0 * (80.0 - ambient_c) - 110.0
        limit_va = inverter_apparent_limit_va(params, HOT, ambient_c, 1.2)
        assert 0.0184 * limit_va + 1.06e-6 * limit_va**2 == pytest.approx(max(spare_at_480_w, 0.0))


def test_up_to_40_degrees_that_is_the_rating_and_above_the_greatest_ambient_nothing() -> None:
    assert [inverter_apparent_limit_va(PARAMS, HOT, celsius) for celsius in (0.0, 30.0, 40.0)] == [10e3] * 3
    assert inverter_apparent_limit_va(PARAMS, HOT, 40.1) < 9990.0
    for state in (HOT, COOL):
        assert inverter_apparent_limit_va(PARAMS, state, 60.0) > 0.0
        assert inverter_apparent_limit_va(PARAMS, state, 60.1) == 0.0


def test_power_is_held_back_from_the_greatest_temperature_to_two_kelvin_below() -> None:
    for heat_sink_c, held_back, is_hot in (
        (80.0, 0, True),
        (79.9, 0, False),
        (79.9, 1, True),
        (78.1, 1, True),
        (78.0, 1, False),
        (85.0, 0, True),
    ):
        limit_va = inverter_apparent_limit_va(PARAMS, InverterState(heat_sink_c, held_back), 50.0)
        assert limit_va == pytest.approx(7320.5, abs=0.1) if is_hot else limit_va == 10e3


def limits(**changes: float) -> tuple[float, float]:
    return inverter_power_limits(PARAMS, COOL, INP._replace(**changes))


def test_limits_are_those_of_rating_direct_current_and_the_side_behind() -> None:
    assert limits() == (-10e3, 10e3)
    lower_w, upper_w = limits(dc_voltage_v=250.0)
    assert dc_from_ac(PARAMS, lower_w, 0.625) == pytest.approx(-7500.0)
    assert dc_from_ac(PARAMS, upper_w, 0.625) == pytest.approx(7500.0)
    lower_w, upper_w = limits(dc_lower_w=-3000.0, dc_upper_w=2000.0)
    assert dc_from_ac(PARAMS, lower_w) == pytest.approx(-3000.0)
    assert dc_from_ac(PARAMS, upper_w) == pytest.approx(2000.0)
    assert limits(dc_lower_w=-100.0, dc_upper_w=0.0) == (0.0, 0.0)
    assert limits(dc_lower_w=50.0, dc_upper_w=-50.0) == (0.0, 0.0)
    assert limits(dc_upper_w=0.5)[1] == pytest.approx(100.5 / 0.98, rel=1e-3)
    free = PARAMS._replace(dc_current_max_a=math.inf)
    assert inverter_power_limits(free, COOL, INP) == (-10e3, 10e3)


def test_the_edges_of_voltage_and_air_are_within_range() -> None:
    for changes in ({"dc_voltage_v": 200.0}, {"dc_voltage_v": 600.0}, {"ambient_c": 60.0}):
        lower_w, upper_w = limits(**changes)
        assert lower_w < 0.0 < upper_w
    for changes in (
        {"dc_voltage_v": 199.9},
        {"dc_voltage_v": 600.1},
        {"ambient_c": 60.1},
        {"enabled": 0},
    ):
        assert limits(**changes) == (0.0, 0.0)
        shown = inverter_output(PARAMS, COOL, INP._replace(reactive_set_point_var=1000.0, **changes))
        assert shown == InverterOutput(20.0, 0.0, 0.0, 0.0, 20.0)


def test_it_shows_both_sides_and_the_loss_between() -> None:
    for set_point_w, active_w in (
        (-5000.0, -5000.0),
        (4000.0, 4000.0),
        (-20e3, -10e3),
        (20e3, 10e3),
    ):
        shown = inverter_output(PARAMS, COOL, INP._replace(set_point_w=set_point_w, dc_voltage_v=480.0))
        loss_w = 110.0 + 0.0184 * abs(active_w) + 1.06e-6 * active_w**2
        dc_w = active_w - loss_w
        assert shown == pytest.approx((active_w, 0.0, dc_w, dc_w / 480.0, loss_w))


def test_reactive_power_alone_is_fed_from_the_direct_current_side_or_else_from_the_grid() -> None:
    only = INP._replace(set_point_w=0.0, reactive_set_point_var=-5000.0)
    shown = inverter_output(PARAMS, COOL, only)
    assert shown == pytest.approx((0.0, -5000.0, -225.0, -225.0 / 400.0, 225.0))
    for dc_lower_w, wanted_var in ((0.0, -5000.0), (50.0, -5000.0), (0.0, 1.0)):
        dark_inp = only._replace(dc_lower_w=dc_lower_w, reactive_set_point_var=wanted_var)
        dark = inverter_output(PARAMS, COOL, dark_inp)
        loss_w = 100.0 + 0.02 * abs(wanted_var) + 1e-6 * wanted_var**2
        assert dark.active_power_w == pytest.approx(loss_w, rel=3e-2)
        assert (dark.dc_power_w, dark.reactive_power_var) == (pytest.approx(0.0, abs=1e-6), wanted_var)
    weak = inverter_output(PARAMS, COOL, only._replace(dc_lower_w=-100.0))
    assert weak.dc_power_w == pytest.approx(-100.0)
    assert weak.active_power_w == pytest.approx(125.0, rel=1e-2)


def test_active_power_goes_before_reactive_power_on_the_circle_that_the_heat_leaves() -> None:
    shown = inverter_output(PARAMS, COOL, INP._replace(set_point_w=-6000.0, reactive_set_point_var=9000.0))
    assert (shown.active_power_w, shown.reactive_power_var) == pytest.approx((-6000.0, 8000.0))
    hot = inverter_output(
        PARAMS, HOT, INP._replace(set_point_w=-6000.0, reactive_set_point_var=-9000.0, ambient_c=50.0)
    )
    assert hot.active_power_w == -6000.0
    assert math.hypot(hot.active_power_w, hot.reactive_power_var) == pytest.approx(7320.508, rel=1e-6)
    assert hot.reactive_power_var < 0.0
    assert hot.loss_w == pytest.approx(300.0)


def test_a_loss_holds_until_the_heat_sink_is_hot_or_has_cooled() -> None:
    for state, loss_w, ambient_c, expected_s in (
        (InverterState(50.0, 0), 400.0, 50.0, 100.5 * math.log(40.0 / 10.0)),
        (InverterState(50.0, 0), 300.0, 50.0, math.inf),
        (InverterState(50.0, 0), 301.0, 50.0, 100.5 * math.log(301.0)),
        (InverterState(80.0, 1), 20.0, 50.0, 100.5 * math.log(28.0 / 26.0)),
        (InverterState(80.0, 0), 20.0, 50.0, 100.5 * math.log(28.0 / 26.0)),
        (InverterState(79.0, 1), 20.0, 50.0, 100.5 * math.log(27.0 / 26.0)),
        (InverterState(80.0, 1), 280.0, 50.0, math.inf),
        (InverterState(80.0, 1), 279.0, 50.0, 100.5 * math.log(21.0)),
        (InverterState(79.999_99, 0), 1e4, 50.0, 1e-3),
    ):
        assert inverter_heat_horizon_s(PARAMS, state, loss_w, ambient_c) == pytest.approx(expected_s)


def test_where_not_even_full_power_makes_it_hot_nothing_ends() -> None:
    """Full power loses 400 W, 40 K above the air."""
    full = INP._replace(set_point_w=-10e3)
    assert inverter_horizon_s(PARAMS, COOL, full._replace(ambient_c=40.0)) == math.inf
    state = InverterState(41.0, 0)
    found_s = inverter_horizon_s(PARAMS, state, full._replace(ambient_c=41.0))
    assert found_s == pytest.approx(100.5 * math.log(40.0 / 1.0))
    hot_s = inverter_horizon_s(PARAMS, HOT, INP._replace(set_point_w=0.0))
    assert hot_s == pytest.approx(100.5 * math.log(53.0 / 51.0))
    greedy = PARAMS._replace(standby_power_w=500.0)
    idle = INP._replace(set_point_w=0.0, ambient_c=40.0)
    found_s = inverter_horizon_s(greedy, InverterState(40.0, 0), idle)
    assert found_s == pytest.approx(100.5 * math.log(50.0 / 10.0))


def test_a_step_shows_means_of_before_and_after_it_was_hot() -> None:
    inp = INP._replace(set_point_w=-10e3, reactive_set_point_var=0.0, ambient_c=50.0)
    warming_s = 100.5 * math.log(40.0 / 10.0)
    start = InverterState(50.0, 0)
    state, mean = inverter_step(PARAMS, start, inp, 2.0 * warming_s)
    assert state == (pytest.approx(80.0), 1)
    assert mean.active_power_w == pytest.approx(-0.5 * (10e3 + 7320.508), rel=1e-6)
    assert mean.loss_w == pytest.approx(0.5 * (400.0 + 300.0))
    assert mean.dc_power_w == pytest.approx(mean.active_power_w - mean.loss_w)
    assert mean.dc_current_a == pytest.approx(mean.dc_power_w / 400.0)
    _, reactive = inverter_step(
        PARAMS, start, inp._replace(set_point_w=0.0, reactive_set_point_var=10e3), 2.0 * warming_s
    )
    assert reactive.reactive_power_var == pytest.approx(0.5 * (10e3 + 7320.508), rel=1e-6)


def test_it_closes_to_the_microwatt_where_losses_are_great_and_go_with_the_voltage() -> None:
    lossy = PARAMS._replace(
        linear_loss=0.1, linear_loss_slope=3.0, quadratic_loss_per_w=1e-5, quadratic_loss_slope=3.0
    )
    for dc_w in (-12e3, -6000.0, 0.0, 1000.0):
        ac_w = ac_beside_reactive(lossy, dc_w, 9000.0, 1.4)
        loss_w = conversion_loss_w(lossy, math.hypot(ac_w, 9000.0), 1.4)
        assert ac_w - loss_w == pytest.approx(dc_w, abs=1e-7)
