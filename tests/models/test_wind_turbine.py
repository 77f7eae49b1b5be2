"""A wind turbine: what the wind offers, and when it runs."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from windpowerlib.power_output import power_curve, power_curve_density_correction

from doppelgrid.models.air import air_density_kg_per_m3
from doppelgrid.models.parameter import ParameterError
from doppelgrid.models.wind_plant import (
    WindPlantInput,
    WindPlantParams,
    wind_plant_horizon_s,
    wind_plant_output,
    wind_plant_power_limits,
    wind_plant_step,
)
from doppelgrid.models.wind_turbine import (
    RUNNING,
    STARTING,
    STOPPED,
    STORM,
    WindTurbineInput,
    WindTurbineOutput,
    WindTurbineState,
    wind_turbine_curve_w,
    wind_turbine_horizon_s,
    wind_turbine_initial_state,
    wind_turbine_output,
    wind_turbine_power_limits,
    wind_turbine_reactive_limit_var,
    wind_turbine_smoothed,
    wind_turbine_step,
)
from doppelgrid.sim.components.machines.wind_turbine import (
    check_wind_turbine,
    wind_turbine_preset,
    wind_turbine_preset_names,
)

MM82 = wind_turbine_preset("senvion-mm82-2050kw")
PITCHED_DENSITY = 1.225


def weather(
    wind_m_per_s: float, set_point_w: float = -math.inf, pressure_pa: float = 101325.0
) -> WindTurbineInput:
    return WindTurbineInput(set_point_w, 0.0, wind_m_per_s, 15.0, pressure_pa, 0.0)


def in_wind(mode: int, wind_m_per_s: float) -> WindTurbineOutput:
    return wind_turbine_output(MM82, WindTurbineState(mode, 0.0), weather(wind_m_per_s))


def test_it_gives_what_the_curve_says_and_no_more_than_rated() -> None:
    assert in_wind(RUNNING, 8.0).active_power_w == pytest.approx(-767e3, rel=1e-3)
    assert in_wind(RUNNING, 20.0).active_power_w == -2050e3


def test_it_starts_at_the_cut_in_speed_after_a_while() -> None:
    state = WindTurbineState(STOPPED, 0.0)
    state, output = wind_turbine_step(MM82, state, weather(3.4), 600.0)
    assert (state.mode, output.active_power_w) == (STOPPED, MM82.standby_power_w)
    assert wind_turbine_horizon_s(MM82, state, weather(6.0)) == MM82.start_up_s
    state, output = wind_turbine_step(MM82, state, weather(6.0), 60.0)
    assert (state.mode, output.active_power_w) == (STARTING, MM82.standby_power_w)
    state, output = wind_turbine_step(MM82, state, weather(6.0), 120.0)
    assert state.mode == RUNNING
    assert output.active_power_w == pytest.approx(0.5 * (MM82.standby_power_w - 314e3), rel=2e-3)


def test_a_start_is_given_up_where_the_wind_falls() -> None:
    state, _ = wind_turbine_step(MM82, WindTurbineState(STARTING, 50.0), weather(2.0), 1.0)
    assert state == WindTurbineState(STOPPED, 0.0)


def test_it_runs_on_a_little_below_the_cut_in_speed() -> None:
    assert wind_turbine_step(MM82, WindTurbineState(RUNNING, 0.0), weather(3.2), 1.0)[0].mode == RUNNING


def test_it_stops_in_a_storm_and_comes_back_when_the_wind_has_fallen_well_below() -> None:
    state = WindTurbineState(RUNNING, 0.0)
    modes = []
    for wind in (25.0, 25.1, 24.0, 22.1, 22.0):
        state, _ = wind_turbine_step(MM82, state, weather(wind), 600.0)
        modes.append(state.mode)
    assert modes == [RUNNING, STORM, STORM, STORM, RUNNING]


def test_a_set_point_holds_it_back_and_never_drives_it() -> None:
    state = WindTurbineState(RUNNING, 0.0)
    offered_w, upper_w = wind_turbine_power_limits(MM82, state, weather(10.0))
    assert (offered_w, upper_w) == (pytest.approx(-1439e3, rel=1e-3), 0.0)
    for set_point_w, expected_w in ((-500e3, -500e3), (-1.9e6, offered_w), (0.0, 0.0), (1e6, 0.0)):
        output = wind_turbine_output(MM82, state, weather(10.0, set_point_w))
        assert output.active_power_w == expected_w
        assert output.available_power_w == offered_w


def test_thin_air_moves_the_curve_of_a_pitched_turbine_and_leaves_its_rating() -> None:
    half = 0.5 * PITCHED_DENSITY
    assert wind_turbine_curve_w(MM82, 10.0, half) == pytest.approx(
        wind_turbine_curve_w(MM82, 10.0 * 0.5 ** (1.0 / 3.0), PITCHED_DENSITY)
    )
    assert wind_turbine_curve_w(MM82, 22.0, half) == 2050e3


def test_thin_air_lowers_the_curve_of_a_stalled_turbine() -> None:
    stalled = wind_turbine_preset("northern-power-100kw")
    assert wind_turbine_curve_w(stalled, 15.0, 0.9 * PITCHED_DENSITY) == pytest.approx(90e3)


def test_reactive_power_keeps_to_the_apparent_power_and_needs_a_running_turbine() -> None:
    inp = weather(20.0)._replace(reactive_power_var=-2e6)
    running = wind_turbine_output(MM82, WindTurbineState(RUNNING, 0.0), inp)
    assert running.reactive_power_var == -MM82.reactive_power_max_var
    assert math.hypot(running.active_power_w, running.reactive_power_var) <= MM82.apparent_power_va
    assert wind_turbine_output(MM82, WindTurbineState(STORM, 0.0), inp).reactive_power_var == 0.0


@given(st.floats(0.0, 40.0))
def test_it_begins_as_if_it_had_long_been_in_that_wind(wind_m_per_s: float) -> None:
    state = wind_turbine_initial_state(MM82, wind_m_per_s)
    assert wind_turbine_step(MM82, state, weather(wind_m_per_s), 3600.0)[0] == state


def test_smoothing_keeps_straight_parts_and_rounds_the_knees() -> None:
    smooth = wind_turbine_smoothed(MM82, 0.15)
    at = [wind_turbine_curve_w(smooth, wind, PITCHED_DENSITY) for wind in (3.0, 14.0)]
    steady = [wind_turbine_curve_w(MM82, wind, PITCHED_DENSITY) for wind in (3.0, 14.0)]
    assert at[0] > steady[0]
    assert at[1] < steady[1]
    assert wind_turbine_smoothed(MM82, 0.0).power_curve_w == pytest.approx(MM82.power_curve_w)


RAMP = MM82._replace(
    rated_power_w=1e6,
    power_curve_w=tuple(100.0 * max(speed - 20, 0) for speed in range(81)),
    curve_end_m_per_s=40.0,
    cut_out_m_per_s=40.0,
)
"""Nothing up to 10 m/s, then 200 W for each m/s, told every 0.5 m/s."""
FLAT = RAMP._replace(power_curve_w=(10.0,) * 81, cut_out_m_per_s=20.0)


def test_a_smoothed_knee_is_that_of_the_normal_distribution() -> None:
    """At the foot of a ramp `E[max(z, 0)] = 1 / sqrt(2π)` of a spread; a spread away 0.0833 of it are left."""
    smooth = wind_turbine_smoothed(RAMP, 0.1).power_curve_w
    assert smooth[20] == pytest.approx(200.0 * 1.0 / math.sqrt(2.0 * math.pi), rel=2e-3)
    assert wind_turbine_smoothed(RAMP, 0.2).power_curve_w[20] == pytest.approx(2.0 * smooth[20], rel=2e-3)
    below = wind_turbine_smoothed(RAMP, 1.0 / 9.0).power_curve_w[18]
    assert below == pytest.approx(200.0 * 0.0833, rel=5e-3)
    assert smooth[40] == pytest.approx(2000.0, rel=1e-6)
    assert smooth[0] == 0.0


def test_beyond_the_cut_out_speed_smoothed_wind_gives_its_share_of_calm() -> None:
    smooth = wind_turbine_smoothed(FLAT, 0.05).power_curve_w
    assert smooth[0] == pytest.approx(10.0)
    assert smooth[34] == pytest.approx(10.0 * 0.9998, abs=0.003)  # 17 m/s: 3.5 spreads
    assert smooth[40] == pytest.approx(10.0 * (0.5 + 0.5 / 37.6), abs=0.01)  # the limit itself counts in
    assert smooth[42] == pytest.approx(10.0 * 0.1707, abs=0.14)  # 21 m/s: 0.952 spreads
    assert wind_turbine_smoothed(FLAT, 0.0).power_curve_w == pytest.approx(FLAT.power_curve_w)


@pytest.mark.parametrize(
    ("mode", "timer_s", "wind_m_per_s", "expected"),
    [
        (RUNNING, 0.0, MM82.stop_m_per_s, WindTurbineState(RUNNING, 0.0)),
        (RUNNING, 0.0, MM82.stop_m_per_s - 0.01, WindTurbineState(STOPPED, 0.0)),
        (STOPPED, 0.0, MM82.cut_in_m_per_s - 0.01, WindTurbineState(STOPPED, 0.0)),
        (STOPPED, 0.0, MM82.cut_in_m_per_s, WindTurbineState(STARTING, MM82.start_up_s - 1.0)),
        (STARTING, 50.0, MM82.stop_m_per_s, WindTurbineState(STARTING, 49.0)),
        (STARTING, 50.0, MM82.stop_m_per_s - 0.01, WindTurbineState(STOPPED, 0.0)),
        (STARTING, 1.0, 8.0, WindTurbineState(RUNNING, 0.0)),
        (STARTING, 50.0, 25.1, WindTurbineState(STORM, 0.0)),
        (RUNNING, 0.0, 25.0, WindTurbineState(RUNNING, 0.0)),
        (RUNNING, 0.0, 25.01, WindTurbineState(STORM, 0.0)),
        (STOPPED, 0.0, 25.01, WindTurbineState(STORM, 0.0)),
        (STORM, 0.0, 22.01, WindTurbineState(STORM, 0.0)),
        (STORM, 0.0, 22.0, WindTurbineState(STARTING, MM82.start_up_s - 1.0)),
        (STORM, 0.0, 1.0, WindTurbineState(STOPPED, 0.0)),
    ],
)
def test_each_threshold_of_the_wind_changes_the_mode_at_its_very_speed(
    mode: int, timer_s: float, wind_m_per_s: float, expected: WindTurbineState
) -> None:
    state, _ = wind_turbine_step(MM82, WindTurbineState(mode, timer_s), weather(wind_m_per_s), 1.0)
    assert state == expected


@pytest.mark.parametrize(
    ("wind_m_per_s", "mode"),
    [(25.01, STORM), (25.0, RUNNING), (MM82.cut_in_m_per_s, RUNNING), (MM82.cut_in_m_per_s - 0.01, STOPPED)],
)
def test_it_begins_in_the_mode_of_its_wind(wind_m_per_s: float, mode: int) -> None:
    assert wind_turbine_initial_state(MM82, wind_m_per_s) == WindTurbineState(mode, 0.0)


def test_a_step_in_which_it_starts_shows_means() -> None:
    inp = weather(10.0)._replace(reactive_power_var=400e3)
    running = wind_turbine_output(MM82, WindTurbineState(RUNNING, 0.0), inp)
    state, mean = wind_turbine_step(MM82, WindTurbineState(STARTING, 30.0), inp, 120.0)
    assert state == WindTurbineState(RUNNING, 0.0)
    expected = (
        0.25 * MM82.standby_power_w + 0.75 * running.active_power_w,
        0.75 * 400e3,
        0.75 * running.available_power_w,
    )
    assert mean == pytest.approx(expected, rel=1e-12)
    state, mean = wind_turbine_step(MM82, WindTurbineState(STARTING, 30.0), inp, 30.0)
    assert state == WindTurbineState(RUNNING, 0.0)
    assert mean == WindTurbineOutput(MM82.standby_power_w, 0.0, 0.0)
    assert wind_turbine_horizon_s(MM82, WindTurbineState(STARTING, 1e-5), inp) == 1e-3
    assert wind_turbine_horizon_s(MM82, state, inp) == math.inf


@pytest.mark.parametrize(
    ("active_w", "limit_var"),
    [(0.0, 500.0), (-600.0, 500.0), (-960.0, 280.0), (-1000.0, 0.0), (-1001.0, 0.0)],
)
def test_reactive_power_is_what_the_apparent_power_leaves_up_to_its_own_limit(
    active_w: float, limit_var: float
) -> None:
    params = MM82._replace(apparent_power_va=1000.0, reactive_power_max_var=500.0)
    assert wind_turbine_reactive_limit_var(params, active_w) == pytest.approx(limit_var)


def test_dense_air_gives_a_stalled_turbine_no_more_than_its_rating() -> None:
    stalled = wind_turbine_preset("northern-power-100kw")
    assert wind_turbine_curve_w(stalled, 15.0, 1.3 * PITCHED_DENSITY) == stalled.rated_power_w
    assert wind_turbine_curve_w(stalled, 15.0, -1.0) == 0.0


def test_where_it_stands_wind_and_pressure_are_those_at_the_hub() -> None:
    plant = WindPlantParams(MM82, 1.25, 0.99)
    inp = WindPlantInput(-1.9e6, 100e3, 8.0, 5.0, 1000.0, 0.5)
    at_hub = WindTurbineInput(-1.9e6, 100e3, 10.0, 5.0, 99_000.0, 0.5)
    for state in (WindTurbineState(RUNNING, 0.0), WindTurbineState(STARTING, 30.0)):
        assert wind_plant_output(plant, state, inp) == wind_turbine_output(MM82, state, at_hub)
        assert wind_plant_power_limits(plant, state, inp) == wind_turbine_power_limits(MM82, state, at_hub)
        assert wind_plant_horizon_s(plant, state, inp) == wind_turbine_horizon_s(MM82, state, at_hub)
        assert wind_plant_step(plant, state, inp, 60.0) == wind_turbine_step(MM82, state, at_hub, 60.0)
    backwards = wind_plant_output(plant, WindTurbineState(RUNNING, 0.0), inp._replace(wind_m_per_s=-8.0))
    assert backwards.active_power_w == MM82.standby_power_w


@pytest.mark.parametrize("name", wind_turbine_preset_names())
@given(st.floats(0.0, 24.9), st.floats(-20.0, 40.0), st.floats(80e3, 104e3))
def test_power_agrees_with_windpowerlib(name: str, wind: float, celsius: float, pressure_pa: float) -> None:
    params = wind_turbine_preset(name)
    density = air_density_kg_per_m3(celsius, pressure_pa, 0.0)
    speeds = np.linspace(0.0, params.curve_end_m_per_s, len(params.power_curve_w))
    if wind > params.curve_end_m_per_s:
        return
    curve_w = np.array(params.power_curve_w)
    ours = wind_turbine_curve_w(params, wind, density)
    if params.is_pitch_regulated:
        # The library varies the exponent between 1/3 and 2/3 over the wind speed; ours is the standard's.
        # Beyond the end of the curve it says zero, where ours goes by the wind itself: dense air ends no curve.
        equivalent = min(wind * (density / 1.225) ** (1.0 / 3.0), params.curve_end_m_per_s)
        theirs = power_curve(np.array([equivalent]), speeds, curve_w)[0]
    else:
        theirs = min(
            power_curve(np.array([wind]), speeds, curve_w)[0] * density / 1.225, params.rated_power_w
        )
    assert ours == pytest.approx(theirs, rel=1e-9, abs=1e-6)


def test_parameters_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(
        ParameterError, match=r"stop_m_per_s is 4 m/s; accepted: at most cut_in_m_per_s, 3.5 m/s"
    ):
        check_wind_turbine(MM82._replace(stop_m_per_s=4.0))


def test_an_unknown_preset_names_those_there_are() -> None:
    with pytest.raises(
        ValueError, match=r"accepted: senvion-mm82-2050kw, .* \(did you mean 'bergey-excel-10kw'\?\)"
    ):
        wind_turbine_preset("bergey-exel-10kw")


ICY = MM82._replace(iced_share=0.4, ice_build_s=3600.0, ice_melt_s=7200.0)
STILL = ICY._replace(iced_share=0.0)
WAITING = MM82._replace(restart_wait_s=600.0)


def in_air(celsius: float, humidity: float, wind_m_per_s: float = 10.0) -> WindTurbineInput:
    return weather(wind_m_per_s)._replace(ambient_c=celsius, relative_humidity=humidity)


FREEZING, THAWING, DRY = in_air(-3.0, 0.98), in_air(4.0, 0.98), in_air(-3.0, 0.5)


def test_after_a_storm_it_waits_until_the_wind_has_been_weak_for_long_enough() -> None:
    state = wind_turbine_initial_state(WAITING, 30.0)
    assert state == WindTurbineState(STORM, 600.0)
    state, _ = wind_turbine_step(WAITING, state, weather(24.0), 3600.0)
    assert wind_turbine_horizon_s(WAITING, state, weather(24.0)) == math.inf
    assert wind_turbine_horizon_s(WAITING, state, weather(20.0)) == 600.0
    state, _ = wind_turbine_step(WAITING, state, weather(20.0), 400.0)
    assert state == WindTurbineState(STORM, 200.0)
    state, _ = wind_turbine_step(WAITING, state, weather(23.0), 1.0)
    assert state == WindTurbineState(STORM, 600.0)
    state, output = wind_turbine_step(WAITING, state, weather(20.0), 600.0)
    assert (state.mode, output.active_power_w) == (STARTING, MM82.standby_power_w)
    state, mean = wind_turbine_step(WAITING, WindTurbineState(STORM, 100.0), weather(20.0), 440.0)
    assert state.mode == RUNNING
    assert mean.active_power_w == pytest.approx(0.5 * (MM82.standby_power_w - 2050e3))


@given(st.floats(0.0, 45.0), st.floats(4.0, 24.0))
def test_a_rotor_that_does_not_face_the_wind_sees_its_component_along_the_axis(
    yaw_deg: float, wind: float
) -> None:
    state, yawed = WindTurbineState(RUNNING, 0.0), MM82._replace(yaw_error_deg=yaw_deg)
    density = air_density_kg_per_m3(15.0, 101325.0, 0.0)
    expected = wind_turbine_curve_w(MM82, wind * math.cos(math.radians(yaw_deg)), density)
    assert wind_turbine_output(yawed, state, weather(wind)).active_power_w == pytest.approx(-expected)


def test_blades_are_iced_after_a_while_in_cold_moist_air_and_free_after_a_while_in_warm() -> None:
    state = WindTurbineState(RUNNING, 0.0)
    clean_w = wind_turbine_output(ICY, state, FREEZING).active_power_w
    assert wind_turbine_horizon_s(ICY, state, DRY) == math.inf
    assert wind_turbine_horizon_s(ICY, state, FREEZING) == 3600.0
    state, mean = wind_turbine_step(ICY, state, FREEZING, 7200.0)
    assert state == WindTurbineState(RUNNING, 0.0, 1.0, 1)
    assert mean.active_power_w == pytest.approx(0.7 * clean_w)
    assert wind_turbine_output(ICY, state, FREEZING).active_power_w == pytest.approx(0.4 * clean_w)
    assert wind_turbine_step(ICY, state, DRY, 86400.0)[0] == state
    state, _ = wind_turbine_step(ICY, state, THAWING, 3600.0)
    assert state == WindTurbineState(RUNNING, 0.0, 0.5, 1)
    state, _ = wind_turbine_step(ICY, state, THAWING, 3600.0)
    assert state == WindTurbineState(RUNNING, 0.0, 0.0, 0)


def test_ice_begins_at_its_very_temperature_and_humidity() -> None:
    state = WindTurbineState(RUNNING, 0.0)
    for celsius, humidity, grows in ((-0.01, 0.95, True), (0.0, 0.95, False), (-0.01, 0.949, False)):
        held_s = wind_turbine_horizon_s(ICY, state, in_air(celsius, humidity))
        assert (held_s == 3600.0) == grows
    iced = WindTurbineState(RUNNING, 0.0, 1.0, 1)
    assert wind_turbine_horizon_s(ICY, iced, in_air(0.5, 0.2)) == math.inf
    assert wind_turbine_horizon_s(ICY, iced, in_air(0.51, 0.2)) == 7200.0


def test_one_that_stands_still_while_iced_starts_anew_when_it_is_free() -> None:
    state, _ = wind_turbine_step(STILL, WindTurbineState(RUNNING, 0.0), FREEZING, 3600.0)
    assert state == WindTurbineState(STOPPED, 0.0, 1.0, 1)
    assert wind_turbine_power_limits(STILL, state, FREEZING) == (0.0, 0.0)
    assert wind_turbine_output(STILL, state, FREEZING).active_power_w == STILL.standby_power_w
    state, _ = wind_turbine_step(STILL, state, THAWING, 7200.0)
    assert state == WindTurbineState(STARTING, STILL.start_up_s, 0.0, 0)


def test_without_icing_no_ice_grows() -> None:
    state = WindTurbineState(RUNNING, 0.0)
    assert wind_turbine_step(MM82, state, FREEZING, 86400.0)[0] == state


def test_out_of_service_it_stands_and_starts_anew_afterwards() -> None:
    running, out = WindTurbineState(RUNNING, 0.0), weather(10.0)._replace(is_out=1.0)
    assert wind_turbine_power_limits(MM82, running, out) == (0.0, 0.0)
    state, output = wind_turbine_step(MM82, running, out, 10.0)
    assert (state, output.active_power_w) == (WindTurbineState(STOPPED, 0.0), MM82.standby_power_w)
    state, _ = wind_turbine_step(MM82, state, weather(10.0), 20.0)
    assert state == WindTurbineState(STARTING, MM82.start_up_s - 20.0)


@given(st.floats(0.0, 7.0), st.floats(0.9, 1.3))
def test_in_little_wind_windpowerlib_corrects_for_density_by_the_exponent_of_the_standard(
    wind: float, density: float
) -> None:
    """Beyond 7.5 m/s of the curve the library's exponent grows to 2/3, where ours stays that of the standard."""
    speeds = np.linspace(0.0, MM82.curve_end_m_per_s, len(MM82.power_curve_w))
    theirs = power_curve_density_correction(
        np.array([wind]), speeds, np.array(MM82.power_curve_w), np.array([density])
    )[0]
    assert wind_turbine_curve_w(MM82, wind, density) == pytest.approx(theirs, rel=1e-9, abs=1e-6)


@given(st.sampled_from(range(51)), st.floats(0.85, 1.3))
def test_with_an_exponent_of_two_thirds_in_strong_wind_it_is_windpowerlib_s_at_each_point_of_the_curve(
    point: int, density: float
) -> None:
    speeds = np.linspace(0.0, MM82.curve_end_m_per_s, len(MM82.power_curve_w))
    exponent = np.interp(speeds[point], [7.5, 12.5], [1.0 / 3.0, 2.0 / 3.0])
    wind = float(speeds[point] * (PITCHED_DENSITY / density) ** exponent)
    theirs = power_curve_density_correction(
        np.array([wind * (1.0 - 1e-12)]), speeds, np.array(MM82.power_curve_w), np.array([density])
    )[0]
    ours = wind_turbine_curve_w(MM82._replace(density_exponent=2.0 / 3.0), wind, density)
    assert ours == pytest.approx(theirs, rel=1e-6, abs=0.1)


def test_a_curve_that_falls_on_its_way_up_is_refused() -> None:
    curve = list(MM82.power_curve_w)
    curve[12] = 150e3
    with pytest.raises(
        ParameterError, match=r"power_curve_w\[12\] is 150000 W after 229000 W; accepted: a power"
    ):
        check_wind_turbine(MM82._replace(power_curve_w=tuple(curve)))


@pytest.mark.parametrize("wind_m_per_s", [14.0, 15.0, 20.0, 21.0])
def test_with_a_restart_speed_above_the_cut_out_speed_a_step_ends_and_agrees_with_short_ones(
    wind_m_per_s: float,
) -> None:
    odd = MM82._replace(cut_out_m_per_s=14.0, restart_m_per_s=20.0, restart_wait_s=0.0)
    inp, state = weather(wind_m_per_s), WindTurbineState(STORM, 0.0)
    whole, _ = wind_turbine_step(odd, state, inp, 300.0)
    for _ in range(3):
        state, _ = wind_turbine_step(odd, state, inp, 100.0)
    assert state == whole
    assert whole.mode == (RUNNING if wind_m_per_s <= 14.0 else STORM)
