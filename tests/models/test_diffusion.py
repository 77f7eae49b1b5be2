"""The lag of solid diffusion: two stores that exchange charge, against integrals and searches of their own."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

from doppelgrid.models.battery import (
    BatteryInput,
    BatteryState,
    battery_initial_state,
    battery_lag,
    battery_stored_energy_wh,
)
from doppelgrid.models.battery_horizon import battery_horizon_s
from doppelgrid.models.battery_limits import battery_power_limits
from doppelgrid.models.battery_step import battery_step, battery_terminal
from doppelgrid.models.diffusion import (
    Lag,
    bulk_soc,
    current_to_voltage,
    lag_of,
    levelling_w,
    stored_by_lead_v,
)
from doppelgrid.models.tables import table_mean_beyond, table_value, table_value_beyond
from doppelgrid.sim.components.battery import battery_preset

OCV = (2.8, 3.3, 3.5, 3.6, 4.2)
LEADING = battery_preset("lfp-92kwh")._replace(
    ocv_v=tuple(224.0 * volt for volt in OCV), charge_capacity_ah=100.0, voltage_min_v=224.0 * 2.7,
    voltage_max_v=224.0 * 4.3, self_discharge_a=0.0, soc_lower=0.0, soc_upper=1.0, soc_derating_width=0.0,
    charge_current_max_a=200.0, discharge_current_max_a=300.0, charge_power_max_w=1e6, discharge_power_max_w=1e6,
    diffusion_gain_h=0.05, diffusion_time_constant_s=300.0, diffusion_activation_k=3000.0,
    ocv_slope_v_per_k=(0.0, 0.0), hysteresis_f=0.0,
)  # fmt: skip
LEAD = st.floats(-0.4, 0.4)
SOC = st.floats(0.0, 1.0)
SHARE = st.floats(0.05, 0.95)


def integral_v(table: tuple[float, ...], start: float, end: float) -> float:
    knots = [knot / (len(table) - 1) for knot in range(len(table))]
    inside = [knot for knot in knots if min(start, end) < knot < max(start, end)]
    return float(quad(lambda x: table_value_beyond(table, x), start, end, points=inside or None)[0])


@given(st.floats(-0.5, 1.5))
def test_inside_a_table_its_value_is_as_before_and_beyond_the_last_segments_go_on(x: float) -> None:
    if 0.0 <= x <= 1.0:
        assert table_value_beyond(OCV, x) == table_value(OCV, x)
    elif x < 0.0:
        assert table_value_beyond(OCV, x) == pytest.approx(2.8 + 2.0 * x)
    else:
        assert table_value_beyond(OCV, x) == pytest.approx(4.2 + 2.4 * (x - 1.0))


@given(st.floats(-0.5, 1.5), st.floats(-0.5, 1.5))
def test_the_mean_of_a_table_is_its_integral_also_beyond(start: float, end: float) -> None:
    if abs(end - start) < 1e-3:
        end = start + 1e-3
    expected = integral_v(OCV, start, end) / (end - start)
    assert table_mean_beyond(OCV, start, end) == pytest.approx(expected, rel=1e-6)


@given(SOC, LEAD, SHARE)
def test_what_a_lead_stores_is_what_the_two_stores_hold_beyond_the_mean(
    soc: float, lead: float, share: float
) -> None:
    bulk = soc - lead * share / (1.0 - share)
    assert bulk_soc(soc, lead, share) == pytest.approx(bulk)
    assert share * (soc + lead) + (1.0 - share) * bulk == pytest.approx(soc)
    expected = share * integral_v(OCV, soc, soc + lead) + (1.0 - share) * integral_v(OCV, soc, bulk)
    stored = stored_by_lead_v(OCV, soc, lead, share)
    assert stored == pytest.approx(expected, abs=1e-6)
    assert stored >= 0.0


@given(SOC, LEAD, SHARE)
def test_levelling_out_heats_by_the_fall_of_the_voltage(soc: float, lead: float, share: float) -> None:
    lag = Lag(300.0, 1e-3, share)
    heat_w = levelling_w(OCV, soc, lead, lag, 3600.0)
    fall_v = table_value_beyond(OCV, soc + lead) - table_value_beyond(OCV, bulk_soc(soc, lead, share))
    assert heat_w == pytest.approx(share * 3600.0 * lead / 300.0 * fall_v)
    assert heat_w >= 0.0


def test_gain_and_time_constant_grow_in_the_cold_alike() -> None:
    warm, cold = lag_of(180.0, 300.0, 1.0, 3600.0), lag_of(180.0, 300.0, 2.5, 3600.0)
    assert warm == pytest.approx((300.0, 0.05, 0.625))
    assert cold == pytest.approx((750.0, 0.125, 0.625))
    colder = math.exp(3000.0 * (1.0 / 273.15 - 1.0 / 298.15))
    assert battery_lag(LEADING, BatteryState(0.5, 0.0, 0.0, 0.0, 0.8)) == pytest.approx(
        (300.0 * colder, 0.05 * 3600.0 * colder / (100.0 * 3600.0 * 0.8), 300.0 / 480.0)
    )


@given(
    soc=SOC,
    lead=st.floats(-0.2, 0.2),
    per_amp=st.floats(1e-3, 0.1),
    resistance_ohm=st.floats(0.0, 0.2),
    sign=st.sampled_from([1.0, -1.0]),
)
def test_the_greatest_current_to_a_voltage_is_what_a_search_finds(
    soc: float, lead: float, per_amp: float, resistance_ohm: float, sign: float
) -> None:
    limit_v = 4.3 if sign > 0.0 else 2.7

    def room_v(current_a: float) -> float:
        at = soc + sign * max(sign * lead, per_amp * current_a)
        return sign * (limit_v - table_value_beyond(OCV, at)) - resistance_ohm * current_a

    low, high = 0.0, 8.0
    if room_v(high) >= 0.0:
        low = high
    elif room_v(0.0) < 0.0:
        high = low
    for _ in range(60):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if room_v(middle) >= 0.0 else (low, middle)
    found = current_to_voltage(OCV, soc, lead, per_amp, resistance_ohm, limit_v, 8.0, sign)
    assert found == pytest.approx(low, abs=1e-6) or room_v(found) == pytest.approx(0.0, abs=1e-9)


def test_a_lead_fades_with_its_time_constant_at_rest() -> None:
    flat = LEADING._replace(heat_capacity_j_per_k=1e15)
    state = battery_initial_state(flat, 0.5, 25.0)._replace(surface_lead=0.06)
    after, output = battery_step(flat, state, BatteryInput(0.0, 25.0), 450.0)
    assert after.surface_lead == pytest.approx(0.06 * math.exp(-1.5), rel=1e-9)
    assert after.soc == state.soc
    lost_wh = battery_stored_energy_wh(flat, state) - battery_stored_energy_wh(flat, after)
    assert output.loss_w * 450.0 / 3600.0 == pytest.approx(lost_wh, rel=1e-6)


def test_a_steady_current_holds_the_lead_of_its_rate() -> None:
    wide = LEADING._replace(ocv_v=(700.0, 701.0), heat_capacity_j_per_k=1e15)
    state = battery_initial_state(wide, 0.9, 25.0)
    for _ in range(40):
        state, output = battery_step(wide, state, BatteryInput(-70_000.0, 25.0), 60.0)
    # 1C holds 5 %, and what it holds follows the current a little later.
    assert state.surface_lead == pytest.approx(0.05 * output.current_a / 100.0, rel=1e-3)


def test_a_high_rate_leaves_charge_behind() -> None:
    left = []
    for rate in (0.1, 1.0, 3.0):
        state = battery_initial_state(LEADING, 1.0, 25.0)
        while True:
            power_w = -rate * 70_000.0
            lower_w, _ = battery_power_limits(LEADING, state)
            if lower_w > power_w:
                break
            state, _ = battery_step(LEADING, state, BatteryInput(power_w, 25.0), 10.0)
        left.append(state.soc)
        assert battery_terminal(LEADING, state, power_w).voltage_v >= LEADING.voltage_min_v
    assert left[0] < 0.02
    assert left[0] + 0.02 < left[1] < left[2] - 0.05


def test_limits_count_with_the_lead_that_is_there_where_it_is_farther_than_a_current_holds() -> None:
    low = BatteryState(0.1, 0.0, 0.0, 25.0)
    rested, worn = (battery_power_limits(LEADING, low._replace(surface_lead=lead)) for lead in (0.0, -0.12))
    assert rested[0] < worn[0] < 0.0


def test_a_horizon_ends_before_the_lead_has_moved_by_a_percent() -> None:
    steady = LEADING._replace(heat_capacity_j_per_k=1e15)
    state = battery_initial_state(steady, 0.5, 25.0)._replace(surface_lead=0.08)
    horizon_s = battery_horizon_s(steady, state, 0.0, 25.0)
    after, _ = battery_step(steady, state, BatteryInput(0.0, 25.0), horizon_s)
    assert after.surface_lead == pytest.approx(0.07, abs=1e-9)


def test_without_gain_a_lead_means_nothing() -> None:
    plain = LEADING._replace(diffusion_gain_h=0.0)
    rested = battery_initial_state(plain, 0.5, 25.0)
    leading = rested._replace(surface_lead=0.1)
    for state in (rested, leading):
        assert battery_terminal(plain, state, 5e4) == battery_terminal(plain, rested, 5e4)
        assert battery_stored_energy_wh(plain, state) == battery_stored_energy_wh(plain, rested)
        assert battery_power_limits(plain, state) == battery_power_limits(plain, rested)
        assert (
            battery_step(plain, state, BatteryInput(5e4, 25.0), 60.0)[1]
            == (battery_step(plain, rested, BatteryInput(5e4, 25.0), 60.0)[1])
        )
