"""Every battery preset obeys the physics it stands for; one suite, run on all of them."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doppelgrid.models.battery import (
    BatteryInput,
    BatteryParams,
    BatteryState,
    battery_initial_state,
    battery_power_limits,
    battery_step,
    battery_stored_energy_wh,
    battery_terminal,
    battery_usable_capacity_wh,
    scaled,
)
from doppelgrid.models.tables import table_mean
from doppelgrid.sim.presets import battery_preset, battery_preset_names

PRESETS = battery_preset_names()
SOC = st.floats(0.0, 1.0)
TEMPERATURE_C = st.floats(-20.0, 50.0)
PER_HOUR = st.floats(-4.0, 4.0)
"""Power over capacity [1/h]."""
STEP_S = st.floats(1e-3, 7200.0)


def rested(params: BatteryParams, soc: float, temperature_c: float = 20.0) -> BatteryState:
    return battery_initial_state(params, soc, temperature_c)


def without_losses(params: BatteryParams) -> BatteryParams:
    return params._replace(r0_ohm=(0.0, 0.0), r1_ohm=(0.0, 0.0), self_discharge_a=0.0)


def stored_change_j(params: BatteryParams, before: BatteryState, after: BatteryState) -> float:
    """Change of chemical and capacitor energy, in the form that loses no digits in small steps."""
    charge_c = (after.soc - before.soc) * params.charge_capacity_ah * 3600.0
    pair_j = 0.5 * params.c1_f * (after.rc_voltage_v - before.rc_voltage_v)
    return charge_c * table_mean(params.ocv_v, before.soc, after.soc) + pair_j * (
        after.rc_voltage_v + before.rc_voltage_v
    )


@pytest.mark.parametrize("name", PRESETS)
@given(
    soc=SOC, temperature_c=TEMPERATURE_C, steps=st.lists(st.tuples(PER_HOUR, STEP_S), min_size=1, max_size=4)
)
def test_terminal_energy_is_stored_or_lost(
    name: str, soc: float, temperature_c: float, steps: list[tuple[float, float]]
) -> None:
    params = battery_preset(name)
    state = rested(params, soc, temperature_c)
    for rate, dt_s in steps:
        after, output = battery_step(params, state, BatteryInput(rate * params.capacity_wh, 20.0), dt_s)
        throughput_j = (abs(output.power_w) + output.loss_w) * dt_s
        residual_j = output.power_w * dt_s - stored_change_j(params, state, after) - output.loss_w * dt_s
        # A state of charge near 1 cannot be told finer than 1e-16 of the capacity.
        assert abs(residual_j) <= 1e-9 * throughput_j + 1e-14 * params.capacity_wh * 3600.0
        assert output.loss_w >= 0.0
        state = after


@pytest.mark.parametrize("name", PRESETS)
@given(soc=SOC, temperature_c=TEMPERATURE_C, rate=PER_HOUR, dt_s=st.floats(0.0, 1e7))
def test_power_drawn_never_carries_the_soc_past_its_limits(
    name: str, soc: float, temperature_c: float, rate: float, dt_s: float
) -> None:
    params = battery_preset(name)._replace(self_discharge_a=0.0)
    after, _ = battery_step(
        params, rested(params, soc, temperature_c), BatteryInput(rate * params.capacity_wh, 20.0), dt_s
    )
    assert min(soc, params.soc_lower) <= after.soc <= max(soc, params.soc_upper)


@pytest.mark.parametrize("name", PRESETS)
@given(
    state=st.builds(BatteryState, SOC, st.floats(-30.0, 30.0), st.floats(-60.0, 100.0)),
    inp=st.builds(BatteryInput, st.floats(allow_nan=False), st.floats(-60.0, 100.0)),
    dt_s=st.floats(1e-6, 1e8),  # the engine counts in microseconds
)
def test_any_power_gives_finite_results_between_zero_and_what_was_asked(
    name: str, state: BatteryState, inp: BatteryInput, dt_s: float
) -> None:
    params = battery_preset(name)
    after, output = battery_step(params, state, inp, dt_s)
    assert all(map(math.isfinite, (*after, *output, *battery_terminal(params, state, inp.power_w))))
    assert 0.0 <= after.soc <= 1.0
    slack_w = 1e-3 * min(abs(inp.power_w), params.capacity_wh)  # where the step ends early at a limit of SoC
    slack_w += 1e-9
    assert min(inp.power_w, 0.0) - slack_w <= output.power_w <= max(inp.power_w, 0.0) + slack_w


@pytest.mark.parametrize("name", PRESETS)
@given(soc=st.floats(0.3, 0.7), rate=st.floats(-0.5, 0.5), dt_s=st.floats(0.1, 300.0))
def test_within_the_limits_the_wanted_power_is_drawn(name: str, soc: float, rate: float, dt_s: float) -> None:
    params = battery_preset(name)
    power_w = rate * params.capacity_wh
    _, output = battery_step(params, rested(params, soc), BatteryInput(power_w, 20.0), dt_s)
    assert output.power_w == pytest.approx(power_w, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("name", PRESETS)
@settings(max_examples=20)
@given(soc=st.floats(0.25, 0.75), rate=st.floats(-0.3, 0.3), steps=st.integers(2, 300))
def test_one_long_step_equals_many_short_ones(name: str, soc: float, rate: float, steps: int) -> None:
    params = battery_preset(name)
    inp = BatteryInput(rate * params.capacity_wh, 10.0)
    long, _ = battery_step(params, rested(params, soc), inp, 1800.0)
    short = rested(params, soc)
    for _ in range(steps):
        short, _ = battery_step(params, short, inp, 1800.0 / steps)
    assert long.soc == pytest.approx(short.soc, abs=1e-5)
    assert long.temperature_c == pytest.approx(short.temperature_c, abs=0.01)
    assert long.rc_voltage_v == pytest.approx(short.rc_voltage_v, abs=2e-4 * params.voltage_max_v)


@pytest.mark.parametrize("name", PRESETS)
@given(soc=SOC, rate=PER_HOUR)
def test_terminal_voltage_times_current_is_the_power(name: str, soc: float, rate: float) -> None:
    params = battery_preset(name)
    shown = battery_terminal(params, rested(params, soc), rate * params.capacity_wh)
    assert shown.voltage_v * shown.current_a == pytest.approx(shown.power_w, rel=1e-12)


@pytest.mark.parametrize("name", PRESETS)
def test_a_battery_without_resistance_returns_what_it_took(name: str) -> None:
    params = without_losses(battery_preset(name))
    start = rested(params, 0.5)
    charged, taken = battery_step(params, start, BatteryInput(0.2 * params.capacity_wh, 20.0), 3600.0)
    back, given_back = battery_step(params, charged, BatteryInput(-0.2 * params.capacity_wh, 20.0), 3600.0)
    assert taken.loss_w == 0.0
    assert given_back.loss_w == 0.0
    assert back.soc == pytest.approx(start.soc, abs=1e-12)


@pytest.mark.parametrize("name", PRESETS)
def test_losses_make_a_round_trip_return_less(name: str) -> None:
    params = battery_preset(name)._replace(self_discharge_a=0.0)
    start = rested(params, 0.5)
    charged, _ = battery_step(params, start, BatteryInput(0.3 * params.capacity_wh, 20.0), 3600.0)
    back, _ = battery_step(params, charged, BatteryInput(-0.3 * params.capacity_wh, 20.0), 3600.0)
    assert 0.4 < back.soc < 0.5


@pytest.mark.parametrize("name", PRESETS)
def test_rc_pair_follows_the_closed_form_under_constant_current(name: str) -> None:
    flat = (700.0, 700.0)
    params = battery_preset(name)._replace(
        ocv_v=flat,
        r0_ohm=(0.0, 0.0),
        r1_ohm=(0.02, 0.02),
        c1_f=2000.0,
        activated_share=0.0,
        self_discharge_a=0.0,
    )
    state = BatteryState(0.5, 3.0, 20.0)
    for _ in range(5):
        state, _ = battery_step(params, state, BatteryInput(0.0, 20.0), 20.0)
    assert state.rc_voltage_v == pytest.approx(3.0 * math.exp(-100.0 / 40.0), rel=1e-12)


@pytest.mark.parametrize("name", PRESETS)
def test_an_idle_battery_cools_to_ambient_exponentially(name: str) -> None:
    params = battery_preset(name)._replace(self_discharge_a=0.0)
    time_constant_s = params.heat_capacity_j_per_k / params.heat_loss_w_per_k
    after, _ = battery_step(params, rested(params, 0.5, 40.0), BatteryInput(0.0, 10.0), time_constant_s)
    assert after.temperature_c == pytest.approx(10.0 + 30.0 * math.exp(-1.0), rel=1e-12)


@pytest.mark.parametrize("name", PRESETS)
def test_a_month_of_rest_leaks_the_stated_share_of_charge(name: str) -> None:
    params = battery_preset(name)
    after, output = battery_step(params, rested(params, 0.5), BatteryInput(0.0, 20.0), 30 * 86400.0)
    assert after.soc == pytest.approx(0.48, abs=1e-9)
    assert output.power_w == 0.0


@pytest.mark.parametrize("name", PRESETS)
def test_a_full_battery_holds_its_nominal_capacity(name: str) -> None:
    params = battery_preset(name)
    assert battery_stored_energy_wh(params, rested(params, 1.0)) == pytest.approx(params.capacity_wh)
    assert battery_usable_capacity_wh(params) < params.capacity_wh or params.soc_lower == 0.0


@pytest.mark.parametrize("name", PRESETS)
@given(factor=st.floats(0.01, 100.0), soc=st.floats(0.0, 1.0), rate=st.floats(-1.0, 1.0))
def test_a_scaled_battery_behaves_like_so_many_in_parallel(
    name: str, factor: float, soc: float, rate: float
) -> None:
    params = battery_preset(name)
    power_w = rate * params.capacity_wh
    big = scaled(params, factor * params.capacity_wh)
    one, shown = battery_step(params, rested(params, soc), BatteryInput(power_w, 5.0), 60.0)
    many, shown_big = battery_step(big, rested(big, soc), BatteryInput(power_w * factor, 5.0), 60.0)
    assert many == pytest.approx(one, rel=1e-9, abs=1e-12)
    assert shown_big.voltage_v == pytest.approx(shown.voltage_v, rel=1e-9)
    assert shown_big.power_w == pytest.approx(shown.power_w * factor, rel=1e-9, abs=1e-9 * params.capacity_wh)
    assert battery_power_limits(big, many) == pytest.approx(
        [limit * factor for limit in battery_power_limits(params, one)],
        rel=1e-6,
        abs=1e-6 * params.capacity_wh,
    )


def test_cold_raises_the_voltage_that_charging_needs() -> None:
    params = battery_preset("lfp-92kwh")
    cold = battery_terminal(params, rested(params, 0.5, -10.0), 20_000.0)
    warm = battery_terminal(params, rested(params, 0.5, 30.0), 20_000.0)
    assert cold.voltage_v > warm.voltage_v


def test_a_step_of_no_length_changes_nothing() -> None:
    params = battery_preset("lfp-92kwh")
    state = rested(params, 0.5)
    assert battery_step(params, state, BatteryInput(10_000.0, 20.0), 0.0)[0] == state
