"""Small laws that the models share, at their edges and against their definitions."""

from __future__ import annotations

import math

import pytest
from scipy.integrate import quad
from scipy.optimize import minimize_scalar

from doppelgrid.models.ac import phase_shares
from doppelgrid.models.air import air_density_kg_per_m3, dew_point_c, pressure_at_altitude_pa
from doppelgrid.models.circuit import (
    Decay,
    ThermalBody,
    current_at_power,
    decay_over,
    rc_heat_j,
    temperature_after,
)
from doppelgrid.models.frequency import (
    FrequencyInput,
    FrequencyParams,
    FrequencyState,
    FrequencyTransition,
    frequency_next,
    frequency_output,
    frequency_transition,
    jump_gain,
)
from doppelgrid.models.load import (
    LoadInput,
    LoadParams,
    load_output,
    load_reactive_power_var,
    load_voltage_factor,
)
from doppelgrid.models.sensor import IDEAL_SENSOR, SensorParams, SensorState, sensor_reading
from doppelgrid.models.tables import scaled_table, table_mean, table_value
from doppelgrid.models.thermal import mean_temperature_c, time_to_temperature_s
from doppelgrid.models.throughput import ThroughputParams, throughput_loss_w, throughput_reactive_var

TABLE = (1.0, 3.0, 2.0, 6.0)


def test_a_table_is_linear_between_its_entries_and_flat_outside() -> None:
    for x, value in (
        (-1.0, 1.0),
        (0.0, 1.0),
        (1 / 6, 2.0),
        (1 / 3, 3.0),
        (0.5, 2.5),
        (2 / 3, 2.0),
        (5 / 6, 4.0),
        (1.0, 6.0),
        (2.0, 6.0),
    ):
        assert table_value(TABLE, x) == pytest.approx(value)
        assert table_mean(TABLE, min(max(x, 0.0), 1.0), min(max(x, 0.0), 1.0)) == pytest.approx(value)


def test_the_mean_of_a_table_is_its_integral_in_any_order() -> None:
    for start, end in (
        (0.0, 1.0),
        (0.1, 0.2),
        (0.2, 0.4),
        (0.0, 1 / 3),
        (1 / 3, 1.0),
        (0.1, 0.9),
        (0.7, 1.0),
        (0.5, 0.6),
    ):
        knots = [knot / 3 for knot in (1, 2) if start < knot / 3 < end]
        whole, _ = quad(lambda x: table_value(TABLE, x), start, end, points=knots or None, epsabs=1e-12)
        assert table_mean(TABLE, start, end) == pytest.approx(whole / (end - start), rel=1e-9)
        assert table_mean(TABLE, end, start) == table_mean(TABLE, start, end)
        assert scaled_table(TABLE, 0.5) == (0.5, 1.5, 1.0, 3.0)


def test_a_source_of_100_v_behind_half_an_ohm_keeps_to_10_a() -> None:
    for power_w, current_a in (
        (0.0, 0.0),
        (1050.0, 10.0),
        (1050.1, 10.0),
        (1e9, 10.0),
        (math.inf, 10.0),
        (-949.9, -9.999),
        (-950.0, -10.0),
        (-1e9, -10.0),
        (102.0, 1.0 + 1.5 / 101.0),
    ):
        found_a = current_at_power(power_w, 100.0, 0.5, 10.0, 10.0)
        if abs(found_a) < 10.0:
            assert found_a * (100.0 + 0.5 * found_a) == pytest.approx(power_w)
        else:
            assert found_a == current_a


def test_beyond_the_most_that_a_source_can_give_it_gives_that() -> None:
    """100 V behind 0.5 Ω give 5 kW at 100 A; behind none, whatever is asked."""
    assert current_at_power(-4999.0, 100.0, 0.5, 500.0, 500.0) == pytest.approx(
        -100.0 + math.sqrt(2.0), rel=1e-6
    )
    assert current_at_power(-5001.0, 100.0, 0.5, 500.0, 500.0) == -100.0
    assert current_at_power(-4951.0, 100.0, 0.5, 500.0, 90.0) == -90.0
    assert current_at_power(-4940.0, 100.0, 0.5, 500.0, 100.0) == pytest.approx(
        -100.0 + math.sqrt(120.0), rel=1e-6
    )
    assert current_at_power(-4000.0, 100.0, 0.0, 500.0, 500.0) == -40.0


def test_a_decay_has_its_end_and_its_mean() -> None:
    for dt_s, tau_s in (
        (30.0, 60.0),
        (60.0, 60.0),
        (1e-6, 60.0),
        (600.0, 60.0),
    ):
        mean, _ = quad(lambda t, tau_s=tau_s: math.exp(-t / tau_s), 0.0, dt_s, epsabs=1e-15)
        assert decay_over(dt_s, tau_s) == pytest.approx(Decay(math.exp(-dt_s / tau_s), mean / dt_s), rel=1e-9)
        assert decay_over(0.0, tau_s) == decay_over(-1.0, tau_s) == Decay(1.0, 1.0)
        assert decay_over(dt_s, 0.0) == Decay(0.0, 0.0)


def test_the_heat_of_a_pair_is_the_integral_of_its_square() -> None:
    for voltage_v, current_a in (
        (3.0, -20.0),
        (0.0, 20.0),
        (2.0, 0.0),
        (-1.0, -20.0),
    ):

        def heat_w(t: float, voltage_v: float = voltage_v, current_a: float = current_a) -> float:
            settled_v = 0.05 * current_a
            return float((settled_v + (voltage_v - settled_v) * math.exp(-t / 30.0)) ** 2 / 0.05)

        heat_j, _ = quad(heat_w, 0.0, 45.0)
        assert rc_heat_j(voltage_v, current_a, 0.05, 45.0, decay_over(45.0, 30.0)) == pytest.approx(heat_j)
        assert rc_heat_j(voltage_v, current_a, 0.0, 45.0, decay_over(45.0, 0.0)) == 0.0


BODY = ThermalBody(2010.0, 5.0)
"""Its time constant is 402 s."""


def test_a_warm_body_goes_to_its_rest_by_the_exponential() -> None:
    left = math.exp(-100.0 / 402.0)
    assert temperature_after(BODY, 60.0, 50.0, 20.0, 100.0) == pytest.approx(30.0 + 30.0 * left)
    assert mean_temperature_c(BODY, 60.0, 50.0, 20.0, 100.0) == pytest.approx(
        30.0 + 30.0 * 4.02 * (1.0 - left)
    )
    assert temperature_after(ThermalBody(2010.0, 0.0), 60.0, 50.0, 20.0, 100.0) == pytest.approx(
        60.0 + 5e3 / 2010.0
    )


def test_the_time_to_a_temperature_is_the_logarithm_of_the_way() -> None:
    for celsius, target_c, expected_s in (
        (60.0, 40.0, 402.0 * math.log(3.0)),
        (10.0, 20.0, 402.0 * math.log(2.0)),
        (60.0, 70.0, math.inf),
        (10.0, 5.0, math.inf),
        (60.0, 30.0, math.inf),
        (60.0, 25.0, math.inf),
        (60.0, 60.0, math.inf),
        (30.0, 40.0, math.inf),
    ):
        assert time_to_temperature_s(BODY, celsius, 50.0, 20.0, target_c) == pytest.approx(expected_s)


def test_equipment_takes_a_fixed_a_linear_and_a_square_part() -> None:
    params = ThroughputParams(1000.0, 10.0, 40.0, 0.02, 30.0, 80.0, 0.0)
    for active_w, reactive_var in ((300.0, -400.0), (-300.0, 400.0)):
        assert throughput_loss_w(params, active_w, reactive_var) == pytest.approx(
            10.0 + 0.02 * 500.0 + 40.0 * 0.25
        )
        assert throughput_reactive_var(params, active_w, reactive_var) == pytest.approx(30.0 + 80.0 * 0.25)
    assert throughput_loss_w(params, 0.0, 0.0) == 10.0


SENSOR = SensorParams(0.0, 1.1, -0.3, 0.5, 0.2, -5.0, 5.0)


def test_a_reading_has_gain_offset_noise_steps_and_ends() -> None:
    for element, noise, reading in (
        (1.0, 0.0, 0.8),
        (1.0, 1.0, 1.4),
        (2.0, -2.0, 1.0),
        (9.0, 0.0, 5.0),
        (-9.0, 0.0, -5.0),
        (-1.0, 0.0, -1.4),
    ):
        assert sensor_reading(SENSOR, SensorState(element), noise) == pytest.approx(reading)
        assert sensor_reading(IDEAL_SENSOR, SensorState(element), noise) == element


MIX = LoadParams(0.8, 0.5, 0.2, 1.5, -0.5, 0.6)


def test_a_load_is_its_polynomial_down_to_its_floor_and_an_impedance_below() -> None:
    for voltage_pu, active, reactive in (
        (1.0, 1.0, 1.0),
        (0.9, 0.5 * 0.81 + 0.2 * 0.9 + 0.3, 1.5 * 0.81 - 0.5 * 0.9),
        (0.6, 0.5 * 0.36 + 0.2 * 0.6 + 0.3, 1.5 * 0.36 - 0.5 * 0.6),
        (0.3, 0.25 * 0.6, 0.25 * 0.24),
        (0.0, 0.0, 0.0),
        (-0.1, 0.0, 0.0),
        (1.1, 0.5 * 1.21 + 0.2 * 1.1 + 0.3, 1.5 * 1.21 - 0.5 * 1.1),
    ):
        output = load_output(MIX, LoadInput(-400.0, 0.1, voltage_pu))
        assert output == pytest.approx((-440.0 * active, 330.0 * reactive))
        assert load_voltage_factor(0.5, 0.2, 0.6, voltage_pu) == pytest.approx(active)


def test_reactive_power_follows_the_magnitude_of_the_active() -> None:
    assert load_reactive_power_var(-400.0, 0.8) == pytest.approx(300.0)
    assert load_reactive_power_var(400.0, 1.0) == 0.0


def test_a_total_falls_evenly_on_the_phases_in_use() -> None:
    for phases, shares in (
        ((1,), (1.0, 0.0, 0.0)),
        ((2,), (0.0, 1.0, 0.0)),
        ((3,), (0.0, 0.0, 1.0)),
        ((3, 1), (0.5, 0.0, 0.5)),
        ((2, 3), (0.0, 0.5, 0.5)),
        ((1, 2, 3), (1 / 3, 1 / 3, 1 / 3)),
    ):
        assert phase_shares(phases) == shares


def test_the_density_of_moist_air_is_that_of_its_two_gases() -> None:
    """IEC 61400-12-1, written as the sum of the densities of dry air and vapour at their own pressures."""
    for celsius, pascal, humidity in (
        (20.0, 101_325.0, 0.5),
        (35.0, 95e3, 1.0),
        (-10.0, 99e3, 0.8),
    ):
        kelvin = celsius + 273.15
        vapour_pa = humidity * 2.05e-5 * math.exp(0.063_184_6 * kelvin)
        density = (pascal - vapour_pa) / (287.05 * kelvin) + vapour_pa / (461.5 * kelvin)
        assert air_density_kg_per_m3(celsius, pascal, humidity) == pytest.approx(density, rel=1e-12)


def test_air_as_dry_as_can_be_told_has_a_dew_point() -> None:
    assert dew_point_c(20.0, 0.0) == dew_point_c(20.0, 1e-3) < dew_point_c(20.0, 2e-3)
    assert dew_point_c(20.0, 0.5) == pytest.approx(9.255, abs=1e-3)
    assert pressure_at_altitude_pa(11_000.0) == pytest.approx(22_632.0, rel=1e-4)
    assert pressure_at_altitude_pa(3000.0) == pytest.approx(70_109.0, rel=1e-4)


AREA = FrequencyParams(50.0, 0.02, 300.0, 0.01, 90.0, 20.0, 100.0, 10.0)


def test_the_frequency_is_the_sum_of_its_parts_two_of_them_taken_away() -> None:
    state = FrequencyState(0.1, 0.03, 0.01, 0.4, 0.25)
    assert frequency_output(AREA, state).frequency_hz == pytest.approx(50.0 + 0.1 + 0.02 + 0.15)


def test_a_step_leaves_a_part_of_each_and_adds_noise_and_jumps() -> None:
    move = FrequencyTransition(0.9, 0.8, 0.7, 0.6, 0.5, 0.01, 0.02, 0.03, 0.04, 2.0)
    after = frequency_next(
        move, FrequencyState(1.0, 2.0, 3.0, 4.0, 5.0), FrequencyInput(10.0, 20.0, 30.0, 0.5)
    )
    assert after == pytest.approx((0.9 + 0.1, 1.6 + 0.4, 2.1 + 0.6 + 1.2, 0.6 * 5.0, 0.5 * 6.0))


def test_what_a_step_leaves_and_adds_is_that_of_ornstein_and_uhlenbeck() -> None:
    """Variances by quadrature of `g² exp(-…)`, with `g` such that the difference has its deviation in the long run."""
    move = frequency_transition(AREA, 30.0)
    left = [math.exp(-30.0 / tau) for tau in (300.0, 90.0, 20.0, 100.0, 10.0)]
    assert move[:5] == pytest.approx(left)
    long = quad(lambda t: (math.exp(-t / 90.0) - math.exp(-t / 20.0)) ** 2, 0.0, 5000.0, limit=500)[0]
    square = 0.01**2 / long
    assert move.slow_noise_hz**2 == pytest.approx(0.02**2 * (1.0 - left[0] ** 2))
    quick = quad(lambda t: math.exp(-2.0 * t / 90.0), 0.0, 30.0)[0]
    smooth = quad(lambda t: math.exp(-2.0 * t / 20.0), 0.0, 30.0)[0]
    both = quad(lambda t: math.exp(-t / 90.0 - t / 20.0), 0.0, 30.0)[0]
    assert move.quick_noise_hz**2 == pytest.approx(square * quick, rel=1e-6)
    assert move.quick_noise_hz * move.common_noise_hz == pytest.approx(square * both, rel=1e-6)
    assert move.common_noise_hz**2 + move.smoothing_noise_hz**2 == pytest.approx(square * smooth, rel=1e-6)
    still = frequency_transition(AREA, 0.0)
    assert still[:9] == (1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0)


def test_a_jump_of_one_peaks_at_one() -> None:
    for fall_s, rise_s in ((100.0, 10.0), (600.0, 200.0), (50.0, 49.0)):

        def without(t: float, fall_s: float = fall_s, rise_s: float = rise_s) -> float:
            return math.exp(-t / rise_s) - math.exp(-t / fall_s)

        found = minimize_scalar(
            without, bounds=(0.0, 10.0 * fall_s), method="bounded", options={"xatol": 1e-6}
        )
        params = AREA._replace(jump_fall_s=fall_s, jump_rise_s=rise_s)
        assert jump_gain(params) * -found.fun == pytest.approx(1.0, rel=1e-9)
