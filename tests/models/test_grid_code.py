"""Trip, wait, reconnect and ramp; support of voltage and frequency."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doppelgrid.models.grid_code import (
    CONNECTED,
    DISCONNECTED,
    RAMPING,
    UNLIMITED_PER_S,
    GridCodeInput,
    GridCodeParams,
    GridCodeState,
    grid_code_horizon_s,
    grid_code_initial_state,
    grid_code_output,
    grid_code_step,
)
from doppelgrid.models.grid_support import (
    FreqWattParams,
    VoltVarParams,
    freq_watt_share,
    freq_watt_shift,
    volt_var_share,
)

PARAMS = GridCodeParams()
SOUND = GridCodeInput(1.0, 50.0)
CALM = grid_code_initial_state(PARAMS)


def after(state: GridCodeState, inp: GridCodeInput, dt_s: float) -> GridCodeState:
    return grid_code_step(PARAMS, state, inp, dt_s)[0]


@pytest.mark.parametrize(
    ("voltage_pu", "frequency_hz", "clearing_s"),
    [
        (0.79, 50.0, 3.0),
        (0.44, 50.0, 0.3),
        (0.0, 50.0, 0.3),
        (1.16, 50.0, 60.0),
        (1.26, 50.0, 0.1),
        (1.0, 47.4, 0.1),
        (1.0, 51.6, 0.1),
    ],
)
def test_each_threshold_trips_after_its_clearing_time(
    voltage_pu: float, frequency_hz: float, clearing_s: float
) -> None:
    inp = GridCodeInput(voltage_pu, frequency_hz)
    assert grid_code_horizon_s(PARAMS, CALM, inp) == pytest.approx(clearing_s)
    assert after(CALM, inp, 0.99 * clearing_s).mode == CONNECTED
    assert after(CALM, inp, 1.01 * clearing_s).mode == DISCONNECTED


def test_a_dip_shorter_than_the_clearing_time_is_ridden_through() -> None:
    state = CALM
    for _ in range(10):
        state = after(after(state, GridCodeInput(0.5, 50.0), 2.9), SOUND, 0.1)
    assert state.mode == CONNECTED


def test_a_slow_excess_of_voltage_trips_by_the_mean() -> None:
    high = GridCodeInput(1.12, 50.0)
    until_s = grid_code_horizon_s(PARAMS, CALM, high)
    assert until_s == pytest.approx(300.0 * math.log(0.12 / 0.02))
    assert after(CALM, high, until_s + 1.0).mode == DISCONNECTED
    assert grid_code_horizon_s(PARAMS, CALM, GridCodeInput(1.09, 50.0)) == math.inf


def test_reconnection_waits_a_minute_in_the_window_and_then_ramps_for_ten() -> None:
    dark = after(CALM, GridCodeInput(0.0, 0.0), 5.0)
    assert grid_code_output(PARAMS, dark, SOUND).connected == 0
    assert grid_code_horizon_s(PARAMS, dark, SOUND) == pytest.approx(60.0)
    back = after(dark, SOUND, 60.0)
    assert back.mode == RAMPING
    shown = grid_code_output(PARAMS, back, SOUND)
    assert (shown.connected, shown.power_gradient_per_s) == (1, pytest.approx(0.1 / 60.0))
    assert grid_code_horizon_s(PARAMS, back, SOUND) == pytest.approx(600.0)
    free = after(back, SOUND, 600.0)
    assert free.mode == CONNECTED
    assert grid_code_output(PARAMS, free, SOUND).power_gradient_per_s == UNLIMITED_PER_S


def test_leaving_the_window_starts_the_wait_again() -> None:
    dark = after(CALM, GridCodeInput(0.0, 0.0), 5.0)
    waiting = after(after(dark, SOUND, 59.0), GridCodeInput(1.0, 50.3), 1.0)
    assert grid_code_horizon_s(PARAMS, waiting, GridCodeInput(1.0, 50.3)) == math.inf
    assert grid_code_horizon_s(PARAMS, waiting, SOUND) == pytest.approx(60.0)


def test_a_trip_while_ramping_begins_from_the_start() -> None:
    dark = after(CALM, GridCodeInput(0.0, 0.0), 5.0)
    ramping = after(dark, SOUND, 200.0)
    assert ramping.mode == RAMPING
    assert after(after(ramping, GridCodeInput(1.3, 50.0), 0.2), SOUND, 59.0).mode == DISCONNECTED


def test_the_share_of_a_step_tells_how_long_power_might_flow() -> None:
    assert grid_code_step(PARAMS, CALM, GridCodeInput(0.5, 50.0), 12.0)[1].connected_share == pytest.approx(
        0.25
    )


def test_a_sound_grid_changes_nothing() -> None:
    assert grid_code_horizon_s(PARAMS, CALM, SOUND) == math.inf
    assert after(CALM, SOUND, 86_400.0) == CALM


def test_support_is_off_unless_enabled() -> None:
    assert volt_var_share(VoltVarParams(), 1.2) == 0.0
    assert freq_watt_share(FreqWattParams(), 51.0) == 1.0


@pytest.mark.parametrize(
    ("voltage_pu", "share"),
    [(0.90, -0.436), (0.93, -0.436), (0.95, -0.218), (1.0, 0.0), (1.05, 0.218), (1.07, 0.436), (1.2, 0.436)],
)
def test_high_voltage_asks_for_inductive_power(voltage_pu: float, share: float) -> None:
    assert volt_var_share(VoltVarParams(enabled=True), voltage_pu) == pytest.approx(share)


@pytest.mark.parametrize(
    ("hertz", "share"), [(48.0, 1.0), (50.0, 1.0), (50.2, 1.0), (50.7, 0.8), (51.5, 0.48), (53.0, 0.0)]
)
def test_over_frequency_takes_40_percent_per_hertz(hertz: float, share: float) -> None:
    assert freq_watt_share(FreqWattParams(enabled=True), hertz) == pytest.approx(share)


@pytest.mark.parametrize(
    ("hertz", "shift"),
    [
        (49.8, 0.0),
        (50.0, 0.0),
        (50.2, 0.0),
        (50.7, 0.2),
        (52.7, 1.0),
        (55.2, 2.0),
        (49.3, -0.2),
        (47.3, -1.0),
    ],
)
def test_storage_moves_by_40_percent_of_its_rating_per_hertz_beyond_the_band(
    hertz: float, shift: float
) -> None:
    assert freq_watt_shift(FreqWattParams(enabled=True), hertz) == pytest.approx(shift)
    assert freq_watt_shift(FreqWattParams(), hertz) == 0.0


@given(low=st.floats(0.5, 1.5), step=st.floats(0.0, 0.2))
def test_volt_var_never_falls_with_voltage(low: float, step: float) -> None:
    params = VoltVarParams(enabled=True)
    assert volt_var_share(params, low + step) >= volt_var_share(params, low)


def test_a_voltage_of_just_the_limit_never_trips() -> None:
    params = GridCodeParams()
    state, shown = grid_code_step(
        params, grid_code_initial_state(params), GridCodeInput(params.mean_overvoltage_pu, 50.0), 86_400.0
    )
    assert shown.connected
    assert grid_code_horizon_s(params, state, GridCodeInput(params.mean_overvoltage_pu, 50.0)) == math.inf
