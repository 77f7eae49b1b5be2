"""Losses, ramp, resolution and capability of an inverter."""

from __future__ import annotations

import math

import numpy as np
import pytest
from accuracy.inverter import (
    DEVICES,
    MEASURED_BATTERY_INVERTERS,
    TARGET_POINTS,
    assess,
    battery_curves,
    sandia_curve,
    voltage_window,
)
from hypothesis import given
from hypothesis import strategies as st
from measured import data_file
from support.of_each_preset import of_each_preset

from doppelgrid.models.inverter import (
    InverterInput,
    InverterParams,
    InverterState,
    ac_from_dc,
    ceil_to_resolution,
    conversion_loss_w,
    dc_from_ac,
    floor_to_resolution,
    inverter_apparent_limit_va,
    inverter_horizon_s,
    inverter_output,
    inverter_power_limits,
    inverter_step,
    inverter_temperature,
    ramp_towards,
    reactive_limit_var,
)
from doppelgrid.sim.components.inverter import inverter_preset, inverter_preset_names

pytestmark = pytest.mark.lengthy

PRESETS = inverter_preset_names()
SHARE = st.floats(-1.5, 1.5)
"""AC power over rated power."""


def inverter(name: str = "battery-30kw", rated_w: float = 30_000.0) -> InverterParams:
    return inverter_preset(name, rated_w, rated_w)


def lossless() -> InverterParams:
    return inverter()._replace(no_load_loss_w=0.0, linear_loss=0.0, quadratic_loss_per_w=0.0)


def test_charging_loses_on_the_way_in_and_discharging_on_the_way_out() -> None:
    params = lossless()._replace(linear_loss=0.03)
    assert dc_from_ac(params, 10_000.0) == pytest.approx(9_700.0)
    assert dc_from_ac(params, -10_000.0) == pytest.approx(-10_300.0)


@pytest.mark.parametrize("name", PRESETS)
@of_each_preset
@given(share=SHARE)
def test_ac_from_dc_undoes_dc_from_ac(name: str, share: float) -> None:
    params = inverter(name)
    ac_power_w = share * params.rated_power_w
    assert ac_from_dc(params, dc_from_ac(params, ac_power_w)) == pytest.approx(ac_power_w, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("name", PRESETS)
@of_each_preset
@given(dc_power_w=st.floats(-45_000.0, 40_000.0))
def test_dc_from_ac_undoes_ac_from_dc(name: str, dc_power_w: float) -> None:
    params = inverter(name)
    back_w = dc_from_ac(params, ac_from_dc(params, dc_power_w))
    assert back_w == pytest.approx(dc_power_w, rel=1e-9, abs=1e-6)


@given(power_w=st.floats(-1e6, 1e6))
def test_without_losses_both_sides_are_equal(power_w: float) -> None:
    assert dc_from_ac(lossless(), power_w) == power_w
    assert ac_from_dc(lossless(), power_w) == pytest.approx(power_w, rel=1e-15)


@pytest.mark.parametrize("name", PRESETS)
@of_each_preset
@given(share=SHARE)
def test_losses_do_not_depend_on_the_direction_and_never_create_power(name: str, share: float) -> None:
    params = inverter(name)
    loss_w = conversion_loss_w(params, share * params.rated_power_w)
    assert loss_w == conversion_loss_w(params, -share * params.rated_power_w) > 0.0


@pytest.mark.parametrize("name", PRESETS)
@of_each_preset
@given(dc_power_w=st.floats(allow_nan=False, min_value=-1e12, max_value=1e12))
def test_any_dc_power_has_a_finite_ac_power(name: str, dc_power_w: float) -> None:
    assert math.isfinite(ac_from_dc(inverter(name), dc_power_w))


@pytest.mark.parametrize("name", PRESETS)
@of_each_preset
@given(rated_w=st.floats(100.0, 1e7), share=st.floats(0.05, 1.0))
def test_efficiency_does_not_depend_on_the_rating(name: str, rated_w: float, share: float) -> None:
    small, big = inverter(name, 1_000.0), inverter(name, rated_w)
    assert dc_from_ac(big, share * rated_w) / rated_w == pytest.approx(
        dc_from_ac(small, share * 1_000.0) / 1_000.0
    )


@pytest.mark.parametrize("name", DEVICES)
def test_efficiency_is_within_0_3_points_of_the_sandia_model_over_the_whole_window(name: str) -> None:
    nominal_v = inverter(name).nominal_dc_voltage_v
    assert sandia_curve(name, nominal_v).worst_points < TARGET_POINTS
    assert (
        max(sandia_curve(name, voltage).worst_points for voltage in voltage_window(name).tolist())
        < TARGET_POINTS
    )


@pytest.mark.parametrize("name", MEASURED_BATTERY_INVERTERS)
def test_measured_battery_inverters_lie_in_the_middle_of_their_two_directions(name: str) -> None:
    charging, discharging = battery_curves(name)
    both = (charging.ours - charging.reference) + (discharging.ours - discharging.reference)
    assert np.abs(both).max() < 0.001
    assert max(charging.worst_points, discharging.worst_points) < 0.6


def test_every_preset_has_an_oracle() -> None:
    assert set(PRESETS) == {*DEVICES, *MEASURED_BATTERY_INVERTERS}


@pytest.mark.parametrize("name", PRESETS)
@of_each_preset
@given(share=SHARE, voltage_pu=st.floats(0.3, 2.0))
def test_both_sides_agree_at_any_dc_voltage(name: str, share: float, voltage_pu: float) -> None:
    params = inverter(name)
    ac_power_w = share * params.rated_power_w
    dc_power_w = dc_from_ac(params, ac_power_w, voltage_pu)
    assert dc_power_w < ac_power_w
    assert ac_from_dc(params, dc_power_w, voltage_pu) == pytest.approx(ac_power_w, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize(
    ("asked_w", "taken_w"),
    [(100.0, 88.0), (-100.0, -88.0), (50.0, 0.0), (-50.0, 0.0), (88.0, 88.0), (-176.0, -176.0), (0.0, 0.0)],
)
def test_a_device_with_steps_of_88_w_floors_the_magnitude(asked_w: float, taken_w: float) -> None:
    assert floor_to_resolution(asked_w, 88.0) == taken_w


@given(steps=st.integers(-10_000, 10_000), resolution_w=st.floats(0.01, 1_000.0))
def test_whole_steps_stay_as_they_are(steps: int, resolution_w: float) -> None:
    assert floor_to_resolution(steps * resolution_w, resolution_w) == steps * resolution_w


@given(steps=st.integers(1, 10_000), resolution_w=st.floats(0.01, 1_000.0))
def test_whole_steps_survive_single_precision(steps: int, resolution_w: float) -> None:
    sent_w = float(np.float32(steps * resolution_w))
    assert floor_to_resolution(sent_w, resolution_w) == pytest.approx(steps * resolution_w, rel=1e-7)


@given(power_w=st.floats(-1e6, 1e6), resolution_w=st.floats(0.0, 1_000.0))
def test_flooring_never_asks_for_more_and_loses_less_than_a_step(power_w: float, resolution_w: float) -> None:
    taken_w = floor_to_resolution(power_w, resolution_w)
    assert abs(taken_w) <= abs(power_w)
    assert taken_w * power_w >= 0.0
    assert abs(power_w) - abs(taken_w) <= resolution_w * (1.0 + 1e-9)


def test_without_steps_every_power_is_taken() -> None:
    assert floor_to_resolution(12.345, 0.0) == 12.345
    assert ceil_to_resolution(12.345, 0.0) == 12.345


@pytest.mark.parametrize(
    ("least_w", "told_w"), [(0.0, 0.0), (1.0, 88.0), (88.0, 88.0), (88.0 + 1e-9, 88.0), (88.1, 176.0)]
)
def test_the_least_that_can_be_told_is_a_whole_number_of_steps(least_w: float, told_w: float) -> None:
    assert ceil_to_resolution(least_w, 88.0) == told_w


def test_power_ramps_at_its_rate_and_stops_at_the_target() -> None:
    params = inverter()._replace(ramp_rate_w_per_s=1_000.0)
    assert ramp_towards(params.ramp_rate_w_per_s, 0.0, 5_000.0, 2.0) == 2_000.0
    assert ramp_towards(params.ramp_rate_w_per_s, 0.0, -5_000.0, 2.0) == -2_000.0
    assert ramp_towards(params.ramp_rate_w_per_s, 4_500.0, 5_000.0, 2.0) == 5_000.0


def test_an_unlimited_ramp_arrives_at_once() -> None:
    params = inverter()._replace(ramp_rate_w_per_s=math.inf)
    assert ramp_towards(params.ramp_rate_w_per_s, 0.0, 5_000.0, 1e-6) == 5_000.0
    assert ramp_towards(params.ramp_rate_w_per_s, 0.0, 5_000.0, 0.0) == 0.0


@given(active_w=st.floats(-30_000.0, 30_000.0))
def test_active_and_reactive_power_stay_on_the_kva_circle(active_w: float) -> None:
    params = inverter()
    assert math.hypot(active_w, reactive_limit_var(params, active_w)) == pytest.approx(30_000.0)


def test_no_reactive_power_is_left_beyond_the_rating() -> None:
    assert reactive_limit_var(inverter(), 31_000.0) == 0.0


def test_the_heat_sink_settles_at_its_rated_rise() -> None:
    params = inverter()
    loss_w = conversion_loss_w(params, params.rated_power_w)
    assert inverter_temperature(params, 20.0, loss_w, 20.0, 1e6) == pytest.approx(55.0)
    assert inverter_temperature(params, 20.0, loss_w, 20.0, 900.0) == pytest.approx(
        55.0 - 35.0 * math.exp(-1.0)
    )


def wanted(params: InverterParams, set_point_w: float, ambient_c: float = 20.0) -> InverterInput:
    return InverterInput(
        set_point_w, 0.0, -math.inf, math.inf, params.nominal_dc_voltage_v, ambient_c, enabled=1
    )


def test_the_power_factor_limits_reactive_power_where_it_is_given() -> None:
    params = inverter()._replace(power_factor_min=0.9)
    assert reactive_limit_var(params, -20_000.0) == pytest.approx(20_000.0 * math.tan(math.acos(0.9)))
    assert reactive_limit_var(params, 0.0) == 0.0
    assert reactive_limit_var(params, 29_000.0) == pytest.approx(math.sqrt(30.0**2 - 29.0**2) * 1e3)


def test_a_fixed_limit_holds_below_the_circle() -> None:
    params = inverter()._replace(reactive_power_max_var=5_000.0)
    assert reactive_limit_var(params, 0.0) == 5_000.0
    assert reactive_limit_var(params, 29_900.0) < 5_000.0


def test_reactive_power_costs_as_much_as_the_same_apparent_power() -> None:
    params = inverter("pv-12kw", 12_000.0)
    inp = wanted(params, 0.0)._replace(reactive_set_point_var=12_000.0)
    shown = inverter_output(params, InverterState(20.0, 0), inp)
    assert shown.reactive_power_var == 12_000.0
    assert shown.loss_w == pytest.approx(conversion_loss_w(params, 12_000.0))


def test_reactive_power_at_night_is_paid_for_by_the_grid() -> None:
    params = inverter("pv-12kw", 12_000.0)
    inp = wanted(params, -12_000.0)._replace(reactive_set_point_var=6_000.0, dc_lower_w=0.0, dc_upper_w=0.0)
    shown = inverter_output(params, InverterState(20.0, 0), inp)
    assert shown.dc_power_w == pytest.approx(0.0, abs=1e-6)
    assert shown.active_power_w == pytest.approx(shown.loss_w)
    assert shown.reactive_power_var == 6_000.0


def test_without_sun_or_set_point_an_inverter_stands_by() -> None:
    params = inverter("pv-12kw", 12_000.0)
    cold = InverterState(20.0, 0)
    for inp in (
        wanted(params, 0.0),
        wanted(params, -12_000.0)._replace(dc_lower_w=-1.0),
        wanted(params, -12_000.0)._replace(enabled=0),
        wanted(params, -12_000.0)._replace(dc_voltage_v=100.0),
        wanted(params, -12_000.0, ambient_c=61.0),
    ):
        shown = inverter_output(params, cold, inp)
        assert (shown.active_power_w, shown.dc_power_w) == (params.standby_power_w, 0.0)


def test_dc_current_limits_power_at_low_voltage() -> None:
    params = inverter("battery-5kw", 5_000.0)._replace(dc_current_max_a=15.0)
    inp = wanted(params, -5_000.0)._replace(dc_voltage_v=250.0)
    shown = inverter_output(params, InverterState(20.0, 0), inp)
    assert shown.dc_current_a == pytest.approx(-15.0)
    assert -3_750.0 < shown.active_power_w < -3_500.0


@pytest.mark.parametrize("name", PRESETS)
def test_full_power_is_held_up_to_45_degrees_and_falls_nearly_linearly_above(name: str) -> None:
    params = inverter(name)
    hot = InverterState(params.heat_sink_max_c, 1)
    limits = [inverter_apparent_limit_va(params, hot, ambient) for ambient in (45.0, 50.0, 55.0, 60.0)]
    assert limits[0] == pytest.approx(params.rated_power_w)
    steps = -np.diff(limits) / params.rated_power_w
    assert (steps > 0.04).all()
    assert (steps < 0.2).all()
    assert steps.max() < 1.5 * steps.min()


def test_an_inverter_in_the_heat_derates_once_its_heat_sink_is_hot_and_then_holds() -> None:
    params = inverter()
    inp = wanted(params, -30_000.0, ambient_c=55.0)
    state = InverterState(55.0, 0)
    assert inverter_power_limits(params, state, inp)[0] == -30_000.0
    warming_s = inverter_horizon_s(params, state, inp)
    state, _ = inverter_step(params, state, inp, warming_s)
    assert state.heat_sink_c == pytest.approx(params.heat_sink_max_c)
    held_w = inverter_output(params, state, inp).active_power_w
    assert -30_000.0 < held_w < -15_000.0
    assert inverter_horizon_s(params, state, inp) == math.inf
    state, mean = inverter_step(params, state, inp, 3600.0)
    assert state.heat_sink_c == pytest.approx(params.heat_sink_max_c)
    assert mean.active_power_w == held_w


def test_power_comes_back_when_the_heat_sink_has_cooled_by_two_kelvin() -> None:
    params = inverter()
    state = InverterState(params.heat_sink_max_c, 1)
    idle = wanted(params, 0.0, ambient_c=50.0)
    assert inverter_power_limits(params, state, idle)[0] > -30_000.0
    state, _ = inverter_step(params, state, idle, inverter_horizon_s(params, state, idle))
    assert state.heat_sink_c == pytest.approx(params.heat_sink_max_c - 2.0)
    assert inverter_power_limits(params, state, idle)[0] == -30_000.0


@pytest.mark.measured
def test_the_assessment_meets_its_targets() -> None:
    found = assess(data_file("pv_sandia_6kw_1min").parent)
    assert all(figure.is_met for figure in found.figures), [f for f in found.figures if not f.is_met]
