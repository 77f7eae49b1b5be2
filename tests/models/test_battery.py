"""Every battery preset obeys the physics it stands for; one suite, run on all of them."""

from __future__ import annotations

import math

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from model_cases.battery import stored_growth_j
from support.of_each_preset import of_each_preset

from doppelgrid.models.battery import (
    BatteryInput,
    BatteryParams,
    BatteryState,
    battery_initial_state,
    battery_stored_energy_wh,
    scaled,
)
from doppelgrid.models.battery_limits import battery_power_limits
from doppelgrid.models.battery_step import battery_step, battery_terminal
from doppelgrid.models.tables import table_value
from doppelgrid.sim.components.battery import battery_preset, battery_preset_names

pytestmark = pytest.mark.lengthy

PRESETS = battery_preset_names()
SOC = st.floats(0.0, 1.0)
TEMPERATURE_C = st.floats(-20.0, 50.0)
PER_HOUR = st.floats(-4.0, 4.0)
"""Power over capacity [1/h]."""
STEP_S = st.floats(1e-3, 7200.0)


def rested(params: BatteryParams, soc: float, temperature_c: float = 20.0) -> BatteryState:
    return battery_initial_state(params, soc, temperature_c)


def without_losses(params: BatteryParams) -> BatteryParams:
    return params._replace(
        r0_ohm=(0.0, 0.0), r1_ohm=(0.0, 0.0), r2_ohm=(0.0, 0.0), self_discharge_a=0.0, diffusion_gain_h=0.0,
        charging_ohm=(0.0, 0.0), charge_acceptance=(1.0, 1.0), hysteresis_f=0.0,
    )  # fmt: skip


@pytest.mark.parametrize("name", PRESETS)
@of_each_preset
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
        residual_j = output.power_w * dt_s - stored_growth_j(params, state, after) - output.loss_w * dt_s
        # A state of charge near 1 cannot be told finer than 1e-16 of the capacity.
        assert abs(residual_j) <= 1e-9 * throughput_j + 1e-14 * params.capacity_wh * 3600.0
        assert output.loss_w >= 0.0
        state = after


@pytest.mark.parametrize("name", PRESETS)
@of_each_preset
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
@of_each_preset
@given(
    soc=SOC,
    pairs=st.tuples(st.floats(-0.05, 0.05), st.floats(-0.05, 0.05)),
    temperature_c=st.floats(-60.0, 100.0),
    age=st.tuples(st.floats(0.3, 1.0), st.floats(0.5, 10.0)),
    lead=st.floats(-0.3, 0.3),
    side=st.floats(-1.5, 1.5),
    inp=st.builds(
        BatteryInput,
        st.floats(allow_nan=False),
        st.floats(-60.0, 100.0),
        st.just(0.0),
        st.just(0.0),
        st.floats(1.0, 2.0),
    ),
    dt_s=st.floats(1e-6, 1e8),  # the engine counts in microseconds
)
def test_any_power_gives_finite_results_between_zero_and_what_was_asked(
    name: str,
    soc: float,
    pairs: tuple[float, float],
    temperature_c: float,
    age: tuple[float, float],
    lead: float,
    side: float,
    inp: BatteryInput,
    dt_s: float,
) -> None:
    params = battery_preset(name)
    quick_v, slow_v = (share * params.voltage_max_v for share in pairs)
    state = BatteryState(
        soc, quick_v, slow_v, temperature_c, *age, lead if params.diffusion_gain_h > 0.0 else 0.0,
        side * max(params.hysteresis_v),
    )  # fmt: skip
    after, output = battery_step(params, state, inp, dt_s)
    assert all(map(math.isfinite, (*after, *output, *battery_terminal(params, state, inp.power_w))))
    assert 0.0 <= after.soc <= 1.0
    slack_w = 1e-5 * min(abs(inp.power_w), params.capacity_wh)  # where the step ends early at a limit of SoC
    slack_w += 1e-9
    assert min(inp.power_w, 0.0) - slack_w <= output.power_w <= max(inp.power_w, 0.0) + slack_w


@pytest.mark.parametrize("name", PRESETS)
@of_each_preset
@given(soc=st.floats(0.3, 0.7), rate=st.floats(-0.5, 0.5), dt_s=st.floats(0.1, 300.0))
def test_within_the_limits_the_wanted_power_is_drawn(name: str, soc: float, rate: float, dt_s: float) -> None:
    params = battery_preset(name)
    power_w = rate * min(params.capacity_wh, params.charge_power_max_w, params.discharge_power_max_w)
    _, output = battery_step(params, rested(params, soc), BatteryInput(power_w, 20.0), dt_s)
    assert output.power_w == pytest.approx(power_w, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("name", PRESETS)
@settings(max_examples=20)
@given(soc=st.floats(0.25, 0.75), rate=st.floats(-0.3, 0.3), steps=st.integers(2, 300))
@example(soc=0.25, rate=-0.3, steps=62).via("ends at rest, both RC pairs far from it")
@example(soc=0.2742, rate=-0.2514, steps=283).via("ends where the resistances grow steeply")
def test_one_long_step_equals_many_short_ones(name: str, soc: float, rate: float, steps: int) -> None:
    params = battery_preset(name)
    inp = BatteryInput(rate * params.capacity_wh, 10.0)
    long, _ = battery_step(params, rested(params, soc), inp, 1800.0)
    short = rested(params, soc)
    for _ in range(steps):
        short, _ = battery_step(params, short, inp, 1800.0 / steps)
    assert long.soc == pytest.approx(short.soc, abs=1e-5)
    assert long.temperature_c == pytest.approx(short.temperature_c, abs=0.01)
    for pair in ("rc1_voltage_v", "rc2_voltage_v"):
        assert getattr(long, pair) == pytest.approx(getattr(short, pair), abs=2e-4 * params.voltage_max_v)
    assert long.surface_lead == pytest.approx(short.surface_lead, abs=1e-4)
    assert long.hysteresis_voltage_v == pytest.approx(
        short.hysteresis_voltage_v, abs=2e-5 * params.voltage_max_v
    )


@pytest.mark.parametrize("name", PRESETS)
@of_each_preset
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
    power_w = min(0.3 * params.capacity_wh, params.charge_power_max_w, params.discharge_power_max_w)
    start = rested(params, 0.5)
    charged, _ = battery_step(params, start, BatteryInput(power_w, 20.0), 3600.0)
    back, _ = battery_step(params, charged, BatteryInput(-power_w, 20.0), 3600.0)
    assert 0.4 < back.soc < 0.5


@pytest.mark.parametrize("name", PRESETS)
def test_rc_pairs_left_alone_decay_exponentially(name: str) -> None:
    flat = (700.0, 700.0)
    params = battery_preset(name)._replace(
        ocv_v=flat,
        r0_ohm=(0.0, 0.0),
        r1_ohm=(0.02, 0.02),
        r2_ohm=(0.01, 0.01),
        c1_f=2000.0,
        c2_f=30_000.0,
        r1_activated_share=0.0,
        r2_activated_share=0.0,
        self_discharge_a=0.0,
    )
    state = BatteryState(0.5, 3.0, -2.0, 20.0)
    for _ in range(5):
        state, _ = battery_step(params, state, BatteryInput(0.0, 20.0), 20.0)
    assert state.rc1_voltage_v == pytest.approx(3.0 * math.exp(-100.0 / 40.0), rel=1e-12)
    assert state.rc2_voltage_v == pytest.approx(-2.0 * math.exp(-100.0 / 300.0), rel=1e-12)


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
    leaked = params.self_discharge_a * 30 * 24 / params.charge_capacity_ah
    assert 0.0 < leaked <= 0.03
    assert after.soc == pytest.approx(0.5 - leaked, abs=1e-9)
    assert output.power_w == 0.0


@pytest.mark.parametrize("name", PRESETS)
def test_a_full_battery_holds_its_nominal_capacity(name: str) -> None:
    params = battery_preset(name)
    assert battery_stored_energy_wh(params, rested(params, 1.0)) == pytest.approx(params.capacity_wh)


@pytest.mark.parametrize("name", PRESETS)
@of_each_preset
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


@pytest.mark.parametrize("name", PRESETS)
@of_each_preset
@given(soc=SOC, rate=PER_HOUR, dt_s=st.floats(1.0, 3600.0))
def test_cells_warm_by_loss_and_reversible_heat(name: str, soc: float, rate: float, dt_s: float) -> None:
    params = battery_preset(name)._replace(heat_loss_w_per_k=0.0)
    after, output = battery_step(
        params, rested(params, soc), BatteryInput(rate * params.capacity_wh, 20.0), dt_s
    )
    warmed_j = (after.temperature_c - 20.0) * params.heat_capacity_j_per_k
    heat_j = (output.loss_w + output.reversible_heat_w) * dt_s
    # A temperature near 20 °C cannot be told finer than 1e-15 K.
    assert warmed_j == pytest.approx(heat_j, rel=1e-9, abs=1e-12 * params.heat_capacity_j_per_k)


@pytest.mark.parametrize("name", ["lfp-92kwh", "nmc-100kwh"])
def test_charge_that_returns_takes_its_reversible_heat_back(name: str) -> None:
    params = without_losses(battery_preset(name))._replace(heat_capacity_j_per_k=1e15)
    start = rested(params, 0.4)
    power = 0.2 * params.capacity_wh
    charged, taken = battery_step(params, start, BatteryInput(power, 20.0), 3600.0)
    back, given_back = battery_step(params, charged, BatteryInput(-power, 20.0), 3600.0)
    assert back.soc == pytest.approx(start.soc, abs=1e-12)
    assert abs(taken.reversible_heat_w) > 1e-4 * power
    # Parts of a step do not begin and end at the same charge on both ways.
    assert given_back.reversible_heat_w == pytest.approx(-taken.reversible_heat_w, rel=1e-2)


def test_discharging_warms_where_the_voltage_falls_with_temperature() -> None:
    falling = battery_preset("nmc-100kwh")._replace(ocv_slope_v_per_k=(-0.05, -0.05))
    state = rested(falling, 0.5, 25.0)
    discharged = battery_terminal(falling, state, -50_000.0)
    assert discharged.reversible_heat_w == pytest.approx(-discharged.current_a * 298.15 * 0.05, rel=1e-3)
    assert battery_terminal(falling, state, 50_000.0).reversible_heat_w < 0.0


@pytest.mark.parametrize("name", PRESETS)
@pytest.mark.parametrize("steps", [1, 7, 500])
def test_a_full_battery_told_to_charge_takes_what_leaks_out(name: str, steps: int) -> None:
    params = battery_preset(name)
    state = rested(params, params.soc_upper)
    for _ in range(steps):
        state, output = battery_step(params, state, BatteryInput(params.capacity_wh, 20.0), 86_400.0 / steps)
        kept = table_value(params.charge_acceptance, params.soc_upper)
        assert output.current_a == pytest.approx(params.self_discharge_a / kept, rel=1e-9)
    assert state.soc == params.soc_upper


@pytest.mark.parametrize("name", PRESETS)
@pytest.mark.parametrize("share", [0.005, 0.05])
def test_a_rest_after_a_heavy_load_ends_as_warm_in_one_step_as_in_many(name: str, share: float) -> None:
    params = battery_preset(name)
    start = BatteryState(0.5, 0.0, share * params.voltage_max_v if params.c2_f > 0.0 else 0.0, 20.0, 1.0, 1.0)
    long, _ = battery_step(params, start, BatteryInput(0.0, 20.0), 3600.0)
    short = start
    for _ in range(360):
        short, _ = battery_step(params, short, BatteryInput(0.0, 20.0), 10.0)
    assert long.temperature_c == pytest.approx(short.temperature_c, abs=0.1 * share / 0.05)


def test_a_battery_without_any_voltage_gives_and_takes_nothing() -> None:
    params = battery_preset("lfp-92kwh")
    empty = params._replace(ocv_v=(0.0, *params.ocv_v[1:]), soc_lower=0.0)
    state, shown = battery_step(empty, rested(empty, 0.0), BatteryInput(0.0, 20.0), 60.0)
    assert (state.soc, shown.current_a, shown.power_w) == (0.0, 0.0, 0.0)
